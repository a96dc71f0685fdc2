"""Rows of a Delta table as a DuckDB relation.

Owns how data files of a table are read with the table's schema: by name, missing columns as NULL, narrower
types widened, partition values from the log, physical names. Never reads the log, and never decides which files
belong to the table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingot.engine import DataFile, SnapshotBinding
from ingot.engines.duckdb.partitions import partition_literal, partition_value
from ingot.engines.duckdb.rules import free_name
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.types import ArrayType, DataType, Field, MapType, StructType

_PHYSICAL_NAME = "delta.columnMapping.physicalName"
_ID = "delta.columnMapping.id"


def snapshot_relation(binding: SnapshotBinding) -> str:
    """A SELECT that gives the rows of these files, with the columns of the table's schema in order.

    DuckDB opens no file while it binds: names and types come from the schema, so that of 10,000 files only those
    are opened that a query needs. A condition on a partition column leaves files out, because the value is a
    function of the file's name.
    """
    if not binding.files:
        columns = [f"CAST(NULL AS {duckdb_type(f.type)}) AS {quote_name(f.name)}" for f in binding.schema]
        if binding.file_column is not None:
            columns.append(f"CAST(NULL AS BIGINT) AS {quote_name(binding.file_column)}")
        return f"SELECT {', '.join(columns)} WHERE false"
    partitions = {name.lower() for name in binding.partition_columns}
    stored = [f for f in binding.schema if f.name.lower() not in partitions]
    file_column = free_name("_ingot_file", binding.schema)
    columns = []
    counts = _null_counts(binding)
    for column in binding.schema:
        if column.name.lower() in partitions:
            value = _partition_column(binding, column, quote_name(file_column))
        else:
            value = _stored(physical_name(column, binding.physical_names), column.type, counts)
        columns.append(f"{value} AS {quote_name(column.name)}")
    if binding.file_column is not None:
        columns.append(f"{_place(binding, file_column)} AS {quote_name(binding.file_column)}")
    return f"SELECT {', '.join(columns)} FROM {_read_parquet(binding, stored, file_column)}"


def _stored(name: str, data_type: DataType, counts: list[Mapping[str, Any]]) -> str:
    """A column of the files. One field of a struct is read alone only if every file surely has it.

    DuckDB 2.0 fails, and its database with it, on a field that a file's struct lacks, unless it reads the struct whole.
    """
    value = quote_name(name)
    if isinstance(data_type, StructType) and not all(_has_fields(found.get(name), data_type) for found in counts):
        value = f"coalesce({value}, NULL)"
    return renamed(value, data_type, to_physical=False)


def _null_counts(binding: SnapshotBinding) -> list[Mapping[str, Any]]:
    """What the statistics of each file say of its columns; not asked for tables without structs."""
    if not any(isinstance(column.type, StructType) for column in binding.schema):
        return []
    return [json.loads(file.statistics or "{}").get("nullCount") or {} for file in binding.files]


def _has_fields(counts: Any, data_type: DataType) -> bool:
    """Whether statistics name a field, and all fields of a struct: then they are in the file."""
    if isinstance(data_type, StructType):
        return isinstance(counts, dict) and all(_has_fields(counts.get(nested_name(f)), f.type) for f in data_type)
    return counts is not None


def physical_name(column: Field, names: Mapping[str, str]) -> str:
    """The name of a table's column in its data files."""
    return names.get(column.name, column.name)


def physical_type(data_type: DataType) -> DataType:
    """The type with the names that nested fields have in data files."""
    match data_type:
        case StructType():
            return StructType(fields=tuple(Field(nested_name(f), physical_type(f.type)) for f in data_type))
        case ArrayType():
            return ArrayType(element=physical_type(data_type.element))
        case MapType():
            return MapType(key=physical_type(data_type.key), value=physical_type(data_type.value))
    return data_type


def nested_name(field: Field) -> str:
    """The name of a struct's field in data files."""
    return str(dict(field.metadata).get(_PHYSICAL_NAME, field.name))


