"""A project's definitions against the lake: each flow's query built, analyzed and given its place in the order.

Owns which dataset fails with which error: a bad definition fails alone. What stands behind the reads of queries is the
catalog's. Never writes, and never decides what an update does.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ingot import cdc
from ingot.analysis.analyzer import analyze, check_output_names
from ingot.analysis.typed import AnalyzedQuery, Settings
from ingot.cdc.definition import check_declared
from ingot.definitions.loading import Answers, answering
from ingot.engine import BoundQuery, Engine, Rule, SourceFile
from ingot.errors import GraphError, IngotError, as_ingot_error, unexpected
from ingot.expectations import compile_rules
from ingot.lake import set_aside
from ingot.lake.foreign import open_foreign
from ingot.lake.table import Lake, Table
from ingot.model import Dataset, DatasetKind, Definitions, FileRead, Flow, Project, Query, Read, TableName, TableRead
from ingot.pipeline import graph, snapshots
from ingot.pipeline.catalog import DEFERRED, ProjectCatalog, is_path
from ingot.pipeline.dataset_checks import check_flow, check_kind, check_storable
from ingot.pipeline.flow_queries import with_generated
from ingot.pipeline.flow_schemas import schema_of_flows
from ingot.pipeline.listings import Listings
from ingot.types import StructType

Key = tuple[str, str, str]
Files = Callable[[FileRead], list[SourceFile]]


@dataclass
class Pipeline:
    """Compiles on demand and once.

    `kept_schema` gives the kept schema of a file stream, if it has one, `last_version` the version of the last snapshot
    of a flow whose function gives them. `deferred` are datasets whose query asks for rows of others while it is built
    (`collect()`, `count()`), and what reads these: they can be compiled only when the others are up to date (`resume`).
    Another `catalog` may take the place of the project's before anything is compiled.
    """

    project: Project
    definitions: Definitions
    lake: Lake
    engine: Engine
    kept_schema: Callable[[Flow, FileRead, Files, Collection[Read]], StructType | None] = lambda *_: None
    last_version: Callable[[Flow], Any] = lambda flow: None
    failures: dict[TableName, IngotError] = field(default_factory=dict)
    deferred: set[TableName] = field(default_factory=set)
    failed_sources: dict[str, IngotError] = field(default_factory=dict)  # by the folder or file that is not there
    may_collect: bool = False
    is_for_queries: bool = False  # reads the lake only: the project's definitions are not loaded
    now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC)
    _asked: dict[TableName, set[TableName]] = field(default_factory=dict)
    _queries: dict[str, Query] = field(default_factory=dict)
    _analyzed: dict[str, AnalyzedQuery] = field(default_factory=dict)
    _schemas: dict[Key, StructType] = field(default_factory=dict)
    _open: list[TableName] = field(default_factory=list)
    listings: Listings = field(init=False)
    catalog: ProjectCatalog = field(init=False)

    def __post_init__(self) -> None:
        self.listings = Listings(self.lake.root)
        self.catalog = ProjectCatalog(self)
        self._datasets = {name.key: dataset for name, dataset in self.definitions.datasets.items()}
        self._flows: dict[Key, list[Flow]] = {}
        for flow in self.definitions.flows:
            self._flows.setdefault(flow.target.key, []).append(flow)
        for failed in self.definitions.failed:
            if failed.name is not None:
                self.failures[failed.name] = as_ingot_error(failed.error).at(failed.location)

    # --- what there is ---------------------------------------------------------------------------------------

    @property
    def datasets(self) -> list[Dataset]:
        return list(self.definitions.datasets.values())

    def dataset(self, name: TableName) -> Dataset | None:
        return self._datasets.get(name.key)

    def failure(self, name: TableName) -> IngotError | None:
        """What is known to be wrong with a dataset, whose definition may not even have been understood."""
        return next((error for failed, error in self.failures.items() if failed.key == name.key), None)

    def flows(self, name: TableName) -> list[Flow]:
        """The flows into a dataset, in order of definition."""
        return self._flows.get(name.key, [])

    def table(self, name: TableName) -> Table:
        """The Delta table of a name, as readers are to see it; `delta.`/path`` names a folder."""
        return open_foreign(Path(name.table), name) if is_path(name) else set_aside.readable(self.lake, name)

    def settings(self, flow: Flow | None = None) -> Settings:
        """Spark's configuration as far as it changes a query's meaning: the project's, then the flow's own."""
        values = {**self.project.configuration, **(flow.configuration if flow else {})}
        ansi = str(values.get("spark.sql.ansi.enabled", "true")).lower() == "true"
        return Settings(ansi=ansi, time_zone=str(values.get("spark.sql.session.timeZone", "UTC")))

    # --- compiling -------------------------------------------------------------------------------------------

    def compile(self) -> list[TableName]:
        """Analyze everything; what fails is noted in `failures`. Returns the datasets in order of execution."""
        for dataset in self.datasets:
            if dataset.name not in self.failures:
                self.compile_one(dataset)
        reads = self.dependencies()
        settled = {name for name in reads if name not in self.deferred}
        edges = {
            name: set() if name in self.failures else read | settled if name in self.deferred else read
            for name, read in reads.items()
        }
        return graph.order(edges, {d.name: d.location for d in self.datasets})

    def resume(self, dataset: Dataset) -> None:
        """Compile a dataset that was deferred, now that what it reads is up to date."""
        self.deferred.discard(dataset.name)
        self._schemas.pop(dataset.name.key, None)
        self.may_collect = True
        self.compile_one(dataset)

    def compile_one(self, dataset: Dataset) -> None:
        """Analyze one dataset, and with it the columns of what it reads; what is wrong is noted."""
        try:
            for flow in self.flows(dataset.name):
                self.analyzed(flow)
            self._check(dataset)
        except IngotError as error:
            if error.code == DEFERRED:
                self.deferred.add(dataset.name)
            else:
                self.fail(dataset, error)
        except Exception as error:  # the flow boundary: a bug that one definition meets must not stop the others
            self.fail(dataset, unexpected(error, dataset.location))

    def fail(self, dataset: Dataset, error: IngotError) -> None:
        """Note what is wrong with a dataset; the first error counts, and not before all of its query was looked at."""
        if dataset.name not in self._open:
            self.failures.setdefault(dataset.name, error)

    def forget(self) -> None:
        """Let everything be typed anew, for columns of inputs have changed; queries stay as they were built."""
        self._analyzed.clear()
        self._schemas.clear()
        self.failures.clear()

    def _check(self, dataset: Dataset) -> None:
        kind, flows = self.kind(dataset), self.flows(dataset.name)
        check_kind(dataset, kind, flows)
        if kind is not DatasetKind.TEMPORARY_VIEW:
            check_storable(dataset, self.schema(dataset))
        for flow in flows:
            analyzed = self.analyzed(flow)
            check_flow(dataset, kind, flow, analyzed)
            self.engine.check(analyzed)
            self.rules(dataset, flow)
        if (changed := self.change_table(dataset)) is not None:
            check_declared(dataset, changed)
        snapshots.check_flows(dataset, flows, self.analyzed)
        if changed is not None:
            cdc.tombstone_retention(dataset)

    def rules(self, dataset: Dataset, flow: Flow) -> tuple[Rule, ...]:
        """The dataset's expectations, typed over the columns that a flow gives.

        Raises:
            AnalysisError: a condition that does not fit them.
        """
        analyzed, functions = self.analyzed(flow), self.query(flow).functions
        changed = self.change_table(dataset)
        if changed is not None:
            return cdc.event_rules(dataset, flow, changed, analyzed, functions)
        return compile_rules(dataset.expectations, analyzed.schema, analyzed.settings, functions)

    def change_table(self, dataset: Dataset) -> cdc.ChangeTable | None:
        """What the changes of AUTO CDC flows are applied to; None for a dataset without any."""
        flows = [flow for flow in self.flows(dataset.name) if flow.changes is not None]
        events = [(flow.changes, self.analyzed(flow).schema) for flow in flows if flow.changes is not None]
        return cdc.table_of_flows(dataset.name.short, events) if events else None

    def query(self, flow: Flow) -> Query:
        """The flow's query, with what its definition adds.

        Raises:
            IngotError: what is wrong with the definition, or what the user's Python raised.
        """
        if flow.name not in self._queries:
            try:
                last = self.last_version(flow)
                with answering(Answers(self.catalog.of(flow), self.settings(flow), self.collect, last)):
                    query = flow.build()
            except IngotError as error:
                raise error.at(flow.location) from error.__cause__
            except Exception as error:  # what user code raises is an IngotError by now
                raise unexpected(error, flow.location) from error
            if self.definitions.functions and not query.functions:
                query = replace(query, functions=dict(self.definitions.functions))
            if flow.changes is not None:
                table = self.lake.table(flow.target)
                query = snapshots.events_query(flow.changes, query, table, partial(self._reads_stream, flow))
            dataset = self.dataset(flow.target)
            query = with_generated(query, dataset) if dataset is not None else query
            self._queries[flow.name] = self.catalog.redirected(query)
        return self._queries[flow.name]

    def reads_of(self, flow: Flow) -> Collection[Read]:
        """What the flow's query reads; nothing while the definition is still asked for it."""
        return self._queries[flow.name].reads.values() if flow.name in self._queries else ()

    def analyzed(self, flow: Flow) -> AnalyzedQuery:
        """The flow's query, typed."""
        if flow.name not in self._analyzed and flow.target in self._open:
            path = [*self._open[self._open.index(flow.target) :], flow.target]
            raise graph.cycle_error(path, flow.location)
        return self._typed(flow)

    def setting_aside(self, dataset: Dataset) -> list[AnalyzedQuery]:
        """The flows whose rows may be set aside, typed; to one that streams them back its like are unknown."""
        flows = self.flows(dataset.name)
        if self._open[-1:] != [dataset.name] or self._open.count(dataset.name) > 1:
            return [self.analyzed(flow) for flow in flows]
        for flow in flows:
            self.query(flow)
        return [self._typed(flow) for flow in flows if not self.repairs(flow)]

    def _typed(self, flow: Flow) -> AnalyzedQuery:
        if flow.name not in self._analyzed:
            self._open.append(flow.target)
            try:
                query = self.query(flow)
                self._analyzed[flow.name] = analyze(query, self.catalog.of(flow), self.settings(flow))
            except IngotError as error:
                raise error.at(flow.location) from error.__cause__
            finally:
                self._open.pop()
        return self._analyzed[flow.name]

    def _reads_stream(self, flow: Flow, source: Query) -> bool:
        return analyze(source, self.catalog.of(flow), self.settings(flow)).is_streaming

    def ask_again(self, dataset: Dataset, flow: Flow) -> None:
        """Have the flow's function give its next snapshot, now that the table follows the last one."""
        for known in (self._queries, self._analyzed):
            known.pop(flow.name, None)
        self._schemas.pop(flow.target.key, None)
        self.may_collect = True
        self._check(dataset)

    # --- kinds, schemas, dependencies ------------------------------------------------------------------------

    def kind(self, dataset: Dataset) -> DatasetKind:
        """What the dataset is; for a Python `@table` it follows from what its query reads, as in Lakeflow."""
        if dataset.kind is not None:
            return dataset.kind
        flows = self.flows(dataset.name)
        if not flows or any(self.analyzed(flow).is_streaming for flow in flows):
            return DatasetKind.STREAMING_TABLE
        return DatasetKind.MATERIALIZED_VIEW

    def schema(self, dataset: Dataset) -> StructType:
        """The schema that the table will have after the update, from its definition alone."""
        key = dataset.name.key
        if key not in self._schemas:
            self._schemas[key] = self._computed_schema(dataset)
        return self._schemas[key]

    def _computed_schema(self, dataset: Dataset) -> StructType:
        if dataset.name in self.failures:
            raise self.failures[dataset.name]
        flows = self.flows(dataset.name)
        for flow in flows:
            check_output_names(self.analyzed(flow))
        return schema_of_flows(dataset, [(flow, self._flow_schema(flow)) for flow in flows])

    def _flow_schema(self, flow: Flow) -> StructType:
        """The columns that a flow gives its table."""
        schema = self.analyzed(flow).schema
        return schema if flow.changes is None else cdc.change_table(flow.changes, schema).schema

    def dependencies(self) -> dict[TableName, set[TableName]]:
        """What each dataset reads, views included; datasets that could not be built read nothing."""
        found: dict[TableName, set[TableName]] = {}
        for dataset in self.datasets:
            reads = found.setdefault(dataset.name, set(self._asked.get(dataset.name, ())))
            for flow in self.flows(dataset.name):
                if flow.name in self._queries:
                    reads.update(self._canonical(read.name) for read in self._inputs(flow))
                if flow.changes is not None and flow.changes.source is not None:
                    reads.add(self._canonical(flow.changes.source.name))
        return found

    def repairs(self, flow: Flow) -> bool:
        """Whether a flow streams rows back that rules of its table have set aside, as of commits before."""
        own = set_aside.quarantine_name(flow.target).key
        tables = self._reads(self._queries[flow.name], own) if flow.name in self._queries else ()
        return any(read.is_streaming and read.name.key == own for read in tables)

    def _inputs(self, flow: Flow) -> list[TableRead]:
        """What has to be up to date before a flow: not the rows that it streams back, and no view of them."""
        query = self._queries[flow.name]
        if not self.repairs(flow):
            return _tables(query.reads.values())
        own = set_aside.quarantine_name(flow.target).key
        return [read for read in self._reads(query, own) if read.name.key != own]

    def _reads(self, query: Query, own: Key, opened: frozenset[Key] = frozenset()) -> Iterator[TableRead]:
        """The tables that a query reads; of a temporary view that reads the table `own` those that this one reads."""
        for read in _tables(query.reads.values()):
            view = self._built_view(read) if read.name.key not in opened else None
            inner = list(self._reads(view, own, opened | {read.name.key})) if view is not None else []
            yield from inner if any(table.name.key == own for table in inner) else [read]

    def _built_view(self, read: TableRead) -> Query | None:
        """The query of a temporary view that was built already."""
        dataset = self.dataset(read.name)
        if dataset is None or dataset.kind is not DatasetKind.TEMPORARY_VIEW or read.reads_changes:
            return None
        names = [flow.name for flow in self.flows(dataset.name)]
        return self.catalog.view_of(read) if len(names) == 1 and names[0] in self._queries else None

    def built_queries(self) -> Iterator[tuple[Flow, Query]]:
        """The flows whose query could be built, in order of definition."""
        for flow in self.definitions.flows:
            if flow.name in self._queries:
                yield flow, self._queries[flow.name]

    def _canonical(self, name: TableName) -> TableName:
        dataset = self.written_with(name)
        return dataset.name if dataset else name

    def written_with(self, name: TableName) -> Dataset | None:
        """The dataset whose updates write a table: of a quarantine the one whose rows it holds."""
        dataset = self.dataset(name)
        if dataset is None and set_aside.has_quarantine_name(name):
            return self.dataset(set_aside.table_of(name))
        return dataset

    # --- rows -------------------------------------------------------------------------------------------------

    def collect(self, query: Query) -> Any:
        """The rows of a query over what the lake holds now, as an object with `__arrow_c_stream__`.

        Raises:
            GraphError: `deferred`, while the query reads datasets that this update has yet to bring up to date.
        """
        asked = {dataset.name for read in _tables(query.reads.values()) if (dataset := self.written_with(read.name))}
        if asked and not self.may_collect:
            if self._open:
                self._asked.setdefault(self._open[-1], set()).update(asked)
            raise GraphError(f"it asks for rows of {', '.join(n.short for n in sorted(asked))}", code=DEFERRED)
        return self.rows(analyze(query, self.catalog, self.settings()))

    def rows(self, analyzed: AnalyzedQuery, limit: int | None = None) -> Any:
        """The rows of an analyzed query, all of them or so many; streams are read whole."""
        self.engine.check(analyzed)
        bindings = {leaf: self.catalog.bind(read) for leaf, read in analyzed.reads.items()}
        return self.engine.collect(BoundQuery(analyzed, bindings, self.now()), limit)


def _tables(reads: Iterable[Read]) -> list[TableRead]:
    return [read for read in reads if isinstance(read, TableRead)]
