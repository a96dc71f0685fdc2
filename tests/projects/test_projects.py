"""Whole projects on Ingot: every table has the rows and the types that Spark gave when it was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from projects.project import NAMES, answers, run, tables


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_of_a_project_are_those_that_spark_gave(name: str, tmp_path: Path):
    expected = answers(name)
    with run(name, tmp_path) as connection:
        found = tables(connection)
    assert sorted(found) == sorted(expected)
    for table, content in expected.items():
        assert found[table]["columns"] == content["columns"], table
        assert found[table]["rows"] == content["rows"], table
