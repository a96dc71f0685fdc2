"""The way through a hierarchy: by its buttons, its crumbs and the menu of a mark; in a V8 where it has many levels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from browser.games import CONTINENTS, total
from browser.holding import until
from browser.visuals import MEDALS, card, click_bar, drawn, expect, expect_state, settle, visual, whole
from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]
EUROPE = {"places": {"path": [{"field": "continent", "value": "Europe"}], "level": 1}}


def golds_of(countries: list[str]) -> list[list[float]]:
    return [sorted((total("gold", country=country) for country in countries), reverse=True)]


ALL = golds_of(list(CONTINENTS))
OF_EUROPE = golds_of([country for country, continent in CONTINENTS.items() if continent == "Europe"])
OF_CONTINENTS = [sorted((total("gold", continent=name) for name in set(CONTINENTS.values())), reverse=True)]


def expect_bars(page: Page, wanted: list[list[float]]) -> None:
    until(page, lambda: drawn(page, "places", "d?.value ?? d"), wanted)


@pytest.mark.browser
def test_the_next_level_shows_all_of_its_values_and_filters_nothing(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    places = visual(page, "places")
    expect(places.get_by_role("button", name="Drill up")).to_be_disabled()
    places.get_by_role("button", name="Go to the next level: Country").click()
    expect_state(page, {"d": {"places": {"path": [], "level": 1}}})
    expect_bars(page, ALL)
    expect(card(page, "gold")).to_have_text(whole(total("gold")))
    expect(places.get_by_role("button", name="Go to the next level")).to_be_disabled()
    expect(places.locator(".visual-crumbs")).to_have_text("AllCountry")
    places.get_by_role("button", name="All", exact=True).click()
    expect_state(page, {})
    expect_bars(page, OF_CONTINENTS)
    expect(places.locator(".visual-crumbs")).to_be_hidden()


@pytest.mark.browser
def test_the_menu_of_a_mark_leads_down_into_it_and_up_again(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    places = visual(page, "places")
    click_bar(page, "places", 0, button="right")
    page.get_by_role("menuitem", name="Drill down to Country").click()
    expect_state(page, {"d": EUROPE})
    expect_bars(page, OF_EUROPE)
    expect(card(page, "gold")).to_have_text(whole(total("gold", continent="Europe")))
    expect(places.locator(".visual-crumbs")).to_have_text("AllEuropeCountry")
    settle(page)
    click_bar(page, "places", 0, button="right")
    expect(page.get_by_role("menuitem", name="Drill down")).to_have_count(0)
    page.get_by_role("menuitem", name="Drill up").click()
    expect_state(page, {})
    expect_bars(page, OF_CONTINENTS)
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


# --- many levels ---


@pytest.fixture(scope="module")
def browserless() -> Iterator[Any]:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval(joined(STATIC / "js", ["dashboard/drill.js"]))
    yield context
    context.close()


def led(browserless: Any, step: str, *more: Any, path: str = "", level: int | None = None) -> tuple[str, int] | None:
    """Where a step leads from a way through continents, countries and cities: the initials of the values, and the level."""
    levels = ["continent", "country", "city"]
    visual = {"id": "it", "hierarchy": levels}
    steps = [{"field": field, "value": value} for field, value in zip(levels, path, strict=False)]
    view = {"d": {"it": {"path": steps, "level": len(path) if level is None else level}}}
    arguments = ", ".join(map(json.dumps, (view, visual, *more)))
    found = json.loads(str(browserless.eval(f"JSON.stringify(ingot.{step}({arguments}))")))
    return found and ("".join(one["value"] for one in found["path"]), found["level"])


def test_down_into_a_value_goes_a_level_deeper(browserless: Any) -> None:
    assert led(browserless, "drilledDown", {"continent": "E"}) == ("E", 1)
    assert led(browserless, "drilledDown", {"country": "F"}, path="E") == ("EF", 2)
    assert led(browserless, "drilledDown", {"city": "P"}, path="EF") is None  # there is nothing below
    assert led(browserless, "drilledDown", {"continent": "E"}, path="E") is None  # a mark of the level that was left


def test_the_next_level_is_of_all_values(browserless: Any) -> None:
    assert led(browserless, "atNextLevel") == ("", 1)
    assert led(browserless, "atNextLevel", path="E") == ("E", 2)
    assert led(browserless, "atNextLevel", path="EF") is None


def test_up_leaves_the_last_value_or_the_level_and_the_top_is_no_place(browserless: Any) -> None:
    assert led(browserless, "drilledUp", path="EF") == ("E", 1)
    assert led(browserless, "drilledUp", path="E", level=2) == ("E", 1)
    assert led(browserless, "drilledUp", path="", level=2) == ("", 1)
    assert led(browserless, "drilledUp", path="E") is None
    assert led(browserless, "drilledUp", path="", level=1) is None


def test_a_crumb_leads_back_to_its_value(browserless: Any) -> None:
    assert led(browserless, "drilledTo", 1, path="EF") == ("E", 1)
    assert led(browserless, "drilledTo", 0, path="EF") is None
    assert led(browserless, "drilledTo", 1, path="E", level=2) == ("E", 1)
