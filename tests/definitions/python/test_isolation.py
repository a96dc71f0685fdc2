"""What user code sees while it runs, and that the process is as before afterwards."""

from __future__ import annotations

import builtins
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import ingot
from ingot.definitions import load_definitions
from ingot.model import Project

PIPELINE = """
import dlt
from pyspark import pipelines as dp
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.functions import *
from pyspark.sql.types import *
from pyspark.sql.window import Window
import pyspark.sql.functions as f
import pyspark.sql.types as T
from pyspark.sql.column import Column
from pyspark.sql.streaming import DataStreamReader
from databricks.sdk.runtime import spark as other, dbutils
from helpers.names import label

assert SparkSession.getActiveSession() is spark is other
assert SparkSession.builder.appName("x").getOrCreate() is spark
assert sum("x") is not None and isinstance(col("x"), Column)

@dlt.table
def t() -> DataFrame:
    from pyspark.sql.functions import upper
    from helpers import late
    return late.named(spark.table("s"), upper)
"""


def _write(root):
    for name, text in {
        "transformations/a.py": PIPELINE,
        "helpers/__init__.py": "",
        "helpers/names.py": "label = 'x'\n",
        "helpers/late.py": """
            from pyspark.sql import functions as F
            def named(df, function):
                return df.select(function("name").alias("name"))
        """,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")


def _project(root):
    return Project("test", root, root / "lake")


def test_nothing_is_left_in_the_process(tmp_path):
    _write(tmp_path)
    load_definitions(_project(tmp_path)).flows[0].build()  # what Ingot itself imports is there now
    modules, path, folder = dict(sys.modules), list(sys.path), Path.cwd()
    definitions = load_definitions(_project(tmp_path))
    assert definitions.failed == ()
    query = definitions.flows[0].build()
    assert query.tree.sql("databricks") == "SELECT UPPER(`name`) AS `name` FROM `__r0` AS `__t0`"
    assert dict(sys.modules) == modules
    assert sys.path == path
    assert Path.cwd() == folder
    assert not {"spark", "dbutils", "display"} & set(vars(builtins))


def test_helper_modules_count_as_files_of_the_project(tmp_path):
    _write(tmp_path)
    names = [p.relative_to(tmp_path).as_posix() for p in load_definitions(_project(tmp_path)).files]
    assert "helpers/names.py" in names
    assert "transformations/a.py" in names


def test_two_projects_do_not_share_their_helpers(tmp_path):
    for name in ("one", "two"):
        root = tmp_path / name
        (root / "transformations").mkdir(parents=True)
        (root / "shared.py").write_text(f"name = '{name}'\n")
        (root / "transformations/a.py").write_text(
            "import dlt\nimport shared\n@dlt.table(name=shared.name)\ndef t():\n    import shared\n"
            "    return spark.table(shared.name)\n"
        )
    loaded = [load_definitions(_project(tmp_path / name)) for name in ("one", "two")]
    assert [str(f.target.table) for d in loaded for f in d.flows] == ["one", "two"]
    reads = [r.name.table for d in loaded for f in d.flows for r in f.build().reads.values()]
    assert reads == ["one", "two"]


@pytest.mark.parametrize("folder", ["os.path.abspath('../../lib')", "'../../lib'"], ids=["absolute", "relative"])
def test_helpers_beside_the_projects_are_of_the_one_that_put_their_folder_on_the_path(tmp_path, folder):
    for name in ("one", "two"):
        lib, project = tmp_path / name / "lib", tmp_path / name / "project"
        for each in (lib, project / "transformations"):
            each.mkdir(parents=True)
        (lib / "beside.py").write_text(f"name = '{name}'\n")
        (project / "transformations/a.py").write_text(
            f"import os, sys, dlt\nsys.path.append({folder})\nfrom beside import name\n"
            "@dlt.table(name=name)\ndef t():\n    import beside\n    return spark.table(beside.name)\n"
        )
    loaded = [load_definitions(_project(tmp_path / name / "project")) for name in ("one", "two")]
    assert [str(f.target.table) for d in loaded for f in d.flows] == ["one", "two"]
    reads = [r.name.table for d in loaded for f in d.flows for r in f.build().reads.values()]
    assert reads == ["one", "two"]
    assert tmp_path / "one/lib/beside.py" in loaded[0].files
    assert "beside" not in sys.modules


def test_definitions_in_helpers_count_once(tmp_path):
    folder = tmp_path / "transformations"
    folder.mkdir()
    (folder / "b.py").write_text("import dlt\n@dlt.view\ndef base():\n    return spark.range(1)\n")
    (folder / "a.py").write_text("import dlt\nimport b\n@dlt.view\ndef top():\n    return b.base()\n")
    (folder / "c.py").write_text("import b\n")
    definitions = load_definitions(_project(tmp_path))
    assert definitions.failed == ()
    assert sorted(d.table for d in definitions.datasets) == ["base", "top"]


def test_a_folder_put_on_the_path_by_the_file_can_be_imported_from(tmp_path):
    for name, text in {
        "lib/tool.py": "value = 'v'\n",
        "transformations/deep/a.py": "import sys, os, dlt\nsys.path.append(os.path.abspath('../../lib'))\nimport tool\n"
        "@dlt.table(name=tool.value)\ndef t():\n    import tool\n    return spark.table(tool.value)\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    before = list(sys.path)
    definitions = load_definitions(_project(tmp_path))
    assert definitions.failed == ()
    assert definitions.flows[0].build().reads["__r0"].name.table == "v"
    assert sys.path == before
    assert "tool" not in sys.modules


def test_user_functions_find_their_imports_when_the_engine_calls_them(tmp_path):
    (tmp_path / "transformations").mkdir()
    (tmp_path / "rates.py").write_text("rate = 3\n")
    (tmp_path / "transformations/a.py").write_text(
        "import dlt\nfrom pyspark.sql.functions import udf, col\nfrom pyspark.sql.types import LongType\n"
        "@udf(returnType=LongType())\ndef times(x):\n    from rates import rate\n    return x * rate\n"
        "spark.udf.register('twice', lambda x: x * 2, 'bigint')\n"
        "@dlt.table\ndef t():\n    return spark.range(3).select(times(col('id')).alias('a'))"
        ".selectExpr('twice(a) AS b')\n"
    )
    with ingot.connect(tmp_path) as lake:
        lake.run()
        assert lake.sql("SELECT b FROM t ORDER BY b").fetchall() == [(0,), (6,), (12,)]
    assert "rates" not in sys.modules


@pytest.mark.parametrize("is_installed", [True, False])
def test_files_load_alike_with_and_without_pyspark(tmp_path, is_installed):
    """In a process of its own, in which an installed PySpark was imported before, or cannot be found."""
    _write(tmp_path)
    if is_installed:
        pytest.importorskip("pyspark")
        first = "import pyspark, pyspark.sql.functions as real"
        last = "import pyspark.sql.functions as again; assert again is real and hasattr(again, 'udtf')"
    else:
        first = """
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('pyspark', 'pandas', 'pyarrow', 'polars'):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocked())
"""
        last = "assert not [m for m in sys.modules if m.partition('.')[0] in ('pyspark', 'dlt', 'databricks')]"
    program = f"""
import sys
{first}
from pathlib import Path
from ingot.definitions import load_definitions
from ingot.model import Project
root = Path({str(tmp_path)!r})
before = set(sys.modules)
definitions = load_definitions(Project('p', root, root / 'lake'))
for failed in definitions.failed:
    raise failed.error
print(definitions.flows[0].build().tree.sql('databricks'))
assert not [m for m in set(sys.modules) - before if m.partition('.')[0] in ('pyspark', 'dlt', 'databricks', 'helpers')]
{last}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout == "SELECT UPPER(`name`) AS `name` FROM `__r0` AS `__t0`\n"
