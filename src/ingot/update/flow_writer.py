"""Rows of a flow into files, under the rules of its dataset, whose quarantine gets what they keep out.

Owns what a commit notes of the rules. Never commits to the dataset's own table.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingot import expectations
from ingot.engine import BoundQuery, Engine, WriteResult, WriteTarget
from ingot.errors import DataError
from ingot.events import FlowProgress
from ingot.model import Action, Dataset, Flow, TableName
from ingot.pipeline import Pipeline
from ingot.update.blame import blame
from ingot.update.quarantine import Quarantine

Reached = Callable[[str], None]


@dataclass
class FlowWriter:
    """Writes what the flows of an update give.

    Attributes:
        now: Gives the instant of what begins.
        progress: Told how far a flow is.
        reached: Told each stage of a batch; tests die there.
    """

    pipeline: Pipeline
    engine: Engine
    now: Callable[[], datetime.datetime]
    progress: Callable[[Flow, FlowProgress], None]
    reached: Reached = lambda stage: None
    _counts: dict[TableName, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def row_listener(self, flow: Flow) -> Callable[[int], None]:
        """Shows how many rows the user's functions have gone through, for they may take their time."""
        return lambda rows: self.progress(flow, FlowProgress("RUNNING", rows, 0))

    def write(self, dataset: Dataset, flow: Flow, bound: BoundQuery, target: WriteTarget) -> WriteResult:
        """Write the rows that the dataset's rules let through.

        Raises:
            ExpectationError: a row breaks a rule that fails the update.
            DataError: a value that does not fit, with the place that it comes from.
        """
        try:
            result = self.engine.write(bound, target, self.pipeline.rules(dataset, flow))
        except DataError as error:
            blame(error, bound.query.query, bound.bindings)
            raise
        expectations.raise_if_failed(dataset, result)
        return result

    def set_aside(
        self,
        dataset: Dataset,
        flow: Flow,
        bound: BoundQuery,
        result: WriteResult,
        *,
        is_fresh: bool,
        number: int | None = None,
        app_id: str | None = None,
    ) -> dict[str, Any]:
        """Set the violating rows aside, before the table's own commit; what to note in that commit.

        Args:
            dataset: Whose rules they broke.
            flow: What gives the rows.
            bound: The query that `result` came of.
            result: What writing it counted.
            is_fresh: Whether the table's commit replaces its rows.
            number: The batch; None for a materialized view.
            app_id: The flow's epoch; None for a materialized view.
        """
        rules = [r for r in self.pipeline.rules(dataset, flow) if r.action is Action.QUARANTINE]
        quarantine = Quarantine(self.pipeline, dataset)
        if not rules and not quarantine.table.exists():
            return {}
        noted = quarantine.write(
            self.engine, bound, rules, result,
            flow=flow.name, app_id=app_id, number=number, is_fresh=is_fresh, at=self.now(),
        )  # fmt: skip
        self.reached("quarantined")
        return noted

    def counted(self, dataset: Dataset, result: WriteResult) -> dict[str, Any]:
        """What `status` shows of the expectations, noted with a commit: the sum over this update's batches so far."""
        if not dataset.expectations:
            return {}
        before = self._counts.get(dataset.name, ())
        return {"expectations": expectations.add_counts(before, expectations.counts(dataset, result))}

    def keep_counts(self, dataset: Dataset, counted: Mapping[str, Any]) -> None:
        """Let what a commit has noted be the sum that the next batch adds to."""
        self._counts[dataset.name] = counted.get("expectations", ())
