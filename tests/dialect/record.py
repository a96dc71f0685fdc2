"""Spark's answers to the recorded expressions. Run as a script it writes the cases anew (needs PySpark and Java).

A family is a module `expressions.py` or `expressions_<family>.py` with `ROWS`, the query of the view `t`; `cases()`, the
queries; and, where they differ, `ANSI = False` and `TIME_ZONE = "Europe/Paris"`. Its answers are in `cases.json` or `cases_<family>.json`.
`python record.py collections` records only the families that are named.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
SETTINGS = {
    "spark.sql.shuffle.partitions": "1",
    # tables of a pipeline are files: what is in memory would be computed before NULLs and constants are folded
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
}
_FORMATS = "map('ignoreNullFields', 'false', 'timeZone', 'UTC', 'timestampFormat', '{0}', 'timestampNTZFormat', '{0}')"


@dataclass(frozen=True)
class Family:
    """Queries over the rows of one view, with the file of Spark's answers."""

    name: str
    rows: str
    queries: tuple[str, ...]
    is_ansi: bool
    file: Path
    time_zone: str = "UTC"

    def recorded(self) -> list[dict[str, Any]]:
        """Spark's answers, as they were recorded."""
        return json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else []


def families() -> list[Family]:
    """Every family, by the modules beside this one."""
    found = []
    for path in sorted(_FOLDER.glob("expressions*.py")):
        module = import_module(f"dialect.{path.stem}")
        name = path.stem.removeprefix("expressions").removeprefix("_")
        file = path.with_name(path.stem.replace("expressions", "cases") + ".json")
        is_ansi = getattr(module, "ANSI", True)
        zone = getattr(module, "TIME_ZONE", "UTC")
        found.append(Family(name or "plain", module.ROWS, tuple(module.cases()), is_ansi, file, zone))
    return found


def record(spark: Any, family: Family) -> list[dict[str, Any]]:
    """What Spark answers to each query over the view `t`: types and rows, or the class of its error."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    spark.conf.set("spark.sql.ansi.enabled", str(family.is_ansi).lower())
    spark.conf.set("spark.sql.session.timeZone", family.time_zone)
    spark.sql(f"CREATE OR REPLACE TEMP VIEW t AS {family.rows}")
    found: list[dict[str, Any]] = []
    for query in family.queries:
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
        except Py4JError as error:
            answer["error"] = type(error).__name__
        found.append(answer)
    return found


def main() -> None:
    """Write the cases of the families that are named; of all when none is."""
    from spark_sessions import spark_session

    with spark_session(SETTINGS) as spark:
        for family in families():
            if not sys.argv[1:] or family.name in sys.argv[1:]:
                lines = [json.dumps(case, ensure_ascii=False) for case in record(spark, family)]
                family.file.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(_FOLDER.parent))
    main()
