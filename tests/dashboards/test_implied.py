"""A filter on a part of a time implies a range of the time that holds every row which passes it."""

from __future__ import annotations

import datetime
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingot.dashboards.filters import Filter
from ingot.dashboards.implied import implied
from ingot.errors import Location
from ingot.sql import parse_expression
from ingot.types import DATE, STRING, TIMESTAMP, Field, StructType

COLUMNS = StructType(fields=(Field("day", DATE), Field("at", TIMESTAMP), Field("text", STRING)))
DAYS = st.dates(datetime.date(2, 1, 1), datetime.date(9990, 1, 1))
COMPARED = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt, "in": operator.eq}


def found(expression: str, op: str, *values):
    return implied(parse_expression(expression, Location("d.yml", 1)), Filter("f", op, values), COLUMNS)


def span_of(expression: str, op: str, *values):
    span = found(expression, op, *values)
    assert span is not None
    return span


def is_within(day: datetime.date, span) -> bool:
    low, high = span.filter.values
    return (low is None or low <= day.isoformat()) and (high is None or day.isoformat() <= high)


def start(day: datetime.date, unit: str) -> datetime.date:
    match unit:
        case "year":
            return day.replace(month=1, day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "month":
            return day.replace(day=1)
        case "week":
            return day - datetime.timedelta(days=day.weekday())
    return day


@given(DAYS, DAYS, st.sampled_from(["year", "quarter", "month", "week", "day"]), st.sampled_from(sorted(COMPARED)))
def test_the_start_of_a_unit_implies_a_range_around_the_unit(day, other, unit, op):
    chosen = start(other, unit) if op != "in" else start(day, unit)
    span = span_of(f"date_trunc('{unit.upper()}', `day`)", op, chosen.isoformat())
    if COMPARED[op](start(day, unit), chosen):
        assert is_within(day, span)


@given(DAYS, st.integers(10, 9980), st.sampled_from(sorted(COMPARED)))
def test_a_year_implies_its_days(day, year, op):
    chosen = day.year if op == "in" else year
    span = span_of("year(day)", op, chosen)
    if COMPARED[op](day.year, chosen):
        assert is_within(day, span)


def test_the_range_is_of_the_days_that_were_chosen_and_little_more():
    span = span_of("date_trunc('month', day)", "in", "2024-03-01", "2024-05-01T00:00:00Z")
    assert (span.column.name, span.filter) == ("day", Filter("day", "between", ("2024-02-28", "2024-06-03")))
    assert span_of("trunc(at, 'MM')", "ge", "2024-03-01").filter == Filter("at", "between", ("2024-02-28", None))
    assert span_of("year(day)", "between", None, 2024).filter == Filter("day", "between", (None, "2025-01-02"))


@pytest.mark.parametrize(
    ("expression", "op", "values"),
    [
        ("date_trunc('month', day)", "in", ["2024-03-01", None]),
        ("date_trunc('month', day)", "in", []),
        ("date_trunc('month', day)", "not_in", ["2024-03-01"]),
        ("date_trunc('month', day)", "is_null", []),
        ("date_trunc('month', day)", "in", ["no day"]),
        ("date_trunc('month', day)", "between", [None, None]),
        ("date_trunc('century', day)", "in", ["2024-03-01"]),
        ("date_trunc('month', text)", "in", ["2024-03-01"]),
        ("date_trunc('month', s.day)", "in", ["2024-03-01"]),
        ("date_trunc('month', day + INTERVAL 1 MONTH)", "in", ["2024-03-01"]),
        ("month(day)", "in", [3]),
        ("year(day)", "in", [10_000]),
        ("year(day)", "ge", ["NaN"]),
        ("year(day)", "in", [1]),
        ("day", "in", ["2024-03-01"]),
    ],
)
def test_nothing_is_implied_where_it_is_not_plain(expression, op, values):
    assert found(expression, op, *values) is None
