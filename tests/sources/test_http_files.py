"""What an http source does with files that break off, are not there yet, are not what they should be, or are archives."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest

from ingot.errors import IngotError
from sources.conftest import Puller
from sources.misbehaving import Handler, WebServer, reply

BODY = b"".join(b"%06d,%s\n" % (number, hashlib.md5(b"%d" % number).hexdigest().encode()) for number in range(20_000))

OTHER = BODY.swapcase()
DATE, LATER = "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:29:00 GMT"


def breaks_off(after: int, **headers: str) -> Callable[[Handler], None]:
    """Say that the whole file comes, and hang up in the middle."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        for name, value in {"Content-Length": str(len(BODY)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(BODY[:after])

    return answer


def rest(etag: str) -> Callable[[Handler], None]:
    """Send what is asked for, as RFC 9110 says: a part if the file is the same, else all of it."""

    def answer(handler: Handler) -> None:
        asked = handler.headers.get("Range", "")
        if asked and handler.headers.get("If-Range") == etag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            part = BODY[start:]
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        else:
            part = BODY
            handler.send_response(200)
        handler.send_header("ETag", etag)
        handler.send_header("Content-Length", str(len(part)))
        handler.end_headers()
        handler.wfile.write(part)

    return answer


def test_a_transfer_that_broke_off_goes_on_where_it_did(web: WebServer, puller: Puller) -> None:
    url = web.on("/a.csv", breaks_off(300_000, ETag='"1"'), breaks_off(10, ETag='"1"'), rest('"1"'))
    puller.land(url=url)
    assert puller.files() == {"a.csv": BODY}
    assert web.headers(1)["range"] == "bytes=300000-"
    assert web.headers(1)["if-range"] == '"1"'
    assert "range" in web.headers(2)


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(web: WebServer, puller: Puller) -> None:
    puller.land(url=web.on("/a.csv", breaks_off(300_000, ETag='"old"'), rest('"new"')))
    assert puller.files() == {"a.csv": BODY}


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"1"'}])
def test_without_proof_that_it_is_the_same_file_it_is_fetched_from_its_beginning(web, puller, headers) -> None:
    puller.land(url=web.on("/a.csv", breaks_off(300_000, **headers), rest('"1"')))
    assert puller.files() == {"a.csv": BODY}
    assert "range" not in web.headers(1)


@pytest.mark.parametrize("sent", [DATE, None, "a while ago"])
def test_the_time_of_a_file_is_no_proof_while_the_file_may_change_within_the_same_second(web, puller, sent) -> None:
    dates = {"Last-Modified": DATE, "Server": "none", **({} if sent is None else {"Date": sent})}

    def without_own_date(handler: Handler) -> None:
        handler.send_response_only(200)
        for name, value in {"Content-Length": str(len(BODY)), **dates}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(BODY[:300_000])

    puller.land(url=web.on("/a.csv", without_own_date, part(OTHER, None, last_modified=DATE)), retries=1)
    assert puller.files() == {"a.csv": OTHER}
    assert [headers.get("range") for _, headers in web.asked] == [None, None]


def test_the_rest_of_a_file_that_lies_at_another_host_is_asked_for_there(web: WebServer, puller: Puller) -> None:
    other = web.url.replace("127.0.0.1", "localhost")
    web.on("/a.csv", reply(302, location=other + "/elsewhere.csv"))
    web.on("/elsewhere.csv", breaks_off(300_000, ETag='"1"'), rest('"1"'))
    puller.land(url=web.url + "/a.csv", headers={"X-Key": "very secret"}, retries=1)
    assert puller.files() == {"a.csv": BODY}
    assert (web.paths[-1], web.headers()["range"]) == ("/elsewhere.csv", "bytes=300000-")
    assert [headers.get("x-key") for _, headers in web.asked] == ["very secret", None] * 2


def test_a_validator_that_no_header_may_hold_is_not_sent_back(web: WebServer, puller: Puller) -> None:
    url = web.on("/a.csv", breaks_off(300_000, ETag='"\xe9"'), reply(200, BODY, etag='"\xe9"', last_modified="\xe9"))
    puller.land(url=url)
    assert puller.land(url=url).unchanged == 1
    assert [(h.get("if-range"), h.get("if-none-match")) for _, h in web.asked] == [(None, None)] * 3


