"""The shop's database, end to end: what follows from its rows, computed in Python, against silver and gold of two days."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import ingot
from ingot.cli import main
from sources.database.servers import PASSWORD, USER, postgresql, postgresql_programs

EXAMPLE = Path(__file__).parent.parent / "examples" / "adventure_works" / "database"
UNKNOWN = "-1"


@pytest.fixture(scope="module")
def generate() -> Iterator[Any]:
    """The example's modules, which stand beside each other as programs do."""
    names = ("generate", "shop_database")
    sys.path.insert(0, str(EXAMPLE))
    for name in names:
        sys.modules.pop(name, None)
    try:
        yield import_module("generate")
    finally:
        sys.path.remove(str(EXAMPLE))
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def states(generate: Any) -> tuple[Any, Any]:
    return generate.evenings()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("lake", "postgresql", "shop.db", "__pycache__")
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example", ignore=ignored))


@pytest.fixture
def server() -> Iterator[Any]:
    pytest.importorskip("adbc_driver_postgresql", reason="needs adbc-driver-postgresql")
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ingot-db-"))  # a short path, for the socket
    folder.chmod(0o755)
    try:
        with postgresql(folder / "pg", programs) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- the truth, from the rows of the database ---------------------------------------------------------------------


def key_of(number: int | None) -> str:
    return UNKNOWN if number is None else hashlib.md5(str(number).encode()).hexdigest()


def joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def customers(state: Any) -> list[tuple]:
    found: list[tuple] = [(UNKNOWN, None, "Unknown", "Unknown", None, "Unknown", "Unknown", "Unknown")]
    offices = {row["CustomerID"]: state["Address"][row["AddressID"],] for row in state["CustomerAddress"].values()}
    for row in state["Customer"].values():
        number, place = row["CustomerID"], offices[row["CustomerID"]]
        name = joined(row["Title"], row["FirstName"].strip(), row["MiddleName"], row["LastName"])
        where = (place["City"], place["StateProvince"], place["CountryRegion"])
        found.append((key_of(number), number, name, row["CompanyName"], row["EmailAddress"].lower(), *where))
    return found


def products(state: Any) -> dict[int | None, tuple]:
    """By number, None for the member Unknown."""
    found: dict[int | None, tuple] = {
        None: (UNKNOWN, None, "Unknown", "N/A", "N/A", "Unknown", "Unknown", "N/A", "N/A", None, None)
    }
    for row in state["Product"].values():
        model = state["ProductModel"].get((row["ProductModelID"],), {"Name": "N/A"})["Name"]
        category = state["ProductCategory"].get((row["ProductCategoryID"],))
        above = category and state["ProductCategory"][category["ParentProductCategoryID"],]
        names = (above["Name"], category["Name"]) if above else ("Unknown", "Unknown")
        looks = (row["Color"] or "N/A", (row["Size"] or "").strip() or "N/A")
        number = row["ProductID"]
        money = (row["StandardCost"], row["ListPrice"])
        found[number] = (key_of(number), number, row["Name"], row["ProductNumber"], model, *names, *looks, *money)
    return found


def known(states: Any, table: str) -> dict[tuple, dict[str, Any]]:
    """Rows of an incremental table as they are known after these evenings: what was deleted stays."""
    return {key: row for state in states for key, row in state[table].items()}


def facts(states: Any) -> list[dict[str, Any]]:
    now, headers = states[-1], known(states, "SalesOrderHeader")
    found = []
    for (order, line), row in known(states, "SalesOrderDetail").items():
        header = headers[order,]
        customer, product = header["CustomerID"], row["ProductID"]
        found.append({
            "order": order, "line": line, "date": header["OrderDate"].date(),
            "shipped": header["ShipDate"] and header["ShipDate"].date(),
            "status": {1: "In process", 5: "Shipped"}[header["Status"]],
            "channel": "Online" if header["OnlineOrderFlag"] else "In store",
            "customer": key_of(customer if (customer,) in now["Customer"] else None),
            "product": key_of(product if (product,) in now["Product"] else None),
            "quantity": row["OrderQty"], "price": row["UnitPrice"], "discount": Decimal(row["UnitPriceDiscount"]),
            "total": row["OrderQty"] * row["UnitPrice"] * (1 - Decimal(row["UnitPriceDiscount"])),
        })  # fmt: skip
    return found


def by_month(states: Any) -> list[tuple]:
    categories = {row[0]: row[5] for row in products(states[-1]).values()}
    groups: dict[tuple, list[dict[str, Any]]] = defaultdict(list)
    for fact in facts(states):
        groups[fact["date"].replace(day=1), categories[fact["product"]]].append(fact)
    return [
        (
            *group,
            len({row["order"] for row in rows}),
            sum(row["quantity"] for row in rows),
            sum(row["total"] for row in rows),
        )
        for group, rows in groups.items()
    ]


def differences(states: Any) -> list[tuple]:
    """The orders whose lines in the lake are not what their headers say."""
    lines: dict[int, Decimal] = defaultdict(Decimal)
    for fact in facts(states):
        lines[fact["order"]] += fact["total"]
    return [
        ("order", str(order), lines[order], header["SubTotal"], abs(lines[order] - header["SubTotal"]))
        for (order,), header in known(states, "SalesOrderHeader").items()
        if abs(lines[order] - header["SubTotal"]) > Decimal("0.01")
    ]


def names_over_time(states: Any) -> list[tuple]:
    """Customers' last names with the number of the first evening, and of that on which they were gone or others."""
    found = []
    for key in {key for state in states for key in state["Customer"]}:
        names = [state["Customer"].get(key, {}).get("LastName") for state in states]
        starts = [i for i, name in enumerate(names) if name is not None and (i == 0 or name != names[i - 1])]
        for start in starts:
            end = next((i for i in range(start + 1, len(names)) if names[i] != names[start]), None)
            found.append((key[0], names[start], start, end))
    return found


