"""Resources that are read by POST: the body of each request, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingot.errors import ProjectError
from ingot.source import load_source
from ingot.sources.rest.body import as_number
from sources.misbehaving import Handler, reply
from sources.rest.conftest import Shop, answer_of, rows


def by_body(shop: Shop, path: str, answer: Any) -> None:
    """Let a path answer with a function of the body that it was sent."""

    def respond(handler: Handler) -> None:
        assert handler.headers["Content-Type"] == "application/json"
        answer_of(answer(json.loads(shop.web.posted[-1])))(handler)

    shop.web.on(path, respond)


def sent(shop: Shop) -> list[Any]:
    return [json.loads(body) for body in shop.web.posted]


def test_the_number_of_the_page_stands_in_the_body(shop: Shop) -> None:
    by_body(shop, "/search", lambda body: {"items": rows(1, 5)[(body["page"] - 1) * 2 :][: body["size"]], "total": 5})
    paging = {"kind": "page", "size": 2, "size_parameter": "size", "total": "total"}
    body = {"filter": {"status": ["open", 3, None]}}
    shop.land({"orders": {"path": "/search", "records": "items", "body": body, "paging": paging}}, parallel=1)
    assert shop.ids("orders") == [1, 2, 3, 4, 5]
    assert sent(shop) == [{**body, "page": page, "size": 2} for page in (1, 2, 3)]
    assert set(shop.web.paths) == {"/search"}


def test_a_cursor_may_stand_deep_in_the_body(shop: Shop) -> None:
    def answer(body: Any) -> Any:
        after = body["variables"].get("after")
        return {"data": {"items": rows(1, 2) if after is None else rows(3, 3), "end": "x" if after is None else None}}

    by_body(shop, "/graphql", answer)
    body = {"query": "query($after: String) { items(after: $after) { id } }", "variables": {"first": 2}}
    paging = {"kind": "cursor", "parameter": "variables.after", "path": "data.end"}
    shop.land({"items": {"path": "/graphql", "records": "data.items", "body": body, "paging": paging}})
    assert shop.ids("items") == [1, 2, 3]
    assert [asked["variables"] for asked in sent(shop)] == [{"first": 2}, {"first": 2, "after": "x"}]


@pytest.mark.parametrize(("start", "following"), [(0, 2), ("0", "2")])
def test_a_cursor_is_a_number_in_the_body_if_its_start_is_one(shop: Shop, start: Any, following: Any) -> None:
    by_body(shop, "/search", lambda body: [row for row in rows(1, 2) if row["id"] > int(body["since"]["id"])])
    incremental = {"cursor": "id", "parameter": "since.id", "start": start}
    resources = {"orders": {"path": "/search", "body": {}, "incremental": incremental}}
    shop.land(resources)
    shop.land(resources)
    assert sent(shop) == [{"since": {"id": start}}, {"since": {"id": following}}]
    assert shop.ids("orders") == [1, 2]


def test_values_of_for_each_stand_in_the_body_as_they_are(shop: Shop) -> None:
    shop.on("/users", [{"id": 7, "name": 'a "b"'}])
    by_body(shop, "/posts", lambda body: rows(1, 1))
    body = {"user": "{id}", "name": "{name}", "text": "of {name}, {id}", "other": "{nobody}"}
    child = {"path": "/posts", "body": body, "for_each": {"resource": "users", "fields": {"id": "id", "name": "name"}}}
    shop.land({"users": "/users", "posts": child})
    assert sent(shop) == [{"user": 7, "name": 'a "b"', "text": 'of a "b", 7', "other": "{nobody}"}]


def test_a_server_that_ignores_the_page_in_the_body_is_noticed(shop: Shop) -> None:
    by_body(shop, "/search", lambda body: rows(1, 2))
    assert shop.fails({"orders": {"path": "/search", "body": {}, "paging": "page"}}).code == "rest-endless-paging"


def test_a_secret_in_the_body_is_neither_landed_nor_shown(shop: Shop) -> None:
    shop.on("/search", reply(400))
    error = shop.fails({"orders": {"path": "/search", "body": {"key": "geheimnis"}}}, retries=0)
    assert "geheimnis" not in error.render()
    assert "geheimnis" in shop.web.posted[0]


def test_a_body_is_not_sent_to_where_a_redirect_leads(shop: Shop) -> None:
    shop.on("/search", reply(302, location="/other"))
    error = shop.fails({"orders": {"path": "/search", "body": {}}})
    assert "whose body is not sent elsewhere" in error.message
    shop.on("/search", reply(307, location="/other"))
    by_body(shop, "/other", lambda body: rows(1, 1))
    shop.land({"orders": {"path": "/search", "body": {}}})
    assert shop.ids("orders") == [1]


def test_a_request_that_was_refused_for_now_is_sent_again_with_its_body(shop: Shop) -> None:
    shop.on("/search", reply(503), rows(1, 1))
    shop.land({"orders": {"path": "/search", "body": {"a": 1}}})
    assert sent(shop) == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ({"body": "text"}, "'body' must be a mapping"),
        ({"body": {"page": {"size": 1}}, "paging": "page"}, "a parameter of `paging` goes into the body at 'page'"),
        (
            {"body": {"a": 1}, "paging": {"kind": "cursor", "parameter": "a.b", "path": "next"}},
            "'a.b', where something else",
        ),
        (
            {"body": {"since": []}, "incremental": {"cursor": "id", "parameter": "since"}},
            "the parameter of `incremental`",
        ),
    ],
)
def test_a_body_that_cannot_be_is_refused(shop: Shop, resource: dict[str, Any], words: str) -> None:
    with pytest.raises(ProjectError) as caught:
        load_source(shop.spec(resources={"orders": {"path": "/search", **resource}}))
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "value"), [("17", 17), ("-3", -3), ("1.5", 1.5), ("007", "007"), ("1.50", "1.50"), ("1e3", "1e3"), ("0.1234567890123456789", "0.1234567890123456789"), ("x", "x")],
)  # fmt: skip
def test_only_what_json_writes_alike_is_a_number(text: str, value: Any) -> None:
    assert (as_number(text), type(as_number(text))) == (value, type(value))
