"""Small projects of one construct each, and what open-source Spark 4.3 says of them: its error's class, or None."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CASES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))
SPEC = "name: probe\nstorage: {storage}\nlibraries:\n  - glob:\n      include: transformations/**\n"
SCHEMA = "id BIGINT, name STRING, at TIMESTAMP, amount DOUBLE, raw STRING"
BASE = f'''
from pyspark import pipelines as dp
@dp.table
def events():
    return spark.readStream.schema("{SCHEMA}").json("{{data}}/json")
@dp.materialized_view
def items():
    return spark.read.schema("{SCHEMA}").json("{{data}}/json")
'''
# What lint cannot know, or says on purpose although the dry run does not.
OTHERWISE = {
    "set subst": "the dry run takes `${key} + 1` without the key, which then means something else",
    "delta": "runs with a package that plain PySpark does not have: told as a difference",
    "avro": "the same",
    "kafka": "the same",
    "s3a": "the same",
    "stream tvf": "STREAM TABLE(x), which Ingot takes",
    "sql values": "VALUES as a whole query, which Ingot does not read",
    "sql table": "TABLE x as a whole query, which Ingot does not read",
    "colregex": "columns by a pattern of another DataFrame, which Ingot does not find",
}


def write_project(folder: Path, case: dict[str, Any]) -> Path:
    """Write a case as a project; its data lies beside."""
    data = folder.parent / "data"
    files = {"spark-pipeline.yml": SPEC}
    if not case.get("alone"):
        files["transformations/base.py"] = BASE
    if "sql" in case:
        files["transformations/q.sql"] = case["sql"]
    if "python" in case:
        files["transformations/q.py"] = case["python"]
    files.update(case.get("files", {}))
    for name, text in files.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{data}", str(data)).replace("{storage}", f"file://{folder.parent}/storage"))
    return folder


def write_data(folder: Path) -> None:
    """The files that the projects below the folder read."""
    for name, text in {
        "json/a.json": '{"id":1,"name":"a","at":"2024-01-01T00:00:00","amount":1.5,"raw":"{\\"a\\":1}"}\n',
        "csv/a.csv": "id,name\n1,a\n",
    }.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
