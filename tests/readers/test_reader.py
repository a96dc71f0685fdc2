"""What the readers do that open Spark does not: errors with places, Auto Loader's columns, large inputs."""

from __future__ import annotations

import ast
import bz2
import codecs
import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb import reader
from ingot.engines.duckdb.readers.csv_tokens import Dialect, split_line
from ingot.engines.duckdb.readers.options import unknown_options
from ingot.errors import AnalysisError, DataError, IngotError, PlanError, SourceError, UnsupportedError
from ingot.model import FileRead
from ingot.types import StructType, parse_schema


@pytest.fixture
def connection() -> Iterator[Any]:
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def land(folder: Path, files: dict[str, bytes]) -> list[SourceFile]:
    found = []
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        state = path.stat()
        found.append(SourceFile(str(path), state.st_size, int(state.st_mtime * 1000)))
    return found


def autoload(folder: Path, format_name: str = "csv", schema: str | None = None, **options: str) -> FileRead:
    infer = options.pop("infer", "false") == "true"
    declared = parse_schema(schema) if schema else None
    options = {"header": "true", **options} if format_name == "csv" else options
    return FileRead(str(folder), format_name, options, schema=declared, infer_types=infer)


def rows(connection: Any, read: FileRead, files: list[SourceFile], columns: str = "* EXCLUDE (_metadata)") -> list[Any]:
    schema = reader.infer_schema(connection, read, files)
    sql = reader.relation(connection, FilesBinding(read, files, schema))
    return connection.execute(f"SELECT {columns} FROM ({sql})").fetchall()


def names(schema: StructType) -> list[tuple[str, str]]:
    return [(f.name, f.type.ddl) for f in schema]


# --- files ----------------------------------------------------------------------------------------------------


