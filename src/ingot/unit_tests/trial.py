"""Carries out a unit test: the tested dataset, and what lies between it and the given inputs, updated batch by batch.

What runs is what `ingot run` runs, on given rows and in a folder that is gone afterwards. So expectations,
quarantine, deduplication, declared columns and full refreshes are the real ones. Never compares and never renders.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlglot import exp

from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import AnalyzedQuery, OneTable
from ingot.cdc.versions import Version
from ingot.engine import Binding, BoundQuery, Engine, SnapshotBinding, SourceFile
from ingot.errors import IngotError, Location, ProjectError, as_ingot_error, near_hint
from ingot.events import FlowProgress
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake
from ingot.model import (
    Dataset,
    DatasetKind,
    Definitions,
    FileRead,
    Flow,
    Project,
    Query,
    Read,
    TableName,
    TableRead,
    ValuesRead,
)
from ingot.pipeline import Pipeline, catalog
from ingot.plan import Facts, Step, Technique, schema_change
from ingot.result import Result
from ingot.streams import Offset, Stream
from ingot.types import StructType
from ingot.unit_tests.assumptions import AssumingPipeline, Assumptions
from ingot.unit_tests.elsewhere import as_written
from ingot.unit_tests.inputs import Input, Inputs
from ingot.unit_tests.specification import Batch, UnitTest
from ingot.update.batches import FlowBatches
from ingot.update.flow_writer import FlowWriter
from ingot.update.kept_schemas import KeptSchemas
from ingot.update.quarantine import Quarantine
from ingot.update.refresh import Refresh
from ingot.update.snapshot_batches import SnapshotBatches, batches_of, last_versions

_ROUNDS_MAX = 1000


@dataclass(frozen=True)
class State:
    """What there is after a batch: the rows of the tested dataset, and what the batch did."""

    schema: StructType
    rows: Sequence[tuple[Any, ...]] = ()
    dropped: int = 0
    violations: dict[str, int] = field(default_factory=dict)
    error: IngotError | None = None


@dataclass
class GivenPipeline(Pipeline):
    """A pipeline in which given rows and files stand for what the definitions read."""

    inputs: Inputs = field(kw_only=True)
    test: UnitTest = field(kw_only=True)
    base: AssumingPipeline = field(kw_only=True)
    assumed: Assumptions = field(kw_only=True)
    now: datetime.datetime = field(kw_only=True)

    def query(self, flow: Flow) -> Query:
        """The flow's query, its reads of given files led to these."""
        if flow.name not in self._queries:
            query = super().query(flow)
            reads = {leaf: self._moved(read) for leaf, read in query.reads.items()}
            self._queries[flow.name] = replace(query, reads=reads)
        return self._queries[flow.name]

    def schema_of(self, read: Read, flow: Flow | None) -> StructType:
        """The columns of a leaf.

        Raises:
            ProjectError: `missing-input`, for a leaf that the test gives nothing for.
        """
        read = self._moved(read)
        given = self.given(read)
        if given is not None and not isinstance(read, ValuesRead):
            schema = given.schema(read, self.base.known, self.select)
            return self.assumed.of(read, schema) if given.is_open else schema
        if isinstance(read, FileRead) and not self._is_below_inputs(read):
            raise self._missing(read.path, flow, read.location)
        if isinstance(read, TableRead) and self.dataset(read.name) is None:
            raise self._missing(".".join(read.parts), flow, read.location)
        return super().schema_of(read, flow)

    def view_of(self, read: Read) -> Query | None:
        """The query of a temporary view that the test does not give."""
        is_table = isinstance(read, TableRead) and self.dataset(read.name) is not None
        return super().view_of(read) if is_table and self.given(read) is None else None

    def bind(self, read: Read) -> Binding:
        """What a leaf has: all rows so far of an input that something streams, else those of its newest batch."""
        read = self._moved(read)
        given = self.given(read)
        if given is None or isinstance(read, ValuesRead):
            return super().bind(read)
        schema = self.schema_of(read, None)
        start = 0 if given.is_streamed else given.newest
        return given.binding(read, schema, self.select, start, self.inputs.count)

    def rows(self, analyzed: Any, limit: int | None = None) -> Any:
        """The rows of an analyzed query at the test's instant."""
        bindings = {leaf: self.bind(read) for leaf, read in analyzed.reads.items()}
        return self.engine.collect(BoundQuery(analyzed, bindings, self.now), limit)

    def given(self, read: Read) -> Input | None:
        """The given rows that stand for a read."""
        found = None if isinstance(read, ValuesRead) else self.inputs.find(read)
        return None if found is None or found.has_files else found

    def files(self, read: FileRead) -> list[SourceFile]:
        """The files of a read."""
        moved = self._moved(read)
        assert isinstance(moved, FileRead)
        return super().files(moved)

    def read_names(self) -> list[str]:
        """What the flows that were compiled read, as a test names it."""
        found: dict[str, None] = {}
        for query in self._queries.values():
            for read in query.reads.values():
                if isinstance(read, TableRead):
                    found[read.name.short] = None
                elif isinstance(read, FileRead):
                    found[_shown(read.path, self.project.root)] = None
        return list(found)

    def prepare(self, dataset: Dataset) -> None:
        """Compile one dataset, and with it the columns of what it reads."""
        for _ in range(_ROUNDS_MAX):
            self._compile(dataset)
            if not any(self.assumed.learn(error) for error in self.failures.values()):
                return
            self._analyzed.clear()
            self._schemas.clear()
            self.failures.clear()

    def select(self, text: str, location: Location | None) -> tuple[StructType, Any]:
        """The columns and rows of a query that reads nothing: `format: sql`."""
        from ingot.definitions.reads import Names, mark_reads
        from ingot.sql import parse_statement

        tree = parse_statement(text.strip().rstrip(";"), location)
        if not isinstance(tree, exp.Query):
            raise ProjectError("`format: sql` takes a query", location=location, hint="SELECT 1 AS id", code="usage")
        query = mark_reads(tree, Names(self.project), location)
        if query.reads:
            raise ProjectError(
                "rows by `format: sql` cannot read tables", location=location, hint="SELECT 1 AS id", code="usage"
            )
        analyzed = analyze(query, catalog(self), self.settings())
        return analyzed.schema, Result(self.rows(analyzed), analyzed.schema).fetchall()

    def _moved(self, read: Read) -> Read:
        found = self.inputs.find(read) if isinstance(read, FileRead) else None
        return self.inputs.moved(read, found) if isinstance(read, FileRead) and found and found.has_files else read

    def _is_below_inputs(self, read: FileRead) -> bool:
        return any(one.folder is not None and Path(read.path).is_relative_to(one.folder) for one in self.inputs.all)

    def _missing(self, name: str, flow: Flow | None, place: Location | None) -> ProjectError:
        shown = _shown(name, self.project.root)
        reader = f", which {flow.target.short} reads" if flow is not None else ""
        at = f" at {place.relative_to(self.project.root)}" if place is not None and reader else ""
        return ProjectError(
            f"the test gives no rows for '{shown}'{reader}{at}",
            location=self.test.location,
            hint=f"add below `given`: - {{input: {shown}, rows: []}}",
            code="missing-input",
        )


