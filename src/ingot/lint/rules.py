"""All rules of portability, found by code.

The rules themselves are tables: `sql_rules`, `python_rules`, `project_rules`. Never looks at a project.
"""

from __future__ import annotations

from functools import cache

from ingot.lint.project_rules import PROJECT_RULES
from ingot.lint.python_rules import PYTHON_RULES
from ingot.lint.rule import Rule
from ingot.lint.sql_rules import SQL_RULES


@cache
def rules() -> dict[str, Rule]:
    """All rules by their code, in the order of the documentation."""
    return {rule.code: rule for rule in (*SQL_RULES, *PYTHON_RULES, *PROJECT_RULES)}
