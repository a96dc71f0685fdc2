"""Tables of random values: every type, with the values at which engines differ.

Owns the columns that generated queries may name, their values, and how a table is written to the file of cases. A
table is mild (most expressions have a value at every row) or wild (limits, overflow, extremes of time).
"""

from __future__ import annotations

import datetime
import decimal
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ingot.types import ArrayType, DataType, DecimalType, MapType, StructType, parse_schema

Row = tuple[Any, ...]

SCHEMAS = {
    "t": "id int, b boolean, y tinyint, h smallint, i int, l bigint, f float, d double, p decimal(10,2),"
    " q decimal(38,18), w decimal(38,0), s string, v string, j string, g string, x binary, dt date, ts timestamp,"
    " n timestamp_ntz, ai array<int>, ad array<double>, xs array<string>, aa array<array<int>>, m map<string,int>,"
    " mi map<int,string>, st struct<a:int,b:string>, ss array<struct<a:int,b:string>>, sn struct<r:struct<z:double>>",
    "u": "uid int, ug string, ui int, ud double, us string, udt date, up decimal(12,4), ub boolean, ua array<int>",
    "e": "eid int, eg string, ei int",
}

_ARROW = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "timestamp_ntz": pa.timestamp("us"),
}

_DAY = 86_400
_MOMENTS_MILD = (
    "2024-02-29 12:30:15.123456", "2024-01-31 23:59:59", "2023-06-15 08:09:10.5", "2000-01-01 00:00:00",
    "2024-03-31 01:30:00", "2024-03-31 02:00:00", "2024-10-27 01:00:00", "2024-11-03 06:30:00", "1999-12-31 10:00:00",
    "2024-12-30 00:00:00", "1970-01-01 00:00:00", "2021-01-03 18:45:00.001",
)  # fmt: skip
_MOMENTS_WILD = (
    "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1582-10-04 12:00:00", "1582-10-15 00:00:00",
    "1969-12-31 23:59:59.999999", "1900-02-28 23:00:00", "1883-11-18 17:00:00", "2038-01-19 03:14:08",
    "1945-05-24 00:00:00", "0099-03-01 00:00:00",
)  # fmt: skip
_WORDS = (
    "", " ", "a", "b", "A", "abc", "hello World", "Ünïcödé ß", "é", "e\u0301", "😀", "x😀y", "  pad ", "a,b,,c", "a_b%c",
    "foo BAR  baz", "O'Reilly", 'say "hi"', "back\\slash", "tab\tnew\nline", "x1y22z333", "İı", "ﬁ", "日本語", "a.b|c",
    "\u00a0nbsp\u2003", "null", "NaN", "zebra", "Straße", "ΑΣΣ", "\U0001d518", "[1]", "aaa", "%41+b", "(", "é😀e\u0301",
)  # fmt: skip
_TEXTS = (
    "0", "1", "-1", "42", " 42 ", "1.0", "1.5", "-0.0", "1e3", "1E-2", "+7", "007", "true", "no", "2024-01-31",
    "2024-02-29 12:30:15.5", "2024-1-5", "1999-12-31T10:00:00Z", "2024-03-31 02:30:00 Europe/Berlin", "2024", "12.345",
    "127", "2147483647",
)  # fmt: skip
_TEXTS_WILD = (
    "", "abc", "128", "2147483648", "99999999999", "9223372036854775808", "1e400", "NaN", "Infinity", "-inf", "0x1F",
    "2024-13-01", "2024-02-30", "10000-01-01", "-0001-01-01", "24:00", "1.5d", "1L", ".5", "5.", "1e", "tRUE", "y",
    "99999999999999999999999999999999999999", "0.000000000000000000000000000001", "1_000", "１２", "\t1\n", "2024-01-01 24:00:00",
)  # fmt: skip
_JSONS = (
    '{"a": {"b": 1}, "c": [1, "two", null], "d": "text"}', "[1, 2, 3]", "{}", "[]", '{"a": null, "n": 1.50}', "12", '"x"',
    '{"a": [{"b": 2}, {"b": 3}]}', "not json", "", '{"é": "😀", "a": "1"}', '{"a": 1, "a": 2}', " null ", '{"n": 1e400}',
    '{"a": true, "b": "x\\ny", "i": 9223372036854775808}', "[1, [2, [3]], {}]", '{"a": "', "{'a': 1}", '{"a b": 5, "x.y": 6}',
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Rows of Python values under a schema: dates and timestamps are datetimes, maps are lists of pairs."""

    schema: StructType
    rows: tuple[Row, ...]

    def arrow(self) -> pa.Table:
        """The rows as Arrow, in Spark's types."""
        columns = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.schema)
        arrays = [pa.array(list(c), arrow_type(f.type)) for c, f in zip(columns, self.schema, strict=True)]
        return pa.table(arrays, names=self.schema.names)

    def only(self, names: Sequence[str], rows: Sequence[int] | None = None) -> Table:
        """The table cut to some columns, and rows by their position."""
        at = [i for i, f in enumerate(self.schema) if f.name in names]
        kept = self.rows if rows is None else tuple(self.rows[r] for r in rows)
        return Table(
            StructType(fields=tuple(self.schema.fields[i] for i in at)), tuple(tuple(r[i] for i in at) for r in kept)
        )


