"""What stands behind the reads of a project's queries: its own datasets first, then tables of the lake, then files.

Owns the columns of a leaf, the query that the name of a view stands for, and what the engine reads for a leaf. Never
builds a flow's query, and never writes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingot import feeds
from ingot.definitions.mapped import mapped_table
from ingot.engine import ArrowBinding, Binding, FilesBinding, SnapshotBinding, SourceFile
from ingot.errors import AnalysisError, GraphError, IngotError
from ingot.events import EVENT_LOG_SCHEMA
from ingot.feeds import snapshot_of
from ingot.lake import set_aside
from ingot.landed_files import landed_files
from ingot.model import (
    Action,
    Dataset,
    DatasetKind,
    FileRead,
    Flow,
    Project,
    Query,
    Read,
    TableName,
    TableRead,
    ValuesRead,
)
from ingot.pipeline.flow_queries import with_rules
from ingot.pipeline.flow_schemas import with_kept
from ingot.pipeline.missing_reads import (
    maybe_defined,
    not_built,
    refuse_failed_source,
    unknown_dataset,
    upstream_failed,
)
from ingot.plan import KIND_PROPERTY
from ingot.types import StructType

if TYPE_CHECKING:
    from ingot.pipeline.pipeline import Pipeline

DEFERRED = "deferred"


class ProjectCatalog:
    """What analysis and execution ask of a pipeline about leaves of queries: of a flow, or of any."""

    def __init__(self, pipeline: Pipeline):
        self.pipeline = pipeline

    def of(self, flow: Flow) -> FlowCatalog:
        """The catalog as one flow sees it."""
        return FlowCatalog(self, flow)

    def redirected(self, query: Query) -> Query:
        """The query of a flow with its leaves led to where they are read."""
        return query

    # --- columns ----------------------------------------------------------------------------------------------

    def schema_of(self, read: Read, flow: Flow | None = None) -> StructType:
        """The columns of a leaf; kept schemas of file streams are a flow's own."""
        match read:
            case ValuesRead():
                return read.schema
            case FileRead():
                refuse_failed_source(read, self.pipeline.failed_sources)
                kept_schema, engine = self.pipeline.kept_schema, self.pipeline.engine
                kept = None
                if flow is not None and read.is_streaming:
                    kept = kept_schema(flow, read, self.files, self.pipeline.reads_of(flow))
                return kept or engine.infer_schema(read, self.files(read) if read.schema is None else [])
            case TableRead():
                return self._table_schema(read)

    def _table_schema(self, read: TableRead) -> StructType:
        dataset = self.pipeline.dataset(read.name)
        if read.reads_changes:
            if dataset is not None:
                is_changed = self.pipeline.change_table(dataset) is not None
                feeds.check_own_feed(read, self.pipeline.kind(dataset), is_changed)
            return feeds.feed_schema(read, self._table_schema(replace(read, options={})))
        if is_event_log(read.name):
            return EVENT_LOG_SCHEMA
        if dataset is not None and read.version is None:
            return self._dataset_schema(read, dataset)
        return self._schema_in_lake(read)

    def _dataset_schema(self, read: TableRead, dataset: Dataset) -> StructType:
        failures = self.pipeline.failures
        if dataset.name in failures:
            raise upstream_failed(read, dataset.name, failures[dataset.name])
        try:
            return self._stored_or_defined(dataset)
        except IngotError as error:
            if error.code == DEFERRED:
                raise GraphError(f"it reads {dataset.name.short}: {error.message}", code=DEFERRED) from error
            self.pipeline.fail(dataset, error)
            if error.code == "cycle":
                raise
            raise upstream_failed(read, dataset.name, error) from error

    def _stored_or_defined(self, dataset: Dataset) -> StructType:
        """A streaming table keeps columns that its definition no longer has."""
        defined = self.pipeline.schema(dataset)
        table = self.pipeline.lake.table(dataset.name)
        if self.pipeline.kind(dataset) is not DatasetKind.STREAMING_TABLE or not table.exists():
            return defined
        return with_kept(defined, table.snapshot().schema)

    def _schema_in_lake(self, read: TableRead) -> StructType:
        failures = self.pipeline.failures
        failed = next((name for name in failures if name.key == read.name.key), None)
        if failed is not None:
            raise upstream_failed(read, failed, failures[failed])
        table = self.pipeline.table(read.name)
        exists = table.exists()
        if not exists or KIND_PROPERTY in table.snapshot().properties:
            self._refuse_maybe_defined(read)
        if exists:
            return snapshot_of(table, read).schema
        dataset = self._sets_aside(read.name)
        if dataset is not None and read.version is None:
            typed = self.pipeline.setting_aside(dataset)
            columns = {column.name.lower(): column for query in typed for column in query.schema}
            return set_aside.schema_of(StructType(fields=tuple(columns.values())))
        raise self._unknown(read)

    def _sets_aside(self, name: TableName) -> Dataset | None:
        """The dataset whose rules set rows aside into a table of that name, which is there once a row broke one."""
        dataset = self.pipeline.written_with(name) if self.pipeline.dataset(name) is None else None
        rules = dataset.expectations if dataset is not None else ()
        return dataset if any(rule.action is Action.QUARANTINE for rule in rules) else None

    def _refuse_maybe_defined(self, read: TableRead) -> None:
        pipeline = self.pipeline
        broken = next((failed for failed in pipeline.definitions.failed if failed.name is None), None)
        if broken is not None and not pipeline.is_for_queries:
            raise maybe_defined(read, broken.location, pipeline.project)

    def _unknown(self, read: TableRead) -> GraphError:
        pipeline = self.pipeline
        if pipeline.is_for_queries and _is_defined(pipeline.project, read.name):
            return not_built(read)
        return unknown_dataset(read, [*(dataset.name for dataset in pipeline.datasets), *pipeline.lake.tables()])

    # --- views ------------------------------------------------------------------------------------------------

    def view_of(self, read: Read) -> Query | None:
        """The query of a temporary view; rules that drop or fail rows are part of it."""
        if not isinstance(read, TableRead):
            return None
        pipeline = self.pipeline
        dataset = pipeline.dataset(read.name)
        if dataset is None:
            return mapped_table(pipeline.project, read) or landed_files(pipeline.lake, read)
        if dataset.kind is not DatasetKind.TEMPORARY_VIEW:
            return None
        if read.reads_changes:
            raise feeds.no_feed(read, "is a view", "read the feed within the view, of a table")
        flows = pipeline.flows(dataset.name)
        if len(flows) != 1:
            raise pipeline.failures.get(dataset.name) or AnalysisError(
                f"the view {dataset.name.table} has no query",
                location=dataset.location,
                hint="give it one query, or remove it",
            )
        return with_rules(pipeline.query(flows[0]), dataset)

    # --- files and rows ---------------------------------------------------------------------------------------

    def files(self, read: FileRead) -> list[SourceFile]:
        """The files of a read, listed once per update."""
        return self.pipeline.listings.files(read)

    def bind(self, read: Read) -> Binding:
        """Everything that a leaf has now."""
        match read:
            case ValuesRead():
                return ArrowBinding(read.schema, read.load)
            case FileRead():
                return FilesBinding(read, self.files(read), self.schema_of(read))
            case TableRead():
                return self.bind_table(read, None)

    def bind_table(self, read: TableRead, version: int | None) -> Binding:
        """What a leaf reads of a table now, or as of the version that a batch is pinned to."""
        table = self.pipeline.table(read.name)
        if read.reads_changes:
            return feeds.batch_of_changes(read, table, self.schema_of(read), version)
        if not table.exists() and (is_event_log(read.name) or self._sets_aside(read.name)):
            return SnapshotBinding(table.root, self._table_schema(read), [])
        snapshot = snapshot_of(table, read) if version is None else table.snapshot(version=version)
        return snapshot.binding()


@dataclass(frozen=True)
class FlowCatalog:
    """The catalog as one flow sees it: kept schemas of file streams are a flow's own."""

    catalog: ProjectCatalog
    flow: Flow

    def schema_of(self, read: Read) -> StructType:
        return self.catalog.schema_of(read, self.flow)

    def view_of(self, read: Read) -> Query | None:
        return self.catalog.view_of(read)


def _is_defined(project: Project, name: TableName) -> bool:
    from ingot.definitions import load_definitions

    definitions = load_definitions(project)
    known = [*definitions.datasets, *(failed.name for failed in definitions.failed if failed.name)]
    return name.key in {found.key for found in known}


def is_event_log(name: TableName) -> bool:
    """Whether a name is that of the event log, which exists before its table does."""
    return (name.schema, name.table) == ("_ingot", "event_log")


def is_path(name: TableName) -> bool:
    """Whether a name is ``delta.`/path` ``: a table by its folder."""
    return name.schema == "delta" and not name.catalog
