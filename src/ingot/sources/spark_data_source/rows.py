"""From what a data source yields to what lands: Spark's types in Arrow, by the rules of Spark's own reader.

Owns the one conversion of rows. What Spark refuses is refused: another number of values, other names, a value that its
column's type does not hold.
"""

from __future__ import annotations

import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from itertools import islice
from typing import Any

import pyarrow as pa

from ingot.errors import DataError, SourceError
from ingot.sources.parquet_file import plain_arrow_type
from ingot.types import (
    BINARY,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    MapType,
    StructType,
)

_BATCH_ROWS = 10_000
_Convert = Callable[[Any], Any]


def schema_of(columns: StructType) -> pa.Schema:
    """The schema of the files.

    Raises:
        SourceError: `unsupported-type`.
    """
    return pa.schema([_field(field.name, field.type, field.nullable) for field in columns])


def tables(rows: Iterable[Any], columns: StructType, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows as tables of bounded size.

    Raises:
        DataError: `unfit-value`, `wrong-row`.
    """
    converters = [_converter(field.type, field.nullable) for field in columns]
    waiting = iter(rows)
    while chunk := list(islice(waiting, _BATCH_ROWS)):
        plain: list[Sequence[Any]] = []
        for row in chunk:
            if not isinstance(row, pa.RecordBatch):
                plain.append(_in_order(row, columns))
                continue
            if plain:
                yield _table(plain, columns, schema, converters)
                plain = []
            yield _checked(row, schema)
        if plain:
            yield _table(plain, columns, schema, converters)


def _field(name: str, type_: DataType, nullable: bool) -> pa.Field:
    return pa.field(name, _arrow(name, type_), nullable)


def _arrow(name: str, type_: DataType) -> pa.DataType:
    match type_:
        case ArrayType():
            return pa.list_(_field("element", type_.element, type_.contains_null))
        case MapType():
            return pa.map_(_arrow(name, type_.key), _field("value", type_.value, type_.value_contains_null))
        case StructType():
            return pa.struct([_field(field.name, field.type, field.nullable) for field in type_])
    found = plain_arrow_type(type_)
    if found is None:
        raise SourceError(
            f"column {name!r} of type {type_.ddl} cannot land",
            hint="let the data source give it as a string",
            code="unsupported-type",
        )
    return found


# --- rows ---


def _in_order(row: Any, columns: StructType) -> Sequence[Any]:
    """The values of a row in the order of the columns: by name if it has names."""
    if not isinstance(row, list | tuple):
        raise DataError(
            f"a row is a {type(row).__name__}",
            hint="let read() yield tuples, lists, rows with names, or record batches of Arrow",
            code="wrong-row",
        )
    names = columns.names
    if len(row) != len(names):
        raise DataError(f"a row has {len(row)} values for {len(names)} columns", hint=_same(names), code="wrong-row")
    own = getattr(row, "__fields__", None)
    if own is None:
        return row
    if set(own) != set(names):
        raise DataError(f"a row has the names {', '.join(own)}", hint=_same(names), code="wrong-row")
    return [row[own.index(name)] for name in names]


def _same(names: Sequence[str]) -> str:
    return f"the columns of schema() are {', '.join(names)}"


def _table(
    rows: Sequence[Sequence[Any]], columns: StructType, schema: pa.Schema, converters: Sequence[_Convert]
) -> pa.Table:
    arrays = []
    for values, field, convert in zip(zip(*rows, strict=True), schema, converters, strict=True):
        try:
            arrays.append(pa.array([convert(value) for value in values], field.type))
        except (pa.ArrowException, TypeError, ValueError, OverflowError, InvalidOperation, AttributeError) as error:
            type_ = columns.fields[len(arrays)].type.ddl
            raise DataError(
                f"column {field.name!r} of type {type_} cannot hold a value: {error}",
                hint="let read() yield values of the types that schema() says",
                code="unfit-value",
            ) from None
    return pa.Table.from_arrays(arrays, schema=schema)


def _checked(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """A record batch with the columns in their order."""
    names = [field.name for field in schema]
    if sorted(batch.schema.names) != sorted(names):
        found = ", ".join(batch.schema.names)
        raise DataError(f"a record batch has the columns {found}", hint=_same(names), code="wrong-row")
    ordered = batch.select(names)
    for field, column in zip(schema, ordered.columns, strict=True):
        if column.type != field.type or (column.null_count and not field.nullable):
            found = "a null" if column.type == field.type else str(column.type)
            raise DataError(
                f"column {field.name!r} is declared as {field.type}, and a record batch has {found}",
                hint="let read() yield values of the types that schema() says",
                code="unfit-value",
            )
    return pa.Table.from_arrays([pa.chunked_array([column]) for column in ordered.columns], schema=schema)


# --- values ---


def _converter(type_: DataType, nullable: bool) -> _Convert:
    inner = _inner(type_)

    def convert(value: Any) -> Any:
        if value is not None:
            return inner(value)
        if not nullable:
            raise ValueError("it is NULL, but NOT NULL by its declaration")
        return None

    return convert


def _inner(type_: DataType) -> _Convert:
    match type_:
        case StructType():
            return _struct(type_)
        case ArrayType():
            element = _converter(type_.element, type_.contains_null)
            return lambda value: [element(item) for item in _of(value, list, tuple, array.array)]
        case MapType():
            key, item = _converter(type_.key, False), _converter(type_.value, type_.value_contains_null)
            return lambda value: [(key(k), item(v)) for k, v in _of(value, dict).items()]
        case DecimalType():
            return _decimal(type_)
    return {STRING: _text, BINARY: _bytes, TIMESTAMP: _instant, TIMESTAMP_NTZ: _local_time}.get(type_, _same_value)


def _struct(type_: StructType) -> _Convert:
    names = type_.names
    converters = [_converter(field.type, field.nullable) for field in type_]

    def convert(value: Any) -> dict[str, Any]:
        if isinstance(value, tuple):
            if len(value) != len(names):
                raise ValueError(f"it has {len(value)} values for {len(names)} fields")
            values: Sequence[Any] = value
        else:
            found = value if isinstance(value, dict) else vars(value)
            values = [found.get(name) for name in names]
        return {n: convert(v) for n, convert, v in zip(names, converters, values, strict=True)}

    return convert


def _decimal(type_: DecimalType) -> _Convert:
    step, context = Decimal(1).scaleb(-type_.scale), Context(prec=type_.precision, rounding=ROUND_HALF_EVEN)

    def convert(value: Any) -> Decimal | None:
        found = _of(value, Decimal)
        return None if found.is_nan() else found.quantize(step, context=context)

    return convert


def _of(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds):
        raise TypeError(f"it is a {type(value).__name__}, not a {kinds[0].__name__}")
    return value


def _same_value(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bytes(value: Any) -> bytes:
    return bytes(_of(value, bytes, bytearray))


def _instant(value: Any) -> datetime:
    """A time without a zone is in UTC, as sessions are."""
    found = _of(value, datetime)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _local_time(value: Any) -> datetime:
    found = _of(value, datetime)
    if found.tzinfo is not None:
        raise ValueError("it has a zone, and its column has none")
    return found
