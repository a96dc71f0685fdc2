"""What Ingot commits is read, described and written on by real Spark with Delta.

Needs a Python with PySpark 4.2 (`pip install pyspark==4.2.*`), named by INGOT_DELTA_SPARK_PYTHON, and Java; Spark
fetches Delta from Maven Central. Delta 4.4 does not run on PySpark 4.3, so this is not the Python of the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ingot.lake.log import TableMetadata
from ingot.lake.maintenance import restore
from ingot.lake.table import Table, TableChange, prepare_metadata
from ingot.model import TableName
from ingot.types import parse_schema
from lake.rows import read, write_file
from lake.test_readers import ALL_TYPES, NULLS, ROW

PYTHON = os.environ.get("INGOT_DELTA_SPARK_PYTHON", "")
PACKAGE = os.environ.get("INGOT_DELTA_SPARK_PACKAGE", "io.delta:delta-spark_4.2_2.13:4.4.0")

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="INGOT_DELTA_SPARK_PYTHON names no Python with PySpark 4.2"),
]

PARTITIONS = ["a b", "x/y", "100%", "k=v", "é:#?", "null", "__HIVE_DEFAULT_PARTITION__", None]


def spark(folder: Path, steps: list[dict[str, Any]]) -> list[Any]:
    program = Path(__file__).with_name("spark_program.py")
    (folder / "steps.json").write_text(json.dumps(steps))
    command = [PYTHON, str(program), str(folder / "steps.json"), str(folder / "answers.json"), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "answers.json").read_text())


def rows(answer: list[str]) -> list[dict[str, Any]]:
    assert isinstance(answer, list), answer
    return [json.loads(row) for row in answer]


def make(root: Path) -> Table:
    return Table(TableName("main", "x", root.name), root)


def all_types(root: Path) -> None:
    table = make(root)
    file = write_file(root, ALL_TYPES, [ROW, NULLS])
    metadata = TableMetadata(ALL_TYPES, properties={"quality": "gold", "ingot.min_rows": "1"}, description="täble")
    change = TableChange("WRITE", (file,), metadata=metadata, transaction=("a", 0), info={"x": [1, {"y": None}]})
    table.commit(change, None)


def partitioned(root: Path) -> None:
    schema = parse_schema("id bigint, p string, d date, t timestamp, n decimal(5,2)")
    files = []
    for number, value in enumerate(PARTITIONS):
        partition = {"p": value, "d": "2024-02-29", "t": "2024-02-29 12:00:00.5", "n": "1.50"}
        files.append(write_file(root, schema, [{"id": number}], partition=partition, folder=f"p=%{number} x"))
    metadata = TableMetadata(schema, ("p", "d", "t", "n"))
    make(root).commit(TableChange("WRITE", tuple(files), metadata=metadata), None)


def mapped(root: Path) -> None:
    schema = parse_schema("`Team (Country)` string, `a b` struct<`x y`: int>, `p=` string")
    metadata = prepare_metadata(TableMetadata(schema, ("p=",), {"delta.columnMapping.mode": "name"}), None)
    table = make(root)
    snapshot = table.commit(TableChange("CREATE TABLE", metadata=metadata), None)
    row = {"Team (Country)": "Norway", "a b": {"x y": 7}}
    file = write_file(root, schema, [row], partition={"p=": "1"}, physical=dict(snapshot.physical_names))
    table.commit(TableChange("WRITE", (file,)), snapshot)


def long_history(root: Path) -> None:
    """Commits, a checkpoint whose entries before it are gone, a new schema and partitioning, a restore."""
    table, schema = make(root), parse_schema("id bigint")
    properties = {"delta.checkpointInterval": "4"}
    snapshot = table.commit(TableChange("CREATE", metadata=TableMetadata(schema, properties=properties)), None)
    for number in range(5):
        file = write_file(root, schema, [{"id": number}])
        snapshot = table.commit(TableChange("WRITE", (file,), transaction=("app", number)), snapshot)
    wider = parse_schema("id bigint, p int")
    file = write_file(root, wider, [{"id": 77}], partition={"p": "3"})
    change = TableChange("WRITE", (file,), replace=True, metadata=TableMetadata(wider, ("p",), properties))
    table.commit(change, snapshot)
    restore(table, 5)
    for version in range(4):
        (table.log / f"{version:020d}.json").unlink()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("spark")
    for build in (all_types, partitioned, mapped, long_history):
        build(folder / build.__name__)
    shared = folder / "shared"
    schema = parse_schema("id bigint, p string")
    make(shared).commit(TableChange("CREATE TABLE", metadata=TableMetadata(schema, ("p",))), None)
    steps = {
        "all_types": {"rows": str(folder / "all_types")},
        "schema": {"sql": f"DESCRIBE TABLE delta.`{folder}/all_types`"},
        "detail": {"sql": f"DESCRIBE DETAIL delta.`{folder}/all_types`"},
        "history": {"sql": f"DESCRIBE HISTORY delta.`{folder}/all_types`"},
        "partitioned": {"rows": str(folder / "partitioned")},
        "pruned": {"sql": f"SELECT id FROM delta.`{folder}/partitioned` WHERE p = 'k=v' AND n = 1.5"},
        "mapped": {"rows": str(folder / "mapped")},
        "long_history": {"rows": str(folder / "long_history")},
        "replaced": {"rows": str(folder / "long_history"), "version": 6},
        "insert": {"sql": f"INSERT INTO delta.`{shared}` VALUES (1, 'a b%'), (2, 'x/y'), (3, NULL)"},
        "delete": {"sql": f"DELETE FROM delta.`{shared}` WHERE id = 2"},
        "optimize": {"sql": f"OPTIMIZE delta.`{folder}/long_history`"},
        "insert_mapped": {"sql": f"INSERT INTO delta.`{folder}/mapped` VALUES ('Chad', struct(8), '2')"},
        "alter": {"sql": f"ALTER TABLE delta.`{folder}/mapped` RENAME COLUMN `a b` TO renamed"},
    }
    found = dict(zip(steps, spark(folder, list(steps.values())), strict=True))
    return found | {"folder": folder}


def test_spark_reads_all_types(answers: dict[str, Any]) -> None:
    full, empty = sorted(rows(answers["all_types"]), key=lambda row: row["id"])
    assert empty == {"id": 2}
    assert (full["word"], full["raw"], full["money"]) == (ROW["word"], "AP8=", float(ROW["money"]))
    assert (full["at"], full["local"]) == ("2024-02-29T01:02:03.456Z", "1969-12-31T23:59:59.000")
    assert (full["day"], full["tiny"], full["big"]) == ("0001-01-01", -128, 2**62)
    assert (full["list"], full["dict"], full["nested"]) == (["a", None], {"k": None}, {"b": [{"c": "x"}]})


def test_spark_shows_comments_properties_and_history(answers: dict[str, Any]) -> None:
    columns = {row["col_name"]: row for row in rows(answers["schema"])}
    assert columns["id"]["comment"] == "the key"
    detail = rows(answers["detail"])[0]
    assert (detail["description"], detail["properties"]["quality"]) == ("täble", "gold")
    assert rows(answers["history"])[0]["operation"] == "WRITE"


def test_spark_reads_and_prunes_odd_partition_values(answers: dict[str, Any]) -> None:
    found = {row["id"]: row for row in rows(answers["partitioned"])}
    assert [found[n].get("p") for n in range(len(PARTITIONS))] == PARTITIONS
    assert (found[0]["d"], found[0]["t"], found[0]["n"]) == ("2024-02-29", "2024-02-29T12:00:00.500Z", 1.5)
    assert rows(answers["pruned"]) == [{"id": 3}]


def test_spark_reads_and_writes_a_table_with_column_mapping(answers: dict[str, Any]) -> None:
    assert rows(answers["mapped"]) == [{"Team (Country)": "Norway", "a b": {"x y": 7}, "p=": "1"}]
    for name in ("insert_mapped", "alter"):
        assert isinstance(answers[name], list), answers[name]
    snapshot = make(answers["folder"] / "mapped").snapshot()
    assert sorted(read(snapshot.binding()), key=str) == [
        {"Team (Country)": "Chad", "renamed": {"x y": 8}, "p=": "2"},
        {"Team (Country)": "Norway", "renamed": {"x y": 7}, "p=": "1"},
    ]


def test_spark_reads_through_a_log_checkpoint_a_new_schema_and_a_restore(answers: dict[str, Any]) -> None:
    assert rows(answers["long_history"]) == [{"id": n} for n in range(5)]
    assert rows(answers["replaced"]) == [{"id": 77, "p": 3}]


def test_ingot_reads_and_continues_what_spark_wrote(answers: dict[str, Any]) -> None:
    table = make(answers["folder"] / "shared")
    snapshot = table.snapshot()
    found = sorted(read(snapshot.binding()), key=lambda row: row["id"])
    assert found == [{"id": 1, "p": "a b%"}, {"id": 3, "p": None}]
    file = write_file(table.root, snapshot.schema, [{"id": 4}], partition={"p": "x"})
    assert len(read(table.commit(TableChange("WRITE", (file,)), snapshot).binding())) == 3
    compacted = make(answers["folder"] / "long_history").snapshot()
    assert sorted(row["id"] for row in read(compacted.binding())) == [0, 1, 2, 3, 4]
