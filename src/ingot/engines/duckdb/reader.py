"""Spark's file readers: the one door to them for the engine.

Owns the dispatch to formats and what happens when a fast scan meets something that it would not read exactly.
The session's time zone must be UTC. Never decides which files are read.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb
from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.faults import translated
from ingot.engines.duckdb.readers.casts import INEXACT
from ingot.engines.duckdb.readers.columns import complete_schema, folder_values
from ingot.engines.duckdb.readers.files import check_unchanged, text_pieces
from ingot.engines.duckdb.readers.options import (
    check_options,
    corrupt_column,
    encoding_of,
    format_of,
    options_without_effect,
    rescued_column,
    unknown_options,
)
from ingot.engines.duckdb.readers.spool import spool_of
from ingot.engines.duckdb.types import duckdb_type, quote_name
from ingot.errors import AnalysisError, DataError, PlanError
from ingot.files import folder_below
from ingot.model import FileRead
from ingot.types import ArrayType, DataType, Field, MapType, StructType

_CHECKED_BYTES_MAX = 64 * 2**20
_METADATA_TYPE = (
    "STRUCT(file_path VARCHAR, file_name VARCHAR, file_size BIGINT, file_block_start BIGINT,"
    " file_block_length BIGINT, file_modification_time TIMESTAMPTZ)"
)

__all__ = ["infer_schema", "new_columns", "option_notes", "recover", "relation", "release"]


def _reader_of(read: FileRead) -> Any:
    """The module that reads the format; each is loaded only when such files are read."""
    name = format_of(read)
    return importlib.import_module("ingot.engines.duckdb.readers." + ("binary" if name == "binaryfile" else name))


def option_notes(read: FileRead) -> list[str]:
    """What to tell the user of options that have no effect here, one sentence for each; Spark ignores them too."""
    notes = [
        f"option {name!r} is not known to the {read.format} reader and is ignored"
        + (f"; did you mean {near!r}?" if near else "")
        for name, near in unknown_options(read)
    ]
    return notes + [f"option {name!r} has no effect here: {why}" for name, why in options_without_effect(read)]


def infer_schema(connection: Any, read: FileRead, files: Sequence[SourceFile]) -> StructType:
    """The schema that Spark or Auto Loader gives these files, with hints, partition and rescued data columns.

    Raises:
        AnalysisError: `unable-to-infer-schema` if there is nothing to infer from.
        UnsupportedError, DataError, SourceError: as the options and the files are.
    """
    check_options(read)
    if read.schema is not None:
        return complete_schema(read, files, read.schema)
    for file in files:
        check_unchanged(file)
    module = _reader_of(read)
    if not files:
        below = folder_below(read)
        raise AnalysisError(
            f"no files at {read.path} to infer a schema from",
            location=read.location,
            hint=f"files are in folders below it, the newest in {below}: the option recursiveFileLookup reads all"
            if below
            else "declare a schema, or land a file first",
            code="unable-to-infer-schema",
        )
    try:
        return complete_schema(read, files, module.infer_data(connection, read, files))
    except (DataError, AnalysisError) as error:
        raise error.at(read.location) from None


def new_columns(connection: Any, read: FileRead, files: Sequence[SourceFile], schema: StructType) -> StructType | None:
    """The schema with the columns, and the fields of structs, that these files have in addition; None if nothing is.

    The mode is the option `schemaEvolutionMode`: addNewColumns (the default without a declared schema) adds them,
    `rescue` and `none` never do.

    Raises:
        PlanError: `new-columns` in the mode failOnNewColumns.
    """
    default = "none" if read.schema is not None or not read.is_autoloader else "addNewColumns"
    mode = read.options.get("schemaevolutionmode", default).lower()
    if mode in ("none", "rescue") or not files:
        return None
    module = _reader_of(read)
    found = module.infer_data(connection, replace(read, schema=None), files)
    ignored = {corrupt_column(read).lower(), *(key.lower() for key in folder_values(read, files[0].path))}
    added = [f for f in found if schema.find(f.name) is None and f.name.lower() not in ignored]
    grown = StructType(fields=tuple(_grown(f, found.find(f.name)) for f in schema))
    if not added and grown == schema:
        return None
    if mode == "failonnewcolumns":
        grew = [f"{f.name} (new fields in it)" for f, old in zip(grown, schema, strict=True) if f != old]
        names = [*(f.name for f in added), *grew]
        raise PlanError(
            f"the files at {read.path} have new columns: {', '.join(names)}",
            location=read.location,
            hint="add them to the schema, or use schemaEvolutionMode => 'addNewColumns'",
            code="new-columns",
        )
    rescued = rescued_column(read)
    before = [f for f in grown if f.name != rescued]
    return StructType(fields=(*before, *added, *(f for f in grown if f.name == rescued)))


def _grown(column: Field, found: Field | None) -> Field:
    return column if found is None else replace(column, type=_with_new_fields(column.type, found.type))


def _with_new_fields(kept: DataType, found: DataType) -> DataType:
    """The type with the fields of structs that only the other one has; nothing else of it changes."""
    match kept, found:
        case StructType(), StructType():
            own = tuple(_grown(field, found.find(field.name)) for field in kept)
            return StructType(fields=(*own, *(field for field in found if kept.find(field.name) is None)))
        case ArrayType(), ArrayType():
            return replace(kept, element=_with_new_fields(kept.element, found.element))
        case MapType(), MapType():
            return replace(kept, value=_with_new_fields(kept.value, found.value))
    return kept


def relation(connection: Any, binding: FilesBinding, columns: Sequence[str] | None = None) -> str:
    """SQL of a relation with the binding's columns in order, and `_metadata`.

    Small inputs are read once here, so that a query over them cannot fail. A query over large ones may: hand its
    error to `recover` and, if that says so, ask for the relation again and run the query again.

    Args:
        connection: The connection that will run the query; temporary files live as long as it does.
        binding: The read, its files and its schema.
        columns: The columns that the query uses; None is all of them.

    Raises:
        DataError, SourceError, UnsupportedError: as the files and the options are.
    """
    check_options(binding.read)
    try:
        parts = _reader_of(binding.read).relation_parts(connection, binding) if binding.files else []
        sql = _united(binding, parts)
        if _is_tried(connection, binding):
            while not _is_readable(connection, binding, sql, columns):
                sql = _united(binding, _reader_of(binding.read).relation_parts(connection, binding))
    except (DataError, AnalysisError) as error:
        raise error.at(binding.read.location) from None
    return sql


def _is_tried(connection: Any, binding: FilesBinding) -> bool:
    """Whether the relation is read once before it is handed out: it is small, and its scan might fail."""
    if not 0 < sum(file.size for file in binding.files) <= _CHECKED_BYTES_MAX:
        return False
    proven = spool_of(connection).proven
    return not all((file.path, file.size, file.modified_ms) in proven for file in binding.files)


def _united(binding: FilesBinding, parts: list[str]) -> str:
    if parts:
        return " UNION ALL ".join(parts)
    nulls = [f"CAST(NULL AS {duckdb_type(f.type)}) AS {quote_name(f.name)}" for f in binding.schema]
    return f"SELECT {', '.join([*nulls, f'CAST(NULL AS {_METADATA_TYPE}) AS _metadata'])} WHERE false"


def _is_readable(connection: Any, binding: FilesBinding, sql: str, columns: Sequence[str] | None) -> bool:
    wanted = [f.name for f in binding.schema if columns is None or f.name in columns] or binding.schema.names[:1]
    counted = ", ".join(f"count({quote_name(name)})" for name in wanted) or "count(*)"
    try:
        connection.cursor().execute(f"SELECT {counted} FROM ({sql})").fetchall()
    except duckdb.Error as error:
        if not recover(connection, binding, error):
            fault = translated(str(error))
            if fault.code == "line-too-long":
                message = f"{fault.message}: see the files at {binding.read.path}"
                raise DataError(message, hint=fault.hint, code=fault.code) from error
            if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException):
                what = str(error).splitlines()[0]
                raise DataError(
                    f"a value in the files at {binding.read.path} does not fit its column: {what}",
                    code="type-mismatch",
                    hint="read the column with the type that it has in the files, and convert it in the query",
                ) from error
            raise
        return False
    return True


def recover(connection: Any, binding: FilesBinding, error: duckdb.Error) -> bool:
    """Say whether a query over the binding's relation should be built and run again after this error.

    True: the file at fault is now read exactly. False: the error has nothing to do with these files.

    Raises:
        DataError: if the file itself is at fault, with the place.
        SourceError: if a file vanished or changed.
    """
    spool = spool_of(connection)
    text = str(error)
    for file in binding.files:
        check_unchanged(file)
    if format_of(binding.read) not in ("csv", "json"):
        return False  # what their relations do is the same each time
    suspects = [file for file in binding.files if _is_named(text, file.path)]
    plain = {str(path): key for key, path in spool.paths.items()}
    for file in binding.files:
        if any(_is_named(text, p) and isinstance(k, tuple) and file.path in k for p, k in plain.items()):
            suspects = [file]
    fresh = [f for f in suspects if (f.path, f.size, f.modified_ms) not in spool.inexact]
    for file in fresh:
        spool.inexact.add((file.path, file.size, file.modified_ms))
        if INEXACT not in text:
            for _ in text_pieces(file.path, encoding_of(binding.read), format_of(binding.read)):
                pass  # decoding it raises the error that tells the place
    return bool(fresh)


def _is_named(text: str, path: str) -> bool:
    return re.search(re.escape(path) + r"(?![\w.])", text) is not None


def release(connection: Any) -> None:
    """Remove the temporary files of a connection's reads."""
    spool_of(connection).release()
