"""What a commit is to do, and how it becomes a log entry: the rules for changing a table.

Pure but for the look at added files that `checks` takes. Whether an entry may be written, and when it is
tried again, is for `table`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingot.engine import DataFile
from ingot.errors import CommitConflictError, LakeError
from ingot.lake import checks, mapping
from ingot.lake.log import Entry, FileAction, TableMetadata, rows_in
from ingot.lake.protocol import REFUSED_FIELD_METADATA, check_writable, kept_properties, protocol_for
from ingot.lake.replay import removal
from ingot.lake.snapshot import Snapshot
from ingot.types import StructType

ENGINE = "Ingot"  # how commits of ours say who made them


@dataclass(frozen=True)
class TableChange:
    """One atomic change of a table.

    Attributes:
        operation: What the history calls it: `WRITE`, `STREAMING UPDATE`, `OPTIMIZE` …
        adds: Data files, already durable.
        removes: Active files of the snapshot that was read.
        replace: Remove all active files of that snapshot.
        metadata: The table's new metadata; None keeps it. To create a table it is needed.
        transaction: Application and version: the commit happens once for each version, which must grow.
        data_change: False for a commit that only rearranges rows.
        parameters: Shown in the history; any JSON value.
        metrics: Shown in the history.
        info: Any JSON, kept in the commit and given back by `commits` and `history`.
        blind: A pure append that did not look at the table: it is tried again over commits of others, as long
            as they changed neither metadata nor protocol and carry no transaction of the same application.
        restores: The files come from an older version of this table, with its metadata.
    """

    operation: str
    adds: tuple[DataFile, ...] = ()
    removes: tuple[DataFile, ...] = ()
    replace: bool = False
    metadata: TableMetadata | None = None
    transaction: tuple[str, int] | None = None
    data_change: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)
    blind: bool = False
    restores: bool = False


def metrics_of(adds: Sequence[DataFile]) -> dict[str, str]:
    """What the history shows of a commit that adds these files, in Delta's names for it."""
    return {
        "numFiles": str(len(adds)),
        "numOutputRows": str(sum(file.rows or 0 for file in adds)),
        "numOutputBytes": str(sum(file.size for file in adds)),
    }


def prepare_metadata(metadata: TableMetadata, read: Snapshot | None) -> TableMetadata:
    """Metadata as a commit would write it: ids, physical names, identity, without promises that are not kept.

    Whoever writes files for a table with column mapping needs the physical names first: prepare the metadata,
    write by `mapping.physical_names(prepared.schema)`, commit the prepared metadata. Preparing twice changes
    nothing.

    Raises:
        LakeError: what `checks.check_metadata` raises.
    """
    old = read.metadata if read is not None else None
    metadata = checks.resolve_partitioning(replace(metadata, properties=kept_properties(metadata.properties)))
    old_properties = old.properties if old is not None else {}
    if mapping.mode(old_properties) != "none" and mapping.mode(metadata.properties) == "none":
        metadata = replace(metadata, properties={**metadata.properties, mapping.MODE: mapping.mode(old_properties)})
    is_mapped = mapping.mode(metadata.properties) == "name"
    unkept = REFUSED_FIELD_METADATA if is_mapped else (*REFUSED_FIELD_METADATA, "delta.columnMapping.")
    schema = mapping.without_metadata(metadata.schema, unkept)
    assert isinstance(schema, StructType)
    metadata = replace(metadata, schema=schema)
    checks.check_metadata(metadata, is_mapped)
    if is_mapped:
        highest = [int(p.get(mapping.MAX_ID, "0")) for p in (old_properties, metadata.properties)]
        schema, max_id = mapping.assign(metadata.schema, old.schema if old is not None else None, *highest)
        metadata = replace(metadata, schema=schema, properties={**metadata.properties, mapping.MAX_ID: str(max_id)})
    return replace(
        metadata,
        table_id=(old.table_id if old is not None else metadata.table_id) or str(uuid.uuid4()),
        created_ms=old.created_ms if old is not None else metadata.created_ms,
    )


def build_entry(change: TableChange, read: Snapshot | None, root: Path, now_ms: int) -> Entry:
    """The log entry for a change of the version that was read; everything is checked here.

    Raises:
        LakeError: the change would damage the table; nothing was written.
        CommitConflictError: `already-committed`, for a transaction version that the table has.
    """
    _check_shape(change, read)
    if change.metadata is None:
        assert read is not None
        metadata, is_new = read.metadata, False
    elif change.restores:
        metadata, is_new = _restored(change.metadata, read), True
    else:
        metadata = prepare_metadata(change.metadata, read)
        is_new = read is None or metadata != read.metadata
    removes = _removes(change, read)
    current = read.state.protocol if read is not None else None
    if read is not None:
        check_writable(read.protocol, read.metadata, str(root))
        _check_rules(change, read, metadata, bool(removes))
        if is_new and not change.restores and len(removes) < len(read.files):
            checks.check_evolution(read.metadata, metadata)
            _check_new_mapping(read.metadata, metadata)
    if metadata.created_ms is None:
        metadata = replace(metadata, created_ms=now_ms)
    protocol = protocol_for(metadata, current)
    physical = mapping.physical_names(metadata.schema) if mapping.mode(metadata.properties) != "none" else {}
    adds = [_complete(file) for file in change.adds]
    checks.check_files(root, adds, metadata, physical)
    _check_paths(adds, removes, read)
    return Entry(
        version=0 if read is None else read.version + 1,
        timestamp_ms=now_ms,
        info=_commit_info(change, read, now_ms, bool(removes)),
        protocol=protocol if protocol != current else None,
        metadata=metadata if is_new else None,
        adds=tuple(FileAction(_physical(file, physical), change.data_change) for file in adds),
        removes=tuple(removal(action, now_ms, change.data_change) for action in removes),
        transactions=dict([change.transaction]) if change.transaction is not None else {},
    )


