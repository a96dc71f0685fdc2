"""The entries of a Delta log: actions to JSON lines and back.

Owns the wire form (Delta protocol, "Actions"): names, the encoding of paths, the timestamps. Never reads or
writes a file, and never decides what an entry means for the table: that is `replay`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ingot.engine import DataFile
from ingot.errors import AnalysisError, LakeError
from ingot.types import StructType, schema_from_json

ENTRY_NAME = re.compile(r"(\d{20})\.json")

# What java.net.URI leaves as it is in a path, without ':', which would make the first part a scheme.
_URI_PATH_CHARACTERS = "/-_.!~'()*,;$&+=@"


def entry_name(version: int) -> str:
    return f"{version:020d}.json"


def encode_path(path: str) -> str:
    """The path of a data file as the log writes it: percent-encoded as in a URI."""
    return quote(path, safe=_URI_PATH_CHARACTERS)


def decode_path(path: str) -> str:
    """The path of a data file on disk: relative to the table, or absolute.

    Raises:
        LakeError: `unsupported-table`, when the file lies in another store.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", path)
    if scheme is None:
        return unquote(path)
    if scheme[1].lower() != "file":
        raise LakeError(f"the table refers to a file that is not on this machine: {path}", code="unsupported-table")
    return "/" + unquote(path[scheme.end() :]).lstrip("/")


@dataclass(frozen=True)
class ProtocolVersion:
    """What a reader and a writer must know. Features are None below reader version 3 and writer version 7."""

    reader: int = 1
    writer: int = 2
    reader_features: frozenset[str] | None = None
    writer_features: frozenset[str] | None = None


@dataclass(frozen=True)
class TableMetadata:
    """What a table is. `table_id` and `created_ms` are kept from the table it replaces unless given."""

    schema: StructType
    partition_columns: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    table_id: str | None = None
    created_ms: int | None = None


@dataclass(frozen=True)
class FileAction:
    """An add or a remove. Partition values are under the names of the log, which may be physical ones."""

    file: DataFile
    data_change: bool = True
    deletion_vector: str | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        return (self.file.path, self.deletion_vector)


@dataclass(frozen=True)
class Entry:
    """One commit. For a remove, the file's `modified_ms` is the time of deletion.

    `changes` are the files of the change data feed: what the commit did to rows, when its other files do not tell.
    """

    version: int
    timestamp_ms: int | None
    info: Mapping[str, Any] = field(default_factory=dict)
    protocol: ProtocolVersion | None = None
    metadata: TableMetadata | None = None
    adds: tuple[FileAction, ...] = ()
    removes: tuple[FileAction, ...] = ()
    transactions: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[FileAction, ...] = ()


def decode_entry(version: int, content: bytes) -> Entry:
    """Read one commit.

    Raises:
        LakeError: `damaged-log`, when it is not what the protocol says.
    """
    if not content.strip():  # what a power cut leaves of a file that was not synced
        raise LakeError(f"entry {version} of the table's log is empty", code="damaged-log")
    try:
        return entry_of(version, [json.loads(line) for line in content.split(b"\n") if line.strip()])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LakeError(f"entry {version} of the table's log cannot be read: {error!r}", code="damaged-log") from error


def entry_of(version: int, actions: Iterable[Mapping[str, Any]]) -> Entry:
    """Gather actions, as parsed JSON, into one entry. Kinds that do not concern a reader are passed over."""
    info: Mapping[str, Any] = {}
    protocol: ProtocolVersion | None = None
    metadata: TableMetadata | None = None
    adds: list[FileAction] = []
    removes: list[FileAction] = []
    changes: list[FileAction] = []
    transactions: dict[str, int] = {}
    for action in actions:
        if add := action.get("add"):
            adds.append(_add(add))
        elif remove := action.get("remove"):
            removes.append(_remove(remove))
        elif change := action.get("cdc"):
            changes.append(_add(change))
        elif txn := action.get("txn"):
            transactions[txn["appId"]] = int(txn["version"])
        elif commit_info := action.get("commitInfo"):
            info = commit_info
        elif found := action.get("metaData"):
            metadata = _metadata(found)
        elif found := action.get("protocol"):
            protocol = _protocol(found)
    timestamp = info.get("inCommitTimestamp") or info.get("timestamp")
    return Entry(
        version, timestamp, info, protocol, metadata, tuple(adds), tuple(removes), transactions, tuple(changes)
    )


def _pairs(value: Any) -> dict[str, Any]:
    """A map, as JSON has it or as Arrow gives it."""
    return dict(value or {})


def _add(add: Mapping[str, Any]) -> FileAction:
    statistics = add.get("stats")
    file = DataFile(
        decode_path(add["path"]),
        int(add.get("size") or 0),
        rows_in(statistics),
        int(add.get("modificationTime") or 0),
        _pairs(add.get("partitionValues")),
        statistics,
    )
    return FileAction(file, bool(add.get("dataChange")), _deletion_vector(add))


