"""The dashboards of the examples, as their readers see them: each page, on a wide screen and on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.visuals import expect, settle
from ingot.cli import main
from lakes_of_examples import EXAMPLES, with_lake
from server.serving import Running, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
NAMES = sorted(path.parent.parent.name for path in EXAMPLES.glob("*/dashboards/*.yml"))
SCREENS = {"wide": 1440, "phone": 400}


@dataclass(frozen=True)
class Example:
    folder: Path
    served: Running
    dashboard: str
    pages: list[str]


@pytest.fixture(scope="module")
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """An example with its tables and a server; the tests of one come together."""
    folder = with_lake(request.param, tmp_path_factory.mktemp("examples"))
    [path] = (folder / "dashboards").glob("*.yml")
    with serving(folder) as served:
        spec = served.get(f"/api/v1/dashboards/{path.stem}").json()
        yield Example(folder, served, path.stem, [page["name"] for page in spec["pages"]])


def test_each_example_has_its_dashboard() -> None:
    assert NAMES == ["adventure_works", "ecommerce", "netflix", "tokyo_olympics"]


@pytest.mark.parametrize(
    ("example", "screen", "theme"),
    [
        ("tokyo_olympics", "wide", "light"),
        ("tokyo_olympics", "phone", "dark"),
        ("netflix", "phone", "light"),
        ("ecommerce", "wide", "dark"),
        ("adventure_works", "phone", "light"),
    ],
    indirect=["example"],
)
def test_each_page_is_whole_and_for_everybody(open_page: OpenPage, example: Example, screen: str, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for page in each_page(open_page, example, screen, theme):
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == [], page.url


@pytest.mark.parametrize("example", ["tokyo_olympics"], indirect=True)
@pytest.mark.parametrize(("screen", "theme"), [("wide", "dark"), ("phone", "light")])
def test_each_page_is_whole_on_the_other_screen_in_either_theme(
    open_page: OpenPage, example: Example, screen: str, theme: str
) -> None:
    assert len(list(each_page(open_page, example, screen, theme))) == 4


def each_page(open_page: OpenPage, example: Example, screen: str, theme: str) -> Iterator[Page]:
    """The pages of a dashboard one after the other, each with all that it shows, and no wider than the screen."""
    page = open_page("/", width=SCREENS[screen], theme=theme, of=example.served)
    for name in example.pages:
        page.goto(f"/dashboards/{example.dashboard}/{name}")
        settle(page)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(page.get_by_role("group", name="Error")).to_have_count(0)
        expect(page.locator(".note-empty")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") == SCREENS[screen], name
        yield page


FORMATS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "html": b"<!doctype html>"}


@pytest.mark.parametrize("example", NAMES, indirect=True)
def test_each_page_is_exported(example: Example, tmp_path: Path) -> None:
    for number, one in enumerate(example.pages):
        form = list(FORMATS)[number % len(FORMATS)]
        file = tmp_path / f"{one}.{form}"
        arguments = ["dashboard", "export", example.dashboard, "--page", one, "--format", form, "--output", str(file)]
        assert main(["-C", str(example.folder), *arguments]) == 0, one
        assert file.read_bytes().startswith(FORMATS[form])
