"""Updates that last until a test lets them end, and waiting for what becomes true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_SLOW = """
import os, time
from pyspark import pipelines as dp

@dp.materialized_view(name="gold.slow")
def slow():
    while os.path.exists({marker!r}):
        time.sleep(0.02)
    return spark.range(1)
"""

_HELD = """
import os, time
from pyspark import pipelines as dp
from pyspark.sql.functions import udf

@udf("int")
def late(value):
    while os.path.exists({marker!r}):
        time.sleep(0.02)
    return value

@dp.materialized_view(name="gold.held")
def held():
    return spark.read.table("silver.orders").select(late("id").alias("id"))

@dp.materialized_view(name="gold.after")
def after():
    return spark.read.table("gold.held")
"""


def without_end(project: Path) -> Path:
    """Give the project a table that takes as long as a file is there, which is given."""
    marker = project / "marker"
    marker.touch()
    (project / "transformations/slow.py").write_text(_SLOW.format(marker=str(marker)))
    return marker


@contextmanager
def held_midway(project: Path) -> Iterator[Callable[[], None]]:
    """Until what it gives is called, an update of the shop computes `gold.held`, which `gold.after` waits for."""
    marker = project / "marker"
    marker.touch()
    (project / "transformations/held.py").write_text(_HELD.format(marker=str(marker)))
    try:
        yield marker.unlink
    finally:
        marker.unlink(missing_ok=True)


def wait_for(ask: Callable[[], T], is_right: Callable[[T], Any], seconds: float = 120.0) -> T:
    """Ask until the answer is right; the last answer is told if it never is."""
    deadline = time.monotonic() + seconds
    while not is_right(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def lives(pid: int) -> bool:
    """Whether a process still does something; one that has ended stays listed until its parent looks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False
