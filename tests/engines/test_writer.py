"""What is in the files: types, names, partitions, NOT NULL; and what is left when a write does not end."""

from __future__ import annotations

import datetime
import decimal
import json
import os
import signal
from pathlib import Path

import polars
import pyarrow as pa
import pyarrow.parquet
import pytest

from engines.conftest import bound, files_below, read_back, target
from ingot.engine import SnapshotBinding
from ingot.engines.duckdb.engine import Engine
from ingot.errors import DataError, LakeError
from ingot.types import Field, parse_schema, parse_type, struct

EVERY_TYPE = """b boolean, ti tinyint, si smallint, i int, l bigint, f float, d double, dec decimal(38,9),
    sd decimal(5,2),
    s string, bin binary, day date, ts timestamp, ntz timestamp_ntz, arr array<struct<a: int, b: string>>,
    m map<string, decimal(10,2)>, st struct<x: struct<y: timestamp>, `odd name`: bigint>, nothing int"""
EVERY_VALUE = """SELECT true AS b, (-128)::TINYINT AS ti, 32767::SMALLINT AS si, 5 AS i, (-9223372036854775808)::BIGINT AS l,
    1.5::FLOAT AS f, 1e300 AS d,
    12345678901234567890123456789.123456789::DECIMAL(38,9) AS dec, -1.25 AS sd, 'é''"' AS s,
    '\\xFF\\x00'::BLOB AS bin, DATE '1969-12-31' AS day, TIMESTAMPTZ '2024-01-01 10:00:00.123456+02' AS ts,
    TIMESTAMP '1600-02-29 23:59:59.999999' AS ntz, [{'a': 1, 'b': NULL}, NULL] AS arr, map {'k': 1.10} AS m,
    {'x': {'y': TIMESTAMPTZ '2024-01-01 00:00:00+00'}, 'odd name': 3} AS st, NULL AS nothing"""


def test_every_type_is_read_back_by_pyarrow_and_polars(engine: Engine, root: Path):
    result = engine.write(bound(EVERY_VALUE, EVERY_TYPE), target(root, EVERY_TYPE))
    (file,) = result.files
    table = pa.parquet.read_table(root / file.path)
    assert {f.name: str(f.type) for f in table.schema} == {
        "b": "bool", "ti": "int8", "si": "int16", "i": "int32", "l": "int64", "f": "float", "d": "double",
        "dec": "decimal128(38, 9)", "sd": "decimal128(5, 2)", "s": "string", "bin": "binary", "day": "date32[day]",
        "ts": "timestamp[us, tz=UTC]", "ntz": "timestamp[us]", "nothing": "int32",
        "arr": "list<element: struct<a: int32, b: string>>", "m": "map<string, decimal128(10, 2) ('m')>",
        "st": "struct<x: struct<y: timestamp[us, tz=UTC]>, odd name: int64>",
    }  # fmt: skip
    row = table.to_pylist()[0]
    assert row["dec"] == decimal.Decimal("12345678901234567890123456789.123456789")
    assert row["ts"] == datetime.datetime(2024, 1, 1, 8, 0, 0, 123456, datetime.UTC)
    assert row["ntz"] == datetime.datetime(1600, 2, 29, 23, 59, 59, 999999)
    assert (row["bin"], row["s"], row["day"]) == (b"\xff\x00", "é'\"", datetime.date(1969, 12, 31))
    assert row["arr"] == [{"a": 1, "b": None}, None]
    assert row["m"] == [("k", decimal.Decimal("1.10"))]
    assert row["nothing"] is None
    frame = polars.read_parquet(root / file.path)
    assert frame["dec"][0] == row["dec"] and frame["ts"][0] == row["ts"]


