"""Spark's own answers, recorded, against ours: right, refused, or an error; never another answer."""

from __future__ import annotations

import collections
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dialect.record import SETTINGS, Family, families, record
from dialect.running import as_floats, connect, is_ordered, load, run, same_answer, same_rows
from ingot.analysis import Settings
from ingot.errors import IngotError, UnsupportedError
from ingot.types import StructType
from spark_sessions import spark_session

FAMILIES = families()
RECORDED = [(family, case) for family in FAMILIES for case in family.recorded()]
_OUTCOMES: dict[tuple[str, str], str] = {}
_SHARED = Path(os.environ.get("INGOT_SHARED", "/nonexistent")) / "data/spark_expressions/expressions.jsonl"


def outcome(
    connection: duckdb.DuckDBPyConnection,
    case: dict[str, Any],
    rows: StructType | None = None,
    settings: Settings | None = None,
) -> str:
    """`right`, `refused`, or what is wrong with our answer."""
    try:
        ours = run(connection, case["sql"], rows, settings)
    except UnsupportedError:
        return "refused"
    except (IngotError, duckdb.Error) as error:
        return "right" if "error" in case else f"raises {error}"
    if "error" in case:
        return f"gives {ours['rows']} where Spark raises {case['error']}"
    if ours["types"] != case["types"]:
        return f"has types {ours['types']}, not {case['types']}"
    expected = as_floats(case["rows"], case["types"])
    is_right = same_rows(ours["rows"], expected, is_ordered(case["sql"]))
    return "right" if is_right else f"gives {ours['rows']}, not {case['rows']}"


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return connect()


@lru_cache
def opened(family: Family) -> tuple[duckdb.DuckDBPyConnection, StructType]:
    """A session that holds the family's rows, and their schema."""
    found = connect()
    return found, load(found, family.rows)


@pytest.mark.parametrize(("family", "case"), RECORDED, ids=[f"{f.name}: {c['sql']}" for f, c in RECORDED])
def test_a_recorded_query_has_sparks_answer_or_is_refused(family: Family, case: dict[str, Any]) -> None:
    assert _outcome_in(family, case) in ("right", "refused")


def _outcome_in(family: Family, case: dict[str, Any]) -> str:
    """The outcome of a query of a family, which is asked once for all tests."""
    key = (family.name, case["sql"])
    if key not in _OUTCOMES:
        connection, rows = opened(family)
        settings = Settings(ansi=family.is_ansi, time_zone=family.time_zone)
        _OUTCOMES[key] = outcome(connection, case, rows, settings)
    return _OUTCOMES[key]


@pytest.mark.parametrize("family", FAMILIES, ids=[f.name for f in FAMILIES])
def test_few_recorded_queries_are_refused(family: Family) -> None:
    assert sum(_outcome_in(family, case) == "refused" for case in family.recorded()) <= 10


def test_many_answers_are_recorded() -> None:
    assert sum(len(family.recorded()) for family in families()) >= 2500


@pytest.mark.shared
@pytest.mark.skipif(not _SHARED.exists(), reason="INGOT_SHARED names no folder with spark_expressions")
def test_no_expression_of_sparks_documentation_has_another_answer(connection: duckdb.DuckDBPyConnection) -> None:
    found = [json.loads(line) for line in _SHARED.read_text(encoding="utf-8").splitlines()]
    outcomes = {case["sql"]: outcome(connection, case) for case in found}
    wrong = {k: v for k, v in outcomes.items() if v.startswith(("gives", "has types"))}
    counts = collections.Counter(v.split(" ")[0] for v in outcomes.values())
    assert not wrong
    assert counts["right"] >= 510, counts


@pytest.mark.spark
@pytest.mark.slow
def test_spark_still_gives_the_recorded_answers() -> None:
    """Rows that no query orders come as Spark's hash tables have them: another time, in another order."""
    with spark_session(SETTINGS) as spark:
        for family in FAMILIES:
            answers = zip(family.recorded(), record(spark, family), strict=True)
            assert [(old, new) for old, new in answers if not same_answer(old, new)] == [], family.name


def test_an_answer_in_another_order_is_the_same_unless_the_query_orders_it() -> None:
    rows = [{"c0": 1}, {"c0": None}, {"c0": 1}]
    any_order = {"sql": "SELECT v FROM t GROUP BY CUBE (v)", "types": ["int"], "rows": rows}
    ordered = {**any_order, "sql": "SELECT v FROM t ORDER BY v"}
    assert same_answer(any_order, {**any_order, "rows": rows[::-1][1:] + rows[2:]})
    assert not same_answer(any_order, {**any_order, "rows": [rows[1], rows[1], rows[0]]})
    assert not same_answer(any_order, {**any_order, "types": ["bigint"]})
    assert not same_answer(any_order, {"sql": any_order["sql"], "error": "DIVIDE_BY_ZERO"})
    assert same_answer(ordered, dict(ordered))
    assert not same_answer(ordered, {**ordered, "rows": [rows[1], rows[0], rows[2]]})
