"""Vacuum, restore, compaction, cleaning the log: nothing that a reader may still need is deleted."""

from __future__ import annotations

import datetime
import os
import time
from pathlib import Path

import pytest

from ingot.errors import CommitConflictError, LakeError
from ingot.lake import kernel
from ingot.lake.maintenance import commit_compaction, drop, log_cleanup, restore, small_files, vacuum
from ingot.lake.table import Lake, Snapshot, Table, TableChange, TableMetadata
from ingot.model import TableName
from ingot.types import parse_schema
from lake.rows import read, write_file

SCHEMA = parse_schema("id bigint")
DAY = 24 * 3600
WEEK = datetime.timedelta(days=7)


class Clock:
    """The time of commits; the present unless set back."""

    def __init__(self) -> None:
        self.age_days = 0.0

    def __call__(self) -> float:
        return time.time() - self.age_days * DAY


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(tmp_path: Path, clock: Clock) -> Table:
    table = Lake(tmp_path, "main", clock=clock).table(TableName("main", "gold", "t"))
    clock.age_days = 100
    table.commit(TableChange("CREATE TABLE", metadata=TableMetadata(SCHEMA)), None)
    return table


def age(path: Path, days: float) -> Path:
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


def overwrite(table: Table, clock: Clock, number: int, age_days: float) -> Snapshot:
    clock.age_days = age_days
    file = write_file(table.root, SCHEMA, [{"id": number}])
    age(table.root / file.path, age_days)
    return table.commit(TableChange("WRITE", (file,), replace=True), table.snapshot())


def ids(snapshot: Snapshot) -> list[int]:
    return sorted(row["id"] for row in read(snapshot.binding()))


def test_vacuum_deletes_what_no_version_within_the_retention_refers_to(table: Table, clock: Clock) -> None:
    files = [overwrite(table, clock, number, days).files[0].path for number, days in enumerate((90, 60, 3, 1))]
    # The second was removed three days ago, so a version within the week still shows it.
    assert vacuum(table, WEEK, dry_run=True) == files[:1]
    assert (table.root / files[0]).exists()
    assert vacuum(table, WEEK) == files[:1]
    assert [(table.root / path).exists() for path in files] == [False, True, True, True]
    assert ids(table.snapshot()) == [3]
    assert sorted(vacuum(table, datetime.timedelta(days=2))) == [files[1]]


def test_vacuum_removes_orphans_but_not_young_hidden_or_foreign_files(table: Table, clock: Clock) -> None:
    snapshot = overwrite(table, clock, 1, 50)
    orphan = write_file(table.root, SCHEMA, [{"id": 7}], folder="day=1")
    young = write_file(table.root, SCHEMA, [{"id": 8}])
    age(table.root / orphan.path, 30)
    others = [table.root / "_delta_log" / "x.parquet", table.root / "notes.txt", table.root / ".hidden.parquet"]
    outside = age(_touch(table.root.parent / "outside.parquet"), 30)
    for path in others:
        age(_touch(path), 30)
    (table.root / "link.parquet").symlink_to(outside)
    assert vacuum(table, WEEK) == [orphan.path]
    assert all(path.exists() for path in (*others, outside, table.root / young.path))
    assert ids(table.snapshot()) == ids(snapshot)


def _touch(path: Path) -> Path:
    path.write_bytes(b"x")
    return path


def test_vacuum_spares_what_a_checkpoint_has_not_read_yet(table: Table, clock: Clock) -> None:
    files = [overwrite(table, clock, number, 90 - number).files[0].path for number in range(4)]
    assert sorted(vacuum(table, WEEK, protect=[3], dry_run=True)) == sorted(files[:2])
    assert sorted(vacuum(table, WEEK, protect=[files[0]], dry_run=True)) == sorted(files[1:3])


def test_vacuum_keeps_partitions_with_odd_names(tmp_path: Path) -> None:
    table = Table(TableName("main", "g", "t"), tmp_path)
    schema = parse_schema("id bigint, _p string")
    file = write_file(tmp_path, schema, [{"id": 1}], partition={"_p": "a b%/é"}, folder="_p=a b%25%2Fé")
    age(tmp_path / file.path, 30)
    snapshot = table.commit(TableChange("WRITE", (file,), metadata=TableMetadata(schema, ("_p",))), None)
    orphan = write_file(tmp_path, schema, [{"id": 1}], partition={"_p": "x"}, folder="_p=x")
    age(tmp_path / orphan.path, 30)
    assert vacuum(table, WEEK) == [orphan.path]
    assert ids(snapshot) == [1]


def test_vacuum_does_nothing_when_the_log_cannot_tell_when_files_were_removed(table: Table, clock: Clock) -> None:
    for number in range(4):
        overwrite(table, clock, number, 3)
    assert kernel.write_log_checkpoint(table.root, 4)
    for version in range(4):
        (table.log / f"{version:020d}.json").unlink()
    assert vacuum(Table(table.name, table.root), WEEK) == []


