from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sources.misbehaving import reply
from sources.rest.conftest import Shop, answer_of, computed, rows


def numbered(count: int, size: int = 2) -> Any:
    """An API of `count` records in pages by number."""
    return computed(lambda query: rows(1, count)[(int(query["page"]) - 1) * size :][:size])


def test_records_of_an_answer_land_as_lines(shop: Shop) -> None:
    shop.on("/products", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    result = shop.land({"products": "/products"})
    assert shop.texts("products") == ['{"id": 1, "name": "a"}\n{"id": 2, "name": "b"}\n']
    (record,) = shop.records("products")
    assert result.landed == (record.name,)
    assert record.name.startswith("products/20260304T060607Z-")
    assert record.name.endswith("-000001.jsonl.gz")
    assert (record.url, record.page, record.resume) == (f"{shop.web.url}/products", 1, None)
    assert result.bytes == record.bytes


def test_a_record_is_landed_as_it_was_written(shop: Shop) -> None:
    record = '{"z": 1.50, "a": 12345678901234567890.0, "e": 1E400, "b": "\\u00e9\\n\u2028", "a": -0.0, "n": [ 1,2 ]}'
    shop.on("/products", f'{{"data": {{"items": [\n  {record.replace(", ", f",{chr(13)}{chr(10)} ")}\n]}}}}'.encode())
    shop.land({"products": {"path": "/products", "records": "data.items"}})
    assert shop.texts("products")[0].rstrip("\n") == record.replace(", ", ", ")


def test_an_object_is_one_record_and_null_is_none(shop: Shop) -> None:
    shop.on("/one", {"id": 1})
    shop.on("/null", {"items": None})
    shop.land({"one": "/one", "null": {"path": "/null", "records": "items"}})
    assert shop.rows("one") == [{"id": 1}]
    assert shop.records("null") == []


def test_pages_can_be_kept_as_they_come(shop: Shop) -> None:
    page = b'{ "items": [ {"id": 1} ],\r\n "next": null }'
    shop.on("/a", page)
    shop.land({"a": {"path": "/a", "keep": "page", "records": "items"}})
    (record,) = shop.records("a")
    assert record.name.endswith("-000001.json.gz")
    assert shop.texts("a") == [page.decode()]


def test_what_did_not_change_is_not_landed_again(shop: Shop) -> None:
    resources = {"a": {"path": "/a", "paging": "page"}}
    shop.on("/a", numbered(4))
    shop.land(resources)
    assert (len(shop.records("a")), shop.ids("a")) == (3, [1, 2, 3, 4])
    result = shop.land(resources)
    assert (result.landed, result.unchanged, result.bytes) == ((), 3, 0)
    assert len(shop.records("a")) == 3
    shop.on("/a", numbered(5))
    result = shop.land(resources)
    assert result.unchanged == 0
    assert shop.ids("a")[4:] == [1, 2, 3, 4, 5]
    assert len({record.run for record in shop.records("a")}) == 2


def test_an_answer_that_became_empty_is_landed_once(shop: Shop) -> None:
    shop.on("/a", rows(1, 2), [])
    shop.land({"a": "/a"})
    shop.land({"a": "/a"})
    assert shop.texts("a")[1] == ""
    assert shop.land({"a": "/a"}).unchanged == 1


def test_a_resource_that_was_always_empty_lands_nothing(shop: Shop) -> None:
    shop.on("/a", [])
    assert shop.land({"a": "/a"}).landed == ()
    assert shop.records("a") == []


def test_an_interrupted_reading_goes_on_after_the_last_landed_page(shop: Shop) -> None:
    resources = {"a": {"path": "/a", "paging": "page"}}
    good = numbered(6)
    shop.on("/a", good, good, reply(404))
    assert shop.fails(resources, parallel=1).code == "http-status"
    assert shop.ids("a") == [1, 2, 3, 4]
    shop.on("/a", good)
    shop.web.asked.clear()
    shop.land(resources)
    assert shop.web.paths == ["/a?page=3", "/a?page=4"]
    assert shop.ids("a") == [1, 2, 3, 4, 5, 6]
    assert len({record.run for record in shop.records("a")}) == 1
    assert [record.page for record in shop.records("a")] == [1, 2, 3, 4]


@pytest.mark.parametrize("change", ["too old", "other query", "position refused"])
def test_a_position_that_no_longer_fits_begins_a_new_reading(shop: Shop, change: str) -> None:
    resource: dict[str, Any] = {"path": "/a", "paging": "page"}
    good = numbered(4)
    shop.on("/a", good, reply(404))
    shop.fails({"a": resource}, parallel=1)
    shop.on("/a", good)
    if change == "too old":
        shop.now += timedelta(days=2)
    if change == "other query":
        resource["query"] = {"q": 1}
    if change == "position refused":
        shop.on("/a", reply(410), good)
    shop.land({"a": resource}, parallel=1)
    assert shop.ids("a") == [1, 2, 1, 2, 3, 4]


def test_a_resource_that_fails_does_not_keep_others_from_landing(shop: Shop) -> None:
    shop.on("/b", rows(1, 1))
    error = shop.fails({"a": "/a", "b": "/b", "c": "/c"})
    assert "page 1 of 'a'" in error.message
    assert any("page 1 of 'c'" in note for note in error.__notes__)
    assert str(error.location) == "ingot.yml:7"
    assert shop.ids("b") == [1]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"<!doctype html><p>log in", "http-html", "web page"),
        (b"not JSON", "rest-not-json", "line 1 column 1"),
        (b"", "rest-not-json", "it is empty"),
        (b'{"items": [1', "rest-not-json", "page 1 of 'a'"),
        (b"[" * 100_000, "rest-not-json", "nested too deeply"),
        (b'{"items": "\xff"}', "rest-not-json", "encoding 'utf-8'"),
        (b'{"item": []}', "rest-no-records", "it has no 'items'; its keys are 'item'"),
        (b"[]", "rest-no-records", "it is an array"),
        (b'{"items": [{"id": 1}, 2]}', "rest-no-records", "record 2 of page 1 of 'a' is a number"),
    ],
)
def test_what_is_no_page_is_an_error_and_lands_nothing(shop: Shop, body: bytes, code: str, words: str) -> None:
    shop.on("/a", body)
    error = shop.fails({"a": {"path": "/a", "records": "items"}})
    assert (error.code, shop.records("a")) == (code, [])
    assert words in error.message
    assert "not JSON" not in error.message


