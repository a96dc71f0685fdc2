"""Flows that read one folder more than once, or by another path than before: each file once, in its place and columns."""

from pathlib import Path

import pytest

from ingot.connection import connect
from ingot.errors import IngotError
from ingot.testing import run_project
from orders import rows

INFERRED = "format => 'csv', header => true"
DECLARED = f"{INFERRED}, schema => 'id INT, v STRING'"


def reading(path: str, options: str = DECLARED, what: str = "id, v") -> str:
    return f"SELECT {what} FROM STREAM read_files('{path}', {options})"


def updated(folder: Path, query: str, files: dict[str, str] | None = None, rule: str = "") -> list[tuple]:
    definition = f"CREATE STREAMING TABLE silver.t {rule} AS {query}"
    lake = run_project(folder, {"transformations/t.sql": definition, **(files or {})})
    return rows(lake, "SELECT * FROM silver.t ORDER BY ALL")


def test_each_read_of_a_folder_has_columns_of_its_own(tmp_path):
    numbers = reading("in", f"{INFERRED}, pathGlobFilter => '*.csv'", "id, CAST(v AS STRING) AS v")
    words = reading("in", "format => 'json', pathGlobFilter => '*.json'", "id, w")
    files = {"in/a.csv": "id,v\n1,10\n", "in/b.json": '{"id": 2, "w": "x1"}'}
    assert updated(tmp_path, f"{numbers} UNION ALL {words}", files) == [(1, "10"), (2, "x1")]
    more = {"in/c.csv": "id,v\n3,30\n", "in/d.json": '{"id": 4, "w": "x2"}'}
    assert updated(tmp_path, f"{numbers} UNION ALL {words}", more)[2:] == [(3, "30"), (4, "x2")]


@pytest.mark.parametrize("path", ["in/*.csv", "./in", "in/"])
def test_a_path_that_is_spelled_otherwise_keeps_its_inferred_columns(tmp_path, path):
    query = reading("in", INFERRED, "id, CAST(v AS STRING) AS v")
    updated(tmp_path, query, {"in/a.csv": "id,v\n1,AB1\n"})
    (tmp_path / "in/a.csv").unlink()  # what told that v is text is gone
    respelled = reading(path, INFERRED, "id, CAST(v AS STRING) AS v")
    assert updated(tmp_path, respelled, {"in/b.csv": "id,v\n2,01234\n"}) == [(1, "AB1"), (2, "01234")]


def test_other_options_keep_the_inferred_columns(tmp_path):
    updated(tmp_path, reading("in", INFERRED), {"in/a.csv": "id,v\n1,10\n"})
    query = reading("in", f"{INFERRED}, maxFilesPerTrigger => 1")
    assert updated(tmp_path, query, {"in/b.csv": "id,v\n2,n/a\n"}) == [(1, 10), (2, None)]


@pytest.mark.parametrize("options", [DECLARED, INFERRED])
def test_reads_of_a_folder_by_different_filters_may_change_places(tmp_path, options):
    first, second = (reading("in", f"{options}, pathGlobFilter => '{letter}*'") for letter in "ab")
    files = {"in/a1.csv": "id,v\n1,a\n", "in/b1.csv": "id,v\n2,b\n"}
    assert updated(tmp_path, f"{first} UNION ALL {second}", files) == [(1, "a"), (2, "b")]
    more = {"in/a2.csv": "id,v\n3,c\n", "in/b2.csv": "id,v\n4,d\n"}
    assert updated(tmp_path, f"{second} UNION ALL {first}", more) == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


def test_a_read_that_is_divided_by_filters_and_put_together_again_goes_on(tmp_path):
    parts = [reading("in", f"{DECLARED}, pathGlobFilter => '{letter}*'") for letter in "ab"]
    known = [(1, "a"), (2, "b")]
    assert updated(tmp_path, reading("in"), {"in/a1.csv": "id,v\n1,a\n", "in/b1.csv": "id,v\n2,b\n"}) == known
    known += [(3, "c")]
    assert updated(tmp_path, " UNION ALL ".join(parts), {"in/b2.csv": "id,v\n3,c\n"}) == known
    known += [(4, "d"), (5, "e")]
    more = {"in/a2.csv": "id,v\n4,d\n", "in/c.csv": "id,v\n5,e\n"}
    assert updated(tmp_path, reading("in"), more) == known


def test_files_of_a_path_that_is_gone_are_still_to_be_read_by_a_stream_that_was_there(tmp_path):
    whole = reading("in", f"{DECLARED}, maxFilesPerTrigger => 1")
    rule = "(CONSTRAINT c EXPECT (v <> '{0}') ON VIOLATION FAIL UPDATE)"
    files = {f"in/x/{n}.csv": f"id,v\n{n},{letter}\n" for n, letter in enumerate("abc")}
    below = "UNION ALL SELECT -id, 'x' FROM STREAM read_files('{0}', " + DECLARED + ")"
    with pytest.raises(IngotError):
        updated(tmp_path, f"{whole} {below.format('in/x')}", files, rule.format("b"))
    assert len(rows(connect(tmp_path), "SELECT * FROM silver.t")) == 4  # one file of the whole, and all below
    found = updated(tmp_path, f"{whole} {below.format('in/x/*')}", rule=rule.format("none"))
    assert found == [(-2, "x"), (-1, "x"), (0, "a"), (0, "x"), (1, "b"), (2, "c")]