def test_restore_brings_back_rows_and_schema(table: Table, clock: Clock) -> None:
    first = overwrite(table, clock, 1, 0)
    wider = TableMetadata(parse_schema("id bigint, extra string"))
    second = table.commit(TableChange("WRITE", replace=True, metadata=wider), first)
    restored = restore(table, first.version)
    assert (restored.version, restored.schema, ids(restored)) == (second.version + 1, SCHEMA, [1])
    assert table.history()[0].operation == "RESTORE"


def test_restoring_a_version_that_was_vacuumed_is_refused(table: Table, clock: Clock) -> None:
    first = overwrite(table, clock, 1, 50)
    overwrite(table, clock, 2, 40)
    vacuum(table, WEEK)
    with pytest.raises(LakeError) as caught:
        restore(table, first.version)
    assert caught.value.code == "files-vacuumed"


def test_small_files_are_grouped_by_partition_up_to_the_target(tmp_path: Path) -> None:
    table = Table(TableName("main", "g", "t"), tmp_path)
    schema = parse_schema("id bigint, p string")
    files = [write_file(tmp_path, schema, [{"id": n}], partition={"p": p}) for n in range(6) for p in ("a", "b")]
    snapshot = table.commit(TableChange("WRITE", tuple(files), metadata=TableMetadata(schema, ("p",))), None)
    size = files[0].size
    groups = small_files(snapshot, target_bytes=size * 3, files_min=6)
    assert [len(group) for group in groups] == [3, 3, 3, 3]
    assert all(len({file.partition["p"] for file in group}) == 1 for group in groups)
    assert small_files(snapshot, target_bytes=size * 3, files_min=7) == []
    assert small_files(snapshot, target_bytes=size) == []


def test_neighbours_come_into_one_group(tmp_path: Path) -> None:
    table = Table(TableName("main", "g", "t"), tmp_path)
    schema = parse_schema("id bigint")
    files = [write_file(tmp_path, schema, [{"id": n}]) for n in (3, 1, 4, 2)]
    snapshot = table.commit(TableChange("WRITE", tuple(files), metadata=TableMetadata(schema)), None)
    of = {file.path: n for file, n in zip(files, (3, 1, 4, 2), strict=True)}
    groups = small_files(snapshot, target_bytes=files[0].size * 2 + 9, files_min=2, order=lambda file: of[file.path])
    assert [[of[file.path] for file in group] for group in groups] == [[1, 2], [3, 4]]


def test_compaction_keeps_rows_and_is_no_news_to_streams(table: Table, clock: Clock) -> None:
    clock.age_days = 0
    files = tuple(write_file(table.root, SCHEMA, [{"id": n}]) for n in range(4))
    snapshot = table.commit(TableChange("WRITE", files), table.snapshot())
    new = write_file(table.root, SCHEMA, [{"id": n} for n in range(4)])
    compacted = commit_compaction(table, snapshot, snapshot.files, [new])
    assert ids(compacted) == [0, 1, 2, 3]
    commit = next(table.commits(compacted.version))
    assert (commit.data_change, commit.adds, commit.removes) == (False, (), ())
    with pytest.raises(CommitConflictError):
        commit_compaction(table, snapshot, snapshot.files, [write_file(table.root, SCHEMA, [{"id": 0}] * 4)])
    with pytest.raises(LakeError, match="turn 4 rows into 1"):
        commit_compaction(table, compacted, compacted.files, [write_file(table.root, SCHEMA, [{"id": 0}])])


def test_old_log_files_go_only_when_a_log_checkpoint_covers_them(table: Table, clock: Clock) -> None:
    for number, days in enumerate((90, 80, 70, 60, 5, 4)):
        overwrite(table, clock, number, days)
    assert log_cleanup(table) == []
    assert kernel.write_log_checkpoint(table.root, 3)
    assert kernel.write_log_checkpoint(table.root, 6)
    assert log_cleanup(table, [4, 2]) == []
    assert log_cleanup(table, [4]) == [f"{version:020d}.json" for version in range(3)]
    fresh = Table(table.name, table.root)
    assert ids(fresh.snapshot()) == [5]
    assert ids(fresh.snapshot(4)) == [3]


def test_cleaning_the_log_removes_old_leftovers_of_crashed_writers(table: Table) -> None:
    old, young = table.log / ".x.json.1.tmp", table.log / ".x.json.2.tmp"
    age(_touch(old), 2)
    _touch(young)
    assert log_cleanup(table) == [old.name]
    assert young.exists()


def test_a_dropped_table_is_gone_at_once(table: Table, tmp_path: Path) -> None:
    drop(table)
    assert not table.exists()
    assert list(table.root.parent.iterdir()) == []
