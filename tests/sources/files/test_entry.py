"""What an entry of kind `files` may say; all of it is told before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest

from ingot.errors import Location, ProjectError
from ingot.model import SourceSpec
from ingot.secrets import Secrets
from ingot.sources.files.entry import Entry, read_entry


def entry(url: str | None = "./in", **options: Any) -> Entry:
    return read_entry(SourceSpec("drops", "files", {"url": url, **options}, Location("/project/ingot.yml", 7)))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("./in", ("local", "", "/project/in", None)),
        ("in/", ("local", "", "/project/in", None)),
        ("file:///data/in", ("local", "", "/data/in", None)),
        ("/data/a b%20", ("local", "", "/data/a b%20", None)),
        ("s3://acme/orders/2024/", ("s3", "acme", "orders/2024", None)),
        ("s3a://acme", ("s3", "acme", "", None)),
        ("abfss://raw@acme1.dfs.core.windows.net/a/b", ("azure", "raw", "a/b", "acme1")),
        ("gs://acme/é #1", ("gcs", "acme", "é #1", None)),
    ],
)
def test_an_address_is_a_folder_or_a_bucket_with_a_prefix(url: str, address: tuple[Any, ...]) -> None:
    found = entry(url).address
    assert (found.kind, found.bucket, found.folder, found.account) == address
    assert found.shown == url.rstrip("/") + "/"


def test_the_account_of_azure_comes_from_the_url_or_from_storage() -> None:
    assert entry("az://raw/x", storage={"account": "acme1"}).storage == {"account": "acme1"}
    assert entry("abfss://raw@acme1.dfs.core.windows.net/").storage == {"account": "acme1"}


def test_keys_may_be_digits_and_flags_texts() -> None:
    storage = {"access_key_id": 123, "secret_access_key": 456, "path_style": "false"}
    assert entry("s3://b/", storage=storage).storage == {
        "access_key_id": "123",
        "secret_access_key": "456",
        "path_style": False,
    }


def test_any_setting_of_storage_may_be_a_secret_when_only_the_form_is_checked() -> None:
    keys = ("endpoint", "region", "access_key_id", "secret_access_key", "session_token")
    storage = Secrets.without({key: f"${{secret:{key}}}" for key in keys})
    assert set(entry("s3://b/", storage=storage).storage) == set(keys)
    storage = Secrets.without(dict.fromkeys(("endpoint", "account", "account_key"), "${secret:x}"))
    assert entry("az://c/", storage=storage).storage["account"] == "secret"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": None}, "'url' is missing"),
        ({"url": "s3://b/*.csv"}, "holds a wildcard"),
        ({"url": "./in/*.csv"}, "holds a wildcard"),
        ({"url": "https://example.org/a"}, "address of the web"),
        ({"url": "dbfs:/x"}, "on Databricks"),
        ({"url": "ftp://x/y"}, "'ftp' is no known storage"),
        ({"url": "s3:///x"}, "names no bucket"),
        ({"url": "s3://key:hidden@b/x"}, "holds a user or a password"),
        ({"url": "abfss://c@acme.example.org/x"}, "no host of Azure Storage"),
        ({"url": "az://c/x"}, "'account' is missing"),
        ({"url": "abfss://c@acme1.dfs.core.windows.net/", "storage": {"account": "other"}}, "'account' is 'other'"),
        ({"storage": {"region": "x"}}, "unknown key 'region'"),
        ({"url": "s3://b/", "storage": {"acces_key_id": "x"}}, "unknown key 'acces_key_id'"),
        ({"url": "s3://b/", "storage": {"access_key_id": "x"}}, "needs 'secret_access_key' too"),
        ({"url": "s3://b/", "storage": {"secret_access_key": "hidden"}}, "needs 'access_key_id' too"),
        ({"url": "s3://b/", "storage": {"secret_access_key": ["hidden"]}}, "must be text"),
        ({"url": "s3://b/", "storage": {"anonymous": "hidden"}}, "must be true or false"),
        ({"url": "s3://b/", "storage": {"endpoint": "minio:9000"}}, "must be an http or https URL"),
        ({"url": "s3://b/", "storage": {"endpoint": "http://key:hidden@minio"}}, "holds a user or a query"),
        ({"url": "s3://b/", "storage": {"endpoint": "http://[x"}}, "must be an http or https URL"),
        ({"url": "s3://b/", "storage": {"endpoint": "http://a b"}}, "must be an http or https URL"),
        ({"url": "s3://b/", "storage": {"region": "eu central"}}, "is no name of a region"),
        ({"url": "az://b/", "storage": {"account": "A/B"}}, "is no name of an account"),
        ({"url": "s3://b/", "storage": "key"}, "must be a mapping"),
        ({"url": "s3://b/", "settled": "5s"}, "'settled' is for local folders"),
        ({"pattern": "/a/*.csv"}, "must be a path below"),
        ({"pattern": "../*.csv"}, "must be a path below"),
        ({"pattern": ["!a"]}, "takes all files away"),
        ({"pattern": 5}, "a text or a list of texts"),
        ({"modified_after": "yesterday"}, "is no instant"),
        ({"settled": "often"}, "a duration"),
        ({"parallel": 0}, "between 1 and 32"),
        ({"patern": "*"}, "unknown key 'patern'"),
    ],
)
def test_wrong_options_are_told(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ProjectError, match=says) as caught:
        entry(**options)
    assert caught.value.location == Location("/project/ingot.yml", 7)
    assert "hidden" not in caught.value.render()
