"""Requests of a page that wait until a test lets them go on, in the order that it likes; and what comes in the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

PATIENCE_S = 60.0


def until(page: Page, ask: Callable[[], Any], wanted: Any) -> None:
    """Ask until the answer is the wanted one, for what no locator can expect; the last answer is told if it never is."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := ask()) != wanted:
        assert time.monotonic() < deadline, found
        page.evaluate("new Promise(requestAnimationFrame)")  # events are told while the page is talked to


class Held:
    """All requests to a pattern of addresses, from now on: `Held(page, "**/data")`."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page = page
        self.pattern = pattern
        self.routes: list[Route] = []
        page.route(pattern, lambda route: self.routes.append(route))

    def wait_for(self, count: int) -> None:
        """Until so many requests have come since the test began."""
        until(self.page, lambda: len(self.routes), count)

    def let_go(self, number: int) -> None:
        """The request of this number, from 0; returns once the page has heard the answer."""
        route = self.routes[number]
        with self.page.expect_event("requestfinished", lambda request: request == route.request):
            route.continue_()

    def fail(self, number: int) -> None:
        """As if there were no server."""
        route = self.routes[number]
        with self.page.expect_event("requestfailed", lambda request: request == route.request):
            route.abort()

    def end(self) -> None:
        """What comes from now on goes on at once."""
        self.page.unroute(self.pattern)
