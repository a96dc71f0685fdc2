"""Carries out the steps of an update: streaming tables are advanced, materialized views replaced, tables reset.

Never decides what to do (`plan`) and never renders anything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ingot.events import FlowProgress
from ingot.lake.checkpoint import TableCheckpoint
from ingot.model import Dataset, DatasetKind, TableName
from ingot.plan import Step
from ingot.update.flow_writer import FlowWriter
from ingot.update.refusals import refuse_append_only
from ingot.update.snapshot_batches import batches_of
from ingot.update.table_refresh import BatchesOf, TableRefresh
from ingot.update.view_refresh import ViewInfo, replace_view, view_info


@dataclass
class Refresh:
    """What refreshing a dataset needs.

    Attributes:
        writer: Writes what the flows give.
        batches_of: What plans the batches of a flow.
        view_info: What a refresh of a view notes that it stands for.
    """

    writer: FlowWriter
    batches_of: BatchesOf = batches_of
    view_info: ViewInfo = view_info

    def run(self, dataset: Dataset, step: Step) -> FlowProgress:
        """Bring one dataset up to date as its step says; returns the sum over its flows.

        Raises:
            IngotError: the reason for which it failed; what was committed before stays.
        """
        if step.kind is DatasetKind.MATERIALIZED_VIEW:
            return replace_view(self.writer, dataset, step, self.view_info)
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
        TableCheckpoint(self.writer.pipeline.lake.root, dataset.name).start_epoch()
        self.writer.reached("reset")

    def _table(self, dataset: Dataset, step: Step) -> TableRefresh:
        return TableRefresh(self.writer, dataset, step, self.batches_of)
