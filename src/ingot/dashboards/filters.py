"""A filter: a condition on one field, as pages send it, and as a predicate of Spark SQL over a typed column.

Owns what the operators mean, nulls and dates included. A value becomes a literal of the column's type, as a node of the
tree; it is never part of a text that is parsed.
"""

from __future__ import annotations

import calendar
import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

from ingot.errors import DashboardError, near_hint
from ingot.types import BOOLEAN, DATE, FRACTIONAL, STRING, TIMESTAMP, TIMESTAMP_NTZ, DataType, is_numeric

OPERATORS = ("in", "not_in", "between", "ge", "le", "gt", "lt", "last", "is_null", "contains")
UNITS = ("minute", "hour", "day", "week", "month", "quarter", "year")
FILTERS_MAX, VALUES_MAX, TEXT_MAX, COUNT_MAX = 50, 2_000, 10_000, 10_000
_INSTANTS = (TIMESTAMP, TIMESTAMP_NTZ)
_DAY = datetime.timedelta(days=1)
_DIGITS_MAX = 38
_SPANS_MAX = 8  # of days, as ranges: many alternatives take long to be analyzed
_COUNTS = {"between": 2, "ge": 1, "le": 1, "gt": 1, "lt": 1, "last": 2, "is_null": 0, "contains": 1}
_NOT_FINITE = {"nan": "NaN", "infinity": "Infinity", "-infinity": "-Infinity"}

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Filter:
    """One condition. Null among the values of `in` means rows without a value."""

    field: str
    op: str
    values: tuple[Scalar, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "op": self.op, "values": list(self.values)}


def read_filters(given: Any) -> tuple[Filter, ...]:
    """Filters as JSON has them.

    Raises:
        DashboardError: `invalid-filter`.
    """
    if given is None:
        return ()
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise _invalid("filters are a list")
    if len(given) > FILTERS_MAX:
        raise _invalid(f"{len(given)} filters are more than {FILTERS_MAX}")
    return tuple(_read_filter(item) for item in given)


def _read_filter(given: Any) -> Filter:
    if isinstance(given, Filter):
        return given
    if not isinstance(given, Mapping) or not isinstance(given.get("field"), str):
        raise _invalid("a filter is an object with field, op and values")
    field, op, values = given["field"], given.get("op", "in"), given.get("values", [])
    if op not in OPERATORS:
        hint = near_hint(str(op), OPERATORS, f"one of {', '.join(OPERATORS)}")
        raise _invalid(f"{_shown(op)} is no operator of a filter", hint)
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise _invalid(f"the values of the filter on {field!r} are not a list")
    if len(values) > VALUES_MAX:
        raise _invalid(f"the filter on {field!r} has {len(values)} values, more than {VALUES_MAX}")
    for value in values:
        if not (value is None or isinstance(value, bool | int | float | str)):
            raise _invalid(f"the filter on {field!r} has a value that is no text, number, boolean or null")
        if isinstance(value, str) and len(value) > TEXT_MAX:
            raise _invalid(f"the filter on {field!r} has a value of more than {TEXT_MAX} characters")
    wanted = _COUNTS.get(op)
    if wanted is not None and len(values) != wanted:
        raise _invalid(f"the operator {op} takes {wanted} values, not {len(values)}")
    return Filter(field, op, tuple(values))


# --- predicates -------------------------------------------------------------------------------------------------


def predicate(column: exp.Expr, data_type: DataType, condition: Filter, now: datetime.datetime) -> exp.Expr:
    """The filter over an expression of a type, for a WHERE: a row for which it is null is out.

    Args:
        column: The expression; it is copied.
        data_type: Its type.
        condition: The filter.
        now: The instant that `last` is counted back from, in the time zone of the session.

    Raises:
        DashboardError: `invalid-filter`, when a value or the operator does not fit the type.
    """
    match condition.op:
        case "is_null":
            return _is_null(column)
        case "in":
            return _among(column, data_type, condition)
        case "not_in":
            return exp.Not(this=_true(_among(column, data_type, condition)))
        case "contains":
            return _contains(column, data_type, condition)
        case "last":
            return _and(_last(column, data_type, condition, now))
        case "between":
            low, high = condition.values
            bounds = [("ge", low), ("le", high)]
            return _and([_bound(column, data_type, op, value, condition) for op, value in bounds if value is not None])
    return _bound(column, data_type, condition.op, condition.values[0], condition)


