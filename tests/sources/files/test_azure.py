"""Files of Azure Storage, from Azurite, which checks every signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote

import pytest

from ingot.errors import SourceError
from sources.files.conftest import Drops, Remote
from sources.files.servers import ACCOUNT, ACCOUNT_KEY


def test_blobs_land_once_and_again_when_they_change(
    drops: Drops, azure: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, content in (
        ("in/a b é%20.csv", b"1"),
        ("in/2024/a.csv", b"2"),
        ("in/empty.csv", b""),
        ("out/a.csv", b"3"),
    ):
        azure.put(path, content)
    options = {"url": azure.url + "in", "storage": azure.storage}
    drops.land(**options)
    assert drops.files() == {"2024/a.csv": b"2", "a b é%20.csv": b"1", "empty.csv": b""}
    with monkeypatch.context() as patch:
        patch.setattr("ingot.sources.files.objects.Bucket.copy", lambda *_: pytest.fail("it is read again"))
        assert drops.land(**options).unchanged == 3
    azure.put("in/2024/a.csv", b"4")
    azure.put("in/empty.csv", b"")  # another ETag, the same content
    result = drops.land(**options)
    assert (len(result.landed), result.unchanged) == (1, 2)
    assert drops.land(**options).unchanged == 3
    assert sorted(drops.files().values()) == [b"", b"1", b"2", b"4"]


@pytest.mark.parametrize(
    "credentials",
    [
        {"account_key": base64.b64encode(b"a key of somebody else").decode()},
        {"account_key": "h1dden, and no base64"},
        {"sas_token": "?sv=2021-12-02&sig=h1ddensignature"},
    ],
)
def test_wrong_credentials_are_told_and_never_shown(drops: Drops, azure: Remote, credentials: dict[str, str]) -> None:
    azure.put("a.csv", b"1")
    storage = {key: value for key, value in azure.storage.items() if key != "account_key"} | credentials
    with pytest.raises(SourceError, match="credentials") as caught:
        drops.land(azure.url, storage=storage, retries=0)
    assert caught.value.code == "login-failed"
    shown = caught.value.render() + repr(caught.value) + repr(caught.value.__cause__)
    assert not any(value in shown for value in credentials.values())
    assert "h1dden" not in shown


def shared_access_signature(permissions: str) -> str:
    """A token for the whole account, signed as Azure wants it (account SAS, version 2020-12-06)."""
    version, expiry = "2020-12-06", "2099-01-01T00:00:00Z"
    fields = [ACCOUNT, permissions, "b", "sco", "", expiry, "", "https,http", version, "", ""]
    digest = hmac.new(base64.b64decode(ACCOUNT_KEY), "\n".join(fields).encode(), hashlib.sha256).digest()
    signature = quote(base64.b64encode(digest).decode(), safe="")
    return f"?sv={version}&ss=b&srt=sco&sp={permissions}&se={quote(expiry, safe='')}&spr=https,http&sig={signature}"


def test_a_shared_access_signature_will_do(drops: Drops, azure: Remote) -> None:
    azure.put("a b.csv", b"1")
    storage = {key: value for key, value in azure.storage.items() if key != "account_key"}
    drops.land(azure.url, storage={**storage, "sas_token": shared_access_signature("rl")})
    assert drops.files() == {"a b.csv": b"1"}
    with pytest.raises(SourceError, match="credentials were refused") as caught:
        drops.land(azure.url, storage={**storage, "sas_token": shared_access_signature("r")})
    assert "sig=" not in caught.value.render()


def test_keys_of_the_environment_do_not_stand_in_for_a_signature(
    drops: Drops, azure: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY)
    storage = {key: value for key, value in azure.storage.items() if key != "account_key"}
    with pytest.raises(SourceError, match="credentials were refused"):
        drops.land(azure.url, storage={**storage, "sas_token": shared_access_signature("r")})
    assert drops.land(azure.url, storage=storage).warnings != ()


def test_a_container_that_does_not_exist_is_told(drops: Drops, azure: Remote) -> None:
    with pytest.raises(SourceError, match=r"there is no container 'nobody' \(404 ContainerNotFound\)") as caught:
        drops.land("az://nobody/", storage=azure.storage)
    assert caught.value.code == "missing-bucket"
