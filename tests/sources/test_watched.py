"""A secret that a server was sent does not land when the server sends it back, wherever the pieces of its answer end."""

from __future__ import annotations

import base64
import gzip
import json
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest

from ingot.errors import IngotError
from ingot.lake.landing import Partial
from ingot.secrets import hide
from ingot.sources.watched import Watched, sent_secrets
from sources.conftest import Puller
from sources.misbehaving import Handler, WebServer, reply

SECRET = 'watched/7+=&?"secret'


@pytest.fixture(autouse=True)
def no_other_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests hide is hidden in these tests alone."""
    monkeypatch.setattr("ingot.secrets._given", set())


def everything_written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_secret_is_found_wherever_the_pieces_end(tmp_path: Path) -> None:
    for place, size in product(range(9), range(1, 40)):
        body = b"x" * place + SECRET.encode() + b"y" * 9
        partial = Partial(tmp_path / f"{place}")
        file = Watched(partial, sent_secrets((), [SECRET]), "it")
        with pytest.raises(IngotError, match="it repeats a secret") as caught:
            for start in range(0, len(body), size):
                file.write(body[start : start + size])
        assert caught.value.code == "secret-in-data"
        assert file.bytes < place + len(SECRET)
        partial.close()


def test_what_came_before_a_file_began_anew_is_no_part_of_it(tmp_path: Path) -> None:
    partial = Partial(tmp_path / "a")
    file = Watched(partial, sent_secrets((), [SECRET]), "it")
    file.write(SECRET[:10].encode())
    file.restart()
    file.write(SECRET[10:].encode())
    file.write(b"0123456789" * 10)
    file.write(SECRET[:10].encode())
    assert file.bytes == len(SECRET) - 10 + 100 + 10
    partial.close()


AUTHS = {
    "bearer": {"kind": "bearer", "token": SECRET.replace('"', "")},
    "basic": {"kind": "basic", "user": "me", "password": SECRET},
    "api_key": {"kind": "api_key", "key": SECRET, "parameter": "key"},
}


@pytest.mark.parametrize("kind", AUTHS)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_file_that_repeats_what_it_was_asked_with_does_not_land(
    web: WebServer, puller: Puller, kind: str, encoding: str
) -> None:
    def echo(handler: Handler) -> None:
        word = handler.headers.get("Authorization", "")
        plain = base64.b64decode(word[6:]).decode() if kind == "basic" else word
        said = {"path": handler.path, "headers": plain, "more": "x" * 70_000}
        body = json.dumps(said).encode()
        packed = gzip.compress(body) if encoding == "gzip" else body
        reply(200, packed, content_encoding=encoding)(handler)

    with pytest.raises(IngotError, match=r"/a\.json.* repeats a secret that it was sent") as caught:
        puller.land(url=web.on("/a.json", echo), auth=AUTHS[kind])
    assert caught.value.code == "secret-in-data"
    assert len(web.asked) == 1
    assert (puller.files(), puller.waiting()) == ({}, [])
    for spelled in (SECRET, quote(SECRET, safe=""), SECRET.replace('"', "")):
        assert spelled.encode() not in everything_written(puller.lake)


def test_a_secret_of_the_project_in_a_header_or_an_address_does_not_land(web: WebServer, puller: Puller) -> None:
    hide(SECRET)
    web.on("/a.json", lambda handler: reply(200, handler.headers["X-Any"].encode())(handler))
    web.on("/b.json", lambda handler: reply(200, handler.path.encode())(handler))
    for file, options in (("a", {"headers": {"X-Any": f"({SECRET})"}}), ("b", {"query": {"q": SECRET}})):
        with pytest.raises(IngotError, match="repeats a secret"):
            puller.land(url=f"{web.url}/{file}.json", **options)
    assert puller.files() == {}


def test_a_secret_that_goes_over_the_place_where_a_transfer_broke_off_does_not_land(
    web: WebServer, puller: Puller
) -> None:
    token = AUTHS["bearer"]["token"]
    body = b"x" * 90_000 + token.encode() + b"x" * 90_000
    middle = 90_000 + 5

    def broken(handler: Handler) -> None:
        reply(200, body[:middle], content_length=str(len(body)), etag='"1"')(handler)

    rest = reply(206, body[middle:], etag='"1"', content_range=f"bytes {middle}-{len(body) - 1}/{len(body)}")
    with pytest.raises(IngotError, match="repeats a secret"):
        puller.land(url=web.on("/a.csv", broken, rest), auth=AUTHS["bearer"])
    assert web.headers()["range"] == f"bytes={middle}-"
    assert puller.files() == {}


def test_other_secrets_and_short_ones_are_data_like_any(web: WebServer, puller: Puller) -> None:
    hide("of another source")
    body = b"of another source, short"
    puller.land(url=web.on("/a.csv", reply(200, body)), auth={"kind": "bearer", "token": "short"})
    assert puller.files() == {"a.csv": body}
