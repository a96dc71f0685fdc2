"""Random queries answered by Spark and by Ingot: they agree, or Ingot refuses. Nightly: bounded, and seeded."""

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
@pytest.mark.parametrize("seed", [7, random.SystemRandom().randrange(10**6)], ids=["fixed", "fresh"])
def test_random_queries_have_sparks_answer_or_are_refused(spark: Spark, ours: Ingot, seed: int) -> None:
    """What a new function makes the generator ask is not known beforehand: few differences are shown, many fail."""
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
