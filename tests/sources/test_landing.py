from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingot.errors import LakeError
from ingot.lake.landing import Landing
from ingot.lake.landing_record import LandingRecord, Origin
from sources.conftest import Puller
from sources.misbehaving import Handler, WebServer, reply

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def land(lake: Path, target: str, content: bytes, now: datetime = NOW) -> LandingRecord | None:
    with Landing(lake).open("olympics") as files:
        partial = files.partial()
        partial.write(content)
        return files.land(partial, target, url="http://example.org/" + target, now=now)


def visible(lake: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((lake / "_landing" / "olympics").iterdir())}


def waiting(lake: Path) -> list[Path]:
    return list((lake / "_landing" / ".partial" / "olympics").iterdir())


def test_a_record_can_be_read_back(tmp_path: Path) -> None:
    landed = land(tmp_path, "é.csv", b"1")
    assert Landing(tmp_path).records("olympics") == [landed]
    assert Landing(tmp_path).sources() == ["olympics"]
    assert Landing(tmp_path).records("other") == []


def test_files_of_a_resource_lie_in_its_folder_with_how_to_carry_on(tmp_path: Path) -> None:
    with Landing(tmp_path).open("shop") as files:
        for page in (1, 2):
            partial = files.partial()
            partial.write(b"%d" % page)
            files.land(
                partial, f"{page}.json", url="http://example.org/orders", resource="orders", page=page, run="r",
                resume={"page": page + 1}, cursor="2024-01-01",
            )  # fmt: skip
    with Landing(tmp_path).open("shop") as files:
        known = files.of_resource("orders")
        assert [(record.name, record.resume, record.cursor) for record in known] == [
            ("orders/1.json", {"page": 2}, "2024-01-01"),
            ("orders/2.json", {"page": 3}, "2024-01-01"),
        ]
        assert files.of_resource("users") == []
    assert (tmp_path / "_landing" / "shop" / "orders" / "2.json").read_bytes() == b"2"


def land_two_together(lake: Path) -> None:
    with Landing(lake).open("olympics") as files:
        if files.of_resource("t"):
            return
        parts = []
        for number in (1, 2):
            partial = files.partial()
            partial.write(b"part %d" % number)
            parts.append((partial, Origin(f"{number}.parquet", "postgresql://here/db", resource="t", run="r")))
        files.land_together(parts, NOW)


def test_killed_before_any_file_operation_files_that_belong_together_get_visible_together(tmp_path: Path) -> None:
    points = 0
    for operation in range(1, 200):
        lake = tmp_path / str(operation)
        died = dies_at(lambda lake=lake: land_two_together(lake), lake, operation)
        with Landing(lake).open("olympics"):  # what any next run does first
            found = sorted(p.name for p in (lake / "_landing" / "olympics").glob("t/*"))
        assert found in ([], ["1.parquet", "2.parquet"])
        land_two_together(lake)
        assert [p.read_bytes() for p in sorted((lake / "_landing" / "olympics").glob("t/*"))] == [b"part 1", b"part 2"]
        assert waiting(lake) == []
        points += died
        if not died:
            break
    assert points > 20


def test_files_of_one_name_in_several_folders_are_different_files(tmp_path: Path) -> None:
    with Landing(tmp_path).open("shop") as files:
        for resource in ("a", "b", None):
            partial = files.partial()
            partial.write(b"the same")
            assert files.land(partial, "x.csv", url="file:x", resource=resource, now=NOW) is not None
        assert files.names() == {"a/x.csv", "b/x.csv", "x.csv"}
        assert {record.landed_at for record in Landing(tmp_path).records("shop")} == {NOW}


