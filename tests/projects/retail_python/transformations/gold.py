from pyspark import pipelines as dp
from pyspark.sql import Window
from pyspark.sql import functions as F


@dp.materialized_view
def revenue_by_month():
    orders = spark.read.table("orders")
    customers = spark.read.table("known_customers")
    return (
        orders.join(customers, orders.customer_id == customers.id, "left")
        .groupBy(F.year("ordered_at").alias("year"), F.month("ordered_at").alias("month"), "country")
        .agg(
            F.count("*").alias("orders"),
            F.countDistinct("customer_id").alias("customers"),
            F.sum("net").alias("net"),
            F.sum("amount").alias("amount"),
            F.max("ordered_at").alias("latest"),
        )
        .orderBy("year", "month")
    )


@dp.materialized_view
def order_ranks():
    by_customer = Window.partitionBy("customer_id").orderBy(F.desc("net"), "order_id")
    in_time = Window.partitionBy("customer_id").orderBy("ordered_at").rowsBetween(Window.unboundedPreceding, 0)
    return (
        spark.read.table("orders")
        .withColumn("rank", F.row_number().over(by_customer))
        .withColumn("running", F.sum("amount").over(in_time))
        .withColumn("previous", F.lag("order_id").over(Window.partitionBy("customer_id").orderBy("ordered_at")))
        .filter("rank <= 2")
        .select("customer_id", "order_id", "rank", "running", "previous")
    )


@dp.materialized_view
def tags():
    return (
        spark.read.table("customers_raw")
        .select("id", F.explode_outer("tags").alias("tag"), F.initcap(F.trim("name")).alias("name"))
        .fillna({"tag": "none"})
        .dropDuplicates(["id", "tag"])
    )


@dp.materialized_view
def status_pivot():
    return (
        spark.read.table("orders")
        .groupBy("customer_id")
        .pivot("status", ["shipped", "open", "returned"])
        .agg(F.sum("amount"))
    )
