"""Gold: what each category of products earns."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.materialized_view(name="gold.margin_by_category", comment="Revenue and margin by category of product")
def margin_by_category():
    products = spark.read.table("silver.products").select("product_id", "category", "standard_cost")
    sales = spark.read.table("gold.sales").join(products, "product_id", "left")
    return sales.groupBy(F.coalesce("category", F.lit("discontinued")).alias("category")).agg(
        F.sum("revenue").alias("revenue"),
        F.sum(F.col("revenue") - F.col("quantity") * F.col("standard_cost")).alias("margin"),
    )
