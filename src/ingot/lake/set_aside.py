"""Which rows of a quarantine count: `<table>__quarantine` is a table of its own, written before the table's own commit.

Owns the names of quarantines, and what a commit of the table vouches for: the quarantine's version that it notes, or,
between the two commits of a replay, the files that the replay leaves. What nothing vouches for is not shown: a batch
that died left it, and sets its rows aside again. Never writes.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

from ingot.engine import BROKEN_RULES, DataFile
from ingot.lake.snapshot import CommitInfo, Snapshot
from ingot.lake.table import Lake, Table
from ingot.model import TableName
from ingot.types import LONG, STRING, TIMESTAMP, ArrayType, Field, StructType

SUFFIX = "__quarantine"
KIND = "quarantine"  # the property `ingot.kind` of such a table
VOUCHED, REMAINING = "quarantine_version", "remaining"  # what commits of the table note
SOURCE_FILE = "_quarantine_file"
SOURCE_ROW = "_quarantine_source"
FLOW, BATCH, AT = "_quarantine_flow", "_quarantine_batch", "_quarantined_at"
_ORIGIN = (Field(SOURCE_FILE, STRING), Field(FLOW, STRING), Field(BATCH, LONG), Field(AT, TIMESTAMP))


def quarantine_name(name: TableName) -> TableName:
    """The name of a dataset's quarantine."""
    return TableName(name.catalog, name.schema, name.table + SUFFIX)


def schema_of(columns: StructType) -> StructType:
    """The columns of a quarantine of such rows, as far as they are known before there is a row."""
    columns = StructType(fields=tuple(replace(column, nullable=True) for column in columns))
    return StructType(fields=(*columns, *_ORIGIN, Field(BROKEN_RULES, ArrayType(element=STRING))))


def has_quarantine_name(name: TableName) -> bool:
    """Whether a name is that of a quarantine, if it is anything of the kind."""
    return name.table.lower().endswith(SUFFIX)


def table_of(quarantine: TableName) -> TableName:
    """The name of the dataset that a quarantine belongs to."""
    return replace(quarantine, table=quarantine.table[: -len(SUFFIX)])


def is_quarantine(table: Table) -> bool:
    """Whether a table that exists holds what rules of another one set aside."""
    return has_quarantine_name(table.name) and table.snapshot().properties.get("ingot.kind") == KIND


def readable(lake: Lake, name: TableName) -> Table:
    """The table of that name as readers are to see it: of a quarantine, what its table vouches for."""
    table = lake.table(name)
    if not has_quarantine_name(name) or not table.exists() or not is_quarantine(table):
        return table
    return _Vouched(table, lake.table(table_of(name)))


def visible_quarantine(lake: Lake, name: TableName) -> Snapshot | None:
    """What a dataset's newest commit vouches for of its quarantine; None if there is none."""
    main, aside = lake.table(name), lake.table(quarantine_name(name))
    return _vouched(main, aside) if aside.exists() and main.exists() else None


def vouched_files(main: Table, aside: Table, version: int | None = None) -> tuple[DataFile, ...]:
    """The files of a quarantine that count when its table is at a version; None: at the newest."""
    return _vouched(main, aside, version).files


def left_by_unfinished_replay(main: Table) -> Sequence[DataFile] | None:
    """The files that a replay leaves which died between its two commits; None if none did."""
    line = _vouching(main)
    return None if line is None or VOUCHED in line.info else _remaining(line)


def _vouched(main: Table, aside: Table, version: int | None = None) -> Snapshot:
    newest = aside.snapshot()
    line = _vouching(main, version) if main.exists() else None
    if line is None:
        is_forgotten = main.exists() and main.oldest_entry() > 0  # its log no longer reaches back
        return newest if is_forgotten else _with_files(newest, [])
    if VOUCHED not in line.info:
        return _with_files(newest, _remaining(line))
    if line.info[VOUCHED] > newest.version:  # it was dropped, and made anew by a batch that died
        return _with_files(newest, [])
    return aside.snapshot(version=line.info[VOUCHED])


def _vouching(main: Table, version: int | None = None) -> CommitInfo | None:
    """The newest commit of a table, up to a version, that says what of its quarantine counts."""
    for line in main.lines():
        if (version is None or line.version <= version) and (VOUCHED in line.info or REMAINING in line.info):
            return line
    return None


def _remaining(line: CommitInfo) -> list[DataFile]:
    return [DataFile(**facts) for facts in line.info[REMAINING]]


def _with_files(snapshot: Snapshot, files: Sequence[DataFile]) -> Snapshot:
    return Snapshot(snapshot.root, replace(snapshot.state, files={(file.path, None): file for file in files}))


class _Vouched(Table):
    """A quarantine for readers: each version shows what its table vouched for last at that version or before."""

    def __init__(self, aside: Table, main: Table):
        super().__init__(aside.name, aside.root, store=aside.store)
        self._aside = aside
        self._main = main

    def snapshot(self, version: int | None = None, timestamp: datetime.datetime | None = None) -> Snapshot:
        if version is None and timestamp is None:
            return _vouched(self._main, self._aside)
        asked = self._aside.snapshot(version, timestamp)
        for line in self._main.lines() if self._main.exists() else ():
            if line.info.get(VOUCHED, asked.version + 1) <= asked.version:
                return self._aside.snapshot(version=line.info[VOUCHED])
        return _with_files(asked, [])
