# covers: kafka, kinesis, rate, custom sources, create_sink, @foreach_batch_sink, @update_flow, mlflow spark_udf, third-party libraries
# covers: dbutils.secrets.get and list, boto3, databricks.sdk, requests, tenacity, word2number
# fails: sp.kafka unsupported-source, sp.kinesis unsupported-source, sp.rate unsupported-source, sp.custom unsupported-source
# fails: default.my_sink unsupported, default.my_handler unsupported, sp.updated unsupported-flow, sp.scored missing-module, sp.fetched missing-module
# fails: sp.words missing-module, sp.salted undefined-secret
import dlt
import mlflow_not_here as mlflow
from no_tenacity import retry, stop_after_attempt
from no_word2number import w2n
from pyspark import pipelines as dp
from pyspark.sql import functions as F
from pyspark.sql.datasource import DataSource

token = dbutils.secrets.get(scope="shop", key="token")
dbutils.secrets.list("shop")
predict = mlflow.pyfunc.spark_udf(spark, model_uri="models:/risk/1", result_type="double")


class Custom(DataSource):
    @classmethod
    def name(cls):
        return "custom"


spark.dataSource.register(Custom)


@dlt.table(name="sp.kafka")
def kafka():
    return (
        spark.readStream.format("kafka")
        .option("kafka.sasl.jaas.config", f"password={token}")
        .option("subscribe", "t")
        .load()
    )


@dlt.table(name="sp.kinesis")
def kinesis():
    return spark.readStream.format("kinesis").option("streamName", "s").load()


@dlt.table(name="sp.rate")
def rate():
    return spark.readStream.format("rate").option("rowsPerSecond", 1).load()


@dlt.table(name="sp.custom")
def custom():
    return spark.readStream.format("custom").load()


dlt.create_sink("my_sink", "kafka", {"kafka.bootstrap.servers": "h", "topic": "t"})


@dlt.append_flow(name="to_sink", target="my_sink")
def to_sink():
    return spark.readStream.table("raw.orders").select(F.to_json(F.struct("*")).alias("value"))


@dp.foreach_batch_sink(name="my_handler")
def handler(df, batch_id):
    df.write.format("delta").mode("append").saveAsTable("x")


@dp.append_flow(target="my_handler", name="to_handler")
def to_handler():
    return spark.readStream.table("raw.orders")


@dp.update_flow(name="u", target="sp.updated")
def updated():
    return spark.readStream.table("raw.orders")


@dlt.table(name="sp.scored")
def scored():
    return spark.read.table("raw.orders").withColumn("p", predict(F.struct("amount")))


@retry(stop=stop_after_attempt(3))
def fetch():
    return [(1,)]


@dlt.table(name="sp.fetched")
def fetched():
    return spark.createDataFrame(fetch(), "a int")


@dlt.table(name="sp.words")
def words():
    return spark.createDataFrame([(w2n.word_to_num("two"),)], "a int")


@dlt.table(name="sp.salted")
def salted():
    return spark.read.table("raw.orders").select(F.sha2(F.concat("email", F.lit(token)), 256).alias("h"))


@dlt.table(name="sp.beside")
def beside():
    return spark.range(1)