# --- the tables against it ---------------------------------------------------------------------------------------


def ordered(rows: list[tuple]) -> list[tuple]:
    return sorted(rows, key=lambda row: tuple((value is None, str(value)) for value in row))


def check(lake: ingot.Connection, states: Any) -> None:
    """Gold and the history of silver are what follows from the database on these evenings."""

    def rows(query: str) -> list[tuple]:
        return ordered(lake.sql(query).fetchall())

    assert rows("SELECT * FROM gold.dim_customer") == ordered(customers(states[-1]))
    assert rows("SELECT * FROM gold.dim_product") == ordered(list(products(states[-1]).values()))
    assert [
        tuple(map(str, row)) for row in rows("SELECT * EXCEPT (unit_price, discount, line_total) FROM gold.fact_sales")
    ] == ordered(
        [
            tuple(str(fact[name]) for name in fact if name not in ("price", "discount", "total"))
            for fact in facts(states)
        ]
    )
    assert rows("SELECT order_id, line_id, unit_price, discount, line_total FROM gold.fact_sales") == rows_of_money(
        states
    )
    assert numbers(rows("SELECT * FROM gold.sales_by_month")) == numbers(ordered(by_month(states)))
    found = rows("SELECT * FROM gold.reconciliation WHERE difference > 0.01")
    assert numbers(found) == numbers(ordered(differences(states)))
    landed = lake.sql(
        "SELECT DISTINCT run FROM landing.files WHERE resource = 'SalesLT.Customer' ORDER BY run"
    ).fetchall()
    runs = [run for (run,) in landed]
    history = lake.sql("SELECT customer_id, last_name, __START_AT, __END_AT FROM silver.customers").fetchall()
    assert ordered([(*row[:2], runs.index(row[2]), row[3] and runs.index(row[3])) for row in history]) == ordered(
        names_over_time(states)
    )


def rows_of_money(states: Any) -> list[tuple]:
    names = ("order", "line", "price", "discount", "total")
    return sorted(tuple(fact[name] for name in names) for fact in facts(states))


def numbers(rows: list[tuple]) -> list[tuple]:
    """Decimals without the zeros at their end."""
    return [tuple(value.normalize() if isinstance(value, Decimal) else value for value in row) for row in rows]


def run(lake: ingot.Connection, states: Any) -> None:
    """One update; its rules that only warn count what they should."""
    outcome = lake.run()
    assert outcome.is_success
    broken = {rule["name"]: rule["failed_records"] for flow in outcome.progress.values() for rule in flow.expectations}
    assert broken["known_customer"] == sum(fact["customer"] == UNKNOWN for fact in facts(states))
    assert broken["known_product"] == sum(fact["product"] == UNKNOWN for fact in facts(states))
    assert broken["facts_equal_headers"] == len(differences(states))
    assert broken["mart_equals_facts"] == broken["adds_up"] == broken["known_status"] == 0


def test_two_days_of_sqlite(project: Path, generate: Any, states: Any):
    with ingot.connect(project) as lake:
        for day in (1, 2):
            generate.write(day, states, file=project / "shop.db")
            run(lake, states[:day])
            check(lake, states[:day])


@pytest.mark.slow
def test_two_days_of_postgresql(
    project: Path, generate: Any, states: Any, server: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("INGOT_SECRET_ADVENTURE_WORKS", PASSWORD)
    url = f"postgresql://{USER}@127.0.0.1:{server.port}/shop"
    with ingot.connect(project, target="postgresql", configuration={"database": url}) as lake:
        for day in (1, 2):
            generate.write(day, states, url)
            run(lake, states[:day])
            check(lake, states[:day])
    kept = b"".join(file.read_bytes() for file in project.rglob("*") if file.is_file())
    assert PASSWORD.encode() not in kept
    generate.write(1, states, url)  # a schema of the example is made anew


def test_the_second_day_has_what_happens_to_a_database(states: Any):
    first, second = states
    for table in ("Customer", "Product", "SalesOrderDetail"):
        assert first[table].keys() - second[table].keys(), f"nothing is deleted from {table}"
        assert second[table].keys() - first[table].keys(), f"nothing is new in {table}"
        assert any(second[table][key] != row for key, row in first[table].items() if key in second[table])
    newest = max(row["ModifiedDate"] for row in first["SalesOrderHeader"].values())
    late = [
        key
        for key, row in second["SalesOrderHeader"].items()
        if key not in first["SalesOrderHeader"] and row["ModifiedDate"] < newest
    ]
    assert late
    assert {fact["customer"] == UNKNOWN for fact in facts(states)} == {True, False}
    assert {fact["product"] == UNKNOWN for fact in facts(states)} == {True, False}
    assert len(differences(states)) == 1
    assert differences(states[:1]) == []


def test_no_hash_of_a_password_lands(project: Path, generate: Any, states: Any):
    generate.write(1, states, file=project / "shop.db")
    assert main(["-C", str(project), "land"]) == 0
    import pyarrow.parquet as pq

    files = list((project / "lake" / "_landing" / "shop" / "SalesLT.Customer").rglob("*.parquet"))
    assert [name for file in files for name in pq.read_schema(file).names if "Password" in name] == []
    assert {folder.name for folder in (project / "lake" / "_landing" / "shop").iterdir()} == {
        f"SalesLT.{table}" for table in states[0] if table not in ("BuildVersion", "ErrorLog")
    }
