"""Materialized views: replaced when something that they depend on has changed, and only then."""

import pytest

from ingot.connection import connect
from ingot.dry_run import dry_run
from ingot.testing import ManualClock, run_project
from ingot.update.selection import Selection
from orders import BRONZE, ORDERS, again, project, rows, version

GOLD = "CREATE MATERIALIZED VIEW gold.t AS SELECT customer, sum(amount) AS amount FROM bronze.orders GROUP BY customer"


def test_a_view_is_replaced_only_when_something_changed(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, gold=GOLD)
    assert version(lake, "gold.t") == 0
    assert version(again(tmp_path), "gold.t") == 0
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert version(lake, "gold.t") == 1
    assert rows(lake, "SELECT * FROM gold.t ORDER BY customer") == [("Ada", 10.5), ("Alan", 1.0), ("Grace", 20.0)]
    changed = GOLD.replace("sum(amount)", "max(amount)")
    lake = again(tmp_path, {"transformations/gold.sql": changed})
    assert version(lake, "gold.t") == 2


def test_a_comment_in_the_file_is_no_change_of_the_definition(tmp_path):
    project(tmp_path, bronze=BRONZE, gold=GOLD)
    lake = again(tmp_path, {"transformations/gold.sql": f"-- revenue\n{GOLD}"})
    assert version(lake, "gold.t") == 0


def test_compaction_upstream_is_no_change(tmp_path):
    from ingot.tables import optimize_tables

    project(tmp_path, bronze=BRONZE, gold=GOLD)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    [(_, before, after)] = optimize_tables(lake.project, lake.engine, ["bronze.orders"])
    assert (before, after) == (2, 1)
    lake = again(tmp_path)
    assert version(lake, "gold.t") == 1
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(4,)]


def test_a_volatile_view_is_always_recomputed(tmp_path):
    text = "CREATE MATERIALIZED VIEW gold.t AS SELECT current_timestamp() AS at, id FROM bronze.orders"
    project(tmp_path, bronze=BRONZE, gold=text)
    assert version(again(tmp_path), "gold.t") == 1


def test_a_view_that_calls_a_function_which_is_not_deterministic_is_always_recomputed(tmp_path):
    text = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F
calls = iter(range(100))
@dp.materialized_view
def m():
    return spark.range(1).select({0}.alias("n"))
"""
    of = 'F.udf(lambda: next(calls), "int")'
    run_project(tmp_path, {"m.py": text.format(f"{of}()")})
    assert version(again(tmp_path), "m") == 0
    assert version(again(tmp_path, {"m.py": text.format(f"{of}.asNondeterministic()()")}), "m") == 1
    assert version(again(tmp_path), "m") == 2


def test_current_timestamp_is_the_clock_of_the_update(tmp_path):
    clock = ManualClock()
    text = "CREATE MATERIALIZED VIEW gold.t AS SELECT current_timestamp() AS at"
    lake = run_project(tmp_path, {"transformations/t.sql": text}, clock=clock)
    assert rows(lake, "SELECT at FROM gold.t") == [(clock(),)]


def test_a_view_over_files_notices_new_files(tmp_path):
    text = (
        "CREATE MATERIALIZED VIEW gold.t AS SELECT count(*) AS n FROM read_files('in', format => 'csv', header => true)"
    )
    project(tmp_path, gold=text)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT n FROM gold.t") == [(4,)]


def test_temporary_views_are_evaluated_where_they_are_read(tmp_path):
    text = """CREATE TEMPORARY VIEW clean AS SELECT * FROM bronze.orders WHERE amount IS NOT NULL;
    CREATE MATERIALIZED VIEW gold.t AS SELECT count(*) AS n FROM clean;"""
    lake = project(tmp_path, bronze=BRONZE, gold=text)
    assert rows(lake, "SELECT n FROM gold.t") == [(2,)]
    assert [name for _, name in rows(lake, "SHOW TABLES")] == ["orders", "t"]


def test_old_files_of_a_replaced_view_are_removed_within_the_retention(tmp_path):
    gold = (
        "CREATE MATERIALIZED VIEW gold.t TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 0 seconds') "
    )
    text = gold + "AS SELECT current_timestamp() AS at"
    for _ in range(22):
        lake = run_project(tmp_path, {"transformations/t.sql": text})
    assert len(list((tmp_path / "lake/gold/t").glob("*.parquet"))) < 5
    assert rows(lake, "SELECT count(*) FROM gold.t") == [(1,)]


def test_a_query_function_may_ask_for_rows_of_its_upstream(tmp_path):
    text = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F

@dp.materialized_view(name="gold.share")
def share():
    total = spark.read.table("silver.positive").agg(F.sum("amount").alias("s")).collect()[0]["s"]
    return spark.read.table("silver.positive").select("id", (F.col("amount") / total).alias("share"))

@dp.materialized_view(name="gold.shares")
def shares():
    return spark.read.table("gold.share").agg(F.count("*").alias("n"))
"""
    silver = "CREATE MATERIALIZED VIEW silver.positive AS SELECT * FROM bronze.orders WHERE amount > 0"
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations/a_gold.py").write_text(text)
    (tmp_path / "transformations/silver.sql").write_text(f"{BRONZE}\n{silver};")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/0.csv").write_text("id,customer,amount\n")
    connection = connect(tmp_path)
    report = dry_run(connection.project, connection.engine, Selection())
    assert not report.errors
    reasons = {step.dataset.short: step.reason for step in report.steps}
    assert reasons["gold.share"] == "asks for rows of silver.positive, which is not there yet"
    (tmp_path / "transformations/silver.sql").unlink()
    lake = project(tmp_path, bronze=BRONZE, silver=silver)
    assert rows(lake, "SELECT id, round(share, 3) FROM gold.share ORDER BY id") == [(1, 0.344), (2, 0.656)]
    assert rows(lake, "SELECT n FROM gold.shares") == [(2,)]
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,30.5\n"})
    assert rows(lake, "SELECT id, share FROM gold.share WHERE id = 4") == [(4, 0.5)]


