"""Makes the rows of `ingot/samples`, the same each time: `python tests/making_samples.py` writes them."""

from __future__ import annotations

import csv
import datetime
import io
import random
from collections.abc import Iterator
from pathlib import Path

from ingot.definitions.samples import COLUMNS
from ingot.files import SAMPLES

REGIONS = ("AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST")
NATIONS = (
    ("ALGERIA", 0), ("ARGENTINA", 1), ("BRAZIL", 1), ("CANADA", 1), ("EGYPT", 4), ("ETHIOPIA", 0), ("FRANCE", 3),
    ("GERMANY", 3), ("INDIA", 2), ("INDONESIA", 2), ("IRAN", 4), ("IRAQ", 4), ("JAPAN", 2), ("JORDAN", 4),
    ("KENYA", 0), ("MOROCCO", 0), ("MOZAMBIQUE", 0), ("PERU", 1), ("CHINA", 2), ("ROMANIA", 3), ("SAUDI ARABIA", 4),
    ("VIETNAM", 2), ("RUSSIA", 3), ("UNITED KINGDOM", 3), ("UNITED STATES", 1),
)  # fmt: skip
SEGMENTS = ("AUTOMOBILE", "BUILDING", "FURNITURE", "HOUSEHOLD", "MACHINERY")
FIRST = ("Ada", "Grace", "Barbara", "Alan", "Edsger", "Margaret", "Donald", "Katherine", "Tim", "Radia")
LAST = ("Lovelace", "Hopper", "Liskov", "Turing", "Dijkstra", "Hamilton", "Knuth", "Johnson", "Lee", "Perlman")
CITIES = (
    ("Tokyo", "Japan", "Asia", 139.69, 35.69), ("Paris", "France", "Europe", 2.35, 48.86),
    ("New York", "US", "North America", -74.0, 40.71), ("Seattle", "US", "North America", -122.33, 47.61),
    ("Stockholm", "Sweden", "Europe", 18.07, 59.33), ("Sydney", "Australia", "Australia", 151.21, -33.87),
)  # fmt: skip
COOKIES = ("Golden Gate Ginger", "Outback Oatmeal", "Austin Almond Biscotti", "Tokyo Tidbits", "Pearly Pies")
INGREDIENTS = ("cocoa", "sugar", "vanilla", "oats", "almonds", "flour", "butter", "ginger")
WORDS = ("quick", "final", "deposits", "carefully", "regular", "ideas", "sleep", "above", "bold", "accounts")
CUSTOMERS, ORDERS, PARTS, SUPPLIERS = 100, 150, 60, 20


def rows(name: str) -> Iterator[tuple]:
    """The rows of one table. Each table has numbers of its own, so that one can change without the others."""
    chance = random.Random(name)
    return _TABLES[name](chance)


def _text(chance: random.Random) -> str:
    return " ".join(chance.sample(WORDS, 3))


def _money(chance: random.Random, low: int, high: int) -> str:
    return f"{chance.randint(low * 100, high * 100) / 100:.2f}"


def _day(chance: random.Random, first: str, days: int) -> datetime.date:
    return datetime.date.fromisoformat(first) + datetime.timedelta(chance.randrange(days))


def _instant(chance: random.Random, first: str, days: int) -> datetime.datetime:
    start = datetime.datetime.fromisoformat(first)
    return start + datetime.timedelta(seconds=chance.randrange(days * 86400))


def _phone(chance: random.Random) -> str:
    return (
        f"{chance.randint(10, 34)}-{chance.randint(100, 999)}-{chance.randint(100, 999)}-{chance.randint(1000, 9999)}"
    )


def _trips(chance):
    zips = (10001, 10003, 10011, 10017, 10019, 10023, 10065, 10110, 10282, 11371, 11422)
    for _ in range(500):
        pickup = _instant(chance, "2016-01-01T00:00:00", 60)
        miles = round(chance.expovariate(0.4) + 0.2, 2)
        end = pickup + datetime.timedelta(seconds=int(miles * 300) + chance.randrange(300))
        yield pickup, end, miles, round((2.5 + miles * 2.6) * 2) / 2, chance.choice(zips), chance.choice(zips)


