"""The e-commerce example: its APIs, and what follows from their records, computed in Python, against silver and gold."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import threading
import types
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import ingot
from ingot.project import load_project
from shown import faults, shown
from sources_of_examples import make_source_of
from spark_sessions import spark_session

EXAMPLE = Path(__file__).parent.parent / "examples" / "ecommerce"
SHARED = Path(os.environ.get("INGOT_SHARED", "/nowhere")) / "data"
CODES = {"United States": "US", "Canada": "CA", "Mexico": "MX"}
CENT = Decimal("0.01")
Record = dict[str, Any]
make_source = make_source_of(EXAMPLE)


# --- the truth, from the records of the APIs ----------------------------------------------------------------------------


def money(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(CENT, ROUND_HALF_UP)


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal:
    """A quotient with two decimals, as numbers that are exact give it."""
    return (Decimal(part) / Decimal(whole)).quantize(CENT, ROUND_HALF_UP)


def code(number: int) -> str:
    return f"{number:05}"


class Truth:
    """What follows from what the APIs hold now."""

    def __init__(self, data: dict[str, list[Record]]):
        self.boutique = data["boutique/products"]
        self.products = {record["id"]: record for record in data["shop/products"]}
        self.users = {record["id"]: record for record in data["shop/users"]}
        self.carts = data["shop/carts"]
        self.sales = [self._sale(cart, at, line) for cart in self.carts for at, line in enumerate(cart["products"], 1)]

    def _sale(self, cart: Record, at: int, line: Record) -> Record:
        product, user = self.products[line["id"]], self.users[cart["userId"]]
        return {
            "cart_id": code(cart["id"]),
            "line": at,
            "product_id": code(line["id"]),
            "title": product["title"].strip(" "),
            "category": product["category"],
            "brand": product.get("brand"),
            "user_id": code(user["id"]),
            "department": user["company"]["department"],
            "city": user["address"]["city"],
            "country": user["address"]["country"],
            "country_code": CODES.get(user["address"]["country"]),
            "quantity": line["quantity"],
            "price": money(line["price"]),
            "list_total": money(line["total"]),
            "revenue": money(line["discountedTotal"]),
        }

    def by(self, *columns: str) -> dict[tuple, list[Record]]:
        groups: dict[tuple, list[Record]] = defaultdict(list)
        for sale in self.sales:
            groups[tuple(sale[column] for column in columns)].append(sale)
        return groups

    def sales_by(self, *columns: str) -> list[tuple]:
        return [
            (
                *key,
                distinct(rows, "user_id"),
                distinct(rows, "cart_id"),
                total(rows, "quantity"),
                total(rows, "revenue"),
            )
            for key, rows in self.by(*columns).items()
        ]

    def sales_by_category(self) -> list[tuple]:
        offered: dict[str, list[Decimal]] = defaultdict(list)
        for product in self.products.values():
            offered[product["category"]].append(money(product["price"]))
        sold = self.by("category")
        revenue = {category: total(sold[category,], "revenue") if sold[category,] else 0 for category in offered}
        return [
            (
                category,
                len(prices),
                ratio(sum(prices), len(prices)),
                distinct(sold[category,], "cart_id"),
                total(sold[category,], "quantity"),
                revenue[category],
                ratio(revenue[category], distinct(sold[category,], "cart_id")) if sold[category,] else None,
                1 + sum(other > revenue[category] for other in revenue.values()),
            )
            for category, prices in offered.items()
        ]

    def best_and_worst(self) -> list[tuple]:
        revenue = [(row[5], row[0]) for row in self.sales_by_category()]
        best = sorted(revenue, key=lambda pair: (-pair[0], pair[1]))[:3]
        worst = sorted(revenue)[:3]
        return [
            (standing, place, category, amount)
            for standing, pairs in (("best", best), ("worst", worst))
            for place, (amount, category) in enumerate(pairs, 1)
        ]

    def boutique_categories(self) -> list[tuple]:
        prices: dict[str, list[Decimal]] = defaultdict(list)
        for product in self.boutique:
            prices[product["category"]].append(money(product["price"]))
        return [
            (name, len(p), sum(p), ratio(sum(p), len(p)), 1 + sum(sum(other) > sum(p) for other in prices.values()))
            for name, p in prices.items()
        ]

    def baskets(self) -> list[tuple]:
        return [
            (
                cart_id,
                rows[0]["user_id"],
                len(rows),
                distinct(rows, "product_id"),
                total(rows, "quantity"),
                total(rows, "list_total"),
                total(rows, "revenue"),
                total(rows, "list_total") - total(rows, "revenue"),
            )
            for (cart_id,), rows in self.by("cart_id").items()
        ]

    def basket_summary(self) -> tuple:
        baskets, carts = self.baskets(), len(self.carts)
        revenue = [basket[6] for basket in baskets]
        lines, units = sum(basket[2] for basket in baskets), sum(basket[4] for basket in baskets)
        averages = (float(ratio(lines, carts)), float(ratio(units, carts)), ratio(sum(revenue), carts))
        return (carts, lines, *averages, max(revenue), sum(revenue))

    def bought_together(self) -> list[tuple]:
        carts = [sorted({sale["product_id"] for sale in rows}) for rows in self.by("cart_id").values()]
        alone = Counter(product for cart in carts for product in cart)
        titles = {sale["product_id"]: sale["title"] for sale in self.sales}
        pairs = Counter(pair for cart in carts for pair in combinations(cart, 2))
        return [
            (a, titles[a], b, titles[b], n, float(ratio(100 * n, len(carts))), float(ratio(n * len(carts), alone[a] * alone[b])))
            for (a, b), n in pairs.items()
        ]  # fmt: skip

    def product_ratings(self) -> list[tuple]:
        return [
            (
                code(product["id"]),
                product["title"].strip(" "),
                product["category"],
                len(product["reviews"]),
                float(ratio(sum(r["rating"] for r in product["reviews"]), len(product["reviews"])))
                if product["reviews"]
                else None,
                max((r["date"][:10] for r in product["reviews"]), default=None),
            )
            for product in self.products.values()
        ]

    def masked_users(self) -> list[tuple]:
        return [
            (
                code(user["id"]),
                hashlib.sha256(user["email"].lower().encode()).hexdigest(),
                f"***{user['phone'][-2:]}",
                int(user["birthDate"].split("-")[0]),
                user["company"]["department"],
                user["address"]["stateCode"],
            )
            for user in self.users.values()
        ]


def distinct(rows: list[Record], column: str) -> int:
    return len({row[column] for row in rows})


def total(rows: list[Record], column: str) -> Any:
    return sum(row[column] for row in rows)


# --- the project, run by Ingot --------------------------------------------------------------------------------------------


class Example:
    """A copy of the example, and its APIs on a server of this machine, which hold nothing yet."""

    def __init__(self, root: Path):
        self.root = root
        self.server = make_source.server({})
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def connect(self) -> ingot.Connection:
        url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return ingot.connect(self.root, configuration={"source_url": url})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    ignored = shutil.ignore_patterns("lake", "internet", "__pycache__")
    served = Example(Path(shutil.copytree(EXAMPLE, tmp_path / "ecommerce", ignore=ignored)))
    yield served
    served.close()


@pytest.fixture(scope="module")
def days() -> list[Any]:
    return make_source.days(carts=70)


def ordered(rows: Iterable[Iterable[Any]]) -> list[tuple]:
    return sorted((tuple(row) for row in rows), key=lambda row: tuple((value is None, str(value)) for value in row))


def check(lake: ingot.Connection | SparkPipeline, data: dict[str, list[Record]]) -> None:
    """Silver and gold hold what follows from the records that the APIs have."""
    truth = Truth(data)

    def rows(query: str) -> list[tuple]:
        return ordered(lake.sql(query if query.startswith("SELECT") else f"SELECT * FROM {query}").fetchall())

    assert rows("gold.sales") == ordered(sale.values() for sale in truth.sales)
    assert rows("gold.sales_by_category") == ordered(truth.sales_by_category())
    assert rows("gold.best_and_worst_categories") == ordered(truth.best_and_worst())
    assert rows("gold.sales_by_department") == ordered(truth.sales_by("department"))
    assert rows("gold.sales_by_city") == ordered(truth.sales_by("city", "country", "country_code"))
    assert rows("gold.boutique_categories") == ordered(truth.boutique_categories())
    assert rows("gold.baskets") == ordered(truth.baskets())
    assert rows("gold.basket_summary") == [truth.basket_summary()]
    assert rows("gold.bought_together") == ordered(truth.bought_together())
    ratings = "SELECT * EXCEPT (last_reviewed_on), CAST(last_reviewed_on AS STRING) FROM gold.product_ratings"
    assert rows(ratings) == ordered(truth.product_ratings())
    masked = "SELECT user_id, email_hash, phone_masked, birth_year, department, state_code FROM silver.users"
    assert rows(masked) == ordered(truth.masked_users())
    tags = [(code(p["id"]), tag) for p in truth.products.values() for tag in p["tags"]]
    assert rows("silver.product_tags") == ordered(tags)
    sizes = "SELECT product_id, width, height, depth, brand FROM silver.products"
    assert rows(sizes) == ordered(
        (code(p["id"]), *(float(p["dimensions"][side]) for side in ("width", "height", "depth")), p.get("brand"))
        for p in truth.products.values()
    )


def check_dashboard(lake: ingot.Connection, truth: Truth) -> None:
    """The dashboard shows what follows from the records."""
    prices = [money(product["price"]) for product in truth.boutique]
    page = shown(lake, "shops", "boutique")
    assert page["sum-of-prices"] == [[pytest.approx(float(sum(prices)))]]
    assert page["products"] == [[len(prices)]]
    assert page["average-price"] == [[pytest.approx(float(sum(prices) / len(prices)), abs=0.01)]]
    categories = {row[0]: row for row in truth.boutique_categories()}
    assert dict(page["products-by-category"]) == {name: row[1] for name, row in categories.items()}
    sums = dict(page["sum-of-prices-by-category"])
    assert sums == pytest.approx({name: float(row[2]) for name, row in categories.items()})

    page = shown(lake, "shops", "sales")
    revenue = total(truth.sales, "revenue")
    assert page["revenue"] == [[pytest.approx(float(revenue))]]
    assert page["carts"] == [[len(truth.carts)]]
    assert page["average-cart"] == [[pytest.approx(float(revenue / len(truth.carts)), abs=0.01)]]
    assert page["discount"] == [[pytest.approx(1 - float(revenue / total(truth.sales, "list_total")), abs=1e-5)]]
    for visual, column in (
        ("revenue-by-category-and-product", "category"),
        ("revenue-by-country-and-city", "country"),
        ("revenue-by-department", "department"),
    ):
        expected = {key[0]: float(total(rows, "revenue")) for key, rows in truth.by(column).items()}
        assert dict(page[visual]) == pytest.approx(expected)
    cells = {(category, country): amount for category, country, amount in page["categories-by-country"]}
    expected = {key: float(total(rows, "revenue")) for key, rows in truth.by("category", "country").items()}
    assert cells == pytest.approx(expected)
    department = truth.sales[0]["department"]
    page = shown(lake, "shops", "sales", department=department)
    assert page["revenue"] == [[pytest.approx(float(total(truth.by("department")[department,], "revenue")))]]

    page = shown(lake, "shops", "carts")
    assert page["carts-by-number-of-products"] == sorted(
        [products, carts] for products, carts in Counter(basket[3] for basket in truth.baskets()).items()
    )
    pairs = [row for row in truth.bought_together() if row[4] >= 3]
    found = page["what-is-bought-together-more-often-than-by-chance"]
    assert sorted(tuple(row[:3]) for row in found) == sorted((row[1], row[3], row[4]) for row in pairs)


def run(lake: ingot.Connection) -> dict[str, Any]:
    """Run an update; the progress of each dataset by its name."""
    outcome = lake.run()
    assert outcome.failures == {}
    assert outcome.errors == ()
    return {name.short: progress for name, progress in outcome.progress.items()}


@pytest.mark.slow
def test_silver_and_gold_are_right_whatever_has_been_read(example: Example, days: list[Any], monkeypatch: Any):
    first, second = days
    settings = example.root / "ingot.yml"
    settings.write_text(
        settings.read_text().replace("    rate: 50/s\n", "    rate: 50/s\n    continue_on_error: true\n")
    )
    with example.connect() as lake:
        example.server.data = first
        run(lake)
        check(lake, first)

        example.server.data = second
        with monkeypatch.context() as patched:  # a reading that breaks off halfway takes nothing away
            patched.setattr(make_source.ApiHandler, "do_GET", refusing("/shop/carts?skip=60"))
            assert [error.code for error in lake.run().errors] == ["http-status"]
        check(lake, {**second, "shop/carts": [*second["shop/carts"][:60], *first["shop/carts"][60:]]})

        done = run(lake)
        check(lake, second)
        assert faults(lake) == []
        check_dashboard(lake, Truth(second))
        for rule in (*done["silver.carts"].expectations, *done["gold.sales"].expectations):
            assert rule["failed_records"] == 0
        pairs = zip(first["shop/products"], second["shop/products"], strict=False)
        changed = [(code(now["id"]), money(now["price"])) for was, now in pairs if was["price"] != now["price"]]
        assert ordered(lake.sql("SELECT product_id, new_price FROM gold.price_changes").fetchall()) == ordered(changed)
        assert {progress.rows_written for progress in run(lake).values()} == {0}
        check_privacy(lake, second["shop/users"])


def test_a_reading_that_breaks_off_leaves_the_tables_that_read_it_as_they_were(
    example: Example, days: list[Any], monkeypatch: Any
):
    first, second = days
    with example.connect() as lake:
        example.server.data = first
        run(lake)
        before = {name: ordered(lake.sql(f"SELECT * FROM {name}")) for name in ("silver.carts", "gold.sales")}
        example.server.data = second
        with monkeypatch.context() as patched:
            patched.setattr(make_source.ApiHandler, "do_GET", refusing("/shop/carts?skip=60"))
            outcome = lake.run()
        states = {name.short: progress.status for name, progress in outcome.progress.items()}
        assert (states["bronze.shop_carts"], states["silver.carts"], states["gold.sales"]) == ("SKIPPED",) * 3
        assert (states["silver.users"], states["silver.products"]) == ("COMPLETED",) * 2
        assert {name: ordered(lake.sql(f"SELECT * FROM {name}")) for name in before} == before


def refusing(path: str) -> Any:
    """A handler that answers as ever, but not where the path begins like this."""
    answer = make_source.ApiHandler.do_GET
    return lambda self: self.send_error(400) if self.path.startswith(path) else answer(self)


def check_privacy(lake: ingot.Connection, users: list[Record]) -> None:
    """Nothing in silver and gold says who somebody is, or what opens their account."""
    tables = [path for path in (lake.project.lake).glob("*/*/_delta_log") if path.parts[-3] in ("silver", "gold")]
    assert len(tables) > 15
    texts = [str(lake.sql(f"SELECT * FROM {path.parts[-3]}.{path.parts[-2]}").fetchall()) for path in tables]
    for user in users:
        bank = user["bank"]
        personal = (user["email"], user["password"], user["phone"], user["ssn"], user["birthDate"], user["ip"])
        for value in (*personal, user["lastName"], bank["cardNumber"], bank["iban"], user["address"]["address"]):
            assert not any(f"'{value}'" in text or f" {value}" in text for text in texts), value


@pytest.mark.shared
def test_the_real_records_give_their_known_totals(example: Example):
    files = {
        "boutique/products": "ecommerce/fakestoreapi_products.json",
        "shop/products": "ecommerce/dummyjson_products.json",
        "shop/carts": "ecommerce/dummyjson_carts.json",
        "shop/users": "customers/dummyjson_users.json",
    }
    data = {name: json.loads((SHARED / file).read_text("utf-8")) for name, file in files.items()}
    example.server.data = data
    with example.connect() as lake:
        done = run(lake)
        check(lake, data)
        categories = lake.sql("SELECT category, products FROM gold.boutique_categories").fetchall()
        assert dict(categories) == {"electronics": 6, "jewelery": 4, "men's clothing": 4, "women's clothing": 6}
        assert lake.sql("SELECT sum(sum_of_prices) FROM gold.boutique_categories").fetchall() == [(Decimal("3240.92"),)]
        assert lake.sql("SELECT carts, lines FROM gold.basket_summary").fetchall() == [(208, 800)]
        assert lake.sql("SELECT count(*) FROM gold.sales_by_department").fetchall() == [(12,)]
        untidy = "SELECT count(*) FROM silver.boutique_products WHERE title <> trim(title)"
        assert lake.sql(untidy).fetchall() == [(0,)]
    rules = {rule["name"]: rule["failed_records"] for rule in done["silver.products"].expectations}
    assert rules == {"has_id": 0, "has_price": 0, "has_brand": 92}
    assert all(rule["failed_records"] == 0 for rule in done["silver.carts"].expectations)


# --- the definitions, by Spark itself ---------------------------------------------------------------------------------


class SparkPipeline:
    """Evaluates the definitions of silver and gold with PySpark, as batch queries over the records; stands for a lake."""

    def __init__(self, session: Any):
        self.session = session

    def sql(self, query: str) -> Any:
        """As a connection of Ingot has it."""
        flat = re.sub(r"\b(bronze|silver|gold)\.(\w+)", r"\1_\2", query)
        return types.SimpleNamespace(fetchall=lambda: [tuple(row) for row in self.session.sql(flat).collect()])

    def read(self, folder: Path, days: list[Any]) -> None:
        """Bronze: both days, as lines of JSON."""
        for name in days[0]:
            readings = []
            for number, data in enumerate(days, 1):
                file = folder / f"{name.replace('/', '_')}-{number}.jsonl"
                file.write_text("".join(json.dumps(record) + "\n" for record in data[name]), "utf-8")
                more = (
                    "*",
                    "NULL AS _rescued_data",
                    "'a' AS _source_file",
                    f"TIMESTAMP '2026-03-0{number}' AS _read_at",
                )
                readings.append(self.session.read.json(str(file)).selectExpr(*more))
            first, second = readings
            rows = first.unionByName(second, allowMissingColumns=True).cache()
            rows.createOrReplaceTempView("bronze_" + name.replace("/", "_"))

    def run(self, path: Path) -> None:
        """Each view of a file; streams and AUTO CDC are not asked."""
        text = re.sub(r"(?m)^ *--.*\n", "", path.read_text("utf-8"))
        for statement in text.split(";\n"):
            found = re.search(
                r"(?:MATERIALIZED|TEMPORARY) VIEW ([\w.]+)(?s:.*?)\nAS ((?=SELECT|WITH)(?s:.*))", statement
            )
            if found and "silver.product_prices" not in found[2] and "STREAM" not in found[2]:
                query = re.sub(r"\b(bronze|silver|gold)\.(\w+)", r"\1_\2", found[2])
                self.session.sql(query).cache().createOrReplaceTempView(found[1].replace(".", "_"))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    pytest.importorskip("pyspark.sql")
    with spark_session({"spark.sql.shuffle.partitions": "1"}) as session:
        yield session


@pytest.mark.slow
@pytest.mark.spark
def test_spark_computes_the_same_from_the_definitions(spark: Any, tmp_path: Path, days: list[Any]):
    pipeline = SparkPipeline(spark)
    pipeline.read(tmp_path, days)
    for name in ("silver/products", "silver/carts", "silver/users", "gold/sales", "gold/catalogue", "gold/baskets"):
        pipeline.run(EXAMPLE / "transformations" / f"{name}.sql")
    check(pipeline, days[-1])


# --- the APIs -------------------------------------------------------------------------------------------------------------


def test_the_records_are_the_same_every_time(days: list[Any]):
    assert make_source.days(carts=70) == days


def test_the_records_have_the_defects_of_the_public_ones(days: list[Any]):
    first, second = days
    products, carts = first["shop/products"], first["shop/carts"]
    assert any(record["title"].endswith(" ") for record in first["boutique/products"])
    assert 0.3 < sum("brand" not in record for record in products) / len(products) < 0.7
    assert any(len(repr(line["total"])) > 12 for cart in carts for line in cart["products"])
    assert any(len({line["id"] for line in cart["products"]}) < len(cart["products"]) for cart in carts)
    assert any(re.fullmatch(r"\d{4}-\d-\d", user["birthDate"]) for user in first["shop/users"])
    grown = {name: len(second[name]) - len(first[name]) for name in first}
    assert grown == {"boutique/products": -1, "shop/products": 1, "shop/users": 5, "shop/carts": 20}


def test_the_project_reads_by_default_what_make_source_serves():
    assert f"source_url: http://127.0.0.1:{make_source.PORT} " in (EXAMPLE / "ingot.yml").read_text("utf-8")


def test_the_target_internet_reads_the_public_apis():
    sources = load_project(EXAMPLE, "internet").sources
    assert {source.name: source.options["url"] for source in sources} == {
        "boutique": "https://fakestoreapi.com",
        "shop": "https://dummyjson.com",
    }
