from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.table(comment="orders as they came")
def orders_raw():
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("header", "true")
        .option("cloudFiles.inferColumnTypes", "false")
        .load("data/orders")
        .drop("_rescued_data")
    )


@dp.materialized_view
def customers_raw():
    return spark.read.schema("id INT, name STRING, country STRING, joined DATE, tags ARRAY<STRING>").json(
        "data/customers.json"
    )


@dp.temporary_view
def known_customers():
    return spark.read.table("customers_raw").where(F.col("country").isNotNull())
