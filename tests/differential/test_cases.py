"""Differences that were found, as data: each recorded query has Spark's answer, or is refused. Needs no JVM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from differential.cases import agrees, load_cases, settings_of, tables_of
from differential.ours import Ingot

CASES = load_cases()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingot]:
    found = Ingot(Path(tmp_path_factory.mktemp("differential")))
    yield found
    found.close()


@pytest.mark.parametrize("case", CASES, ids=[c["sql"] for c in CASES])
def test_a_query_that_differed_has_sparks_answer_or_is_refused(ours: Ingot, case: dict[str, Any]) -> None:
    ours.use(tables_of(case))
    answer = ours.ask(case["sql"], settings_of(case))
    assert agrees(case, answer) in ("agrees", "refused"), answer
