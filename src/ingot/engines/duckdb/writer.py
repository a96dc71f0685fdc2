"""Data files of a table: written by COPY, described for Delta's log, durable on the disk.

Owns how rows become Parquet that Spark, delta-rs and Polars read: types, names, partition folders, statistics,
NOT NULL, fsync, and the removal of what an interrupted write leaves. Never writes the log; until a commit refers
to them, the files mean nothing.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingot.engine import DataFile, WriteTarget
from ingot.engines.duckdb.interruption import run_interruptibly
from ingot.engines.duckdb.partitions import check_partition_type, partition_text
from ingot.engines.duckdb.snapshot import field_id, nested_name, physical_name, physical_type, renamed
from ingot.engines.duckdb.statistics import ColumnStatistics, delta_statistics, null_count
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.errors import DataError, LakeError
from ingot.types import (
    CALENDAR_INTERVAL,
    NULL,
    TIME,
    VARIANT,
    ArrayType,
    DataType,
    Field,
    IntervalType,
    MapType,
    StructType,
    types_in,
)

_SYNC_THREADS = 8


@dataclass(frozen=True)
class _File:
    """A file as COPY describes it."""

    path: Path
    rows: int
    size: int
    columns: ColumnStatistics
    partition: Mapping[str, str | None]


def write_files(cursor: Any, query: str, source: StructType, target: WriteTarget) -> list[DataFile]:
    """Write the rows of `query` as new, durable files below the table's folder.

    Args:
        cursor: The connection that runs it.
        query: SQL; may give more columns than `source` says.
        source: The columns of the query; matched with the target's by name, those missing become NULL.
        target: Types to cast to, partitioning, names in the files.

    Raises:
        DataError: `null-in-not-null-column`; nothing is left behind, as after every other error.
        LakeError: for a column that Delta cannot store.
    """
    _check_types(target)
    write_id = uuid.uuid4().hex[:12]
    target.root.mkdir(parents=True, exist_ok=True)
    try:
        written = _copy(cursor, _copy_statement(query, source, target, write_id))
        files = [file for file in written if file.rows]
        for file in written:
            if not file.rows:
                file.path.unlink()
        _check_not_null(target, files)
        described = [_describe(file, target) for file in files]
        if not target.is_temporary:
            _sync((file.path for file in files), target.root)
    except BaseException:
        remove_write(target.root, write_id, is_partitioned=bool(target.partition_columns))
        raise
    return described


def remove_files(root: Path, files: Iterable[DataFile]) -> None:
    """Remove files that were written and shall not be committed."""
    for file in files:
        (root / file.path).unlink(missing_ok=True)


def remove_write(root: Path, write_id: str, *, is_partitioned: bool) -> None:
    """Remove every file that one write left behind; folders stay, for another writer may be about to use them."""
    pattern = f"part-{write_id}-*"
    for path in root.rglob(pattern) if is_partitioned else root.glob(pattern):
        path.unlink(missing_ok=True)


# --- before -----------------------------------------------------------------------------------------------------


def _check_types(target: WriteTarget) -> None:
    partitions = {name.lower() for name in target.partition_columns}
    for column in target.schema:
        unstorable = next(filter(_is_unstorable, types_in(column.type)), None)
        if unstorable is not None:
            raise LakeError(
                f"a Delta table cannot store column {column.name!r} of type {unstorable.ddl}",
                hint=f"cast {column.name} to a type that tables hold, such as string",
                code="unsupported-column-type",
            )
        if column.name.lower() in partitions:
            check_partition_type(column.name, column.type)
    if len(partitions) == len(target.schema):
        raise LakeError("a table needs a column that it is not partitioned by", code="invalid-partition-column")


def _is_unstorable(data_type: DataType) -> bool:
    return data_type in (NULL, VARIANT, CALENDAR_INTERVAL, TIME) or isinstance(data_type, IntervalType)


def _copy_statement(query: str, source: StructType, target: WriteTarget, write_id: str) -> str:
    columns = ", ".join(_column(column, source, target) for column in (*target.schema, *(target.hidden or ())))
    options = [
        "FORMAT parquet",
        "RETURN_STATS",
        "APPEND",  # without it, COPY refuses a folder that holds something
        f"FILENAME_PATTERN 'part-{write_id}-{{uuid}}'",
        "FILE_EXTENSION 'snappy.parquet'",
        f"FILE_SIZE_BYTES {target.file_bytes_max}",
    ]
    if target.partition_columns:
        options.append(
            f"PARTITION_BY ({', '.join(quote_name(_physical(n, target)) for n in target.partition_columns)})"
        )
    elif not target.is_compact:
        options.append("PER_THREAD_OUTPUT")
    ids = _field_ids(target)
    if ids:
        options.append(f"FIELD_IDS {ids}")
    statement = f"SELECT {columns} FROM ({query}) AS q"
    if target.sort_columns:
        statement += f" ORDER BY {', '.join(quote_name(_physical(n, target)) for n in target.sort_columns)}"
    return f"COPY ({statement}) TO {quote_text(str(target.root))} ({', '.join(options)})"


def _column(column: Field, source: StructType, target: WriteTarget) -> str:
    found = source.find(column.name)
    value = "NULL" if found is None else f"q.{quote_name(found.name)}"
    value = renamed(f"CAST({value} AS {duckdb_type(column.type)})", column.type, to_physical=True)
    return f"{value} AS {quote_name(physical_name(column, target.physical_names))}"


def _physical(name: str, target: WriteTarget) -> str:
    column = target.schema.find(name)
    if column is None:
        raise LakeError(f"the table has no column {name!r} to be partitioned by", code="invalid-partition-column")
    return physical_name(column, target.physical_names)


def _field_ids(target: WriteTarget) -> str:
    """COPY's FIELD_IDS for tables with column mapping, else nothing."""
    partitions = {name.lower() for name in target.partition_columns}
    stored = [f for f in target.schema if f.name.lower() not in partitions]
    if not any(field_id(f) is not None for f in stored):
        return ""
    return "{" + ", ".join(_field_id(f, physical_name(f, target.physical_names)) for f in stored) + "}"


