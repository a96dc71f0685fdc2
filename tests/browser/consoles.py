"""What operators see of the console and do to it, on any of its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser.holding import until
from browser.visuals import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ORDERS = "/console/tables/silver/orders"
QUERY = "/console/sql?sql=SELECT%20customer%2C%20revenue%0AFROM%20gold.revenue%0AORDER%20BY%20revenue"


def settle(page: Page) -> Page:
    """Wait until the view shows what it asked for."""
    page.wait_for_selector(".view:not([aria-busy])")
    expect(page.locator(".waiting, .sql-editor-waiting, [aria-busy=true]")).to_have_count(0)
    return page


def node(page: Page, name: str) -> Locator:
    return page.locator(f'.graph-node[data-id="{name}"]')


def flow(page: Page, name: str) -> Locator:
    return page.locator(".flows tbody tr", has=page.get_by_role("link", name=name, exact=True))


def type_query(page: Page, text: str) -> None:
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def wait_for_toast(page: Page, text: str) -> None:
    """Until the page says this, or has said it since it was loaded."""
    toasts = "window.toasts.join('\\n')"
    until(page, lambda: text in page.evaluate(toasts) or page.evaluate(toasts), True)