def test_a_path_of_records_may_be_missing_if_the_entry_says_so(shop: Shop) -> None:
    shop.on("/a", {"items": rows(1, 1), "next": "b"}, {})
    shop.land({"a": {"path": "/a", "records": "items?", "paging": {"kind": "cursor", "path": "next"}}})
    assert shop.ids("a") == [1]


def test_other_encodings_are_landed_as_utf_8(shop: Shop) -> None:
    shop.on("/latin", answer_of('[{"id": "é"}]'.encode("latin-1"), content_type="application/json; charset=iso-8859-1"))
    shop.on("/utf16", '[{"id": "é"}]'.encode("utf-16"))
    shop.on("/bom", '[{"id": "é"}]'.encode("utf-8-sig"))
    shop.land({name: f"/{name}" for name in ("latin", "utf16", "bom")})
    assert [shop.ids(name) for name in ("latin", "utf16", "bom")] == [["é"]] * 3


def test_progress_tells_the_resource_and_the_bytes(shop: Shop) -> None:
    shop.on("/a", rows(1, 1))
    shop.land({"a": "/a"})
    assert [(told.source, told.name, told.bytes, told.total) for told in shop.progress] == [("shop", "a", 10, None)]


def test_queries_and_headers_of_the_source_hold_for_all_resources(shop: Shop) -> None:
    shop.on("/a", computed(lambda query: [query]))
    shop.land({"a": {"path": "/a", "query": {"y": 2}}}, query={"x": 1, "y": 1}, headers={"accept": "application/vnd.x"})
    assert shop.rows("a") == [{"x": "1", "y": "2"}]
    assert shop.web.headers()["accept"] == "application/vnd.x"
    assert shop.records("a")[0].url == f"{shop.web.url}/a?x=…&y=…"


def test_a_name_is_never_used_again_though_the_clock_goes_back(shop: Shop) -> None:
    shop.on("/a", rows(1, 1), rows(2, 2), rows(3, 3))
    for _ in range(3):
        shop.land({"a": "/a"})
        shop.now -= timedelta(hours=5)
    names = [record.name for record in shop.records("a")]
    assert names == sorted(set(names))
