"""What is wrong is said at the user's line, with one thing to do."""

from __future__ import annotations

import pytest

from ingot.errors import IngotError

CASES = [
    (lambda s, df: df.filter(s.F.col("a") > 1 and s.F.col("b") > 2), "column-as-boolean", "write & for and"),
    (lambda s, df: 1 in s.F.col("a"), "invalid-definition", ".isin"),
    (lambda s, df: s.F.col("a").isNul(), "unknown-method", "did you mean 'isNull'?"),
    (lambda s, df: df.groupBy("a").summ("b"), "unknown-method", "did you mean 'sum'?"),
    (lambda s, df: df.select("amount").amont, "unknown-column", "did you mean 'amount'?"),
    (lambda s, df: df.rdd, "unsupported-method", "use DataFrame methods"),
    (lambda s, df: df.write, "unsupported-method", "return the DataFrame"),
    (lambda s, df: df.groupBy("a").apply(len), "unsupported-method", "applyInPandas"),
    (lambda s, df: df.groupBy("a").pivot("b").count(), "query-at-load", "compute it within the query"),
    (lambda s, df: df.withColumn("x", 1), "wrong-arguments", "F.lit"),
    (lambda s, df: df.join(df, "id", "lft"), "wrong-arguments", "did you mean 'left'?"),
    (lambda s, df: df.filter(5), "wrong-arguments", None),
    (lambda s, df: s.F.date_format("a"), "wrong-arguments", "date_format(date, format)"),
    (lambda s, df: s.F.lpad("a", 3, padd="x"), "wrong-arguments", "did you mean 'pad'?"),
    (lambda s, df: s.F.when("a", 1), "wrong-arguments", "F.when"),
    (lambda s, df: s.F.expr("a +"), "syntax-error", None),
    (lambda s, df: s.F.expr("a in (select 1)"), "unsupported", None),
    (lambda s, df: s.F.col("a").cast("intt"), "invalid-schema", None),
    (lambda s, df: s.T.StructField("a", s.T.StringType), "invalid-definition", "StringType()"),
    (lambda s, df: s.spark.table("a").filter(df.x > 1), "unknown-column", "join the DataFrames"),
    (lambda s, df: df.withColumn("x", s.F.lit(1)).select(df.x), "unknown-column", 'F.col("x")'),
    (lambda s, df: df.alias("a").join(df.alias("b"), df.id > df.boss), "ambiguous-column", "alias"),
    (lambda s, df: s.spark.sql("DROP TABLE x"), "unsupported-statement", "@table"),
    (lambda s, df: s.spark.streams, "unsupported", None),
    (lambda s, df: s.spark.reed, "unknown-method", "did you mean 'read'?"),
    (lambda s, df: s.spark.read.format("cloudFiles").load("x"), "missing-format", "cloudFiles.format"),
    (lambda s, df: s.spark.read.load(), "invalid-definition", "path"),
    (lambda s, df: s.spark.read.option("readChangeFeed", True).table("x"), "feed-range", "startingVersion"),
    (
        lambda s, df: (df.createTempView("v"), s.spark.read.option("readChangeData", True).table("v")),
        "no-change-feed",
        "the table that the view reads",
    ),
    (lambda s, df: s.spark.catalog.listTables(), "unsupported-method", None),
    (lambda s, df: df.columns, "schema-at-load", "within the query function"),
    (lambda s, df: s.F.udf(3), "invalid-definition", None),
    (lambda s, df: s.F.udf(lambda a: a)("x", "y"), "wrong-arguments", "(a)"),
    (lambda s, df: s.F.udf(lambda a: a)(b="x"), "wrong-arguments", "(a)"),
    (lambda s, df: s.F.pandas_udf(lambda a: a), "invalid-definition", "pandas_udf("),
    (lambda s, df: s.F.arrow_udtf(object), "unsupported-udf", "udtf"),
    (lambda s, df: s.spark.udf.register("f", s.F.udf(len, "int"), "int"), "wrong-arguments", "leave out"),
    (lambda s, df: df.sample(0.5, seed=3), "unsupported-method", "hash"),
    (lambda s, df: df.sample(7.0), "wrong-arguments", None),
    (lambda s, df: df.withColumnsRenamed({"a": "b", "b": "c"}), "wrong-arguments", "alias"),
    (lambda s, df: df.randomSplit([0.5, 0.5]), "unsupported-method", "hash"),
    (lambda s, df: df.select("a").summary("50"), "wrong-arguments", "'25%'"),
    (lambda s, df: df.rollup("a").applyInPandas(len, "a int"), "unsupported-method", "groupBy"),
    (lambda s, df: df.collect(), "query-at-load", "within the query"),
    (lambda s, df: s.spark.catalog.tableExists("x"), "schema-at-load", "within the query"),
    (lambda s, df: s.F.col("a").withField("x", 1), "wrong-arguments", "F.lit"),
    (lambda s, df: s.spark.sql("SELECT {x}", y=1), "undefined-parameter", "x="),
    (lambda s, df: s.T.GeometryType(), "unsupported-type", None),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_a_mistake_is_said_where_it_is(case, s):
    wrong, code, hint = CASES[case]
    df = s.spark.table("orders")
    with pytest.raises(IngotError) as caught:
        wrong(s, df)
    assert caught.value.code == code
    assert caught.value.location.path == __file__
    if hint is not None:
        assert hint in caught.value.hint


def test_nodes_know_the_users_line(s):
    frame = s.spark.table("orders").select(s.F.upper("name"))
    tree = frame.to_query().tree
    call = next(tree.find_all(type(s.F.upper("x")._node)))
    assert call.meta["location"].path == __file__
    assert frame.to_query().location.path == __file__


def test_every_name_of_the_functions_module_is_there(s):
    assert [name for name in s.F.__all__ if not hasattr(s.F, name)] == []
    assert {"sum", "max", "round", "col", "lit", "udf", "countDistinct", "window"} <= set(s.F.__all__)


@pytest.mark.spark
def test_no_function_of_pyspark_is_missing(s):
    functions = pytest.importorskip("pyspark.sql.functions")
    missing = set(functions.__all__) - set(s.F.__all__)
    assert {name for name in missing if name.islower()} <= {"arrow_udtf"}
