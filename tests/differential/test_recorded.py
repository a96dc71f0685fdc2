"""The fixed seeds: thousands of random questions that Spark answered once. None has another answer here. Needs no JVM."""

from __future__ import annotations

import collections
from pathlib import Path

import pytest

from differential.answers import WRONG
from differential.cases import agrees, settings_of, tables_of
from differential.ours import Ingot
from differential.recorded import FILES, load


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=[f.stem for f in FILES])
def test_no_question_of_a_fixed_seed_has_another_answer(file: Path, tmp_path: Path) -> None:
    """Not one: the questions are kept with Spark's answers, so nothing here depends on chance, on Java or on the hour.

    Refusals and errors are told to the user; they may be few.
    """
    counts: collections.Counter[str] = collections.Counter()
    wrong, tables = [], None
    ours = Ingot(tmp_path)
    for case in load(file):
        if case["tables"] is not tables:
            tables = case["tables"]
            ours.use(tables_of(case))
        answer = ours.ask(case["sql"], settings_of(case))
        how = agrees(case, answer)
        counts[how] += 1
        if how in WRONG:
            wrong.append(f"{how}: {case['sql']}\n  spark {case.get('error', case.get('rows'))}\n  ours {answer}")
    ours.close()
    assert not wrong, "\n".join(wrong)
    assert counts["agrees"] > 0.95 * counts.total() > 600, counts
