"""Values on their way into a user's Python function and out of it, as Spark 4.3 hands them over.

Owns which Python values a function sees for each type, and which of those that it gives fit its declared type. What
does not fit is an error with the value, never a null and never rounded.
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ingot import types as t
from ingot.definitions.spark.row import named_row
from ingot.errors import Location, UnsupportedError, UserCodeError

Convert = Callable[[Any], Any]

_LIMITS = {t.BYTE: 2**7, t.SHORT: 2**15, t.INT: 2**31, t.LONG: 2**63}
_MICROSECOND = datetime.timedelta(microseconds=1)
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def bound(
    function: Callable[..., Any], name: str, returned: t.DataType, location: Location | None
) -> Callable[[Sequence[t.DataType]], Callable[..., Any]]:
    """What an engine calls with plain values, once it knows the types of the arguments."""
    give = result(returned, name, location)

    def bind(types: Sequence[t.DataType]) -> Callable[..., Any]:
        takes = [argument(kind) for kind in types]
        if not any(takes):
            return lambda *values: give(function(*values))
        ready = [take or _same for take in takes]
        return lambda *values: give(function(*(take(v) for take, v in zip(ready, values, strict=True))))

    return bind


def _same(value: Any) -> Any:
    return value


# --- in -----------------------------------------------------------------------------------------------------------


def argument(kind: t.DataType) -> Convert | None:
    """How a value of this type becomes what a Python function sees; None when it is that already."""
    match kind:
        case t.StructType():
            return _row_of(kind)
        case t.ArrayType():
            inner = argument(kind.element)
            return inner and (lambda value: None if value is None else [inner(v) for v in value])
        case t.MapType():
            key, value = argument(kind.key) or _same, argument(kind.value) or _same
            if key is value is _same:
                return _dict
            return lambda found: None if found is None else {key(k): value(v) for k, v in _pairs(found)}
    if isinstance(kind, t.IntervalType):
        return _duration_of(kind)
    return _in_range if kind in (t.DATE, t.TIMESTAMP, t.TIMESTAMP_NTZ) else None


def _row_of(kind: t.StructType) -> Convert:
    names = tuple(kind.names)
    converts = [argument(field.type) or _same for field in kind]

    def convert(value: Any) -> Any:
        if value is None:
            return None
        cells = value.values() if isinstance(value, dict) else value
        return named_row(names, tuple(c(v) for c, v in zip(converts, cells, strict=True)))

    return convert


def _duration_of(kind: t.IntervalType) -> Convert:
    """A day-time interval, which is a number of microseconds to an engine."""
    _check_duration(kind)
    return lambda value: None if value is None else value * _MICROSECOND


def _check_duration(kind: t.IntervalType) -> None:
    if kind.is_year_month:
        raise UnsupportedError(f"Python has no value for {kind.ddl}", hint="cast it to int", code="unsupported-udf")


def _dict(found: Any) -> Any:
    return None if found is None else dict(_pairs(found))


def _pairs(found: Any) -> Any:
    """A map's pairs; Arrow gives a map as a list of them."""
    return found.items() if isinstance(found, dict) else found


def _in_range(value: Any) -> Any:
    """A date or a time, which is naive: as it is shown in the session's time zone."""
    if isinstance(value, str):  # what DuckDB gives for an instant that Python cannot hold
        raise UserCodeError(f"{value} is outside of what a Python function can be given")
    return value.replace(tzinfo=None) if isinstance(value, datetime.datetime) and value.tzinfo else value


# --- out ----------------------------------------------------------------------------------------------------------


