"""Expectations evaluated within the write."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.conftest import bound, files_below, read_back, rule, target
from ingot.engines.duckdb.engine import Engine
from ingot.model import Action

SCHEMA = "id bigint, amount bigint"
ROWS = "SELECT range AS id, CASE WHEN range % 10 = 9 THEN NULL ELSE range % 10 END AS amount FROM range(1000)"


def test_counts_are_exact_when_a_row_violates_several_rules(engine: Engine, root: Path):
    rules = [
        rule("big", "amount > 2"),
        rule("even", "id % 2 = 0", Action.DROP),
        rule("known", "amount IS NOT NULL", Action.QUARANTINE),
        rule("always", "true", Action.DROP),
    ]
    result = engine.write(bound(ROWS, SCHEMA), target(root, SCHEMA), rules)
    assert dict(result.violations) == {"big": 400, "even": 500, "known": 100, "always": 0}
    assert (result.rows, result.dropped, result.rows_in) == (500, 500, 1000)
    assert {row[0] % 2 for row in read_back(root, result.files)} == {0}


def test_a_condition_that_is_null_is_a_violation(engine: Engine, root: Path):
    result = engine.write(bound(ROWS, SCHEMA), target(root, SCHEMA), [rule("small", "amount < 100", Action.DROP)])
    assert result.violations == {"small": 100}
    assert result.rows == 900


def test_a_violated_fail_rule_leaves_no_file_but_counts(engine: Engine, root: Path):
    rules = [rule("known", "amount IS NOT NULL", Action.FAIL), rule("big", "amount > 2")]
    result = engine.write(bound(ROWS, SCHEMA), target(root, SCHEMA), rules)
    assert result.files == ()
    assert result.violations == {"known": 100, "big": 400}
    assert result.rows_in == 1000
    assert files_below(root) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT l.range AS id, r.range AS amount FROM range(10) l JOIN range(100) r ON l.range = r.range % 10",
        "SELECT l.range AS id, r.range AS amount FROM range(10) l, range(7) r",
        "SELECT DISTINCT range % 10 AS id, 1 AS amount FROM range(100)",
        "SELECT range % 10 AS id, count(*) AS amount FROM range(100) GROUP BY ALL",
        "SELECT range AS id, 1 AS amount FROM range(10) INTERSECT SELECT range % 20, 1 FROM range(100)",
        "SELECT range AS id, 1 AS amount FROM range(3) UNION ALL SELECT range, 2 FROM range(20)",
        "SELECT range % 10 AS id, range AS amount FROM range(100) ORDER BY id, amount LIMIT 61",
        "SELECT range % 10 AS id, 1 AS amount FROM range(100) QUALIFY row_number() OVER (PARTITION BY id) < 3",
        "SELECT unnest([range, range + 5]) AS id, 1 AS amount FROM range(10)",
    ],
)
def test_counts_are_those_of_the_result_whatever_the_query_does(engine: Engine, root: Path, sql: str):
    """DuckDB would evaluate a plain WHERE below joins, DISTINCT and INTERSECT, on other rows."""
    rows = engine.collect(bound(sql, SCHEMA)).read()
    expected = sum(value.as_py() <= 4 for value in rows["id"])
    result = engine.write(bound(sql, SCHEMA), target(root, SCHEMA), [rule("high", "id > 4", Action.DROP)])
    assert result.violations == {"high": expected}
    assert (result.rows, result.dropped) == (rows.num_rows - expected, expected)


def test_violating_rows_are_written_with_the_rules_they_broke(engine: Engine, root: Path):
    rules = [
        rule("known", "amount IS NOT NULL", Action.QUARANTINE),
        rule("it's low", "id < 990", Action.QUARANTINE),
    ]
    schema = f"{SCHEMA}, _broken_rules array<string>"
    result = engine.write_violations(bound(ROWS, SCHEMA), target(root, schema), rules)
    rows = read_back(root, result.files)
    assert result.rows == len(rows) == 109
    assert rows[-1] == (999, None, ["known", "it's low"])
    assert rows[0] == (9, None, ["known"])


def test_rules_may_see_columns_that_are_named_like_our_own(engine: Engine, root: Path):
    schema = "_ingot_broken bigint, _ingot_dropped bigint"
    sql = "SELECT range AS _ingot_broken, 7 AS _ingot_dropped FROM range(4)"
    result = engine.write(bound(sql, schema), target(root, schema), [rule("r", "_ingot_broken > 0", Action.DROP)])
    assert read_back(root, result.files) == [(1, 7), (2, 7), (3, 7)]


def test_nothing_of_the_counting_is_left_behind(engine: Engine, root: Path):
    engine.write(bound(ROWS, SCHEMA), target(root, SCHEMA), [rule("big", "amount > 2")])
    left = engine.collect(bound("SELECT count(*) AS n FROM duckdb_sequences()", "n bigint")).read()
    assert left["n"][0].as_py() == 0
