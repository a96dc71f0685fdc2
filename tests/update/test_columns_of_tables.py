"""Columns of tables from update to update: what evolves, what is refused, and that nothing is lost."""

import pytest

from ingot.errors import IngotError
from orders import BRONZE, again, project, rows


def test_new_columns_of_new_files_evolve_an_inferred_schema(tmp_path):
    text = "CREATE STREAMING TABLE bronze.t AS SELECT * FROM STREAM read_files('in', format => 'csv', header => true)"
    project(tmp_path, bronze=text)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount,country\n4,Alan,1,UK\n"})
    assert rows(lake, "SELECT id, country FROM bronze.t ORDER BY id") == [(1, None), (2, None), (3, None), (4, "UK")]


def test_a_new_column_in_the_definition_evolves_the_table_and_a_wider_type_too(tmp_path):
    project(
        tmp_path,
        bronze=BRONZE,
        silver="CREATE STREAMING TABLE silver.t AS SELECT CAST(id AS INT) AS id FROM STREAM bronze.orders",
    )
    wider = "CREATE STREAMING TABLE silver.t AS SELECT id, customer FROM STREAM bronze.orders"
    lake = again(tmp_path, {"transformations/silver.sql": wider, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert lake.sql("SELECT * FROM silver.t").schema.ddl == "struct<id:bigint,customer:string>"
    assert rows(lake, "SELECT * FROM silver.t ORDER BY id") == [(1, None), (2, None), (3, None), (4, "Alan")]


def test_an_incompatible_change_is_refused_and_nothing_is_lost(tmp_path):
    project(tmp_path, bronze=BRONZE, silver="CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders")
    changed = "CREATE STREAMING TABLE silver.t AS SELECT CAST(id AS STRING) AS id FROM STREAM bronze.orders"
    with pytest.raises(IngotError, match="bigint to string") as raised:
        again(tmp_path, {"transformations/silver.sql": changed})
    assert raised.value.code == "incompatible-schema"
    lake = again(tmp_path, full_refresh=["silver.t"])
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [("1",), ("2",), ("3",)]


def test_a_column_name_that_delta_forbids_is_an_error_with_the_alias_to_write(tmp_path):
    with pytest.raises(IngotError, match="n of it") as raised:
        project(
            tmp_path, bronze=BRONZE, gold="CREATE MATERIALIZED VIEW gold.t AS SELECT id AS `n of it` FROM bronze.orders"
        )
    assert raised.value.code == "invalid-column-name"
    assert "n_of_it" in (raised.value.hint or "")
    mapped = """CREATE MATERIALIZED VIEW gold.t TBLPROPERTIES ('delta.columnMapping.mode' = 'name')
    AS SELECT id AS `n of it` FROM bronze.orders"""
    lake = again(tmp_path, {"transformations/gold.sql": mapped})
    assert rows(lake, "SELECT `n of it` FROM gold.t ORDER BY 1") == [(1,), (2,), (3,)]


def test_two_columns_of_one_name_are_refused(tmp_path):
    with pytest.raises(IngotError) as raised:
        project(
            tmp_path,
            bronze=BRONZE,
            gold="CREATE MATERIALIZED VIEW gold.t AS SELECT id, amount AS ID FROM bronze.orders",
        )
    assert raised.value.code == "duplicate-column"


def test_a_column_that_is_never_null_is_nullable_in_the_table(tmp_path):
    project(tmp_path, bronze=BRONZE, silver="CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders")
    wider = "CREATE STREAMING TABLE silver.t AS SELECT id, 1 AS one FROM STREAM bronze.orders"
    lake = again(tmp_path, {"transformations/silver.sql": wider, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT * FROM silver.t ORDER BY id") == [(1, None), (2, None), (3, None), (4, 1)]


def test_changed_partitioning_is_refused_with_the_command(tmp_path):
    project(tmp_path, bronze=BRONZE)
    with pytest.raises(IngotError, match="partitioned by") as raised:
        again(
            tmp_path,
            {
                "transformations/bronze.sql": BRONZE.replace(
                    "bronze.orders AS", "bronze.orders PARTITIONED BY (customer) AS"
                ),
                "in/2.csv": "id,customer,amount\n4,Alan,1\n",
            },
        )
    assert "--full-refresh bronze.orders" in (raised.value.hint or "")
