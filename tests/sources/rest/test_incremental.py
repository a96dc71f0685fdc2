from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingot.sources.rest.cursor import CursorError, Incremental
from ingot.sources.rest.page import Number
from sources.misbehaving import reply
from sources.rest.conftest import Query, Shop, computed


def orders(*days: int) -> list[dict[str, Any]]:
    return [{"id": day, "at": f"2024-01-{day:02}T10:00:00Z"} for day in days]


def since(days: tuple[int, ...]) -> Any:
    """An API that gives what changed since an instant, that instant included, two records at a time."""

    def answer(query: Query) -> Any:
        found = [order for order in orders(*days) if order["at"] >= query.get("since", "")]
        return found[(int(query["page"]) - 1) * 2 :][:2]

    return computed(answer)


def resource(**incremental: Any) -> dict[str, Any]:
    return {"a": {"path": "/a", "paging": "page", "incremental": {"cursor": "at", "parameter": "since", **incremental}}}


def test_a_run_asks_from_the_greatest_value_of_the_last_complete_one(shop: Shop) -> None:
    shop.on("/a", since((1, 2, 3)))
    shop.land(resource(start="2024-01-02"))
    assert shop.web.paths[0] == "/a?since=2024-01-02&page=1"
    assert shop.records("a")[-1].cursor == "2024-01-03T10:00:00Z"
    assert shop.records("a")[0].url == f"{shop.web.url}/a?since=2024-01-02&page=1"
    shop.on("/a", since((1, 2, 3, 4)))
    shop.web.asked.clear()
    shop.land(resource(start="2024-01-02"))
    assert shop.web.paths[0] == "/a?since=2024-01-03T10%3A00%3A00Z&page=1"
    assert shop.ids("a") == [2, 3, 3, 4]  # the last one again: whoever reads them keeps one of each


def test_without_a_start_the_first_run_asks_for_everything(shop: Shop) -> None:
    shop.on("/a", since((1, 2)))
    shop.land(resource())
    assert shop.web.paths == ["/a?page=1", "/a?page=2"]


def test_a_look_back_asks_for_rows_again_that_may_have_come_late(shop: Shop) -> None:
    shop.on("/a", since((1, 3)))
    shop.land(resource(lookback="2d"))
    shop.on("/a", since((1, 2, 3)))
    shop.web.asked.clear()
    shop.land(resource(lookback="2d"))
    assert shop.web.paths[0] == "/a?since=2024-01-01T10%3A00%3A00Z&page=1"
    assert shop.ids("a") == [1, 3, 1, 2, 3]
    shop.land(resource(lookback="2d"))
    assert shop.ids("a") == [1, 3, 1, 2, 3]  # nothing new: the same is not landed again


def test_a_run_that_finds_nothing_keeps_the_cursor(shop: Shop) -> None:
    shop.on("/a", since((1, 2)))
    shop.land(resource())
    shop.on("/a", [])
    assert shop.land(resource()).landed == ()
    shop.on("/a", since((1, 2, 3)))
    shop.web.asked.clear()
    shop.land(resource())
    assert shop.web.paths[0].startswith("/a?since=2024-01-02T10")


def test_an_interrupted_run_goes_on_with_what_it_asked_for_and_keeps_the_greatest_value(shop: Shop) -> None:
    shop.on("/a", since((5, 4, 3, 2, 1)))
    good = shop.web.answers["/a"][0]
    shop.on("/a", good, good, reply(404))
    shop.fails(resource(), parallel=1)
    assert [record.cursor for record in shop.records("a")] == ["2024-01-05T10:00:00Z"] * 2
    shop.on("/a", good)
    shop.land(resource())
    assert shop.ids("a") == [5, 4, 3, 2, 1]
    assert shop.web.paths[-1] == "/a?page=4"
    shop.land(resource())
    assert shop.web.paths[-2] == "/a?since=2024-01-05T10%3A00%3A00Z&page=1"


