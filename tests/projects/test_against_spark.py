"""The judge: each project, and each example, on open-source Spark, flow by flow; its tables are those of Ingot."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from projects.on_spark import run_on_spark, tables_on_spark
from projects.project import EXAMPLES, HERE, answers, batches, tables, update, write_answers
from sources_of_examples import make_source_of
from spark_sessions import spark_session

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
TOKYO = EXAMPLES / "tokyo_olympics"
SETTINGS = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",  # compiling takes longer than these few rows
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.legacy.javaCharsets": "true",  # Windows-1252, which Databricks reads
}
PROJECTS = sorted(path.parent.name for path in HERE.glob("*/ingot.yml"))


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark")
    with spark_session(SETTINGS) as session:
        yield session


@pytest.mark.parametrize("name", PROJECTS)
def test_spark_gives_the_kept_answers(name: str, spark: Any, tmp_path: Path):
    """With INGOT_RECORD set, what Spark gives becomes what the default tests expect."""
    found = run_on_spark(spark, name, tmp_path)
    if os.environ.get("INGOT_RECORD"):
        write_answers(name, found)
    expected = answers(name)
    for table, content in expected.items():
        assert found[table]["columns"] == content["columns"], table
        assert found[table]["rows"] == content["rows"], table
    assert sorted(found) == sorted(expected)


def test_the_example_gives_on_spark_what_it_gives_here(spark: Any, tmp_path: Path):
    """The rows of all tables but for the instant of their arrival; the files lie where Ingot would have landed them."""
    root = tmp_path / "tokyo"
    shutil.copytree(TOKYO, root, ignore=shutil.ignore_patterns("lake", "internet"))
    settings = (root / "ingot.yml").read_text("utf-8")
    (root / "ingot.yml").write_text(settings.partition("sources:")[0], "utf-8")
    make_source_of(TOKYO).make_source(root / "lake" / "_landing" / "olympics")
    with update(root) as connection:
        found = {name: _without(table, "_ingested_at") for name, table in tables(connection).items()}
    expected = {name: _without(table, "_ingested_at") for name, table in tables_on_spark(spark, root).items()}
    assert sorted(found) == sorted(expected)
    for name, table in expected.items():
        assert found[name]["columns"] == table["columns"], name
        assert found[name]["rows"] == table["rows"], name


def _without(table: dict[str, Any], column: str) -> dict[str, Any]:
    keep = [at for at, (name, _) in enumerate(table["columns"]) if name != column]
    rows = sorted(([row[at] for at in keep] for row in table["rows"]), key=repr)
    return {"columns": [table["columns"][at] for at in keep], "rows": rows}


def test_some_project_has_several_batches():
    assert any(batches(name) for name in PROJECTS)
