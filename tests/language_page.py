"""The page that says what of Spark's SQL and pipelines works, made from the tests.

`python tests/language_page.py` writes `docs/reference/language.md` anew; a default test holds the page against the code.
A function counts as right when a recorded answer of Spark stands behind it: the tests evaluate each of those cases, so
here it is enough to see which are translated and which are refused.
"""

from __future__ import annotations

import collections
import functools
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlglot import exp

from dialect.record import families
from dialect.running import lowered
from ingot import sql
from ingot.analysis.functions import lookup, names
from ingot.analysis.functions.refused import REFUSED
from ingot.analysis.typed import Settings
from ingot.engines.duckdb.lowering.families import FAMILY_OF
from ingot.errors import IngotError, UnsupportedError

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "language.md"
USAGE = Path(__file__).parent / "usage"
SPARKS = Path(__file__).parent / "dialect" / "spark_functions.txt"

HEAD = """\
# What of Spark's language works

This page is made from the tests (`python tests/language_page.py`), and a test fails when it is out of date. *Right* means that Spark
4.3 itself was asked, and that its rows and types come out; *refused* means an error with file and line when definitions are read, never
another answer.
"""


@dataclass
class Verdict:
    """What the recorded cases say of one function."""

    right: int = 0
    refused: list[str] = field(default_factory=list)  # messages of refused cases


def called(text: str) -> set[str]:
    """The names that a query calls, as they are written, in lower case."""
    tree = sql.parse_statement(text)
    return {str(call.this).lower() for call in tree.find_all(exp.Anonymous)}


@functools.cache
def verdicts() -> dict[str, Verdict]:
    """Of every function that some recorded case calls."""
    found: dict[str, Verdict] = collections.defaultdict(Verdict)
    for family in families():
        settings = Settings(ansi=family.is_ansi)
        _, rows = lowered(family.rows)
        for case in family.recorded():
            _judge(case, rows, settings, found)
    return found


def _judge(case: dict[str, Any], rows: Any, settings: Settings, found: dict[str, Verdict]) -> None:
    try:
        functions = called(case["sql"])
    except IngotError:
        return
    refusal = None
    try:
        lowered(case["sql"], rows, settings)
    except UnsupportedError as error:
        refusal = error.message
    except IngotError:
        pass  # Spark raises too, or a test of the dialect fails
    for name in functions:
        if refusal is None:
            found[name].right += 1
        else:
            found[name].refused.append(refusal)


def functions_section() -> str:
    """A table of all functions that Spark has or that are accepted here."""
    sparks = [name for name in SPARKS.read_text().split() if name.isidentifier()]
    ours, judged = set(names()), verdicts()
    lines, counts = [], collections.Counter[str]()
    for name in sorted({*sparks, *ours} - _OPERATORS):
        verdict, note = _verdict(name, name in ours, judged.get(name, Verdict()))
        counts[verdict] += name in sparks
        lines.append(f"| `{name}`{'' if name in sparks else ' ¹'} | {verdict} | {note} |")
    total = sum(counts.values())
    summary = ", ".join(f"{number} {verdict}" for verdict, number in counts.most_common())
    return "\n".join(
        [
            "## SQL functions",
            "",
            f"Of the {total} functions of Spark 4.3: {summary}. `pyspark.sql.functions` calls the same ones. ¹ not of open-source Spark.",
            "",
            "| function | | recorded cases, and what is refused |",
            "|---|---|---|",
            *lines,
            "",
        ]
    )


def _verdict(name: str, is_ours: bool, judged: Verdict) -> tuple[str, str]:
    if name in REFUSED or not is_ours:
        return "refused", REFUSED.get(name) or ""
    if not _is_computed(name):
        return "refused", "not computed by DuckDB"
    if not judged.right:
        return "refused" if judged.refused else "accepted", "; ".join(
            sorted(set(judged.refused))[:1]
        ) or "no case recorded"
    note = str(judged.right)
    if judged.refused:
        note += f"; {len(judged.refused)} refused: {sorted(judged.refused, key=len)[0]}"
    return "right", note.replace("|", "\\|").replace("\n", " ")


def _is_computed(name: str) -> bool:
    spec = lookup(name)
    if spec is None or spec.kind not in ("scalar", "aggregate") or spec.binder is not None:
        return True
    return spec.name in FAMILY_OF or spec.name == "input_file_name"


_OPERATORS = {"and", "or", "not", "in", "between", "case", "when", "like", "div"}


def constructs_section() -> str:
    """Pipeline constructs: what the files of `tests/usage` show, which a test loads and runs."""
    lines = [
        "## Pipelines",
        "",
        "What public pipeline files use, by the small file of `tests/usage` that shows it: a test runs all of them in one update. What runs on "
        "open-source Spark and on Databricks as well stands in [portability](../portability.md); DataFrames have a [page](dataframes.md).",
        "",
        "| shown in | constructs | refused, alone |",
        "|---|---|---|",
    ]
    for path in sorted(USAGE.iterdir()):
        if path.is_file():
            text = path.read_text("utf-8")
            covers = "; ".join(found.rstrip('",').strip() for found in re.findall(r"covers: (.*)", text))
            fails = ", ".join(f"`{code}`" for code in sorted(set(_codes(text))))
            lines.append(f"| `{path.name}` | {covers.replace('|', chr(92) + '|')} | {fails} |")
    return "\n".join([*lines, ""])


def _codes(text: str) -> list[str]:
    return [pair.split()[1] for line in re.findall(r"fails: (.*)", text) for pair in line.split(",")]


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, constructs_section(), functions_section()])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")