@pytest.mark.parametrize("address", ["http://host:99999/", "http://host:port/", "http://[::1/"])
def test_a_redirect_to_an_address_that_is_none_is_told(web: WebServer, puller: Puller, address: str) -> None:
    with pytest.raises(IngotError, match="no address that can be asked") as caught:
        puller.land(url=web.on("/a.csv", reply(302, location=address)))
    assert caught.value.code == "invalid-url"
    assert len(web.asked) == 1


def test_a_part_that_was_not_asked_for_is_not_taken(web: WebServer, puller: Puller) -> None:
    def elsewhere(handler: Handler) -> None:
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 5-{len(BODY) - 1}/{len(BODY)}")
        handler.send_header("Content-Length", str(len(BODY) - 5))
        handler.end_headers()
        handler.wfile.write(BODY[5:])

    puller.land(url=web.on("/a.csv", breaks_off(300_000, ETag='"1"'), elsewhere, rest('"1"')))
    assert puller.files() == {"a.csv": BODY}


def part(
    body: bytes, etag: str | None, *, bytes_max: int = len(BODY), total: str | None = None, **headers: str
) -> Callable[[Handler], None]:
    """Send a part of what is there now, whatever `If-Range` says; all of it when no range is asked for."""

    def answer(handler: Handler) -> None:
        fields = {**({} if etag is None else {"ETag": etag}), **headers}
        if "Range" not in handler.headers:
            reply(200, body, **fields)(handler)
            return
        start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        sent = body[start : start + bytes_max]
        place = f"bytes {start}-{start + len(sent) - 1}/{total or len(body)}"
        reply(206, sent, content_range=place, **fields)(handler)

    return answer


def test_an_answer_that_nothing_changed_is_no_file_when_the_rest_of_one_was_asked_for(
    web: WebServer, puller: Puller
) -> None:
    def unchanged(handler: Handler) -> None:
        (reply(304) if "Range" in handler.headers else reply(200, BODY))(handler)

    result = puller.land(url=web.on("/a.csv", breaks_off(300_000, ETag='"1"'), unchanged))
    assert (result.landed, result.unchanged) == (("a.csv",), 0)
    assert puller.files() == {"a.csv": BODY}
    web.on("/b.csv", breaks_off(300_000, ETag='"1"'), reply(304))
    with pytest.raises(IngotError, match="answered 304 Not Modified"):
        puller.land(url=web.url + "/b.csv")
    assert "b.csv" not in puller.files()


def test_parts_that_tell_of_different_lengths_are_not_put_together(web: WebServer, puller: Puller) -> None:
    def chunked(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("ETag", '"1"')
        handler.end_headers()
        handler.wfile.write(b"800\r\n" + BODY[:2048] + b"\r\n800\r\nonly half")
        handler.close_connection = True

    shorter = OTHER[:-50_000]
    answers = chunked, part(BODY, '"1"', bytes_max=200_000), part(shorter, '"1"')
    puller.land(url=web.on("/a.csv", *answers), retries=1)
    assert puller.files() == {"a.csv": shorter}
    assert "range" not in web.headers()


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ({"ETag": '"1"'}, part(OTHER, '"2"'), OTHER),
        ({"ETag": '"1"'}, part(OTHER, None), OTHER),
        ({"ETag": '"1"'}, part(OTHER + b"more", '"1"'), OTHER + b"more"),
        ({"ETag": '"1"'}, part(OTHER[:-5], '"1"'), OTHER[:-5]),
        ({"Last-Modified": DATE}, part(OTHER, None, last_modified=LATER), OTHER),
        ({"Last-Modified": DATE}, part(OTHER, '"2"', last_modified=DATE), OTHER),
        ({"ETag": '"1"', "Last-Modified": DATE}, part(OTHER, '"1"', last_modified=LATER), OTHER),
    ],
)
def test_the_rest_of_another_file_is_never_appended(web: WebServer, puller: Puller, first, second, whole) -> None:
    puller.land(url=web.on("/a.csv", breaks_off(300_000, **first), second), retries=1)
    assert puller.files() == {"a.csv": whole}
    assert [headers.get("range") for _, headers in web.asked] == [None, "bytes=300000-", None]


