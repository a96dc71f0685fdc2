from __future__ import annotations

import gzip
import json
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from ingot.sources.auth import OAuth2, TokenGrant
from ingot.sources.connections import Reply
from ingot.sources.rest.pace import Pace
from sources.misbehaving import Handler, WebServer, hang_up, reply, serve
from sources.rest.conftest import Query, Shop, answer_of, computed, rows

ONE = rows(1, 1)


def everything_written(lake: Path) -> bytes:
    """The content of all files of a lake, compressed ones also as they are read."""
    found = b""
    for path in (path for path in lake.rglob("*") if path.is_file()):
        content = path.read_bytes()
        found += str(path).encode() + content + (gzip.decompress(content) if path.suffix == ".gz" else b"")
    return found


# --- transient and terminal failures ---


@pytest.mark.parametrize(
    "failure", [reply(500), reply(503), reply(408), hang_up, reply(200, b"[1", content_length="9", connection="close")]
)
def test_transient_failures_are_tried_again_with_growing_waits(shop: Shop, failure: Any) -> None:
    shop.on("/a", failure, failure, ONE)
    shop.land({"a": "/a"})
    assert shop.ids("a") == [1]
    assert len(shop.waits) == 2
    assert all(0 <= wait <= bound for wait, bound in zip(shop.waits, (0.5, 1.0), strict=True))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_other_failures_are_not(shop: Shop, status: int) -> None:
    shop.on("/a", reply(status))
    error = shop.fails({"a": "/a"})
    assert (error.code, len(shop.web.paths), shop.waits) == ("http-status", 1, [])
    assert f"answered {status} " in error.message
    assert error.hint


def test_it_ends_after_the_last_retry(shop: Shop) -> None:
    shop.on("/a", reply(502))
    error = shop.fails({"a": "/a"}, retries=3)
    assert (len(shop.web.paths), error.__notes__) == (4, ["after 4 attempts"])
    assert len(shop.waits) == 3


def test_a_server_that_cannot_be_reached_is_an_error(shop: Shop) -> None:
    error = shop.fails({"a": "/a"}, url="http://127.0.0.1:9", retries=0)
    assert error.code == "http-unreachable"


def test_a_slow_server_is_an_error_after_the_timeout(shop: Shop) -> None:
    shop.on("/a", lambda handler: handler.rfile.read(1))
    error = shop.fails({"a": {"path": "/a", "paging": "page"}}, retries=0, timeout="50ms")
    assert error.code == "http-timeout"
    assert "/a?page=1 (page 1 of 'a') did not answer within 0.05 s" in error.message


def test_a_kept_connection_that_the_server_has_closed_is_no_failure(shop: Shop) -> None:
    def last_of_connection(handler: Handler) -> None:
        answer_of(ONE)(handler)
        handler.close_connection = True  # without saying so

    shop.on("/a", last_of_connection)
    shop.on("/b", rows(2, 2))
    shop.land({"a": "/a", "b": "/b"}, parallel=1)
    assert (shop.ids("b"), shop.waits) == ([2], [])


def test_compressed_answers_are_read(shop: Shop) -> None:
    shop.on("/a", answer_of(gzip.compress(b'[{"id": 1}]'), content_encoding="gzip"))
    damaged = answer_of(b"\x1f\x8bnothing", content_encoding="gzip")
    shop.on("/b", damaged)
    shop.land({"a": "/a"})
    assert (shop.ids("a"), shop.web.headers()["accept-encoding"]) == ([1], "gzip")
    assert "damaged" in shop.fails({"b": "/b"}, retries=1).message


def test_answers_without_content_end_the_pages(shop: Shop) -> None:
    shop.on("/a", answer_of(ONE), reply(204))
    shop.land({"a": {"path": "/a", "paging": "page"}})
    assert shop.ids("a") == [1]


