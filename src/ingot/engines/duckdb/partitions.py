"""Partition values: between the text of Delta's log and DuckDB's.

Owns the "Partition Value Serialization" of the Delta protocol. Never reads or writes a file.
"""

from __future__ import annotations

from ingot.engines.duckdb.statistics import iso_timestamp
from ingot.engines.duckdb.types import duckdb_type, quote_text
from ingot.errors import LakeError
from ingot.types import (
    BINARY,
    BOOLEAN,
    DATE,
    FRACTIONAL,
    INTEGRAL,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DecimalType,
)

_SPARK_FLOATS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


def check_partition_type(name: str, data_type: DataType) -> None:
    """Refuse to partition by a column whose values have no exact text.

    Raises:
        LakeError: `invalid-partition-column`.
    """
    scalars = (*INTEGRAL, *FRACTIONAL, STRING, BOOLEAN, DATE, TIMESTAMP, TIMESTAMP_NTZ)
    if data_type not in scalars and not isinstance(data_type, DecimalType):
        raise LakeError(
            f"cannot partition by {name!r}, which is {data_type.ddl}",
            code="invalid-partition-column",
            hint="partition by a column of a simple type, a date or a string",
        )


def partition_text(text: str | None, data_type: DataType) -> str | None:
    """A value as COPY returns it, in Delta's form; None is null, and so is '' by the protocol."""
    if not text:
        return None
    if data_type in FRACTIONAL:
        return _SPARK_FLOATS.get(text, text)
    if data_type in (TIMESTAMP, TIMESTAMP_NTZ):
        moment = iso_timestamp(text)
        if moment is None:
            raise LakeError(f"cannot partition by the timestamp {text!r}", code="invalid-partition-value")
        return moment + "Z" if data_type == TIMESTAMP else moment.replace("T", " ")
    return text


def partition_value(expression: str, data_type: DataType) -> str:
    """SQL that turns Delta's text, given as a SQL expression, into a value of the column's type."""
    if data_type == STRING:
        return expression
    if data_type == BINARY:
        return f"encode({expression})"
    return f"CAST({expression} AS {duckdb_type(data_type)})"


def partition_literal(text: str | None, data_type: DataType) -> str:
    """SQL of one value given in Delta's form."""
    return f"CAST(NULL AS {duckdb_type(data_type)})" if not text else partition_value(quote_text(text), data_type)
