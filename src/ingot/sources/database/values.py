"""From what drivers return to what lands: Spark's types in Arrow, exactly or not at all.

Owns the one conversion of values. A value that its type cannot hold is an error with the column's name, never rounded
or cut off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingot.errors import DataError, SourceError
from ingot.sources.database.adapter import Column
from ingot.sources.parquet_file import plain_arrow_type
from ingot.types import (
    DATE,
    INTEGRAL,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
)

_TIMES = (DATE, TIMESTAMP, TIMESTAMP_NTZ)
_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)
_EPOCH = date(1970, 1, 1)
_DAY_US = 86_400_000_000
_DIGITS_MAX = 38  # of a number in 128 bits


def arrow_type(type_: DataType) -> pa.DataType | None:
    """The Arrow type of what lands, None if such a type does not land."""
    if isinstance(type_, ArrayType):
        element = arrow_type(type_.element)
        return None if element is None else pa.list_(element)
    return plain_arrow_type(type_)


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """The schema of the files of these columns."""
    return pa.schema([pa.field(c.name, arrow_type(c.type)) for c in columns if c.type is not None])


def convert(batch: pa.RecordBatch, columns: Sequence[Column], schema: pa.Schema, shown: str) -> pa.RecordBatch:
    """The rows with the types that land.

    Raises:
        DataError: `unfit-value`, with the column.
    """
    arrays = [
        _converted(array, column, field.type, shown)
        for array, column, field in zip(batch.columns, columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _converted(array: pa.Array, column: Column, target: pa.DataType, shown: str) -> pa.Array:
    while isinstance(array, pa.ExtensionArray):
        array = array.storage
    try:
        if array.type != target:
            array = _cast(array, target)
        _check_range(array)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise unfit(column, shown, reason) from None
    return array


def _cast(array: pa.Array, target: pa.DataType) -> pa.Array:
    if pa.types.is_integer(array.type):
        return _cast_number(array, target)
    if pa.types.is_floating(array.type) and pa.types.is_decimal(target):
        texts = [None if value is None else _plain(value) for value in array.to_pylist()]
        return _decimals(pa.array(texts, pa.string()), target)
    if pa.types.is_timestamp(target) and target.tz and pa.types.is_timestamp(array.type) and not array.type.tz:
        return array.cast(pa.timestamp("us")).cast(target)
    if pa.types.is_timestamp(target) and target.tz and pa.types.is_string(array.type):
        return _instants(array)
    if pa.types.is_string(array.type) and pa.types.is_decimal(target):
        return _decimals(array, target)
    if pa.types.is_decimal(array.type) and pa.types.is_decimal(target) and target.scale > array.type.scale:
        return pa.array(array.to_pylist(), target)  # Arrow's cast multiplies without noticing where 128 bits end
    if pa.types.is_list(target) and pa.types.is_decimal(target.value_type):
        array = pa.array(array.to_pylist(), array.type) if array.offset else array
        elements = _cast(array.values, target.value_type)
        return pa.ListArray.from_arrays(array.offsets, elements, mask=array.is_null())
    if pa.types.is_string(array.type) and pa.types.is_floating(target):
        return array.cast(pa.float64()).cast(target, safe=False)  # the text of a float says the same number
    return array.cast(target)


def _cast_number(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Whole numbers; Arrow would take any but zero as true, and count microseconds with them."""
    if pa.types.is_boolean(target):
        if not {*_ends(array)} <= {0, 1, None}:
            raise ValueError("a number other than 0 and 1")
    elif pa.types.is_temporal(target):
        raise ValueError("a number is no time")
    elif pa.types.is_decimal(target):
        return _decimals(array.cast(pa.string()), target)
    return array.cast(target)


