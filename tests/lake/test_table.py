"""Commits and snapshots of Ingot's own tables: what is visible, what is refused, what survives."""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import CommitConflictError, LakeError
from ingot.lake import kernel
from ingot.lake.maintenance import restore
from ingot.lake.table import Lake, Snapshot, Table, TableChange, TableMetadata, prepare_metadata
from ingot.model import TableName
from ingot.sql import parse_statement
from ingot.types import INT, Field, StructType, parse_schema
from lake.rows import read, write_file

SCHEMA = parse_schema("id bigint, name string")


def create(table: Table, ddl: str = "id bigint, name string", **metadata: Any) -> Snapshot:
    return table.commit(TableChange("CREATE TABLE", metadata=TableMetadata(parse_schema(ddl), **metadata)), None)


def append(table: Table, snapshot: Snapshot, *ids: int, **change: Any) -> Snapshot:
    file = write_file(table.root, snapshot.schema, [{"id": n} for n in ids])
    return table.commit(TableChange("WRITE", adds=(file,), **change), snapshot)


def ids(snapshot: Snapshot) -> list[int]:
    return sorted(row["id"] for row in read(snapshot.binding()))


def test_a_table_that_does_not_exist_is_named_with_the_nearest_one(lake: Lake, table: Table) -> None:
    create(table)
    with pytest.raises(LakeError, match=r"no table bronze\.order in the lake") as caught:
        lake.table(TableName("main", "bronze", "order")).snapshot()
    assert (caught.value.code, caught.value.hint) == ("unknown-table", "did you mean bronze.orders?")
    assert not lake.table(TableName("main", "bronze", "order")).exists()


def test_tables_are_found_without_regard_to_case_and_folders_with_an_underscore_are_not_schemas(
    lake: Lake, table: Table
) -> None:
    create(table)
    (lake.root / "_landing" / "x" / "_delta_log").mkdir(parents=True)
    assert lake.tables() == [table.name]
    other = Lake(lake.root, "main").table(TableName("main", "Bronze", "ORDERS"))
    assert other.root == table.root
    assert other.snapshot().version == 0


def test_rows_progress_and_description_become_visible_in_one_commit(table: Table) -> None:
    file = write_file(table.root, SCHEMA, [{"id": 1, "name": "é"}])
    metadata = TableMetadata(SCHEMA, properties={"quality": "gold", "ingot.min_rows": "1"}, description="all of it")
    change = TableChange("WRITE", (file,), metadata=metadata, transaction=("flow:1", 0), info={"fingerprint": [1]})
    snapshot = table.commit(change, None)
    again = Table(table.name, table.root).snapshot()
    assert again.version == snapshot.version == 0
    assert read(again.binding()) == [{"id": 1, "name": "é"}]
    assert again.transactions == {"flow:1": 0}
    assert (again.description, again.properties["quality"], again.rows) == ("all of it", "gold", 1)
    assert table.history()[0].info == {"fingerprint": [1]}
    assert next(table.commits(0)).adds == snapshot.files


def test_a_second_creation_conflicts(table: Table) -> None:
    create(table)
    with pytest.raises(CommitConflictError):
        create(Table(table.name, table.root))


def test_older_versions_and_instants_can_be_read(lake: Lake) -> None:
    now = [1_700_000_000.0]
    table = Table(TableName("main", "b", "t"), lake.root / "b" / "t", clock=lambda: now[0])
    snapshot = create(table)
    for number in range(3):
        now[0] += 60
        snapshot = append(table, snapshot, number)
    assert ids(table.snapshot(2)) == [0, 1]
    moment = datetime.datetime.fromtimestamp(1_700_000_000 + 125, datetime.UTC)
    assert table.snapshot(timestamp=moment).version == 2
    with pytest.raises(LakeError, match="no version 9"):
        table.snapshot(9)
    with pytest.raises(LakeError, match="no version as old as"):
        table.snapshot(timestamp=datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))


def test_commit_times_never_go_back_even_if_the_clock_does(lake: Lake) -> None:
    now = [1_700_000_000.0]
    table = Table(TableName("main", "b", "t"), lake.root / "b" / "t", clock=lambda: now[0])
    first = create(table)
    now[0] -= 3600
    assert append(table, first, 1).timestamp > first.timestamp


