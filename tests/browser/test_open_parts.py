"""What opens over a page: panels of slicers, menus, dialogs, one visual over all. Each keeps the rules of axe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from browser.visuals import MEDALS, choose, click_bar, expect, settle, visual

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


def list_of_values(page: Page) -> None:
    page.locator(".pill", has_text="Country").click()
    page.get_by_role("group", name="Country").get_by_text("Japan").click()


def range_of_numbers(page: Page) -> None:
    page.locator(".pill", has_text="Gold").click()
    expect(page.locator(".range-track")).to_be_visible()


def newest_days(page: Page) -> None:
    page.locator(".pill", has_text="Day").click()
    expect(page.get_by_role("button", name="Last 7 days")).to_be_visible()


def menu_of_a_visual(page: Page) -> None:
    visual(page, "places").locator(".visual-more").click()
    expect(page.get_by_role("menu")).to_be_visible()


def menu_of_a_mark(page: Page) -> None:
    click_bar(page, "places", 0, button="right")
    expect(page.get_by_role("menu")).to_be_visible()


def rows_behind(page: Page) -> None:
    choose(page, "places", "Show the rows behind this")
    expect(page.get_by_role("dialog").locator("tbody tr").first).to_contain_text("2021")


def full_screen(page: Page) -> None:
    choose(page, "places", "Full screen")
    expect(page.locator("[data-visual].is-full")).to_be_visible()


def tooltip(page: Page) -> None:
    visual(page, "places").locator(".chart").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip-title")).to_be_visible()


def menu_of_themes(page: Page) -> None:
    page.get_by_role("button", name="Theme").click()
    expect(page.get_by_role("menu")).to_be_visible()


OPENED = {
    list_of_values: ".popover",
    range_of_numbers: ".popover",
    newest_days: ".popover",
    menu_of_a_visual: ".popover",
    menu_of_a_mark: ".popover",
    menu_of_themes: ".popover",
    rows_behind: "dialog",
    full_screen: ".is-full",
    tooltip: ".chart-tip",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_rules_of_axe_pass_for_what_is_open(open_page: OpenPage, theme: str) -> None:
    """In the light theme with all of the page around it; the dark one has other colours only."""
    from axe_playwright_python.sync_playwright import Axe

    page = settle(open_page(MEDALS, theme=theme))
    for opened, part in OPENED.items():
        opened(page)
        found = Axe().run(settle(page), context=part if theme == "dark" else None).response
        told = [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]]
        assert (opened.__name__, told) == (opened.__name__, [])
        assert found["passes"]
        page.keyboard.press("Escape")
        expect(page.locator(".popover, dialog[open], .is-full")).to_have_count(0)
