from __future__ import annotations

from typing import Any

import pytest

from ingot.sources.rest.page import Page
from ingot.sources.rest.paging import linked
from sources.misbehaving import reply
from sources.rest.conftest import Query, Shop, answer_of, computed, rows


def page_of(query: Query, count: int, size: int, parameter: str = "page", first: int = 1) -> list[dict[str, int]]:
    return rows(1, count)[(int(query[parameter]) - first) * size :][:size]


def one(paging: Any, **more: Any) -> dict[str, Any]:
    return {"a": {"path": "/a", "paging": paging, **more}}


def test_page_numbers_go_on_until_a_page_is_empty_though_a_page_is_short(shop: Shop) -> None:
    pages = {"1": rows(1, 3), "2": rows(4, 4), "3": rows(5, 7), "4": []}
    shop.on("/a", computed(lambda query: pages[query["page"]]))
    shop.land(one({"kind": "page", "size": 3}))
    assert shop.ids("a") == [1, 2, 3, 4, 5, 6, 7]
    assert shop.web.paths[0] == "/a?page=1&per_page=3"


def test_page_numbers_may_begin_at_zero_and_end_where_the_answer_says(shop: Shop) -> None:
    def answer(query: Query) -> Any:
        return {"data": page_of(query, 5, 2, "p", 0), "meta": {"pages": 3}}

    shop.on("/a", computed(answer))
    shop.land(one({"kind": "page", "parameter": "p", "first": 0, "total_pages": "meta.pages"}, records="data"))
    assert shop.ids("a") == [1, 2, 3, 4, 5]
    assert sorted(shop.web.paths) == ["/a?p=0", "/a?p=1", "/a?p=2"]
    assert shop.records("a")[-1].resume is None


def test_a_total_of_records_ends_page_numbers(shop: Shop) -> None:
    shop.on("/a", computed(lambda query: answer_of(page_of(query, 4, 2), x_total_count="4")))
    shop.land(one({"kind": "page", "total": "header:X-Total-Count"}))
    assert (shop.ids("a"), len(shop.web.paths)) == ([1, 2, 3, 4], 2)


def test_has_more_ends_pages(shop: Shop) -> None:
    shop.on("/a", computed(lambda query: {"items": page_of(query, 4, 2), "more": query["page"] < "2"}))
    shop.land(one({"kind": "page", "has_more": "more"}, records="items"))
    assert (shop.ids("a"), len(shop.web.paths)) == ([1, 2, 3, 4], 2)


def test_offsets_count_what_came_for_a_server_may_give_less_than_the_limit(shop: Shop) -> None:
    shop.on("/a", computed(lambda query: {"items": rows(1, 7)[int(query["offset"]) :][:2], "total": 7}))
    shop.land(one({"kind": "offset", "limit": 100, "total": "total"}, records="items"))
    assert shop.ids("a") == [1, 2, 3, 4, 5, 6, 7]
    assert sorted(shop.web.paths) == [f"/a?offset={offset}&limit=100" for offset in (0, 2, 4, 6)]


def test_pages_whose_number_is_known_are_fetched_ahead_and_landed_in_order(shop: Shop) -> None:
    def answer(query: Query) -> Any:
        at = int(query["offset"])
        return {"items": rows(1, 40)[at:][:2] if at != 10 else rows(11, 11), "total": 40}

    shop.on("/a", computed(answer))
    shop.land(one({"kind": "offset", "total": "total"}, records="items"), parallel=8)
    assert shop.ids("a") == list(range(1, 41))  # though a page was shorter than those before it
    assert [record.page for record in shop.records("a")] == list(range(1, len(shop.records("a")) + 1))


def test_a_cursor_of_the_body_asks_for_the_next_page(shop: Shop) -> None:
    pages = {"": {"items": rows(1, 1), "meta": {"next": 17.0}}, "17.0": {"items": [], "meta": {"next": "c&d"}}}
    last = {"items": rows(2, 2), "meta": {"next": None}}
    shop.on("/a", computed(lambda query: pages.get(query.get("after", ""), last)))
    shop.land(one({"kind": "cursor", "path": "meta.next", "parameter": "after"}, records="items"))
    assert shop.web.paths == ["/a", "/a?after=17.0", "/a?after=c%26d"]
    assert shop.ids("a") == [1, 2]
    assert shop.records("a")[1].url == f"{shop.web.url}/a?after=…"