def test_replacing_changes_rows_schema_and_partitioning_in_one_commit(table: Table) -> None:
    snapshot = append(table, create(table), 1, 2)
    schema = parse_schema("day date, total decimal(10,2)")
    file = write_file(table.root, schema, [{"total": None}], partition={"day": "2024-02-29"})
    metadata = TableMetadata(schema, ("Day",))
    snapshot = table.commit(TableChange("WRITE", (file,), replace=True, metadata=metadata), snapshot)
    assert snapshot.version == 2
    assert snapshot.partition_columns == ("day",)
    assert read(snapshot.binding()) == [{"day": datetime.date(2024, 2, 29), "total": None}]
    assert snapshot.table_id == table.snapshot(0).table_id
    assert ids(table.snapshot(1)) == [1, 2]
    commit = next(table.commits(2))
    assert (len(commit.adds), len(commit.removes), commit.is_metadata_changed) == (1, 1, True)


@pytest.mark.parametrize("blind", [False, True])
def test_a_stale_removal_conflicts_and_a_stale_blind_append_does_not(table: Table, blind: bool) -> None:
    stale = append(table, create(table), 1)
    append(Table(table.name, table.root), table.snapshot(), 2)
    if blind:
        assert ids(append(table, stale, 3, blind=True)) == [1, 2, 3]
        return
    for change in (TableChange("DELETE", removes=stale.files), TableChange("WRITE", replace=True)):
        with pytest.raises(CommitConflictError):
            table.commit(change, stale)
    with pytest.raises(CommitConflictError):
        append(table, stale, 4)
    assert ids(table.snapshot()) == [1, 2]


def test_a_blind_append_conflicts_with_a_change_of_metadata_and_with_the_same_application(
    table: Table,
) -> None:
    stale = create(table)
    append(Table(table.name, table.root), stale, 1, transaction=("flow", 0))
    with pytest.raises(CommitConflictError):
        append(table, stale, 2, blind=True, transaction=("flow", 0))
    current = table.snapshot()
    evolved = TableMetadata(parse_schema("id bigint, name string, more int"))
    table.commit(TableChange("ALTER", metadata=evolved), current)
    with pytest.raises(CommitConflictError):
        append(table, current, 3, blind=True)
    assert ids(table.snapshot()) == [1]


def test_a_transaction_is_committed_once(table: Table) -> None:
    snapshot = append(table, create(table), 1, transaction=("flow", 4))
    for version in (3, 4):
        with pytest.raises(CommitConflictError) as caught:
            append(table, snapshot, 1, transaction=("flow", version))
        assert caught.value.code == "already-committed"
    assert ids(append(table, snapshot, 2, transaction=("flow", 5))) == [1, 2]


def test_each_application_keeps_its_transaction(table: Table) -> None:
    snapshot = append(table, create(table), 1, transaction=("a", 7))
    snapshot = append(table, snapshot, 2, transaction=("b", 0))
    assert snapshot.transactions == Table(table.name, table.root).snapshot().transactions == {"a": 7, "b": 0}


def test_a_table_dropped_and_made_anew_is_noticed(table: Table) -> None:
    """The new table has the same versions, so version numbers alone would not tell."""
    stale = append(table, create(table), 1)
    other = Table(table.name, table.root)
    for path in table.log.iterdir():
        path.unlink()
    append(other, create(other), 9)
    assert ids(table.snapshot()) == [9]
    with pytest.raises(CommitConflictError):
        append(table, stale, 2, blind=True)


def test_columns_can_be_added_but_not_dropped_or_retyped_while_files_stay(table: Table) -> None:
    snapshot = append(table, create(table), 1)
    wider = TableMetadata(parse_schema("id bigint, name string, extra struct<a: int, b: array<string>>"))
    snapshot = table.commit(TableChange("ADD COLUMNS", metadata=wider), snapshot)
    assert read(snapshot.binding())[0]["extra"] is None
    for ddl in (
        "id bigint",
        "id int, name string",
        "id bigint not null, name string",
        "id bigint, name string, x int not null",
    ):
        with pytest.raises(LakeError) as caught:
            table.commit(TableChange("ALTER", metadata=TableMetadata(parse_schema(ddl))), snapshot)
        assert caught.value.code == "incompatible-schema"
    assert table.snapshot().version == snapshot.version


