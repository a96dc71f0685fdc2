from __future__ import annotations

import shutil
from typing import Any

import pytest

from ingot.lake.landing import Landing
from ingot.lake.landing_release import Releases
from ingot.source import NeedsLanded, load_source
from sources.misbehaving import reply
from sources.rest.conftest import Query, Shop, computed, rows

POSTS: dict[str, Any] = {"path": "/users/{id}/posts", "for_each": {"resource": "users", "fields": {"id": "id"}}}


def users(shop: Shop, *ids: Any) -> None:
    """Users, each with as many posts as its number."""
    shop.on("/users", [{"id": number, "name": f"u{number}"} for number in ids])
    for number in ids:
        shop.on(f"/users/{number}/posts", [{"id": f"{number}-{post}"} for post in range(number)])


def test_a_child_is_read_for_each_record_of_its_parent_and_says_which(shop: Shop) -> None:
    users(shop, 1, 2, 3)
    shop.land({"posts": POSTS, "users": "/users"})
    (text,) = shop.texts("posts")
    assert text.splitlines()[:2] == ['{"_for_each":{"id":1},"id": "1-0"}', '{"_for_each":{"id":2},"id": "2-0"}']
    assert shop.ids("posts") == ["1-0", "2-0", "2-1", "3-0", "3-1", "3-2"]
    assert shop.records("posts")[-1].resume is None


def test_what_was_read_for_unchanged_parents_is_not_landed_again(shop: Shop) -> None:
    users(shop, 1, 2)
    resources = {"users": "/users", "posts": POSTS}
    shop.land(resources)
    result = shop.land(resources)
    assert (result.landed, result.unchanged) == ((), 2)
    users(shop, 1, 2, 3)
    shop.land(resources)
    assert shop.ids("posts")[3:] == ["1-0", "2-0", "2-1", "3-0", "3-1", "3-2"]


def test_values_are_escaped_in_paths_and_kept_as_they_are_in_records(shop: Shop) -> None:
    shop.on("/users", b'[{"id": "a/b \\u00e9", "n": 1.50}, {"id": "a/b \\u00e9", "n": 1.50}]')
    shop.on("/users/a%2Fb%20%C3%A9/posts", computed(lambda query: [query, {}]))
    fields = {"id": "id", "number": "n"}
    child = {**POSTS, "for_each": {"resource": "users", "fields": fields}, "query": {"n": "{number}"}}
    shop.land({"users": "/users", "posts": child})
    assert shop.texts("posts") == [
        '{"_for_each":{"id":"a/b \\u00e9","number":1.50},"n": "1.50"}\n'
        '{"_for_each":{"id":"a/b \\u00e9","number":1.50}}\n'
    ]


def test_a_list_of_entries_may_stand_in_the_project(shop: Shop) -> None:
    for region in ("eu", "us"):
        shop.on(f"/{region}/sales", [{"id": region}])
    child = {"path": "/{region}/sales", "for_each": [{"region": "eu"}, {"region": "us"}]}
    shop.land({"sales": child})
    assert shop.rows("sales") == [{"_for_each": {"region": name}, "id": name} for name in ("eu", "us")]


@pytest.mark.parametrize("parallel", [1, 6])
def test_children_have_pages_and_children_of_their_own(shop: Shop, parallel: int) -> None:
    def posts(query: Query) -> Any:
        return rows(1, 5)[(int(query["page"]) - 1) * 2 :][:2]

    shop.on("/users", rows(1, 12))
    for user in range(1, 13):
        shop.on(f"/users/{user}/posts", computed(posts))
        for post in range(1, 6):
            shop.on(f"/users/{user}/posts/{post}", {"id": f"{user}.{post}"})
    resources = {
        "comments": {"path": "/users/{user}/posts/{post}",
                     "for_each": {"resource": "posts", "fields": {"user": "_for_each.id", "post": "id"}}},
        "posts": {**POSTS, "paging": "page"},
        "users": "/users",
    }  # fmt: skip
    shop.land(resources, parallel=parallel)
    assert shop.ids("posts") == [post for _ in range(12) for post in range(1, 6)]
    assert shop.ids("comments") == [f"{user}.{post}" for user in range(1, 13) for post in range(1, 6)]


