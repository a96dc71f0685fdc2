"""Advances a streaming table: each of its flows batch by batch, each batch in one commit.

Owns the order in which a table is widened, advanced and settled, and what is tried again. What a batch reads is
planned by `batches`, how changes of AUTO CDC meet the rows of the table by `changes`.

The guarantee, for any instant at which the process may die: each batch's plan is durable before anything is read,
its rows and its `txn` become visible in one Delta commit, and a batch whose `txn` the table holds is not run again.
So no row is lost or doubled. Side tables (quarantine, deduplication keys) are written first under the same number,
and what they hold above the table's own number is not counted.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ingot import cdc, expectations
from ingot.analysis.typed import AnalyzedQuery
from ingot.engine import Binding, BoundQuery, FilesBinding, SnapshotBinding, WriteResult
from ingot.errors import CommitConflictError, DataError, IngotError
from ingot.events import FlowProgress
from ingot.lake.checkpoint import BatchPlan, TableCheckpoint
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableChange, TableMetadata
from ingot.model import Dataset, Flow, TableName
from ingot.pipeline import Pipeline
from ingot.plan import Facts, Step, Technique, schema_change
from ingot.update.attempt import Attempt, Written, again_on_conflict
from ingot.update.batches import FlowBatches
from ingot.update.blame import blame_event, files_behind
from ingot.update.changes import Blame, Changes
from ingot.update.deduplication import Deduplication
from ingot.update.flow_writer import FlowWriter
from ingot.update.joined_streams import joined
from ingot.update.quarantine import Quarantine
from ingot.update.refusals import (
    refuse_append_only,
    refuse_other_sources,
    refuse_renamed_flows,
    refuse_unknown_rows,
)
from ingot.update.snapshot_batches import version_of
from ingot.update.table_metadata import table_metadata, write_target
from ingot.update.table_rules import check_table_rules, has_unique_key

BatchesOf = Callable[[Flow], type[FlowBatches]]


@dataclass
class TableRefresh:
    """One streaming table that is brought up to date.

    Attributes:
        step: How. Its columns follow what a function of snapshots gave last.
        batches_of: What plans the batches of a flow.
    """

    writer: FlowWriter
    dataset: Dataset
    step: Step
    batches_of: BatchesOf
    pipeline: Pipeline = field(init=False)
    table: Table = field(init=False)
    checkpoint: TableCheckpoint = field(init=False)

    def __post_init__(self) -> None:
        self.pipeline = self.writer.pipeline
        self.table = self.pipeline.table(self.dataset.name)
        self.checkpoint = TableCheckpoint(self.pipeline.lake.root, self.dataset.name)

    def run(self) -> FlowProgress:
        """Advance all flows; returns the sum over them."""
        if self.checkpoint.epoch is None:
            refuse_unknown_rows(self.dataset, self.table)
            self.checkpoint.start_epoch()
        self._widen()
        flows = self._flows()
        refuse_renamed_flows(self.dataset, self.table, self.checkpoint, flows)
        refuse_other_sources(self.dataset, self.table, flows)
        for batches in flows:
            self._check_duplicates(batches)
        total = FlowProgress("COMPLETED", 0, 0, technique=self.step.technique.value)
        for batches in flows:
            progress = self._advance(batches)
            self.writer.progress(batches.flow, replace(progress, status="COMPLETED"))
            total = _added(total, progress)
            self._adapt(batches.flow)
        self._settle()
        return total

    def check(self, rewritten: Collection[TableName]) -> None:
        """Refuse what `run` would refuse before its first batch; writes nothing."""
        if self.step.technique is Technique.FULL_REFRESH:
            refuse_append_only(self.dataset)
            return
        if self.checkpoint.epoch is None:
            refuse_unknown_rows(self.dataset, self.table)
            return
        if self.table.exists():
            self._metadata(self.table.snapshot(), is_new_epoch=False)
        flows = self._flows()
        refuse_renamed_flows(self.dataset, self.table, self.checkpoint, flows)
        refuse_other_sources(self.dataset, self.table, flows)
        for batches in flows:
            batches.check(self.table, rewritten)
            self._check_duplicates(batches)

    def _check_duplicates(self, batches: FlowBatches) -> None:
        """Refuse a flow that tells duplicates by other keys than before, be there new rows or not."""
        deduplication = self._deduplication(batches.flow, self.pipeline.analyzed(batches.flow))
        if deduplication is not None and not batches.is_finished(self.table):
            deduplication.check(batches.next_number(self.table))

    def _flows(self) -> list[FlowBatches]:
        """In order of definition, but what streams back rows that the others have set aside comes after them."""
        flows = self.pipeline.flows(self.dataset.name)
        return [self._batches(flow) for flow in sorted(flows, key=self.pipeline.repairs)]

    def _batches(self, flow: Flow) -> FlowBatches:
        position = self.checkpoint.flow(flow.name)
        return self.batches_of(flow)(self.pipeline, flow, position, self.writer.now, self.writer.reached)

    # --- batches ----------------------------------------------------------------------------------------------

    def _advance(self, batches: FlowBatches) -> FlowProgress:
        flow = batches.flow
        total = FlowProgress("RUNNING", 0, 0, technique=self.step.technique.value)
        is_repairing = self.pipeline.repairs(flow)
        if is_repairing and self._as_it_is()[1]:
            return total  # what is set aside goes, with the rows of before the full refresh
        while (batch := batches.next(self.table)) is not None:
            self._adapt(flow)
            started = time.perf_counter()
            written = self._run_batch(partial(self._attempt, batches, batch))
            seconds, result = time.perf_counter() - started, written.result
            counted = FlowProgress(
                "RUNNING", result.rows_in, written.rows, result.dropped, seconds, 1,
                self.step.technique.value, expectations.counts(self.dataset, result), written.ties,
            )  # fmt: skip
            total = _added(total, counted)
            self.writer.progress(flow, total)
            if flow.is_once or is_repairing:  # rows that it sets aside itself are for the next update
                break
        return total

    def _adapt(self, flow: Flow) -> None:
        """Fit the step to the columns that a function of snapshots gave last: each snapshot has its own."""
        if flow.changes is None or not flow.changes.calls_function or not self.table.exists():
            return
        snapshot = self.table.snapshot()
        if not self.checkpoint.is_begun(snapshot.transactions):
            return
        wanted, kind = self.pipeline.schema(self.dataset), self.pipeline.kind(self.dataset)
        facts = Facts(self.dataset, kind, exists=True, wanted=wanted, existing=snapshot.schema)
        self.step = replace(self.step, schema_change=schema_change(facts))
        self._widen()

    def _run_batch(self, begin: Callable[[], AbstractContextManager[Attempt]]) -> Written:
        def run_once() -> Written:
            with begin() as attempt:
                return self._run_once(attempt)

        try:
            return again_on_conflict(run_once)
        except CommitConflictError as error:
            if error.code != "already-committed":
                raise
            return Written("", WriteResult((), 0), ())  # another process has committed this very batch

    @contextmanager
    def _attempt(self, batches: FlowBatches, batch: BatchPlan) -> Iterator[Attempt]:
        """Look at the table, and bind what the batch reads, which is there while this is open."""
        flow, epoch = batches.flow, self.checkpoint.epoch or ""
        snapshot, is_new_epoch = self._as_it_is()
        metadata = self._metadata(snapshot, is_new_epoch)
        listener = self.writer.row_listener(flow)
        bound = BoundQuery(self.pipeline.analyzed(flow), batches.bind(batch), batch.now, listener)
        bound = joined(bound, batches, batch)
        with self._without_duplicates(flow, bound, batch.number) as rows:
            yield Attempt(
                self.dataset, flow, self.table, snapshot, is_new_epoch, metadata, write_target(self.table, metadata),
                rows, batch.number, epoch, batches.position.app_id, version_of(batch),
            )  # fmt: skip

    @contextmanager
    def _without_duplicates(self, flow: Flow, bound: BoundQuery, number: int) -> Iterator[BoundQuery]:
        deduplication = self._deduplication(flow, bound.query)
        if deduplication is None:
            yield bound
            return
        with deduplication.only_new(self.writer.engine, bound, number) as rows:
            self.writer.reached("deduplicated")
            yield rows

    def _deduplication(self, flow: Flow, analyzed: AnalyzedQuery) -> Deduplication | None:
        return Deduplication.of(self.pipeline.lake, self.dataset, flow, analyzed, self.checkpoint.epoch or "")

    def _run_once(self, attempt: Attempt) -> Written:
        """Carry out one batch in one commit."""
        writer, flow = self.writer, attempt.flow
        with writer.shared(self.dataset, flow, attempt.bound, attempt.number) as rows:
            written = self._write(replace(attempt, bound=rows), partial(self._blame_event, attempt))
            self._check_rules(attempt, written)
            writer.reached("written")
            info = writer.set_aside(
                self.dataset, flow, rows, written.result,
                is_fresh=attempt.is_new_epoch, number=attempt.number, app_id=attempt.app_id,
            )  # fmt: skip
        counted = writer.counted(self.dataset, written.result)
        attempt.commit(written, {**info, **counted})
        writer.keep_counts(self.dataset, counted)
        writer.reached("committed")
        return written

    def _write(self, attempt: Attempt, told: Blame) -> Written:
        """Write what the commit needs: the changes that the rows mean, or the rows."""
        changed = self.pipeline.change_table(self.dataset)
        if changed is None:
            return self._append(attempt)
        changes = Changes.of(self.pipeline.lake, self.writer.engine, attempt, changed, self.writer.reached, told)
        return changes.apply(self.pipeline.rules(self.dataset, attempt.flow))

    def _append(self, attempt: Attempt) -> Written:
        result = self.writer.write(self.dataset, attempt.flow, attempt.bound, attempt.target)
        return Written("STREAMING UPDATE", result, result.files, is_blind=not has_unique_key(self.dataset))

    def _check_rules(self, attempt: Attempt, written: Written) -> None:
        """Check the rules over the whole table on what it would hold.

        Raises:
            ExpectationError: `not-unique`, `too-few-rows`.
        """
        removed = {file.path for file in written.removes}
        existing = attempt.current.files if attempt.current is not None else ()
        files = [*(file for file in existing if file.path not in removed), *written.adds]
        changed = self.pipeline.change_table(self.dataset)
        has_history = changed is not None and changed.scd_type == 2
        settings = self.pipeline.settings(attempt.flow)
        check_table_rules(self.writer.engine, self.dataset, attempt.target, files, settings, has_history)

    def _blame_event(self, attempt: Attempt, error: DataError, row: Mapping[str, Any], column: str) -> None:
        read = [b for b in attempt.bound.bindings.values() if isinstance(b, FilesBinding)]
        behind = files_behind(self.pipeline, attempt.bound.query.reads.values())
        with contextlib.suppress(IngotError):  # a definition that fails for itself is told elsewhere
            blame_event(error, row, column, itertools.chain(read, behind))

    # --- the table --------------------------------------------------------------------------------------------

    def _as_it_is(self) -> tuple[Snapshot | None, bool]:
        """The table's newest version, if there is one, and whether its rows are of before a full refresh."""
        snapshot = self.table.snapshot() if self.table.exists() else None
        return snapshot, snapshot is not None and not self.checkpoint.is_begun(snapshot.transactions)

    def _metadata(self, snapshot: Snapshot | None, is_new_epoch: bool) -> TableMetadata:
        schema = self.pipeline.schema(self.dataset)
        if snapshot is not None and not is_new_epoch:
            schema = self.step.schema_change.schema if self.step.schema_change else snapshot.schema
        return table_metadata(self.pipeline, self.dataset, schema, snapshot, is_replaced=is_new_epoch)

    def _widen(self) -> None:
        """Rewrite what is stored under the wider types, in one commit that streams do not take for new rows."""
        widened = self.step.schema_change.widened if self.step.schema_change is not None else ()
        if not widened:
            return
        snapshot = self.table.snapshot()
        metadata = self._metadata(snapshot, is_new_epoch=False)
        result = self.writer.engine.copy(self._stored_rows(snapshot), write_target(self.table, metadata))
        change = TableChange(
            "CHANGE COLUMNS", adds=result.files, replace=True, metadata=metadata, data_change=False,
            parameters={"widened": ", ".join(widened)},
        )  # fmt: skip
        self.table.commit(change, snapshot)

    def _stored_rows(self, snapshot: Snapshot) -> Binding:
        """The rows of the table, with what only its files hold."""
        binding, hidden = snapshot.binding(), cdc.hidden_columns(snapshot.properties)
        if hidden is None:
            return binding
        if not isinstance(binding, SnapshotBinding) or self.writer.engine.lacking(binding, hidden.names[0]):
            raise cdc.lost_sequence(self.dataset.name.short)
        return cdc.with_hidden(binding, snapshot.properties)

    def _settle(self) -> None:
        """Create a table that got no rows; empty one whose new epoch brought none; add columns without rows."""
        snapshot, is_new_epoch = self._as_it_is()
        metadata = self._metadata(snapshot, is_new_epoch)
        if snapshot is not None and not is_new_epoch and metadata == snapshot.metadata:
            return
        if snapshot is None or is_new_epoch:
            target = write_target(self.table, metadata)
            check_table_rules(self.writer.engine, self.dataset, target, (), self.pipeline.settings())
        change = TableChange(
            "CREATE TABLE" if snapshot is None else "REPLACE TABLE" if is_new_epoch else "SET TBLPROPERTIES",
            replace=is_new_epoch,
            metadata=metadata,
            transaction=(f"epoch:{self.checkpoint.epoch}", 0) if snapshot is None or is_new_epoch else None,
            info=Quarantine(self.pipeline, self.dataset).clear() if is_new_epoch else {},
        )
        self.table.commit(change, snapshot)


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
