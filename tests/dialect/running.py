"""Runs Spark SQL as a flow would: parsed, analyzed, lowered and evaluated by DuckDB, answers in Spark's JSON form."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
import struct
from typing import Any

import duckdb

from ingot import sql
from ingot.analysis import Settings
from ingot.analysis.analyzer import analyze
from ingot.engines.duckdb import dialect
from ingot.model import Query, Read, TableName, TableRead
from ingot.types import ArrayType, DataType, IntervalType, MapType, StructType

NOW = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=datetime.UTC)


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
    """Create the macros and the kernels that DuckDB's SQL uses, as the engine does."""
    found = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE starts_with(function_name, 'ingot_py_')"
    known = {name for (name,) in connection.execute(found).fetchall()} if "ingot_py_" in text else set()
    for kernel in dialect.kernels_used(text):
        if f"ingot_py_{kernel}" not in known:
            dialect.register(connection, kernel)
    for macro in dialect.macros_used(text):
        connection.execute(macro)


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
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case datetime.datetime():
            return f"{value.year:04d}-{value:%m-%d %H:%M:%S.%f}"
        case datetime.date():
            return value.isoformat()
        case decimal.Decimal():
            return float(value)
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _interval(value: Any, data_type: IntervalType) -> str:
    months, days, nanoseconds = value
    name = data_type.ddl.removeprefix("interval ").upper()
    if data_type.is_year_month:
        sign, rest = ("-" if months < 0 else ""), abs(months)
        body = {"year": f"{rest // 12}", "month": f"{rest}"}.get(data_type.start, "")
        body = f"{rest // 12}-{rest % 12}" if data_type.start != data_type.end else body
        return f"INTERVAL '{sign}{body}' {name}"
    micros = days * 86_400_000_000 + nanoseconds // 1000
    sign, rest = ("-" if micros < 0 else ""), abs(micros)
    seconds, fraction = divmod(rest, 1_000_000)
    hours = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    tail = f".{fraction:06d}".rstrip("0") if fraction else ""
    if data_type.start == data_type.end == "day":
        return f"INTERVAL '{sign}{seconds // 86400}' DAY"
    return f"INTERVAL '{sign}{seconds // 86400} {hours}{tail}' {name}"


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
        if name != "float" or not isinstance(value, float):
            return value
        return struct.unpack("f", struct.pack("f", value))[0]

    return [{k: single(v, t) for (k, v), t in zip(row.items(), types, strict=True)} for row in rows]


def same_rows(left: list[Any], right: list[Any], is_ordered: bool) -> bool:
    """Whether two results are equal, as bags unless the query orders them."""
    if not is_ordered:
        left, right = sorted(left, key=repr), sorted(right, key=repr)
    return same(left, right)
