"""Types of rows made in Python, as `spark.createDataFrame` of PySpark infers them, and their values made to fit.

A value that does not fit its type is an error with the row; nothing is rounded, cut off or left out.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ingot import types as t
from ingot.definitions.spark.row import Row
from ingot.definitions.spark.types import StructType, to_schema, to_type
from ingot.errors import DefinitionError, Location
from ingot.quoting import quoted_name

_PYTHON_TYPES: dict[type, t.DataType] = {
    bool: t.BOOLEAN, int: t.LONG, float: t.DOUBLE, str: t.STRING, bytes: t.BINARY, bytearray: t.BINARY,
    datetime.datetime: t.TIMESTAMP, datetime.date: t.DATE, type(None): t.NULL,
    datetime.timedelta: t.IntervalType(start="day", end="second"),
    decimal.Decimal: t.DecimalType(precision=38, scale=18),
}  # fmt: skip
_LIMITS = {t.BYTE: 2**7, t.SHORT: 2**15, t.INT: 2**31, t.LONG: 2**63}
_SCHEMA_HINT = "give a schema, such as 'id BIGINT, name STRING'"
_NUMPY_TYPES = {
    "bool": t.BOOLEAN, "int8": t.BYTE, "int16": t.SHORT, "int32": t.INT, "int64": t.LONG, "float32": t.FLOAT,
    "float64": t.DOUBLE,
}  # fmt: skip


def typed_rows(
    data: Iterable[Any], schema: Any, location: Location | None
) -> tuple[t.StructType, list[tuple[Any, ...]]]:
    """The columns and the rows of what createDataFrame is given.

    Raises:
        DefinitionError: for rows that do not fit the schema, or whose types cannot be told.
    """
    if type(data).__module__ == "numpy":
        data, schema = _numpy(data, schema, location)
    rows = list(data)
    columns, names = _schema(rows, schema, location)
    return columns, [_fitted_row(row, names, columns, index, location) for index, row in enumerate(rows)]


def _numpy(data: Any, schema: Any, location: Location | None) -> tuple[list[Any], Any]:
    """The rows of an array, with its type for each column."""
    kind = _NUMPY_TYPES.get(data.dtype.name)
    if kind is None or data.ndim not in (1, 2):
        raise DefinitionError(
            f"an array of {data.dtype.name} with {data.ndim} dimensions is no table",
            location=location,
            code="unknown-type",
        )
    rows = data.tolist() if data.ndim == 2 else [[value] for value in data.tolist()]
    if schema is None or isinstance(schema, list | tuple):
        width = data.shape[1] if data.ndim == 2 else 1
        names = schema or (["value"] if data.ndim == 1 else [f"_{i + 1}" for i in range(width)])
        schema = StructType.fromDDL(", ".join(f"{quoted_name(name)} {kind.ddl}" for name in names))
    return rows, schema


def _schema(rows: list[Any], schema: Any, location: Location | None) -> tuple[t.StructType, list[str]]:
    """The columns, and the names that the rows themselves have for them."""
    if schema is not None and not isinstance(schema, list | tuple):
        columns = _given_schema(schema)
        return columns, columns.names
    if not rows:
        raise DefinitionError(
            "the types of no rows cannot be told", location=location, hint=_SCHEMA_HINT, code="unknown-type"
        )
    merged = _struct_of(rows[0], location)
    for row in rows[1:]:
        found = _merged(merged, _struct_of(row, location), "the rows", location)
        assert isinstance(found, t.StructType)
        merged = found
    names = merged.names
    if schema is not None:
        _check_count(len(schema), len(merged), location)
        merged = t.with_names(merged, [str(name) for name in schema])
    for field in merged:
        if t.holds(field.type, lambda kind: kind == t.NULL):
            raise DefinitionError(
                f"the type of column '{field.name}' cannot be told: all its values are None",
                location=location,
                hint=_SCHEMA_HINT,
                code="unknown-type",
            )
    return merged, names


def _given_schema(schema: Any) -> t.StructType:
    """The columns that a StructType or text says; a single type is that of the column `value`."""
    if isinstance(schema, StructType):
        return schema.to_ingot()
    if isinstance(schema, str) and (" " in schema.strip() or ":" in schema):
        return to_schema(schema)
    return t.struct(t.Field("value", to_type(schema)))


def _check_count(names: int, columns: int, location: Location | None) -> None:
    if names != columns:
        raise DefinitionError(
            f"{names} names are given for {columns} columns",
            location=location,
            hint="give each column one name",
            code="wrong-arguments",
        )


# --- types of values ----------------------------------------------------------------------------------------------


def _struct_of(row: Any, location: Location | None) -> t.StructType:
    """The columns of one row."""
    named = _named(row)
    if named is not None:
        return t.struct(*(t.Field(str(n), _inferred(v, location)) for n, v in named))
    if isinstance(row, list | tuple):
        return t.struct(*(t.Field(f"_{i + 1}", _inferred(v, location)) for i, v in enumerate(row)))
    raise DefinitionError(
        f"{row!r} ({type(row).__name__}) is no row",
        location=location,
        hint="give tuples, or the type of the single column: createDataFrame(values, 'int')",
        code="unknown-type",
    )


def _named(row: Any) -> list[tuple[str, Any]] | None:
    """The values of a row by name, in Spark's order; None for one without names."""
    if isinstance(row, Row):
        return None if row.__fields__ is None else list(zip(row.__fields__, row, strict=True))
    if isinstance(row, Mapping):
        return sorted((str(k), v) for k, v in row.items())
    if isinstance(row, tuple) and hasattr(row, "_fields"):
        return list(zip(row._fields, row, strict=True))  # type: ignore[attr-defined]
    if is_dataclass(row) and not isinstance(row, type):
        return [(f.name, getattr(row, f.name)) for f in fields(row)]
    if type(row).__module__ != "builtins" and hasattr(row, "__dict__") and not isinstance(row, list | tuple):
        return sorted(vars(row).items())
    return None


