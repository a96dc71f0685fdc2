"""Spark's types in DuckDB's words, and names and texts as DuckDB's SQL writes them.

Owns the correspondence of types in both directions and quoting. Never converts a value: what a cast means is
the dialect's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingot.errors import UnsupportedError
from ingot.types import (
    BINARY,
    BOOLEAN,
    BYTE,
    CALENDAR_INTERVAL,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIME,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VARIANT,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    IntervalType,
    MapType,
    StructType,
)

_NAMES = {
    BOOLEAN: "BOOLEAN",
    BYTE: "TINYINT",
    SHORT: "SMALLINT",
    INT: "INTEGER",
    LONG: "BIGINT",
    FLOAT: "FLOAT",
    DOUBLE: "DOUBLE",
    STRING: "VARCHAR",
    BINARY: "BLOB",
    DATE: "DATE",
    TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    TIMESTAMP_NTZ: "TIMESTAMP",
    NULL: '"NULL"',
    VARIANT: "VARCHAR",  # in the form of `kernels.variants`
    TIME: "TIME",
    CALENDAR_INTERVAL: "INTERVAL",
}
# DuckDB's type ids; unsigned and huge integers become the smallest Spark type that holds every value.
_SPARK = {
    "boolean": BOOLEAN,
    "tinyint": BYTE,
    "smallint": SHORT,
    "integer": INT,
    "bigint": LONG,
    "utinyint": SHORT,
    "usmallint": INT,
    "uinteger": LONG,
    "ubigint": DecimalType(precision=20, scale=0),
    "hugeint": DecimalType(precision=38, scale=0),
    "uhugeint": DecimalType(precision=38, scale=0),
    "float": FLOAT,
    "double": DOUBLE,
    "varchar": STRING,
    "json": STRING,
    "uuid": STRING,
    "enum": STRING,
    "blob": BINARY,
    "date": DATE,
    "timestamp with time zone": TIMESTAMP,
    "timestamp": TIMESTAMP_NTZ,
    "timestamp_s": TIMESTAMP_NTZ,
    "timestamp_ms": TIMESTAMP_NTZ,
    "timestamp_ns": TIMESTAMP_NTZ,
    "interval": CALENDAR_INTERVAL,
    "null": NULL,
    "sqlnull": NULL,
}


# DuckDB has no empty names; Spark's `SELECT ''` makes one.
_UNNAMED = "\u2400"


def quote_name(name: str) -> str:
    """A column's or a relation's name as an identifier.

    >>> quote_name("City Name")
    '"City Name"'
    """
    return '"' + (name or _UNNAMED).replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A string literal.

    >>> quote_text("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def quote_path(path: str | Path) -> str:
    """A string literal that names one file, in which DuckDB sees no glob.

    >>> quote_path("/in/report [1].csv")
    "'/in/report [[]1].csv'"
    """
    return quote_text("".join(f"[{ch}]" if ch in "*?[" else ch for ch in str(path)))


def duckdb_type(data_type: DataType) -> str:
    """The type in DuckDB's SQL.

    >>> from ingot.types import parse_type
    >>> duckdb_type(parse_type("array<struct<a: int, b: decimal(10,2)>>"))
    'STRUCT("a" INTEGER, "b" DECIMAL(10,2))[]'
    """
    match data_type:
        case DecimalType():
            return f"DECIMAL({data_type.precision},{data_type.scale})"
        case ArrayType():
            return f"{duckdb_type(data_type.element)}[]"
        case MapType():
            return f"MAP({duckdb_type(data_type.key)}, {duckdb_type(data_type.value)})"
        case StructType():
            if not data_type.fields:
                raise UnsupportedError("a struct without fields cannot be evaluated", code="empty-struct")
            check_distinct(data_type.names)
            return f"STRUCT({', '.join(f'{quote_name(f.name)} {duckdb_type(f.type)}' for f in data_type)})"
        case IntervalType():  # so that they are compared, sorted and added as numbers
            return "INTEGER" if data_type.is_year_month else "BIGINT"
    return _NAMES[data_type]


def check_distinct(fields: Sequence[str]) -> None:
    """Refuse a struct two of whose fields DuckDB, which sees no case, takes for one.

    Raises:
        UnsupportedError: `duplicate-column`.
    """
    seen: set[str] = set()
    for name in fields:
        if name.lower() in seen:
            raise UnsupportedError(
                f"a struct with two fields named {name!r} cannot be evaluated",
                hint=f"give one of them another name: struct({name}, {name} AS {name}_2)",
                code="duplicate-column",
            )
        seen.add(name.lower())


def without_zone(data_type: DataType) -> DataType:
    """The type as the user's functions see it: timestamps as they are shown in the session's time zone."""
    match data_type:
        case ArrayType():
            return replace(data_type, element=without_zone(data_type.element))
        case MapType():
            return replace(data_type, key=without_zone(data_type.key), value=without_zone(data_type.value))
        case StructType():
            return StructType(fields=tuple(replace(f, type=without_zone(f.type)) for f in data_type))
    return TIMESTAMP_NTZ if data_type == TIMESTAMP else data_type


def spark_type(data_type: Any) -> DataType:
    """The Spark type that holds every value of a DuckDB type, given as `description` and `relation.types` do.

    Raises:
        UnsupportedError: `unsupported-type`, for types without a counterpart (TIME, UNION, BIT …).
    """
    kind = data_type.id
    if kind == "decimal":
        precision, scale = (value for _, value in data_type.children)
        return DecimalType(precision=precision, scale=scale)
    if kind in ("list", "array"):
        return ArrayType(element=spark_type(data_type.children[0][1]))
    if kind == "map":
        (_, key), (_, value) = data_type.children
        return MapType(key=spark_type(key), value=spark_type(value))
    if kind == "struct":
        return StructType(fields=tuple(Field(name, spark_type(child)) for name, child in data_type.children))
    found = _SPARK.get(str(kind).lower())
    if found is None:
        raise UnsupportedError(f"Spark has no type for DuckDB's {data_type}", code="unsupported-type")
    return found
