"""Answers are kept by the versions of their tables, computed once, and of one state of the lake."""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

import ingot
from ingot.dashboards.answers import Answers
from ingot.dashboards.cache import Cache, Kept
from ingot.dashboards.waiting import Reader
from ingot.errors import DashboardError, IngotError
from ingot.testing import run_project

SQL = """CREATE MATERIALIZED VIEW gold.a AS SELECT * FROM read_files('data/a.csv', format => 'csv', header => true);
CREATE MATERIALIZED VIEW gold.b AS SELECT * FROM gold.a;"""
DASHBOARD = """\
visuals:
  - {name: a, kind: card, from: gold.a, value: sum(n)}
  - {name: b, kind: card, from: gold.b, value: sum(n)}
  - {name: bad, kind: card, from: gold.a, value: sum(m)}
  - {name: missing, kind: card, from: gold.c, value: count(*)}
  - {name: row, kind: bar, from: gold.a, category: n, value: "max('x')"}
  - {name: plain, kind: card, from: gold.a, value: {expr: n + 1, name: plus}}
"""


@pytest.fixture
def lake(tmp_path):
    files = {"ingot.yml": "name: p\n", "data/a.csv": "n\n1\n2\n", "transformations/t.sql": SQL}
    with run_project(tmp_path, {**files, "dashboards/it.yml": DASHBOARD}) as connection:
        yield connection


@pytest.fixture
def answers(lake):
    found = Answers(lake.project, lake.engine)
    yield found
    found.close()


def rows(answer, name="a"):
    return answer["visuals"][name]["rows"]


def test_an_answer_is_kept_until_its_table_changes(lake, answers, tmp_path):
    first = answers.data("it", {"visuals": ["a", "b"]})
    again = answers.data("it", {"visuals": ["a", "b"]})
    assert rows(first) == rows(again) == [[3]]
    assert [v["is_cached"] for v in (*first["visuals"].values(), *again["visuals"].values())] == [False] * 2 + [
        True
    ] * 2
    assert first["versions"] == {"gold.a": 0, "gold.b": 0}
    (tmp_path / "data" / "a.csv").write_text("n\n1\n2\n39\n")
    assert lake.run(refresh=["gold.a"]).is_success
    third = answers.data("it", {"visuals": ["a", "b"]})
    assert (rows(third), rows(third, "b")) == ([[42]], [[3]])
    assert [third["visuals"][name]["is_cached"] for name in ("a", "b")] == [False, True]
    assert third["versions"] == {"gold.a": 1, "gold.b": 0}
    assert third["as_of"] > first["as_of"]


def test_a_file_that_changes_is_read_again(answers, tmp_path):
    assert rows(answers.data("it", {"visuals": ["a"]})) == [[3]]
    (tmp_path / "dashboards" / "it.yml").write_text(DASHBOARD.replace("value: sum(n)", "value: 'max(n)'"))
    assert rows(answers.data("it", {"visuals": ["a"]})) == [[2]]


def test_a_broken_visual_says_what_is_wrong_and_the_others_show(answers):
    visuals = answers.data("it", {})["visuals"]
    assert visuals["a"]["rows"] == [[3]]
    errors = {name: (v["error"]["code"], v["error"]["location"]) for name, v in visuals.items() if "error" in v}
    assert errors == {
        "bad": ("unknown-column", "dashboards/it.yml:4"),
        "missing": ("unknown-dataset", "dashboards/it.yml:5"),
        "row": ("type-mismatch", "dashboards/it.yml:6"),
        "plain": ("not-aggregated", "dashboards/it.yml:7"),
    }
    described = {v["id"]: v["error"] for v in answers.dashboard("it")["pages"][0]["visuals"]}
    assert {name: error["code"] for name, error in described.items() if error} == {k: c for k, (c, _) in errors.items()}


def test_all_visuals_of_an_answer_are_of_one_version(lake, answers, tmp_path):
    """A table that changes while a page is answered is read as it was when the answer began."""
    opened = answers.open("it")
    page = opened.page(None)
    opened.pinned.snapshots(list(opened.reads(page.visuals[0]).values()))
    (tmp_path / "data" / "a.csv").write_text("n\n100\n")
    assert lake.run(refresh=["gold.a"]).is_success
    assert opened.maker(page.visuals[0]).answer(_nothing())["rows"] == [[3]]
    assert rows(answers.data("it", {"visuals": ["a"]})) == [[100]]


