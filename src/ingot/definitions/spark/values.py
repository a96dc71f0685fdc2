"""Rows made in Python to a leaf: `spark.createDataFrame`, and what a query function returns instead of a DataFrame.

Owns their way to Arrow, the types of Arrow's columns, and what tells rows from others. Which types Python values have
is `inferring`.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ingot import types as t
from ingot.definitions.spark.inferring import typed_rows
from ingot.definitions.spark.types import to_schema
from ingot.errors import DefinitionError, Location, UnsupportedError
from ingot.model import ValuesRead

if TYPE_CHECKING:
    from arro3.core import Array

_MICROSECOND = datetime.timedelta(microseconds=1)
_TOLD_VALUES_MAX = 1_000_000  # values of a table: telling more takes longer than computing most views again
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def values_read(data: Any, schema: Any, location: Location | None) -> ValuesRead:
    """The leaf that holds these rows.

    Args:
        data: Rows (tuples, lists, dicts, Rows, plain values), or a pandas, polars or Arrow table.
        schema: A StructType, DDL text, names, one type, or None.
        location: Where it is called.

    Raises:
        DefinitionError: for rows that do not fit the schema, or whose types cannot be told.
    """
    if hasattr(data, "__arrow_c_stream__"):
        return _table_read(data, schema, location)
    fields, table = typed_rows(data, schema, location)
    if len({name.lower() for name in fields.names}) < len(fields):
        raise DefinitionError(
            f"two columns share a name: {', '.join(fields.names)}",
            location=location,
            hint="name them differently, upper and lower case aside",
            code="duplicate-column",
        )
    fingerprint = hashlib.sha256(repr((fields.ddl, table)).encode()).hexdigest()
    return ValuesRead(fields, lambda: _arrow_table(fields, table), fingerprint=fingerprint, location=location)


def typed_read(schema: t.StructType, rows: Sequence[tuple[Any, ...]]) -> ValuesRead:
    """The leaf that holds rows whose values are already of the schema's types."""
    return ValuesRead(schema, lambda: _arrow_table(schema, list(rows)))


def arrow_read(data: Any, location: Location | None, is_opaque: bool = True) -> ValuesRead:
    """The leaf of an object that gives an Arrow stream."""
    from arro3.core import Schema, Table

    table = Table.from_arrow(data)
    schema = _from_arrow_schema(Schema.from_arrow(table.schema), location)
    return ValuesRead(schema, lambda: table, is_opaque=is_opaque, location=location)


def _table_read(data: Any, schema: Any, location: Location | None) -> ValuesRead:
    """The leaf of a table under the names, or the columns, that are given for it."""
    read = arrow_read(data, location, is_opaque=False)
    columns = read.schema
    if type(data).__module__.startswith("pandas"):
        columns = t.struct(*(replace(f, type=_with_zone(f.type)) for f in columns))
    if isinstance(schema, list | tuple):
        columns = t.with_names(columns, _checked_names(list(schema), columns, location))
    elif schema is not None:
        given = to_schema(schema)
        _checked_names(given.names, columns, location)
        for field, found in zip(given, columns, strict=True):
            _check_cast(field, found.type, location)
        columns = given
    renamed = _renamed(data, columns.names)
    return ValuesRead(columns, renamed, fingerprint=_digest(columns.ddl, renamed()), location=location)


def _digest(columns: str, table: Any) -> str:
    """What tells a table from others, by all its values; of what cannot be told (in time) equal to nothing."""
    if table.num_rows * table.num_columns > _TOLD_VALUES_MAX or "ListView" in repr(table.schema):
        return secrets.token_hex()
    digest = hashlib.sha256(columns.encode())
    try:
        for batch in table.to_batches():
            for column in batch.columns:
                digest.update(repr(column.to_pylist()).encode())
    except (ValueError, OverflowError):  # an instant that Python has no name for
        return secrets.token_hex()
    return digest.hexdigest()


