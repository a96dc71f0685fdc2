"""Rows and instants as JSON, for whoever shows them: what each Spark type becomes, without losing a digit.

Numbers are JSON numbers where a double holds them exactly, and text otherwise; dates and timestamps are text in ISO
form, timestamps with `Z`; binary is hexadecimal text; arrays and structs are JSON's, maps too, with keys as text.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from ingot.types import (
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
    ArrayType,
    DataType,
    DecimalType,
    MapType,
    StructType,
    is_numeric,
)

_SAFE_INTEGER = 2**53
_AS_THEY_ARE = (BOOLEAN, BYTE, SHORT, INT, STRING)


def type_word(data_type: DataType) -> str:
    """What a page needs to know of a type: number, text, date, timestamp, boolean or other."""
    if is_numeric(data_type):
        return "number"
    words = {STRING: "text", DATE: "date", TIMESTAMP: "timestamp", TIMESTAMP_NTZ: "timestamp", BOOLEAN: "boolean"}
    return words.get(data_type, "other")


def iso(instant: datetime.datetime) -> str:
    """An instant as text: ISO, in UTC, with Z."""
    return instant.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


def columns_json(schema: StructType) -> list[dict[str, Any]]:
    """The columns of rows: name, what kind of value, and Spark's type."""
    return [{"name": field.name, "type": type_word(field.type), "spark_type": field.type.ddl} for field in schema]


def json_rows(rows: Iterable[Sequence[Any]], schema: StructType) -> list[list[Any]]:
    """Rows of Python values, as `Result.rows` gives them, as what `json.dumps` takes."""
    convert = [_converter(field.type) for field in schema]
    plain = [index for index, field in enumerate(schema) if field.type not in _AS_THEY_ARE]
    found = []
    for row in rows:
        values = list(row)
        for index in plain:
            if values[index] is not None:
                values[index] = convert[index](values[index])
        found.append(values)
    return found


def _converter(data_type: DataType) -> Callable[[Any], Any]:
    """What turns a value of a type, which is not null, into JSON."""
    match data_type:
        case DecimalType():
            return _decimal
        case ArrayType():
            element = _or_null(_converter(data_type.element))
            return lambda value: [element(each) for each in value]
        case MapType():
            key, inner = _converter(data_type.key), _or_null(_converter(data_type.value))
            return lambda value: {str(key(k)): inner(v) for k, v in _pairs(value)}
        case StructType():
            members = [(field.name, _or_null(_converter(field.type))) for field in data_type]
            return lambda value: {name: convert(value[name]) for name, convert in members}
    known: dict[DataType, Callable[[Any], Any]] = {
        LONG: _integer,
        FLOAT: _double,
        DOUBLE: _double,
        TIMESTAMP: iso,
        TIMESTAMP_NTZ: _timestamp_ntz,
    }
    return known.get(data_type, _as_it_is if data_type in _AS_THEY_ARE else _text)


def _or_null(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _pairs(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, dict) else value


def _as_it_is(value: Any) -> Any:
    return value


def _integer(value: int) -> int | str:
    return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else str(value)


def _double(value: float) -> float | str:
    return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")


def _decimal(value: Decimal) -> float | int | str:
    """A number if a double has all of its digits, and prints as it."""
    if value == value.to_integral_value():
        whole = int(value)
        return whole if -_SAFE_INTEGER <= whole <= _SAFE_INTEGER else format(value, "f")
    number = float(value)
    return number if Decimal(repr(number)) == value else format(value, "f")


def _timestamp_ntz(value: datetime.datetime) -> str:
    return value.isoformat()


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
