# covers: select, withColumn, withColumnRenamed, groupBy, agg, join, filter, where, drop, alias, orderBy, sort, selectExpr, dropDuplicates, distinct
# covers: unionByName, union, fillna, na.fill, limit, cache, repartition, crossJoin, transpose, columns, schema, dtypes, collect, count, first
# covers: cast, astype, otherwise, isNull, isNotNull, isin, between, desc, desc_nulls_last, over, like, getItem, Window, withWatermark
# covers: functions import *, type objects, mapInPandas, udf, pandas_udf, spark.udf.register, applyInPandasWithState
# fails: da.stateful unsupported-method, da.windowed unsupported-stateful
import dlt
from pyspark.sql import Window
from pyspark.sql.functions import *
from pyspark.sql.types import *


@dlt.table(name="da.shaped")
def shaped():
    o = spark.read.table("raw.orders").alias("o")
    c = dlt.read("raw.customers").alias("c")
    w = Window.partitionBy("customer_id").orderBy(col("ts").desc_nulls_last())
    running = Window.partitionBy("customer_id").orderBy("ts").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    ranged = Window.orderBy(unix_timestamp("ts")).rangeBetween(-3600, 0)
    df = (
        o.join(c, col("o.customer_id") == col("c.customer_id"), "left")
        .select("o.*", col("c.name").alias("customer"))
        .withColumn("rank", row_number().over(w))
        .withColumn("running", sum("amount").over(running))
        .withColumn("hourly", count("*").over(ranged))
        .withColumn(
            "kind",
            when(col("status").isin("new", "open"), lit("a")).when(col("amount").between(1, 5), "b").otherwise(None),
        )
        .withColumn("day", to_date("ts"))
        .withColumn("number", col("amount").cast(DoubleType()).astype("int"))
        .withColumnRenamed("email", "mail")
        .filter(col("order_id").isNotNull() & ~col("status").like("x%"))
        .where("amount >= 0")
        .drop("payload")
    )
    if "mail" in df.columns and dict(df.dtypes)["number"] == "int" and df.schema["day"].dataType == DateType():
        df = df.withColumn("tag", col("tags").getItem(0)).selectExpr("*", "upper(customer) AS shout")
    return df.repartition(4).cache().orderBy(desc("ts"), col("order_id").asc()).limit(100)


@dlt.table(name="da.grouped")
def grouped():
    df = (
        spark.read.table("raw.orders")
        .dropDuplicates(["order_id"])
        .distinct()
        .fillna({"status": "?"})
        .na.fill(0, ["amount"])
    )
    many = df.groupBy("status").agg(
        count("*").alias("n"), countDistinct("customer_id").alias("c"), avg("amount").alias("a"), max("ts").alias("last"), min("ts").alias("first_ts"),
        first("email", ignorenulls=True).alias("f"), collect_list("order_id").alias("ids"), collect_set("status").alias("set"), round(stddev("amount"), 2).alias("sd"),
        sum(when(col("amount") > 5, 1).otherwise(0)).alias("big"), approx_count_distinct("order_id").alias("approx"),
    )  # fmt: skip
    return many.crossJoin(spark.range(1).withColumnRenamed("id", "one")).sort(col("n").desc())


@dlt.table(name="da.simple_sum")
def simple_sum():
    return spark.read.table("raw.orders").groupby("status").sum("order_id").withColumnRenamed("sum(order_id)", "total")


@dlt.table(name="da.functions")
def functions():
    return spark.read.table("raw.orders").select(
        explode("tags").alias("tag"), to_timestamp("ts").alias("a"), year("ts").alias("b"), month("ts").alias("c"), dayofmonth("ts").alias("d"), dayofweek("ts").alias("e"),
        quarter("ts").alias("f"), date_format("ts", "yyyy").alias("g"), date_trunc("month", "ts").alias("h"), from_unixtime(lit(0)).alias("i"), datediff(current_date(), "ts").alias("j"),
        concat_ws("-", "status", "email").alias("k"), concat(col("status"), lit("x")).alias("l"), regexp_replace("email", "@.*", "").alias("m"), substring("email", 1, 2).alias("n"), initcap("status").alias("o"),
        lower("status").alias("p"), upper("status").alias("q"), trim("status").alias("r"), coalesce("status", lit("")).alias("s"), struct("order_id", "status").alias("t"),
        from_json("payload", StructType([StructField("a", StructType([StructField("b", StringType())]))])).alias("u"), array(lit(1), lit(2)).alias("v"), array_contains("tags", "x").alias("w"),
        map_keys(create_map(lit("k"), lit(1))).alias("x"), sha1(col("email")).alias("y"), abs("amount").alias("z"), add_months("ts", 1).alias("aa"), date_add("ts", 1).alias("ab"), date_sub("ts", 1).alias("ac"),
        expr("amount * 2").alias("ad"), current_timestamp().alias("ae"), from_utc_timestamp("ts", "Asia/Tokyo").alias("af"), unix_timestamp().alias("ag"),
    )  # fmt: skip


@udf(returnType=StringType())
def shout(text):
    return None if text is None else text.upper() + "!"


spark.udf.register("twice", lambda x: None if x is None else x * 2, LongType())


@dlt.table(name="da.called")
def called():
    return (
        spark.read.table("raw.orders").withColumn("loud", shout("status")).selectExpr("loud", "twice(order_id) AS two")
    )


@dlt.table(name="da.in_pandas")
def in_pandas():
    import pandas as pd

    @pandas_udf("double")
    def more(values: pd.Series) -> pd.Series:
        return values.astype(float) + 1

    def keep(frames):
        for frame in frames:
            yield frame[frame["n"] > 1]

    return (
        spark.read.table("raw.orders")
        .select(more(col("amount").cast("double")).alias("n"))
        .mapInPandas(keep, "n double")
    )


@dlt.table(name="da.asked")
def asked():
    df = spark.read.table("da.called")
    names = [row.loud for row in df.select("loud").distinct().collect()]
    assert df.count() >= len(names) and df.first() is not None
    return df.where(col("loud").isin(names))


@dlt.table(name="da.deduplicated")
def deduplicated():
    return spark.readStream.table("raw.orders").withWatermark("ts", "1 day").dropDuplicates(["order_id"])


@dlt.table(name="da.windowed")
def windowed():
    return (
        spark.readStream.table("raw.orders")
        .withWatermark("ts", "10 minutes")
        .groupBy(window("ts", "5 minutes"))
        .agg(sum("amount").alias("total"))
    )


@dlt.table(name="da.stateful")
def stateful():
    return (
        spark.readStream.table("raw.orders")
        .groupBy("status")
        .applyInPandasWithState(print, "a int", "b int", "append", "NoTimeout")
    )


@dlt.table(name="da.numbered")
def numbered():
    return spark.read.table("raw.orders").withColumn("n", monotonically_increasing_id())
