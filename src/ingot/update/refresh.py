"""Carries out the steps of an update: streaming tables are advanced, materialized views replaced, tables reset.

Never decides what to do (`plan`) and never renders anything.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection
from dataclasses import dataclass

from ingot.engine import Engine
from ingot.events import FlowProgress
from ingot.lake.checkpoint import TableCheckpoint
from ingot.model import Dataset, DatasetKind, Flow, TableName
from ingot.pipeline import Pipeline
from ingot.plan import Step
from ingot.update.flow_writer import FlowWriter, Reached
from ingot.update.refusals import refuse_append_only
from ingot.update.snapshot_batches import batches_of
from ingot.update.table_refresh import BatchesOf, TableRefresh
from ingot.update.view_refresh import ViewInfo, replace_view, view_info


@dataclass
class Refresh:
    """What refreshing a dataset needs.

    Attributes:
        now: Gives the instant of what begins.
        progress: Told how far a flow is.
        reached: Told each stage of a batch; tests die there.
        batches_of: What plans the batches of a flow.
        view_info: What a refresh of a view notes that it stands for.
    """

    pipeline: Pipeline
    engine: Engine
    now: Callable[[], datetime.datetime]
    progress: Callable[[Flow, FlowProgress], None]
    reached: Reached = lambda stage: None
    batches_of: BatchesOf = batches_of
    view_info: ViewInfo = view_info

    def __post_init__(self) -> None:
        self._writer = FlowWriter(self.pipeline, self.engine, self.now, self.progress, self.reached)

    def run(self, dataset: Dataset, step: Step) -> FlowProgress:
        """Bring one dataset up to date as its step says; returns the sum over its flows.

        Raises:
            IngotError: the reason for which it failed; what was committed before stays.
        """
        if step.kind is DatasetKind.MATERIALIZED_VIEW:
            return replace_view(self._writer, dataset, step, self.view_info)
        return self._table(dataset, step).run()

    def check(self, dataset: Dataset, step: Step, rewritten: Collection[TableName] = ()) -> None:
        """Refuse what `run` would refuse before its first batch; writes nothing.

        Args:
            dataset: What is to be brought up to date.
            step: How.
            rewritten: The tables whose rows this update replaces before.

        Raises:
            IngotError: the reason for which the dataset would fail.
        """
        if step.kind is DatasetKind.STREAMING_TABLE and step.does_work:
            self._table(dataset, step).check(rewritten)

    def reset(self, dataset: Dataset) -> None:
        """Start anew: positions are forgotten now, and the next commit to the table replaces its rows.

        Raises:
            PlanError: `append-only-table`, for a table whose rows must not be removed.
        """
        refuse_append_only(dataset)
        TableCheckpoint(self.pipeline.lake.root, dataset.name).start_epoch()
        self.reached("reset")

    def _table(self, dataset: Dataset, step: Step) -> TableRefresh:
        return TableRefresh(self._writer, dataset, step, self.batches_of)
