"""The pages of whoever is signed in: all of their top bar is on the screen, however narrow, and leads out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.consoles import ORDERS, settle
from browser.visuals import expect
from server.serving import TOKENS, Running, copied, serving, with_tokens

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
ENDS = """bar => [...bar.querySelectorAll("a, button")].filter((node) => node.checkVisibility()).map((node) => {
  const { left, right } = node.getBoundingClientRect();
  return [left, right];
})"""


@pytest.fixture(scope="module")
def guarded(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    project = copied(shop, tmp_path_factory.mktemp("guarded"))
    with_tokens(project)
    with serving(project) as running:
        yield running


def signed_in(open_page: OpenPage, guarded: Running, path: str, width: int) -> Page:
    page = open_page(path, of=guarded, width=width)
    page.get_by_role("textbox").fill(TOKENS["admin"])
    page.keyboard.press("Enter")
    expect(page.locator(".topbar .icon-button").last).to_be_visible()
    return page


def test_no_page_is_wider_than_the_screen(open_page: OpenPage, guarded: Running) -> None:
    page = signed_in(open_page, guarded, "/console", 400)
    for path in ("/console", "/console/updates", "/console/sql", ORDERS, "/", "/dashboards/sales"):
        page.goto(path)
        if path.startswith("/console"):
            settle(page)
            expect(page.get_by_role("button", name="admin", exact=True)).to_be_visible()
        expect(page.locator(".topbar .icon-button").last).to_be_visible()
        for width in (320, 400, 600, 1440):
            page.set_viewport_size({"width": width, "height": 1000})
            assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, width)
            ends = page.locator(".topbar").evaluate(ENDS)
            assert all(0 <= left <= right <= width for left, right in ends), (path, width)


# As the bar shows an update that has run for a while when the connection is lost.
RUNNING = """bar => (bar.innerHTML = `
  <span class="badge badge-bad"><svg class="icon" viewBox="0 0 16 16"></svg><span>No connection</span></span>
  <a class="run-state" href="#"><span class="spinner"></span><span class="number">12 done · 1 min 12 s</span></a>
  <button class="button">Stop</button>`)"""


def test_an_update_that_runs_leaves_room_for_the_rest_of_the_bar(open_page: OpenPage, guarded: Running) -> None:
    page = settle(signed_in(open_page, guarded, "/console/updates", 320))
    expect(page.get_by_role("button", name="admin", exact=True)).to_be_visible()
    page.locator(".run-bar").evaluate(RUNNING)
    ends = page.locator(".topbar").evaluate(ENDS)
    assert all(0 <= left <= right <= 320 for left, right in ends)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_one_signs_out_of_the_console_by_the_menu_of_ones_name(open_page: OpenPage, guarded: Running) -> None:
    page = signed_in(open_page, guarded, "/console/updates", 400)
    account = page.get_by_role("button", name="admin", exact=True)
    expect(account).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    account.click()
    expect(page.get_by_role("menu")).to_contain_text("admin · admin")
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_dashboards_are_left_by_a_button(open_page: OpenPage, guarded: Running) -> None:
    page = signed_in(open_page, guarded, "/", 400)
    expect(page.get_by_role("link", name="Console")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_on_a_phone_the_tools_of_the_graph_stand_beside_it(open_page: OpenPage, guarded: Running) -> None:
    page = settle(signed_in(open_page, guarded, "/console", 400))
    tools = page.locator(".graph-tools").bounding_box()
    canvas = page.locator(".graph-canvas").bounding_box()
    assert tools is not None
    assert canvas is not None
    assert tools["y"] + tools["height"] <= canvas["y"] + 1