def test_an_interrupted_child_goes_on_with_the_entry_and_page_that_come_next(shop: Shop) -> None:
    def posts(query: Query) -> Any:
        return rows(1, 3)[int(query["page"]) - 1 :][:1]

    good = computed(posts)
    shop.on("/users", rows(1, 4))
    for user in range(1, 5):
        shop.on(f"/users/{user}/posts", good)
    shop.on("/users/3/posts", good, reply(404))
    resources = {"users": "/users", "posts": {**POSTS, "paging": "page"}}
    error = shop.fails(resources, parallel=1)
    assert "page 2 of 'posts' (id = 3)" in error.message
    assert shop.ids("posts") == [1, 2, 3, 1, 2, 3, 1]
    shop.on("/users/3/posts", good)
    shop.web.asked.clear()
    shop.land(resources, parallel=3)
    assert shop.ids("posts") == [1, 2, 3] * 4
    assert sorted(shop.web.paths)[1] == "/users/3/posts?page=2"
    assert {record.run for record in shop.records("posts")} == {shop.records("posts")[0].run}


def test_children_are_not_read_when_their_parent_fails(shop: Shop) -> None:
    shop.on("/users", reply(404))
    error = shop.fails({"users": "/users", "posts": POSTS})
    assert "'users'" in error.message
    assert shop.web.paths == ["/users"]


def test_children_of_an_incremental_parent_are_read_for_what_is_new(shop: Shop) -> None:
    parent = {"path": "/users", "incremental": {"cursor": "id", "parameter": "above"}}
    resources = {"users": parent, "posts": POSTS}
    users(shop, 1, 2)
    shop.land(resources)
    users(shop, 4)
    shop.on("/users/4/posts", reply(404))
    shop.fails(resources)
    users(shop, 3, 5)
    shop.on("/users/4/posts", [{"id": "late"}])
    shop.web.asked.clear()
    shop.land(resources)
    assert sorted(shop.web.paths) == ["/users/3/posts", "/users/4/posts", "/users/5/posts", "/users?above=4"]
    assert shop.ids("posts")[3] == "late"
    shop.web.asked.clear()
    shop.on("/users", [])
    shop.land(resources)
    assert shop.web.paths == ["/users?above=5"]


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (b'[{"name": 1}]', "'id' is not there"),
        (b'[{"id": null}]', "'id' is null"),
        (b'[{"id": ""}]', "'id' is empty"),
        (b'[{"id": {}}]', "'id' is an object"),
    ],
)
def test_a_parent_without_the_field_is_an_error(shop: Shop, records: bytes, words: str) -> None:
    shop.on("/users", records)
    error = shop.fails({"users": "/users", "posts": POSTS})
    assert error.code == "rest-parent"
    assert words in error.message


def test_landed_parents_that_are_gone_are_an_error(shop: Shop) -> None:
    users(shop, 1)
    resources = {"users": "/users", "posts": POSTS}
    shop.land(resources)
    shutil.rmtree(shop.lake / "_landing" / "shop" / "users")
    assert shop.fails(resources).code == "rest-parent"


def test_records_that_have_the_key_of_the_entry_themselves_are_refused(shop: Shop) -> None:
    users(shop, 1)
    shop.on("/users/1/posts", [{"_for_each": 1}])
    assert "have a key '_for_each' of their own" in shop.fails({"users": "/users", "posts": POSTS}).message


def test_many_small_pages_make_few_files(shop: Shop) -> None:
    shop.on("/users", rows(1, 450))
    for user in range(1, 451):
        shop.on(f"/users/{user}/posts", rows(user, user))
    shop.land({"users": "/users", "posts": POSTS}, parallel=8)
    assert shop.ids("posts") == list(range(1, 451))
    assert [record.page for record in Landing(shop.lake).records("shop") if record.resource == "posts"] == [1, 201, 401]


