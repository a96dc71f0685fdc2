"""Parquet: DuckDB's scan, with Spark's matching of columns by name and its reading of types.

Owns what happens to columns that a file lacks (null), has in addition (rescued or left), or has in another type
(widened where nothing is lost, else refused).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from ingot.analysis.text_options import flag
from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.columns import Columns, columns_of, folder_sql
from ingot.engines.duckdb.readers.files import check_unchanged, file_uri, metadata_sql
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_path, quote_text, spark_type
from ingot.errors import DataError
from ingot.model import FileRead
from ingot.types import (
    INT,
    NULL,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    MapType,
    StructType,
)

_WIDER = {
    "tinyint": ("smallint", "int", "bigint", "double", "decimal"),
    "smallint": ("int", "bigint", "double", "decimal"),
    "int": ("bigint", "double", "decimal"),
    "bigint": ("decimal",),
    "float": ("double",),
    "date": ("timestamp_ntz",),
    "timestamp": ("timestamp_ntz",),  # the session's zone is UTC
    "timestamp_ntz": ("timestamp",),
    "binary": ("string",),
    "string": ("binary",),
}


def infer_data(connection: Any, read: FileRead, files: Sequence[SourceFile]) -> StructType:
    """The columns of the first file, in Auto Loader's reads and with `mergeSchema` of all files."""
    merges = read.is_autoloader or flag(read.options, "mergeschema")
    fields: dict[str, Field] = {}
    for file in files if merges else files[:1]:
        for field in file_schema(connection, file):
            fields.setdefault(field.name.lower(), field)
    return StructType(fields=tuple(fields.values()))


def file_schema(connection: Any, file: SourceFile) -> StructType:
    """The columns in a file's footer.

    Raises:
        DataError: `wrong-content` if the file is no Parquet, `broken-file` if it is damaged.
    """
    check_unchanged(file)
    with Path(file.path).open("rb") as stream:
        head = stream.read(4)
    if not head:
        raise DataError(
            f"{file.path} is read as parquet, but it is empty: not even a footer is there",
            code="wrong-content",
            hint="something that ended early may have left it: write it again, or delete it",
        )
    if head != b"PAR1":
        raise DataError(
            f"{file.path} is read as parquet, but it begins with {head.decode('latin-1')!r}",
            code="wrong-content",
            hint="read it with its own format",
        )
    source = quote_path(file.path)
    try:
        cursor = connection.cursor()
        described = cursor.execute(f"SELECT * FROM read_parquet({source}, hive_partitioning=false) LIMIT 0").description
        nodes = cursor.execute(f"SELECT name, num_children, type FROM parquet_schema({source})").fetchall()
    except duckdb.Error as error:
        what = str(error).splitlines()[0]
        raise DataError(f"{file.path} is damaged or cut off: {what}", code="broken-file") from error
    _refuse_equal_names(file, nodes)
    kinds = {name: kind for name, children, kind in nodes if not children}
    has_instants = any(kind == "INT96" for kind in kinds.values())
    return StructType(
        fields=tuple(Field(c[0], _read_type(spark_type(c[1]), c[0], kinds, has_instants)) for c in described or ())
    )


def _refuse_equal_names(file: SourceFile, nodes: list[tuple[str, int | None, str | None]]) -> None:
    """Raise DataError (`equal-names`) if two columns differ only in case: Spark refuses them too."""
    seen: set[str] = set()
    at = 1
    while at < len(nodes):
        name = nodes[at][0]
        if name.lower() in seen:
            raise DataError(
                f"{file.path} has two columns {name!r} by Spark's rules, which ignore case",
                code="equal-names",
                hint="write the file with other names",
            )
        seen.add(name.lower())
        left = 1
        while left:
            left += (nodes[at][1] or 0) - 1
            at += 1


