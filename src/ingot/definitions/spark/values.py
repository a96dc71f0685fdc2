"""Rows made in Python to a leaf: `spark.createDataFrame`, and what a query function returns instead of a DataFrame.

Owns the types of Python values by Spark's rules and their way to Arrow. Never changes a value to make it fit.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingot import types as t
from ingot.definitions.spark.row import Row
from ingot.definitions.spark.types import StructType, to_schema, to_type
from ingot.errors import DefinitionError, Location, UnsupportedError
from ingot.model import ValuesRead

if TYPE_CHECKING:
    from arro3.core import Array

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_PYTHON_TYPES: dict[type, t.DataType] = {
    bool: t.BOOLEAN, int: t.LONG, float: t.DOUBLE, str: t.STRING, bytes: t.BINARY, bytearray: t.BINARY,
    datetime.datetime: t.TIMESTAMP, datetime.date: t.DATE, type(None): t.NULL,
    decimal.Decimal: t.DecimalType(precision=38, scale=18),
}  # fmt: skip


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
        read = arrow_read(data, location, is_opaque=False)
        names = list(schema) if isinstance(schema, list | tuple) else None
        if names is None:
            return read
        return ValuesRead(t.with_names(read.schema, names), _renamed(data, names), location=location)
    rows = list(data)
    fields = _fields(rows, schema, location)
    table = [_row(row, fields, index, location) for index, row in enumerate(rows)]
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


def _renamed(data: Any, names: list[str]) -> Callable[[], Any]:
    from arro3.core import Table

    table = Table.from_arrow(data).rename_columns(names)
    return lambda: table


# --- schemas ----------------------------------------------------------------------------------------------------


def _fields(rows: list[Any], schema: Any, location: Location | None) -> t.StructType:
    if isinstance(schema, StructType):
        return schema.to_ingot()
    if isinstance(schema, str) and (" " in schema.strip() or ":" in schema):
        return to_schema(schema)
    if schema is not None and not isinstance(schema, list | tuple):
        return t.struct(t.Field("value", to_type(schema)))
    if not rows:
        raise DefinitionError(
            "the types of no rows cannot be told",
            location=location,
            hint="give a schema, such as 'id BIGINT, name STRING'",
            code="unknown-type",
        )
    names = list(schema) if schema is not None else _names(rows[0])
    columns = [[_cells(row, names)[i] for row in rows] for i in range(len(names))]
    fields = []
    for name, column in zip(names, columns, strict=True):
        inferred = _widest([_inferred(v, location) for v in column])
        if inferred == t.NULL:
            raise DefinitionError(
                f"the type of column '{name}' cannot be told: all its values are None",
                location=location,
                hint="give a schema, such as 'id BIGINT, name STRING'",
                code="unknown-type",
            )
        fields.append(t.Field(str(name), inferred))
    return t.struct(*fields)


def _names(row: Any) -> list[str]:
    if isinstance(row, Mapping):
        return sorted(str(k) for k in row)  # as Spark does
    if isinstance(row, Row) and row.__fields__ is not None:
        return list(row.__fields__)
    if isinstance(row, list | tuple):
        return [f"_{i + 1}" for i in range(len(row))]
    return ["value"]


def _cells(row: Any, names: Sequence[str]) -> list[Any]:
    if isinstance(row, Mapping):
        return [row.get(name) for name in names]
    if isinstance(row, list | tuple):
        cells = list(row)
        return cells + [None] * (len(names) - len(cells))
    return [row]


def _inferred(value: Any, location: Location | None) -> t.DataType:
    for kind in type(value).__mro__:
        if kind in _PYTHON_TYPES:
            return _PYTHON_TYPES[kind]
    if isinstance(value, Row) and value.__fields__ is not None:
        return t.struct(*(t.Field(n, _inferred(v, location)) for n, v in zip(value.__fields__, value, strict=True)))
    if isinstance(value, Mapping):
        key = _widest([_inferred(k, location) for k in value])
        return t.MapType(key=key, value=_widest([_inferred(v, location) for v in value.values()]))
    if isinstance(value, list):
        return t.ArrayType(element=_widest([_inferred(v, location) for v in value]))
    if isinstance(value, tuple):
        return t.struct(*(t.Field(f"_{i + 1}", _inferred(v, location)) for i, v in enumerate(value)))
    raise DefinitionError(
        f"{value!r} ({type(value).__name__}) has no type in Spark", location=location, code="unknown-type"
    )


def _widest(kinds: list[t.DataType]) -> t.DataType:
    known = [k for k in kinds if k != t.NULL]
    if not known:
        return t.NULL
    if t.DOUBLE in known and all(k in (t.DOUBLE, t.LONG) for k in known):
        return t.DOUBLE
    return known[0]


# --- values to Arrow ---------------------------------------------------------------------------------------------


def _row(row: Any, fields: t.StructType, index: int, location: Location | None) -> tuple[Any, ...]:
    cells = _cells(row, fields.names)
    if len(cells) != len(fields):
        raise DefinitionError(
            f"row {index + 1} has {len(cells)} values for {len(fields)} columns",
            location=location,
            code="wrong-arguments",
        )
    for field, cell in zip(fields, cells, strict=True):
        _check(cell, field, index, location)
    return tuple(cells)


_ACCEPTED: dict[t.DataType, tuple[type, ...]] = {
    t.BOOLEAN: (bool,), t.STRING: (str,), t.BINARY: (bytes, bytearray), t.DATE: (datetime.date,),
    t.TIMESTAMP: (datetime.datetime,), t.TIMESTAMP_NTZ: (datetime.datetime,),
    t.DOUBLE: (float,), t.FLOAT: (float,),
    **dict.fromkeys(t.INTEGRAL, (int,)),
}  # fmt: skip


def _check(value: Any, field: t.Field, index: int, location: Location | None) -> None:
    if value is None:
        if field.nullable:
            return
        problem = "is None, which the column does not allow"
    else:
        accepted = (decimal.Decimal,) if isinstance(field.type, t.DecimalType) else _ACCEPTED.get(field.type)
        is_wrong_bool = isinstance(value, bool) and field.type != t.BOOLEAN
        if accepted is None or (isinstance(value, accepted) and not is_wrong_bool):
            return
        if field.type == t.DOUBLE and isinstance(value, int) and not is_wrong_bool:
            return
        problem = f"is {value!r} ({type(value).__name__}), not {field.type.ddl}"
    raise DefinitionError(
        f"column '{field.name}' of row {index + 1} {problem}", location=location, code="wrong-arguments"
    )


def _arrow_table(schema: t.StructType, rows: list[tuple[Any, ...]]) -> Any:
    from arro3.core import Table

    arrays: dict[str, Any] = {f.name: _array([row[i] for row in rows], f.type) for i, f in enumerate(schema)}
    if len(arrays) < len(schema):
        raise DefinitionError(f"two columns share a name: {', '.join(schema.names)}")
    return Table.from_pydict(arrays)


def _array(cells: list[Any], kind: t.DataType) -> Array:
    from arro3.core import Array, DataType, Field, list_array, struct_array

    match kind:
        case t.StructType():
            parts = [[None if c is None else _cells(c, kind.names)[i] for c in cells] for i in range(len(kind))]
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
        case t.DecimalType():
            texts = Array([None if c is None else f"{c:f}" for c in cells], DataType.string())
            return texts.cast(DataType.decimal128(kind.precision, kind.scale))
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
        f"column '{name}' has a type that Spark does not have: {kind}", location=location, code="unsupported-type"
    )


def _decimal(kind: Any) -> t.DataType:
    """arro3 tells a decimal's digits only in its text: `Decimal128(10, 2)`."""
    precision, scale = re.findall(r"\((\d+), (\d+)\)", repr(kind))[0]
    return t.DecimalType(precision=int(precision), scale=int(scale))
