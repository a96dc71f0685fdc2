"""Rows to files: one Parquet file of the landing zone, written as the rows come.

Owns the form of the files: row groups of bounded size, zstd, no key-value metadata, so that the same rows make the same
bytes; and how plain types of Spark are stored. Never holds more than a row group in memory.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from ingot.lake.landing import Partial
from ingot.types import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DecimalType,
)

_GROUP_ROWS = 131_072
_GROUP_BYTES = 32 << 20
_PLAIN = {
    BOOLEAN: pa.bool_(),
    BYTE: pa.int8(),
    SHORT: pa.int16(),
    INT: pa.int32(),
    LONG: pa.int64(),
    FLOAT: pa.float32(),
    DOUBLE: pa.float64(),
    STRING: pa.string(),
    BINARY: pa.binary(),
    DATE: pa.date32(),
    TIMESTAMP: pa.timestamp("us", "UTC"),
    TIMESTAMP_NTZ: pa.timestamp("us"),
}


def plain_arrow_type(type_: DataType) -> pa.DataType | None:
    """The Arrow type that stands for a type of Spark; None for one that does not land, or holds others."""
    return pa.decimal128(type_.precision, type_.scale) if isinstance(type_, DecimalType) else _PLAIN.get(type_)


class _Sink(io.RawIOBase):
    """A partial file as what Arrow writes to."""

    def __init__(self, partial: Partial):
        self._partial = partial

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._partial.bytes

    def write(self, data: object) -> int:
        chunk = bytes(memoryview(data))  # pyright: ignore[reportArgumentType]
        self._partial.write(chunk)
        return len(chunk)


def write_part(
    partial: Partial, schema: pa.Schema, batches: Iterable[pa.RecordBatch], progress: Callable[[int], object]
) -> int:
    """Write the rows to a file; returns how many there are. `progress` is told the bytes written so far."""
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_binary(field.type)]
    rows = 0
    sink = _Sink(partial)
    with pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts,  # pyright: ignore[reportArgumentType]
        store_schema=False,
    ) as writer:
        for table in _groups(schema, batches):
            writer.write_table(table, row_group_size=_GROUP_ROWS)
            rows += table.num_rows
            progress(partial.bytes)
    return rows


def _groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterable[pa.Table]:
    """The rows in tables of the size of a row group."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            yield pa.Table.from_batches(waiting, schema)
            waiting, rows, size = [], 0, 0
    if rows:
        yield pa.Table.from_batches(waiting, schema)