def test_what_a_source_says_anew_of_a_file_replaces_what_it_said(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        land(tmp_path, name, b"1")
    with Landing(tmp_path).open("olympics") as files:
        record = files.latest("a.csv")
        assert record is not None
        files.confirm([replace(record, etag='"2"')])
    assert [(r.name, r.etag) for r in Landing(tmp_path).records("olympics")] == [("b.csv", None), ("a.csv", '"2"')]
    land(tmp_path, "a.csv", b"2")
    assert len(Landing(tmp_path).records("olympics")) == 3
    assert len(visible(tmp_path)) == 3


def documents(lake: Path) -> list[str]:
    return sorted(path.name for path in (lake / "_ingot" / "landing" / "olympics").glob("*.json"))


def confirm_all(lake: Path, etag: str) -> None:
    with Landing(lake).open("olympics") as files:
        files.confirm([replace(record, etag=etag) for record in files.records])


def test_records_do_not_pile_up_where_a_source_says_something_new_each_day(tmp_path: Path) -> None:
    for number in range(3):
        land(tmp_path, f"{number}.csv", b"1")
    for day in range(5):
        confirm_all(tmp_path, str(day))
        assert len(documents(tmp_path)) == 1
    land(tmp_path, "3.csv", b"1")
    with Landing(tmp_path).open("olympics") as files:
        files.confirm([replace(record, etag="new") for record in files.records[:1]])
    assert len(documents(tmp_path)) == 3
    assert [(r.name, r.etag) for r in Landing(tmp_path).records("olympics")] == [
        ("1.csv", "4"),
        ("2.csv", "4"),
        ("3.csv", None),
        ("0.csv", "new"),
    ]
    sequences = [record.sequence for record in Landing(tmp_path).records("olympics")]
    assert sequences == sorted(set(sequences))
    assert land(tmp_path, "4.csv", b"1") is not None


def test_killed_while_records_are_replaced_none_is_lost(tmp_path: Path) -> None:
    points = 0
    for operation in range(1, 60):
        lake = tmp_path / str(operation)
        for name in ("a.csv", "b.csv"):
            land(lake, name, b"1")
        died = dies_at(lambda lake=lake: confirm_all(lake, "new"), lake, operation)
        records = Landing(lake).records("olympics")
        assert sorted(record.name for record in records) == ["a.csv", "b.csv"]
        assert {record.etag for record in records} in ({None}, {"new"})
        confirm_all(lake, "newer")
        assert {record.etag for record in Landing(lake).records("olympics")} == {"newer"}
        assert len(documents(lake)) == 1
        points += died
        if not died:
            break
    assert points > 6


def test_who_reads_records_while_they_are_replaced_sees_all_of_them(tmp_path: Path, monkeypatch) -> None:
    for name in ("a.csv", "b.csv"):
        land(tmp_path, name, b"1")
    read_text, is_first = Path.read_text, [True]

    def replaced_before(self: Path, *args: object, **options: object) -> str:
        if is_first.pop() if is_first else False:
            confirm_all(tmp_path, "new")
        return read_text(self, *args, **options)

    monkeypatch.setattr(Path, "read_text", replaced_before)
    assert [record.etag for record in Landing(tmp_path).records("olympics")] == ["new", "new"]


def test_a_file_lies_as_deep_as_its_source_has_it(tmp_path: Path) -> None:
    resource = "/".join(["é" * 100] * 4)
    with Landing(tmp_path).open("shop") as files:
        partial = files.partial()
        partial.write(b"1")
        files.land(partial, "x.csv", url="file:x", resource=resource)
    assert (tmp_path / "_landing" / "shop" / resource / "x.csv").read_bytes() == b"1"


def test_names_sort_by_time_even_when_the_clock_goes_back(tmp_path: Path) -> None:
    for number in range(4):
        land(tmp_path, "a.csv", b"%d" % number, NOW - timedelta(hours=number))
    assert list(visible(tmp_path).values()) == [b"0", b"1", b"2", b"3"]
    times = [record.landed_at for record in Landing(tmp_path).records("olympics")]
    assert times == sorted(set(times))
    modified = [path.stat().st_mtime for path in sorted((tmp_path / "_landing" / "olympics").iterdir())]
    assert modified == [time.timestamp() for time in times]


def test_a_name_is_never_used_again_even_after_the_file_was_removed(tmp_path: Path) -> None:
    land(tmp_path, "a.csv", b"1")
    (tmp_path / "_landing" / "olympics" / "a.csv").unlink()
    second = land(tmp_path, "a.csv", b"2")
    assert second is not None
    assert second.name != "a.csv"
    assert list(visible(tmp_path)) == [second.name]


def test_a_file_that_somebody_put_there_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "_landing" / "olympics"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(b"mine")
    landed = land(tmp_path, "a.csv", b"1")
    assert landed is not None
    assert visible(tmp_path) == {"a.csv": b"mine", landed.name: b"1"}


def test_a_damaged_or_newer_record_is_an_error_with_its_path(tmp_path: Path) -> None:
    land(tmp_path, "a.csv", b"1")
    (path,) = (tmp_path / "_ingot" / "landing" / "olympics").iterdir()
    text = path.read_text()
    path.write_text(text.replace('"format": 1', '"format": 2'))
    with pytest.raises(LakeError) as caught:
        Landing(tmp_path).records("olympics")
    assert caught.value.code == "newer-format"
    path.write_text(text[:50])
    with pytest.raises(LakeError, match=r"0000000001\.json") as caught:
        Landing(tmp_path).records("olympics")
    assert caught.value.code == "damaged-record"


def test_a_file_system_without_hard_links_is_an_error_and_lands_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "hardlink_to", refuse)
        with pytest.raises(LakeError) as caught:
            land(tmp_path, "a.csv", b"1")
    assert caught.value.code == "no-hard-links"
    assert (visible(tmp_path), Landing(tmp_path).records("olympics")) == ({}, [])
    land(tmp_path, "a.csv", b"1")
    assert visible(tmp_path) == {"a.csv": b"1"}


