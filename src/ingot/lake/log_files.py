"""The log of one Delta table on disk: which entries and checkpoints it holds, and the states that they replay to.

Owns where a replay starts: at a copy of the state that is kept outside of the table, at a checkpoint, or at the first
entry. Never commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingot.errors import LakeError, nearest
from ingot.lake import log_checkpoint
from ingot.lake.log import ENTRY_NAME, Entry, decode_entry, entry_name
from ingot.lake.replay import State, advance, complete
from ingot.lake.store import Store
from ingot.model import TableName

_COPY_COMMITS_MIN = 20  # at least so many commits between two state copies …
_COPY_FILES_PER_COMMIT = 50  # … and one more for each so many files, so that copies never dominate


class LogFiles:
    """What a folder `_delta_log` holds; `copy_path` is where the replayed state is kept, None for nowhere."""

    def __init__(self, name: TableName, root: Path, store: Store, copy_path: Path | None):
        self._name = name
        self._root = root
        self._folder = root / "_delta_log"
        self._store = store
        self._copy_path = copy_path
        self._copy_version = -1

    def names(self) -> list[str]:
        """The names of entries and checkpoints."""
        return [n for n in self._store.list(self._folder) if n[:20].isdecimal()]

    def versions(self) -> list[int]:
        """The versions whose entry still exists."""
        return _versions(self.names())

    def entry(self, version: int) -> Entry:
        """The entry of a version.

        Raises:
            LakeError: `version-gone`, when it was cleaned up; `damaged-log`.
        """
        try:
            return self._decode(version, self._store.read(self._folder / entry_name(version)))
        except FileNotFoundError:
            raise self._gone(version) from None

    def newer(self, version: int) -> Iterator[Entry]:
        """The entries after a version, as far as there are any."""
        while True:
            version += 1
            try:
                content = self._store.read(self._folder / entry_name(version))
            except FileNotFoundError:
                return
            yield self._decode(version, content)

    def replay(self, version: int | None) -> State:
        """The state of a version (None: the newest that a listing shows), from the nearest place to start.

        Raises:
            LakeError: `unknown-table`, `version-gone`, `damaged-log`, `unsupported-table`.
        """
        if self._copy_path is not None:
            state = log_checkpoint.read_copy(self._copy_path, self._folder, self._store)
            if state is not None and (version is None or state.version <= version):
                self._copy_version = max(self._copy_version, state.version)
                last = state.version if version is None else version
                return complete(advance(state, (self.entry(v) for v in range(state.version + 1, last + 1))))
        names = self.names()
        checkpoints = log_checkpoint.list_checkpoints(names)
        versions = _versions(names)
        if not versions and not checkpoints:
            raise self._unknown()
        last = max([*versions, *checkpoints]) if version is None else version
        start = max((v for v in checkpoints if v <= last), default=-1)
        state = State()
        if start >= 0:
            state = log_checkpoint.read_checkpoint(self._folder, start, checkpoints[start], self._store)
        elif 0 not in versions:
            raise self._gone(0 if version is None else version)
        wanted = [v for v in versions if start < v <= last]
        return complete(advance(state, (self.entry(v) for v in wanted)))

    def keep_copy(self, state: State, content: bytes) -> None:
        """Keep a copy of the state that the entry with this content gave, when the last one is old enough."""
        due = max(_COPY_COMMITS_MIN, len(state.files) // _COPY_FILES_PER_COMMIT)
        if self._copy_path is None or state.version - max(self._copy_version, 0) < due:
            return
        self._copy_version = state.version
        log_checkpoint.write_copy(self._copy_path, state, content, self._store)

    def forget_copy(self) -> None:
        """Remove the copy of the state, for a table that is dropped."""
        self._copy_version = -1
        if self._copy_path is not None:
            self._store.delete(self._copy_path)

    def _decode(self, version: int, content: bytes) -> Entry:
        try:
            entry = decode_entry(version, content)
        except LakeError as error:
            error.add_note(f"table {self._root}")
            raise
        if entry.timestamp_ms is None:
            status = self._store.status(self._folder / entry_name(version))
            entry = replace(entry, timestamp_ms=status.modified_ns // 10**6 if status else 0)
        return entry

    def _unknown(self) -> LakeError:
        siblings = [p.name for p in self._root.parent.iterdir()] if self._root.parent.is_dir() else []
        near = nearest(self._root.name, siblings)
        return LakeError(
            f"there is no table {self._name.short} in the lake",
            hint=f"did you mean {self._name.schema}.{near}?" if near else f"it would be at {self._root}",
            code="unknown-table",
        )

    def _gone(self, version: int) -> LakeError:
        return LakeError(
            f"version {version} of {self._name.short} is no longer in its log",
            hint="read a newer version, or rebuild with a full refresh what reads this table",
            code="version-gone",
        )


def _versions(names: list[str]) -> list[int]:
    return [int(found[1]) for name in names if (found := ENTRY_NAME.fullmatch(name))]
