"""Files of a table that cannot hold a changed key are not read; what is not known rules out nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingot.engine import DataFile, SnapshotBinding
from ingot.types import StructType, parse_schema
from ingot.update.key_ranges import key_order, may_hold

SCHEMA = parse_schema("k BIGINT, s STRING, d DATE, m DECIMAL(10,2), t TIMESTAMP, f DOUBLE")


def file(name: str, rows: int = 10, partition: dict[str, str | None] | None = None, **ranges: Any) -> DataFile:
    least = {column: low for column, (low, _) in ranges.items()}
    greatest = {column: high for column, (_, high) in ranges.items()}
    statistics = json.dumps({"numRecords": rows, "minValues": least, "maxValues": greatest})
    return DataFile(name, 1, rows, 0, partition or {}, statistics)


def held(files: list[DataFile], changes: DataFile, keys: list[str], **values: list[Any]) -> list[str]:
    return [f.path for f in may_hold(binding(files), binding([changes]), keys, lambda key: values[key])]


def binding(files: list[DataFile], schema: StructType = SCHEMA, **names: str) -> SnapshotBinding:
    return SnapshotBinding(Path("/t"), schema, files, physical_names=names)


def tens(count: int = 8) -> list[DataFile]:
    return [file(str(i), k=(i * 10, i * 10 + 9)) for i in range(count)]


def test_files_before_and_after_all_changes_are_left_out() -> None:
    assert held(tens(), file("c", k=(25, 39)), ["k"], k=[25, 39]) == ["2", "3"]


def test_one_late_change_does_not_make_all_files_be_read() -> None:
    assert held(tens(), file("c", k=(5, 75)), ["k"], k=[5, 74, 75]) == ["0", "7"]


def test_the_edges_of_a_range_belong_to_it() -> None:
    assert held(tens(), file("c", k=(19, 70)), ["k"], k=[19, 30, 70]) == ["1", "3", "7"]


def test_very_many_changes_are_not_listed() -> None:
    assert held(tens(), file("c", rows=10**6, k=(5, 75)), ["k"]) == [str(i) for i in range(8)]


def test_a_file_without_statistics_is_read() -> None:
    files = [*tens(), DataFile("none", 1, 10, 0), DataFile("empty", 1, 10, 0, {}, "{}"), file("other", s=("a", "b"))]
    assert held(files, file("c", k=(5, 5)), ["k"], k=[5]) == ["0", "none", "empty", "other"]


def test_changes_without_statistics_rule_out_nothing_by_their_range() -> None:
    assert held(tens(), DataFile("c", 1, 10**6, 0), ["k"]) == [str(i) for i in range(8)]


def test_changes_with_a_row_without_a_key_rule_out_nothing() -> None:
    changes = DataFile(
        "c", 1, 2, 0, {}, json.dumps({"minValues": {"k": 5}, "maxValues": {"k": 5}, "nullCount": {"k": 1}})
    )
    assert held(tens(), changes, ["k"], k=[5, None]) == [str(i) for i in range(8)]


def test_each_column_of_a_key_rules_out_files() -> None:
    files = [file(f"{i}{j}", k=(i, i), s=(j, j)) for i in range(4) for j in "abcd"]
    assert held(files, file("c", k=(1, 3), s=("a", "d")), ["k", "s"], k=[1, 3], s=["b", "b"]) == ["1b", "3b"]


def test_cut_texts_still_hold_what_they_stand_for() -> None:
    files = [file("cut", s=("a" * 32, "b" * 32 + "\U0010ffff")), *[file(str(i), s=("x", "y")) for i in range(4)]]
    assert held(files, file("c", s=("b" * 40, "b" * 40)), ["s"], s=["b" * 40]) == ["cut"]


@pytest.mark.parametrize(
    ("column", "low", "inside", "outside"),
    [
        ("d", "2024-01-01", "2024-01-01", "2024-02-01"),
        ("m", 1.10, 1.10, 1.11),
        ("t", "2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.000123Z", "2024-01-01T00:00:01.000000Z"),
    ],
)
def test_ranges_of_other_types_are_compared_as_values(column: str, low: Any, inside: Any, outside: Any) -> None:
    files = [file("in", **{column: (low, low)}), *[file(str(i), **{column: (outside, outside)}) for i in range(4)]]
    changes = file("c", rows=10**6, **{column: (inside, inside)})
    assert held(files, changes, [column]) == ["in"]


def test_dates_that_python_does_not_know_rule_out_nothing() -> None:
    files = [file(str(i), d=("-0045-01-01", "12024-01-01")) for i in range(4)]
    assert held(files, file("c", d=("2024-01-01", "2024-01-01")), ["d"], d=[]) == ["0", "1", "2", "3"]


def test_types_without_a_plain_order_rule_out_nothing() -> None:
    files = [file(str(i), f=(1.0, 2.0)) for i in range(4)]
    assert held(files, file("c", f=(5.0, 5.0)), ["f"]) == ["0", "1", "2", "3"]


def test_a_key_that_is_a_partition_is_known_exactly() -> None:
    files = [file(day, partition={"d": day}) for day in ("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04")]
    assert held(files, file("c", rows=10**6, d=("2024-01-02", "2024-01-03")), ["d"]) == ["2024-01-02", "2024-01-03"]


def test_statistics_stand_under_the_names_in_the_files() -> None:
    rows = binding([file(str(i), **{"col-1": (i, i)}) for i in range(4)], k="col-1")
    found = may_hold(rows, binding([file("c", rows=10**6, k=(2, 2))]), ["k"], lambda key: [2])
    assert [f.path for f in found] == ["2"]


def test_files_are_ordered_by_partition_and_key_with_unknown_ranges_last() -> None:
    files = [
        file("y2", partition={"s": "y"}, k=(2, 9)), file("x?", partition={"s": "x"}), file("x3", partition={"s": "x"}, k=(3, 4)),
        file("none", partition={"s": None}, k=(0, 1)), file("x1", partition={"s": "x"}, k=(1, 20)),
    ]  # fmt: skip
    ordered = sorted(files, key=key_order(SCHEMA, "k", {}))
    assert [f.path for f in ordered] == ["none", "x1", "x3", "x?", "y2"]
