"""A bicycle shop that lives for some days: its customers, products and orders, and every change of them.

The same every time: nothing is random but by a seed. What is delivered is not in order: some changes arrive a day or
two late, and some arrive twice. `Day.state` is what the shop's own tables hold in the evening.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

FIRST = datetime.date(2025, 6, 27)
LAST_DAY = 7
KEYS = {"customers": ("customer_id",), "products": ("product_id",), "orders": ("order_id", "line")}

_FIRST_NAMES = (
    "Ada", "Alan", "Barbara", "Donald", "Edsger", "Frances", "Grace", "Hedy", "John", "Karen", "Ken", "Leslie",
    "Margaret", "Radia", "Sophie", "Tim",
)  # fmt: skip
_LAST_NAMES = (
    "Allen", "Byron", "Dijkstra", "Hamilton", "Hopper", "Kay", "Knuth", "Lamport", "Liskov", "Perlman", "Ritchie",
    "Turing", "Wilson",
)  # fmt: skip
_CITIES = {
    "Seattle": "Northwest", "Portland": "Northwest", "San Diego": "Southwest", "Phoenix": "Southwest",
    "Atlanta": "Southeast", "Miami": "Southeast", "Boston": "Northeast", "Toronto": "Canada", "Montréal": "Canada",
    "London": "United Kingdom", "Lyon": "France", "Berlin": "Germany", "Sydney": "Australia",
}  # fmt: skip
_CATEGORIES = {"Road Bike": 1400, "Mountain Bike": 1150, "Touring Bike": 950, "Helmet": 35, "Jersey": 50, "Tire": 25}
_COLORS = (None, "Black", "Red", "Silver", "Blue", "Yellow")
_ACTIONS = {"order": 40, "ship": 25, "correct": 5, "cancel": 4, "join": 6, "move": 6, "letter": 7, "leave": 2,
            "price": 3, "launch": 1, "discontinue": 1}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One change of one row.

    Attributes:
        number: Its place in the shop's log: greater means later.
        operation: read (there when the log began), insert, update or delete.
        before: The row before, None for an insert; `after`: None for a delete.
        arrives: The day on which it is delivered.
    """

    table: str
    number: int
    at: datetime.datetime
    operation: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    arrives: int

    @property
    def key(self) -> tuple[Any, ...]:
        row = self.after or self.before or {}
        return tuple(row[name] for name in KEYS[self.table])


@dataclass
class Day:
    """A day: what happens, what is delivered by evening, and what the shop's tables hold then."""

    number: int
    date: datetime.date
    happened: list[Event] = field(default_factory=list)
    delivered: list[Event] = field(default_factory=list)
    state: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)


def days(customers: int = 150, products: int = 40, actions: int = 500) -> list[Day]:
    """The week. `customers` and `products` are there when it begins; `actions` happen each day."""
    return list(_Shop(customers, products, actions).week())


