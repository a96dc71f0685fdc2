"""What a file computes is what the lake answers: for any choice, of any kind of visual, to the last digit."""

from __future__ import annotations

import base64
import json
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.shop import DASHBOARD, Shop
from ingot.dashboards.answers import Answers
from ingot.dashboards.export import cubes
from ingot.dashboards.export.content import Content, ContentMaker
from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.packing import as_bytes
from ingot.dashboards.export.pictures import STATIC

PAGE = """
      big: {expr: "sum(CAST(id AS BIGINT) * 9007199254740)"}
      wide: {expr: "sum(CAST(amount AS DECIMAL(38, 10)) * 1000000000000)"}
      mean: avg(amount)
      mean_id: avg(id)
      share: {expr: "100 * sum(amount) / count(*)"}
      rate: "sum(weight) / nullif(count(city), 0)"
      perhaps: "try_divide(sum(amount), count_if(paid))"
      rounded: "round(sum(amount) / count(*), 1)"
      signed: "CASE WHEN sum(amount) > 1000 THEN 1 WHEN sum(amount) IS NULL THEN NULL ELSE -1.5 END"
      spread: max(amount) - min(amount)
      latest: max(at)
      first_city: min(city)
      any_paid: max(paid)
      paid: count_if(paid)
      dear: "sum(amount) FILTER (WHERE amount > 500)"
      cities_paid: "count(DISTINCT CASE WHEN paid THEN city END)"
      middle: median(weight)
slicers:
  - {field: country, dataset: orders}
  - {field: year, dataset: orders, kind: list}
  - {field: day, dataset: orders, kind: range}
  - {field: at, dataset: orders, kind: relative_date}
  - {field: weight, dataset: orders, kind: range}
  - {field: amount, dataset: orders, kind: range, name: amounts}
visuals:
  - {name: change, kind: card, dataset: orders, value: revenue, trend: month, change: {by: day, previous: 1 year}}
  - {name: quarter, kind: card, dataset: orders, value: cities, change: {by: at, previous: 3 months}}
  - {name: big, kind: card, dataset: orders, value: big}
  - {name: none, kind: card, dataset: orders, value: latest}
  - {name: places, kind: bar, dataset: orders, category: place, value: [revenue, orders]}
  - {name: top, kind: bar, dataset: orders, category: city, value: orders, top: 3}
  - {name: rest, kind: bar, dataset: orders, category: country, value: mean, top: 2, others: true}
  - {name: split, kind: column, dataset: orders, category: city, series: paid, value: orders, top: 3, sort: -orders}
  - {name: split_rest, kind: column, dataset: orders, category: city, series: paid, value: cities, top: 2, others: true}
  - {name: ordered, kind: column, dataset: orders, category: country, series: paid, value: revenue}
  - {name: behind, kind: bar, dataset: orders, category: country, value: weight, sort: -average}
  - {name: line, kind: line, dataset: orders, category: month, value: [average, rate]}
  - {name: parts, kind: donut, dataset: orders, category: paid, value: share, ignore: [country]}
  - {name: cloud, kind: scatter, dataset: orders, x: orders, y: weight, label: city, series: country}
  - {name: heat, kind: heatmap, dataset: orders, x: size, y: country, value: wide}
  - {name: flow, kind: sankey, dataset: orders, source: country, target: size, value: orders}
  - name: table
    kind: table
    dataset: orders
    columns: [country, orders, mean, mean_id, share, perhaps, rounded, signed, spread, latest, first_city, any_paid, paid, dear, cities_paid]
    options: {totals: true}
  - {name: top_table, kind: table, dataset: orders, columns: [city, size, revenue], top: 5}
  - {name: rows, kind: table, dataset: orders, columns: [country, city, day, at, local, amount, "`unit.price ($)`"], sort: -amount}
  - {name: few, kind: table, dataset: orders, columns: [country, paid], top: 7}
  - {name: matrix, kind: matrix, dataset: orders, rows: [country, city], columns: paid, values: [revenue, cities]}
  - {name: half, kind: bar, dataset: orders, category: half, value: orders}
  - {name: joined, kind: bar, dataset: joined, category: continent, value: [orders, revenue]}
"""

COMBINATIONS = 40  # of which each asks for some of the visuals, for time


def made(shop: Shop, body: str, given: Any = (), bytes_max: int = 10**7) -> tuple[Content, str]:
    name = f"cubes_{random.getrandbits(64)}"
    file = shop.folder / "dashboards" / f"{name}.yml"
    file.write_text(body)
    return ContentMaker(shop.answers, shop.answers.dashboard(name), given, None, bytes_max).content(), name


def with_measures(page: str = PAGE) -> str:
    """The shop's dashboard with more measures, and one page."""
    head, _, rest = DASHBOARD.partition("      cities: count(DISTINCT city)\n")
    more, _, page = page.partition("slicers:")
    return head + "      cities: count(DISTINCT city)" + more + rest.split("slicers:")[0] + "slicers:" + page


