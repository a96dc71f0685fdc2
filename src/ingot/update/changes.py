"""Applies the changes of one batch of an AUTO CDC flow to its table: what is written where, in which order.

One Delta commit makes changes and position visible. Before it, in this order: the batch's events (a temporary folder),
its tombstones (a Delta table beside the checkpoint, by flow and batch; they count once the table holds the batch), the
rewritten files. Whatever a dying process leaves of them means nothing.

What changes mean is for `cdc`. Never plans batches, and never commits to the table itself.
"""

from __future__ import annotations

import datetime
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingot import cdc
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import AnalyzedQuery, Settings
from ingot.cdc import ChangeTable
from ingot.engine import Binding, BoundQuery, DataFile, Engine, Rule, SnapshotBinding, WriteResult, WriteTarget
from ingot.errors import DataError
from ingot.lake.checkpoint import folder_name
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake
from ingot.model import Action, Dataset, Flow, Query, Read, TableName, TableRead
from ingot.sql import parse_expression, parse_statement
from ingot.types import STRING, Field, StructType
from ingot.update.tombstones import Tombstones


@dataclass(frozen=True)
class Applied:
    """What a batch of changes does to the table: the parts of its commit."""

    adds: tuple[DataFile, ...]
    removes: tuple[DataFile, ...]
    events: WriteResult
    ties: int


class _Leaves:
    """A catalog of leaves by name."""

    def __init__(self, schemas: Mapping[str, StructType]):
        self._schemas = schemas

    def schema_of(self, read: Read) -> StructType:
        assert isinstance(read, TableRead)
        return self._schemas[read.name.table]

    def view_of(self, read: Read) -> Query | None:
        return None


