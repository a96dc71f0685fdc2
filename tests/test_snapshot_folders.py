"""Which folder of a stream of files is the next snapshot."""

from __future__ import annotations

import pytest

from ingot.errors import PlanError
from ingot.files import list_files
from ingot.model import FileRead
from ingot.snapshot_folders import FolderStream, snapshot_name
from ingot.types import StructType


def stream(root, pattern: str = "in", **options: str) -> FolderStream:
    read = FileRead(f"{root}/{pattern}", "csv", options, StructType(fields=()), is_streaming=True)
    return FolderStream(read, StructType(fields=()), root, "files:in", list_files(read))


def put(root, *names: str) -> None:
    for name in names:
        path = root / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")


def taken(root, *, done: list | None = None, **arguments) -> list[tuple[str, list[str]]]:
    found, offsets = [], list(done or [])
    following = stream(root, **arguments)
    while (offset := following.next(offsets)) is not None:
        offsets.append(offset)
        found.append((offset["snapshot"], sorted(path.removeprefix("in/") for path, _, _ in offset["files"])))
    return found


@pytest.mark.parametrize(
    ("pattern", "path", "name"),
    [
        ("/in", "/in/2024-01-01/a/b.csv", "2024-01-01"),
        ("/in/", "/in/2024-01-01.csv", "2024-01-01"),
        ("/in/*", "/in/2024.01.csv.gz", "2024.01"),
        ("/in/*/", "/in/2024-01-01/a.csv", "2024-01-01"),
        ("/in/*/*", "/in/2024/01/a.csv", "2024/01"),
        ("/in/*/orders.csv", "/in/2024/orders.csv", "2024"),
        ("/in/day-*", "/in/day-7/a.csv", "day-7"),
        ("/in", "/in/year=2024/a.csv", "2024"),
        ("/in/year=*/month=*", "/in/year=2024/month=01/a.csv", "2024/01"),
    ],
)
def test_a_snapshot_has_the_name_of_its_folder(pattern, path, name):
    assert snapshot_name(FileRead(pattern, "csv"), path) == name


def test_folders_come_one_after_the_other_each_as_a_whole(tmp_path):
    put(tmp_path, "b/2.csv", "a/1.csv", "b/1.csv", "c/x/1.csv")
    assert taken(tmp_path, maxfilespertrigger="1") == [
        ("a", ["a/1.csv"]), ("b", ["b/1.csv", "b/2.csv"]), ("c", ["c/x/1.csv"]),
    ]  # fmt: skip


def test_only_folders_that_are_new_are_taken(tmp_path):
    put(tmp_path, "2024-01-01/a.csv", "2024-01-02/a.csv")
    done = [stream(tmp_path).next([])]
    assert taken(tmp_path, done=done) == [("2024-01-02", ["2024-01-02/a.csv"])]


def test_positions_that_are_merged_know_the_last_folder_and_all_files(tmp_path):
    put(tmp_path, "1/a.csv", "2/a.csv")
    following = stream(tmp_path)
    offsets = [first := following.next([]), following.next([first])]
    merged = stream(tmp_path).merge(offsets)
    assert merged["snapshot"] == "2"
    assert taken(tmp_path, done=[merged]) == []
    put(tmp_path, "3/a.csv")
    assert taken(tmp_path, done=[merged]) == [("3", ["3/a.csv"])]


@pytest.mark.parametrize("late", ["1/b.csv", "2/b.csv", "0/a.csv"])
def test_what_comes_before_the_last_folder_is_refused(tmp_path, late):
    put(tmp_path, "1/a.csv", "2/a.csv")
    following = stream(tmp_path)
    offsets = [first := following.next([]), following.next([first])]
    put(tmp_path, late)
    with pytest.raises(PlanError, match="came after the snapshot '2' had been taken") as caught:
        stream(tmp_path).next(offsets)
    assert caught.value.code == "snapshot-order"


def test_a_file_that_is_written_anew_is_late_only_when_overwritten_files_are_asked_for(tmp_path):
    put(tmp_path, "1/a.csv")
    done = [stream(tmp_path).next([])]
    (tmp_path / "in/1/a.csv").write_text("another")
    assert taken(tmp_path, done=done) == []
    with pytest.raises(PlanError, match="came after"):
        taken(tmp_path, done=done, allowoverwrites="true")


@pytest.mark.parametrize("names", [("9", "10"), ("v9", "v10"), ("2024-9", "2024-10")])
def test_names_whose_numbers_say_another_order_are_refused(tmp_path, names):
    put(tmp_path, *(f"{name}/a.csv" for name in names))
    with pytest.raises(PlanError, match="the order of the snapshots is not certain"):
        stream(tmp_path).next([])


def test_names_that_a_landing_zone_gives_are_in_order(tmp_path):
    put(tmp_path, "shop.csv", "shop_20240101T100000Z_1f.csv", "shop_20240101T090000Z_9a.csv")
    assert [name for name, _ in taken(tmp_path)] == [
        "shop", "shop_20240101T090000Z_9a", "shop_20240101T100000Z_1f",
    ]  # fmt: skip


def test_a_hidden_folder_is_no_snapshot_yet(tmp_path):
    put(tmp_path, "_2024-01-02/a.csv", "2024-01-01/a.csv")
    assert [name for name, _ in taken(tmp_path)] == ["2024-01-01"]
    (tmp_path / "in/_2024-01-02").rename(tmp_path / "in/2024-01-02")
    assert [name for name, _ in taken(tmp_path)] == ["2024-01-01", "2024-01-02"]
