"""Spark's answers to the recorded expressions. Run as a script it writes `cases.json` anew (needs PySpark and Java)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases.json"
_FORMATS = "map('ignoreNullFields', 'false', 'timestampFormat', '{0}', 'timestampNTZFormat', '{0}')"


def record(rows: str, queries: list[str]) -> list[dict[str, Any]]:
    """What Spark answers to each query over the view `t`: types and rows, or the class of its error."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    found: list[dict[str, Any]] = []
    try:
        spark.sql(f"CREATE OR REPLACE TEMP VIEW t AS {rows}")
        for query in queries:
            answer: dict[str, Any] = {"sql": query}
            try:
                frame = spark.sql(query)
                frame = frame.toDF(*[f"c{i}" for i in range(len(frame.columns))])
                answer["types"] = [f.dataType.simpleString() for f in frame.schema]
                options = _FORMATS.format("yyyy-MM-dd HH:mm:ss.SSSSSS")
                shown = frame.selectExpr(f"to_json(struct(*), {options}) AS j").collect()
                answer["rows"] = [json.loads(row.j) for row in shown]
            except PySparkException as error:
                answer["error"] = error.getCondition() or type(error).__name__
            found.append(answer)
    finally:
        spark.stop()
    return found


def main() -> None:
    """Write `cases.json`."""
    from dialect.expressions import ROWS, cases

    lines = [json.dumps(case, ensure_ascii=False) for case in record(ROWS, cases())]
    CASES.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
