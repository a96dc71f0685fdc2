"""A dashboard that is a file, opened in a browser without a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.games import total
from ingot.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_file_works_without_a_server_and_asks_for_nothing(
    open_page: Callable[..., Page], games: Path, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    file = tmp_path / "games.html"
    arguments = ["dashboard", "export", "games", "--page", "medals", "--max-mb", "2", "--output", str(file)]
    assert main(["-C", str(games), *arguments]) == 0
    page = open_page(file.as_uri())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    number = page.locator('[data-visual="gold"] .card-number')
    expect(number).to_have_text(f"{total('gold'):,}")
    page.get_by_role("button", name="Women").click()
    expect(number).to_have_text(f"{total('gold', gender='Women'):,}")
    page.go_back()
    expect(number).to_have_text(f"{total('gold'):,}")
    assert page.get_by_role("note").first.inner_text()  # a range says why it cannot be chosen
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == []
