"""How many rows a second the user's Python functions go through, against the same query without them.

`python benchmarks/udfs.py [rows]` prints a table; times are CPU seconds of this process, so that a busy machine tells
the truth, on one thread.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingot.analysis import Settings
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import OneTable
from ingot.definitions.python import load_of
from ingot.definitions.registry import Registry
from ingot.definitions.spark import functions as F
from ingot.engine import BoundQuery
from ingot.engines.duckdb import Engine
from ingot.model import Project
from ingot.types import parse_schema

_NOW = datetime.datetime(2024, 5, 6, tzinfo=datetime.UTC)
TARGETS = {"python": 1e6, "pandas": 1e7, "arrow": 1e7}


def cases(rows: Any) -> dict[str, Any]:
    """DataFrames over `rows(id bigint, x double, s string)`, each giving one number."""
    import pyarrow.compute as pc

    total = F.sum("v").alias("v")
    plus = F.udf(lambda v: v + 1, "bigint")
    half = F.udf(lambda v: v / 2, "double")
    upper = F.udf(lambda v: v.upper(), "string")
    twice = F.pandas_udf(lambda v: v * 2, "bigint")
    added = F.pandas_udf(lambda a, b: a + b, "double")
    arrow = F.arrow_udf(lambda v: pc.multiply(v, 2), "bigint")
    return {
        "none": rows.select((F.col("id") + 1).alias("v")).agg(total),
        "python: bigint": rows.select(plus("id").alias("v")).agg(total),
        "python: double": rows.select(half("x").alias("v")).agg(total),
        "python: string": rows.select(upper("s").alias("v")).agg(F.max("v").alias("v")),
        "pandas: bigint": rows.select(twice("id").alias("v")).agg(total),
        "pandas: two columns": rows.select(added("id", "x").alias("v")).agg(total),
        "arrow: bigint": rows.select(arrow("id").alias("v")).agg(total),
        "mapInPandas": rows.select("id").mapInPandas(lambda it: (b + 1 for b in it), "id bigint").agg(F.sum("id")),
    }


def measured(run: Callable[[], Any]) -> float:
    """CPU seconds of the best of three runs; the first one imports."""
    run()
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    with tempfile.TemporaryDirectory() as folder:
        project = Project("udfs", Path(folder), Path(folder) / "lake", threads=1)
        load = load_of(project, Registry(project))
        engine = Engine(project)
        with load.active():
            rows = load.session.range(count).selectExpr("id", "CAST(id AS DOUBLE) AS x", "'text' AS s")
            frames = cases(rows)
        print(f"{count:,} rows\n\n| function | CPU s | rows/s (million) | target |\n|---|---:|---:|---:|")
        for name, frame in frames.items():
            analyzed = analyze(frame.to_query(), OneTable(parse_schema("id bigint")), Settings())
            seconds = measured(lambda a=analyzed: engine.collect(BoundQuery(a, {}, _NOW)).read())
            target = TARGETS.get(name.split(":")[0])
            print(f"| {name} | {seconds:.2f} | {count / seconds / 1e6:.1f} | {target / 1e6 if target else '':} |")
        engine.close()


if __name__ == "__main__":
    main()
