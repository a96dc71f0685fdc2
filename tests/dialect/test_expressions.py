"""Spark's own answers, recorded, against ours: right, refused, or an error; never another answer."""

from __future__ import annotations

import collections
import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dialect.expressions import ROWS, cases
from dialect.record import CASES, record
from dialect.running import connect, run, same_rows
from ingot.errors import IngotError, UnsupportedError

RECORDED: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8")) if CASES.exists() else []
# Bags whose order Spark does not promise.
_SHARED = Path(os.environ.get("INGOT_SHARED", "/nonexistent")) / "data/spark_expressions/expressions.jsonl"


def outcome(connection: duckdb.DuckDBPyConnection, case: dict[str, Any], prefix: str = "") -> str:
    """`right`, `refused`, or what is wrong with our answer."""
    try:
        ours = run(connection, prefix + case["sql"])
    except UnsupportedError:
        return "refused"
    except (IngotError, duckdb.Error) as error:
        return "right" if "error" in case else f"raises {error}"
    if "error" in case:
        return f"gives {ours['rows']} where Spark raises {case['error']}"
    if ours["types"] != case["types"]:
        return f"has types {ours['types']}, not {case['types']}"
    is_ordered = " ORDER BY " in case["sql"].split(")")[-1]
    return "right" if same_rows(ours["rows"], case["rows"], is_ordered) else f"gives {ours['rows']}, not {case['rows']}"


def prefix_of(sql: str) -> tuple[str, str]:
    """The rows as a common table in front of a query."""
    rows = f"t AS ({ROWS})"
    return (f"WITH {rows}, ", sql[5:]) if sql.startswith("WITH ") else (f"WITH {rows} ", sql)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return connect()


@pytest.mark.parametrize("case", RECORDED, ids=[c["sql"] for c in RECORDED])
def test_a_recorded_query_has_sparks_answer_or_is_refused(
    connection: duckdb.DuckDBPyConnection, case: dict[str, Any]
) -> None:
    prefix, rest = prefix_of(case["sql"])
    assert outcome(connection, {**case, "sql": rest}, prefix) in ("right", "refused")


def test_few_recorded_queries_are_refused(connection: duckdb.DuckDBPyConnection) -> None:
    def is_refused(case: dict[str, Any]) -> bool:
        prefix, rest = prefix_of(case["sql"])
        return outcome(connection, {**case, "sql": rest}, prefix) == "refused"

    assert len(RECORDED) >= 400
    assert sum(is_refused(case) for case in RECORDED) <= 30


@pytest.mark.shared
@pytest.mark.skipif(not _SHARED.exists(), reason="INGOT_SHARED names no folder with spark_expressions")
def test_no_expression_of_sparks_documentation_has_another_answer(connection: duckdb.DuckDBPyConnection) -> None:
    found = [json.loads(line) for line in _SHARED.read_text(encoding="utf-8").splitlines()]
    outcomes = {case["sql"]: outcome(connection, case) for case in found}
    wrong = {k: v for k, v in outcomes.items() if v.startswith(("gives", "has types"))}
    counts = collections.Counter(v.split(" ")[0] for v in outcomes.values())
    assert not wrong
    assert counts["right"] >= 400, counts


@pytest.mark.spark
@pytest.mark.slow
def test_spark_still_gives_the_recorded_answers() -> None:
    assert record(ROWS, cases()) == RECORDED
