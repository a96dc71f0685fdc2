"""Random queries answered by Spark and by Ingot: they agree, or Ingot refuses. A search: the gate is `test_recorded.py`."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from differential.campaign import Campaign, Report
from differential.cases import agrees, load_cases, settings_of, tables_of
from differential.ours import Ingot
from differential.spark import Spark

ROUNDS = 12  # about 1,200 queries, on a slow machine too: a few of fewer would be a larger part


@pytest.fixture(scope="module")
def spark() -> Iterator[Spark]:
    session = Spark()
    yield session
    session.close()


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Ingot]:
    found = Ingot(tmp_path)
    yield found
    found.close()


def described(report: Report) -> str:
    lines = [f"{d.head}: {d.how}\n  {d.sql}\n  spark {d.spark}\n  ours {d.ours}" for d in report.differences]
    return "\n".join([str(report.counts), *lines])


@pytest.mark.spark
@pytest.mark.slow
def test_a_fresh_seed_finds_next_to_nothing(spark: Spark, ours: Ingot) -> None:
    """A search: what it finds is printed, to be mended and recorded. It is no gate, for it asks something else each time.

    Nothing at all may differ in `test_recorded.py`, whose questions are fixed. Here a difference is in a corner that none of
    some ten thousand questions was in, on the day when chance finds it, and not the fault of the commit that it is found at.
    So only many fail: where a campaign finds one on the average, more than one in 200 are met once in 12,000 runs.
    """
    seed = random.SystemRandom().randrange(10**6)
    report = Campaign(spark, ours, seed).run(math.inf, ROUNDS)
    print(f"seed {seed}\n{described(report)}")
    wrong = [d for d in report.differences if d.is_wrong]
    assert len(wrong) <= report.counts.total() / 200, described(report)
    assert report.counts["agrees"] > 0.8 * report.counts.total(), described(report)


@pytest.mark.spark
@pytest.mark.slow
def test_spark_still_gives_the_recorded_answers(spark: Spark) -> None:
    changed = []
    for case in load_cases():
        spark.use(tables_of(case))
        spark.set(settings_of(case))
        answer = spark.ask(case["sql"])
        if ("error" in case) != (answer.kind != "rows") or agrees(case, answer) != "agrees":
            changed.append((case["sql"], answer))
    assert not changed
