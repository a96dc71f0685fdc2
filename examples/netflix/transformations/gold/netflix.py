# Databricks notebook source
# MAGIC %md
# MAGIC # Gold: titles, and the lookup tables beside their titles
# MAGIC A lookup row whose title is not there stays, and is counted: the rule `title_is_known` says how many there are.

# COMMAND ----------

import dlt
from pyspark.sql import functions as F

# COMMAND ----------

rules = {"rule1": "show_id IS NOT NULL"}


def with_title(lookup):
    titles = dlt.read("silver.netflix_titles").select("show_id", "title", "type", "date_added", "release_year")
    return dlt.read(lookup).join(titles, on="show_id", how="left")


# COMMAND ----------


@dlt.table(name="gold.netflix_directors", comment="Directors and their titles")
@dlt.expect_all_or_drop(rules)
@dlt.expect("title_is_known", "title IS NOT NULL")
def myfunc():
    return with_title("silver.netflix_directors")


# COMMAND ----------


@dlt.table(name="gold.netflix_cast", comment="Actors and their titles")
@dlt.expect_all_or_drop(rules)
@dlt.expect("title_is_known", "title IS NOT NULL")
def myfunc():
    return with_title("silver.netflix_cast")


# COMMAND ----------


@dlt.table(name="gold.netflix_category", comment="Genres and their titles")
@dlt.expect_or_drop("rule1", "show_id IS NOT NULL")
@dlt.expect("title_is_known", "title IS NOT NULL")
def myfunc():
    return with_title("silver.netflix_category")


# COMMAND ----------


@dlt.table(name="gold.netflix_countries", comment="Countries, with their ISO codes, and their titles")
@dlt.expect_all_or_drop(rules)
@dlt.expect("title_is_known", "title IS NOT NULL")
@dlt.expect("has_code", "country_code IS NOT NULL")
def myfunc():
    codes = spark.read.table("reference.country_codes")
    return (
        with_title("silver.netflix_countries")
        .join(codes, on="country", how="left")
        .select("show_id", "country", "country_code", "title", "type", "date_added", "release_year")
    )


# COMMAND ----------


@dlt.table(name="gold.netflix_titles", comment="Titles, one row each")
@dlt.expect_all_or_drop({"rule1": "show_id IS NOT NULL", "rule2": "title IS NOT NULL"})
def myfunc():
    month = F.trunc("date_added", "MM").alias("month_added")
    return dlt.read("silver.netflix_titles").select(
        "show_id", "title", "short_title", "type", "type_flag", "date_added", month, "release_year", "rating",
        "short_rating", "duration_minutes", "duration_seasons", "duration_ranking", "description",
    )  # fmt: skip
