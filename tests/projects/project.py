"""The projects of this folder: where they are, how they are run on Ingot, and tables as plain values."""

from __future__ import annotations

import datetime
import decimal
import json
import shutil
from pathlib import Path
from typing import Any

import ingot
from ingot.model import DatasetKind, Project, TableName
from ingot.types import ArrayType, DataType, MapType, StructType

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
NAMES = sorted(path.parent.name for path in HERE.glob("*/answers.json"))


def copy_project(name: str, folder: Path) -> Path:
    """A copy that may be written to. `batches/<n>` are files that arrive later."""
    source = HERE / name
    return shutil.copytree(
        source, folder / name, ignore=shutil.ignore_patterns("answers.json", "__pycache__", "batches")
    )


def batches(name: str) -> list[Path]:
    return sorted((HERE / name / "batches").glob("*"))


def run(name: str, folder: Path) -> ingot.Connection:
    """Run a copy of a project on Ingot: an update, and one more for each later batch of files."""
    root = copy_project(name, folder)
    connection = update(root)
    for batch in batches(name):
        shutil.copytree(batch, root / "data", dirs_exist_ok=True)
        connection.close()
        connection = update(root)
    return connection


def update(root: Path) -> ingot.Connection:
    """Run one update of the project in a folder; every dataset must succeed."""
    connection = ingot.connect(root)
    outcome = connection.run()
    assert outcome.is_success, [error.render() for error in (*outcome.errors, *outcome.failures.values())]
    return connection


def tables(connection: ingot.Connection) -> dict[str, dict[str, Any]]:
    """Every table of the lake as names, types and rows."""
    project = connection.project
    return {name.short: _table(connection, name) for name in stored(project)}


def stored(project: Project) -> list[TableName]:
    """The names of the project's tables; views are not stored."""
    from ingot.definitions import load_definitions

    found = load_definitions(project)
    assert not found.failed, [str(failed.error) for failed in found.failed]
    return sorted(d.name for d in found.datasets.values() if d.kind is not DatasetKind.TEMPORARY_VIEW)


def _table(connection: ingot.Connection, name: TableName) -> dict[str, Any]:
    from ingot.lake.table import Lake

    schema = Lake(connection.project.lake, connection.project.catalog).table(name).snapshot().schema
    rows = connection.sql(f"SELECT * FROM {name.short}").fetchall()
    return answer(schema, rows)


def answer(schema: StructType, rows: list[Any]) -> dict[str, Any]:
    """A table with its rows in an order of their own."""
    types = [field.type for field in schema]
    plain = [[cell(value, t) for value, t in zip(row, types, strict=True)] for row in rows]
    return {
        "columns": [[field.name, str(field.type)] for field in schema],
        "rows": sorted(plain, key=lambda row: json.dumps(row, ensure_ascii=False)),
    }


def cell(value: Any, data_type: DataType) -> Any:
    """A value as JSON can hold it: structs as lists of their values, maps as sorted pairs."""
    if value is None:
        return None
    match data_type:
        case StructType():
            values = value.values() if isinstance(value, dict) else value
            return [cell(v, field.type) for v, field in zip(values, data_type, strict=True)]
        case ArrayType():
            return [cell(v, data_type.element) for v in value]
        case MapType():
            pairs = [[cell(k, data_type.key), cell(v, data_type.value)] for k, v in dict(value).items()]
            return sorted(pairs, key=repr)
    match value:
        case datetime.datetime():
            return value.replace(tzinfo=None).isoformat()
        case decimal.Decimal():
            return f"{value:f}"
        case datetime.date():
            return value.isoformat()
        case float():
            return float(f"{value:.12g}") if value == value else "NaN"
        case bytes() | bytearray():
            return bytes(value).hex()
    return value


def answers(name: str) -> dict[str, Any]:
    return json.loads((HERE / name / "answers.json").read_text("utf-8"))


def write_answers(name: str, found: dict[str, Any]) -> None:
    """One line for each row, so that a difference can be read."""
    lines = ["{"]
    for at, (table, content) in enumerate(sorted(found.items())):
        lines.append(f' {json.dumps(table)}: {{"columns": {json.dumps(content["columns"])},')
        rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in content["rows"])
        lines.append(f'  "rows": [{rows}]}}' + ("," if at + 1 < len(found) else ""))
    (HERE / name / "answers.json").write_text("\n".join([*lines, "}"]) + "\n", "utf-8")
