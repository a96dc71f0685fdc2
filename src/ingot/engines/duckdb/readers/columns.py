"""What each column of a read is: data of the file, a partition folder, rescued data, or the corrupt record.

Owns these roles and the additions to an inferred schema: hints, partition columns, rescued data. Never reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.csv_inference import infer_field
from ingot.engines.duckdb.readers.files import partition_values
from ingot.engines.duckdb.readers.options import corrupt_column, infers_types, rescued_column
from ingot.engines.duckdb.types import duckdb_type, quote_text
from ingot.model import FileRead
from ingot.types import STRING, DataType, Field, StructType, parse_schema


@dataclass(frozen=True)
class Columns:
    """The columns of a binding by their role. `partitions` and the two names are columns of the schema."""

    data: tuple[Field, ...]
    partitions: tuple[Field, ...]
    rescued: str | None
    corrupt: str | None


def columns_of(binding: FilesBinding) -> Columns:
    """Tell the columns of a binding's schema apart."""
    read, schema = binding.read, binding.schema
    folders = {key.lower() for key in folder_values(read, binding.files[0].path)} if binding.files else set()
    rescued = _present(rescued_column(read), schema)
    corrupt = _present(corrupt_column(read), schema)
    special = {name.lower() for name in (rescued, corrupt) if name is not None}
    plain = [f for f in schema if f.name.lower() not in special]
    return Columns(
        tuple(f for f in plain if f.name.lower() not in folders),
        tuple(f for f in plain if f.name.lower() in folders),
        rescued,
        corrupt,
    )


def _present(name: str | None, schema: StructType) -> str | None:
    found = schema.find(name) if name else None
    return found.name if found is not None else None


def folder_values(read: FileRead, path: str) -> dict[str, str | None]:
    """The partition values of a file: the `key=value` folders below the read's path that are asked for."""
    fixed = re.split(r"[*?\[{]", read.path.removeprefix("file:"), maxsplit=1)[0]
    root = Path(fixed) if fixed == read.path.removeprefix("file:") else Path(fixed + "x").parent
    below = path[len(str(root)) :] if path.startswith(str(root)) and Path(path) != root else "/" + Path(path).name
    values = partition_values(below)
    asked = read.options.get("partitioncolumns")
    if asked is not None:
        names = {name.strip().lower() for name in asked.split(",") if name.strip()}
        values = {key: value for key, value in values.items() if key.lower() in names}
    return values


def folder_sql(read: FileRead, files: Sequence[SourceFile], field: Field) -> str:
    """SQL of a partition column's value in a scan of these files."""
    found = [
        {k.lower(): v for k, v in folder_values(read, file.path).items()}.get(field.name.lower()) for file in files
    ]
    listed = ", ".join(_text(value) for value in found)
    value = f"([{listed}]::VARCHAR[])[file_index::BIGINT + 1]" if len(set(found)) > 1 else _text(found[0])
    return f"CAST({value} AS {duckdb_type(field.type)})"


def _text(value: str | None) -> str:
    return "NULL" if value is None else quote_text(value)


def complete_schema(read: FileRead, files: Sequence[SourceFile], data: StructType) -> StructType:
    """Add to inferred data columns what the read's options and folders add: hints, partitions, rescued data."""
    fields = list(data.fields)
    fields = [f for f in fields if f.name.lower() not in _folder_names(read, files)]
    fields = _with_hints(read, fields)
    declared = {f.name.lower(): f for f in read.schema or ()}
    fields += [
        declared.get(f.name.lower(), f)
        for f in _partition_fields(read, files)
        if f.name.lower() not in {g.name.lower() for g in fields}
    ]
    rescued = rescued_column(read)
    if rescued is not None and rescued.lower() not in {f.name.lower() for f in fields}:
        fields.append(Field(rescued, STRING))
    return StructType(fields=tuple(fields))


def _folder_names(read: FileRead, files: Sequence[SourceFile]) -> set[str]:
    return {key.lower() for key in folder_values(read, files[0].path)} if files else set()


def _with_hints(read: FileRead, fields: list[Field]) -> list[Field]:
    hints = read.options.get("schemahints")
    if not hints:
        return fields
    hinted = {f.name.lower(): f for f in parse_schema(hints)}
    out = [replace(f, type=hinted.pop(f.name.lower()).type) if f.name.lower() in hinted else f for f in fields]
    return out + list(hinted.values())


def _partition_fields(read: FileRead, files: Sequence[SourceFile]) -> list[Field]:
    if not files:
        return []
    types: dict[str, DataType | None] = dict.fromkeys(folder_values(read, files[0].path))
    for file in files:
        for key, value in folder_values(read, file.path).items():
            if key in types and value is not None:
                types[key] = infer_field(types[key], value, {})
    strings_only = read.is_autoloader and not infers_types(read)
    return [Field(key, STRING if strings_only or type_ is None else type_) for key, type_ in types.items()]
