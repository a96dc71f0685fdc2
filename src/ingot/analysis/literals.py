"""Types of literals, intervals and type names, as Spark's parser gives them."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

from ingot.analysis.coercion import decimal_for_integer
from ingot.analysis.names import Node, copied
from ingot.analysis.typed import set_type
from ingot.errors import AnalysisError, IngotError, UnsupportedError
from ingot.types import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VARIANT,
    DataType,
    DecimalType,
    IntervalType,
    parse_type,
)

_INT_MAX, _LONG_MAX = 2**31 - 1, 2**63 - 1
_DAY_TIME = {"day", "hour", "minute", "second"}
_UNIT_TYPES = {
    "week": "day",
    "quarter": "month",
    "millisecond": "second",
    "microsecond": "second",
    "nanosecond": "second",
}
_PLAIN = {
    exp.DType.BOOLEAN: BOOLEAN, exp.DType.TINYINT: BYTE, exp.DType.SMALLINT: SHORT, exp.DType.INT: INT,
    exp.DType.BIGINT: LONG, exp.DType.FLOAT: FLOAT, exp.DType.DOUBLE: DOUBLE, exp.DType.TEXT: STRING,
    exp.DType.BINARY: BINARY, exp.DType.DATE: DATE, exp.DType.TIMESTAMPTZ: TIMESTAMP,
    exp.DType.TIMESTAMPLTZ: TIMESTAMP, exp.DType.TIMESTAMP: TIMESTAMP, exp.DType.TIMESTAMPNTZ: TIMESTAMP_NTZ,
    exp.DType.NULL: NULL, exp.DType.VARIANT: VARIANT,
}  # fmt: skip


def literal_type(text: str, is_string: bool, is_negative: bool = False) -> DataType:
    """The type of a literal without suffix: `1`, `1.5`, `1e3`, `'x'`."""
    if is_string:
        return STRING
    if "e" in text.lower():
        return DOUBLE
    if "." in text:
        whole, fraction = text.split(".")
        digits = (whole + fraction).lstrip("0")
        precision, scale = max(len(digits), len(fraction), 1), len(fraction)
        if precision > 38:
            raise AnalysisError(f"the number {text} has more than 38 digits", code="invalid-literal")
        return DecimalType(precision=precision, scale=scale)
    value = int(text)
    if value <= _INT_MAX + is_negative:
        return INT
    if value <= _LONG_MAX + is_negative:
        return LONG
    if len(text.lstrip("0")) > 38:
        raise AnalysisError(f"the number {text} has more than 38 digits", code="invalid-literal")
    return decimal_for_integer(text)


def typed_literal(node: Node) -> Node:
    """Type a literal."""
    typed = copied(node)
    typed.meta["nullable"] = False
    return set_type(typed, literal_type(str(node.this), node.is_string))


def string_literal(text: str) -> Node:
    """A typed string."""
    node = set_type(exp.Literal.string(text), STRING)
    node.meta["nullable"] = False
    return node


def interval_literal(node: Node) -> Node:
    """Type `INTERVAL '1' DAY`, `INTERVAL '1-2' YEAR TO MONTH`."""
    if not isinstance(node.this, exp.Literal):
        raise UnsupportedError(
            "an interval of something else than a literal is not supported",
            hint="multiply: n * INTERVAL '1' DAY",
            code="unsupported-interval",
        )
    unit = node.args.get("unit")
    names = [unit.this, unit.expression] if isinstance(unit, exp.IntervalSpan) else [unit, unit]
    if unit is None:
        raise UnsupportedError(f"INTERVAL {node.this} without a unit is not supported", code="unsupported-interval")
    units = [_unit(str(name.this if isinstance(name, exp.Var) else name)) for name in names]
    typed = copied(node)
    typed.meta["nullable"] = False
    set_type(typed.this, STRING)
    return set_type(typed, IntervalType(start=units[0], end=units[1]))


def _unit(name: str) -> str:
    unit = name.lower()
    unit = unit[:-1] if unit.endswith("s") and len(unit) > 1 else unit
    unit = _UNIT_TYPES.get(unit, unit)
    if unit not in _DAY_TIME and unit not in ("year", "month"):
        raise AnalysisError(f"unknown unit {name!r} of an interval", code="invalid-literal")
    return unit


def type_named(node: Node) -> DataType:
    """The type that a cast names."""
    plain = _PLAIN.get(node.this) if not node.expressions else None
    return plain or _parsed_type(node.sql("databricks"))


@lru_cache(maxsize=1024)
def _parsed_type(text: str) -> DataType:
    try:
        return parse_type(text)
    except IngotError as error:
        raise UnsupportedError(f"the type {text} is not supported", code="unsupported-type") from error
