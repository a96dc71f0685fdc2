"""Tables that whole updates wrote are read equal, described, skipped through and written on by Spark with Delta.

Needs the Python that `tests/lake/test_spark.py` describes.
"""

from __future__ import annotations

import base64
import datetime
import json
import math
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from ingot.testing import run_project
from interop.written import ALL_TYPES_SPARK, TABLES
from lake.test_spark import pytestmark as needs_spark
from lake.test_spark import rows, spark

pytestmark = needs_spark


def without_files(table: Path, copy: Path, column: str, keep: Any) -> Path:
    """A copy of a table that lacks the data files whose `column` of the log is not to keep."""
    shutil.copytree(table, copy)
    for add in pa.table(DeltaTable(copy).get_add_actions(flatten=True)).to_pylist():
        if not keep(add[column]):
            (copy / unquote(add["path"])).unlink()
    return copy


@pytest.fixture(scope="module")
def answers(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("spark")
    project = shutil.copytree(lake.parent, folder / "project")
    skipped = without_files(lake / "bronze/readings", folder / "skipped", "min.id", lambda value: value <= 50)
    pruned = without_files(lake / "bronze/places", folder / "pruned", "partition.place", lambda value: value == "k=v")
    types = shutil.copytree(lake / "gold/all_types", folder / "types")
    steps: dict[str, dict[str, Any]] = {name: {"rows": str(lake / name)} for name in TABLES}
    steps |= {f"detail {name}": {"sql": f"DESCRIBE DETAIL delta.`{lake / name}`"} for name in TABLES}
    steps |= {
        "types": {"sql": f"DESCRIBE TABLE delta.`{lake}/gold/all_types`"},
        "null key": {"sql": f"INSERT INTO delta.`{types}` (id) VALUES (NULL)"},
        "history": {"sql": f"DESCRIBE HISTORY delta.`{lake}/bronze/readings`"},
        "version 1": {"rows": str(lake / "gold/totals"), "version": 1},
        "version 3": {"rows": str(lake / "bronze/restored"), "version": 3},
        "quarantine": {"rows": str(lake / "bronze/checked__quarantine")},
        "event log": {
            "sql": "SELECT DISTINCT get_json_object(details, '$.flow_progress.status') AS status FROM "
            f"delta.`{lake}/_ingot/event_log` WHERE event_type = 'flow_progress' AND level <> 'METRICS'"
        },
        "skipped": {"sql": f"SELECT count(*) AS n FROM delta.`{skipped}` WHERE id <= 50"},
        "pruned": {"sql": f"SELECT id FROM delta.`{pruned}` WHERE place = 'k=v'"},
        "insert": {"sql": f"INSERT INTO delta.`{project}/lake/bronze/readings` VALUES (900, 'spark')"},
    }
    found = dict(zip(steps, spark(folder, list(steps.values())), strict=True))
    return found | {"project": project}


def as_json(value: Any) -> Any:
    """A value as Spark's to_json shows it: nulls of structs are left out, numbers have lost their type."""
    match value:
        case dict():
            return {key: as_json(item) for key, item in value.items()}
        case list():
            return [as_json(item) for item in value]
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal():
            return float(value)
        case float() if not math.isfinite(value):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
        case datetime.datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}" + "Z" * bool(value.tzinfo)
        case datetime.date():
            return value.isoformat()
    return value


def without_nulls(row: dict[str, Any]) -> dict[str, Any]:
    """Nulls in structs gone, in maps and lists kept."""
    kept = {name: value for name, value in row.items() if value is not None}
    if isinstance(kept.get("nested"), dict):
        kept["nested"] = without_nulls(kept["nested"])
    return kept


@pytest.mark.parametrize("name", TABLES)
def test_spark_reads_what_was_written(answers: dict[str, Any], name: str) -> None:
    expected = [as_json(without_nulls(row)) for row in TABLES[name].rows]
    found = rows(answers[name])
    assert sorted(found, key=repr_of) == sorted(expected, key=repr_of)


def repr_of(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True)


@pytest.mark.parametrize("name", TABLES)
def test_spark_shows_comment_partitions_and_properties(answers: dict[str, Any], name: str) -> None:
    detail = rows(answers[f"detail {name}"])[0]
    assert detail.get("description") == TABLES[name].comment
    assert tuple(detail["partitionColumns"]) == TABLES[name].partitions
    if name == "gold/all_types":
        assert detail["properties"].items() >= {"quality": "gold", "ingot.unique_key": "id"}.items()


def test_spark_shows_types_and_column_comments(answers: dict[str, Any]) -> None:
    found = rows(answers["types"])
    assert {row["col_name"]: row["data_type"] for row in found} == ALL_TYPES_SPARK
    comments = {row["col_name"]: row["comment"] for row in found if row.get("comment")}
    assert comments == {"id": "the key", "größe": "in m"}


def test_spark_enforces_not_null(answers: dict[str, Any]) -> None:
    assert "NOT_NULL" in answers["null key"]["error"].upper().replace(" ", "_")


def test_spark_reads_history_and_older_versions(answers: dict[str, Any]) -> None:
    assert len(rows(answers["history"])) == 104
    assert rows(answers["version 1"]) == [{"readings": 102}]
    assert sorted(row["id"] for row in rows(answers["version 3"])) == [0, 1, 2, 3]


def test_spark_reads_the_quarantine_and_the_event_log(answers: dict[str, Any]) -> None:
    assert sorted(row["id"] for row in rows(answers["quarantine"])) == [1, 3, 5]
    assert {"status": "COMPLETED"} in rows(answers["event log"])


def test_spark_skips_files_by_statistics_and_by_partition_values(answers: dict[str, Any]) -> None:
    """The other files are not there."""
    assert rows(answers["skipped"]) == [{"n": 50}]
    assert rows(answers["pruned"]) == [{"id": 3}]


def test_an_update_goes_on_from_rows_that_spark_appended(answers: dict[str, Any]) -> None:
    assert isinstance(answers["insert"], list), answers["insert"]
    with run_project(answers["project"]) as connection:
        assert connection.sql("SELECT n FROM gold.totals WHERE kind = 'late'").fetchall() == [(Decimal(4),)]
