"""Ranges of versions give the changes that delta-rs reads; what was not recorded, or has other columns, is refused."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

import ingot
from feeds.tables import CHANGES, FEED, SCHEMA, SETTINGS, changes, judged, refused, rows, shop, update, write

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
        local = there.replace(tzinfo=None).isoformat()
        assert changes(tokyo, f"'{local}'") == judged(path, 2)
        rows_then = tokyo.sql(f"SELECT count(*) FROM crm.customers TIMESTAMP AS OF '{local}'").fetchall()
        assert rows_then == [(DeltaTable(path, version=2).to_pyarrow_table().num_rows,)]


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
        ("table_changes('crm.customers', '1')", "invalid-query"),
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


def test_a_column_that_was_removed_and_added_again_is_another_column(tmp_path, connection):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"))
    update(path, "A", "id = 1")

    def mapped(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        [metadata] = [action["metaData"] for action in actions if "metaData" in action]
        schema = json.loads(metadata["schemaString"])
        for number, column in enumerate(schema["fields"]):
            physical = "col-new" if column["name"] == "name" else column["name"]
            column["metadata"] = {"delta.columnMapping.id": number + 1, "delta.columnMapping.physicalName": physical}
        metadata["schemaString"] = json.dumps(schema)
        metadata["configuration"]["delta.columnMapping.mode"] = "name"
        return [{"metaData": metadata}, {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}]

    log = path / "_delta_log"
    (log / f"{2:020d}.json").write_text((log / f"{0:020d}.json").read_text())
    edit_log(path, 2, mapped)
    error = refused(connection, "SELECT * FROM table_changes('crm.customers', 0)")
    assert error.code == "changed-schema" and error.message.endswith("column 'name' was removed and added again")


def test_a_table_with_a_column_of_the_feed_is_refused(tmp_path, connection):
    schema = pa.schema([("id", pa.int32()), ("_Change_Type", pa.string())])
    write_deltalake(str(tmp_path / "crm"), rows((1, "x"), schema=schema))
    error = refused(connection, "SELECT * FROM table_changes('crm.customers', 0)")
    assert error.code == "reserved-column"
