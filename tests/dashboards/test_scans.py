"""Several visuals are answered by one scan of their table; what they show is what each would show by itself."""

from __future__ import annotations

import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, cast

import pytest
import yaml
from sqlglot import exp

from dashboards.conftest import NOW
from dashboards.shop import DASHBOARD, Shop
from ingot.dashboards import opened, scans
from ingot.dashboards.answers import Answers
from ingot.dashboards.evaluation import Evaluator, Held
from ingot.dashboards.scans import Need, Scans, Waiting
from ingot.dashboards.source import Source, column_node
from ingot.engine import HeldBinding
from ingot.errors import DashboardError, Location
from ingot.types import StructType

VISUALS = """visuals:
  - {name: card, kind: card, dataset: orders, value: revenue, trend: month}
  - {name: change, kind: card, dataset: orders, value: revenue, change: {by: day, previous: 1 year}}
  - {name: bar, kind: bar, dataset: orders, category: place, value: [revenue, orders]}
  - {name: top, kind: bar, dataset: orders, category: country, value: orders, top: 2, others: true}
  - {name: split, kind: column, dataset: orders, category: country, value: orders, series: paid, top: 3}
  - {name: line, kind: line, dataset: orders, category: month, value: average}
  - {name: cities, kind: bar, dataset: orders, category: size, value: cities}
  - {name: matrix, kind: matrix, dataset: orders, rows: country, columns: paid, values: [revenue, orders]}
  - {name: table, kind: table, dataset: orders, columns: [country, revenue], totals: true, sort: -orders}
  - {name: details, kind: table, dataset: orders, columns: [id, day, "`unit.price ($)`"]}
  - {name: odd, kind: card, dataset: orders, value: max(`unit.price ($)`)}
  - {name: quoted, kind: card, dataset: orders, value: sum(gold.orders.amount)}
  - {name: failing, kind: bar, dataset: orders, category: country, value: sum(1 / (id - 3))}
  - {name: joined, kind: bar, dataset: joined, category: continent, value: orders}
  - {name: query, kind: column, sql: "SELECT city, count(*) AS n FROM gold.orders GROUP BY city", category: city, value: n}
"""
NAMES = [visual["name"] for visual in yaml.safe_load(VISUALS)["visuals"]]
CHOICES = {
    "country": ["France", "Germany", "Côte d'Ivoire", 'The "States"', "back`tick", None, "日本"],
    "year": [2023, 2024],
    "month": ["2023-03-01", "2023-08-01", "2024-03-01"],
    "paid": [True, False, None],
    "size": ["large", "small"],
    "unit.price ($)": [1, 2, None],
    "at": ["2023-08-15", "2024-02-29"],
}


@pytest.fixture(scope="module")
def page(shop: Shop):
    """A page of many visuals, in the shop."""
    text = DASHBOARD.split("slicers:")[0]
    (shop.folder / "dashboards" / "many.yml").write_text(text + VISUALS)
    yield "many"
    (shop.folder / "dashboards" / "many.yml").unlink()