def test_timestamps_are_stored_as_spark_reads_them(engine: Engine, root: Path):
    schema = "ts timestamp, ntz timestamp_ntz"
    result = engine.write(bound("SELECT now() AS ts, TIMESTAMP '2024-01-01' AS ntz", schema), target(root, schema))
    columns = pa.parquet.ParquetFile(root / result.files[0].path).schema
    adjusted = [json.loads(columns.column(i).logical_type.to_json())["isAdjustedToUTC"] for i in range(2)]
    assert [columns.column(i).physical_type for i in range(2)] == ["INT64", "INT64"]
    assert adjusted == [True, False]


def test_columns_are_cast_by_name_and_missing_ones_are_null(engine: Engine, root: Path):
    result = engine.write(
        bound("SELECT 'x' AS B, sum(range) AS a FROM range(3)", "B string, a decimal(38,0)"),
        target(root, "a bigint, b string, c struct<d: int>"),
    )
    assert read_back(root, result.files) == [(3, "x", None)]
    assert pa.parquet.read_schema(root / result.files[0].path).field("a").type == pa.int64()


def test_a_value_that_does_not_fit_its_column_is_an_error_and_leaves_nothing(engine: Engine, root: Path):
    sql = "SELECT CASE WHEN range = 500000 THEN 300 ELSE 1 END AS a FROM range(600000)"
    with pytest.raises(DataError, match=r"300.*tinyint") as caught:
        engine.write(bound(sql, "a bigint"), target(root, "a tinyint"))
    assert caught.value.location is not None and caught.value.location.line == 14
    assert "try_cast" in (caught.value.hint or "")
    assert files_below(root) == []


def test_null_in_a_not_null_column_is_an_error_with_the_count(engine: Engine, root: Path):
    sql = "SELECT range AS id, CASE WHEN range % 2 = 0 THEN range END AS v FROM range(10)"
    with pytest.raises(DataError, match=r"5 rows have NULL in column 'v' of silver\.orders") as caught:
        engine.write(bound(sql, "id bigint, v bigint"), target(root, "id bigint not null, v bigint not null"))
    assert caught.value.code == "null-in-not-null-column"
    assert files_below(root) == []


def test_a_not_null_field_may_be_null_only_where_its_struct_is(engine: Engine, root: Path):
    schema = "s struct<a: int not null>"
    engine.write(bound("SELECT unnest([{'a': 1}, NULL]) AS s", schema), target(root, schema))
    with pytest.raises(DataError, match=r"1 row has NULL in column 's\.a'"):
        engine.write(bound("SELECT unnest([{'a': NULL::INT}, NULL]) AS s", schema), target(root, schema))


def test_a_null_in_a_not_null_partition_column_is_an_error(engine: Engine, root: Path):
    schema = "id bigint, p string not null"
    with pytest.raises(DataError, match="2 rows have NULL in column 'p'"):
        sql = "SELECT range AS id, CASE range WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'x' END AS p FROM range(3)"
        engine.write(bound(sql, schema), target(root, schema, "p"))


def test_no_rows_give_no_file(engine: Engine, root: Path):
    query = bound("SELECT range AS id, 1 AS p FROM range(0)", "id bigint, p int")
    assert engine.write(query, target(root, "id bigint, p int")).files == ()
    assert engine.write(query, target(root, "id bigint, p int", "p")).files == ()
    assert files_below(root) == []


PARTITION_VALUES = [
    ("string", ["'a b/é%=:*\"'", "'__HIVE_DEFAULT_PARTITION__'", "''", "NULL", "'../up'", "'~'"],
     ['a b/é%=:*"', "__HIVE_DEFAULT_PARTITION__", None, None, "../up", "~"]),
    ("timestamp", ["TIMESTAMPTZ '2024-01-01 12:00:00.5+00'", "NULL"], ["2024-01-01T12:00:00.500000Z", None]),
    ("timestamp_ntz", ["TIMESTAMP '2024-01-01 12:00:00'"], ["2024-01-01 12:00:00.000000"]),
    ("date", ["DATE '2024-02-29'", "NULL"], ["2024-02-29", None]),
    ("boolean", ["true", "false", "NULL"], ["true", "false", None]),
    ("int", ["-5", "0"], ["-5", "0"]),
    ("decimal(10,2)", ["1.50", "-0.05"], ["1.50", "-0.05"]),
    ("double", ["'inf'::double", "'nan'::double", "1e-7", "0.1"], ["Infinity", "NaN", "1e-07", "0.1"]),
]  # fmt: skip