def test_a_compressed_rest_is_not_appended(web: WebServer, puller: Puller) -> None:
    packed = part(BODY, '"1"', content_encoding="gzip")
    puller.land(url=web.on("/a.csv", breaks_off(300_000, ETag='"1"'), packed, rest('"1"')), retries=1)
    assert puller.files() == {"a.csv": BODY}


def test_the_rest_need_not_say_again_when_the_file_was_modified(web: WebServer, puller: Puller) -> None:
    answers = breaks_off(300_000, last_modified=DATE, content_type="text/csv"), part(BODY, None)
    puller.land(url=web.on("/a.csv", *answers), expect={"content_type": "text/csv"})
    assert puller.files() == {"a.csv": BODY}
    assert [record.last_modified for record in puller.landing.records("olympics")] == [DATE]
    assert len(web.asked) == 2


def test_a_rest_that_comes_in_parts_is_asked_for_until_it_is_there(web: WebServer, puller: Puller) -> None:
    answers = breaks_off(300_000, ETag='"1"'), part(BODY, '"1"', bytes_max=100_000)
    puller.land(url=web.on("/a.csv", *answers), retries=1)
    assert puller.files() == {"a.csv": BODY}
    assert [headers.get("range") for _, headers in web.asked] == [
        None, *(f"bytes={start}-" for start in range(300_000, len(BODY), 100_000))
    ]  # fmt: skip
    assert puller.progress[-1].total == len(BODY)


def test_a_part_of_a_file_of_unknown_length_is_compared_with_the_first_answer(web: WebServer, puller: Puller) -> None:
    answers = breaks_off(300_000, ETag='"1"'), part(BODY, '"1"', bytes_max=200_000, total="*")
    puller.land(url=web.on("/a.csv", *answers), retries=1)
    assert puller.files() == {"a.csv": BODY}


def test_a_part_is_not_taken_when_nobody_says_how_long_the_file_is(web: WebServer, puller: Puller) -> None:
    def chunked(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("ETag", '"1"')
        handler.end_headers()
        handler.wfile.write(b"800\r\n" + BODY[:2048] + b"\r\n800\r\nonly half")
        handler.close_connection = True

    url = web.on("/a.csv", chunked, part(BODY, '"1"', bytes_max=5000, total="*"))
    puller.land(url=url, retries=1)
    assert puller.files() == {"a.csv": BODY}
    assert "range" not in web.headers()


def test_a_rest_in_very_many_parts_is_given_up(web: WebServer, puller: Puller, monkeypatch) -> None:
    monkeypatch.setattr("ingot.sources.transfer._PARTS_MAX", 3)
    answers = breaks_off(300_000, ETag='"1"'), part(BODY, '"1"', bytes_max=10)
    with pytest.raises(IngotError, match=f"300030 of {len(BODY)} bytes") as caught:
        puller.land(url=web.on("/a.csv", *answers), retries=1)
    assert caught.value.code == "http-truncated"
    assert (puller.files(), puller.waiting()) == ({}, [])


def test_a_file_that_became_shorter_is_fetched_whole(web: WebServer, puller: Puller) -> None:
    def too_far(handler: Handler) -> None:
        if "Range" in handler.headers:
            reply(416)(handler)
        else:
            reply(200, b"short")(handler)

    puller.land(url=web.on("/a.csv", breaks_off(300_000, ETag='"1"'), too_far))
    assert puller.files() == {"a.csv": b"short"}


# --- what a file must be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sha256", "sha512", "sha1", "md5"])
def test_a_file_with_its_checksum_lands_and_another_does_not(web: WebServer, puller: Puller, kind: str) -> None:
    good = hashlib.new(kind, b"right").hexdigest().upper()
    url = web.on("/a.csv", reply(200, b"wrong"), reply(200, b"right"))
    with pytest.raises(IngotError, match=f"has the {kind} ") as caught:
        puller.land(url=url, checksum=f"{kind}:{good}")
    assert caught.value.code == "wrong-checksum"
    assert puller.files() == {}
    puller.land(url=url, checksum=f"{kind}:{good}")
    assert puller.files() == {"a.csv": b"right"}


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_checksum_that_is_given_later_is_compared_though_the_server_says_that_nothing_changed(
    web: WebServer, puller: Puller, kind: str
) -> None:
    def unchanged(handler: Handler) -> None:
        is_known = handler.headers.get("If-None-Match") == '"1"'
        (reply(304) if is_known else reply(200, BODY, etag='"1"'))(handler)

    url = web.on("/a.csv", unchanged)
    puller.land(url=url)
    for _ in range(2):
        with pytest.raises(IngotError) as caught:
            puller.land(url=url, checksum=f"{kind}:{hashlib.new(kind, b'other').hexdigest()}")
        assert caught.value.code == "wrong-checksum"
    right = f"{kind}:{hashlib.new(kind, BODY).hexdigest()}"
    assert [puller.land(url=url, checksum=right).unchanged for _ in range(2)] == [1, 1]
    assert web.headers()["if-none-match"] == '"1"'
    assert puller.files() == {"a.csv": BODY}


def test_each_file_of_a_list_has_its_checksum(web: WebServer, puller: Puller) -> None:
    items = []
    for name in ("a", "b"):
        web.on(f"/{name}.csv", reply(200, name.encode()))
        items.append({"file": name, "sum": hashlib.sha256(name.encode()).hexdigest()})
    puller.land(url=web.url + "/{file}.csv", for_each=items, checksum="{sum}")
    assert sorted(puller.files()) == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("expect", "code", "says"),
    [
        ({"min_size": "1kB"}, "unexpected-size", "3 bytes, at least 1,000 are expected"),
        ({"max_size": 2}, "unexpected-size", "more than 2 bytes"),
        (
            {"content_type": "text/csv, text/plain"},
            "unexpected-type",
            "type application/json, not text/csv or text/plain",
        ),
    ],
)
def test_a_file_that_is_not_what_it_should_be_does_not_land(web, puller, expect, code, says) -> None:
    url = web.on("/a.csv", reply(200, b"1,2", content_type="application/json"))
    with pytest.raises(IngotError, match=says) as caught:
        puller.land(url=url, expect=expect)
    assert caught.value.code == code
    assert puller.files() == {}
    puller.land(url=url, expect={"min_size": "3", "max_size": "1KiB", "content_type": "*/json"})
    assert puller.files() == {"a.csv": b"1,2"}


