"""Which files a batch of changes writes anew: large ones alone, small ones together, and nothing that it does not touch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from deltalake import DeltaTable

from ingot import cdc
from ingot.engine import DataFile, SnapshotBinding
from ingot.testing import run_project
from ingot.types import parse_schema
from ingot.update import touched_files
from ingot.update.touched_files import Touched

SCHEMA = parse_schema("k BIGINT, v STRING")
MEGABYTE = 2**20


def file(name: str, low: int, megabytes: int = 1, partition: str | None = None) -> DataFile:
    statistics = json.dumps({"minValues": {"k": low}, "maxValues": {"k": low + 9}})
    values = {"p": partition} if partition is not None else {}
    return DataFile(name, megabytes * MEGABYTE, 10, 0, values, statistics)


def staged(place: int, fate: int) -> DataFile:
    return DataFile(f"{place}-{fate}", 1, 1, 0, {cdc.FILE: str(place), cdc.FATE: str(fate)})


def touched(files: list[DataFile], looked_at: list[DataFile], *found: tuple[int, int]) -> Touched:
    matched = SnapshotBinding(Path("/m"), SCHEMA, [staged(*each) for each in found], (cdc.FILE, cdc.FATE))
    return Touched.of(SnapshotBinding(Path("/t"), SCHEMA, files), looked_at, matched, "k")


def names(result: Touched) -> list[list[str]]:
    return [[each.path for each in rewrite.files] for rewrite in result.rewrites]


def test_only_files_that_change_are_written_anew() -> None:
    files = [file(name, low, 100) for low, name in enumerate("abcd")]
    result = touched(files, files[1:], (0, cdc.LEAVES), (1, cdc.STAYS), (2, cdc.ALIKE), (2, cdc.STAYS))
    assert names(result) == [["b"], ["d"]]
    assert [rewrite.is_replaced for rewrite in result.rewrites] == [True, False]
    assert [each.path for each in result.rewrites[0].leaves["matched"].files] == ["0-1"]
    assert [each.path for each in result.read.files] == ["b", "c", "d"]
    assert [each.path for each in result.alike.files] == ["d"]


def test_small_files_are_written_together_by_their_keys() -> None:
    files = [file("a", 30), file("b", 10), file("large", 15, 100), file("c", 20), file("still", 0)]
    found = [(place, cdc.LEAVES) for place in range(4)]
    assert names(touched(files, files, *found)) == [["large"], ["b", "c", "a"]]


def test_files_of_different_partitions_stay_apart() -> None:
    files = [file("a", 1, partition="x"), file("b", 2, partition="y"), file("c", 3, partition="x")]
    found = [(place, cdc.ALIKE) for place in range(3)]
    assert names(touched(files, files, *found)) == [["a", "c"], ["b"]]


def test_what_is_written_together_is_bounded() -> None:
    files = [file(str(low), low, 15) for low in range(10)]
    found = [(place, cdc.LEAVES) for place in range(10)]
    assert [len(group) for group in names(touched(files, files, *found))] == [4, 4, 2]


def test_very_many_small_files_are_written_together_when_one_of_them_changes() -> None:
    files = [file(str(low), low) for low in range(touched_files._SMALL_FILES_MAX + 1)]
    assert names(touched(files, files[:1], (0, cdc.STAYS))) == []
    result = touched(files, files[:1], (0, cdc.LEAVES))
    assert names(result) == [[each.path for each in files]]
    assert len(result.read.files) == len(files)


@pytest.mark.parametrize("scd_type", [1, 2])
def test_a_table_of_many_batches_does_not_fall_to_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scd_type: int
) -> None:
    monkeypatch.setattr(touched_files, "_SMALL_FILES_MAX", 4)
    sql = f"""CREATE STREAMING TABLE silver.t;
        CREATE FLOW f AS AUTO CDC INTO silver.t
        FROM STREAM read_files('in', format => 'json', schema => 'id INT, v INT, op STRING, seq INT', maxFilesPerTrigger => 1)
        KEYS (id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE {scd_type};"""
    expected: dict[int, int] = {}
    files = {}
    for batch in range(12):
        events = [(batch * 2 + 100, batch, "U"), (batch * 2 + 101, batch, "U"), (batch // 2 * 4 + 100, -batch, "U")]
        if batch % 3 == 2:
            events.append((batch * 2 + 99, 0, "D"))
        for key, value, op in events:
            expected.pop(key, None) if op == "D" else expected.update({key: value})
        rows = [{"id": k, "v": v, "op": op, "seq": batch * 10 + place} for place, (k, v, op) in enumerate(events)]
        files[f"in/{batch:02}.json"] = "".join(json.dumps(row) + "\n" for row in rows)
    with run_project(tmp_path, {"t.sql": sql, **files}) as lake:
        where = "WHERE `__END_AT` IS NULL" if scd_type == 2 else ""
        found = lake.sql(f"SELECT id, v FROM silver.t {where} ORDER BY id").fetchall()
    assert found == sorted(expected.items())
    table = DeltaTable(tmp_path / "lake" / "silver" / "t")
    assert table.version() == 11
    counts = []
    for version in range(12):
        table.load_as_version(version)
        counts.append(len(table.file_uris()))
    assert max(counts) <= 6
