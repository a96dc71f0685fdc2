"""Flows of snapshots: what their definitions must be, and the queries of their snapshots.

A snapshot is all rows of a source at one time. A table or a view gives one for each state that an update finds, a
stream of files one for each folder, a function one for each version. What they change is for `cdc`, which snapshot
comes next for `update`. Never reads a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from ingot import cdc
from ingot.analysis.typed import AnalyzedQuery
from ingot.cdc.snapshots import snapshot_query, unchanged_query
from ingot.cdc.versions import Version
from ingot.errors import AnalysisError, DefinitionError, PlanError, UnsupportedError
from ingot.lake.table import Table
from ingot.model import Action, ChangeSpec, Dataset, FileRead, Flow, Query, ValuesRead
from ingot.types import STRING, TIMESTAMP, DataType, parse_schema


def events_query(spec: ChangeSpec, source: Query, table: Table, reads_stream: Callable[[Query], bool]) -> Query:
    """The query of a flow's changes, or of its snapshot, over that of its source.

    Args:
        spec: The flow's.
        source: The query of its source.
        table: The target as it is: of a function that has no new snapshot, the columns of the last one are kept.
        reads_stream: Whether a query reads a stream.

    Raises:
        PlanError: `no-snapshot`, when the function gives none and there is no table yet.
    """
    if not spec.is_snapshot:
        return cdc.events_query(source, spec)
    if not spec.calls_function:
        return snapshot_query(source, spec, STRING if reads_stream(source) else TIMESTAMP)
    if source.version is not None:
        return snapshot_query(source, spec, Version.of(source.version, spec.location).type)
    stored = table.snapshot() if table.exists() else None
    sequence = _stored_sequence(stored.properties.get(cdc.PROPERTY)) if stored is not None else None
    if stored is None or sequence is None:
        raise PlanError(
            f"there is no first snapshot for {table.name.short}, so that its columns are not known",
            location=spec.location,
            hint="let the function return (df, version) when it is called with None, or WITH VERSION give a version "
            "when last_snapshot_version() has no row",
            code="no-snapshot",
        )
    return unchanged_query(stored.schema, spec, sequence)


def _stored_sequence(made_by: str | None) -> DataType | None:
    return parse_schema(f"s {json.loads(made_by)['sequence']}").fields[0].type if made_by else None


def check_flows(dataset: Dataset, flows: Sequence[Flow], analyzed: Callable[[Flow], AnalyzedQuery]) -> None:
    """Refuse what would give a table that is not the snapshot.

    Raises:
        IngotError: `several-flows`, `snapshot-rule`, `streaming-snapshot`, `unsupported-stateful`.
    """
    followed = next((flow for flow in flows if flow.changes is not None and flow.changes.is_snapshot), None)
    if followed is None:
        return
    if len(flows) > 1:
        raise DefinitionError(
            f"{dataset.name.short} follows snapshots and has {len(flows)} flows: what another one writes is not in the "
            "snapshot, and would be deleted",
            location=followed.location,
            hint="give each flow a table of its own",
            code="several-flows",
        )
    for rule in dataset.expectations:
        if rule.action is Action.QUARANTINE:
            raise UnsupportedError(
                f"{rule.name} would set rows of the snapshots of {dataset.name.short} aside again with each snapshot",
                location=rule.location,
                hint="let it drop the rows: the table keeps what it has of their keys",
                code="snapshot-rule",
            )
    _check_streams(dataset, followed, analyzed(followed))


def _check_streams(dataset: Dataset, flow: Flow, analyzed: AnalyzedQuery) -> None:
    assert flow.changes is not None
    streams = [read for read in analyzed.reads.values() if not isinstance(read, ValuesRead) and read.is_streaming]
    is_folders = not flow.changes.calls_function and len(streams) == 1 and isinstance(streams[0], FileRead)
    if streams and not is_folders:
        raise AnalysisError(
            f"the snapshots of {dataset.name.short} are read from a stream that is not one of files: that gives new "
            "rows, not all rows",
            location=streams[0].location or flow.location,
            hint="read it without STREAM; of a stream of files each folder is one snapshot",
            code="streaming-snapshot",
        )
    for operator, location in analyzed.stateful if streams else ():
        raise UnsupportedError(
            f"the folders of {dataset.name.short} are read with an operator that looks across them: {operator.value}",
            location=location or flow.location,
            hint="do it in a MATERIALIZED VIEW over the table",
            code="unsupported-stateful",
        )
    if any(read.options.get("includeexistingfiles", "").lower() == "false" for read in streams):
        raise UnsupportedError(
            "includeExistingFiles = false leaves out snapshots",
            location=streams[0].location or flow.location,
            hint="leave it out: the first folder is the first snapshot",
        )