def test_a_file_that_never_ends_is_given_up_at_its_greatest_size(web: WebServer, puller: Puller) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 100_000)
        except OSError:
            pass

    with pytest.raises(IngotError, match="more than 5,000,000 bytes"):
        puller.land(url=web.on("/a.csv", endless), expect={"max_size": "5MB"})
    assert puller.files() == {}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"checksum": "crc32:12"}, "is no checksum"),
        ({"checksum": "sha256:12"}, "is no checksum"),
        ({"expect": {"min_size": "big"}}, "must be a size such as 10MB"),
        ({"expect": {"size": "1"}}, "unknown key 'size'"),
        ({"expect": "csv"}, "must be a mapping"),
        ({"wait_until_exists": {"poll": "often"}}, "duration"),
        (
            {"auth": {"kind": "oauth2", "token_url": "https://a.b/t", "client_id": "a", "client_secret": "b"}},
            "kind: rest",
        ),
        ({"members": 5}, "a text or a list of texts"),
    ],
)
def test_wrong_options_are_told_before_anything_is_asked(web: WebServer, puller: Puller, options, says) -> None:
    with pytest.raises(IngotError, match=says) as caught:
        puller.land(url=web.on("/a.csv", reply(200)), **options)
    assert caught.value.location is not None
    assert web.paths == []


# --- files that are not there yet, and who asks -----------------------------------------------------------------------


def test_a_file_is_waited_for_until_it_exists(web: WebServer, puller: Puller) -> None:
    url = web.on("/a.csv", reply(404), reply(404), reply(200, b"1"))
    puller.land(url=url, wait_until_exists={"poll": "10s", "timeout": "1h"})
    assert puller.files() == {"a.csv": b"1"}
    assert puller.waits == [10.0, 10.0]


def test_waiting_for_a_file_ends(web: WebServer, puller: Puller) -> None:
    with pytest.raises(IngotError, match="404") as caught:
        puller.land(url=web.on("/a.csv", reply(404)), wait_until_exists={"poll": "20s", "timeout": "1m"})
    assert sum(puller.waits) == 60.0
    assert "it was waited for, 60 s long" in caught.value.__notes__


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"kind": "bearer", "token": "t0ken"}, "authorization", "Bearer t0ken"),
        ({"kind": "basic", "user": "me", "password": "pass"}, "authorization", "Basic bWU6cGFzcw=="),
        ({"kind": "api_key", "key": "k", "header": "X-Key"}, "x-key", "k"),
    ],
)
def test_credentials_are_sent(web: WebServer, puller: Puller, auth, header, value) -> None:
    puller.land(url=web.on("/a.csv", reply(200, b"1")), auth=auth)
    assert web.headers(0)[header] == value


