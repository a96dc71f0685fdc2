"""parse_url of whatever java.net.URI reads, relative and opaque ones too, as Spark 4.3 answered."""

from __future__ import annotations

from pathlib import Path

import pytest

import ingot
from ingot.errors import IngotError

PARTS = ("PROTOCOL", "HOST", "PATH", "QUERY", "REF", "FILE", "AUTHORITY", "USERINFO")
READ = {
    "": [None, None, "", None, None, "", None, None],
    "/relative/path": [None, None, "/relative/path", None, None, "/relative/path", None, None],
    "/p?x=1#f": [None, None, "/p", "x=1", "f", "/p?x=1", None, None],
    "a/b": [None, None, "a/b", None, None, "a/b", None, None],
    "?q=1": [None, None, "", "q=1", None, "?q=1", None, None],
    "#frag": [None, None, "", None, "frag", "", None, None],
    "//host/p": [None, "host", "/p", None, None, "/p", "host", None],
    "mailto:a@b.c": ["mailto", None, None, None, None, None, None, None],
    "file:///x/y": ["file", None, "/x/y", None, None, "/x/y", None, None],
    "http://h": ["http", "h", "", None, None, "", "h", None],
    "http://h?x=1&x=2": ["http", "h", "", "x=1&x=2", None, "?x=1&x=2", "h", None],
    "http://u:p@h:80/p/a.b;c?k=%20v#r": ["http", "h", "/p/a.b;c", "k=%20v", "r", "/p/a.b;c?k=%20v", "u:p@h:80", "u:p"],
    "http:/h/p": ["http", None, "/h/p", None, None, "/h/p", None, None],
    "HTTP://UPPER.com/A": ["HTTP", "UPPER.com", "/A", None, None, "/A", "UPPER.com", None],
    "a:b/c": ["a", None, None, None, None, None, None, None],
    "/a:b": [None, None, "/a:b", None, None, "/a:b", None, None],
    "http://h:port/x": ["http", None, "/x", None, None, "/x", "h:port", None],
}
NOT_READ = ("a b", "http://h/[x]", "http://", "x{y}", "%zz")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("urls")
    (folder / "a.sql").write_text("-- nothing")
    with ingot.connect(folder) as connection:
        yield connection


@pytest.mark.parametrize("url", READ)
def test_the_parts_of_a_url_are_those_of_java(url: str, lake: ingot.Connection):
    calls = ", ".join(f"parse_url('{url}', '{part}') AS {part}" for part in PARTS)
    assert list(lake.sql(f"SELECT {calls}").fetchall()[0]) == READ[url]


@pytest.mark.parametrize("url", NOT_READ)
def test_what_java_cannot_read_is_an_error_or_null(url: str, lake: ingot.Connection):
    assert lake.sql(f"SELECT try_parse_url('{url}', 'PATH')").fetchall() == [(None,)]
    with pytest.raises(IngotError, match="INVALID_URL"):
        lake.sql(f"SELECT parse_url('{url}', 'PATH')").fetchall()


def test_the_first_of_equal_keys_of_a_query_counts(lake: ingot.Connection):
    sql = "SELECT parse_url('http://h?x=1&x=2', 'QUERY', 'x') a, parse_url('http://h?y=1&x=2', 'QUERY', 'x') b"
    assert lake.sql(sql).fetchall() == [("1", "2")]
