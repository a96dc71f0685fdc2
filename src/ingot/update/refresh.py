"""Carries out the steps of an update: micro-batches into streaming tables, replacement of materialized views.

The guarantee, for any instant at which the process may die: each batch's plan is durable before anything is read,
its rows and its `txn` become visible in one Delta commit, and a batch whose `txn` the table holds is not run again.
So no row is lost or doubled. Side tables (quarantine, deduplication keys) are written first under the same number,
and what they hold above the table's own number is not counted.

Never decides what to do (`plan`) and never renders anything.
"""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingot import cdc, expectations
from ingot.analysis.typed import AnalyzedQuery
from ingot.engine import (
    ArrowBinding,
    Binding,
    BoundQuery,
    Engine,
    FilesBinding,
    Rule,
    SourceFile,
    WriteResult,
    WriteTarget,
)
from ingot.errors import CommitConflictError, DataError, PlanError
from ingot.events import FlowProgress
from ingot.files import absolute_path, is_as_listed, relative_path
from ingot.lake import mapping
from ingot.lake.checkpoint import BatchPlan, FlowCheckpoint, TableCheckpoint, folder_name
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableChange, TableMetadata, prepare_metadata
from ingot.model import Action, Dataset, DatasetKind, FileRead, Flow, Read, TableRead, ValuesRead
from ingot.pipeline import Pipeline, snapshot_of
from ingot.plan import KIND_PROPERTY, Step
from ingot.streams import FileStream, NoStream, Stream, TableStream
from ingot.types import StructType
from ingot.update import fingerprint
from ingot.update.blame import blame
from ingot.update.changes import Changes
from ingot.update.deduplication import Deduplication
from ingot.update.quarantine import Quarantine
from ingot.update.table_rules import UNIQUE_KEY, check_table_rules

_ATTEMPTS = 5
Reached = Callable[[str], None]


