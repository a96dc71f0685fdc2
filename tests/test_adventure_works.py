"""The bicycle shop, end to end: what the shop itself knows, computed in Python, against silver and gold after each update."""

from __future__ import annotations

import datetime
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import ingot
from shown import faults, shown

EXAMPLE = Path(__file__).parent.parent / "examples" / "adventure_works"
TRACKED = ("name", "email", "city", "region")


@pytest.fixture(scope="module")
def generate() -> Iterator[Any]:
    """The example's modules, which stand beside each other as programs do."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        yield import_module("generate")
    finally:
        sys.path.remove(str(EXAMPLE))
        for name in ("generate", "layouts", "shop"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def week(generate: Any) -> list[Any]:
    return generate.days(customers=60, products=15, actions=90)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("lake", "changes", "__pycache__")
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example", ignore=ignored))


# --- the truth, from the shop's own log ---------------------------------------------------------------------------


def by_key(events: Sequence[Any], table: str) -> dict[tuple, list[Any]]:
    """The events of each key that were delivered, in the order in which they happened, each once."""
    found: dict[tuple, dict[int, Any]] = defaultdict(dict)
    for event in events:
        if event.table == table:
            found[event.key][event.number] = event
    return {key: [numbered[n] for n in sorted(numbered)] for key, numbered in found.items()}


def in_milliseconds(instant: datetime.datetime) -> datetime.datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def customers(events: Sequence[Any]) -> list[tuple]:
    intervals: list[dict[str, Any]] = []
    for history in by_key(events, "customers").values():
        current: dict[str, Any] | None = None
        for event in history:
            at = in_milliseconds(event.at)
            if current and event.after and all(current[name] == event.after[name] for name in TRACKED):
                current.update(event.after)
                continue
            if current:
                current["end"] = at
            current = {**event.after, "start": at, "end": None} if event.after else None
            if current:
                intervals.append(current)
    return [tuple(interval.values()) for interval in intervals]


def orders(events: Sequence[Any]) -> list[dict[str, Any]]:
    """An update says only what is new; of an order that is not delivered yet no more is known."""
    rows = []
    for history in by_key(events, "orders").values():
        row: dict[str, Any] | None = None
        for event in history:
            if event.after is None:
                row = None
                continue
            known = {n: v for n, v in event.after.items() if event.before is None or v != event.before[n]}
            nothing = dict.fromkeys(event.after)
            row = {**(row or nothing), **known, "order_id": event.key[0], "line": event.key[1]}
        rows += [row] if row else []
    return rows


def products(events: Sequence[Any]) -> list[tuple]:
    return [tuple(h[-1].after.values()) for h in by_key(events, "products").values() if h[-1].after]


def sales(events: Sequence[Any]) -> list[dict[str, Any]]:
    """Order lines, each with the region of its customer when it was ordered."""
    intervals = defaultdict(list)
    for key, *_, region, _newsletter, start, end in customers(events):
        intervals[key].append((start, end, region))
    return [
        {**row, "region": next((r for start, end, r in intervals[row["customer_id"]]
                                if start <= row["ordered_at"] and (end is None or row["ordered_at"] < end)), "unknown")}
        for row in orders(events) if row["ordered_at"] is not None
    ]  # fmt: skip


def revenue_by_region(events: Sequence[Any]) -> list[tuple]:
    found: dict[tuple, list[dict[str, Any]]] = defaultdict(list)
    for row in sales(events):
        month = row["ordered_at"].replace(day=1, hour=0, minute=0, second=0)
        found[month, row["region"]].append(row)
    return [
        (*key, len({row["order_id"] for row in rows}), sum(row["quantity"] * row["unit_price"] for row in rows))
        for key, rows in found.items()
    ]


def margin_by_category(events: Sequence[Any]) -> list[tuple]:
    known = {row[0]: row for row in products(events)}
    found: dict[str, list[Decimal | None]] = {}
    for row in sales(events):
        product = known.get(row["product_id"])
        revenue = row["quantity"] * row["unit_price"]
        total = found.setdefault(product[2] if product else "discontinued", [Decimal(0), None])
        total[0] = (total[0] or 0) + revenue
        if product:
            total[1] = (total[1] or 0) + revenue - row["quantity"] * product[4]
    return [(category, *totals) for category, totals in found.items()]


# --- the tables against it ---------------------------------------------------------------------------------------


def ordered(rows: list[tuple]) -> list[tuple]:
    return sorted(rows, key=lambda row: tuple((value is None, str(value)) for value in row))


def check(lake: ingot.Connection, delivered: Sequence[Any]) -> None:
    """Silver and gold are what follows from the events that were delivered, whenever and however often."""

    def rows(table: str) -> list[tuple]:
        return ordered(lake.sql(f"SELECT * FROM {table}").fetchall())

    assert rows("silver.customers") == ordered(customers(delivered))
    assert rows("silver.orders") == ordered([tuple(row.values()) for row in orders(delivered)])
    assert rows("silver.products") == ordered(products(delivered))
    assert rows("gold.revenue_by_region") == ordered(revenue_by_region(delivered))
    assert rows("gold.margin_by_category") == ordered(margin_by_category(delivered))


def deliver(project: Path, generate: Any, batches: Sequence[Sequence[Any]]) -> ingot.Connection:
    """Run an update for each batch of events, and check the tables after each."""
    lake = ingot.connect(project)
    delivered: list[Any] = []
    for number, events in enumerate(batches, 1):
        for table in generate.LAYOUTS:
            of_table = [event for event in events if event.table == table]
            generate.write_file(project / "changes", table, f"{number}", of_table)
        delivered += events
        assert lake.run().is_success
        check(lake, delivered)
    return lake


@pytest.mark.slow
def test_silver_and_gold_are_right_after_each_day(project: Path, generate: Any, week: list[Any]):
    with deliver(project, generate, [day.delivered for day in week]) as lake:
        tables = week[-1].state
        for table in ("orders", "products"):
            rows = ordered(lake.sql(f"SELECT * FROM silver.{table}").fetchall())
            assert rows == ordered([tuple(row.values()) for row in tables[table].values()])
        now = lake.sql("SELECT * EXCEPT (__START_AT, __END_AT) FROM silver.customers WHERE __END_AT IS NULL").fetchall()
        assert ordered(now) == ordered([tuple(row.values()) for row in tables["customers"].values()])
        assert faults(lake) == []
        check_dashboard(lake, [event for day in week for event in day.delivered])


def check_dashboard(lake: ingot.Connection, events: Sequence[Any]) -> None:
    """The dashboard shows what the shop's own log says."""
    lines = sales(events)

    def revenue(rows: Sequence[dict[str, Any]]) -> float:
        return float(sum(row["quantity"] * row["unit_price"] for row in rows))

    def by(key: Any) -> dict[Any, float]:
        keys = {key(row) for row in lines}
        return {one: revenue([row for row in lines if key(row) == one]) for one in keys}

    page = shown(lake, "sales", "sales")
    assert page["revenue"] == [[pytest.approx(revenue(lines))]]
    assert page["orders"] == [[len({row["order_id"] for row in lines})]]
    days = {row[0]: row[1] for row in page["revenue-and-orders-by-day"]}
    assert days == pytest.approx(by(lambda row: row["ordered_at"].date().isoformat()))
    america = ("Northwest", "Northeast", "Southwest", "Southeast")
    countries = by(lambda row: "United States" if row["region"] in america else row["region"])
    assert dict(page["revenue-by-country-region-and-city"]) == pytest.approx(countries)
    cells = {(row[1], row[2]): row[3] for row in page["revenue-by-month-and-region"]}
    months = by(lambda row: (row["region"], row["ordered_at"].date().replace(day=1).isoformat()))
    assert cells == pytest.approx(months)
    only = shown(lake, "sales", "sales", region="Northwest")
    assert only["revenue"] == [[pytest.approx(by(lambda row: row["region"])["Northwest"])]]

    page = shown(lake, "sales", "products")
    expected = {row[0]: (row[1], row[2]) for row in margin_by_category(events)}
    assert dict(page["revenue-by-category-and-product"]) == pytest.approx({k: float(v[0]) for k, v in expected.items()})
    margins = {row[0]: row[1] for row in page["margin-by-category"]}
    assert margins == {k: v[1] if v[1] is None else pytest.approx(float(v[1])) for k, v in expected.items()}

    page = shown(lake, "sales", "customers")
    assert page["customers"] == [[len({row["customer_id"] for row in lines})]]
    spent = by(lambda row: row["customer_id"])
    found = {row[1]: row[3] for row in page["the-fifty-customers-with-the-highest-revenue"]}
    assert sorted(found.values(), reverse=True) == pytest.approx(sorted(spent.values(), reverse=True)[: len(found)])
    assert found == pytest.approx({customer: spent[customer] for customer in found})
    assert len(shown(lake, "sales", "orders")["order-lines"]) == len(lines)