def test_a_changed_start_or_cursor_begins_from_the_start(shop: Shop) -> None:
    shop.on("/a", since((1, 2)))
    shop.land(resource(start="2024-01-02"))
    shop.web.asked.clear()
    shop.land(resource(start="2024-01-01"))
    assert shop.web.paths[0] == "/a?since=2024-01-01&page=1"


def test_numbers_are_cursors_too(shop: Shop) -> None:
    shop.on("/a", [{"id": 9}, {"id": 10}, {"id": None}])
    incremental = {"cursor": "id", "parameter": "after", "start": 0, "lookback": 3}
    shop.land({"a": {"path": "/a", "incremental": incremental}})
    shop.land({"a": {"path": "/a", "incremental": incremental}})
    assert shop.web.paths == ["/a?after=0", "/a?after=7"]


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([{"id": 1}], "no record has the cursor 'at'"),
        ([{"at": {}}], "must be a text or a number, and is an object"),
        ([{"at": "2024-01-01"}, {"at": 5}], "cannot be compared"),
        ([{"at": "2024-01-01T00:00:00Z"}, {"at": "2024-01-01T00:00:00"}], "cannot be compared"),
    ],
)
def test_values_that_do_not_grow_in_one_order_are_an_error(shop: Shop, records: Any, words: str) -> None:
    shop.on("/a", records)
    error = shop.fails({"a": {"path": "/a", "incremental": {"cursor": "at", "parameter": "since"}}})
    assert (error.code, shop.records("a")) == ("rest-cursor", [])
    assert words in error.message


@pytest.mark.parametrize(
    ("values", "greatest"),
    [
        (["9", "10"], "10"),
        (["1.5", "1.25"], "1.5"),
        (["2024-01-01T10:00:00+02:00", "2024-01-01T09:00:00Z"], "2024-01-01T09:00:00Z"),
        (["2024-01-01T09:00:00.9Z", "2024-01-01T09:00:00.1234567Z"], "2024-01-01T09:00:00.9Z"),
        (["2024-01-01T09:00:00.1234567Z", "2024-01-01T09:00:00.1234568Z"], "2024-01-01T09:00:00.1234568Z"),
        (["2024-01-02", "2024-01-10"], "2024-01-10"),
        (["b", "a"], "b"),
    ],
)
def test_values_are_compared_by_what_they_mean(values: list[str], greatest: str) -> None:
    for given_values in (values, values[::-1]):
        assert Incremental("v", "p").greatest(None, [{"v": value} for value in given_values]) == greatest


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("2024-03-01T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("2024-03-01 00:00:00.120+02:00", "2024-02-29 00:00:00.120+02:00"),
        ("2024-03-01T00:00", "2024-02-29T00:00"),
        ("2024-03-01T00:00:00.1234567Z", "2024-02-29T00:00:00.1234560Z"),
        ("2024-03-01", "2024-02-29"),
        ("0001-01-01", "0001-01-01"),  # what stands for no date in many databases
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T10:00:00.5+02:00", "0001-01-01T00:00:00.0+02:00"),
        ("0099-03-01T00:00", "0099-02-28T00:00"),
    ],
)
def test_a_look_back_writes_a_value_as_it_was_written(value: str, moved: str) -> None:
    assert Incremental("v", "p", lookback_s=86400.0).since(value) == moved


def test_a_look_back_that_does_not_fit_the_values_is_an_error() -> None:
    with pytest.raises(CursorError, match="is a duration"):
        Incremental("v", "p", lookback_s=60).since("17")
    with pytest.raises(CursorError, match="is a number"):
        Incremental("v", "p", lookback=Decimal(5)).since("2024-01-01")
    with pytest.raises(CursorError, match="cannot be taken"):
        Incremental("v", "p", lookback_s=86400).since("2024-13-01")


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)))
def test_the_greatest_number_does_not_depend_on_the_order_or_on_pages(numbers: list[Decimal]) -> None:
    incremental, known = Incremental("v", "p"), None
    for number in numbers:
        known = incremental.greatest(known, [{"v": Number(f"{number:f}")}])
    assert (None if known is None else Decimal(known)) == max(numbers, default=None)
