"""The rows of a small shop, as Python values and as the files of a project with a table that holds them."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ingot
from ingot.dashboards.answers import Answers

_COUNTRIES = ["France", "Germany", "Côte d'Ivoire", 'The "States"', "back`tick", "*/ DROP TABLE x; --", None, "日本"]
_CITIES = {"France": ["Paris", "Lyon"], "Germany": ["Berlin"], "日本": ["東京"]}
_PAID = [True, False, None]


@dataclass(frozen=True)
class Order:
    """One row of gold.orders."""

    id: int
    country: str | None
    city: str | None
    day: datetime.date | None
    at: datetime.datetime | None
    local: datetime.datetime | None
    amount: Decimal | None
    weight: float | None
    paid: bool | None
    odd: int | None  # the column `unit.price ($)`


def _orders() -> list[Order]:
    chance = random.Random(7)
    rows = []
    for number in range(300):
        country = chance.choice(_COUNTRIES)
        day = datetime.date(2023, 1, 1) + datetime.timedelta(days=chance.randrange(547))
        at = datetime.datetime.combine(day, datetime.time(chance.randrange(24), chance.randrange(60), 30))
        rows.append(
            Order(
                number,
                country,
                chance.choice(_CITIES.get(country or "", ["elsewhere"])),
                None if chance.random() < 0.05 else day,
                None if chance.random() < 0.05 else at.replace(tzinfo=datetime.UTC),
                None if chance.random() < 0.05 else at,
                None if chance.random() < 0.1 else Decimal(chance.randrange(-5000, 100000)) / 100,
                None if chance.random() < 0.1 else chance.randrange(1000) / 8,
                chance.choice(_PAID),
                None if chance.random() < 0.1 else chance.randrange(5),
            )
        )
    return rows


ORDERS = _orders()


def _record(order: Order) -> str:
    facts = {**vars(order), "unit.price ($)": order.odd}
    del facts["odd"]
    facts = {name: value for name, value in facts.items() if value is not None}
    return json.dumps(
        facts, default=lambda v: float(v) if isinstance(v, Decimal) else v.isoformat(), ensure_ascii=False
    )


FILES = {
    "ingot.yml": "name: shop\n",
    "data/orders.json": "\n".join(map(_record, ORDERS)),
    "transformations/t.sql": """
CREATE MATERIALIZED VIEW gold.orders TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS
SELECT * FROM read_files('data/orders.json', format => 'json', schema => 'id INT, country STRING, city STRING, day DATE,
at TIMESTAMP, local TIMESTAMP_NTZ, amount DECIMAL(12,2), weight DOUBLE, paid BOOLEAN, `unit.price ($)` INT');
CREATE MATERIALIZED VIEW gold.countries AS
SELECT * FROM VALUES ('France', 'Europe'), ('Germany', 'Europe'), ('日本', 'Asia') AS t(country, continent);
""",
}

DASHBOARD = """title: The shop
locale: en-GB
datasets:
  orders:
    from: gold.orders
    dimensions:
      year: year(day)
      month: {expr: "date_trunc('month', day)", label: Month}
      alias: day
      half: CAST(weight / 3 AS FLOAT)
      shown: to_date(date_format(day, 'yyyy-MM-dd'))
      size: {expr: "CASE WHEN amount > 500 THEN 'large' WHEN amount > 100 THEN 'medium' ELSE 'small' END"}
    measures:
      revenue: {expr: sum(amount), label: Revenue, format: currency}
      orders: count(*)
      weight: sum(weight)
      average: avg(weight)
      cities: count(DISTINCT city)
    hierarchies:
      place: [country, city]
  joined:
    sql: SELECT o.*, c.continent FROM gold.orders o LEFT JOIN gold.countries c ON o.country = c.country
    measures:
      revenue: sum(amount)
      orders: count(*)
slicers:
  - {field: country, dataset: orders}
  - {field: year, dataset: orders, kind: list}
  - {field: day, dataset: orders, kind: range}
pages:
  - title: Orders
    visuals:
      - {title: Revenue, kind: card, dataset: orders, value: revenue, trend: month, change: {by: day, previous: 1 year}}
      - {title: Countries, kind: bar, dataset: orders, category: place, value: [revenue, orders], drill_through: one}
      - {title: Details, kind: table, dataset: orders, columns: [id, country, day, amount]}
      - title: Cities
        kind: column
        sql: >-
          SELECT city, count(*) AS n FROM gold.orders o WHERE o.amount > 100 GROUP BY city
        category: city
        value: n
  - title: One
    hidden: true
    visuals:
      - {title: Paid, kind: donut, dataset: orders, category: paid, value: orders}
"""


@dataclass(frozen=True)
class Shop:
    """The shop, opened."""

    connection: ingot.Connection
    answers: Answers

    @property
    def folder(self) -> Any:
        return self.connection.project.root


Key = Callable[[Order], Any]


def grouped(rows: Iterable[Order], *keys: Key) -> dict[tuple[Any, ...], list[Order]]:
    """The rows by the values of their keys."""
    found: dict[tuple[Any, ...], list[Order]] = {}
    for row in rows:
        found.setdefault(tuple(key(row) for key in keys), []).append(row)
    return found


def revenue(rows: Iterable[Order]) -> float | None:
    """The sum of amounts; null for rows without any."""
    amounts = [row.amount for row in rows if row.amount is not None]
    return float(sum(amounts)) if amounts else None
