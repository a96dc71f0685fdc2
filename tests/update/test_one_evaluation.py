"""A table and its quarantine are parts of the same rows, also where a query gives others when it is asked again."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from ingot.analysis import Settings
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import OneTable
from ingot.connection import connect
from ingot.errors import IngotError
from ingot.model import Query, TableName, TableRead
from ingot.replay import replay
from ingot.sql import parse_statement
from ingot.testing import run_project
from ingot.types import parse_schema
from ingot.update.one_evaluation import gives_the_same_again
from orders import rows

NUMBERS = "CREATE MATERIALIZED VIEW b.n AS SELECT id FROM range(1000)"
STREAM = "CREATE STREAMING TABLE b.s AS SELECT n FROM STREAM read_files('in', format => 'csv', schema => 'n INT')"
INSTANT = datetime(2024, 1, 1, tzinfo=UTC)
DIVIDED = "CREATE {kind} t.t (CONSTRAINT low EXPECT ({rule})) TBLPROPERTIES ('ingot.quarantine' = 'low') AS {query}"


def made(folder, *statements, python=None):
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in/n.csv").write_text("".join(f"{n}\n" for n in range(1000)))
    (folder / "transformations").mkdir(exist_ok=True)
    (folder / "transformations/all.sql").write_text(";\n".join(statements))
    if python is not None:
        (folder / "transformations/all.py").write_text(python)
    run_project(folder)
    return connect(folder)


def assert_divided(lake, key):
    """Each of a thousand keys is in the table or in its quarantine, once."""
    found = rows(lake, f"SELECT {key} FROM t.t UNION ALL SELECT {key} FROM t.t__quarantine")
    assert sorted(found) == [(n,) for n in range(1000)]
    assert 0 < rows(lake, "SELECT count(*) FROM t.t")[0][0] < 1000


@pytest.mark.parametrize(
    ("kind", "query", "rule", "key"),
    [
        ("MATERIALIZED VIEW", "SELECT id, rand() AS r FROM b.n", "r < 0.5", "id"),
        ("STREAMING TABLE", "SELECT n, uuid() AS u FROM STREAM b.s", "u < '8'", "n"),
        ("STREAMING TABLE", "SELECT n, u FROM (SELECT n, uuid() AS u FROM STREAM b.s)", "u < '8'", "n"),
    ],
)
def test_rows_with_random_values_are_in_the_table_or_in_the_quarantine(tmp_path, kind, query, rule, key):
    lake = made(tmp_path, NUMBERS, STREAM, DIVIDED.format(kind=kind, query=query, rule=rule))
    assert_divided(lake, key)
    lake.run(full_refresh_all=True)
    assert_divided(lake, key)
    assert not list((tmp_path / "lake/_ingot/state").rglob("*.parquet"))


def test_a_function_of_the_user_is_asked_once_for_each_row(tmp_path):
    python = """
from pathlib import Path
from pyspark import pipelines as dp
from pyspark.sql import functions as F

@F.udf("int")
def digit(n):
    with Path(spark_calls).open("a") as calls:
        calls.write(f"{n} ")
    return n % 10

@dp.table(name="t.t", table_properties={"ingot.quarantine": "low"})
@dp.expect("low", "digit < 5")
def t():
    return spark.readStream.table("b.s").withColumn("digit", digit("n"))
""".replace("spark_calls", repr(str(tmp_path / "calls.txt")))
    assert_divided(made(tmp_path, STREAM, python=python), "n")
    assert sorted(map(int, (tmp_path / "calls.txt").read_text().split())) == list(range(1000))


def test_where_rows_came_from_is_kept_with_them(tmp_path):
    query = "SELECT n, uuid() AS u FROM STREAM b.s"
    lake = made(tmp_path, STREAM, DIVIDED.format(kind="STREAMING TABLE", query=query, rule="u < '8'"))
    aside = "FROM t.t__quarantine"
    assert rows(lake, f"SELECT count(*) {aside} WHERE _quarantine_source.n = n AND _quarantine_flow = 't.t'") == rows(
        lake, f"SELECT count(*) {aside}"
    )


def test_a_replay_divides_the_rows_as_they_were_set_aside(tmp_path):
    query = "SELECT n, uuid() AS u FROM STREAM b.s"
    lake = made(tmp_path, STREAM, DIVIDED.format(kind="STREAMING TABLE", query=query, rule="u < '8'"))
    before = dict(rows(lake, "SELECT n, u FROM t.t__quarantine"))
    relaxed = DIVIDED.format(kind="STREAMING TABLE", query=query, rule="u < 'c'")
    (tmp_path / "transformations/all.sql").write_text(f"{STREAM};\n{relaxed}")
    found = replay(lake.project, lake.engine, "t.t")
    assert found.accepted == sum(u < "c" for u in before.values())
    assert_divided(lake, "n")
    assert dict(rows(lake, "SELECT n, u FROM t.t__quarantine")) == {n: u for n, u in before.items() if u >= "c"}


SCORED = """
import itertools
from pathlib import Path
from pyspark import pipelines as dp
from pyspark.sql import functions as F

asked = itertools.count()

@F.udf("int")
def score(n):
    with Path(spark_calls).open("a") as calls:
        calls.write(f"{n} ")
    return next(asked) % 2

