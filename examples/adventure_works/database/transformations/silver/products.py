"""Silver: products with their history, models and categories as they are; each out of whole tables."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F

SALESLT = spark.conf.get("saleslt")


def text(name):
    """A text without blanks around it; an empty one is none."""
    return F.nullif(F.trim(name), F.lit(""))


# By dataset: the table, the key, the type of history, and the columns.
TABLES = {
    "products": (
        "Product",
        "product_id",
        2,
        {
            "product_id": F.col("ProductID"),
            "name": F.trim("Name"),
            "number": F.col("ProductNumber"),
            "color": F.coalesce(text("Color"), F.lit("N/A")),
            "size": F.coalesce(text("Size"), F.lit("N/A")),
            "weight": F.col("Weight"),
            "standard_cost": F.col("StandardCost").cast("decimal(12, 2)"),
            "list_price": F.col("ListPrice").cast("decimal(12, 2)"),
            "category_id": F.col("ProductCategoryID"),
            "model_id": F.col("ProductModelID"),
            "sold_since": F.col("SellStartDate").cast("date"),
        },
    ),
    "models": ("ProductModel", "model_id", 1, {"model_id": F.col("ProductModelID"), "name": F.col("Name")}),
    "categories": (
        "ProductCategory",
        "category_id",
        1,
        {
            "category_id": F.col("ProductCategoryID"),
            "parent_id": F.col("ParentProductCategoryID"),
            "name": F.col("Name"),
        },
    ),
}


def follow(dataset, table, key, scd_type, columns):
    """A table that follows the snapshots of one table of the database."""

    @dp.temporary_view(name=f"{dataset}_landed")
    def landed():
        rows = spark.readStream.format("cloudFiles").option("cloudFiles.format", "parquet").load(SALESLT + table)
        return rows.select([column.alias(name) for name, column in columns.items()])

    dp.create_streaming_table(f"silver.{dataset}", comment=f"{table} of the shop")
    dp.create_auto_cdc_from_snapshot_flow(
        target=f"silver.{dataset}", source=f"{dataset}_landed", keys=[key], stored_as_scd_type=scd_type
    )


for dataset, settings in TABLES.items():
    follow(dataset, *settings)
