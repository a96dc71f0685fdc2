"""Delta tables of a lake: open one, read a version, commit a change.

Owns the memory of what was read of a log, and commits that are put if absent, so that of two writers exactly one wins
a version. A commit is durable and visible when `commit` returns. Never reads or writes rows.
"""

from __future__ import annotations

import datetime
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ingot.errors import CommitConflictError, LakeError
from ingot.lake import checks, kernel, time_travel
from ingot.lake.change import ENGINE, TableChange, build_entry, prepare_metadata
from ingot.lake.log import Entry, TableMetadata, encode_entry, entry_name
from ingot.lake.log_files import LogFiles
from ingot.lake.replay import State, advance, complete
from ingot.lake.snapshot import Commit, CommitInfo, Snapshot, commit_of, history_line
from ingot.lake.store import LocalStore, Store, create_folder
from ingot.model import TableName

__all__ = [
    "Commit",
    "CommitInfo",
    "Lake",
    "Snapshot",
    "Table",
    "TableChange",
    "TableMetadata",
    "prepare_metadata",
]

CHECKPOINT_INTERVAL = 100
_RETRIES_MAX = 1000


class Table:
    """One Delta table. Instances may be shared by threads; each sees the commits of other processes.

    `copy_path` is where the replayed state is kept between processes, None for tables of others.
    """

    def __init__(
        self,
        name: TableName,
        root: Path,
        *,
        store: Store | None = None,
        copy_path: Path | None = None,
        clock: Callable[[], float] = time.time,
    ):
        self.name = name
        self.root = root
        self.log = root / "_delta_log"
        self.store: Store = store or LocalStore()
        self._files = LogFiles(name, root, self.store, copy_path)
        self._clock = clock
        self._known: Snapshot | None = None

    def __repr__(self) -> str:
        return f"Table({str(self.name)!r})"

    def exists(self) -> bool:
        return (self._known is not None and self._is_current(self._known)) or bool(self._files.names())

    # --- reading -------------------------------------------------------------------------------------------

    def snapshot(self, version: int | None = None, timestamp: datetime.datetime | None = None) -> Snapshot:
        """The newest version, that version, or the newest that was committed at or before that instant.

        An instant after the newest version has none.

        Raises:
            LakeError: `unknown-table`, `unknown-version`, `damaged-log`, `unsupported-table`.
        """
        latest = self._latest()
        if timestamp is not None:
            version = time_travel.version_at(self.name, self._files, timestamp, latest)
        if version is None or version == latest.version:
            return latest
        if not 0 <= version < latest.version:
            raise LakeError(
                f"{self.name.short} has no version {version}",
                hint=f"its newest version is {latest.version}",
                code="unknown-version",
            )
        return self._snapshot(self._files.replay(version))

    def commits(self, start: int, end: int | None = None) -> Iterator[Commit]:
        """What the versions from `start` to `end` (both included; None: the newest) changed, in order.

        Raises:
            LakeError: `version-gone`, when an entry was cleaned up.
        """
        latest = self._latest()
        last = latest.version if end is None else min(end, latest.version)
        for version in range(max(start, 0), last + 1):
            yield commit_of(self._files.entry(version), latest.physical_names)

    def version_since(self, timestamp: datetime.datetime) -> int:
        """The oldest version that was committed at or after an instant.

        Raises:
            LakeError: `unknown-version`, when the newest version is older.
        """
        return time_travel.version_since(self.name, self._files, timestamp, self._latest())

    def history(self, limit: int | None = None) -> list[CommitInfo]:
        """The commits that the log still holds, newest first."""
        return list(itertools.islice(self.lines(), limit))

    def lines(self) -> Iterator[CommitInfo]:
        """The same, each read when it is asked for."""
        self._latest()
        return (history_line(self._files.entry(version)) for version in sorted(self._files.versions(), reverse=True))

    def engine_of(self, version: int) -> str | None:
        """What committed a version, as it calls itself; None if it does not say, or if the entry was cleaned up."""
        return history_line(self._files.entry(version)).engine if version in self._files.versions() else ENGINE

    def entries(self, versions: range) -> Iterator[Entry]:
        """Log entries as they are, for maintenance."""
        return (self._files.entry(version) for version in versions)

    def oldest_entry(self) -> int:
        """The first version whose log entry still exists."""
        return min(self._files.versions())

    def _latest(self) -> Snapshot:
        known = self._known
        if known is None or not self._is_current(known):
            known = self._snapshot(self._files.replay(None))
        newer = list(self._files.newer(known.version))
        if newer:
            known = self._snapshot(complete(advance(known.state, newer)))
        self._known = known
        return known

    def _is_current(self, known: Snapshot) -> bool:
        return self.store.status(self.log / entry_name(known.version)) == known.entry_status

    def _snapshot(self, state: State) -> Snapshot:
        return Snapshot(self.root, state, self.store.status(self.log / entry_name(state.version)))

    # --- writing -------------------------------------------------------------------------------------------

    def commit(self, change: TableChange, read: Snapshot | None) -> Snapshot:
        """Make a change of the version that was read visible, durably, in one step.

        With `read` None the table is created. On return the change is on disk; on an error nothing of it is
        visible (the data files remain, for vacuum).

        Raises:
            CommitConflictError: another writer was first. Read the table again and recompute. A blind append
                is tried again by itself, see `TableChange.blind`.
            LakeError: the change would damage the table.
        """
        base = read
        for _ in range(_RETRIES_MAX):
            earliest = base.state.timestamp_ms + 1 if base is not None else 0  # time travel needs an order
            entry = build_entry(change, base, self.root, max(int(self._clock() * 1000), earliest))
            content = encode_entry(entry)
            if base is None:
                create_folder(self.log)
                self._refuse_existing()
            elif not self._is_current(base):
                raise self._conflict(base)
            if self.store.put_if_absent(self.log / entry_name(entry.version), content):
                return self._committed(base, entry, content)
            if not change.blind or base is None:
                raise self._conflict(base)
            base = self._rebase(change, base)
        raise self._conflict(base)

    def _committed(self, base: Snapshot | None, entry: Entry, content: bytes) -> Snapshot:
        state = complete(advance(base.state if base is not None else State(), [entry]))
        snapshot = self._known = self._snapshot(state)
        interval = checks.checkpoint_interval(snapshot.properties, CHECKPOINT_INTERVAL)
        if entry.version and entry.version % interval == 0:
            kernel.write_log_checkpoint(self.root, entry.version)
        self._files.keep_copy(state, content)
        return snapshot

    def forget(self) -> None:
        """Remove what is kept outside the table's folder, for a table that is dropped."""
        self._known = None
        self._files.forget_copy()

    def _rebase(self, change: TableChange, base: Snapshot) -> Snapshot:
        """The newest version, if a blind append may be put on top of it."""
        latest = self._latest()
        if latest.table_id != base.table_id or latest.version <= base.version:
            raise self._conflict(base)
        for entry in self.entries(range(base.version + 1, latest.version + 1)):
            same_application = change.transaction is not None and change.transaction[0] in entry.transactions
            if entry.metadata is not None or entry.protocol is not None or same_application:
                raise self._conflict(base)
        return latest

    def _refuse_existing(self) -> None:
        if self._files.names():
            raise self._conflict(None)

    def _conflict(self, base: Snapshot | None) -> CommitConflictError:
        did = "created" if base is None else f"changed since version {base.version}"
        return CommitConflictError(
            f"{self.name.short} was {did} by another writer; nothing was committed",
            hint="run again; the change is then made to the newest version",
        )