@pytest.mark.parametrize("data_type,literals,texts", PARTITION_VALUES, ids=[case[0] for case in PARTITION_VALUES])
def test_partition_values_are_in_deltas_form_and_read_back(
    engine: Engine, root: Path, data_type: str, literals: list[str], texts: list[str | None]
):
    schema = f"id bigint, p {data_type}"
    sql = " UNION ALL ".join(f"SELECT {i} AS id, {literal} AS p" for i, literal in enumerate(literals))
    result = engine.write(bound(sql, schema), target(root, schema, "p"))
    assert sorted(map(str, (f.partition["p"] for f in result.files))) == sorted(map(str, texts))
    assert all((root / f.path).is_file() and root in (root / f.path).resolve().parents for f in result.files)
    assert "p" not in pa.parquet.read_schema(root / result.files[0].path).names
    binding = SnapshotBinding(root, parse_schema(schema), result.files, ("p",))
    written = f"SELECT id AS i, nullif(p::VARCHAR, '')::{_duckdb(data_type)} AS e FROM ({sql})"
    query = f"SELECT id, p IS NOT DISTINCT FROM e AS same FROM t JOIN ({written}) ON id = i"
    rows = engine.collect(bound(query, "id bigint, same boolean", {"t": binding})).read()
    assert rows.num_rows == len(literals)
    assert all(value.as_py() for value in rows["same"])


def _duckdb(data_type: str) -> str:
    return {"string": "VARCHAR", "timestamp": "TIMESTAMPTZ", "timestamp_ntz": "TIMESTAMP"}.get(data_type, data_type)


def test_many_partitions_are_written_with_few_open_files(engine: Engine, root: Path):
    schema = "id bigint, p int, q string"
    sql = "SELECT range AS id, range % 300 AS p, 'x' || range % 2 AS q FROM range(3000)"
    result = engine.write(bound(sql, schema), target(root, schema, "p", "q"))
    assert result.rows == 3000
    assert len({(f.partition["p"], f.partition["q"]) for f in result.files}) == 300


def test_files_are_split_by_size(engine: Engine, root: Path):
    sql = "SELECT range AS id, md5(range::VARCHAR) AS h FROM range(800000)"
    whole = engine.write(bound(sql, "id bigint, h string"), target(root, "id bigint, h string"))
    split = engine.write(bound(sql, "id bigint, h string"), target(root, "id bigint, h string", file_bytes_max=2**20))
    assert len(split.files) > len(whole.files)
    assert split.rows == whole.rows == 800000


@pytest.mark.parametrize("data_type", ["void", "interval day to second", "array<void>"])
def test_a_type_that_delta_cannot_store_is_refused(engine: Engine, root: Path, data_type: str):
    schema = struct(Field("v", parse_type(data_type)))
    with pytest.raises(LakeError, match=r"cannot store column 'v'"):
        engine.write(bound("SELECT NULL AS v", schema), target(root, schema))


@pytest.mark.parametrize("data_type", ["array<int>", "binary"])
def test_partitioning_by_a_value_without_exact_text_is_refused(engine: Engine, root: Path, data_type: str):
    schema = f"id int, p {data_type}"
    with pytest.raises(LakeError, match="cannot partition by 'p'"):
        engine.write(bound("SELECT 1 AS id, NULL AS p", schema), target(root, schema, "p"))


def test_a_column_that_the_table_does_not_have_is_refused(engine: Engine, root: Path):
    with pytest.raises(LakeError, match=r"column 'b', which silver\.orders does not have"):
        engine.write(bound("SELECT 1 AS a, 2 AS b", "a int, b int"), target(root, "a int"))


