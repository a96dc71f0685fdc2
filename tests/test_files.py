import os
from pathlib import Path

import pytest

from ingot.engine import SourceFile
from ingot.errors import SourceError
from ingot.files import base_folder, list_files, would_list
from ingot.model import FileRead


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(
        [
            "b.csv",
            "a.csv",
            "_hidden.csv",
            ".dot.csv",
            "deep/c.csv",
            "day=1/d.csv",
            "day=1/_tmp/e.csv",
            "x[1].csv",
            "n.json",
        ]
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    return tmp_path


def names(path: Path | str, *, autoloader: bool = True, **options: str) -> list[str]:
    read = FileRead(str(path), "csv", options, is_autoloader=autoloader)
    return [Path(file.path).name for file in list_files(read)]


def test_files_come_oldest_first_and_hidden_ones_not_at_all(folder):
    assert names(folder) == ["b.csv", "a.csv", "c.csv", "d.csv", "x[1].csv", "n.json"]


def test_a_plain_reader_takes_folders_below_only_as_partitions(folder):
    assert names(folder, autoloader=False) == ["b.csv", "a.csv", "d.csv", "x[1].csv", "n.json"]
    assert "c.csv" in names(folder, autoloader=False, recursivefilelookup="true")


def test_globs_match_components(folder):
    assert names(f"{folder}/*.csv") == ["b.csv", "a.csv", "x[1].csv"]
    assert names(f"{folder}/[ab].csv") == ["b.csv", "a.csv"]
    assert names(f"{folder}/{{a,n}}.*") == ["a.csv", "n.json"]
    assert names(f"{folder}/d*/*.csv") == ["c.csv", "d.csv"]
    assert names(f"{folder}/?.csv") == ["b.csv", "a.csv"]


def test_name_filters_and_instants(folder):
    assert names(folder, pathglobfilter="*.json") == ["n.json"]
    assert names(folder, modifiedafter="2023-11-14T22:13:27") == ["n.json"]


def test_a_path_that_does_not_exist_is_an_error_but_a_glob_without_matches_is_not(folder):
    with pytest.raises(SourceError) as raised:
        names(folder / "nope")
    assert raised.value.code == "missing-path"
    assert names(f"{folder}/*.parquet") == []


def test_of_a_source_that_has_not_landed_the_error_says_how_it_lands(folder):
    with pytest.raises(SourceError) as raised:
        names(folder / "lake" / "_landing" / "shop" / "products")
    assert raised.value.hint == "nothing of it has landed yet: ingot land shop"


def test_the_base_of_a_glob_is_its_fixed_part():
    assert base_folder("/data/2024-*/x.csv") == "/data"
    assert base_folder("/data/x.csv") == "/data/x.csv"


@pytest.mark.parametrize("options", [{}, {"pathglobfilter": "*.csv"}, {"modifiedafter": "2023-11-14T22:13:22"}])
@pytest.mark.parametrize("autoloader", [True, False])
@pytest.mark.parametrize(
    "pattern",
    ["", "/", "/*", "/*.csv", "/d*", "/d*/", "/deep", "/day=1", "/*/*", "/*/*.csv", "/a.csv", "/_hidden.csv", "/day=1/_tmp",
     "/{a,b}.csv", "/{deep,day=1}/*", "/x[[]1].csv", "/n.?son", "/*/*/*", "/deep/c.csv", "//deep"],
)  # fmt: skip
def test_what_a_read_would_list_is_what_it_lists(folder, pattern, autoloader, options):
    read = FileRead(f"{folder}{pattern}", "csv", options, is_autoloader=autoloader)
    every = [
        SourceFile(str(p), p.stat().st_size, p.stat().st_mtime_ns // 1_000_000)
        for p in folder.rglob("*")
        if p.is_file()
    ]
    assert {f.path for f in every if would_list(read, f)} == {os.path.normpath(f.path) for f in list_files(read)}
