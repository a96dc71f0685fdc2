"""Partition columns: the type that Spark infers from `key=value` folders, and a folder's text as a typed value.

Loaded only when files lie in such folders. Never looks at a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from ingot.engines.duckdb.readers.csv_inference import merge
from ingot.engines.duckdb.readers.datetimes import BadValue, lenient_date, lenient_timestamp, timestamp_text
from ingot.engines.duckdb.readers.values import parser_for
from ingot.errors import DataError
from ingot.types import DATE, DOUBLE, INT, LONG, STRING, TIMESTAMP, DataType, DecimalType, Field

_DAY = r"\d{4}-\d\d-\d\d"
_MOMENT = _DAY + r" \d\d:\d\d:\d\d(\.\d{1,9})?"


def infer_partition(values: Iterable[str | None]) -> DataType:
    """The narrowest type for all values of a partition column; text if nothing else holds them."""
    types = sorted({_narrowest(value) for value in values if value is not None}, key=lambda t: t.ddl)
    if not types:
        return STRING
    found = types[0]
    for type_ in types[1:]:
        found = _wider(found, type_)
    return found


def _wider(one: DataType, other: DataType) -> DataType:
    if STRING in (one, other):
        return STRING
    if {one, other} == {DATE, TIMESTAMP}:
        return TIMESTAMP
    if DOUBLE in (one, other) and (LONG in (one, other) or "decimal" in (one.name, other.name)):
        return STRING  # Spark: neither type holds the values of both
    return merge(one, other)


def _narrowest(text: str) -> DataType:
    if re.fullmatch("[+-]?[0-9]+", text, re.ASCII):
        value = int(text)
        if -(2**31) <= value < 2**31:
            return INT
        if -(2**63) <= value < 2**63:
            return LONG
    if (decimal := _as_decimal(text)) is not None:
        return decimal
    if _is(DOUBLE, text):
        return DOUBLE
    if re.fullmatch(_DAY, text, re.ASCII) and _is(DATE, text):
        return DATE
    if re.fullmatch(_MOMENT, text, re.ASCII) and _is(TIMESTAMP, text):
        return TIMESTAMP
    return STRING


def _as_decimal(text: str) -> DecimalType | None:
    """The type of a number without a fraction, `1e3` included."""
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?", text, re.ASCII):
        return None
    try:
        sign_digits_exponent = Decimal(text).as_tuple()
    except InvalidOperation:
        return None
    exponent = sign_digits_exponent.exponent
    if not isinstance(exponent, int) or exponent < 0:
        return None
    precision = len(sign_digits_exponent.digits) + exponent
    return DecimalType(precision=precision, scale=0) if precision <= 38 else None


def _is(type_: DataType, text: str) -> bool:
    try:
        parser_for(type_, {})(text)
    except BadValue:
        return False
    return True


def partition_text(text: str | None, field: Field, path: str) -> str | None:
    """A folder's text as the canonical text of the column's type.

    Raises:
        DataError: `invalid-partition` for text that is no such value.
    """
    if text is None:
        return None
    try:
        if not text:
            raise BadValue(text)
        return _canonical(text, field.type)
    except BadValue:
        raise DataError(
            f"the folder {field.name}={text} of {path} holds no {field.type.ddl}",
            code="invalid-partition",
            hint=f"declare {field.name} as STRING, or correct the folder's name",
        ) from None


def _canonical(text: str, type_: DataType) -> str:
    if type_ == DATE:
        return lenient_date(text).isoformat()
    if type_.name in ("timestamp", "timestamp_ntz"):
        has_zone = type_ == TIMESTAMP
        return timestamp_text(lenient_timestamp(text, has_zone), has_zone)
    if type_ == STRING:
        return text
    if isinstance(type_, DecimalType) or type_.name in ("float", "double"):
        return parser_for(type_, {})(text)
    return parser_for(type_, {})(text)
