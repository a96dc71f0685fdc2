"""What Spark said about several hundred queries, and what the analyzer says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analysis.judge import CASES, MATRICES, answer, spark_answer, spark_with_tables
from analysis.record import FORMS, matrices, types
from ingot.analysis import Settings, type_of
from ingot.analysis.analyzer import analyze_expression
from ingot.errors import IngotError
from ingot.sql import parse_expression
from ingot.types import Field, parse_type, struct

_CASES: list[dict[str, Any]] = json.loads(CASES.read_text())


@pytest.mark.parametrize("case", _CASES, ids=lambda c: c["sql"][:60])
def test_a_query_is_typed_as_spark_types_it(case: dict[str, Any]) -> None:
    found = answer(case["sql"], case.get("ansi", True))
    if "ours" in case:
        assert found == case["ours"], case["because"]
        return
    if "error" in case:
        assert "error" in found, f"Spark refuses it: {case['error']}"
        return
    assert "columns" in found, found
    assert [c[:2] for c in found["columns"]] == [c[:2] for c in case["columns"]]
    claimed = [
        ours[0] for ours, spark in zip(found["columns"], case["columns"], strict=True) if spark[2] and not ours[2]
    ]
    assert not claimed, f"never null here, but nullable in Spark: {claimed}"


# Pairs of types where the answer differs on purpose; none of them gives another type, only an error.
_REFUSED = {
    ("ansi", "div", "interval day", "interval day"), ("legacy", "div", "interval day", "interval day"),
    ("ansi", "div", "interval year to month", "interval year to month"),
    ("legacy", "div", "interval year to month", "interval year to month"),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["ansi", "legacy"])
@pytest.mark.parametrize("form", FORMS)
def test_operators_give_the_types_that_spark_gives(mode: str, form: str) -> None:
    recorded = [cell for row in json.loads(MATRICES.read_text())[mode][form] for cell in row.split(" | ")]
    pairs = [(a, b) for a in types() for b in types()]
    settings = Settings(ansi=mode == "ansi")
    wrong = []
    for (a, b), expected in zip(pairs, recorded, strict=True):
        if (mode, form, a, b) in _REFUSED or "void" in (a, b):
            continue
        expression = parse_expression(FORMS[form].format(a="a", b="b", target=b))
        schema = struct(Field("a", parse_type(a)), Field("b", parse_type(b)))
        try:
            given = type_of(analyze_expression(expression, schema, settings)).ddl
        except IngotError:
            given = "-"
        if given != expected:
            wrong.append((a, b, expected, given))
    assert not wrong


def test_the_cases_are_many() -> None:
    assert len(_CASES) >= 300


@pytest.mark.spark
@pytest.mark.slow
def test_the_recorded_answers_are_still_sparks() -> None:
    with spark_with_tables() as spark:
        for case in _CASES:
            recorded = {k: case[k] for k in ("columns", "error") if k in case}
            assert spark_answer(spark, case["sql"], case.get("ansi", True)) == recorded, case["sql"]
        assert matrices(lambda sql, ansi: spark_answer(spark, sql, ansi)) == json.loads(MATRICES.read_text())