def changed_users(shop: Shop, **names: str) -> None:
    """Users by their names, each with one post that counts how often it was asked for."""
    shop.on("/users", [{"id": user, "name": name} for user, name in names.items()])
    for user in names:
        asked = iter(range(1, 100))
        shop.on(
            f"/users/{user}/posts", computed(lambda query, user=user, asked=asked: [{"id": f"{user}{next(asked)}"}])
        )


def test_parents_without_children_are_gone_through_once(shop: Shop) -> None:
    resources: dict[str, Any] = {"users": {"path": "/users", "incremental": {"cursor": "id", "parameter": "above"}}}
    resources["posts"] = POSTS
    for user in (1, 2, 3):
        shop.on("/users", [{"id": user}])
        shop.on(f"/users/{user}/posts", [] if user < 3 else [{"id": "first"}])
        shop.web.asked.clear()
        shop.land(resources)
        assert shop.web.paths[1:] == [f"/users/{user}/posts"]
    assert shop.ids("posts") == ["first"]
    assert [p.name[0] for p in sorted((shop.lake / "_landing" / "shop" / "posts").iterdir())] == ["2", "_", "_"]


def test_parents_whose_children_are_as_they_were_are_gone_through_once(shop: Shop) -> None:
    resources = {"users": "/users", "posts": CHANGED}
    shop.on("/users/a/posts", [{"id": "same"}])
    for name, asked in (("Ada", 1), ("Ada L.", 1), ("Ada L.", 0)):
        shop.on("/users", [{"id": "a", "name": name}])
        shop.web.asked.clear()
        shop.land(resources)
        assert shop.web.paths.count("/users/a/posts") == asked
    assert shop.ids("posts") == ["same"]


CHANGED: dict[str, Any] = {**POSTS, "for_each": {**POSTS["for_each"], "changed": True}}


def test_a_child_may_be_read_for_new_and_changed_parents_alone(shop: Shop) -> None:
    resources = {"users": "/users", "posts": CHANGED}
    changed_users(shop, a="Ada", b="Bob")
    shop.land(resources)
    shop.land(resources)
    users, *posts, again = shop.web.paths  # the posts of both are asked for at once
    assert (users, sorted(posts), again) == ("/users", ["/users/a/posts", "/users/b/posts"], "/users")
    shop.web.asked.clear()
    changed_users(shop, a="Ada", b="Barbara", c="Cy")
    shop.land(resources)
    assert sorted(shop.web.paths) == ["/users", "/users/b/posts", "/users/c/posts"]
    assert shop.ids("posts") == ["a1", "b1", "b1", "c1"]
    changed_users(shop, a="Ada", c="Cy")
    shop.web.asked.clear()
    shop.land(resources)
    assert shop.web.paths == ["/users"]


def test_parents_that_a_look_back_brings_again_are_not_gone_through_again_if_they_are_as_they_were(shop: Shop) -> None:
    incremental = {"cursor": "id", "parameter": "above", "start": 0, "lookback": 5}
    for child, again in ((CHANGED, set()), (POSTS, {"/users/1/posts", "/users/2/posts"})):
        shop.lake = shop.lake.with_name(f"lake{len(again)}")
        resources = {"users": {"path": "/users", "incremental": incremental}, "posts": child}
        users(shop, 1, 2)
        shop.land(resources)
        users(shop, 1, 2, 3)
        shop.web.asked.clear()
        shop.land(resources)
        assert set(shop.web.paths) == {"/users?above=-3", "/users/3/posts", *again}


