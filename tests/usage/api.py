# covers: import dlt, from pyspark import pipelines, import databricks.pipelines, @table, @materialized_view, @view, @temporary_view, bare decorators
# covers: name=, comment=, table_properties=, cluster_by=, partition_cols=, private=, temporary=, schema=, format=, spark_conf=, read(), read_stream()
# covers: @expect, @expect_or_drop, @expect_or_fail, @expect_all, @expect_all_or_drop, @expect_all_or_fail, create_table, create_view
# covers: create_streaming_table, create_target_table, create_streaming_live_table, @append_flow, once, factories, loops, classes
# fails: api.filtered unsupported-replace-where
import functools

import dlt
from pyspark import pipelines as dp
import databricks.pipelines as dbp
from databricks import pipelines
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType

spark.sql("USE SCHEMA api")


@dlt.table
def bare():
    return dlt.read_stream("raw.orders")


@dp.table(
    name="api.named", comment="c", table_properties={"quality": "bronze", "pipelines.reset.allowed": "true"}, partition_cols=["status"],
    cluster_by=None, schema=None, format="delta", spark_conf={"spark.sql.shuffle.partitions": "8"},
)  # fmt: skip
@dp.expect("a", "amount > 0")
@dp.expect_or_drop("b", "order_id IS NOT NULL")
@dp.expect_or_fail("c", F.col("order_id") > 0)
def whatever():
    return dp.read_stream("raw.orders")


@dbp.materialized_view(private=True)
@dbp.expect_all({"a": "total > 0"})
@dbp.expect_all_or_drop({"b": "status IS NOT NULL"})
@dbp.expect_all_or_fail({"c": "true"})
def aggregated():
    return pipelines.read("named").groupBy("status").agg(F.sum("amount").alias("total"))


@dlt.view
def some_view():
    return dlt.read("LIVE.bare").select("order_id")


@dp.temporary_view(name="other_view", comment="c")
def unnamed():
    return spark.read.table("some_view")


@dlt.create_view(name="third_view", table_properties={"quality": "silver"}, temporary=True)
def third():
    return dlt.read("other_view")


@dlt.create_table(comment="from a view", temporary=True)
def from_views():
    return spark.table("third_view")


@dp.materialized_view(schema=StructType([StructField("order_id", LongType())]))
def with_schema():
    return spark.read.table("bare").select("order_id")


dp.create_streaming_table(
    name="many", comment="c", table_properties={"quality": "silver"}, expect_all_or_drop={"x": "order_id > 0"}
)
dlt.create_target_table(name="old_many")
dlt.create_streaming_live_table(name="older_many")


@dp.append_flow(target="many")
def flow_a():
    return spark.readStream.table("bare").select("order_id")


@dp.append_flow(target="many", name="flow_b", once=True, comment="backfill")
def again():
    return spark.read.table("bare").select("order_id")


@dlt.append_flow(target="old_many", name="flow_c")
def again():
    return spark.readStream.table("bare").select("order_id")


@dlt.append_flow(target="older_many", name="flow_d")
def again():
    return spark.readStream.table("bare").select("order_id")


def factory(name, least=0):
    @dlt.table(name=f"made_{name}")
    def t():
        return spark.read.table("bare").where(F.col("amount") > least)


for kind in ("a", "b"):
    factory(kind, least=1)


class Maker:
    def __init__(self, name):
        self.name = name

    def make(self):
        dlt.table(name=self.name, comment="of a method")(self.rows)

    def rows(self):
        return spark.range(3)


Maker("by_method").make()

for number in range(2):

    @dlt.table(name=f"loop_{number}")
    def in_loop(number=number):
        return spark.range(number + 1)


@dlt.table(replace_where="a > 1")
def filtered():
    return spark.range(1)


@dlt.table(schema="order_id BIGINT, ts STRING, day INT GENERATED ALWAYS AS (dayofweek(to_timestamp(ts)))")
def generated():
    return spark.read.table("bare").select(F.col("order_id").cast("bigint"), F.col("ts").cast("string"))


def rows_of(name) -> dlt.DataFrame:
    return spark.read.table(name)


dlt.table(functools.partial(rows_of, "bare"), name="of_a_partial")
