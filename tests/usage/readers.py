# covers: spark.read.table, spark.readStream.table, spark.table, spark.sql, spark.range, spark.createDataFrame, Auto Loader with its options
# covers: spark.read csv, json, parquet, text, load, schema, format(computed), delta by path and name, pathGlobFilter, columnNameOfCorruptRecord
# covers: skipChangeCommits, readChangeFeed, SparkSession.getActiveSession, active, builder, conf.get, conf.set
# fails: rp.feed no-change-feed
import dlt
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StringType, StructField, StructType

session = SparkSession.builder.appName("x").getOrCreate()
assert SparkSession.getActiveSession() is session is SparkSession.active()
landing = spark.conf.get("landing_path")
spark.conf.set("spark.sql.shuffle.partitions", "8")
columns = StructType([StructField("customer_id", IntegerType(), True), StructField("name", StringType(), True)])


@dlt.table(name="rp.auto")
def auto():
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "json")
        .option("cloudFiles.inferColumnTypes", True)
        .option("cloudFiles.schemaEvolutionMode", "addNewColumns")
        .option("cloudFiles.schemaHints", "amount DECIMAL(10, 2)")
        .option("cloudFiles.schemaLocation", "/Volumes/x/y")
        .option("cloudFiles.useNotifications", "false")
        .option("cloudFiles.maxFilesPerTrigger", 10)
        .option("cloudFiles.validateOptions", "false")
        .option("rescuedDataColumn", "_rescued")
        .load(f"{landing}/orders")
        .select("*", "_metadata.file_name", F.col("_metadata.file_modification_time").alias("m"), F.input_file_name().alias("i"))
    )


@dlt.table(name="rp.csvs")
def csvs():
    return (
        spark.readStream.format("csv")
        .schema(columns)
        .options(header=True, mode="PERMISSIVE", quote='"', escape="\\")
        .load(f"{landing}/customers")
    )


@dlt.table(name="rp.batch")
def batch():
    one = spark.read.csv(f"{landing}/customers", header=True, inferSchema=True)
    two = spark.read.option("multiLine", "false").json(f"{landing}/orders").select("customer_id")
    three = spark.read.parquet("s3a://bucket/parquet").select("customer_id")
    four = (
        spark.read.schema("customer_id INT, name STRING, bad STRING")
        .option("columnNameOfCorruptRecord", "bad")
        .csv(f"{landing}/customers")
        .select("customer_id")
    )
    five = (
        spark.read.format("c" + "sv")
        .option("pathGlobFilter", "*.csv")
        .option("header", "true")
        .load(f"{landing}/customers")
        .select(F.col("customer_id").cast("int"))
    )
    return one.select("customer_id").unionByName(two).union(three).unionByName(four.dropna()).unionByName(five)


@dlt.table(name="rp.tables")
def tables():
    spark.sql("SET x.y = 3")
    joined = spark.sql("SELECT o.* FROM STREAM(raw.orders) o WHERE amount > ${x.y}")
    return joined


@dlt.table(name="rp.lists")
def lists():
    return (
        spark.createDataFrame([(1, "a"), (2, None)], ["id", "name"])
        .unionByName(spark.createDataFrame([Row(id=3, name="c")]))
        .join(spark.range(5), "id")
    )


@dlt.table(name="rp.skipping")
def skipping():
    return spark.readStream.option("skipChangeCommits", "true").table("rp.tables")


@dlt.table(name="rp.feed")
def feed():
    return spark.readStream.option("readChangeFeed", "true").table("rp.tables")


@dlt.table(name="rp.whole")
def whole():
    return (
        spark.read.format("delta")
        .table("rp.tables")
        .unionByName(spark.table("rp.tables"))
        .unionByName(spark.read.table("rp.tables"))
    )


known = spark.read.format("json").load(f"{landing}/orders").schema
names = [field.name for field in known.fields] + spark.read.table("raw.customers").columns


@dlt.table(name="rp.by_schema")
def by_schema():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "json").schema(known).load(f"{landing}/orders").select(*names[:2])


spark.conf.set("usage.version", "v1")


@dlt.table(name="rp.by_setting")
def by_setting():
    return spark.range(1).withColumn("version", F.lit(spark.conf.get("usage.version"))).withColumn("none", F.col("version").cast("int"))


spark.conf.set("spark.sql.ansi.enabled", "false")
