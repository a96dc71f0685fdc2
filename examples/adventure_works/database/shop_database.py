"""The database of a bicycle shop, in the shape of Microsoft's AdventureWorksLT: its tables, and what they hold on two
evenings.

The same every time: nothing is random but by a seed. All people, firms and orders are made up.
"""

from __future__ import annotations

import copy
import datetime
import random
import uuid
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Tables = dict[str, dict[tuple[Any, ...], Row]]

FIRST_EVENING = datetime.datetime(2025, 6, 30, 20)
SECOND_EVENING = datetime.datetime(2025, 7, 1, 20)
MONEY = "DECIMAL(19, 4)"
_WATCHED = {"rowguid": "UUID", "ModifiedDate": "TIMESTAMP"}

# The first columns are the key, as many as KEYS says; the types are of both PostgreSQL and SQLite.
COLUMNS: dict[str, dict[str, str]] = {
    "Address": {
        "AddressID": "INTEGER", "AddressLine1": "VARCHAR(60)", "City": "VARCHAR(30)", "StateProvince": "VARCHAR(50)",
        "CountryRegion": "VARCHAR(50)", "PostalCode": "VARCHAR(15)", **_WATCHED,
    },
    "Customer": {
        "CustomerID": "INTEGER", "NameStyle": "BOOLEAN", "Title": "VARCHAR(8)", "FirstName": "VARCHAR(50)",
        "MiddleName": "VARCHAR(50)", "LastName": "VARCHAR(50)", "CompanyName": "VARCHAR(128)",
        "EmailAddress": "VARCHAR(50)", "Phone": "VARCHAR(25)", "PasswordHash": "VARCHAR(128)",
        "PasswordSalt": "VARCHAR(10)", **_WATCHED,
    },
    "CustomerAddress": {"CustomerID": "INTEGER", "AddressID": "INTEGER", "AddressType": "VARCHAR(50)", **_WATCHED},
    "Product": {
        "ProductID": "INTEGER", "Name": "VARCHAR(50)", "ProductNumber": "VARCHAR(25)", "Color": "VARCHAR(15)",
        "StandardCost": MONEY, "ListPrice": MONEY, "Size": "VARCHAR(5)", "Weight": "DECIMAL(8, 2)",
        "ProductCategoryID": "INTEGER", "ProductModelID": "INTEGER", "SellStartDate": "TIMESTAMP",
        "SellEndDate": "TIMESTAMP", **_WATCHED,
    },
    "ProductCategory": {
        "ProductCategoryID": "INTEGER", "ParentProductCategoryID": "INTEGER", "Name": "VARCHAR(50)", **_WATCHED,
    },
    "ProductModel": {"ProductModelID": "INTEGER", "Name": "VARCHAR(50)", **_WATCHED},
    "SalesOrderHeader": {
        "SalesOrderID": "INTEGER", "OrderDate": "TIMESTAMP", "DueDate": "TIMESTAMP", "ShipDate": "TIMESTAMP",
        "Status": "SMALLINT", "OnlineOrderFlag": "BOOLEAN", "CustomerID": "INTEGER", "ShipMethod": "VARCHAR(50)",
        "SubTotal": MONEY, "TaxAmt": MONEY, "Freight": MONEY, **_WATCHED,
    },
    "SalesOrderDetail": {
        "SalesOrderID": "INTEGER", "SalesOrderDetailID": "INTEGER", "OrderQty": "SMALLINT", "ProductID": "INTEGER",
        "UnitPrice": MONEY, "UnitPriceDiscount": MONEY, "LineTotal": "DECIMAL(38, 6)", **_WATCHED,
    },
    "BuildVersion": {"SystemInformationID": "INTEGER", "Database Version": "VARCHAR(25)", "ModifiedDate": "TIMESTAMP"},
    "ErrorLog": {"ErrorLogID": "INTEGER", "ErrorMessage": "VARCHAR(4000)"},
}  # fmt: skip
KEYS = {"CustomerAddress": 2, "SalesOrderDetail": 2}  # of all others 1

