"""Binary files: one row for each file, with its content and what the file system says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.columns import columns_of, typed_folder_values
from ingot.engines.duckdb.readers.files import check_unchanged, metadata_sql
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_path, quote_text
from ingot.errors import AnalysisError
from ingot.model import FileRead
from ingot.types import BINARY, LONG, STRING, TIMESTAMP, Field, StructType

_SCHEMA = StructType(
    fields=(
        Field("path", STRING),
        Field("modificationTime", TIMESTAMP),
        Field("length", LONG),
        Field("content", BINARY),
    )
)


def infer_data(connection: Any, read: FileRead, files: Sequence[SourceFile]) -> StructType:
    """Always the same four columns."""
    return _SCHEMA


def relation_parts(connection: Any, binding: FilesBinding) -> list[str]:
    """SQL of relations that together hold the rows of the binding, with `_metadata`."""
    parts = []
    folded = [(f.name.lower(), f.type) for f in columns_of(binding).data]
    if folded != [(f.name.lower(), f.type) for f in _SCHEMA]:
        raise AnalysisError(
            f"binary files have the columns {_SCHEMA.ddl}, not {binding.schema.ddl}",
            location=binding.read.location,
            hint="leave the schema out, or declare these columns in this order",
            code="invalid-schema",
        )
    for file in binding.files:
        check_unchanged(file)
        if file.size == 0:
            continue  # Spark plans no read of an empty file
        folders = typed_folder_values(binding, file.path)
        metadata = metadata_sql(file)
        values = {
            "path": quote_text(f"file:{file.path}"),
            "modificationtime": f"({metadata}).file_modification_time",
            "length": f"{file.size}::BIGINT",
            "content": "content",
        }
        selected = []
        for field in binding.schema:
            folder = folders.get(field.name.lower())
            value = values.get(field.name.lower(), "NULL" if folder is None else quote_text(folder))
            selected.append(f"CAST({value} AS {duckdb_type(field.type)}) AS {quote_name(field.name)}")
        source = f"read_blob({quote_path(file.path)})"
        parts.append(f"SELECT {', '.join(selected)}, {metadata} AS _metadata FROM {source}")
    return parts
