"""Gold: medals in proportion to athletes. A country without medals has zero, not nothing."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F

MEDALS = ("gold", "silver", "bronze", "total")


@dp.materialized_view(name="gold.country_performance", comment="Medals by country, for 100 athletes each")
@dp.expect("has_athletes", "athletes > 0")
def country_performance():
    athletes = spark.read.table("gold.athletes_by_country")
    medals = spark.read.table("silver.medals").select("country", *MEDALS)
    counts = [F.coalesce(F.col(medal), F.lit(0)).alias(medal) for medal in MEDALS]
    ratio = F.round(100 * F.coalesce(F.col("total"), F.lit(0)) / F.col("athletes"), 2)
    return athletes.join(medals, on="country", how="left").select(
        "country", "athletes", "disciplines", *counts, ratio.alias("medals_per_100_athletes")
    )
