"""The keys that a deduplicating flow has let through, in a Delta table of their own beside the flow's checkpoint.

Each commit brings the keys of one batch and notes its number. Keys of batch `n` are written before the table's own
commit of that batch, and what an attempt at a batch has left is replaced by the next attempt. Only the update that
holds the lake reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingot.engine import BoundQuery, DataFile, Engine, SnapshotBinding, WriteTarget
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableChange, TableMetadata
from ingot.types import LONG, Field, StructType

BATCH = "__batch"


@dataclass
class SeenKeys:
    """The keys of one flow."""

    table: Table
    keys: tuple[Field, ...]

    @property
    def schema(self) -> StructType:
        return StructType(fields=(*(replace(k, nullable=True) for k in self.keys), Field(BATCH, LONG)))

    def are_known_before(self, number: int) -> bool:
        """Whether the keys of all batches before this one are there, by the columns that tell duplicates now."""
        if number == 0:
            return True
        if not self.table.exists():
            return False
        snapshot = self.table.snapshot()
        known = {(f.name.lower(), f.type) for f in snapshot.schema}
        wanted = {(f.name.lower(), f.type) for f in self.schema}
        return known == wanted and self._last_batch(snapshot) in (number - 1, number)

    def before(self, number: int) -> SnapshotBinding:
        """The keys for a batch to look at; of those, the keys with its own number do not count."""
        if number == 0:
            return SnapshotBinding(self.table.root, self.schema, [])
        binding = self.table.snapshot().binding()
        assert isinstance(binding, SnapshotBinding)
        return binding

    def write(self, engine: Engine, keys: BoundQuery, number: int) -> None:
        """Add the keys that a batch lets through.

        Args:
            engine: Evaluates the query.
            keys: The keys, each with the number of the batch.
            number: The batch.
        """
        snapshot = self.table.snapshot() if self.table.exists() else None
        result = engine.write(keys, WriteTarget(self.table.root, self.schema))
        self.table.commit(
            TableChange(
                "STREAMING UPDATE",
                adds=result.files,
                removes=self._leftover(snapshot, number) if number else (),
                replace=snapshot is not None and number == 0,
                metadata=TableMetadata(self.schema) if number == 0 else None,
                info={"batch": number},
            ),
            snapshot,
        )

    def _leftover(self, snapshot: Snapshot | None, number: int) -> tuple[DataFile, ...]:
        """The keys of an earlier attempt at the same batch: the new ones take their place."""
        if snapshot is None or self._last_batch(snapshot) != number:
            return ()
        return next(self.table.commits(snapshot.version, snapshot.version)).adds

    def _last_batch(self, snapshot: Snapshot) -> int | None:
        """The batch that wrote keys last."""
        return next(self.table.commits(snapshot.version, snapshot.version)).info.get("batch")
