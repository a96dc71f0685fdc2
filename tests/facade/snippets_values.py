"""Rows made in Python, for Spark and the facade alike: `spark.createDataFrame` with all that it takes."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal

import numpy as np
import pandas as pd

from facade.snippets import SNIPPETS

Pair = collections.namedtuple("Pair", "x y")


@dataclasses.dataclass
class Point:
    x: int
    y: str


def row(s, **values):
    """A Row of the side that is asked."""
    import pyspark.sql

    from ingot.definitions.spark.row import Row

    return (Row if s.F.__name__.startswith("ingot") else pyspark.sql.Row)(**values)


def made(s, data, schema=None):
    return s.spark.createDataFrame(data, schema)


SNIPPETS.update({
    "rows_with_maps": lambda s: made(s, [({"a": 1},), ({},), (None,)], "m map<string,int>"),
    "rows_with_inferred_maps": lambda s: made(s, [({"a": 1},), ({"b": None},)], ["m"]),
    "rows_with_missing_lists": lambda s: made(s, [([1],), (None,)], "a array<int>"),
    "rows_with_null_items": lambda s: made(s, [([1, None],), ([],)], ["a"]),
    "rows_nested": lambda s: made(s, [(1, [(1, "x")], {"k": [1.5]})], "i int, l array<struct<a:int,b:string>>, m map<string,array<double>>"),
    "rows_of_dictionaries_in_dictionaries": lambda s: made(s, [{"a": {"x": 1, "y": 2}}]),
    "rows_in_rows": lambda s: made(s, [row(s, a=row(s, b=1, c="x"), l=[row(s, q=1)])]),
    "dictionaries_with_missing_keys": lambda s: made(s, [{"a": 1}, {"b": "x"}]),
    "dictionaries_with_a_schema": lambda s: made(s, [{"a": 1}, {"b": "x"}], "b string, a int"),
    "dictionaries_with_names": lambda s: made(s, [{"a": 1, "b": 2}], ["x", "y"]),
    "tables_of_pandas": lambda s: made(s, pd.DataFrame({"a": [1, None], "b": ["x", None], "c": [datetime.date(2024, 1, 1)] * 2, "d": pd.to_datetime(["2024-01-01", "2024-01-02"])})),
    "tables_of_pandas_with_a_schema": lambda s: made(s, pd.DataFrame({"a": [1, 2]}), "z string"),
    "tables_of_pandas_with_names": lambda s: made(s, pd.DataFrame({"a": [1, 2], "b": [1, 2]}), ["x", "y"]),
    "arrays_of_numpy": lambda s: made(s, np.array([[1, 2], [3, 4]])),
    "arrays_of_numpy_with_names": lambda s: made(s, np.array([[1.5, 2], [3, 4]]), ["a", "b"]),
    "one_array_of_numpy": lambda s: made(s, np.array([1, 2])),
    "numbers_as_text": lambda s: made(s, [(1,), ("x",)], ["a"]),
    "numbers_in_text_columns": lambda s: made(s, [(1,), (True,)], "a string"),
    "datetimes_as_dates": lambda s: made(s, [(datetime.datetime(2024, 1, 1, 5),)], "a date"),
    "decimals_are_rounded": lambda s: made(s, [(decimal.Decimal("1.555"),), (decimal.Decimal("-1.545"),)], "a decimal(5,2)"),
    "times_with_zones": lambda s: made(s, [(datetime.datetime(2024, 1, 1, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),)], ["a"]),
    "single_values": lambda s: made(s, [1, 2], "int").union(made(s, [3], s.T.IntegerType())),
    "lists_as_rows": lambda s: made(s, [[1, "x"]], ["a", "b"]),
    "pairs_of_zip": lambda s: made(s, zip([1, 2], ["a", "b"], strict=True), ["n", "s"]),
    "named_tuples": lambda s: made(s, [Pair(1, 2)]),
    "data_classes": lambda s: made(s, [Point(1, "u")]),
    "structs_from_dictionaries": lambda s: made(s, [(1, {"a": 5, "b": "u"})], "i int, s struct<b:string,a:int>"),
    "structs_from_tuples": lambda s: made(s, [(1, (5, "u"))], ["i", "s"]),
    "schemas_as_types": lambda s: made(s, [(1, None)], s.T.StructType([s.T.StructField("i", s.T.IntegerType(), False), s.T.StructField("t", s.T.StringType())])),
    "rows_then_more": lambda s: made(s, [(1, "a"), (2, "b")], "i int, t string").groupBy().agg(s.F.max_by("t", "i").alias("last")),
})  # fmt: skip