@dataclass
class Refresh:
    """What refreshing a dataset needs. `reached` is told each stage of a batch; tests die there."""

    pipeline: Pipeline
    engine: Engine
    now: Callable[[], datetime.datetime]
    progress: Callable[[Flow, FlowProgress], None]
    reached: Reached = lambda stage: None
    _streams: dict[tuple[str, str], Stream] = field(default_factory=dict)

    def run(self, dataset: Dataset, step: Step) -> FlowProgress:
        """Bring one dataset up to date as its step says; returns the sum over its flows.

        Raises:
            IngotError: the reason for which it failed; what was committed before stays.
        """
        if step.kind is DatasetKind.MATERIALIZED_VIEW:
            return self._replace_view(dataset, step)
        return self._advance_table(dataset, step)

    def reset(self, dataset: Dataset) -> None:
        """Start anew: positions are forgotten now, and the next commit to the table replaces its rows.

        Raises:
            PlanError: `append-only-table`, for a table whose rows must not be removed.
        """
        if dataset.properties.get("delta.appendOnly", "").lower() == "true":
            raise PlanError(
                f"{dataset.name.short} is append-only: a full refresh would remove its rows",
                location=dataset.location,
                hint="remove the table property delta.appendOnly first",
                code="append-only-table",
            )
        TableCheckpoint(self.pipeline.lake.root, dataset.name).start_epoch()
        self.reached("reset")

    # --- materialized views -----------------------------------------------------------------------------------

    def _replace_view(self, dataset: Dataset, step: Step) -> FlowProgress:
        flow = self.pipeline.flows(dataset.name)[0]
        started = time.perf_counter()
        result = _again_on_conflict(lambda: self._replace_once(dataset, flow))
        return FlowProgress(
            "COMPLETED", result.rows_in, result.rows, result.dropped, time.perf_counter() - started, 1,
            step.technique.value, expectations.counts(dataset, result),
        )  # fmt: skip

    def _replace_once(self, dataset: Dataset, flow: Flow) -> WriteResult:
        table = self.pipeline.table(dataset.name)
        snapshot = table.snapshot() if table.exists() else None
        analyzed = self.pipeline.analyzed(flow)
        info = self.view_info(dataset, flow, {})  # before reading: a commit in between makes the next update look again
        bindings = {leaf: self._static_binding(read, None) for leaf, read in analyzed.reads.items()}
        bound = BoundQuery(analyzed, bindings, self.now(), self._row_listener(flow))
        metadata = self._metadata(dataset, self.pipeline.schema(dataset), snapshot, is_replaced=True)
        target = self._target(table, metadata)
        self.reached("planned")
        result = self._write(dataset, flow, bound, target)
        self.reached("written")
        check_table_rules(self.engine, dataset, target, list(result.files), self.pipeline.settings())
        quarantined = self._quarantine(dataset, flow, bound, result, is_fresh=True)
        change = TableChange(
            "CREATE OR REPLACE TABLE AS SELECT" if snapshot is None else "WRITE",
            adds=result.files,
            replace=snapshot is not None,
            metadata=metadata if snapshot is None or metadata != snapshot.metadata else None,
            parameters={"mode": "Overwrite"},
            metrics=_metrics(result),
            info={**info, **quarantined, **_counts(dataset, result)},
        )
        table.commit(change, snapshot)
        self.reached("committed")
        return result

    def view_info(self, dataset: Dataset, flow: Flow, stored: Mapping[str, str]) -> dict[str, Any]:
        """The fingerprint and the states of the inputs that a refresh of a view stands for."""
        analyzed = self.pipeline.analyzed(flow)
        pipeline = self.pipeline
        return {
            "fingerprint": fingerprint.definition(dataset, analyzed, pipeline.schema(dataset)),
            "inputs": fingerprint.inputs(
                analyzed, pipeline.project.root, lambda r: pipeline.table(r.name), pipeline.files, stored
            ),
        }

    # --- streaming tables -------------------------------------------------------------------------------------

    def _advance_table(self, dataset: Dataset, step: Step) -> FlowProgress:
        table = self.pipeline.table(dataset.name)
        checkpoint = TableCheckpoint(self.pipeline.lake.root, dataset.name)
        if checkpoint.epoch is None:
            _refuse_unknown_rows(dataset, table)
            checkpoint.start_epoch()
        if step.schema_change is not None and step.schema_change.widened:
            self._widen(dataset, step, table)
        self._refuse_renamed_flows(dataset, table, checkpoint)
        total = FlowProgress("COMPLETED", 0, 0, technique=step.technique.value)
        for flow in self.pipeline.flows(dataset.name):
            progress = self._advance_flow(dataset, flow, step, table, checkpoint)
            self.progress(flow, replace(progress, status="COMPLETED"))
            total = _added(total, progress)
        self._settle(dataset, step, table, checkpoint)
        return total

    def _refuse_renamed_flows(self, dataset: Dataset, table: Table, checkpoint: TableCheckpoint) -> None:
        """A new flow that reads what a flow that is gone has read would append its rows a second time."""
        flows = self.pipeline.flows(dataset.name)
        kept = set(checkpoint.flow_names())
        gone = kept - {folder_name(flow.name) for flow in flows}
        new = [flow for flow in flows if folder_name(flow.name) not in kept]
        for name in sorted(gone) if new else ():
            last = checkpoint.flow(unquote(name)).last
            for flow in new:
                both = self._stream_keys(flow) & set(last.sources if last else ())
                if both and table.exists():
                    raise PlanError(
                        f"flow {flow.name!r} is new and reads what {unquote(name)!r}, now gone, read into "
                        f"{dataset.name.short} ({', '.join(sorted(both))}): its rows would be there twice",
                        location=flow.location,
                        hint=f"give it its old name, or rebuild: ingot run --full-refresh {dataset.name.short}",
                        code="renamed-flow",
                    )

    def _stream_keys(self, flow: Flow) -> set[str]:
        reads = self.pipeline.analyzed(flow).reads
        return {self._stream(flow, leaf, read).key for leaf, read in reads.items() if read_is_streaming(read)}

    def _advance_flow(
        self, dataset: Dataset, flow: Flow, step: Step, table: Table, checkpoint: TableCheckpoint
    ) -> FlowProgress:
        position = checkpoint.flow(flow.name)
        total = FlowProgress("RUNNING", 0, 0, technique=step.technique.value)
        while (batch := self._next_batch(flow, table, position)) is not None:
            started = time.perf_counter()
            result = self._run_batch(dataset, flow, step, table, checkpoint, position, batch)
            seconds = time.perf_counter() - started
            counted = FlowProgress(
                "RUNNING", result.rows_in, result.rows, result.dropped, seconds, 1,
                step.technique.value, expectations.counts(dataset, result),
            )  # fmt: skip
            total = _added(total, counted)
            self.progress(flow, total)
            if flow.is_once:
                break
        return total

    def _next_batch(self, flow: Flow, table: Table, position: FlowCheckpoint) -> BatchPlan | None:
        """The batch that was planned and not committed, or a new one; None when nothing is new."""
        done = table.snapshot().transactions.get(position.app_id, -1) if table.exists() else -1
        last = position.last
        if last is not None and last.number > done:
            if last.number > done + 1:
                raise _position_mismatch(flow, table, last.number, done)
            return last if self._is_intact(flow, last) else self._plan_batch(flow, position, replaced=last.number)
        if (last.number if last is not None else -1) < done:
            raise _position_mismatch(flow, table, last.number if last is not None else -1, done)
        if flow.is_once and last is not None:
            return None
        return self._plan_batch(flow, position)

    def _is_intact(self, flow: Flow, batch: BatchPlan) -> bool:
        """Whether the files of a batch that is not committed are as they were planned.

        If not, nothing of the batch is visible, so it may as well be planned anew: a broken file that was repaired, or
        taken away, must not hold up the rest.
        """
        for leaf, read in self.pipeline.analyzed(flow).reads.items():
            if isinstance(read, FileRead):
                noted = batch.sources.get(self._stream(flow, leaf, read).key) if read.is_streaming else None
                noted = noted or batch.statics.get(leaf)
                for path, size, modified_ms in noted["files"] if noted else ():
                    if not is_as_listed(Path(absolute_path(path, self.pipeline.project.root)), size, modified_ms):
                        return False
        return True

    def _plan_batch(self, flow: Flow, position: FlowCheckpoint, replaced: int | None = None) -> BatchPlan | None:
        analyzed = self.pipeline.analyzed(flow)
        plans = [position.plans[n] for n in sorted(position.plans) if n != replaced]
        offsets: dict[str, Any] = {}
        for leaf, read in analyzed.reads.items():
            if read_is_streaming(read):
                stream = self._stream(flow, leaf, read)
                offset = stream.next([p.sources[stream.key] for p in plans if stream.key in p.sources])
                if offset is not None:
                    offsets[stream.key] = offset
        is_first = not plans and (offsets or flow.is_once)  # where a stream begins is noted even when it has no rows
        if not is_first and not self._has_rows(flow, offsets):
            if replaced is not None:
                position.replan(replaced, None)
            return None
        number = plans[-1].number + 1 if plans else 0
        statics = {leaf: self._pin(read) for leaf, read in analyzed.reads.items() if not read_is_streaming(read)}
        batch = BatchPlan(number, self.now(), offsets, {leaf: pin for leaf, pin in statics.items() if pin is not None})
        if replaced is not None:
            self._keep_schemas(flow, position)
            position.replan(replaced, batch)
            self.reached("planned")
            return batch
        if position.merge_due and plans:
            position.merge_before(plans[-1].number, self._merged(flow, plans))
        self._keep_schemas(flow, position)
        position.plan(batch)
        self.reached("planned")
        return batch

    def _keep_schemas(self, flow: Flow, position: FlowCheckpoint) -> None:
        """Keep the inferred schemas of file streams with the checkpoint, when they are new or have grown."""
        inferred = {
            relative_path(read.path, self.pipeline.project.root): json.dumps(self.pipeline.schema_of(read, flow).json())
            for read in self.pipeline.analyzed(flow).reads.values()
            if isinstance(read, FileRead) and read.is_streaming and read.schema is None
        }
        kept = position.schemas() if inferred else {}
        if any(kept.get(leaf) != schema for leaf, schema in inferred.items()):
            position.save_schemas({**kept, **inferred})

    def _has_rows(self, flow: Flow, offsets: Mapping[str, Any]) -> bool:
        """Whether any source brings rows: a table that was only compacted does not."""
        for leaf, read in self.pipeline.analyzed(flow).reads.items():
            if not read_is_streaming(read):
                continue
            stream = self._stream(flow, leaf, read)
            offset = offsets.get(stream.key)
            if offset is not None and (not isinstance(stream, TableStream) or stream.has_changes(offset)):
                return True
        return False

    def _merged(self, flow: Flow, plans: Sequence[BatchPlan]) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for leaf, read in self.pipeline.analyzed(flow).reads.items():
            if read_is_streaming(read):
                stream = self._stream(flow, leaf, read)
                done = [p.sources[stream.key] for p in plans if stream.key in p.sources]
                if done:
                    merged[stream.key] = stream.merge(done)
        known = {key for plan in plans for key in plan.sources}
        for key in known - set(merged):  # a source that the definition no longer has keeps its last position
            merged[key] = next(p.sources[key] for p in reversed(plans) if key in p.sources)
        return merged

    def _run_batch(
        self,
        dataset: Dataset,
        flow: Flow,
        step: Step,
        table: Table,
        checkpoint: TableCheckpoint,
        position: FlowCheckpoint,
        batch: BatchPlan,
    ) -> WriteResult:
        try:
            return _again_on_conflict(lambda: self._run_once(dataset, flow, step, table, checkpoint, position, batch))
        except CommitConflictError as error:
            if error.code != "already-committed":
                raise
            return WriteResult((), 0)  # another process has committed this very batch

    def _run_once(
        self,
        dataset: Dataset,
        flow: Flow,
        step: Step,
        table: Table,
        checkpoint: TableCheckpoint,
        position: FlowCheckpoint,
        batch: BatchPlan,
    ) -> WriteResult:
        snapshot = table.snapshot() if table.exists() else None
        is_new_epoch = snapshot is not None and not is_of_epoch(snapshot, checkpoint.epoch or "")
        metadata = self._table_metadata(dataset, step, snapshot, is_new_epoch)
        target = self._target(table, metadata)
        analyzed = self.pipeline.analyzed(flow)
        listener = self._row_listener(flow)
        bound = BoundQuery(analyzed, self._bindings(flow, analyzed, batch), batch.now, listener)
        deduplication = Deduplication.of(self.pipeline.lake, dataset, flow, analyzed, checkpoint.epoch or "")
        if deduplication is not None:
            bound = deduplication.prepare(self.engine, bound, batch.number)
            self.reached("deduplicated")
        if flow.changes is not None:
            return self._apply_changes(
                dataset, flow, bound, snapshot, metadata, table, checkpoint, position, batch, is_new_epoch
            )
        result = self._write(dataset, flow, bound, target)
        self.reached("written")
        existing = [] if snapshot is None or is_new_epoch else list(snapshot.files)
        check_table_rules(self.engine, dataset, target, [*existing, *result.files], self.pipeline.settings(flow))
        info = self._quarantine(dataset, flow, bound, result, is_new_epoch, batch.number, position.app_id)
        changed = metadata if snapshot is None or metadata != snapshot.metadata else None
        change = TableChange(
            "STREAMING UPDATE",
            adds=result.files,
            replace=is_new_epoch,
            metadata=changed,
            transaction=(position.app_id, batch.number),
            parameters={"outputMode": "Append", "queryId": checkpoint.epoch or "", "epochId": str(batch.number)},
            metrics=_metrics(result),
            info={**info, **_counts(dataset, result)},
            blind=snapshot is not None
            and not is_new_epoch
            and changed is None
            and UNIQUE_KEY not in dataset.properties,
        )
        table.commit(change, snapshot)
        self.reached("committed")
        return result

    def _apply_changes(
        self,
        dataset: Dataset,
        flow: Flow,
        bound: BoundQuery,
        snapshot: Snapshot | None,
        metadata: TableMetadata,
        table: Table,
        checkpoint: TableCheckpoint,
        position: FlowCheckpoint,
        batch: BatchPlan,
        is_new_epoch: bool,
    ) -> WriteResult:
        """Apply one batch of an AUTO CDC flow, in one commit."""
        lake, epoch = self.pipeline.lake, checkpoint.epoch or ""
        changes = Changes.of(lake, self.engine, dataset, flow, bound.query, epoch, self.reached)
        current = None if is_new_epoch else snapshot
        rules = self.rules(dataset, flow, bound.query.schema)
        done = current.transactions if current is not None else {}
        target = self._target(table, metadata)
        applied = changes.apply(bound, current, target, rules, batch.number, position.app_id, done)
        expectations.raise_if_failed(dataset, applied.events)
        self.reached("written")
        info = self._quarantine(dataset, flow, bound, applied.events, is_new_epoch, batch.number, position.app_id)
        change = TableChange(
            "MERGE",
            adds=applied.adds,
            removes=() if is_new_epoch else applied.removes,
            replace=is_new_epoch,
            metadata=metadata if snapshot is None or metadata != snapshot.metadata else None,
            transaction=(position.app_id, batch.number),
            parameters={"queryId": epoch, "epochId": str(batch.number)},
            metrics={"numOutputRows": str(sum(file.rows or 0 for file in applied.adds))},
            info={**info, **_counts(dataset, applied.events)},
        )
        table.commit(change, snapshot)
        self.reached("committed")
        return applied.events

    def _widen(self, dataset: Dataset, step: Step, table: Table) -> None:
        """Rewrite what is stored under the wider types, in one commit that streams do not take for new rows."""
        snapshot = table.snapshot()
        metadata = self._table_metadata(dataset, step, snapshot, is_new_epoch=False)
        binding = cdc.with_hidden(table.name.short, snapshot.binding(), snapshot.properties)
        result = self.engine.copy(binding, self._target(table, metadata))
        change = TableChange(
            "CHANGE COLUMNS", adds=result.files, replace=True, metadata=metadata, data_change=False,
            parameters={"widened": ", ".join(step.schema_change.widened) if step.schema_change else ""},
        )  # fmt: skip
        table.commit(change, snapshot)

    def _settle(self, dataset: Dataset, step: Step, table: Table, checkpoint: TableCheckpoint) -> None:
        """Create a table that got no rows; empty one whose new epoch brought none; add columns without rows."""
        snapshot = table.snapshot() if table.exists() else None
        is_new_epoch = snapshot is not None and not is_of_epoch(snapshot, checkpoint.epoch or "")
        metadata = self._table_metadata(dataset, step, snapshot, is_new_epoch)
        if snapshot is not None and not is_new_epoch and metadata == snapshot.metadata:
            return
        change = TableChange(
            "CREATE TABLE" if snapshot is None else "REPLACE TABLE" if is_new_epoch else "SET TBLPROPERTIES",
            replace=is_new_epoch,
            metadata=metadata,
            transaction=(f"epoch:{checkpoint.epoch}", 0) if snapshot is None or is_new_epoch else None,
            info=Quarantine(self.pipeline, dataset).clear() if is_new_epoch else {},
        )
        table.commit(change, snapshot)

    # --- bindings ---------------------------------------------------------------------------------------------

    def _bindings(self, flow: Flow, analyzed: AnalyzedQuery, batch: BatchPlan) -> dict[str, Binding]:
        bindings: dict[str, Binding] = {}
        for leaf, read in analyzed.reads.items():
            if read_is_streaming(read):
                stream = self._stream(flow, leaf, read)
                bindings[leaf] = stream.bind(batch.sources.get(stream.key))
            else:
                bindings[leaf] = self._static_binding(read, batch.statics.get(leaf))
        return bindings

    def _static_binding(self, read: Read, pin: Any) -> Binding:
        """The rows of a leaf that is not a stream: as pinned by a batch, or as they are now."""
        if pin is None:
            return self.pipeline.bind(read)
        if isinstance(read, FileRead):
            return FilesBinding(read, self._pinned_files(pin), self.pipeline.schema_of(read, None))
        assert isinstance(read, TableRead)
        return self.pipeline.table(read.name).snapshot(version=pin["version"]).binding()

    def _pin(self, read: Read) -> Any:
        match read:
            case ValuesRead():
                return None
            case FileRead():
                root = self.pipeline.project.root
                return {
                    "files": [[relative_path(f.path, root), f.size, f.modified_ms] for f in self.pipeline.files(read)]
                }
            case TableRead():
                return {"version": snapshot_of(self.pipeline.table(read.name), read).version}

    def _pinned_files(self, pin: Any) -> list[SourceFile]:
        root = self.pipeline.project.root
        return [SourceFile(absolute_path(path, root), size, modified) for path, size, modified in pin["files"]]

    def _stream(self, flow: Flow, leaf: str, read: Read) -> Stream:
        """The stream of a leaf; two leaves of one flow that read the same are told apart by their order."""
        if (flow.name, leaf) not in self._streams:
            key = _stream_key(read, self.pipeline.project.root)
            taken = {s.key for (name, _), s in self._streams.items() if name == flow.name}
            while key in taken:
                key += "'"
            self._streams[flow.name, leaf] = self._make_stream(flow, read, key)
        return self._streams[flow.name, leaf]

    def _make_stream(self, flow: Flow, read: Read, key: str) -> Stream:
        match read:
            case FileRead():
                return FileStream(
                    read,
                    self.pipeline.schema_of(read, flow),
                    self.pipeline.project.root,
                    key,
                    self.pipeline.files(read),
                )
            case TableRead():
                table = self.pipeline.table(read.name)
                return TableStream(read, table, self.pipeline.schema_of(read, flow), key)
            case ValuesRead():
                return NoStream(key, ArrowBinding(read.schema, read.load))

    # --- tables -----------------------------------------------------------------------------------------------

    def _table_metadata(
        self, dataset: Dataset, step: Step, snapshot: Snapshot | None, is_new_epoch: bool
    ) -> TableMetadata:
        schema = self.pipeline.schema(dataset)
        if snapshot is not None and not is_new_epoch:
            schema = step.schema_change.schema if step.schema_change else snapshot.schema
        return self._metadata(dataset, schema, snapshot, is_replaced=is_new_epoch)

    def _metadata(
        self, dataset: Dataset, schema: StructType, snapshot: Snapshot | None, is_replaced: bool
    ) -> TableMetadata:
        if snapshot is not None and not is_replaced and dataset.partition_columns != snapshot.partition_columns:
            raise PlanError(
                f"{dataset.name.short} is partitioned by ({', '.join(snapshot.partition_columns)}), its definition "
                f"says ({', '.join(dataset.partition_columns)})",
                location=dataset.location,
                hint=f"write it anew: ingot run --full-refresh {dataset.name.short}",
                code="incompatible-schema",
            )
        kind = self.pipeline.kind(dataset)
        kept = {} if snapshot is None or is_replaced else snapshot.properties
        changes = self._change_property(dataset)
        return prepare_metadata(
            TableMetadata(
                schema,
                dataset.partition_columns,
                {**kept, **dataset.properties, **changes, KIND_PROPERTY: kind.value},
                dataset.comment,
            ),
            snapshot,
        )

    def _change_property(self, dataset: Dataset) -> dict[str, str]:
        """What a table that changes are applied to remembers of their definition."""
        for flow in self.pipeline.flows(dataset.name):
            if flow.changes is not None:
                return {cdc.PROPERTY: cdc.ChangeTable.of(flow.changes, self.pipeline.analyzed(flow).schema).made_by}
        return {}

    def _target(self, table: Table, metadata: TableMetadata) -> WriteTarget:
        is_mapped = mapping.mode(metadata.properties) != "none"
        names = mapping.physical_names(metadata.schema) if is_mapped else {}
        hidden = cdc.hidden_columns(metadata.properties)
        return WriteTarget(table.root, metadata.schema, metadata.partition_columns, names, hidden)

    def _row_listener(self, flow: Flow) -> Callable[[int], None]:
        """Shows how many rows the user's functions have gone through, for they may take their time."""
        return lambda rows: self.progress(flow, FlowProgress("RUNNING", rows, 0))

    def _write(self, dataset: Dataset, flow: Flow, bound: BoundQuery, target: WriteTarget) -> WriteResult:
        try:
            result = self.engine.write(bound, target, self.rules(dataset, flow, bound.query.schema))
        except DataError as error:
            blame(error, bound.query.query, bound.bindings)
            raise
        expectations.raise_if_failed(dataset, result)
        return result

    def rules(self, dataset: Dataset, flow: Flow, schema: StructType) -> tuple[Rule, ...]:
        """The dataset's expectations, typed over the columns that the flow gives."""
        functions = self.pipeline.query(flow).functions
        return expectations.compile_rules(dataset.expectations, schema, self.pipeline.settings(flow), functions)

    def _quarantine(
        self,
        dataset: Dataset,
        flow: Flow,
        bound: BoundQuery,
        result: WriteResult,
        is_fresh: bool,
        number: int | None = None,
        app_id: str | None = None,
    ) -> dict[str, Any]:
        """Set the violating rows aside, before the table's own commit; what to note in that commit."""
        rules = [r for r in self.rules(dataset, flow, bound.query.schema) if r.action is Action.QUARANTINE]
        if not rules:
            return Quarantine(self.pipeline, dataset).clear() if is_fresh else {}
        quarantine = Quarantine(self.pipeline, dataset)
        noted = quarantine.write(
            self.engine,
            bound,
            rules,
            result,
            flow=flow.name,
            app_id=app_id,
            number=number,
            is_fresh=is_fresh,
            at=self.now(),
        )
        self.reached("quarantined")
        return noted