class Counted:
    """Answers that share scans, and how many scans there were."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch):
        engine: Any = shop.connection.engine
        self.taken: list[Any] = []
        hold = engine.hold

        def counting(query):
            rows = hold(query)
            self.taken.append(rows)
            return rows

        monkeypatch.setattr(engine, "hold", counting)
        self.answers = Answers(shop.connection.project, engine, scan_rows_min=0, clock=lambda: NOW)
        self.engine = engine

    def left(self) -> int:
        """The tables that are in memory still."""
        return self.engine._connection.cursor().execute("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0]

    def close(self) -> None:
        """Wait for the threads: what is counted then no longer changes."""
        self.answers._shared._threads.shutdown(wait=True)


@pytest.fixture
def counted(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    found = Counted(shop, monkeypatch)
    yield found
    found.close()
    assert found.left() == 0


def random_click(chance: random.Random) -> dict[str, Any]:
    fields = chance.sample(sorted(CHOICES), chance.randint(1, 2))
    filters = [{"field": f, "op": "in", "values": chance.sample(CHOICES[f], chance.randint(1, 2))} for f in fields]
    own = {"bar": {"drill": [{"field": "country", "value": "France"}]}} if chance.random() < 0.3 else {}
    excepted = {name: fields[:1] for name in ("bar", "top", "matrix") if chance.random() < 0.5}
    visuals = sorted({*chance.sample(NAMES, 5), "bar", "matrix"})
    return {"filters": filters, "own": own, "except": excepted, "visuals": visuals}


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """What is seen of an answer."""
    left_out = ("milliseconds", "is_cached")
    return {
        name: {key: value for key, value in visual.items() if key not in left_out}
        for name, visual in answer["visuals"].items()
    }


SEEDS = [11, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(12, 20))]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_clicks_show_what_each_visual_shows_by_itself(shop, page, counted, seed):
    chance = random.Random(seed)
    for _ in range(3):
        click = random_click(chance)
        assert shown(counted.answers.data(page, click)) == shown(shop.answers.data(page, click)), click
    assert counted.taken  # how often depends on how alike the clicks are


@pytest.mark.parametrize("seed", SEEDS)
def test_clicks_of_many_at_once_share_scans_and_show_what_is_theirs(shop, page, counted, seed):
    chance = random.Random(seed)
    clicks = [random_click(chance) for _ in range(4)]
    with ThreadPoolExecutor(4) as viewers:
        found = list(viewers.map(lambda click: shown(counted.answers.data(page, click)), clicks))
    assert found == [shown(shop.answers.data(page, click)) for click in clicks]


@pytest.mark.parametrize("cells_max", [0, 200, 900])
def test_rows_that_are_too_many_are_read_by_fewer_or_one_by_one(shop, page, counted, monkeypatch, cells_max):
    monkeypatch.setattr(scans, "CELLS_MAX", cells_max)
    monkeypatch.setattr(scans, "SHARED_CELLS_MAX", cells_max // 2)
    click = random_click(random.Random(13))
    assert shown(counted.answers.data(page, click)) == shown(shop.answers.data(page, click))


class Holding:
    """An evaluator that has no rows, and tells which parts of a table are taken together, and of which columns."""

    def __init__(self, rows: dict[str, int]):
        self.rows = rows
        self.asked: list[list[str]] = []

    def hold(self, query: Any, pinned: Any, rows_max: int) -> Held | None:
        found = [literal.name for literal in query.tree.args["where"].find_all(exp.Literal)]
        self.asked.append(sorted(set(found)))
        rows = sum(self.rows[name] for name in self.asked[-1])
        return Held(HeldBinding(StructType(), "t", rows), rows, lambda: None) if rows <= rows_max else None


def answers_for(*parts: str) -> list[Waiting]:
    """Two answers for each of these values of a column."""
    source = Source(exp.Table(this=exp.Identifier(this="r")), {}, Location("d.yml", 1))
    found = []
    for part in parts:
        condition = exp.EQ(this=column_node("c"), expression=exp.Literal.string(part))
        for _ in range(2):
            need: Any = Need("table", "r", source, cast(Any, None), frozenset("c"), (condition,), part[0])
            found.append(Waiting(lambda held: bool(held), need))
    return found


def test_filters_like_those_that_left_few_rows_are_scanned_together(monkeypatch):
    """Those of which nothing is known are scanned alone, and those that leave too many rows only once."""
    monkeypatch.setattr(scans, "CELLS_MAX", 100)
    monkeypatch.setattr(scans, "SHARED_CELLS_MAX", 50)
    holding = Holding({"a1": 20, "a2": 20, "a3": 20, "w1": 101, "w2": 101, "b1": 60, "b2": 60})
    with ThreadPoolExecutor(2) as threads:
        found = Scans(threads, cast(Any, holding))
        answered = []
        for parts in (["a1", "w1", "b1"], ["a1", "w2", "a2", "a3", "b2"]):
            waiting = answers_for(*parts)
            found.start(waiting)
            answered.append([one.future.result(60) for one in waiting])
    assert holding.asked == [["a1"], ["w1"], ["b1"], ["a1", "a2"], ["a3"], ["b2"]]
    assert answered == [[True, True, False, False, True, True], [True, True, False, False, *[True] * 6]]


def test_filters_like_one_that_left_no_row_are_not_taken_together_for_ever(monkeypatch):
    monkeypatch.setattr(scans, "CELLS_MAX", 100)
    monkeypatch.setattr(scans, "SHARED_CELLS_MAX", 80)
    holding = Holding({"a1": 0, "a2": 60, "a3": 60})
    with ThreadPoolExecutor(2) as threads:
        found = Scans(threads, cast(Any, holding))
        for parts in (["a1"], ["a2", "a3"], ["a2", "a3"]):
            waiting = answers_for(*parts)
            found.start(waiting)
            assert all(one.future.exception(60) is None for one in waiting)
    assert holding.asked == [["a1"], ["a2", "a3"], ["a2"], ["a3"]]


def test_what_was_too_much_for_memory_is_not_tried_again(page, counted, monkeypatch):
    monkeypatch.setattr(scans, "CELLS_MAX", 0)
    visuals = ["card", "line", "matrix"]
    tried = []
    for country in ("France", "Germany"):
        filters = [{"field": "country", "op": "in", "values": [country]}]
        counted.answers.data(page, {"filters": filters, "visuals": visuals})
        tried.append(len(counted.taken))
    assert tried == [1, 1]


def test_visuals_whose_rows_in_common_cannot_be_told_are_answered_by_themselves(shop, page, counted, monkeypatch):
    """Whatever was raised: nobody may wait for an answer that nothing computes."""

    def failing(maker, *_):
        raise OverflowError(maker.visual.id)

    monkeypatch.setattr(opened, "need_of", failing)
    click = {"filters": [{"field": "country", "values": ["France"]}], "visuals": ["card", "line", "matrix", "failing"]}
    expected = shown(shop.answers.data(page, click))
    assert [shown(counted.answers.data(page, click)) for _ in range(2)] == [expected] * 2
    assert counted.taken == []


def test_answers_that_are_interrupted_before_they_begin_are_computed_for_others(page, counted, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    click = {"visuals": ["card", "line"]}
    with monkeypatch.context() as once:
        once.setattr(opened, "need_of", interrupted)
        with pytest.raises(KeyboardInterrupt):
            counted.answers.data(page, click)
    assert all("rows" in visual for visual in counted.answers.data(page, click)["visuals"].values())


def test_one_visual_alone_reads_its_table(page, counted):
    counted.answers.data(page, {"filters": [{"field": "country", "values": ["France"]}], "visuals": ["card"]})
    counted.answers.data(page, {"visuals": ["card", "line"]})
    assert counted.taken == []


def test_filters_that_change_by_themselves_are_evaluated_by_each(shop, counted):
    text = (
        "datasets: {o: {from: gold.orders, dimensions: {late: day < current_date()}}}\n"
        "visuals:\n"
        "  - {name: a, kind: card, dataset: o, value: count(*)}\n"
        "  - {name: b, kind: card, dataset: o, value: max(id)}\n"
    )
    file = shop.folder / "dashboards" / "late.yml"
    file.write_text(text)
    found = counted.answers.data("late", {"filters": [{"field": "late", "values": [True]}]})["visuals"]
    file.unlink()
    assert found["a"]["rows"][0][0] > 0 and not found["a"]["is_cached"]
    assert counted.taken == []


@pytest.mark.parametrize("code", ["query-timeout", "query-stopped"])
def test_a_query_of_rows_in_memory_that_is_stopped_is_not_begun_anew(page, counted, monkeypatch, code):
    asked = []

    def stopped(_evaluator, query, pinned, held):
        asked.append(len(held))
        raise DashboardError("the query was stopped", code=code)

    monkeypatch.setattr(Evaluator, "rows", stopped)
    click = {"filters": [{"field": "country", "values": ["France"]}], "visuals": ["line", "matrix"]}
    found = counted.answers.data(page, click)["visuals"]
    assert [found[name]["error"]["code"] for name in ("line", "matrix")] == [code] * 2
    assert asked == [1, 1]


# --- the order of things ------------------------------------------------------------------------------------------


def test_an_answer_that_fails_does_not_hold_up_the_others():
    with ThreadPoolExecutor(2) as threads:
        found = Scans(threads, evaluator=None)  # pyright: ignore[reportArgumentType]
        bad, good = Waiting(lambda held: 1 / 0), Waiting(lambda held: 7)
        found.start([bad, good])
        assert good.future.result(60) == 7
        with pytest.raises(ZeroDivisionError):
            bad.future.result(60)


def test_answers_are_given_up_when_the_threads_have_ended():
    threads = ThreadPoolExecutor(1)
    gate, begun = threading.Event(), threading.Event()
    running: Future[Any] = threads.submit(lambda: (begun.set(), gate.wait(60)))
    assert begun.wait(60)
    found = Scans(threads, evaluator=None)  # pyright: ignore[reportArgumentType]
    waiting = Waiting(lambda held: 7)
    found.start([waiting])
    threads.shutdown(wait=False, cancel_futures=True)
    late = Waiting(lambda held: 8)
    found.start([late])
    gate.set()
    running.result(60)
    assert waiting.future.cancelled() and late.future.cancelled()