def _among(column: exp.Expr, data_type: DataType, condition: Filter) -> exp.Expr:
    """IN, with null as a value like any other."""
    parts: list[exp.Expr] = []
    present = list(dict.fromkeys(value for value in condition.values if value is not None))
    if data_type in _INSTANTS:
        days = sorted({_day(value, data_type, condition) for value in present if _is_day(value)})
        parts += [_among_days(column, data_type, days)] if days else []
        present = [value for value in present if not _is_day(value)]
    if present:
        literals = [literal(value, data_type, condition) for value in present]
        parts.append(exp.In(this=column.copy(), expressions=literals))
    if None in condition.values:
        parts.append(_is_null(column))
    return _or(parts)


def _contains(column: exp.Expr, data_type: DataType, condition: Filter) -> exp.Expr:
    text = condition.values[0]
    if not isinstance(text, str):
        raise _misfit(text, data_type, condition)
    shown = column.copy() if data_type == STRING else _cast(column.copy(), exp.DType.TEXT)
    needle = _call("lower", exp.Literal.string(text))
    return _call("contains", _call("lower", shown), needle)


def _bound(column: exp.Expr, data_type: DataType, op: str, value: Scalar, condition: Filter) -> exp.Expr:
    """One comparison. A day as a bound of instants means all of that day."""
    if value is None:
        raise _invalid(f"the operator {condition.op} on {condition.field!r} takes no null")
    if data_type == BOOLEAN:
        raise _unfit(condition, data_type)
    if data_type in _INSTANTS and _is_day(value):
        day = _day(value, data_type, condition)
        if op in ("le", "gt"):
            return _compare(column, {"le": "lt", "gt": "ge"}[op], _end_literal(day, data_type))
        return _compare(column, op, _start_literal(day, data_type))
    return _compare(column, op, literal(value, data_type, condition))


def _among_days(column: exp.Expr, data_type: DataType, days: Sequence[datetime.date]) -> exp.Expr:
    """Instants on any of these days, which are sorted: as a few ranges, or by the date of the session's time zone.

    Beside the dates stands a range, for engines leave out files by it. It is wider by a day at both ends, so that it
    decides nothing where clocks are set back over midnight.
    """
    spans: list[tuple[datetime.date, datetime.date]] = []
    for day in days:
        if spans and day - spans[-1][1] == _DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    if len(spans) <= _SPANS_MAX:
        return _or([_span(column, data_type, first, last) for first, last in spans])
    first, last = max(days[0], datetime.date.min + _DAY) - _DAY, min(days[-1], datetime.date.max - _DAY) + _DAY
    date = _cast(column.copy(), exp.DType.DATE)
    return _and([_span(column, data_type, first, last), exp.In(this=date, expressions=list(map(_day_literal, days)))])


def _span(column: exp.Expr, data_type: DataType, first: datetime.date, last: datetime.date) -> exp.Expr:
    """Instants from the beginning of one day to the end of another one."""
    return _and([_compare(column, "ge", _start_literal(first, data_type)),
                 _compare(column, "lt", _end_literal(last, data_type))])  # fmt: skip


def _last(column: exp.Expr, data_type: DataType, condition: Filter, now: datetime.datetime) -> list[exp.Expr]:
    """The last 7 days end with today, the last 2 months with the day of the month that today is."""
    count, unit = condition.values
    amount = 0
    if isinstance(count, int) or (isinstance(count, str) and count.isdecimal() and len(count) <= _DIGITS_MAX):
        amount = int(count)
    if not 1 <= amount <= COUNT_MAX or unit not in UNITS:
        raise _invalid("`last` takes a number and a unit", f"values: [7, day]; units are {', '.join(UNITS)}")
    if data_type != DATE and data_type not in _INSTANTS:
        raise _unfit(condition, data_type)
    if unit in ("minute", "hour"):
        if data_type == DATE:
            raise _unfit(condition, data_type)
        end = now.replace(second=0, microsecond=0) + datetime.timedelta(minutes=1)
        start = end - datetime.timedelta(**{f"{unit}s": amount})
        bounds = [("ge", start), ("lt", end)]
        return [_compare(column, op, _instant_literal(instant, data_type)) for op, instant in bounds]
    today = now.date()
    first = back(today, amount, str(unit)) + _DAY
    return [_bound(column, data_type, "ge", first.isoformat(), condition),
            _bound(column, data_type, "le", today.isoformat(), condition)]  # fmt: skip


