"""The rules of portability: each construct, where it runs, and the spelling that runs everywhere.

Owns what a rule is and how rules are found by code. The rules themselves are tables: `sql_rules`, `python_rules`,
`project_rules`. Never looks at a project.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

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


@cache
def rules() -> dict[str, Rule]:
    """All rules by their code, in the order of the documentation."""
    from ingot.lint.project_rules import PROJECT_RULES
    from ingot.lint.python_rules import PYTHON_RULES
    from ingot.lint.sql_rules import SQL_RULES

    return {rule.code: rule for rule in (*SQL_RULES, *PYTHON_RULES, *PROJECT_RULES)}
