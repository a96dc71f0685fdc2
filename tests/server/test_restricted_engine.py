"""An engine that is restricted reads its folders and nothing else, whatever the query says."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingot import testing
from ingot.connection import Connection
from ingot.engine import ArrowBinding
from ingot.errors import IngotError
from ingot.result import arrow_table
from ingot.types import parse_schema


@pytest.fixture
def lake(tmp_path: Path):
    files = {"a.sql": "CREATE MATERIALIZED VIEW gold.numbers AS SELECT id, id % 7 AS part FROM range(1000)"}
    connection = testing.run_project(tmp_path / "project", files)
    connection.engine.restrict([connection.project.lake])
    yield connection
    connection.close()


def test_tables_are_read(lake: Connection):
    assert lake.sql("SELECT count(*), count(DISTINCT part) FROM gold.numbers").fetchall() == [(1000, 7)]


def test_files_elsewhere_are_not(lake: Connection, tmp_path: Path):
    outside = tmp_path / "outside.parquet"
    duckdb.sql("SELECT 1 AS a").write_parquet(str(outside))
    with pytest.raises(IngotError, match="disabled by configuration"):
        lake.sql(f"SELECT * FROM parquet.`{outside}`").fetchall()


def test_nothing_is_written_elsewhere(lake: Connection, tmp_path: Path):
    schema = parse_schema("a STRING")
    binding = ArrowBinding(schema, lambda: arrow_table(schema, [("x",)]))
    with pytest.raises(IngotError):
        lake.engine.export(binding, tmp_path / "outside.parquet")
    assert not (tmp_path / "outside.parquet").exists()


@pytest.mark.slow
def test_what_does_not_fit_into_memory_is_spilled_all_the_same(tmp_path: Path):
    files = {
        "ingot.yml": "name: small\nmemory_limit: 256MB\n",
        "transformations/a.sql": "CREATE MATERIALIZED VIEW gold.n AS SELECT id, sha2(CAST(id AS STRING), 256) AS h FROM range(2000000)",
    }
    with testing.run_project(tmp_path / "project", files) as connection:
        connection.engine.restrict([connection.project.lake])
        [(count,)] = connection.sql("SELECT count(*) FROM (SELECT DISTINCT h, id FROM gold.n ORDER BY h)").fetchall()
    assert count == 2_000_000
