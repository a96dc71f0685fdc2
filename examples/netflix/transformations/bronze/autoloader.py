# Databricks notebook source
# MAGIC %md
# MAGIC # Bronze: every file as it came, each read once
# MAGIC Columns are texts. A row knows its file and when that was delivered.

# COMMAND ----------

import dlt
from pyspark.sql import functions as F

# COMMAND ----------


def auto_loader(path):
    """Rows of the files at `path`. They double quotes within quotes: by Spark's default escape, columns would shift."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "csv")
        .option("header", "true")
        .option("escape", '"')
        .load(path)
        .withColumn("_source_file", F.col("_metadata.file_name"))
        .withColumn("_delivered_at", F.col("_metadata.file_modification_time"))
    )


# COMMAND ----------


@dlt.table(name="bronze.netflix_titles", comment="Titles as they were dropped: two of them are broken over two lines")
def myfunc():
    return auto_loader(spark.conf.get("landing") + "/titles/netflix_titles*.csv")


# COMMAND ----------

lookups = ["cast", "category", "countries", "directors"]


def bronze_lookup(name):
    @dlt.table(name=f"bronze.netflix_{name}", comment=f"Lookup file {name} as it was fetched, each version of it")
    def myfunc():
        return auto_loader(spark.conf.get("landing") + f"/lookups/netflix_{name}*.csv")


for name in lookups:
    bronze_lookup(name)
