"""A dashboard that is a file, opened in a browser without a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.games import ROWS, total
from browser.holding import until
from browser.visuals import card, click_bar, drawn, expect, settle, visual, whole
from ingot.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="module")
def medals_file(games: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("exported") / "games.html"
    arguments = ["dashboard", "export", "games", "--page", "medals", "--max-mb", "2", "--output", str(file)]
    assert main(["-C", str(games), *arguments]) == 0
    return file


def test_a_file_works_without_a_server_and_asks_for_nothing(open_page: OpenPage, medals_file: Path) -> None:
    page = open_page(medals_file.as_uri())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    number = card(page, "gold")
    expect(number).to_have_text(whole(total("gold")))
    page.get_by_role("button", name="Women").click()
    expect(number).to_have_text(whole(total("gold", gender="Women")))
    page.get_by_role("button", name="Country All").click()  # a second choice, and a third
    page.get_by_role("group", name="Country").get_by_text("France").click()
    page.get_by_role("group", name="Country").get_by_text("Japan").click()
    page.keyboard.press("Escape")
    both = sum(total("gold", gender="Women", country=country) for country in ("France", "Japan"))
    expect(number).to_have_text(whole(both))
    shouted = visual(page, "own-words")
    expect(shouted).to_contain_text("does not hold the answer")  # a query that is no sum, with three choices
    expect(shouted.get_by_role("button", name="Try again")).to_have_count(0)  # the file would answer as it did
    for _ in range(3):
        page.go_back()
    expect(number).to_have_text(whole(total("gold")))
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == []


def ranked(field: str, **where: str) -> list[str]:
    """The values of a field, that of the most golds first."""
    values = {row[field] for row in ROWS if all(row[key] == value for key, value in where.items())}
    return sorted(values, key=lambda value: -total("gold", **{field: value}, **where))


def golds(field: str, **where: str) -> list[float]:
    """The golds of each value of a field, the most first."""
    return [total("gold", **{field: value}, **where) for value in ranked(field, **where)]


def bars(page: Page, name: str) -> list[list[float]]:
    return drawn(page, name, "d?.value ?? d")


def test_a_click_on_a_bar_of_a_file_filters_the_others(open_page: OpenPage, medals_file: Path) -> None:
    page = settle(open_page(medals_file.as_uri()))
    click_bar(page, "places", 0)
    expect(card(page, "gold")).to_have_text(whole(total("gold", continent="Europe")))
    until(page, lambda: bars(page, "sports"), [golds("sport", continent="Europe")])
    assert bars(page, "places") == [golds("continent")]
    click_bar(page, "places", 1, modifiers=["Control"])
    both = total("gold", continent="Europe") + total("gold", continent="Asia")
    expect(card(page, "gold")).to_have_text(whole(both))
    expect(page.locator(".chip")).to_contain_text("Europe · Asia")
    page.keyboard.press("Escape")
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


def test_a_highlight_in_a_file_is_drawn_over_the_whole(open_page: OpenPage, medals_file: Path) -> None:
    page = settle(open_page(medals_file.as_uri()))
    sport = ranked("sport")[1]
    click_bar(page, "sports", 1)
    expect(card(page, "gold")).to_have_text(whole(total("gold", sport=sport)))
    parts = [total("gold", continent=continent, sport=sport) for continent in ranked("continent")]
    until(page, lambda: bars(page, "places"), [golds("continent"), parts])


def test_a_file_is_drilled_into_and_out_of(open_page: OpenPage, medals_file: Path) -> None:
    page = settle(open_page(medals_file.as_uri()))
    click_bar(page, "places", 0, click_count=2)
    expect(visual(page, "places").locator(".visual-crumbs")).to_contain_text("Europe")
    expect(card(page, "gold")).to_have_text(whole(total("gold", continent="Europe")))
    until(page, lambda: bars(page, "places"), [golds("country", continent="Europe")])
    visual(page, "places").get_by_role("button", name="Drill up").click()
    expect(card(page, "gold")).to_have_text(whole(total("gold")))
    visual(page, "places").get_by_role("button", name="Go to the next level: Country").click()
    until(page, lambda: bars(page, "places"), [golds("country")])
