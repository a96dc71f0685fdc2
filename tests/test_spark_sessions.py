"""Sessions of real Spark: what one test sets does not reach the next, and no test opens one in its own way."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from spark_sessions import spark_session

TESTS = Path(__file__).parent


def test_only_programs_with_a_process_of_their_own_open_spark_by_themselves():
    opening = {path for path in TESTS.rglob("*.py") if "SparkSession.builder.master(" in path.read_text("utf-8")}
    assert {path.name for path in opening} - {Path(__file__).name} == {"spark_program.py"}


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_session_has_nothing_of_the_one_before():
    before = (os.environ.get("TZ"), os.environ.get("PYSPARK_PYTHON"), time.tzname)
    settings = {"spark.sql.shuffle.partitions": "3", "spark.sql.codegen.wholeStage": "false"}
    with spark_session(settings) as session:
        session.range(1).createOrReplaceTempView("v")
        assert {key: session.conf.get(key) for key in settings} == settings
    with spark_session() as session:
        assert session.conf.get("spark.sql.codegen.wholeStage") == "true"
        assert session.conf.get("spark.sql.shuffle.partitions") == "200"
        assert session.catalog.listTables() == []
        with pytest.raises(AssertionError, match="a session is open"), spark_session(settings):
            pass
        assert session.range(3).count() == 3
    assert (os.environ.get("TZ"), os.environ.get("PYSPARK_PYTHON"), time.tzname) == before
