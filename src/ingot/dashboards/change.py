"""A card's change: the newest period of its rows, which the card shows, against the same days one period earlier.

Owns which days these are, and what becomes of filters on the day. Never evaluates a query itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from ingot.dashboards.evaluation import Rows
from ingot.dashboards.filters import Filter, back, predicate
from ingot.dashboards.model import Change, Visual
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.query import DatasetQueries
from ingot.dashboards.shown_members import Asked
from ingot.dashboards.source import Fields
from ingot.errors import AnalysisError
from ingot.model import Query
from ingot.sql import parse_expression
from ingot.types import DATE, TIMESTAMP, TIMESTAMP_NTZ, DataType

_TIMES = (DATE, TIMESTAMP, TIMESTAMP_NTZ)
Days = tuple[datetime.date, datetime.date]


@dataclass(frozen=True)
class Comparison:
    """Compares two periods of a card's rows."""

    visual: Visual
    change: Change
    fields: Fields
    pinned: PinnedLake
    evaluate: Callable[[Query], Rows]

    def answer(self, shown: Rows, rows_max: int, filters: Sequence[Filter]) -> dict[str, Any] | None:
        """The values of both periods and their days; None where no row has a day.

        Args:
            shown: The card's own row; its last two columns are the first and the last day.
            rows_max: As of the card's queries.
            filters: Those that the card does not ignore.

        Raises:
            AnalysisError: `type-mismatch`, when the change goes by something that is no time.
        """
        change = self.change
        data_type = shown.schema.fields[-1].type
        check_time(change, data_type)
        first, last = shown.values[0][-2:]
        if last is None:
            return None
        current, previous = _periods(self._day(first), self._day(last), change)
        by = self.fields.expression(change.by)
        now, earlier, beside = self._split(by, filters)
        windows = [self._within(by, data_type, days) for days in (current, previous)]
        beside += [self._within(by, data_type, (previous[0], current[1])), exp.or_(*windows)]  # other rows go early
        compared = DatasetQueries(self.visual, self.fields, Asked(tuple(beside)), rows_max).compared(
            exp.and_(windows[0], *now, copy=False), exp.and_(windows[1], *earlier, copy=False)
        )
        values = {row[0]: row[1] for row in self.evaluate(compared.query).values}
        return {
            "current": values.get(1), "previous": values.get(0),
            "from": current[0].isoformat(), "to": current[1].isoformat(),
            "previous_from": previous[0].isoformat(), "previous_to": previous[1].isoformat(),
            "count": change.count, "unit": change.unit,
        }  # fmt: skip

    def _day(self, value: str) -> datetime.date:
        """The day of a date or of an instant, in the session's time zone."""
        found = datetime.datetime.fromisoformat(value)
        return (found if found.tzinfo is None else self.pinned.local(found)).date()

    def _within(self, by: exp.Expr, data_type: DataType, days: Days) -> exp.Expr:
        between = Filter(self.change.by.name, "between", (days[0].isoformat(), days[1].isoformat()))
        return predicate(by, data_type, between, self.pinned.local_now)

    def _split(self, by: exp.Expr, filters: Sequence[Filter]) -> tuple[list[exp.Expr], list[exp.Expr], list[exp.Expr]]:
        """The conditions on the day as they are, as they are for the earlier period, and those on anything else."""
        now: list[exp.Expr] = []
        earlier: list[exp.Expr] = []
        beside: list[exp.Expr] = []
        for one in filters:
            known = self.fields.find(one.field)
            if known is None:
                continue
            condition = predicate(*known, one, self.pinned.local_now)
            later = self.later(known[0], by)
            if later is None:
                beside.append(condition)
            else:
                now.append(condition)
                earlier.append(predicate(later, known[1], one, self.pinned.local_now))
        return now, earlier, beside

    def later(self, node: exp.Expr, by: exp.Expr) -> exp.Expr | None:
        """What an expression gives one period later, if it depends on nothing but the day; None if it does not.

        A row of the earlier period is kept if a filter would keep it one period later.
        """
        if node == by:
            return self._moved(by)
        columns = {found.name.lower() for found in by.find_all(exp.Column)}
        own = {found.name.lower() for found in node.find_all(exp.Column)}
        if own != columns or len(columns) != 1:
            return None
        column = self.fields.columns.find(next(iter(columns)))
        if column is None or column.type not in _TIMES:
            return None
        later = node.copy()
        for found in list(later.find_all(exp.Column)):
            if found is later:
                return self._moved(found)
            found.replace(self._moved(found))
        return later

    def _moved(self, node: exp.Expr) -> exp.Expr:
        """A time, one period later."""
        count, unit = self.change.count, self.change.unit
        months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
        days = {"day": 1, "week": 7}.get(unit, 0)
        text = f"INTERVAL '{count * months}' MONTH" if months else f"INTERVAL '{count * days}' DAY"
        return exp.Paren(this=exp.Add(this=node.copy(), expression=parse_expression(text)))


def check_time(change: Change, data_type: DataType) -> None:
    """Refuse a change by something that is no time.

    Raises:
        AnalysisError: `type-mismatch`.
    """
    if data_type not in _TIMES:
        raise AnalysisError(
            f"`change` goes by '{change.by.name}', which is {data_type.ddl}",
            location=change.by.location,
            hint="name a date or a timestamp",
            code="type-mismatch",
        )


def _periods(first: datetime.date, last: datetime.date, change: Change) -> tuple[Days, Days]:
    """The last period up to the newest day, no longer than the rows reach back, and the same days a period earlier."""
    start = max(first, back(last, change.count, change.unit) + datetime.timedelta(days=1))
    earlier_end = min(back(last, change.count, change.unit), start - datetime.timedelta(days=1))
    return (start, last), (back(start, change.count, change.unit), earlier_end)