class InPage:
    """The page's own evaluation of a content, in a V8 without a browser."""

    def __init__(self, content: Content):
        from py_mini_racer import MiniRacer

        self.context = MiniRacer()
        self.context.eval(
            "globalThis.TextDecoder = class { decode(b) { return decodeURIComponent(Array.from(b, (c) => '%' + c.toString(16).padStart(2, '0')).join('')); } };"
        )
        self.context.eval(joined(STATIC / "js", ["file/file_source.js"]))
        digits = base64.b16encode(as_bytes(content, None)).decode()
        self.context.eval(
            f"const file = ingot.readContent(Uint8Array.from('{digits}'.match(/../g), (byte) => parseInt(byte, 16)).buffer);"
        )

    def data(self, asked: dict[str, Any]) -> dict[str, Any]:
        return json.loads(str(self.context.eval(f"JSON.stringify(ingot.dataOf(file, {json.dumps(asked)}).visuals)")))

    def values(self, asked: dict[str, Any]) -> dict[str, Any]:
        return json.loads(str(self.context.eval(f"JSON.stringify(ingot.valuesOf(file, {json.dumps(asked)}))")))


@pytest.fixture(scope="module")
def both(shop: Shop) -> Iterator[tuple[Shop, Content, str, InPage]]:
    content, name = made(shop, with_measures())
    page = InPage(content)
    yield shop, content, name, page
    page.context.close()


def close(one: Any, other: Any) -> bool:
    """Whether two answers are equal; sums of doubles may differ in their last digits."""
    if isinstance(one, float) or isinstance(other, float):
        numbers = isinstance(one, int | float) and isinstance(other, int | float)
        return numbers and math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    return type(one) is type(other) and one == other


