"""The console for all: each view, menu and question by the rules of axe, in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser.consoles import ORDERS, QUERY, settle, type_query
from browser.visuals import expect
from server.serving import Running, copied, serving, with_tokens

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
VIEWS = [
    "/console", "/console/graph?node=silver.orders", "/console/graph?as=list&node=gold.broken", "/console/updates",
    "/console/tables", ORDERS, f"{ORDERS}?tab=rows", f"{ORDERS}?tab=history", f"{ORDERS}?tab=files",
    f"{ORDERS}?tab=lineage", f"{ORDERS}?tab=lineage&column=amount", f"{ORDERS}?tab=rules", f"{ORDERS}?tab=quarantine",
    QUERY, "/console/sources", "/console/sources/drops", "/console/nothing",
]  # fmt: skip
ON_A_DESK = {"width": 1440, "theme": "light"}
ON_A_PHONE = {"width": 400, "theme": "dark"}


def broken_rules(page: Page) -> list[tuple[str, str]]:
    """The rules of axe that the page breaks, each with the first place."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found]


def views(server: Running) -> list[str]:
    """The addresses of all views, the newest update's among them."""
    return [*VIEWS, f"/console/updates/{server.get('/api/v1/updates/current').json()['id']}"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_rules_of_axe_pass(open_page: OpenPage, server: Running, theme: str) -> None:
    page = open_page("/console", of=server, theme=theme)
    for path in views(server):
        page.goto(path)
        settle(page)
        expect(page.locator("h1").first).to_be_visible()
        assert (path, broken_rules(page)) == (path, [])


def test_on_a_phone_no_view_is_wider_than_the_screen_and_the_rules_of_axe_pass(
    open_page: OpenPage, server: Running
) -> None:
    page = open_page("/console", of=server, width=400)
    for path in views(server):
        page.goto(path)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 400, path
        assert (path, broken_rules(page)) == (path, [])


@pytest.mark.parametrize("device", [ON_A_DESK, ON_A_PHONE], ids=["desk", "phone"])
def test_the_rules_of_axe_pass_while_menus_and_questions_are_open(
    open_page: OpenPage, server: Running, device: dict[str, Any]
) -> None:
    page = settle(open_page("/console/updates", of=server, **device))
    menu, question = page.get_by_role("menu"), page.get_by_role("dialog")

    def is_right(shown: Any, name: str) -> None:
        expect(shown).to_be_visible()
        assert (name, broken_rules(page)) == (name, [])
        assert (name, page.evaluate("document.documentElement.scrollWidth")) == (name, device["width"])

    page.get_by_role("button", name="More ways to run").click()
    is_right(menu, "ways to run")
    page.get_by_role("menuitem", name="Full refresh of everything…").click()
    is_right(question, "full refresh of everything")
    page.goto(ORDERS)
    page.get_by_role("button", name="Full refresh…").click()
    is_right(question, "full refresh of one table")
    page.goto(f"{ORDERS}?tab=quarantine")
    page.get_by_role("button", name="Send all again…").click()
    is_right(question, "sending again")
    settle(page).goto("/console/sql")
    type_query(settle(page), "SELECT r.customer FROM gold.revenue r WHERE r.rev")
    is_right(page.locator(".CodeMirror-hints"), "hints")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Saved").click()
    is_right(menu, "saved queries")
    page.get_by_role("menuitem", name="Save…").click()
    is_right(question, "name of a query")


def test_who_signs_in_meets_the_rules_of_axe(open_page: OpenPage, shop: Path, tmp_path: Path) -> None:
    project = copied(shop, tmp_path)
    with_tokens(project)
    with serving(project) as running:
        for device in (ON_A_DESK, ON_A_PHONE):
            page = open_page("/console", of=running, excused="401", **device)
            expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
            for _ in ("at first", "told that the token is wrong"):
                assert (device, broken_rules(page)) == (device, [])
                assert page.evaluate("document.documentElement.scrollWidth") == device["width"]
                page.get_by_role("textbox").fill("wrong")
                page.keyboard.press("Enter")
                expect(page.get_by_role("alert")).to_be_visible()
                page.wait_for_load_state()
            page.context.close()
