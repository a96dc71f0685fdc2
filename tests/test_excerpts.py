"""The line that an error shows, and its mark."""

from pathlib import Path

import pytest

from ingot.errors import IngotError, Location
from ingot.excerpts import excerpt


def shown(folder: Path, text: str, message: str, line: int = 1, column: int | None = None, name: str = "a.sql"):
    (folder / name).write_text(text)
    return excerpt(IngotError(message, location=Location(name, line, column)), folder)


def test_the_name_in_the_message_is_marked(tmp_path):
    assert shown(tmp_path, "SELECT a,\n  bb FROM t\n", "column 'bb' does not exist", 2) == [
        "  2 │   bb FROM t",
        "    │   ^^",
    ]


def test_of_several_the_one_nearest_to_the_column_is_marked(tmp_path):
    assert shown(tmp_path, "SELECT a, b, a FROM t", "column 'a' is ambiguous", 1, 14)[1] == "    │              ^"


@pytest.mark.parametrize(
    ("text", "column", "marked"),
    [
        ("SELECT k FROM t; SELECT 1, j AS k FROM u", 18, 32),  # the k of the first statement is nearer
        ("SELECT k FROM t; SELECT * FROM u", 18, None),
        ("SELECT k FROM t; SELECT * FROM u", 1, 7),
        ("SELECT ';', ';', ';' AS k FROM t -- ;", 36, 24),
        ("SELECT k FROM t;", 40, 7),  # a column beyond the line says nothing
    ],
)
def test_the_name_is_looked_for_in_the_statement_of_the_column(tmp_path, text, column, marked):
    lines = shown(tmp_path, text, "the result has two columns named 'k'", 1, column)[1:]
    assert lines == ([] if marked is None else [f"    │ {' ' * marked}^"])


def test_a_name_is_marked_as_a_whole_word_without_its_table(tmp_path):
    assert shown(tmp_path, "SELECT amounts, amount FROM t", "column 't.amount' does not exist")[1].index("^") == 22


def test_a_line_without_the_name_is_shown_without_a_mark(tmp_path):
    assert shown(tmp_path, "SELECT 1", "it reads no stream") == ["  1 │ SELECT 1"]


def test_wide_characters_and_tabs_keep_the_mark_in_place(tmp_path):
    assert shown(tmp_path, "\t-- 東京 a", "column 'a'")[1] == "    │ \t        ^"


def test_a_long_line_is_cut_around_the_mark(tmp_path):
    line, mark = shown(tmp_path, "SELECT " + "x, " * 100 + "amuont" + ", y" * 100, "column 'amuont'")
    at = mark.index("^")
    assert len(line) < 130 and line[at : at + 6] == "amuont"
    assert line.split("│ ")[1][0] == line[-1] == "…"


def test_a_long_line_without_the_name_is_cut_around_the_statement(tmp_path):
    text = "SELECT 1 AS k; " * 20 + "SELECT * FROM here"
    [line] = shown(tmp_path, text, "the result has two columns named 'k'", 1, 302)
    assert line.endswith("SELECT * FROM here")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yml", "headers: {Authorization: Bearer abc}"), ("a.yml", "  api_key: abc"), ("a.csv", "1,Ada"), ("a.sql", ""),
    ],
)  # fmt: skip
def test_secrets_data_and_empty_lines_are_not_shown(tmp_path, name, text):
    assert shown(tmp_path, text, "something is wrong", name=name) == []


def test_a_file_that_is_gone_or_no_text_shows_nothing(tmp_path):
    assert excerpt(IngotError("x", location=Location("gone.sql", 1)), tmp_path) == []
    (tmp_path / "a.sql").write_bytes(b"\xff\xfe")
    assert excerpt(IngotError("x", location=Location("a.sql", 1)), tmp_path) == []
    assert excerpt(IngotError("x"), tmp_path) == []


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path):
    assert shown(tmp_path, "SELECT \x1b[31m1", "x") == ["  1 │ SELECT �[31m1"]