# --- rates ---


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass between that a source is told to wait and that it does."""
    monkeypatch.setattr("ingot.sources.rest.source.Pace", partial(Pace, clock=lambda: 100.0))


def test_too_many_requests_wait_as_long_as_the_server_asks(shop: Shop, still_clock: None) -> None:
    def soon(handler: Handler) -> None:
        instant = datetime.now(UTC) + timedelta(seconds=90)
        reply(429, retry_after=format_datetime(instant, usegmt=True))(handler)

    shop.on("/a", reply(429, retry_after="7"), ONE)
    shop.on("/b", soon, ONE)
    shop.on("/c", reply(403, x_ratelimit_remaining="0"), ONE)
    shop.land({"a": "/a"}, retries=0)
    assert shop.waits == [7]
    shop.waits.clear()
    began = time.monotonic()
    shop.land({"b": "/b"}, retries=0)
    assert 89 - (time.monotonic() - began) <= shop.waits[0] <= 90  # a date is of whole seconds
    shop.waits.clear()
    shop.land({"c": "/c"}, retries=0)
    assert shop.waits == [1]


def test_a_storm_of_429_is_waited_for_and_ends_after_a_quarter_of_an_hour(shop: Shop, still_clock: None) -> None:
    storm = [reply(429)] * 6
    shop.on("/a", *storm, ONE)
    shop.land({"a": "/a"}, retries=0)
    assert shop.waits == [1, 2, 4, 8, 16, 32]
    shop.on("/b", reply(429, retry_after="400"))
    error = shop.fails({"b": "/b"})
    assert (error.code, len([path for path in shop.web.paths if path == "/b"])) == ("rest-rate-limit", 3)
    assert "asks to wait 400 s more" in error.message


def test_requests_are_paced(shop: Shop, still_clock: None) -> None:
    shop.on("/a", computed(lambda query: rows(1, 5)[int(query["page"]) - 1 :][:1]))
    shop.land({"a": {"path": "/a", "paging": "page"}}, rate="2/s", parallel=1)
    # The clock of this test stands still, so each request waits for all before it.
    assert shop.waits == [0.5, 1, 1.5, 2, 2.5]


def test_who_is_told_to_wait_makes_all_wait() -> None:
    waited: list[float] = []
    pace = Pace(0.5, waited.append, clock=lambda: 100.0)
    pace.turn()
    pace.turn()
    pace.postpone(10)
    pace.turn()
    pace.turn()
    assert waited == [0.5, 10.0, 10.5]


# --- authentication ---


def test_each_kind_of_authentication_is_sent_and_never_written(shop: Shop) -> None:
    secret = "s3cr3t-value"
    shop.on("/a", computed(lambda query: [{"id": len(query)}]))
    kinds: list[tuple[dict[str, str], str, str]] = [
        ({"kind": "bearer", "token": secret}, "authorization", f"Bearer {secret}"),
        ({"kind": "api_key", "key": secret}, "x-api-key", secret),
        ({"kind": "api_key", "key": secret, "header": "Key"}, "key", secret),
        ({"kind": "basic", "user": "me", "password": secret}, "authorization",
         "Basic " + b64encode(f"me:{secret}".encode()).decode()),
    ]  # fmt: skip
    for auth, header, value in kinds:
        shop.land({"a": "/a"}, auth=auth)
        assert shop.web.headers()[header] == value
    shop.land({"a": "/a"}, auth={"kind": "api_key", "key": secret, "parameter": "key"})
    assert shop.web.paths[-1] == f"/a?key={secret}"
    assert shop.rows("a")[-1] == {"id": 1}
    shop.on("/b", reply(401))
    shop.on("/c", reply(200, b"<html>"))
    for path in "bc":
        error = shop.fails({"b": f"/{path}"}, auth={"kind": "api_key", "key": secret, "parameter": "key"})
        assert secret not in error.render() + str(error.__cause__) + str(error.__context__)
    assert secret.encode() not in everything_written(shop.lake)


def test_a_key_that_the_server_repeats_in_the_next_address_is_not_kept(shop: Shop) -> None:
    def answer(query: Query) -> Any:
        if query.get("page") == "2":
            return {"items": rows(2, 2)} if query["key"] == "s3cr3t-value" else reply(401)
        return {"items": ONE, "next": f"{shop.web.url}/a?key=s3cr3t-value&page=2"}

    shop.on("/a", computed(answer))
    resource = {"path": "/a", "records": "items", "paging": {"kind": "next_url", "path": "next"}}
    auth = {"kind": "api_key", "key": "s3cr3t-value", "parameter": "key"}
    shop.land({"a": resource}, auth=auth)
    assert shop.ids("a") == [1, 2]
    assert b"s3cr3t-value" not in everything_written(shop.lake)
    error = shop.fails({"b": {**resource, "keep": "page"}}, auth=auth)
    assert (error.code, shop.records("b")) == ("rest-secret-in-page", [])


@pytest.mark.parametrize("address", ["http://host:99999/", "http://host:port/", "http://[::1/"])
def test_a_redirect_to_an_address_that_is_none_is_told(shop: Shop, address: str) -> None:
    shop.on("/d", reply(302, location=address))
    error = shop.fails({"d": "/d"})
    assert error.code in ("http-status", "invalid-url")
    assert "address" in error.message


def test_an_encoding_that_is_none_of_texts_is_told(shop: Shop) -> None:
    shop.on("/d", answer_of(b'[{"id": 1}]', content_type="application/json; charset=punycode"))
    assert shop.fails({"d": "/d"}).code == "rest-not-json"


def test_credentials_do_not_follow_a_redirect_to_another_host(shop: Shop) -> None:
    with serve("HTTP/1.1") as other:
        other.on("/moved", answer_of(ONE))
        shop.on("/a", reply(302, location=other.url + "/moved"))
        shop.on("/b", reply(301, location="/c"))
        shop.on("/c", ONE)
        shop.on("/d", reply(302, location="/d"))
        auth = {"kind": "bearer", "token": "s3cr3t-value"}
        shop.land({"a": "/a", "b": "/b"}, auth=auth, headers={"X-Mine": "1"})
        assert not {"authorization", "x-mine"} & other.headers().keys()
    assert shop.web.headers()["authorization"] == "Bearer s3cr3t-value"
    assert (shop.ids("a"), shop.ids("b")) == ([1], [1])
    assert "redirects again and again" in shop.fails({"d": "/d"}).message


class Tokens:
    """A token endpoint whose tokens are good for a number of uses."""

    def __init__(self, web: WebServer, uses: int = 1000, lasts_s: int = 3600):
        self.web = web
        self.uses = uses
        self.lasts_s = lasts_s
        self.given: list[str] = []
        self.left = 0
        web.on("/token", self.give)

    def give(self, handler: Handler) -> None:
        self.given.append(f"t0ken-{len(self.given)}")
        self.left = self.uses
        answer_of({"access_token": self.given[-1], "expires_in": self.lasts_s, "token_type": "Bearer"})(handler)

    def guarded(self, answer: Any) -> Any:
        def respond(handler: Handler) -> None:
            is_good = self.given and handler.headers["Authorization"] == f"Bearer {self.given[-1]}" and self.left > 0
            self.left -= 1
            (answer if is_good else reply(401))(handler)

        return respond

    def auth(self, **more: str) -> dict[str, str]:
        return {"kind": "oauth2", "token_url": self.web.url + "/token", "client_id": "me&co",
                "client_secret": "s3cr3t-value", **more}  # fmt: skip


def test_oauth2_gets_a_token_once_and_a_new_one_when_it_was_refused(shop: Shop) -> None:
    tokens = Tokens(shop.web, uses=3)
    pages = computed(lambda query: rows(1, 8)[int(query["page"]) - 1 :][:1])
    shop.on("/a", tokens.guarded(pages))
    shop.land({"a": {"path": "/a", "paging": "page"}}, auth=tokens.auth(scope="read"), parallel=1)
    assert shop.ids("a") == list(range(1, 9))
    assert len(tokens.given) == 3
    assert parse_qs(shop.web.posted[0]) == {
        "grant_type": ["client_credentials"],
        "scope": ["read"],
        "client_id": ["me&co"],
        "client_secret": ["s3cr3t-value"],
    }
    written = everything_written(shop.lake)
    assert not re.search(b"s3cr3t-value|t0ken-", written)


def test_oauth2_may_send_the_client_in_a_header_with_more_parameters(shop: Shop) -> None:
    tokens = Tokens(shop.web)
    shop.on("/a", tokens.guarded(answer_of(ONE)))
    shop.land({"a": "/a"}, auth=tokens.auth(send_in="header", parameters={"audience": "x"}))
    asked = next(headers for path, headers in shop.web.asked if path == "/token")
    assert asked["authorization"] == "Basic " + b64encode(b"me%26co:s3cr3t-value").decode()
    assert parse_qs(shop.web.posted[0]) == {"grant_type": ["client_credentials"], "audience": ["x"]}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"grant": "password", "user": "ada", "password": "pa$$w0rd"}, {"username": ["ada"], "password": ["pa$$w0rd"]}),
        ({"grant": "refresh_token", "refresh_token": "refr3sh-me"}, {"refresh_token": ["refr3sh-me"]}),
    ],
)
def test_oauth2_asks_for_a_user_or_with_a_refresh_token(shop: Shop, more: dict[str, str], wanted: dict) -> None:
    tokens = Tokens(shop.web)
    shop.on("/a", tokens.guarded(answer_of(ONE)))
    auth = {"kind": "oauth2", "token_url": shop.web.url + "/token", "client_id": "me", **more}
    shop.land({"a": "/a"}, auth=auth)
    assert parse_qs(shop.web.posted[0]) == {"grant_type": [more["grant"]], "client_id": ["me"], **wanted}
    assert not re.search(rb"pa\$\$w0rd|refr3sh-me|t0ken-", everything_written(shop.lake))
    shop.on("/token", reply(400))
    error = shop.fails({"a": "/a"}, auth=auth)
    assert not re.search(r"pa\$\$w0rd|refr3sh-me", error.render())


def test_a_new_refresh_token_goes_before_the_one_that_gave_it() -> None:
    sent: list[str] = []

    def post(_url: str, _headers: dict[str, str], body: bytes) -> Any:
        sent.append(parse_qs(body.decode())["refresh_token"][0])
        return Reply(200, Message(), b'{"access_token": "t%d", "refresh_token": "r%d"}' % (len(sent), len(sent)))

    grant = TokenGrant("https://t", "me", "", kind="refresh_token", secrets={"refresh_token": "r0"})
    auth = OAuth2(grant, post)
    for _ in range(3):
        auth.refused(auth.headers())
    assert sent == ["r0", "r1", "r2"]
    assert "r3" in auth.secrets()


def test_a_refresh_token_that_the_server_exchanges_is_told_and_so_is_one_that_is_spent(shop: Shop) -> None:
    def exchange(handler: Handler) -> None:
        is_first = "refresh_token=r0-spent" in shop.web.posted[-1] and len(shop.web.posted) == 1
        answer = {"access_token": "t0ken-1", "refresh_token": "r1-other"} if is_first else {"error": "invalid_grant"}
        (answer_of(answer) if is_first else reply(400, json.dumps(answer).encode()))(handler)

    shop.web.on("/token", exchange)
    shop.on("/a", ONE)
    auth = {"kind": "oauth2", "token_url": shop.web.url + "/token", "client_id": "me", "grant": "refresh_token"}
    result = shop.land({"a": "/a"}, auth={**auth, "refresh_token": "r0-spent"})
    assert "has exchanged the refresh token" in result.warnings[0]
    error = shop.fails({"a": "/a"}, auth={**auth, "refresh_token": "r0-spent"})
    assert (error.code, "(invalid_grant)" in error.message) == ("rest-auth", True)
    assert "exchanged for another one, is spent" in str(error.hint)
    assert not re.search(b"r0-spent|r1-other", everything_written(shop.lake))


def test_a_refresh_token_that_stays_is_no_warning(shop: Shop) -> None:
    shop.on("/token", {"access_token": "t0ken-1", "refresh_token": "r0-stays"})
    shop.on("/a", ONE)
    auth = {"kind": "oauth2", "token_url": shop.web.url + "/token", "client_id": "me", "grant": "refresh_token"}
    assert shop.land({"a": "/a"}, auth={**auth, "refresh_token": "r0-stays"}).warnings == ()


def test_oauth2_gives_up_when_a_new_token_is_refused_too(shop: Shop) -> None:
    tokens = Tokens(shop.web, uses=0)
    shop.on("/a", tokens.guarded(answer_of(ONE)))
    error = shop.fails({"a": "/a"}, auth=tokens.auth())
    assert (error.code, len(tokens.given)) == ("http-status", 2)
    assert error.hint is not None
    assert "auth" in error.hint


def test_a_refused_token_request_says_why_without_secrets(shop: Shop) -> None:
    shop.on("/token", reply(400, b'{"error": "invalid_client", "error_description": "s3cr3t-value"}'))
    auth = {"kind": "oauth2", "token_url": shop.web.url + "/token", "client_id": "me", "client_secret": "s3cr3t-value"}
    error = shop.fails({"a": "/a"}, auth=auth)
    assert error.code == "rest-auth"
    assert "400 Bad Request (invalid_client)" in error.message
    assert "s3cr3t" not in error.render()
    shop.on("/token", reply(200, b"[]"))
    assert shop.fails({"a": "/a"}, auth=auth).code == "rest-auth"


def test_a_token_is_fetched_anew_before_it_expires() -> None:
    clock = [0.0]
    times: list[float] = []

    def post(_url: str, _headers: dict[str, str], _body: bytes) -> Any:
        times.append(clock[0])
        return Reply(200, Message(), b'{"access_token": "t%d", "expires_in": "600"}' % len(times))

    auth = OAuth2(TokenGrant("https://t", "me", "x"), post, lambda: clock[0])
    for second in (0, 100, 539, 541, 700):
        clock[0] = float(second)
        auth.headers()
    assert times == [0.0, 541.0]


def test_many_threads_share_one_token(shop: Shop) -> None:
    tokens = Tokens(shop.web)
    shop.on(
        "/a", tokens.guarded(computed(lambda query: {"items": rows(1, 30)[int(query["offset"]) :][:1], "total": 30}))
    )
    resource = {"path": "/a", "records": "items", "paging": {"kind": "offset", "total": "total"}}
    shop.land({"a": resource}, auth=tokens.auth(), parallel=8)
    assert (shop.ids("a"), len(tokens.given)) == (list(range(1, 31)), 1)


# --- interrupts ---


def test_an_interrupt_ends_requests_that_wait_for_their_answer(shop: Shop) -> None:
    """The first page has come and may be landed already; the second one, asked for ahead, never comes."""
    waiting = threading.Event()

    def never(handler: Handler) -> None:
        waiting.set()
        handler.rfile.read(1)

    shop.on("/a", ONE, never)
    script = textwrap.dedent(f"""
        import pathlib
        from ingot.lake.landing import Landing
        from ingot.model import SourceSpec
        from ingot.source import LandContext, load_source
        options = {{"url": {shop.web.url!r}, "resources": {{"a": {{"path": "/a", "paging": "page"}}}}}}
        load_source(SourceSpec("shop", "rest", options)).land(LandContext(Landing(pathlib.Path({str(shop.lake)!r}))))
    """)
    child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    assert waiting.wait(120)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=50)  # less than the minute that it would wait for an answer
    assert b"KeyboardInterrupt" in errors
    assert shop.ids("a") in ([], [1])
    shop.on("/a", computed(lambda query: rows(1, 2)[int(query["page"]) - 1 :][:1]))
    shop.land({"a": {"path": "/a", "paging": "page"}})
    assert shop.ids("a") == [1, 2]
