"""The judge: each project, and each example, on open-source Spark, flow by flow; its tables are those of Ingot."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from projects.on_spark import run_on_spark
from projects.project import HERE, answers, batches, write_answers

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
PROJECTS = sorted(path.parent.name for path in HERE.glob("*/ingot.yml"))


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory):
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"  # Spark gives instants in the time zone of the process
    time.tzset()
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")  # compiling takes longer than these few rows
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.adaptive.enabled", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("name", PROJECTS)
def test_spark_gives_the_kept_answers(name: str, spark: Any, tmp_path: Path):
    """With INGOT_RECORD set, what Spark gives becomes what the default tests expect."""
    found = run_on_spark(spark, name, tmp_path)
    if os.environ.get("INGOT_RECORD"):
        write_answers(name, found)
    expected = answers(name)
    for table, content in expected.items():
        assert found[table] == content, table
    assert sorted(found) == sorted(expected)


def test_some_project_has_several_batches():
    assert any(batches(name) for name in PROJECTS)
