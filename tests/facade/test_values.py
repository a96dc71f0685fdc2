"""Rows made in Python: their types as PySpark infers them, and their way through Arrow."""

from __future__ import annotations

import datetime
import decimal

import pyarrow as pa
import pytest

from ingot.definitions.spark.row import Row
from ingot.errors import DefinitionError
from spark_sessions import spark_session

UTC = datetime.UTC
CASES = {
    "tuples_and_names": (lambda T, R: ([(1, "a"), (2, None)], ["id", "name"]), "id bigint, name string"),
    "dicts_in_order_of_name": (lambda T, R: ([{"b": 1, "a": "x"}, {"a": "y", "b": 2}], None), "a string, b bigint"),
    "rows": (lambda T, R: ([R(id=1, x=1.5), R(id=2, x=None)], None), "id bigint, x double"),
    "text_schema": (lambda T, R: ([(1, decimal.Decimal("1.50"))], "id int, d decimal(5,2)"), "id int, d decimal(5,2)"),
    "no_rows": (lambda T, R: ([], "id int"), "id int"),
    "unnamed": (lambda T, R: ([(1, True)], None), "_1 bigint, _2 boolean"),
    "single_type": (lambda T, R: ([1, 2], T.IntegerType()), "value int"),
    "single_type_text": (lambda T, R: (["a"], "string"), "value string"),
    "times": (
        lambda T, R: ([(datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5, 6))], ["d", "t"]),
        "d date, t timestamp",
    ),
    "nested": (
        lambda T, R: ([([1, 2], R(a=1, b="x")), ([], R(a=2, b=None))], ["l", "s"]),
        "l array<bigint>, s struct<a:bigint,b:string>",
    ),
    "struct_type": (
        lambda T, R: ([(1, None)], T.StructType().add("i", T.ShortType(), False).add("s", "string")),
        "i smallint, s string",
    ),
    "bytes_and_floats": (lambda T, R: ([(b"x", 1.0, 2.5)], "b binary, f float, d double"), "b binary, f float, d double"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_types_and_rows_of_values(name, s):
    make, schema = CASES[name]
    data, given = make(s.T, Row)
    frame = s.spark.createDataFrame(data, given)
    fields = ", ".join(f"{f.name} {f.dataType.simpleString()}" for f in frame.schema)
    assert fields == schema
    [read] = frame.to_query().reads.values()
    rows = [tuple(r.values()) for r in pa.table(read.load()).to_pylist()]
    assert [len(r) for r in rows] == [len(frame.columns)] * len(data)
    assert read.fingerprint


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spark_infers_the_same_types():
    pytest.importorskip("pyspark")
    from pyspark.sql import Row as SparkRow
    from pyspark.sql import types as T

    with spark_session() as spark:
        for name, (make, schema) in CASES.items():
            frame = spark.createDataFrame(*make(T, SparkRow))
            found = ", ".join(f"{f.name} {f.dataType.simpleString()}" for f in frame.schema)
            assert (name, found) == (name, schema)


def test_arrow_pandas_and_polars_tables_are_taken_as_they_are(s):
    pl = pytest.importorskip("polars")
    frame = s.spark.createDataFrame(pl.DataFrame({"id": [1], "x": ["a"]}), ["key", "x"])
    assert frame.columns == ["key", "x"]
    [read] = frame.to_query().reads.values()
    assert pa.table(read.load()).to_pylist() == [{"key": 1, "x": "a"}]


@pytest.mark.parametrize(
    ("data", "schema", "message"),
    [
        ([(1, "a", 2)], "id int, name string", "row 1 has 3 values for 2 columns"),
        ([("x",)], "id int", "column 'id' of row 1 is 'x' \\(str\\), not int"),
        ([(None,)], "id int not null", "is None, which the column does not allow"),
        ([(None,)], ["id"], "type of column 'id' cannot be told"),
        ([], None, "types of no rows cannot be told"),
        ([(object(),)], ["x"], "has no type in Spark"),
    ],
)
def test_rows_that_do_not_fit_are_refused_at_the_users_line(s, data, schema, message):
    with pytest.raises(DefinitionError, match=message) as caught:
        s.spark.createDataFrame(data, schema)
    assert caught.value.location.path == __file__


def test_times_without_zone_are_utc(s):
    [read] = s.spark.createDataFrame([(datetime.datetime(2024, 1, 1, 12),)], "t timestamp").to_query().reads.values()
    assert pa.table(read.load())["t"].to_pylist() == [datetime.datetime(2024, 1, 1, 12, tzinfo=UTC)]


def test_rows_have_names():
    row = Row(id=1, name="x")
    assert (row.id, row["name"], row[0], "id" in row, row.asDict()) == (1, "x", 1, True, {"id": 1, "name": "x"})
    assert Row("a", "b")(1, 2) == (1, 2)
    with pytest.raises(DefinitionError, match="no field 'nme'") as caught:
        _ = row.nme
    assert caught.value.hint == "did you mean 'name'?"