def _read_type(type_: DataType, name: str, kinds: dict[str, str | None], has_instants: bool) -> DataType:
    """The type that Spark gives a column: INT96 holds instants, a column without values is an int."""
    match type_:
        case StructType():
            return StructType(
                fields=tuple(replace(f, type=_read_type(f.type, f.name, kinds, has_instants)) for f in type_)
            )
        case ArrayType():
            return replace(type_, element=_read_type(type_.element, "", kinds, has_instants))
        case MapType():
            key, value = (_read_type(t, "", kinds, has_instants) for t in (type_.key, type_.value))
            return replace(type_, key=key, value=value)
    if type_ == TIMESTAMP_NTZ and has_instants and kinds.get(name, "INT96") == "INT96":
        return TIMESTAMP
    return INT if type_ == NULL else type_


def relation_parts(connection: Any, binding: FilesBinding) -> list[str]:
    """SQL of relations that together hold the rows of the binding, with `_metadata`."""
    columns = columns_of(binding)
    groups: dict[StructType, list[SourceFile]] = {}
    for file in binding.files:
        groups.setdefault(file_schema(connection, file), []).append(file)
    return [_scan_sql(binding, columns, schema, group) for schema, group in groups.items()]


def _scan_sql(binding: FilesBinding, columns: Columns, schema: StructType, group: list[SourceFile]) -> str:
    names = {f.name for f in columns.data}
    selected = []
    for field in binding.schema:
        if field.name == columns.rescued:
            value = _rescued(columns, schema, group)
        elif field.name in names:
            value = _value(field, schema.find(field.name), group[0])
        else:
            value = folder_sql(binding, group, field)
        selected.append(f"{value} AS {quote_name(field.name)}")
    metadata = [metadata_sql(file) for file in group]
    one = metadata[0] if len(group) == 1 else f"[{', '.join(metadata)}][file_index::BIGINT + 1]"
    paths = ", ".join(quote_path(file.path) for file in group)
    return f"SELECT {', '.join([*selected, one])} AS _metadata FROM read_parquet([{paths}], hive_partitioning=false)"


def _value(field: Field, found: Field | None, file: SourceFile) -> str:
    target = duckdb_type(field.type)
    if found is None:
        return f"CAST(NULL AS {target})"
    column = quote_name(found.name)
    if found.type == field.type:
        return f"CAST({column} AS {target})"
    if _fits(found.type, field.type):
        if field.type.name == "string":
            return f"decode({column})"
        return f"encode({column})" if found.type.name == "string" else f"CAST({column} AS {target})"
    raise DataError(
        f"column {field.name} is {found.type.ddl} in {file.path}, but {field.type.ddl} in the schema",
        code="type-mismatch",
        hint=f"read it as {found.type.ddl} and convert it in the query",
    )


def _fits(found: DataType, wanted: DataType) -> bool:
    if isinstance(found, DecimalType) and isinstance(wanted, DecimalType):
        whole = wanted.precision - wanted.scale
        return wanted.scale >= found.scale and whole >= found.precision - found.scale
    match found, wanted:
        case StructType(), StructType():
            pairs = [(f, wanted.find(f.name)) for f in found]
            shared = [(f.type, g.type) for f, g in pairs if g is not None]
            return bool(shared) and all(f == g or _fits(f, g) for f, g in shared)
        case ArrayType(), ArrayType():
            return found.element == wanted.element or _fits(found.element, wanted.element)
        case MapType(), MapType():
            both = ((found.key, wanted.key), (found.value, wanted.value))
            return all(f == g or _fits(f, g) for f, g in both)
    return wanted.name in _WIDER.get(found.name, ())


def _rescued(columns: Columns, schema: StructType, group: list[SourceFile]) -> str:
    known = {f.name.lower() for f in (*columns.data, *columns.partitions)}
    extra = [f.name for f in schema if f.name.lower() not in known]
    if not extra:
        return "CAST(NULL AS VARCHAR)"
    pairs = ", ".join(f"{quote_text(name)}, {quote_name(name)}" for name in extra)
    uris = ", ".join(quote_text(file_uri(file.path)) for file in group)
    path = f"'_file_path', [{uris}][file_index::BIGINT + 1]"
    nulls = " AND ".join(f"{quote_name(name)} IS NULL" for name in extra)
    merged = f"json_merge_patch('{{}}', json_object({pairs}, {path}))"
    return f"CASE WHEN {nulls} THEN NULL ELSE CAST({merged} AS VARCHAR) END"
