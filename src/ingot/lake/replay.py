"""The state of a table: what a sequence of log entries amounts to.

Owns action reconciliation (Delta protocol, "Action Reconciliation"). Pure: entries in, an immutable state
out; adding entries costs what the entries cost, not what the history costs (beside one copy of the file map).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ingot.engine import DataFile
from ingot.errors import LakeError
from ingot.lake.log import Entry, FileAction, ProtocolVersion, TableMetadata


@dataclass(frozen=True)
class State:
    """A table as of a version. `files` are active, by path and deletion vector, under the log's names."""

    version: int = -1
    timestamp_ms: int = 0
    protocol: ProtocolVersion | None = None
    metadata: TableMetadata | None = None
    files: Mapping[tuple[str, str | None], DataFile] = field(default_factory=dict)
    transactions: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_deletion_vectors(self) -> bool:
        return any(vector is not None for _, vector in self.files)


def advance(state: State, entries: Iterable[Entry]) -> State:
    """The state after these entries, which must follow one another.

    Raises:
        LakeError: `damaged-log`, when a version is missing.
    """
    files, transactions = dict(state.files), dict(state.transactions)
    for entry in entries:
        if entry.version != state.version + 1:
            raise LakeError(
                f"the table's log goes from version {state.version} to {entry.version}",
                hint="restore the missing files of _delta_log from a backup",
                code="damaged-log",
            )
        for remove in entry.removes:
            files.pop(remove.key, None)
        for add in entry.adds:
            files[add.key] = add.file
        transactions.update(entry.transactions)
        state = replace(
            state,
            version=entry.version,
            timestamp_ms=entry.timestamp_ms if entry.timestamp_ms is not None else state.timestamp_ms,
            protocol=entry.protocol or state.protocol,
            metadata=entry.metadata or state.metadata,
        )
    return replace(state, files=files, transactions=transactions)


def state_at_checkpoint(entry: Entry) -> State:
    """The state that a log checkpoint holds, given as one entry of its actions."""
    adds = sorted(entry.adds, key=lambda add: (add.file.modified_ms, add.file.path))  # as the log would have it
    files: dict[tuple[str, str | None], DataFile] = {add.key: add.file for add in adds}
    return State(entry.version, entry.timestamp_ms or 0, entry.protocol, entry.metadata, files, entry.transactions)


def complete(state: State) -> State:
    """Check that the state says how to read the table.

    Raises:
        LakeError: `damaged-log`, without a protocol or metadata action.
    """
    missing = [name for name, value in (("protocol", state.protocol), ("metaData", state.metadata)) if value is None]
    if missing:
        raise LakeError(f"the table's log holds no {' and no '.join(missing)} action", code="damaged-log")
    return state


def removal(file: FileAction | DataFile, deleted_ms: int, data_change: bool) -> FileAction:
    """The action that removes a file."""
    data_file = file.file if isinstance(file, FileAction) else file
    return FileAction(replace(data_file, modified_ms=deleted_ms, statistics=None, rows=None), data_change)
