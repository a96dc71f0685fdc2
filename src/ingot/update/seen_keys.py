"""The keys that a deduplicating flow has let through, in a Delta table of their own beside the flow's checkpoint.

Each commit brings the keys of one batch and notes its number. Keys of batch `n` are written before the table's own
commit of that batch, and what an attempt at a batch has left is replaced by the next attempt. Small files are merged
when all keys are those of batches that the flow's table holds. Only the update that holds the lake reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingot.engine import BoundQuery, DataFile, Engine, SnapshotBinding, WriteTarget
from ingot.lake import maintenance
from ingot.lake.snapshot import Commit, Snapshot
from ingot.lake.table import Table, TableChange, TableMetadata
from ingot.types import LONG, Field, StructType
from ingot.update.housekeeping import SMALL_FILES_MIN, TARGET_BYTES

BATCH = "__batch"
_OPERATION = "STREAMING UPDATE"
_BATCH_NOTED = "batch"  # by each commit: the last batch whose keys are there


@dataclass
class SeenKeys:
    """The keys of one flow."""

    table: Table
    keys: tuple[Field, ...]

    def __post_init__(self) -> None:
        if self.table.exists():  # a column keeps the letters that it was stored with
            stored = {field.name.lower(): field.name for field in self.table.snapshot().schema}
            self.keys = tuple(replace(key, name=stored.get(key.name.lower(), key.name)) for key in self.keys)

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
        return known == wanted and (self._holds_until(snapshot, number - 1) or self._is_attempt(snapshot, number))

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
                _OPERATION,
                adds=result.files,
                removes=self._leftover(snapshot, number) if number else (),
                replace=snapshot is not None and number == 0,
                metadata=TableMetadata(self.schema) if number == 0 else None,
                info={_BATCH_NOTED: number},
            ),
            snapshot,
        )

    def tidy(self, engine: Engine, number: int) -> None:
        """Merge small files before a batch, unless an attempt at it was interrupted: its keys may not stay."""
        snapshot = self.table.snapshot() if number else None
        if snapshot is None or not self._holds_until(snapshot, number - 1):
            return
        groups = maintenance.small_files(snapshot, TARGET_BYTES, SMALL_FILES_MIN)
        for group in groups:
            keys = SnapshotBinding(self.table.root, snapshot.schema, group)
            merged = engine.copy(keys, WriteTarget(self.table.root, snapshot.schema, is_compact=True)).files
            snapshot = maintenance.commit_compaction(self.table, snapshot, group, merged, {_BATCH_NOTED: number - 1})
            for file in group:  # nobody asks for an older version
                (self.table.root / file.path).unlink(missing_ok=True)
        if groups:
            maintenance.log_cleanup(self.table)

    def _leftover(self, snapshot: Snapshot | None, number: int) -> tuple[DataFile, ...]:
        """The keys of an earlier attempt at the same batch: the new ones take their place."""
        if snapshot is None or not self._is_attempt(snapshot, number):
            return ()
        return self._newest(snapshot).adds

    def _holds_until(self, snapshot: Snapshot, number: int) -> bool:
        """Whether this batch is the last one that wrote keys."""
        return self._newest(snapshot).info.get(_BATCH_NOTED) == number

    def _is_attempt(self, snapshot: Snapshot, number: int) -> bool:
        """Whether what was committed last are the keys of this batch, and nothing else."""
        return self._holds_until(snapshot, number) and self._newest(snapshot).operation == _OPERATION

    def _newest(self, snapshot: Snapshot) -> Commit:
        return next(self.table.commits(snapshot.version, snapshot.version))
