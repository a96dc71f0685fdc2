"""Keeping tables small: vacuum, restore, choosing and committing compaction, cleaning the log, dropping.

Never deletes a file that a version within the retention refers to, never anything outside the table's folder,
and never anything of a table with deletion vectors.
"""

from __future__ import annotations

import datetime
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ingot.engine import DataFile
from ingot.errors import LakeError
from ingot.lake import checks, log_checkpoint
from ingot.lake.log import ENTRY_NAME, entry_name
from ingot.lake.protocol import supported_reader_features
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableChange

LOG_RETENTION = datetime.timedelta(days=30)
_TEMPORARY_AGE = datetime.timedelta(days=1)


def vacuum(
    table: Table,
    retain: datetime.timedelta,
    protect: Iterable[int | str] = (),
    dry_run: bool = False,
) -> list[str]:
    """Delete data files that no version within the retention refers to, and what crashed writes left behind.

    Args:
        table: The table; its folder is all that is looked at.
        retain: Files removed from the table, or written, within this time stay.
        protect: Versions whose files, and those of all later versions, stay; and paths of files that stay.
        dry_run: Delete nothing.

    Returns:
        The paths, relative to the table, of the files that were (would be) deleted.

    Raises:
        LakeError: `unsupported-table`, for deletion vectors.
    """
    latest = table.snapshot()
    if "deletionVectors" in supported_reader_features(latest.protocol) or latest.state.has_deletion_vectors:
        raise LakeError(
            f"{table.name.short} may hold deletion vectors, so its files cannot be told apart safely",
            hint="vacuum it with the system that wrote it",
            code="unsupported-table",
        )
    cutoff_ms = int((time.time() - retain.total_seconds()) * 1000)
    versions = [each for each in protect if isinstance(each, int)]
    kept = {each for each in protect if isinstance(each, str)} | {file.path for file in latest.files}
    removed = _removed_since(table, latest, cutoff_ms, min(versions, default=latest.version))
    if removed is None:
        return []
    kept = {_relative(table.root, path) for path in kept | removed}
    doomed = [path for path, changed_ms in _data_files(table.root) if path not in kept and changed_ms < cutoff_ms]
    if not dry_run:
        for path in doomed:
            (table.root / path).unlink(missing_ok=True)
    return doomed


def _removed_since(table: Table, latest: Snapshot, cutoff_ms: int, protected: int) -> set[str] | None:
    """Paths removed after the cutoff or after the protected version; None when the log cannot tell."""
    removed: set[str] = set()
    oldest = table.oldest_entry()
    for version in range(latest.version, oldest - 1, -1):
        entry = next(table.entries(range(version, version + 1)))
        if version <= protected and (entry.timestamp_ms or 0) < cutoff_ms:
            return removed
        removed |= {remove.file.path for remove in entry.removes}
    return removed if oldest == 0 else None


def _relative(root: Path, path: str) -> str:
    return os.path.relpath(path, root) if Path(path).is_absolute() else os.path.normpath(path)


def _data_files(root: Path) -> Iterator[tuple[str, int]]:
    """Parquet files in the table's folder, with their time in ms; no hidden files, no symbolic links."""
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if "=" in f or not f.startswith(("_", "."))]
        for name in names:
            path = Path(folder, name)
            if name.endswith(".parquet") and not name.startswith(("_", ".")) and not path.is_symlink():
                yield os.path.normpath(path.relative_to(root)), path.stat().st_mtime_ns // 10**6


def restore(table: Table, version: int, before: Callable[[], Mapping[str, Any]] = dict) -> Snapshot:
    """Make the table what it was at a version, as a new version.

    Args:
        table: The table.
        version: What it is to be.
        before: Called when nothing stands in the way; gives what the commit is to note.

    Raises:
        LakeError: `unknown-version`; `files-vacuumed`, when a file of that version is gone.
        CommitConflictError: somebody committed meanwhile.
    """
    latest, wanted = table.snapshot(), table.snapshot(version)
    there = {file.path for file in wanted.files}
    active = {file.path for file in latest.files}
    gone = [file.path for file in wanted.files if not (table.root / file.path).is_file()]
    if gone:
        raise LakeError(
            f"{len(gone)} of {len(there)} files of version {version} of {table.name.short} were vacuumed",
            hint=f"choose a newer version; the newest is {latest.version}",
            code="files-vacuumed",
        )
    change = TableChange(
        "RESTORE",
        adds=tuple(file for file in wanted.files if file.path not in active),
        removes=tuple(file for file in latest.files if file.path not in there),
        metadata=wanted.metadata,
        parameters={"version": version},
        info=before(),
        restores=True,
    )
    return table.commit(change, latest)


