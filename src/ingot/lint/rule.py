"""What a rule of portability is: a construct, where it runs, and the spelling that runs everywhere."""

from __future__ import annotations

from dataclasses import dataclass

TARGETS = {
    "spark-4.3": "open-source Spark Declarative Pipelines, as `spark-pipelines dry-run` of Spark 4.3 judges",
    "lakeflow": "Databricks",
    "ingot": "this release of Ingot",
}
YES = "yes"
NO = "no"


@dataclass(frozen=True)
class Rule:
    """One construct. A verdict is `yes`, `no`, or a sentence about what it means there instead."""

    code: str
    what: str
    spark: str
    lakeflow: str
    ingot: str
    portable: str

    def verdict(self, target: str) -> str:
        return {"spark-4.3": self.spark, "lakeflow": self.lakeflow, "ingot": self.ingot}[target]