@dataclass
class Changes:
    """The flow's changes, ready to be applied batch by batch."""

    engine: Engine
    dataset: Dataset
    flow: Flow
    table: ChangeTable
    folder: Path
    settings: Settings
    reached: Callable[[str], None]
    _analyzed: dict[str, AnalyzedQuery] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        lake: Lake,
        engine: Engine,
        dataset: Dataset,
        flow: Flow,
        analyzed: AnalyzedQuery,
        epoch: str,
        reached: Callable[[str], None],
    ) -> Changes:
        """The changes of a flow, whose analyzed query gives events."""
        assert flow.changes is not None
        folder = lake.root / "_ingot" / "state" / folder_name(dataset.name.short) / epoch
        table = ChangeTable.of(flow.changes, analyzed.schema)
        return cls(engine, dataset, flow, table, folder, analyzed.settings, reached)

    def apply(
        self,
        bound: BoundQuery,
        snapshot: Snapshot | None,
        target: WriteTarget,
        rules: Sequence[Rule],
        number: int,
        app_id: str,
        done: Mapping[str, int],
    ) -> Applied:
        """Write what the table's commit needs.

        Args:
            bound: The query of the batch's events.
            snapshot: The table as it is; None when it is new, or is written anew.
            target: Where the table's files go; `hidden` among its columns.
            rules: The dataset's expectations over the events; a row that breaks one is no change.
            number: The batch.
            app_id: Of the flow.
            done: The newest batch that the table holds, by application.

        Raises:
            DataError: `null-key`, `null-sequence`; nothing was written.
        """
        with self._staging() as staging:
            events, written = self._stage_events(bound, rules, staging)
            self.reached("staged")
            tombstones = Tombstones.of(self.table, self.folder, self.dataset)
            leaves: dict[str, Binding] = {
                "events": events,
                "tombstones": tombstones.advance(self, events, number, app_id, done, bound.now),
            }
            self.reached("tombstones")
            leaves["changes"] = self._stage("changes", cdc.changes_text(self.table), leaves, staging, bound.now)
            rows = snapshot.binding() if snapshot is not None else None
            binding = self._rows(rows, target)
            matched, changed, ties = self._matches(binding, leaves, bound.now)
            adds: list[DataFile] = []
            for file in changed:
                one = {**leaves, "rows": replace(binding, files=[file])}
                adds += self._write(cdc.merged_text(self.table), one, target, bound.now).files
            found = {**leaves, "rows": replace(binding, files=matched)}
            adds += self._write(cdc.inserted_text(self.table), found, target, bound.now).files
        return Applied(tuple(adds), tuple(changed), written, ties)

    # --- steps --------------------------------------------------------------------------------------------------

    def _stage_events(
        self, bound: BoundQuery, rules: Sequence[Rule], staging: Path
    ) -> tuple[SnapshotBinding, WriteResult]:
        schema = bound.query.schema
        target = WriteTarget(staging / "events", schema)
        needed = [Rule(name, self._condition(name, schema), Action.FAIL) for name in (*self.table.keys, cdc.SEQUENCE)]
        result = self.engine.write(bound, target, (*rules, *needed))
        for rule in needed:
            if result.violations.get(rule.name):
                raise self._null(rule, bound, result)
        return SnapshotBinding(target.root, schema, result.files), result

    def _condition(self, name: str, schema: StructType) -> Any:
        from ingot.analysis.analyzer import analyze_condition

        text = f"{cdc.quoted(name)} IS NOT NULL"
        if self.table.truncates:
            text = f"{cdc.IS_TRUNCATE} OR {text}" if name != cdc.SEQUENCE else text
        return analyze_condition(parse_expression(text), schema, self.settings, {})

    def _null(self, rule: Rule, bound: BoundQuery, result: WriteResult) -> DataError:
        spec = self.flow.changes
        assert spec is not None
        what = f"SEQUENCE BY {spec.sequence_by}" if rule.name == cdc.SEQUENCE else f"the key {rule.name}"
        count, target = result.violations[rule.name], self.dataset.name.short
        return DataError(
            f"{what} is NULL in {count} of {result.rows_in} events for {target}; nothing was written",
            location=self.flow.location,
            hint=f"give the table a rule that sets them aside: CONSTRAINT has_{rule.name.strip('_')} EXPECT "
            "(… IS NOT NULL) ON VIOLATION DROP ROW",
            code="null-sequence" if rule.name == cdc.SEQUENCE else "null-key",
        )

    def _rows(self, rows: SnapshotBinding | None, target: WriteTarget) -> SnapshotBinding:
        schema = StructType(fields=(*target.schema, *target.hidden))
        if rows is None:
            return SnapshotBinding(target.root, schema, [], target.partition_columns, target.physical_names)
        return replace(rows, schema=schema)

    def _matches(
        self, rows: SnapshotBinding, leaves: Mapping[str, Binding], now: datetime.datetime
    ) -> tuple[list[DataFile], list[DataFile], int]:
        """Files that hold changed keys, those of them that change, and how many rows have an event's sequence."""
        if not rows.files:
            return [], [], 0
        with_files = replace(rows, file_column=cdc.FILE)
        found = self._collect(cdc.matches_text(self.table), {**leaves, "rows": with_files}, now)
        files = {str(rows.root / file.path): file for file in rows.files}
        matched = [(files[path], is_changed, same) for path, is_changed, same in found]
        return (
            [file for file, _, _ in matched],
            [file for file, is_changed, _ in matched if is_changed],
            sum(same for _, _, same in matched),
        )

    # --- queries ------------------------------------------------------------------------------------------------

    def bound(self, text: str, leaves: Mapping[str, Binding], now: datetime.datetime) -> BoundQuery:
        """A query of `cdc` over these leaves."""
        schemas = {name: _schema(binding) for name, binding in leaves.items()}
        key = text + repr(schemas)
        if key not in self._analyzed:
            reads = {name: TableRead(TableName("", "_ingot", name), (name,)) for name in leaves}
            self._analyzed[key] = analyze(Query(parse_statement(text), reads), _Leaves(schemas), self.settings)
        analyzed = self._analyzed[key]
        return BoundQuery(analyzed, {name: leaves[name] for name in analyzed.reads}, now)

    def _stage(
        self, name: str, text: str, leaves: Mapping[str, Binding], staging: Path, now: datetime.datetime
    ) -> SnapshotBinding:
        bound = self.bound(text, leaves, now)
        result = self.engine.write(bound, WriteTarget(staging / name, bound.query.schema))
        return SnapshotBinding(staging / name, bound.query.schema, result.files)

    def _write(
        self, text: str, leaves: Mapping[str, Binding], target: WriteTarget, now: datetime.datetime
    ) -> WriteResult:
        return self.engine.write(self.bound(text, leaves, now), target)

    def _collect(self, text: str, leaves: Mapping[str, Binding], now: datetime.datetime) -> list[tuple[Any, ...]]:
        from ingot.result import as_tuples

        return as_tuples(self.engine.collect(self.bound(text, leaves, now)))

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        folder = self.folder / "staged" / uuid.uuid4().hex[:12]
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _schema(binding: Binding) -> StructType:
    assert isinstance(binding, SnapshotBinding)
    if binding.file_column is None:
        return binding.schema
    return StructType(fields=(*binding.schema, Field(binding.file_column, STRING)))
