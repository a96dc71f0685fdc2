"""CLUSTER BY sorts what is written, so that a file holds a range; AUTO CDC then leaves alone what it does not touch."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from ingot import clustering
from ingot.errors import IngotError
from ingot.tables import optimize_tables
from ingot.testing import run_project

MIXED = "SELECT (id * 7919) % 300000 AS k, 'x' AS v FROM range(300000)"


def ranges(table: Path) -> list[tuple[Any, Any]]:
    """Of `k`, in each row group of the table's files."""
    import pyarrow.parquet as parquet

    found = []
    for uri in DeltaTable(table).file_uris():
        metadata = parquet.ParquetFile(uri).metadata
        place = next(i for i in range(metadata.num_columns) if metadata.schema.column(i).name == "k")
        for group in range(metadata.num_row_groups):
            statistics = metadata.row_group(group).column(place).statistics
            found.append((statistics.min, statistics.max))
    return sorted(found)


def run(folder: Path, sql: str) -> None:
    run_project(folder, {"t.sql": sql}).close()


def test_what_is_written_is_sorted(tmp_path: Path) -> None:
    run(tmp_path, f"CREATE MATERIALIZED VIEW gold.t CLUSTER BY (k) AS {MIXED}")
    found = ranges(tmp_path / "lake" / "gold" / "t")
    assert len(found) > 2
    assert all(left[1] < right[0] for left, right in itertools.pairwise(found))


def test_a_table_that_is_no_longer_clustered_forgets_it(tmp_path: Path) -> None:
    run(tmp_path, f"CREATE MATERIALIZED VIEW gold.t CLUSTER BY (K) AS {MIXED}")
    table = tmp_path / "lake" / "gold" / "t"
    assert DeltaTable(table).metadata().configuration[clustering.PROPERTY] == '["k"]'
    run(tmp_path, f"CREATE MATERIALIZED VIEW gold.t AS {MIXED} WHERE id > 1")
    assert clustering.PROPERTY not in DeltaTable(table).metadata().configuration


def test_compaction_sorts_too(tmp_path: Path) -> None:
    lines = {n: "".join(f'{{"k": {k}}}\n' for k in range(n, 200_000, 4)) for n in range(4)}
    files = {f"in/{n}.json": text for n, text in lines.items()}
    sql = """CREATE STREAMING TABLE bronze.t CLUSTER BY (k) AS SELECT * FROM
        STREAM read_files('in', format => 'json', schema => 'k INT', maxFilesPerTrigger => 1)"""
    with run_project(tmp_path, {"t.sql": sql, **files}) as lake:
        assert len(ranges(tmp_path / "lake" / "bronze" / "t")) == 4
        assert [found[1:] for found in optimize_tables(lake.project, lake.engine, ["bronze.t"])] == [(4, 1)]
    found = ranges(tmp_path / "lake" / "bronze" / "t")
    assert len(found) == 2
    assert found[0][1] < found[1][0]


@pytest.mark.parametrize("column", ["nothing", "items"])
def test_a_column_without_an_order_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(IngotError) as raised:
        run(tmp_path, f"CREATE MATERIALIZED VIEW gold.t CLUSTER BY ({column}) AS SELECT 1 AS k, array(1) AS items")
    assert raised.value.code == "invalid-cluster-column"
    assert "such as k" in (raised.value.hint or "")
