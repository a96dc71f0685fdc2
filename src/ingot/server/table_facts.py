"""What is known of each table of a lake, for whoever looks at it: columns, size, history, files, rows set aside.

Read from the Delta log alone; needs no engine and no definitions. Never reads a row.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ingot.engine import DataFile
from ingot.errors import ProjectError, near_hint
from ingot.json_rows import iso, type_word
from ingot.lake.set_aside import SUFFIX, readable, visible_quarantine
from ingot.lake.snapshot import CommitInfo, Snapshot
from ingot.lake.table import Lake, Table
from ingot.model import TableName
from ingot.plan import CATALOG_PROPERTY, KIND_PROPERTY
from ingot.status import newest_counts
from ingot.types import Field

_INTERNAL = ("delta.columnMapping.maxColumnId", KIND_PROPERTY, CATALOG_PROPERTY)


def tables_of(lake: Lake) -> list[TableName]:
    """The tables that a reader looks for; where rows are set aside is told with the table that they are of."""
    return [name for name in lake.tables() if not name.table.endswith(SUFFIX)]


def table_named(lake: Lake, schema: str, table: str) -> Table:
    """The table of that name, whatever case it is written in.

    Raises:
        ProjectError: `unknown-table`, with the nearest name.
    """
    names = lake.tables()
    wanted = (schema.lower(), table.lower())
    found = next((name for name in names if (name.schema.lower(), name.table.lower()) == wanted), None)
    if found is None:
        written = f"{schema}.{table}"[:120]
        hint = near_hint(written, [name.short for name in names], "GET /api/v1/tables lists them")
        raise ProjectError(f"there is no table {written} in the lake", hint=hint, code="unknown-table")
    return lake.table(found)


def summary(lake: Lake, name: TableName) -> dict[str, Any]:
    """One table as a line of a list."""
    snapshot = readable(lake, name).snapshot()
    return {
        "schema": name.schema, "name": name.table, "kind": kind_of(snapshot), "comment": snapshot.description,
        "rows": snapshot.rows, "size": snapshot.size, "files": len(snapshot.files), "columns": len(snapshot.schema),
        "version": snapshot.version, "updated": iso(snapshot.timestamp), "quarantined": _quarantined(lake, name),
        "expectations": _counted(lake, name, snapshot),
    }  # fmt: skip


def details(lake: Lake, name: TableName, version: int | None = None) -> dict[str, Any]:
    """One table with its columns and properties, now or as of a version."""
    snapshot = readable(lake, name).snapshot(version)
    protocol = snapshot.protocol
    return {
        **summary(lake, name),
        "version": snapshot.version, "updated": iso(snapshot.timestamp), "rows": snapshot.rows, "size": snapshot.size,
        "files": len(snapshot.files), "columns": [_column(f, snapshot) for f in snapshot.schema],
        "partition_columns": list(snapshot.partition_columns), "location": str(snapshot.root),
        "properties": {key: value for key, value in snapshot.properties.items() if key not in _INTERNAL},
        "protocol": {
            "reader": protocol.reader, "writer": protocol.writer,
            "features": sorted({*(protocol.reader_features or ()), *(protocol.writer_features or ())}),
        },
    }  # fmt: skip


def kind_of(snapshot: Snapshot) -> str:
    """What an update made a table as: streaming_table, materialized_view; `table` for one that it did not make."""
    return snapshot.properties.get(KIND_PROPERTY, "table")


def history_lines(table: Table, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The newest commits of a table, newest first.

    Args:
        table: The table.
        limit: How many at most.
        before: Only versions before this one.
    """
    lines = table.history(None if before is not None else limit)
    return [_history_line(line) for line in lines if before is None or line.version < before][:limit]


def file_lines(snapshot: Snapshot, limit: int, offset: int) -> dict[str, Any]:
    """Some of the data files of a table, the newest first."""
    files = sorted(snapshot.files, key=lambda file: (-file.modified_ms, file.path))
    return {
        "files": [_file_line(file) for file in files[offset : offset + limit]],
        "count": len(files), "size": snapshot.size, "version": snapshot.version,
    }  # fmt: skip


def _quarantined(lake: Lake, name: TableName) -> int | None:
    """How many rows are set aside; None if that cannot be told."""
    snapshot = visible_quarantine(lake, name)
    return 0 if snapshot is None else snapshot.rows


def _counted(lake: Lake, name: TableName, snapshot: Snapshot) -> list[dict[str, Any]]:
    """What the rules counted last, which may be before the newest update; only what an update made has rules."""
    if KIND_PROPERTY not in snapshot.properties:
        return []
    return [{"name": rule, **counts} for rule, counts in newest_counts(lake, name).items()]


def _column(field: Field, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": field.name, "type": type_word(field.type), "spark_type": field.type.ddl, "nullable": field.nullable,
        "comment": field.comment, "is_partition": field.name in snapshot.partition_columns,
    }  # fmt: skip


def _history_line(line: CommitInfo) -> dict[str, Any]:
    return {
        "version": line.version, "timestamp": iso(line.timestamp), "operation": line.operation,
        "parameters": dict(line.parameters), "metrics": _numbers(line.metrics), "engine": line.engine,
    }  # fmt: skip


def _numbers(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics, which writers put down as text or as numbers, as numbers."""
    return {
        key: int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        for key, value in metrics.items()
    }


def _file_line(file: DataFile) -> dict[str, Any]:
    modified = datetime.datetime.fromtimestamp(file.modified_ms / 1000, datetime.UTC)
    return {
        "path": file.path, "size": file.size, "rows": file.rows, "modified": iso(modified),
        "partition": dict(file.partition),
    }  # fmt: skip