def arrow_type(data_type: DataType) -> pa.DataType:
    """Arrow's type for values of a table's column."""
    match data_type:
        case DecimalType():
            return pa.decimal128(data_type.precision, data_type.scale)
        case ArrayType():
            return pa.list_(arrow_type(data_type.element))
        case MapType():
            return pa.map_(arrow_type(data_type.key), arrow_type(data_type.value))
        case StructType():
            return pa.struct([(f.name, arrow_type(f.type)) for f in data_type])
    return _ARROW[data_type.name]


def random_tables(chance: random.Random, is_wild: bool) -> dict[str, Table]:
    """The tables of one round: `t`, `u` to join it with, and the empty `e`."""
    tables = {}
    for name, ddl in SCHEMAS.items():
        schema = parse_schema(ddl)
        count = {"t": chance.choice((1, 4, 6, 7)), "u": chance.choice((0, 3, 5)), "e": 0}[name]
        rows = []
        for number in range(count):
            row = [_value(chance, f.type, f.name, is_wild) for f in schema]
            row[0] = number + 1
            rows.append(tuple(row))
        tables[name] = Table(schema, tuple(rows))
    return tables


def _value(chance: random.Random, data_type: DataType, name: str, is_wild: bool) -> Any:
    if chance.random() < 0.15:
        return None
    match data_type:
        case ArrayType():
            return [_value(chance, data_type.element, "", is_wild) for _ in range(chance.choice((0, 1, 2, 3)))]
        case MapType():
            keys = chance.sample(
                ("a", "b", "", "é", "k") if data_type.key.name == "string" else (0, 1, -3, 7), chance.choice((0, 1, 2))
            )
            return [(key, _value(chance, data_type.value, "", is_wild)) for key in keys]
        case StructType():
            return {f.name: _value(chance, f.type, "", is_wild) for f in data_type}
        case DecimalType():
            return _decimal(chance, data_type, is_wild)
    return _plain(chance, data_type.name, name, is_wild)


