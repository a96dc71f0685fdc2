"""Files whose names look like globs are read as themselves, beside the files that the globs would match."""

import gzip
from pathlib import Path
from urllib.parse import unquote

import polars
import pytest

from ingot.connection import connect

NAMES = ["report 1", "report [1]", "s*", "sa", "a?", "ab", "[[]", "x]"]
OPTIONS = {
    "csv": "format => 'csv', header => true, schema => 'id STRING'",
    "json": "format => 'json', schema => 'id STRING'",
    "text": "format => 'text'",
    "parquet": "format => 'parquet'",
    "binaryFile": "format => 'binaryFile'",
}


def write(path: Path, form: str, value: str) -> None:
    match form:
        case "csv":
            path.write_text(f"id\n{value}\n")
        case "json":
            path.write_text(f'{{"id": "{value}"}}\n')
        case "parquet":
            polars.DataFrame({"id": [value]}).write_parquet(path)
        case _:
            path.write_bytes(value.encode())


@pytest.mark.parametrize("form", OPTIONS)
def test_a_name_is_no_glob(tmp_path, form):
    files = tmp_path / "project" / "in"
    files.mkdir(parents=True)
    (files.parent / "ingot.yml").write_text("name: t\n")
    (files.parent / "transformations").mkdir()
    column = {"text": "value", "binaryFile": "CAST(content AS STRING)"}.get(form, "id")
    (files.parent / "transformations" / "t.sql").write_text(
        f"CREATE STREAMING TABLE t AS SELECT {column} AS id, _metadata.file_name AS name "
        f"FROM STREAM read_files('in', {OPTIONS[form]})"
    )
    for batch in (NAMES[::2], NAMES[1::2]):
        for name in batch:
            write(files / f"{name}.{form}", form, name)
        with connect(files.parent) as lake:
            assert lake.run().is_success
    with connect(files.parent) as lake:
        found = lake.sql("SELECT id, name FROM t").fetchall()
    assert sorted((id, unquote(name)) for id, name in found) == sorted((name, f"{name}.{form}") for name in NAMES)


@pytest.mark.parametrize("extra", ["inferSchema => true", "multiLine => true", "rescuedDataColumn => '_rescued'"])
def test_a_compressed_csv_with_such_a_name_is_read_whatever_reads_it(tmp_path, extra):
    (tmp_path / "ingot.yml").write_text("name: t\n")
    (tmp_path / "in").mkdir()
    for name in NAMES:
        (tmp_path / "in" / f"{name}.csv.gz").write_bytes(gzip.compress(f'id,n\n"{name}",1\n'.encode()))
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "t.sql").write_text(
        f"CREATE MATERIALIZED VIEW t AS SELECT id, _metadata.file_name AS name FROM read_files('in', format => 'csv', header => true, {extra})"
    )
    with connect(tmp_path) as lake:
        assert lake.run().is_success
        found = lake.sql("SELECT id, name FROM t").fetchall()
    assert sorted((id, unquote(name)) for id, name in found) == sorted((name, f"{name}.csv.gz") for name in NAMES)
