"""Asset bundles as `databricks bundle init` lays them out: they run as they are, without settings of Ingot's own."""

from __future__ import annotations

import json

import pytest

import ingot

NEW = {
    "databricks.yml": """
bundle: {name: rides, uuid: 0000}
include: [resources/*.yml, resources/*/*.yml]
artifacts: {python_artifact: {type: whl, build: uv build --wheel}}
variables:
  catalog: {description: where to}
  schema: {description: where to}
targets:
  dev:
    mode: development
    default: true
    workspace: {host: https://example.com}
    variables: {catalog: main, schema: rides_dev}
""",
    "resources/rides_etl.pipeline.yml": """
resources:
  pipelines:
    rides_etl:
      name: rides_etl
      catalog: ${var.catalog}
      schema: ${var.schema}
      serverless: true
      root_path: "../src/rides_etl"
      libraries:
        - glob: {include: ../src/rides_etl/transformations/**}
      environment:
        dependencies:
          - --editable ${workspace.file_path}
""",
    "resources/nightly.job.yml": """
resources:
  jobs:
    nightly:
      name: nightly
      tasks: [{task_key: refresh, pipeline_task: {pipeline_id: "${resources.pipelines.rides_etl.id}"}}]
""",
    "src/rides_etl/utilities/distances.py": """
from pyspark.sql.functions import udf
from pyspark.sql.types import FloatType

@udf(returnType=FloatType())
def to_km(miles):
    return miles * 1.6
""",
    "src/rides_etl/transformations/rides.py": """
from pyspark import pipelines as dp
from pyspark.sql.functions import col
from utilities import distances

@dp.table
def rides():
    return spark.read.table("samples.nyctaxi.trips").withColumn("km", distances.to_km(col("trip_distance")))
""",
    "src/rides_etl/transformations/zones.py": """
from pyspark import pipelines as dp
from pyspark.sql.functions import col, sum

@dp.table
def zones():
    return spark.read.table("rides").groupBy(col("pickup_zip")).agg(sum("fare_amount").alias("fares"))
""",
}
OLD = {
    "databricks.yml": "bundle: {name: rides}\ninclude: [resources/*.yml]\ntargets: {dev: {mode: development, default: true}}\n",
    "resources/rides.pipeline.yml": """
resources:
  pipelines:
    rides:
      name: rides
      target: rides_dev
      libraries: [{notebook: {path: ../src/rides_pipeline.ipynb}}]
      configuration: {bundle.sourcePath: "${workspace.file_path}/src"}
""",
    "src/rides_pipeline.ipynb": json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": ["# Rides"]},
                {"cell_type": "code", "source": "import sys\nimport dlt\nsys.path.append(spark.conf.get('bundle.sourcePath', '.'))\nfrom rides import main"},
                {"cell_type": "code", "source": ["@dlt.view\n", "def all_rides():\n", "    return main.read(spark)\n", "\n", "@dlt.table\n", "def zones():\n", "    return dlt.read('all_rides').groupBy('pickup_zip').count()"]},
            ],
            "metadata": {"application/vnd.databricks.v1+notebook": {"language": "python"}},
        }
    ),
    "src/rides/__init__.py": "",
    "src/rides/main.py": """
from pyspark.sql import DataFrame, SparkSession

def read(spark: SparkSession) -> DataFrame:
    return spark.read.table("samples.nyctaxi.trips")

def connect() -> SparkSession:
    try:
        from databricks.connect import DatabricksSession
        return DatabricksSession.builder.getOrCreate()
    except ImportError:
        return SparkSession.builder.getOrCreate()

if __name__ == "__main__":
    read(connect()).show(5)
""",
}  # fmt: skip


@pytest.mark.parametrize("files", [NEW, OLD], ids=["new", "old"])
def test_a_bundle_runs_as_it_is(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    with ingot.connect(tmp_path) as lake:
        outcome = lake.run()
        assert (dict(outcome.failures), outcome.errors) == ({}, ())
        assert lake.sql("SELECT count(*) FROM rides_dev.zones").fetchall() == [(11,)]
