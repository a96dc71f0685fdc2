"""`landing.files` has a row for each file that was landed, also before anything was."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingot.connection import connect
from ingot.lake.landing import Landing


def land(lake: Path, target: str, **facts: object) -> None:
    with Landing(lake).open("shop") as files:
        partial = files.partial()
        partial.write(target.encode())
        files.land(partial, target, url="https://example.org/orders", now=datetime(2026, 1, 2, tzinfo=UTC), **facts)


def test_there_are_no_rows_before_anything_was_landed(tmp_path):
    (tmp_path / "ingot.yml").write_text("name: shop\n")
    with connect(tmp_path) as lake:
        assert lake.sql("SELECT * FROM landing.files").fetchall() == []


def test_each_file_is_a_row_with_where_it_came_from(tmp_path):
    (tmp_path / "ingot.yml").write_text("name: shop\n")
    land(tmp_path / "lake", "a.csv", etag='"1"')
    land(tmp_path / "lake", "2.json", resource="orders", run="r", page=2, cursor={"id": 7}, resume={"page": 3})
    with connect(tmp_path) as lake:
        text = "SELECT source, resource, bytes, etag, page, cursor, is_complete FROM landing.files ORDER BY landed_at, bytes"
        assert lake.sql(text).fetchall() == [
            ("shop", None, 5, '"1"', None, None, True),
            ("shop", "orders", 6, None, 2, '{"id": 7}', False),
        ]
        [(path,)] = lake.sql("SELECT path FROM landing.files WHERE page = 2").fetchall()
        assert Path(path).read_text() == "2.json"


@pytest.mark.parametrize("kind", ["MATERIALIZED VIEW", "STREAMING TABLE"])
def test_no_dataset_takes_its_name(tmp_path, kind):
    rows = "STREAM read_files('in', format => 'text')" if kind == "STREAMING TABLE" else "VALUES (1) AS t(mine)"
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("one\n")
    (tmp_path / "a.sql").write_text(f"CREATE {kind} Landing.Files AS SELECT * FROM {rows}")
    with connect(tmp_path) as lake:
        [error] = lake.run().failures.values()
    assert error.code == "invalid-name"
    assert "the files that sources have landed" in error.message
    assert error.location.path.endswith("a.sql")


def test_the_command_ends_without_a_complaint(tmp_path):
    (tmp_path / "ingot.yml").write_text("name: shop\n")
    land(tmp_path / "lake", "a.csv")
    command = [sys.executable, "-m", "ingot.cli", "-C", str(tmp_path), "query", "SELECT source FROM landing.files"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "shop" in done.stdout
