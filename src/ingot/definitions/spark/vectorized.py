"""The user's functions of whole columns: pandas Series, Arrow arrays, DataFrames and tables.

Owns the way from the Arrow arrays that an engine hands over to what such a function takes, and back to the declared
type, by Spark 4.3's rules. Needs pyarrow, and pandas for functions of pandas; both are imported when first called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from ingot import types as t
from ingot.errors import Location, UserCodeError

Types = Sequence[t.DataType]
Bind = Callable[[Types], Callable[..., Any]]

_DIGITS_MAX = 38  # that any number in 128 bits may have


def scalar(function: Callable[..., Any], takes: str, is_iterator: bool, returned: t.DataType) -> Bind:
    """A function of columns that gives a column of the same length."""

    def bind(types: Types) -> Callable[..., Any]:
        def call(*columns: Any) -> Any:
            values = [_taken(column, takes) for column in columns]
            if is_iterator:
                batch = values[0] if len(values) == 1 else tuple(values)
                [found] = list(function(iter([batch])))
            else:
                found = function(*values)
            array = _column(found, returned)
            if len(array) != len(columns[0]):
                raise _wrong(f"gave {len(array)} values for {len(columns[0])} rows")
            return array

        return call

    return bind


def grouped(function: Callable[..., Any], takes: str, is_iterator: bool, returned: t.DataType) -> Bind:
    """A function of columns that gives one value: called for each group with the list of its rows."""

    def bind(types: Types) -> Callable[..., Any]:
        def call(groups: Any) -> Any:
            values = []
            for rows in _groups(groups):
                columns = [_taken(c, takes) for c in rows.flatten()]
                batch = columns[0] if len(columns) == 1 else tuple(columns)
                values.append(function(iter([batch])) if is_iterator else function(*columns))
            return _values(values, returned)

        return call

    return bind


def mapped(function: Callable[..., Any], takes: str, rows: t.StructType) -> Bind:
    """A function of an iterator of batches (mapInPandas, mapInArrow), called with one batch at a time.

    All rows that it gives stand in the list of the batch's first row.
    """

    def bind(types: Types) -> Callable[..., Any]:
        def call(batch: Any) -> Any:
            given = [_rows(part, rows) for part in function(iter([_table(batch, takes, is_batch=True)]))]
            return _lists([given] + [[]] * (len(batch) - 1), rows)

        return call

    return bind


def grouped_map(function: Callable[..., Any], takes: str, rows: t.StructType, has_key: bool) -> Bind:
    """A function of the rows of a group, perhaps with its key before (applyInPandas, applyInArrow)."""

    def bind(types: Types) -> Callable[..., Any]:
        def call(groups: Any, keys: Any = None) -> Any:
            found = []
            for at, group in enumerate(_groups(groups)):
                if not len(group):
                    found.append([])
                    continue
                table = _table(group, takes)
                given = function(_key(keys, at, takes), table) if has_key else function(table)
                found.append([_rows(given, rows)])
            return _lists(found, rows)

        return call

    return bind


def cogrouped_map(function: Callable[..., Any], takes: str, rows: t.StructType, has_key: bool) -> Bind:
    """A function of the rows of two groups of the same key; one of them may be empty."""

    def bind(types: Types) -> Callable[..., Any]:
        def call(lefts: Any, rights: Any, keys: Any = None) -> Any:
            found = []
            for at, (left, right) in enumerate(zip(_groups(lefts), _groups(rights), strict=True)):
                tables = _table(left, takes), _table(right, takes)
                given = function(_key(keys, at, takes), *tables) if has_key else function(*tables)
                found.append([_rows(given, rows)])
            return _lists(found, rows)

        return call

    return bind


# --- in -----------------------------------------------------------------------------------------------------------


def _taken(column: Any, takes: str) -> Any:
    """A column as the function takes it; a struct is a DataFrame of its fields."""
    import pyarrow as pa

    if takes == "arrow":
        return _whole(column)
    if pa.types.is_struct(column.type):
        return _table(column, takes)
    return _series(column)


def _series(column: Any) -> Any:
    import pyarrow as pa

    maps = {"maps_as_pydicts": "strict"} if pa.types.is_map(column.type) else {}
    times = {"coerce_temporal_nanoseconds": True} if pa.types.is_timestamp(column.type) else {}
    return column.to_pandas(date_as_object=True, **maps, **times)


def _whole(column: Any) -> Any:
    import pyarrow as pa

    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _groups(column: Any) -> Iterator[Any]:
    """The rows of each list as an array of structs, of which an empty list has none."""
    import pyarrow as pa

    column = _whole(column)
    for value in column:
        yield pa.array([], column.type.value_type) if value.values is None else value.values


def _table(rows: Any, takes: str, is_batch: bool = False) -> Any:
    """An array of structs as a DataFrame or an Arrow table."""
    import pyarrow as pa

    rows = _whole(rows)
    names = [rows.type.field(i).name for i in range(rows.type.num_fields)]
    arrays = rows.flatten()
    if takes == "arrow":
        made = pa.RecordBatch if is_batch else pa.Table
        return made.from_arrays(arrays, names=names)
    import pandas as pd

    series = {at: _series(array) for at, array in enumerate(arrays)}
    frame = pd.DataFrame(series, index=range(len(rows)))
    frame.columns = names
    return frame


def pandas_frame(table: Any) -> Any:
    """An Arrow table as the DataFrame that `toPandas` gives: times without a zone, dates as Python's."""
    import pandas as pd
    import pyarrow as pa

    table = pa.table(table)
    frame = pd.DataFrame({at: _series(_zoneless(column)) for at, column in enumerate(table.columns)})
    frame.columns = table.column_names
    return frame