def _nothing():
    from ingot.dashboards.visual_answers import Wish

    return Wish()


def test_many_who_ask_the_same_at_once_are_answered_by_one_computation():
    cache, calls, gate = Cache(10_000), [], threading.Event()

    def compute(_stop):
        calls.append(1)
        gate.wait(5)
        return Kept("answer", 10)

    with ThreadPoolExecutor(4) as threads:
        futures = [cache.ask("key", compute, threads.submit, Reader())[0] for _ in range(50)]
        gate.set()
        assert {future.result().value for future in futures} == {"answer"}
    assert len(calls) == 1
    assert is_there(cache, "key")


def test_fifty_viewers_get_the_same_rows(answers):
    with ThreadPoolExecutor(50) as threads:
        found = list(threads.map(lambda _: rows(answers.data("it", {"visuals": ["a"]})), range(50)))
    assert found == [[[3]]] * 50


def test_a_failure_is_not_kept():
    cache = Cache(1000)

    def fail(_stop) -> Kept:
        raise IngotError("no")

    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(IngotError):
            cache.ask("key", fail, threads.submit, Reader())[0].result()
        assert cache.ask("key", lambda _stop: Kept(1, 1), threads.submit, Reader())[0].result().value == 1


def is_there(cache: Cache, key: object) -> bool:
    """Whether an answer is kept; asking for it makes it the last to be forgotten."""
    with ThreadPoolExecutor(1) as threads:
        return cache.ask(key, lambda _stop: Kept(None, 0, is_kept=False), threads.submit, Reader())[1]


def test_the_cache_stays_within_its_bytes_and_forgets_the_oldest():
    cache = Cache(100)
    for number in range(10):
        cache.put(number, Kept(number, 30))
        assert is_there(cache, 0)
    assert cache.size == 90
    assert [number for number in range(10) if is_there(cache, number)] == [0, 8, 9]
    cache.put("large", Kept(1, 101))
    assert not is_there(cache, "large")


def test_a_query_that_takes_too_long_is_stopped(lake, tmp_path):
    slow = "SELECT count(*) AS n FROM range(100000) a JOIN range(100000) b ON a.id * 7 <> b.id * 3 + 1"
    (tmp_path / "dashboards" / "slow.yml").write_text(
        f"visuals:\n  - {{name: a, kind: card, sql: '{slow}', value: n}}\n"
    )
    answers = Answers(lake.project, lake.engine, seconds_max=0.3)
    started = time.monotonic()
    answer = answers.data("slow", {})["visuals"]["a"]
    answers.close()
    assert answer["error"]["code"] == "query-timeout"
    assert time.monotonic() - started < 10
    assert lake.sql("SELECT sum(n) FROM gold.a").fetchall() == [(3,)]


def test_mapped_files_and_the_event_log_are_read_like_tables_and_not_kept(lake, tmp_path):
    (tmp_path / "c.csv").write_text("code,country\nFR,France\nJP,Japan\n")
    (tmp_path / "ingot.yml").write_text("name: p\ntables: {ref.countries: ./c.csv}\n")
    (tmp_path / "dashboards" / "more.yml").write_text(
        "datasets: {c: {from: ref.countries}}\n"
        "slicers: [{field: code}]\n"
        "visuals:\n"
        "  - {name: table, kind: table, dataset: c, columns: [country]}\n"
        "  - {name: query, kind: card, sql: 'SELECT count(*) AS n FROM ref.countries', value: n}\n"
        "  - {name: log, kind: card, sql: 'SELECT count(*) > 0 AS n FROM event_log()', value: n}\n"
    )
    with ingot.connect(tmp_path) as connection:
        answers = Answers(connection.project, connection.engine)
        first = answers.data("more", {"filters": [{"field": "code", "op": "in", "values": ["JP"]}]})["visuals"]
        (tmp_path / "c.csv").write_text("code,country\nJP,Nippon\n")
        second = answers.data("more", {"filters": [{"field": "code", "op": "in", "values": ["JP"]}]})["visuals"]
        values = answers.values("more", {"slicer": "code"})["values"]
        answers.close()
    assert [first[name]["rows"] for name in ("table", "query", "log")] == [[["Japan"]], [[1]], [[True]]]
    assert second["table"]["rows"] == [["Nippon"]]
    assert values == [{"value": "JP", "count": 1}]


