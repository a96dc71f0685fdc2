"""The generator and the judge: that every function is asked about, that seeds decide, and that differences are seen."""

from __future__ import annotations

import math
import random

import pytest

from differential.answers import Answer, verdict
from differential.expressions import NoArgument, Pool, forms_of, scalar_forms
from differential.grammar import CALLS, OPEN
from differential.tables import random_tables, read_back, written
from ingot.analysis.functions import lookup, names
from ingot.sql import parse_statement


def texts(seed: int, count: int = 300) -> list[str]:
    pool = Pool(random.Random(seed))
    found = []
    for form in random.Random(seed).choices(scalar_forms(), k=count):
        try:
            found.append(pool.call(form).text)
        except NoArgument:
            continue
    return found


def test_every_function_of_the_tables_is_asked_about_or_left_open() -> None:
    kinds = {kind: {form.head for form in forms_of(kind)} for kind in ("scalar", "aggregate", "window")}
    missing = [n for n in names() if (spec := lookup(n)) and spec.kind in kinds and n not in kinds[spec.kind] | OPEN]
    assert not missing
    assert all(lookup(name) for name in CALLS)


def test_a_seed_decides_what_is_asked_and_over_which_rows() -> None:
    assert texts(3) == texts(3) != texts(4)
    assert random_tables(random.Random(3), True) == random_tables(random.Random(3), True)


def test_generated_calls_are_sql() -> None:
    found = texts(5)
    assert len(found) > 200
    for text in found:
        parse_statement(f"SELECT {text} FROM t")


@pytest.mark.parametrize("is_wild", [True, False])
def test_a_table_written_to_the_file_of_cases_is_read_back(is_wild: bool) -> None:
    for table in random_tables(random.Random(11), is_wild).values():
        assert str(read_back(written(table))) == str(table)


def rows(kind: str, *values: object) -> Answer:
    return Answer("rows", (kind,), tuple((v,) for v in values))


def test_the_judge_sees_other_rows_types_and_errors() -> None:
    assert verdict(rows("int", 1, 2), rows("int", 2, 1)) == "agrees"
    assert verdict(rows("int", 1, 2), rows("int", 2, 1), is_ordered=True) == "other rows"
    assert verdict(rows("int", 1, 1), rows("int", 1)) == "other rows"
    assert verdict(rows("int", 1), rows("bigint", 1)) == "other types"
    assert verdict(rows("string", None), rows("string", "")) == "other rows"
    assert verdict(rows("double", math.nan), rows("double", math.nan)) == "agrees"
    assert verdict(rows("double", 0.0), rows("double", -0.0)) == "other sign of zero"
    assert verdict(rows("array<int>", [1, None]), rows("array<int>", [1])) == "other rows"
    assert verdict(Answer("raised"), rows("int", 1)) == "answers where Spark has raised"
    assert verdict(rows("int", 1), Answer("raised")) == "has raised where Spark answers"
    assert verdict(rows("int", 1), Answer("refused")) == "refused"
