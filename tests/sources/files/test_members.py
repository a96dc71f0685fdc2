"""Members of zip files that lie in a folder, here or in a bucket: each lands as a file of its own."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from ingot.errors import IngotError
from sources.files.conftest import LONG_AGO, Drops, Remote
from sources.test_landing import dies_at


def archive(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name.replace("__", "/").replace("_csv", ".csv"), content)
    return made.getvalue()


def test_members_land_in_a_folder_that_is_named_as_their_archive(drops: Drops) -> None:
    drops.put("2024/a.zip", archive(x_csv=b"1", in__y_csv=b"2", readme=b"no"))
    drops.put("2024/b.zip", archive(x_csv=b"3"))
    assert len(drops.land(members="*.csv").landed) == 3
    assert drops.files() == {"2024/a.zip/x.csv": b"1", "2024/a.zip/y.csv": b"2", "2024/b.zip/x.csv": b"3"}
    assert drops.land(members="*.csv").unchanged == 2
    record = drops.landing.records("drops")[0]
    assert (record.url, record.last_modified is not None) == ("./in/2024/a.zip", True)


def test_of_a_changed_archive_only_changed_members_land_again(drops: Drops) -> None:
    drops.put("a.zip", archive(x_csv=b"1", y_csv=b"2"))
    drops.land(members=["*.csv"])
    drops.put("a.zip", archive(x_csv=b"1", y_csv=b"3", z_csv=b"4"), LONG_AGO + 5)
    assert len(drops.land(members=["*.csv"]).landed) == 2
    assert sorted(drops.files().values()) == [b"1", b"2", b"3", b"4"]
    drops.put("a.zip", archive(z_csv=b"4", x_csv=b"1"), LONG_AGO + 9)
    for _ in range(2):
        result = drops.land(members=["*.csv"])
        assert (result.landed, result.unchanged) == ((), 1)


def test_members_that_are_wanted_only_now_land_though_the_archive_did_not_change(drops: Drops) -> None:
    drops.put("a.zip", archive(x_csv=b"1", y_csv=b"2"))
    drops.land(members=["x.csv"])
    assert drops.land(members=["x.csv", "y.csv"]).landed == ("a.zip/y.csv",)
    assert drops.land(members=["x.csv", "y.csv"]).landed == ()


def test_members_of_an_object_land(drops: Drops, s3: Remote) -> None:
    s3.put("a.zip", archive(x_csv=b"1" * 3_000_000))
    drops.land(s3.url, storage=s3.storage, members="*.csv")
    assert drops.files() == {"a.zip/x.csv": b"1" * 3_000_000}
    assert drops.land(s3.url, storage=s3.storage, members="*.csv").unchanged == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no zip at all", "damaged-archive"),
        (archive(x_csv=os.urandom(9999))[:-50], "damaged-archive"),
        (archive(other=b"1"), "missing-member"),
        (archive(a__x_csv=b"1", b__x_csv=b"2"), "duplicate-name"),
    ],
)
def test_an_archive_that_cannot_be_taken_apart_keeps_no_other_from_landing(
    drops: Drops, content: bytes, code: str
) -> None:
    drops.put("a.zip", content)
    drops.put("b.zip", archive(x_csv=b"1"))
    with pytest.raises(IngotError) as caught:
        drops.land(members="*.csv")
    assert (caught.value.code, "./in/a.zip" in caught.value.message) == (code, True)
    assert (drops.files(), drops.waiting()) == ({"b.zip/x.csv": b"1"}, [])


def test_an_archive_that_has_landed_as_it_is_cannot_become_a_folder(drops: Drops) -> None:
    drops.put("a.zip", archive(x_csv=b"1"))
    drops.land()
    with pytest.raises(IngotError, match="both a file's and a folder's"):
        drops.land(members="*.csv")
    assert list(drops.files()) == ["a.zip"]


def test_killed_before_any_file_operation_each_member_lands_once(tmp_path: Path) -> None:
    deaths = 0
    for operation in range(1, 400, 5):
        drops = Drops(tmp_path / str(operation))
        drops.put("a.zip", archive(x_csv=b"1", y_csv=b"2"))
        died = dies_at(lambda drops=drops: drops.land(members="*.csv"), drops.lake, operation)
        drops.land(members="*.csv")
        assert (drops.files(), drops.waiting()) == ({"a.zip/x.csv": b"1", "a.zip/y.csv": b"2"}, [])
        assert len(drops.landing.records("drops")) == 2
        deaths += died
        if not died:
            break
    assert deaths > 5
