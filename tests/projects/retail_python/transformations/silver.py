from pyspark import pipelines as dp
from pyspark.sql import functions as F
from pyspark.sql.types import DecimalType

MINIMUM = int(spark.conf.get("shop.min_amount"))


@dp.table(name="orders")
@dp.expect_all_or_drop({"has_time": "ordered_at IS NOT NULL", "positive": "amount >= 0"})
@dp.expect("large", f"amount >= {MINIMUM}")
def clean_orders():
    df = spark.readStream.table("orders_raw")
    return (
        df.withColumn("ordered_at", F.expr("try_cast(ordered_at AS TIMESTAMP)"))
        .withColumn("amount", F.col("amount").cast(DecimalType(10, 2)))
        .withColumn("discount", F.coalesce(F.col("discount").cast("double"), F.lit(0.0)))
        .withColumn("net", F.round(F.col("amount") * (1 - F.col("discount")), 2))
        .withColumn("is_large", F.col("amount") >= MINIMUM)
        .withColumnRenamed("note", "comment")
        .select(
            F.col("order_id").cast("bigint").alias("order_id"),
            F.col("customer_id").cast("int"),
            "ordered_at",
            F.lower("status").alias("status"),
            "amount",
            "discount",
            "net",
            "is_large",
            F.when(F.col("comment").isNull(), "-").otherwise(F.substring("comment", 1, 5)).alias("short"),
        )
    )
