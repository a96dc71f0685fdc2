"""Python notebooks: in Databricks' source form, and as `.ipynb`."""

from __future__ import annotations

import json

import pytest

from ingot.definitions import load_definitions
from ingot.errors import DefinitionError
from ingot.model import Project

SOURCE = (
    """\
# Databricks notebook source
# MAGIC %md
# MAGIC # Title with 'quotes and """
    + '"""'
    + """
# COMMAND ----------
# MAGIC %pip install word2number

# COMMAND ----------

# MAGIC %run ./settings

# COMMAND ----------
# MAGIC %sql
# MAGIC SELECT 1

# COMMAND ----------
# MAGIC %python
# MAGIC prefix = "p"

# COMMAND ----------
import dlt

@dlt.table(name=f"{prefix}_{suffix}")
def t():
    return spark.table("x")
"""
)


def test_a_notebook_in_source_form_loads_with_its_own_line_numbers(files):
    files.write("transformations/settings.py", "# Databricks notebook source\nsuffix = 's'\n")
    files.write("transformations/a.py", SOURCE)
    definitions = files.load("transformations/a.py")
    assert definitions.failed == ()
    [flow] = definitions.flows
    assert flow.target.table == "p_s"
    assert flow.location.line == SOURCE[: SOURCE.index("@dlt.table")].count("\n") + 1
    assert "settings.py" in {p.name for p in definitions.files}
    assert any("%pip install word2number" in n.message for n in definitions.notes)


@pytest.mark.parametrize("magic", ["scala", "r", "fs ls /x", "sh rm -rf /", "whatever"])
def test_other_magics_are_passed_over_as_in_a_pipeline_on_databricks(files, magic):
    files.write(
        "transformations/a.py",
        f"# Databricks notebook source\nx = 1\n# COMMAND ----------\n# MAGIC %{magic}\n# MAGIC val x\n",
    )
    definitions = files.load()
    assert definitions.failed == ()
    [note] = definitions.notes
    assert ("has no effect" in note.message, note.location.line) == (True, 4)


def test_commands_may_stand_within_a_cell_but_text_that_looks_like_one_stays(files):
    head = "# Databricks notebook source\n"
    files.write("transformations/a.py", head + "x = 1\n%pip install $x\nimport dlt\ndlt.create_streaming_table('t')\n")
    definitions = files.load()
    assert [d.location.line for d in definitions.datasets.values()] == [5]
    files.write("transformations/a.py", head + "pip install x\n# COMMAND ----------\npip = 1\nassert pip == 1\n")
    assert (files.load().failed, len(files.load().notes)) == ((), 1)
    files.write("transformations/a.py", head + "TEXT = '''\n%pip\n'''\nassert '%pip' in TEXT\n")
    assert files.load().failed == ()


@pytest.mark.parametrize("call", ["./settings", '"./settings"', './settings $env="prod"'])
def test_run_takes_arguments_for_the_other_notebooks_widgets(files, call):
    files.configuration = {"env": "dev"}
    head = "# Databricks notebook source\n"
    files.write("transformations/settings.py", head + "env = dbutils.widgets.get('env')\n")
    text = f"# MAGIC %run {call}\n# COMMAND ----------\nimport dlt\ndlt.create_streaming_table(env)\n"
    files.write("transformations/a.py", head + text)
    [name] = files.load("transformations/a.py").datasets
    assert name.table == ("prod" if "$env" in call else "dev")


def test_a_notebook_that_run_does_not_find_fails_only_what_needs_its_names(files):
    files.write(
        "transformations/a.py",
        "# Databricks notebook source\n# MAGIC %run ./gone\n# COMMAND ----------\nimport dlt\n"
        "@dlt.table\ndef good():\n    return spark.range(1)\n"
        "@dlt.table\ndef bad():\n    return spark.range(1).select(helper('id'))\n",
    )
    definitions = files.load()
    assert definitions.failed == ()
    assert "'./gone'" in definitions.notes[0].message
    good, bad = definitions.flows
    good.build()
    with pytest.raises(DefinitionError, match=r"%run names './gone'"):
        bad.build()


def test_sql_cells_define_what_nothing_else_defines(tmp_path):
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations/a.py").write_text("""\
# Databricks notebook source
# MAGIC %sql
# MAGIC USE CATALOG main;
# MAGIC CREATE OR REFRESH STREAMING TABLE s AS SELECT * FROM STREAM(r);
# MAGIC CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(other);
# MAGIC CREATE TABLE plain (a INT);
# MAGIC SELECT * FROM s
# COMMAND ----------
import dlt
@dlt.table
def t():
    return spark.readStream.table("r")
""")
    definitions = load_definitions(Project("test", tmp_path, tmp_path / "lake"))
    assert definitions.failed == ()
    assert {d.name.table: d.location.line for d in definitions.datasets.values()} == {"s": 4, "t": 10}
    notes = {note.location.line: note.message for note in definitions.notes}
    assert "Databricks passes over" in notes[4]
    assert "no effect" in notes[6]


def test_an_ipynb_loads_its_code_cells(files):
    cells = [
        {"cell_type": "markdown", "source": ["# text"]},
        {"cell_type": "code", "source": ["%pip install x"]},
        {"cell_type": "code", "source": ["import dlt\n", "%matplotlib inline\n", "name = 'n'\n"]},
        {"cell_type": "code", "source": "@dlt.table(name=name)\ndef t():\n    return spark.range(1)\n"},
    ]
    files.write("transformations/a.ipynb", json.dumps({"cells": cells}))
    definitions = files.load()
    assert definitions.failed == ()
    [flow] = definitions.flows
    assert (flow.target.table, flow.location.line) == ("n", 5)
    assert "def t" in flow.text


def test_a_broken_ipynb_is_said(files):
    files.write("transformations/a.ipynb", "{")
    [failed] = files.load().failed
    assert failed.error.code == "invalid-notebook"


def test_an_ipynb_in_sql_is_read_as_a_sql_notebook(tmp_path):
    cells = [
        {"cell_type": "code", "source": ["%md\n", "# title"]},
        {"cell_type": "code", "source": ["CREATE OR REFRESH STREAMING TABLE a AS SELECT * FROM STREAM(r)"]},
        {"cell_type": "code", "source": "%sql\nCREATE MATERIALIZED VIEW b AS SELECT * FROM a"},
    ]
    metadata = {"application/vnd.databricks.v1+notebook": {"language": "sql"}}
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations/n.ipynb").write_text(json.dumps({"cells": cells, "metadata": metadata}))
    definitions = load_definitions(Project("test", tmp_path, tmp_path / "lake"))
    assert definitions.failed == ()
    assert [name.table for name in definitions.datasets] == ["a", "b"]


def test_a_magic_may_stand_below_an_empty_line_of_its_cell(files):
    files.write("transformations/b.py", "# Databricks notebook source\nname = 'n'\n")
    head = "# Databricks notebook source\n# MAGIC\n# MAGIC %run ./b\n# COMMAND ----------\n"
    files.write("transformations/a.py", head + "import dlt\ndlt.create_streaming_table(name)\n")
    assert [name.table for name in files.load("transformations/a.py").datasets] == ["n"]


def test_the_old_way_to_ask_for_a_widget_knows_its_default(files):
    head = "# Databricks notebook source\n"
    files.write(
        "transformations/a.py", head + "dbutils.widgets.text('env', 'dev')\nassert getArgument('env') == 'dev'\n"
    )
    assert files.load().failed == ()
