"""DataFrames in whole projects: functions of the user, temporary views, questions about rows, streams."""

from __future__ import annotations

import pytest

from ingot.connection import connect

BRONZE = """
CREATE OR REFRESH STREAMING TABLE bronze.orders AS
SELECT id::bigint id, customer::int customer, qty::int qty, note
FROM STREAM read_files('data/*.csv', format => 'csv', header => true);
"""
ROWS = "id,customer,qty,note\n1,10,3,a\n2,10,5,b\n3,20,1,a\n4,30,2,\n"
HEAD = """
import dlt
import pandas as pd
from pyspark.sql import functions as F, Window
"""


@pytest.fixture
def ask(tmp_path):
    """Runs a project of the orders and some Python, and gives what a table then holds."""

    def run(python: str, table: str, order: str = "1", **files: str):
        definitions = tmp_path / "transformations"
        for name, text in {"bronze.sql": BRONZE, "made.py": HEAD + python, **files}.items():
            (definitions / name).parent.mkdir(exist_ok=True)
            (definitions / name).write_text(text)
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / "1.csv").write_text(ROWS)
        with connect(tmp_path) as connection:
            outcome = connection.run()
            assert not outcome.failures, outcome.failures
            return connection.sql(f"SELECT * FROM {table} ORDER BY {order}").fetchall()

    return run


def test_a_udf_runs_over_a_stream_and_only_over_new_rows(ask, tmp_path):
    python = """
seen = []
@F.udf("string")
def shout(text):
    seen.append(text)
    return None if text is None else text.upper()
@dlt.table(name="silver.t")
def t():
    return dlt.read_stream("bronze.orders").select("id", shout("note").alias("n"))
"""
    assert ask(python, "silver.t") == [(1, "A"), (2, "B"), (3, "A"), (4, None)]
    (tmp_path / "data" / "2.csv").write_text("id,customer,qty,note\n5,30,2,z\n")
    with connect(tmp_path) as connection:
        connection.run()
        assert connection.sql("SELECT n FROM silver.t WHERE id = 5").fetchall() == [("Z",)]


def test_a_udf_in_a_view_is_called_where_the_view_is_read(ask):
    python = """
@dlt.view(name="loud")
def loud():
    return spark.read.table("bronze.orders").select("id", F.udf(lambda t: t and t + "!")("note").alias("n"))
@dlt.table(name="gold.t")
def t():
    return dlt.read("loud").filter("n IS NOT NULL")
"""
    assert ask(python, "gold.t") == [(1, "a!"), (2, "b!"), (3, "a!")]


def test_a_registered_function_is_known_in_sql_files(ask):
    python = 'spark.udf.register("tens", lambda x: x * 10, "int")\n'
    view = "CREATE OR REFRESH MATERIALIZED VIEW gold.t AS SELECT id, tens(qty) AS q FROM bronze.orders;"
    assert ask(python, "gold.t", **{"gold.sql": view}) == [(1, 30), (2, 50), (3, 10), (4, 20)]


def test_a_map_in_pandas_is_no_obstacle_to_a_stream(ask):
    python = """
def doubled(batches):
    for frame in batches:
        yield frame.assign(d=frame.qty * 2)[["id", "d"]]
@dlt.table(name="silver.t")
def t():
    return spark.readStream.table("bronze.orders").mapInPandas(doubled, "id long, d int")
"""
    assert ask(python, "silver.t") == [(1, 6), (2, 10), (3, 2), (4, 4)]


def test_a_pivot_asks_the_updated_table_for_its_columns(ask):
    python = """
@dlt.table(name="gold.t")
def t():
    return spark.read.table("bronze.orders").filter("note IS NOT NULL").groupBy("customer").pivot("note").sum("qty")
"""
    assert ask(python, "gold.t") == [(10, 3, 5), (20, 1, None)]


def test_groups_go_through_pandas(ask):
    python = """
def ranked(key, frame):
    frame = frame.sort_values("qty", ascending=False)
    frame["r"] = range(1, len(frame) + 1)
    return frame[["id", "r"]]
@dlt.table(name="gold.t")
def t():
    return spark.read.table("bronze.orders").groupBy("customer").applyInPandas(ranked, "id long, r int")
"""
    assert ask(python, "gold.t") == [(1, 2), (2, 1), (3, 1), (4, 1)]


def test_a_temporary_view_belongs_to_its_query_function(ask):
    python = """
@dlt.table(name="gold.a")
def a():
    spark.read.table("bronze.orders").filter("id = 1").createOrReplaceTempView("mine")
    return spark.sql("SELECT id FROM mine")
@dlt.table(name="gold.b")
def b():
    spark.read.table("bronze.orders").filter("id = 2").createOrReplaceTempView("mine")
    return spark.sql("SELECT m.id, (SELECT count(*) FROM bronze.orders) AS n FROM mine m")
"""
    assert ask(python, "gold.b") == [(2, 4)]


def test_an_exception_in_a_udf_fails_its_dataset_alone_with_the_line(tmp_path, ask):
    python = """
@F.udf("int")
def broken(x):
    return 1 // (x - 3)
@dlt.table(name="gold.bad")
def bad():
    return spark.read.table("bronze.orders").select(broken("id").alias("x"))
@dlt.table(name="gold.good")
def good():
    return spark.read.table("bronze.orders").select("id")
"""
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        ask(python, "gold.good")
    with connect(tmp_path) as connection:
        assert len(connection.sql("SELECT * FROM gold.good").fetchall()) == 4