def _field_id(column: Field, name: str) -> str:
    own = field_id(column)
    members = [] if own is None else [f"__duckdb_field_id: {own}"]
    members += _inner_ids(column.type)
    return f"{quote_name(name)}: {{{', '.join(members)}}}"


def _inner_ids(data_type: DataType) -> list[str]:
    match data_type:
        case StructType():
            return [_field_id(f, nested_name(f)) for f in data_type]
        case ArrayType():
            inner = {"element": _inner_ids(data_type.element)}
        case MapType():
            inner = {"key": _inner_ids(data_type.key), "value": _inner_ids(data_type.value)}
        case _:
            return []
    return [f"{name}: {{{', '.join(ids)}}}" for name, ids in inner.items() if ids]


# --- after ------------------------------------------------------------------------------------------------------


def _copy(cursor: Any, statement: str) -> list[_File]:
    rows = run_interruptibly(cursor, statement)
    return [
        _File(Path(path), count, size, columns, partition or {})
        for path, count, size, _, columns, partition, *_ in rows
    ]


def _check_not_null(target: WriteTarget, files: Sequence[_File]) -> None:
    partitions = {name.lower() for name in target.partition_columns}
    for column in target.schema:
        name = physical_name(column, target.physical_names)
        if column.name.lower() in partitions:
            # '' is null to every reader of the table
            nulls = 0 if column.nullable else sum(f.rows for f in files if not f.partition.get(name))
            _refuse_nulls(nulls, column.name, target)
        else:
            _check_nulls(column, (name,), column.name, files, target)


def _check_nulls(column: Field, path: tuple[str, ...], shown: str, files: Sequence[_File], target: WriteTarget) -> None:
    """Compare null counts: a NOT NULL field of a struct may be null only where the struct is."""
    if not column.nullable:
        nulls = sum(
            null_count(f.columns, *path) - (null_count(f.columns, *path[:-1]) if path[1:] else 0) for f in files
        )
        _refuse_nulls(nulls, shown, target)
    if isinstance(column.type, StructType):
        for inner in column.type:
            _check_nulls(inner, (*path, nested_name(inner)), f"{shown}.{inner.name}", files, target)


def _refuse_nulls(nulls: int, column: str, target: WriteTarget) -> None:
    if nulls:
        table = f"{target.root.parent.name}.{target.root.name}"
        raise DataError(
            f"{nulls} row{'s have' if nulls != 1 else ' has'} NULL in column {column!r} of {table}, which is NOT NULL; "
            "nothing was written",
            hint=f"filter with WHERE {column} IS NOT NULL, or drop NOT NULL from the column",
            code="null-in-not-null-column",
        )


def _describe(file: _File, target: WriteTarget) -> DataFile:
    partitions = {name.lower() for name in target.partition_columns}
    stored = StructType(
        fields=tuple(
            Field(physical_name(f, target.physical_names), physical_type(f.type))
            for f in target.schema
            if f.name.lower() not in partitions
        )
    )
    values = {}
    for name in target.partition_columns:
        column = target.schema.find(name)
        assert column is not None
        text = file.partition.get(physical_name(column, target.physical_names))
        values[column.name] = partition_text(text, column.type)
    return DataFile(
        path=str(file.path.relative_to(target.root)),
        size=file.size,
        rows=file.rows,
        modified_ms=file.path.stat().st_mtime_ns // 1_000_000,
        partition=values,
        statistics=delta_statistics(file.rows, file.columns, stored),
    )


def _sync(files: Iterable[Path], root: Path) -> None:
    """Make files and the folders that name them durable; neither DuckDB nor delta-rs does it."""
    paths = list(files)
    folders = {root, root.parent}
    for path in paths:
        folder = path.parent
        while folder != root:
            folders.add(folder)
            folder = folder.parent
    everything = [*paths, *folders]
    if len(everything) <= _SYNC_THREADS:
        for path in everything:
            _sync_path(path)
        return
    with ThreadPoolExecutor(_SYNC_THREADS) as pool:
        list(pool.map(_sync_path, everything))


def _sync_path(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
