from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.table(name="bronze.orders")
def changes():
    return (
        spark.readStream.format("csv")
        .option("header", True)
        .schema("op STRING, version BIGINT, order_id BIGINT, quantity INT, status STRING")
        .load("changes")
    )


dp.create_streaming_table("silver.orders")

dp.create_auto_cdc_flow(
    target="silver.orders",
    source="bronze.orders",
    keys=["order_id"],
    sequence_by="version",
    apply_as_deletes=F.expr("op = 'D'"),
    except_column_list=["op", "version"],
    ignore_null_updates=True,
    stored_as_scd_type=1,
)