_FIRST_NAMES = (
    "Ada",
    "Alan",
    "Barbara",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "Karen",
    "Ken",
    "Leslie",
    "Radia",
    "Tim",
)
_LAST_NAMES = ("Allen", "Byron", "Hamilton", "Hopper", "Kay", "Knuth", "Lamport", "Liskov", "Perlman", "Turing")
_CITIES = (
    ("Seattle", "Washington", "United States"), ("Portland", "Oregon", "United States"),
    ("Phoenix", "Arizona", "United States"), ("Toronto", "Ontario", "Canada"), ("Montréal", "Québec", "Canada"),
    ("London", "England", "United Kingdom"), ("Leeds", "England", "United Kingdom"),
)  # fmt: skip
_CATEGORIES = {
    "Bikes": {"Road Bikes": 1400, "Mountain Bikes": 1150, "Touring Bikes": 950},
    "Accessories": {"Helmets": 35, "Tires and Tubes": 25},
    "Clothing": {"Jerseys": 50, "Gloves": 20},
}
_COLORS = (None, "Black", "Red", "Silver", "Blue")
_SHIPPED, _IN_PROCESS = 5, 1
_CENTS = Decimal("0.01")


def evenings(customers: int = 60, products: int = 40, orders: int = 250) -> tuple[Tables, Tables]:
    """What the tables hold at the end of each of the two days, rows by key."""
    shop = _Shop(customers, products, orders)
    first = copy.deepcopy(shop.tables)
    shop.live_a_day()
    return first, shop.tables


def key_columns(table: str) -> list[str]:
    """The columns of a table's key."""
    return list(COLUMNS[table])[: KEYS.get(table, 1)]


