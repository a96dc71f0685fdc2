"""What a local folder lands: what differs, whole, each file once, whatever happens meanwhile."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ingot.errors import IngotError, SourceError
from ingot.files import list_files
from ingot.model import FileRead
from sources.files.conftest import LONG_AGO, Drops
from sources.test_landing import dies_at


def test_files_land_in_the_folders_they_are_in(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    drops.put("2024/01/a.csv", b"1")
    drops.put("2024/empty.csv", b"")
    result = drops.land()
    assert drops.files() == {"2024/01/a.csv": b"1", "2024/empty.csv": b"", "a.csv": b"1"}
    assert (len(result.landed), result.unchanged, result.bytes, result.warnings) == (3, 0, 2, ())
    records = {record.name: record for record in drops.landing.records("drops")}
    assert records["2024/01/a.csv"].resource == "2024/01"
    assert records["2024/01/a.csv"].url == "./in/2024/01/a.csv"
    assert records["a.csv"].resource is None
    assert records["a.csv"].last_modified == "2024-01-01T00:00:00+00:00"
    assert drops.land().unchanged == 3
    assert drops.waits == []


def test_only_what_differs_lands_again_under_a_name_of_its_own(drops: Drops) -> None:
    drops.put("x/a.csv", b"1")
    drops.put("y/a.csv", b"1")
    drops.land()
    drops.put("x/a.csv", b"2", LONG_AGO + 5)
    assert drops.land().landed == ("x/a_20260306T050607Z_d4735e3a.csv",)
    drops.put("x/a.csv", b"1", LONG_AGO + 9)
    assert len(drops.land().landed) == 1
    assert sorted(drops.files().values()) == [b"1", b"1", b"1", b"2"]


def test_a_file_that_was_touched_is_read_once_and_not_landed(drops: Drops, monkeypatch: pytest.MonkeyPatch) -> None:
    drops.put("a.csv", b"1")
    drops.land()
    drops.put("a.csv", b"1", LONG_AGO + 5)
    result = drops.land()
    assert (result.landed, result.unchanged) == ((), 1)
    monkeypatch.setattr("ingot.sources.files.local.Folder.copy", lambda *_: pytest.fail("it is read again"))
    assert drops.land().unchanged == 1
    assert len(drops.landing.records("drops")) == 1


def test_a_file_that_was_replaced_lands_though_its_size_and_time_are_the_same(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    drops.put("b.csv", b"1").chmod(0o600)
    drops.land()
    drops.put("a.csv", b"2")
    (drops.folder / "in" / "b.csv").chmod(0o644)
    result = drops.land()
    assert (len(result.landed), result.unchanged) == (1, 1)
    assert sorted(drops.files().values()) == [b"1", b"1", b"2"]


def test_another_folder_with_the_same_files_lands_nothing(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    drops.land()
    (drops.folder / "in").rename(drops.folder / "moved")
    assert (drops.land("./moved").landed, drops.land("moved").unchanged) == ((), 1)


def test_what_was_removed_stays_landed(drops: Drops) -> None:
    drops.put("a.csv", b"1").unlink()
    drops.put("b.csv", b"1")
    drops.land()
    (drops.folder / "in" / "b.csv").unlink()
    result = drops.land()
    assert (result.landed, result.unchanged, result.warnings) == ((), 0, ())
    assert drops.files() == {"b.csv": b"1"}


def test_patterns_and_dates_choose(drops: Drops) -> None:
    drops.put("a.csv", b"1", LONG_AGO)
    drops.put("b.csv", b"1", LONG_AGO + 86400)
    drops.put("old/c.csv", b"1", LONG_AGO + 86400)
    drops.put("d.txt", b"1", LONG_AGO + 86400)
    drops.put("_SUCCESS", b"")
    drops.put(".a.csv.swp", b"")
    drops.land(pattern=["**/*.csv", "!old/**"], modified_after="2024-01-01")
    assert list(drops.files()) == ["b.csv"]
    drops.land(pattern="**")
    assert list(drops.files()) == ["a.csv", "b.csv", "d.txt", "old/c.csv"]


def test_odd_names_are_kept_where_a_file_system_can(drops: Drops) -> None:
    names = [
        "a b.csv",
        "100%.csv",
        "é/ü.csv",
        "p%20q.csv",
        "a[1]*?{x}.csv",
        "日本語.csv",
        " a.csv",
        "-a.csv",
        "k=v 1/a.csv",
    ]
    for name in [*names, "back\\slash.csv", "line\nbreak.csv", "x" * 251 + ".csv"]:
        drops.put(name, name.encode())
    drops.land()
    assert {name: content.decode() for name, content in drops.files().items() if name in names} == {n: n for n in names}
    assert len(drops.files()) == len(names) + 3
    assert drops.land().unchanged == len(names) + 3


def test_a_name_that_is_not_utf8_is_an_error_and_the_others_land(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    Path(os.fsdecode(os.fsencode(drops.folder / "in") + b"/\xff.csv")).write_bytes(b"1")
    with pytest.raises(SourceError, match="not UTF-8") as caught:
        drops.land()
    assert caught.value.code == "invalid-name"
    assert list(drops.files()) == ["a.csv"]


# --- files that change meanwhile --------------------------------------------------------------------------------------


def test_a_young_file_is_waited_for(drops: Drops) -> None:
    drops.put("old.csv", b"1")
    drops.put("young.csv", b"1", time.time() - 1)
    assert len(drops.land(settled="1h").landed) == 2
    [waited] = drops.waits
    assert 3300 < waited < 3600


def test_a_file_that_is_written_to_while_it_is_waited_for_is_left_for_the_next_run(drops: Drops) -> None:
    path = drops.put("a.csv", b"half", time.time())
    drops.put("b.csv", b"whole", time.time())

    class Writing(list):
        def append(self, _: float) -> None:
            path.write_bytes(b"half and more")

    drops.waits = Writing()
    result = drops.land(settled="1h")
    assert drops.files() == {"b.csv": b"whole"}
    assert result.warnings == ("a file is being written or removed, and left for the next run: a.csv",)
    drops.waits = []
    drops.land()
    assert drops.files()["a.csv"] == b"half and more"


def test_a_time_to_come_keeps_no_file_from_landing(drops: Drops) -> None:
    drops.put("a.csv", b"1", time.time() + 1e6)
    drops.land()
    assert drops.waits == [2.0]
    assert list(drops.files()) == ["a.csv"]


def test_settled_0_waits_for_nothing(drops: Drops) -> None:
    drops.put("a.csv", b"1", time.time())
    assert len(drops.land(settled=0).landed) == 1
    assert drops.waits == []


@pytest.mark.parametrize("change", ["grows", "shrinks", "goes", "is replaced"])
def test_a_file_that_changes_while_it_is_copied_is_left_for_the_next_run(
    drops: Drops, monkeypatch, change: str
) -> None:
    body = os.urandom(3 << 20)
    path = drops.put("a.csv", body)
    drops.put("b.csv", b"1")
    from ingot.lake.landing import Partial

    write = Partial.write

    def changing(self: Partial, chunk: bytes) -> None:
        write(self, chunk)
        if len(chunk) > 1000 and self.bytes < len(body) // 2:
            {
                "grows": lambda: os.truncate(path, len(body) + 10),
                "shrinks": lambda: os.truncate(path, 10),
                "goes": path.unlink,
                "is replaced": lambda: path.write_bytes(body[::-1]),
            }[change]()

    with monkeypatch.context() as patch:
        patch.setattr(Partial, "write", changing)
        result = drops.land()
    if change == "goes":  # what was opened can be read to its end
        assert drops.files() == {"a.csv": body, "b.csv": b"1"}
        return
    assert drops.files() == {"b.csv": b"1"}
    assert "a.csv" in result.warnings[0]
    drops.land(settled=0)
    assert drops.files()["a.csv"] == path.read_bytes()


# --- what cannot be read ----------------------------------------------------------------------------------------------


def test_one_file_that_cannot_be_read_does_not_keep_the_others_from_landing(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    drops.put("b.csv", b"1")
    (drops.folder / "in" / "dangling.csv").symlink_to("nowhere")
    with pytest.raises(SourceError, match=r"\./in/dangling\.csv cannot be read: No such file") as caught:
        drops.land()
    assert caught.value.code == "unreadable-file"
    assert caught.value.location is not None
    assert list(drops.files()) == ["a.csv", "b.csv"]
    assert drops.land(pattern=["**", "!dangling*"]).unchanged == 2


def test_pipes_are_not_waited_for_and_links_are_followed_once(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    os.mkfifo(drops.folder / "in" / "pipe.csv")
    (drops.folder / "in" / "self").symlink_to(".")
    (drops.folder / "in" / "loop").symlink_to("loop")
    (drops.folder / "elsewhere").mkdir()
    (drops.folder / "elsewhere" / "b.csv").write_bytes(b"2")
    os.utime(drops.folder / "elsewhere" / "b.csv", (LONG_AGO, LONG_AGO))
    (drops.folder / "in" / "linked").symlink_to(drops.folder / "elsewhere")
    drops.land(pattern="**/*.csv")
    assert drops.files() == {"a.csv": b"1", "linked/b.csv": b"2"}


@pytest.mark.slow
def test_folders_may_lie_very_deep(drops: Drops) -> None:
    path = "/".join(["d"] * 1100) + "/a.csv"
    here = os.open(drops.folder / "in", os.O_RDONLY)
    for part in path.split("/")[:-1]:
        os.mkdir(part, dir_fd=here)
        below = os.open(part, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("a.csv", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)
    assert drops.land(settled=0).landed == (path,)


def test_a_folder_that_is_not_there_or_none_is_told(drops: Drops) -> None:
    with pytest.raises(SourceError, match=r"the folder '\./inn/' does not exist") as caught:
        drops.land("./inn")
    assert caught.value.code == "missing-path"
    drops.put("a.csv", b"1")
    with pytest.raises(SourceError, match=r"the folder '\./in/a\.csv/' is a file") as caught:
        drops.land("./in/a.csv")
    assert "pattern" in (caught.value.hint or "")


def test_a_first_landing_that_finds_nothing_says_so(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    assert drops.land(pattern="*.parquet").warnings == ("there is no file in ./in/ that fits *.parquet",)
    assert (drops.lake / "_landing" / "drops").is_dir()


def test_the_lake_is_not_landed_into_itself(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    drops.land()
    for url in (".", "./lake", "./lake/_landing/drops", str(drops.folder)):
        with pytest.raises(SourceError, match="lie in each other") as caught:
            drops.land(url)
        assert caught.value.code == "source-in-lake"
    assert drops.land(".", pattern="in/*").landed == ("in/a.csv",)


def test_a_file_that_has_the_name_of_a_folder_does_not_land(drops: Drops) -> None:
    drops.put("a", b"1")
    drops.land()
    (drops.folder / "in" / "a").unlink()
    drops.put("a/b.csv", b"1")
    drops.put("c.csv", b"1")
    with pytest.raises(SourceError, match="both a file's and a folder's") as caught:
        drops.land()
    assert caught.value.code == "duplicate-name"
    assert drops.files() == {"a": b"1", "c.csv": b"1"}
    assert drops.land(pattern=["**", "!a/**"]).unchanged == 1


def test_a_full_disk_ends_the_landing_at_once(drops: Drops, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        drops.put(f"{number}.csv", b"1")
    asked = []

    def full(self: object, chunk: bytes) -> None:
        from ingot.errors import LakeError

        asked.append(chunk)
        raise LakeError("no room", code="cannot-write")

    monkeypatch.setattr("ingot.lake.landing.Partial.write", full)
    with pytest.raises(IngotError, match="no room"):
        drops.land(parallel=2)
    assert len(asked) < 10
    assert drops.waiting() == []


def test_many_files_that_fail_are_told_shortly(drops: Drops, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(100):
        drops.put(f"{number:02}.csv", b"1")

    def fail(self: object, file: object, *_: object) -> None:
        raise SourceError("broken", code="unreadable-file")

    monkeypatch.setattr("ingot.sources.files.local.Folder.copy", fail)
    with pytest.raises(SourceError, match="broken") as caught:
        drops.land()
    assert len(caught.value.__notes__) == 7
    assert caught.value.__notes__[-2].startswith("and ")
    assert "were not tried" in caught.value.__notes__[-1]


# --- killed, and many -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_before_any_file_operation_each_file_lands_exactly_once(drops: Drops) -> None:
    drops.put("a.csv", b"1")
    drops.put("x/a.csv", b"2")
    drops.put("x/b.csv", b"3")
    points = 0
    for operation in range(1, 300):
        drops.folder.joinpath("lake").rename(drops.folder / f"lake{operation}") if drops.lake.exists() else None
        drops.put("x/b.csv", b"3", LONG_AGO)
        died = dies_at(lambda: drops.land(parallel=1), drops.lake, operation)
        assert all(content in (b"1", b"2", b"3") for content in drops.files().values())
        drops.put("x/b.csv", b"4", LONG_AGO + 1)
        drops.put("a.csv", b"1", LONG_AGO + operation)
        died_again = dies_at(lambda: drops.land(parallel=1), drops.lake, operation)
        drops.land(parallel=1)
        records = drops.landing.records("drops")
        assert sorted(drops.files()) == sorted(record.name for record in records)
        contents = sorted(drops.files().values())
        assert contents in ([b"1", b"2", b"4"], [b"1", b"2", b"3", b"4"])
        assert drops.files()[max(r.name for r in records if r.target == "b.csv")] == b"4"
        assert drops.waiting() == []
        points += died + died_again
        if not died and not died_again:
            break
    assert points > 40


def test_many_files_get_visible_in_few_steps_and_progress_is_told(drops: Drops) -> None:
    for number in range(450):
        drops.put(f"{number % 7}/{number}.csv", b"%d" % number)
    assert len(drops.land().landed) == 450
    assert len(list((drops.lake / "_ingot" / "landing" / "drops").iterdir())) <= 6
    last = drops.progress[-1]
    assert (last.name, last.bytes, last.total) == ("450 of 450 files", 1240, 1240)
    assert last.rate is not None


def test_files_land_oldest_first(drops: Drops) -> None:
    for number in (3, 1, 2):
        drops.put(f"{number}.csv", b"1", LONG_AGO - number)
    assert drops.land(parallel=1).landed == ("3.csv", "2.csv", "1.csv")
    listed = list_files(FileRead(f"{drops.lake}/_landing/drops", "csv"))
    assert [Path(file.path).name for file in listed] == ["3.csv", "2.csv", "1.csv"]


@pytest.mark.slow
def test_ten_thousand_unchanged_files_take_less_than_a_second(drops: Drops) -> None:
    """Measured in processor time, for the machine may be busy."""
    for number in range(100):
        (drops.folder / "in" / str(number)).mkdir()
    for number in range(10_000):
        (drops.folder / "in" / str(number % 100) / f"{number}.csv").touch()
    drops.land(settled=0)
    began = time.process_time()
    assert drops.land().unchanged == 10_000
    assert time.process_time() - began < 1.0
