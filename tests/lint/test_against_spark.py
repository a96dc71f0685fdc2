"""What is recorded of open-source Spark, by which lint is tested, is what its dry run says now."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from ingot.errors import ProjectError
from ingot.lint import spark
from ingot.project import load_project
from lint.projects import CASES, write_data, write_project

PROGRAM = Path(__file__).with_name("spark_program.py")
# Asked of a process of its own: modules that are imported here may be stand-ins of another test.
INSTALLED = """
import inspect, json
from pyspark import pipelines
from pyspark.sql.connect.column import Column
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.group import GroupedData

print(json.dumps({
    "pipelines": {n: list(inspect.signature(getattr(pipelines, n)).parameters) for n in pipelines.__all__},
    "methods": [n for kind in (DataFrame, GroupedData, Column) for n in dir(kind) if n[0] != "_"],
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("projects")
    write_data(made)
    return made


@pytest.fixture(scope="module")
def dry_run() -> Iterator[subprocess.Popen[str]]:
    if find_spec("grpc") is None:
        pytest.skip("needs PySpark with its pipelines: make .venv/spark")
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"}
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=environment, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    assert json.loads(process.stdout.readline()) == {"ready": True}
    yield process
    os.killpg(process.pid, signal.SIGTERM)  # the program and its JVM: how long Spark takes to stop is not asked here
    process.stdin.close()
    process.wait(60)
    process.stdout.close()


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_dry_run_of_spark_says_what_was_recorded(name: str, folder: Path, dry_run: subprocess.Popen[str]):
    assert dry_run.stdin is not None and dry_run.stdout is not None
    project = write_project(folder / ("spark_" + name.replace(" ", "_")), CASES[name])
    dry_run.stdin.write(f"{project}\n")
    dry_run.stdin.flush()
    error = json.loads(dry_run.stdout.readline())["error"]
    recorded = CASES[name]["spark"]
    assert (error is None) == (recorded is None), error
    assert recorded in (None, "OPERATION_NOT_ALLOWED") or recorded in error or recorded == "no spec", error


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.filterwarnings("ignore")
def test_the_record_of_spark_is_what_is_installed():
    pytest.importorskip("grpc")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", INSTALLED], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert {name: set(arguments) for name, arguments in found["pipelines"].items()} == {
        name: set(arguments) for name, arguments in spark.PIPELINES.items()
    }
    assert set(found["methods"]) == spark.METHODS


def test_a_spec_that_ingot_refuses_too_is_an_error(tmp_path: Path):
    (tmp_path / "spark-pipeline.yml").write_text("name: x\ntarget: y\n")
    with pytest.raises(ProjectError, match="unknown key 'target'"):
        load_project(tmp_path)
