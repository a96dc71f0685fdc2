"""PySpark as the judge: what the default tests expect of each piece of DataFrame code is what Spark answers."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest

from facade import snippets_udfs
from facade.answers import answer
from facade.every import SNIPPETS
from facade.test_snippets import ANSWERS
from spark_sessions import spark_session

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def real():
    pytest.importorskip("pyspark")
    from pyspark import cloudpickle
    from pyspark.sql import Window
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    cloudpickle.register_pickle_by_value(snippets_udfs)  # its functions run in processes that cannot import it
    with spark_session({"spark.sql.shuffle.partitions": "1"}) as spark:
        for name, text in TABLES.items():
            spark.sql(text).createOrReplaceTempView(name)
        yield SimpleNamespace(spark=spark, F=F, T=T, Window=Window)


TABLES = {
    "orders": """
        SELECT id, customer, CAST(amount AS DECIMAL(10,2)) amount, qty, DATE(day) day, TIMESTAMP(at) at,
          tags, info, note
        FROM VALUES
          (1L, 1, 10.5, 1, '2024-01-31', '2024-01-31 10:20:30', array('x', 'y'), named_struct('a', 1, 'b', 'p'), 'a'),
          (2L, 1, 20.25, 3, '2024-02-29', '2024-02-29 00:00:00', array('z'), named_struct('a', 2, 'b', 'q'), 'b'),
          (3L, 2, 0.1, 2, '2023-12-31', '2023-12-31 23:59:59', array(), named_struct('a', 3, 'b', null), null),
          (4L, 4, 99.99, 5, '2024-02-01', '2024-02-01 12:00:00', null, null, 'a')
        AS t(id, customer, amount, qty, day, at, tags, info, note)""",
    "customers": """
        SELECT * FROM VALUES (1, 'anna', ' graz ', 2), (2, 'bert', null, 3), (3, 'carla', 'linz', null)
        AS t(id, name, city, boss)""",
    "wide": "SELECT * FROM VALUES (1, 10, 20), (2, 30, null) AS t(id, Q1, Q2)",
}


def _answer(frame):
    return answer([(f.name, f.dataType.simpleString()) for f in frame.schema], frame.collect())


@pytest.mark.parametrize("name", sorted(SNIPPETS))
def test_spark_gives_what_is_recorded(name, real, recorded):
    recorded[name] = _answer(SNIPPETS[name](real))


@pytest.fixture(scope="module")
def recorded():
    """What Spark answers; with INGOT_RECORD set it becomes what the default tests expect."""
    answers = {}
    yield answers
    if os.environ.get("INGOT_RECORD") and len(answers) == len(SNIPPETS):
        lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(answers[k], ensure_ascii=False)}" for k in sorted(answers))
        ANSWERS.write_text("{\n" + lines + "\n}\n", "utf-8")
    elif ANSWERS.exists():
        known = json.loads(ANSWERS.read_text("utf-8"))
        assert {k: v for k, v in known.items() if k in answers} == {k: v for k, v in answers.items() if k in known}
