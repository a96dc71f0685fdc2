"""Arguments with names, in the order of the function."""

from __future__ import annotations

import pytest
from sqlglot import exp

from ingot.analysis.named_arguments import in_order
from ingot.errors import AnalysisError
from ingot.sql import parse_expression


def ordered(text: str) -> list[str]:
    call = parse_expression(text)
    assert isinstance(call, exp.Anonymous)
    return [argument.sql("databricks") for argument in in_order(call.name, call.expressions, None)]


def test_arguments_come_in_the_functions_order_whatever_order_they_are_written_in() -> None:
    assert ordered("mask(lowerChar => 'l', str => s, upperChar => 'U')") == ["s", "'U'", "'l'"]


def test_what_is_left_out_between_has_its_default() -> None:
    assert ordered("mask(s, digitChar => 'd')") == ["s", "'X'", "'x'", "'d'"]


def test_names_are_the_same_in_any_case() -> None:
    assert ordered("explode(COLLECTION => a)") == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("upper(str => s)", "has no names"),
        ("mask(s, digit => 'd')", "no argument 'digit'"),
        ("mask(s, str => 't')", "'str' twice"),
        ("mask(digitChar => 'd')", "needs the argument 'str'"),
        ("mask(str => s, 'U')", "come before"),
    ],
)
def test_a_wrong_name_is_an_error_that_says_which(text: str, message: str) -> None:
    with pytest.raises(AnalysisError, match=message) as raised:
        ordered(text)
    assert raised.value.code == "wrong-arguments"
