"""Landed files that go: whole in the landing zone or whole in the archive, wherever the process dies."""

from __future__ import annotations

import datetime
import errno
from pathlib import Path

import pytest

from ingot.errors import LakeError
from ingot.lake.landing import Landing
from ingot.lake.landing_release import Releases
from sources.test_landing import dies_at

NOW = datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC)
CONTENTS = {"1.csv": b"one", "two/run/2.csv": b"two"}


def land(lake: Path) -> None:
    with Landing(lake).open("shop") as files:
        for name, content in CONTENTS.items():
            resource = "two" if name.startswith("two/") else None
            partial = files.partial()
            partial.write(content)
            files.land(partial, name.removeprefix("two/"), url="http://example.org", now=NOW, resource=resource)


def let_go(lake: Path, archive: Path | None) -> None:
    with Landing(lake).open("shop") as files:
        records = [record for record in files.records if (lake / "_landing" / "shop" / record.name).exists()]
    releases = Releases(lake, "shop")
    releases.release([(r, releases.archive(r, archive) if archive else None) for r in records], NOW)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=["link", "copy"])
def archiving(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_file_system(self: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    if request.param == "copy":
        monkeypatch.setattr("ingot.lake.landing_release._hard_link", other_file_system)


@pytest.mark.usefixtures("archiving")
def test_an_archived_file_has_its_content_and_its_time(tmp_path):
    land(tmp_path / "lake")
    let_go(tmp_path / "lake", tmp_path / "archive")
    assert content(tmp_path / "archive" / "shop") == CONTENTS
    assert (tmp_path / "archive" / "shop" / "1.csv").stat().st_mtime == NOW.timestamp()
    assert content(tmp_path / "lake" / "_landing") == {}
    assert [path.name for path in (tmp_path / "lake" / "_landing" / "shop").rglob("*")] == ["two"]
    gone = Releases(tmp_path / "lake", "shop").gone()
    assert {name: Path(str(r.archived_to)).read_bytes() for name, r in gone.items()} == CONTENTS


@pytest.mark.parametrize("archiving", ["link", pytest.param("copy", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.usefixtures("archiving")
def test_killed_before_any_file_operation_each_file_is_whole_in_one_of_the_places(tmp_path):
    points = 0
    for operation in range(1, 200):
        folder = tmp_path / str(operation)
        lake, archive = folder / "lake", folder / "archive"
        land(lake)
        died = dies_at(lambda lake=lake, archive=archive: let_go(lake, archive), folder, operation)
        there, gone = content(lake / "_landing" / "shop"), Releases(lake, "shop").gone()
        assert {**{name: Path(str(r.archived_to)).read_bytes() for name, r in gone.items()}, **there} == CONTENTS
        let_go(lake, archive)
        assert content(archive / "shop") == CONTENTS
        assert content(lake / "_landing" / "shop") == {}
        assert set(Releases(lake, "shop").gone()) == set(CONTENTS)
        points += died
        if not died:
            break
    assert points > 15


def test_killed_before_any_file_operation_a_removed_file_is_recorded(tmp_path):
    points = 0
    for operation in range(1, 200):
        lake = tmp_path / str(operation)
        land(lake)
        died = dies_at(lambda lake=lake: let_go(lake, None), lake, operation)
        assert {*content(lake / "_landing" / "shop"), *Releases(lake, "shop").gone()} == set(CONTENTS)
        let_go(lake, None)
        assert set(Releases(lake, "shop").gone()) == set(CONTENTS)
        points += died
        if not died:
            break
    assert points > 10


def test_a_file_that_was_landed_and_not_put_into_place_does_not_come_back_after_it_went(tmp_path):
    """Killed between the link into place and the removal of what waited."""
    land(tmp_path)
    place = tmp_path / "_landing" / "shop" / "1.csv"
    (tmp_path / "_landing" / ".partial" / "shop" / "1.csv").hardlink_to(place)
    let_go(tmp_path, None)
    with Landing(tmp_path).open("shop"):
        assert content(tmp_path / "_landing") == {}


def test_another_file_in_the_archive_is_never_overwritten(tmp_path):
    land(tmp_path / "lake")
    other = tmp_path / "archive" / "shop" / "1.csv"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"other")
    with pytest.raises(LakeError, match="is another file") as caught:
        let_go(tmp_path / "lake", tmp_path / "archive")
    assert caught.value.code == "not-archived"
    assert other.read_bytes() == b"other"
    assert content(tmp_path / "lake" / "_landing" / "shop") == CONTENTS


def test_a_file_that_was_changed_in_the_landing_zone_is_not_copied_to_the_archive(tmp_path, monkeypatch):
    def other_file_system(place: Path, path: Path) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr("ingot.lake.landing_release._hard_link", other_file_system)
    land(tmp_path / "lake")
    (tmp_path / "lake" / "_landing" / "shop" / "1.csv").write_bytes(b"changed")
    with pytest.raises(LakeError, match="it is not what was landed"):
        let_go(tmp_path / "lake", tmp_path / "archive")
    assert content(tmp_path / "archive") == {}


def test_an_archive_that_cannot_be_written_to_is_an_error_with_its_place(tmp_path):
    land(tmp_path / "lake")
    (tmp_path / "archive").write_text("a file where a folder should be")
    with pytest.raises(LakeError, match="archive/shop"):
        let_go(tmp_path / "lake", tmp_path / "archive")
    assert content(tmp_path / "lake" / "_landing" / "shop") == CONTENTS


def test_a_damaged_or_newer_record_is_an_error_with_its_path(tmp_path):
    land(tmp_path)
    let_go(tmp_path, None)
    (path,) = (tmp_path / "_ingot" / "landing" / "shop" / "released").iterdir()
    text = path.read_text()
    path.write_text(text.replace('"format": 1', '"format": 2'))
    with pytest.raises(LakeError) as caught:
        Releases(tmp_path, "shop").all()
    assert caught.value.code == "newer-format"
    path.write_text(text[:40])
    with pytest.raises(LakeError, match=r"0000000001\.json"):
        Releases(tmp_path, "shop").all()
