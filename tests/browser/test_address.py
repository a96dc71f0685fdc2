"""The state of a view in its address: what a reader's choices become, and what is read from addresses that are broken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

import pytest

from browser.games import CONTINENTS, total
from browser.holding import until
from browser.visuals import MEDALS, card, drawn, expect, expect_state, settle, visual, whole
from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]
EMPTY = {"f": {}, "s": {}, "d": {}, "o": {}, "t": [], "r": None}
DOWN = {"places": {"path": [{"field": "continent", "value": "Asia"}], "level": 1}}
WHOLE = {
    "f": {"gender": ["in", "Women", None], "gold": ["between", 1, None], "day": None},
    "s": {"places": [{"continent": "Asia & co?", "sport": None}, {"continent": '"<>', "sport": 1.5}]},
    "d": DOWN,
    "o": {"places": "-golds"},
    "t": [{"field": "sport", "op": "in", "values": ["Judo"]}, {"field": "x", "values": [], "label": "X"}],
    "r": "medals",
}
BROKEN = [
    ("f", "[]"), ("f", "null"), ("f", "5"), ("f", "{"), ("f", '{"gender":"in"}'), ("f", '{"gender":["in",{"a":1}]}'),
    ("f", '{"gender":["in",["Men"]]}'), ("f", '{"gender":{"0":"in"}}'),
    ("s", '{"places":{}}'), ("s", '{"places":[null]}'), ("s", '{"places":["Asia"]}'), ("s", '{"places":[["Asia"]]}'),
    ("s", '{"places":[{"continent":"Asia"},null]}'), ("s", '{"places":[{"continent":{"a":1}}]}'), ("s", '[["places"]]'),
    ("d", '{"places":null}'), ("d", '{"places":{"path":[]}}'), ("d", '{"places":{"path":[],"level":-1}}'),
    ("d", '{"places":{"path":[],"level":"1"}}'), ("d", '{"places":{"path":[],"level":0.5}}'), ("d", '{"places":{"level":1}}'),
    ("d", '{"places":{"path":[null],"level":1}}'), ("d", '{"places":{"path":[{}],"level":1}}'),
    ("d", '{"places":{"path":[{"field":5,"value":1}],"level":1}}'),
    ("d", '{"places":{"path":[{"field":"continent","value":{}}],"level":1}}'),
    ("o", '{"places":5}'), ("o", '{"places":["golds"]}'), ("o", '"golds"'),
    ("t", "{}"), ("t", "[null]"), ("t", "[[]]"), ("t", '[{"field":5,"values":[]}]'), ("t", '[{"field":"sport"}]'),
    ("t", '[{"field":"sport","values":[{}]}]'), ("t", '[{"field":"sport","op":5,"values":["Judo"]}]'),
    ("t", '[{"field":"sport","values":["Judo"],"label":{"a":1}}]'), ("t", '[{"field":"sport","values":["Judo"]'),
]  # fmt: skip


WHAT_BROWSERS_HAVE = """
globalThis.URLSearchParams = class { constructor(parts) { this.get = (key) => parts[key] ?? null; } };
globalThis.structuredClone = (value) => JSON.parse(JSON.stringify(value));
"""


@pytest.fixture(scope="module")
def browserless() -> Iterator[Any]:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval(WHAT_BROWSERS_HAVE)
    context.eval(joined(STATIC / "js", ["state.js"]))
    yield context
    context.close()


def read(browserless: Any, **parts: str) -> dict[str, Any]:
    return json.loads(str(browserless.eval(f"JSON.stringify(ingot.readView({json.dumps(parts)}))")))


def written(browserless: Any, view: Any) -> str:
    return str(browserless.eval(f"ingot.writeView({json.dumps(view)})"))


def test_a_view_is_read_as_it_was_written(browserless: Any) -> None:
    query = written(browserless, WHOLE)
    assert re.fullmatch(r"\?[\w%&=.'()*~!-]+", query)
    assert read(browserless, **dict(parse_qsl(query[1:]))) == WHOLE
    assert written(browserless, EMPTY) == ""
    assert read(browserless) == EMPTY


@pytest.mark.parametrize(("key", "text"), BROKEN)
def test_a_part_that_cannot_be_read_is_left_out_and_the_others_stay(browserless: Any, key: str, text: str) -> None:
    parts = dict(parse_qsl(written(browserless, WHOLE)[1:]))
    assert read(browserless, **{**parts, key: text}) == {**WHOLE, key: EMPTY[key]}


def test_the_name_of_a_page_that_cannot_be_read_is_none(browserless: Any) -> None:
    names = ["%", "%E0%A4%A", "a%zz", "a%20b%2Fc"]
    assert str(browserless.eval(f"{json.dumps(names)}.map(ingot.readPage).join()")) == ",,,a b/c"


@pytest.mark.browser
def test_what_is_broken_in_an_address_filters_nothing_and_breaks_nothing(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    for key, text in (
        ("f", "{"),
        ("s", '{"places":[null]}'),
        ("s", '{"nope":[{"continent":"Asia"}]}'),
        ("d", '{"places":{"path":[null],"level":1}}'),
        ("o", '{"nope":"x"}'),
        ("t", '[{"field":"sport","values":[{}]}]'),
        ("r", "<img src=x>"),
    ):
        page.goto(f"{MEDALS}?{key}={quote(text)}")
        settle(page)
        expect(card(page, "gold")).to_have_text(whole(total("gold")))
        expect(page.get_by_role("group", name="Error")).to_have_count(0)


@pytest.mark.browser
def test_an_address_of_older_days_tells_what_there_is_no_longer_and_how_to_go_on(open_page: OpenPage) -> None:
    of_nothing = quote(json.dumps([{"field": "nope", "op": "in", "values": ["x"]}]))
    page = settle(open_page(f"{MEDALS}?t={of_nothing}", excused="Failed to load resource"))
    expect(visual(page, "gold")).to_contain_text("nothing in this dashboard has a field 'nope'")
    page.get_by_role("button", name="Remove the filter nope: x").click()
    expect(card(page, "gold")).to_have_text(whole(total("gold")))
    page.goto(f"{MEDALS}?o={quote(json.dumps({'places': '-nope'}))}")
    expect(visual(settle(page), "places")).to_contain_text("'Places' cannot be sorted by '-nope'")
    expect(card(page, "gold")).to_have_text(whole(total("gold")))


@pytest.mark.browser
def test_an_order_of_the_menu_is_kept_in_the_address_and_taken_back(open_page: OpenPage) -> None:
    upwards = sorted(total("gold", continent=continent) for continent in set(CONTINENTS.values()))
    page = settle(open_page(MEDALS))

    def golds() -> list[float]:
        [bars] = drawn(page, "places", "d?.value ?? d")
        return bars

    assert golds() == upwards[::-1]
    choose_order(page, "Gold, lowest first")
    expect_state(page, {"o": {"places": "golds"}})
    until(page, golds, upwards)
    page.reload()
    settle(page)
    assert golds() == upwards
    choose_order(page, "Continent, A to Z")
    expect_state(page, {"o": {"places": "continent"}})
    by_name = sorted(set(CONTINENTS.values()) - {""})
    until(page, golds, [total("gold", continent=name) for name in [*by_name, ""]])  # what has no name comes last
    visual(page, "places").locator(".visual-more").click()
    expect(page.get_by_role("menuitemradio", checked=True)).to_have_text("Continent, A to Z")
    page.get_by_role("menuitemradio", name="Continent, A to Z").click()
    expect_state(page, {})
    until(page, golds, upwards[::-1])


def choose_order(page: Page, name: str) -> None:
    visual(page, "places").locator(".visual-more").click()
    page.get_by_role("menuitemradio", name=name).click()
