"""Unit tests written in Python: run by `ingot test` and by pytest, and usable within any test."""

import subprocess
import sys
from pathlib import Path

import pytest

from ingot import cli

PIPELINE = """
CREATE STREAMING TABLE silver.orders (CONSTRAINT c EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW)
AS SELECT DISTINCT id, trim(name) AS name FROM STREAM bronze.orders;
CREATE STREAMING TABLE bronze.orders AS SELECT *
FROM STREAM read_files('data/orders', format => 'csv', header => true, schema => 'id INT, name STRING');
"""
TESTS = """
from ingot.testing import check, unit_test


@unit_test("silver.orders")
def test_names_are_trimmed(trial):
    trial.batch({"bronze.orders": [{"id": 1, "name": " Ada "}]}).expect([{"name": "Ada"}])
    trial.batch({"bronze.orders": "id,name\\n1,Ada\\n,Eve\\n"}).expect([{"id": 1}], dropped=1, expectations={"c": 1})
    assert trial.rows == [{"id": 1, "name": "Ada"}]
    trial.batch(full_refresh=True).expect([{"id": 1}])


@unit_test("bronze.orders", name="reads files")
def test_files(trial):
    trial.batch({"data/orders": {"a.csv": "id,name\\n1,Ada\\n"}}).expect([{"id": 1, "name": "Ada"}])


@unit_test("silver.orders")
def test_wrong(trial):
    trial.batch({"bronze.orders": [{"id": 1}]})
    trial.expect([{"id": 2}])


@unit_test("silver.orders")
def test_raises(trial):
    1 / 0


def test_anywhere():
    check("silver.orders", {"bronze.orders": [{"id": 3}]}, [{"id": 3, "name": None}])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "transformations").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "ingot.yml").write_text("name: shop\n")
    (tmp_path / "transformations" / "all.sql").write_text(PIPELINE)
    (tmp_path / "tests" / "test_orders.py").write_text(TESTS)
    return tmp_path


def test_ingot_test_runs_marked_functions(project, capsys):
    assert cli.main(["-C", str(project), "test"]) == 1
    out = capsys.readouterr().out
    assert [line.split("  ")[0] for line in out.splitlines()[:4]] == [
        "✓ silver.orders: test_names_are_trimmed", "✓ bronze.orders: reads files", "✗ silver.orders: test_wrong",
        "✗ silver.orders: test_raises",
    ]  # fmt: skip
    assert "  - 2\n  + 1\n" in out
    assert "error[user-code]: the test 'test_raises' raised ZeroDivisionError: division by zero" in out
    assert "at tests/test_orders.py:26" in out
    assert "2 passed, 1 failed, 1 in error in " in out


def test_pytest_runs_the_same_functions(project):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(project / "tests")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project, check=False)
    assert "2 failed, 3 passed" in done.stdout, done.stdout
    assert "UnexpectedRows: silver.orders: test_wrong" in done.stdout
    assert 'trial.expect([{"id": 2}])' in done.stdout  # the line of the test, not of Ingot


def test_a_file_of_tests_that_cannot_be_loaded_says_where(project, capsys):
    (project / "tests" / "test_orders.py").write_text("from ingot.testing import unit_test\n\nunit_tset('a')\n")
    assert cli.main(["-C", str(project), "test"]) == 1
    err = capsys.readouterr().err
    assert "test_orders.py cannot be loaded: NameError: name 'unit_tset' is not defined" in err
    assert "test_orders.py:3" in err


def test_rows_may_be_a_table_of_another_library(project):
    pytest.importorskip("polars")
    (project / "tests" / "test_orders.py").write_text(
        "import polars as pl\nfrom ingot.testing import check\n\n\ndef run():\n"
        "    check('silver.orders', {'bronze.orders': pl.DataFrame({'id': [1], 'name': [' a']})}, pl.DataFrame({'name': ['a']}))\n"
    )
    names: dict = {}
    exec(
        compile((project / "tests" / "test_orders.py").read_text(), str(project / "tests" / "test_orders.py"), "exec"),
        names,
    )
    names["run"]()


def test_an_update_that_fails_unnoticed_fails_the_test(project, capsys):
    (project / "transformations" / "all.sql").write_text(PIPELINE.replace("DROP ROW", "FAIL UPDATE"))
    (project / "tests" / "test_orders.py").write_text(
        "from ingot.testing import unit_test\n\n\n@unit_test('silver.orders')\ndef test_a(trial):\n"
        "    trial.batch({'bronze.orders': [{'name': 'x'}]})\n"
    )
    assert cli.main(["-C", str(project), "test"]) == 1
    assert "error[expectation-failed]" in capsys.readouterr().out