# --- archives ---------------------------------------------------------------------------------------------------------


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return made.getvalue()


def test_members_of_an_archive_land_as_files(web: WebServer, puller: Puller) -> None:
    body = archive({"data/a.csv": b"1", "data/b.csv": BODY, "readme.txt": b"no", "data/": b""})
    puller.land(url=web.on("/all.zip", reply(200, body, etag='"1"')), members="*.csv")
    assert puller.files() == {"a.csv": b"1", "b.csv": BODY}


def test_of_a_changed_archive_only_changed_members_land_again(web: WebServer, puller: Puller) -> None:
    first, second = archive({"a.csv": b"1", "b.csv": b"2"}), archive({"a.csv": b"1", "b.csv": b"3", "c.csv": b"4"})
    url = web.on("/all.zip", reply(200, first, etag='"1"'), reply(304), reply(200, second, etag='"2"'))
    puller.land(url=url, members=["*.csv"])
    assert puller.land(url=url, members=["*.csv"]).unchanged == 1
    assert web.headers(1)["if-none-match"] == '"1"'
    puller.land(url=url, members=["*.csv"])
    assert sorted(puller.files().values()) == [b"1", b"2", b"3", b"4"]


def test_members_that_are_wanted_only_now_land_though_the_archive_did_not_change(
    web: WebServer, puller: Puller
) -> None:
    def unchanged(handler: Handler) -> None:
        is_known = handler.headers.get("If-None-Match") == '"1"'
        (reply(304) if is_known else reply(200, archive({"a.csv": b"1", "b.csv": b"2"}), etag='"1"'))(handler)

    url = web.on("/all.zip", unchanged)
    puller.land(url=url, members=["a.csv"])
    assert puller.land(url=url, members=["a.csv", "b.csv"]).landed == ("b.csv",)
    assert puller.land(url=url, members=["a.csv", "b.csv"]).unchanged == 1
    assert [headers.get("if-none-match") for _, headers in web.asked] == [None, None, '"1"']
    assert [puller.land(url=url, members=["b.csv"]).unchanged for _ in range(2)] == [1, 1]
    assert [headers.get("if-none-match") for _, headers in web.asked[3:]] == [None, '"1"']
    assert puller.files() == {"a.csv": b"1", "b.csv": b"2"}


def test_members_of_one_name_in_several_archives_are_files_of_their_own(web: WebServer, puller: Puller) -> None:
    entry = {"url": web.url + "/{of}.zip", "for_each": [{"of": "a"}, {"of": "b"}], "members": "*.csv"}
    web.on("/a.zip", *(reply(200, archive({"data.csv": content, "same.csv": b"0"})) for content in (b"1", b"1", b"3")))
    web.on("/b.zip", reply(200, archive({"data.csv": b"2", "same.csv": b"0"})))
    assert len(puller.land(**entry).landed) == 4
    assert puller.land(**entry).unchanged == 2
    assert len(puller.land(**entry).landed) == 1
    assert puller.land(**entry).unchanged == 2
    assert sorted(puller.files().values()) == [b"0", b"0", b"1", b"2", b"3"]


def test_members_do_not_land_again_when_their_archives_have_other_addresses(web: WebServer, puller: Puller) -> None:
    for day in ("monday", "friday"):
        for of, content in (("a", b"1"), ("b", b"2")):
            web.on(f"/{day}/{of}.zip", reply(200, archive({"data.csv": content})))
        archives = {"for_each": [{"of": "a"}, {"of": "b"}], "members": "*.csv"}
        puller.land(url=f"{web.url}/{day}/{{of}}.zip", **archives)
        assert sorted(puller.files().values()) == [b"1", b"2"]