def _with_zone(kind: t.DataType) -> t.DataType:
    """A pandas time without a zone is one in the session's."""
    return t.TIMESTAMP if kind == t.TIMESTAMP_NTZ else kind


def _checked_names(names: list[str], columns: t.StructType, location: Location | None) -> list[str]:
    if len(names) != len(columns):
        raise DefinitionError(
            f"{len(names)} names are given for {len(columns)} columns",
            location=location,
            hint="give each column one name",
            code="wrong-arguments",
        )
    return [str(name) for name in names]


def _check_cast(field: t.Field, found: t.DataType, location: Location | None) -> None:
    """Only what cannot change a value: the same type, a wider number, a number or a date as text."""
    order = (t.BYTE, t.SHORT, t.INT, t.LONG, t.DOUBLE)
    is_wider = field.type in order and found in order and order.index(found) <= order.index(field.type)
    is_text = field.type == t.STRING and found in (*t.INTEGRAL, t.DATE)
    same = t.as_nullable(field.type) in (t.as_nullable(found), t.as_nullable(_with_zone(found)))
    if not (same or is_wider or is_text):
        raise DefinitionError(
            f"column '{field.name}' holds {found.ddl}, not {field.type.ddl}",
            location=location,
            hint=f"leave the type out, and cast: .withColumn('{field.name}', F.col('{field.name}').cast(…))",
            code="wrong-arguments",
        )


def _renamed(data: Any, names: list[str]) -> Callable[[], Any]:
    from arro3.core import Table

    table = Table.from_arrow(data).rename_columns(names)
    return lambda: table


# --- values to Arrow ---------------------------------------------------------------------------------------------


def _arrow_table(schema: t.StructType, rows: list[tuple[Any, ...]]) -> Any:
    from arro3.core import Table

    arrays = [_array([row[i] for row in rows], f.type) for i, f in enumerate(schema)]
    return Table.from_arrays(arrays, names=[f"c{i}" for i in range(len(schema))]).rename_columns(schema.names)


