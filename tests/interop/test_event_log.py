"""Queries that people wrote for Databricks' event log, as they stand in its documentation and in their notebooks."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from ingot.connection import Connection, connect
from ingot.testing import run_project

DEFINITION = """
    CREATE STREAMING TABLE bronze.numbers AS
    SELECT id FROM STREAM read_files('in', format => 'csv', header => true, schema => 'id BIGINT',
      maxFilesPerTrigger => 1);
    CREATE MATERIALIZED VIEW gold.even (
      CONSTRAINT even EXPECT (id % 2 = 0) ON VIOLATION DROP ROW, CONSTRAINT small EXPECT (id < 4)
    ) AS SELECT * FROM bronze.numbers;
    CREATE STREAMING TABLE silver.even (CONSTRAINT even EXPECT (id % 2 = 0) ON VIOLATION DROP ROW)
    AS SELECT * FROM STREAM bronze.numbers;"""

QUALITY = """
    SELECT
      row_expectations.dataset as dataset,
      row_expectations.name as expectation,
      SUM(row_expectations.passed_records) as passing_records,
      SUM(row_expectations.failed_records) as failing_records
    FROM (
      SELECT explode(from_json(
        details{path},
        'array<struct<name: string, dataset: string, passed_records: int, failed_records: int>>'
      )) row_expectations
      FROM event_log({argument})
      WHERE event_type = 'flow_progress' {further}
    )
    GROUP BY row_expectations.dataset, row_expectations.name
    ORDER BY ALL"""
DONE = "AND details:flow_progress.status = 'COMPLETED'"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder = tmp_path_factory.mktemp("event_log")
    files = {f"in/{n}.csv": f"id\n{n}\n{n + 1}\n" for n in (1, 3, 5)}
    run_project(folder, {"transformations/all.sql": DEFINITION, **files}).close()
    run_project(folder, {"in/7.csv": "id\n7\n8\n"}).close()
    with connect(folder) as connection:
        yield connection


@pytest.mark.parametrize(
    "path",
    [
        ":flow_progress:data_quality:expectations",
        ":flow_progress.data_quality.expectations",
        ":['flow_progress']['data_quality']['expectations']",
    ],
)
def test_expectations_are_exploded_from_the_details(project: Connection, path: str) -> None:
    found = project.sql(QUALITY.format(path=path, argument="", further=DONE)).fetchall()
    assert found == [
        ("gold.even", "even", 3 + 4, 3 + 4),
        ("gold.even", "small", 3 + 3, 3 + 5),
        ("silver.even", "even", 4, 4),
    ]


def test_the_event_log_of_one_table_can_be_named(project: Connection) -> None:
    path = ":flow_progress.data_quality.expectations"
    found = project.sql(QUALITY.format(path=path, argument="TABLE(silver.even)", further=DONE)).fetchall()
    assert ("silver.even", "even", 4, 4) in found


def test_counts_can_be_summed_over_all_events(project: Connection) -> None:
    """Databricks' documentation sums without asking for a status."""
    path = ":flow_progress:data_quality:expectations"
    found = project.sql(QUALITY.format(path=path, argument="", further="")).fetchall()
    assert ("silver.even", "even", 4, 4) in found


def test_output_rows_by_flow(project: Connection) -> None:
    found = project.sql(
        "SELECT origin.flow_name AS flow, sum(details:flow_progress.metrics.num_output_rows::bigint) AS rows "
        f"FROM event_log() WHERE event_type = 'flow_progress' {DONE} GROUP BY flow ORDER BY flow"
    ).fetchall()
    assert found == [("bronze.numbers", 8), ("gold.even", 7), ("silver.even", 4)]


def test_the_latest_update_is_found_by_its_creation(project: Connection) -> None:
    (latest,) = project.sql(
        "SELECT origin.update_id AS id FROM event_log() WHERE event_type = 'create_update' "
        "ORDER BY timestamp DESC LIMIT 1"
    ).fetchall()
    (events,) = project.sql(
        f"SELECT count(*) FROM event_log() WHERE origin.update_id = '{latest[0]}' AND event_type = 'flow_progress' "
        "AND details:flow_progress:status IN ('COMPLETED', 'FAILED')"
    ).fetchall()
    assert events == (3,)


def test_the_latest_update_is_found_in_a_struct(project: Connection) -> None:
    query = "SELECT origin.update_id AS id FROM event_log() WHERE event_type = 'create_update' ORDER BY timestamp DESC"
    assert len(project.sql(query).fetchall()) == 2


def test_the_schema_of_the_expectations_is_given_by_an_example(project: Connection) -> None:
    query = """SELECT explode(from_json(details:flow_progress:data_quality:expectations,
        schema_of_json("[{'name':'str', 'dataset':'str', 'passed_records':42, 'failed_records':42}]"))) AS e
        FROM event_log() WHERE event_type = 'flow_progress'"""
    assert project.sql(query).fetchall()


def test_dropped_records_and_durations(project: Connection) -> None:
    found = project.sql(
        "SELECT details:flow_progress.data_quality.dropped_records::int AS dropped FROM event_log() "
        f"WHERE event_type = 'flow_progress' {DONE} AND origin.flow_name = 'silver.even' ORDER BY timestamp"
    ).fetchall()
    assert found == [(3,), (1,)]


def test_the_event_log_is_a_delta_table_with_lakeflows_columns(project: Connection) -> None:
    found = pl.read_delta(str(project.project.lake / "_ingot" / "event_log"))
    assert found.columns == [
        "id", "sequence", "origin", "timestamp", "message", "level", "maturity_level", "error", "details", "event_type",
    ]  # fmt: skip
    assert set(found["level"]) <= {"METRICS", "INFO", "WARN", "ERROR"}
    assert found["id"].is_unique().all()
