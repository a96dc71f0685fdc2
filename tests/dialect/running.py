"""Runs Spark SQL as a flow would: parsed, analyzed, lowered and evaluated by DuckDB, answers in Spark's JSON form."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
import struct
from typing import Any
from weakref import WeakKeyDictionary

import duckdb

from ingot import sql
from ingot.analysis import Settings
from ingot.analysis.analyzer import analyze
from ingot.engines.duckdb import dialect
from ingot.engines.duckdb.kernels.variants import load as load_variant
from ingot.engines.duckdb.kernels.variants import text_of
from ingot.model import Query, Read, TableName, TableRead
from ingot.types import CALENDAR_INTERVAL, ArrayType, DataType, IntervalType, MapType, StructType

NOW = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=datetime.UTC)
_PREPARED: WeakKeyDictionary[duckdb.DuckDBPyConnection, set[str]] = WeakKeyDictionary()


class Leaves:
    """A catalog of the one table `t`, if there is any."""

    def __init__(self, schema: StructType | None = None):
        self.schema = schema

    def schema_of(self, read: object) -> StructType:
        assert self.schema is not None, read
        return self.schema

    def view_of(self, read: object) -> None:
        return None


def connect() -> duckdb.DuckDBPyConnection:
    """A fresh session, as the engine makes it."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET threads = 1")
    return connection


def lowered(text: str, rows: StructType | None = None, settings: Settings | None = None) -> tuple[str, StructType]:
    """DuckDB's SQL for a Spark query, which may read the table `t` of that schema, and its own schema."""
    reads: dict[str, Read] = {"t": TableRead(TableName("main", "default", "t"), ("t",))} if rows else {}
    analyzed = analyze(Query(sql.parse_statement(text), reads), Leaves(rows), settings or Settings())
    leaves = dict.fromkeys(analyzed.reads, "SELECT * FROM recorded_rows")
    return dialect.lower(analyzed, leaves, NOW), analyzed.schema


