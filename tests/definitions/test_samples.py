"""The catalog `samples`: stand-ins for the tables that every Databricks workspace has."""

from __future__ import annotations

import pytest

import ingot
from ingot.definitions.samples import COLUMNS
from ingot.files import SAMPLES, absolute_path, relative_path
from making_samples import text_of


@pytest.mark.parametrize("name", COLUMNS)
def test_the_rows_of_a_sample_are_those_that_are_made(name):
    assert (SAMPLES / f"{name}.csv").read_text("utf-8") == text_of(name)


def test_nothing_else_lies_among_the_samples():
    assert {path.stem for path in SAMPLES.iterdir()} == set(COLUMNS)


def _project(root, **files):
    for name, text in files.items():
        (root / "transformations").mkdir(exist_ok=True)
        (root / "transformations" / name.replace("_sql", ".sql").replace("_py", ".py")).write_text(text)
    return root


def test_samples_are_read_in_whole_and_as_streams(tmp_path):
    root = _project(
        tmp_path,
        a_sql="CREATE STREAMING TABLE trips AS SELECT *, trip_distance * 1.6 AS km FROM STREAM samples.nyctaxi.trips;"
        "CREATE MATERIALIZED VIEW totals AS SELECT c_mktsegment, sum(o_totalprice) AS total FROM samples.tpch.orders o "
        "JOIN samples.tpch.customer c ON o.o_custkey = c.c_custkey GROUP BY ALL;",
        b_py="import dlt\n@dlt.table\ndef cookies():\n    return spark.readStream.table('samples.bakehouse.sales_transactions')\n",
    )
    with ingot.connect(root) as lake:
        assert lake.run().is_success
        assert lake.sql("SELECT count(*), count(km), min(pickup_zip) FROM trips").fetchall() == [(500, 500, 10001)]
        assert lake.sql("SELECT count(*) FROM totals").fetchall() == [(5,)]
        assert lake.sql("SELECT count(*), count(dateTime) FROM cookies").fetchall() == [(400, 400)]
        lake.run()
        assert lake.sql("SELECT count(*) FROM trips").fetchall() == [(500,)]


def test_every_sample_reads_by_its_columns_without_a_null_that_is_none(tmp_path):
    view = ";".join(f"CREATE MATERIALIZED VIEW `{n.replace('.', '_')}` AS SELECT * FROM samples.{n}" for n in COLUMNS)
    with ingot.connect(_project(tmp_path, a_sql=view)) as lake:
        assert lake.run().is_success
        for name in COLUMNS:
            table = lake.sql(f"SELECT * FROM `{name.replace('.', '_')}`").arrow()
            empty = {c for c in table.schema.names if table.column(c).null_count}
            assert empty <= {"company_name"}, name


def test_a_project_may_map_a_name_of_samples_to_its_own_rows(tmp_path):
    (tmp_path / "ingot.yml").write_text("name: p\ntables: {samples.nyctaxi.trips: trips.csv}\n")
    (tmp_path / "trips.csv").write_text("a\n1\n")
    root = _project(tmp_path, a_sql="CREATE MATERIALIZED VIEW t AS SELECT * FROM samples.nyctaxi.trips;")
    with ingot.connect(root) as lake:
        lake.run()
        assert lake.sql("SELECT * FROM t").fetchall() == [(1,)]


def test_checkpoints_name_samples_wherever_ingot_is_installed(tmp_path):
    path = str(SAMPLES / "nyctaxi.trips.csv")
    assert relative_path(path, tmp_path) == "samples:nyctaxi.trips.csv"
    assert absolute_path("samples:nyctaxi.trips.csv", tmp_path) == path
    assert absolute_path("data/x.csv", tmp_path) == str(tmp_path / "data/x.csv")
