"""The change data feed of a Delta table: which rows its commits inserted, changed and deleted.

Owns how commits are read as changes (Delta protocol, "Add CDC File"): the change files of a commit that has some;
otherwise added files as inserts and removed files as deletes. What files do not tell, and versions for which no changes
were recorded, are refused. Never writes.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ingot.engine import DataFile, SnapshotBinding, UnionBinding
from ingot.errors import LakeError
from ingot.lake import mapping
from ingot.lake.log import Entry, FileAction, TableMetadata
from ingot.lake.protocol import check_readable
from ingot.lake.snapshot import Snapshot, instant, logical_files
from ingot.lake.table import Table
from ingot.plan import widen
from ingot.types import LONG, STRING, TIMESTAMP, Field, StructType, as_nullable

PROPERTY = "delta.enableChangeDataFeed"
CHANGE_TYPE, COMMIT_VERSION, COMMIT_TIMESTAMP = "_change_type", "_commit_version", "_commit_timestamp"
_COLUMNS = (Field(CHANGE_TYPE, STRING), Field(COMMIT_VERSION, LONG), Field(COMMIT_TIMESTAMP, TIMESTAMP))
_MERGED_ROWS = (
    ("numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted"),  # Spark
    ("num_target_rows_inserted", "num_target_rows_updated", "num_target_rows_deleted"),  # delta-rs
)


def feed_schema(schema: StructType) -> StructType:
    """The columns of a table's feed.

    Raises:
        LakeError: `reserved-column`, when the table has a column of such a name.
    """
    for column in _COLUMNS:
        if schema.find(column.name) is not None:
            raise LakeError(
                f"the table has a column {column.name!r}, which the change data feed adds",
                hint="read the table without its feed, or rename the column",
                code="reserved-column",
            )
    return StructType(fields=(*schema, *_COLUMNS))


def is_recorded(properties: Mapping[str, str]) -> bool:
    """Whether a table's writers record changes, by its properties."""
    folded = {name.lower(): value for name, value in properties.items()}
    return folded.get(PROPERTY.lower(), "").lower() == "true"


def rows_as_inserts(snapshot: Snapshot, schema: StructType) -> UnionBinding:
    """All rows of a version as inserts: where a stream of changes begins. `schema` is the one of the feed.

    Raises:
        LakeError: `unsupported-table`, `missing-change-data`.
    """
    if not is_recorded(snapshot.properties):
        raise _missing(snapshot, snapshot.version)
    _refuse_unreadable(snapshot)
    if snapshot.state.has_deletion_vectors:
        raise LakeError(
            f"the rows of {snapshot.root} cannot be read as inserts: some are deleted by deletion vectors",
            hint="begin at a version, with the option startingVersion",
            code="unsupported-table",
        )
    constants = _constants(snapshot.version, snapshot.timestamp) | {CHANGE_TYPE: "insert"}
    return _union(snapshot, schema, inferred=[_extended(file, constants) for file in snapshot.files], recorded=[])


def changes(table: Table, start: int, end: int, schema: StructType) -> UnionBinding:
    """What the versions from `start` to `end` (both included) did to rows. `schema` is the one of the feed.

    Raises:
        LakeError: `missing-change-data`, where no changes were recorded or their files are gone; `version-gone`;
            `changed-schema`, when rows of the range cannot be read with these columns; `unsupported-table`.
    """
    snapshot = table.snapshot()
    entries = list(table.entries(range(start, end + 1)))
    if entries:
        _check_metadata(table, snapshot, entries)
    _refuse_unreadable(snapshot)
    inferred: list[DataFile] = []
    recorded: list[DataFile] = []
    for entry in entries:
        constants = _constants(entry.version, instant(entry.timestamp_ms or 0))
        names = snapshot.physical_names
        recorded += [_extended(f, constants) for f in logical_files([a.file for a in entry.changes], names)]
        for kind, actions in _inferred(table, entry):
            files = logical_files([action.file for action in actions], names)
            inferred += [_extended(file, constants | {CHANGE_TYPE: kind}) for file in files]
    _refuse_gone(table, [*inferred, *recorded])
    return _union(snapshot, schema, inferred, recorded)


def has_changes(table: Table, start: int, end: int) -> bool:
    """Whether a range of versions may have changed rows: maintenance does not."""
    return any(entry.changes or any(_inferred(table, entry)) for entry in table.entries(range(start, end + 1)))


# --- files ------------------------------------------------------------------------------------------------------


def _inferred(table: Table, entry: Entry) -> Iterator[tuple[str, Sequence[FileAction]]]:
    """Added and removed files of a commit without change files, by the kind of their rows' change."""
    if entry.changes or _merged_nothing(entry):
        return
    for kind, actions in (("insert", entry.adds), ("delete", entry.removes)):
        found = [action for action in actions if action.data_change]
        if any(action.deletion_vector is not None for action in found):
            raise LakeError(
                f"version {entry.version} of {table.name.short} deletes rows by deletion vectors without change files",
                hint="read the table itself, or turn deletion vectors off where it is written",
                code="unsupported-table",
            )
        if found:
            yield kind, found


