"""A path of elsewhere maps to a folder here, or says which entry is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingot.errors import ProjectError
from ingot.model import Project
from ingot.project.paths import map_path
from ingot.testing import run_project

PATHS = {
    "/Volumes/main": "/here/volumes",
    "/Volumes/main/raw/": "/here/raw",
    "dbfs:/mnt": "/here/mnt",
    "/databricks-datasets": "/here/datasets/",
    "s3://bucket": "/here/bucket",
    "abfss://c@acc.dfs.core.windows.net": "/here/azure",
}


@pytest.fixture
def project() -> Project:
    return Project(name="p", root=Path("/p"), lake=Path("/p/lake"), paths=PATHS)


@pytest.mark.parametrize(
    ("path", "mapped"),
    [
        ("data/x.csv", "/p/data/x.csv"),
        ("./data/*.csv", "/p/data/*.csv"),
        ("/abs/x.csv", "/abs/x.csv"),
        ("/mnt/disk/x.csv", "/mnt/disk/x.csv"),
        ("file:///abs/x.csv", "/abs/x.csv"),
        ("file:/abs/x.csv", "/abs/x.csv"),
        ("/Volumes/main/x", "/here/volumes/x"),
        ("/Volumes/main", "/here/volumes"),
        ("/Volumes/main/raw/a/*.csv", "/here/raw/a/*.csv"),
        ("/Volumes/main/rawest/a", "/here/volumes/rawest/a"),
        ("dbfs:/Volumes/main/x", "/here/volumes/x"),
        ("dbfs:/mnt/x", "/here/mnt/x"),
        ("/dbfs/mnt/x", "/here/mnt/x"),
        ("dbfs:/databricks-datasets/iot", "/here/datasets/iot"),
        ("/databricks-datasets/iot/", "/here/datasets/iot/"),
        ("s3://bucket/k/x.json", "/here/bucket/k/x.json"),
        ("s3a://bucket/k/x.json", "/here/bucket/k/x.json"),
        ("abfss://c@acc.dfs.core.windows.net/x", "/here/azure/x"),
    ],
)
def test_a_path_is_mapped(project, path, mapped):
    assert map_path(project, path) == mapped


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/Volumes/other/raw/x.csv", "/Volumes/other/raw"),
        ("/Volumes/mainland", "/Volumes/mainland"),
        ("dbfs:/data/a*.json", "dbfs:/data"),
        ("s3://elsewhere/in/", "s3://elsewhere/in"),
        ("gs://elsewhere/in/{a,b}.csv", "gs://elsewhere/in"),
        ("/FileStore/x.csv", "/FileStore"),
    ],
)
def test_an_unmapped_path_is_an_error_with_the_entry_to_write(project, path, entry):
    with pytest.raises(ProjectError) as error:
        map_path(project, path)
    assert error.value.code == "unmapped-path"
    assert (error.value.hint or "").startswith(f'add to ingot.yml: paths: {{"{entry}": ./data}}')
    assert ("kind: files" in (error.value.hint or "")) == path.startswith(("s3:", "gs:"))


def test_an_address_on_the_web_has_to_be_landed(project):
    with pytest.raises(ProjectError) as error:
        map_path(project, "https://example.org/a.csv")
    assert "sources" in (error.value.hint or "")


def test_the_path_of_a_delta_table_is_mapped_wherever_it_stands(tmp_path):
    made = "CREATE MATERIALIZED VIEW bronze.t AS SELECT 1 AS id"
    run_project(tmp_path / "made", {"transformations/t.sql": made})
    reads = """
        CREATE MATERIALIZED VIEW whole AS SELECT * FROM delta.`abfss://box@account/made/lake/bronze/t`;
        CREATE STREAMING TABLE new AS SELECT * FROM STREAM(delta.`abfss://box@account/made/lake/bronze/t`);
        CREATE MATERIALIZED VIEW near AS SELECT * FROM delta.`../made/lake/bronze/t`;
    """
    by_name = 'import dlt\n@dlt.table\ndef named():\n    return spark.read.table("delta.`abfss://box@account/made/lake/bronze/t`")'
    settings = 'name: p\npaths:\n  "abfss://box@account": ..\n'
    files = {"ingot.yml": settings, "transformations/t.sql": reads, "transformations/t.py": by_name}
    lake = run_project(tmp_path / "reads", files)
    for table in ("whole", "new", "near", "named"):
        assert lake.sql(f"SELECT id FROM {table}").fetchall() == [(1,)]