@pytest.mark.parametrize(
    ("ddl", "code"),
    [
        ("`a b` int", "invalid-column-name"),
        ("ok int, s struct<`x,y`: int>", "invalid-column-name"),
        ("a int, A string", "duplicate-column"),
        ("a int, s array<struct<x: int, X: int>>", "duplicate-column"),
        ("a interval day to second", "unsupported-type"),
        ("a void", "unsupported-type"),
    ],
)
def test_an_illegal_schema_is_refused(table: Table, ddl: str, code: str) -> None:
    with pytest.raises(LakeError) as caught:
        create(table, ddl)
    assert caught.value.code == code
    assert not table.exists()


def test_a_forbidden_column_name_comes_with_the_alias_to_write(table: Table) -> None:
    with pytest.raises(LakeError) as caught:
        create(table, "`Team (Country)` string")
    assert caught.value.hint is not None
    assert "`Team (Country)` AS team_country" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("count(*)", "`count`"), ("a-b (c)", "a_b_c"), ("2020 sales", "`2020_sales`"), ("Größe, cm", "`größe_cm`"),
        (" select ", "`select`"), ("()", "column_1"), ("tick` s", "tick_s"), ("a = b;", "a_b"), ("x\ty", "x_y"),
    ],
)  # fmt: skip
def test_the_alias_to_write_can_be_read(table: Table, name: str, alias: str) -> None:
    schema = StructType(fields=(Field(name, INT),))
    with pytest.raises(LakeError) as caught:
        table.commit(TableChange("CREATE TABLE", metadata=TableMetadata(schema)), None)
    written = str(caught.value.hint).removeprefix("write ").rpartition(", or set")[0]
    assert written.endswith(f" AS {alias}")
    column: Any = parse_statement(f"SELECT {written} FROM t")
    [parsed] = column.expressions
    assert (parsed.this.name, parsed.alias) == (name, alias.strip("`"))


def test_a_column_without_a_name_is_refused(table: Table) -> None:
    schema = StructType(fields=(Field("", INT),))
    with pytest.raises(LakeError, match="has no name") as caught:
        table.commit(TableChange("CREATE TABLE", metadata=TableMetadata(schema)), None)
    assert caught.value.code == "invalid-column-name"


@pytest.mark.parametrize("columns", [("nope",), ("id", "name"), ("tags",)])
def test_illegal_partitioning_is_refused(table: Table, columns: tuple[str, ...]) -> None:
    ddl = "id bigint, tags array<string>, name string" if columns == ("tags",) else "id bigint, name string"
    with pytest.raises(LakeError) as caught:
        create(table, ddl, partition_columns=columns)
    assert caught.value.code == "invalid-partitioning"


def test_a_missing_or_torn_data_file_is_refused(table: Table) -> None:
    snapshot = create(table)
    file = write_file(table.root, SCHEMA, [{"id": 1}])
    for wrong in (replace(file, path="nowhere.parquet"), replace(file, size=file.size + 1)):
        with pytest.raises(LakeError) as caught:
            table.commit(TableChange("WRITE", (wrong,)), snapshot)
        assert caught.value.code == "missing-data-file"
    assert table.snapshot().version == 0


@pytest.mark.parametrize(
    "statistics",
    [
        "nonsense",
        "[]",
        '{"numRecords": "1"}',
        '{"numRecords": 2}',
        '{"numRecords": 1, "minValues": {"ok": "1"}}',
        '{"numRecords": 1, "minValues": {"id": "1"}}',
        '{"numRecords": 1, "maxValues": {"id": 1.5}}',
        '{"numRecords": 1, "maxValues": {"score": NaN}}',
        '{"numRecords": 1, "maxValues": {"at": "yesterday"}}',
        '{"numRecords": 1, "maxValues": {"unknown": 1}}',
        '{"numRecords": 1, "nullCount": {"id": -1}}',
        '{"numRecords": 1, "nullCount": []}',
        '{"numRecords": 1, "nullCount": {"s": 1}}',
    ],
)
def test_statistics_that_would_brick_the_table_are_refused(table: Table, statistics: str) -> None:
    snapshot = create(table, "id bigint, ok boolean, score double, at timestamp, s struct<a: int>")
    file = write_file(table.root, snapshot.schema, [{"id": 1}])
    with pytest.raises(LakeError) as caught:
        table.commit(TableChange("WRITE", (replace(file, statistics=statistics),)), snapshot)
    assert caught.value.code == "invalid-statistics"


