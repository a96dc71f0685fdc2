"""Views that call functions in Python are computed again when anything changes that the functions run or look up."""

import pytest

from ingot.testing import run_project
from orders import again, rows, version

PYTHON = """from pyspark import pipelines as dp
from pyspark.sql import functions as F
{above}
@F.udf(returnType="int")
def of(x):
    return {body}

@dp.materialized_view
def m():
    return spark.range(2).select(of(F.col("id").cast("int")).alias("y"))
"""
CONFIGURED = 'K = int(spark.conf.get("k"))\nLISTED = {"ks": [K]}'
MADE = """def make(k):
    def g(x):
        return x + k
    return g

MADE = make(int(spark.conf.get("k")))"""


def python(above: str, body: str) -> dict[str, str]:
    return {"transformations/a.py": PYTHON.format(above=above, body=body)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (python("def plus(x): return x + 1", "plus(x)"), python("def plus(x): return x + 10", "plus(x)")),
        (python("K = 1", "x + K"), python("K = 10", "x + K")),
        (python("", "x + 1"), python("", "x + 10")),
        (
            {**python("from plus import plus", "plus(x)"), "transformations/plus.py": "def plus(x): return x + 1\n"},
            {"transformations/plus.py": "def plus(x): return x + 10\n"},
        ),
        (python(CONFIGURED, "x + K"), {}),
        (python(CONFIGURED, "x + LISTED['ks'][0]"), {}),
        (python(MADE, "MADE(x)"), {}),
    ],
    ids=["helper", "constant", "body", "module", "setting", "listed", "closure"],
)
def test_a_view_is_computed_again_when_what_its_function_does_has_changed(tmp_path, before, after):
    lake = run_project(tmp_path, {"ingot.yml": "name: a\nconfiguration: {k: '1'}\n", **before})
    assert rows(lake, "SELECT y FROM m ORDER BY y") == [(1,), (2,)]
    assert version(again(tmp_path), "m") == 0, "nothing has changed"
    lake = again(tmp_path, {"ingot.yml": "name: a\nconfiguration: {k: '10'}\n", **after})
    assert rows(lake, "SELECT y FROM m ORDER BY y") == [(10,), (11,)]


def test_a_helper_beside_the_project_counts_as_its_own(tmp_path):
    put = "import os, sys\nsys.path.append(os.path.abspath('../../shared'))\nfrom levels import level"
    shared = tmp_path / "shared/levels.py"
    shared.parent.mkdir()
    shared.write_text("def level(x): return x + 1\n")
    lake = run_project(tmp_path / "project", python(put, "level(x)"))
    assert rows(lake, "SELECT y FROM m ORDER BY y") == [(1,), (2,)]
    assert version(again(tmp_path / "project"), "m") == 0, "nothing has changed"
    shared.write_text("def level(x): return x + 10\n")
    assert rows(again(tmp_path / "project"), "SELECT y FROM m ORDER BY y") == [(10,), (11,)]


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ("from rates import RATE; return x + RATE", "transformations/rates.py"),
        ("import pack.rates; return x + pack.rates.RATE", "pack/rates.py"),
        ("from pack import rates; return x + rates.RATE", "pack/rates.py"),
        ("from pack.relative import RATE; return x + RATE", "pack/rates.py"),
        ("import importlib; return x + importlib.import_module('pack.rates').RATE", "pack/rates.py"),
    ],
    ids=["module", "dotted", "from-package", "relative-and-transitive", "by-name"],
)
def test_modules_that_a_function_imports_when_it_runs_count(tmp_path, body, changed):
    above = f"def plus(x):\n    {body}"
    files = {
        **python(above, "plus(x)"), changed: "RATE = 1\n", "pack/__init__.py": "",
        "pack/relative.py": "from .rates import RATE\n",
    }  # fmt: skip
    lake = run_project(tmp_path, files)
    assert rows(lake, "SELECT y FROM m ORDER BY y") == [(1,), (2,)]
    assert version(again(tmp_path), "m") == 0, "nothing has changed"
    assert rows(again(tmp_path, {changed: "RATE = 10\n"}), "SELECT y FROM m ORDER BY y") == [(10,), (11,)]
