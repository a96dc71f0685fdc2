"""Queries in, data files and rows out."""

from __future__ import annotations

from pathlib import Path

from engines.conftest import bound, read_back, target
from ingot.engines.duckdb.engine import Engine


def test_a_query_is_written_and_read_back(engine: Engine, root: Path):
    result = engine.write(
        bound("SELECT range AS id, 'x' || range AS name FROM range(5)", "id bigint, name string"),
        target(root, "id bigint, name string"),
    )
    assert (result.rows, result.dropped, result.violations) == (5, 0, {})
    assert read_back(root, result.files) == [(i, f"x{i}") for i in range(5)]
    assert sum(file.size for file in result.files) == sum(
        (root / file.path).stat().st_size for file in result.files
    )
