"""What a filter on a part of a time says of the time itself: the month March, that the day is not in July.

Such a range is beside the filter, never in its place. It lets an engine leave out most rows, and whole parts of files,
before it computes the part of the time for the others. It is wider than the truth by some days, so that time zones, and
the hours that clocks skip, need no thought here. Pure.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from ingot.dashboards.filters import Filter, Scalar
from ingot.types import DATE, TIMESTAMP, TIMESTAMP_NTZ, Field, StructType

_TIMES = (DATE, TIMESTAMP, TIMESTAMP_NTZ)
_DAYS_BESIDE = 2
_UNIT_DAYS = {
    **dict.fromkeys(("year", "yyyy", "yy"), 366),
    "quarter": 92,
    **dict.fromkeys(("month", "mon", "mm"), 31),
    "week": 7,
    **dict.fromkeys(("day", "dd", "hour", "minute", "second"), 1),
}

Days = tuple[datetime.date, datetime.date]


@dataclass(frozen=True)
class Implied:
    """A column, and a filter on it that every row passes which passes the other filter."""

    column: Field
    filter: Filter


def implied(node: exp.Expr, condition: Filter, columns: StructType) -> Implied | None:
    """The range of a time column that a filter on an expression over it implies; None where that is not plain.

    Args:
        node: What is filtered, such as `date_trunc('month', day)` or `year(day)`.
        condition: The filter on it.
        columns: Those that a name in the expression can mean.
    """
    found = _part_of_time(node)
    column = columns.find(found[0].name) if found is not None and not found[0].table else None
    if found is None or column is None or column.type not in _TIMES:
        return None
    ends = _ends(condition)
    if ends is None:
        return None
    try:
        spans = [[found[1](value) for value in values] for values in ends]
        low = min((span[0] for span in spans[0]), default=None)
        high = max((span[1] for span in spans[1]), default=None)
        beside = datetime.timedelta(days=_DAYS_BESIDE)
        first = (low - beside).isoformat() if low is not None else None
        last = (high + beside).isoformat() if high is not None else None
    except (ValueError, OverflowError, InvalidOperation):  # such a value fails, or is beyond what a calendar has
        return None
    if first is None and last is None:
        return None
    return Implied(column, Filter(column.name, "between", (first, last)))


def _part_of_time(node: exp.Expr) -> tuple[exp.Column, Callable[[Scalar], Days]] | None:
    """The column that a part of a time is of, and the days on which it can have a value."""
    arguments = node.expressions if isinstance(node, exp.Anonymous) else []
    match str(node.this).lower() if arguments else None, arguments:
        case "year", [exp.Column() as column]:
            return column, _year
        case "date_trunc", [exp.Literal(is_string=True) as unit, exp.Column() as column]:
            length = _UNIT_DAYS.get(unit.name.lower())
        case "trunc", [exp.Column() as column, exp.Literal(is_string=True) as unit]:
            length = _UNIT_DAYS.get(unit.name.lower())
        case _:
            return None
    return (column, lambda value: _from_start(value, length)) if length is not None else None


def _year(value: Scalar) -> Days:
    year = int(Decimal(str(value)))
    return datetime.date(year, 1, 1), datetime.date(year, 12, 31)


def _from_start(value: Scalar, length: int) -> Days:
    first = datetime.datetime.fromisoformat(str(value).strip()).date()
    return first, first + datetime.timedelta(days=length)


def _ends(condition: Filter) -> tuple[Sequence[Scalar], Sequence[Scalar]] | None:
    """The values of which the least and the greatest bound a filter; None where rows without a value pass it."""
    values = condition.values
    match condition.op:
        case "in" if values and None not in values:
            return values, values
        case "between":
            return [v for v in values[:1] if v is not None], [v for v in values[1:] if v is not None]
        case "ge" | "gt":
            return values, ()
        case "le" | "lt":
            return (), values
    return None
