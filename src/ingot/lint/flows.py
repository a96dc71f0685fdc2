"""Finds what does not run everywhere in what the definitions mean: queries, kinds of datasets, what Ingot refuses.

Loads the definitions and compiles each flow as a dry run does, without a plan and without needing data. Owns which
errors mean that a project is wrong everywhere, which that Ingot lacks something, and which only that data is not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from ingot.analysis.functions import lookup, names
from ingot.analysis.typewise import TYPEWISE
from ingot.definitions import load_definitions
from ingot.engine import Engine
from ingot.errors import IngotError, Location, UnsupportedError, UserCodeError, as_ingot_error
from ingot.lake.table import Lake
from ingot.lint import spark
from ingot.lint.finding import Finding, Findings, Unchecked
from ingot.lint.rule import NO
from ingot.model import (
    Dataset,
    DatasetKind,
    Definitions,
    FileRead,
    Flow,
    Project,
    Query,
    TableRead,
    UserFunction,
    ValuesRead,
)
from ingot.pipeline import Pipeline
from ingot.update.kept_schemas import kept_schemas

# Not wrong: what is read is somewhere else, or comes to be by a run.
_NO_DATA = frozenset(
    {
        "deferred", "missing-path", "unable-to-infer-schema", "unknown-dataset", "unknown-table", "undefined-secret",
        "upstream-failed", "skipped", "not-built", "missing-file", "no-such-file", "no-change-feed",
    }
)  # fmt: skip
# Of Ingot's own settings, or of what is installed here: nothing to other targets.
_ONLY_HERE = frozenset(
    {
        "unmapped-path", "unknown-property", "invalid-property", "missing-package", "unknown-expectation",
        "invalid-name", "query-at-load", "schema-at-load", "internal-error", "no-session",
    }
)  # fmt: skip
# What Delta tables refuse; the tables of open-source Spark are Parquet files unless it is told otherwise.
_OF_DELTA = frozenset({"duplicate-column", "invalid-column-name"})
# Errors that say what a rule says.
_AS_RULE = {
    "not-a-stream": "batch-streaming-table",
    "stream-in-view": "stream-in-view",
    "no-flow": "table-without-flow",
    "unsupported-function": "databricks-function",
}


def scan_flows(project: Project, engine: Engine, findings: Findings) -> None:
    """Compile everything that can be, and look at each query and at what went wrong."""
    definitions = load_definitions(project)
    lake = Lake(project.lake, project.catalog)
    pipeline = Pipeline(project, definitions, lake, engine, kept_schemas(project, lake, engine))
    pipeline.compile()
    for failed in definitions.failed:
        if failed.name is None:
            _error(as_ingot_error(failed.error).at(failed.location), findings)
    for name, error in pipeline.failures.items():
        _error(error, findings, str(name.short))
    scan = _Datasets(pipeline, definitions, findings)
    for dataset in pipeline.datasets:
        scan.dataset(dataset)
    views = [d for d in pipeline.datasets if d.kind is DatasetKind.TEMPORARY_VIEW]
    if views and len(views) == len(pipeline.datasets) and not definitions.failed:
        findings.add("only-views", views[0].location)


def _error(error: IngotError, findings: Findings, what: str = "") -> None:
    place = error.location or Location(what)
    if error.code in _NO_DATA:
        if error.code != "upstream-failed":
            findings.unchecked.append(Unchecked(what, error.message, place))
        return
    targets = [t for t in findings.targets if t == "ingot" or not _concerns_only(error, t)]
    code = _AS_RULE.get(error.code, error.code)
    findings.put(Finding(code, error.message, place, dict.fromkeys(targets, NO), error.hint or ""))


def _concerns_only(error: IngotError, target: str) -> bool:
    """Whether an error of Ingot's says nothing about another target."""
    is_ours = isinstance(error, UnsupportedError | UserCodeError) or error.code.startswith("unsupported")
    if error.code == "undefined-parameter":  # spark.conf.get fails everywhere; of ${…} in SQL a rule speaks
        return error.location is None or error.location.path.endswith(".sql")
    if error.code == "unknown-method":
        return any(name in spark.METHODS for name in re.findall(r"'\.?(\w+)'", error.message))
    return is_ours or error.code in _ONLY_HERE or (error.code in _OF_DELTA and target == "spark-4.3")