def result(kind: t.DataType, name: str, location: Location | None = None) -> Convert:
    """How what a function gives becomes a plain value of its declared type.

    Raises:
        UserCodeError: `wrong-result`, from the converter, for a value that does not fit.
    """

    def refuse(value: Any) -> NoReturn:
        raise UserCodeError(
            f"function '{name}' returned {_short(value)} ({type(value).__name__}), which does not fit {kind.ddl}",
            location=location,
            hint=f"return a value of that type, or declare another than {kind.ddl}",
            code="wrong-result",
        )

    match kind:
        case t.ArrayType():
            convert = _array(result(kind.element, name, location), refuse)
        case t.MapType():
            convert = _map(result(kind.key, name, location), result(kind.value, name, location), refuse)
        case t.StructType():
            convert = _struct(kind, [result(f.type, name, location) for f in kind], refuse)
        case t.DecimalType():
            convert = _decimal(kind, refuse)
        case t.IntervalType():
            convert = _duration(kind, refuse)
        case _:
            maker = _MAKERS.get(kind)
            convert = _integer(_LIMITS[kind], refuse) if kind in _LIMITS else (maker or _other)(refuse)
    return convert


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _python(value: Any) -> Any:
    """A NumPy scalar as Python's own value."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "shape", None) == () else value


def _integer(limit: int, refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is not int:
            if value is None:
                return None
            value = _whole(_python(value), refuse)
        return value if -limit <= value < limit else refuse(value)

    return convert


def _whole(value: Any, refuse: Convert) -> int:
    """Spark cuts fractions off and reads text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if (isinstance(value, float) and math.isfinite(value)) or (
        isinstance(value, decimal.Decimal) and value.is_finite()
    ):
        return int(value)
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    return refuse(value)


def _double(refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is float or value is None:
            return value
        value = _python(value)
        if isinstance(value, int | float | decimal.Decimal):
            return float(value)
        try:
            return float(value) if isinstance(value, str) and "_" not in value else refuse(value)
        except ValueError:
            return refuse(value)

    return convert


def _string(refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is str or value is None:
            return value
        return str(value).lower() if isinstance(value, bool) else str(value)

    return convert


def _boolean(refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is bool or value is None:
            return value
        value = _python(value)
        if isinstance(value, bool | int | float):
            return bool(value)
        found = _TRUTHS.get(value.lower()) if isinstance(value, str) else None
        return refuse(value) if found is None else found

    return convert


def _decimal(kind: t.DecimalType, refuse: Convert) -> Convert:
    unit = decimal.Decimal(1).scaleb(-kind.scale)
    context = decimal.Context(prec=kind.precision, rounding=decimal.ROUND_HALF_EVEN)

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, decimal.Decimal) or not value.is_finite():
            return refuse(value)
        try:
            return value.quantize(unit, context=context)
        except decimal.InvalidOperation:
            return refuse(value)

    return convert


def _date(refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if isinstance(value, datetime.datetime):
            return value.date()
        return value if value is None or isinstance(value, datetime.date) else refuse(value)

    return convert


def _time(refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, datetime.datetime):
            return refuse(value)
        return value if value.tzinfo is None else value.astimezone(datetime.UTC).replace(tzinfo=None)

    return convert


def _binary(refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None or type(value) is bytes:
            return value
        return bytes(value) if isinstance(value, bytes | bytearray) else refuse(value)

    return convert


def _duration(kind: t.IntervalType, refuse: Convert) -> Convert:
    _check_duration(kind)
    return lambda value: value // _MICROSECOND if isinstance(value, datetime.timedelta) else value and refuse(value)


def _other(refuse: Convert) -> Convert:
    return lambda value: value if value is None else refuse(value)


_MAKERS: dict[t.DataType, Callable[[Convert], Convert]] = {
    t.DOUBLE: _double, t.FLOAT: _double, t.STRING: _string, t.BOOLEAN: _boolean, t.DATE: _date,
    t.TIMESTAMP: _time, t.TIMESTAMP_NTZ: _time, t.BINARY: _binary,
}  # fmt: skip


def _array(element: Convert, refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
            value = value.tolist()
        return [element(v) for v in value] if isinstance(value, list | tuple | set) else refuse(value)

    return convert


def _map(key: Convert, item: Convert, refuse: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        return {key(k): item(v) for k, v in value.items()} if isinstance(value, Mapping) else refuse(value)

    return convert


def _struct(kind: t.StructType, items: list[Convert], refuse: Convert) -> Convert:
    names = kind.names

    def convert(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Mapping):
            cells = [value.get(name) for name in names]
        elif isinstance(value, tuple) and len(value) == len(names):
            cells = list(value)
        else:
            return refuse(value)
        return {name: item(cell) for name, item, cell in zip(names, items, cells, strict=True)}

    return convert
