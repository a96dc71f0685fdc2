from __future__ import annotations

import contextlib
import gzip
import socket
import threading

import pytest

from ingot.errors import SourceError
from ingot.model import SourceSpec
from ingot.source import LandContext, LandProgress, load_source
from sources.conftest import Puller
from sources.misbehaving import Handler, WebServer, hang_up, reply

CSV = b"PersonName,Country\r\nA,B\r\n"


def test_a_file_lands_as_it_came(web: WebServer, puller: Puller) -> None:
    result = puller.land(url=web.on("/data/Athletes.csv", reply(200, CSV, etag='"1"')))
    assert (result.landed, result.unchanged, result.bytes) == (("Athletes.csv",), 0, len(CSV))
    assert puller.files() == {"Athletes.csv": CSV}
    assert puller.waiting() == []
    (record,) = puller.landing.records("olympics")
    assert (record.target, record.name, record.bytes, record.etag) == (
        "Athletes.csv",
        "Athletes.csv",
        len(CSV),
        '"1"',
    )
    assert record.url == f"{web.url}/data/Athletes.csv"
    assert record.landed_at == puller.now


def test_a_templated_list_lands_each_file_under_its_name(web: WebServer, puller: Puller) -> None:
    for name in "ab":
        web.on(f"/v1/{name}.csv", reply(200, name.encode()))
    puller.land(url=web.url + "/v{version}/{file}.csv", name="{file}_x.csv",
                for_each=[{"file": "a", "version": 1}, {"file": "b", "version": 1}])  # fmt: skip
    assert puller.files() == {"a_x.csv": b"a", "b_x.csv": b"b"}


def test_query_and_headers_are_sent(web: WebServer, puller: Puller) -> None:
    web.on("/a b.csv".replace(" ", "%20"), reply(200, CSV))
    puller.land(url=web.url + "/a b.csv?x=1", query={"day": "1&2", "n": 3}, headers={"X-Key": "{file}"},
                for_each=[{"file": "f"}])  # fmt: skip
    assert web.paths == ["/a%20b.csv?x=1&day=1%262&n=3"]
    assert web.headers()["x-key"] == "f"
    assert puller.files() == {"a b.csv": CSV}


def test_a_file_that_the_server_calls_unchanged_is_not_fetched(web: WebServer, puller: Puller) -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    url = web.on("/a.csv", reply(200, CSV, etag='"1"', last_modified=date), reply(304))
    puller.land(url=url)
    result = puller.land(url=url)
    assert (result.landed, result.unchanged, result.bytes) == ((), 1, 0)
    assert web.headers()["if-none-match"] == '"1"'
    assert web.headers()["if-modified-since"] == date
    assert puller.waiting() == []


def test_the_same_bytes_under_another_etag_are_not_landed_again(web: WebServer, puller: Puller) -> None:
    url = web.on("/a.csv", reply(200, CSV, etag='"1"'), reply(200, CSV, etag='"2"'))
    puller.land(url=url)
    assert puller.land(url=url).unchanged == 1
    assert puller.files() == {"a.csv": CSV}
    assert len(puller.landing.records("olympics")) == 1
    puller.land(url=url)
    assert web.headers()["if-none-match"] == '"2"'


def test_an_etag_of_another_address_is_not_sent(web: WebServer, puller: Puller) -> None:
    puller.land(url=web.on("/1/a.csv", reply(200, CSV, etag='"1"')))
    puller.land(url=web.on("/2/a.csv", reply(200, b"other", etag='"1"')))
    assert "if-none-match" not in web.headers()
    assert list(puller.files().values()) == [CSV, b"other"]


def test_a_changed_file_lands_under_a_later_name_that_the_glob_matches(web: WebServer, puller: Puller) -> None:
    url = web.on("/a.csv.gz", *(reply(200, text) for text in (b"one", b"two", b"one")))
    for _ in range(3):
        puller.land(url=url)
    names = [record.name for record in puller.landing.records("olympics")]
    assert names[0] == "a.csv.gz"
    assert names[1].startswith("a_20260304T050608Z_")
    assert names == sorted(names)
    assert [p.read_bytes() for p in sorted((puller.lake / "_landing/olympics").glob("a*.csv.gz"))] == [
        b"one",
        b"two",
        b"one",
    ]


