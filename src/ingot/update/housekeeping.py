"""Maintenance of tables: compaction of small files, removal of old ones; by command and by itself.

Owns when it happens by itself and which versions streams still need. Compaction and vacuum themselves are the
lake's.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

from ingot import cdc, clustering
from ingot.engine import Engine, SnapshotBinding, WriteTarget
from ingot.errors import CommitConflictError
from ingot.lake import maintenance
from ingot.lake.checkpoint import all_checkpoints
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake, Table
from ingot.model import TableName
from ingot.update.key_ranges import key_order
from ingot.update.stream_keys import source_of, table_key

TARGET_BYTES = 128 * 2**20
SMALL_FILES_MIN = 32  # by itself; a command compacts from two on
VACUUM_EVERY = 20  # commits
RETENTION = datetime.timedelta(days=7)


def keep_tidy(table: Table, engine: Engine, lake: Lake) -> None:
    """Compact when small files have piled up, and vacuum now and then; called after a table got new data."""
    if not table.exists():
        return
    snapshot = table.snapshot()
    if len(snapshot.state.files) >= SMALL_FILES_MIN:
        compact(table, engine, files_min=SMALL_FILES_MIN)
    if snapshot.version and snapshot.version % VACUUM_EVERY == 0:
        needed = needed_versions(lake, table.name)
        maintenance.vacuum(table, retention(snapshot), needed)
        maintenance.log_cleanup(table, needed)


def compact(table: Table, engine: Engine, files_min: int = 2) -> tuple[int, int]:
    """Rewrite small files of a table into fewer; returns how many files were replaced, and by how many.

    Somebody else's commit in between is no error: what was not compacted now will be later.
    """
    snapshot = table.snapshot()
    before = after = 0
    sort_columns = clustering.columns(snapshot.properties)
    near = [*sort_columns, *cdc.key_columns(snapshot.properties)][:1]
    order = key_order(snapshot.schema, near[0], snapshot.physical_names) if near else None
    for group in maintenance.small_files(snapshot, TARGET_BYTES, files_min, order):
        binding = snapshot.binding()
        if not isinstance(binding, SnapshotBinding):
            break  # deletion vectors: whoever wrote them compacts the table
        binding = cdc.with_hidden(binding, snapshot.properties)
        target = WriteTarget(
            table.root,
            snapshot.schema,
            snapshot.partition_columns,
            snapshot.physical_names,
            cdc.hidden_columns(snapshot.properties),
            sort_columns=sort_columns,
            file_bytes_max=clustering.FILE_BYTES_MAX if sort_columns else WriteTarget.file_bytes_max,
            is_compact=True,
        )
        rows = replace(binding, files=list(group))
        if target.hidden is not None and engine.lacking(rows, target.hidden.names[0]):
            continue  # something else wrote them: the next change that meets them is to find that out
        result = engine.copy(rows, target)
        try:
            snapshot = maintenance.commit_compaction(table, snapshot, group, result.files)
        except CommitConflictError:
            for file in result.files:
                (table.root / file.path).unlink(missing_ok=True)
            return before, after
        before += len(group)
        after += len(result.files)
    return before, after


def retention(snapshot: Snapshot) -> datetime.timedelta:
    """How long removed files of a table stay: `delta.deletedFileRetentionDuration`, or seven days."""
    from ingot.lake.checks import retention as parsed

    return parsed(snapshot.properties, "delta.deletedFileRetentionDuration", RETENTION)


def needed_versions(lake: Lake, name: TableName) -> set[int]:
    """The versions of a table that some stream has not read yet: the first such version of each stream."""
    key = table_key(name)
    needed: set[int] = set()
    for _, position in all_checkpoints(lake.root):
        plans = [plan for _, plan in sorted(position.plans.items())]
        newest = {read: offset for plan in plans for read, offset in plan.sources.items() if source_of(read) == key}
        for last in newest.values():
            needed.add(last["to"] if last["from"] is None else max(last["from"] - 1, 0))
    return needed