def _zoneless(column: Any) -> Any:
    import pyarrow as pa

    column = column.combine_chunks()
    is_zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
    return column.cast(pa.timestamp("us")) if is_zoned else column


def _key(keys: Any, at: int, takes: str) -> tuple[Any, ...]:
    row = _whole(keys.slice(at, 1)).flatten()
    return tuple(array[0] if takes == "arrow" else _series(array).iloc[0] for array in row)


# --- out ----------------------------------------------------------------------------------------------------------


def _column(found: Any, returned: t.DataType) -> Any:
    """What a function gave, as an array of the declared type."""
    import pyarrow as pa

    if isinstance(returned, t.StructType) and not isinstance(found, pa.Array | pa.ChunkedArray):
        return _rows(found, returned)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return _fitted(found, returned)


def _fitted(found: Any, returned: t.DataType) -> Any:
    import pyarrow as pa

    target = arrow_type(returned)
    try:
        if isinstance(found, pa.Array):
            return _cast(found, target)
        if getattr(getattr(found, "dt", None), "tz", None) is not None:
            found = found.dt.tz_convert("UTC").dt.tz_localize(None)
        if hasattr(found, "to_numpy"):
            return _from_series(found, target)
        return pa.array(found, target, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise _wrong(f"gave values that do not fit {returned.ddl}: {str(error).splitlines()[0]}") from error


def _from_series(series: Any, target: Any) -> Any:
    import pyarrow as pa

    kind = str(series.dtype)
    is_whole = pa.types.is_integer(target) and kind in ("object", "str", "string")
    if is_whole or (pa.types.is_decimal(target) and kind != "object"):
        return _cast(pa.array(series, from_pandas=True), target)
    if pa.types.is_map(target):
        series = series.map(lambda v: list(v.items()) if isinstance(v, dict) else v)
    return pa.array(series, target, from_pandas=True)


def _cast(array: Any, target: Any) -> Any:
    """Arrow's cast, but for decimals that become other numbers: it does not notice where 128 bits are too few."""
    import pyarrow as pa

    if array.type == target:
        return array
    made = array.cast(target)
    if _can_wrap(array.type, target):
        for given, value in zip(array.to_pylist(), made.to_pylist(), strict=True):
            if _is_other(given, value):
                raise pa.ArrowInvalid(f"{given!r} has too many digits for {target}")
    return made


def _can_wrap(given: Any, target: Any) -> bool:
    """Whether a cast multiplies what then may have more than the 38 digits that are sure to fit, or reads it."""
    import pyarrow as pa

    if pa.types.is_dictionary(given):
        return _can_wrap(given.value_type, target)
    if pa.types.is_decimal(target):
        return not pa.types.is_decimal(given) or given.precision + max(0, target.scale - given.scale) > _DIGITS_MAX
    return pa.types.is_nested(target) and "decimal" in str(target)


def _is_other(given: Any, made: Any) -> bool:
    """Whether texts and decimals say another number than what was made of them."""
    match made:
        case Decimal() if isinstance(given, str | Decimal):
            return Decimal(given) != made
        case list() | tuple():
            return any(_is_other(g, m) for g, m in zip(given, made, strict=True))
        case dict():
            return any(_is_other(given.get(name), value) for name, value in made.items())  # Arrow adds fields: NULL
    return False


def _rows(found: Any, schema: t.StructType) -> Any:
    """A DataFrame, table or batch as an array of structs: by name, or by position where columns have no names."""
    import pyarrow as pa

    names = list(found.schema.names) if isinstance(found, pa.Table | pa.RecordBatch) else list(found.columns)
    if isinstance(found, pa.Table):
        found = found.combine_chunks()
    if not names and not len(found):
        return pa.array([], arrow_type(schema))
    if names and not all(isinstance(name, str) for name in names):
        if len(names) != len(schema):
            raise _wrong(f"gave {len(names)} columns for {len(schema)}")
        columns = [found.iloc[:, at] for at in range(len(names))]
    else:
        missing = [name for name in schema.names if name not in names]
        if missing:
            raise _wrong(f"gave no column '{missing[0]}'; it gave {', '.join(map(str, names))}")
        columns = [found.column(n) if isinstance(found, pa.RecordBatch | pa.Table) else found[n] for n in schema.names]
    arrays = [_column(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.StructArray.from_arrays(arrays, fields=list(arrow_type(schema)))


def _lists(found: list[list[Any]], schema: t.StructType) -> Any:
    """For each row the list of the rows in its arrays."""
    import pyarrow as pa

    flat = [array for arrays in found for array in arrays]
    offsets = [0]
    for arrays in found:
        offsets.append(offsets[-1] + sum(len(a) for a in arrays))
    values = pa.concat_arrays(flat) if flat else pa.array([], arrow_type(schema))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _values(values: list[Any], returned: t.DataType) -> Any:
    import pyarrow as pa

    plain = [v.as_py() if isinstance(v, pa.Scalar) else v for v in values]
    return _fitted(plain, returned)


def _wrong(what: str, location: Location | None = None) -> UserCodeError:
    return UserCodeError(f"the function {what}", location=location, code="wrong-result")


# --- types ---------------------------------------------------------------------------------------------------------


def arrow_type(kind: t.DataType) -> Any:
    """The Arrow type in which an engine takes values of this type; times have no zone."""
    import pyarrow as pa

    match kind:
        case t.DecimalType():
            return pa.decimal128(kind.precision, kind.scale)
        case t.ArrayType():
            return pa.list_(arrow_type(kind.element))
        case t.MapType():
            return pa.map_(arrow_type(kind.key), arrow_type(kind.value))
        case t.StructType():
            return pa.struct([pa.field(f.name, arrow_type(f.type)) for f in kind])
    names = {
        t.BOOLEAN: pa.bool_, t.BYTE: pa.int8, t.SHORT: pa.int16, t.INT: pa.int32, t.LONG: pa.int64,
        t.FLOAT: pa.float32, t.DOUBLE: pa.float64, t.STRING: pa.string, t.BINARY: pa.binary, t.DATE: pa.date32,
    }  # fmt: skip
    if kind in (t.TIMESTAMP, t.TIMESTAMP_NTZ):
        return pa.timestamp("us")
    if kind not in names:
        raise UserCodeError(f"a function of whole columns cannot give {kind.ddl}", code="wrong-result")
    return names[kind]()
