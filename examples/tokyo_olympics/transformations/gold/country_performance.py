"""Gold: medals in proportion to athletes. A country without medals has zero, not nothing."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.materialized_view(name="gold.country_performance", comment="Medals by country, for 100 athletes each")
@dp.expect("has_athletes", "athletes > 0")
def country_performance():
    athletes = spark.read.table("gold.athletes_by_country")
    medals = spark.read.table("silver.medals").select("country", "gold", "silver", "bronze", "total")
    return (
        athletes.join(medals, on="country", how="left")
        .fillna(0, subset=["gold", "silver", "bronze", "total"])
        .withColumn("medals_per_100_athletes", F.round(100 * F.col("total") / F.col("athletes"), 2))
    )
