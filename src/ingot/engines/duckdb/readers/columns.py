"""What each column of a read is: data of the file, a partition folder, rescued data, or the corrupt record.

Owns these roles and the additions to an inferred schema: hints, partition columns, rescued data. Never reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.files import partition_values
from ingot.engines.duckdb.readers.options import corrupt_column, infers_types, rescued_column
from ingot.engines.duckdb.types import duckdb_type, quote_text
from ingot.errors import DataError
from ingot.model import FileRead
from ingot.types import STRING, Field, StructType, parse_schema


class Columns(NamedTuple):
    """The columns of a binding by their role. `partitions` and the two names are columns of the schema.

    `places` are the positions of the data columns in files without names. An inferred schema keeps the place of a
    column of the file that a folder replaces.
    """

    data: tuple[Field, ...]
    partitions: tuple[Field, ...]
    rescued: str | None
    corrupt: str | None
    places: tuple[int, ...]


def columns_of(binding: FilesBinding) -> Columns:
    """Tell the columns of a binding's schema apart."""
    read, schema = binding.read, binding.schema
    folders = {key.lower() for key in folder_values(read, binding.files[0].path)} if binding.files else set()
    rescued = _present(rescued_column(read), schema)
    corrupt = _present(corrupt_column(read), schema)
    special = {name.lower() for name in (rescued, corrupt) if name is not None}
    plain = [f for f in schema if f.name.lower() not in special]
    data = tuple(f for f in plain if f.name.lower() not in folders)
    in_files = plain if read.schema is None else data
    return Columns(
        data,
        tuple(f for f in plain if f.name.lower() in folders),
        rescued,
        corrupt,
        tuple(i for i, f in enumerate(in_files) if f in data),
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


def folder_sql(binding: FilesBinding, files: Sequence[SourceFile], field: Field) -> str:
    """SQL of a partition column's value in a scan of these files."""
    found = [typed_folder_values(binding, file.path).get(field.name.lower()) for file in files]
    listed = ", ".join(_text(value) for value in found)
    value = f"([{listed}]::VARCHAR[])[file_index::BIGINT + 1]" if len(set(found)) > 1 else _text(found[0])
    return f"CAST({value} AS {duckdb_type(field.type)})"


def _text(value: str | None) -> str:
    return "NULL" if value is None else quote_text(value)


def complete_schema(read: FileRead, files: Sequence[SourceFile], data: StructType) -> StructType:
    """Add to inferred data columns what the read's options and folders add: hints, partitions, rescued data."""
    folders = {f.name.lower(): f for f in _partition_fields(read, files)}
    if read.schema is not None:
        fields = [f for f in data if f.name.lower() not in folders]
        folders = {name: data.find(name) or f for name, f in folders.items()}
    else:
        fields = _with_hints(read, [folders.get(f.name.lower(), f) for f in data])
    known = {f.name.lower() for f in fields}
    hinted = _with_hints(read, [f for name, f in folders.items() if name not in known])
    fields += [f for f in hinted if f.name.lower() in folders and f.name.lower() not in known]
    rescued = rescued_column(read)
    if rescued is not None and rescued.lower() not in {f.name.lower() for f in fields}:
        fields.append(Field(rescued, STRING))
    return StructType(fields=tuple(fields))


def _with_hints(read: FileRead, fields: list[Field]) -> list[Field]:
    hints = read.options.get("schemahints")
    if not hints:
        return fields
    hinted = {f.name.lower(): f for f in parse_schema(hints)}
    out = [replace(f, type=hinted.pop(f.name.lower()).type) if f.name.lower() in hinted else f for f in fields]
    return out + list(hinted.values())


def _partition_fields(read: FileRead, files: Sequence[SourceFile]) -> list[Field]:
    if not files or not any(folder_values(read, file.path) for file in files):
        return []
    from ingot.engines.duckdb.readers.partitions import infer_partition

    values: dict[str, set[str | None]] = {key: set() for key in folder_values(read, files[0].path)}
    by_name = {key.lower(): found for key, found in values.items()}
    for file in files:
        folders = folder_values(read, file.path)
        if not read.is_autoloader and [key.lower() for key in folders] != list(by_name):
            raise DataError(
                f"{file.path} does not lie in folders {', '.join(f'{key}=…' for key in values) or 'without ='}"
                f" as {files[0].path} does",
                code="conflicting-folders",
                hint="read one folder structure at a time, or name the files' folders alike",
            )
        for key, value in folders.items():
            if key.lower() in by_name:
                by_name[key.lower()].add(value)
    strings_only = read.is_autoloader and not infers_types(read)
    return [Field(key, STRING if strings_only else infer_partition(found)) for key, found in values.items()]


def typed_folder_values(binding: FilesBinding, path: str) -> dict[str, str | None]:
    """The canonical texts of a file's partition columns, by lower-case name.

    Raises:
        DataError: `invalid-partition` for a folder that is no value of its column's type.
    """
    found = {key.lower(): value for key, value in folder_values(binding.read, path).items()}
    if not found:
        return found
    from ingot.engines.duckdb.readers.partitions import partition_text

    fields = {f.name.lower(): f for f in binding.schema}
    return {key: partition_text(value, fields[key], path) if key in fields else value for key, value in found.items()}