def _decimals(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Decimals from texts. Arrow does not notice where a number has more digits than 128 bits hold, and begins anew."""
    if _are_short(array, _DIGITS_MAX - target.scale) and not _has_exponent(array):
        return array.cast(target)
    return pa.array([None if text is None else _decimal(text) for text in array.to_pylist()], target)


def _are_short(texts: pa.Array, most: int) -> bool:
    """Whether no number has more characters before its point than that; the points are looked for only if need be."""
    length = pc.call_function("binary_length", [texts])
    if (_ends(length)[1] or 0) <= most:
        return True
    point = pc.call_function("find_substring", [texts], pc.MatchSubstringOptions("."))
    has_none = pc.call_function("less", [point, pa.scalar(0, point.type)])
    return _ends(pc.call_function("if_else", [has_none, length, point]))[1] <= most


def _has_exponent(texts: pa.Array) -> bool:
    content = texts.buffers()[2]
    return content is not None and re.search(rb"[eE]", memoryview(content)) is not None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no decimal") from None


def _plain(value: float) -> str:
    """The shortest digits that make this number."""
    if not isfinite(value):
        raise ValueError(f"{value} is no decimal")
    return f"{Decimal(repr(value)):f}"


def _instants(array: pa.Array) -> pa.Array:
    """Instants from texts; without an offset they are UTC."""
    try:
        return array.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:  # expected no zone offset
        return array.cast(pa.timestamp("us", "UTC"))


def _check_range(array: pa.Array) -> None:
    """Raise ValueError for a time outside the years 1 to 9999, where Spark has none; drivers write infinity so."""
    if pa.types.is_list(array.type):
        array = array.flatten()
    if pa.types.is_date32(array.type):
        ends = _ends(array.cast(pa.int32()))
        low, high = (_FIRST_DAY - _EPOCH).days, (_LAST_DAY - _EPOCH).days
    elif pa.types.is_timestamp(array.type):
        ends = _ends(array.cast(pa.int64()))
        low, high = (_FIRST_DAY - _EPOCH).days * _DAY_US, ((_LAST_DAY - _EPOCH).days + 1) * _DAY_US - 1
    else:
        return
    first, last = ends
    if first is not None and (first < low or last > high):
        raise ValueError("a time outside the years 1 to 9999")


def _ends(array: pa.Array) -> tuple[Any, Any]:
    """The least and the greatest value, None if there is none."""
    ends = pc.call_function("min_max", [array])
    return ends["min"].as_py(), ends["max"].as_py()


def unfit(column: Column, shown: str, reason: str) -> DataError:
    """The error of a value that its column's type cannot hold."""
    landed = column.type.ddl if column.type is not None else "nothing"
    return DataError(
        f"{shown}: a value of column {column.name!r} ({column.database_type}) cannot be kept as {landed}: {reason}",
        hint=f"name another type under types, such as types: {{{column.name}: string}}, or convert it in a query",
        code="unfit-value",
    )


def cursor_value(text: str, type_: DataType) -> Any:
    """A cursor's text as a value that can be compared.

    Raises:
        SourceError: `unfit-cursor`.
    """
    try:
        if type_ in INTEGRAL:
            return int(text)
        if isinstance(type_, DecimalType):
            found = Decimal(text)
            if found.is_finite():
                return found
        if type_ == DATE:
            return date.fromisoformat(text[:10])
        if type_ == TIMESTAMP_NTZ:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:  # an instant is of another order
                return found
        if type_ == TIMESTAMP:
            found = datetime.fromisoformat(text.replace(" +", "+"))
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, InvalidOperation):
        pass
    raise SourceError(
        f"a cursor cannot be read as {type_.ddl}: {text!r}", hint="use a column of another type", code="unfit-cursor"
    )


def is_one_order(type_: pa.DataType, other: pa.DataType) -> bool:
    """Whether cursors of these types can be compared: numbers, times without a zone, instants."""
    return _order(type_) == _order(other)


def _order(type_: pa.DataType) -> str:
    if pa.types.is_timestamp(type_) and type_.tz:
        return "instants"
    return "times" if pa.types.is_temporal(type_) else "numbers"


def cursor_changed(column: Column, shown: str, before: str) -> SourceError:
    """The error of a cursor whose values now cannot be compared with those of earlier runs."""
    assert column.type is not None
    return SourceError(
        f"{shown}: the type of the cursor {column.name!r} has changed: it is {column.database_type} now, and was "
        f"{before} when it landed last; the two cannot be compared",
        hint=f"read the table from the beginning, by naming the type: types: {{{column.name}: {column.type.ddl}}}",
        code="unfit-cursor",
    )


def is_cursor_type(type_: DataType | None) -> bool:
    """Whether values of this type have an order on which Ingot and every database agree."""
    return type_ in INTEGRAL or type_ in _TIMES or isinstance(type_, DecimalType)


def is_time(type_: DataType | None) -> bool:
    return type_ in _TIMES


def earlier(value: Any, amount: int) -> Any:
    """A value less a look-back: seconds of a time, whole days of a date, a number of a number. Times become whole
    minutes."""
    try:
        if isinstance(value, datetime):
            return (value - timedelta(seconds=amount)).replace(second=0, microsecond=0)
        if isinstance(value, date):
            return value - timedelta(days=-(-amount // 86400))
    except OverflowError:
        return datetime.min.replace(tzinfo=value.tzinfo) if isinstance(value, datetime) else date.min
    return value - amount
