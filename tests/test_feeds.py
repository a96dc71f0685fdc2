"""Change data feeds of Delta tables that others write: the same changes as delta-rs reads, each of them once."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ingot
from ingot.connection import Connection
from ingot.errors import IngotError
from ingot.testing import CRASH_VARIABLE, run_project

SCHEMA = pa.schema([("id", pa.int32()), ("name", pa.string()), ("p", pa.string())])
FEED = {"delta.enableChangeDataFeed": "true"}
CHANGES = "id, name, p, _change_type, _commit_version"
SETTINGS = "name: feeds\ntables:\n  crm.customers: crm\n"


def rows(*values: tuple[Any, ...], schema: pa.Schema = SCHEMA) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, value, strict=True)) for value in values], schema=schema)


def write(path: Path, *values: tuple[Any, ...], mode: str = "append", **options: Any) -> None:
    if not path.exists():
        options.setdefault("configuration", FEED)
    write_deltalake(str(path), rows(*values), mode=mode, **options)  # pyright: ignore[reportArgumentType]


def update(path: Path, name: str, predicate: str) -> None:
    DeltaTable(path).update(updates={"name": f"'{name}'"}, predicate=predicate)


def merge(path: Path, *values: tuple[Any, ...]) -> None:
    merging = DeltaTable(path).merge(rows(*values), "s.id = t.id", "s", "t")
    merging.when_matched_update_all().when_not_matched_insert_all().execute()


def shop(path: Path) -> Path:
    """Versions: 0 and 1 rows added, 2 updated, 3 deleted, 4 merged, 5 compacted, 6 a partition overwritten."""
    write(path, (1, "a", "x"), (2, "b", "x"), (3, "c", "y"), partition_by=["p"])
    write(path, (4, "d", "x"))
    update(path, "A", "id = 1")
    DeltaTable(path).delete("id = 3")
    merge(path, (2, "bb", "x"), (9, "z", "z"))
    DeltaTable(path).optimize.compact()
    write(path, (7, "new", "x"), mode="overwrite", predicate="p = 'x'")
    return path


def judged(path: Path, start: int = 0, end: int | None = None) -> list[tuple[Any, ...]]:
    """What delta-rs says."""
    found = pa.table(DeltaTable(path).load_cdf(starting_version=start, ending_version=end).read_all())
    names = (*SCHEMA.names, "_change_type", "_commit_version")
    columns = [found[name].to_pylist() for name in names]
    return sorted(zip(*columns, strict=True), key=repr)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    (tmp_path / "ingot.yml").write_text(SETTINGS)
    with ingot.connect(tmp_path) as connection:
        yield connection


def changes(connection: Connection, bounds: str = "0", table: str = "crm.customers") -> list[tuple[Any, ...]]:
    return sorted(connection.sql(f"SELECT {CHANGES} FROM table_changes('{table}', {bounds})").fetchall(), key=repr)


def refused(connection: Connection, text: str) -> IngotError:
    with pytest.raises(IngotError) as caught:
        connection.sql(text).fetchall()
    return caught.value


# --- ranges -----------------------------------------------------------------------------------------------------


def test_every_kind_of_commit_gives_the_changes_that_another_reader_sees(tmp_path, connection):
    path = shop(tmp_path / "crm")
    assert len(judged(path)) == 14
    assert changes(connection) == judged(path)
    for start in range(7):
        for end in range(start, 7):
            assert changes(connection, f"{start}, {end}") == judged(path, start, end)


def test_the_feed_has_the_columns_of_the_table_and_three_more(tmp_path, connection):
    shop(tmp_path / "crm")
    result = connection.sql("SELECT * FROM table_changes('crm.customers', 0)")
    assert result.schema.ddl == (
        "struct<id:int,name:string,p:string,_change_type:string,_commit_version:bigint,_commit_timestamp:timestamp>"
    )


def test_a_commit_is_dated_as_the_log_says(tmp_path, connection):
    path = shop(tmp_path / "crm")
    [(stated,)] = connection.sql(
        "SELECT DISTINCT _commit_timestamp FROM table_changes('crm.customers', 1, 1)"
    ).fetchall()
    info = DeltaTable(path).history()[-2]
    assert stated.timestamp() * 1000 == info["timestamp"]


def test_an_end_beyond_the_newest_version_is_the_newest_version(tmp_path, connection):
    path = shop(tmp_path / "crm")
    assert changes(connection, "1, 99") == judged(path, 1)


def test_instants_stand_for_the_versions_committed_since_and_until(tmp_path, connection):
    path = shop(tmp_path / "crm")
    stamps = [entry["timestamp"] for entry in reversed(DeltaTable(path).history())]
    first, last = (datetime.datetime.fromtimestamp(stamps[v] / 1000, datetime.UTC).isoformat() for v in (1, 3))
    assert changes(connection, f"'{first}', '{last}'") == judged(path, 1, 3)
    assert changes(connection, "'2000-01-01'") == judged(path)
    assert changes(connection, "TIMESTAMP '2000-01-01 00:00:00'") == judged(path)


def test_an_instant_without_an_offset_is_of_the_sessions_time_zone(tmp_path, connection):
    path = shop(tmp_path / "crm")
    stamp = DeltaTable(path).history()[-3]["timestamp"]
    there = datetime.datetime.fromtimestamp(stamp / 1000, datetime.timezone(datetime.timedelta(hours=9)))
    (tmp_path / "ingot.yml").write_text(f"{SETTINGS}configuration:\n  spark.sql.session.timeZone: Asia/Tokyo\n")
    with ingot.connect(tmp_path) as tokyo:
        assert changes(tokyo, f"'{there.replace(tzinfo=None).isoformat()}'") == judged(path, 2)


def test_a_table_is_named_by_its_path_in_two_ways(tmp_path, connection):
    path = shop(tmp_path / "crm")
    assert changes(connection, table=f"delta.`{path}`") == judged(path)
    found = connection.sql(f"SELECT {CHANGES} FROM table_changes_by_path('{path}', 2)").fetchall()
    assert sorted(found, key=repr) == judged(path, 2)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("table_changes('crm.customers', 99)", "version-out-of-range"),
        ("table_changes('crm.customers', 3, 2)", "version-out-of-range"),
        ("table_changes('crm.customers', '2100-01-01')", "unknown-version"),
        ("table_changes('crm.customers', 0, '2100-01-01')", "unknown-version"),
        ("table_changes('crm.customers', 0, '2000-01-01')", "unknown-version"),
        ("table_changes('crm.customers', '1')", "feed-range"),
        ("table_changes('crm.customers', -1)", "wrong-arguments"),
        ("table_changes('crm.customers')", "wrong-arguments"),
        ("table_changes(crm.customers, 0)", "wrong-arguments"),
        ("table_changes('crm.customers', 0, 1, 2)", "wrong-arguments"),
        ("table_changes('crm.customers', id)", "wrong-arguments"),
        ("STREAM table_changes('crm.customers', 0)", "unsupported-source"),
        ("table_changes('crm.nothing', 0)", "unknown-dataset"),
    ],
)
def test_a_range_that_delta_refuses_is_refused(tmp_path, connection, call, code):
    shop(tmp_path / "crm")
    assert refused(connection, f"SELECT * FROM {call}").code == code


# --- what was not recorded --------------------------------------------------------------------------------------


def test_versions_without_recorded_changes_are_refused(tmp_path, connection):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"), configuration={})
    write(path, (2, "b", "x"))
    DeltaTable(path).alter.set_table_properties(FEED)
    write(path, (3, "c", "x"))
    DeltaTable(path).alter.set_table_properties({"delta.enableChangeDataFeed": "false"})
    update(path, "lost", "id = 1")
    DeltaTable(path).alter.set_table_properties(FEED)
    assert changes(connection, "2, 3") == [(3, "c", "x", "insert", 3)]
    for bounds in ("0", "1, 1", "2", "3, 4", "4, 4", "5, 5"):
        error = refused(connection, f"SELECT * FROM table_changes('crm.customers', {bounds})")
        assert error.code == "missing-change-data"
    assert "version 4 of" in refused(connection, "SELECT * FROM table_changes('crm.customers', 2)").message
    assert changes(connection, "6") == []


def test_change_files_that_a_vacuum_removed_are_missed(tmp_path, connection):
    path = shop(tmp_path / "crm")
    for file in (path / "_change_data").rglob("*.parquet"):
        file.unlink()
    error = refused(connection, "SELECT * FROM table_changes('crm.customers', 2, 2)")
    assert error.code == "missing-change-data" and "changes of version 2 of" in error.message


def test_data_files_that_a_vacuum_removed_are_missed(tmp_path, connection):
    path = shop(tmp_path / "crm")
    DeltaTable(path).vacuum(0, dry_run=False, enforce_retention_duration=False)
    error = refused(connection, "SELECT * FROM table_changes('crm.customers', 0, 0)")
    assert error.code == "missing-change-data" and "changes of version 0 of" in error.message


def test_entries_that_the_log_no_longer_has_are_missed(tmp_path, connection):
    path = shop(tmp_path / "crm")
    DeltaTable(path).create_checkpoint()
    for version in range(4):
        (path / "_delta_log" / f"{version:020d}.json").unlink()
    assert refused(connection, "SELECT * FROM table_changes('crm.customers', 1)").code == "version-gone"
    assert changes(connection, "4") == judged(path, 4)


def edit_log(path: Path, version: int, edit: Any) -> None:
    file = path / "_delta_log" / f"{version:020d}.json"
    actions = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("\n".join(json.dumps(action) for action in edit(actions)) + "\n")


def test_rows_deleted_by_vectors_without_change_files_are_refused(tmp_path, connection):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"), (2, "b", "x"))
    update(path, "A", "id = 1")
    vector = {
        "storageType": "u",
        "pathOrInlineDv": "MUk2tfb^blNe7Wu1TNe3",
        "offset": 1,
        "sizeInBytes": 34,
        "cardinality": 1,
    }
    with_vector = lambda actions: [  # noqa: E731
        {"remove": {**a["remove"], "deletionVector": vector}} if "remove" in a else a for a in actions
    ]
    edit_log(path, 1, with_vector)
    assert len(changes(connection, "1")) == 2  # the change files tell
    edit_log(path, 1, lambda actions: [a for a in actions if "cdc" not in a])
    error = refused(connection, "SELECT * FROM table_changes('crm.customers', 1)")
    assert error.code == "unsupported-table" and "deletion vectors" in error.message


def test_a_merge_that_says_it_changed_no_row_gives_no_changes(tmp_path, connection):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"))
    metrics = {f"numTargetRows{what}": "0" for what in ("Inserted", "Updated", "Deleted")}

    def rewritten(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        add = next(a["add"] for a in actions if "add" in a)
        remove = {"remove": {"path": add["path"], "dataChange": True, "partitionValues": {}, "size": add["size"]}}
        return [
            {"commitInfo": {"timestamp": 1, "operation": "MERGE", "operationMetrics": metrics}},
            remove,
            {"add": add},
        ]

    log = path / "_delta_log"
    (log / f"{1:020d}.json").write_text((log / f"{0:020d}.json").read_text())
    edit_log(path, 1, rewritten)
    assert changes(connection, "1") == []
    metrics["numTargetRowsUpdated"] = "1"
    edit_log(path, 1, lambda actions: rewritten([a for a in actions if "add" in a]))
    assert [row[3] for row in changes(connection, "1")] == ["delete", "insert"]


# --- columns ----------------------------------------------------------------------------------------------------


def test_changes_from_before_a_column_was_added_have_null_in_it(tmp_path, connection):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"))
    update(path, "A", "id = 1")
    wider = SCHEMA.append(pa.field("extra", pa.int64()))
    write_deltalake(str(path), rows((2, "b", "x", 5), schema=wider), mode="append", schema_mode="merge")
    found = connection.sql(
        "SELECT id, extra, _change_type FROM table_changes('crm.customers', 0) ORDER BY ALL"
    ).fetchall()
    assert found == [
        (1, None, "insert"), (1, None, "update_postimage"), (1, None, "update_preimage"), (2, 5, "insert"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "schema", "options", "what"),
    [
        (("1", "a", "x"), SCHEMA.set(0, pa.field("id", pa.string())), {}, "column 'id' was int and is string"),
        ((1, "a"), SCHEMA.remove(2), {}, "it had a column 'p'"),
        ((1, "a", "x"), SCHEMA, {"partition_by": ["p"]}, "it was partitioned by ()"),
    ],
)
def test_changes_of_other_columns_are_refused(tmp_path, connection, values, schema, options, what):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"))
    mode = {"mode": "overwrite", "schema_mode": "overwrite"}
    write_deltalake(str(path), rows(values, schema=schema), **mode, **options)
    error = refused(connection, "SELECT * FROM table_changes('crm.customers', 0)")
    assert error.code == "changed-schema" and error.message.endswith(what)


def test_a_table_with_a_column_of_the_feed_is_refused(tmp_path, connection):
    schema = pa.schema([("id", pa.int32()), ("_Change_Type", pa.string())])
    write_deltalake(str(tmp_path / "crm"), rows((1, "x"), schema=schema))
    error = refused(connection, "SELECT * FROM table_changes('crm.customers', 0)")
    assert error.code == "reserved-column"


# --- streams ----------------------------------------------------------------------------------------------------

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


# --- the classic pattern ----------------------------------------------------------------------------------------

CURRENT = """
from pyspark import pipelines as dp

