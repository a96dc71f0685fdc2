"""Each mistake on record is answered as recorded: what is wrong, where, what to do. Record anew with `record.py`."""

import re
from pathlib import Path

import pytest

from mistakes.cases import Mistake, answer, mistakes

MISTAKES = mistakes()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_a_mistake_is_answered_as_recorded(mistake: Mistake, tmp_path: Path):
    assert answer(mistake, tmp_path) == mistake.answer


def test_there_are_many():
    assert len(MISTAKES) >= 100


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_an_answer_is_an_error_that_is_no_bug_and_speaks_no_parsers_language(mistake: Mistake):
    assert mistake.answer is not None
    assert re.search(r"^(error\[|ingot.*: error: )", mistake.answer), mistake.answer
    assert "(exit code 0)" not in mistake.answer
    for word in (
        "internal-error",
        "sqlglot",
        "Traceback",
        "TokenType",
        "duckdb.",
        "Binder Error",
        "Required keyword",
        "<project>",
    ):
        assert word not in mistake.answer, mistake.answer
