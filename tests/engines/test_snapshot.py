"""Data files of a table as rows of the table's schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from engines.conftest import bound, target
from ingot.engine import DataFile, SnapshotBinding
from ingot.engines.duckdb.engine import Engine
from ingot.engines.duckdb.snapshot import snapshot_relation
from ingot.errors import DataError, LakeError
from ingot.types import parse_schema


def rows(engine: Engine, binding: SnapshotBinding, sql: str = "SELECT * FROM t ORDER BY ALL") -> list[tuple[Any, ...]]:
    table = engine.collect(bound(sql, binding.schema, {"t": binding})).read()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def store(root: Path, name: str, sql: str, **partition: str | None) -> DataFile:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS {sql}")
        quoted = str(path).replace("'", "''")
        connection.execute(f"COPY t TO '{quoted}' (FORMAT parquet)")
    return DataFile(name, path.stat().st_size, None, 0, partition)


def test_a_table_without_files_has_no_rows_but_columns(engine: Engine, root: Path):
    binding = SnapshotBinding(root, parse_schema("a int, s struct<x: timestamp>, v void"), [])
    table = engine.collect(bound("SELECT * FROM t", binding.schema, {"t": binding})).read()
    assert (table.num_rows, table.column_names) == (0, ["a", "s", "v"])


def test_files_written_before_a_column_was_added_or_widened_still_read(engine: Engine, root: Path):
    old = store(
        root, "1.parquet", "SELECT 1::INTEGER AS a, 'x' AS b, {'s': 1} AS st, [{'k': 1}] AS l, 1.5::DECIMAL(4,1) AS d"
    )
    new = store(
        root, "2.parquet",
        "SELECT 'y' AS b, 5000000000 AS a, true AS c, {'s': 2, 'u': 'w'} AS st, [{'k': 2, 'n': 3}] AS l, 2.25::DECIMAL(10,2) AS d",
    )  # fmt: skip
    schema = parse_schema(
        "a bigint, b string, c boolean, st struct<s: bigint, u: string>, l array<struct<k: bigint, n: int>>, d decimal(10,2)"
    )
    found = rows(engine, SnapshotBinding(root, schema, [old, new]))
    assert [row[:5] for row in found] == [
        (1, "x", None, {"s": 1, "u": None}, [{"k": 1, "n": None}]),
        (5000000000, "y", True, {"s": 2, "u": "w"}, [{"k": 2, "n": 3}]),
    ]
    assert [str(row[5]) for row in found] == ["1.50", "2.25"]


def read_alone(engine: Engine, binding: SnapshotBinding, sql: str, ddl: str) -> list[tuple[Any, ...]]:
    table = engine.collect(bound(sql, parse_schema(ddl), {"t": binding})).read()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def test_a_field_that_an_older_file_lacks_is_null_when_it_is_read_alone(engine: Engine, root: Path):
    old = store(root, "1.parquet", "SELECT {'s': 1, 'in': {'x': 1}} AS st")
    new = store(root, "2.parquet", "SELECT {'s': 2, 'u': 'w', 'in': {'x': 2, 'y': 3}} AS st")
    schema = parse_schema("st struct<s: int, u: string, in: struct<x: int, y: int>>")
    binding = SnapshotBinding(root, schema, [old, new])
    assert read_alone(engine, binding, "SELECT st.u FROM t ORDER BY ALL", "u string") == [("w",), (None,)]
    assert read_alone(engine, binding, 'SELECT st."in".y FROM t WHERE st.u IS NULL', "y int") == [(None,)]


def test_a_field_is_read_alone_where_statistics_say_that_all_files_have_it(engine: Engine, root: Path):
    schema = parse_schema("a int, st struct<s: int, u: string>")
    query = bound("SELECT 1 AS a, {'s': 1, 'u': 'x'} AS st", schema, {})
    [file] = engine.write(query, target(root, schema)).files
    assert "coalesce" not in snapshot_relation(SnapshotBinding(root, schema, [file]))
    grown = SnapshotBinding(root, parse_schema("a int, st struct<s: int, u: string, v: int>"), [file])
    assert "coalesce" in snapshot_relation(grown)
    assert read_alone(engine, grown, "SELECT st.v, st.u FROM t", "v int, u string") == [(None, "x")]


def test_old_spark_timestamps_are_instants(engine: Engine, root: Path):
    """Spark writes INT96 by default."""
    root.mkdir(parents=True)
    table = pa.table({"ts": pa.array([1_700_000_000_000_000], type=pa.timestamp("us"))})
    pa.parquet.write_table(table, root / "old.parquet", use_deprecated_int96_timestamps=True)
    binding = SnapshotBinding(root, parse_schema("ts timestamp"), [DataFile("old.parquet", 0, 1, 0)])
    read = engine.collect(bound("SELECT epoch(ts)::BIGINT AS s FROM t", "s bigint", {"t": binding})).read()
    assert read["s"].to_pylist() == [1_700_000_000]


@pytest.mark.parametrize(
    "name", ["it's.parquet", "a%20é.parquet", "f*.parquet", "f[1].parquet", "f?{x}.parquet", "p=1/q=%2F/f.parquet"]
)
def test_a_file_name_is_only_a_name(engine: Engine, root: Path, name: str):
    files = [store(root, name, "SELECT 1 AS a, 1 AS p")]
    store(root, "f1.parquet", "SELECT 2 AS a, 2 AS p")
    assert rows(engine, SnapshotBinding(root, parse_schema("a int, p int"), files)) == [(1, 1)]


@pytest.mark.parametrize(
    "data_type,text,expected",
    [
        ("string", "it's", "it's"), ("int", "-3", -3), ("boolean", "true", True), ("double", "-Infinity", float("-inf")),
        ("binary", "abc", b"abc"), ("string", "", None), ("int", None, None),
    ],
)  # fmt: skip
def test_partition_values_come_from_the_log(engine: Engine, root: Path, data_type: str, text: Any, expected: Any):
    one = store(root, "folder/1.parquet", "SELECT 1 AS id, 'wrong' AS other", p=text)
    two = store(root, "folder/2.parquet", "SELECT 2 AS id", p=None)
    schema = parse_schema(f"p {data_type}, id int")
    assert rows(engine, SnapshotBinding(root, schema, [one], ("p",))) == [(expected, 1)]
    both = rows(engine, SnapshotBinding(root, schema, [one, two], ("p",)), "SELECT * FROM t ORDER BY id")
    assert both == [(expected, 1), (None, 2)]


@pytest.mark.parametrize("text", ["2024-01-01 12:00:00", "2024-01-01T12:00:00.000000Z", "2024-01-01 12:00:00.000000"])
def test_each_form_of_a_timestamp_partition_value_is_read_as_utc(engine: Engine, root: Path, text: str):
    files = [store(root, f"{i}.parquet", f"SELECT {i} AS id", ts=value) for i, value in enumerate([text, None])]
    binding = SnapshotBinding(root, parse_schema("id int, ts timestamp"), files, ("ts",))
    sql = "SELECT strftime(ts, '%d %H:%M') AS s FROM t WHERE id = 0"
    assert engine.collect(bound(sql, "s string", {"t": binding})).read()["s"].to_pylist() == ["01 12:00"]


def test_a_condition_on_a_partition_column_opens_only_the_files_it_needs(engine: Engine, root: Path):
    files = [store(root, f"{i}.parquet", f"SELECT {i} AS id", p=str(i % 3)) for i in range(6)]
    (root / "1.parquet").unlink()
    binding = SnapshotBinding(root, parse_schema("id int, p int"), files, ("p",))
    assert rows(engine, binding, "SELECT * FROM t WHERE p = 2 ORDER BY ALL") == [(2, 2), (5, 2)]
    with pytest.raises(LakeError, match="missing") as caught:
        rows(engine, binding)
    assert caught.value.code == "missing-file"


def test_counting_reads_the_files_that_are_there(engine: Engine, root: Path):
    """The number of rows in the log is a hint to the optimizer and never an answer."""
    file = store(root, "1.parquet", "SELECT range AS id FROM range(10)")
    wrong = DataFile(file.path, file.size, 99, 0)
    binding = SnapshotBinding(root, parse_schema("id bigint"), [wrong])
    table = engine.collect(bound("SELECT count(*) AS n FROM t", "n bigint", {"t": binding})).read()
    assert table["n"].to_pylist() == [10]


def test_a_damaged_file_is_named(engine: Engine, root: Path):
    root.mkdir(parents=True)
    (root / "bad.parquet").write_bytes(b"PAR1 this is not Parquet")
    binding = SnapshotBinding(root, parse_schema("id bigint"), [DataFile("bad.parquet", 24, 1, 0)])
    with pytest.raises(LakeError, match=r"bad\.parquet") as caught:
        rows(engine, binding)
    assert caught.value.code == "damaged-file"


def test_a_value_in_a_file_that_its_column_cannot_hold_is_an_error(engine: Engine, root: Path):
    file = store(root, "1.parquet", "SELECT 'abc' AS id")
    with pytest.raises(DataError, match="abc"):
        rows(engine, SnapshotBinding(root, parse_schema("id bigint"), [file]))


def test_compaction_keeps_rows_and_partitions(engine: Engine, root: Path):
    schema = "id bigint, p string, ts timestamp"
    sql = "SELECT range AS id, CASE range % 3 WHEN 0 THEN 'a/b' WHEN 1 THEN NULL ELSE '%' END AS p, TIMESTAMPTZ '2024-01-01' AS ts FROM range(9)"
    parts = [engine.write(bound(sql, schema), target(root, schema, "p", "ts")) for _ in range(4)]
    files = [file for part in parts for file in part.files]
    before = SnapshotBinding(root, parse_schema(schema), files, ("p", "ts"))
    result = engine.copy(before, target(root, schema, "p", "ts"))
    after = SnapshotBinding(root, parse_schema(schema), result.files, ("p", "ts"))
    assert (len(result.files), result.rows) == (3, 36)
    assert rows(engine, after) == rows(engine, before)
    assert {file.partition["p"] for file in result.files} == {"a/b", None, "%"}