def _regions(chance):
    yield from ((i, name, _text(chance)) for i, name in enumerate(REGIONS))


def _nations(chance):
    yield from ((i, name, region, _text(chance)) for i, (name, region) in enumerate(NATIONS))


def _tpch_customers(chance):
    for i in range(1, CUSTOMERS + 1):
        nation, segment = chance.randrange(25), chance.choice(SEGMENTS)
        balance = _money(chance, -999, 9999)
        yield i, f"Customer#{i:09}", f"{i} Main Street", nation, _phone(chance), balance, segment, _text(chance)


def _tpch_suppliers(chance):
    for i in range(1, SUPPLIERS + 1):
        nation, balance = chance.randrange(25), _money(chance, -999, 9999)
        yield i, f"Supplier#{i:09}", f"{i} Dock Road", nation, _phone(chance), balance, _text(chance)


def _parts(chance):
    for i in range(1, PARTS + 1):
        maker, kind = chance.randint(1, 5), f"{chance.choice(('STANDARD', 'SMALL', 'ECONOMY'))} POLISHED TIN"
        box = f"{chance.choice(('SM', 'MED', 'LG', 'JUMBO'))} {chance.choice(('BOX', 'BAG', 'PKG'))}"
        brand = f"Brand#{maker}{chance.randint(1, 5)}"
        price = _money(chance, 900, 2000)
        yield i, _text(chance), f"Manufacturer#{maker}", brand, kind, chance.randint(1, 50), box, price, _text(chance)


def _part_suppliers(chance):
    for part in range(1, PARTS + 1):
        for supplier in sorted(chance.sample(range(1, SUPPLIERS + 1), 2)):
            yield part, supplier, chance.randint(1, 9999), _money(chance, 1, 1000), _text(chance)


def _orders(chance):
    priorities = ("1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW")
    for i in range(1, ORDERS + 1):
        day, clerk = _day(chance, "1992-01-01", 2400), f"Clerk#{chance.randint(1, 50):09}"
        customer, status = chance.randint(1, CUSTOMERS), chance.choice("OFP")
        yield i, customer, status, _money(chance, 900, 400000), day, chance.choice(priorities), clerk, 0, _text(chance)


def _line_items(chance):
    for order in range(1, ORDERS + 1):
        for line in range(1, chance.randint(1, 7) + 1):
            shipped = _day(chance, "1992-01-02", 2400)
            due, received = (shipped + datetime.timedelta(chance.randint(1, 30)) for _ in range(2))
            yield (
                order, chance.randint(1, PARTS), chance.randint(1, SUPPLIERS), line, f"{chance.randint(1, 50)}.00",
                _money(chance, 900, 90000), f"0.{chance.randint(0, 10):02}", f"0.{chance.randint(0, 8):02}",
                chance.choice("ANR"), chance.choice("OF"), shipped, due, received,
                chance.choice(("NONE", "COLLECT COD", "DELIVER IN PERSON", "TAKE BACK RETURN")),
                chance.choice(("AIR", "MAIL", "RAIL", "SHIP", "TRUCK", "FOB", "REG AIR")), _text(chance),
            )  # fmt: skip


def _bakehouse_customers(chance):
    for i in range(2000001, 2000121):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        city, country, continent, *_ = chance.choice(CITIES)
        mail = f"{first}.{last}{i % 1000}@example.com".lower()
        street = f"{chance.randint(1, 999)} Baker Street"
        zipcode, gender = chance.randint(10000, 99999), chance.choice(("female", "male"))
        yield i, first, last, mail, _phone(chance), street, city, city, country, continent, zipcode, gender