def field_id(field: Field) -> int | None:
    """The id that column mapping gave to a field."""
    return dict(field.metadata).get(_ID)


def renamed(expression: str, data_type: DataType, *, to_physical: bool) -> str:
    """SQL that gives nested fields their physical names, or back; the expression itself where names agree."""
    if physical_type(data_type) == _plain(data_type):
        return expression
    match data_type:
        case StructType():
            members = []
            for field in data_type:
                logical, physical = field.name, nested_name(field)
                source, target = (logical, physical) if to_physical else (physical, logical)
                value = renamed(f"{expression}.{quote_name(source)}", field.type, to_physical=to_physical)
                members.append(f"{quote_name(target)} := {value}")
            return f"CASE WHEN {expression} IS NULL THEN NULL ELSE struct_pack({', '.join(members)}) END"
        case ArrayType():
            element = renamed("x", data_type.element, to_physical=to_physical)
            return f"list_transform({expression}, lambda x: {element})"
        case MapType():
            key = renamed("x.key", data_type.key, to_physical=to_physical)
            value = renamed("x.value", data_type.value, to_physical=to_physical)
            entries = f"list_transform(map_entries({expression}), lambda x: struct_pack(k := {key}, v := {value}))"
            return f"CASE WHEN {expression} IS NULL THEN NULL ELSE map_from_entries({entries}) END"
    raise AssertionError(f"{data_type} has no nested names")


def _plain(data_type: DataType) -> DataType:
    """The type without nullability, comments and metadata, to compare names alone."""
    match data_type:
        case StructType():
            return StructType(fields=tuple(Field(f.name, _plain(f.type)) for f in data_type))
        case ArrayType():
            return ArrayType(element=_plain(data_type.element))
        case MapType():
            return MapType(key=_plain(data_type.key), value=_plain(data_type.value))
    return data_type


def _read_parquet(binding: SnapshotBinding, stored: list[Field], file_column: str) -> str:
    files = ", ".join(f"{{filename: {quote_text(_path(binding.root, file))}}}" for file in binding.files)
    options = ["hive_partitioning = false", f"filename = {quote_text(file_column)}"]
    if stored:
        options.append(f"schema = MAP {{{', '.join(_column_definition(f, binding.physical_names) for f in stored)}}}")
    counts = [file.rows for file in binding.files if file.rows is not None]
    if len(counts) == len(binding.files) and sum(counts) > 0:
        options.append(f"explicit_cardinality = {sum(counts)}")
    return f"read_parquet([{files}], {', '.join(options)})"


def _column_definition(column: Field, names: Mapping[str, str]) -> str:
    name = quote_text(physical_name(column, names))
    type_text = quote_text(duckdb_type(physical_type(column.type)))
    return f"{name}: {{name: {name}, type: {type_text}, default_value: NULL}}"


def _path(root: Path, file: DataFile) -> str:
    return str(root / file.path)


def _place(binding: SnapshotBinding, file_column: str) -> str:
    """The number of each row's file. DuckDB knows it under a name that a stored column may have, too."""
    if binding.schema.find("file_index") is None:
        return "CAST(file_index AS BIGINT)"
    paths = ", ".join(quote_text(_path(binding.root, file)) for file in binding.files)
    return f"CAST(list_position([{paths}], {quote_name(file_column)}) - 1 AS BIGINT)"


def _partition_column(binding: SnapshotBinding, column: Field, file_column: str) -> str:
    """The column as a constant, or as a lookup by the file's name, which DuckDB evaluates per file to prune."""
    values = {_path(binding.root, file): file.partition.get(column.name) or None for file in binding.files}
    distinct = set(values.values())
    if len(distinct) == 1:
        return partition_literal(distinct.pop(), column.type)
    keys = ", ".join(quote_text(path) for path in values)
    texts = ", ".join("NULL" if text is None else quote_text(text) for text in values.values())
    lookup = f"map_extract_value(MAP([{keys}], CAST([{texts}] AS VARCHAR[])), {file_column})"
    return partition_value(lookup, column.type)