class _Shop:
    def __init__(self, customers: int, products: int, actions: int):
        self.random = random.Random(20250627)
        self.tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {name: {} for name in KEYS}
        self.actions = actions
        self.number = 0
        self.ids = {"customers": 1000, "products": 700, "orders": 43000}
        self.day = Day(1, FIRST)
        self.now = datetime.datetime.combine(FIRST, datetime.time(), datetime.UTC)
        for table, count in (("customers", customers), ("products", products)):
            for _ in range(count):
                self._write(table, self._new(table), operation="read")

    def week(self) -> Iterator[Day]:
        late: list[Event] = []
        for number in range(1, LAST_DAY + 1):
            if number > 1:
                self.day = Day(number, FIRST + datetime.timedelta(days=number - 1))
            morning = datetime.datetime.combine(self.day.date, datetime.time(6), datetime.UTC)
            for millisecond in sorted(self.random.sample(range(16 * 3_600_000), self.actions)):
                self.now = morning + datetime.timedelta(milliseconds=millisecond)
                self._act()
            late += self.day.happened
            self.day.delivered = self._delivery([event for event in late if event.arrives <= number])
            late = [event for event in late if event.arrives > number]
            self.day.state = {name: {k: dict(row) for k, row in rows.items()} for name, rows in self.tables.items()}
            yield self.day

    def _delivery(self, events: list[Event]) -> list[Event]:
        """Late ones come first, and some come a second time: who delivers would rather repeat than lose."""
        return events + self.random.sample(events, len(events) // 50)

    # --- what happens -------------------------------------------------------------------------------------------

    def _act(self) -> None:
        action = self.random.choices(list(_ACTIONS), list(_ACTIONS.values()))[0]
        getattr(self, f"_{action}")()

    def _order(self) -> None:
        customer, order = self._any("customers"), self._next_id("orders")
        for line in range(1, self.random.choice((1, 1, 1, 2, 3)) + 1):
            product = self._any("products")
            row = {
                "order_id": order, "line": line, "ordered_at": self.now.replace(microsecond=0),
                "customer_id": customer["customer_id"], "product_id": product["product_id"],
                "quantity": self.random.choice((1, 1, 1, 2, 4)), "unit_price": product["list_price"],
                "status": "placed", "shipped_at": None,
            }  # fmt: skip
            self._write("orders", row)

    def _ship(self) -> None:
        if row := self._any("orders", lambda row: row["status"] == "placed"):
            self._write("orders", {**row, "status": "shipped", "shipped_at": self.now.replace(microsecond=0)})

    def _correct(self) -> None:
        if row := self._any("orders", lambda row: row["status"] == "placed"):
            self._write("orders", {**row, "quantity": row["quantity"] + 1})

    def _cancel(self) -> None:
        if row := self._any("orders", lambda row: row["status"] == "placed"):
            self._delete("orders", row)

    def _join(self) -> None:
        self._write("customers", self._new("customers"))

    def _move(self) -> None:
        row = self._any("customers")
        city = self.random.choice([city for city in _CITIES if city != row["city"]])
        self._write("customers", {**row, "city": city, "region": _CITIES[city]})

    def _letter(self) -> None:
        row = self._any("customers")
        self._write("customers", {**row, "newsletter": not row["newsletter"]})

    def _leave(self) -> None:
        self._delete("customers", self._any("customers"))

    def _price(self) -> None:
        row = self._any("products")
        price = (row["list_price"] * self.random.randint(85, 120) / 100).quantize(Decimal("0.01"))
        self._write("products", {**row, "list_price": price})

    def _launch(self) -> None:
        self._write("products", self._new("products"))

    def _discontinue(self) -> None:
        self._delete("products", self._any("products"))

    # --- rows ---------------------------------------------------------------------------------------------------

    def _new(self, table: str) -> dict[str, Any]:
        number = self._next_id(table)
        if table == "customers":
            first, last = self.random.choice(_FIRST_NAMES), self.random.choice(_LAST_NAMES)
            city = self.random.choice(list(_CITIES))
            return {
                "customer_id": number, "name": f"{first} {last}", "email": f"{first}{number}@example.com".lower(),
                "city": city, "region": _CITIES[city], "newsletter": self.random.random() < 0.5,
            }  # fmt: skip
        category = self.random.choice(list(_CATEGORIES))
        cost = Decimal(_CATEGORIES[category]) * self.random.randint(40, 90) / 100
        return {
            "product_id": number, "name": f"{category} {number}", "category": category,
            "color": self.random.choice(_COLORS), "standard_cost": cost.quantize(Decimal("0.01")),
            "list_price": (cost * Decimal("1.6")).quantize(Decimal("0.01")),
        }  # fmt: skip

    def _next_id(self, table: str) -> int:
        self.ids[table] += 1
        return self.ids[table]

    def _any(self, table: str, fits: Any = None) -> dict[str, Any]:
        rows = [row for row in self.tables[table].values() if fits is None or fits(row)]
        return self.random.choice(rows) if rows else {}

    def _write(self, table: str, row: dict[str, Any], operation: str | None = None) -> None:
        key = tuple(row[name] for name in KEYS[table])
        before = self.tables[table].get(key)
        self.tables[table][key] = row
        self._log(table, operation or ("insert" if before is None else "update"), before, row)

    def _delete(self, table: str, row: dict[str, Any]) -> None:
        del self.tables[table][tuple(row[name] for name in KEYS[table])]
        self._log(table, "delete", row, None)

    def _log(self, table: str, operation: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        self.number += 1
        self.now += datetime.timedelta(microseconds=1)
        event = Event(table, self.number, self.now, operation, before, after, self.day.number)
        delay = self.random.choices((0, 1, 2), (92, 5, 3))[0] if operation != "read" else 0
        self.day.happened.append(replace(event, arrives=min(event.arrives + delay, LAST_DAY)))