def test_a_cursor_may_be_a_header_or_a_field_of_the_last_record(shop: Shop) -> None:
    def by_header(query: Query) -> Any:
        return answer_of(rows(2, 2)) if query else answer_of(rows(1, 1), x_next="n")

    def by_record(query: Query) -> Any:
        last = int(query.get("starting_after", 0))
        return {"data": rows(last + 1, last + 2), "has_more": last < 4}

    shop.on("/h", computed(by_header))
    shop.on("/r", computed(by_record))
    paging = {"kind": "cursor", "path": "last.id", "parameter": "starting_after", "has_more": "has_more"}
    shop.land({
        "h": {"path": "/h", "paging": {"kind": "cursor", "header": "X-Next"}},
        "r": {"path": "/r", "records": "data", "paging": paging},
    })  # fmt: skip
    assert (shop.ids("h"), shop.ids("r")) == ([1, 2], [1, 2, 3, 4, 5, 6])


def test_the_next_address_may_stand_in_the_body_under_a_key_with_dots(shop: Shop) -> None:
    def answer(query: Query) -> Any:
        return {"value": rows(2, 2)} if query.get("$skip") else {"value": rows(1, 1), "@odata.nextLink": "?$skip=1&x=2"}

    shop.on("/a", computed(answer))
    paging = {"kind": "next_url", "path": "@odata.nextLink"}
    shop.land(one(paging, records="value", query={"x": 2}))
    assert shop.web.paths == ["/a?x=2", "/a?$skip=1&x=2"]
    assert shop.ids("a") == [1, 2]


def test_the_next_address_may_stand_in_the_link_header(shop: Shop) -> None:
    def answer(query: Query) -> Any:
        link = f'<{shop.web.url}/a?page=1>; rel="first prev", </a?page=2>; title="x,y"; rel="next"'
        return answer_of(rows(2, 2)) if query else answer_of(rows(1, 1), link=link)

    shop.on("/a", computed(answer))
    shop.land(one("link_header"))
    assert (shop.ids("a"), shop.web.paths) == ([1, 2], ["/a", "/a?page=2"])


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("<b>; rel=next", "b"),
        ('<a>; rel="prev", <b>; rel="next"', "b"),
        ('<a?x=1,2;y>;rel="last next"', "a?x=1,2;y"),
        ('<a>; rel="nextish"', None),
        ('<a>; title="rel=next"; rel=prev', None),
        ("", None),
    ],
)
def test_links_are_read_by_their_relation(header: str, target: str | None) -> None:
    assert linked(Page(None, [], [], {"link": header}, ""), "next") == target


@pytest.mark.parametrize("header", [True, False])
def test_pages_that_the_entry_does_not_know_of_are_no_silent_loss(shop: Shop, header: bool) -> None:
    shop.on("/a", answer_of({"items": rows(1, 1)}, link='</a?page=2>; rel="next"') if header
            else {"items": rows(1, 1), "links": {"next": "/a?page=2"}})  # fmt: skip
    error = shop.fails({"a": {"path": "/a", "records": "items"}})
    assert (error.code, shop.records("a")) == ("rest-paging", [])
    shop.land(one("none", records="items"))
    assert shop.ids("a") == [1]


@pytest.mark.parametrize("envelope", [{"total": 30}, {"meta": {"totalCount": 2}}, {"hasMore": True}, {"count": 7}])
def test_a_page_that_counts_more_records_than_it_holds_is_no_silent_loss(shop: Shop, envelope: Any) -> None:
    shop.on("/a", {"items": rows(1, 1), **envelope})
    error = shop.fails({"a": {"path": "/a", "records": "items"}})
    assert (error.code, shop.records("a")) == ("rest-paging", [])
    assert "more records seem to follow" in error.message
    shop.land(one("none", records="items"))
    assert shop.ids("a") == [1]


def test_a_total_of_a_record_is_no_total_of_records(shop: Shop) -> None:
    shop.on("/order", {"id": 1, "total": 99})
    shop.on("/all", {"items": rows(1, 2), "total": 2, "has_more": False})
    shop.land({"order": "/order", "all": {"path": "/all", "records": "items"}})
    assert (shop.ids("order"), shop.ids("all")) == ([1], [1, 2])


@pytest.mark.parametrize(
    "paging", [{"kind": "cursor", "path": "meta.nxt"}, {"kind": "next_url", "path": "nxt"}, "link_header"]
)
def test_a_path_of_the_next_page_that_is_not_there_is_noticed_on_the_first_page(shop: Shop, paging: Any) -> None:
    shop.on("/a", {"items": rows(1, 1), "meta": {"next_cursor": "x"}})
    error = shop.fails(one(paging, records="items"))
    assert error.code == "rest-paging"
    assert "'meta.next_cursor' is there" in error.message


