"""Applies the changes of one batch of an AUTO CDC flow to its table: what is written where, in which order.

One Delta commit makes changes and position visible. Before it, in this order: the batch's events (a temporary folder),
its tombstones (a Delta table beside the checkpoint, by flow and batch; they count once the table holds the batch), the
rewritten files. Whatever a dying process leaves of them means nothing.

What changes mean is for `cdc`. Never plans batches, and never commits to the table itself.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingot import cdc, expectations
from ingot.cdc import ChangeTable
from ingot.engine import Binding, DataFile, Engine, Rule, SnapshotBinding, WriteResult, WriteTarget
from ingot.errors import DataError
from ingot.lake.change import ENGINE
from ingot.lake.checkpoint import state_folder
from ingot.lake.table import Lake
from ingot.quoting import quoted_name
from ingot.types import DataType, StructType
from ingot.update import snapshot_events
from ingot.update.attempt import Attempt, Written
from ingot.update.change_queries import ChangeQueries
from ingot.update.key_ranges import may_hold
from ingot.update.tombstones import Tombstones
from ingot.update.touched_files import Rewrite, Touched

Blame = Callable[[DataError, Mapping[str, Any], str], None]


@dataclass
class Changes:
    """The changes of one batch.

    Attributes:
        table: What they are applied to.
        folder: Where the table's tombstones and temporary files are.
        reached: Told each stage; tests die there.
        blame: Adds to an error about an event's column where the event comes from, as far as that is certain.
    """

    engine: Engine
    attempt: Attempt
    table: ChangeTable
    folder: Path
    reached: Callable[[str], None]
    blame: Blame

    def __post_init__(self) -> None:
        self._queries = ChangeQueries(self.engine, self.attempt, self.table)

    @classmethod
    def of(
        cls,
        lake: Lake,
        engine: Engine,
        attempt: Attempt,
        table: ChangeTable,
        reached: Callable[[str], None],
        blame: Blame,
    ) -> Changes:
        """The changes of a batch whose query gives events."""
        folder = state_folder(lake.root, attempt.dataset.name) / attempt.epoch
        return cls(engine, attempt, table.stored_as(attempt.metadata.schema), folder, reached, blame)

    def apply(self, rules: Sequence[Rule]) -> Written:
        """Write what the table's commit needs.

        Args:
            rules: The dataset's expectations over the events, and what every event needs; a row that breaks one is no
                change.

        Raises:
            DataError: `null-key`, `null-sequence`; nothing was written.
            ExpectationError: a rule that fails the update is broken; nothing was written.
        """
        self._refuse_foreign_removal()
        with self._staging() as staging:
            events, result = self._stage_events(rules, staging)
            count = None
            if (version := self.attempt.version) is not None:
                aside = snapshot_events.set_aside(self._queries, rules, result, staging)
                events = snapshot_events.changed(self._queries, version, events, aside, self._rows(), staging)
                count = sum(file.rows or 0 for file in events.files)
            self.reached("staged")
            tombstones = Tombstones.of(self.table, self.folder, self.attempt.dataset)
            leaves: dict[str, Binding] = {"events": events, "tombstones": tombstones.advance(self._queries, events)}
            self.reached("tombstones")
            leaves["changes"] = self._queries.stage(cdc.changes_text(self.table), leaves, staging / "changes")
            touched = self._touched(leaves, staging)
            ties = self._ties(touched, leaves)
            adds = [file for each in touched.rewrites for file in self._rewrite(each, leaves)]
            self.reached("rewritten")
            inserted = self._queries.bound(cdc.inserted_text(self.table), {**leaves, "rows": touched.matched})
            adds += self.engine.write(inserted, self.attempt.target).files
        removes = tuple(file for each in touched.rewrites for file in each.files)
        return Written("MERGE", result, tuple(adds), removes, ties=ties, changes=count)

    # --- steps --------------------------------------------------------------------------------------------------

    def _refuse_foreign_removal(self) -> None:
        """A row that something else took away would come back with any late event.

        Raises:
            LakeError: `lost-sequence`, if that happened since the last commit of ours.
        """
        current, table = self.attempt.current, self.attempt.table
        if current is None:
            return
        version = current.version
        while version > 0 and table.engine_of(version) != ENGINE:
            version -= 1
        for commit in table.commits(version + 1, current.version):
            if commit.data_change and commit.removes:
                raise cdc.lost_sequence(self.attempt.dataset.name.short)

    def _stage_events(self, rules: Sequence[Rule], staging: Path) -> tuple[SnapshotBinding, WriteResult]:
        bound = self.attempt.bound
        target = WriteTarget(staging / "events", bound.query.schema, is_temporary=True)
        result = self.engine.write(bound, target, rules)
        expectations.raise_if_failed(self.attempt.dataset, result)
        for rule in rules:
            if rule.name.startswith(cdc.NEEDED) and result.violations.get(rule.name):
                error = self._null(rule.name.removeprefix(cdc.NEEDED), result.violations[rule.name], result.rows_in)
                self.blame(error, self._violating(rule, staging), rule.name.removeprefix(cdc.NEEDED))
                raise error
        events = SnapshotBinding(target.root, target.schema, result.files)
        if _columns(events.schema) != _columns(self.table.events_schema):
            events = self._queries.stage(
                cdc.padded_text(self.table, events.schema), {"events": events}, staging / "padded"
            )
        return events, result

    def _violating(self, rule: Rule, staging: Path) -> Mapping[str, Any]:
        """The first event that violates a rule."""
        violating = self._queries.stage_violations([rule], staging / "violating")
        [row] = self._queries.collect("SELECT * FROM events LIMIT 1", {"events": violating})
        return dict(zip(self.attempt.bound.query.schema.names, row, strict=False))

    def _null(self, name: str, count: int, rows: int) -> DataError:
        spec = self.attempt.flow.changes
        assert spec is not None
        is_sequence = name == cdc.SEQUENCE
        what = f"SEQUENCE BY {spec.sequence_by}" if is_sequence else f"the key {name}"
        is_partition = name.lower() in {column.lower() for column in self.attempt.dataset.partition_columns}
        empty = ", or empty, which a partition column keeps as NULL," if is_partition and not is_sequence else ""
        hint = f"leave such rows out: CONSTRAINT has_{name} EXPECT ({name} IS NOT NULL) ON VIOLATION DROP ROW"
        if is_sequence:
            hint = f"read from a view that leaves such rows out: … WHERE ({spec.sequence_by}) IS NOT NULL"
        target = self.attempt.dataset.name.short
        return DataError(
            f"{what} is NULL{empty} in {count} of {rows} events for {target}; nothing was written",
            location=self.attempt.flow.location,
            hint=hint,
            code="null-sequence" if is_sequence else "null-key",
        )

    def _rows(self) -> SnapshotBinding:
        """The table's rows with what is hidden in its files.

        Raises:
            LakeError: `lost-sequence`.
        """
        snapshot, target = self.attempt.current, self.attempt.target
        schema = StructType(fields=(*target.schema, *(target.hidden or ())))
        if snapshot is None:
            return SnapshotBinding(target.root, schema, [], target.partition_columns, target.physical_names)
        binding = snapshot.binding()
        if not isinstance(binding, SnapshotBinding):
            raise cdc.lost_sequence(self.attempt.dataset.name.short)
        return replace(binding, schema=schema)

    def _touched(self, leaves: Mapping[str, Binding], staging: Path) -> Touched:
        """What the changes meet in the table.

        Raises:
            LakeError: `lost-sequence`.
        """
        rows, changes = self._rows(), leaves["changes"]
        assert isinstance(changes, SnapshotBinding)
        files = may_hold(rows, changes, self.table.keys, lambda key: self._values(key, changes))
        looked_at = replace(rows, files=files, file_column=cdc.FILE)
        bound = self._queries.bound(cdc.matched_text(self.table), {"rows": looked_at, "changes": changes})
        matched = SnapshotBinding(staging / "matched", bound.query.schema, [], (cdc.FILE, cdc.FATE))
        if files:
            target = WriteTarget(matched.root, matched.schema, matched.partition_columns, is_temporary=True)
            matched = replace(matched, files=self.engine.write(bound, target).files)
        touched = Touched.of(rows, files, matched, self.table.keys[0])
        if self.engine.lacking(touched.read, self.table.hidden.names[0]):
            raise cdc.lost_sequence(self.attempt.dataset.name.short)
        return touched

    def _values(self, key: str, changes: SnapshotBinding) -> list[Any]:
        found = self._queries.collect(f"SELECT {quoted_name(key)} FROM changes", {"changes": changes})
        return [value for (value,) in found]

    def _ties(self, touched: Touched, leaves: Mapping[str, Binding]) -> int:
        """How many changes have another of the same key and sequence that differs."""
        rows = touched.matched if self.table.scd_type == 2 else touched.alike
        [(ties,)] = self._queries.collect(cdc.ties_text(self.table), {**leaves, "rows": rows})
        return ties

    def _rewrite(self, rewrite: Rewrite, leaves: Mapping[str, Binding]) -> Sequence[DataFile]:
        text = cdc.replaced_text(self.table) if rewrite.is_replaced else cdc.merged_text(self.table)
        target = replace(self.attempt.target, is_compact=True, sort_columns=())  # rows stay as near as they were
        return self.engine.write(self._queries.bound(text, {**leaves, **rewrite.leaves}), target).files

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        """A folder for temporary files; what a process that died has left of its own is removed."""
        staged = self.folder / "staged"
        shutil.rmtree(staged, ignore_errors=True)
        try:
            yield staged / uuid.uuid4().hex[:12]
        finally:
            shutil.rmtree(staged, ignore_errors=True)


def _columns(schema: StructType) -> list[tuple[str, DataType]]:
    return [(column.name, column.type) for column in schema]
