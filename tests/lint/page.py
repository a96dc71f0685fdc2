"""The table of docs/portability.md from the rules; `python tests/lint/page.py` writes it anew."""

from __future__ import annotations

from pathlib import Path

from ingot.lint.project_rules import PROJECT_RULES
from ingot.lint.python_rules import PYTHON_RULES
from ingot.lint.rule import NO, YES, Rule
from ingot.lint.sql_rules import SQL_RULES

PAGE = Path(__file__).parents[2] / "docs" / "portability.md"
MARK = "<!-- the rest of this page is made from the rules: python tests/lint/page.py -->\n"
_MARKS = {YES: "yes", NO: "**no**"}


def made() -> str:
    """What stands below the mark."""
    parts = [
        _section("SQL", SQL_RULES),
        _section("Python", PYTHON_RULES),
        _section("Settings and files", PROJECT_RULES),
    ]
    return "\n".join(parts)


def _section(title: str, rules: tuple[Rule, ...]) -> str:
    lines = [
        f"## {title}\n",
        "| code | construct | spark-4.3 | lakeflow | ingot | runs everywhere |",
        "|---|---|---|---|---|---|",
    ]
    for rule in rules:
        verdicts = " | ".join(_MARKS.get(v, v) for v in (rule.spark, rule.lakeflow, rule.ingot))
        lines.append(
            f"| `{rule.code}` | {_cell(rule.what)} | {_cell(verdicts)} | {_cell(rule.portable)} |".replace("\\| ", "| ")
        )
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*").replace("\\*\\*no\\*\\*", "**no**")


def written() -> str:
    return PAGE.read_text("utf-8").partition(MARK)[2]


if __name__ == "__main__":
    head = PAGE.read_text("utf-8").partition(MARK)[0]
    PAGE.write_text(head + MARK + "\n" + made(), "utf-8")