def _inferred(value: Any, location: Location | None) -> t.DataType:
    for kind in type(value).__mro__:
        if kind in _PYTHON_TYPES:
            return _PYTHON_TYPES[kind]
    if isinstance(value, Mapping):
        key = _of_all(value.keys(), location)
        return t.MapType(key=key, value=_of_all(value.values(), location))
    if isinstance(value, list):
        return t.ArrayType(element=_of_all(value, location))
    if isinstance(value, tuple) or _named(value) is not None:
        return _struct_of(value, location)
    raise DefinitionError(
        f"{value!r} ({type(value).__name__}) has no type in Spark",
        location=location,
        hint='give a schema: "id BIGINT, name STRING", and values of these types',
        code="unknown-type",
    )


def _of_all(values: Iterable[Any], location: Location | None) -> t.DataType:
    kind: t.DataType = t.NULL
    for value in values:
        kind = _merged(kind, _inferred(value, location), "a list", location)
    return kind


def _merged(a: t.DataType, b: t.DataType, what: str, location: Location | None) -> t.DataType:
    """The type of values of both types; only text takes the others in."""
    if a == b or b == t.NULL:
        return a
    match a, b:
        case t.DataType(name="void"), _:
            return b
        case t.StructType(), t.StructType():
            return _merged_structs(a, b, location)
        case t.ArrayType(), t.ArrayType():
            return replace(a, element=_merged(a.element, b.element, what, location))
        case t.MapType(), t.MapType():
            key = _merged(a.key, b.key, what, location)
            return replace(a, key=key, value=_merged(a.value, b.value, what, location))
    if t.STRING in (a, b) and not isinstance(a, _NESTED) and not isinstance(b, _NESTED):
        return t.STRING
    raise DefinitionError(
        f"{what} hold both {a.ddl} and {b.ddl}", location=location, hint=_SCHEMA_HINT, code="unknown-type"
    )


_NESTED = (t.StructType, t.ArrayType, t.MapType)


def _merged_structs(a: t.StructType, b: t.StructType, location: Location | None) -> t.StructType:
    known = {f.name: f for f in a}
    common_a, common_b = [n for n in a.names if n in b.names], [n for n in b.names if n in known]
    if common_a != common_b:
        raise DefinitionError(
            f"the rows have their fields in different orders: {', '.join(common_a)} and {', '.join(common_b)}",
            location=location,
            hint="give each row its fields in one order",
            code="wrong-arguments",
        )
    for field in b:
        old = known.get(field.name)
        kind = field.type if old is None else _merged(old.type, field.type, f"column '{field.name}'", location)
        known[field.name] = t.Field(field.name, kind)
    return t.struct(*known.values())


