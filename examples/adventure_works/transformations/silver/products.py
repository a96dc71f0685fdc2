"""Silver: products as they are now (SCD type 1), out of the events that Azure SQL streams."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F

DATA = (
    "eventsource STRUCT<transaction: STRUCT<commitlsn: STRING, sequencenumber: BIGINT>>, "
    "eventrow STRUCT<old: STRING, current: STRING>"
)
# Values are texts, whatever type they have in the database.
TYPES = {
    "product_id": "bigint",
    "name": "string",
    "category": "string",
    "color": "string",
    "standard_cost": "decimal(10, 2)",
    "list_price": "decimal(10, 2)",
}


@dp.temporary_view
def product_events():
    data = spark.readStream.table("bronze.products").select("operation", F.from_json("data", DATA).alias("data"))
    is_delete = F.col("operation") == "DEL"  # of a delete only the old row is there
    row = F.when(is_delete, F.col("data.eventrow.old")).otherwise(F.col("data.eventrow.current"))
    rows = data.withColumn("row", F.from_json(row, ", ".join(f"{name} STRING" for name in TYPES)))
    return rows.select(
        *[F.col(f"row.{name}").cast(kind).alias(name) for name, kind in TYPES.items()],
        "operation",
        F.col("data.eventsource.transaction.commitlsn").alias("commit_lsn"),
        F.col("data.eventsource.transaction.sequencenumber").alias("sequence_number"),
    )


dp.create_streaming_table(
    "silver.products",
    comment="Products as they are now",
    expect_all_or_drop={"has_key": "product_id IS NOT NULL"},
)

# Between transactions the place of the commit in the log orders, within one the number. A text of fixed width orders
# as the number that it stands for.
dp.create_auto_cdc_flow(
    target="silver.products",
    source="product_events",
    keys=["product_id"],
    sequence_by=F.struct("commit_lsn", "sequence_number"),
    apply_as_deletes=F.expr("operation = 'DEL'"),
    except_column_list=["operation", "commit_lsn", "sequence_number"],
    stored_as_scd_type=1,
)
