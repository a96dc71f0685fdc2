"""Python notebooks: in Databricks' source form, and as `.ipynb`."""

from __future__ import annotations

import json

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


def test_cells_in_another_language_are_refused_with_their_line(files):
    files.write(
        "transformations/a.py",
        "# Databricks notebook source\nx = 1\n# COMMAND ----------\n# MAGIC %scala\n# MAGIC val x\n",
    )
    [failed] = files.load().failed
    assert (failed.error.code, failed.location.line) == ("unsupported-magic", 4)


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
