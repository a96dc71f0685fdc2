"""`spark.sql.ansi.enabled` and `spark.sql.session.timeZone`, wherever they are set, change what a query means."""

import datetime
from pathlib import Path

import pytest

from ingot.errors import LakeError, UnsupportedError
from ingot.testing import run_project

ROWS = "id,at\n1,2024-07-01 10:00:00\n2,nonsense\n"
SOURCE = "read_files('in', format => 'csv', header => true, schema => 'id INT, at {type}')"
PYTHON = """
from pyspark import pipelines as dp
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.active()
spark.conf.set("spark.sql.ansi.enabled", False)
spark.conf.set("spark.sql.session.timeZone", "America/New_York")


@dp.materialized_view
def found():
    return spark.range(1).select(
        F.expr("CAST('x' AS INT)").alias("number"), F.lit("2024-07-01 00:00:00").cast("timestamp").alias("moment")
    )
"""


def utc(*fields: int) -> datetime.datetime:
    return datetime.datetime(*fields, tzinfo=datetime.UTC)


def test_a_sql_file_sets_both_for_what_follows_in_it(tmp_path: Path) -> None:
    text = f"""
    SET spark.sql.ansi.enabled = false;
    SET TIME ZONE 'Europe/Paris';
    CREATE MATERIALIZED VIEW found AS
    SELECT id, CAST(at AS TIMESTAMP) AS moment, 1 / 0 AS quotient FROM {SOURCE.format(type="STRING")};
    """
    lake = run_project(tmp_path, {"in/1.csv": ROWS, "transformations/a.sql": text})
    assert lake.sql("SELECT * FROM found ORDER BY id").fetchall() == [
        (1, utc(2024, 7, 1, 8), None),
        (2, None, None),
    ]


def test_a_python_file_sets_both_for_what_it_defines(tmp_path: Path) -> None:
    lake = run_project(tmp_path, {"transformations/a.py": PYTHON})
    assert lake.sql("SELECT * FROM found").fetchall() == [(None, utc(2024, 7, 1, 4))]


def test_timestamps_of_text_files_are_not_read_in_another_zone(tmp_path: Path) -> None:
    text = f"""
    SET TIME ZONE 'Europe/Paris';
    CREATE MATERIALIZED VIEW found AS SELECT id, at FROM {SOURCE.format(type="TIMESTAMP")};
    """
    with pytest.raises(UnsupportedError) as raised:
        run_project(tmp_path, {"in/1.csv": ROWS, "transformations/a.sql": text})
    assert raised.value.code == "unsupported-time-zone"
    assert "timeZone" in str(raised.value.hint)


def test_a_reader_that_is_told_utc_reads_in_every_zone(tmp_path: Path) -> None:
    source = SOURCE.format(type="TIMESTAMP").replace("header", "timeZone => 'UTC', header")
    text = f"SET TIME ZONE 'Europe/Paris';\nCREATE MATERIALIZED VIEW found AS SELECT at FROM {source} WHERE id = 1;"
    lake = run_project(tmp_path, {"in/1.csv": ROWS, "transformations/a.sql": text})
    assert lake.sql("SELECT * FROM found").fetchall() == [(utc(2024, 7, 1, 10),)]


def test_rows_are_grouped_by_windows_and_sessions(tmp_path: Path) -> None:
    text = """
    CREATE MATERIALIZED VIEW events AS
    SELECT * FROM VALUES ('a', timestamp'2024-01-01 10:01:00'), ('a', timestamp'2024-01-01 10:04:00'),
                         ('b', timestamp'2024-01-01 10:07:00'), ('b', NULL) AS t(who, at);
    CREATE MATERIALIZED VIEW by_window AS
    SELECT window.start, count(*) AS n FROM events GROUP BY window(at, '10 minutes', '5 minutes');
    CREATE MATERIALIZED VIEW by_session AS
    SELECT who, session_window.end, count(*) AS n FROM events GROUP BY who, session_window(at, '5 minutes');
    """
    lake = run_project(tmp_path, {"transformations/a.sql": text})
    assert lake.sql("SELECT * FROM by_window ORDER BY start").fetchall() == [
        (utc(2024, 1, 1, 9, 55), 2), (utc(2024, 1, 1, 10), 3), (utc(2024, 1, 1, 10, 5), 1),
    ]  # fmt: skip
    assert lake.sql("SELECT * FROM by_session ORDER BY who").fetchall() == [
        ("a", utc(2024, 1, 1, 10, 9), 2), ("b", utc(2024, 1, 1, 10, 12), 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value", ["INTERVAL '1' DAY", "array(INTERVAL '1' MONTH)", "make_interval(1)", "TIME'10:00:00'"]
)
def test_no_table_holds_intervals_or_times_of_day(tmp_path: Path, value: str) -> None:
    with pytest.raises(LakeError) as raised:
        run_project(tmp_path, {"transformations/a.sql": f"CREATE MATERIALIZED VIEW found AS SELECT {value} AS c;"})
    assert raised.value.code == "unsupported-type"
