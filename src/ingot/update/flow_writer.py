"""Rows of a flow into files, under the rules of its dataset, whose quarantine gets what they keep out.

Owns what a commit notes of the rules. Never commits to the dataset's own table.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingot import expectations
from ingot.engine import BoundQuery, Engine, WriteResult, WriteTarget
from ingot.errors import DataError
from ingot.events import FlowProgress
from ingot.lake.checkpoint import state_folder
from ingot.model import Action, Dataset, Flow, TableName
from ingot.pipeline import Pipeline
from ingot.update.blame import blame
from ingot.update.one_evaluation import columns_of, gives_the_same_again, taken
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

    @contextmanager
    def shared(
        self, dataset: Dataset, flow: Flow, bound: BoundQuery, number: int | None = None
    ) -> Iterator[BoundQuery]:
        """The query for all who read its rows, table and quarantine, which must see the same ones.

        Args:
            dataset: Whose rules divide the rows.
            flow: What gives them.
            bound: The query.
            number: The batch; None for a materialized view.

        Raises:
            DataError: a value that does not fit, with the place that it comes from.
        """
        divides = any(rule.action is Action.QUARANTINE for rule in self.pipeline.rules(dataset, flow))
        if not divides or gives_the_same_again(bound.query):
            yield bound
            return
        quarantine = Quarantine(self.pipeline, dataset)
        rows, known = quarantine.with_origin(bound, flow.name, number, self.now()), quarantine.known_columns()
        with self._told(bound), taken(self.engine, rows, self._staging(dataset), known=known) as all_rows:
            yield columns_of(all_rows, bound.query.schema)

    def _staging(self, dataset: Dataset) -> Path:
        return state_folder(self.pipeline.lake.root, dataset.name) / "taken"

    def write(self, dataset: Dataset, flow: Flow, bound: BoundQuery, target: WriteTarget) -> WriteResult:
        """Write the rows that the dataset's rules let through.

        Raises:
            ExpectationError: a row breaks a rule that fails the update.
            DataError: a value that does not fit, with the place that it comes from.
        """
        with self._told(bound):
            result = self.engine.write(bound, target, self.pipeline.rules(dataset, flow))
        expectations.raise_if_failed(dataset, result)
        return result

    @contextmanager
    def _told(self, bound: BoundQuery) -> Iterator[None]:
        """Says of a value that does not fit where it comes from."""
        try:
            yield
        except DataError as error:
            blame(error, bound.query.query, bound.bindings)
            raise

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
