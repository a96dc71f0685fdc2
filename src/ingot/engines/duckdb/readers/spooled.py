"""The relation over files that an exact reader spooled: text in, typed columns out.

Owns the spooled form's reading side. Every value is canonical, so casts cannot fail.
"""

from __future__ import annotations

from pathlib import Path

from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.files import metadata_sql
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_path
from ingot.types import ArrayType, DataType, MapType, StructType

_LINE_BYTES_MAX = 16 * 2**20


def metadata_of(group: list[tuple[SourceFile, Path]]) -> str:
    """SQL of `_metadata` for a scan of several files."""
    listed = [metadata_sql(file) for file, _ in group]
    return listed[0] if len(listed) == 1 else f"[{', '.join(listed)}][file_index::BIGINT + 1]"


def spooled_sql(binding: FilesBinding, group: list[tuple[SourceFile, Path]]) -> str:
    """A scan of files that `csv_exact.spool_line` wrote."""
    names = ", ".join(["'x': 'VARCHAR'", *(f"'c{i}': 'VARCHAR'" for i in range(len(binding.schema)))])
    values = [f"{_value(f'c{i}', f.type)} AS {quote_name(f.name)}" for i, f in enumerate(binding.schema.fields)]
    paths = ", ".join(quote_path(path) for _, path in group)
    return (
        f"SELECT {', '.join([*values, metadata_of(group)])} AS _metadata FROM read_csv([{paths}],"
        f" auto_detect=false, columns={{{names}}}, header=false, delim=',', quote='\"', escape='\"',"
        f" allow_quoted_nulls=false, new_line='\\n', max_line_size={_LINE_BYTES_MAX}, compression='none')"
    )


def _value(column: str, type_: DataType) -> str:
    if isinstance(type_, StructType | ArrayType | MapType):
        return f"CAST(CAST({column} AS JSON) AS {duckdb_type(type_)})"
    if type_.name == "string":
        return column
    if type_.name == "binary":
        return f"unhex({column})"
    return f"CAST({column} AS {duckdb_type(type_)})"