def test_column_mapping_gives_physical_names_and_ids(engine: Engine, root: Path):
    inner = struct(
        Field("in side", parse_type("int"), metadata=(("delta.columnMapping.id", 3), ("delta.columnMapping.physicalName", "col-3")))
    )  # fmt: skip
    schema = struct(
        Field("a b", parse_type("bigint"), metadata=(("delta.columnMapping.id", 1),)),
        Field("s", inner, metadata=(("delta.columnMapping.id", 2),)),
        Field("l", parse_type("array<int>"), metadata=(("delta.columnMapping.id", 4),)),
        Field("p", parse_type("string"), metadata=(("delta.columnMapping.id", 5),)),
    )
    names = {"a b": "col-1", "s": "col-2", "l": "col-4", "p": "col-5"}
    sql = "SELECT 7 AS \"a b\", unnest([{'in side': 8}, NULL]) AS s, [1] AS l, 'x' AS p"
    result = engine.write(bound(sql, schema), target(root, schema, "p", physical_names=names))
    (file,) = result.files
    stored = pa.parquet.read_schema(root / file.path)
    assert stored.names == ["col-1", "col-2", "col-4"]
    assert [stored.field(i).metadata[b"PARQUET:field_id"] for i in range(3)] == [b"1", b"2", b"4"]
    assert stored.field("col-2").type.field("col-3").metadata[b"PARQUET:field_id"] == b"3"
    assert file.partition == {"p": "x"}
    assert json.loads(file.statistics or "")["minValues"] == {"col-1": 7, "col-2": {"col-3": 8}}
    binding = SnapshotBinding(root, schema, result.files, ("p",), names)
    rows = engine.collect(bound("SELECT * FROM t ORDER BY s", schema, {"t": binding})).read()
    assert rows.column_names == ["a b", "s", "l", "p"]
    assert rows["s"].to_pylist() == [{"in side": 8}, None]


def test_an_interruption_leaves_no_files(engine: Engine, root: Path):
    """What Ctrl-C does, while DuckDB writes."""
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        with pytest.raises(KeyboardInterrupt):
            sql = "SELECT range AS id, md5(range::VARCHAR) AS h, range % 5 AS p FROM range(100000000)"
            engine.write(bound(sql, "id bigint, h string, p int"), target(root, "id bigint, h string, p int", "p"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert files_below(root) == []
    assert engine.write(bound("SELECT 1 AS a", "a int"), target(root, "a int")).rows == 1


def test_files_and_their_folders_are_synced(engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch):
    synced: list[str] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(str(Path(f"/proc/self/fd/{fd}").readlink())) or real(fd))
    schema = "id bigint, p int"
    result = engine.write(
        bound("SELECT range AS id, range % 20 AS p FROM range(100)", schema), target(root, schema, "p")
    )
    expected = {str(root / file.path) for file in result.files}
    assert expected < set(synced)
    assert {str(root), str(root.parent), str((root / result.files[0].path).parent)} < set(synced)


def test_a_folder_may_have_an_odd_name(engine: Engine, tmp_path: Path):
    root = tmp_path / "it's [a] {uuid} *" / "t%20"
    result = engine.write(bound("SELECT 1 AS a", "a int"), target(root, "a int"))
    binding = SnapshotBinding(root, parse_schema("a int"), result.files)
    assert engine.collect(bound("SELECT a FROM t", "a int", {"t": binding})).read()["a"].to_pylist() == [1]


def test_a_write_that_fails_half_way_never_hangs(engine: Engine, root: Path):
    """With its asynchronous writers DuckDB 2.0.0 deadlocks in about one of thirty."""
    sql = "SELECT CASE WHEN range > 400000 THEN error('half-way')::BIGINT ELSE range END AS a FROM range(500000)"
    for _ in range(100):
        with pytest.raises(DataError, match="half-way"):
            engine.write(bound(sql, "a bigint"), target(root, "a bigint"))
    assert files_below(root) == []