def test_tables_that_the_project_does_not_define_can_be_mapped_to_files(tmp_path):
    other = run_project(tmp_path / "other", {"in/1.csv": ORDERS, "transformations/b.sql": BRONZE})
    other.close()
    text = """CREATE MATERIALIZED VIEW gold.trips AS SELECT * FROM samples.nyctaxi.trips;
    CREATE STREAMING TABLE gold.more AS SELECT * FROM STREAM samples.nyctaxi.trips;
    CREATE MATERIALIZED VIEW gold.theirs AS SELECT count(*) AS n FROM prod.sales.orders;"""
    settings = f"""name: mapped
tables:
  samples.nyctaxi.trips: trips.csv
  prod.sales.orders: {tmp_path}/other/lake/bronze/orders
"""
    files = {"ingot.yml": settings, "trips.csv": "fare,zone\n2.5,A\n", "transformations/t.sql": text}
    lake = run_project(tmp_path / "p", files)
    assert lake.sql("SELECT * FROM gold.trips").schema.ddl == "struct<fare:double,zone:string>"
    assert rows(lake, "SELECT * FROM gold.more") == [(2.5, "A")]
    assert rows(lake, "SELECT n FROM gold.theirs") == [(3,)]


def test_a_view_of_a_version_is_computed_again_when_another_table_has_the_name(tmp_path):
    from ingot.tables import drop_table

    view = "CREATE MATERIALIZED VIEW gold.first AS SELECT count(*) AS n FROM bronze.orders VERSION AS OF 0"
    lake = project(tmp_path, bronze=BRONZE)
    (tmp_path / "transformations/gold.sql").write_text(view)
    assert rows(again(tmp_path), "SELECT n FROM gold.first") == [(3,)]
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert version(lake, "gold.first") == 0, "the version that it reads is as it was"
    drop_table(lake.project, "bronze.orders")
    (tmp_path / "transformations/gold.sql").unlink()
    again(tmp_path)
    assert rows(again(tmp_path, {"transformations/gold.sql": view}), "SELECT n FROM gold.first") == [(4,)]


FRAME = """import dlt, pandas as pd
@dlt.table
def m():
    return spark.createDataFrame({given})
"""


@pytest.mark.parametrize(
    "given",
    [
        '[(1, "x"), ({last}, None)], "a int, b string"',
        'pd.DataFrame({{"a": [1, {last}], "b": ["x", None]}})',
        'pd.DataFrame({{"a": [[1], [{last}]]}}), ["b"]',
        '__import__("pyarrow").table({{"a": [1, {last}], "at": [0, 0]}})',
    ],
    ids=["rows", "pandas", "nested", "arrow"],
)
def test_a_view_of_rows_made_in_python_is_replaced_when_one_differs(tmp_path, given):
    run_project(tmp_path, {"m.py": FRAME.format(given=given.format(last=77))})
    assert version(again(tmp_path), "m") == 0
    lake = again(tmp_path, {"m.py": FRAME.format(given=given.format(last=78))})
    assert rows(lake, "SELECT count(*) FROM m WHERE string(struct(*)) LIKE '%78%'") == [(1,)]


@pytest.mark.parametrize("values_max", [1, 100], ids=["too many", "an instant after the year 9999"])
def test_a_view_of_rows_that_cannot_be_told_is_always_replaced(tmp_path, monkeypatch, values_max):
    monkeypatch.setattr("ingot.definitions.spark.values._TOLD_VALUES_MAX", values_max)
    given = '__import__("pyarrow").table({"a": pd.array([2**58, 1]).to_numpy("datetime64[us]")})'
    run_project(tmp_path, {"m.py": FRAME.format(given=given)})
    assert version(again(tmp_path), "m") == 1
