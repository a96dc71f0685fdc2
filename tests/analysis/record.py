"""Record Spark's answers: `python tests/analysis/record.py [FILE]`, FILE holding more queries, one a line.

A recorded case whose answer here differs from Spark's on purpose carries `ours` and `because`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from analysis.judge import CASES, MATRICES, spark_answer, spark_with_tables

TYPES = (
    "boolean,tinyint,int,bigint,float,double,decimal(10;2),decimal(38;18),string,binary,date,timestamp,"
    "timestamp_ntz,void,interval day,interval year to month,array<int>,array<string>"
)
FORMS = {
    **{op: f"{{a}} {op} {{b}}" for op in ("+", "-", "*", "/", "%", "div", "=", "<", "<=>", "&", "and")},
    "coalesce": "coalesce({a}, {b})",
    "in": "{a} in ({b})",
    "cast": "cast({a} as {target})",
    "case": "case when true then {a} else {b} end",
}


def types() -> list[str]:
    return [t.replace(";", ",") for t in TYPES.split(",")]


def matrix_queries(form: str) -> list[str]:
    """One query for each pair of types, row by row."""
    return [
        "select " + FORMS[form].format(a=f"cast(null as {a})", b=f"cast(null as {b})", target=b) + " as x"
        for a in types()
        for b in types()
    ]


def matrices(answer: Any) -> dict[str, dict[str, list[str]]]:
    """For each mode and form: the type of each pair, `-` for an error."""
    result: dict[str, dict[str, list[str]]] = {}
    for mode in ("ansi", "legacy"):
        result[mode] = {}
        for form in FORMS:
            answers = [answer(q, mode == "ansi") for q in matrix_queries(form)]
            cells = ["-" if "error" in a else a["columns"][0][1] for a in answers]
            width = len(types())
            result[mode][form] = [" | ".join(cells[i : i + width]) for i in range(0, len(cells), width)]
    return result


def main() -> None:
    cases = json.loads(CASES.read_text()) if CASES.exists() else []
    known = {(c["sql"], c.get("ansi", True)) for c in cases}
    for line in Path(sys.argv[1]).read_text().splitlines() if len(sys.argv) > 1 else []:
        legacy = line.startswith("legacy: ")
        sql = line.removeprefix("legacy: ").strip()
        if sql and (sql, not legacy) not in known:
            cases.append({"sql": sql, **({"ansi": False} if legacy else {})})
            known.add((sql, not legacy))
    with spark_with_tables() as spark:
        for case in cases:
            for key in ("columns", "error"):
                case.pop(key, None)
            case.update(spark_answer(spark, case["sql"], case.get("ansi", True)))
        found = matrices(lambda sql, ansi: spark_answer(spark, sql, ansi))
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    CASES.write_text(f"[\n{lines}\n]\n")
    MATRICES.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