def _franchises(chance):
    for i in range(3000000, 3000024):
        city, country, _, east, north = chance.choice(CITIES)
        name, size = f"{chance.choice(WORDS).title()} Bites {i % 100}", chance.choice(("S", "M", "L", "XL", "XXL"))
        supplier = 4000000 + chance.randrange(16)
        yield i, name, city, f"{city} Center", chance.randint(10000, 99999), country, size, east, north, supplier


def _bakehouse_suppliers(chance):
    for i in range(4000000, 4000016):
        city, _, continent, east, north = chance.choice(CITIES)
        what, size = chance.choice(INGREDIENTS), chance.choice(("S", "M", "L"))
        yield (
            i,
            f"{what.title()} Traders {i % 100}",
            what,
            continent,
            city,
            f"{city} Port",
            size,
            east,
            north,
            chance.choice("YN"),
        )


def _transactions(chance):
    for i in range(1000001, 1000401):
        quantity, price = chance.randint(1, 40), 3
        card, paid = chance.randint(10**15, 10**16 - 1), chance.choice(("visa", "mastercard", "amex"))
        when = _instant(chance, "2024-05-01T00:00:00", 17)
        customer, shop = 2000001 + chance.randrange(120), 3000000 + chance.randrange(24)
        yield i, customer, shop, when, chance.choice(COOKIES), quantity, price, quantity * price, paid, card


def _reviews(chance):
    opinions = (
        "Lovely cookies and friendly people.",
        "Too sweet for me.",
        "The best bakery in town!",
        "It was closed.",
    )
    for i in range(80):
        yield chance.choice(opinions), 3000000 + chance.randrange(24), _instant(chance, "2024-05-01T00:00:00", 30), i


def _users(chance):
    for i in range(1, 121):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        is_business = chance.random() < 0.3
        kind, company = ("business", f"{last} Ltd") if is_business else ("individual", None)
        mail, country = f"{first}.{last}{i}@example.org".lower(), chance.choice(CITIES)[1]
        yield (
            i,
            mail,
            f"{first} {last}",
            country,
            kind,
            _day(chance, "2022-01-01", 900),
            str(is_business).lower(),
            company,
        )


def _bookings(chance):
    for i in range(1, 241):
        made = _instant(chance, "2024-01-01T00:00:00", 300)
        start = made.date() + datetime.timedelta(chance.randint(1, 60))
        end = start + datetime.timedelta(chance.randint(1, 14))
        status = chance.choice(("confirmed", "pending", "cancelled", "completed"))
        user, place, guests = chance.randint(1, 120), chance.randint(1, 60), chance.randint(1, 6)
        yield i, user, place, start, end, guests, _money(chance, 80, 4000), status, made, made


_TABLES = {
    "nyctaxi.trips": _trips,
    "tpch.region": _regions,
    "tpch.nation": _nations,
    "tpch.customer": _tpch_customers,
    "tpch.supplier": _tpch_suppliers,
    "tpch.part": _parts,
    "tpch.partsupp": _part_suppliers,
    "tpch.orders": _orders,
    "tpch.lineitem": _line_items,
    "bakehouse.sales_customers": _bakehouse_customers,
    "bakehouse.sales_franchises": _franchises,
    "bakehouse.sales_suppliers": _bakehouse_suppliers,
    "bakehouse.sales_transactions": _transactions,
    "bakehouse.media_customer_reviews": _reviews,
    "wanderbricks.users": _users,
    "wanderbricks.bookings": _bookings,
}


def text_of(name: str) -> str:
    """The file of one table."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(part.strip().split()[0] for part in COLUMNS[name].replace("(18,2)", "").split(","))
    writer.writerows(rows(name))
    return written.getvalue()


def main(folder: Path = SAMPLES) -> None:
    """Write all files."""
    folder.mkdir(exist_ok=True)
    for name in _TABLES:
        (folder / f"{name}.csv").write_text(text_of(name), "utf-8")


if __name__ == "__main__":
    main()