def _restored(metadata: TableMetadata, read: Snapshot | None) -> TableMetadata:
    """Older metadata, but for the highest column id: ids are never given twice."""
    highest = read.properties.get(mapping.MAX_ID) if read is not None else None
    if highest is None or mapping.mode(metadata.properties) == "none":
        return metadata
    return replace(metadata, properties={**metadata.properties, mapping.MAX_ID: highest})


def _check_shape(change: TableChange, read: Snapshot | None) -> None:
    if read is None and (change.metadata is None or change.removes or change.replace):
        raise LakeError("a new table needs metadata, and has no files to remove", code="invalid-change")
    if change.replace and change.removes:
        raise LakeError("a change removes all files or names them, not both", code="invalid-change")
    if change.blind and (change.replace or change.removes or change.metadata is not None):
        raise LakeError("a change that removes files or sets metadata depends on what it read", code="invalid-change")


def _check_rules(change: TableChange, read: Snapshot, metadata: TableMetadata, has_removes: bool) -> None:
    if has_removes and change.data_change and metadata.properties.get("delta.appendOnly", "").lower() == "true":
        raise LakeError(
            f"{read.root} is append-only: its rows cannot be removed or replaced",
            hint="set the table property 'delta.appendOnly' = 'false' first",
            code="append-only-table",
        )
    if change.transaction is not None:
        application, version = change.transaction
        done = read.transactions.get(application)
        if done is not None and done >= version:
            raise CommitConflictError(
                f"{read.root} already holds transaction {done} of {application}, not {version} only",
                code="already-committed",
            )
    if mapping.mode(read.properties) == "id" or mapping.mode(metadata.properties) == "id":
        raise LakeError(f"{read.root} maps columns by id, which Ingot does not write", code="unsupported-table")


def _check_new_mapping(old: TableMetadata, new: TableMetadata) -> None:
    if mapping.mode(old.properties) == "none" and mapping.mode(new.properties) != "none":
        raise LakeError(
            "column mapping is turned on, but files that were written without it would stay",
            hint="replace all files of the table in the same commit",
            code="incompatible-schema",
        )


def _removes(change: TableChange, read: Snapshot | None) -> list[FileAction]:
    if read is None or not (change.replace or change.removes):
        return []
    active = {path: FileAction(file, True, vector) for (path, vector), file in read.state.files.items()}
    if change.replace:
        return list(active.values())
    unknown = [file.path for file in change.removes if file.path not in active]
    if unknown:
        raise LakeError(f"{read.root} has no active file {unknown[0]!r} to remove", code="invalid-change")
    return [active[file.path] for file in change.removes]


def _check_paths(adds: list[DataFile], removes: list[FileAction], read: Snapshot | None) -> None:
    removed = {action.file.path for action in removes}
    active = read.state.files if read is not None else {}
    seen: set[str] = set()
    for file in adds:
        if file.path in seen or file.path in removed or (file.path, None) in active:
            raise LakeError(f"the data file {file.path} is already part of the table", code="invalid-change")
        seen.add(file.path)


def _complete(file: DataFile) -> DataFile:
    """The file as the log holds it: an empty partition value is null, the row count is in the statistics."""
    partition = {name: value or None for name, value in file.partition.items()}
    statistics = file.statistics
    if statistics is None and file.rows is not None:
        statistics = json.dumps({"numRecords": file.rows})
    rows = file.rows if file.rows is not None else rows_in(statistics)
    return replace(file, partition=partition, statistics=statistics, rows=rows)


def _physical(file: DataFile, names: Mapping[str, str]) -> DataFile:
    return replace(file, partition=mapping.rename_partition(file.partition, names)) if names else file


def _commit_info(change: TableChange, read: Snapshot | None, now_ms: int, has_removes: bool) -> dict[str, Any]:
    info: dict[str, Any] = {
        "timestamp": now_ms,
        "operation": change.operation,
        "operationParameters": _texts(change.parameters.items()),
        "isolationLevel": "Serializable",
        "isBlindAppend": change.blind or (read is None and not has_removes),
        "operationMetrics": _texts(change.metrics.items()),
        "engineInfo": ENGINE,
        "txnId": str(uuid.uuid4()),
    }
    if read is not None:
        info["readVersion"] = read.version
    if change.info:
        info["ingot"] = dict(change.info)
    return info


def _texts(items: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Values as text: Spark reads nothing else here."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in items}
