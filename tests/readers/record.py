"""Ask Spark for its answers to all cases and write them to `spark_answers.json`.

Run: python tests/readers/record.py
"""

from __future__ import annotations

import datetime
import decimal
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from readers.case import Case
from readers.cases import cases
from spark_sessions import spark_session

ANSWERS = Path(__file__).with_name("spark_answers.json")
SETTINGS = {"spark.sql.shuffle.partitions": "1"}


def plain(value: Any) -> Any:
    """A value as JSON can hold it, the same for both sides."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.datetime):
        at = value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value
        return at.isoformat(" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if hasattr(value, "asDict"):
        return {name: plain(item) for name, item in value.asDict().items()}
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value]


def in_order(rows: list[Any]) -> list[Any]:
    """Rows in an order that does not depend on who reads them."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def write_files(case: Case, folder: Path) -> None:
    """Lay a case's files below `folder`."""
    for name, data in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1704164645.5, 1704164645.5))


def without_folder(rows: list[Any], folder: Path) -> list[Any]:
    """Rows in which the folder of the files, whose name changes, stands as `<folder>`."""
    return [[v.replace(str(folder), "<folder>") if isinstance(v, str) else v for v in row] for row in rows]


def spark_answer(spark: Any, case: Case, folder: Path) -> dict[str, Any]:
    """What Spark answers: columns and rows, or the beginning of its error."""
    reader = spark.read.format(case.format).options(**case.options)
    if case.schema is not None:
        reader = reader.schema(case.schema)
    try:
        frame = reader.load(str(folder))
        frame = frame if case.metadata else frame.cache()  # a cached frame has no _metadata
        columns = [[f.name, f.dataType.simpleString()] for f in frame.schema]
        if case.metadata:
            frame = frame.select("*", *(f"_metadata.{name}" for name in case.metadata))
        rows = in_order(without_folder([[plain(v) for v in row] for row in frame.collect()], folder))
    except Exception as error:  # every kind of refusal is an answer
        return {"error": type(error).__name__}
    return {"columns": columns, "rows": rows}


def record() -> dict[str, Any]:
    """Spark's answers to all cases."""
    answers = {}
    with spark_session(SETTINGS) as spark:
        for name, case in cases().items():
            with tempfile.TemporaryDirectory() as folder:
                write_files(case, Path(folder))
                answers[name] = spark_answer(spark, case, Path(folder))
    return answers


if __name__ == "__main__":
    found = record()
    lines = [f"{json.dumps(name)}: {json.dumps(answer, ensure_ascii=False)}" for name, answer in found.items()]
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{len(found)} answers, {sum('error' in a for a in found.values())} of them errors")