def _again_on_conflict(attempt: Callable[[], WriteResult]) -> WriteResult:
    """Compute anew from the newest version when somebody else has committed in between, a few times."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except CommitConflictError as error:
            if error.code == "already-committed":
                raise
    return attempt()


def read_is_streaming(read: Read) -> bool:
    return not isinstance(read, ValuesRead) and read.is_streaming


def _stream_key(read: Read, root: Any) -> str:
    match read:
        case FileRead():
            return f"files:{relative_path(read.path, root)}"
        case TableRead():
            return f"table:{'.'.join(read.name.key)}"
        case ValuesRead():
            return "values"


def is_of_epoch(snapshot: Snapshot, epoch: str) -> bool:
    """Whether any commit of this epoch has been made to the table; if not, a full refresh is under way."""
    return any(app.endswith(f":{epoch}") for app in snapshot.transactions)


def _metrics(result: WriteResult) -> dict[str, str]:
    return {
        "numFiles": str(len(result.files)),
        "numOutputRows": str(result.rows),
        "numOutputBytes": str(sum(file.size for file in result.files)),
    }


def _counts(dataset: Dataset, result: WriteResult) -> dict[str, Any]:
    """What `status` shows of the expectations, noted with the commit."""
    return {"expectations": expectations.counts(dataset, result)} if dataset.expectations else {}


def _added(total: FlowProgress, more: FlowProgress) -> FlowProgress:
    return replace(
        total,
        rows_in=(total.rows_in or 0) + (more.rows_in or 0),
        rows_written=(total.rows_written or 0) + (more.rows_written or 0),
        rows_dropped=total.rows_dropped + more.rows_dropped,
        seconds=(total.seconds or 0.0) + (more.seconds or 0.0),
        batches=total.batches + more.batches,
        expectations=expectations.add_counts(total.expectations, more.expectations),
    )


def _refuse_unknown_rows(dataset: Dataset, table: Table) -> None:
    """A table with rows and no checkpoint: nobody knows which sources its rows came from."""
    if table.exists() and table.snapshot().files:
        raise PlanError(
            f"{dataset.name.short} holds rows but has no checkpoint, so what is new cannot be told from what is old",
            location=dataset.location,
            hint=f"rebuild it from its sources: ingot run --full-refresh {dataset.name.short}",
            code="no-checkpoint",
        )


def _position_mismatch(flow: Flow, table: Table, planned: int, done: int) -> PlanError:
    return PlanError(
        f"the checkpoint of flow {flow.name!r} ends at batch {planned}, the table {table.name.short} at {done}: "
        "one of them was changed by hand",
        location=flow.location,
        hint=f"rebuild the table from its sources: ingot run --full-refresh {table.name.short}",
        code="checkpoint-mismatch",
    )