def test_another_writer_of_the_same_record_is_noticed(tmp_path: Path) -> None:
    with Landing(tmp_path).open("olympics") as files:
        land(tmp_path, "b.csv", b"other")
        partial = files.partial()
        partial.write(b"mine")
        with pytest.raises(LakeError) as caught:
            files.land(partial, "a.csv", url="http://example.org/a.csv", now=NOW)
    assert caught.value.code == "landing-conflict"
    assert visible(tmp_path) == {"b.csv": b"other"}


def test_a_lake_that_cannot_be_written_is_an_error_with_the_folder(tmp_path: Path) -> None:
    (tmp_path / "_landing").write_text("a file where a folder should be")
    with pytest.raises(LakeError, match="_landing/olympics cannot be written to: Not a directory") as caught:
        land(tmp_path, "a.csv", b"1")
    assert caught.value.code == "cannot-write"


FILE_OPERATIONS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir"}


def land_and_die(lake: Path, content: bytes, operation: int) -> bool:
    return dies_at(lambda: land(lake, "a.csv", content), lake, operation)


def dies_at(act: Callable[[], object], lake: Path, operation: int) -> bool:
    """Act in a process of its own that kills itself before its nth file operation; whether it died."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            if event in FILE_OPERATIONS and str(arguments[0]).startswith(str(lake)):
                seen += 1
                if seen == operation:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_before_any_file_operation_a_file_lands_exactly_once(tmp_path: Path) -> None:
    """Covers a first landing (which also makes the folders) and a changed file."""
    points = 0
    for operation in range(1, 200):
        lake = tmp_path / str(operation)
        died_first = land_and_die(lake, b"one", operation)
        whole = visible(lake) if (lake / "_landing" / "olympics").is_dir() else {}
        assert whole in ({}, {"a.csv": b"one"})
        land(lake, "a.csv", b"one")
        died_second = land_and_die(lake, b"two", operation)
        assert visible(lake)["a.csv"] == b"one"
        land(lake, "a.csv", b"two")
        records = Landing(lake).records("olympics")
        assert [visible(lake)[record.name] for record in records] == [b"one", b"two"]
        assert len(visible(lake)) == 2
        assert waiting(lake) == []
        points += died_first + died_second
        if not died_first and not died_second:
            break
    assert points > 30


def test_killed_in_the_middle_of_a_transfer_nothing_is_visible_and_the_next_run_lands_it(
    web: WebServer, puller: Puller
) -> None:
    body = b"a,b\r\n" * 200_000

    def half(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:500_000])
        child.kill()
        child.wait()

    url = web.on("/a.csv", half, reply(200, body))
    script = textwrap.dedent(f"""
        import pathlib
        from ingot.lake.landing import Landing
        from ingot.model import SourceSpec
        from ingot.source import LandContext, load_source
        context = LandContext(Landing(pathlib.Path({str(puller.lake)!r})))
        load_source(SourceSpec("olympics", "http", {{"url": {url!r}}})).land(context)
    """)
    child = subprocess.Popen([sys.executable, "-c", script])
    assert child.wait(timeout=120) == -signal.SIGKILL
    assert puller.files() == {}
    assert len(puller.waiting()) == 1
    puller.land(url=url)
    assert puller.files() == {"a.csv": body}
    assert puller.waiting() == []
