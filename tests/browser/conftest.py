"""Chromium, and servers of medals and of a shop. A test fails on any error in the console and any foreign request."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from browser.games import make_games
from server.serving import Running, copied, make_project, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_MS = 60_000  # for what always comes; a machine that is busy may take long
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip

# What a page says passingly, kept: a test that is slow, or stopped for a while, would miss it.
KEEP_TOASTS = """
    window.toasts = [];
    const keep = changes => changes.flatMap(change => [...change.addedNodes])
        .filter(node => node.classList?.contains("toast")).forEach(node => window.toasts.push(node.textContent));
    new MutationObserver(keep).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield found
        found.close()


@pytest.fixture(scope="session")
def games(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_games(tmp_path_factory.mktemp("browser") / "games")


@pytest.fixture(scope="session")
def served(games: Path) -> Iterator[Running]:
    with serving(games) as running:
        yield running


@pytest.fixture
def own_games(games: Path, tmp_path: Path) -> Path:
    """A copy of the project, for a test that changes it."""
    return Path(shutil.copytree(games, tmp_path / "games"))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("console") / "shop")


@pytest.fixture(scope="session")
def server(shop: Path) -> Iterator[Running]:
    """Of the shop, for tests that do not change it."""
    with serving(shop) as running:
        yield running


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Iterator[tuple[Path, Running]]:
    """A copy of the shop with a server of its own, for a test that changes it."""
    project = copied(shop, tmp_path)
    with serving(project) as running:
        yield project, running


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Opens a path of a server, if none is named that of the medals: open_page("/…", width=1440, theme="light")."""

    def is_trouble(message: Any, excused: str) -> bool:
        return message.type in ("error", "warning") and not (excused and excused in message.text)

    contexts = []
    troubles: list[str] = []

    def open_path(
        path: str, *, width: int = 1440, theme: Any = "light", of: Running | None = None, excused: str = ""
    ) -> Page:
        server = of or request.getfixturevalue("served")
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=theme, base_url=server.url, reduced_motion="reduce",
            has_touch=width < 700, accept_downloads=True,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(KEEP_TOASTS)
        page.on("console", lambda message: troubles.append(message.text) if is_trouble(message, excused) else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda sent: troubles.append(sent.url) if _is_foreign(sent.url, server.url) else None)
        page.goto(path)
        return page

    yield open_path
    for context in contexts:
        context.close()
    assert troubles == []


def _is_foreign(url: str, home: str) -> bool:
    return urlsplit(url).scheme in ("http", "https", "ws", "wss") and not url.startswith(home)
