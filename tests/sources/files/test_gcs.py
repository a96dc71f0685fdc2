"""Files of Google Cloud Storage: a stand-in of its server, for there is none to be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingot.errors import SourceError
from sources.files.conftest import Drops
from sources.files.test_s3 import listing, sends
from sources.misbehaving import WebServer, reply

pytest.importorskip("obstore", reason="needs obstore")

SECRET = "h1dden key"


def test_objects_land_once(drops: Drops, web: WebServer) -> None:
    web.on("/b", listing(("in/a.csv", '"1"', 3)))
    web.on("/b/in%2Fa%2Ecsv", sends(b"abc", '"1"'))
    storage = {"endpoint": web.url, "anonymous": True}
    drops.land("gs://b/in/", storage=storage)
    assert drops.files() == {"a.csv": b"abc"}
    assert drops.land("gs://b/in/", storage=storage).unchanged == 1
    assert "prefix=in%2F" in web.paths[0]


def test_a_refusal_is_told(drops: Drops, web: WebServer) -> None:
    web.on("/b", reply(403, f"<Error><Code>AccessDenied</Code><Details>{SECRET}</Details></Error>".encode()))
    with pytest.raises(SourceError, match="403 AccessDenied") as caught:
        drops.land("gs://b/", storage={"endpoint": web.url, "anonymous": True})
    assert SECRET not in caught.value.render()


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (json.dumps(SECRET), "malformed"),
        (json.dumps({"private_key": SECRET, "private_key_id": "1", "client_email": "a@b"}), "malformed"),
    ],
)
def test_a_key_that_cannot_be_used_is_told_and_not_shown(drops: Drops, key: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        drops.land("gs://b/", storage={"service_account_key": key}, retries=0)
    assert caught.value.code == "login-failed"
    assert SECRET not in caught.value.render() + repr(caught.value)


def test_a_key_file_is_taken_from_the_folder_of_the_project(drops: Drops) -> None:
    with pytest.raises(SourceError, match="the key file is not there"):
        drops.land("gs://b/", storage={"service_account": "key.json"}, retries=0)
    Path(drops.folder, "key.json").write_text("{}")
    with pytest.raises(SourceError, match="malformed"):
        drops.land("gs://b/", storage={"service_account": "key.json"}, retries=0)