# --- values ---------------------------------------------------------------------------------------------------------


def _fitted_row(
    row: Any, names: list[str], columns: t.StructType, index: int, location: Location | None
) -> tuple[Any, ...]:
    cells = _cells(row, names)
    if len(cells) != len(columns):
        raise DefinitionError(
            f"row {index + 1} has {len(cells)} values for {len(columns)} columns",
            location=location,
            code="wrong-arguments",
        )
    fitted = []
    for field, cell in zip(columns, cells, strict=True):
        try:
            fitted.append(_fitted(cell, field.type, field.nullable))
        except _MisfitError as misfit:
            raise DefinitionError(
                f"column '{field.name}' of row {index + 1} {misfit}", location=location, code="wrong-arguments"
            ) from None
    return tuple(fitted)


class _MisfitError(Exception):
    """A value that does not fit; the text says how."""


def _cells(row: Any, names: list[str]) -> Sequence[Any]:
    """The values of a row: of tuples by position, of what has names by these, a missing one being None."""
    named = _named(row)
    if named is None:
        return row if isinstance(row, list | tuple) else [row]
    by_name = dict(named)
    if isinstance(row, tuple) and (len(named) == len(names) or not by_name.keys() <= set(names)):
        return list(row)
    return [by_name.get(name) for name in names]


_ACCEPTED: dict[t.DataType, tuple[type, ...]] = {
    t.BOOLEAN: (bool,), t.STRING: (str, int, bool), t.BINARY: (bytes, bytearray), t.DATE: (datetime.date,),
    t.TIMESTAMP: (datetime.datetime,), t.TIMESTAMP_NTZ: (datetime.datetime,),
    t.DOUBLE: (float, int), t.FLOAT: (float, int), **dict.fromkeys(t.INTEGRAL, (int,)),
}  # fmt: skip


def _fitted(value: Any, kind: t.DataType, is_nullable: bool = True) -> Any:
    if value is None:
        if not is_nullable:
            raise _MisfitError("is None, which the column does not allow")
        return None
    match kind:
        case t.StructType() if isinstance(value, list | tuple) or _named(value) is not None:
            cells = _cells(value, kind.names)
            if len(cells) != len(kind):
                raise _MisfitError(f"is {value!r}, which has not the fields of {kind.ddl}")
            return tuple(_fitted(c, f.type, f.nullable) for c, f in zip(cells, kind, strict=True))
        case t.ArrayType() if isinstance(value, list | tuple):
            return [_fitted(v, kind.element) for v in value]
        case t.ArrayType() if type(value).__module__ == "numpy":
            return [_fitted(v, kind.element) for v in value.tolist()]
        case t.MapType() if isinstance(value, Mapping):
            return {_fitted(k, kind.key, False): _fitted(v, kind.value) for k, v in value.items()}
        case t.DecimalType() if isinstance(value, decimal.Decimal):
            return _decimal(value, kind)
        case t.IntervalType() if isinstance(value, datetime.timedelta):
            return value
    return _atom(value, kind)


def _atom(value: Any, kind: t.DataType) -> Any:
    is_wrong_bool = isinstance(value, bool) and kind not in (t.BOOLEAN, t.STRING)
    if not isinstance(value, _ACCEPTED.get(kind, ())) or is_wrong_bool:
        raise _MisfitError(f"is {value!r} ({type(value).__name__}), not {kind.ddl}")
    if kind in _LIMITS and not -_LIMITS[kind] <= value < _LIMITS[kind]:
        raise _MisfitError(f"is {value}, which is too large for {kind.ddl}")
    if kind == t.STRING and not isinstance(value, str):
        return str(value).lower()
    if kind == t.DATE and isinstance(value, datetime.datetime):
        return value.date()
    return value


def _decimal(value: decimal.Decimal, kind: t.DecimalType) -> decimal.Decimal:
    context = decimal.Context(prec=kind.precision, rounding=decimal.ROUND_HALF_UP)
    try:
        return value.quantize(decimal.Decimal(1).scaleb(-kind.scale), context=context)
    except decimal.InvalidOperation:
        raise _MisfitError(f"is {value}, which does not fit {kind.ddl}") from None
