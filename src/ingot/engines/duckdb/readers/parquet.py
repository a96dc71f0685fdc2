"""Parquet: DuckDB's scan, with Spark's matching of columns by name and its reading of types.

Owns what happens to columns that a file lacks (null), has in addition (rescued or left), or has in another type
(widened where nothing is lost, else refused).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.columns import Columns, columns_of, folder_sql
from ingot.engines.duckdb.readers.files import check_unchanged, file_uri, metadata_sql
from ingot.engines.duckdb.readers.options import flag
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text, spark_type
from ingot.errors import DataError
from ingot.model import FileRead
from ingot.types import TIMESTAMP, DataType, DecimalType, Field, StructType

_WIDER = {
    "tinyint": ("smallint", "int", "bigint", "double", "decimal"),
    "smallint": ("int", "bigint", "double", "decimal"),
    "int": ("bigint", "double", "decimal"),
    "bigint": ("decimal",),
    "float": ("double",),
    "date": ("timestamp_ntz",),
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
    if head != b"PAR1":
        raise DataError(
            f"{file.path} is read as parquet, but it begins with {head!r}",
            code="wrong-content",
            hint="read it with its own format",
        )
    source = quote_text(_escaped(file.path))
    try:
        cursor = connection.cursor()
        described = cursor.execute(f"SELECT * FROM read_parquet({source}) LIMIT 0").description
        physical = cursor.execute(f"SELECT name FROM parquet_schema({source}) WHERE type = 'INT96'").fetchall()
    except duckdb.Error as error:
        what = str(error).splitlines()[0]
        raise DataError(f"{file.path} is damaged or cut off: {what}", code="broken-file") from error
    instants = {name for (name,) in physical}
    return StructType(
        fields=tuple(Field(c[0], TIMESTAMP if c[0] in instants else spark_type(c[1])) for c in described or ())
    )


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
            value = folder_sql(binding.read, group, field)
        selected.append(f"{value} AS {quote_name(field.name)}")
    metadata = [metadata_sql(file) for file in group]
    one = metadata[0] if len(group) == 1 else f"[{', '.join(metadata)}][file_index::BIGINT + 1]"
    paths = ", ".join(quote_text(_escaped(file.path)) for file in group)
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
    if found.name == wanted.name:
        return True  # nested: DuckDB casts by field name
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


def _escaped(path: str) -> str:
    """A path in which DuckDB sees no glob."""
    return "".join(f"[{ch}]" if ch in "*?[" else ch for ch in path)