class Lake:
    """The tables of one folder, at `<root>/<schema>/<table>`; folders named `_…` are not schemas."""

    def __init__(self, root: Path, catalog: str, *, clock: Callable[[], float] = time.time):
        self.root = root
        self.catalog = catalog
        self._clock = clock
        self._tables: dict[tuple[str, str, str], Table] = {}

    def table(self, name: TableName) -> Table:
        """The table of that name, whether it exists or not; the same object each time."""
        table = self._tables.get(name.key)
        if table is None:
            root = _folder(_folder(self.root, name.schema), name.table)
            copy_path = self.root / "_ingot" / "log" / root.parent.name / f"{root.name}.json"
            table = self._tables[name.key] = Table(name, root, copy_path=copy_path, clock=self._clock)
        return table

    def tables(self) -> list[TableName]:
        """The names of all tables, sorted."""
        return [
            TableName(self.catalog, schema.name, table.name)
            for schema in _folders(self.root, "_.")
            for table in _folders(schema, ".")
            if (table / "_delta_log").is_dir()
        ]


def _folders(parent: Path, hidden: str) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(p for p in parent.iterdir() if p.is_dir() and p.name[0] not in hidden)


def _folder(parent: Path, name: str) -> Path:
    """The folder of that name, or the one whose name differs only in case."""
    if not (parent / name).is_dir() and parent.is_dir():
        for entry in parent.iterdir():
            if entry.name.lower() == name.lower() and entry.is_dir():
                return entry
    return parent / name
