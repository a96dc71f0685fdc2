"""What readers do faster than the server answers: what is shown is what was asked last, and nothing breaks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.games import ROWS, add, total
from browser.holding import Held, until
from browser.visuals import MEDALS, card, choose, click_bar, drawn, expect, settle, visual, whole
from server.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
JUDO = json.dumps([{"field": "sport", "op": "in", "values": ["Judo"]}])


def test_a_view_that_is_come_back_to_past_an_unanswered_one_is_drawn_as_it_was(open_page: OpenPage) -> None:
    """The filtered page and the highlight over the whole have the same numbers in front, and others behind."""
    page = settle(open_page(f"{MEDALS}?t={JUDO}"))
    page.get_by_role("button", name="Remove the filter Sport: Judo").click()
    expect(card(page, "gold")).to_have_text(whole(total("gold")))
    places = [bar["value"] for bar in drawn(page, "sports", "d")[0]]
    click_bar(page, "sports", places.index(total("gold", sport="Judo")))
    expect(card(page, "gold")).to_have_text(whole(total("gold", sport="Judo")))
    assert len(drawn(settle(page), "places", "d.value ?? d")) == 2
    held = Held(page, "**/data")
    page.go_back()
    held.wait_for(1)
    page.go_back()
    held.wait_for(2)  # the bars that were clicked were not filtered by themselves
    held.let_go(1)
    expect(page.locator(".chip-label")).to_have_text("Sport")
    [bars] = drawn(settle(page), "places", "d.value ?? d")
    assert max(bars) == total("gold", continent="Europe", sport="Judo")


def test_what_failed_is_over_with_the_view_that_asked_for_it(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS, excused="Failed to load resource"))
    held = Held(page, "**/data")
    click_bar(page, "places", 0)
    held.wait_for(1)
    held.fail(0)
    expect(visual(page, "gold")).to_contain_text("the server does not answer")
    page.go_back()
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


def test_an_answer_to_an_older_click_is_not_shown(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    held = Held(page, "**/data")
    click_bar(page, "places", 0)
    held.wait_for(1)
    click_bar(page, "places", 1)
    held.wait_for(2)
    held.let_go(1)
    expect(card(page, "gold")).to_have_text(whole(total("gold", continent="Asia")))
    settle(page)


def test_a_visual_that_kept_its_answer_gets_the_rows_that_others_have_seen(
    open_page: OpenPage, own_games: Path
) -> None:
    """A click asks the other visuals only, and finds new rows before the page has heard of them."""
    with serving(own_games) as running:
        page = settle(open_page(MEDALS, of=running, excused="Failed to load resource"))
        expect(page.locator(".freshness")).to_contain_text("Data as of")
        page.route("**/live", lambda route: route.abort())
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator(".freshness")).to_contain_text("Connection lost")
        add(own_games, [{**ROWS[0], "gold": 1000}])
        click_bar(page, "places", 0)
        expect(card(page, "gold")).to_have_text(whole(total("gold", continent="Europe") + 1000))
        assert drawn(settle(page), "places", "d.value")[0][0] == total("gold", continent="Europe")
        page.unroute("**/live")
        page.evaluate("dispatchEvent(new Event('online'))")
        europe = total("gold", continent="Europe")
        until(page, lambda: drawn(page, "places", "d.value")[0][0], europe + 1000)
        page.close()


def test_rows_behind_a_mark_are_those_that_were_asked_last(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    held = Held(page, "**/rows")
    choose(page, "countries", "Show the rows behind this")
    dialog = page.get_by_role("dialog")
    following = dialog.get_by_role("button", name="Next")
    held.wait_for(1)
    expect(following).to_be_disabled()
    held.let_go(0)
    following.dblclick()
    held.wait_for(3)
    held.let_go(2)
    expect(dialog).to_contain_text("Rows 101 to 200")
    following.click()
    dialog.get_by_role("button", name="Previous").click()
    held.wait_for(5)
    held.let_go(4)
    expect(dialog).to_contain_text("Rows 1 to 100")
    first = dialog.locator("tbody tr").first.inner_text()
    held.let_go(3)
    held.let_go(1)
    expect(dialog).to_contain_text("Rows 1 to 100")
    assert dialog.locator("tbody tr").first.inner_text() == first


def test_a_page_that_is_left_from_full_screen_leaves_nothing_behind(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    choose(page, "places", "Full screen")
    click_bar(page, "places", 0, button="right")
    page.get_by_role("menuitem", name="Drill through to Country").click()
    expect(card(page, "medals-of-it")).to_have_text(whole(total("gold", continent="Europe")))
    page.get_by_role("button", name="Theme").click()
    expect(page.get_by_role("menuitemradio", name="Dark")).to_be_visible()
    expect(page.locator("body")).not_to_have_class(re.compile("has-full"))


def test_a_panel_is_closed_with_the_page_it_belongs_to(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    page.locator(".tile", has_text="Women").click()
    page.locator(".pill", has_text="Country").click()
    expect(page.locator(".slicer-panel")).to_be_visible()
    page.go_back()
    expect(page.locator(".slicer-panel")).to_have_count(0)
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


def test_a_handle_that_was_moved_is_told_when_its_panel_is_closed_at_once(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    page.locator(".pill", has_text="Gold").click()
    expect(page.locator(".range-track")).to_be_visible()
    page.get_by_role("slider", name="Gold, from").evaluate(
        """node => {
          node.value = "4";
          node.dispatchEvent(new Event("input", { bubbles: true }));
          document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
        }"""
    )
    expect(card(page, "gold")).to_have_text(whole(sum(row["gold"] for row in ROWS if row["gold"] >= 4)))


def test_a_number_that_was_typed_counts_when_one_clicks_elsewhere(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    page.locator(".pill", has_text="Gold").click()
    page.get_by_label("Gold, from").first.fill("4")
    page.locator("h1").click()
    expect(card(page, "gold")).to_have_text(whole(sum(row["gold"] for row in ROWS if row["gold"] >= 4)))


def test_a_long_table_stays_where_it_was_scrolled_to(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/kinds"))
    scroll = visual(page, "all-rows").locator(".table-scroll")
    scroll.evaluate("node => { node.scrollTop = 6000 }")
    row = visual(page, "all-rows").locator('tr[aria-rowindex="182"]')
    row.click()
    expect(row).to_have_class(re.compile("is-selected"))
    assert scroll.evaluate("node => node.scrollTop") > 5000


def test_charts_whose_script_did_not_load_are_drawn_when_one_tries_again(open_page: OpenPage) -> None:
    page = open_page("/", excused="Failed to load resource")
    page.route("**/echarts.min.js", lambda route: route.abort())
    page.goto(MEDALS)
    expect(visual(page, "places")).to_contain_text("the charts' script did not load")
    page.unroute("**/echarts.min.js")
    visual(page, "places").get_by_role("button", name="Try again").click()
    expect(visual(page, "places").locator("canvas")).to_be_visible()
    expect(visual(settle(page), "genders").locator("canvas")).to_be_visible()