def test_a_failing_server_is_asked_again_after_growing_waits(web: WebServer, puller: Puller) -> None:
    url = web.on("/a.csv", reply(500), reply(503, retry_after="7"), hang_up, reply(200, CSV))
    assert puller.land(url=url).landed == ("a.csv",)
    assert puller.waits == [0.5, 7.0, 2.0]
    assert puller.files() == {"a.csv": CSV}


def test_a_server_cannot_make_us_wait_for_ever(web: WebServer, puller: Puller) -> None:
    puller.land(url=web.on("/a.csv", reply(429, retry_after="86400"), reply(200, CSV)))
    assert puller.waits == [30.0]


def test_retries_end(web: WebServer, puller: Puller) -> None:
    with pytest.raises(SourceError) as caught:
        puller.land(url=web.on("/a.csv", reply(502)), retries=2)
    assert len(web.asked) == 3
    assert caught.value.render() == (
        f"error[http-status]: {web.url}/a.csv answered 502 Bad Gateway for a.csv\n"
        "  at ingot.yml:7\n"
        "  after 3 attempts\n"
        "  hint: the server cannot answer now: run again later"
    )


def test_a_missing_file_is_not_asked_for_again(web: WebServer, puller: Puller) -> None:
    with pytest.raises(SourceError) as caught:
        puller.land(url=web.url + "/gone.csv")
    assert len(web.asked) == 1
    assert (caught.value.code, str(caught.value.location)) == ("http-status", "ingot.yml:7")
    assert "404 Not Found" in caught.value.message
    assert caught.value.hint == "open the URL in a browser and correct `url` or `for_each`"
    assert puller.waiting() == []


def test_one_failing_file_does_not_keep_the_others_from_landing(web: WebServer, puller: Puller) -> None:
    web.on("/a.csv", reply(200, CSV))
    with pytest.raises(SourceError) as caught:
        puller.land(url=web.url + "/{f}", for_each=[{"f": "x.csv"}, {"f": "a.csv"}, {"f": "y.csv"}])
    assert "x.csv" in caught.value.message
    assert any("y.csv" in note for note in caught.value.__notes__)
    assert puller.files() == {"a.csv": CSV}


def test_a_truncated_file_is_fetched_again(web: WebServer, puller: Puller) -> None:
    url = web.on("/a.csv", reply(200, CSV[:5], content_length=str(len(CSV))), reply(200, CSV))
    puller.land(url=url)
    assert puller.files() == {"a.csv": CSV}


def test_a_file_that_stays_truncated_never_becomes_visible(web: WebServer, puller: Puller) -> None:
    with pytest.raises(SourceError) as caught:
        puller.land(url=web.on("/a.csv", reply(200, CSV[:5], content_length=str(len(CSV)))), retries=1)
    assert caught.value.code == "http-truncated"
    assert "5 of 25 bytes" in caught.value.message
    assert (puller.files(), puller.waiting(), puller.landing.records("olympics")) == ({}, [], [])


def test_a_truncated_chunked_file_never_becomes_visible(web: WebServer, puller: Puller) -> None:
    def broken(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"10\r\nonly half")
        handler.close_connection = True

    with pytest.raises(SourceError) as caught:
        puller.land(url=web.on("/a.csv", broken), retries=0)
    assert caught.value.code == "http-truncated"
    assert puller.files() == {}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", "text/csv"),
        (b"\xef\xbb\xbf\r\n <!-- made by x -->\n<HTML>", "application/octet-stream"),
        (b"<div>Log in</div>", "text/html; charset=utf-8"),
    ],
)
def test_a_web_page_in_place_of_a_file_is_refused(
    web: WebServer, puller: Puller, body: bytes, content_type: str
) -> None:
    with pytest.raises(SourceError) as caught:
        puller.land(url=web.on("/a.csv", reply(200, body, content_type=content_type)))
    assert caught.value.code == "http-html"
    assert len(web.asked) == 1
    assert puller.files() == {}


