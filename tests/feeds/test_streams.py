"""Streams of change data feeds: where they begin and stop, and which tables have none."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from feeds.tables import CHANGES, FEED, SETTINGS, judged, refused, shop, update, write
from ingot.connection import Connection
from ingot.errors import IngotError
from ingot.events import EventStream
from ingot.testing import run_project

PIPELINE = """
from pyspark import pipelines as dp

@dp.table(name="bronze.feed")
def feed():
    return spark.readStream.format("delta").option("readChangeFeed", True)OPTIONS.table("crm.customers")
"""
FILES = {"ingot.yml": SETTINGS, "transformations/a.py": PIPELINE.replace("OPTIONS", "")}


def stored(connection: Connection, table: str = "bronze.feed") -> list[tuple[Any, ...]]:
    return sorted(connection.sql(f"SELECT {CHANGES} FROM {table}").fetchall(), key=repr)


def test_a_stream_begins_with_the_rows_there_are_as_inserts_of_the_newest_version(tmp_path):
    path = shop(tmp_path / "crm")
    with run_project(tmp_path, FILES) as connection:
        assert stored(connection) == [(7, "new", "x", "insert", 6), (9, "z", "z", "insert", 6)]
        [(stamp,)] = connection.sql("SELECT DISTINCT _commit_timestamp FROM bronze.feed").fetchall()
        assert stamp.timestamp() * 1000 == DeltaTable(path).history()[0]["timestamp"]
    update(path, "newer", "id = 7")
    with run_project(tmp_path) as connection:
        assert [row for row in stored(connection) if row[4] > 6] == judged(path, 7)


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ('.option("startingVersion", 2)', 2),
        ('.option("startingVersion", "0")', 0),
        ('.option("startingVersion", "latest")', 7),
        ('.option("startingTimestamp", "2000-01-01")', 0),
    ],
)
def test_a_stream_begins_where_it_is_told(tmp_path, options, start):
    path = shop(tmp_path / "crm")
    run_project(tmp_path, {**FILES, "transformations/a.py": PIPELINE.replace("OPTIONS", options)}).close()
    update(path, "newer", "id = 7")
    with run_project(tmp_path) as connection:
        assert stored(connection) == judged(path, start)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ('.option("startingVersion", 99)', "version-out-of-range"),
        ('.option("startingVersion", "newest")', "feed-range"),
        ('.option("startingVersion", 1).option("startingTimestamp", "2000-01-01")', "feed-range"),
        ('.option("startingTimestamp", "2100-01-01")', "unknown-version"),
        ('.option("endingVersion", 3)', "feed-range"),
        ('.option("versionAsOf", 3)', "feed-range"),
    ],
)
def test_a_stream_that_delta_refuses_is_refused_at_its_line(tmp_path, options, code):
    shop(tmp_path / "crm")
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path, {**FILES, "transformations/a.py": PIPELINE.replace("OPTIONS", options)})
    assert caught.value.code == code
    assert caught.value.location is not None and caught.value.location.line == 6


def test_a_stream_refuses_to_begin_where_no_changes_are_recorded(tmp_path):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"), configuration={})
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path, FILES)
    assert caught.value.code == "missing-change-data"
    DeltaTable(path).alter.set_table_properties(FEED)
    with run_project(tmp_path) as connection:
        assert stored(connection) == [(1, "a", "x", "insert", 1)]


def test_a_stream_fails_where_recording_was_interrupted_and_goes_on_after_a_full_refresh(tmp_path):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"))
    run_project(tmp_path, FILES).close()
    DeltaTable(path).alter.set_table_properties({"delta.enableChangeDataFeed": "false"})
    update(path, "lost", "id = 1")
    DeltaTable(path).alter.set_table_properties(FEED)
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path)
    assert caught.value.code == "missing-change-data"
    assert caught.value.location is not None and caught.value.location.line == 6
    with run_project(tmp_path, full_refresh_all=True) as connection:
        assert stored(connection) == [(1, "lost", "x", "insert", 3)]


def test_maintenance_of_the_table_makes_no_batch(tmp_path):
    path = tmp_path / "crm"
    for number in range(3):
        write(path, (number, "a", "x"))
    run_project(tmp_path, FILES).close()
    DeltaTable(path).optimize.compact()
    with run_project(tmp_path) as connection:
        assert len(connection.sql("DESCRIBE HISTORY bronze.feed").fetchall()) == 1
        assert len(stored(connection)) == 3


def test_a_table_that_was_made_anew_stops_the_stream(tmp_path):
    path = shop(tmp_path / "crm")
    run_project(tmp_path, FILES).close()
    subprocess.run(["rm", "-r", str(path)], check=True)
    shop(path)
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path)
    assert caught.value.code == "source-rewritten"


def test_a_view_over_a_feed_is_computed_again_when_changes_come(tmp_path):
    path = shop(tmp_path / "crm")
    text = "CREATE MATERIALIZED VIEW gold.feed AS SELECT * FROM table_changes('crm.customers', 1);"
    files = {"ingot.yml": SETTINGS, "transformations/a.sql": text}
    with run_project(tmp_path, files) as connection:
        assert stored(connection, "gold.feed") == judged(path, 1)
    update(path, "newer", "id = 7")
    with run_project(tmp_path) as connection:
        assert stored(connection, "gold.feed") == judged(path, 1)


def test_a_preview_shows_what_a_stream_would_begin_with(tmp_path):
    from ingot.queries import preview

    shop(tmp_path / "crm")
    with run_project(tmp_path, {"ingot.yml": SETTINGS}) as connection:
        (tmp_path / "transformations").mkdir()
        (tmp_path / "transformations" / "a.py").write_text(FILES["transformations/a.py"])
        found = preview(connection.project, connection.engine, "bronze.feed", 10).fetchall()
    assert sorted(row[:5] for row in found) == [(7, "new", "x", "insert", 6), (9, "z", "z", "insert", 6)]


# --- where there is no feed -------------------------------------------------------------------------------------

ASKED = "TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
OWN = """
CREATE STREAMING TABLE bronze.events AS SELECT * FROM STREAM read_files('in', format => 'json', schema => 'id INT, n INT');
CREATE STREAMING TABLE silver.current;
CREATE FLOW f AS AUTO CDC INTO silver.current FROM STREAM bronze.events KEYS (id) SEQUENCE BY n STORED AS SCD TYPE 1;
CREATE MATERIALIZED VIEW gold.all AS SELECT * FROM bronze.events;
CREATE TEMPORARY VIEW view AS SELECT * FROM bronze.events;
CREATE MATERIALIZED VIEW gold.feed AS
SELECT * FROM table_changes('TABLE', 0);
"""


@pytest.mark.parametrize(
    ("table", "why", "hint"),
    [
        ("bronze.events", "only gets new rows", "read it as a stream"),
        ("silver.current", "is a table of changes", "what its flow reads"),
        ("gold.all", "is replaced as a whole", "the view itself"),
        ("view", "is a view", "within the view"),
        ("raw.lines", "is not a Delta table", "map it to the folder of a Delta table"),
    ],
)
def test_the_feed_of_a_table_that_has_none_is_refused_at_definition_time(tmp_path, table, why, hint):
    files = {
        "ingot.yml": "name: own\ntables:\n  raw.lines: in\n",
        "in/1.json": '{"id": 1, "n": 1}\n',
        "transformations/a.sql": OWN.replace("TABLE'", f"{table}'"),
    }
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path, files)
    error = caught.value
    assert (error.code, error.location.line if error.location else 0) == ("no-change-feed", 8)
    assert why in error.message and hint in (error.hint or "")


def test_a_table_of_the_lake_that_the_project_does_not_define_has_no_feed(tmp_path, connection):
    text = "CREATE STREAMING TABLE bronze.feed AS SELECT 1 AS id FROM STREAM crm.customers;"
    write(tmp_path / "crm", (1, "a", "x"))
    run_project(tmp_path, {"ingot.yml": SETTINGS, "transformations/a.sql": text}).close()
    assert refused(connection, "SELECT * FROM table_changes('bronze.feed', 0)").code == "missing-change-data"


def test_no_reader_sees_a_feed_of_a_table_of_ours_that_asks_for_one(tmp_path):
    definitions = OWN.split("CREATE TEMPORARY VIEW")[0]
    for name in ("bronze.events AS", "silver.current;", "gold.all AS"):
        definitions = definitions.replace(name, re.sub("( AS|;)$", rf" {ASKED}\1", name), 1)
    files = {"ingot.yml": "name: own\n", "in/1.json": '{"id": 1, "n": 1}\n', "transformations/a.sql": definitions}
    events, told = EventStream(), list[str]()
    events.listen(lambda event: told.append(event.message))
    run_project(tmp_path, files, events=events).close()
    run_project(tmp_path, {"in/2.json": '{"id": 1, "n": 2}\n'}).close()
    for table in ("bronze.events", "silver.current", "gold.all"):
        note = f"{table}: the table property delta.enableChangeDataFeed has no effect here and is left out"
        assert any(note in message for message in told)
        stored = DeltaTable(tmp_path / "lake" / table.replace(".", "/"))
        assert (stored.version(), "delta.enableChangeDataFeed" in stored.metadata().configuration) == (1, False)
        with pytest.raises(DeltaError):
            stored.load_cdf(starting_version=0).read_all()
