"""Carries out a unit test: one update a batch, in a folder that is gone afterwards.

What runs is what `ingot run` runs, on given rows. So expectations, quarantine, deduplication, declared columns and full
refreshes are the real ones. Never compares and never renders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingot.engine import Engine
from ingot.errors import IngotError, Location
from ingot.events import FlowProgress
from ingot.lake.table import Lake
from ingot.model import Definitions, Project
from ingot.pipeline import Pipeline
from ingot.types import StructType
from ingot.unit_tests.assumptions import AssumingCatalog, Assumptions
from ingot.unit_tests.given import GivenCatalog
from ingot.unit_tests.given_update import GivenUpdate
from ingot.unit_tests.inputs import Inputs
from ingot.unit_tests.specification import Batch, UnitTest
from ingot.update.kept_schemas import KeptSchemas
from ingot.update.snapshot_batches import last_versions


@dataclass(frozen=True)
class State:
    """What there is after a batch: the rows of the tested dataset, and what the batch did."""

    schema: StructType
    rows: Sequence[tuple[Any, ...]] = ()
    dropped: int = 0
    violations: dict[str, int] = field(default_factory=dict)
    error: IngotError | None = None


class Trial:
    """One unit test under way, in a folder of its own."""

    def __init__(
        self,
        project: Project,
        definitions: Definitions,
        base: AssumingCatalog,
        engine: Engine,
        test: UnitTest,
        folder: Path,
    ):
        self._project = replace(project, lake=folder / "lake")
        self._definitions = definitions
        self._base = base
        self._engine = engine
        self._test = test
        self._lake = Lake(self._project.lake, project.catalog)
        self._inputs = Inputs(project, folder)
        self._assumed = Assumptions()
        self._newest: GivenUpdate | None = None

    def advance(self, batch: Batch) -> State:
        """Carry out one update; an error of the update is part of the state.

        Raises:
            IngotError: what is wrong with the test itself.
        """
        self._inputs.add_batch(batch.given)
        update = self._newest = self._update(batch)
        error = None
        try:
            update.bring(update.dataset)
        except IngotError as found:
            if found.code in ("missing-input", "unknown-input"):
                raise
            error = found
        if error is None:
            update.refuse_unread()
        progress = update.done.get(update.dataset.name, FlowProgress("FAILED"))
        counts = {count["name"]: count["failed_records"] for count in progress.expectations}
        try:
            schema, rows = update.rows()
        except IngotError as found:
            return State(StructType(), error=error or found)
        return State(schema, rows, progress.rows_dropped, counts, error)

    def quarantined(self) -> State:
        """The rows that the dataset's rules have set aside."""
        assert self._newest is not None
        found = self._newest.quarantined()
        return State(StructType()) if found is None else State(*found)

    def select(self, text: str, location: Location | None) -> tuple[StructType, Any]:
        """The columns and rows of a query that reads nothing."""
        assert self._newest is not None
        return self._newest.catalog.select(text, location)

    def _update(self, batch: Batch) -> GivenUpdate:
        resets = set()
        kept = KeptSchemas(self._project, self._lake, self._engine, resets.__contains__)
        last, now = last_versions(self._lake, resets.__contains__), batch.now or self._test.now
        pipeline = Pipeline(
            self._project, self._definitions, self._lake, self._engine, kept.schema, last, now=lambda: now
        )
        catalog = GivenCatalog(pipeline, self._inputs, self._base.known, self._assumed, self._test.location)
        pipeline.catalog = catalog
        return GivenUpdate(pipeline, catalog, self._test, batch.is_full_refresh, resets)