def test_a_member_that_becomes_again_what_it_was_at_an_earlier_address_lands(web: WebServer, puller: Puller) -> None:
    for month, content in {"jan": b"old", "feb": b"new", "mar": b"old", "apr": b"old"}.items():
        url = web.on(f"/{month}.zip", reply(200, archive({"data.csv": content})))
        puller.now += timedelta(days=1)
        puller.land(url=url, members="*.csv")
    assert sorted(puller.files().values()) == [b"new", b"old", b"old"]


def test_of_a_list_an_archive_with_a_new_address_is_compared_with_the_one_in_whose_place_it_came(web, puller) -> None:
    fixed = web.on("/fixed.zip", *(reply(200, archive({"data.csv": b"0"}), etag=f'"{n}"') for n in range(3)))
    for month, content in {"jan": b"old", "feb": b"new", "mar": b"old"}.items():
        url = web.on(f"/{month}.zip", reply(200, archive({"data.csv": content})))
        puller.now += timedelta(days=1)
        puller.land(url="{url}", for_each=[{"url": fixed}, {"url": url}], members="*.csv", parallel=1)
    assert sorted(puller.files().values()) == [b"0", b"new", b"old", b"old"]


def test_members_that_stay_the_same_do_not_land_again_however_often_the_addresses_of_a_list_change(
    web: WebServer, puller: Puller
) -> None:
    contents = [(b"1", b"0", b"5"), (b"2", b"1", b"5"), (b"3", b"2", b"5"), (b"4", b"1", b"5"), (b"5", b"2", b"5")]
    for day, (moving, more, still) in enumerate(contents):
        web.on(f"/{day}/a.zip", reply(200, archive({"data.csv": still, "more.csv": more})))
        web.on(f"/{day}/b.zip", reply(200, archive({"data.csv": moving})))
        archives = {"for_each": [{"of": "a"}, {"of": "b"}], "members": "*.csv", "parallel": 1}
        puller.now += timedelta(days=1)
        puller.land(url=f"{web.url}/{day}/{{of}}.zip", **archives)
    files = puller.files()
    assert sorted(files[name] for name in files if "more" in name) == [b"0", b"1", b"1", b"2", b"2"]
    assert sorted(files[name] for name in files if "data" in name) == [b"1", b"2", b"3", b"4", b"5", b"5"]


def test_an_archive_that_the_server_says_is_unchanged_stays_beside_those_that_come_and_go(web, puller) -> None:
    for day, content in enumerate((b"old", b"1", b"2", b"old")):
        web.on(f"/{day}.zip", reply(200, archive({"data.csv": content}), etag='"1"'), reply(304))
    for days in ((0, 1), (1, 2), (2, 3)):
        puller.now += timedelta(days=1)
        puller.land(url=web.url + "/{day}.zip", for_each=[{"day": day} for day in days], members="*.csv", parallel=1)
    assert sorted(puller.files().values()) == [b"1", b"2", b"old", b"old"]


def damaged(body: bytes, place: bytes, value: int) -> bytes:
    """The archive with another byte behind the last of these."""
    at = body.rindex(place) + len(place)
    return body[:at] + bytes([value]) + body[at + 1 :]


@pytest.mark.parametrize(
    ("body", "members", "code"),
    [
        (
            damaged(archive({"a.csv": BODY}, zipfile.ZIP_LZMA), b"a.csv" + bytes([9, 4, 5, 0]), 255),
            "*",
            "damaged-archive",
        ),
        (damaged(archive({"a.csv": BODY}, zipfile.ZIP_BZIP2), b"BZh9", 255), "*", "damaged-archive"),
        (archive({"ä.csv": b"1"}).replace("ä".encode(), b"\xff\xff"), "*", "damaged-archive"),
        (b"no zip at all", "*", "damaged-archive"),
        (archive({"a.csv": BODY})[:-30], "*", "damaged-archive"),
        (archive({"a.csv": b"1"}), "*.json", "missing-member"),
        (archive({"x/a.csv": b"1", "y/a.csv": b"2"}), "*.csv", "duplicate-name"),
        (archive({"x/.hidden": b"1"}), "*", "duplicate-name"),
    ],
)
def test_an_archive_that_cannot_be_taken_apart_lands_nothing(web, puller, body, members, code) -> None:
    with pytest.raises(IngotError) as caught:
        puller.land(url=web.on("/all.zip", reply(200, body)), members=members)
    assert caught.value.code == code
    assert puller.files() == {}
    assert puller.waiting() == []