@pytest.mark.parametrize(
    "paging",
    [
        {"kind": "page", "parameter": "ignored"},
        {"kind": "page", "parameter": "ignored", "total_pages": "pages"},
        {"kind": "offset", "parameter": "ignored"},
        {"kind": "cursor", "path": "next"},
        {"kind": "next_url", "path": "url"},
    ],
)
def test_a_server_that_repeats_itself_is_an_error_and_nothing_lands_twice(shop: Shop, paging: Any) -> None:
    shop.on("/a", {"items": rows(1, 2), "next": "same", "url": "/a?x=1", "pages": 9})
    error = shop.fails(one(paging, records="items"))
    assert error.code == "rest-endless-paging"
    assert shop.ids("a") == [1, 2]


def test_a_server_whose_cursor_turns_in_circles_is_noticed_also_by_the_run_that_goes_on(shop: Shop) -> None:
    def answer(query: Query) -> Any:
        at = int(query.get("cursor", 0))
        return {"items": rows(at, at), "next": str((at + 1) % 5)}

    bad = computed(answer)
    shop.on("/a", bad, bad, bad, reply(404))
    resources = one({"kind": "cursor", "path": "next"}, records="items")
    shop.fails(resources)
    shop.on("/a", bad)
    assert shop.fails(resources).code == "rest-endless-paging"
    assert shop.ids("a") == [0, 1, 2, 3, 4]


def test_equal_pages_are_right_if_the_entry_says_so(shop: Shop) -> None:
    shop.on("/a", computed(lambda query: [{"id": 1}] if query["page"] < "4" else []))
    shop.land(one({"kind": "page", "repeats": True}))
    assert shop.ids("a") == [1, 1, 1]


def test_the_number_of_pages_is_bounded(shop: Shop) -> None:
    shop.on("/a", computed(lambda query: rows(int(query["page"]), int(query["page"]))))
    error = shop.fails(one("page", pages_max=3))
    assert (error.code, shop.ids("a")) == ("rest-endless-paging", [1, 2, 3])


@pytest.mark.parametrize(
    ("paging", "body", "words"),
    [
        ({"kind": "page", "total": "total"}, {"items": [], "total": 9}, "says that more follow"),
        ({"kind": "page", "total": "total"}, {"items": [{"id": 1}]}, "'total' must be a whole number, and is not there"),
        ({"kind": "page", "total": "total"}, {"items": [{"id": 1}], "total": 1.5}, "'total' must be a whole number"),
        ({"kind": "page", "has_more": "m"}, {"items": [{"id": 1}], "m": "yes"}, "'m' must be true or false, and is a te"),
        ({"kind": "page", "has_more": "m"}, {"items": [], "m": True}, "says that more follow"),
        ({"kind": "cursor", "path": "n"}, {"items": [], "n": {}}, "'n' must be a text or a number, and is an object"),
        ({"kind": "cursor", "path": "n", "has_more": "m"}, {"items": [{}], "m": True}, "but has no 'n'"),
        ({"kind": "next_url", "path": "n"}, {"items": [], "n": 1}, "'n' must be a URL, and is a number"),
        ({"kind": "next_url", "path": "n"}, {"items": [], "n": "https://other.example/"}, "another host, 'other.example'"),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_its_paging_is_an_error(shop: Shop, paging: Any, body: Any, words: str) -> None:
    shop.on("/a", body)
    error = shop.fails(one(paging, records="items"))
    assert (error.code, shop.records("a")) == ("rest-paging", [])
    assert words in error.message


def test_connections_are_kept_from_page_to_page(shop: Shop) -> None:
    shop.on("/a", computed(lambda query: page_of(query, 20, 1)))
    shop.land(one("page"), parallel=1)
    assert (len(shop.web.paths), shop.web.connections) == (21, 1)


@pytest.mark.parametrize("address", ["http://host:99999/", "http://host:port/", "http://[::1/"])
def test_an_address_of_the_next_page_that_is_none_is_an_error(shop: Shop, address: str) -> None:
    shop.on("/d", {"items": rows(1, 1), "next": address})
    error = shop.fails({"d": {"path": "/d", "records": "items", "paging": {"kind": "next_url", "path": "next"}}})
    assert (error.code, "the address of the next page is none" in error.message) == ("rest-paging", True)


def test_an_address_of_the_next_page_may_hold_what_has_to_be_encoded(shop: Shop) -> None:
    shop.on("/d", {"items": rows(1, 1), "next": "/d2?city=Zürich und Köln"})
    shop.on("/d2", {"items": rows(2, 2)})
    shop.land({"d": {"path": "/d", "records": "items", "paging": {"kind": "next_url", "path": "next"}}})
    assert shop.ids("d") == [1, 2]
    assert shop.web.paths[-1] == "/d2?city=Z%C3%BCrich%20und%20K%C3%B6ln"