def test_what_changes_by_itself_is_not_kept(lake, answers, tmp_path):
    (tmp_path / "dashboards" / "now.yml").write_text(
        "visuals:\n  - {name: a, kind: card, from: gold.a, value: max(current_timestamp())}\n"
    )
    assert not answers.data("now", {})["visuals"]["a"]["is_cached"]
    assert not answers.data("now", {})["visuals"]["a"]["is_cached"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"page": "nowhere"}, "unknown-page"), ({"visuals": ["x"]}, "unknown-visual"), ({"visuals": "a"}, "invalid-request"),
        ({"own": 3}, "invalid-request"), ({"filters": {"a": 1}}, "invalid-filter"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_an_error(answers, asked, code):
    with pytest.raises(DashboardError) as error:
        answers.data("it", asked)
    assert error.value.code == code


@pytest.mark.parametrize("own", [{"level": 1}, {"drill": [{"field": "n", "value": 1}]}, {"sort": "-x"}, {"drill": 3}])
def test_a_wrong_wish_is_an_error_of_its_visual(answers, own):
    answer = answers.data("it", {"own": {"a": own}, "visuals": ["a", "b"]})["visuals"]
    assert answer["a"]["error"]["code"] in ("invalid-request", "unknown-field")
    assert answer["b"]["rows"] == [[3]]


@pytest.mark.parametrize("name", ["nowhere", "../it", "it.yml", "", "a" * 500, "it\0", "/etc/passwd"])
def test_an_unknown_dashboard_is_an_error(answers, name):
    with pytest.raises(DashboardError) as error:
        answers.dashboard(name)
    assert error.value.code == "unknown-dashboard"


def test_a_broken_file_is_in_the_list_with_its_error(answers, tmp_path):
    (tmp_path / "dashboards" / "broken.yml").write_text("titel: x\n")
    found = {d["name"]: d for d in answers.dashboards()["dashboards"]}
    assert found["it"]["error"] is None
    assert found["broken"]["error"]["location"] == "dashboards/broken.yml:1"
    with pytest.raises(IngotError, match="titel"):
        answers.data("broken", {})


def test_ignored_and_excepted_filters_do_not_reach_a_visual(lake, answers, tmp_path):
    text = "visuals:\n" + "".join(
        f"  - {{name: {name}, kind: card, from: gold.a, value: sum(n){extra}}}\n"
        for name, extra in (("plain", ""), ("ignoring", ", ignore: [n]"), ("excepted", ""))
    )
    (tmp_path / "dashboards" / "more.yml").write_text(text)
    filters = [{"field": "n", "op": "in", "values": [2]}]
    visuals = answers.data("more", {"filters": filters, "except": {"excepted": ["n"]}})["visuals"]
    assert {name: v["rows"] for name, v in visuals.items()} == {"plain": [[2]], "ignoring": [[3]], "excepted": [[3]]}
    assert visuals["ignoring"]["not_filtered_by"] == ["n"]


def test_values_that_a_double_does_not_hold_are_texts(lake, answers, tmp_path):
    (tmp_path / "dashboards" / "big.yml").write_text(
        "visuals:\n  - {name: a, kind: table, from: gold.a, columns: [{expr: 9007199254740993 + n, name: big}, n]}\n"
    )
    answer = answers.data("big", {})["visuals"]["a"]
    assert answer["rows"] == [["9007199254740994", 1], ["9007199254740995", 2]]
    assert answer["columns"][0]["type"] == "number"
    filtered = answers.data("big", {"filters": [{"field": "n", "op": "in", "values": ["2"]}]})["visuals"]["a"]
    assert filtered["rows"] == [["9007199254740995", 2]]


def test_days_are_those_of_the_sessions_time_zone(tmp_path):
    files = {
        "ingot.yml": "name: p\nconfiguration: {spark.sql.session.timeZone: America/New_York}\n",
        "transformations/t.sql": "CREATE MATERIALIZED VIEW gold.x AS SELECT * FROM VALUES"
        " (1, TIMESTAMP'2024-03-09 12:00:00'), (2, TIMESTAMP'2024-03-10 23:30:00'), (3, TIMESTAMP'2024-03-10 00:30:00') AS t(id, at);",
        "dashboards/d.yml": "visuals:\n"
        "  - {name: rows, kind: table, from: gold.x, columns: [id]}\n"
        "  - {name: card, kind: card, from: gold.x, value: count(*), change: {by: at, previous: 1 day}}\n",
    }
    with run_project(tmp_path, files) as connection:
        found = Answers(connection.project, connection.engine)
        day = [{"field": "at", "op": "in", "values": ["2024-03-10"]}]
        filtered = found.data("d", {"filters": day, "visuals": ["rows"]})["visuals"]["rows"]["rows"]
        change = found.data("d", {"visuals": ["card"]})["visuals"]["card"]["change"]
        zone = found.dashboard("d")["time_zone"]
        found.close()
    assert filtered == [[2], [3]]
    assert {name: change[name] for name in ("current", "previous", "from", "to")} == {
        "current": 2, "previous": 1, "from": "2024-03-10", "to": "2024-03-10",
    }  # fmt: skip
    assert zone == "America/New_York"


TWICE = """\
datasets:
  small: {from: gold.a}
  large: {sql: SELECT n + 10 AS n FROM gold.a}
pages:
  - {title: One, slicers: [{field: n, dataset: small, name: s}], visuals: [{title: Total, kind: card, dataset: small, value: sum(n)}]}
  - {title: Two, slicers: [{field: n, dataset: large, name: s}], visuals: [{title: Total, kind: card, dataset: large, value: max(n)}]}
"""


@pytest.mark.parametrize("is_one_line", [False, True])
def test_parts_of_two_pages_with_one_id_have_answers_of_their_own(answers, tmp_path, is_one_line):
    """Ids are unique within a page only; in a file without line breaks all parts stand in one place."""
    text = json.dumps(yaml.safe_load(TWICE)) if is_one_line else TWICE
    (tmp_path / "dashboards" / "twice.yml").write_text(text)
    asked = [{"page": page, "visual": "total", "slicer": "s"} for page in ("one", "two")]
    shown = [answers.data("twice", one)["visuals"]["total"] for one in asked]
    assert [answer["rows"] for answer in shown] == [[[3]], [[12]]]
    assert [answers.visual("twice", one)["rows"] for one in asked] == [[[3]], [[12]]]
    behind = [[row[0] for row in answers.rows("twice", one)["rows"]] for one in asked]
    assert behind == [[1, 2], [11, 12]]
    values = [[found["value"] for found in answers.values("twice", one)["values"]] for one in asked]
    assert values == [[1, 2], [11, 12]]


def test_a_file_that_keeps_its_size_and_its_time_is_read_again(answers, tmp_path):
    file = tmp_path / "dashboards" / "it.yml"
    assert rows(answers.data("it", {"visuals": ["a"]})) == [[3]]
    before = file.stat()
    file.write_text(DASHBOARD.replace("value: sum(n)", "value: max(n)"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert rows(answers.data("it", {"visuals": ["a"]})) == [[2]]


def test_values_that_python_calls_equal_are_different_questions(answers, tmp_path):
    text = "visuals:\n  - {name: a, kind: card, dataset: d, value: count(*)}\ndatasets:\n  d: {sql: SELECT CAST(n AS STRING) AS n FROM gold.a}\n"
    (tmp_path / "dashboards" / "texts.yml").write_text(text)
    found = [answers.data("texts", {"filters": [{"field": "n", "op": "in", "values": [v]}]}) for v in (1, 1.0)]
    assert [rows(answer) for answer in found] == [[[1]], [[0]]]


def test_an_answer_of_files_that_are_read_each_time_tells_what_others_tell(tmp_path):
    files = {
        "ingot.yml": "name: p\ntables: {reference.c: ./c.csv}\n",
        "c.csv": "n\n1\n2\n",
        "dashboards/it.yml": "visuals:\n  - {name: a, kind: card, from: reference.c, value: count(*)}\n",
    }
    with run_project(tmp_path, files) as connection:
        answers = Answers(connection.project, connection.engine)
        found = [answers.data("it", {})["visuals"]["a"] for _ in range(2)]
        answers.close()
    assert [(answer["rows"], answer["is_cached"], "is_volatile" in answer) for answer in found] == [
        ([[2]], False, False)
    ] * 2
