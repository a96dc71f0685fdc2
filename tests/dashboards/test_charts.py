"""What charts draw, point at and say, in a V8 without a browser: ECharts tells what it drew, Python what the rows are."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from dashboards.shop import DASHBOARD, ORDERS, Order, Shop, grouped, revenue
from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC

# Everything that ECharts has drawn, the mark that a click on it means, and the tooltip that stands beside it.
DRAW = """
const lookFor = ({ base, locale }) =>
  ingot.lookOf({ setting: { locale, currency: "EUR" }, width: 640, height: 400, isStill: true, world, base });
const tipOf = (given, params) => JSON.stringify(ingot.chartOf(given.visual, given.data, lookFor(given)).tip(params));
const pageOf = (given) => {
  const { option, marks, tip } = ingot.chartOf(given.visual, given.data, lookFor(given));
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 640, height: 400 });
  chart.setOption({ ...option, animation: false });
  const all = chart.getModel().getSeries();
  const things = all.flatMap((series) =>
    (series.subType === "sankey" ? ["node", "edge"] : [undefined]).flatMap((kind) =>
      Array.from({ length: series.getData(kind).count() }, (_, index) => series.getDataParams(index, kind)),
    ),
  );
  const beside = (params) =>
    option.tooltip.trigger === "axis" ? all.map((series) => series.getDataParams(params.dataIndex)) : params;
  const drawn = things.map((params) => ({
    series: params.seriesIndex,
    type: params.seriesType,
    value: params.value,
    mark: ingot.ChartHost.prototype.markOf.call({ marks }, params) ?? null,
    tip: tip(beside(params)),
  }));
  const { title, xAxis, yAxis } = option;
  const shown = { marks, drawn, title: title ?? null, axes: [xAxis, yAxis].flat().map((axis) => axis?.data ?? null) };
  chart.dispose();
  return JSON.stringify(shown);
};
"""


@dataclass(frozen=True)
class Thing:
    """One bar, slice, point, cell, country or flow that was drawn."""

    value: Any
    point: Mapping[str, Any]  # what a click on it selects
    label: str  # what is read aloud of it
    marked: Any  # the number that is read aloud
    title: str
    told: Mapping[str, str]  # the tooltip's rows
    type: str
    series: int


@dataclass(frozen=True)
class Chart:
    things: list[Thing]
    shown: dict[str, Any]

    def by(self, *fields: str) -> dict[tuple[Any, ...], Thing]:
        """The things by what a click on them selects; no two select the same."""
        found = {tuple(thing.point[field] for field in fields): thing for thing in self.things}
        assert len(found) == len(self.things)
        return found


@pytest.fixture(scope="module")
def browserless() -> Iterator[Any]:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval((STATIC / "vendor" / "echarts" / "echarts.min.js").read_text(encoding="utf-8"))
    modules = ["index.js", "look.js", "card.js", "countries.js", "table_model.js"]
    context.eval(joined(STATIC / "js", [*(f"charts/{name}" for name in modules), "dashboard/chart_host.js"]))
    world = (STATIC / "vendor" / "world" / "world.json").read_text(encoding="utf-8")
    context.eval(f"const world = {world}; echarts.registerMap('world', world);{DRAW}")
    yield context
    context.close()


Asked = Callable[..., tuple[Any, Any]]
Draw = Callable[..., Chart]


@pytest.fixture
def asked(shop: Shop) -> Asked:
    """A visual that is given as YAML, in a dashboard of its own, as pages know it; and its answer."""

    def ask(body: str, filters: Sequence[Mapping[str, Any]] = ()) -> tuple[Any, Any]:
        name = f"chart_{random.getrandbits(64)}"
        file = shop.folder / "dashboards" / f"{name}.yml"
        file.write_text(DASHBOARD.split("slicers:")[0] + "visuals:\n  - {name: it, title: It, " + body + "}\n")
        try:
            [visual] = shop.answers.dashboard(name)["pages"][0]["visuals"]
            answer = shop.answers.data(name, {"filters": list(filters)})["visuals"]["it"]
            assert "error" not in answer, answer["error"]
            return visual, answer
        finally:
            file.unlink()

    return ask


@pytest.fixture
def draw(asked: Asked, browserless: Any) -> Draw:
    """A visual that is given as YAML, drawn; with filters, as the highlighted part of its whole."""

    def drawn(body: str, filters: Sequence[Mapping[str, Any]] = ()) -> Chart:
        visual, data = asked(body, filters)
        base = asked(body)[1] if filters else None
        given = json.dumps({"visual": visual, "data": data, "base": base, "locale": "en-GB"})
        shown = json.loads(str(browserless.eval(f"pageOf({given})")))
        return Chart([_thing(found) for found in shown["drawn"] if found["mark"]], shown)

    return drawn


def _thing(found: Mapping[str, Any]) -> Thing:
    mark, tip = found["mark"], found["tip"]
    told = {row["label"]: row["value"].replace("\u00a0", " ") for row in tip["rows"]}
    assert len(told) == len(tip["rows"])
    return Thing(
        found["value"], mark["point"], mark["label"], mark["value"], tip["title"], told, found["type"], found["series"]
    )


def text(value: object) -> str:
    return "(blank)" if value is None else str(value)


def euros(value: float | None) -> str:
    return "–" if value is None else f"{'-' if value < 0 else ''}€{abs(value):,.2f}"


def share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%"


def size(order: Order) -> str:
    if order.amount is not None and order.amount > 500:
        return "large"
    return "medium" if order.amount is not None and order.amount > 100 else "small"


def country(order: Order) -> str | None:
    return order.country


def sums(*keys: Callable[[Order], Any]) -> dict[tuple[Any, ...], float | None]:
    return {key: revenue(rows) for key, rows in grouped(ORDERS, *keys).items()}


def counts(*keys: Callable[[Order], Any]) -> dict[tuple[Any, ...], int]:
    return {key: len(rows) for key, rows in grouped(ORDERS, *keys).items()}


# --- charts with two axes ---


@pytest.mark.parametrize("kind", ["bar", "column", "line", "area"])
def test_each_bar_and_point_selects_its_category_and_tells_its_number(draw: Draw, kind: str) -> None:
    things = draw(f"kind: {kind}, dataset: orders, category: country, value: revenue").by("country")
    wanted = sums(country)
    assert set(things) == set(wanted)
    for key, number in wanted.items():
        thing = things[key]
        assert thing.value == thing.marked == number
        assert thing.label == thing.title == text(key[0])
        assert thing.told == {"Revenue": euros(number)}
        assert thing.type == ("bar" if kind in ("bar", "column") else "line")


def test_points_over_time_stand_at_their_days(draw: Draw) -> None:
    query = "SELECT day, sum(id) AS n FROM gold.orders WHERE day IS NOT NULL GROUP BY 1"
    things = draw(f'kind: line, sql: "{query}", category: day, value: n').by("day")
    days = grouped([order for order in ORDERS if order.day], lambda order: order.day)
    assert len(things) == len(days)
    for (day,), rows in days.items():
        assert day is not None
        midnight = (day.toordinal() - 719_163) * 86_400_000
        thing = things[(day.isoformat(),)]
        assert thing.value == [midnight, sum(order.id for order in rows)]
        assert thing.title == f"{day.day} {'Sept' if day.month == 9 else day.strftime('%b')} {day.year}"


def ticks_of_days(browserless: Any, visual: Any, columns: list[Any], days: Sequence[str], width: int) -> list[str]:
    """What stands below a chart of a number for each day."""
    rows = [[day, number] for number, day in enumerate(days, 3)]
    data = json.dumps({"columns": columns, "rows": rows})
    code = (
        f"const look = ingot.lookOf({{setting: {{locale: 'en-GB'}}, width: {width}, height: 300, isStill: true}});"
        f"const {{ option }} = ingot.chartOf({json.dumps(visual)}, {data}, look);"
        f"const chart = echarts.init(null, null, {{renderer: 'svg', ssr: true, width: {width}, height: 300}});"
        "chart.setOption({ ...option, animation: false }); const svg = chart.renderToSVGString(); chart.dispose(); svg"
    )
    texts = re.findall(r">([^<>]+)</text>", str(browserless.eval(f"{{{code}}}")))
    return [text for text in texts if not re.fullmatch(r"[\d.]+|n|day", text) or re.fullmatch(r"2\d\d\d", text)]


@pytest.mark.parametrize("width", [400, 640, 1400])
def test_an_axis_of_days_tells_days_and_one_of_instants_tells_hours(browserless: Any, width: int) -> None:
    def ticks(kind: str, days: Sequence[str]) -> list[str]:
        columns = [{"name": "day", "label": "day", "type": kind, "role": "dimension"},
                   {"name": "n", "label": "n", "type": "number", "role": "measure"}]  # fmt: skip
        points = {"title": "It", "kind": "scatter", "channels": {"x": [columns[0]], "y": [columns[1]]}}
        line = {"title": "It", "kind": "line", "channels": {"category": [columns[0]], "value": [columns[1]]}}
        found = ticks_of_days(browserless, line, columns, days, width)
        assert set(ticks_of_days(browserless, points, columns, days, width)) <= set(found)
        return found

    four = [f"2025-03-{day}" for day in range(28, 32)]
    assert ticks("date", four) == [f"{day} Mar" for day in range(28, 32)]
    assert ticks("date", four[:2]) == ["28 Mar", "29 Mar"]
    assert any(":" in tick for tick in ticks("timestamp", [f"{day}T00:00:00Z" for day in four[:2]]))
    months = ticks("date", [f"2025-{month:02}-01" for month in range(1, 13)])
    assert months[0] == "2025"
    assert not any(any(sign.isdigit() for sign in tick) for tick in months[1:])


@pytest.mark.parametrize("kind", ["stacked", "column", "area"])
def test_each_part_of_a_series_selects_its_category_and_series(draw: Draw, kind: str) -> None:
    things = draw(f"kind: {kind}, dataset: orders, category: country, value: orders, series: size").by(
        "country", "size"
    )
    wanted = counts(country, size)
    assert {key: thing.marked for key, thing in things.items() if thing.marked is not None} == wanted
    for (key, part), thing in things.items():
        assert thing.value == wanted.get((key, part))
        assert thing.label == f"{text(key)}, {part}"
        assert thing.title == text(key)
        assert thing.told == {name: str(wanted.get((key, name), "–")) for _, name in wanted}
    parts = [thing.point["size"] for thing in sorted(things.values(), key=lambda thing: thing.series)]
    from_below = list(dict.fromkeys(parts))
    told = {tuple(thing.told) for thing in things.values()}
    assert told == {tuple(from_below if kind == "column" else reversed(from_below))}  # what is stacked, from above


def test_parts_of_a_hundred_percent_tell_their_amount_and_their_share(draw: Draw) -> None:
    chart = draw(
        "kind: stacked, dataset: orders, category: country, value: orders, series: size, options: {percent: true}"
    )
    wanted, totals = counts(country, size), counts(country)
    for (key, part), thing in chart.by("country", "size").items():
        count = wanted.get((key, part))
        assert thing.value == (None if count is None else pytest.approx(count / totals[(key,)]))
        told = thing.told[part]
        assert told == ("– (–)" if count is None else f"{count} ({share(count, totals[(key,)])})")


def test_columns_and_lines_of_a_combo_tell_both_numbers(draw: Draw) -> None:
    chart = draw("kind: combo, dataset: orders, category: year, columns: orders, lines: revenue")
    years = grouped(ORDERS, lambda order: order.day.year if order.day else None)
    assert len(chart.things) == 2 * len(years)
    for thing in chart.things:
        rows = years[(thing.point["year"],)]
        amount = revenue(rows)
        is_line = thing.type == "line"
        assert is_line == (thing.series == 1)
        assert thing.value == thing.marked == (amount if is_line else len(rows))
        name = text(thing.point["year"])
        assert (thing.title, thing.label) == (name, f"{name}, {'Revenue' if is_line else 'Orders'}")
        assert thing.told == {"Orders": str(len(rows)), "Revenue": euros(amount)}


def test_the_rest_beyond_the_top_tells_its_number_and_selects_nothing(draw: Draw) -> None:
    chart = draw("kind: bar, dataset: orders, category: country, value: orders, top: 2, others: true")
    ranked = sorted(counts(country).values(), reverse=True)
    *first, rest = chart.things
    assert [thing.value for thing in first] == ranked[:2]
    assert (rest.point, rest.value, rest.told) == ({}, sum(ranked[2:]), {"Orders": str(sum(ranked[2:]))})
    assert rest.title.startswith("Others")


def test_a_table_of_a_chart_names_the_rest_that_is_no_value_and_selects_nothing(asked: Asked, browserless: Any) -> None:
    body = "kind: column, dataset: orders, category: country, value: orders, series: paid, top: 7, others: true"
    visual, data = asked(body)
    code = (
        f"const model = ingot.tableModel({json.dumps(visual)}, {json.dumps(data)}, ingot.lookOf({{}}));"
        "JSON.stringify(Array.from({ length: model.count }, (_, index) =>"
        " [model.row(index)[0].text, model.pointOf(index), model.behindOf(index)]))"
    )
    rows = json.loads(str(browserless.eval(f"{{{code}}}")))
    for index, (shown, point, behind) in enumerate(rows):
        value, _, paid = data["rows"][index]
        if index in data["others"]:
            assert (shown.startswith("Others"), point, behind) == (True, {}, {})
        else:
            assert (shown, point) == ("–" if value is None else value, {"country": value, "paid": paid})
            assert behind == point
    nulls = [index for index, row in enumerate(data["rows"]) if row[0] is None]
    assert len(data["others"]) < len(nulls)  # what has no country is among the top


@pytest.mark.parametrize("kind", ["bar", "column", "line", "donut", "treemap", "funnel"])
def test_a_highlighted_part_is_told_as_a_part_of_its_whole(draw: Draw, kind: str) -> None:
    paid = [{"field": "paid", "op": "in", "values": [True]}]
    chart = draw(f"kind: {kind}, dataset: orders, category: country, value: orders", paid)
    wanted, parts = counts(country), dict.fromkeys(counts(country), 0)
    for order in ORDERS:
        parts[(order.country,)] += order.paid is True
    fronts = [thing for thing in chart.things if thing.marked == parts[(thing.point["country"],)]]
    assert {thing.point["country"] for thing in fronts} == {key for (key,) in wanted}
    for thing in fronts:
        key = (thing.point["country"],)
        assert thing.told == {"Orders": f"{parts[key]} of {wanted[key]}"}
        assert thing.title == text(key[0])


# --- portions, points, cells and flows ---


@pytest.mark.parametrize("kind", ["donut", "treemap", "funnel"])
def test_each_portion_selects_its_category_and_tells_its_share(draw: Draw, kind: str) -> None:
    chart = draw(f"kind: {kind}, dataset: orders, category: country, value: revenue")
    wanted = sums(country)
    total = sum(number or 0 for number in wanted.values())
    things = chart.by("country")
    assert set(things) == set(wanted)
    for key, number in wanted.items():
        assert number is not None
        thing = things[key]
        assert thing.value == thing.marked == number
        assert thing.label == thing.title == text(key[0])
        assert thing.told == {"Revenue": euros(number), "Share": share(number, total)}


def test_a_ring_shows_its_total_in_the_middle(draw: Draw) -> None:
    title = draw("kind: donut, dataset: orders, category: paid, value: orders").shown["title"]
    assert (title["text"], title["subtext"]) == (str(len(ORDERS)), "Orders")


def test_stages_of_a_funnel_stand_one_below_the_other_the_widest_on_top(draw: Draw) -> None:
    chart = draw("kind: funnel, dataset: orders, category: size, value: orders")
    wanted = sorted(counts(size).items(), key=lambda item: -item[1])
    assert [(thing.label, thing.value) for thing in chart.things] == [(key, count) for (key,), count in wanted]
    assert chart.shown["axes"][1] == [key for (key,), _ in wanted]


def test_a_bubble_stands_at_its_two_numbers_and_selects_what_it_is_of(draw: Draw) -> None:
    chart = draw("kind: scatter, dataset: orders, x: orders, y: revenue, size: cities, label: country, series: size")
    things = chart.by("country", "size")
    groups = grouped(ORDERS, country, size)
    assert set(things) == set(groups)
    for (key, part), rows in groups.items():
        thing = things[(key, part)]
        amount = revenue(rows)
        assert thing.value == [len(rows), amount]
        assert (thing.label, thing.marked) == (text(key), amount)
        assert thing.title == f"{text(key)} · {part}"
        cities = len({order.city for order in rows if order.city})
        assert thing.told == {"Orders": str(len(rows)), "Revenue": euros(amount), "Cities": str(cities)}


def test_a_cell_stands_where_its_row_and_column_meet(draw: Draw) -> None:
    chart = draw("kind: heatmap, dataset: orders, x: country, y: year, value: orders")
    across, down = chart.shown["axes"]
    wanted = counts(country, lambda order: order.day.year if order.day else None)
    things = chart.by("country", "year")
    assert set(things) == set(wanted)
    for (key, year), count in wanted.items():
        thing = things[(key, year)]
        assert [across[thing.value[0]], down[thing.value[1]], thing.value[2]] == [text(key), text(year), count]
        assert thing.label == thing.title == f"{text(key)}, {text(year)}"
        assert thing.marked == count
        assert thing.told == {"Orders": str(count)}
    assert (across[-1], down) == ("(blank)", ["2023", "2024", "(blank)"])


def test_flows_lead_from_where_to_where_and_their_ends_tell_their_sums(draw: Draw) -> None:
    chart = draw("kind: sankey, dataset: orders, source: size, target: country, value: orders")
    flows, sizes, countries = counts(size, country), counts(size), counts(country)
    ends = [thing for thing in chart.things if len(thing.point) == 1]
    assert len(ends) == len(sizes) + len(countries)
    for end in ends:
        [(field, key)] = end.point.items()
        count = (sizes if field == "size" else countries)[(key,)]
        assert end.value == end.marked == count
        assert (end.title, end.told) == (text(key), {"Orders": str(count)})
    links = [thing for thing in chart.things if len(thing.point) == 2]
    assert len(links) == len(flows)
    for link in links:
        source, target = link.point["size"], link.point["country"]
        assert link.value == link.marked == flows[(source, target)]
        assert (link.title, link.label) == (f"{source} → {text(target)}", f"{source} to {text(target)}")
        assert link.told == {"Orders": str(flows[(source, target)])}


def test_a_gauge_tells_its_value_its_target_and_how_much_of_it_is_reached(draw: Draw) -> None:
    chart = draw("kind: gauge, dataset: orders, value: orders, target: 4 * count(*) / 3, max: 900")
    [thing] = chart.things
    assert (thing.value, thing.marked, thing.point) == (len(ORDERS), len(ORDERS), {})
    assert thing.told == {"Orders": "300", "Target": "400", "Reached": "75.0%"}


# --- maps ---


def test_countries_of_a_map_are_coloured_by_their_numbers_and_others_are_named(draw: Draw) -> None:
    chart = draw("kind: map, dataset: orders, country: country, value: orders")
    things = chart.by("country")
    wanted = counts(country)
    assert set(things) == {("France",), ("Germany",), ("Côte d'Ivoire",)}
    for (key,), thing in things.items():
        assert thing.value == thing.marked == wanted[(key,)]
        assert (thing.label, thing.title, thing.told) == (key, key, {"Orders": str(wanted[(key,)])})
    missing = sorted((key for (key,) in wanted if (key,) not in things), key=lambda key: -wanted[(key,)])
    *told, last = map(text, missing[:3])
    assert chart.shown["title"]["text"] == f"Not on the map: {', '.join(told)}, {last} and {len(missing) - 3} more"


def test_a_small_state_is_a_dot_that_selects_it_too(draw: Draw) -> None:
    query = "SELECT * FROM VALUES ('MT', 3), ('Norway', 4) AS t(code, n)"
    chart = draw(f'kind: map, sql: "{query}", country: code, value: n')
    assert chart.shown["title"] is None
    drawn = sorted((thing.type, thing.point["code"], thing.label, thing.marked) for thing in chart.things)
    assert drawn == [("map", "MT", "MT", 3), ("map", "Norway", "Norway", 4), ("scatter", "MT", "MT", 3)]
    assert [thing.title for thing in chart.things if thing.type == "scatter"] == ["MT"]


def test_a_country_of_which_there_is_no_number_is_called_by_its_name(asked: Asked, browserless: Any) -> None:
    visual, data = asked("kind: map, dataset: orders, country: country, value: orders")
    given = json.dumps({"visual": visual, "data": data, "locale": "en-GB"})
    assert json.loads(str(browserless.eval(f"tipOf({given}, {{ name: 'FJI' }})"))) == {
        "title": "Fiji",
        "rows": [{"color": None, "label": "Orders", "value": "–"}],
    }


def meant(browserless: Any, values: list[Any], locale: str = "en") -> list[str | None]:
    found = browserless.eval(
        f"JSON.stringify({json.dumps(values)}.map(ingot.countryFinder(world, {json.dumps(locale)})))"
    )
    return json.loads(str(found))


def test_a_country_is_found_by_its_codes_and_its_name(browserless: Any) -> None:
    shapes = json.loads((STATIC / "vendor" / "world" / "world.json").read_text(encoding="utf-8"))["features"]
    assert len(shapes) > 190
    for field in ("name", "iso3", "iso2", "label"):
        known = [shape["properties"] for shape in shapes if shape["properties"][field]]
        assert meant(browserless, [one[field] for one in known]) == [one["name"] for one in known], field


@pytest.mark.parametrize(
    ("value", "locale", "shape"),
    [
        ("GER", "en", "DEU"),  # of the Olympic committee
        ("SUI", "en", "CHE"),
        ("de", "en", "DEU"),
        (" Deutschland ", "de-DE", "DEU"),
        ("Deutschland", "fr", None),
        ("Great Britain", "en", "GBR"),
        ("ROC", "en", "RUS"),
        ("People's Republic of China", "en", "CHN"),
        ("Hong Kong, China", "en", "HKG"),
        ("Chinese Taipei", "en", "TWN"),
        ("Republic of Korea", "en", "KOR"),
        ("Democratic People's Republic of Korea", "en", "PRK"),
        ("COTE D’IVOIRE", "en", "CIV"),
        ("Sao Tome & Principe", "en", "STP"),
        ("The Gambia", "en", "GMB"),
        ("Türkiye", "en", "TUR"),
        ("Congo", "en", "COG"),
        ("Democratic Republic of the Congo", "en", "COD"),
        ("Niger", "en", "NER"),
        ("Guinea", "en", "GIN"),
        ("Refugee Olympic Team", "en", None),
        ("Atlantis", "en", None),
        ("", "en", None),
        (None, "en", None),
        (17, "en", None),
    ],
)
def test_a_country_is_found_as_data_spell_it_and_never_guessed(
    browserless: Any, value: Any, locale: str, shape: str | None
) -> None:
    assert meant(browserless, [value], locale) == [shape]
