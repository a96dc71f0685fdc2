# Databricks notebook source
# MAGIC %md
# MAGIC # Gold: answers
# MAGIC Which genres are popular, how the content grew, who directs and plays often, and where titles come from.
# MAGIC Only rows whose title is known count here.

# COMMAND ----------

import dlt
from pyspark.sql import functions as F
from pyspark.sql.window import Window

# COMMAND ----------


def known(lookup):
    return dlt.read(lookup).where("title IS NOT NULL")


def titles_by(rows, *columns):
    """How many titles there are, of which type, from when; the most frequent first by `rank`."""
    counted = rows.groupBy(*columns).agg(
        F.countDistinct("show_id").alias("titles"),
        F.countDistinct(F.when(F.col("type") == "Movie", F.col("show_id"))).alias("movies"),
        F.countDistinct(F.when(F.col("type") == "TV Show", F.col("show_id"))).alias("tv_shows"),
        F.min("release_year").alias("first_release_year"),
        F.max("release_year").alias("last_release_year"),
        F.max("date_added").alias("last_added"),
    )
    return counted.withColumn("rank", F.rank().over(Window.orderBy(F.desc("titles"))))


# COMMAND ----------


@dlt.table(name="gold.popular_genres", comment="Genres by number of titles; a title may have several")
def myfunc():
    catalogue = dlt.read("gold.netflix_titles").agg(F.count("*").alias("catalogue"))
    share = F.round(100 * F.col("titles") / F.col("catalogue"), 2)
    return (
        titles_by(known("gold.netflix_category"), "genre")
        .crossJoin(catalogue)
        .withColumn("share_pct", share)
        .drop("catalogue")
    )


# COMMAND ----------


@dlt.table(name="gold.content_over_time", comment="Titles added by month and type, and how many there are since")
@dlt.expect_or_drop("has_month", "month IS NOT NULL")
def myfunc():
    added = (
        dlt.read("gold.netflix_titles")
        .groupBy(F.col("month_added").alias("month"), "type")
        .agg(F.count("*").alias("titles_added"))
    )
    so_far = Window.partitionBy("type").orderBy("month").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return added.where("month IS NOT NULL").withColumn("titles_so_far", F.sum("titles_added").over(so_far))


# COMMAND ----------


@dlt.table(name="gold.frequent_directors", comment="Directors by number of titles")
def myfunc():
    return titles_by(known("gold.netflix_directors"), "director")


# COMMAND ----------


@dlt.table(name="gold.frequent_actors", comment="Actors by number of titles")
def myfunc():
    return titles_by(known("gold.netflix_cast"), "actor")


# COMMAND ----------


@dlt.table(name="gold.content_by_country", comment="Countries by number of titles; a title may have several")
@dlt.expect("has_code", "country_code IS NOT NULL")
def myfunc():
    return titles_by(known("gold.netflix_countries"), "country", "country_code")


# COMMAND ----------


@dlt.table(name="gold.genres_by_country", comment="How many titles of each genre come from each country")
def myfunc():
    countries = known("gold.netflix_countries").select("show_id", "country", "country_code")
    genres = known("gold.netflix_category").select("show_id", "genre")
    return (
        countries.join(genres, on="show_id")
        .groupBy("country", "country_code", "genre")
        .agg(F.countDistinct("show_id").alias("titles"))
    )
