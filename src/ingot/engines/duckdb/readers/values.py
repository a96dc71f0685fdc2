"""Text to typed values as Spark's file readers do it, for the rows that SQL alone does not read exactly.

Each parser takes text and gives the value's canonical text, which DuckDB casts without loss, or raises BadValue.
Never sees null.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from ingot.engines.duckdb.readers.datetimes import (
    BadValue,
    compile_pattern,
    lenient_date,
    lenient_timestamp,
    timestamp_text,
)
from ingot.errors import UnsupportedError
from ingot.types import DataType, DecimalType

Parser = Callable[[str], str]

_RANGES = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[\0- ]*([+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))[fFdD]?[\0- ]*")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_EXACT = Context(prec=2000, rounding=ROUND_HALF_UP)


def parser_for(type_: DataType, options: Mapping[str, str]) -> Parser:
    """The parser for a column of that type, with the read's options for dates and special numbers.

    Raises:
        UnsupportedError: for types that text files cannot hold, and for patterns outside of what is read exactly.
    """
    if type_.name in _RANGES:
        bits = _RANGES[type_.name]
        return lambda text: _integer(text, bits)
    if isinstance(type_, DecimalType):
        return lambda text: decimal_text(text.replace(",", ""), type_)
    match type_.name:
        case "string":
            return lambda text: text
        case "boolean":
            return _boolean
        case "float" | "double":
            specials = {
                options.get("nanvalue", "NaN"): "nan",
                options.get("positiveinf", "Inf"): "inf",
                options.get("negativeinf", "-Inf"): "-inf",
            }
            return lambda text: specials.get(text) or _float(text)
        case "date":
            return date_parser(options)
        case "timestamp" | "timestamp_ntz":
            return timestamp_parser(options, has_zone=type_.name == "timestamp")
    raise UnsupportedError(f"a column of type {type_.ddl} cannot be read from text", code="unsupported-column-type")


def _integer(text: str, bits: int) -> str:
    if not _INTEGER.fullmatch(text):
        raise BadValue(text)
    value = int(text)
    if not -(2**bits) <= value < 2**bits:
        raise BadValue(text)
    return str(value)


def _float(text: str) -> str:
    found = _FLOAT.fullmatch(text)
    if found is None:
        raise BadValue(text)
    return repr(float(found.group(1)))


def decimal_text(text: str, type_: DecimalType) -> str:
    """Round half up to the type's scale; too many digits is a bad value."""
    if not _DECIMAL.fullmatch(text):
        raise BadValue(text)
    try:
        value = Decimal(text).quantize(Decimal(1).scaleb(-type_.scale), context=_EXACT)
    except InvalidOperation:
        raise BadValue(text) from None
    if value and value.adjusted() >= type_.precision - type_.scale:
        raise BadValue(text)
    return f"{value:f}"


def _boolean(text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise BadValue(text)
    return text.lower()


def date_parser(options: Mapping[str, str]) -> Parser:
    """Dates by the option `dateFormat`, else in any form that Spark's cast takes."""
    pattern = options.get("dateformat")
    if pattern is None:
        return lambda text: lenient_date(text).isoformat()
    read = compile_pattern(pattern)
    return lambda text: read(text).date().isoformat()


def timestamp_parser(options: Mapping[str, str], has_zone: bool) -> Parser:
    """Instants by `timestampFormat` or `timestampNTZFormat`, else in any form that Spark's cast takes."""
    pattern = options.get("timestampformat" if has_zone else "timestampntzformat")
    if pattern is None:
        return lambda text: timestamp_text(lenient_timestamp(text, has_zone), has_zone)
    read = compile_pattern(pattern)

    def parse(text: str) -> str:
        value = read(text)
        if value.tzinfo is not None and not has_zone:
            raise BadValue(text)
        return timestamp_text(value.replace(tzinfo=value.tzinfo or datetime.UTC) if has_zone else value, has_zone)

    return parse