def test_nulls_in_a_required_column_are_refused(table: Table) -> None:
    snapshot = create(table, "id bigint not null, name string")
    assert ids(append(table, snapshot, 1)) == [1]
    file = write_file(table.root, SCHEMA, [{"id": None}])
    with pytest.raises(LakeError) as caught:
        table.commit(TableChange("WRITE", (file,)), table.snapshot())
    assert caught.value.code == "null-violation"


@pytest.mark.parametrize(
    ("type_", "value"), [("int", "1.5"), ("date", "2024-1-1"), ("boolean", "1"), ("timestamp", "noon")]
)
def test_a_partition_value_of_another_type_is_refused(table: Table, type_: str, value: str) -> None:
    snapshot = create(table, f"id bigint, p {type_}", partition_columns=("p",))
    file = write_file(table.root, snapshot.schema, [{"id": 1}], partition={"p": value})
    with pytest.raises(LakeError) as caught:
        table.commit(TableChange("WRITE", (file,)), snapshot)
    assert caught.value.code == "invalid-partitioning"


def test_an_append_only_table_takes_appends_and_compaction_only(table: Table) -> None:
    snapshot = append(table, create(table, properties={"delta.appendOnly": "true"}), 1)
    with pytest.raises(LakeError) as caught:
        table.commit(TableChange("DELETE", removes=snapshot.files), snapshot)
    assert caught.value.code == "append-only-table"
    file = write_file(table.root, SCHEMA, [{"id": 1}])
    change = TableChange("OPTIMIZE", (file,), snapshot.files, data_change=False)
    snapshot = table.commit(change, snapshot)
    commit = next(table.commits(snapshot.version))
    assert (commit.data_change, commit.adds) == (False, ())


def test_a_property_that_promises_what_is_not_done_is_left_out(table: Table) -> None:
    properties = {
        "quality": "bronze",
        "pipelines.reset.allowed": "false",
        "delta.enableChangeDataFeed": "true",
        "delta.enableRowTracking": "true",
        "delta.feature.timestampNtz": "supported",
        "delta.autoOptimize.autoCompact": "true",
    }
    snapshot = create(table, properties=properties)
    assert set(snapshot.properties) == {
        "quality",
        "pipelines.reset.allowed",
        "delta.autoOptimize.autoCompact",
    }
    assert (snapshot.protocol.reader, snapshot.protocol.writer) == (1, 2)


def test_properties_of_delta_are_known_however_they_are_spelled(table: Table) -> None:
    snapshot = create(table, properties={"DELTA.appendonly": "true", "delta.columnmapping.mode": "name", "Mine": "x"})
    assert {"delta.appendOnly", "delta.columnMapping.mode", "Mine"} <= set(snapshot.properties)
    assert dict(snapshot.physical_names) == {"id": "col-1", "name": "col-2"}


def test_a_property_that_ingot_obeys_must_make_sense(table: Table) -> None:
    for properties in ({"delta.checkpointInterval": "0"}, {"delta.logRetentionDuration": "soon"}):
        with pytest.raises(LakeError) as caught:
            create(table, properties=properties)
        assert caught.value.code == "invalid-property"


def test_timestamps_without_zone_raise_the_protocol_when_they_come(table: Table) -> None:
    snapshot = append(table, create(table), 1)
    evolved = TableMetadata(parse_schema("id bigint, name string, at timestamp_ntz"))
    snapshot = table.commit(TableChange("ADD COLUMNS", metadata=evolved), snapshot)
    assert (snapshot.protocol.reader, snapshot.protocol.writer) == (3, 7)
    assert snapshot.protocol.reader_features == {"timestampNtz"}
    assert snapshot.protocol.writer_features == {"timestampNtz", "appendOnly", "invariants"}


