"""One try at a micro-batch: the table as it is, what the batch reads, and the one commit that makes it visible.

When somebody else has committed in between, the next try looks at the table anew (`again_on_conflict`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ingot.cdc.versions import Version
from ingot.engine import BoundQuery, DataFile, WriteResult, WriteTarget
from ingot.errors import CommitConflictError
from ingot.lake.change import metrics_of
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableChange, TableMetadata
from ingot.model import Dataset, Flow

_ATTEMPTS = 5
T = TypeVar("T")


def again_on_conflict(attempt: Callable[[], T]) -> T:
    """Compute anew from the newest version when somebody else has committed in between, a few times.

    Raises:
        CommitConflictError: it happened each time; `already-committed` at once.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except CommitConflictError as error:
            if error.code == "already-committed":
                raise
    return attempt()


@dataclass(frozen=True)
class Written:
    """What a batch wrote, before anything of it is visible.

    Attributes:
        operation: Delta's name of the operation.
        result: What the query gave: rows in, written, violations.
        adds: Files that the commit adds, `removes` those of the table that it takes away.
        is_blind: Whether the files are right whatever others have committed in between.
        ties: How many changes have another of the same key and sequence that differs.
        changes: How many changes a snapshot brings; None when each row of the result counts.
    """

    operation: str
    result: WriteResult
    adds: tuple[DataFile, ...]
    removes: tuple[DataFile, ...] = ()
    is_blind: bool = False
    ties: int = 0
    changes: int | None = None

    @property
    def rows(self) -> int:
        """How many rows or changes were written."""
        return self.result.rows if self.changes is None else self.changes


@dataclass(frozen=True)
class Attempt:
    """One try at a batch.

    Attributes:
        snapshot: The table as it is; None when there is none yet.
        is_new_epoch: Whether the commit replaces the rows of before a full refresh.
        metadata: The table's metadata after the commit.
        bound: The flow's query with what the batch reads.
        number: The batch; `app_id` is whose.
        epoch: The table's, since the last full refresh.
        version: Of the snapshot that the batch brings; None for rows and changes.
    """

    dataset: Dataset
    flow: Flow
    table: Table
    snapshot: Snapshot | None
    is_new_epoch: bool
    metadata: TableMetadata
    target: WriteTarget
    bound: BoundQuery
    number: int
    epoch: str
    app_id: str
    version: Version | None = None

    @property
    def current(self) -> Snapshot | None:
        """The version whose rows stay; None when there are none."""
        return None if self.is_new_epoch else self.snapshot

    def commit(self, written: Written, info: Mapping[str, Any]) -> None:
        """Make the batch visible: its rows and its number in one commit.

        Raises:
            CommitConflictError: somebody else has committed in between; `already-committed`: this very batch.
        """
        changed = self.metadata if self.snapshot is None or self.metadata != self.snapshot.metadata else None
        mode = {"outputMode": "Append"} if not written.removes and written.operation != "MERGE" else {}
        change = TableChange(
            written.operation,
            adds=written.adds,
            removes=() if self.is_new_epoch else written.removes,
            replace=self.is_new_epoch,
            metadata=changed,
            transaction=(self.app_id, self.number),
            parameters={**mode, "queryId": self.epoch, "epochId": str(self.number)},
            metrics=metrics_of(written.adds),
            info=dict(info),
            blind=written.is_blind and self.current is not None and changed is None,
        )
        self.table.commit(change, self.snapshot)
