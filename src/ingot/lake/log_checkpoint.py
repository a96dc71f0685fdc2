"""Where replay starts: log checkpoints, and Ingot's own copy of the replayed state.

A *log checkpoint* is Delta's: Parquet in `_delta_log`, for every reader. The *state copy* is ours: one JSON
file outside the table, with which a fresh process opens a table without replaying it and without importing
delta-rs. It is an accelerator: it counts only if the log entry of its version is, byte for byte, the one
it was made from. How far a flow has read is not here but in `checkpoint`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from ingot.engine import DataFile
from ingot.errors import LakeError
from ingot.lake import kernel
from ingot.lake.log import ProtocolVersion, TableMetadata, decode_path, entry_name, entry_of
from ingot.lake.replay import State, state_at_checkpoint
from ingot.lake.store import Store
from ingot.types import StructType, from_json

_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10})|\.([0-9a-f-]{36}))?\.(parquet|json)")
_COPY_FORMAT = 1


def list_checkpoints(names: list[str]) -> dict[int, list[str]]:
    """Complete log checkpoints by version: the names of their files (one, or all parts)."""
    single: dict[int, list[str]] = {}
    parts: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name in sorted(names):
        found = _CHECKPOINT.fullmatch(name)
        if found is None:
            continue
        version = int(found[1])
        if found[3] is not None:
            parts[version, int(found[3])].append(name)
        else:
            single[version] = [name]
    whole = {version: files for (version, count), files in parts.items() if len(files) == count}
    return whole | single


def read_checkpoint(log: Path, version: int, names: list[str], store: Store) -> State:
    """The state that a log checkpoint holds, sidecars included.

    Raises:
        LakeError: `damaged-log`.
    """
    rows: list[Any] = []
    try:
        for name in names:
            if name.endswith(".json"):
                rows += [json.loads(line) for line in store.read(log / name).split(b"\n") if line.strip()]
            else:
                rows += kernel.read_parquet_rows([log / name])
        sidecars = [decode_path(row["sidecar"]["path"]) for row in rows if row.get("sidecar")]
        rows += kernel.read_parquet_rows([log / "_sidecars" / path for path in sidecars])
        return state_at_checkpoint(entry_of(version, rows))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"checkpoint {version} of the table's log cannot be read: {error!r}"
        raise LakeError(message, code="damaged-log") from error


# --- the state copy -----------------------------------------------------------------------------------------


def write_copy(path: Path, state: State, entry: bytes, store: Store) -> None:
    """Keep the state beside the table. `entry` is the content of the log entry of its version."""
    assert state.metadata is not None and state.protocol is not None
    metadata = {each.name: getattr(state.metadata, each.name) for each in dataclasses.fields(state.metadata)}
    metadata |= {"schema": state.metadata.schema.json(), "properties": dict(state.metadata.properties)}
    value = {
        "format": _COPY_FORMAT,
        "version": state.version,
        "entry": hashlib.sha256(entry).hexdigest(),
        "timestamp_ms": state.timestamp_ms,
        "protocol": [
            state.protocol.reader,
            state.protocol.writer,
            _sorted(state.protocol.reader_features),
            _sorted(state.protocol.writer_features),
        ],
        "metadata": metadata,
        "transactions": dict(state.transactions),
        "files": [
            [file.path, vector, file.size, file.rows, file.modified_ms, dict(file.partition), file.statistics]
            for (_, vector), file in state.files.items()
        ],
    }
    store.put(path, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), durable=False)


def _sorted(features: frozenset[str] | None) -> list[str] | None:
    return None if features is None else sorted(features)


def read_copy(path: Path, log: Path, store: Store) -> State | None:
    """The state that was kept, or None when there is none or the log does not confirm it."""
    try:
        value = json.loads(store.read(path))
        entry = store.read(log / entry_name(value["version"]))
        if value["format"] != _COPY_FORMAT or hashlib.sha256(entry).hexdigest() != value["entry"]:
            return None
        return _state(value)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def _state(value: dict[str, Any]) -> State:
    reader, writer, reader_features, writer_features = value["protocol"]
    protocol = ProtocolVersion(
        reader,
        writer,
        None if reader_features is None else frozenset(reader_features),
        None if writer_features is None else frozenset(writer_features),
    )
    metadata = dict(value["metadata"])
    metadata["schema"] = _schema(metadata["schema"])
    metadata["partition_columns"] = tuple(metadata["partition_columns"])
    files = {
        (name, vector): DataFile(name, size, rows, modified_ms, partition, statistics)
        for name, vector, size, rows, modified_ms, partition, statistics in value["files"]
    }
    timestamp, transactions = value["timestamp_ms"], value["transactions"]
    return State(value["version"], timestamp, protocol, TableMetadata(**metadata), files, transactions)


def _schema(value: Any) -> StructType:
    schema = from_json(value)
    assert isinstance(schema, StructType)
    return schema