def _shown(path: str, root: Path) -> str:
    """A path as a definition writes it."""
    return str(Path(path).relative_to(root)) if Path(path).is_relative_to(root) else as_written(path)


@dataclass
class GivenStream:
    """A streaming leaf whose rows a test gives: an offset is a range of the test's batches."""

    key: str
    read: TableRead | FileRead
    given: Input
    pipeline: GivenPipeline

    def next(self, done: Iterable[Offset]) -> Offset | None:
        last = next(iter(list(done)[-1:]), None)
        start, end = (0 if last is None else last["to"]), self.pipeline.inputs.count
        if last is not None and not self.given.has_rows(start, end):
            return None
        return {"from": start, "to": end, "files": []}

    def bind(self, offset: Offset | None) -> Binding:
        start, end = (offset["from"], offset["to"]) if offset else (0, 0)
        schema = self.pipeline.schema_of(self.read, None)
        return self.given.binding(self.read, schema, self.pipeline.select, start, end)

    def bind_until(self, done: Offset | None, more: Offset | None = None) -> Binding:
        """See `LastingStream`."""
        last = more or done
        return self.bind({"from": 0, "to": last["to"]} if last else None)

    def merge(self, done: Iterable[Offset]) -> Offset:
        return list(done)[-1]


class GivenBatches(FlowBatches):
    """The batches of a flow that reads given rows."""

    def pin(self, read: Read) -> Any:
        return None if self._given_pipeline.given(read) is not None else super().pin(read)

    def make_stream(self, read: Read, key: str) -> Stream:
        given = self._given_pipeline.given(read)
        if given is None or isinstance(read, ValuesRead):
            return super().make_stream(read, key)
        return GivenStream(key, read, given, self._given_pipeline)

    @property
    def _given_pipeline(self) -> GivenPipeline:
        assert isinstance(self.pipeline, GivenPipeline)
        return self.pipeline


