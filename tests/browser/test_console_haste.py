"""The console, where operators are faster than the server answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.consoles import ORDERS, settle, type_query, wait_for_toast
from browser.holding import Held
from browser.visuals import expect
from server.serving import Running, copied, run, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


def at_blank(open_page: OpenPage, server: Running) -> Page:
    """A page of the server that asks for nothing, so that what the next one asks can be held."""
    return open_page("/console/nothing", of=server)


def test_the_way_of_showing_the_graph_is_chosen_before_it_is_there(open_page: OpenPage, server: Running) -> None:
    page = at_blank(open_page, server)
    held = Held(page, "**/api/v1/graph")
    page.get_by_role("link", name="Graph", exact=True).click()
    held.wait_for(1)
    page.get_by_role("button", name="List", exact=True).click()
    expect(page.get_by_role("button", name="List", exact=True)).to_have_attribute("aria-pressed", "true")
    held.let_go(0)
    expect(page.get_by_role("row", name="gold.broken")).to_be_visible()


def test_a_node_that_is_gone_back_to_before_the_graph_is_there_is_chosen(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/graph?node=gold.broken", of=server))
    panel = page.get_by_role("region", name="About gold.broken")
    panel.get_by_role("button", name="silver.orders").click()
    expect(page.get_by_role("region", name="About silver.orders")).to_be_visible()
    held = Held(page, "**/api/v1/graph")
    page.reload()
    held.wait_for(1)
    page.go_back()
    held.let_go(0)
    expect(panel).to_be_visible()


def test_rows_stand_in_the_order_that_was_asked_last(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page(f"{ORDERS}?tab=rows", of=server))
    held = Held(page, "**/rows?*")
    for name in ("amount", "id"):
        page.locator(".grid thead button", has_text=name).click()
    held.wait_for(2)
    held.let_go(1)
    expect(page.locator(".grid thead th", has_text="id").first).to_have_attribute("aria-sort", "ascending")
    held.let_go(0)
    expect(page.locator(".grid thead th[aria-sort]")).to_have_count(1)
    expect(page.locator(".grid thead th", has_text="id").first).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(".grid tbody tr").first.locator("td").nth(1)).to_have_text("1")


def test_nothing_can_be_run_or_saved_before_the_editor_is_there(open_page: OpenPage, server: Running) -> None:
    page = at_blank(open_page, server)
    held = Held(page, "**/codemirror.js*")
    page.get_by_role("link", name="SQL", exact=True).click()
    held.wait_for(1)
    for name in ("Saved", "History"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    expect(page.locator(".sql-tools").get_by_role("button", name="Run")).to_be_disabled()
    held.let_go(0)
    type_query(settle(page), "SELECT 1 AS one")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sql-card th").last).to_contain_text("one")


def test_names_complete_where_one_waits_for_them(open_page: OpenPage, server: Running) -> None:
    page = at_blank(open_page, server)
    held = Held(page, "**/api/v1/catalog")
    page.get_by_role("link", name="SQL", exact=True).click()
    settle(page)
    held.wait_for(1)
    type_query(page, "SELECT r.customer FROM gold.revenue r WHERE r.rev")
    held.let_go(0)
    expect(page.locator(".CodeMirror-hints")).to_contain_text("revenue")


def test_a_query_that_is_loaded_while_another_is_saved_keeps_its_name(
    open_page: OpenPage, shop: Path, tmp_path: Path
) -> None:
    """Or else the next click on Save would write it over the other."""
    project = copied(shop, tmp_path)
    (project / "queries").mkdir(exist_ok=True)
    (project / "queries/second.sql").write_text("SELECT 2 AS two\n")
    with serving(project) as running:
        page = settle(open_page("/console/sql", of=running))
        type_query(page, "SELECT 1 AS one")
        held = Held(page, "**/api/v1/queries/first")
        page.get_by_role("button", name="Saved").click()
        page.get_by_role("menuitem", name="Save…").click()
        page.get_by_role("dialog").get_by_role("textbox").fill("first")
        page.keyboard.press("Enter")
        held.wait_for(1)
        page.get_by_role("button", name="Saved").click()
        page.get_by_role("menuitemradio", name="second").click()
        held.let_go(0)
        wait_for_toast(page, "Saved as")
        expect(page.locator(".view-facts")).to_have_text("Saved as second")
        page.close()


def test_a_question_is_closed_with_the_view_that_asked_it(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/tables", of=server))
    page.get_by_role("link", name="bronze.orders").click()
    page.get_by_role("button", name="Full refresh…").click()
    expect(page.get_by_role("dialog", name="Full refresh")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="Tables", exact=True)).to_be_visible()


def test_who_has_gone_elsewhere_is_not_taken_to_the_update(open_page: OpenPage, shop: Path, tmp_path: Path) -> None:
    with serving(copied(shop, tmp_path)) as running:
        page = settle(open_page("/console/tables", of=running))
        held = Held(page, "**/api/v1/updates")
        button = page.get_by_role("button", name="Run", exact=True)
        button.click()
        held.wait_for(1)
        page.get_by_role("link", name="Sources", exact=True).click()
        held.let_go(0)
        wait_for_toast(page, "The update has begun")
        expect(page.get_by_role("heading", name="Sources", exact=True)).to_be_visible()
        assert page.evaluate("location.pathname") == "/console/sources"
        expect(button).to_be_visible()  # the update has ended
        page.close()


def test_the_list_of_updates_counts_the_errors_of_the_newest(open_page: OpenPage, server: Running) -> None:
    """The newest is told by the news, in another shape than the list has."""
    page = open_page("/", of=server)
    held = Held(page, "**/api/v1/updates/current")
    page.goto("/console/nothing")
    held.wait_for(1)
    held.let_go(0)
    page.get_by_role("link", name="Updates", exact=True).click()
    expect(page.locator(".updates-list tbody tr")).to_have_count(1)
    expect(page.locator(".updates-list tbody td.is-number").last).to_have_text("1")


def test_a_link_that_is_pressed_while_news_come_is_followed(open_page: OpenPage, shop: Path, tmp_path: Path) -> None:
    """The list is drawn anew with the news, which would take the link away under the finger."""
    project = copied(shop, tmp_path)
    with serving(project) as running:
        page = settle(open_page("/console/updates", of=running))
        link = page.locator("tbody a")
        address = link.get_attribute("href")
        link.hover()
        page.mouse.down()
        with page.expect_response(lambda answer: answer.url.endswith("/updates/current") and answer.ok):
            run(project)
        page.mouse.up()
        page.wait_for_url(f"**{address}")
        page.go_back()
        expect(page.locator("tbody tr")).to_have_count(2)
        page.close()
