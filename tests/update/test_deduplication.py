"""The rows that a deduplication of a stream lets through are those of its keys, whatever the query calls or chooses."""

import signal

import pytest

import forked
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import OneTable, Settings
from ingot.errors import Location
from ingot.model import Query, TableName, TableRead
from ingot.pipeline.deduplicated import deduplicating_select
from ingot.sql import parse_statement
from ingot.testing import CRASH_VARIABLE, run_project
from ingot.types import parse_schema
from ingot.update.deduplication import gives_the_same_keys_again
from orders import rows

STREAM = (
    "CREATE STREAMING TABLE b.s AS SELECT id, k FROM STREAM read_files('in', format => 'csv', header => true, "
    "schema => 'id INT, k INT')"
)
NUMBERS = "id,k\n" + "".join(f"{n},{n % 10}\n" for n in range(100))
# the same question has another answer each time, and the function does not say so
COUNTING = """
from collections import Counter
from pyspark import pipelines as dp
from pyspark.sql import functions as F

asked = Counter()

@F.udf("int")
def times(n):
    asked[n] += 1
    return asked[n]
"""
PYTHON = (
    COUNTING
    + """
@dp.table(name="t.chosen")
def chosen():
    return spark.readStream.table("b.s").where((F.col("id") + times("id")) % 2 == 0).select("id").distinct()

@dp.table(name="t.made")
def made():
    return spark.readStream.table("b.s").select("id", times(F.col("id") + 1000).alias("times")).dropDuplicates()

@dp.table(name="t.keyed")
def keyed():
    odd = spark.readStream.table("b.s").where((F.col("k") + times(F.col("id") + 2000)) % 2 == 0)
    return odd.dropDuplicates(["k"]).selectExpr("k", "id % 10 = k AS fits")

@dp.table(name="t.divided", table_properties={"ingot.quarantine": "low"})
@dp.expect("low", "id < 50")
def divided():
    odd = spark.readStream.table("b.s").where((F.col("id") + times(F.col("id") + 3000)) % 2 == 0)
    return odd.dropDuplicates(["id"])
"""
)
ODD = [(n,) for n in range(1, 100, 2)]


def assert_are_those_of_the_first_time(lake):
    assert rows(lake, "SELECT id FROM t.chosen ORDER BY id") == ODD
    assert rows(lake, "SELECT id, times FROM t.made ORDER BY id") == [(n, 1) for n in range(100)]
    assert rows(lake, "SELECT k, fits FROM t.keyed ORDER BY k") == [(k, True) for k in range(1, 10, 2)]
    assert rows(lake, "SELECT id FROM t.divided ORDER BY id") == ODD[:25]
    assert rows(lake, "SELECT id FROM t.divided__quarantine ORDER BY id") == ODD[25:]


def made(folder, **more):
    files = {"transformations/b.sql": STREAM, "transformations/t.py": PYTHON, "in/1.csv": NUMBERS}
    return run_project(folder, files, **more)


def test_rows_that_functions_of_the_user_make_or_choose_come_once(tmp_path):
    assert_are_those_of_the_first_time(made(tmp_path))
    assert_are_those_of_the_first_time(run_project(tmp_path, {"in/2.csv": NUMBERS}))
    assert not list((tmp_path / "lake/_ingot/state").rglob("_taken"))


@pytest.mark.parametrize("stage", ["deduplicated", "written"])
def test_rows_of_keys_whose_update_was_killed_come_once(tmp_path, stage):
    made(tmp_path, refresh=["b.s"])
    for _ in range(2):
        done = forked.ingot(tmp_path, "run", "--refresh", "t.chosen", environment={CRASH_VARIABLE: f"{stage}:1"})
        assert done.returncode == -signal.SIGKILL
    assert_are_those_of_the_first_time(run_project(tmp_path))
    assert_are_those_of_the_first_time(run_project(tmp_path, {"in/2.csv": NUMBERS}))
    assert not list((tmp_path / "lake/_ingot/state").rglob("_taken"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT DISTINCT a, upper(b) AS u FROM s WHERE a > 1", True),
        ("SELECT a, length(uuid()) AS n FROM (SELECT DISTINCT a FROM s)", True),
        ("SELECT DISTINCT a FROM (SELECT a FROM s UNION ALL SELECT a FROM s)", True),
        ("SELECT DISTINCT s.a, t.b FROM s JOIN t ON s.a = t.a", True),
        (
            "WITH d AS (SELECT DISTINCT a FROM s), e AS (SELECT max(a) AS a FROM t) SELECT d.a FROM d JOIN e USING (a)",
            True,
        ),
        ("SELECT DISTINCT s.a, t.b FROM s JOIN (SELECT a, first(b) AS b FROM t GROUP BY a) t ON s.a = t.a", False),
        ("SELECT DISTINCT s.a FROM s JOIN (SELECT a FROM t LIMIT 3) t ON s.a = t.a", False),
        ("SELECT DISTINCT s.a FROM s JOIN (SELECT DISTINCT a FROM t) t ON s.a = t.a", False),
        (
            "SELECT DISTINCT s.a, n FROM s JOIN (SELECT a, row_number() OVER (ORDER BY b) AS n FROM t) t ON s.a = t.a",
            False,
        ),
        ("SELECT DISTINCT a, (SELECT max(b) FROM t) AS b FROM s", False),
        (
            "WITH c AS (SELECT a FROM t LIMIT 3), d AS (SELECT * FROM c) SELECT DISTINCT s.a FROM s JOIN d USING (a)",
            False,
        ),
        ("WITH c AS (SELECT a FROM t LIMIT 3) SELECT a FROM (SELECT DISTINCT s.a FROM s JOIN c ON s.a = c.a)", False),
    ],
)
def test_which_keys_another_evaluation_has_for_certain(text, expected):
    reads = {name: TableRead(TableName("main", "default", name), (name,), is_streaming=name == "s") for name in "st"}
    query = analyze(Query(parse_statement(text), reads), OneTable(parse_schema("a INT, b STRING")), Settings())
    select = deduplicating_select(query, Location("t.sql", 1))
    assert select is not None
    assert gives_the_same_keys_again(query, select) is expected
