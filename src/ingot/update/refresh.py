"""Carries out the steps of an update: micro-batches into streaming tables, replacement of materialized views.

The guarantee, for any instant at which the process may die: each batch's plan is durable before anything is read,
its rows and its `txn` become visible in one Delta commit, and a batch whose `txn` the table holds is not run again.
So no row is lost or doubled. Side tables (quarantine, deduplication keys) are written first under the same number,
and what they hold above the table's own number is not counted.

Never decides what to do (`plan`) and never renders anything.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from ingot import cdc, expectations
from ingot.engine import (
    Binding,
    BoundQuery,
    Engine,
    FilesBinding,
    SnapshotBinding,
    WriteResult,
    WriteTarget,
)
from ingot.errors import CommitConflictError, DataError, IngotError
from ingot.events import FlowProgress
from ingot.lake.checkpoint import BatchPlan, TableCheckpoint
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableChange, TableMetadata
from ingot.model import Action, Dataset, DatasetKind, FileRead, Flow, Read, TableName, TableRead
from ingot.pipeline import Pipeline
from ingot.plan import Facts, Step, Technique, schema_change
from ingot.update import fingerprint
from ingot.update.attempt import Attempt, Written
from ingot.update.batches import FlowBatches
from ingot.update.blame import blame, blame_event
from ingot.update.changes import Changes
from ingot.update.deduplication import Deduplication
from ingot.update.quarantine import Quarantine
from ingot.update.refusals import refuse_append_only, refuse_renamed_flows, refuse_unknown_rows
from ingot.update.snapshot_batches import batches_of, version_of
from ingot.update.table_metadata import table_metadata, write_target
from ingot.update.table_rules import UNIQUE_KEY, check_table_rules

_ATTEMPTS = 5
T = TypeVar("T")
Reached = Callable[[str], None]


@dataclass
class Refresh:
    """What refreshing a dataset needs.

    `reached` is told each stage of a batch; tests die there. `counts` is what the expectations of tables have counted
    in this update.
    """

    pipeline: Pipeline
    engine: Engine
    now: Callable[[], datetime.datetime]
    progress: Callable[[Flow, FlowProgress], None]
    reached: Reached = lambda stage: None
    batches: Callable[[Flow], type[FlowBatches]] = batches_of
    counts: dict[TableName, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def run(self, dataset: Dataset, step: Step) -> FlowProgress:
        """Bring one dataset up to date as its step says; returns the sum over its flows.

        Raises:
            IngotError: the reason for which it failed; what was committed before stays.
        """
        if step.kind is DatasetKind.MATERIALIZED_VIEW:
            return self._replace_view(dataset, step)
        return self._advance_table(dataset, step)

    def check(self, dataset: Dataset, step: Step, rewritten: Collection[TableName] = ()) -> None:
        """Refuse what `run` would refuse before its first batch; writes nothing.

        Args:
            dataset: What is to be brought up to date.
            step: How.
            rewritten: The tables whose rows this update replaces before.

        Raises:
            IngotError: the reason for which the dataset would fail.
        """
        if step.kind is not DatasetKind.STREAMING_TABLE or not step.does_work:
            return
        if step.technique is Technique.FULL_REFRESH:
            refuse_append_only(dataset)
            return
        table = self.pipeline.table(dataset.name)
        checkpoint = TableCheckpoint(self.pipeline.lake.root, dataset.name)
        if checkpoint.epoch is None:
            refuse_unknown_rows(dataset, table)
            return
        if table.exists():
            self._table_metadata(dataset, step, table.snapshot(), is_new_epoch=False)
        flows = [self._batches(flow, checkpoint) for flow in self.pipeline.flows(dataset.name)]
        refuse_renamed_flows(dataset, table, checkpoint, flows)
        for batches in flows:
            batches.check(table, rewritten)

    def reset(self, dataset: Dataset) -> None:
        """Start anew: positions are forgotten now, and the next commit to the table replaces its rows.

        Raises:
            PlanError: `append-only-table`, for a table whose rows must not be removed.
        """
        refuse_append_only(dataset)
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
        bindings = {leaf: self.pipeline.bind(read) for leaf, read in analyzed.reads.items()}
        bound = BoundQuery(analyzed, bindings, self.now(), self._row_listener(flow))
        schema = self.pipeline.schema(dataset)
        metadata = table_metadata(self.pipeline, dataset, schema, snapshot, is_replaced=True)
        target = write_target(table, metadata)
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
            info={**info, **quarantined, **self._counted(dataset, result)},
        )
        table.commit(change, snapshot)
        self.reached("committed")
        return result

    def _counted(self, dataset: Dataset, result: WriteResult) -> dict[str, Any]:
        """What `status` shows of the expectations, noted with a commit: the sum over this update's batches so far."""
        if not dataset.expectations:
            return {}
        before = self.counts.get(dataset.name, ())
        return {"expectations": expectations.add_counts(before, expectations.counts(dataset, result))}

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
            refuse_unknown_rows(dataset, table)
            checkpoint.start_epoch()
        if step.schema_change is not None and step.schema_change.widened:
            self._widen(dataset, step, table)
        flows = [self._batches(flow, checkpoint) for flow in self.pipeline.flows(dataset.name)]
        refuse_renamed_flows(dataset, table, checkpoint, flows)
        total = FlowProgress("COMPLETED", 0, 0, technique=step.technique.value)
        for batches in flows:
            progress = self._advance_flow(dataset, batches, step, table, checkpoint)
            self.progress(batches.flow, replace(progress, status="COMPLETED"))
            total = _added(total, progress)
            step = self._adapted(dataset, batches.flow, step, table, checkpoint)
        self._settle(dataset, step, table, checkpoint)
        return total

    def _adapted(self, dataset: Dataset, flow: Flow, step: Step, table: Table, checkpoint: TableCheckpoint) -> Step:
        """The step for the columns that a function of snapshots gave last: each snapshot has its own."""
        if flow.changes is None or not flow.changes.calls_function or not table.exists():
            return step
        snapshot = table.snapshot()
        if not is_of_epoch(snapshot, checkpoint.epoch or ""):
            return step
        wanted = self.pipeline.schema(dataset)
        facts = Facts(dataset, self.pipeline.kind(dataset), exists=True, wanted=wanted, existing=snapshot.schema)
        step = replace(step, schema_change=schema_change(facts))
        if step.schema_change is not None and step.schema_change.widened:
            self._widen(dataset, step, table)
        return step

    def _batches(self, flow: Flow, checkpoint: TableCheckpoint) -> FlowBatches:
        planned = self.batches(flow)
        return planned(self.pipeline, flow, checkpoint.flow(flow.name), self.now, self.reached)

    def _advance_flow(
        self, dataset: Dataset, batches: FlowBatches, step: Step, table: Table, checkpoint: TableCheckpoint
    ) -> FlowProgress:
        flow = batches.flow
        total = FlowProgress("RUNNING", 0, 0, technique=step.technique.value)
        while (batch := batches.next(table)) is not None:
            step = self._adapted(dataset, flow, step, table, checkpoint)
            started = time.perf_counter()
            written = self._run_batch(partial(self._attempt, dataset, batches, step, table, checkpoint, batch))
            seconds, result = time.perf_counter() - started, written.result
            counted = FlowProgress(
                "RUNNING", result.rows_in, written.rows, result.dropped, seconds, 1,
                step.technique.value, expectations.counts(dataset, result), written.ties,
            )  # fmt: skip
            total = _added(total, counted)
            self.progress(flow, total)
            if flow.is_once:
                break
        return total

    def _run_batch(self, begin: Callable[[], Attempt]) -> Written:
        try:
            return _again_on_conflict(lambda: self._run_once(begin()))
        except CommitConflictError as error:
            if error.code != "already-committed":
                raise
            return Written("", WriteResult((), 0), ())  # another process has committed this very batch

    def _attempt(
        self,
        dataset: Dataset,
        batches: FlowBatches,
        step: Step,
        table: Table,
        checkpoint: TableCheckpoint,
        batch: BatchPlan,
    ) -> Attempt:
        """Look at the table, and bind what the batch reads."""
        flow, epoch = batches.flow, checkpoint.epoch or ""
        snapshot = table.snapshot() if table.exists() else None
        is_new_epoch = snapshot is not None and not is_of_epoch(snapshot, epoch)
        metadata = self._table_metadata(dataset, step, snapshot, is_new_epoch)
        bound = BoundQuery(self.pipeline.analyzed(flow), batches.bind(batch), batch.now, self._row_listener(flow))
        deduplication = Deduplication.of(self.pipeline.lake, dataset, flow, bound.query, epoch)
        if deduplication is not None:
            bound = deduplication.prepare(self.engine, bound, batch.number)
            self.reached("deduplicated")
        return Attempt(
            dataset, flow, table, snapshot, is_new_epoch, metadata, write_target(table, metadata),
            bound, batch.number, epoch, batches.position.app_id, version_of(batch),
        )  # fmt: skip

    def _run_once(self, attempt: Attempt) -> Written:
        """Carry out one batch in one commit."""
        changed = self.pipeline.change_table(attempt.dataset)
        if changed is not None:
            told = partial(self._blame_event, attempt)
            changes = Changes.of(self.pipeline.lake, self.engine, attempt, changed, self.reached, told)
            written = changes.apply(self.pipeline.rules(attempt.dataset, attempt.flow))
        else:
            written = self._append(attempt)
        self.reached("written")
        info = self._quarantine(
            attempt.dataset, attempt.flow, attempt.bound, written.result, attempt.is_new_epoch,
            attempt.number, attempt.app_id,
        )  # fmt: skip
        counted = self._counted(attempt.dataset, written.result)
        attempt.commit(written, {**info, **counted})
        self.counts[attempt.dataset.name] = counted.get("expectations", ())
        self.reached("committed")
        return written

    def _blame_event(self, attempt: Attempt, error: DataError, row: Mapping[str, Any], column: str) -> None:
        read = [b for b in attempt.bound.bindings.values() if isinstance(b, FilesBinding)]
        behind = self._files_behind(attempt.bound.query.reads.values())
        with contextlib.suppress(IngotError):  # a definition that fails for itself is told elsewhere
            blame_event(error, row, column, itertools.chain(read, behind))

    def _files_behind(self, reads: Iterable[Read]) -> Iterator[FilesBinding]:
        """The files that the tables of these reads were loaded from."""
        waiting, seen = [r.name for r in reads if isinstance(r, TableRead)], set()
        while waiting:
            dataset = self.pipeline.dataset(waiting.pop())
            if dataset is None or dataset.name in seen:
                continue
            seen.add(dataset.name)
            for flow in self.pipeline.flows(dataset.name):
                for read in self.pipeline.analyzed(flow).reads.values():
                    if isinstance(read, FileRead):
                        yield FilesBinding(read, self.pipeline.files(read), self.pipeline.schema_of(read, flow))
                    elif isinstance(read, TableRead):
                        waiting.append(read.name)

    def _append(self, attempt: Attempt) -> Written:
        dataset, target = attempt.dataset, attempt.target
        result = self._write(dataset, attempt.flow, attempt.bound, target)
        existing = list(attempt.current.files) if attempt.current is not None else []
        settings = self.pipeline.settings(attempt.flow)
        check_table_rules(self.engine, dataset, target, [*existing, *result.files], settings)
        return Written("STREAMING UPDATE", result, result.files, is_blind=UNIQUE_KEY not in dataset.properties)

    def _widen(self, dataset: Dataset, step: Step, table: Table) -> None:
        """Rewrite what is stored under the wider types, in one commit that streams do not take for new rows."""
        snapshot = table.snapshot()
        metadata = self._table_metadata(dataset, step, snapshot, is_new_epoch=False)
        result = self.engine.copy(self._stored_rows(dataset, snapshot), write_target(table, metadata))
        change = TableChange(
            "CHANGE COLUMNS", adds=result.files, replace=True, metadata=metadata, data_change=False,
            parameters={"widened": ", ".join(step.schema_change.widened) if step.schema_change else ""},
        )  # fmt: skip
        table.commit(change, snapshot)

    def _stored_rows(self, dataset: Dataset, snapshot: Snapshot) -> Binding:
        """The rows of a table, with what only its files hold."""
        binding, hidden = snapshot.binding(), cdc.hidden_columns(snapshot.properties)
        if hidden is None:
            return binding
        if not isinstance(binding, SnapshotBinding) or self.engine.lacking(binding, hidden.names[0]):
            raise cdc.lost_sequence(dataset.name.short)
        return cdc.with_hidden(binding, snapshot.properties)

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

    # --- tables -----------------------------------------------------------------------------------------------

    def _table_metadata(
        self, dataset: Dataset, step: Step, snapshot: Snapshot | None, is_new_epoch: bool
    ) -> TableMetadata:
        schema = self.pipeline.schema(dataset)
        if snapshot is not None and not is_new_epoch:
            schema = step.schema_change.schema if step.schema_change else snapshot.schema
        return table_metadata(self.pipeline, dataset, schema, snapshot, is_replaced=is_new_epoch)

    def _row_listener(self, flow: Flow) -> Callable[[int], None]:
        """Shows how many rows the user's functions have gone through, for they may take their time."""
        return lambda rows: self.progress(flow, FlowProgress("RUNNING", rows, 0))

    def _write(self, dataset: Dataset, flow: Flow, bound: BoundQuery, target: WriteTarget) -> WriteResult:
        try:
            result = self.engine.write(bound, target, self.pipeline.rules(dataset, flow))
        except DataError as error:
            blame(error, bound.query.query, bound.bindings)
            raise
        expectations.raise_if_failed(dataset, result)
        return result

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
        rules = [r for r in self.pipeline.rules(dataset, flow) if r.action is Action.QUARANTINE]
        quarantine = Quarantine(self.pipeline, dataset)
        if not rules and not quarantine.table.exists():
            return {}
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


def _again_on_conflict(attempt: Callable[[], T]) -> T:
    """Compute anew from the newest version when somebody else has committed in between, a few times."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except CommitConflictError as error:
            if error.code == "already-committed":
                raise
    return attempt()


def is_of_epoch(snapshot: Snapshot, epoch: str) -> bool:
    """Whether any commit of this epoch has been made to the table; if not, a full refresh is under way."""
    return any(app.endswith(f":{epoch}") for app in snapshot.transactions)


def _metrics(result: WriteResult) -> dict[str, str]:
    return {
        "numFiles": str(len(result.files)),
        "numOutputRows": str(result.rows),
        "numOutputBytes": str(sum(file.size for file in result.files)),
    }


def _added(total: FlowProgress, more: FlowProgress) -> FlowProgress:
    return replace(
        total,
        rows_in=(total.rows_in or 0) + (more.rows_in or 0),
        rows_written=(total.rows_written or 0) + (more.rows_written or 0),
        rows_dropped=total.rows_dropped + more.rows_dropped,
        seconds=(total.seconds or 0.0) + (more.seconds or 0.0),
        batches=total.batches + more.batches,
        expectations=expectations.add_counts(total.expectations, more.expectations),
        ties=total.ties + more.ties,
    )