def small_files(
    snapshot: Snapshot, target_bytes: int, files_min: int = 8, order: Callable[[DataFile], Any] | None = None
) -> list[tuple[DataFile, ...]]:
    """Groups of files that are worth rewriting into one: of one partition, together up to `target_bytes`.

    A group has at least two files, and is left alone until the partition has `files_min` small ones. Files that are
    neighbours by `order` come into one group, as a rule those that were written one after another.
    """
    partitions: dict[tuple[tuple[str, str | None], ...], list[DataFile]] = {}
    for file in snapshot.files:
        if file.size < target_bytes // 2:
            partitions.setdefault(tuple(sorted(file.partition.items())), []).append(file)
    groups: list[tuple[DataFile, ...]] = []
    for files in partitions.values():
        if len(files) >= files_min:
            groups += [group for group in _packed(sorted(files, key=order or _written), target_bytes) if len(group) > 1]
    return groups


def _written(file: DataFile) -> tuple[int, str]:
    return file.modified_ms, file.path


def _packed(files: list[DataFile], target_bytes: int) -> Iterator[tuple[DataFile, ...]]:
    """Files as they come, cut before a group would grow over the target."""
    group: list[DataFile] = []
    size = 0
    for file in files:
        if group and size + file.size > target_bytes:
            yield tuple(group)
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield tuple(group)


def commit_compaction(
    table: Table,
    read: Snapshot,
    old: Iterable[DataFile],
    new: Iterable[DataFile],
    info: Mapping[str, Any] | None = None,
) -> Snapshot:
    """Put files in the place of others that hold the same rows; readers of the stream do not notice.

    Args:
        table: The table.
        read: Its version that the old files are of.
        old: Files that go.
        new: Files that come.
        info: What else the commit is to note.

    Raises:
        CommitConflictError: somebody committed meanwhile.
        LakeError: `invalid-change`, when the row counts differ.
    """
    removes, adds = tuple(old), tuple(new)
    before, after = [sum(file.rows or 0 for file in files) for files in (removes, adds)]
    if before != after and all(file.rows is not None for file in (*removes, *adds)):
        raise LakeError(
            f"compaction of {table.name.short} would turn {before} rows into {after}", code="invalid-change"
        )
    metrics = {"numRemovedFiles": len(removes), "numAddedFiles": len(adds)}
    change = TableChange("OPTIMIZE", adds, removes, data_change=False, metrics=metrics, info=info or {})
    return table.commit(change, read)


def log_cleanup(table: Table, protect: Iterable[int] = ()) -> list[str]:
    """Delete log files that are older than `delta.logRetentionDuration` and that a log checkpoint covers.

    Args:
        table: The table.
        protect: Versions that can be read afterwards, with all that come after them.

    Returns:
        The names of the deleted files.
    """
    latest = table.snapshot()
    if latest.properties.get("delta.enableExpiredLogCleanup", "true").lower() == "false":
        return []
    kept_for = checks.retention(latest.properties, "delta.logRetentionDuration", LOG_RETENTION)
    names = table.store.list(table.log)
    doomed = _temporary_files(table, names)
    cutoff_ms = int((time.time() - kept_for.total_seconds()) * 1000)
    start = _covering_checkpoint(table, names, cutoff_ms, min(protect, default=latest.version))
    if start is not None:
        older = log_checkpoint.list_checkpoints(names)
        doomed += [n for n in names if (found := ENTRY_NAME.fullmatch(n)) and int(found[1]) < start]
        doomed += [name for version, files in older.items() if version < start for name in files]
    for name in doomed:
        table.store.delete(table.log / name)
    return doomed


def _covering_checkpoint(table: Table, names: list[str], cutoff_ms: int, version_max: int) -> int | None:
    """The newest log checkpoint of a version up to a given one that was already superseded at the cutoff."""
    versions = sorted(int(found[1]) for name in names if (found := ENTRY_NAME.fullmatch(name)))
    for version in sorted(log_checkpoint.list_checkpoints(names), reverse=True):
        if version in versions and version <= version_max:
            entry = next(table.entries(range(version, version + 1)))
            if (entry.timestamp_ms or 0) < cutoff_ms and table.store.exists(table.log / entry_name(version)):
                return version
    return None


def _temporary_files(table: Table, names: list[str]) -> list[str]:
    """What writers that crashed between writing and linking left in the log."""
    before_ns = int((time.time() - _TEMPORARY_AGE.total_seconds()) * 10**9)
    found = []
    for name in names:
        if name.startswith(".") and name.endswith(".tmp"):
            status = table.store.status(table.log / name)
            if status is not None and status.modified_ns < before_ns:
                found.append(name)
    return found


def drop(table: Table) -> None:
    """Remove a table with all its files. It vanishes at once; a crash leaves a hidden folder at most."""
    hidden = table.root.with_name(f".dropped-{uuid.uuid4().hex}")
    table.root.rename(hidden)
    table.forget()
    shutil.rmtree(hidden)