def test_a_file_that_vanished_is_named(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": b"x\n1\n"})
    schema = reader.infer_schema(connection, autoload(tmp_path), files)
    Path(files[0].path).unlink()
    with pytest.raises(SourceError, match=r"a\.csv has vanished") as caught:
        reader.relation(connection, FilesBinding(autoload(tmp_path), files, schema))
    assert caught.value.code == "file-vanished"


def test_a_file_that_changed_is_refused(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": b"x\n1\n"})
    Path(files[0].path).write_bytes(b"x\n1\n2\n")
    with pytest.raises(SourceError, match="has changed since it was listed"):
        reader.infer_schema(connection, autoload(tmp_path), files)


@pytest.mark.parametrize(
    ("format_name", "name", "data", "seems"),
    [
        ("csv", "a.csv", gzip.compress(b"x\n1\n", mtime=0), "gzip"),
        ("csv", "a.csv", b"<!DOCTYPE html>\n<html><body>Not found</body></html>", "an HTML page"),
        ("csv", "a.csv", b'{"id": 1, "x": "y"}\n', "JSON"),
        ("csv", "a.csv", b'[\n {"id": 1}\n]', "JSON"),
        ("csv", "a.csv", b"PAR1....", "Parquet"),
        ("csv", "a.csv", b"PK\x03\x04....", "ZIP"),
        ("json", "a.json", b"<html>", "an HTML page"),
        ("json", "a.json", bz2.compress(b"{}"), "bzip2"),
        ("parquet", "a.parquet", b"id,x\n1,2\n", "it begins with"),
        ("parquet", "a.parquet", b"", "it is empty"),
    ],
)
def test_content_of_another_kind_is_recognized(
    connection: Any, tmp_path: Path, format_name: str, name: str, data: bytes, seems: str
) -> None:
    files = land(tmp_path, {name: data})
    with pytest.raises(DataError, match=seems) as caught:
        rows(connection, autoload(tmp_path, format_name), files)
    assert caught.value.code == "wrong-content"
    assert name in caught.value.message


def test_a_file_that_was_compressed_twice_is_told_as_such(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv.gz": gzip.compress(gzip.compress(b"x\n1\n", mtime=0), mtime=0)})
    with pytest.raises(DataError, match="its content is gzip") as caught:
        rows(connection, autoload(tmp_path), files)
    assert caught.value.hint == "it was compressed twice: unpack it once"


def test_a_gzip_file_that_was_cut_off_is_an_error(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv.gz": gzip.compress(os.urandom(4000).hex().encode(), mtime=0)[:-200]})
    with pytest.raises(DataError, match=r"a\.csv\.gz is damaged or cut off"):
        rows(connection, autoload(tmp_path), files)


def test_a_parquet_file_that_was_cut_off_is_an_error(connection: Any, tmp_path: Path) -> None:
    connection.execute(f"COPY (SELECT range AS x FROM range(1000)) TO '{tmp_path}/a.parquet' (FORMAT parquet)")
    files = land(tmp_path, {"b.parquet": (tmp_path / "a.parquet").read_bytes()[:-20]})
    with pytest.raises(DataError, match=r"b\.parquet is damaged"):
        rows(connection, autoload(tmp_path, "parquet"), files)


def test_a_line_that_is_too_long_to_be_one_is_told_as_such(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.txt": b"one\n" + b"x" * 16_800_000 + b"\n"})
    with pytest.raises(
        DataError, match=r"has 16,800,00. bytes, and at most 16,777,216 are read: see the files at"
    ) as caught:
        rows(connection, autoload(tmp_path, "text"), files)
    assert caught.value.code == "line-too-long"


# --- encodings ------------------------------------------------------------------------------------------------


def test_bytes_that_are_not_utf8_are_named_with_the_likely_encoding(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": "x,y\n1,a\n2,Côte\n".encode("cp1252")})
    with pytest.raises(DataError) as caught:
        rows(connection, autoload(tmp_path), files)
    assert caught.value.code == "undecodable-bytes"
    assert "line 3: the bytes f4 74 65 0a" in caught.value.message
    assert "encoding => 'windows-1252'" in (caught.value.hint or "")


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "UTF-16LE", "cp850", "Shift_JIS", "iso-8859-15"])
def test_declared_encodings_are_decoded(connection: Any, tmp_path: Path, encoding: str) -> None:
    word = "ソース" if encoding == "Shift_JIS" else "Côte"
    python_name = "cp1252" if encoding == "windows-1252" else encoding
    files = land(tmp_path, {"a.csv": f"x,y\n1,{word}\n".encode(python_name)})
    assert rows(connection, autoload(tmp_path, encoding=encoding), files, "x, y") == [("1", word)]


def test_utf16_that_is_not_declared_is_recognized(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": codecs.BOM_UTF16_LE + "x\n1\n".encode("utf-16-le")})
    with pytest.raises(DataError) as caught:
        rows(connection, autoload(tmp_path), files)
    assert "encoding => 'utf-16'" in (caught.value.hint or "")


def test_an_unknown_encoding_is_an_error(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": b"x\n1\n"})
    with pytest.raises(DataError, match="'latin-99' is not known"):
        rows(connection, autoload(tmp_path, encoding="latin-99"), files)


# --- Auto Loader ----------------------------------------------------------------------------------------------


def test_auto_loader_reads_strings_and_adds_rescued_data(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": b"id,price\n1,1.50\n"})
    read = autoload(tmp_path)
    schema = reader.infer_schema(connection, read, files)
    assert names(schema) == [("id", "string"), ("price", "string"), ("_rescued_data", "string")]
    assert rows(connection, read, files) == [("1", "1.50", None)]


def test_auto_loader_unites_the_headers_and_matches_by_name(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": b"id,x\n1,p\n", "b.csv": b"y,id\nq,2\n"})
    found = rows(connection, autoload(tmp_path), files)
    assert sorted(found) == [("1", "p", None, None), ("2", None, "q", None)]


def test_values_that_do_not_fit_are_rescued(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": b"id,x\n1,p\nbad,q\n3,r,extra\n"})
    read = autoload(tmp_path, schema="id int, x string", rescueddatacolumn="_rescued_data")
    found = sorted(rows(connection, read, files), key=repr)
    path = f"file:{files[0].path}"
    assert found == [
        (1, "p", None),
        (3, "r", f'{{"_c2":"extra","_file_path":"{path}"}}'),
        (None, "q", f'{{"id":"bad","_file_path":"{path}"}}'),
    ]


def test_a_map_has_the_first_value_of_a_repeated_key(connection: Any, tmp_path: Path) -> None:
    """It is what Spark, which keeps both, finds by the key."""
    lines = b'{"m":{"k":1,"k":2,"n":3}}\n{"m":{"k":"x","k":2}}\n{"m":{"k":null,"k":2}}\n'
    read = autoload(tmp_path, "json", schema="m map<string, int>")
    assert rows(connection, read, land(tmp_path, {"a.json": lines})) == [({"k": 1, "n": 3},), (None,), ({"k": None},)]


def test_json_fields_without_a_column_are_rescued(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.json": b'{"id":1}\n{"id":"x","more":{"y": 1.0}}\n'})
    read = autoload(tmp_path, "json", schema="id int", rescueddatacolumn="_rescued_data")
    found = sorted(rows(connection, read, files), key=repr)
    assert found == [
        (1, None),
        (None, f'{{"id":"x","more":{{"y": 1.0}},"_file_path":"file:{files[0].path}"}}'),
    ]


def test_hints_replace_inferred_types(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv": b"id,day\n007,2024-01-31\n"})
    schema = reader.infer_schema(connection, autoload(tmp_path, schemahints="day DATE, note STRING"), files)
    assert names(schema)[:3] == [("id", "string"), ("day", "date"), ("note", "string")]


def test_partition_columns_come_from_folders(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"year=2024/m=01/a.csv": b"x\n1\n", "year=2025/m=02/a.csv": b"x\n2\n"})
    read = autoload(tmp_path, partitioncolumns="year")
    assert sorted(rows(connection, read, files)) == [("1", "2024", None), ("2", "2025", None)]


def test_new_columns_evolve_the_schema_before_the_rescued_ones(connection: Any, tmp_path: Path) -> None:
    first = land(tmp_path, {"a.csv": b"id\n1\n"})
    schema = reader.infer_schema(connection, autoload(tmp_path), first)
    second = land(tmp_path, {"b.csv": b"id,x\n2,y\n"})
    assert reader.new_columns(connection, autoload(tmp_path), first, schema) is None
    evolved = reader.new_columns(connection, autoload(tmp_path), second, schema)
    assert evolved is not None
    assert evolved.names == ["id", "x", "_rescued_data"]
    assert reader.new_columns(connection, autoload(tmp_path, schemaevolutionmode="rescue"), second, schema) is None
    with pytest.raises(PlanError, match="new columns: x"):
        reader.new_columns(connection, autoload(tmp_path, schemaevolutionmode="failOnNewColumns"), second, schema)


def test_parquet_columns_are_matched_by_name_and_the_rest_is_rescued(connection: Any, tmp_path: Path) -> None:
    connection.execute(f"COPY (SELECT 1 AS id, 'p' AS x) TO '{tmp_path}/a.parquet' (FORMAT parquet)")
    connection.execute(f"COPY (SELECT 'q' AS y, 2 AS id) TO '{tmp_path}/b.parquet' (FORMAT parquet)")
    files = land(tmp_path, {n: (tmp_path / n).read_bytes() for n in ("a.parquet", "b.parquet")})
    read = autoload(tmp_path, "parquet", schema="id bigint, x string", rescueddatacolumn="_rescued_data")
    assert sorted(rows(connection, read, files)) == [
        (1, "p", None),
        (2, None, f'{{"y":"q","_file_path":"file:{files[1].path}"}}'),
    ]


def test_parquet_of_another_type_is_refused(connection: Any, tmp_path: Path) -> None:
    connection.execute(f"COPY (SELECT 'x' AS id) TO '{tmp_path}/a.parquet' (FORMAT parquet)")
    files = land(tmp_path, {"a.parquet": (tmp_path / "a.parquet").read_bytes()})
    with pytest.raises(DataError, match=r"column id is string in .*, but int in the schema"):
        rows(connection, autoload(tmp_path, "parquet", schema="id int"), files)


# --- metadata and other formats -------------------------------------------------------------------------------


def test_metadata_tells_the_file(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a b.csv": b"x\n1\n", "c.csv": b"x\n2\n"})
    found = rows(
        connection, autoload(tmp_path), files, "x, _metadata.file_name, _metadata.file_path, _metadata.file_size"
    )
    folder = f"file:{tmp_path}"
    assert sorted(found) == [("1", "a%20b.csv", f"{folder}/a%20b.csv", 4), ("2", "c.csv", f"{folder}/c.csv", 4)]


def test_binary_files_are_rows(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a[1].bin": b"\x00\xff"})
    found = rows(connection, FileRead(str(tmp_path), "binaryFile", {}), files, "path, length, content")
    assert found == [(f"file:{tmp_path}/a[1].bin", 2, b"\x00\xff")]


def test_no_files_give_no_rows(connection: Any, tmp_path: Path) -> None:
    read = autoload(tmp_path, schema="id int, x string")
    sql = reader.relation(connection, FilesBinding(read, [], parse_schema("id int, x string")))
    assert connection.execute(f"SELECT id, x, _metadata.file_name FROM ({sql})").fetchall() == []
    with pytest.raises(AnalysisError, match="no files at"):
        reader.infer_schema(connection, autoload(tmp_path), [])


def test_files_that_stand_in_folders_below_are_named_where_none_is_found(connection: Any, tmp_path: Path) -> None:
    for run in ("1", "2"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "part.csv").write_text("id\n1\n")
        os.utime(tmp_path / run / "part.csv", (1_700_000_000 + int(run),) * 2)
    for read, hint in (
        (FileRead(str(tmp_path), "csv", {}), f"the newest in {tmp_path}/2: the option recursiveFileLookup"),
        (FileRead(str(tmp_path), "csv", {"pathglobfilter": "*.json"}), "declare a schema, or land a file first"),
    ):
        with pytest.raises(AnalysisError) as raised:
            reader.infer_schema(connection, read, [])
        assert hint in str(raised.value.hint)


# --- options --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"mode": "STRICT"}, AnalysisError),
        ({"header": "yes"}, AnalysisError),
        ({"quote": "ab"}, AnalysisError),
        ({"sep": ""}, AnalysisError),
        ({"timezone": "Europe/Paris"}, UnsupportedError),
        ({"locale": "de-DE"}, UnsupportedError),
        ({"ignorecorruptfiles": "true"}, UnsupportedError),
        ({"unescapedquotehandling": "SKIP_VALUE"}, UnsupportedError),
        ({"singlevariantcolumn": "v"}, UnsupportedError),
    ],
)
def test_options_that_cannot_be_honoured_are_refused(
    connection: Any, tmp_path: Path, options: dict[str, str], error: type[IngotError]
) -> None:
    files = land(tmp_path, {"a.csv": b"x\n1\n"})
    with pytest.raises(error):
        rows(connection, autoload(tmp_path, **options), files)


@pytest.mark.parametrize("separator", ["||", "~|~"])
def test_clean_quotes_and_wide_separators_are_read(connection: Any, tmp_path: Path, separator: str) -> None:
    text = f'a{separator}b\n"x{separator}y"{separator}1\n""{separator}"z"\n'
    files = land(tmp_path, {"a.csv": text.encode()})
    assert rows(connection, autoload(tmp_path, sep=separator), files, "a, b") == [(f"x{separator}y", "1"), (None, "z")]


@pytest.mark.parametrize(
    "options",
    [
        {"nullvalue": "-"},
        {"emptyvalue": "-"},
        {"ignoretrailingwhitespace": "true"},
        {"multiline": "true", "nullvalue": "-"},
    ],
)
def test_quotes_that_spark_reads_by_the_lines_before_them_are_refused(
    connection: Any, tmp_path: Path, options: dict[str, str]
) -> None:
    files = land(tmp_path, {"a.csv": b'a||b\n1||2\n"x"||3\n'})
    with pytest.raises(DataError, match=r"a\.csv") as caught:
        rows(connection, autoload(tmp_path, sep="||", **options), files)
    assert caught.value.code == "unclear-quotes"


def test_a_separator_that_repeats_itself_is_found_where_spark_finds_it() -> None:
    """Spark's parser looks back by one character only; this was recorded from PySpark 4.3."""
    assert split_line("x|||#y", Dialect(separator="||#")) == ["x|||#y"]
    assert split_line("x||#y", Dialect(separator="||#")) == ["x", "y"]


def test_a_file_outside_of_the_folders_of_the_others_is_refused(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"p=1/a.csv": b"x\n1\n", "b.csv": b"x\n2\n"})
    read = replace(autoload(tmp_path), is_autoloader=False)
    with pytest.raises(DataError, match=r"b\.csv") as caught:
        reader.infer_schema(connection, read, files)
    assert caught.value.code == "conflicting-folders"


def test_a_column_of_the_file_that_a_folder_replaces_keeps_its_place(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a=7/f.csv": b"a,b\n1,x\n"})
    read = replace(autoload(tmp_path), is_autoloader=False)
    assert rows(connection, read, files) == [(7, "x")]


def test_a_folder_that_is_no_value_of_its_column_is_named(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"p=x/a.csv": b"x\n1\n"})
    with pytest.raises(DataError, match="p=x") as caught:
        rows(connection, autoload(tmp_path, schema="x string, p int"), files)
    assert caught.value.code == "invalid-partition"


def test_options_without_effect_are_told(tmp_path: Path) -> None:
    notes = reader.option_notes(autoload(tmp_path, headr="true", samplingratio="0.1"))
    assert notes == [
        "option 'headr' is not known to the csv reader and is ignored; did you mean 'header'?",
        "option 'samplingratio' has no effect here: all records are looked at",
    ]


def test_a_plain_csv_read_loads_no_more_than_it_needs() -> None:
    code = (
        "import sys, ingot.engines.duckdb.reader, ingot.engines.duckdb.readers.csv;"
        "print([n for n in sys.modules if n.startswith('ingot.engines.duckdb.readers.')])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    found = {name.rpartition(".")[2] for name in ast.literal_eval(loaded)}
    expected = "casts columns csv csv_format csv_tokens damage files options spool spooled"
    assert found == set(expected.split())


def test_unknown_options_are_told(tmp_path: Path) -> None:
    assert unknown_options(autoload(tmp_path, sperator=";", nullvalue="x")) == [("sperator", None)]


@pytest.mark.parametrize("format_name", ["avro", "xml", "orc"])
def test_formats_that_are_not_read_are_refused(connection: Any, tmp_path: Path, format_name: str) -> None:
    with pytest.raises(UnsupportedError, match=f"files of format '{format_name}'"):
        reader.infer_schema(connection, FileRead(str(tmp_path), format_name, {}), [])


# --- large inputs ---------------------------------------------------------------------------------------------


def test_a_large_input_is_scanned_and_recovers_where_the_scan_stops(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan is not tried beforehand, so that the query itself meets the value."""
    monkeypatch.setattr(reader, "_CHECKED_BYTES_MAX", 0)
    files = land(tmp_path, {"a.csv": b"id,x\n1,p\n", "b.csv": b"id,x\nbad,q\n"})
    read = autoload(tmp_path, schema="id int, x string", rescueddatacolumn="_rescued_data")
    schema = reader.infer_schema(connection, read, files)
    binding = FilesBinding(read, files, schema)
    with pytest.raises(duckdb.Error) as caught:
        connection.execute(f"SELECT * FROM ({reader.relation(connection, binding)})").fetchall()
    assert reader.recover(connection, binding, caught.value)
    sql = reader.relation(connection, binding)
    assert sorted(connection.execute(f"SELECT id, x FROM ({sql})").fetchall(), key=repr) == [(1, "p"), (None, "q")]
    assert not reader.recover(connection, binding, duckdb.Error("something else"))


@pytest.mark.parametrize("infer", ["true", "false"])
def test_large_json_is_scanned_by_duckdb_with_the_same_rows(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, infer: str
) -> None:
    line = b'{"a":1,"b":"x","c":1.10,"d":true,"e":null,"f":{"g":[1,2]}}\n{"a":2,"c":2.5}\n'
    files = land(tmp_path, {"a.json": line})
    read = autoload(tmp_path, "json", infer=infer)
    slow_schema = reader.infer_schema(connection, read, files)
    slow = rows(connection, read, files)
    reader.release(connection)
    from ingot.engines.duckdb.readers import json as json_reader
    from ingot.engines.duckdb.readers import json_scan

    monkeypatch.setattr(json_scan, "_SCANNED_BYTES_MIN", 0)
    monkeypatch.setattr(json_reader, "_SURVEYED_BYTES_MIN", 0)
    assert reader.infer_schema(connection, read, files) == slow_schema
    assert rows(connection, read, files) == slow


def test_types_of_large_csv_are_surveyed_by_duckdb(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingot.engines.duckdb.readers import csv as csv_reader

    data = b"a,b,c,d,e,f,g\n1,1.5,2024-01-31,2024-01-31 10:00:00,true,x 1,99999999999\n+2,3,,,,,\n"
    files = land(tmp_path, {"a.csv": data})
    read = autoload(tmp_path, infer="true")
    slow = reader.infer_schema(connection, read, files)
    monkeypatch.setattr(csv_reader, "_SURVEYED_BYTES_MIN", 0)
    assert reader.infer_schema(connection, read, files) == slow
    assert [t for _, t in names(slow)[:7]] == ["int", "double", "date", "timestamp", "boolean", "string", "bigint"]


def test_zstandard_files_are_read(connection: Any, tmp_path: Path) -> None:
    target = tmp_path / "a.csv.zst"
    connection.execute(f"COPY (SELECT 1 AS id, 'x, y' AS x) TO '{target}' (FORMAT csv, HEADER, COMPRESSION zstd)")
    files = land(tmp_path, {"a.csv.zst": target.read_bytes()})
    assert rows(connection, autoload(tmp_path), files) == [("1", "x, y", None)]


def test_a_broken_zstandard_file_is_an_error(connection: Any, tmp_path: Path) -> None:
    files = land(tmp_path, {"a.csv.zst": b"\x28\xb5\x2f\xfd broken"})
    with pytest.raises(DataError, match="is damaged or cut off"):
        rows(connection, autoload(tmp_path), files)


@pytest.mark.parametrize("odd", ['{"a":2,}', '{"a":2,"b":[1, ]}', '{"a":2,"b":nan}', '{"a":2,"b":INF}'])
def test_a_scan_of_large_json_takes_nothing_for_json_that_spark_does_not(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    from ingot.engines.duckdb.readers import json_scan

    monkeypatch.setattr(json_scan, "_SCANNED_BYTES_MIN", 0)
    files = land(tmp_path, {"a.json": f'{{"a":1}}\n{odd}\n{{"a":3}}\n'.encode()})
    read = autoload(tmp_path, "json", schema="a int")
    assert sorted(rows(connection, read, files), key=repr) == [(1,), (3,), (None,)]


def test_a_scan_of_large_json_recovers_from_a_broken_line(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingot.engines.duckdb.readers import json_scan

    monkeypatch.setattr(json_scan, "_SCANNED_BYTES_MIN", 0)
    files = land(tmp_path, {"a.json": b'{"a":1}\n{"a":\n{"a":3}\n'})
    read = autoload(tmp_path, "json", schema="a int")
    assert sorted(rows(connection, read, files), key=repr) == [(1,), (3,), (None,)]