def test_column_mapping_allows_any_name_and_never_gives_a_physical_name_twice(table: Table) -> None:
    properties = {"delta.columnMapping.mode": "name"}
    metadata = prepare_metadata(
        TableMetadata(parse_schema("`Team (Country)` string, `a b` bigint"), properties=properties), None
    )
    assert prepare_metadata(metadata, None).schema == metadata.schema
    snapshot = table.commit(TableChange("CREATE TABLE", metadata=metadata), None)
    assert snapshot.physical_names == {"Team (Country)": "col-1", "a b": "col-2"}
    file = write_file(table.root, snapshot.schema, [{"a b": 7}], physical=dict(snapshot.physical_names))
    snapshot = table.commit(TableChange("WRITE", (file,)), snapshot)
    assert read(snapshot.binding()) == [{"Team (Country)": None, "a b": 7}]
    other = TableMetadata(parse_schema("`a b` bigint, fresh int"), properties=properties)
    snapshot = table.commit(TableChange("WRITE", replace=True, metadata=other), snapshot)
    assert dict(snapshot.physical_names) == {"a b": "col-2", "fresh": "col-3"}
    back = TableMetadata(parse_schema("`Team (Country)` string, `a b` bigint"), properties=properties)
    snapshot = table.commit(TableChange("WRITE", replace=True, metadata=back), snapshot)
    assert snapshot.physical_names["Team (Country)"] == "col-4"
    assert restore(table, 1).properties["delta.columnMapping.maxColumnId"] == "4"


def test_a_version_whose_entry_was_cleaned_up_is_gone_for_streams(table: Table) -> None:
    snapshot = create(table)
    for number in range(5):
        snapshot = append(table, snapshot, number)
    assert kernel.write_log_checkpoint(table.root, 4)
    for version in range(4):
        (table.log / f"{version:020d}.json").unlink()
    fresh = Table(table.name, table.root)
    assert ids(fresh.snapshot()) == [0, 1, 2, 3, 4]
    with pytest.raises(LakeError) as caught:
        list(fresh.commits(2))
    assert caught.value.code == "version-gone"
    with pytest.raises(LakeError) as caught:
        fresh.snapshot(2)
    assert caught.value.code == "version-gone"


def test_a_log_with_a_hole_is_damaged(table: Table) -> None:
    snapshot = create(table)
    for number in range(3):
        snapshot = append(table, snapshot, number)
    (table.log / f"{1:020d}.json").unlink()
    with pytest.raises(LakeError) as caught:
        Table(table.name, table.root).snapshot()
    assert caught.value.code == "damaged-log"


def test_a_crash_before_the_link_leaves_nothing_visible_and_the_next_commit_works(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = append(table, create(table), 1)

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", crash)
        patched.setattr(Path, "unlink", lambda *_, **__: None)  # a killed process does not tidy up
        with pytest.raises(KeyboardInterrupt):
            append(table, snapshot, 2)
    assert any(path.name.endswith(".tmp") for path in table.log.iterdir())
    fresh = Table(table.name, table.root)
    assert ids(fresh.snapshot()) == [1]
    assert ids(append(fresh, fresh.snapshot(), 3)) == [1, 3]


def test_a_file_system_without_hard_links_is_named(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(LakeError) as caught:
        create(table)
    assert caught.value.code == "no-hard-links"


def test_the_state_copy_is_believed_only_if_the_log_confirms_it(lake: Lake, table: Table) -> None:
    snapshot = create(table)
    for number in range(25):
        snapshot = append(table, snapshot, number, transaction=("flow", number))
    copy = lake.root / "_ingot" / "log" / "bronze" / "orders.json"
    kept = json.loads(copy.read_text())
    assert kept["version"] == 20
    fresh = Lake(lake.root, "main").table(table.name).snapshot()
    assert (fresh.state.files, fresh.transactions, fresh.metadata, fresh.protocol) == (
        snapshot.state.files, snapshot.transactions, snapshot.metadata, snapshot.protocol,
    )  # fmt: skip
    kept["files"] = []
    copy.write_text(json.dumps(kept))
    assert ids(Lake(lake.root, "main").table(table.name).snapshot()) == [20, 21, 22, 23, 24]  # it is used …
    kept["entry"] = "0" * 64
    copy.write_text(json.dumps(kept))
    assert ids(Lake(lake.root, "main").table(table.name).snapshot()) == list(range(25))  # … unless the log differs


def test_opening_a_table_reads_only_what_is_new(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = create(table)
    for number in range(5):
        snapshot = append(table, snapshot, number)
    other = Table(table.name, table.root)
    other.snapshot()
    append(table, snapshot, 99)
    read_names: list[str] = []
    original = other.store.read
    monkeypatch.setattr(other.store, "read", lambda path: read_names.append(path.name) or original(path))
    assert other.snapshot().version == 6
    assert read_names == ["00000000000000000006.json", "00000000000000000007.json"]