def of_the_lake(answers: Answers, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    found = answers.data(name, asked)["visuals"]
    out = ("milliseconds", "is_cached", "tables", "is_volatile")
    return {key: {k: v for k, v in answer.items() if k not in out} for key, answer in found.items()}


def random_filters(chance: random.Random, values: dict[str, list[Any]]) -> list[dict[str, Any]]:
    choices = [
        lambda: {"field": "country", "op": "in", "values": chance.sample(values["country"], chance.randint(1, 3))},
        lambda: {"field": "COUNTRY", "op": "not_in", "values": chance.sample(values["country"], 2)},
        lambda: {"field": "year", "op": "in", "values": [chance.choice([2023, 2024, None, 1999])]},
        lambda: {"field": "city", "op": "in", "values": chance.sample(values["city"], chance.randint(1, 2))},
        lambda: {"field": "paid", "op": "in", "values": [chance.choice([True, False, None])]},
        lambda: {"field": "month", "op": "in", "values": chance.sample(values["month"], 4)},
        lambda: {"field": "size", "op": "in", "values": [chance.choice(["large", "small"])]},
        lambda: {"field": "half", "op": "in", "values": chance.sample(values["half"], 5)},
        lambda: {"field": "day", "op": "between", "values": sorted(chance.sample(values["day"], 2))},
        lambda: {"field": "day", "op": chance.choice(["ge", "le", "gt", "lt"]), "values": [chance.choice(values["day"])]},
        lambda: {"field": "at", "op": "last", "values": [chance.randint(1, 14), chance.choice(["month", "week", "quarter"])]},
        lambda: {"field": "at", "op": "last", "values": [str(chance.randint(1, 2)), "year"]},
        lambda: {"field": "at", "op": "in", "values": [chance.choice(values["day"]), chance.choice(values["at"])]},
        lambda: {"field": "at", "op": "ge", "values": [chance.choice(values["at"])]},
        lambda: {"field": "weight", "op": "between", "values": [chance.choice([10, 20.5, None]), 100]},
        lambda: {"field": "amount", "op": chance.choice(["ge", "lt"]), "values": [chance.choice([0, 500, 999.99, -1e3])]},
        lambda: {"field": "continent", "op": "in", "values": [chance.choice(["Europe", None])]},
        lambda: {"field": "local", "op": "is_null", "values": []},
    ]  # fmt: skip
    return [chance.choice(choices)() for _ in range(chance.choice([0, 1, 1, 2, 2, 3, 4]))]


@pytest.fixture(scope="module")
def values(shop: Shop) -> dict[str, list[Any]]:
    """Values that columns have, as pages know them."""
    file = shop.folder / "dashboards" / "values.yml"
    fields = ("country", "city", "day", "at", "month", "half")
    visuals = "".join(f"  - {{name: {f}, kind: table, dataset: orders, columns: [{f}, orders]}}\n" for f in fields)
    file.write_text(DASHBOARD.split("slicers:")[0] + "visuals:\n" + visuals)
    found = shop.answers.data("values", {})["visuals"]
    file.unlink()
    rows = {field: [row[0] for row in found[field]["rows"]] for field in fields}
    return {
        field: [v for v in all_of if v is not None] if field in ("day", "at") else all_of
        for field, all_of in rows.items()
    }


def random_own(chance: random.Random, values: dict[str, list[Any]]) -> dict[str, Any]:
    own: dict[str, Any] = {}
    if chance.random() < 0.5:
        own["places"] = {"drill": [{"field": "country", "value": chance.choice(values["country"])}], "level": 1}
    if chance.random() < 0.3:
        own["places"] = {"drill": [], "level": 1}
    sorts = {"table": ["-orders", "country", "-mean", "latest"], "split": ["city", "-city", "orders"], "rows": ["day", "-at"],
             "ordered": ["country", "revenue"], "split_rest": ["-city", "cities"], "top": ["orders", "-city"]}  # fmt: skip
    for name, keys in sorts.items():
        if chance.random() < 0.4:
            own[name] = {"sort": chance.choice(keys)}
    return own


def test_all_of_these_visuals_are_computed_and_none_is_recorded(both: Any):
    _, content, _, _ = both
    shown = {visual["id"] for page in content.spec["pages"] for visual in page["visuals"]}
    assert {key[2] for key in content.cubes.plans if key[0] == "visual"} == shown
    assert not content.facts["questions"]


@pytest.mark.parametrize("seed", range(10))
def test_a_slicer_offers_what_the_lake_offers(both: Any, values: Any, seed: int):
    shop, content, name, page = both
    chance = random.Random(seed)
    filters = random_filters(chance, values)
    for slicer in content.spec["pages"][0]["slicers"]:
        asked = {"page": first_page(content), "slicer": slicer["id"], "filters": filters, "search": None}
        wanted = shop.answers.values(name, asked)
        assert close(
            page.values(asked), {key: wanted[key] for key in wanted if key not in ("is_cached", "is_volatile")}
        )


def first_page(content: Content) -> str:
    return content.spec["pages"][0]["name"]


@pytest.mark.parametrize(
    "seed", [seed if seed < 8 else pytest.param(seed, marks=pytest.mark.slow) for seed in range(COMBINATIONS)]
)
def test_each_combination_of_choices_is_answered_as_the_lake_answers_it(both: Any, values: Any, seed: int):
    shop, content, name, page = both
    chance = random.Random(seed)
    planned = chance.sample([key[2] for key in content.cubes.plans if key[0] == "visual"], 4)
    own = random_own(chance, values)
    asked = {"page": first_page(content), "visuals": planned, "filters": random_filters(chance, values), "own": own}
    asked["own"] = {visual: chosen for visual, chosen in own.items() if visual in planned}
    found, wanted = page.data(asked), of_the_lake(shop.answers, name, asked)
    for visual in planned:
        plan = content.cubes.plans["visual", asked["page"], visual]
        if {one["field"].lower() for one in asked["filters"]} - {*plan["fields"], *plan["beside"]}:
            assert found[visual]["error"]["code"] == "not-in-this-file"  # chosen in itself only, and so never asked
        elif "error" in wanted[visual]:
            assert "error" in found[visual]
        else:
            assert close(found[visual], wanted[visual]), (visual, asked, found[visual], wanted[visual])


def test_a_cube_without_room_for_all_answers_rightly_or_says_that_it_does_not(
    shop: Shop, values: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cubes, "ROWS_MAX", 60)
    kept = (
        "field: country",
        "field: year",
        "name: big",
        "name: parts",
        "name: half",
        "name: line",
        "slicers:",
        "visuals:",
    )
    head, _, rest = PAGE.partition("slicers:")
    lines = ["slicers:\n", *(line for line in rest.splitlines(True) if any(word in line for word in kept))]
    content, name = made(shop, with_measures(head + "".join(lines)), bytes_max=5_000)
    page = InPage(content)
    held = [key for key in content.cubes.plans if key[0] == "visual"]
    counted = {"answered": 0, "not held": 0}
    for seed in range(12):
        chance = random.Random(seed)
        planned = [visual for _, _, visual in held]
        asked = {"page": first_page(content), "visuals": planned, "filters": random_filters(chance, values)}
        found, wanted = page.data(asked), of_the_lake(shop.answers, name, asked)
        for visual in planned:
            is_held = found[visual].get("error", {}).get("code") != "not-in-this-file"
            counted["answered" if is_held else "not held"] += 1
            assert not is_held or close(found[visual], wanted[visual])
    page.context.close()
    assert all(counted.values())


def test_what_a_file_is_filtered_by_for_good_is_told_of_each_answer(shop: Shop, values: Any):
    given = [{"field": "country", "op": "in", "values": ["France"]}]
    content, name = made(shop, with_measures(), given)
    page = InPage(content)
    for seed in range(5):
        chance = random.Random(seed)
        filters = [one for one in random_filters(chance, values) if one["field"].lower() != "country"]
        planned = ["parts", "top", "joined", "change"]
        asked = {"page": first_page(content), "visuals": planned, "filters": filters}
        found, wanted = page.data(asked), of_the_lake(shop.answers, name, {**asked, "filters": [*given, *filters]})
        assert all("error" in found[visual] or close(found[visual], wanted[visual]) for visual in planned), filters
        assert "error" not in found["top"] or "city" in str(filters)
    page.context.close()
