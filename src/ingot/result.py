"""Rows for the caller: what `lake.sql(…)` gives, over any object with `__arrow_c_stream__`."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from ingot.errors import DataError, IngotError, Location, UnsupportedError
from ingot.types import ArrayType, DataType, MapType, StructType, holds, is_interval


def refuse_intervals(schema: StructType, what: str, location: Location | None = None) -> None:
    """Refuse rows with a column that no reader can be given.

    Args:
        schema: Of the rows.
        what: The end of the message, such as `a result cannot hold`.
        location: Where the query stands.

    Raises:
        UnsupportedError: `interval-in-result`.
    """
    for column in schema:
        if holds(column.type, is_interval):
            raise UnsupportedError(
                f"column {column.name!r} is an {column.type}, which {what}",
                location=location,
                hint="compute a number: datediff(end, start), unix_timestamp(end) - unix_timestamp(start)",
                code="interval-in-result",
            )


class Result:
    """The rows of one query, evaluated when they are first asked for.

    Pass it to anything that speaks the Arrow PyCapsule interface (`polars.DataFrame(result)`,
    `pyarrow.table(result)`), or use one of the methods.
    """

    def __init__(self, rows: Any, schema: StructType):
        self._rows = rows
        self.schema = schema

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return self.schema.names

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._rows.__arrow_c_stream__(requested_schema)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows as tuples of Python values; maps are dicts."""
        return list(self.rows())

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows one after the other, as `fetchall` gives them."""
        if not any(holds(field.type, _is_map) for field in self.schema):
            yield from tuples_of(self._rows)
            return
        types = [field.type for field in self.schema]
        for row in tuples_of(self._rows):
            yield tuple(_with_dicts(value, data_type) for value, data_type in zip(row, types, strict=True))

    def batches(self) -> Iterator[Any]:
        """The rows as one `arro3.core.RecordBatch` after the other, at least one."""
        from arro3.core import RecordBatchReader, Table

        is_empty = True
        for batch in batches_of(self._rows):
            is_empty = False
            yield batch
        if is_empty:
            schema = RecordBatchReader.from_arrow(self._rows).schema
            yield Table.from_batches([], schema=schema).combine_chunks().to_batches()[0]

    def arrow(self) -> Any:
        """All rows as a `pyarrow.Table`. Needs pyarrow."""
        return _needs("pyarrow").table(self._all())

    def df(self) -> Any:
        """All rows as a `pandas.DataFrame`. Needs pandas and pyarrow."""
        _needs("pandas")
        return self.arrow().to_pandas()

    def pl(self) -> Any:
        """All rows as a `polars.DataFrame`. Needs Polars."""
        return _needs("polars").DataFrame(self._all())

    def _all(self) -> Any:
        """Every row; what goes wrong on the way is an IngotError, which a stream cannot raise."""
        return self._rows.read() if hasattr(self._rows, "read") else self._rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self.rows()


def _is_map(data_type: DataType) -> bool:
    return isinstance(data_type, MapType)


def _with_dicts(value: Any, data_type: DataType) -> Any:
    """A value in which every map, which Arrow gives as pairs, is a dict."""
    if value is None:
        return None
    match data_type:
        case MapType():
            pairs = value.items() if isinstance(value, dict) else value
            return {key: _with_dicts(inner, data_type.value) for key, inner in pairs}
        case ArrayType():
            return [_with_dicts(inner, data_type.element) for inner in value]
        case StructType():
            return {field.name: _with_dicts(value[field.name], field.type) for field in data_type}
    return value


def as_tuples(rows: Any) -> list[tuple[Any, ...]]:
    """The rows of an Arrow stream as tuples of Python values."""
    return list(tuples_of(rows))


def arrow_names(rows: Any) -> list[str]:
    """The names of the columns of an Arrow stream."""
    from arro3.core import RecordBatchReader

    return list(RecordBatchReader.from_arrow(rows).schema.names)


def tuples_of(rows: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of an Arrow stream, one after the other, batch by batch.

    Rows of an engine say in their own words what goes wrong on the way.
    """
    for batch in batches_of(rows):
        arrays: list[Any] = [batch.column(index) for index in range(batch.num_columns)]
        try:
            columns = [[value.as_py() for value in array] for array in arrays]
        except (ValueError, OverflowError) as error:
            raise DataError(
                f"a value is outside of what Python's types hold: {error}",
                hint="cast it to a string, or take the rows as Arrow",
                code="value-out-of-range",
            ) from error
        yield from zip(*columns, strict=True)


def batches_of(rows: Any) -> Iterator[Any]:
    """The batches of an Arrow stream; none if there are no rows."""
    from arro3.core import RecordBatchReader

    yield from rows.batches() if hasattr(rows, "batches") else RecordBatchReader.from_arrow(rows)


def arrow_table(schema: StructType, rows: Sequence[Sequence[Any]]) -> Any:
    """Rows of Python values as an `arro3.core.Table`.

    Columns are of type string, bigint, double, boolean, timestamp, or struct of strings (its values are tuples).
    """
    from arro3.core import Array, DataType, Table, struct_array
    from arro3.core import Field as ArrowField

    types = {"bigint": DataType.int64(), "double": DataType.float64(), "boolean": DataType.bool()}
    values_of: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    columns: dict[str, Any] = {}
    for column, values in zip(schema, values_of, strict=True):
        if isinstance(column.type, StructType):
            parts = list(zip(*values, strict=True)) if values else [()] * len(column.type)
            columns[column.name] = struct_array(
                [Array(list(part), DataType.utf8()) for part in parts],
                fields=[ArrowField(name, DataType.utf8()) for name in column.type.names],
            )
        elif column.type.name == "timestamp":
            micros = Array([None if value is None else _micros(value) for value in values], DataType.int64())
            columns[column.name] = micros.cast(DataType.timestamp("us", tz="UTC"))
        else:
            columns[column.name] = Array(list(values), types.get(column.type.name, DataType.utf8()))
    return Table.from_pydict(columns)


def _micros(instant: datetime.datetime) -> int:
    return (instant - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(microseconds=1)


def _needs(package: str) -> Any:
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError:
        raise IngotError(f"{package} is not installed", hint=f"pip install {package}", code="missing-package") from None
