"""Parquet files on which the reader is compared with Spark: types, widening, columns that differ between files."""

from __future__ import annotations

import datetime
import decimal
import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from readers.case import Case

_UTC = datetime.UTC
_AT = datetime.datetime(2024, 1, 31, 10, 11, 12, 123456)
_OLD = datetime.datetime(1899, 12, 31, 23, 59, 59)
_NESTED = pa.struct([("x", pa.int32()), ("y", pa.list_(pa.string()))])
_NARROW = pa.struct([("x", pa.int32())])

_COLUMNS: dict[str, pa.Array] = {
    "tinyint": pa.array([1, -128, None], pa.int8()),
    "smallint": pa.array([1, -32768, None], pa.int16()),
    "int": pa.array([1, -2147483648, None], pa.int32()),
    "bigint": pa.array([1, -(2**63), None], pa.int64()),
    "unsigned tinyint": pa.array([1, 255, None], pa.uint8()),
    "unsigned smallint": pa.array([1, 65535, None], pa.uint16()),
    "unsigned int": pa.array([1, 2**32 - 1, None], pa.uint32()),
    "unsigned bigint": pa.array([1, 2**64 - 1, None], pa.uint64()),
    "float": pa.array([1.5, float("nan"), None], pa.float32()),
    "double": pa.array([0.1, float("-inf"), None], pa.float64()),
    "boolean": pa.array([True, False, None]),
    "string": pa.array(["x", "", None]),
    "large string": pa.array(["x", "é", None], pa.large_string()),
    "dictionary": pa.array(["x", "y", None]).dictionary_encode(),
    "binary": pa.array([b"x", b"\xff", None]),
    "fixed binary": pa.array([b"xy", b"\xff\x00", None], pa.binary(2)),
    "date": pa.array([_AT.date(), datetime.date(1582, 10, 15), None]),
    "decimal small": pa.array([decimal.Decimal("1.50"), decimal.Decimal("-99999.99"), None], pa.decimal128(7, 2)),
    "decimal large": pa.array([decimal.Decimal("1.5"), decimal.Decimal(-(10**36)), None], pa.decimal128(38, 1)),
    "time": pa.array([datetime.time(10, 11, 12), None, None], pa.time64("us")),
    "timestamp micros": pa.array([_AT, _OLD, None], pa.timestamp("us")),
    "timestamp millis": pa.array([_AT.replace(microsecond=123000), _OLD, None], pa.timestamp("ms")),
    "timestamp nanos": pa.array([_AT, _OLD, None], pa.timestamp("ns")),
    "instant micros": pa.array([_AT, _OLD, None], pa.timestamp("us", "UTC")),
    "instant millis": pa.array([_AT.replace(microsecond=123000), _OLD, None], pa.timestamp("ms", "Europe/Paris")),
    "list": pa.array([[1, None], [], None], pa.list_(pa.int64())),
    "struct": pa.array([{"x": 1, "y": ["p", None]}, {"x": None, "y": None}, None], _NESTED),
    "list of structs": pa.array([[{"x": 1, "y": []}], [None], None], pa.list_(_NESTED)),
    "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32())),
    "null": pa.array([None, None, None], pa.null()),
}
_AS: dict[str, tuple[str, ...]] = {
    "tinyint": ("int", "bigint", "smallint", "double"),
    "int": ("bigint", "double", "smallint", "tinyint", "float", "string", "decimal(10,0)", "decimal(12,2)",
            "decimal(9,0)", "date", "timestamp", "boolean"),
    "bigint": ("int", "double", "decimal(20,0)", "decimal(22,2)", "decimal(19,0)", "string", "timestamp"),
    "unsigned int": ("int", "bigint"),
    "float": ("double", "decimal(10,2)", "string"),
    "double": ("float", "bigint"),
    "boolean": ("int", "string"),
    "string": ("binary", "int", "date"),
    "binary": ("string", "int"),
    "date": ("timestamp_ntz", "timestamp", "string", "int"),
    "decimal small": ("decimal(9,2)", "decimal(20,4)", "decimal(7,1)", "decimal(20,2)", "decimal(8,4)", "int"),
    "decimal large": ("decimal(38,2)", "decimal(38,1)"),
    "timestamp micros": ("timestamp", "date", "bigint", "string"),
    "instant micros": ("timestamp_ntz", "bigint"),
    "instant millis": ("timestamp_ntz",),
    "timestamp nanos": ("timestamp", "bigint"),
    "list": ("array<bigint>", "array<int>", "array<double>", "bigint"),
    "struct": ("struct<x: int>", "struct<y: array<string>, x: bigint>", "struct<x: int, z: string>",
               "struct<X: int>", "struct<z: string>", "map<string, int>"),
    "list of structs": ("array<struct<x: int>>", "array<struct<x: int, z: int>>"),
    "map": ("map<string, bigint>", "map<string, int>"),
}  # fmt: skip


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    """A table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def parquet_cases() -> Iterator[Case]:
    """One column of each type, read as it is and as other types; then files whose columns differ."""
    for name, column in _COLUMNS.items():
        data = parquet({"v": column, "n": pa.array([1, 2, 3])})
        yield Case(f"parquet {name}", "parquet", {"f.parquet": data})
        for wanted in _AS.get(name, ()):
            yield Case(f"parquet {name} as {wanted}", "parquet", {"f.parquet": data}, {}, f"n bigint, v {wanted}")
    moments = parquet({"v": _COLUMNS["timestamp micros"]}, use_deprecated_int96_timestamps=True)
    yield Case("parquet int96", "parquet", {"f.parquet": moments})
    yield Case("parquet int96 as timestamp", "parquet", {"f.parquet": moments}, {}, "v timestamp")
    yield Case("parquet int96 as timestamp_ntz", "parquet", {"f.parquet": moments}, {}, "v timestamp_ntz")
    nested = parquet(
        {"v": pa.array([{"t": _AT}], pa.struct([("t", pa.timestamp("us"))]))}, use_deprecated_int96_timestamps=True
    )
    yield Case("parquet int96 in a struct", "parquet", {"f.parquet": nested})
    local = parquet({"v": _COLUMNS["timestamp micros"]})
    no_ntz = {"inferTimestampNTZ": "false"}
    yield Case("parquet without local timestamps", "parquet", {"f.parquet": local}, no_ntz)
    legacy = parquet({"v": _COLUMNS["list"]}, use_compliant_nested_type=False)
    yield Case("parquet list with another element name", "parquet", {"f.parquet": legacy})
    for codec in ("none", "gzip", "zstd", "snappy", "lz4"):
        data = parquet({"v": _COLUMNS["string"]}, compression=codec)
        yield Case(f"parquet {codec}", "parquet", {"f.parquet": data})
    yield from _many_files()


def _many_files() -> Iterator[Case]:
    ab = parquet({"a": [1], "b": ["x"]})
    ba = parquet({"b": ["y"], "a": [2]})
    upper = parquet({"A": [3], "B": ["z"]})
    more = parquet({"a": [4], "b": ["w"], "c": [1.5]})
    less = parquet({"a": [5]})
    narrow = parquet({"a": pa.array([6], pa.int32()), "b": ["v"]})
    wider = parquet({"s": pa.array([{"x": 1, "y": ["p"]}], _NESTED)})
    narrower = parquet({"s": pa.array([{"x": 2}], _NARROW)})
    empty = parquet({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())})
    merge = {"mergeSchema": "true"}
    declared = "b string, a bigint"
    for name, files in {
        "another order": [ab, ba], "other cases": [ab, upper], "one more column": [ab, more],
        "one column less": [ab, less], "a narrower type": [ab, narrow], "no rows": [empty],
        "no rows in one": [empty, ab],
    }.items():  # fmt: skip
        named = {f"{i}.parquet": data for i, data in enumerate(files)}
        yield Case(f"parquet files with {name}", "parquet", named, {}, declared)
        yield Case(f"parquet files with {name} merged", "parquet", named, merge)
    structs = {"0.parquet": wider, "1.parquet": narrower}
    yield Case("parquet structs that differ merged", "parquet", structs, merge)
    yield Case("parquet structs that differ declared", "parquet", structs, {}, "s struct<x: int, y: array<string>>")
    twice = parquet({"a": [1], "A": [2]})
    yield Case("parquet names that differ in case", "parquet", {"f.parquet": twice})
    yield Case("parquet names that differ in case declared", "parquet", {"f.parquet": twice}, {}, "a bigint")
    yield Case("parquet only unknown columns", "parquet", {"f.parquet": ab}, {}, "z string")
    odd = parquet({"a b": [1], "c.d": [2], 'e"f': [3], "ä": [4]})
    yield Case("parquet odd names", "parquet", {"f.parquet": odd})
    yield Case("parquet nothing at all", "parquet", {"f.parquet": b""})
