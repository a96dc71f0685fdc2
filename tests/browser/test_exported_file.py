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
    page.get_by_role("button", name="Country All").click()  # a second choice, and a third
    page.get_by_role("group", name="Country").get_by_text("France").click()
    page.get_by_role("group", name="Country").get_by_text("Japan").click()
    page.keyboard.press("Escape")
    both = sum(total("gold", gender="Women", country=country) for country in ("France", "Japan"))
    expect(number).to_have_text(f"{both:,}")
    shouted = page.locator('[data-visual="own-words"]')
    expect(shouted).to_contain_text("does not hold the answer")  # a query that is no sum, with three choices
    expect(shouted.get_by_role("button", name="Try again")).to_have_count(0)  # the file would answer as it did
    for _ in range(3):
        page.go_back()
    expect(number).to_have_text(f"{total('gold'):,}")
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == []
