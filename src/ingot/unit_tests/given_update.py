"""One update of a unit test: the tested dataset, and what lies between it and the given inputs, brought up to date.

Owns which dataset is tested, and in which order others are updated before it. Never compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import OneTable
from ingot.engine import BoundQuery, SnapshotBinding
from ingot.errors import ProjectError, as_ingot_error, near_hint
from ingot.events import FlowProgress
from ingot.lake.set_aside import quarantine_name
from ingot.lake.snapshot import Snapshot
from ingot.model import Dataset, DatasetKind, Query, TableName, TableRead, ValuesRead
from ingot.pipeline import Pipeline
from ingot.plan import Facts, Step, Technique, schema_change
from ingot.result import Result
from ingot.types import StructType
from ingot.unit_tests.given import GivenCatalog, given_batches
from ingot.unit_tests.specification import UnitTest
from ingot.update.flow_writer import FlowWriter
from ingot.update.quarantine import Quarantine
from ingot.update.refresh import Refresh

_ROUNDS_MAX = 1000
Rows = tuple[StructType, list[tuple[Any, ...]]]


class GivenUpdate:
    """Brings the tested dataset up to date; `done` tells what became of each dataset, `resets` which begin anew."""

    def __init__(
        self, pipeline: Pipeline, catalog: GivenCatalog, test: UnitTest, is_full_refresh: bool, resets: set[TableName]
    ):
        self.catalog = catalog
        self.dataset = _tested(pipeline, test)
        self.done: dict[TableName, FlowProgress] = {}
        self._pipeline = pipeline
        self._is_full_refresh = is_full_refresh
        self._resets = resets
        writer = FlowWriter(pipeline, pipeline.engine, pipeline.now, lambda flow, progress: None)
        self._refresh = Refresh(writer, batches_of=given_batches, view_info=_no_view_info)

    def bring(self, dataset: Dataset) -> None:
        """Bring a dataset up to date, after what it reads; what the test gives is left alone."""
        pipeline = self._pipeline
        if self._is_full_refresh:
            self._resets.add(dataset.name)
        self._compile(dataset)
        self._raise_failure(dataset)
        for round_ in range(2):
            for name in sorted(pipeline.dependencies().get(dataset.name, ())):
                upstream = pipeline.dataset(name)
                if upstream is not None and name not in self.done and not self._is_given(name, dataset):
                    self.bring(upstream)
            if dataset.name in pipeline.deferred and round_ == 0:
                pipeline.resume(dataset)
                self._raise_failure(dataset)
        self._note_streams(dataset)
        self.done[dataset.name] = self._step(dataset)

    def _is_given(self, name: TableName, reader: Dataset) -> bool:
        """Whether the test gives what a dataset reads of another one: its rows, or those that it has set aside."""
        if self.catalog.stands_for(name):
            return True
        built = self._pipeline.built_queries()
        reads = [read for flow, query in built if flow.target.key == reader.name.key for read in query.reads.values()]
        names = {read.name.key for read in reads if isinstance(read, TableRead)}
        aside = quarantine_name(name)
        return aside.key in names and name.key not in names and self.catalog.stands_for(aside)

    def refuse_unread(self) -> None:
        """A given input that nothing reads is a mistake in the test.

        Raises:
            ProjectError: `unknown-input`.
        """
        for given in self.catalog.inputs.all:
            if given.is_read:
                continue
            known = self.catalog.read_names()
            raise ProjectError(
                f"{self.dataset.name.short} does not read '{given.name}'",
                location=given.location,
                hint=near_hint(given.name, known, f"it reads {', '.join(known) or 'nothing'}"),
                code="unknown-input",
            )

    def _compile(self, dataset: Dataset) -> None:
        """Compile one dataset, and with it the columns of what it reads, those that must be assumed too."""
        pipeline = self._pipeline
        for _ in range(_ROUNDS_MAX):
            pipeline.compile_one(dataset)
            if not any(self.catalog.assumed.learn(error) for error in pipeline.failures.values()):
                return
            pipeline.forget()

    def _raise_failure(self, dataset: Dataset) -> None:
        failures = self._pipeline.failures
        error = failures.get(dataset.name)
        if error is None:
            return
        causes = [e for e in failures.values() if e.code not in ("upstream-failed", "skipped")]
        raise causes[0] if error.code == "upstream-failed" and causes else error

    def _note_streams(self, dataset: Dataset) -> None:
        for flow in self._pipeline.flows(dataset.name):
            for read in self._pipeline.analyzed(flow).reads.values():
                given = self.catalog.given(read)
                if given is not None and not isinstance(read, ValuesRead) and read.is_streaming:
                    given.is_streamed = True

    def _step(self, dataset: Dataset) -> FlowProgress:
        pipeline, refresh = self._pipeline, self._refresh
        kind = pipeline.kind(dataset)
        if kind is DatasetKind.TEMPORARY_VIEW:
            return FlowProgress("COMPLETED", 0, 0)
        if kind is DatasetKind.MATERIALIZED_VIEW:
            return refresh.run(dataset, Step(dataset.name, kind, Technique.FULL_RECOMPUTE, "a test"))
        table = pipeline.table(dataset.name)
        if self._is_full_refresh and table.exists():
            refresh.reset(dataset)
            return refresh.run(dataset, Step(dataset.name, kind, Technique.FULL_REFRESH, "asked for"))
        existing = table.snapshot().schema if table.exists() else None
        facts = Facts(dataset, kind, existing is not None, pipeline.schema(dataset), existing)
        return refresh.run(dataset, Step(dataset.name, kind, Technique.APPEND, "a test", schema_change(facts)))

    # --- rows ---------------------------------------------------------------------------------------------------

    def rows(self) -> Rows:
        """The columns and rows of the tested dataset; none while it has failed."""
        pipeline, dataset = self._pipeline, self.dataset
        if dataset.kind is DatasetKind.TEMPORARY_VIEW:
            if dataset.name in pipeline.failures:
                return StructType(), []
            query = self.catalog.view_of(TableRead(dataset.name, (dataset.name.table,)))
            assert query is not None
            analyzed = analyze(query, self.catalog, pipeline.settings())
            return analyzed.schema, Result(pipeline.rows(analyzed), analyzed.schema).fetchall()
        table = pipeline.table(dataset.name)
        return self._rows_of(table.snapshot()) if table.exists() else (StructType(), [])

    def quarantined(self) -> Rows | None:
        """The columns and rows that the dataset's rules have set aside."""
        snapshot = Quarantine(self._pipeline, self.dataset).visible()
        return None if snapshot is None else self._rows_of(snapshot)

    def _rows_of(self, snapshot: Snapshot) -> Rows:
        binding = snapshot.binding()
        if isinstance(binding, SnapshotBinding) and not binding.files:
            return snapshot.schema, []
        name = TableName("", "", "state")
        leaf = exp.Table(this=exp.to_identifier("__state", quoted=True))
        tree = exp.Select(expressions=[exp.Star()]).from_(leaf, copy=False)
        query = Query(tree, {"__state": TableRead(name, ("state",))})
        analyzed = analyze(query, OneTable(snapshot.schema), self._pipeline.settings())
        rows = self._pipeline.engine.collect(BoundQuery(analyzed, {"__state": binding}, self._pipeline.now()))
        return snapshot.schema, Result(rows, snapshot.schema).fetchall()


def _tested(pipeline: Pipeline, test: UnitTest) -> Dataset:
    """The dataset that a test names: with its schema, or alone where one dataset only has the name."""
    written = test.model
    parts = [part.strip("` ") for part in written.split(".")]
    if parts[0].lower() == "live" and len(parts) == 2:
        parts = parts[1:]
    name = pipeline.project.table_name(parts) if 1 <= len(parts) <= 3 and all(parts) else None
    if name is not None:
        if (dataset := pipeline.dataset(name)) is not None:
            return dataset
        if (error := pipeline.failure(name)) is not None:
            raise error
    alone = [dataset for dataset in pipeline.datasets if dataset.name.table.lower() == parts[-1].lower()]
    if len(alone) == 1 and len(parts) == 1:
        return alone[0]
    unread = next((failed for failed in pipeline.definitions.failed if failed.name is None), None)
    if unread is not None:  # the dataset may be defined there
        raise as_ingot_error(unread.error).at(unread.location)
    raise ProjectError(
        f"the project defines no dataset '{written}'",
        location=test.location,
        hint=near_hint(written, [d.name.short for d in pipeline.datasets], "see them with: ingot dry-run"),
        code="unknown-dataset",
    )


def _no_view_info(pipeline: Pipeline, dataset: Dataset, stored: Mapping[str, str]) -> dict[str, Any]:
    """Nothing: each batch computes its views anew."""
    return {}
