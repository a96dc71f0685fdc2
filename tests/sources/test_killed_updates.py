"""Updates that are killed anywhere between a source's first byte and the gold table: the next one makes it whole."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingot.connection import connect
from sources.misbehaving import reply, serve
from sources.test_landing import dies_at

SETTINGS = """name: killed
sources:
  web: {{kind: http, url: '{url}/{{f}}.csv', for_each: [{{f: a}}, {{f: b}}, {{f: c}}], parallel: 1}}
  api: {{kind: rest, url: '{url}', paging: page, parallel: 1, resources: {{items: /items}}}}
  shop: {{kind: database, url: 'sqlite:shop.db', tables: {{t: {{incremental: {{cursor: id}}}}}}}}
"""
DEFINITIONS = """
CREATE STREAMING TABLE bronze.web AS
SELECT id FROM STREAM read_files('${landing}/web', format => 'csv', header => true, schema => 'id INT');
CREATE STREAMING TABLE bronze.items AS
SELECT id FROM STREAM read_files('${landing}/api/items', format => 'json', schema => 'id INT');
CREATE STREAMING TABLE bronze.rows AS SELECT id FROM STREAM read_files('${landing}/shop/t', format => 'parquet');
CREATE MATERIALIZED VIEW gold.counts AS
SELECT 'web' AS source, count(*) AS n, sum(id) AS total FROM bronze.web
UNION ALL SELECT 'items', count(*), sum(id) FROM bronze.items
UNION ALL SELECT 'rows', count(*), sum(id) FROM bronze.rows;
"""
COUNTS = [["items", 3, 6], ["rows", 5, 10], ["web", 3, 3]]
EVERY = 5  # operations; each kill costs a second


@pytest.fixture
def url() -> Iterator[str]:
    def page(handler) -> None:
        number = int(handler.path.partition("page=")[2].partition("&")[0] or 1)
        body = json.dumps([{"id": number}] if number < 4 else []).encode()
        reply(200, body, content_type="application/json")(handler)

    with serve() as web:
        web.on("/items", page)
        for number, name in enumerate("abc"):
            web.on(f"/{name}.csv", reply(200, b"id\n%d\n" % number))
        yield web.url


def project(folder: Path, url: str) -> Path:
    (folder / "transformations").mkdir(parents=True)
    (folder / "ingot.yml").write_text(SETTINGS.format(url=url))
    (folder / "transformations/all.sql").write_text(DEFINITIONS)
    with sqlite3.connect(folder / "shop.db") as database:
        database.execute("CREATE TABLE t (id INTEGER)")
        database.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(5)])
    database.close()
    return folder


def update(folder: Path) -> None:
    with connect(folder) as lake:
        outcome = lake.run()
        assert outcome.is_success, (outcome.errors, outcome.failures)
        found = lake.sql("SELECT * FROM gold.counts ORDER BY source").fetchall()
    (folder / "counts.json").write_text(json.dumps(found))


@pytest.mark.slow
def test_an_update_killed_before_any_file_operation_gives_the_same_tables(tmp_path, url):
    kills, died = 0, True
    while died:
        folder = project(tmp_path / str(kills), url)
        for operation in (1 + EVERY * kills, 0):  # this process starts no engine, for it is forked again and again
            died_now = dies_at(lambda folder=folder: update(folder), folder / "lake", operation)
            died = died_now if operation else died
        assert json.loads((folder / "counts.json").read_text()) == COUNTS, kills
        kills += died
    assert kills > 30
