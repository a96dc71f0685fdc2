"""Run by a Python that has PySpark: does what a JSON file of steps says, with Delta, and keeps what came out.

A step is `{"sql": …}` or `{"rows": path}` (with `version` optional). The answer is a JSON list, one item a
step: the rows as Spark's `to_json` writes them (sorted), or `{"error": …}`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def session(package: str) -> SparkSession:
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.jars.packages", package)
        .config(
            "spark.jars.excludes",
            "org.apache.hadoop:*,org.apache.logging.log4j:*,org.apache.parquet:*,org.slf4j:*",
        )
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "1g")
        .getOrCreate()
    )


def answer(spark: SparkSession, step: dict[str, Any]) -> Any:
    try:
        if "sql" in step:
            frame = spark.sql(step["sql"])
        else:
            reader = spark.read.format("delta")
            if "version" in step:
                reader = reader.option("versionAsOf", step["version"])
            frame = reader.load(step["rows"])
        if not frame.columns:
            return []
        packed = frame.select(F.to_json(F.struct(*[F.col(f"`{c}`") for c in frame.columns])).alias("row"))
        return sorted(json.dumps(json.loads(row.row), sort_keys=True) for row in packed.collect())
    except PySparkException as error:
        return {"error": str(error).splitlines()[0]}
    except Py4JJavaError as error:  # what fails within a task
        return {"error": " ".join(str(error).splitlines()[:3])}


def main() -> None:
    steps, out = Path(sys.argv[1]), Path(sys.argv[2])
    spark = session(sys.argv[3])
    spark.sparkContext.setLogLevel("ERROR")
    out.write_text(json.dumps([answer(spark, step) for step in json.loads(steps.read_text())]))
    spark.stop()


if __name__ == "__main__":
    main()