@dp.temporary_view
def changes():
    return spark.readStream.option("readChangeFeed", "true").table("crm.customers").filter("_change_type <> 'update_preimage'")

for name, scd_type in (("silver.customers", 1), ("silver.history", 2)):
    dp.create_streaming_table(name)
    dp.create_auto_cdc_flow(
        target=name, source="changes", keys=["id"], sequence_by="_commit_version",
        apply_as_deletes="_change_type = 'delete'",
        except_column_list=["_change_type", "_commit_version", "_commit_timestamp"], stored_as_scd_type=scd_type,
    )
"""
CLASSIC = {"ingot.yml": SETTINGS, "transformations/a.py": CURRENT}

GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "change-data-capture.md"


def test_the_example_of_the_guide_runs(tmp_path):
    section = GUIDE.read_text().split("## Change feeds of Delta tables")[1].split("\n## ")[0]
    text = section.split("```sql\n")[1].split("```")[0]
    path = tmp_path / "crm"
    write(path, (1, "a", "x"), (2, "b", "y"))
    run_project(tmp_path, {"ingot.yml": SETTINGS, "transformations/a.sql": text}).close()
    merge(path, (1, "A", "x"))
    DeltaTable(path).delete("id = 2")
    with run_project(tmp_path) as connection:
        assert connection.sql("SELECT * FROM silver.customers ORDER BY ALL").fetchall() == [
            (1, "A", "x", 1, None), (1, "a", "x", 0, 1), (2, "b", "y", 0, 2),
        ]  # fmt: skip


keys = st.integers(0, 5)
operation = st.one_of(
    st.tuples(st.just("merge"), st.dictionaries(keys, st.sampled_from("abc"), min_size=1, max_size=4)),
    st.tuples(st.just("update"), keys, st.sampled_from("def")),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("compact")),
    st.tuples(st.just("run")),
)


def do(path: Path, step: tuple[Any, ...]) -> None:
    match step:
        case ("merge", values):
            merge(path, *((key, value, "x") for key, value in values.items()))
        case ("update", key, value):
            update(path, value, f"id = {key}")
        case ("delete", key):
            DeltaTable(path).delete(f"id = {key}")
        case ("compact",):
            DeltaTable(path).optimize.compact()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(operation, min_size=3, max_size=10))
def test_changes_applied_to_a_table_of_ours_give_the_table_that_they_come_from(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("classic")
    path = folder / "crm"
    write(path, (1, "a", "x"), (2, "b", "y"))
    run_project(folder, CLASSIC).close()
    for step in [*steps, ("run",)]:
        do(path, step)
        if step == ("run",):
            with run_project(folder) as connection:
                source = sorted(DeltaTable(path).to_pyarrow_table().to_pylist(), key=lambda row: row["id"])
                current = connection.sql("SELECT * FROM silver.customers ORDER BY id").fetchall()
                assert current == [tuple(row.values()) for row in source]
                open_ = "SELECT * EXCEPT (__START_AT, __END_AT) FROM silver.history WHERE __END_AT IS NULL ORDER BY id"
                assert connection.sql(open_).fetchall() == current


def test_kills_lose_and_double_no_change(tmp_path):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"), (2, "b", "y"))
    for name, text in {**CLASSIC, "transformations/b.py": PIPELINE.replace("OPTIONS", "")}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    run_project(tmp_path).close()
    command = [sys.executable, "-m", "ingot.cli", "-C", str(tmp_path), "run"]
    for number, stage in enumerate(
        ("planned:2", "staged:1", "tombstones:1", "written:2", "committed:1", "committed:3")
    ):
        merge(path, (1, f"a{number}", "x"), (10 + number, "new", "x"))
        DeltaTable(path).delete(f"id = {9 + number}")
        done = subprocess.run(command, env={**os.environ, CRASH_VARIABLE: stage}, capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
    with run_project(tmp_path) as connection:
        source = DeltaTable(path).to_pyarrow_table().to_pylist()
        current = connection.sql("SELECT * FROM silver.customers").fetchall()
        assert sorted(current) == sorted(tuple(row.values()) for row in source)
        assert [row for row in stored(connection) if row[4] > 0] == judged(path, 1)


# --- where there is no feed -------------------------------------------------------------------------------------

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
