"""Views that call functions in Python are computed again when anything changes that the functions run or look up."""

import pytest

from ingot.testing import run_project
from ingot.update.user_code import code_text
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
CONFIGURED = 'import os\nK = int(os.environ["INGOT_K"])\nLISTED = {"ks": [K]}'
MADE = """import os
def make(k):
    def g(x):
        return x + k
    return g

MADE = make(int(os.environ["INGOT_K"]))"""

K = 'import os\nK = int(os.environ["INGOT_K"])'
RATES = {"rates.py": f"{K}\nclass Rates:\n    of = {{'x': K}}\n", "pack/rates.py": f"{K}\n"}
DATA = f"{K}\nfrom dataclasses import dataclass\n@dataclass\nclass S:\n    rate: int\n    def plus(self, x): return x + self.rate"
ENUM = f"{K}\nfrom enum import Enum\nclass E(Enum):\n    A = K\n    B = -1\n"
SLOTS = f"{K}\nclass S:\n    __slots__ = ('rate', 'none')\n    def __init__(self): self.rate, self.me = K, self\n"
SLOTS = SLOTS.replace("'none'", "'none', 'me'") + "S1 = S()"
HELD = f"{K}\nclass Base:\n    rate = K\nclass S(Base):\n    @property\n    def of(self): return self.rate\nS1 = S()"
CHOSEN = (
    "def one(x): return x + 1\ndef ten(x): return x + 10\nALL = {'1': one, '10': ten}\n"
    "import os\nCHOSEN = ALL[os.environ['INGOT_K']]"
)


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
        ({**RATES, **python("import rates", "x + rates.K")}, {}),
        ({**RATES, **python("import rates", "x + rates.Rates.of['x']")}, {}),
        ({**RATES, **python("import pack.rates", "x + pack.rates.K")}, {}),
        (python(f"{DATA}\nS1 = S(K)", "x + S1.rate"), {}),
        (python(f"{DATA}\nPLUS = S(K).plus", "PLUS(x)"), {}),
        (python(f"{DATA}\nMADE = [S(K)]", "x + MADE[0].rate"), {}),
        (python(HELD, "x + S1.of"), {}),
        (python(SLOTS, "x + S1.rate"), {}),
        (python(ENUM, "x + E.A.value"), {}),
        (python(f"{ENUM}ALL = {{E.A, E.B}}", "x + max(e.value for e in ALL)"), {}),
        (python(f"{K}\nGET = {{1: K}}.get", "x + GET(1)"), {}),
        (python(f"import functools\n{MADE}\nCACHED = functools.cache(MADE)", "CACHED(x)"), {}),
        (python(f"{K}\nB = spark.sparkContext.broadcast(K)", "x + B.value"), {}),
        (python(CHOSEN, "CHOSEN(x) if ALL else 0"), {}),
    ],
    ids=[
        "helper",
        "constant",
        "body",
        "module",
        "setting",
        "listed",
        "closure",
        "of-module",
        "class-of-module",
        "of-package",
        "object",
        "bound",
        "object-in-list",
        "inherited",
        "slots",
        "enum",
        "set-of-enum",
        "method-of-dict",
        "cached",
        "broadcast",
        "one-of-those-seen",
    ],
)
def test_a_view_is_computed_again_when_what_its_function_does_has_changed(tmp_path, monkeypatch, before, after):
    monkeypatch.setenv("INGOT_K", "1")
    lake = run_project(tmp_path, before)
    assert rows(lake, "SELECT y FROM m ORDER BY y") == [(1,), (2,)]
    assert version(again(tmp_path), "m") == 0, "nothing has changed"
    monkeypatch.setenv("INGOT_K", "10")
    lake = again(tmp_path, after)
    assert rows(lake, "SELECT y FROM m ORDER BY y") == [(10,), (11,)]


def test_a_view_is_computed_again_when_the_configuration_that_its_function_asks_for_has_changed(tmp_path):
    files = python("def k():\n    return int(spark.conf.get('k'))", "x + k()")
    lake = run_project(tmp_path, {"ingot.yml": "name: a\nconfiguration: {k: '1'}\n", **files})
    assert rows(lake, "SELECT y FROM m ORDER BY y") == [(1,), (2,)]
    assert version(again(tmp_path), "m") == 0, "nothing has changed"
    lake = again(tmp_path, {"ingot.yml": "name: a\nconfiguration: {k: '10'}\n"})
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


def function(folder, text: str):
    """The function `f` of a file with this text, and its text for a view."""
    path = folder / "a.py"
    path.write_text(text)
    names = {"__name__": "__main__"}
    exec(compile(text, str(path), "exec"), names)
    return lambda: code_text([path], [names["f"]])


def test_what_holds_itself_is_told_once(tmp_path):
    told = function(
        tmp_path,
        "class Node:\n    def me(self): return ROOT\nROOT = Node()\nROOT.all = [ROOT, {'x': ROOT}]\nROOT.all.append(ROOT.all)\n"
        "def f(): return ROOT.me()\n",
    )
    assert told() == told()
    assert "seen" in told()


@pytest.mark.parametrize("held", ["ROOT = Node(ROOT)", "ALL.append(Node(None))"], ids=["deep", "many"])
def test_what_is_too_much_to_be_told_is_like_nothing_else(tmp_path, monkeypatch, held):
    monkeypatch.setattr("ingot.update.user_code._MET_MAX", 4_000)
    told = function(
        tmp_path,
        "class Node:\n    def __init__(self, other): self.other = other\nROOT, ALL = None, []\n"
        f"for _ in range(5_000):\n    {held}\ndef f(): return ROOT, ALL\n",
    )
    assert told() != told()