def _array(cells: list[Any], kind: t.DataType) -> Array:
    from arro3.core import Array, DataType, Field, list_array, struct_array

    match kind:
        case t.StructType():
            parts = [[_part(c, i, name) for c in cells] for i, name in enumerate(kind.names)]
            arrays = [_array(part, f.type) for part, f in zip(parts, kind, strict=True)]
            fields = [Field(f.name, a.type, nullable=True) for f, a in zip(kind, arrays, strict=True)]
            mask = Array([c is None for c in cells], DataType.bool())
            return struct_array(arrays, fields=fields, mask=mask)
        case t.ArrayType():
            flat = _array([v for c in cells for v in c or ()], kind.element)
            offsets = [0]
            for cell in cells:
                offsets.append(offsets[-1] + len(cell or ()))
            mask = Array([c is None for c in cells], DataType.bool())
            return list_array(Array(offsets, DataType.int32()), flat, mask=mask)
        case t.MapType():
            return _maps(cells, kind)
        case t.DecimalType():
            texts = Array([None if c is None else f"{c:f}" for c in cells], DataType.string())
            return texts.cast(DataType.decimal128(kind.precision, kind.scale))
        case t.IntervalType():
            return Array([None if c is None else c // _MICROSECOND for c in cells], DataType.int64())
    if kind == t.DATE:
        days = Array([None if c is None else _days(c) for c in cells], DataType.int32())
        return days.cast(DataType.date32())
    if kind in (t.TIMESTAMP, t.TIMESTAMP_NTZ):
        micros = Array([None if c is None else _micros(c) for c in cells], DataType.int64())
        return micros.cast(DataType.timestamp("us", tz="UTC" if kind == t.TIMESTAMP else None))
    names = {
        t.BOOLEAN: DataType.bool, t.BYTE: DataType.int8, t.SHORT: DataType.int16, t.INT: DataType.int32,
        t.LONG: DataType.int64, t.FLOAT: DataType.float32, t.DOUBLE: DataType.float64,
        t.STRING: DataType.string, t.BINARY: DataType.binary,
    }  # fmt: skip
    if kind not in names:
        raise UnsupportedError(f"createDataFrame with {kind.ddl} is not supported", hint="build it in spark.sql")
    if kind in (t.DOUBLE, t.FLOAT):
        cells = [None if c is None else float(c) for c in cells]
    return Array(cells, names[kind]())


def _part(struct: Any, at: int, name: str) -> Any:
    if struct is None:
        return None
    return struct.get(name) if isinstance(struct, dict) else struct[at]


def _maps(cells: list[Any], kind: t.MapType) -> Array:
    """Maps as lists of their pairs, which in memory are the same; arro3 makes none by itself."""
    from arro3.core import Array, DataType, Field

    pairs = [None if c is None else list(c.items()) for c in cells]
    entries = t.struct(t.Field("key", kind.key), t.Field("value", kind.value))
    lists = _array(pairs, t.ArrayType(element=entries))
    key, value = (f.type for f in (lists.type.value_type.fields if lists.type.value_type else ()))
    target = DataType.map(Field("key", key, nullable=False), Field("value", value), False)
    return Array.from_arrow_pycapsule(target.__arrow_c_schema__(), lists.__arrow_c_array__()[1])


def _days(value: datetime.date) -> int:
    return value.toordinal() - datetime.date(1970, 1, 1).toordinal()


def _micros(value: datetime.datetime) -> int:
    """A naive time is taken as UTC, the session's time zone."""
    aware = value if value.tzinfo is not None else value.replace(tzinfo=datetime.UTC)
    return (aware - _EPOCH) // datetime.timedelta(microseconds=1)


# --- Arrow to Spark's types ----------------------------------------------------------------------------------------


def _from_arrow_schema(schema: Any, location: Location | None) -> t.StructType:
    fields = [schema.field(i) for i in range(len(schema.names))]
    return t.struct(*(t.Field(f.name, _from_arrow(f.type, f.name, location), True) for f in fields))


_ARROW = (
    ("is_boolean", t.BOOLEAN), ("is_int8", t.BYTE), ("is_int16", t.SHORT), ("is_int32", t.INT), ("is_int64", t.LONG),
    ("is_uint8", t.SHORT), ("is_uint16", t.INT), ("is_uint32", t.LONG), ("is_float16", t.FLOAT),
    ("is_float32", t.FLOAT), ("is_float64", t.DOUBLE), ("is_string", t.STRING), ("is_large_string", t.STRING),
    ("is_string_view", t.STRING), ("is_binary", t.BINARY), ("is_large_binary", t.BINARY),
    ("is_binary_view", t.BINARY), ("is_date", t.DATE),
)  # fmt: skip


def _from_arrow(kind: Any, name: str, location: Location | None) -> t.DataType:
    from arro3.core import DataType

    for test, spark in _ARROW:
        if getattr(DataType, test)(kind):
            return spark
    if DataType.is_timestamp(kind):
        return t.TIMESTAMP if kind.tz else t.TIMESTAMP_NTZ
    if DataType.is_decimal(kind):
        return _decimal(kind)
    if DataType.is_dictionary(kind):
        return _from_arrow(kind.value_type, name, location)
    if DataType.is_list(kind) or DataType.is_large_list(kind) or DataType.is_list_view(kind):
        return t.ArrayType(element=_from_arrow(kind.value_type, name, location))
    if DataType.is_struct(kind):
        return t.struct(*(t.Field(f.name, _from_arrow(f.type, f.name, location)) for f in kind.fields))
    raise UnsupportedError(
        f"column '{name}' has a type that Spark does not have: {kind}",
        location=location,
        hint="cast it before",
        code="unsupported-type",
    )


def _decimal(kind: Any) -> t.DataType:
    """arro3 tells a decimal's digits only in its text: `Decimal128(10, 2)`."""
    precision, scale = re.findall(r"\((\d+), (\d+)\)", repr(kind))[0]
    return t.DecimalType(precision=int(precision), scale=int(scale))
