"""Tables of others: every golden table of the Delta project is read rightly or refused."""

from __future__ import annotations

import datetime
import os
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from ingot.engine import ArrowBinding, SnapshotBinding
from ingot.errors import LakeError
from ingot.lake.foreign import open_foreign
from ingot.lake.table import TableChange
from lake.rows import read, read_table, write_file

ARCHIVE = Path(os.environ.get("INGOT_SHARED", "/nowhere")) / "data" / "delta_golden.tar.gz"

REFUSED = {
    "data-reader-absolute-paths-escaped-chars": "damaged-log",
    "deltalog-commit-info": "damaged-log",
    "deltalog-invalid-protocol-version": "unsupported-table",
    "deltalog-state-reconstruction-from-checkpoint-missing-metadata": "damaged-log",
    "deltalog-state-reconstruction-from-checkpoint-missing-protocol": "damaged-log",
    "deltalog-state-reconstruction-without-metadata": "damaged-log",
    "deltalog-state-reconstruction-without-protocol": "damaged-log",
    "hive": "unknown-table",
    "no-delta-log-folder": "unknown-table",
    "update-deleted-directory": "damaged-log",
    "versions-not-contiguous": "damaged-log",
}
WITHOUT_DATA = {
    "checkpoint",
    "delete-re-add-same-file-different-transactions",
    "log-replay-special-characters-b",
}
WITHOUT_EXPECTATION = {f"canonicalized-paths-{kind}-{x}" for kind in ("normal", "special") for x in "ab"}
# Written in Pacific time without saying so; Spark, too, reads such partition values in its session's zone.
ZONELESS = {"data-reader-partition-values"}


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not ARCHIVE.exists():
        pytest.skip("needs INGOT_SHARED")
    folder = tmp_path_factory.mktemp("golden")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder / "golden"


def place(folder: Path) -> Path:
    return folder / "delta" if (folder / "delta" / "_delta_log").is_dir() else folder


def plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).replace(tzinfo=None)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def counted(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(repr(sorted(plain(row).items())) for row in rows)


def are_same(left: pa.Table, right: pa.Table) -> bool:
    """Compare big tables as bags of rows."""
    with duckdb.connect() as connection:
        connection.register("l", left)
        connection.register("r", right)
        names = ", ".join(f'"{name}"' for name in left.column_names)
        query = f"SELECT count(*) FROM (SELECT {names} FROM l EXCEPT ALL SELECT {names} FROM r)"
        answer = connection.execute(query).fetchone()
    return answer == (0,) and left.num_rows == right.num_rows


@pytest.mark.shared
def test_every_golden_table_is_read_rightly_or_refused(golden: Path) -> None:
    folders = sorted(golden.iterdir())
    assert len(folders) == 89
    for folder in folders:
        name = folder.name
        if name in REFUSED:
            with pytest.raises(LakeError) as caught:
                open_foreign(place(folder)).snapshot().binding()
            assert caught.value.code == REFUSED[name], name
            continue
        binding = open_foreign(place(folder)).snapshot().binding()
        if name in WITHOUT_DATA:
            continue
        found = read_table(binding)
        files = list((folder / "expected").rglob("*.parquet"))
        if found.num_rows > 10_000:
            assert are_same(found, pa.concat_tables([pq.ParquetFile(file).read() for file in files])), name
            continue
        rows = found.to_pylist()
        if name in WITHOUT_EXPECTATION:
            assert rows == [], name
            continue
        expected = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
        if name in ZONELESS:
            hours = {row["as_timestamp"].hour for row in rows if row["as_timestamp"] is not None}
            assert hours == {11}, name
            rows, expected = [[row | {"as_timestamp": None} for row in each] for each in (rows, expected)]
        assert counted(rows) == counted(expected), name


@pytest.mark.shared
def test_what_plain_parquet_reading_would_get_wrong_goes_through_delta_rs(golden: Path) -> None:
    for name in ("dv-with-columnmapping", "log-replay-dv-key-cases", "table-with-columnmapping-mode-id"):
        assert isinstance(open_foreign(place(golden / name)).snapshot().binding(), ArrowBinding), name


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    for number in range(3):
        data = pa.table({"id": pa.array([number], pa.int64()), "p": pa.array([f"a b%{number}/=é"])})
        write_deltalake(tmp_path / "t", data, mode="append", partition_by=["p"])
    return tmp_path / "t"


def test_a_table_of_delta_rs_is_read_file_by_file_and_written_to(foreign: Path) -> None:
    snapshot = open_foreign(foreign).snapshot()
    assert isinstance(snapshot.binding(), SnapshotBinding)
    assert sorted(row["p"] for row in read(snapshot.binding())) == [f"a b%{n}/=é" for n in range(3)]
    file = write_file(foreign, snapshot.schema, [{"id": 9}], partition={"p": None})
    open_foreign(foreign).commit(TableChange("WRITE", (file,)), snapshot)
    ids = DeltaTable(foreign).to_pyarrow_dataset().to_table().column("id").to_pylist()
    assert sorted(ids) == [0, 1, 2, 9]


def test_a_log_checkpoint_of_delta_rs_is_where_replay_starts(foreign: Path) -> None:
    DeltaTable(foreign).create_checkpoint()
    for version in range(2):
        (foreign / "_delta_log" / f"{version:020d}.json").unlink()
    assert sorted(row["id"] for row in read(open_foreign(foreign).snapshot().binding())) == [0, 1, 2]


def test_a_table_that_asks_a_writer_for_more_is_not_written(tmp_path: Path) -> None:
    data = pa.table({"id": pa.array([1], pa.int64())})
    write_deltalake(tmp_path / "t", data, configuration={"delta.enableChangeDataFeed": "true"})
    table = open_foreign(tmp_path / "t")
    snapshot = table.snapshot()
    assert read(snapshot.binding()) == [{"id": 1}]
    with pytest.raises(LakeError, match=r"delta\.enableChangeDataFeed") as caught:
        table.commit(TableChange("DELETE", removes=snapshot.files), snapshot)
    assert caught.value.code == "unsupported-table"