@dp.table(name="t.t", table_properties={"ingot.quarantine": "even"})
@dp.expect("even", "score = 0")
def t():
    return spark.readStream.table("b.s").withColumn("score", score("n"))
"""


def test_a_replay_asks_a_function_of_the_user_once_for_each_row_of_each_batch(tmp_path):
    calls = tmp_path / "calls.txt"
    lake = made(tmp_path, STREAM, python=SCORED.replace("spark_calls", repr(str(calls))))
    (tmp_path / "in/more.csv").write_text("1000\n1001\n")
    run_project(tmp_path)
    aside = (
        "SELECT n, _quarantine_batch, _quarantined_at, _quarantine_source.n AS made_of FROM t.t__quarantine ORDER BY n"
    )
    before = rows(lake, aside)
    calls.unlink()
    found = replay(lake.project, lake.engine, "t.t")
    assert sorted(map(int, calls.read_text().split())) == [n for n, *_ in before]
    after = rows(lake, aside)
    assert (found.accepted, found.remaining) == (len(before) - len(after), len(after))
    assert 0 < len(after) < len(before) and set(after) < set(before)
    kept = rows(lake, "SELECT n FROM t.t UNION ALL SELECT n FROM t.t__quarantine")
    assert sorted(kept) == [(n,) for n in range(1002)]


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("SELECT n, (unix_micros(current_timestamp()) + n) % 7 AS seventh FROM STREAM b.s", "seventh = 0"),
        ("SELECT n FROM STREAM b.s", "(unix_micros(current_timestamp()) + n) % 7 = 0"),
        ("SELECT DISTINCT n FROM STREAM b.s", "(unix_micros(current_timestamp()) + n) % 7 = 0"),
    ],
    ids=["in the query", "in the rule", "in the rule over stored rows"],
)
def test_a_replay_has_one_instant(tmp_path, monkeypatch, query, rule):
    lake = made(tmp_path, STREAM, DIVIDED.format(kind="STREAMING TABLE", query=query, rule=rule))
    [(aside,)], ticks = rows(lake, "SELECT count(*) FROM t.t__quarantine"), itertools.count()
    for module in ("replay", "quarantines"):
        monkeypatch.setattr(f"ingot.{module}.utc_now", lambda: INSTANT + timedelta(microseconds=next(ticks)))
    found = replay(lake.project, lake.engine, "t.t")
    assert found.accepted + found.remaining == aside
    assert_divided(lake, "n")


def test_changes_with_random_values_are_applied_or_set_aside(tmp_path):
    flow = "CREATE FLOW f AS AUTO CDC INTO t.t FROM STREAM(e) KEYS (n) SEQUENCE BY n STORED AS SCD TYPE 1"
    view = "CREATE TEMPORARY VIEW e AS SELECT n, rand() AS r FROM STREAM(b.s)"
    target = "CREATE STREAMING TABLE t.t (CONSTRAINT low EXPECT (r < 0.5)) TBLPROPERTIES ('ingot.quarantine' = 'low')"
    assert_divided(made(tmp_path, STREAM, view, target, flow), "n")


def test_a_value_that_does_not_fit_is_told_as_without_a_quarantine(tmp_path):
    text = "SELECT CAST(concat('x', n) AS INT) AS v, uuid() AS u FROM STREAM b.s"
    with pytest.raises(IngotError, match="is not an int") as raised:
        made(tmp_path, STREAM, DIVIDED.format(kind="STREAMING TABLE", query=text, rule="u < '8'"))
    assert raised.value.location is not None


@pytest.mark.parametrize("rule", ["rand() < 0.5", "uuid() < '8' AND n > 0"])
def test_a_rule_that_answers_anew_cannot_quarantine(tmp_path, rule):
    with pytest.raises(IngotError, match="answer otherwise when it is asked again") as raised:
        made(tmp_path, STREAM, DIVIDED.format(kind="STREAMING TABLE", query="SELECT n FROM STREAM b.s", rule=rule))
    assert "over that" in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT a, upper(b) AS u, current_timestamp() AS at FROM t WHERE a > 1", True),
        ("SELECT x.a, y.b FROM t AS x JOIN t AS y ON x.a = y.a", True),
        ("SELECT a FROM t UNION ALL SELECT a + 1 FROM t", True),
        ("SELECT a, e FROM t LATERAL VIEW explode(split(b, ',')) v AS e", True),
        ("SELECT a FROM t UNION SELECT a FROM t", False),
        ("SELECT DISTINCT a, b FROM t", False),
        ("SELECT a, first(b) AS b FROM t GROUP BY a", False),
        ("SELECT max(b) AS b FROM t", False),
        ("SELECT a, row_number() OVER (ORDER BY b) AS n FROM t", False),
        ("SELECT a FROM t LIMIT 3", False),
        ("SELECT a FROM t TABLESAMPLE (50 PERCENT)", False),
        ("SELECT a FROM t WHERE rand() < 0.5", False),
        ("SELECT a FROM (SELECT DISTINCT a FROM t)", False),
        ("WITH c AS (SELECT a, shuffle(array(1, 2)) AS s FROM t) SELECT * FROM c", False),
    ],
)
def test_which_queries_give_the_same_rows_again(text, expected):
    read = TableRead(TableName("main", "default", "t"), ("t",))
    query = analyze(Query(parse_statement(text), {"t": read}), OneTable(parse_schema("a INT, b STRING")), Settings())
    assert gives_the_same_again(query) is expected
