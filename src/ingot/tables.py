"""What the commands do to tables outside of an update: drop, restore, optimize, vacuum."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

from ingot.definitions.names import written_table_name
from ingot.durations import parse_duration
from ingot.engine import Engine
from ingot.errors import ProjectError, nearest
from ingot.lake import maintenance
from ingot.lake.checkpoint import TableCheckpoint, state_folder
from ingot.lake.set_aside import is_quarantine, quarantine_name, table_of
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake, Table
from ingot.model import Project, TableName
from ingot.update.housekeeping import compact, needed_versions, retention
from ingot.update.lock import update_lock
from ingot.update.quarantine import restore_quarantine
from ingot.update.tombstones import follow_restored


def _lake(project: Project) -> Lake:
    return Lake(project.lake, project.catalog)


def find_table(project: Project, lake: Lake, written: str) -> Table:
    """The table of the lake that the user names.

    Raises:
        IngotError: `invalid-name`; `unknown-table`, with the nearest name.
    """
    name = written_table_name(project, written)
    name = next((found for found in lake.tables() if found.key == name.key), name)
    table = lake.table(name)
    if not table.exists():
        near = nearest(name.short, [found.short for found in lake.tables()])
        raise ProjectError(
            f"there is no table {name.short} in the lake",
            hint=f"did you mean {near!r}?" if near else "see them with: ingot status",
            code="unknown-table",
        )
    return table


def _find_droppable(project: Project, lake: Lake, written: str) -> Table:
    table = find_table(project, lake, written)
    if is_quarantine(table) and lake.table(table_of(table.name)).exists():
        main = table_of(table.name).short
        raise _follows(table, "is dropped", f"a full refresh of {main} empties it: ingot run --full-refresh {main}")
    return table


def _follows(quarantine: Table, how: str, hint: str) -> ProjectError:
    main = table_of(quarantine.name).short
    message = f"{quarantine.name.short} holds what rules of {main} set aside, and {how} with it"
    return ProjectError(message, hint=hint, code="quarantine-follows")


def describe_drop(project: Project, written: str) -> str:
    """What dropping a table would remove, in one sentence.

    Raises:
        ProjectError: as `drop_table` does.
    """
    table = _find_droppable(project, _lake(project), written)
    snapshot = table.snapshot()
    rows = "rows of unknown number" if snapshot.rows is None else f"{snapshot.rows:,} rows"
    return f"{table.name.short} holds {rows} at {table.root}; its history and its checkpoint go with it"


def drop_table(project: Project, written: str) -> list[TableName]:
    """Remove a table with its quarantine, its checkpoint and its state; returns what was removed.

    The checkpoint goes before the table: interrupted, a table without a checkpoint is left, which an update refuses.

    Raises:
        ProjectError: `quarantine-follows`, for a quarantine whose table is there: what the table notes of it, and what
            a restore would take back from a replay, would be gone.
    """
    with update_lock(project.lake):
        lake = _lake(project)
        table = _find_droppable(project, lake, written)
        removed = [table.name]
        quarantine = lake.table(quarantine_name(table.name))
        if quarantine.exists():
            maintenance.drop(quarantine)
            removed.append(quarantine.name)
        TableCheckpoint(project.lake, table.name).remove()
        shutil.rmtree(state_folder(project.lake, table.name), ignore_errors=True)
        maintenance.drop(table)
        return removed


def restore_table(project: Project, written: str, version: int) -> Snapshot:
    """Make a table what it was at a version; checkpoints stay where they are, so streams go on from there.

    Deletes that were applied to a table of changes after that version are forgotten, and replays of its quarantine are
    taken back.

    Raises:
        ProjectError: `quarantine-follows`, for a quarantine itself.
    """
    with update_lock(project.lake):
        lake = _lake(project)
        table = find_table(project, lake, written)
        if is_quarantine(table):
            raise _follows(table, "goes back", f"ingot restore {table_of(table.name).short} --version N")
        held = table.snapshot(version=version).transactions
        restored = maintenance.restore(table, version, lambda: restore_quarantine(lake, table.name, version))
        follow_restored(lake, table.name, held)
        return restored


def _chosen(project: Project, lake: Lake, names: Sequence[str]) -> list[Table]:
    if names:
        return [find_table(project, lake, name) for name in names]
    return [lake.table(name) for name in lake.tables()]


def optimize_tables(project: Project, engine: Engine, names: Sequence[str]) -> Iterator[tuple[TableName, int, int]]:
    """Compact tables; gives for each how many files were replaced, and by how many."""
    lake = _lake(project)
    for table in _chosen(project, lake, names):
        if is_quarantine(table):  # what counts of it is told by the paths of its files
            continue
        yield (table.name, *compact(table, engine))


def vacuum_tables(
    project: Project, names: Sequence[str], retain: str | None, dry_run: bool
) -> Iterator[tuple[TableName, list[str], int]]:
    """Delete old files; gives for each table the files and their bytes."""
    lake = _lake(project)
    kept_for = parse_duration(retain) if retain else None
    with update_lock(project.lake):
        for table in _chosen(project, lake, names):
            wanted = kept_for if kept_for is not None else retention(table.snapshot())
            protect = needed_versions(lake, table.name)
            found = maintenance.vacuum(table, wanted, protect, dry_run=True)
            freed = sum((table.root / file).stat().st_size for file in found if (table.root / file).exists())
            if not dry_run:
                found = maintenance.vacuum(table, wanted, protect)
            yield table.name, found, freed
