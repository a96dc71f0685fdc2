"""Pictures of dashboards: the page's own charts, drawn without a browser."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as xml
import zlib
from pathlib import Path
from typing import Any

import pytest

from dashboards.shop import ORDERS, Shop
from ingot.cli import main
from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC, PageContent, pdf, png, svg
from ingot.dashboards.export.wish import chosen, page_filters
from ingot.dashboards.kinds import KINDS
from ingot.errors import IngotError

SVG = "{http://www.w3.org/2000/svg}"
CHANNELS = {
    "card": "value: orders, trend: month", "scatter": "x: orders, y: revenue, label: country", "map": "country: country, value: orders",
    "heatmap": "x: country, y: year, value: orders", "gauge": "value: orders, max: 900", "combo": "category: country, columns: orders, lines: revenue",
    "sankey": "source: country, target: city, value: orders", "table": "columns: [country, city, orders, revenue], options: {totals: true}, rules: {orders: {bars: true}}",
    "matrix": "rows: [country, city], columns: year, values: [orders, revenue]",
}  # fmt: skip


def content(shop: Shop, body: str, filters: Any = ()) -> PageContent:
    """The first page of a dashboard over the shop."""
    from dashboards.shop import DASHBOARD

    file = shop.folder / "dashboards" / "pictured.yml"
    file.write_text(DASHBOARD.split("slicers:")[0] + body)
    try:
        spec = shop.answers.dashboard("pictured")
        answers = shop.answers.data("pictured", {"filters": list(filters)})
    finally:
        file.unlink()
    return PageContent(spec, spec["pages"][0], answers["visuals"], as_of=answers["as_of"])


def texts(drawing: str) -> list[str]:
    return ["".join(node.itertext()) for node in xml.fromstring(drawing).iter(f"{SVG}text")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_visual_is_drawn(shop: Shop, kind: str):
    channels = CHANNELS.get(kind, "category: country, value: orders")
    drawn = svg(content(shop, f"visuals:\n  - {{title: It is drawn, kind: {kind}, dataset: orders, {channels}}}\n"))
    found = texts(drawn)
    assert "It is drawn" in found
    shapes = [node for tag in ("path", "rect", "circle", "line") for node in xml.fromstring(drawn).iter(SVG + tag)]
    assert len(found) + len(shapes) > 6
    assert not any("error" in text.lower() or "undefined" in text or "NaN" in text for text in found)
    assert "NaN" not in drawn


def test_what_is_shown_is_what_the_answer_says(shop: Shop):
    body = "visuals:\n  - {title: Count, kind: card, dataset: orders, value: orders}\n"
    assert f"{len(ORDERS):,}" in texts(svg(content(shop, body)))
    french = [{"field": "country", "op": "in", "values": ["France"]}]
    assert str(sum(o.country == "France" for o in ORDERS)) in texts(svg(content(shop, body, french)))


def test_a_table_tells_how_many_rows_it_leaves_out(shop: Shop):
    body = "visuals:\n  - {title: Rows, kind: table, dataset: orders, columns: [id, country], sort: id, height: 4}\n"
    found = texts(svg(content(shop, body)))
    ids = {str(o.id) for o in ORDERS} & set(found)
    assert f"{len(ORDERS) - len(ids)} more rows" in found


@pytest.mark.parametrize(("size", "is_below"), [("width: 4, height: 7", True), ("width: 6, height: 4", False)])
def test_the_legend_of_a_donut_stands_in_lines_below_it_where_that_is_tall(shop: Shop, size: str, is_below: bool):
    body = f"visuals:\n  - {{title: Paid, kind: donut, dataset: orders, category: paid, value: orders, {size}}}\n"
    entries = [
        text for text in xml.fromstring(svg(content(shop, body))).iter(f"{SVG}text") if "%" in "".join(text.itertext())
    ]
    assert len(entries) == 3
    heights = [_height(text) for text in entries]
    assert len(set(heights)) == 3
    assert (min(heights) > 400) == is_below


def _height(text: xml.Element) -> float:
    """How far down a text stands within its visual."""
    return float(text.get("transform", "translate(0 0)").rstrip(")").split()[-1]) + float(text.get("y", "0"))


def test_texts_of_the_data_are_text_in_the_picture(shop: Shop):
    query = "SELECT '</text><script>x' AS a, 'a\\u0001&\\\"b' AS b, 1 AS n"
    for visual in (
        f"{{kind: table, title: '<&>', sql: \"{query}\"}}",
        f'{{kind: bar, title: "]]>", sql: "{query}", category: a, value: n}}',
    ):
        visual = visual.replace('\\"b', "b")
        drawn = svg(content(shop, f"visuals:\n  - {visual}\n"))
        assert "</text><script>x" in texts(drawn)
        assert not list(xml.fromstring(drawn).iter(f"{SVG}script"))


def test_a_card_with_a_change_names_the_period_of_its_number(shop: Shop):
    body = "visuals:\n  - {kind: card, dataset: orders, value: orders, change: {by: day, previous: 1 day}}\n"
    page = content(shop, body)
    [answer] = page.answers.values()
    found = texts(svg(page))
    assert str(answer["change"]["current"]) in found
    assert any(text.endswith(answer["change"]["to"][:4]) for text in found)


def test_a_visual_that_fails_shows_why_and_the_others_are_drawn(shop: Shop):
    body = "visuals:\n  - {title: Broken, kind: card, dataset: orders, value: sum(nothing)}\n  - {title: Whole, kind: card, dataset: orders, value: orders}\n"
    found = texts(svg(content(shop, body)))
    assert f"{len(ORDERS):,}" in found
    assert any("nothing" in text for text in found)


def test_an_svg_becomes_png_and_pdf(shop: Shop):
    drawn = svg(content(shop, "visuals:\n  - {kind: bar, dataset: orders, category: country, value: orders}\n"))
    root = xml.fromstring(drawn)
    picture = png(drawn)
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 2 * int(root.attrib["width"])
    assert pdf(drawn).startswith(b"%PDF")


def test_visuals_stand_where_the_page_puts_them():
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    try:
        context.eval(joined(STATIC / "js", ["picture/layout.js"]))
        sizes = [(6, 2, None, None), (4, 1, None, None), (6, 1, None, None), (3, 1, 4, 6), (12, 1, None, None)]
        visuals = [{"layout": {"width": w, "height": h, "column": c, "row": r}} for w, h, c, r in sizes]
        found = json.loads(str(context.eval(f"JSON.stringify(ingot.placesOf({json.dumps(visuals)}))")))
    finally:
        context.close()
    assert [(place["column"], place["row"]) for place in found] == [(1, 1), (7, 1), (7, 2), (4, 6), (1, 3)]


def test_filters_are_told_by_field_and_value_and_defaults_of_slicers_hold():
    assert chosen(["country=France", "country=", "year=2024"]) == [
        {"field": "country", "op": "in", "values": ["France", None]},
        {"field": "year", "op": "in", "values": ["2024"]},
    ]
    page = {
        "slicers": [
            {"field": "day", "kind": "relative_date", "default": [7, "day"]},
            {"field": "Year", "kind": "list", "default": [1]},
        ]
    }
    assert page_filters(page, chosen(["year=2"])) == [
        {"field": "year", "op": "in", "values": ["2"]},
        {"field": "day", "op": "last", "values": [7, "day"]},
    ]
    with pytest.raises(IngotError, match="is no filter"):
        chosen(["country"])


def test_the_command_writes_a_picture(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    target = tmp_path / "shop.svg"
    arguments = [
        "dashboard",
        "export",
        "shop",
        "--format",
        "svg",
        "--filter",
        "country=France",
        "--output",
        str(target),
    ]
    assert main(["-C", str(shop.folder), *arguments]) == 0
    assert capsys.readouterr().out.startswith(f"{target}: ")
    assert any("France" in text for text in texts(target.read_text()))


@pytest.mark.parametrize(("theme", "background"), [([], "f5f6f8"), (["--theme", "dark"], "0d1015")])
def test_the_command_writes_a_png_in_either_theme(shop: Shop, tmp_path: Path, theme: list[str], background: str):
    target = tmp_path / "shop.png"
    export = ["dashboard", "export", "shop", "--format", "png", *theme, "--output", str(target)]
    assert main(["-C", str(shop.folder), *export]) == 0
    picture = target.read_bytes()
    assert (picture[:4], picture[12:16], int.from_bytes(picture[16:20], "big")) == (b"\x89PNG", b"IHDR", 2 * 1440)
    assert _first_pixel(picture).hex() == background


def _first_pixel(picture: bytes) -> bytes:
    """Red, green and blue of the upper left corner: its row says how it is told, and of the first byte all say the same."""
    packed, place = b"", 8
    while place < len(picture):
        length = int.from_bytes(picture[place : place + 4], "big")
        if picture[place + 4 : place + 8] == b"IDAT":
            packed += picture[place + 8 : place + 8 + length]
        place += length + 12
    return zlib.decompress(packed)[1:4]


def test_the_command_writes_a_pdf_of_one_page_whose_text_is_text(shop: Shop, tmp_path: Path):
    target = tmp_path / "shop.pdf"
    export = ["dashboard", "export", "shop", "--format", "pdf", "--page", "orders", "--output", str(target)]
    assert main(["-C", str(shop.folder), *export]) == 0
    written = target.read_bytes()
    assert written.startswith(b"%PDF")
    assert b"/Count 1\n" in written
    assert b"/ToUnicode" in written  # what lets a reader search and copy


def test_without_the_extra_its_install_line_is_told():
    code = (
        "import sys; sys.modules['py_mini_racer'] = None; sys.modules['vl_convert'] = None\n"
        "from ingot.dashboards.export import pictures\n"
        "from ingot.errors import IngotError\n"
        "for ask in (lambda: pictures.png('<svg/>'), lambda: pictures.svg(pictures.PageContent({}, {'visuals': []}, {}))):\n"
        "    try:\n        ask()\n    except IngotError as error:\n        print(error.code, error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ['missing-package pip install "ingot[export]"'] * 2
