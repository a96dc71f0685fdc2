import functools
import sys

sys.path.insert(0, ".")

from pyspark import pipelines as dp
from pyspark.sql import functions as F
from rules import MEASURES, REGIONS, RULES, condition


def bronze(region):
    @dp.table(name=f"bronze_{region}", comment=f"raw rows of {region}")
    def rows():
        return (
            spark.readStream.format("cloudFiles")
            .options(**{"cloudFiles.format": "csv", "header": "true"})
            .schema("id INT, amount DOUBLE, when DATE")
            .load(f"data/{region}")
            .withColumn("region", F.lit(region))
        )


class Silver:
    def __init__(self, region):
        self.region = region

    def define(self):
        @dp.table(name=f"silver_{self.region}")
        @dp.expect_all_or_drop(RULES)
        def rows():
            return spark.readStream.table(f"bronze_{self.region}").withColumn("month", F.date_trunc("month", "when"))


for region in REGIONS:
    bronze(region)
    Silver(region).define()


@dp.materialized_view
def everything():
    frames = [spark.read.table(f"silver_{r}") for r in REGIONS]
    return functools.reduce(lambda a, b: a.unionByName(b), frames)


@dp.materialized_view
def rejected():
    frames = [spark.read.table(f"bronze_{r}").where(f"NOT coalesce({condition(RULES)}, false)") for r in REGIONS]
    return functools.reduce(lambda a, b: a.union(b), frames).select("region", "id")


for name, measure in MEASURES.items():

    @dp.materialized_view(name=f"gold_{name}")
    def gold(name=name, measure=measure):
        return spark.sql(f"SELECT region, {measure} AS {name} FROM everything GROUP BY region")


@dp.materialized_view
def wide():
    df = spark.read.table("everything")
    measures = [F.expr(text).alias(name) for name, text in MEASURES.items()]
    return (
        df.groupBy("month").agg(*measures).withColumns({"double": F.col("total") * 2, "even": F.col("rows") % 2 == 0})
    )


dp.create_streaming_table("all_events")

for region in ("north", "west"):

    @dp.append_flow(target="all_events", name=f"from_{region}")
    def flow(region=region):
        return spark.readStream.table(f"silver_{region}").select(
            "id", "region", F.struct("amount", "month").alias("facts")
        )
