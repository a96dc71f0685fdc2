# Databricks notebook source
# MAGIC %md
# MAGIC # Silver: the titles
# MAGIC Typed, without the rows that a line end has torn apart, the newest delivery of each title.

# COMMAND ----------

import dlt
from pyspark.sql import functions as F
from pyspark.sql.window import Window

# COMMAND ----------


@dlt.view(name="netflix_titles_typed", comment="Texts to numbers and dates; what is none becomes null")
def myfunc():
    return dlt.read_stream("bronze.netflix_titles").select(
        F.expr("try_cast(show_id AS INT)").alias("show_id"),
        "type",
        F.trim("title").alias("title"),
        F.expr("try_to_timestamp(date_added, 'M/d/yyyy')").cast("date").alias("date_added"),
        F.expr("try_cast(release_year AS INT)").alias("release_year"),
        "rating",
        F.expr("try_cast(duration_minutes AS INT)").alias("duration_minutes"),
        F.expr("try_cast(duration_seasons AS INT)").alias("duration_seasons"),
        "description",
        "_source_file",
        "_delivered_at",
    )


# COMMAND ----------


@dlt.view(name="netflix_titles_flagged")
def myfunc():
    return spark.readStream.table("LIVE.netflix_titles_typed").withColumn("newflag", F.lit(1))


# COMMAND ----------

rules = {"rule1": "newflag IS NOT NULL", "rule2": "show_id IS NOT NULL"}


@dlt.table(
    name="silver.netflix_title_deliveries", comment="Titles as often as they were delivered; torn rows are dropped"
)
@dlt.expect_all_or_drop(rules)
@dlt.expect("has_date", "date_added IS NOT NULL")
@dlt.expect("has_rating", "rating IS NOT NULL")
@dlt.expect("has_one_duration", "(duration_minutes IS NULL) <> (duration_seasons IS NULL)")
def myfunc():
    return dlt.read_stream("netflix_titles_flagged")


# COMMAND ----------


@dlt.table(
    name="silver.netflix_titles",
    comment="Each title once, as it was delivered last",
    table_properties={"ingot.unique_key": "show_id", "ingot.min_rows": "1"},
)
def myfunc():
    newest = Window.partitionBy("show_id").orderBy(F.desc("_delivered_at"), F.desc("_source_file"))
    longest = Window.orderBy(F.col("duration_minutes").desc_nulls_last())
    titles = dlt.read("silver.netflix_title_deliveries").withColumn("age", F.row_number().over(newest)).where("age = 1")
    return (
        titles.withColumn("short_title", F.trim(F.split("title", ":")[0]))
        .withColumn("short_rating", F.split("rating", "-")[0])
        .withColumn("type_flag", F.when(F.col("type") == "Movie", 1).when(F.col("type") == "TV Show", 2).otherwise(0))
        .withColumn("duration_ranking", F.when(F.col("duration_minutes").isNotNull(), F.dense_rank().over(longest)))
        .drop("age", "newflag")
    )