class GivenSnapshots(GivenBatches, SnapshotBatches):
    """The snapshots of a flow that reads given rows: each batch of the test is one."""

    def folder(self, offset: Offset) -> Version:
        """The folder of files that the test gives; of rows the number of the batch stands for its name."""
        return Version(f"{offset['to']:04}") if "to" in offset else super().folder(offset)

    def is_settled(self, analyzed: AnalyzedQuery) -> bool:
        """Never: given rows are not among the inputs that are looked at."""
        return False


def _given_batches(flow: Flow) -> type[FlowBatches]:
    return GivenSnapshots if issubclass(batches_of(flow), SnapshotBatches) else GivenBatches


def _no_view_info(pipeline: Pipeline, dataset: Dataset, stored: Mapping[str, str]) -> dict[str, Any]:
    """Nothing: each batch computes its views anew."""
    return {}


class Trial:
    """One unit test under way, in a folder of its own."""

    def __init__(
        self,
        project: Project,
        definitions: Definitions,
        base: AssumingPipeline,
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
        self._pipeline: GivenPipeline | None = None
        self._dataset: Dataset | None = None
        self._assumed = Assumptions()

    def advance(self, batch: Batch) -> State:
        """Carry out one update; an error of the update is part of the state.

        Raises:
            IngotError: what is wrong with the test itself.
        """
        self._inputs.add_batch(batch.given)
        now = batch.now or self._test.now
        resets: set[TableName] = set()
        kept = KeptSchemas(self._project, self._lake, self._engine, resets.__contains__)
        pipeline = GivenPipeline(
            self._project, self._definitions, self._lake, self._engine, kept.schema,
            last_versions(self._lake, resets.__contains__),
            inputs=self._inputs, test=self._test, base=self._base, assumed=self._assumed, now=now,
        )  # fmt: skip
        self._pipeline = pipeline
        self._dataset = self._find(pipeline)
        writer = FlowWriter(pipeline, self._engine, lambda: now, lambda flow, progress: None)
        refresh = Refresh(writer, batches_of=_given_batches, view_info=_no_view_info)
        done: dict[TableName, FlowProgress] = {}
        error = None
        try:
            self._bring(self._dataset, pipeline, refresh, batch, done, resets)
        except IngotError as found:
            if found.code in ("missing-input", "unknown-input"):
                raise
            error = found
        progress = done.get(self._dataset.name, FlowProgress("FAILED"))
        if error is None:
            self._refuse_unread(pipeline, self._dataset)
        counts = {count["name"]: count["failed_records"] for count in progress.expectations}
        try:
            schema, rows = self._rows(self._dataset)
        except IngotError as found:
            return State(StructType(), error=error or found)
        return State(schema, rows, progress.rows_dropped, counts, error)

    def quarantined(self) -> State:
        """The rows that the dataset's rules have set aside."""
        assert self._pipeline is not None and self._dataset is not None
        snapshot = Quarantine(self._pipeline, self._dataset).visible()
        return State(StructType()) if snapshot is None else State(snapshot.schema, self._snapshot_rows(snapshot))

    def select(self, text: str, location: Location | None) -> tuple[StructType, Any]:
        """The columns and rows of a query that reads nothing."""
        assert self._pipeline is not None
        return self._pipeline.select(text, location)

    # --- the datasets in between ------------------------------------------------------------------------------

    def _find(self, pipeline: Pipeline) -> Dataset:
        written = self._test.model
        parts = [part.strip("` ") for part in written.split(".")]
        if parts[0].lower() == "live" and len(parts) == 2:
            parts = parts[1:]
        name = self._project.table_name(parts) if 1 <= len(parts) <= 3 and all(parts) else None
        dataset = pipeline.dataset(name) if name else None
        if dataset is not None:
            return dataset
        for failed, error in pipeline.failures.items():
            if name is not None and failed.key == name.key:
                raise error
        known = [d.name.short for d in pipeline.datasets]
        alone = [d.name for d in pipeline.datasets if d.name.table.lower() == parts[-1].lower()]
        if len(alone) == 1 and len(parts) == 1:
            dataset = pipeline.dataset(alone[0])
            assert dataset is not None
            return dataset
        unread = next((f for f in self._definitions.failed if f.name is None), None)
        if unread is not None:  # the dataset may be defined there
            raise as_ingot_error(unread.error).at(unread.location)
        raise ProjectError(
            f"the project defines no dataset '{written}'",
            location=self._test.location,
            hint=near_hint(written, known, "see them with: ingot dry-run"),
            code="unknown-dataset",
        )

    def _bring(
        self,
        dataset: Dataset,
        pipeline: GivenPipeline,
        refresh: Refresh,
        batch: Batch,
        done: dict[TableName, FlowProgress],
        resets: set[TableName],
    ) -> None:
        """Bring a dataset up to date, after what it reads; what the test gives is left alone."""
        if batch.is_full_refresh:
            resets.add(dataset.name)
        pipeline.prepare(dataset)
        self._raise_failure(pipeline, dataset)
        for round_ in range(2):
            for name in sorted(pipeline.dependencies().get(dataset.name, ())):
                upstream = pipeline.dataset(name)
                read = TableRead(name, (name.table,))
                if upstream is not None and name not in done and pipeline.given(read) is None:
                    self._bring(upstream, pipeline, refresh, batch, done, resets)
            if dataset.name in pipeline.deferred and round_ == 0:
                pipeline.resume(dataset)
                self._raise_failure(pipeline, dataset)
        self._note_streams(pipeline, dataset)
        done[dataset.name] = self._step(dataset, pipeline, refresh, batch)

    def _raise_failure(self, pipeline: Pipeline, dataset: Dataset) -> None:
        error = pipeline.failures.get(dataset.name)
        if error is None:
            return
        causes = [e for e in pipeline.failures.values() if e.code not in ("upstream-failed", "skipped")]
        raise causes[0] if error.code == "upstream-failed" and causes else error

    def _refuse_unread(self, pipeline: GivenPipeline, dataset: Dataset) -> None:
        """A given input that nothing reads is a mistake in the test."""
        for given in self._inputs.all:
            if given.is_read:
                continue
            raise ProjectError(
                f"{dataset.name.short} does not read '{given.name}'",
                location=given.location,
                hint=near_hint(
                    given.name, pipeline.read_names(), f"it reads {', '.join(pipeline.read_names()) or 'nothing'}"
                ),
                code="unknown-input",
            )

    def _note_streams(self, pipeline: GivenPipeline, dataset: Dataset) -> None:
        for flow in pipeline.flows(dataset.name):
            for read in pipeline.analyzed(flow).reads.values():
                given = pipeline.given(read)
                if given is not None and not isinstance(read, ValuesRead) and read.is_streaming:
                    given.is_streamed = True

    def _step(self, dataset: Dataset, pipeline: Pipeline, refresh: Refresh, batch: Batch) -> FlowProgress:
        kind = pipeline.kind(dataset)
        if kind is DatasetKind.TEMPORARY_VIEW:
            return FlowProgress("COMPLETED", 0, 0)
        if kind is DatasetKind.MATERIALIZED_VIEW:
            return refresh.run(dataset, Step(dataset.name, kind, Technique.FULL_RECOMPUTE, "a test"))
        table = pipeline.table(dataset.name)
        if batch.is_full_refresh and table.exists():
            refresh.reset(dataset)
            return refresh.run(dataset, Step(dataset.name, kind, Technique.FULL_REFRESH, "asked for"))
        existing = table.snapshot().schema if table.exists() else None
        facts = Facts(dataset, kind, existing is not None, pipeline.schema(dataset), existing)
        return refresh.run(dataset, Step(dataset.name, kind, Technique.APPEND, "a test", schema_change(facts)))

    # --- rows ---------------------------------------------------------------------------------------------------

    def _rows(self, dataset: Dataset) -> tuple[StructType, list[tuple[Any, ...]]]:
        pipeline = self._pipeline
        assert pipeline is not None
        if dataset.kind is DatasetKind.TEMPORARY_VIEW:
            if dataset.name in pipeline.failures:
                return StructType(), []
            query = pipeline.view_of(TableRead(dataset.name, (dataset.name.table,)))
            assert query is not None
            analyzed = analyze(query, catalog(pipeline), pipeline.settings())
            return analyzed.schema, Result(pipeline.rows(analyzed), analyzed.schema).fetchall()
        table = pipeline.table(dataset.name)
        if not table.exists():
            return StructType(), []
        snapshot = table.snapshot()
        return snapshot.schema, self._snapshot_rows(snapshot)

    def _snapshot_rows(self, snapshot: Snapshot) -> list[tuple[Any, ...]]:
        pipeline = self._pipeline
        assert pipeline is not None
        binding = snapshot.binding()
        if isinstance(binding, SnapshotBinding) and not binding.files:
            return []
        name = TableName("", "", "state")
        leaf = exp.Table(this=exp.to_identifier("__state", quoted=True))
        tree = exp.Select(expressions=[exp.Star()]).from_(leaf, copy=False)
        query = Query(tree, {"__state": TableRead(name, ("state",))})
        analyzed = analyze(query, OneTable(snapshot.schema), pipeline.settings())
        rows = self._engine.collect(BoundQuery(analyzed, {"__state": binding}, pipeline.now))
        return Result(rows, snapshot.schema).fetchall()
