"""Functions of the user, for Spark and the facade alike: of values, of columns, of groups, of tables."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from facade.snippets import SNIPPETS
from facade.snippets_frames import given, o, values, w


def returned(s, value, kind):
    """What becomes of a value that a function gives."""
    return s.spark.range(1).select(s.F.udf(lambda _: value, kind)("id").alias("v"))


def seen(s, *names):
    """What a function sees of columns."""
    return o(s).select("id", s.F.udf(lambda *a: "; ".join(map(repr, a)))(*names).alias("v"))


def shout(text):
    return None if text is None else text.upper()


def in_pandas(s, function, kind):
    return s.F.pandas_udf(function, kind)


def mean(s):
    @s.F.pandas_udf("double")
    def mean_of(v: pd.Series) -> float:
        return v.mean()

    return mean_of


def plus_one(s):
    @s.F.pandas_udf("long")
    def plus(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for batch in batches:
            yield batch + 1

    return plus


def added(s):
    @s.F.pandas_udf("long")
    def add(batches: Iterator[tuple[pd.Series, pd.Series]]) -> Iterator[pd.Series]:
        for a, b in batches:
            yield a + b

    return add


def weighted(s):
    @s.F.pandas_udf("double")
    def weigh(v: pd.Series, weight: pd.Series) -> float:
        return float(np.average(v, weights=weight))

    return weigh


def many(batches):
    for frame in batches:
        yield frame[frame["qty"] > 1][["id", "qty"]]


def centered(frame):
    return frame.assign(d=frame["qty"] - frame["qty"].mean())[["id", "d"]]


def with_key(key, frame):
    return pd.DataFrame([(int(key[0]), len(frame), frame.columns[0])], columns=["k", "n", "first"])


def both(left, right):
    return pd.DataFrame([(len(left), len(right), ",".join(right.columns))], columns=["a", "b", "c"])


def both_with_key(key, left, right):
    return pd.DataFrame([(int(key[0]), len(left) + len(right))], columns=["k", "n"])


def table(s, schema="n int, t string"):
    @s.F.udtf(returnType=schema)
    class Counted:
        def eval(self, n: int):
            for i in range(n or 0):
                yield i, str(i)

    return Counted


def decorated(s):
    F, T = s.F, s.T

    @F.udf
    def plain(x):
        return f"<{x}>"

    @F.udf("int")
    def typed(x):
        return x + 1

    @F.udf(returnType=T.DoubleType())
    def named(x):
        return x / 2

    @F.udf(T.ArrayType(T.StringType()))
    def listed(x):
        return [str(x)] * x

    return w(s).select(plain("id"), typed("id"), named(F.col("id")), listed("id").alias("l"), F.udf(shout)(F.lit("a")))


def registered(s, name, function, kind=None):
    s.spark.udf.register(name, function, kind) if kind else s.spark.udf.register(name, function)
    return s


SNIPPETS.update({
    "udf_declared_in_all_ways": decorated,
    "udf_sees_numbers_and_text": lambda s: seen(s, "id", "amount", "note"),
    "udf_sees_times": lambda s: seen(s, "day", "at"),
    "udf_sees_rows_and_lists": lambda s: seen(s, "info", "tags"),
    "udf_sees_maps": lambda s: w(s).select(s.F.udf(lambda m: repr(sorted(m.items())))(s.F.create_map(s.F.lit("a"), "Q1")).alias("v")),
    "udf_sees_lists_of_rows": lambda s: o(s).groupBy("customer").agg(s.F.sort_array(s.F.collect_list(s.F.struct("id", "qty"))).alias("l")).select(
        "customer", s.F.udf(lambda rows: sum(r.qty * r["id"] for r in rows), "long")("l").alias("n")),
    "udf_gives_a_row": lambda s: w(s).select("id", s.F.udf(lambda q: (q, str(q)), "a int, b string")("Q1").alias("r")).select("id", "r.*"),
    "udf_gives_a_dictionary_for_a_row": lambda s: returned(s, {"b": "x", "a": 1, "z": 0}, "struct<a:int,b:string>"),
    "udf_gives_a_map": lambda s: returned(s, {"a": 1, "b": None}, "map<string,int>"),
    "udf_gives_nested": lambda s: returned(s, [(1, [decimal.Decimal("1.5")]), (2, None)], "array<struct<a:int,b:array<decimal(5,2)>>>"),
    "udf_int_of_float": lambda s: returned(s, -1.9, "int"),
    "udf_int_of_text": lambda s: returned(s, "12", "bigint"),
    "udf_int_of_decimal": lambda s: returned(s, decimal.Decimal("2.7"), "int"),
    "udf_double_of_int": lambda s: returned(s, 3, "double"),
    "udf_double_of_bool": lambda s: returned(s, True, "double"),
    "udf_text_of_bool": lambda s: returned(s, True, "string"),
    "udf_text_of_list": lambda s: returned(s, [1, "x", None], "string"),
    "udf_text_of_date": lambda s: returned(s, datetime.date(2024, 1, 2), "string"),
    "udf_bool_of_int": lambda s: returned(s, 2, "boolean"),
    "udf_decimal_rounds": lambda s: returned(s, decimal.Decimal("1.545"), "decimal(10,2)"),
    "udf_date_of_datetime": lambda s: returned(s, datetime.datetime(2024, 1, 2, 23), "date"),
    "udf_timestamp_with_zone": lambda s: returned(s, datetime.datetime(2024, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), "timestamp"),
    "udf_numpy_values": lambda s: returned(s, np.int64(5), "int").unionAll(returned(s, np.float64(7.5), "int")),
    "udf_array_of_numpy": lambda s: returned(s, np.array([1, 2]), "array<int>"),
    "udf_none": lambda s: returned(s, None, "int"),
    "udf_bytes": lambda s: returned(s, bytearray(b"x"), "binary").select(s.F.hex("v")),
    "udf_in_filter_and_group": lambda s: o(s).filter(s.F.udf(lambda q: q > 1, "boolean")("qty")).groupBy(s.F.udf(shout)("note").alias("n")).count(),
    "udf_of_udf": lambda s: (lambda f: w(s).select(f(f("id")).alias("v")))(s.F.udf(lambda x: x * 3, "int")),
    "two_lambdas_in_one_query": lambda s: w(s).select(s.F.udf(lambda x: x + 1, "int")("id").alias("a"), s.F.udf(lambda x: x + 2, "int")("id").alias("b")),
    "udf_named_arguments": lambda s: w(s).select(s.F.udf(lambda a, b: f"{a}-{b}")(b="id", a=s.F.lit("x")).alias("v")),
    "udf_of_nothing": lambda s: w(s).select("id", s.F.udf(lambda: "c")().alias("v")),
    "udf_with_default": lambda s: w(s).select(s.F.udf(lambda a, b=5: a + b, "int")("id").alias("v")),
    "udf_not_deterministic": lambda s: w(s).select(s.F.udf(lambda a: a, "int").asNondeterministic()("id").alias("v")),
    "udf_registered_in_sql": lambda s: registered(s, "tripled", lambda x: x * 3, "int").spark.sql("SELECT tripled(id) AS t, Q1 FROM wide WHERE tripled(id) > 3"),
    "udf_registered_in_expr": lambda s: w(registered(s, "quad", lambda x: x * 4, "int")).selectExpr("quad(id) AS t").filter("t > 4"),
    "udf_registered_twice": lambda s: (registered(s, "again", lambda x: x, "int"), registered(s, "again", lambda x: x + 9, "int").spark.sql("SELECT again(id) AS t FROM wide"))[1],
    "udf_object_registered": lambda s: registered(s, "loud", s.F.udf(shout)).spark.sql("SELECT loud(note) AS n FROM orders"),
    "udf_by_call_function": lambda s: w(registered(s, "five", lambda x: x * 5, "int")).select(s.F.call_function("five", "id").alias("f")),
    "udf_in_aggregate": lambda s: o(s).agg(s.F.sum(s.F.udf(lambda x: x * 2, "int")("qty")).alias("n")),
    # columns
    "pandas_series": lambda s: w(s).select(in_pandas(s, lambda v: v * 2, "int")("Q1").alias("v")),
    "pandas_two_series": lambda s: o(s).select("id", in_pandas(s, lambda a, b: a + b, "bigint")("id", "qty").alias("v")),
    "pandas_nulls": lambda s: given(s).select(in_pandas(s, lambda v: v.fillna(-1), "int")("i").alias("v"), in_pandas(s, lambda v: v.isna(), "boolean")("s").alias("n")),
    "pandas_nan_is_null": lambda s: given(s).select(in_pandas(s, lambda v: v, "double")("d").alias("v")),
    "pandas_text": lambda s: o(s).select("id", in_pandas(s, lambda v: v.str.upper(), "string")("note").alias("v")),
    "pandas_dates_and_times": lambda s: o(s).select("id", in_pandas(s, lambda v: v + pd.Timedelta(days=1), "timestamp")("at").alias("v"), in_pandas(s, lambda v: v, "date")("day").alias("d")),
    "pandas_struct_argument": lambda s: o(s).filter("info IS NOT NULL").select("id", in_pandas(s, lambda f: f["a"] * 2, "int")("info").alias("v")),
    "pandas_struct_result": lambda s: w(s).select(in_pandas(s, lambda v: pd.DataFrame({"b": v.astype(str), "a": v}), "a int, b string")("id").alias("v")),
    "pandas_lists": lambda s: o(s).filter("tags IS NOT NULL").select("id", in_pandas(s, lambda v: v.map(len), "int")("tags").alias("v")),
    "pandas_list_result": lambda s: w(s).select(in_pandas(s, lambda v: v.map(lambda x: [x, x]), "array<int>")("id").alias("v")),
    "pandas_iterator": lambda s: o(s).select(plus_one(s)("id").alias("v")),
    "pandas_iterator_of_two": lambda s: o(s).select(added(s)("id", "qty").alias("v")),
    "pandas_mean_of_groups": lambda s: o(s).groupBy("customer").agg(mean(s)("qty")),
    "pandas_mean_and_others": lambda s: o(s).groupBy("note").agg(mean(s)("qty").alias("m"), weighted(s)("qty", "id").alias("w")),
    "pandas_mean_of_all": lambda s: o(s).agg(mean(s)("qty").alias("m")),
    "pandas_mean_of_nothing": lambda s: o(s).filter("id > 99").agg(mean(s)("qty").alias("m")),
    "pandas_mean_over_window": lambda s: o(s).select("id", mean(s)("qty").over(s.Window.partitionBy("customer")).alias("m")),
    "pandas_mean_in_sql": lambda s: registered(s, "mean_sql", mean(s)).spark.sql("SELECT note, mean_sql(qty) AS m FROM orders GROUP BY note"),
    "arrow_arrays": lambda s: w(s).select(s.F.arrow_udf(lambda v: pc.multiply(v, 3), "int")("Q1").alias("v")),
    # frames and groups
    "map_in_pandas": lambda s: o(s).mapInPandas(many, "id bigint, qty int"),
    "map_in_pandas_other_order": lambda s: w(s).mapInPandas(lambda batches: (b[["Q1", "id"]] for b in batches), "id long, Q1 double"),
    "map_in_arrow": lambda s: w(s).mapInArrow(lambda batches: (b.select(["id"]) for b in batches), "id int"),
    "apply_in_pandas": lambda s: o(s).groupBy("customer").applyInPandas(centered, "id long, d double"),
    "apply_in_pandas_with_key": lambda s: o(s).groupBy("customer").applyInPandas(with_key, "k int, n long, first string"),
    "apply_in_pandas_by_expression": lambda s: o(s).groupBy((s.F.col("qty") % 2).alias("odd")).applyInPandas(with_key, "k int, n int, first string"),
    "apply_in_pandas_without_names": lambda s: o(s).groupBy("note").applyInPandas(lambda f: pd.DataFrame([(1, len(f))]), "a int, n int"),
    "apply_in_pandas_gives_nothing": lambda s: o(s).groupBy("note").applyInPandas(lambda f: pd.DataFrame(), "a int"),
    "apply_in_pandas_then_more": lambda s: o(s).groupBy("customer").applyInPandas(centered, "id long, d double").filter("d >= 0").select("id"),
    "apply_in_pandas_on_nothing": lambda s: o(s).filter("id > 99").groupBy().applyInPandas(lambda f: pd.DataFrame({"n": [len(f)]}), "n long"),
    "apply_in_arrow": lambda s: o(s).groupBy("customer").applyInArrow(lambda t: pa.table({"n": [t.num_rows]}), "n long"),
    "cogroup": lambda s: o(s).groupBy("customer").cogroup(w(s).groupBy("id")).applyInPandas(both, "a int, b int, c string"),
    "cogroup_with_key": lambda s: o(s).groupBy("customer").cogroup(w(s).groupBy("id")).applyInPandas(both_with_key, "k int, n int"),
    # tables
    "table_function": lambda s: table(s)(s.F.lit(3)),
    "table_function_in_sql": lambda s: (s.spark.udtf.register("counted", table(s)), s.spark.sql("SELECT t, n FROM counted(2)"))[1],
    "table_function_lateral": lambda s: (s.spark.udtf.register("counted2", table(s)), s.spark.sql("SELECT w.id, x.t FROM wide w, LATERAL counted2(w.id) x"))[1],
    "values_of_columns": lambda s: values(s, *o(s).orderBy("id").select(s.F.udf(lambda x: x * 2, "long")("id").alias("x")).collect()),
})  # fmt: skip