class _Datasets:
    """Judges datasets by what their queries read, which is known without data."""

    def __init__(self, pipeline: Pipeline, definitions: Definitions, findings: Findings):
        self.pipeline, self.findings = pipeline, findings
        self.known = {dataset.name.key: dataset for dataset in definitions.datasets.values()}

    def dataset(self, dataset: Dataset) -> None:
        flows = self.pipeline.flows(dataset.name)
        if dataset.kind is DatasetKind.STREAMING_TABLE and not flows:
            self.findings.add("table-without-flow", dataset.location, dataset.name.short)
        changing = [flow for flow in flows if flow.changes is not None]
        if changing:
            self.findings.add("auto-cdc", changing[0].location, dataset.name.short)
        if len(changing) > 1:
            self.findings.add("several-cdc-flows", flows[-1].location, dataset.name.short)
        for flow in flows:
            query = self._query(flow)
            if query is not None:
                self._declared(dataset, flow)
                self._kind(dataset, flow, query)
                self._reads(flow, query)
                self._tree(flow, query)

    def _query(self, flow: Flow) -> Query | None:
        try:
            return self.pipeline.query(flow)
        except IngotError:
            return None  # is among the failures, or asks for rows

    def _declared(self, dataset: Dataset, flow: Flow) -> None:
        """The column list against what the query gives, where that is known."""
        if dataset.columns is None or flow.changes is not None:
            return
        try:
            given = self.pipeline.analyzed(flow).schema
        except IngotError:
            given = None
        for spec in dataset.columns:
            column = given.find(spec.name) if given is not None else None
            if not spec.nullable and (column is None or column.nullable):
                self.findings.add("not-null-column", dataset.location, spec.name)
            if column is not None and spec.type is not None and spec.type != column.type:
                self.findings.add("other-type", dataset.location, f"{spec.name} {spec.type}, not {column.type}")

    def _kind(self, dataset: Dataset, flow: Flow, query: Query) -> None:
        if flow.changes is not None or dataset.kind in (DatasetKind.TEMPORARY_VIEW, DatasetKind.SINK):
            return
        is_python = flow.location.path.endswith((".py", ".ipynb"))
        streams = self._streams(query)
        if dataset.kind is DatasetKind.MATERIALIZED_VIEW and streams:
            rule = "stream-in-materialized-view" if is_python else "stream-in-view"
            self.findings.add(rule, flow.location, dataset.name.short)
        if dataset.kind is None and not streams:
            self.findings.add("batch-table", flow.location, dataset.name.short)
        if dataset.kind is DatasetKind.STREAMING_TABLE and not streams and not flow.is_once:
            self.findings.add("batch-streaming-table", flow.location, dataset.name.short)

    def _streams(self, query: Query) -> bool:
        return any(
            getattr(read, "is_streaming", False) or self._streaming_view(read) is not None
            for read in query.reads.values()
        )

    def _streaming_view(self, read: object) -> Dataset | None:
        """The temporary view that is read, if its query reads a stream."""
        if not isinstance(read, TableRead):
            return None
        dataset = self.known.get(read.name.key)
        if dataset is None or dataset.kind is not DatasetKind.TEMPORARY_VIEW:
            return None
        queries = [self._query(flow) for flow in self.pipeline.flows(dataset.name)]
        is_stream = any(query is not None and self._streams(query) for query in queries)
        return dataset if is_stream else None

    def _reads(self, flow: Flow, query: Query) -> None:
        for read in query.reads.values():
            place = getattr(read, "location", None) or flow.location
            if isinstance(read, TableRead) and not read.is_streaming and self._streaming_view(read):
                self.findings.add("streaming-view-unmarked", place, read.name.table)
            if isinstance(read, FileRead) and read.format.lower() in spark.DATABRICKS_FORMATS:
                self.findings.add("databricks-format", place, read.format)
            if isinstance(read, ValuesRead) and read.is_opaque:
                self.findings.add("rows-returned", place)

    def _tree(self, flow: Flow, query: Query) -> None:
        for node in query.tree.walk():
            place = _place(node) or flow.location
            match node:
                case exp.Anonymous(this=str() as name) if not name.startswith("__") and not _is_users(node):
                    self._function(name.lower(), place, query)
                case exp.JSONExtract() if node.args.get("variant_extract"):
                    self.findings.add("json-path", place)
                case exp.Star() if node.args.get("ilike"):
                    self.findings.add("star-ilike", place)

    def _function(self, name: str, place: Location, query: Query) -> None:
        if name in {function.lower() for function in query.functions}:
            return  # a function of the user's
        is_sparks = name in spark.FUNCTIONS or name in spark.KEYWORD_FUNCTIONS
        if not is_sparks and (name in spark.DATABRICKS_FUNCTIONS or name.startswith(spark.DATABRICKS_PREFIXES)):
            self.findings.add("databricks-function", place, name)
        elif not is_sparks and name not in names():  # Ingot knows names of Spark's that SQL cannot call
            self.findings.add("unknown-function", place, name)
        self._by_name(name, place)

    def _by_name(self, name: str, place: Location) -> None:
        """What Ingot lacks is said even where the query could not be analyzed, for want of data."""
        try:
            lookup(name)
        except UnsupportedError as error:
            _error(error.at(place), self.findings)


def _is_users(node: exp.Expr) -> bool:
    """Whether a call is of a user's function, or is Ingot's own form of a DataFrame's method."""
    return TYPEWISE in node.meta or any(isinstance(value, UserFunction) for value in node.meta.values())


def _place(node: exp.Expr) -> Location | None:
    found: Iterator[Location] = (n.meta["location"] for n in node.walk() if "location" in n.meta)
    return next(found, None)
