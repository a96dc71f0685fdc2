"""Dashboards in a real browser, on a real server: what readers see, click, type, send and keep."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.games import CONTINENTS, ROWS, add, total
from browser.holding import Held, until
from browser.visuals import MEDALS, card, choose, click_bar, drawn, expect, expect_state, settle, state, visual, whole
from server.serving import Running, serving

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


def requests_of(page: Page) -> list[dict]:
    """Questions for data that the page asks from now on."""
    asked: list[dict] = []
    page.on("request", lambda r: asked.append(json.loads(r.post_data or "{}")) if r.url.endswith("/data") else None)
    return asked


# --- what is shown ---


def test_a_page_shows_the_numbers_of_its_tables(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    assert page.title() == "Games · Ingot"
    expect(card(page, "gold")).to_have_text(whole(total("gold")))
    newest = sum(total("budget", day=f"2021-{month}-01") for month in (10, 11, 12))
    expect(card(page, "budget")).to_have_text(f"€{newest:,.2f}")
    expect(visual(page, "budget").locator(".card-label")).to_have_text("2 Sept 2021 – 1 Dec 2021")
    expect(visual(page, "countries").locator("tfoot")).to_contain_text(whole(total("gold")))
    expect(page.locator(".freshness")).to_contain_text("Data as of")


def test_every_kind_is_drawn_and_a_broken_one_says_where_it_is_broken(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/kinds"))
    expect(page.locator(".chart:has(canvas)")).to_have_count(13)
    expect(visual(page, "matrix").locator("tfoot")).to_contain_text(whole(total("gold")))
    broken = visual(page, "broken")
    expect(broken).to_contain_text("did you mean 'country'?")
    assert re.search(r"dashboards/games\.yml:\d+", broken.inner_text())


def test_long_tables_hold_only_the_rows_in_sight(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/kinds"))
    table = visual(page, "all-rows")
    expect(table.locator("table")).to_have_attribute("aria-rowcount", str(len(ROWS) + 1))
    assert table.locator("tbody tr").count() < 100
    table.locator(".table-scroll").evaluate("node => { node.scrollTop = node.scrollHeight }")
    expect(table.locator(f'tr[aria-rowindex="{len(ROWS) + 1}"]')).to_be_visible()


# --- tables and matrices ---


def texts(rows: Locator) -> list[str]:
    return [text.strip() for text in rows.all_inner_texts()]


def test_groups_of_a_matrix_have_subtotals_and_are_sorted_by_them(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/kinds"))
    matrix = visual(page, "matrix")
    heads = matrix.locator("tbody tr.is-subtotal-row th")
    assert texts(heads) == ["Americas, total", "Asia, total", "Europe, total", "(blank), total"]
    europe = matrix.locator("tbody tr", has=page.get_by_text("Europe, total"))
    expect(europe.locator("td").nth(-2)).to_have_text(whole(total("gold", continent="Europe")))
    expect(matrix.locator("thead tr").first.locator("th.is-group")).to_have_text(["Men", "Women", "Total"])

    gold = matrix.get_by_role("columnheader", name="Gold").last
    gold.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(gold).to_have_attribute("aria-sort", "descending")
    expect(gold.get_by_role("button")).to_be_focused()
    by_gold = sorted({row["continent"] for row in ROWS}, key=lambda continent: -total("gold", continent=continent))
    expect(heads).to_have_text([f"{continent or '(blank)'}, total" for continent in by_gold])
    within = [c for c in sorted(CONTINENTS, key=lambda c: -total("gold", country=c)) if CONTINENTS[c] == by_gold[0]]
    assert [text for text in texts(matrix.locator("tbody tr th:nth-child(2)")) if text in within] == within
    expect(matrix.locator("thead tr").first.locator("th.is-group")).to_have_text(["Men", "Women", "Total"])

    page.keyboard.press("Enter")
    expect(heads).to_have_text([f"{continent or '(blank)'}, total" for continent in reversed(by_gold)])
    page.keyboard.press("Enter")
    expect(gold).not_to_have_attribute("aria-sort", re.compile("."))
    matrix.get_by_role("columnheader", name="Country").get_by_role("button").click()
    matrix.get_by_role("columnheader", name="Country").get_by_role("button").click()
    expect(heads).to_have_text(["(blank), total", "Asia, total", "Europe, total", "Americas, total"])


def test_a_subtotal_of_a_matrix_filters_by_its_group(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/kinds"))
    visual(page, "matrix").get_by_text("Europe, total").click()
    expect_state(page, {"s": {"matrix": [{"continent": "Europe"}]}})
    expect(visual(page, "matrix").locator("tr.is-selected")).to_have_count(4)
    visual(page, "matrix").get_by_text("Japan", exact=True).click(modifiers=["Control"])
    expect_state(page, {"s": {"matrix": [{"continent": "Asia", "country": "Japan"}]}})


def test_rows_of_a_table_are_sorted_by_its_heads_with_the_keyboard(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    head = visual(page, "countries").get_by_role("columnheader", name="Gold")
    head.get_by_role("button").focus()
    for direction, place in (("descending", -1), ("ascending", 0)):
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-sort", direction)
        expect(head.get_by_role("button")).to_be_focused()
        wanted = sorted(CONTINENTS, key=lambda country: total("gold", country=country))[place]
        expect(visual(page, "countries").locator("tbody tr td").first).to_have_text(wanted)


def test_the_rows_behind_a_row_have_what_its_query_computed(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/country"))
    visual(page, "years-by-country").locator("tbody tr", has_text="Japan").click(button="right")
    page.get_by_role("menuitem", name="Show the rows behind this").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("tbody tr").first).to_contain_text("Japan")
    rows = [row for row in ROWS if row["country"] == "Japan" and row["day"] < "2021-04-01"]
    expect(dialog).to_contain_text(f"Rows 1 to {len(rows)}")


def test_names_of_days_and_months_stand_as_in_a_calendar(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/country"))
    axes = """node => {
      const { xAxis, yAxis } = echarts.getInstanceByDom(node).getOption();
      return [xAxis[0].data, yAxis[0].data];
    }"""
    months, days = visual(page, "calendar").locator(".chart-canvas").evaluate(axes)
    assert [months[0], months[1], months[-1]] == ["January", "February", "December"]
    assert sorted(days, key=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index) == days


# --- clicks ---


def test_a_click_on_a_bar_filters_the_others_and_not_itself(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    asked = requests_of(page)
    click_bar(page, "places", 0)
    expect(card(page, "gold")).to_have_text(whole(total("gold", continent="Europe")))
    expect_state(page, {"s": {"places": [{"continent": "Europe"}]}})
    assert len(asked) == 1
    assert "places" not in asked[0]["visuals"]
    click_bar(page, "places", 1, modifiers=["Control"])
    both = total("gold", continent="Europe") + total("gold", continent="Asia")
    expect(card(page, "gold")).to_have_text(whole(both))
    expect(page.locator(".chip")).to_contain_text("Europe · Asia")
    page.keyboard.press("Escape")
    expect(card(page, "gold")).to_have_text(whole(total("gold")))
    expect_state(page, {})


def test_a_highlight_is_drawn_over_the_whole(open_page: OpenPage) -> None:
    page = settle(open_page(f'{MEDALS}?s={{"sports":[{{"sport":"Judo"}}]}}'))
    expect(card(page, "gold")).to_have_text(whole(total("gold", sport="Judo")))
    drawn = "node => echarts.getInstanceByDom(node).getOption().series.map(s => s.data.map(d => d?.value ?? d))"
    behind, before = visual(page, "places").locator(".chart-canvas").evaluate(drawn)
    assert sorted(behind)[-1] == total("gold", continent="Europe")
    assert before[behind.index(sorted(behind)[-1])] == total("gold", continent="Europe", sport="Judo")


def golds_of_continents(gender: str) -> list[float]:
    """The golds of each continent, the highest first."""
    return sorted((total("gold", continent=c, gender=gender) for c in set(CONTINENTS.values())), reverse=True)


JUDO = '/dashboards/games/highlights?s={"sports":[{"sport":"Judo"}]}'


def bright(page: Page, name: str) -> dict[float, float]:
    """Of the marks of a chart that are filled in part: their values, and how much of each is bright."""
    fills = drawn(page, name, "[d.value, d.itemStyle?.color?.colorStops?.[1].offset]")
    return {value: share for series in fills for value, share in series if share is not None}


def test_a_highlighted_part_fills_the_bars_tiles_and_stages_of_the_whole(open_page: OpenPage) -> None:
    page = settle(open_page(JUDO))
    for name, group in (("stacked", ("continent", "gender")), ("treemap", ("country",)), ("funnel", ("country",))):
        shares = bright(page, name)
        for row in ROWS:
            where = {field: row[field] for field in group}
            assert shares[total("gold", **where)] == pytest.approx(
                total("gold", sport="Judo", **where) / total("gold", **where)
            )
    both = bright(page, "two")
    for measure in ("gold", "silver"):
        asia = total(measure, continent="Asia")
        assert both[asia] == pytest.approx(total(measure, continent="Asia", sport="Judo") / asia)
    women, everybody = total("gold", continent="Asia", gender="Women"), total("gold", continent="Asia")
    part = total("gold", continent="Asia", gender="Women", sport="Judo")
    [found] = [share for value, share in bright(page, "shares-of").items() if value == pytest.approx(women / everybody)]
    assert found == pytest.approx(part / women)


def test_a_highlighted_part_of_a_ring_is_a_part_of_each_slice(open_page: OpenPage) -> None:
    page = settle(open_page(JUDO))
    [slices] = drawn(page, "donut", "[d.name, d.value]")
    for gender in ("Women", "Men"):
        part = total("gold", gender=gender, sport="Judo")
        assert [gender, part] in slices
        assert [gender + "\u200b", total("gold", gender=gender) - part] in slices
    names = "node => echarts.getInstanceByDom(node).getOption().legend[0].data"
    assert sorted(visual(page, "donut").locator(".chart-canvas").evaluate(names)) == ["Men", "Women"]


def test_a_highlighted_part_is_a_line_before_the_whole(open_page: OpenPage) -> None:
    page = settle(open_page(JUDO))
    golds, silvers, part, other = drawn(page, "line", "d.value[1]")
    for month, day in enumerate(sorted({row["day"] for row in ROWS})):
        assert (golds[month], part[month]) == (total("gold", day=day), total("gold", day=day, sport="Judo"))
        assert (silvers[month], other[month]) == (total("silver", day=day), total("silver", day=day, sport="Judo"))


def test_what_cannot_be_told_as_part_of_a_whole_is_filtered(open_page: OpenPage) -> None:
    page = settle(open_page(JUDO))
    _, golds = drawn(page, "rates", "d.value")  # a share is no part of a share
    assert sorted(golds)[-1] == max(total("gold", continent=c, sport="Judo") for c in set(CONTINENTS.values()))
    ranked = sorted((total("gold", country=country, sport="Judo") for country in CONTINENTS), reverse=True)
    assert drawn(page, "first", "d.value") == [ranked[:2]]  # the first two of the part are others than of the whole
    assert drawn(page, "own", "d.value") == [ranked[:2]]
    areas = drawn(page, "areas", "d.value[1]")
    assert sum(map(sum, areas)) == total("gold", sport="Judo")


@pytest.mark.parametrize("gender", ["Women", "Men"])
def test_bars_are_clicked_when_those_beside_them_are_gone(open_page: OpenPage, gender: str) -> None:
    page = settle(open_page("/dashboards/games/highlights"))
    page.locator(".tile", has_text=re.compile(f"^{gender}$")).click()
    europe = total("gold", continent="Europe", gender=gender)
    until(page, lambda: drawn(page, "stacked", "d?.value ?? d"), [golds_of_continents(gender)])
    canvas = visual(settle(page), "stacked").locator(".chart-canvas")
    canvas.scroll_into_view_if_needed()
    place = canvas.evaluate(
        f"node => echarts.getInstanceByDom(node).convertToPixel({{xAxisIndex: 0, yAxisIndex: 0}}, [0, {europe / 2}])"
    )
    canvas.click(position={"x": place[0], "y": place[1]})
    expect_state(page, {"f": {"gender": ["in", gender]}, "s": {"stacked": [{"continent": "Europe", "gender": gender}]}})


def test_drilling_goes_down_by_double_click_and_up_by_the_button(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    click_bar(page, "places", 0, click_count=2)
    expect(visual(page, "places").locator(".visual-crumbs")).to_contain_text("Europe")
    expect(card(page, "gold")).to_have_text(whole(total("gold", continent="Europe")))
    expect_state(page, {"d": {"places": {"path": [{"field": "continent", "value": "Europe"}], "level": 1}}})
    visual(page, "places").get_by_role("button", name="Drill up").click()
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


def test_drilling_through_opens_the_other_page_with_the_value_and_leads_back(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    click_bar(page, "places", 0, button="right")
    page.get_by_role("menuitem", name="Drill through to Country").click()
    expect(page.locator(".chip-label")).to_have_text("Continent")
    expect(card(page, "medals-of-it")).to_have_text(whole(total("gold", continent="Europe")))
    page.get_by_role("button", name="Back", exact=True).click()
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


def test_the_rest_beyond_the_top_cannot_be_selected(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/kinds"))
    click_bar(page, "others", 2)
    assert state(page) == {}


# --- slicers and the address ---


def test_slicers_filter_and_the_address_brings_the_view_back(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    page.locator(".tile", has_text="Women").click()
    page.locator(".pill", has_text="Country").click()
    page.get_by_placeholder("Search").fill("republic")
    expect(page.locator(".choice")).to_have_count(1)
    page.locator(".choice input").check()
    page.keyboard.press("Escape")
    wanted = whole(total("gold", gender="Women", country="People's Republic of China"))
    expect(card(page, "gold")).to_have_text(wanted)
    again = settle(open_page(page.url.removeprefix("http://").partition("/")[2].join(["/", ""])))
    expect(card(again, "gold")).to_have_text(wanted)
    expect(visual(again, "genders").locator(".visual-unreached")).to_have_attribute("title", "Not filtered by Country")
    page.go_back()
    expect(card(page, "gold")).to_have_text(whole(total("gold", gender="Women")))
    page.go_forward()
    page.get_by_role("button", name="Clear all").click()
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


def test_a_range_and_the_newest_days_filter(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    page.locator(".pill", has_text="Gold").click()
    page.get_by_label("Gold, from").first.fill("4")
    page.keyboard.press("Tab")
    expect(card(page, "gold")).to_have_text(whole(sum(row["gold"] for row in ROWS if row["gold"] >= 4)))
    page.keyboard.press("Escape")
    page.locator(".pill", has_text="Day").click()
    page.get_by_role("button", name="Last 5 years").click()
    expect(page.locator(".chip", has_text="Last 5 years")).to_be_visible()
    expect_state(page, {"f": {"gold": ["between", 4, None], "day": ["last", "5", "year"]}})


def test_the_newest_weeks_are_counted_back_from_today(open_page: OpenPage) -> None:
    """The rows are of the first of each month: a day sooner or later is the same to a middle of June."""
    weeks = (datetime.datetime.now(datetime.UTC).date() - datetime.date(2021, 6, 15)).days // 7
    page = settle(open_page(MEDALS))
    page.locator(".pill", has_text="Day").click()
    page.get_by_label("How many").fill(str(weeks))
    page.get_by_label("Unit").select_option("weeks")
    page.get_by_role("button", name="Apply").click()
    since = sum(row["gold"] for row in ROWS if row["day"] > "2021-06-15")
    expect(card(page, "gold")).to_have_text(whole(since))
    expect(page.locator(".chip")).to_contain_text(f"Last {weeks} weeks")
    expect_state(page, {"f": {"day": ["last", str(weeks), "week"]}})


def test_what_is_typed_into_a_range_stays_when_its_ends_come(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    held = Held(page, "**/values")
    page.locator(".pill", has_text="Gold").click()
    held.wait_for(1)
    page.get_by_label("Gold, from").first.fill("4")
    held.let_go(0)
    expect(page.locator(".range-track")).to_be_visible()
    page.keyboard.press("Tab")
    expect(card(page, "gold")).to_have_text(whole(sum(row["gold"] for row in ROWS if row["gold"] >= 4)))


def test_a_range_of_days_fits_its_panel(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS, width=1400))
    page.locator(".pill", has_text="When").click()
    panel = page.locator(".slicer-panel")
    expect(panel.locator(".range-track")).to_be_visible()
    assert panel.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_a_range_of_days_tells_its_first_and_last_day_and_one_day_by_its_date(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS, width=1400))
    page.locator(".pill", has_text="When").click()
    expect(page.locator(".range-end")).to_have_text(["First: 1 Jan 2021", "Last: 1 Dec 2021"])
    page.get_by_label("When, from").first.fill("2021-07-01")
    page.get_by_label("When, to").first.fill("2021-07-01")
    page.keyboard.press("Escape")
    expect(page.locator(".chip-text")).to_have_text("1 Jul 2021")


# --- rows, tables, the whole screen ---


def test_the_rows_behind_a_mark_are_shown_page_by_page(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    click_bar(page, "places", 0, button="right")
    page.get_by_role("menuitem", name="Show the rows behind this").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("tbody tr").first).to_contain_text("Europe")
    dialog.get_by_role("button", name="Next").click()
    expect(dialog).to_contain_text("Rows 101 to 200")


def test_a_chart_is_shown_as_a_table_and_fills_the_screen(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    choose(page, "places", "Show as table")
    expect(visual(page, "places").locator("tbody tr").first).to_contain_text(whole(total("gold", continent="Europe")))
    choose(page, "places", "Full screen")
    until(page, visual(page, "places").bounding_box, {"x": 0, "y": 0, "width": 1440, "height": 1000})
    page.keyboard.press("Escape")
    expect(visual(page, "places")).not_to_have_class(re.compile("is-full"))
    assert visual(page, "places").bounding_box() != {"x": 0, "y": 0, "width": 1440, "height": 1000}


# --- what changes while the page is open ---


def test_new_rows_appear_without_a_reload(open_page: OpenPage, own_games: Path) -> None:
    with serving(own_games) as running:
        page = settle(open_page(MEDALS, of=running))
        page.evaluate("window.isTheSame = true")
        add(own_games, [{**ROWS[0], "gold": 1000}])
        expect(card(page, "gold")).to_have_text(whole(total("gold") + 1000))
        assert page.evaluate("window.isTheSame")
        page.close()


def test_a_page_that_was_opened_before_its_tables_fills_with_the_first_update(
    open_page: OpenPage, own_games: Path
) -> None:
    import shutil

    from browser.games import run

    shutil.rmtree(own_games / "lake")
    with serving(own_games) as running:
        page = settle(open_page("/dashboards/games/country", of=running))
        expect(visual(page, "its-sports")).to_contain_text("has no table yet")
        run(own_games)
        expect(card(page, "medals-of-it")).to_have_text(whole(total("gold")))
        page.close()


def test_a_lost_connection_is_told_and_what_was_shown_stays(open_page: OpenPage, own_games: Path) -> None:
    with serving(own_games) as running:
        page = settle(open_page(MEDALS, of=running, excused="Failed to load resource"))
        running.end()
        expect(page.locator(".freshness")).to_contain_text("Connection lost")
        expect(card(page, "gold")).to_have_text(whole(total("gold")))


def test_a_server_that_is_gone_once_it_has_greeted_is_no_error_of_the_page(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS, excused="Failed to load resource"))
    page.route("**/api/v1/dashboards/games", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/dashboards/games")):
        page.evaluate("dispatchEvent(new Event('online'))")  # it connects again and is told the versions
    page.evaluate("new Promise(requestAnimationFrame)")  # by then an error that nobody has caught is told
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


# --- for everybody ---


def test_everything_can_be_done_with_the_keyboard(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    visual(page, "places").locator(".chart").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#announcements")).to_have_text(f"Asia: {whole(total('gold', continent='Asia'))}, 2 of 4")
    page.keyboard.press("Enter")
    expect(card(page, "gold")).to_have_text(whole(total("gold", continent="Asia")))
    settle(page)
    visual(page, "countries").locator("tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until(page, lambda: list(state(page).get("s", {})), ["countries"])
    visual(page, "places").locator(".visual-more").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Show the rows behind this")).to_be_focused()
    page.keyboard.press("Escape")
    expect(visual(page, "places").locator(".visual-more")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [f'{MEDALS}?f={{"gender":["in","Men"]}}&s={{"places":[{{"continent":"Asia"}}]}}', "/dashboards/games/kinds", "/"],
)
def test_the_rules_of_axe_pass(open_page: OpenPage, path: str, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(path, theme=theme)
    page.wait_for_selector("[aria-busy=false]")
    if path != "/":
        settle(page)
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


def test_months_and_ages_are_told_by_the_dashboards_clocks_and_in_english(open_page: OpenPage, own_games: Path) -> None:
    """Midnight of the first in Berlin is the last of the month before in UTC."""
    (own_games / "ingot.yml").write_text("name: games\nconfiguration: {spark.sql.session.timeZone: Europe/Berlin}\n")
    query = "SELECT date_trunc('month', CAST(day AS TIMESTAMP)) AS month, sum(gold) AS n FROM gold.medals GROUP BY 1"
    (own_games / "dashboards/months.yml").write_text(
        f'locale: de-CH\nvisuals:\n  - {{title: Months, kind: table, sql: "{query}", sort: month}}\n'
    )
    with serving(own_games) as running:
        page = settle(open_page("/dashboards/months", of=running))
        expect(visual(page, "months").locator("tbody tr").first).to_contain_text("1. Jan. 2021, 00:00")
        expect(page.locator(".freshness-text")).to_contain_text(re.compile("just now|ago"))
        page.close()


@pytest.mark.parametrize("path", [MEDALS, "/dashboards/games/kinds", "/"])
def test_a_phone_shows_one_column(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=400)
    page.wait_for_selector("[aria-busy=false]")
    if path != "/":
        settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    lefts = page.locator("[data-visual]").evaluate_all("nodes => nodes.map(node => node.getBoundingClientRect().left)")
    assert len(set(lefts)) <= 1


def test_slicers_are_in_a_sheet_on_a_phone(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS, width=400))
    expect(page.locator(".tile").first).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    page.locator(".tile", has_text="Women").click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".tile").first).to_be_hidden()
    expect(card(page, "gold")).to_have_text(whole(total("gold", gender="Women")))
    expect(page.locator(".slicer-toggle")).to_contain_text("1")


def test_the_chosen_theme_is_there_before_the_page_is(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS, theme="light"))
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(13, 16, 21)")
    page.add_init_script(
        "new MutationObserver(() => { if (document.body) window.firstTheme ??= document.documentElement.dataset.theme; })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.reload()
    settle(page)
    assert page.evaluate("window.firstTheme") == "dark"


def test_a_page_weighs_little(open_page: OpenPage, served: Running) -> None:
    """What a first visit transfers, and that the map's shapes are loaded only for a map."""
    page = settle(open_page(MEDALS))
    sizes = page.evaluate("performance.getEntriesByType('resource').map(entry => [entry.name, entry.transferSize])")
    assert sum(size for _, size in sizes) < 600_000
    assert not [name for name, _ in sizes if name.endswith("world.json")]


def test_a_category_has_the_colour_that_its_author_gave_it(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    colors = "node => echarts.getInstanceByDom(node).getOption().series[0].data.map(d => [d.name, d.itemStyle.color])"
    assert dict(visual(page, "genders").locator(".chart-canvas").evaluate(colors))["Women"] == "#aa3377"


def test_years_are_names_and_not_amounts(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/country"))
    expect(visual(page, "its-years").locator("tbody td").first).to_have_text("2021")


def test_a_dimension_that_is_written_out_filters_the_others(open_page: OpenPage) -> None:
    page = settle(open_page(f'{MEDALS}?s={{"halves":[{{"quarter(day)":1}}]}}'))
    first = sum(row["gold"] for row in ROWS if row["day"] < "2021-04-01")
    expect(card(page, "gold")).to_have_text(whole(first))


def test_what_nothing_else_has_filters_nothing_else(open_page: OpenPage) -> None:
    page = settle(open_page(f'{MEDALS}?s={{"own-words":[{{"shouted":"JUDO"}}]}}'))
    expect(card(page, "gold")).to_have_text(whole(total("gold")))
    expect(visual(page, "gold").locator(".visual-unreached")).to_have_attribute("title", "Not filtered by Shouted")
