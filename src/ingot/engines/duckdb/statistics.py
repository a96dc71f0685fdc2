"""Column statistics of a Parquet file: from the text that COPY returns to the JSON that Delta's log holds.

Owns which columns get bounds and how a bound is written so that every reader may prune by it: never tighter
than the data, always of the JSON type that the schema asks for (a wrong one makes a table unreadable for
delta-rs). Never opens a file. See the Delta protocol, "Per-file Statistics".
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ingot.engines.duckdb.types import quote_name
from ingot.types import (
    BOOLEAN,
    DATE,
    FLOAT,
    FRACTIONAL,
    INTEGRAL,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    MapType,
    StructType,
)

INDEXED_COLUMNS = 32  # the default of delta.dataSkippingNumIndexedCols; counts leaves, as Spark does
STRING_PREFIX_CHARS = 32  # Spark cuts strings there
_LAST_CHARACTER = "\U0010ffff"

_NUMBER = re.compile(r"-?\d*(\.\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(\+00)?")

ColumnStatistics = Mapping[str, Mapping[str, str]]  # COPY's column_statistics: quoted path to name to text


@dataclass
class _Bounds:
    """Nested objects of JSON texts, as they are gathered."""

    minima: dict[str, object] = field(default_factory=dict)
    maxima: dict[str, object] = field(default_factory=dict)
    nulls: dict[str, object] = field(default_factory=dict)


def delta_statistics(rows: int, columns: ColumnStatistics, schema: StructType, indexed: int = INDEXED_COLUMNS) -> str:
    """Write the `stats` of an `add` action.

    Args:
        rows: Number of rows of the file.
        columns: What COPY … RETURN_STATS says about the file's columns.
        schema: The columns in the file, under the names that they have there.
        indexed: How many leaf columns get statistics, from the first on.
    """
    bounds = _Bounds()
    _gather(schema, "", columns, bounds, iter(range(indexed)))
    entries = {
        "numRecords": str(rows),
        "minValues": bounds.minima,
        "maxValues": bounds.maxima,
        "nullCount": bounds.nulls,
    }
    return _render(entries)


def null_count(columns: ColumnStatistics, *path: str) -> int:
    """Number of rows in which the column at this path is null."""
    return int(columns.get(".".join(map(quote_name, path)), {}).get("null_count", 0))


def _gather(schema: StructType, prefix: str, columns: ColumnStatistics, bounds: _Bounds, left: Iterator[int]) -> None:
    for column in schema:
        path = prefix + quote_name(column.name)
        if isinstance(column.type, StructType):
            inner = _Bounds()
            _gather(column.type, path + ".", columns, inner, left)
            for outer_part, inner_part in zip(_parts(bounds), _parts(inner), strict=True):
                if inner_part:
                    outer_part[column.name] = inner_part
            continue
        if next(left, None) is None:
            return
        found = columns.get(path)
        if prefix and isinstance(column.type, (ArrayType, MapType)):
            continue  # DuckDB does not count the nulls of a list whose struct is null
        if found is not None:
            _add(column.name, column.type, found, bounds)


def _parts(bounds: _Bounds) -> tuple[dict[str, object], ...]:
    return bounds.minima, bounds.maxima, bounds.nulls


def _add(name: str, data_type: DataType, found: Mapping[str, str], bounds: _Bounds) -> None:
    if "null_count" in found:
        bounds.nulls[name] = str(int(found["null_count"]))
    if found.get("has_nan", "false") != "false":
        return  # NaN is left out of DuckDB's bounds, but is the greatest value for Spark
    for bound, target, is_upper in (("min", bounds.minima, False), ("max", bounds.maxima, True)):
        value = _bound(found[bound], data_type, is_upper) if bound in found else None
        if value is not None:
            target[name] = value


def _bound(text: str, data_type: DataType, is_upper: bool) -> str | None:
    """One bound as JSON text, or None where JSON or a reader could not hold it exactly enough."""
    if data_type == BOOLEAN:
        return {"0": "false", "false": "false", "1": "true", "true": "true"}.get(text)
    if data_type in INTEGRAL:
        return str(int(text))
    if isinstance(data_type, DecimalType):
        return _number(text)
    if data_type in FRACTIONAL:
        return _float_bound(text, data_type, is_upper)
    if data_type == STRING:
        return _string_bound(text, is_upper)
    if data_type == DATE:
        return f'"{text}"' if _DATE.fullmatch(text) else None  # not 'infinity', not years before 1 or after 9999
    if data_type in (TIMESTAMP, TIMESTAMP_NTZ):
        return _timestamp(text, data_type)
    return None


def _number(text: str) -> str | None:
    if not _NUMBER.fullmatch(text) or text in ("", "-"):
        return None
    return re.sub(r"^(-?)\.", r"\g<1>0.", text)


def _float_bound(text: str, data_type: DataType, is_upper: bool) -> str | None:
    value = float(text)
    if not math.isfinite(value):
        return None  # JSON has no such number
    if value == 0:
        return "0.0" if is_upper else "-0.0"  # readers that compare bits must find both zeros in between
    if data_type == FLOAT:  # its shortest text is another number to a reader that compares doubles
        value = struct.unpack("f", struct.pack("f", value))[0]
    return repr(value)


def _string_bound(text: str, is_upper: bool) -> str | None:
    if len(text) <= STRING_PREFIX_CHARS:
        return json.dumps(text, ensure_ascii=False)
    prefix = text[:STRING_PREFIX_CHARS]
    if not is_upper:
        return json.dumps(prefix, ensure_ascii=False)
    if text[STRING_PREFIX_CHARS] == _LAST_CHARACTER:
        return None
    return json.dumps(prefix + _LAST_CHARACTER, ensure_ascii=False)


def iso_timestamp(text: str) -> str | None:
    """DuckDB's text of a timestamp in a UTC session in ISO 8601 without a zone; None for 'infinity' and years
    that do not have four digits.

    >>> iso_timestamp("2024-01-01 10:34:56.5+00")
    '2024-01-01T10:34:56.500000'
    """
    parts = _TIMESTAMP.fullmatch(text)
    if parts is None:
        return None
    day, time, fraction, _ = parts.groups()
    return f"{day}T{time}.{(fraction or '').ljust(6, '0')}"


def _timestamp(text: str, data_type: DataType) -> str | None:
    moment = iso_timestamp(text)
    if moment is None:
        return None
    return f'"{moment}Z"' if data_type == TIMESTAMP else f'"{moment}"'


def _render(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_render(v)}" for k, v in value.items()) + "}"
    return str(value)