@pytest.mark.parametrize("name", ["a.csv", "a.TSV", "a.json", "a.ndjson", "a.txt", "a.parquet", "a.csv.gz", "a.zip"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "application/octet-stream"),
        (b"\xef\xbb\xbf\n <Error><Code>AccessDenied</Code></Error>", "text/csv"),
        (b"<p>Log in</p>\n<p>again</p>", "text/csv"),
        (b"<!-- made by x -->", "text/csv"),
        (b"<a>,<b>", "application/xml"),
        (b"<a>,<b>", "application/problem+xml; charset=utf-8"),
    ],
)
def test_markup_in_place_of_data_is_refused(
    web: WebServer, puller: Puller, name: str, body: bytes, content_type: str
) -> None:
    with pytest.raises(SourceError, match=f"instead of {name}") as caught:
        puller.land(url=web.on(f"/{name}", reply(200, body, content_type=content_type)))
    assert caught.value.code == "http-html"
    assert len(web.asked) == 1
    assert puller.files() == {}


@pytest.mark.parametrize(
    ("name", "body", "content_type"),
    [
        ("a.xml", b"<?xml version='1.0'?><rows/>", "application/xml"),
        ("a.xml.gz", b"<?xml version='1.0'?><rows/>", "application/xml"),
        ("a.csv.xml", b"<rows/>", "text/xml"),
        ("a.svg", b"<svg/>", "image/svg+xml"),
        ("export", b"<rows/>", "application/xml"),
        ("a.csv", CSV, "application/xml"),
        ("a.txt", b"<TICKER>,<PER>,<DATE>\r\nGOLD,D,20200102\r\n", "text/plain"),
        ("a.csv", b"<DATE>\t<OPEN>\n2020.01.02\t1\n", "text/csv"),
        ("a.csv", b"<0.1;mg/l\n", "text/csv"),
    ],
)
def test_markup_that_was_asked_for_and_data_that_only_looks_like_it_land(
    web: WebServer, puller: Puller, name: str, body: bytes, content_type: str
) -> None:
    puller.land(url=web.on(f"/{name}", reply(200, body, content_type=content_type)))
    assert puller.files() == {name: body}


def test_a_page_in_a_compressed_transfer_is_refused(web: WebServer, puller: Puller) -> None:
    packed = gzip.compress(b"<!doctype html><p>Log in")
    with pytest.raises(SourceError) as caught:
        puller.land(url=web.on("/a.csv", reply(200, packed, content_encoding="gzip")))
    assert caught.value.code == "http-html"


def test_a_page_that_was_asked_for_and_data_that_is_called_html_land(web: WebServer, puller: Puller) -> None:
    web.on("/a.html", reply(200, b"<html></html>", content_type="text/html"))
    web.on("/b.csv", reply(200, CSV, content_type="text/html"))
    puller.land(url=web.url + "/{f}", for_each=[{"f": "a.html"}, {"f": "b.csv"}])
    assert sorted(puller.files()) == ["a.html", "b.csv"]


def test_a_compressed_file_is_kept_and_a_compressed_transfer_is_undone(web: WebServer, puller: Puller) -> None:
    packed = gzip.compress(CSV, mtime=0) + gzip.compress(b"more", mtime=0)
    web.on("/a.csv.gz", reply(200, packed, content_encoding="gzip"))
    web.on("/b.csv", reply(200, packed, content_encoding="gzip"))
    puller.land(url=web.url + "/{f}", for_each=[{"f": "a.csv.gz"}, {"f": "b.csv"}])
    assert puller.files() == {"a.csv.gz": packed, "b.csv": CSV + b"more"}


@pytest.mark.parametrize(("encoding", "code"), [("gzip", "http-damaged"), ("br", "http-encoding")])
def test_a_transfer_that_cannot_be_undone_is_refused(web: WebServer, puller: Puller, encoding: str, code: str) -> None:
    body = gzip.compress(CSV * 100, mtime=0)[:-9]
    with pytest.raises(SourceError) as caught:
        puller.land(url=web.on("/b.csv", reply(200, body, content_encoding=encoding)), retries=0)
    assert caught.value.code == code
    assert puller.files() == {}


