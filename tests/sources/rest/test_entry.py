from __future__ import annotations

from typing import Any

import pytest

from ingot.errors import Location, ProjectError
from ingot.model import SourceSpec
from ingot.source import load_source

URL = "https://api.example.org"


def refused(options: dict[str, Any]) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        load_source(
            SourceSpec("shop", "rest", {"url": URL, "resources": {"a": "/a"}, **options}, Location("ingot.yml", 7))
        )
    assert str(caught.value.location) == "ingot.yml:7"
    return caught.value


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"resource": {}}, "unknown-key", "unknown key 'resource'"),
        ({"resources": {}}, "missing-key", "'resources' is missing"),
        ({"url": "api.example.org"}, "invalid-url", "'url' must be an http or https URL"),
        ({"url": URL + "?key=s3cr3t"}, "invalid-url", "without a query"),
        ({"url": "https://me:s3cr3t@api.example.org"}, "secret-in-url", "'url' holds a user or a password"),
        ({"url": "https://api.example.org:port"}, "invalid-url", "'url' must be"),
        ({"rate": "often"}, "invalid-source", "not 'often'"),
        ({"rate": "0/s"}, "invalid-source", "'rate' must be"),
        ({"parallel": 0}, "out-of-range", "'parallel' must lie between 1 and 32"),
        ({"headers": {"X": "é s3cr3t"}}, "invalid-header", "the header 'X'"),
    ],
)
def test_a_wrong_entry_is_an_error_with_its_place(options: dict[str, Any], code: str, words: str) -> None:
    error = refused(options)
    assert (error.code, "s3cr3t" in error.render()) == (code, False)
    assert words in error.message


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        ("bearer", "auth: 'kind' is missing"),
        ({"token": "s3cr3t"}, "auth: 'kind' is missing"),
        ({"kind": "barer", "token": "s3cr3t"}, "auth: there is no kind 'barer'"),
        ({"kind": "bearer", "tokn": "s3cr3t"}, "auth: unknown key 'tokn'"),
        ({"kind": "bearer"}, "auth: 'token' is missing"),
        ({"kind": "bearer", "token": "s3cr3t\n"}, "a character that no header may hold"),
        ({"kind": "api_key", "key": "s3cr3t", "header": "a", "parameter": "b"}, "'header' and 'parameter' are both given"),
        ({"kind": "basic", "user": "a:b", "password": "s3cr3t"}, "'user' holds a colon"),
        ({"kind": "oauth2", "client_id": "a", "client_secret": "s3cr3t", "token_url": "x"}, "must be an http or https"),
        ({"kind": "oauth2", "token_url": URL, "client_id": "a"}, "'client_secret' is missing"),
        ({"kind": "oauth2", "token_url": URL, "grant": "pasword"}, "there is no grant 'pasword'"),
        ({"kind": "oauth2", "token_url": URL, "grant": "password", "user": "a"}, "'password' is missing"),
        ({"kind": "oauth2", "token_url": URL, "grant": "refresh_token"}, "'refresh_token' is missing"),
        ({"kind": "oauth2", "token_url": URL, "client_id": "a", "client_secret": "s", "user": "u"}, "'user' does not go"),
        ({"kind": "oauth2", "token_url": URL, "client_id": "a", "client_secret": "s", "send_in": "x"}, "'send_in'"),
    ],
)  # fmt: skip
def test_wrong_auth_is_an_error_without_secrets(auth: Any, words: str) -> None:
    error = refused({"auth": auth})
    assert words in error.message
    assert "s3cr3t" not in error.render()


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (7, "resource 'a': must be a mapping, not int"),
        ({"pth": "/a"}, "resource 'a': unknown key 'pth'"),
        ({}, "resource 'a': 'path' is missing"),
        ({"path": "/a?x=1"}, "'path' must be a path below `url`"),
        ({"path": "https://other.example/a"}, "'path' must be a path below `url`"),
        ({"path": "/a", "keep": "all"}, "'keep' must be records or page, not 'all'"),
        ({"path": "/{id}/a"}, "placeholder {id}, which for_each does not give"),
        ({"path": "/{id}/a", "for_each": [{"ids": 1}]}, "placeholder {id}"),
        ({"path": "/a", "for_each": [{"id": 1}]}, "gives nothing that `path`, `query` or `body` uses"),
        ({"path": "/{id}", "for_each": {"resource": "b"}}, "must name a resource and fields"),
        ({"path": "/{id}", "for_each": {"resource": "b", "fields": {"id": "id"}}}, "the resource 'b', which is not there"),
        ({"path": "/{id}", "for_each": {"resource": "a", "fields": {"id": "id"}}}, "leads back to itself"),
        ({"path": "/{id}", "for_each": {"resource": "b", "field": {}}}, "unknown key 'field' in for_each"),
        ({"path": "/{id}", "for_each": [{"id": 1}], "keep": "page"}, "`keep: page` does not go with `for_each`"),
        ({"path": "/{id}", "for_each": [{"id": 1}], "incremental": {"cursor": "a", "parameter": "b"}}, "do not go together"),
        ({"path": "/a", "incremental": {"parameter": "b"}}, "incremental: 'cursor' is missing"),
        ({"path": "/a", "incremental": {"cursor": "b"}}, "incremental: 'parameter' is missing"),
        ({"path": "/a", "incremental": {"cursor": "a", "parameter": "b", "lookback": "x"}}, "'lookback' must be a duration"),
        ({"path": "/a", "incremental": {"cursor": "a", "parameter": "b", "start": []}}, "'start' must be a text"),
        ({"path": "/a", "paging": "pages"}, "paging: there is no kind 'pages'"),
        ({"path": "/a", "paging": {"kind": "page", "limit": 3}}, "paging: unknown key 'limit'"),
        ({"path": "/a", "paging": {"kind": "page", "total": "a", "has_more": "b"}}, "total and has_more are given"),
        ({"path": "/a", "paging": {"kind": "page", "size_parameter": "n"}}, "given without 'size'"),
        ({"path": "/a", "paging": "cursor"}, "either 'path' or 'header'"),
        ({"path": "/a", "paging": "next_url"}, "'path' is missing"),
        ({"path": "/a", "paging": {"kind": "none", "repeats": "yes"}}, "'repeats' must be true or false"),
        ({"path": "/a", "pages_max": 0}, "'pages_max' must lie between"),
        ({"path": "/a", "resume_within": "soon"}, "'resume_within' must be a duration"),
    ],
)  # fmt: skip
def test_a_wrong_resource_is_an_error_that_names_it(resource: Any, words: str) -> None:
    assert words in refused({"resources": {"a": resource}}).message


def test_names_that_are_no_folders_are_refused() -> None:
    assert "must be fit for a folder" in refused({"resources": {"../a": "/a"}}).message


def test_a_parent_that_keeps_pages_is_refused() -> None:
    child = {"path": "/{id}", "for_each": {"resource": "a", "fields": {"id": "id"}}}
    assert "keeps pages" in refused({"resources": {"a": {"path": "/a", "keep": "page"}, "b": child}}).message
