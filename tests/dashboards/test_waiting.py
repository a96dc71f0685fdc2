"""What nobody waits for any more is stopped; what somebody still waits for is not."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from dashboards.conftest import NOW
from dashboards.shop import Shop
from ingot.dashboards import evaluation
from ingot.dashboards.answers import Answers
from ingot.dashboards.cache import Cache, Kept
from ingot.dashboards.waiting import Reader, Stop
from ingot.errors import DashboardError

ENDLESS = "SELECT count(*) AS n FROM range(1000000000) a CROSS JOIN range(1000000000) b WHERE a.id * 7 <> b.id + 1"
PAGE = f"""datasets:
  endless: {{sql: '{ENDLESS.replace("count(*) AS n", "b.id % 3 AS n")}'}}
slicers:
  - {{field: n, dataset: endless}}
visuals:
  - {{name: a, kind: card, sql: '{ENDLESS}', value: n}}
  - {{name: b, kind: card, sql: '{ENDLESS} AND b.id > 3', value: n}}
  - {{name: quick, kind: card, from: gold.orders, value: count(*)}}
  - {{name: behind, kind: card, dataset: endless, value: sum(n)}}
"""
TIME_S = 120  # far more than any of this takes


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Is released once for each query that is about to run."""
    found = threading.Semaphore(0)
    in_time = evaluation.Evaluator._in_time

    def telling(self, rows, *given):
        found.release()
        return in_time(self, rows, *given)

    monkeypatch.setattr(evaluation.Evaluator, "_in_time", telling)
    return found


@pytest.fixture
def answers(shop: Shop):
    file = shop.folder / "dashboards" / "endless.yml"
    file.write_text(PAGE)
    found = Answers(shop.connection.project, shop.connection.engine, seconds_max=3600, clock=lambda: NOW)
    yield found
    file.unlink()
    shop.connection.engine.interrupt()  # what a failed test left
    found.close()


def gone(reader: Reader, asked: Future[Any]) -> Any:
    """What one gets who goes away: told again and again, for a query may be about to run."""
    for _ in range(TIME_S * 10):
        reader.go()
        try:
            return asked.result(0.1)
        except TimeoutError:
            continue
    raise AssertionError("it goes on")


def test_the_queries_of_a_page_are_stopped_when_its_reader_goes(answers, begun):
    reader = Reader()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(answers.data, "endless", {"visuals": ["a", "b"]}, reader)
        assert all(begun.acquire(timeout=TIME_S) for _ in "ab")
        found = gone(reader, asked)["visuals"]
    assert [found[name]["error"]["code"] for name in "ab"] == ["query-stopped"] * 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda answers, reader: answers.values("endless", {"slicer": "n"}, reader),
        lambda answers, reader: answers.rows("endless", {"visual": "behind"}, reader),
        lambda answers, reader: answers.visual("endless", {"visual": "a"}, reader),
    ],
    ids=["values", "rows", "visual"],
)
def test_so_are_those_of_a_slicer_and_of_rows(answers, begun, ask):
    reader = Reader()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(ask, answers, reader)
        assert begun.acquire(timeout=TIME_S)
        with pytest.raises(DashboardError) as raised:
            gone(reader, asked)
    assert raised.value.code == "query-stopped"


def test_one_who_goes_before_the_answer_begins_has_none_computed(answers):
    reader = Reader()
    reader.go()
    found = answers.data("endless", {"visuals": ["a", "b"]}, reader)["visuals"]
    assert [found[name]["error"]["code"] for name in "ab"] == ["query-stopped"] * 2


def test_an_answer_that_was_stopped_is_computed_for_who_asks_next(answers):
    reader = Reader()
    reader.go()
    answers.data("endless", {"visuals": ["quick"]}, reader)
    assert answers.data("endless", {"visuals": ["quick"]})["visuals"]["quick"]["rows"] == [[300]]


def held_up() -> tuple[Any, threading.Event]:
    """Something to compute that ends when the event is set; it says whether it was asked to stop."""
    gate = threading.Event()

    def compute(stop: Stop) -> Kept:
        assert gate.wait(TIME_S)
        try:
            with stop.ends(lambda: None):
                return Kept("done", 1)
        except DashboardError:
            return Kept("stopped", 1, is_kept=False)

    return compute, gate


def test_an_answer_goes_on_as_long_as_one_of_its_readers_waits():
    cache, readers = Cache(1000), [Reader(), Reader(), Reader()]
    compute, gate = held_up()
    with ThreadPoolExecutor(1) as threads:
        futures = [cache.ask("key", compute, threads.submit, reader)[0] for reader in readers]
        for reader in (readers[0], readers[0], readers[2]):
            reader.go()
        gate.set()
        assert futures[1].result(TIME_S).value == "done"


def test_who_asks_after_the_last_one_left_waits_for_another_computation():
    cache = Cache(1000)
    reader, begun = Reader(), threading.Event()
    compute, gate = held_up()
    with ThreadPoolExecutor(2) as threads:
        first, _ = cache.ask("key", lambda stop: (begun.set(), compute(stop))[1], threads.submit, reader)
        assert begun.wait(TIME_S)
        reader.go()
        second, is_cached = cache.ask("key", compute, threads.submit, Reader())
        gate.set()
        assert (first.result(TIME_S).value, second.result(TIME_S).value, is_cached) == ("stopped", "done", False)
    assert cache.ask("key", compute, threads.submit, Reader())[1]


def test_what_is_stopped_interrupts_what_runs_and_nothing_that_has_ended():
    stop, told = Stop(), []
    with stop.ends(lambda: told.append("ended")):
        pass
    with stop.ends(lambda: told.append("runs")):
        stop.ask()
        stop.ask()
    stop.ask()
    assert told == ["runs", "runs"]
    with pytest.raises(DashboardError, match="stopped"), stop.ends(lambda: told.append("late")):
        told.append("begun")
    assert told == ["runs", "runs"]


def test_what_could_not_be_asked_for_is_not_waited_for_by_others():
    cache = Cache(1000)
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(RuntimeError):
        cache.ask("key", lambda _stop: Kept(1, 1), closed.submit, Reader())
    with ThreadPoolExecutor(1) as threads:
        asked, _ = cache.ask("key", lambda _stop: Kept(2, 1), threads.submit, Reader())
        assert asked.result(TIME_S).value == 2
