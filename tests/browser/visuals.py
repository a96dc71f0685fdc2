"""What readers see of visuals and do to them, on any page that shows a dashboard: of a server, and of a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from browser.holding import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

MEDALS = "/dashboards/games/medals"


def expect(target):
    from playwright.sync_api import expect as real

    return real(target)


def settle(page: Page) -> Page:
    """Wait until every visual shows its answer, and every slicer its values."""
    page.wait_for_selector("[data-visual]")
    expect(page.locator("[data-visual][aria-busy=true], .tiles-skeleton")).to_have_count(0)
    return page


def visual(page: Page, name: str) -> Locator:
    return page.locator(f'[data-visual="{name}"]')


def card(page: Page, name: str) -> Locator:
    return visual(page, name).locator(".card-number")


def state(page: Page) -> dict:
    """What the address says."""
    query = page.evaluate("location.search").removeprefix("?")
    return {key: json.loads(values[0]) for key, values in parse_qs(query).items() if key != "r"}


def expect_state(page: Page, wanted: dict) -> None:
    until(page, lambda: state(page), wanted)


def whole(number: float) -> str:
    return f"{number:,.0f}"


def click_bar(page: Page, name: str, index: int, **options) -> None:
    """Click into the middle of a horizontal bar, with the mouse."""
    canvas = visual(page, name).locator(".chart-canvas")
    canvas.scroll_into_view_if_needed()
    place = canvas.evaluate(
        """(node, index) => {
          const chart = echarts.getInstanceByDom(node);
          const data = chart.getOption().series.at(-1).data[index];
          const value = typeof data === "object" ? data.value : data;
          return chart.convertToPixel({xAxisIndex: 0, yAxisIndex: 0}, [value / 2, index]);
        }""",
        index,
    )
    canvas.click(position={"x": place[0], "y": place[1]}, **options)


def choose(page: Page, name: str, entry: str) -> None:
    """An entry of a visual's menu."""
    visual(page, name).locator(".visual-more").click()
    page.get_by_role("menuitem", name=entry).click()


def drawn(page: Page, name: str, what: str) -> list:
    """What a chart draws: an expression over the data items of each of its series."""
    code = f"node => echarts.getInstanceByDom(node).getOption().series.map(s => s.data.map(d => {what}))"
    return visual(page, name).locator(".chart-canvas").evaluate(code)
