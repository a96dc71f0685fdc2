"""From a bucket and a folder to tables, by the command, twice."""

from __future__ import annotations

from pathlib import Path

import pytest

import forked
from ingot.errors import IngotError
from ingot.testing import run_project
from sources.files.conftest import LONG_AGO, Drops, Remote

SETTINGS = """
name: shop
sources:
  orders:
    kind: files
    url: {url}orders/
    pattern: "**/*.csv"
    storage:
      endpoint: {endpoint}
      region: eu-central-1
      access_key_id: ${{secret:s3-id}}
      secret_access_key: ${{secret:s3-key}}
"""
TABLES = """
CREATE STREAMING TABLE bronze.orders AS SELECT id FROM STREAM read_files('${landing}/orders', format => 'csv', header => true, schema => 'id INT');
CREATE MATERIALIZED VIEW gold.counts AS SELECT count(*) AS n, sum(id) AS total FROM bronze.orders;
"""
SECRET = "the-key-that-nobody-sees"


def ingot(folder: Path, *arguments: str) -> str:
    environment = {"INGOT_SECRET_S3_ID": "AKIA", "INGOT_SECRET_S3_KEY": SECRET}
    done = forked.ingot(folder, *arguments, environment=environment)
    return done.stdout + done.stderr


def test_what_lands_from_s3_feeds_a_streaming_table_and_a_second_run_lands_what_is_new(
    tmp_path: Path, s3: Remote
) -> None:
    (tmp_path / "ingot.yml").write_text(SETTINGS.format(url=s3.url, endpoint=s3.storage["endpoint"]))
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "shop.sql").write_text(TABLES)
    s3.put("orders/2024/01/a.csv", b"id\n1\n2\n")
    s3.put("orders/2024/02/a.csv", b"id\n3\n")
    shown = ingot(tmp_path, "run")
    assert "2 landed, 0 unchanged" in shown
    s3.put("orders/2024/03/a.csv", b"id\n4\n")
    shown += ingot(tmp_path, "run")
    assert "1 landed, 2 unchanged" in shown
    shown += ingot(tmp_path, "run")
    assert "0 landed, 3 unchanged" in shown
    assert ingot(tmp_path, "query", "SELECT n, total FROM gold.counts", "--format", "csv").split() == [
        "n,total",
        "4,10",
    ]
    shown += ingot(tmp_path, "query", "SELECT resource, path, url FROM landing.files ORDER BY path")
    assert "2024/03" in shown
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET not in shown
    assert SECRET.encode() not in written


def test_a_note_tells_what_was_not_landed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "ingot.yml").write_text("name: shop\nsources: {drops: {kind: files, url: ./in, pattern: '*.csv'}}\n")
    shown = ingot(tmp_path, "land")
    assert "note: drops: there is no file in ./in/ that fits *.csv" in shown


def test_definitions_that_read_a_bucket_read_what_is_landed_of_it(tmp_path: Path, s3: Remote) -> None:
    settings = SETTINGS.format(url=s3.url, endpoint=s3.storage["endpoint"])
    (tmp_path / "ingot.yml").write_text(f'{settings}\npaths: {{"{s3.url}orders": "${{landing}}/orders"}}\n')
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "shop.py").write_text(
        "import dlt\n\n@dlt.table\ndef t():\n"
        "    reader = spark.readStream.format('cloudFiles').option('cloudFiles.format', 'csv').option('header', 'true')\n"
        f"    return reader.load('{s3.url}orders/2024/')\n"
    )
    s3.put("orders/2024/01/a.csv", b"id\n1\n")
    s3.put("orders/2023/01/a.csv", b"id\n2\n")
    assert "2 landed" in ingot(tmp_path, "run")
    s3.put("orders/2024/02/a.csv", b"id\n3\n")
    assert "1 landed" in ingot(tmp_path, "run")
    shown = ingot(tmp_path, "query", "SELECT CAST(id AS INT) AS id FROM t ORDER BY id", "--format", "csv")
    assert shown.split() == ["id", "1", "3"]


def test_a_local_folder_may_be_read_in_place_instead(drops: Drops) -> None:
    drops.put("a.csv", b"id\n1\n")
    table = "CREATE STREAMING TABLE t AS SELECT id FROM STREAM read_files('./in', format => 'csv', header => true)"
    run_project(drops.folder, {"ingot.yml": "name: shop\n", "transformations/a.sql": table}).close()
    drops.put("b.csv", b"id\n2\n", LONG_AGO + 1)
    with run_project(drops.folder) as lake:
        assert lake.sql("SELECT id FROM t ORDER BY id").fetchall() == [(1,), (2,)]


@pytest.mark.parametrize("url", ["s3://b/orders", "abfss://c@a.dfs.core.windows.net/x/*.csv", "gs://b/x"])
def test_a_remote_folder_is_not_read_in_place_and_the_hint_says_how_to_land_it(tmp_path: Path, url: str) -> None:
    table = f"CREATE STREAMING TABLE t AS SELECT * FROM STREAM read_files('{url}', format => 'csv')"
    with pytest.raises(IngotError, match="is not on this machine") as caught:
        run_project(tmp_path, {"ingot.yml": "name: shop\n", "transformations/a.sql": table})
    assert caught.value.code == "unmapped-path"
    assert "kind: files" in (caught.value.hint or "")