class _Shop:
    def __init__(self, customers: int, products: int, orders: int):
        self.random = random.Random(20250630)
        self.tables: Tables = {name: {} for name in COLUMNS}
        self.now = datetime.datetime(2025, 4, 1, 7)
        self._write("BuildVersion", {"SystemInformationID": 1, "Database Version": "made up for Ingot"})
        self._write("ErrorLog", {"ErrorLogID": 1, "ErrorMessage": "an old error"})
        self._furnish()
        for _ in range(products):
            self._new_product()
        for _ in range(customers):
            self._new_customer()
        minutes = int((FIRST_EVENING - self.now).total_seconds()) // 60
        for minute in sorted(self.random.sample(range(minutes), orders)):
            self._order(self.now + datetime.timedelta(minutes=minute))
        self.now = FIRST_EVENING
        self._ship()

    # --- the second day -----------------------------------------------------------------------------------------

    def live_a_day(self) -> None:
        """One of each thing that happens to such a database, and some orders."""
        self.now = SECOND_EVENING - datetime.timedelta(hours=10)
        self._ship()
        self._move(self._buyers()[0])
        self._marry(self._buyers()[1])
        self._leave(self._buyers()[2])
        self._raise_prices()
        self._withdraw(self._sold()[0])
        self._new_product()
        customer = self._new_customer()
        self._order(self.now, customer)
        for minute in range(0, 400, 40):
            self._order(self.now + datetime.timedelta(minutes=minute))
        self._order(FIRST_EVENING - datetime.timedelta(hours=9))  # by a van without a network: it is a day late
        self._correct_a_quantity()
        self._remove_a_line()

    def _move(self, customer: int) -> None:
        address = next(row["AddressID"] for row in self._rows("CustomerAddress") if row["CustomerID"] == customer)
        self._change("Address", (address,), City="Lyon", StateProvince="Rhône", CountryRegion="France")

    def _marry(self, customer: int) -> None:
        self._change("Customer", (customer,), LastName="Lovelace")

    def _leave(self, customer: int) -> None:
        """Deleted for good; the orders stay."""
        del self.tables["Customer"][(customer,)]
        for key in [key for key in self.tables["CustomerAddress"] if key[0] == customer]:
            del self.tables["CustomerAddress"][key]

    def _withdraw(self, product: int) -> None:
        del self.tables["Product"][(product,)]

    def _raise_prices(self) -> None:
        for row in self.random.sample(self._rows("Product"), 3):
            price = (row["ListPrice"] * Decimal("1.05")).quantize(_CENTS)
            self._change("Product", (row["ProductID"],), ListPrice=price)

    def _correct_a_quantity(self) -> None:
        order = next(row for row in self._rows("SalesOrderHeader") if row["Status"] == _IN_PROCESS)
        line = next(row for row in self._rows("SalesOrderDetail") if row["SalesOrderID"] == order["SalesOrderID"])
        key = (line["SalesOrderID"], line["SalesOrderDetailID"])
        quantity = line["OrderQty"] + 1
        self._change("SalesOrderDetail", key, OrderQty=quantity, LineTotal=_line_total({**line, "OrderQty": quantity}))
        self._sum_up(order["SalesOrderID"])

    def _remove_a_line(self) -> None:
        """Somebody deletes a line by hand. The order's total says so; no ModifiedDate of a line does."""
        lines: dict[int, list[tuple[Any, ...]]] = {}
        for key in self.tables["SalesOrderDetail"]:
            lines.setdefault(key[0], []).append(key)
        order, keys = next((order, keys) for order, keys in lines.items() if len(keys) == 3)
        del self.tables["SalesOrderDetail"][keys[-1]]
        self._sum_up(order)

    # --- rows ---------------------------------------------------------------------------------------------------

    def _furnish(self) -> None:
        for parent, children in _CATEGORIES.items():
            above = self._next_id("ProductCategory")
            self._write("ProductCategory", {"ProductCategoryID": above, "Name": parent})
            for child in children:
                number = self._next_id("ProductCategory")
                row = {"ProductCategoryID": number, "ParentProductCategoryID": above, "Name": child}
                self._write("ProductCategory", row)
        for name in ("Road-150", "Mountain-200", "Touring-1000", "Sport-100", "Classic"):
            self._write("ProductModel", {"ProductModelID": self._next_id("ProductModel"), "Name": name})

    def _new_product(self) -> None:
        number = self._next_id("Product", 680)
        prices = {name: price for children in _CATEGORIES.values() for name, price in children.items()}
        category = self.random.choice([row for row in self._rows("ProductCategory") if row["ParentProductCategoryID"]])
        price = Decimal(prices[category["Name"]] * self.random.randint(80, 130)) / 100
        model = self.random.choice([None, *self._rows("ProductModel")])
        row = {
            "ProductID": number, "Name": f"{category['Name'].rstrip('s')} {number}", "ProductNumber": f"BK-{number}",
            "Color": self.random.choice(_COLORS), "StandardCost": (price * Decimal("0.62")).quantize(_CENTS),
            "ListPrice": price.quantize(_CENTS), "Size": self.random.choice((None, "M", "L", " ")),
            "Weight": self.random.choice((None, Decimal("9.25"))), "SellStartDate": datetime.datetime(2024, 6, 1),
            "ProductCategoryID": None if number % 13 == 0 else category["ProductCategoryID"],
            "ProductModelID": model and model["ProductModelID"],
        }  # fmt: skip
        self._write("Product", row)

    def _new_customer(self) -> int:
        number, address = self._next_id("Customer"), self._next_id("Address", 450)
        first, last = self.random.choice(_FIRST_NAMES), self.random.choice(_LAST_NAMES)
        customer = {
            "CustomerID": number, "NameStyle": False, "Title": self.random.choice((None, "Ms.", "Mr.")),
            "FirstName": self.random.choice((first, f" {first}")), "LastName": last,
            "MiddleName": self.random.choice((None, "", "J.")), "CompanyName": f"{last} Cycles",
            "EmailAddress": f"{first}{number}@Adventure-Works.example", "Phone": f"555-01{number % 100:02d}",
            "PasswordHash": self.random.randbytes(12).hex(), "PasswordSalt": self.random.randbytes(4).hex(),
        }  # fmt: skip
        city, state, country = self.random.choice(_CITIES)
        place = {
            "AddressID": address, "AddressLine1": f"{address} Mill Road", "City": city, "StateProvince": state,
            "CountryRegion": country, "PostalCode": str(10_000 + address),
        }  # fmt: skip
        self._write("Customer", customer)
        self._write("Address", place)
        link = {"CustomerID": number, "AddressID": address, "AddressType": "Main Office"}
        self._write("CustomerAddress", link)
        return number

    def _order(self, at: datetime.datetime, customer: int | None = None) -> None:
        order = self._next_id("SalesOrderHeader", 71_770)
        customer = customer or self.random.choice(self._rows("Customer"))["CustomerID"]
        header = {
            "SalesOrderID": order, "OrderDate": at, "DueDate": at + datetime.timedelta(days=12), "Status": _IN_PROCESS,
            "OnlineOrderFlag": self.random.random() < 0.5, "CustomerID": customer, "ShipMethod": "CARGO TRANSPORT 5",
        }  # fmt: skip
        self._write("SalesOrderHeader", header, at)
        for product in self.random.sample(self._rows("Product"), self.random.choice((1, 1, 2, 3))):
            line = {
                "SalesOrderID": order, "SalesOrderDetailID": self._next_id("SalesOrderDetail", 110_560),
                "OrderQty": self.random.choice((1, 1, 2, 5)), "ProductID": product["ProductID"],
                "UnitPrice": product["ListPrice"], "UnitPriceDiscount": self.random.choice((0, 0, Decimal("0.05"))),
            }  # fmt: skip
            self._write("SalesOrderDetail", {**line, "LineTotal": _line_total(line)}, at)
        self._sum_up(order, at)

    def _sum_up(self, order: int, at: datetime.datetime | None = None) -> None:
        lines = [row for row in self._rows("SalesOrderDetail") if row["SalesOrderID"] == order]
        total = sum((row["LineTotal"] for row in lines), Decimal()).quantize(Decimal("0.0001"))
        tax, freight = (total * Decimal(rate) / 1000 for rate in (80, 25))
        self._change("SalesOrderHeader", (order,), at, SubTotal=total, TaxAmt=tax.quantize(_CENTS),
                     Freight=freight.quantize(_CENTS))  # fmt: skip

    def _ship(self) -> None:
        """An order goes out five days after it came."""
        for row in self._rows("SalesOrderHeader"):
            shipped = row["OrderDate"] + datetime.timedelta(days=5)
            if row["Status"] == _IN_PROCESS and shipped <= self.now:
                self._change("SalesOrderHeader", (row["SalesOrderID"],), shipped, Status=_SHIPPED, ShipDate=shipped)

    # --- tables -------------------------------------------------------------------------------------------------

    def _write(self, table: str, row: Row, at: datetime.datetime | None = None) -> None:
        whole = dict.fromkeys(COLUMNS[table]) | row
        key = tuple(whole[name] for name in key_columns(table))
        if "rowguid" in whole:
            whole["rowguid"] = uuid.uuid5(uuid.NAMESPACE_DNS, f"{table}{key}.example.com")
        if "ModifiedDate" in whole:
            whole["ModifiedDate"] = at or self.now
        self.tables[table][key] = whole

    def _change(self, table: str, key: tuple[Any, ...], at: datetime.datetime | None = None, **values: Any) -> None:
        self.tables[table][key].update(values, ModifiedDate=at or self.now)

    def _next_id(self, table: str, first: int = 1) -> int:
        return max((key[-1] for key in self.tables[table]), default=first - 1) + 1

    def _rows(self, table: str) -> list[Row]:
        return list(self.tables[table].values())

    def _buyers(self) -> list[int]:
        bought = {row["CustomerID"] for row in self._rows("SalesOrderHeader")}
        return sorted(bought & {row["CustomerID"] for row in self._rows("Customer")})

    def _sold(self) -> list[int]:
        return sorted({row["ProductID"] for row in self._rows("SalesOrderDetail")})


def _line_total(line: Row) -> Decimal:
    return Decimal(line["OrderQty"]) * line["UnitPrice"] * (1 - Decimal(line["UnitPriceDiscount"]))
