"""Rounds of random questions with Spark's answers, as files: the fixed seeds, which are asked without a JVM.

A seed alone does not fix what is asked: the generator draws from the tables of functions, so each function that is added
to them makes the same seed ask other questions. What is kept here are the questions themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from differential.answers import Answer
from differential.cases import answer_as_data, settings_as_data
from differential.tables import Table, written
from ingot.analysis import Settings

FOLDER = Path(__file__).parent / "recorded"
FILES = sorted(FOLDER.glob("*.jsonl"))


class Recorder:
    """Collects what a campaign asks, and what Spark answers, round by round."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._rounds: list[dict[str, Any]] = []

    def begin(self, tables: dict[str, Table]) -> None:
        """A new round, over these tables."""
        self._rounds.append({"tables": {n: written(t) for n, t in tables.items()}, "cases": []})

    def add(self, sql: str, spark: Answer, is_ordered: bool, is_loose: bool) -> None:
        """One question with Spark's answer."""
        marks = {"ordered": is_ordered, "loose": is_loose, "rejected": spark.kind == "rejected"}
        answer = answer_as_data(spark)
        if not re.fullmatch(r"[A-Z0-9_.]*", answer.get("error", "")):
            answer["error"] = "INTERNAL"  # its text tells of one run only
        self._rounds[-1]["cases"].append({"sql": sql, **{k: True for k, v in marks.items() if v}, **answer})

    def write(self, file: Path) -> None:
        """Write the rounds, a question a line."""
        file.parent.mkdir(exist_ok=True)
        lines = [_line({"settings": settings_as_data(self._settings)})]
        for one in self._rounds:
            lines += [_line({"tables": one["tables"]}), *(_line(case) for case in one["cases"])]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def load(file: Path) -> Iterator[dict[str, Any]]:
    """The questions of a file in order, each as `differential.cases` holds one; those of a round share their tables."""
    first, *lines = file.read_text(encoding="utf-8").split("\n")
    settings: dict[str, Any] = json.loads(first)["settings"]
    tables: dict[str, Any] = {}
    for line in filter(None, lines):
        found = json.loads(line)
        if "tables" in found:
            tables = found["tables"]
        else:
            yield {**settings, "tables": tables, **found}
