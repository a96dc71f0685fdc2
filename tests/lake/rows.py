"""Rows of a table for tests: written as Parquet with pyarrow, read back by the binding alone.

The reader here is deliberately not the engine: it does what the contract of `SnapshotBinding` says, no more.
"""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingot import types as t
from ingot.engine import ArrowBinding, DataFile, SnapshotBinding

_ARROW = {
    t.BOOLEAN: pa.bool_(), t.BYTE: pa.int8(), t.SHORT: pa.int16(), t.INT: pa.int32(), t.LONG: pa.int64(),
    t.FLOAT: pa.float32(), t.DOUBLE: pa.float64(), t.STRING: pa.string(), t.BINARY: pa.binary(),
    t.DATE: pa.date32(),    t.TIMESTAMP: pa.timestamp("us", tz="UTC"), t.TIMESTAMP_NTZ: pa.timestamp("us"),
}  # fmt: skip


def arrow_type(type_: t.DataType) -> pa.DataType:
    match type_:
        case t.DecimalType():
            return pa.decimal128(type_.precision, type_.scale)
        case t.ArrayType():
            return pa.list_(arrow_type(type_.element))
        case t.MapType():
            return pa.map_(arrow_type(type_.key), arrow_type(type_.value))
        case t.StructType():
            return pa.struct([pa.field(f.name, arrow_type(f.type)) for f in type_.fields])
    return _ARROW[type_]


def write_file(
    root: Path,
    schema: t.StructType,
    rows: list[dict[str, Any]],
    partition: dict[str, str | None] | None = None,
    physical: dict[str, str] | None = None,
    folder: str = "",
    statistics: bool = True,
) -> DataFile:
    """Write rows as one data file. Partition columns are not in the rows."""
    partition, physical = partition or {}, physical or {}
    fields = [f for f in schema.fields if f.name not in partition]
    table = pa.table(
        {physical.get(f.name, f.name): pa.array([row.get(f.name) for row in rows], arrow_type(f.type)) for f in fields}
    )
    path = root / folder / f"part-{uuid.uuid4()}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    nulls = {c: table[c].null_count for c in table.column_names if not pa.types.is_struct(table[c].type)}
    text = json.dumps({"numRecords": len(rows), "nullCount": nulls})
    return DataFile(
        str(path.relative_to(root)),
        path.stat().st_size,
        len(rows),
        int(time.time() * 1000),
        partition,
        text if statistics else None,
    )


def read(binding: SnapshotBinding | ArrowBinding) -> list[dict[str, Any]]:
    """All rows, as Python values, in no particular order."""
    return read_table(binding).to_pylist()


def read_table(binding: SnapshotBinding | ArrowBinding) -> pa.Table:
    """All rows, in no particular order."""
    if isinstance(binding, ArrowBinding):
        return pa.table(binding.load())
    tables = []
    for file in binding.files:
        found = pq.ParquetFile(binding.root / file.path).read()
        tables.append(pa.table({f.name: _column(found, f, binding, file) for f in binding.schema.fields}))
    empty = pa.table({f.name: pa.array([], arrow_type(f.type)) for f in binding.schema.fields})
    return pa.concat_tables(tables, promote_options="permissive") if tables else empty


def _column(found: pa.Table, field: t.Field, binding: SnapshotBinding, file: DataFile) -> Any:
    type_ = arrow_type(field.type)
    if field.name in binding.partition_columns:
        value = file.partition[field.name]
        array = pa.array([value] * found.num_rows, pa.string())
        if type_ == pa.binary() or pa.types.is_boolean(type_):
            return array.cast(type_)
        if pa.types.is_timestamp(type_):
            return array.cast(pa.timestamp("us")).cast(type_)
        return pc.cast(array, type_)
    name = binding.physical_names.get(field.name, field.name)
    if name not in found.column_names:
        return pa.nulls(found.num_rows, type_)
    return found[name].cast(type_) if not pa.types.is_nested(type_) else found[name]
