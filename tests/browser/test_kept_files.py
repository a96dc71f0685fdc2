"""What readers keep of a page: files of a visual, and of the rows behind it, as CSV, as a workbook and as a picture."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from browser.games import CONTINENTS, HEAD, ROWS, total
from browser.holding import until
from browser.visuals import MEDALS, card, choose, click_bar, expect, settle, whole

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

# A message in the corner is soon gone: what it said is kept.
KEEP_WHAT_IS_TOLD = """() => new MutationObserver(() => {
  window.told = document.querySelector(".toast")?.textContent ?? window.told;
}).observe(document.body, { childList: true, subtree: true })"""


def kept(page: Page, take: Callable[[], None], name: str) -> bytes:
    """The content of the file that the page gives, which has this name."""
    with page.expect_download() as download:
        take()
    assert download.value.suggested_filename == name
    return Path(download.value.path()).read_bytes()


def lines_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def cells_of(content: bytes) -> list[list[str]]:
    """The cells of a workbook's sheet as texts."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{SHEET}row")]


def golds_of_places(**conditions: str) -> list[list[str]]:
    """Continents and their golds, the most first."""
    found = {continent: total("gold", continent=continent, **conditions) for continent in CONTINENTS.values()}
    return [[name, str(gold)] for name, gold in sorted(found.items(), key=lambda item: -item[1])]


def values(texts: list[str]) -> tuple:
    *names, gold, silver, budget = texts
    return (*names, int(gold), int(silver), float(budget))


ROWS_OF_EUROPE = [tuple(row[name] for name in HEAD) for row in ROWS if row["continent"] == "Europe"]


def colours(picture: bytes) -> int:
    """How many different bytes the points of a PNG have; few if nothing is drawn on it."""
    points, place = b"", 8
    while place < len(picture):
        length, name = int.from_bytes(picture[place : place + 4], "big"), picture[place + 4 : place + 8]
        points += picture[place + 8 : place + 8 + length] if name == b"IDAT" else b""
        place += length + 12
    return len(set(zlib.decompress(points)))


def test_a_visual_is_kept_as_csv_and_as_a_workbook_as_it_is_shown(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    page.locator(".tile", has_text="Women").click()
    expect(card(page, "gold")).to_have_text(whole(total("gold", gender="Women")))
    wanted = [["Continent", "Gold"], *golds_of_places(gender="Women")]
    assert lines_of(kept(page, lambda: choose(page, "places", "Export as CSV"), "places.csv")) == wanted
    assert cells_of(kept(page, lambda: choose(page, "places", "Export as Excel"), "places.xlsx")) == wanted


def test_a_visual_is_kept_as_the_picture_of_its_chart(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    picture = kept(page, lambda: choose(page, "places", "Export as PNG"), "places.png")
    assert picture.startswith(b"\x89PNG")
    box = page.locator('[data-visual="places"] .chart-canvas').bounding_box()
    assert box is not None
    sizes = [int.from_bytes(picture[at : at + 4], "big") for at in (16, 20)]
    assert sizes == [2 * round(box["width"]), 2 * round(box["height"])]
    assert colours(picture) > 50


def test_the_rows_behind_a_mark_are_kept_all_of_them(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    click_bar(page, "places", 0, button="right")
    page.get_by_role("menuitem", name="Show the rows behind this").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("tbody tr").first).to_contain_text("Europe")
    wanted = sorted(ROWS_OF_EUROPE)
    head, *lines = lines_of(kept(page, dialog.get_by_role("button", name="CSV").click, "places-rows.csv"))
    assert [name.lower() for name in head] == HEAD
    assert sorted(map(values, lines)) == wanted
    head, *cells = cells_of(kept(page, dialog.get_by_role("button", name="Excel").click, "places-rows.xlsx"))
    assert [name.lower() for name in head] == HEAD
    for row in cells:  # a workbook counts days
        row[4] = str(datetime.date(1899, 12, 30) + datetime.timedelta(int(row[4])))
    assert sorted(map(values, cells)) == wanted


def test_a_file_that_does_not_hold_all_rows_says_so(open_page: OpenPage) -> None:
    def cut(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "x-row-count": "5000", "x-is-truncated": "true"})

    words = "The file has the first 5,000 rows; the server gives no more"
    page = settle(open_page(MEDALS))
    kept(page, lambda: choose(page, "places", "Export as CSV"), "places.csv")
    page.evaluate(KEEP_WHAT_IS_TOLD)
    page.route("**/export", cut)
    kept(page, lambda: choose(page, "places", "Export as CSV"), "places.csv")
    until(page, lambda: page.evaluate("window.told"), words)
    choose(page, "places", "Show the rows behind this")
    dialog = page.get_by_role("dialog")
    kept(page, dialog.get_by_role("button", name="CSV").click, "places-rows.csv")
    expect(dialog.get_by_role("status")).to_have_text("")
    page.route("**/rows", cut)
    kept(page, dialog.get_by_role("button", name="CSV").click, "places-rows.csv")
    expect(dialog.get_by_role("status")).to_have_text(words)
