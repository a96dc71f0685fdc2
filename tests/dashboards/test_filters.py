"""A filtered answer is the answer over the filtered rows, whatever the values are."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from dashboards.shop import ORDERS, Order
from ingot.dashboards.answers import Answers
from ingot.dashboards.filters import Filter, back, predicate
from ingot.dashboards.source import column_node
from ingot.errors import DashboardError
from ingot.testing import run_project
from ingot.types import TIMESTAMP

COUNT = "kind: card, dataset: orders, value: orders"
IDS = "kind: table, dataset: orders, columns: [id]"
EVIL = [
    "'", "''", "\\", "\\'", "' OR '1'='1", "\"", "`", "*/", "/* x", "--", "; DROP TABLE gold.orders", "${lake}", "{{x}}",
    "%s", "\n", "\t", "日本", "😀", "\u202e", "a" * 10_000, "NULL", "x') OR (1=1", "$$", "__c0", "\x7f", "\ufeff",
]  # fmt: skip


def kept(matches: Callable[[Order], Any]) -> list[int]:
    return sorted(o.id for o in ORDERS if matches(o))


def ids(ask, field: str, op: str, *values: Any) -> list[int]:
    answer = ask(IDS, [{"field": field, "op": op, "values": list(values)}])
    assert answer["filtered_by"] == [field] and answer["not_filtered_by"] == []
    return sorted(row[0] for row in answer["rows"])


DAY, UTC = datetime.date(2023, 8, 15), datetime.UTC


@pytest.mark.parametrize(
    ("field", "op", "values", "matches"),
    [
        ("country", "in", ["France", "日本"], lambda o: o.country in ("France", "日本")),
        ("country", "in", ["France", None], lambda o: o.country in ("France", None)),
        ("country", "in", [None], lambda o: o.country is None),
        ("country", "in", [], lambda o: False),
        ("country", "not_in", ["France"], lambda o: o.country != "France"),
        ("country", "not_in", ["France", None], lambda o: o.country not in ("France", None)),
        ("country", "not_in", [], lambda o: True),
        ("country", "is_null", [], lambda o: o.country is None),
        ("country", "contains", ["E"], lambda o: o.country and "e" in o.country.lower()),
        ("country", "ge", ["France"], lambda o: o.country and o.country >= "France"),
        ("COUNTRY", "in", ["France"], lambda o: o.country == "France"),
        ("id", "between", [10, 20], lambda o: 10 <= o.id <= 20),
        ("id", "between", [10, None], lambda o: o.id >= 10),
        ("id", "in", ["7", 8, 9.0], lambda o: o.id in (7, 8, 9)),
        ("id", "lt", [2.5], lambda o: o.id < 2.5),
        ("id", "gt", [-1], lambda o: True),
        ("id", "le", [10**30], lambda o: True),
        ("id", "contains", ["29"], lambda o: "29" in str(o.id)),
        ("amount", "ge", [100], lambda o: o.amount is not None and o.amount >= 100),
        ("amount", "lt", [-0.5], lambda o: o.amount is not None and o.amount < Decimal("-0.5")),
        ("amount", "in", [str(ORDERS[3].amount)], lambda o: o.amount == ORDERS[3].amount),
        ("amount", "gt", ["99.995"], lambda o: o.amount is not None and o.amount > Decimal("99.995")),
        ("amount", "is_null", [], lambda o: o.amount is None),
        ("weight", "in", [ORDERS[5].weight], lambda o: o.weight == ORDERS[5].weight),
        ("weight", "between", [1, 2.625], lambda o: o.weight is not None and 1 <= o.weight <= 2.625),
        ("weight", "le", ["Infinity"], lambda o: o.weight is not None),
        ("paid", "in", [True], lambda o: o.paid is True),
        ("paid", "in", ["false", None], lambda o: o.paid in (False, None)),
        ("paid", "not_in", [True], lambda o: o.paid is not True),
        ("unit.price ($)", "in", [1, 2], lambda o: o.odd in (1, 2)),
        ("unit.price ($)", "not_in", [1], lambda o: o.odd != 1),
        ("day", "in", ["2023-08-15"], lambda o: o.day == DAY),
        ("day", "between", ["2023-08-01", "2023-08-31"], lambda o: o.day and (o.day.year, o.day.month) == (2023, 8)),
        ("day", "gt", ["2023-08-15"], lambda o: o.day and o.day > DAY),
        ("day", "is_null", [], lambda o: o.day is None),
        ("at", "between", ["2023-08-01", "2023-08-15"], lambda o: o.at and "2023-08-01" <= str(o.at.date()) <= "2023-08-15"),
        ("at", "in", ["2023-08-15"], lambda o: o.at and o.at.date() == DAY),
        ("at", "in", [f"2023-{month:02}-15" for month in range(1, 13)], lambda o: o.at and (o.at.year, o.at.day) == (2023, 15)),
        ("local", "in", [None, *(f"2023-{month:02}-15" for month in range(1, 13))],
         lambda o: not o.local or (o.local.year, o.local.day) == (2023, 15)),
        ("at", "not_in", ["0001-01-01", "9999-12-31", *(f"2023-{month:02}-15" for month in range(1, 13))],
         lambda o: not o.at or (o.at.year, o.at.day) != (2023, 15)),
        ("at", "not_in", ["2023-08-15"], lambda o: not (o.at and o.at.date() == DAY)),
        ("at", "gt", ["2023-08-15"], lambda o: o.at and o.at.date() > DAY),
        ("at", "lt", ["2023-08-15"], lambda o: o.at and o.at.date() < DAY),
        ("at", "ge", ["2023-08-15T06:00:00Z"], lambda o: o.at and o.at >= datetime.datetime(2023, 8, 15, 6, tzinfo=UTC)),
        ("at", "ge", ["2023-08-15T08:00:00+02:00"], lambda o: o.at and o.at >= datetime.datetime(2023, 8, 15, 6, tzinfo=UTC)),
        ("at", "le", ["9999-12-31"], lambda o: o.at),
        ("at", "gt", ["9999-12-31"], lambda o: False),
        ("at", "in", ["9999-12-31"], lambda o: False),
        ("local", "between", ["0001-01-01", "9999-12-31"], lambda o: o.local),
        ("local", "le", ["2023-08-15"], lambda o: o.local and o.local.date() <= DAY),
        ("local", "ge", ["2023-08-15T06:00:00"], lambda o: o.local and o.local >= datetime.datetime(2023, 8, 15, 6)),
        ("month", "le", ["9999-12-29"], lambda o: o.day),
        ("id", "in", ["0e-999999999"], lambda o: o.id == 0),
        ("year", "in", [2024], lambda o: o.day and o.day.year == 2024),
        ("year", "in", [None], lambda o: o.day is None),
        ("size", "in", ["large"], lambda o: o.amount is not None and o.amount > 500),
        ("month", "in", ["2023-08-01T00:00:00Z"], lambda o: o.day and (o.day.year, o.day.month) == (2023, 8)),
        ("month", "in", ["2023-08-01"], lambda o: o.day and (o.day.year, o.day.month) == (2023, 8)),
        ("month", "in", ["2023-08-01", None], lambda o: o.day is None or (o.day.year, o.day.month) == (2023, 8)),
        ("month", "not_in", ["2023-08-01"], lambda o: not o.day or (o.day.year, o.day.month) != (2023, 8)),
        ("month", "gt", ["2023-08-01"], lambda o: o.day and o.day >= datetime.date(2023, 9, 1)),
        ("month", "le", ["2023-08-01"], lambda o: o.day and o.day < datetime.date(2023, 9, 1)),
        ("month", "between", ["2023-08-02", "2023-09-01"], lambda o: o.day and (o.day.year, o.day.month) == (2023, 9)),
        ("year", "lt", [2024], lambda o: o.day and o.day.year < 2024),
        ("year", "gt", ["2023.5"], lambda o: o.day and o.day.year == 2024),
    ],
)  # fmt: skip
def test_a_filter_keeps_the_rows_that_it_names(ask, field, op, values, matches):
    assert ids(ask, field, op, *values) == kept(matches)


@pytest.mark.parametrize(
    ("values", "first", "last"),
    [
        ([1, "day"], "2024-06-30", "2024-06-30"),
        (["7", "day"], "2024-06-24", "2024-06-30"),
        ([2, "week"], "2024-06-17", "2024-06-30"),
        ([1, "month"], "2024-05-31", "2024-06-30"),
        ([1, "quarter"], "2024-03-31", "2024-06-30"),
        ([1, "year"], "2023-07-01", "2024-06-30"),
    ],
)
@pytest.mark.parametrize("field", ["day", "at"])
def test_the_last_days_end_with_today(ask, field, values, first, last):
    def matches(o):
        value = o.day if field == "day" else o.at and o.at.date()
        return value and first <= value.isoformat() <= last

    assert ids(ask, field, "last", *values) == kept(matches)


def test_the_last_hours_end_with_this_minute(ask):
    now = datetime.datetime(2024, 6, 30, 12, 35, tzinfo=UTC)
    start = now - datetime.timedelta(hours=900)
    assert ids(ask, "at", "last", 900, "hour") == kept(lambda o: o.at and start <= o.at < now)


def test_a_year_before_the_end_of_february_is_a_day_that_exists():
    assert back(datetime.date(2024, 2, 29), 1, "year") == datetime.date(2023, 2, 28)
    assert back(datetime.date(1, 1, 5), 10_000, "year") == datetime.date.min


# --- many days ------------------------------------------------------------------------------------------------------

_HAVANA = """
CREATE MATERIALIZED VIEW gold.t AS
SELECT id, timestampadd(HOUR, CAST(id AS INT), timestamp'2023-03-01 00:00:00Z') AS at FROM range(6000) AS r(id)"""


@pytest.fixture(scope="module")
def havana(tmp_path_factory):
    """Instants an hour apart, where clocks skip midnight in March and show it twice in November."""
    files = {
        "ingot.yml": "name: p\nconfiguration: {spark.sql.session.timeZone: America/Havana}\n",
        "transformations/t.sql": _HAVANA,
    }
    text = "visuals:\n  - {name: n, kind: card, from: gold.t, value: count(*)}\n"
    with run_project(tmp_path_factory.mktemp("havana"), {**files, "dashboards/d.yml": text}) as connection:
        answers = Answers(connection.project, connection.engine)
        yield answers
        answers.close()


@pytest.mark.parametrize("op", ["in", "not_in"])
@pytest.mark.parametrize("step", [1, 2, 7])
def test_many_days_are_the_days_of_the_session_however_far_apart(havana, step, op):
    zone = ZoneInfo("America/Havana")
    begin = datetime.datetime(2023, 3, 1, tzinfo=UTC)
    shown = [(begin + datetime.timedelta(hours=n)).astimezone(zone).date() for n in range(6000)]
    days = {datetime.date(2023, 3, 5) + datetime.timedelta(days=n) for n in range(0, 246, step)}
    values = [day.isoformat() for day in sorted(days, reverse=True)]
    found = havana.data("d", {"filters": [{"field": "at", "op": op, "values": values}]})["visuals"]["n"]["rows"]
    assert found == [[sum((day in days) == (op == "in") for day in shown)]]


@pytest.mark.parametrize(("step", "compared", "listed"), [(1, 2, 0), (2, 2, 80), (20, 2, 80)])
def test_many_days_are_few_comparisons(step, compared, listed):
    days = [(DAY + datetime.timedelta(days=n * step)).isoformat() for n in range(80)]
    now = datetime.datetime(2024, 6, 30, tzinfo=UTC)
    tree = predicate(column_node("at"), TIMESTAMP, Filter("at", "in", tuple(days)), now)
    assert len(list(tree.find_all(exp.GTE, exp.LT))) == compared
    assert sum(len(one.expressions) for one in tree.find_all(exp.In)) == listed
    assert list(tree.find_all(exp.Or)) == []


def test_filters_go_together(ask):
    filters = [
        {"field": "country", "op": "in", "values": ["France", "Germany"]},
        {"field": "amount", "op": "ge", "values": [100]},
    ]
    answer = ask(IDS, filters)
    expected = kept(lambda o: o.country in ("France", "Germany") and o.amount is not None and o.amount >= 100)
    assert sorted(row[0] for row in answer["rows"]) == expected


# --- what values can do --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", EVIL)
@pytest.mark.parametrize("op", ["in", "not_in", "contains", "ge"])
def test_a_value_stays_a_value(ask, op, value):
    expected = {
        "in": lambda o: o.country == value,
        "not_in": lambda o: o.country != value,
        "contains": lambda o: o.country is not None and value.lower() in o.country.lower(),
        "ge": lambda o: o.country is not None and o.country >= value,
    }[op]
    assert ids(ask, "country", op, value) == kept(expected)


@pytest.mark.parametrize(
    "field",
    ["country", "day", "at", "local", "amount", "weight", "half", "paid", "unit.price ($)", "year", "month", "size"],
)
def test_every_value_that_an_answer_shows_selects_its_rows(ask, field):
    column = f"'`{field}`'"
    shown = ask(f"kind: table, dataset: orders, columns: [{column}, orders]")["rows"]
    assert sum(count for _, count in shown) == len(ORDERS)
    for value, count in shown[:25]:
        answer = ask(COUNT, [{"field": field, "op": "in", "values": [value]}])
        assert answer["rows"] == [[count]], value


@pytest.mark.parametrize(
    "field", ["nothing", "id; DROP TABLE x", "`id`", "gold.orders.id", "*", "", "sum(amount)", "__c0", "'", "revenue"]
)
def test_an_unknown_field_is_an_error(shop, field):
    with pytest.raises(DashboardError) as error:
        shop.answers.data("shop", {"filters": [{"field": field, "op": "in", "values": [1]}]})
    assert error.value.code == "unknown-field"


@pytest.mark.parametrize(
    ("field", "op", "values"),
    [
        ("id", "in", ["x"]), ("id", "in", [True]), ("id", "in", ["1; 2"]), ("id", "in", ["1_0"]), ("id", "in", ["NaN"]),
        ("id", "in", ["0x10"]), ("id", "in", ["1" * 50]), ("id", "in", ["1e99"]), ("id", "in", ["1e-99"]),
        ("day", "in", ["2024-02-30"]), ("day", "in", [20240230]), ("day", "in", ["2024-01-01' OR '1'='1"]),
        ("day", "ge", ["2024-01-01T10:00:00"]), ("at", "in", ["now()"]), ("paid", "in", ["maybe"]), ("paid", "gt", [1]),
        ("country", "in", [True]), ("country", "contains", [None]), ("country", "last", [7, "day"]),
        ("day", "last", [7, "fortnight"]), ("day", "last", [0, "day"]), ("day", "last", [7, "hour"]), ("id", "ge", [None]),
        ("day", "last", ["9" * 5_000, "day"]), ("at", "last", ["9" * 5_000, "hour"]), ("id", "in", ["1e-999999999"]),
        ("country", "in", ["\0"]), ("country", "in", ["\ud800"]),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_an_error_of_the_visual(shop, field, op, values):
    answer = shop.answers.data(
        "shop", {"filters": [{"field": field, "op": op, "values": values}], "visuals": ["details"]}
    )
    assert answer["visuals"]["details"]["error"]["code"] == "invalid-filter"


@pytest.mark.parametrize(
    "filters",
    [
        "x", [1], [{"field": 1}], [{"field": "id", "op": "like"}], [{"field": "id", "op": "in", "values": "x"}],
        [{"field": "id", "op": "in", "values": [[1]]}], [{"field": "id", "op": "between", "values": [1]}],
        [{"field": "id", "op": "in", "values": list(range(3000))}], [{"field": "id"}] * 60,
        [{"field": "id", "op": "in", "values": ["x" * 20_000]}],
    ],
)  # fmt: skip
def test_what_is_no_filter_is_an_error(shop, filters):
    with pytest.raises(DashboardError) as error:
        shop.answers.data("shop", {"filters": filters})
    assert error.value.code == "invalid-filter"


# --- the property -----------------------------------------------------------------------------------------------------

_FIELDS: dict[str, Callable[[Order], Any]] = {
    "id": lambda o: o.id,
    "country": lambda o: o.country,
    "city": lambda o: o.city,
    "day": lambda o: o.day and o.day.isoformat(),
    "amount": lambda o: None if o.amount is None else float(o.amount),
    "weight": lambda o: o.weight,
    "paid": lambda o: o.paid,
    "unit.price ($)": lambda o: o.odd,
    "year": lambda o: o.day and o.day.year,
}


@st.composite
def conditions(draw: st.DrawFn) -> tuple[dict[str, Any], Callable[[Order], bool]]:
    """A filter with values that occur, and what it means."""
    field = draw(st.sampled_from(sorted(_FIELDS)))
    read = _FIELDS[field]
    op = draw(st.sampled_from(["in", "not_in"] + (["ge", "lt", "between"] if field != "paid" else [])))
    known = sorted({read(o) for o in ORDERS if read(o) is not None}, key=str)
    if op in ("in", "not_in"):
        values = draw(st.lists(st.sampled_from([*known, None]), max_size=6))
        chosen = set(values)
        return {"field": field, "op": op, "values": values}, lambda o: (read(o) in chosen) == (op == "in")
    values = draw(st.lists(st.sampled_from(known), min_size=1 + (op == "between"), max_size=1 + (op == "between")))

    def matches(o: Order) -> bool:
        value = read(o)
        if value is None:
            return False
        if op == "between":
            return values[0] <= value <= values[1]
        return value >= values[0] if op == "ge" else value < values[0]

    return {"field": field, "op": op, "values": values}, matches


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.lists(conditions(), min_size=1, max_size=3))
def test_a_filtered_answer_is_the_answer_over_the_filtered_rows(ask, found):
    filters = [condition for condition, _ in found]
    answer = ask("kind: table, dataset: orders, columns: [id, amount]", filters)
    rows = [o for o in ORDERS if all(matches(o) for _, matches in found)]
    assert answer["rows"] == [[o.id, None if o.amount is None else float(o.amount)] for o in rows]
