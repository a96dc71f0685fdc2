"""Files of S3: a real server, and one that misbehaves."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pytest

from ingot.errors import SourceError
from sources.files.conftest import Drops, Remote
from sources.files.servers import put_raw
from sources.misbehaving import Handler, WebServer, reply

pytest.importorskip("obstore", reason="needs obstore")

BODY = b"".join(b"%06d,%s\n" % (number, hashlib.md5(b"%d" % number).hexdigest().encode()) for number in range(100_000))
SECRET = "h1dden/key+of=mine"
LISTING = """<?xml version="1.0"?><ListBucketResult><Name>b</Name><Prefix></Prefix><KeyCount>1</KeyCount>
<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{}</ListBucketResult>"""
CONTENT = "<Contents><Key>{}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>{}</ETag><Size>{}</Size></Contents>"


def test_objects_land_once_and_again_when_they_change(
    drops: Drops, s3: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("orders/a.csv", b"1")
    s3.put("orders/2024/a b é%20.csv", b"2")
    s3.put("orders/empty.csv", b"")
    s3.put("orders2/a.csv", b"other")
    options = {"url": s3.url + "orders/", "storage": s3.storage}
    assert drops.land(**options).bytes == 2
    assert drops.files() == {"2024/a b é%20.csv": b"2", "a.csv": b"1", "empty.csv": b""}
    with monkeypatch.context() as patch:
        patch.setattr("ingot.sources.files.objects.Bucket.copy", lambda *_: pytest.fail("it is read again"))
        assert drops.land(**options).unchanged == 3
    s3.put("orders/a.csv", b"3")
    s3.put("orders/new.csv", b"4")
    result = drops.land(**options)
    assert (result.landed, result.unchanged) == (("a_20260307T050607Z_4e074085.csv", "new.csv"), 2)
    record = drops.landing.records("drops")[0]
    assert record.url.startswith(s3.url + "orders/")
    assert record.etag is not None


def test_an_object_that_was_written_again_with_the_same_content_does_not_land(drops: Drops, s3: Remote) -> None:
    s3.put("a.csv", b"1")
    drops.land(s3.url, storage=s3.storage)
    s3.put("a.csv", b"1")
    assert drops.land(s3.url, storage=s3.storage).unchanged == 1
    assert drops.files() == {"a.csv": b"1"}


def test_patterns_choose_objects(drops: Drops, s3: Remote) -> None:
    for path in ("in/a.csv", "in/deep/b.csv", "in/c.json", "out/d.csv", "in/_SUCCESS"):
        s3.put(path, b"1")
    drops.land(s3.url, storage=s3.storage, pattern="in/**")
    assert list(drops.files()) == ["in/a.csv", "in/c.json", "in/deep/b.csv"]


def test_folders_below_are_not_listed_when_no_pattern_leads_there(drops: Drops, s3: Remote) -> None:
    put_raw(f"{s3.storage['endpoint']}/{s3.url[5:]}in/deep//b.csv", b"2")  # no listing that meets it succeeds
    s3.put("in/a.csv", b"1")
    s3.put("in/b.txt", b"1")
    drops.land(s3.url, storage=s3.storage, pattern="in/*.csv")
    assert drops.files() == {"in/a.csv": b"1"}
    with pytest.raises(SourceError, match="cannot be read"):
        drops.land(s3.url, storage=s3.storage, pattern="in/**")


def test_names_that_only_a_slash_tells_apart_are_not_confused(drops: Drops, s3: Remote) -> None:
    s3.put("a.csv", b"1")
    put_raw(f"{s3.storage['endpoint']}/{s3.url[5:]}/a.csv", b"2")
    for _ in range(2):
        with pytest.raises(SourceError, match="only a slash tells apart"):
            drops.land(s3.url, storage=s3.storage)
        assert drops.files() == {"a.csv": b"1"}


def test_what_stands_for_a_folder_is_no_file(drops: Drops, s3: Remote) -> None:
    s3.put("v2.0", b"")
    s3.put("v2.0/a.csv", b"2")
    for folder in ("in/", "v1.0/"):
        put_raw(f"{s3.storage['endpoint']}/{s3.url[5:]}{folder}", b"")
    s3.put("deep", b"")
    s3.put("deep_$folder$", b"")
    s3.put("in/a.csv", b"1")
    result = drops.land(s3.url, storage=s3.storage)
    assert (drops.files(), result.warnings) == ({"in/a.csv": b"1", "v2.0/a.csv": b"2"}, ())


@pytest.mark.parametrize("name", ["a//b.csv", "up/../../passwd", "./a.csv", "line\nbreak.csv"])
def test_a_name_that_cannot_be_asked_for_is_told(drops: Drops, web: WebServer, name: str) -> None:
    web.on("/b", listing((name, '"1"', 1)))
    with pytest.raises(SourceError, match=r"holds an object whose name cannot be read") as caught:
        land_from(drops, web)
    assert caught.value.code == "invalid-name"
    assert not drops.files()


def test_long_names_and_names_of_other_systems_land_under_another(drops: Drops, s3: Remote) -> None:
    for path in ("back\\slash.csv", "x" * 255 + ".csv", "deep/" * 100 + "a.csv"):
        s3.put(path, b"1")
    drops.land(s3.url, storage=s3.storage)
    assert len(drops.files()) == 3
    assert drops.land(s3.url, storage=s3.storage).unchanged == 3


def test_a_bucket_that_does_not_exist_is_told(drops: Drops, s3: Remote) -> None:
    with pytest.raises(SourceError, match=r"there is no bucket 'nobody-has-this' \(404 NoSuchBucket\)") as caught:
        drops.land("s3://nobody-has-this/", storage=s3.storage)
    assert caught.value.code == "missing-bucket"
    assert caught.value.location is not None


def test_a_server_that_is_not_there_is_told(drops: Drops) -> None:
    for endpoint, says in (("http://127.0.0.1:1", "cannot be reached"), ("http://no.invalid", "there is no such host")):
        with pytest.raises(SourceError, match=says) as caught:
            drops.land("s3://b/", storage={"endpoint": endpoint, "region": "x", "anonymous": True}, retries=0)
        assert caught.value.code == "connection-failed"
        assert endpoint in caught.value.message


def test_a_secret_that_is_no_endpoint_is_told(drops: Drops) -> None:
    with pytest.raises(SourceError, match="the store cannot be opened"):
        drops.land("s3://b/", storage={"endpoint": "secret", "region": "x"})


def test_settings_of_the_environment_do_not_mix_with_those_of_the_entry(
    drops: Drops, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of another key")
    web.on("/b", listing())
    land_from(drops, web)
    assert "x-amz-security-token" not in web.headers(0)
    assert "Credential=AKIA/" in web.headers(0)["authorization"]


def test_what_the_environment_says_holds_where_the_entry_says_nothing(
    drops: Drops, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FROMENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    web.on("/b", listing())
    drops.land("s3://b/", storage={"endpoint": web.url, "region": "us-east-1"})
    assert "Credential=FROMENV/" in web.headers(0)["authorization"]
    web.on("/b", listing())
    drops.land("s3://b/", storage={"endpoint": web.url, "region": "us-east-1", "anonymous": True})
    assert "authorization" not in web.headers(1)


def test_session_tokens_and_who_pays_are_sent(drops: Drops, web: WebServer) -> None:
    web.on("/b", listing())
    storage = {"endpoint": web.url, "region": "x", "access_key_id": "AKIA", "secret_access_key": SECRET}
    drops.land("s3://b/", storage={**storage, "session_token": "token", "requester_pays": True})
    assert web.headers()["x-amz-security-token"] == "token"
    assert web.headers()["x-amz-request-payer"] == "requester"


@pytest.mark.parametrize(("path_style", "address"), [(False, "http://b.s3.invalid/"), (True, "http://s3.invalid/b")])
def test_a_bucket_is_a_part_of_the_path_or_of_the_host_and_the_proxy_of_the_environment_is_used(
    drops: Drops, web: WebServer, monkeypatch: pytest.MonkeyPatch, path_style: bool, address: str
) -> None:
    monkeypatch.setenv("http_proxy", web.url)
    web.on(address, listing())
    storage = {"endpoint": "http://s3.invalid", "region": "x", "anonymous": True, "path_style": path_style}
    drops.land("s3://b/", storage=storage)
    assert web.paths[0].startswith(address)


def test_the_package_that_is_needed_is_named(drops: Drops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(SourceError, match="needs the package obstore") as caught:
        drops.land("s3://b/")
    assert (caught.value.code, caught.value.hint) == ("missing-package", "pip install 'ingot[object-store]'")


# --- a server that misbehaves -----------------------------------------------------------------------------------------


def content(name: str, tag: str, size: int) -> str:
    return CONTENT.format(escape(name), escape(tag), size)


def listing(*objects: tuple[str, str, int]) -> Callable[[Handler], None]:
    body = LISTING.format("".join(content(*each) for each in objects))
    return reply(200, body.encode(), content_type="application/xml")


def land_from(drops: Drops, web: WebServer, **options: Any):
    storage = {"endpoint": web.url, "region": "us-east-1", "access_key_id": "AKIA", "secret_access_key": SECRET}
    return drops.land("s3://b/", storage=storage, **{"retries": 2, "timeout": "5s", **options})


def sends(body: bytes, tag: str, upto: int | None = None) -> Callable[[Handler], None]:
    """Send an object, or what is asked of it; hang up after some bytes."""

    def answer(handler: Handler) -> None:
        asked = handler.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        handler.send_response(206 if asked else 200)
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        handler.send_header("ETag", tag)
        handler.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        handler.send_header("Content-Length", str(len(body) - start))
        handler.end_headers()
        handler.wfile.write(body[start:upto])
        handler.wfile.flush()

    return answer


def test_listings_have_pages(drops: Drops, web: WebServer) -> None:
    first = LISTING.format("<NextContinuationToken>next</NextContinuationToken>" + content("a.csv", '"1"', 1))
    first = first.replace("<IsTruncated>false", "<IsTruncated>true")
    web.on("/b", reply(200, first.encode(), content_type="application/xml"), listing(("b.csv", '"2"', 1)))
    for name, tag in (("a", '"1"'), ("b", '"2"')):
        web.on(f"/b/{name}.csv", sends(name.encode(), tag))
    land_from(drops, web, parallel=1)
    assert drops.files() == {"a.csv": b"a", "b.csv": b"b"}
    assert "continuation-token=next" in web.paths[1]


def test_a_transfer_that_broke_off_goes_on_where_it_did(drops: Drops, web: WebServer) -> None:
    web.on("/b", listing(("a.csv", '"1"', len(BODY))))
    web.on("/b/a.csv", sends(BODY, '"1"', upto=1_500_000), sends(BODY, '"1"'))
    land_from(drops, web)
    assert drops.files() == {"a.csv": BODY}
    assert web.headers(2)["range"].startswith("bytes=1")


def test_an_object_that_was_replaced_meanwhile_is_read_from_its_beginning(drops: Drops, web: WebServer) -> None:
    new = BODY[::-1]
    web.on("/b", listing(("a.csv", '"1"', len(BODY))))
    web.on("/b/a.csv", sends(BODY, '"1"', upto=2_500_000), sends(new, '"2"'), sends(new, '"2"'))
    land_from(drops, web)
    assert drops.files() == {"a.csv": new}
    assert drops.landing.records("drops")[0].etag == "2"
    assert drops.waits == [0.5]


@pytest.mark.parametrize(
    ("tag", "bytes_max"),
    [('"1"', 200_000), (None, len(BODY))],
    ids=["it ends too early", "it may be of another object"],
)
def test_a_part_that_is_not_the_rest_is_not_taken(
    drops: Drops, web: WebServer, tag: str | None, bytes_max: int
) -> None:
    new = BODY[::-1]

    def part(handler: Handler) -> None:
        start = int(handler.headers["Range"].removeprefix("bytes=").partition("-")[0])
        sent = new[start : start + bytes_max]
        place = f"bytes {start}-{start + len(sent) - 1}/{len(new)}"
        fields = {} if tag is None else {"etag": tag}
        reply(206, sent, content_range=place, last_modified="Mon, 01 Jan 2024 00:00:00 GMT", **fields)(handler)

    web.on("/b", listing(("a.csv", '"1"', len(BODY))))
    web.on("/b/a.csv", sends(BODY, '"1"', upto=2_500_000), part, sends(new, '"2"'))
    land_from(drops, web)
    assert drops.files() == {"a.csv": new}
    assert "range" in web.headers(2)
    assert "range" not in web.headers(3)


def test_parts_of_two_objects_with_one_etag_are_not_put_together(drops: Drops, web: WebServer) -> None:
    new = BODY[::-1] + b"more"

    def rest_of_new(handler: Handler) -> None:
        first, _, last = handler.headers["Range"].removeprefix("bytes=").partition("-")
        sent = new[int(first) : int(last) + 1]
        fields = {"etag": '"1"', "last_modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
        reply(206, sent, content_range=f"bytes {first}-{last}/{len(new)}", **fields)(handler)

    web.on("/b", listing(("a.csv", '"1"', len(BODY))))
    web.on("/b/a.csv", sends(BODY, '"1"', upto=1_500_000), rest_of_new, sends(new, '"1"'))
    land_from(drops, web)
    assert drops.files() == {"a.csv": new}
    web.on("/b", listing(("c.csv", '"1"', len(BODY))))
    web.on("/b/c.csv", *(sends(BODY, '"1"', upto=1_500_000), rest_of_new) * 2, sends(new, '"1"'))
    with pytest.raises(SourceError, match=r"/c\.csv has 4,000,004 bytes, and 4,000,000 came"):
        land_from(drops, web, retries=1)
    assert list(drops.files()) == ["a.csv"]


def test_a_small_object_that_broke_off_is_read_again(drops: Drops, web: WebServer) -> None:
    web.on("/b", listing(("a.csv", '"1"', 1000)))
    web.on("/b/a.csv", sends(BODY[:1000], '"1"', upto=10), sends(BODY[1000:2000], '"2"'), sends(BODY[1000:2000], '"2"'))
    land_from(drops, web)
    assert drops.files() == {"a.csv": BODY[1000:2000]}


def test_a_transfer_that_always_breaks_off_lands_nothing(drops: Drops, web: WebServer) -> None:
    web.on("/b", listing(("a.csv", '"1"', len(BODY))))
    web.on("/b/a.csv", sends(BODY, "", upto=1_500_000))
    with pytest.raises(SourceError, match=r"s3://b/a\.csv: the server at .* broke off") as caught:
        land_from(drops, web)
    assert caught.value.code == "connection-failed"
    assert (drops.files(), drops.waiting()) == ({}, [])


def test_errors_of_the_server_are_tried_again(drops: Drops, web: WebServer) -> None:
    web.on("/b", reply(503), listing(("a.csv", '"1"', len(BODY))))
    web.on("/b/a.csv", reply(500), sends(BODY, '"1"'))
    assert land_from(drops, web).landed == ("a.csv",)


def test_an_object_that_is_gone_when_it_is_read_is_left(drops: Drops, web: WebServer) -> None:
    web.on("/b", listing(("a.csv", '"1"', 5), ("b.csv", '"2"', len(BODY))))
    web.on("/b/b.csv", sends(BODY, '"2"'))
    result = land_from(drops, web)
    assert (result.landed, len(result.warnings)) == (("b.csv",), 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_nothing_of_what_a_server_answers_is_repeated(drops: Drops, web: WebServer, status: int) -> None:
    said = f"<Error><Code>SignatureDoesNotMatch</Code><Message>{SECRET}</Message><Key>{SECRET}</Key></Error>"
    web.on("/b", reply(status, said.encode()))
    with pytest.raises(SourceError, match=f"{status} SignatureDoesNotMatch") as caught:
        land_from(drops, web)
    shown = caught.value.render() + repr(caught.value) + repr(caught.value.__cause__)
    assert SECRET not in shown
    assert caught.value.code == ("login-failed" if status in (401, 403) else "files-failed")


def test_a_server_that_says_nothing_is_given_up(drops: Drops, web: WebServer) -> None:
    import threading

    released = threading.Event()
    web.on("/b", lambda handler: released.wait(20) and None)
    try:
        with pytest.raises(SourceError, match=r"did not answer within 0\.3 s"):
            land_from(drops, web, timeout="300ms", retries=0)
    finally:
        released.set()


def test_killed_in_the_middle_of_a_transfer_nothing_is_visible_and_the_next_run_lands_it(
    drops: Drops, web: WebServer
) -> None:
    def half(handler: Handler) -> None:
        sends(BODY, '"1"', upto=len(BODY) // 2)(handler)
        while child.poll() is None and not drops.waiting():
            pass
        child.kill()
        child.wait()

    web.on("/b", listing(("a.csv", '"1"', len(BODY))))
    web.on("/b/a.csv", half, sends(BODY, '"1"'))
    script = textwrap.dedent(f"""
        import pathlib
        from ingot.lake.landing import Landing
        from ingot.model import SourceSpec
        from ingot.source import LandContext, load_source
        storage = {{"endpoint": {web.url!r}, "region": "us-east-1", "anonymous": True}}
        spec = SourceSpec("drops", "files", {{"url": "s3://b/", "storage": storage}})
        load_source(spec).land(LandContext(Landing(pathlib.Path({str(drops.lake)!r}))))
    """)
    child = subprocess.Popen([sys.executable, "-c", script], env={**os.environ})
    assert child.wait(timeout=120) == -signal.SIGKILL
    assert drops.files() == {}
    assert len(drops.waiting()) == 1
    land_from(drops, web)
    assert (drops.files(), drops.waiting()) == ({"a.csv": BODY}, [])
