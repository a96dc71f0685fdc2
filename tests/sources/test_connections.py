from __future__ import annotations

from contextlib import suppress
from threading import Event

import pytest

from ingot.sources.connections import AnswerTooLongError, Connections, StoppedError
from sources.misbehaving import Handler, WebServer, reply, serve


def connections(bytes_max: int = 1000, stop: Event | None = None) -> Connections:
    return Connections(10.0, bytes_max, stop or Event())


def test_one_connection_serves_request_after_request() -> None:
    with serve("HTTP/1.1") as web, connections() as kept:
        web.on("/a", reply(200, b"one"), reply(404, b"two"), reply(200, b"three"))
        replies = [kept.ask("GET", web.url + "/a", {}) for _ in range(3)]
        assert [(got.status, got.body) for got in replies] == [(200, b"one"), (404, b"two"), (200, b"three")]
        assert web.connections == 1


def test_an_answer_that_is_too_long_is_not_read_to_its_end() -> None:
    with serve("HTTP/1.1") as web, connections(bytes_max=10) as kept:
        web.on("/a", reply(200, b"x" * 11))
        with pytest.raises(AnswerTooLongError):
            kept.ask("GET", web.url + "/a", {})


def test_an_answer_that_is_not_read_to_its_end_leaves_no_connection_open() -> None:
    left = Event()

    def long_last_answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(b"x" * 300_000)
        with suppress(ConnectionError):
            handler.rfile.read(1)  # until the client is gone
        left.set()

    with serve("HTTP/1.1") as web, connections(bytes_max=10) as kept:
        web.on("/a", long_last_answer)
        with pytest.raises(AnswerTooLongError) as caught:
            kept.ask("GET", web.url + "/a", {})
        assert left.wait(30), caught  # whose traceback holds all that is not closed


def test_a_proxy_of_the_environment_is_asked_with_its_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve("HTTP/1.1") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://me:p%40ss@"))
        monkeypatch.setenv("no_proxy", "direct.invalid")
        proxy.on("http://api.invalid/a", reply(200, b"through"))
        with connections() as kept:
            assert kept.ask("GET", "http://api.invalid/a?x=1", {"Accept": "*/*"}).body == b"through"
            assert proxy.paths == ["http://api.invalid/a?x=1"]
            assert proxy.headers()["proxy-authorization"] == "Basic bWU6cEBzcw=="
            assert proxy.headers()["host"] == "api.invalid"
            with pytest.raises(OSError, match=r"not known|resolution|No address"):
                kept.ask("GET", "http://direct.invalid/a", {})


def test_this_machine_is_asked_without_a_proxy(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    web.on("/a", reply(200, b"direct"))
    with connections() as kept:
        assert kept.ask("GET", web.url + "/a", {}).body == b"direct"


def test_nothing_is_asked_after_an_interrupt(web: WebServer) -> None:
    stop = Event()
    with connections(stop=stop) as kept:
        stop.set()
        with pytest.raises(StoppedError):
            kept.ask("GET", web.url + "/a", {})
    assert web.asked == []
