"""What the console is told of definitions that change while they are loaded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from ingot.project import load_project
from ingot.server.definitions import DefinitionsWatch, Described
from server.waiting import wait_for

VIEW = """
from pyspark import pipelines as dp

@dp.materialized_view
def {name}():
    return spark.range(1)
"""
HELD = """
import os, time
from pyspark import pipelines as dp

@dp.materialized_view
def slow():
    open({begun!r}, "w").close()
    while os.path.exists({held!r}):
        time.sleep(0.02)
    return spark.range(1)
"""


def test_a_change_that_comes_while_definitions_are_loaded_is_told_later(tmp_path: Path):
    begun, held = tmp_path / "begun", tmp_path / "held"
    (tmp_path / "ingot.yml").write_text("name: p\n")
    (tmp_path / "transformations").mkdir()
    view = tmp_path / "transformations" / "a.py"
    view.write_text(VIEW.format(name="first"))
    (tmp_path / "transformations" / "b.py").write_text(HELD.format(begun=str(begun), held=str(held)))
    held.touch()
    with closing(DefinitionsWatch(load_project(tmp_path), tmp_path, None, {})) as watch, ThreadPoolExecutor(1) as other:
        first = other.submit(watch.described)
        wait_for(begun.exists, bool)
        view.write_text(VIEW.format(name="second"))
        held.unlink()
        assert tables(first.result()) == {"first", "slow"}
        assert tables(watch.described(patience_s=120)) == {"second", "slow"}


def tables(described: Described) -> set[str]:
    return {name.rpartition(".")[2] for name in described.nodes}
