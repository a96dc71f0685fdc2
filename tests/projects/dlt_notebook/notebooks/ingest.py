# Databricks notebook source
# MAGIC %md
# MAGIC # Trips

# COMMAND ----------

import dlt
from pyspark.sql.functions import *
from pyspark.sql.types import *

source = spark.conf.get("pipeline.source")

# COMMAND ----------


@dlt.table(name="trips_raw", table_properties={"quality": "bronze"})
def trips_raw():
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "json")
        .load(f"{source}/trips")
        .select("trip_id", "pickup", "dropoff", "distance", "fare", "zip")
    )


# COMMAND ----------


@dlt.view
def trips_typed():
    return dlt.read("trips_raw").select(
        "trip_id",
        to_timestamp("pickup").alias("pickup"),
        col("dropoff").cast(TimestampType()).alias("dropoff"),
        col("distance").cast("double").alias("distance"),
        col("fare").cast("decimal(8,2)").alias("fare"),
        lpad(coalesce("zip", lit("0")), 5, "0").alias("zip"),
    )


# COMMAND ----------


@dlt.table
@dlt.expect_or_drop("has_id", "trip_id IS NOT NULL")
@dlt.expect_all_or_drop({"forward": "dropoff > pickup", "moved": "distance > 0"})
def trips():
    return (
        dlt.read("trips_typed")
        .withColumn("minutes", (unix_timestamp("dropoff") - unix_timestamp("pickup")) / 60)
        .withColumn("day", to_date("pickup"))
        .withColumn("per_mile", round(col("fare") / nullif(col("distance"), lit(0.0)), 3))
        .withColumn("hour", hour(col("pickup")))
    )
