"""DuckDB's own scan of JSON lines, for values that surely convert as Spark does; all others stop it.

Each line is parsed once to a list of values. A string column takes strings, booleans and whole numbers, and
fractions and nested values if the line holds them just as DuckDB writes them; otherwise the scan stops, as it does
at a key without a column when rescued data is asked for.
"""

from __future__ import annotations

from ingot.analysis.text_options import flag
from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.plain_json import is_odd
from ingot.engines.duckdb.readers.casts import inexact_sql
from ingot.engines.duckdb.readers.columns import Columns, folder_sql
from ingot.engines.duckdb.readers.files import plain_path
from ingot.engines.duckdb.readers.options import encoding_of, mode_of
from ingot.engines.duckdb.readers.spool import Spool
from ingot.engines.duckdb.readers.spooled import metadata_of
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_path, quote_text
from ingot.types import Field

_SCANNED_BYTES_MIN = 4 * 2**20  # below, the exact reader is as quick as starting twice
_SIMPLE = frozenset(["string", "bigint", "int", "smallint", "tinyint", "double", "boolean"])


def scannable(binding: FilesBinding, columns: Columns) -> bool:
    """Whether the read's options and types leave the scan to DuckDB."""
    read = binding.read
    return (
        mode_of(read) == "PERMISSIVE"
        and columns.corrupt is None
        and not flag(read.options, "multiline")
        and "linesep" not in read.options
        and sum(file.size for file in binding.files) >= _SCANNED_BYTES_MIN
        and bool(columns.data)
        and all(f.type.name in _SIMPLE and '"' not in f.name and "\\" not in f.name for f in columns.data)
        and len({f.name.lower() for f in columns.data}) == len(columns.data)
    )


def scan_sql(spool: Spool, binding: FilesBinding, columns: Columns, files: list[SourceFile]) -> str:
    """The scan of these files."""
    group = [(file, plain_path(spool, file, encoding_of(binding.read), "json")) for file in files]
    paths = ", ".join(quote_path(path) for _, path in group)
    wanted = ", ".join(quote_text(f'$."{f.name}"') for f in columns.data)
    names = [f.name for f in columns.data]
    selected = []
    for field in binding.schema:
        if field.name in names:
            value = _value(f"v[{names.index(field.name) + 1}]", field)
        elif field.name == columns.rescued:
            value = "CAST(NULL AS VARCHAR)"
        else:
            value = folder_sql(binding, files, field)
        selected.append(f"{value} AS {quote_name(field.name)}")
    test = "json_type(json) <> 'OBJECT' OR len(list_distinct(json_keys(json))) <> len(json_keys(json))"
    test += f" OR {is_odd('CAST(json AS VARCHAR)')}"
    if columns.rescued is not None:
        test += f" OR NOT list_has_all([{', '.join(quote_text(n) for n in names)}], json_keys(json))"
    source = (
        f"SELECT json_extract(json, [{wanted}]) AS v, CAST(json AS VARCHAR) AS json, filename, file_index FROM"
        f" read_ndjson_objects([{paths}], compression='uncompressed', maximum_object_size=16777216)"
        f" WHERE CASE WHEN {test} THEN CAST({inexact_sql()} AS BOOLEAN) ELSE true END"
    )
    return f"SELECT {', '.join([*selected, metadata_of(group)])} AS _metadata FROM ({source})"


def _value(value: str, field: Field) -> str:
    target = duckdb_type(field.type)
    kind = f"json_type({value})"
    stop = f"CAST({inexact_sql()} AS {target})"
    null = f"CASE WHEN {value} IS NULL OR {kind} = 'NULL' THEN NULL"
    if field.type.name == "string":
        plain = "('VARCHAR', 'BOOLEAN', 'BIGINT', 'UBIGINT')"
        written = _is_as_written(value, field.name)
        return (
            f"{null} WHEN {kind} IN {plain} THEN {value}->>'$'"
            f" WHEN {written} THEN CAST({value} AS VARCHAR) ELSE {stop} END"
        )
    whole = "('BIGINT', 'UBIGINT')"
    kinds = {"boolean": "('BOOLEAN')", "double": "('BIGINT', 'UBIGINT', 'DOUBLE')"}.get(field.type.name, whole)
    cast = f"TRY_CAST({value}->>'$' AS {target})"
    return f"{null} WHEN {kind} IN {kinds} AND {cast} IS NOT NULL THEN {cast} ELSE {stop} END"


def _is_as_written(value: str, name: str) -> str:
    """SQL: the line holds the key once, followed by just the text that DuckDB writes for its value."""
    key = quote_text(f'"{name}"')
    once = f"length(json) - length(replace(json, {key}, '')) = {len(name) + 2}"
    texts = [
        f"contains(json, concat({key}, '{colon}', CAST({value} AS VARCHAR), '{end}'))"
        for colon in (":", ": ")
        for end in (",", "}")
    ]
    return f"{once} AND ({' OR '.join(texts)})"
