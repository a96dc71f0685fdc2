"""Which paths a pattern means."""

from __future__ import annotations

import pytest

from ingot.sources.files.pattern import Pattern


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("**", ["a", "a/b.csv", "a/b/c"], ["_a", ".a", "a/_b", "a/.b/c"]),
        ("*.csv", ["a.csv", "csv.csv", "é ü.csv"], ["a/b.csv", "a.CSV", ".a.csv", "_a.csv", "acsv"]),
        ("**/*.csv", ["a.csv", "x/a.csv", "x/y/a.csv"], ["x/_y/a.csv", "_x/a.csv", "x/.a.csv", "a.csv/b"]),
        ("orders/**", ["orders/a", "orders/b/c"], ["orders", "orders2/a", "x/orders/a"]),
        ("orders/**/a.csv", ["orders/a.csv", "orders/x/y/a.csv"], ["a.csv", "orders/b.csv"]),
        ("**/2024/*", ["2024/a", "x/2024/a"], ["2024/a/b", "x2024/a"]),
        ("*/a?.csv", ["x/ab.csv"], ["x/a.csv", "x/a/.csv", "ab.csv"]),
        ("[a-c]*.csv", ["abc.csv", "c.csv"], ["d.csv", "A.csv"]),
        ("[!a]*.csv", ["b.csv"], ["a.csv", "_b.csv", "/.csv"]),
        ("*.{csv,txt}", ["a.csv", "b.txt"], ["a.json"]),
        ("{2023,2024/01}/*", ["2023/a", "2024/01/a"], ["2024/a"]),
        ("*/*", ["day=1/a", "_day=1/a"], ["_day/a", "a"]),
        ("_in/*.csv", ["_in/a.csv"], ["in/a.csv", "_in/_a.csv"]),
        ("_*", ["_a"], ["a", ".a"]),
        (".hidden/.x", [".hidden/.x"], ["hidden/x"]),
        ("a+b(1).csv", ["a+b(1).csv"], ["aab(1).csv"]),
        ("a[", ["a["], ["a"]),
        ("[[]*[]].csv", ["[1].csv"], ["1.csv"]),
        ("**/**", ["a", "a/b"], ["_a"]),
        ("**/**/a/***.csv", ["a/b.csv", "x/y/a/b.csv"], ["b.csv"]),
    ],
)
def test_a_pattern_fits_these_paths_and_not_those(pattern: str, fits: list[str], does_not: list[str]) -> None:
    wanted = Pattern([pattern])
    assert [path for path in fits if not wanted.fits(path)] == []
    assert [path for path in does_not if wanted.fits(path)] == []


def test_several_patterns_add_and_take_away() -> None:
    pattern = Pattern(["*.csv", "deep/**", "!deep/old/**", "!**/_*", "!x.csv"])
    assert [path for path in ("a.csv", "x.csv", "deep/a", "deep/old/a", "b.txt") if pattern.fits(path)] == [
        "a.csv",
        "deep/a",
    ]


@pytest.mark.parametrize(
    ("pattern", "folder", "leads"),
    [
        ("*.csv", "a", False),
        ("**", "a/b/c", True),
        ("**", "_a", False),
        ("**/*.csv", "a/b", True),
        ("orders/*/a.csv", "orders", True),
        ("orders/*/a.csv", "orders/x", True),
        ("orders/*/a.csv", "orders/x/y", False),
        ("orders/*/a.csv", "other", False),
        ("_in/**", "_in", True),
        ("*/x/**", "a/x/b", True),
        ("*/x/**", "a/y", False),
        ("**/x/*.csv", "a/b/c", True),
    ],
)
def test_only_folders_that_may_lead_to_files_are_looked_into(pattern: str, folder: str, leads: bool) -> None:
    assert Pattern([pattern]).may_lead(folder) is leads


@pytest.mark.parametrize(
    ("patterns", "folder", "is_flat"),
    [
        (["**"], "", False),
        (["*"], "", True),
        (["a/b/*.csv"], "a/b/", True),
        (["a/b/c.csv"], "a/b/", True),
        (["a/b/*.csv", "a/c/*.csv"], "a/", False),
        (["a/b/*.csv", "a/b/*.txt", "!a/b/c/*"], "a/b/", True),
        (["a/b/**", "!x/**"], "a/b/", False),
        (["a/**/*.csv"], "a/", False),
        (["{a,b}/c/*"], "", False),
        (["a/*/c/*"], "a/", False),
    ],
)
def test_a_store_is_asked_only_for_the_folder_that_all_lie_in(patterns: list[str], folder: str, is_flat: bool) -> None:
    assert (Pattern(patterns).folder, Pattern(patterns).is_flat) == (folder, is_flat)