def test_a_silent_server_is_given_up(web: WebServer, puller: Puller) -> None:
    released = threading.Event()
    url = web.on("/a.csv", lambda _: released.wait(5) and None)
    with pytest.raises(SourceError) as caught:
        puller.land(url=url, timeout="50ms", retries=1)
    released.set()
    assert caught.value.code == "http-timeout"
    assert puller.waits == [0.5]  # between two attempts; when the server notices them is its own affair


def test_no_server_at_all_is_said_so(puller: Puller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceError) as caught:
        puller.land(url=f"http://127.0.0.1:{port}/a.csv", retries=0)
    assert caught.value.code == "http-unreachable"
    assert "refused" in caught.value.message


def test_secrets_stay_out_of_errors_and_records(web: WebServer, puller: Puller) -> None:
    options = {"headers": {"Authorization": "Bearer hunter2"}, "query": {"sig": "hunter2"}}
    with pytest.raises(SourceError) as caught:
        puller.land(url=web.on("/a.csv", reply(403)), **options)
    assert "hunter2" not in caught.value.render()
    assert "/a.csv?sig=… answered 403" in caught.value.message
    puller.land(url=web.on("/a.csv", reply(200, CSV)), **options)
    assert "hunter2" not in repr(puller.landing.records("olympics"))


def test_credentials_follow_a_redirect_only_to_the_same_host(web: WebServer, puller: Puller) -> None:
    other = web.url.replace("127.0.0.1", "localhost")
    web.on("/a.csv", reply(302, location="/moved.csv"))
    web.on("/moved.csv", reply(302, location=other + "/elsewhere.csv"))
    web.on("/elsewhere.csv", reply(200, CSV))
    puller.land(url=web.url + "/a.csv", headers={"Authorization": "Bearer x"})
    assert [headers.get("authorization") for _, headers in web.asked] == ["Bearer x", "Bearer x", None]
    assert puller.files() == {"a.csv": CSV}


def test_a_large_file_is_streamed_with_progress(web: WebServer, puller: Puller) -> None:
    body = b"x" * 3_000_000
    puller.land(url=web.on("/a.csv", reply(200, body)))
    assert puller.progress[-1].bytes == puller.progress[-1].total == len(body)
    assert puller.progress[-1].name == "a.csv"


def test_no_more_transfers_than_allowed_run_at_once(web: WebServer, puller: Puller) -> None:
    gate, lock, running, most = threading.Barrier(3, timeout=60), threading.Lock(), [0], [0]

    def counted(handler: Handler) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        gate.wait()
        with lock:
            running[0] -= 1
        reply(200, handler.path.encode())(handler)

    names = [{"f": f"{n}.csv"} for n in range(9)]
    for row in names:
        web.on("/" + row["f"], counted)
    assert len(puller.land(url=web.url + "/{f}", for_each=names, parallel=3).landed) == 9
    assert most[0] == 3


def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(
    web: WebServer, puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingot.sources.opener import opener

    monkeypatch.setenv("http_proxy", web.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    opener.cache_clear()
    try:
        web.on("http://data.invalid/a.csv", reply(200, CSV))
        puller.land(url="http://data.invalid/a.csv")
        puller.land(url=web.on("/b.csv", reply(200, CSV)))
    finally:
        opener.cache_clear()
    assert web.paths == ["http://data.invalid/a.csv", "/b.csv"]


def test_an_interrupt_ends_the_transfers_and_leaves_nothing(web: WebServer, puller: Puller) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"x" * 100_000)

    def interrupt(_: LandProgress) -> None:
        raise KeyboardInterrupt

    spec = SourceSpec("olympics", "http", {"url": web.on("/a.csv", endless)})
    with pytest.raises(KeyboardInterrupt):
        load_source(spec).land(LandContext(puller.landing, interrupt))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("http-")]
    assert (puller.files(), puller.waiting()) == ({}, [])


def test_braces_in_a_secret_are_left_alone(web: WebServer, puller: Puller) -> None:
    web.on("/f.csv", reply(200, CSV))
    puller.land(url=web.url + "/{file}.csv", headers={"X-Key": "{file} a{b}c{"}, for_each=[{"file": "f"}])
    assert web.headers()["x-key"] == "f a{b}c{"