def test_an_interrupted_child_of_changed_parents_goes_on(shop: Shop) -> None:
    resources = {"users": "/users", "posts": {**CHANGED, "paging": "page"}}
    shop.on("/users", [{"id": user, "v": 1} for user in range(1, 5)])
    pages = computed(lambda query: rows(1, 2)[int(query["page"]) - 1 :][:1])
    for user in range(1, 5):
        shop.on(f"/users/{user}/posts", pages)
    shop.land(resources, parallel=1)
    shop.on("/users", [{"id": user, "v": 1 + user % 2} for user in range(1, 5)])
    shop.on("/users/3/posts", reply(404))
    shop.fails(resources, parallel=1)
    shop.on("/users/3/posts", pages)
    shop.web.asked.clear()
    shop.land(resources, parallel=1)
    assert {path.partition("?")[0] for path in shop.web.paths} == {"/users", "/users/1/posts", "/users/3/posts"}
    assert [row["_for_each"]["id"] for row in shop.rows("posts")] == [1, 1, 2, 2, 3, 3, 4, 4, 1, 1, 3, 3]


def test_children_of_a_child_that_is_read_for_changes_go_through_each_of_its_readings(shop: Shop) -> None:
    comments = {"path": "/posts/{id}", "for_each": {"resource": "posts", "fields": {"id": "id"}}}
    resources = {"users": "/users", "posts": CHANGED, "comments": comments}
    for post in ("a1", "b1", "b2"):
        shop.on(f"/posts/{post}", {"id": post})
    changed_users(shop, a="Ada")
    shop.land(resources)
    changed_users(shop, a="Ada", b="Bob")
    shop.land(resources)
    assert shop.ids("comments") == ["a1", "b1"]


# --- parents' files that went after they had been processed ---


def let_go(shop: Shop, resources: dict[str, Any]) -> list[str]:
    """Let parents' files go that the source does not read again; returns the resources of those that stay."""
    records = Landing(shop.lake).records("shop")
    source, releases = load_source(shop.spec(resources=resources)), Releases(shop.lake, "shop")
    assert isinstance(source, NeedsLanded)
    needed = source.needed(records)
    there = [record for record in records if (releases.folder / record.name).exists()]
    releases.release(
        [(record, None) for record in there if record.name not in needed and record.resource == "users"], shop.now
    )
    return [str(record.resource) for record in records if record.name in needed]


def test_the_last_reading_of_a_parent_is_needed(shop: Shop) -> None:
    resources = {"users": "/users", "posts": POSTS, "alone": "/users"}
    for last in (1, 2, 3):
        users(shop, *range(1, last + 1))
        shop.land(resources)
        assert let_go(shop, resources) == ["users"]
    shop.web.asked.clear()
    assert shop.land(resources).landed == ()
    assert len(shop.web.paths) == 5


def test_the_reading_that_parents_are_compared_with_is_needed(shop: Shop) -> None:
    resources: dict[str, Any] = {"users": {"path": "/users", "incremental": {"cursor": "id", "parameter": "above"}}}
    resources["posts"] = CHANGED
    users(shop, 1, 2)
    shop.land(resources)
    assert let_go(shop, resources) == ["users"]
    users(shop, 2, 3)
    shop.web.asked.clear()
    shop.land(resources)
    assert sorted(shop.web.paths) == ["/users/3/posts", "/users?above=2"]
    assert let_go(shop, resources) == ["users"]


def test_of_a_parent_that_grows_the_readings_are_needed_that_a_child_has_not_gone_through(shop: Shop) -> None:
    resources: dict[str, Any] = {"users": {"path": "/users", "incremental": {"cursor": "id", "parameter": "above"}}}
    users(shop, 1, 2)
    shop.land(resources)
    assert let_go(shop, {**resources, "posts": POSTS}) == ["users"]
    resources["posts"] = POSTS
    shop.on("/users", [])
    shop.on("/users/2/posts", reply(404))
    shop.fails(resources, parallel=1)
    assert "users" in let_go(shop, resources)
    users(shop, 1, 2)
    shop.on("/users", [])
    shop.land(resources)
    assert shop.ids("posts") == ["1-0", "2-0", "2-1"]
    assert let_go(shop, resources) == []
    users(shop, 3)
    shop.web.asked.clear()
    shop.land(resources)
    assert sorted(shop.web.paths) == ["/users/3/posts", "/users?above=2"]
