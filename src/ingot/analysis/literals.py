"""Types of literals and type names, as Spark's parser gives them."""

from __future__ import annotations

import math
from functools import lru_cache

from sqlglot import exp

from ingot.analysis.coercion import decimal_for_integer
from ingot.analysis.nodes import Node, copied
from ingot.analysis.typed import set_type
from ingot.errors import AnalysisError, IngotError, UnsupportedError
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
    DataType,
    DecimalType,
    parse_type,
)

_INT_MAX, _LONG_MAX = 2**31 - 1, 2**63 - 1
_PLAIN = {
    exp.DType.BOOLEAN: BOOLEAN, exp.DType.TINYINT: BYTE, exp.DType.SMALLINT: SHORT, exp.DType.INT: INT,
    exp.DType.BIGINT: LONG, exp.DType.FLOAT: FLOAT, exp.DType.DOUBLE: DOUBLE, exp.DType.TEXT: STRING,
    exp.DType.BINARY: BINARY, exp.DType.DATE: DATE, exp.DType.TIMESTAMPTZ: TIMESTAMP,
    exp.DType.TIMESTAMPLTZ: TIMESTAMP, exp.DType.TIMESTAMP: TIMESTAMP, exp.DType.TIMESTAMPNTZ: TIMESTAMP_NTZ,
    exp.DType.NULL: NULL, exp.DType.VARIANT: VARIANT, exp.DType.INTERVAL: CALENDAR_INTERVAL, exp.DType.TIME: TIME,
}  # fmt: skip


def literal_type(text: str, is_string: bool, is_negative: bool = False) -> DataType:
    """The type of a literal without suffix: `1`, `1.5`, `1e3`, `'x'`."""
    if is_string:
        return STRING
    if "e" in text.lower():
        if math.isinf(float(text)):
            raise AnalysisError(f"the number {text} does not fit a double", code="invalid-literal")
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
