"""Change data feeds of tables that real Spark with Delta wrote: the same changes as Spark reads (see lake/test_spark)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import ingot
from ingot.errors import IngotError
from ingot.testing import run_project
from lake.test_spark import PYTHON, spark

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="INGOT_DELTA_SPARK_PYTHON names no Python with PySpark 4.2"),
]

PROPERTIES = {
    "plain": "",
    "vectors": ", delta.enableDeletionVectors = true",
    "mapped": ", delta.columnMapping.mode = 'name'",
    "stamped": ", delta.enableInCommitTimestamps = true",
}


def history(path: str, properties: str) -> list[str]:
    """Statements: rows added, updated, deleted in part and as a whole partition, merged; and more for a plain table."""
    table = f"delta.`{path}`"
    statements = [
        f"CREATE TABLE {table} (id INT, `name` STRING, p STRING) USING delta PARTITIONED BY (p) "
        f"TBLPROPERTIES (delta.enableChangeDataFeed = true{properties})",
        f"INSERT INTO {table} VALUES (1, 'a', 'x'), (2, 'b', 'x'), (3, 'c', 'y/é %'), (4, NULL, NULL)",
        f"UPDATE {table} SET name = 'A' WHERE id = 1",
        f"DELETE FROM {table} WHERE id = 2 OR p = 'y/é %'",
        f"MERGE INTO {table} t USING (SELECT 1 AS id, 'AA' AS name, 'x' AS p UNION ALL SELECT 9, 'z', 'z') s "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    ]
    if properties:
        return statements
    return [
        *statements,
        f"INSERT INTO {table} VALUES (5, 'e', 'x')",
        f"OPTIMIZE {table}",
        f"RESTORE TABLE {table} TO VERSION AS OF 2",
        f"ALTER TABLE {table} ADD COLUMN extra STRUCT<n: INT>",
        f"UPDATE {table} SET extra = named_struct('n', id) WHERE id = 1",
        f"INSERT OVERWRITE {table} VALUES (7, 'new', 'x', NULL)",
    ]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("feeds")
    steps: dict[str, dict[str, Any]] = {}
    for name, properties in PROPERTIES.items():
        for number, statement in enumerate(history(str(folder / name), properties)):
            steps[f"{name} {number}"] = {"sql": statement}
        steps[name] = {"sql": f"SELECT * FROM table_changes_by_path('{folder / name}', 0)"}
    found = dict(zip(steps, spark(folder, list(steps.values())), strict=True))
    failed = {step: answer for step, answer in found.items() if isinstance(answer, dict)}
    assert not failed
    return found | {"folder": folder}


def changes(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps({k: v for k, v in r.items() if k != "_commit_timestamp"}, sort_keys=True) for r in rows)


@pytest.mark.parametrize("name", ["plain", "mapped", "stamped"])
def test_the_changes_are_those_that_spark_reads(answers, tmp_path, name):
    expected = changes([json.loads(row) for row in answers[name]])
    assert len(expected) > 8
    (tmp_path / "ingot.yml").write_text("name: feeds\n")
    with ingot.connect(tmp_path) as connection:
        path = answers["folder"] / name
        text = f"SELECT to_json(struct(*)) AS row FROM table_changes_by_path('{path}', 0)"
        assert changes([json.loads(row) for (row,) in connection.sql(text).fetchall()]) == expected


def test_the_time_of_a_commit_in_the_log_is_the_one_that_spark_shows(answers, tmp_path):
    (tmp_path / "ingot.yml").write_text("name: feeds\n")
    expected = {(row["_commit_version"], row["_commit_timestamp"]) for row in map(json.loads, answers["stamped"])}
    with ingot.connect(tmp_path) as connection:
        path = answers["folder"] / "stamped"
        text = f"SELECT to_json(struct(*)) AS row FROM table_changes_by_path('{path}', 0)"
        found = [json.loads(row) for (row,) in connection.sql(text).fetchall()]
    assert {(row["_commit_version"], row["_commit_timestamp"]) for row in found} == expected


def test_deletion_vectors_are_read_where_change_files_tell_and_refused_elsewhere(answers, tmp_path):
    (tmp_path / "ingot.yml").write_text("name: feeds\n")
    path = answers["folder"] / "vectors"
    expected = [json.loads(row) for row in answers["vectors"]]
    refused = set()
    with ingot.connect(tmp_path) as connection:
        for version in range(5):
            text = f"SELECT to_json(struct(*)) AS row FROM table_changes_by_path('{path}', {version}, {version})"
            try:
                found = [json.loads(row) for (row,) in connection.sql(text).fetchall()]
            except IngotError as error:
                assert error.code == "unsupported-table"
                refused.add(version)
                continue
            assert changes(found) == changes([row for row in expected if row["_commit_version"] == version])
    assert refused <= {3}


def test_a_stream_applies_the_changes_of_a_table_of_spark(answers, tmp_path):
    text = """
    CREATE STREAMING TABLE silver.copy;
    CREATE FLOW copy AS AUTO CDC INTO silver.copy
    FROM (SELECT * FROM STREAM src.plain WITH (readChangeFeed = true, startingVersion = 0)
          WHERE _change_type <> 'update_preimage' AND _commit_version < 7)
    KEYS (id) APPLY AS DELETE WHEN _change_type = 'delete' SEQUENCE BY _commit_version
    COLUMNS * EXCEPT (_change_type, _commit_version, _commit_timestamp, extra);
    """
    settings = f"name: feeds\ntables:\n  src.plain: {answers['folder'] / 'plain'}\n"
    with run_project(tmp_path, {"ingot.yml": settings, "transformations/a.sql": text}) as connection:
        found = connection.sql("SELECT * FROM silver.copy ORDER BY id").fetchall()
    assert found == [(1, "AA", "x"), (4, None, None), (5, "e", "x"), (9, "z", "z")]