def _merged_nothing(entry: Entry) -> bool:
    """Whether this is a MERGE that rewrote files and says that it changed no row."""
    metrics: Mapping[str, Any] = entry.info.get("operationMetrics") or {}
    return entry.info.get("operation") == "MERGE" and any(
        all(str(metrics.get(name)) == "0" for name in names) for names in _MERGED_ROWS
    )


def _constants(version: int, timestamp: datetime.datetime) -> dict[str, str | None]:
    """What all rows of a commit share, as text of the log."""
    return {COMMIT_VERSION: str(version), COMMIT_TIMESTAMP: f"{timestamp:%Y-%m-%dT%H:%M:%S.%fZ}"}


def _extended(file: DataFile, constants: Mapping[str, str | None]) -> DataFile:
    return replace(file, partition={**file.partition, **constants}, statistics=None)


def _union(
    snapshot: Snapshot, schema: StructType, inferred: Sequence[DataFile], recorded: Sequence[DataFile]
) -> UnionBinding:
    """Columns that are constant in each file are read as partition columns are."""
    columns = (*snapshot.partition_columns, COMMIT_VERSION, COMMIT_TIMESTAMP)
    parts = [
        SnapshotBinding(snapshot.root, schema, files, partitioned, snapshot.physical_names)
        for given, partitioned in ((inferred, (*columns, CHANGE_TYPE)), (recorded, columns))
        for files in _without_repeats(given)
    ]
    return UnionBinding(schema, parts or [SnapshotBinding(snapshot.root, schema, [])])


def _without_repeats(files: Sequence[DataFile]) -> list[list[DataFile]]:
    """The files in groups of which none holds a path twice: a file that was added and removed is two changes."""
    groups: list[dict[str, DataFile]] = []
    for file in files:
        group = next((group for group in groups if file.path not in group), None)
        if group is None:
            groups.append(group := {})
        group[file.path] = file
    return [list(group.values()) for group in groups]


# --- checks -----------------------------------------------------------------------------------------------------


def _refuse_unreadable(snapshot: Snapshot) -> None:
    check_readable(snapshot.protocol, str(snapshot.root))
    is_mapped = mapping.mode(snapshot.properties) != "none"
    if is_mapped and (mapping.mode(snapshot.properties) == "id" or mapping.has_nested_names(snapshot.schema)):
        raise LakeError(
            f"the change data feed of {snapshot.root} cannot be read: its columns are mapped by id or within structs",
            hint="read the table itself",
            code="unsupported-table",
        )


def _check_metadata(table: Table, snapshot: Snapshot, entries: Sequence[Entry]) -> None:
    """Each version of the range recorded changes, and its rows are readable as the table is now."""
    first, after = entries[0].version, entries[-1].version + 1
    if entries[0].metadata is None:
        newer = table.entries(range(after, snapshot.version + 1))
        is_as_now = not any(entry.metadata is not None for entry in (*entries, *newer))
        before = snapshot if is_as_now else table.snapshot(version=first)
        _check_version(table, snapshot, first, before.metadata)
    for entry in entries:
        if entry.metadata is not None:
            _check_version(table, snapshot, entry.version, entry.metadata)


def _check_version(table: Table, snapshot: Snapshot, version: int, metadata: TableMetadata) -> None:
    if not is_recorded(metadata.properties):
        raise _missing(snapshot, version)
    what = _difference(metadata, snapshot.metadata)
    if what is not None:
        raise LakeError(
            f"the columns of {table.name.short} have changed since version {version}: {what}",
            hint="begin at a newer version (option startingVersion), and rebuild with a full refresh what reads it",
            code="changed-schema",
        )


def _difference(then: TableMetadata, now: TableMetadata) -> str | None:
    """Why rows of then cannot be read with the columns of now; None when they can."""
    if then.partition_columns != now.partition_columns:
        return f"it was partitioned by ({', '.join(then.partition_columns)})"
    for column in then.schema:
        current = now.schema.find(column.name)
        if current is None:
            return f"it had a column {column.name!r}"
        if widen(as_nullable(column.type), as_nullable(current.type)) != as_nullable(current.type):
            return f"column {column.name!r} was {column.type.ddl} and is {current.type.ddl}"
        if _physical_name(then, column) != _physical_name(now, current):
            return f"column {column.name!r} was removed and added again"
    return None


def _physical_name(metadata: TableMetadata, column: Field) -> str:
    is_mapped = mapping.mode(metadata.properties) != "none"
    return mapping.physical_names(metadata.schema).get(column.name, column.name) if is_mapped else column.name


def _missing(snapshot: Snapshot, version: int) -> LakeError:
    return LakeError(
        f"no changes were recorded for version {version} of {snapshot.root.parent.name}.{snapshot.root.name}",
        hint=f"set {PROPERTY} = true where the table is written, and begin at a version after that",
        code="missing-change-data",
    )


def _refuse_gone(table: Table, files: Sequence[DataFile]) -> None:
    gone = next((file for file in files if not (table.root / file.path).exists()), None)
    if gone is not None:
        raise LakeError(
            f"changes of version {gone.partition[COMMIT_VERSION]} of {table.name.short} are gone: the file {gone.path} "
            "was removed by a vacuum",
            hint="rebuild with a full refresh what reads them",
            code="missing-change-data",
        )
