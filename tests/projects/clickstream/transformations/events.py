import dlt
from pyspark.sql import Window
from pyspark.sql import functions as F


@dlt.table
@dlt.expect_or_drop("has_user", "user IS NOT NULL")
def events():
    return (
        spark.readStream.format("csv")
        .option("header", True)
        .schema("id INT, user STRING, at TIMESTAMP, url STRING, agent STRING")
        .load("data/events.csv")
        .withColumn("host", F.parse_url("url", F.lit("HOST")))
        .withColumn("path", F.regexp_extract("url", r"^(?:https?://[^/]+)?(/[^?]*)", 1))
        .withColumn("ref", F.regexp_extract("url", r"[?&]ref=([^&]*)", 1))
        .withColumn("is_bot", F.col("agent").rlike("(?i)curl|bot"))
        .withColumn("system", F.regexp_replace(F.try_element_at(F.split("agent", " "), F.lit(2)), r"[()]", ""))
    )


@dlt.table
def sessions():
    w = Window.partitionBy("user").orderBy("at", "id")
    gap = F.unix_timestamp("at") - F.unix_timestamp(F.lag("at").over(w))
    return (
        dlt.read("events")
        .filter(~F.col("is_bot"))
        .withColumn("is_new", F.when(gap.isNull() | (gap > 1800), 1).otherwise(0))
        .withColumn("session", F.sum("is_new").over(w))
        .groupBy("user", "session")
        .agg(
            F.min("at").alias("began"),
            F.max("at").alias("ended"),
            F.count("*").alias("hits"),
            F.countDistinct("path").alias("pages"),
            F.sort_array(F.collect_set("path")).alias("paths"),
            F.max(F.col("path").contains("checkout")).alias("checked_out"),
        )
        .withColumn("seconds", F.col("ended").cast("long") - F.col("began").cast("long"))
        .withColumn("key", F.concat_ws("-", "user", F.col("session").cast("string")))
        .withColumn("hash", F.md5("key"))
    )
