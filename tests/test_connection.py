from datetime import date
from decimal import Decimal

import pytest

import ingot
from ingot.testing import run_project

TEXT = """CREATE MATERIALIZED VIEW gold.t AS
SELECT 1 AS id, 'a' AS name, CAST(1.50 AS DECIMAL(5,2)) AS price, date'2024-02-29' AS day"""


@pytest.fixture
def lake(tmp_path):
    with run_project(tmp_path, {"transformations/t.sql": TEXT}) as connection:
        yield connection


def test_rows_come_as_tuples_arrow_pandas_and_polars(lake):
    result = lake.sql("SELECT * FROM gold.t")
    assert result.columns == ["id", "name", "price", "day"]
    assert result.fetchall() == [(1, "a", Decimal("1.50"), date(2024, 2, 29))]
    assert lake.sql("SELECT * FROM gold.t").arrow().column_names == result.columns
    assert lake.sql("SELECT id FROM gold.t").df()["id"].tolist() == [1]
    assert lake.sql("SELECT name FROM gold.t").pl().rows() == [("a",)]


def test_a_result_is_an_arrow_stream(lake):
    import pyarrow

    assert pyarrow.table(lake.sql("SELECT id FROM gold.t")).to_pydict() == {"id": [1]}


def test_a_folder_of_tables_is_a_lake(lake, tmp_path):
    with ingot.connect(tmp_path / "lake") as other:
        assert other.sql("SELECT id FROM gold.t").fetchall() == [(1,)]


def test_a_folder_without_a_project_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ingot.IngotError):
        ingot.connect(tmp_path / "empty")


def test_run_tells_what_it_did(tmp_path):
    connection = run_project(tmp_path, {"transformations/t.sql": TEXT})
    outcome = connection.run()
    assert outcome.is_success
    assert [(name.short, p.technique) for name, p in outcome.progress.items()] == [("gold.t", "no_change")]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM VALUES (1) t VERSION AS OF 'x'", None),
        ("SELECT * FROM gold.t VERSION AS OF 'x'", "invalid-literal"),
        ("SELECT cast(1e400 AS DOUBLE)", "invalid-literal"),
        ("SELECT INTERVAL 1 DAY AS i", "interval-in-result"),
        ("SELECT timestamp'9999-12-31 23:59:59' + INTERVAL 1 DAY", "value-out-of-range"),
    ],
)
def test_what_no_type_holds_is_told(tmp_path, sql, code):
    (tmp_path / "ingot.yml").write_text("name: t\n")
    with ingot.connect(tmp_path) as lake, pytest.raises(ingot.IngotError) as raised:
        lake.sql(sql).fetchall()
    assert code is None or raised.value.code == code
