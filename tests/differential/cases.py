"""Found differences as data: a query, its tables with only the rows and columns that it needs, and Spark's answer."""

from __future__ import annotations

import decimal
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from differential.answers import Answer, comparable_rows, compared, loosened, verdict
from differential.campaign import Difference
from differential.tables import Table, read_back, written
from ingot.analysis import Settings
from ingot.types import parse_type

CASES = Path(__file__).parent / "cases.json"


def as_case(found: Difference) -> dict[str, Any]:
    """The difference as the file of cases holds it."""
    tables = {
        n: small
        for n, t in found.tables.items()
        if re.search(rf"\b{n}\b", found.sql) and (small := _used(t, found.sql)).schema.fields
    }
    case: dict[str, Any] = {"sql": found.sql, "tables": {n: written(t) for n, t in tables.items()}}
    case |= settings_as_data(found.settings)
    if found.is_ordered:
        case["ordered"] = True
    return {**case, **answer_as_data(found.spark)}


def _used(table: Table, sql: str) -> Table:
    if "*" in re.sub(r"count\(\*\)|\* ", "", sql):
        return table
    words = set(re.findall(r"\w+", sql))
    return table.only([f.name for f in table.schema if f.name in words or f.name in ("id", "uid", "eid")])


def answer_as_data(answer: Answer) -> dict[str, Any]:
    """Spark's answer in JSON."""
    if answer.kind != "rows":
        return {"error": answer.message}
    rows = comparable_rows(answer.rows, [parse_type(t) for t in answer.types])
    return {"types": list(answer.types), "rows": [[_data(v) for v in row] for row in rows]}


def _data(value: Any) -> Any:
    match value:
        case ("float", float()):
            return {"float": repr(value[1])}
        case list() | tuple():
            return [_data(v) for v in value]
        case None | bool() | int() | str():
            return value
        case bytes():
            return {"binary": value.hex()}
    return {"double": repr(value)} if isinstance(value, float) else {"decimal": format(value, "f")}


def _value(data: Any) -> Any:
    match data:
        case list():
            return [_value(v) for v in data]
        case {"binary": text}:
            return bytes.fromhex(text)
        case {"decimal": text}:
            return decimal.Decimal(text)
        case {"double": text}:
            return float(text)
        case {"float": text}:
            return ("float", float(text))
    return data


def agrees(case: dict[str, Any], ours: Answer) -> str:
    """The verdict on Ingot's answer to a recorded query."""
    if "error" in case:
        return verdict(Answer("rejected" if case.get("rejected") else "raised"), ours)
    if ours.kind != "rows":
        return verdict(Answer("rows"), ours)
    if list(ours.types) != case["types"]:
        return "other types"
    found = comparable_rows(ours.rows, [parse_type(t) for t in ours.types])
    expected = [tuple(_value(v) for v in row) for row in case["rows"]]
    if case.get("loose"):
        found, expected = ([loosened(row) for row in rows] for rows in (found, expected))
    return compared(expected, found, case.get("ordered", False))


def load_cases() -> list[dict[str, Any]]:
    return json.loads(CASES.read_text(encoding="utf-8")) if CASES.exists() else []


def settings_as_data(settings: Settings) -> dict[str, Any]:
    """The settings of a case where they are not the default ones."""
    mode = {} if settings.ansi else {"ansi": False}
    return mode if settings.time_zone == "UTC" else {**mode, "zone": settings.time_zone}


def settings_of(case: dict[str, Any]) -> Settings:
    """What `settings_as_data` wrote."""
    return Settings(ansi=case.get("ansi", True), time_zone=case.get("zone", "UTC"))


def add_cases(queries: list[str], ask: Callable[[str], Answer], settings: Settings) -> None:
    """Add queries that read no table to the file, with Spark's answers; those that it holds already stay as they are."""
    cases = load_cases()
    known = {case["sql"] for case in cases}
    for sql in queries:
        if sql.strip() and sql not in known:
            cases.append({"sql": sql, "tables": {}, **settings_as_data(settings), **answer_as_data(ask(sql))})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    CASES.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def tables_of(case: dict[str, Any]) -> dict[str, Table]:
    return {name: read_back(data) for name, data in case["tables"].items()}
