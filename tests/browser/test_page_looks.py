"""What an author says of a page's looks: where visuals stand on its grid, and how the numbers of its tables are marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.test_static import themes
from browser.visuals import expect, settle, visual

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]

LOOKS = """
locale: de-DE
currency: EUR
datasets:
  medals: {from: gold.medals, measures: {golds: sum(gold)}}
  numbers:
    sql: "SELECT * FROM VALUES ('a', -10, 0.125), ('b', 0, 1), ('c', 30, -0.005) AS t(place, n, share)"
pages:
  - title: Grid
    visuals:
      - {name: one, kind: card, value: golds, dataset: medals, width: 6, height: 2}
      - {name: two, kind: card, value: golds, dataset: medals, width: 4, height: 1}
      - {name: three, kind: card, value: golds, dataset: medals, width: 6, height: 1}
      - {name: four, kind: card, value: golds, dataset: medals, width: 3, height: 1, column: 4, row: 6}
      - {name: five, kind: card, value: golds, dataset: medals, width: 12, height: 1}
  - title: Rules
    visuals:
      - kind: table
        name: table
        dataset: numbers
        columns:
          - place
          - {expr: sum(n), name: bars}
          - {expr: sum(n), name: scale}
          - {expr: sum(n), name: sign}
          - {expr: sum(n) * 1234.5, name: money, format: currency}
          - {expr: sum(share), name: share, format: percent}
        sort: place
        rules:
          bars: {bars: true}
          scale: {scale: [negative, positive]}
          sign: {when: {"< 0": negative, ">= 30": strong}}
"""


@pytest.fixture(scope="module", autouse=True)
def looks(games: Path) -> Iterator[None]:
    """The dashboard, for as long as these tests run; a server finds it as soon as it is there."""
    file = games / "dashboards" / "looks.yml"
    file.write_text(LOOKS)
    yield
    file.unlink()


def test_visuals_stand_where_their_author_puts_them_and_flow_around_them(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/looks/grid"))
    boxes = page.locator("[data-visual]").evaluate_all(
        """nodes => nodes.map(node => {
          const [grid, box] = [node.parentElement.getBoundingClientRect(), node.getBoundingClientRect()];
          const { columnGap, rowGap } = getComputedStyle(node.parentElement);
          const [step, gap] = [(grid.width + parseFloat(columnGap)) / 12, parseFloat(rowGap)];
          const columns = [(box.left - grid.left) / step + 1, (box.width + parseFloat(columnGap)) / step];
          const rows = [(box.top - grid.top) / (80 + gap) + 1, (box.height + gap) / (80 + gap)];
          return [columns[0], rows[0], columns[1], rows[1]].map(Math.round);
        })"""
    )
    assert boxes == [[1, 1, 6, 2], [7, 1, 4, 1], [7, 2, 6, 1], [4, 6, 3, 1], [1, 3, 12, 1]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bars_shades_and_looks_of_a_table_are_drawn_in_the_colours_of_the_theme(
    open_page: OpenPage, theme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = settle(open_page("/dashboards/looks/rules", theme=theme))
    colors = themes()[theme]
    rows = visual(page, "table").locator("tbody tr")
    bars = rows.locator(".cell-bar").evaluate_all(
        """nodes => nodes.map(node => {
          const [all, own] = [node.parentElement.getBoundingClientRect(), node.getBoundingClientRect()];
          return [(own.left - all.left) / all.width, own.width / all.width];
        })"""
    )
    assert bars == [pytest.approx(wanted, abs=0.01) for wanted in ([0, 0.25], [0.25, 0], [0.25, 0.75])]
    shades = [shown(rows.nth(place).locator(".has-shade"), "backgroundColor") for place in range(3)]
    negative, positive = channels(colors["negative"]), channels(colors["positive"])
    between = [0.75 * low + 0.25 * high for low, high in zip(negative, positive, strict=True)]
    assert shades == [pytest.approx([*rgb, 0.48], abs=0.01) for rgb in (negative, between, positive)]
    looks = [shown(rows.nth(place).locator("td").nth(3), "color") for place in range(3)]
    plain = channels(colors["text"])
    assert looks == [pytest.approx([*rgb, 1], abs=0.01) for rgb in (negative, plain, plain)]
    expect(rows.nth(2).locator("td").nth(3)).to_have_css("font-weight", "650")
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


def shown(node: Locator, what: str) -> list[float]:
    """A colour as it is computed: red, green, blue and how much of it is seen, each from 0 to 1."""
    text = node.evaluate("(node, what) => getComputedStyle(node)[what]", what)
    numbers = [float(number) for number in re.findall(r"[\d.]+", text)]
    rgb = numbers[:3] if text.startswith("color(") else [number / 255 for number in numbers[:3]]
    return [*rgb, numbers[3] if len(numbers) > 3 else 1.0]


def channels(color: str) -> list[float]:
    return [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]


def test_money_and_shares_are_written_as_the_dashboards_language_writes_them(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/looks/rules"))
    rows = visual(page, "table").locator("tbody tr")
    expect(rows.locator("td:nth-child(5)")).to_have_text(["-12.345,00\u00a0€", "0,00\u00a0€", "37.035,00\u00a0€"])
    expect(rows.locator("td:nth-child(6)")).to_have_text(["12,5\u00a0%", "100\u00a0%", "-0,5\u00a0%"])