def _remove(remove: Mapping[str, Any]) -> FileAction:
    file = DataFile(
        decode_path(remove["path"]),
        int(remove.get("size") or 0),
        None,
        int(remove.get("deletionTimestamp") or 0),
        _pairs(remove.get("partitionValues")),
    )
    return FileAction(file, bool(remove.get("dataChange")), _deletion_vector(remove))


def _deletion_vector(action: Mapping[str, Any]) -> str | None:
    """The protocol's unique id of a deletion vector (section "Derived Fields")."""
    vector = action.get("deletionVector")
    if not vector:
        return None
    unique = f"{vector['storageType']}{vector['pathOrInlineDv']}"
    return unique if vector.get("offset") is None else f"{unique}@{vector['offset']}"


def rows_in(statistics: str | None) -> int | None:
    """`numRecords` of a file's statistics; None when they are missing or not JSON."""
    if not statistics:
        return None
    try:
        rows = json.loads(statistics).get("numRecords")
    except (ValueError, AttributeError):
        return None
    return rows if isinstance(rows, int) else None


def _metadata(value: Mapping[str, Any]) -> TableMetadata:
    provider = (value.get("format") or {}).get("provider", "parquet")
    if provider != "parquet":
        raise LakeError(f"the table's files are {provider}, not Parquet", code="unsupported-table")
    text = value.get("schemaString")
    if not text:
        raise LakeError("the table's log says nothing about its columns", code="damaged-log")
    try:
        schema = schema_from_json(text)
    except AnalysisError as error:
        raise LakeError(
            f"the table has a column that cannot be read: {error.message}", code="unsupported-table"
        ) from None
    return TableMetadata(
        schema,
        tuple(value.get("partitionColumns") or ()),
        _pairs(value.get("configuration")),
        value.get("description"),
        value.get("id"),
        value.get("createdTime"),
    )


def _protocol(value: Mapping[str, Any]) -> ProtocolVersion:
    reader, writer = value.get("readerFeatures"), value.get("writerFeatures")
    return ProtocolVersion(
        int(value["minReaderVersion"]),
        int(value["minWriterVersion"]),
        None if reader is None else frozenset(reader),
        None if writer is None else frozenset(writer),
    )


# --- writing ----------------------------------------------------------------------------------------------


def encode_entry(entry: Entry) -> bytes:
    """The JSON lines of a commit, in the order in which Spark writes them."""
    actions: list[dict[str, Any]] = [{"commitInfo": entry.info}]
    if entry.protocol is not None:
        actions.append({"protocol": _protocol_json(entry.protocol)})
    if entry.metadata is not None:
        actions.append({"metaData": _metadata_json(entry.metadata)})
    actions.extend(
        {"txn": {"appId": app, "version": n, "lastUpdated": entry.timestamp_ms}}
        for app, n in entry.transactions.items()
    )
    actions.extend({"remove": _remove_json(remove)} for remove in entry.removes)
    actions.extend({"add": _add_json(add)} for add in entry.adds)
    lines = [json.dumps(action, separators=(",", ":"), ensure_ascii=False) for action in actions]
    return ("\n".join(lines) + "\n").encode()


def _protocol_json(protocol: ProtocolVersion) -> dict[str, Any]:
    value: dict[str, Any] = {"minReaderVersion": protocol.reader, "minWriterVersion": protocol.writer}
    if protocol.reader_features is not None:
        value["readerFeatures"] = sorted(protocol.reader_features)
    if protocol.writer_features is not None:
        value["writerFeatures"] = sorted(protocol.writer_features)
    return value


def _metadata_json(metadata: TableMetadata) -> dict[str, Any]:
    value: dict[str, Any] = {
        "id": metadata.table_id,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(metadata.schema.json(), separators=(",", ":"), ensure_ascii=False),
        "partitionColumns": list(metadata.partition_columns),
        "configuration": dict(metadata.properties),
        "createdTime": metadata.created_ms,
    }
    if metadata.description is not None:
        value["description"] = metadata.description
    return value


def _add_json(add: FileAction) -> dict[str, Any]:
    file = add.file
    value: dict[str, Any] = {
        "path": encode_path(file.path),
        "partitionValues": dict(file.partition),
        "size": file.size,
        "modificationTime": file.modified_ms,
        "dataChange": add.data_change,
    }
    if file.statistics is not None:
        value["stats"] = file.statistics
    return value


def _remove_json(remove: FileAction) -> dict[str, Any]:
    file = remove.file
    return {
        "path": encode_path(file.path),
        "deletionTimestamp": file.modified_ms,
        "dataChange": remove.data_change,
        "extendedFileMetadata": True,
        "partitionValues": dict(file.partition),
        "size": file.size,
    }
