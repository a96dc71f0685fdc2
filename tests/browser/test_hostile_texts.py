"""Texts of a project that would be markup if a page took them for it: on the pages, and in the file of a dashboard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from browser.visuals import expect, settle, visual
from ingot.cli import main
from server.serving import Running, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]

NAME = "<img src=x onerror=run(1)>"  # of a file: without a slash


def hostile(what: str) -> str:
    """A text that ends a script, an attribute and a comment, and would load a picture; one that is told from others."""
    return f"{what} </script></title>--><img src=x onerror=run(1)>\"'><b>{{{{7*7}}}}&lt;"


VALUE = f"France, {hostile('value')}"
DASHBOARD = {
    "title": hostile("title"),
    "description": hostile("words"),
    "datasets": {
        "it": {"from": "gold.medals", "measures": {"golds": {"expr": "sum(gold)", "label": hostile("measure")}}}
    },
    "slicers": [{"field": "gender", "kind": "list", "label": hostile("slicer")}],
    "pages": [
        {
            "title": hostile("page"),
            "name": "first",
            "visuals": [
                {"name": "card", "title": hostile("card"), "kind": "card", "value": "golds"},
                {
                    "name": "bars",
                    "title": hostile("bars"),
                    "description": hostile("bars' words"),
                    "kind": "bar",
                    "category": {"expr": f"concat(country, ', ', {json.dumps(hostile('value'))})", "name": "place"},
                    "value": "golds",
                },
                {"name": "rows", "title": hostile("rows"), "kind": "table", "columns": ["country", "golds"]},
                {"name": "broken", "title": hostile("broken"), "kind": "card", "value": f"sum(`{hostile('nothing')}`)"},
            ],
        },
        {"title": hostile("second"), "visuals": [{"kind": "card", "value": "golds"}]},
    ],
}


@pytest.fixture(scope="module")
def hostile_games(games: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(games, tmp_path_factory.mktemp("hostile") / "games"))
    (folder / "ingot.yml").write_text(json.dumps({"name": hostile("project")}))
    (folder / "dashboards" / f"{NAME}.yml").write_text(json.dumps(DASHBOARD))
    return folder


@pytest.fixture(scope="module")
def hostile_server(hostile_games: Path) -> Iterator[Running]:
    with serving(hostile_games) as running:
        yield running


def expect_texts(page: Page) -> None:
    """Each text of the dashboard stands where it belongs, and none has become a node."""
    settle(page)
    expect(page.locator("#dashboard-title")).to_have_text(hostile("title"))
    expect(page.get_by_role("link", name=hostile("second"), exact=True)).to_be_visible()
    expect(page.locator(".slicers")).to_contain_text(hostile("slicer"))
    for name in ("card", "bars", "rows", "broken"):
        expect(visual(page, name).get_by_role("heading")).to_have_text(hostile(name))
    expect(visual(page, "bars").locator(".visual-description")).to_have_text(hostile("bars' words"))
    expect(visual(page, "card").locator(".card-label")).to_have_text(hostile("measure"))
    expect(visual(page, "rows").get_by_role("columnheader", name=hostile("measure"))).to_be_visible()
    expect(visual(page, "broken").locator(".fault-message")).to_contain_text(hostile("nothing"))
    visual(page, "bars").locator(".chart").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip-title")).to_have_text(VALUE)
    expect(page.locator(".tip-row")).to_contain_text(hostile("measure"))
    page.keyboard.press("Enter")
    expect(page.locator(".chip-text")).to_have_text(VALUE)
    expect_no_nodes(settle(page))


def expect_no_nodes(page: Page) -> None:
    expect(page.locator('img[src="x"], b, [onerror]')).to_have_count(0)


def test_a_page_shows_markup_of_a_project_as_text(open_page: OpenPage, hostile_server: Running) -> None:
    page = open_page(f"/dashboards/{quote(NAME, safe='')}", of=hostile_server)
    expect_texts(page)
    assert page.title() == f"{hostile('title')} · Ingot"
    asked = "name => new URL(`/api/v1/dashboards/${encodeURIComponent(name)}`, location).href"
    ahead = page.locator("link[rel=preload]").evaluate("node => node.href")
    assert ahead == page.evaluate(asked, NAME)  # else the browser asks twice
    visual(page, "bars").locator(".visual-more").click()
    page.get_by_role("menuitem", name="Show the rows behind this").click()
    expect(page.get_by_role("dialog")).to_contain_text(hostile("bars"))
    expect(page.get_by_role("dialog").locator("tbody tr").first).to_contain_text("2021")
    expect_no_nodes(page)


def test_the_list_and_the_console_show_markup_of_a_project_as_text(
    open_page: OpenPage, hostile_server: Running
) -> None:
    page = open_page("/", of=hostile_server)
    expect(page.get_by_role("link", name=hostile("title"), exact=True)).to_be_visible()
    expect(page.locator(".listing-pages .badge").first).to_have_text(hostile("page"))
    expect(page.locator(".listing-entry").first).to_contain_text(hostile("words"))
    expect_no_nodes(page)
    page.get_by_role("link", name="Console").click()
    expect(page.locator("body")).to_contain_text(hostile("project"))
    page.get_by_role("button", name="List").click()
    expect(page.get_by_text(NAME, exact=True).first).to_be_visible()
    expect_no_nodes(page)


def test_a_file_shows_markup_of_a_project_as_text(open_page: OpenPage, hostile_games: Path, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    export = ["-C", str(hostile_games), "dashboard", "export", NAME, "--output", str(file)]
    assert main(export) == 1  # of the broken visual; all others are in it
    page = open_page(file.as_uri())
    expect_texts(page)
    assert page.title() == hostile("title")
