"""Options of a stream in SQL are read as Spark 4.2 reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingot.definitions.reads import parse_query
from ingot.errors import IngotError, Location
from ingot.model import Project, TableRead
from ingot.testing import run_project

PROJECT = Project(name="p", root=Path("/x"), lake=Path("/x/lake"))


def options(text: str) -> list[dict[str, str]]:
    reads = parse_query(text, PROJECT, Location("a.sql", 10)).reads.values()
    return [dict(read.options) for read in reads if isinstance(read, TableRead) and read.is_streaming]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM STREAM t WITH ('skipChangeCommits' = 'true')", {"skipchangecommits": "true"}),
        ("SELECT * FROM STREAM a.b.t WITH (readChangeFeed = TRUE)", {"readchangefeed": "true"}),
        ("SELECT * FROM STREAM `a b`.`c` WITH (a.b 'X y', c = 1.5, `d` = 2)", {"a.b": "X y", "c": "1.5"}),
        ("SELECT x.id FROM STREAM t WITH (a = 1) x WHERE x.id > 1", {"a": "1"}),
        ("SELECT x.id FROM STREAM t WITH (a = 1) AS x JOIN u ON x.id = u.id", {"a": "1"}),
        ("SELECT x.i FROM STREAM(t) WITH (a = 1) AS x(i)", {"a": "1"}),
        ("WITH s AS (SELECT * FROM STREAM(t) WITH (a = 1)) SELECT * FROM s", {"a": "1"}),
    ],
)
def test_options_arrive_with_their_keys_in_lower_case(text, expected):
    [found] = options(text)
    assert expected.items() <= found.items()


def test_each_stream_has_its_own_options():
    text = "SELECT * FROM STREAM t WITH (a = 1) UNION ALL SELECT * FROM STREAM(u) WITH (b = 2)"
    assert sorted(options(text), key=str) == [{"a": "1"}, {"b": "2"}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT * FROM STREAM t WITH ()", "syntax-error"),
        ("SELECT * FROM STREAM t WITH (a)", "syntax-error"),
        ("SELECT * FROM STREAM t WITH (a = 1,)", "syntax-error"),
        ("SELECT * FROM STREAM t WITH (a = -1)", "syntax-error"),
        ("SELECT * FROM STREAM t WITH (a => 1)", "syntax-error"),
        ("SELECT * FROM STREAM t WITH (a = 1 b = 2)", "syntax-error"),
        ("SELECT * FROM STREAM t WITH (a = 1", "syntax-error"),
        ("SELECT * FROM STREAM(t WITH (a = 1))", "unsupported-option"),
        ("SELECT * FROM t WITH (versionAsOf = 1)", "unsupported-option"),
        ("SELECT * FROM STREAM read_files('/x', format => 'csv') WITH (a = 1)", "syntax-error"),
        ("SELECT * FROM stream WITH (NOLOCK)", "syntax-error"),
    ],
)
def test_what_spark_does_not_read_is_refused_at_its_line(text, code):
    with pytest.raises(IngotError) as caught:
        options(f"\n{text}")
    assert caught.value.code == code
    assert caught.value.location is not None and caught.value.location.line in (10, 11)


SQL = """
CREATE STREAMING TABLE bronze.events AS SELECT * FROM STREAM read_files('in', format => 'json', schema => 'id INT, n INT');
CREATE STREAMING TABLE silver.current;
CREATE FLOW c AS AUTO CDC INTO silver.current FROM STREAM bronze.events KEYS (id) SEQUENCE BY n;
CREATE STREAMING TABLE gold.new AS SELECT * FROM STREAM silver.current WITH ('skipChangeCommits' = 'true');
CREATE STREAMING TABLE gold.newest;
CREATE FLOW n AS AUTO CDC INTO gold.newest FROM STREAM(silver.current) WITH (skipChangeCommits = true) KEYS (id)
SEQUENCE BY n;
"""


def test_a_stream_passes_over_changed_rows_where_sql_says_so(tmp_path):
    files = {"ingot.yml": "name: options\n", "transformations/a.sql": SQL, "in/1.json": '{"id": 1, "n": 1}\n'}
    run_project(tmp_path, files).close()
    run_project(tmp_path, {"in/2.json": '{"id": 1, "n": 2}\n'}).close()
    with run_project(tmp_path, {"in/3.json": '{"id": 2, "n": 3}\n'}) as connection:
        for table in ("gold.new", "gold.newest"):
            assert connection.sql(f"SELECT * FROM {table} ORDER BY id").fetchall() == [(1, 1), (2, 3)]
