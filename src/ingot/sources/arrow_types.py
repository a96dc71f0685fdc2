"""Which Arrow type a plain type of Spark has in the files that land. Types within types are for their sources."""

from __future__ import annotations

import pyarrow as pa

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
    """The Arrow type; None for a type that does not land, or holds others."""
    return pa.decimal128(type_.precision, type_.scale) if isinstance(type_, DecimalType) else _PLAIN.get(type_)
