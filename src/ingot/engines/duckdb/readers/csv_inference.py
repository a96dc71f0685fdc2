"""The type that Spark infers for a column of text: the narrowest of its list that takes every value.

Owns the order in which types are tried and how two merge. Works on values; where they come from is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ingot.engines.duckdb.readers.datetimes import (
    BadValue,
    compile_pattern,
    lenient_timestamp,
)
from ingot.engines.duckdb.readers.values import parser_for
from ingot.types import (
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    INT,
    INTEGRAL,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    DataType,
    DecimalType,
)

_ORDER = {
    "int": 0,
    "bigint": 1,
    "decimal": 2,
    "double": 3,
    "date": 4,
    "timestamp_ntz": 5,
    "timestamp": 6,
    "boolean": 7,
}
_DIGITS = {BYTE: 3, SHORT: 5, INT: 10, LONG: 20}


def infer_field(so_far: DataType | None, text: str, options: Mapping[str, str]) -> DataType:
    """The type of a column after one more non-null value; None is a column without values so far."""
    if so_far == STRING:
        return STRING
    first = 0 if so_far is None else _ORDER[so_far.name]
    found = _narrowest(text, first, options)
    if so_far == DATE and found == TIMESTAMP:
        return TIMESTAMP if _are_dates_timestamps(options) else STRING
    return merge(so_far, found)


def _narrowest(text: str, first: int, options: Mapping[str, str]) -> DataType:
    if first <= 1:
        for type_ in (INT, LONG)[first:]:
            if _takes(type_, text, options):
                return type_
    if first <= 2 and (decimal := _as_decimal(text)) is not None:
        return decimal
    if first <= 3 and _takes(DOUBLE, text, options):
        return DOUBLE
    if first <= 4 and _is_date(text, options):
        return DATE
    if (first <= 5 and "timestampntzformat" not in options and _is_timestamp(text, {})) or (
        first <= 6 and _is_timestamp(text, options)
    ):
        return TIMESTAMP
    return BOOLEAN if text.lower() in ("true", "false") else STRING


def _takes(type_: DataType, text: str, options: Mapping[str, str]) -> bool:
    try:
        parser_for(type_, options)(text)
    except BadValue:
        return False
    return True


def _as_decimal(text: str) -> DecimalType | None:
    digits = text.lstrip("+-")
    if not digits.isdigit() or not text.isascii() or len(text) - len(digits) > 1:
        return None
    precision = len(Decimal(digits).as_tuple().digits)
    return DecimalType(precision=precision, scale=0) if precision <= 38 else None


def _is_date(text: str, options: Mapping[str, str]) -> bool:
    if options.get("prefersdate", options.get("preferdate", "true")).lower() == "false":
        return False
    try:
        compile_pattern(options.get("dateformat", "yyyy-MM-dd"))(text)
    except BadValue:
        return False
    return True


def _is_timestamp(text: str, options: Mapping[str, str]) -> bool:
    try:
        if "timestampformat" in options:
            compile_pattern(options["timestampformat"])(text)
        else:
            lenient_timestamp(text)
    except BadValue:
        return False
    return True


def _are_dates_timestamps(options: Mapping[str, str]) -> bool:
    """Whether the dates of a column are timestamps as well, so that a mixture is not text."""
    return "timestampformat" not in options and options.get("dateformat", "yyyy-MM-dd") == "yyyy-MM-dd"


def merge(one: DataType | None, other: DataType) -> DataType:
    """The type that holds values of both."""
    if one is None or one == other:
        return other
    pair = {one.name, other.name}
    if pair <= {"tinyint", "smallint", "int", "bigint"}:
        return LONG
    if "double" in pair and pair <= {"double", "int", "bigint", "decimal"}:
        return DOUBLE
    if pair <= {"int", "bigint", "decimal"}:
        return _merge_decimals(_as_wide(one), _as_wide(other))
    if pair == {"timestamp", "timestamp_ntz"}:
        return TIMESTAMP
    return STRING


def _as_wide(type_: DataType) -> DecimalType:
    if isinstance(type_, DecimalType):
        return type_
    assert type_ in INTEGRAL
    return DecimalType(precision=_DIGITS[type_], scale=0)


def _merge_decimals(one: DecimalType, other: DecimalType) -> DataType:
    scale = max(one.scale, other.scale)
    whole = max(one.precision - one.scale, other.precision - other.scale)
    return DOUBLE if whole + scale > 38 else DecimalType(precision=whole + scale, scale=scale)
