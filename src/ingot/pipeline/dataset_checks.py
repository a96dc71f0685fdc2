"""What a dataset must be so that an update can carry it out: its kind, its flows, its name, its schema.

Pure: looks at definitions and at typed queries, never at the lake.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingot import clustering, landed_files, stream_joins
from ingot.analysis.typed import AnalyzedQuery, StreamOperator
from ingot.errors import AnalysisError, DefinitionError, IngotError, Location, UnsupportedError
from ingot.lake.table import TableMetadata, prepare_metadata
from ingot.model import Dataset, DatasetKind, Flow, Read, TableRead
from ingot.pipeline import deduplicated
from ingot.types import StructType

_OF_TABLES = ("_delta", "_change_data")  # how folders within a Delta table begin


def check_kind(dataset: Dataset, kind: DatasetKind, flows: Sequence[Flow]) -> None:
    """Refuse sinks, views of several queries, and tables that are both appended to and changed."""
    if kind is DatasetKind.SINK:
        raise UnsupportedError(
            f"sinks are not supported yet: {dataset.name.table}",
            location=dataset.location,
            hint="write a streaming table, and read it from outside",
        )
    if kind is DatasetKind.MATERIALIZED_VIEW and len(flows) > 1:
        raise AnalysisError(
            f"the materialized view {dataset.name.short} has {len(flows)} flows; it takes one query",
            location=dataset.location,
            hint="make it a streaming table, or UNION ALL the queries",
        )
    changing = [flow for flow in flows if flow.changes is not None]
    if changing and len(changing) < len(flows):
        appending = next(flow for flow in flows if flow.changes is None)
        raise AnalysisError(
            f"{dataset.name.short} is changed by AUTO CDC and appended to by the flow {appending.name!r}: appended "
            "rows have no sequence, so no change could tell whether it is newer",
            location=appending.location,
            hint="append to a table of its own, or make both flows AUTO CDC",
            code="cdc-target",
        )


def check_storable(dataset: Dataset, schema: StructType) -> None:
    """What Delta refuses in a table's name, schema or properties is an error of the definition."""
    check_table_name(dataset)
    clustering.check(dataset, schema)
    metadata = TableMetadata(schema, dataset.partition_columns, dataset.properties, dataset.comment)
    try:
        prepare_metadata(metadata, None)
    except IngotError as error:
        raise error.at(dataset.location) from None


def check_flow(dataset: Dataset, kind: DatasetKind, flow: Flow, analyzed: AnalyzedQuery) -> None:
    """Refuse a flow that does not go with the dataset's kind, or that an update cannot run."""
    follows_snapshots = flow.changes is not None and flow.changes.is_snapshot
    if kind is DatasetKind.STREAMING_TABLE and not (analyzed.is_streaming or flow.is_once or follows_snapshots):
        raise AnalysisError(
            f"the streaming table {dataset.name.short} reads no stream",
            location=flow.location,
            hint=_stream_hint(analyzed.reads.values(), flow.location),
            code="not-a-stream",
        )
    if kind is DatasetKind.MATERIALIZED_VIEW and analyzed.is_streaming:
        raise AnalysisError(
            f"the materialized view {dataset.name.short} reads a stream",
            location=flow.location,
            hint="make it a STREAMING TABLE, or read without STREAM",
            code="stream-in-view",
        )
    for operator, location in analyzed.stateful if analyzed.is_streaming else ():
        if operator not in (StreamOperator.DEDUPLICATE, StreamOperator.JOIN):
            raise UnsupportedError(
                f"a stream is read with an operator that needs state across batches, which is not supported: "
                f"{operator.value}",
                location=location or flow.location,
                hint="do it in a MATERIALIZED VIEW over the streaming table",
                code="unsupported-stateful",
            )
    if stream_joins.joins_streams(analyzed):
        stream_joins.check(analyzed, flow.location)
    if analyzed.is_streaming:
        deduplicated.check(analyzed, flow.location)


def check_table_name(dataset: Dataset) -> None:
    """A table's name becomes a folder's: it must not lead out of the lake, nor into what Ingot keeps there.

    Raises:
        DefinitionError: `invalid-name`.
    """
    for part, reserved in ((dataset.name.schema, ("", "_")), (dataset.name.table, ("",))):
        is_kept = part[:1] in reserved or part.lower().startswith(_OF_TABLES)
        if is_kept or any(char in part for char in "./\\\0") or len(part.encode()) > 200:
            raise DefinitionError(
                f"{part!r} cannot be the name of a table or schema: it becomes a folder's name",
                location=dataset.location,
                hint="at most 200 bytes, no slash, no dot, for a schema no underscore first",
                code="invalid-name",
            )
    if dataset.name.table.endswith("__quarantine"):
        raise DefinitionError(
            f"{dataset.name.short}: names that end in __quarantine are those of quarantines",
            location=dataset.location,
            hint="choose another name",
            code="invalid-name",
        )
    if landed_files.is_named(dataset.name):
        raise DefinitionError(
            f"{dataset.name.short} is the table of the files that sources have landed, which is in every lake",
            location=dataset.location,
            hint="choose another name",
            code="invalid-name",
        )


def _stream_hint(reads: Iterable[Read], location: Location) -> str:
    """How to read as a stream what a streaming table reads whole."""
    name = next((".".join(read.parts) for read in reads if isinstance(read, TableRead)), None)
    if location.path.endswith(".sql"):
        return f"write STREAM {name or 'read_files(…)'}, or make it a MATERIALIZED VIEW"
    written = f'spark.readStream.table("{name}")' if name else "spark.readStream"
    return f"write {written}, or make it a materialized view"