def back(day: datetime.date, count: int, unit: str) -> datetime.date:
    """The day so many units before; the last of the month where that month is shorter.

    >>> back(datetime.date(2024, 3, 31), 1, "month")
    datetime.date(2024, 2, 29)
    """
    try:
        if unit in ("day", "week"):
            return day - datetime.timedelta(days=count * (7 if unit == "week" else 1))
        months = day.year * 12 + day.month - 1 - count * {"month": 1, "quarter": 3, "year": 12}[unit]
        year, month = divmod(months, 12)
        return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return datetime.date.min


# --- literals -----------------------------------------------------------------------------------------------------


def literal(value: Scalar, data_type: DataType, condition: Filter) -> exp.Expr:
    """A value as a literal that can be compared with a column of that type.

    Raises:
        DashboardError: `invalid-filter`.
    """
    if data_type == STRING:
        return _text_literal(value, condition)
    if data_type == BOOLEAN:
        return _boolean_literal(value, condition)
    if is_numeric(data_type):
        return _number_literal(value, data_type, condition)
    if data_type == DATE:
        return _day_literal(_day(value, data_type, condition))
    if data_type in _INSTANTS:
        return _instant_literal(_instant(value, data_type, condition), data_type)
    raise _unfit(condition, data_type)


def _text_literal(value: Scalar, condition: Filter) -> exp.Expr:
    if isinstance(value, bool) or value is None:
        raise _misfit(value, STRING, condition)
    text = value if isinstance(value, str) else json.dumps(value)
    if "\0" in text:
        raise _invalid(f"the filter on {condition.field!r} has a value with a null character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _invalid(f"the filter on {condition.field!r} has a value that is no text of Unicode") from None
    return exp.Literal.string(text)


def _boolean_literal(value: Scalar, condition: Filter) -> exp.Expr:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        value = value.lower() == "true"
    if not isinstance(value, bool):
        raise _misfit(value, BOOLEAN, condition)
    return exp.Boolean(this=value)


def _number_literal(value: Scalar, data_type: DataType, condition: Filter) -> exp.Expr:
    if isinstance(value, bool) or value is None:
        raise _misfit(value, data_type, condition)
    text = repr(value) if isinstance(value, float) else str(value).strip()
    if data_type in FRACTIONAL and text.lower() in _NOT_FINITE:
        return _cast(exp.Literal.string(_NOT_FINITE[text.lower()]), exp.DType.DOUBLE)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _misfit(value, data_type, condition) from None
    if not number.is_finite() or "_" in text:
        raise _misfit(value, data_type, condition)
    if data_type in FRACTIONAL:
        return _cast(exp.Literal.string(repr(float(number))), exp.DType.DOUBLE)
    return _exact_literal(number, data_type, condition)


def _exact_literal(number: Decimal, data_type: DataType, condition: Filter) -> exp.Expr:
    number = number or Decimal(0)  # whatever its exponent is: 0e-999999 is written with as many zeros
    if not -_DIGITS_MAX <= number.adjusted() < _DIGITS_MAX or len(number.as_tuple().digits) > _DIGITS_MAX:
        raise _misfit(str(number), data_type, condition)
    text = f"{number:f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(whole.lstrip("-0") + fraction) > _DIGITS_MAX or len(fraction) > _DIGITS_MAX:
        raise _misfit(str(number), data_type, condition)
    text = f"{whole.lstrip('-').lstrip('0') or '0'}{'.' + fraction if fraction else ''}"
    found = exp.Literal.number(text)
    return exp.Neg(this=found) if number < 0 else found


def _is_day(value: Scalar) -> bool:
    return isinstance(value, str) and len(value.strip()) == len("2024-01-31")


def _day(value: Scalar, data_type: DataType, condition: Filter) -> datetime.date:
    try:
        if not isinstance(value, str):
            raise ValueError
        text = value.strip()
        if _is_day(text):
            return datetime.date.fromisoformat(text)
        found = datetime.datetime.fromisoformat(text)
        if found.time() != datetime.time():
            raise ValueError
        return found.date()
    except ValueError:
        raise _misfit(value, data_type, condition) from None


def _instant(value: Scalar, data_type: DataType, condition: Filter) -> datetime.datetime:
    try:
        if not isinstance(value, str):
            raise ValueError
        return datetime.datetime.fromisoformat(value.strip())
    except ValueError:
        raise _misfit(value, data_type, condition) from None


def _day_literal(day: datetime.date) -> exp.Expr:
    return _cast(exp.Literal.string(day.isoformat()), exp.DType.DATE)


def _start_literal(day: datetime.date, data_type: DataType) -> exp.Expr:
    """The instant that a day begins with."""
    return _instant_literal(datetime.datetime.combine(day, datetime.time()), data_type)


def _end_literal(day: datetime.date, data_type: DataType) -> exp.Expr:
    """The first instant after a day."""
    if day < datetime.date.max:
        return _start_literal(day + _DAY, data_type)
    to = exp.DType.TIMESTAMPNTZ if data_type == TIMESTAMP_NTZ else exp.DType.TIMESTAMPTZ
    return _cast(exp.Literal.string("10000-01-01 00:00:00"), to)  # a time of Spark's, and not of Python's


def _instant_literal(instant: datetime.datetime, data_type: DataType) -> exp.Expr:
    """An instant; one without a zone is of the session's, and a local time has none."""
    if data_type == TIMESTAMP_NTZ:
        return _cast(exp.Literal.string(instant.replace(tzinfo=None).isoformat(" ")), exp.DType.TIMESTAMPNTZ)
    if instant.tzinfo is not None:
        try:
            instant = instant.astimezone(datetime.UTC)
        except OverflowError:
            instant = instant.replace(tzinfo=datetime.UTC)
        return _cast(exp.Literal.string(instant.replace(tzinfo=None).isoformat(" ") + "Z"), exp.DType.TIMESTAMPTZ)
    return _cast(exp.Literal.string(instant.isoformat(" ")), exp.DType.TIMESTAMPTZ)


# --- nodes --------------------------------------------------------------------------------------------------------

_COMPARISONS: dict[str, Callable[..., exp.Expr]] = {"ge": exp.GTE, "le": exp.LTE, "gt": exp.GT, "lt": exp.LT}


def _compare(column: exp.Expr, op: str, right: exp.Expr) -> exp.Expr:
    return _COMPARISONS[op](this=column.copy(), expression=right)


def _true(node: exp.Expr) -> exp.Expr:
    """A condition that is false where it would be null."""
    return _call("coalesce", node, exp.Boolean(this=False))


def _is_null(column: exp.Expr) -> exp.Expr:
    return exp.Is(this=column.copy(), expression=exp.Null())


def _and(parts: list[exp.Expr]) -> exp.Expr:
    return exp.Paren(this=exp.and_(*parts, copy=False)) if parts else exp.Boolean(this=True)


def _or(parts: list[exp.Expr]) -> exp.Expr:
    return exp.Paren(this=exp.or_(*parts, copy=False)) if parts else exp.Boolean(this=False)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _cast(node: exp.Expr, to: exp.DType) -> exp.Expr:
    return exp.Cast(this=node, to=exp.DataType(this=to))


# --- what is wrong ------------------------------------------------------------------------------------------------


def _invalid(message: str, hint: str | None = None) -> DashboardError:
    return DashboardError(message, hint=hint, code="invalid-filter")


def _misfit(value: Any, data_type: DataType, condition: Filter) -> DashboardError:
    return _invalid(f"{_shown(value)} is no {data_type.ddl}, which the field {condition.field!r} is")


def _unfit(condition: Filter, data_type: DataType) -> DashboardError:
    return _invalid(f"the operator {condition.op} does not fit the field {condition.field!r}, which is {data_type.ddl}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
