"""Cards on a page: how their number changed, and its course."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from browser.games import ROWS, total
from browser.visuals import MEDALS, expect, settle, visual

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
COLORS = {True: "rgb(10, 113, 70)", False: "rgb(185, 48, 34)"}  # of what is good, and of what is bad


def budget(*months: str) -> float:
    return sum(total("budget", day=f"2021-{month}-01") for month in months)


def test_a_card_tells_how_its_number_changed_and_whether_that_is_good(open_page: Callable[..., Page]) -> None:
    page = settle(open_page(MEDALS))
    change = visual(page, "budget").locator(".card-change")
    newest, before = budget("10", "11", "12"), budget("07", "08", "09")
    is_good = newest > before
    expect(change.locator("strong")).to_have_text(f"{abs(newest - before) / abs(before):.1%}")
    expect(change.locator("strong")).to_have_css("color", COLORS[is_good])
    expect(change.locator(".card-arrow")).to_have_text("▲" if is_good else "▼")
    expect(change.locator(".visually-hidden")).to_have_text("up" if is_good else "down")
    expect(change.locator(".muted")).to_have_text(f"vs €{before / 1000:.1f}K 3 months earlier")
    expect(visual(page, "gold").locator(".card-change")).to_have_count(0)


# A card of a number in a box of a width, beside the page's own; whether all of it is seen, in which size and with which title.
SHOWN = """
async ({ number, width, height }) => {
  const [{ CardView }, { lookOf }] = await Promise.all(
    ["dashboard/card_view.js", "charts/look.js"].map((file) => import(`/static/js/${file}`)),
  );
  const column = { name: "n", label: "n", type: "number", role: "measure", format: { style: "currency" } };
  const view = new CardView({ title: "n", kind: "card", channels: { value: [column] } });
  const box = document.createElement("div");
  box.style.cssText = `position: relative; width: ${width}px; height: ${height}px`;
  box.append(view.node);
  document.body.append(box);
  view.show({ columns: [column], rows: [[number]] }, (size) =>
    lookOf({ setting: { locale: "en-GB", currency: "EUR" }, ...size }),
  );
  const shown = box.querySelector(".card-number");
  const found = [shown.scrollWidth <= shown.clientWidth, Number.parseFloat(getComputedStyle(shown).fontSize), shown.title];
  box.remove();
  return found;
}
"""


def test_a_number_is_as_large_as_all_of_it_finds_room_in_the_card(open_page: Callable[..., Page]) -> None:
    page = settle(open_page(MEDALS))
    numbers = {1_234: "€1,234.00", 2_837_415.95: "€2,837,415.95", -9_876_543_210.5: "-€9,876,543,210.50"}
    for number, text in numbers.items():
        for width in (150, 200, 264, 288, 500):
            is_whole, size, title = page.evaluate(SHOWN, {"number": number, "width": width, "height": 120})
            assert (is_whole, title) == (True, text)
            assert 16 <= size <= 46
    assert page.evaluate(SHOWN, {"number": 12, "width": 264, "height": 120})[1] == 46  # no larger where there is room


def test_a_card_draws_the_course_of_its_number(open_page: Callable[..., Page]) -> None:
    page = settle(open_page(MEDALS))
    line = visual(page, "gold").locator(".course-line")
    drawn = [tuple(map(float, point.split())) for point in re.findall(r"[\d.]+ [\d.]+", line.get_attribute("d") or "")]
    golds = [total("gold", day=day) for day in sorted({row["day"] for row in ROWS})]
    assert [x for x, _ in drawn] == sorted(x for x, _ in drawn)
    low, high = min(golds), max(golds)
    top, bottom = min(y for _, y in drawn), max(y for _, y in drawn)
    heights = [(bottom - y) / (bottom - top) for _, y in drawn]
    assert heights == pytest.approx([(gold - low) / (high - low) for gold in golds], abs=0.02)  # a tenth of a pixel
    expect(visual(page, "budget").locator(".course-line")).to_have_count(0)