def _plain(chance: random.Random, kind: str, name: str, is_wild: bool) -> Any:
    match kind:
        case "boolean":
            return chance.random() < 0.5
        case "tinyint" | "smallint" | "int" | "bigint":
            limit = 2 ** {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}[kind]
            wild = (limit - 1, -limit, limit - 2, limit // 2, -limit + 1)
            return (
                chance.choice(wild)
                if is_wild and chance.random() < 0.5
                else chance.choice((0, 1, -1, 2, 3, 5, 7, 10, -4, 12, 100))
            )
        case "float" | "double":
            mild = (0.0, 1.0, -1.5, 2.5, 0.1, 3.0, -0.5, 10.25, 100.0, 1e-3)
            wild = (
                math.nan,
                math.inf,
                -math.inf,
                -0.0,
                1e300,
                5e-324,
                -1e18,
                123456789.125,
                0.1 + 0.2,
                1e-7,
                9.007199254740993e15,
            )
            found = chance.choice(wild if is_wild and chance.random() < 0.6 else mild)
            return (
                pa.scalar(found, pa.float32()).as_py()
                if kind == "float" and abs(found) < 3e38
                else (math.inf if kind == "float" and found > 3e38 else found)
            )
        case "string":
            return _text(chance, name, is_wild)
        case "binary":
            return chance.choice((b"", b"a", b"\x00\xff", b"abc", "é😀".encode(), b"\x80", b"hello"))
        case "date":
            return _moment(chance, is_wild).date()
        case "timestamp":
            return _moment(chance, is_wild).replace(tzinfo=datetime.UTC)
    return _moment(chance, is_wild)


def _text(chance: random.Random, name: str, is_wild: bool) -> str:
    match name:
        case "v":
            return chance.choice(_TEXTS_WILD if is_wild and chance.random() < 0.6 else _TEXTS)
        case "j":
            return chance.choice(_JSONS)
        case "g" | "ug" | "eg":
            return chance.choice(("a", "b", "c"))
    return chance.choice(_WORDS)


def _moment(chance: random.Random, is_wild: bool) -> datetime.datetime:
    text = chance.choice(_MOMENTS_WILD if is_wild and chance.random() < 0.5 else _MOMENTS_MILD)
    return datetime.datetime.fromisoformat(text)


def _decimal(chance: random.Random, data_type: DecimalType, is_wild: bool) -> decimal.Decimal:
    precision, scale = data_type.precision, data_type.scale
    with decimal.localcontext() as context:
        context.prec = 40
        if is_wild and chance.random() < 0.5:
            digits = chance.choice(
                (10**precision - 1, -(10**precision) + 1, 1, -1, 5 * 10 ** (precision - 1), 10 ** (precision // 2))
            )
            return decimal.Decimal(digits).scaleb(-scale)
        mild = decimal.Decimal(
            chance.choice(("0", "1", "-1", "2.5", "12.35", "-0.05", "99.99", "1000", "0.5", "-7.25"))
        )
        return mild.quantize(decimal.Decimal(1).scaleb(-scale), rounding=decimal.ROUND_DOWN)


# --- as data ----------------------------------------------------------------------------------------------------------


def written(table: Table) -> dict[str, Any]:
    """The table as JSON holds it."""
    columns = ", ".join(f"{f.name} {f.type.ddl}" for f in table.schema)
    rows = [[encoded(v, f.type) for v, f in zip(row, table.schema, strict=True)] for row in table.rows]
    return {"columns": columns, "rows": rows}


def read_back(data: dict[str, Any]) -> Table:
    """What `written` wrote."""
    schema = parse_schema(data["columns"])
    rows = tuple(tuple(decoded(v, f.type) for v, f in zip(row, schema, strict=True)) for row in data["rows"])
    return Table(schema, rows)


def encoded(value: Any, data_type: DataType) -> Any:
    """A value of a table in JSON: texts for what JSON has no form for."""
    if value is None:
        return None
    match data_type:
        case ArrayType():
            return [encoded(v, data_type.element) for v in value]
        case MapType():
            return [[encoded(k, data_type.key), encoded(v, data_type.value)] for k, v in value]
        case StructType():
            return {f.name: encoded(value[f.name], f.type) for f in data_type}
    match value:
        case float() if not math.isfinite(value):
            return repr(value)
        case bytes():
            return value.hex()
        case decimal.Decimal():
            return format(value, "f")
        case datetime.datetime() | datetime.date():
            return value.isoformat()
    return value


def decoded(value: Any, data_type: DataType) -> Any:
    """What `encoded` encoded."""
    if value is None:
        return None
    match data_type:
        case ArrayType():
            return [decoded(v, data_type.element) for v in value]
        case MapType():
            return [(decoded(k, data_type.key), decoded(v, data_type.value)) for k, v in value]
        case StructType():
            return {f.name: decoded(value[f.name], f.type) for f in data_type}
        case DecimalType():
            return decimal.Decimal(value)
    match data_type.name:
        case "float" | "double":
            return float(value)
        case "binary":
            return bytes.fromhex(value)
        case "date":
            return datetime.date.fromisoformat(value)
        case "timestamp" | "timestamp_ntz":
            return datetime.datetime.fromisoformat(value)
    return value