def prepare(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    """Create the macros and the kernels that DuckDB's SQL uses and the session does not have, as the engine does."""
    known = _PREPARED.setdefault(connection, set())
    for kernel in set(dialect.kernels_used(text)) - known:
        dialect.register(connection, kernel)
        known.add(kernel)
    for macro in dialect.macros_used(text):
        if macro not in known:
            connection.execute(macro)
            known.add(macro)


def load(connection: duckdb.DuckDBPyConnection, text: str) -> StructType:
    """Keep the rows of a query as the table `t` of later ones; gives its schema."""
    translated, schema = lowered(text)
    prepare(connection, translated)
    connection.execute(f"CREATE OR REPLACE TABLE recorded_rows AS {translated}")
    return schema


def run(
    connection: duckdb.DuckDBPyConnection, text: str, rows: StructType | None = None, settings: Settings | None = None
) -> dict[str, Any]:
    """The types and rows of a Spark query, as the recorded files hold them."""
    translated, schema = lowered(text, rows, settings)
    prepare(connection, translated)
    table = connection.sql(translated).to_arrow_table()
    columns = [c.to_pylist() for c in table.columns]
    types = [f.type for f in schema]
    found = [
        {f"c{i}": shown(cell, t) for i, (cell, t) in enumerate(zip(row, types, strict=True))}
        for row in zip(*columns, strict=True)
    ]
    return {"types": [t.ddl for t in types], "rows": found, "arrow": [str(f.type) for f in table.schema]}


def shown(value: Any, data_type: DataType) -> Any:
    """A value as Spark's `to_json` writes it."""
    if value is None:
        return None
    match data_type:
        case ArrayType():
            return [shown(v, data_type.element) for v in value]
        case MapType():
            return {str(shown(k, data_type.key)): shown(v, data_type.value) for k, v in value}
        case StructType():
            return {f.name: shown(value[f.name], f.type) for f in data_type}
        case IntervalType():
            return _interval(value, data_type)
    if data_type == CALENDAR_INTERVAL:
        return _calendar(value)
    if data_type.name == "variant":
        return json.loads(text_of(load_variant(value)))
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case datetime.time():
            return f"{value:%H:%M:%S}" + (f".{value.microsecond:06d}".rstrip("0") if value.microsecond else "")
        case datetime.datetime():
            return f"{value.year:04d}-{value:%m-%d %H:%M:%S.%f}"
        case datetime.date():
            return value.isoformat()
        case decimal.Decimal():
            return float(value)
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _interval(value: int, data_type: IntervalType) -> str:
    """Months or microseconds as the literal that Spark shows."""
    sign, rest = ("-" if value < 0 else ""), abs(value)
    name = data_type.ddl.removeprefix("interval ").upper()
    units = ["year", "month"] if data_type.is_year_month else ["day", "hour", "minute", "second"]
    sizes = dict(
        zip(units, [12, 1] if data_type.is_year_month else [86400000000, 3600000000, 60000000, 1000000], strict=True)
    )
    body = ""
    for unit in units[units.index(data_type.start) : units.index(data_type.end) + 1]:
        number, rest = divmod(rest, sizes[unit])
        text = f"{number:02d}" if unit in ("hour", "minute", "second") else str(number)
        body += text + {"year": "-", "day": " ", "hour": ":", "minute": ":"}.get(unit, "")
    body = body if data_type.end in ("month", "second") else body[:-1]
    fraction = f".{rest:06d}".rstrip("0") if data_type.end == "second" and rest else ""
    return f"INTERVAL '{sign}{body}{fraction}' {name}"


def _calendar(value: Any) -> str:
    """Months, days and nanoseconds as Spark shows a calendar interval."""
    months, days, nanoseconds = value
    parts: list[str] = []

    def add(total: int, sizes: dict[str, int]) -> int:
        for word, size in sizes.items():
            number = abs(total) // size * (1 if total >= 0 else -1)
            total -= number * size
            parts.extend([f"{number} {word}"] if number else [])
        return total

    add(months, {"years": 12, "months": 1})
    add(days, {"days": 1})
    micros = add(nanoseconds // 1000, {"hours": 3600000000, "minutes": 60000000})
    if micros:
        seconds, fraction = divmod(abs(micros), 1000000)
        tail = f".{fraction:06d}".rstrip("0") if fraction else ""
        parts.append(f"{'-' if micros < 0 else ''}{seconds}{tail} seconds")
    return " ".join(parts) or "0 seconds"


def same(left: Any, right: Any) -> bool:
    """Whether two recorded values are equal; doubles to the last digits that libraries of mathematics differ in."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right or math.isclose(left, right, rel_tol=1e-13, abs_tol=0)
    return type(left) is type(right) and left == right


def as_floats(rows: list[Any], types: list[str]) -> list[Any]:
    """Spark's rows with floats as what their text means in 32 bits; how many digits Java shows depends on its age."""

    def single(value: Any, name: str) -> Any:
        if name == "array<float>" and isinstance(value, list):
            return [single(item, "float") for item in value]
        if name != "float" or not isinstance(value, float):
            return value
        return struct.unpack("f", struct.pack("f", value))[0]

    return [{k: single(v, t) for (k, v), t in zip(row.items(), types, strict=True)} for row in rows]


def is_ordered(query: str) -> bool:
    """Whether a recorded query orders its rows itself: its last clause does, outside of all brackets."""
    return " ORDER BY " in query.split(")")[-1]


def same_answer(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Whether Spark gave the same answer to a recorded query: the same types and rows, or the same error."""
    if "rows" not in left or "rows" not in right:
        return left == right
    is_same_question = (left["sql"], left["types"]) == (right["sql"], right["types"])
    return is_same_question and same_rows(left["rows"], right["rows"], is_ordered(left["sql"]))


def same_rows(left: list[Any], right: list[Any], is_in_order: bool) -> bool:
    """Whether two results are equal, as bags unless the query orders them."""
    if not is_in_order:
        left, right = sorted(left, key=repr), sorted(right, key=repr)
    return same(left, right)
