# Databricks notebook source
# MAGIC %md
# MAGIC # Silver: the lookup tables
# MAGIC One notebook for all of them, driven by a list. A row counts once, however many files bring it.

# COMMAND ----------

import dlt
from pyspark.sql import functions as F

# COMMAND ----------

# lookup: its column in the file, its name here
lookups = {
    "cast": ("cast", "actor"),
    "category": ("listed_in", "genre"),
    "countries": ("country", "country"),
    "directors": ("director", "director"),
}

# COMMAND ----------


def tidy(column):
    """Trim; a country such as `United States,` loses its comma; nothing becomes null."""
    return F.nullif(F.regexp_replace(F.trim(F.col(column)), r"[\s,]+$", ""), F.lit(""))


def silver_lookup(name, column, renamed):
    @dlt.table(name=f"silver.netflix_{name}", comment=f"Which {renamed} belongs to which title, each pair once")
    @dlt.expect_all_or_drop({"rule1": "show_id IS NOT NULL", "rule2": f"{renamed} IS NOT NULL"})
    def myfunc():
        return (
            dlt.read_stream(f"bronze.netflix_{name}")
            .select(tidy(column).alias(renamed), F.expr("try_cast(show_id AS INT)").alias("show_id"))
            .dropDuplicates([renamed, "show_id"])
        )


for name, (column, renamed) in lookups.items():
    silver_lookup(name, column, renamed)
