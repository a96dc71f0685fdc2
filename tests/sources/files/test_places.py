"""Where a file lands."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from ingot.sources.files.places import place_of


def test_a_name_that_can_be_kept_is_kept() -> None:
    for name in (
        "a.csv",
        "a b.csv",
        "100%.csv",
        "é ü.csv",
        "日本語.parquet",
        "k=v",
        "a[1]*?.csv",
        "~x",
        " a",
        "_a",
        ".a",
    ):
        assert place_of(name) == (None, name)
        assert place_of(f"x/y/{name}") == ("x/y", name)


def test_names_that_no_file_system_has_get_one_of_their_own_with_the_suffix() -> None:
    names = ["..", ".", "", "a\\b.csv", "a\nb.csv", "a\tb.csv.gz", "x" * 300 + ".csv", "x" * 301 + ".csv", "é" * 150]
    places = [place_of(name)[1] for name in names]
    assert len(set(places)) == len(names)
    assert [place.rpartition("-")[2].partition(".")[2] for place in places][3:8] == [
        "csv",
        "csv",
        "csv.gz",
        "csv",
        "csv",
    ]


def test_nothing_lands_outside() -> None:
    assert place_of("../../etc/passwd") == ("name-5ec1f7e7/name-5ec1f7e7/etc", "passwd")
    assert place_of("a/../b")[0] == "a/name-5ec1f7e7"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=600))
def test_every_path_has_a_place_that_a_file_system_has(path: str) -> None:
    folder, name = place_of(path)
    parts = PurePosixPath(folder or "x", name).parts
    assert len(parts) == path.count("/") + (1 if folder else 2)
    assert all(part not in ("..", ".") and "\0" not in part and len(part.encode()) <= 200 for part in parts)


@given(st.lists(st.text(st.sampled_from("ab./\\\n\0-é"), max_size=8), min_size=2, max_size=8, unique=True))
def test_different_paths_have_different_places(paths: list[str]) -> None:
    assert len({place_of(path) for path in paths}) == len(paths)