@pytest.mark.slow
def test_the_days_may_be_delivered_in_any_order(project: Path, generate: Any, week: list[Any]):
    batches = [day.delivered for day in week]
    random.Random(5).shuffle(batches)
    deliver(project, generate, [*batches[:2], [e for batch in batches[2:] for e in batch]]).close()


@pytest.mark.slow
def test_events_may_come_in_any_order_and_several_times(project: Path, generate: Any, week: list[Any]):
    dice = random.Random(7)
    events = [event for day in week for event in day.delivered]
    again = dice.sample(events, len(events) // 3)
    dice.shuffle(events)
    half = len(events) // 2
    deliver(project, generate, [events[:half], events[half:], again]).close()


# --- the generator -----------------------------------------------------------------------------------------------


def test_the_week_is_the_same_every_time(generate: Any, week: list[Any], tmp_path: Path):
    again = generate.days(customers=60, products=15, actions=90)
    assert [day.delivered for day in again] == [day.delivered for day in week]
    for folder, days in (("a", week), ("b", again)):
        generate.write(days[1], tmp_path / folder)
    for file in sorted((tmp_path / "a").rglob("*.*")):
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


def test_the_week_has_what_goes_wrong_with_changes(week: list[Any]):
    happened = [event for day in week for event in day.happened]
    delivered = [event for day in week for event in day.delivered]
    assert {event.operation for event in happened} == {"read", "insert", "update", "delete"}
    late = [event for event in happened if event.at.date() < week[event.arrives - 1].date]
    assert {event.table for event in late} == {"customers", "products", "orders"}
    assert len(delivered) > len(happened) == len({event.number for event in delivered})
