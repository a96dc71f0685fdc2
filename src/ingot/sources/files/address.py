"""The `url` of an entry: a folder of this machine, or a bucket with a prefix.

Owns how addresses are written. Never connects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ingot.project.paths import absolute, is_remote
from ingot.sources.files.pattern import is_wild
from ingot.sources.options import Options

LOCAL, S3, AZURE, GCS = "local", "s3", "azure", "gcs"
_EXAMPLE = "s3://bucket/orders/"
_KINDS = {
    "s3": S3, "s3a": S3, "s3n": S3, "az": AZURE, "azure": AZURE, "abfs": AZURE, "abfss": AZURE, "gs": GCS, "gcs": GCS,
}  # fmt: skip
_AZURE_HOST = re.compile(r"([a-z0-9]{3,24})\.(?:dfs|blob)\.core\.windows\.net")
_NAMES = {S3: "bucket", AZURE: "container", GCS: "bucket"}


@dataclass(frozen=True)
class Address:
    """A folder of files.

    Attributes:
        kind: `local`, `s3`, `azure` or `gcs`.
        bucket: The bucket or container; empty for a local folder.
        folder: The path of the local folder, or the prefix without slashes at its ends.
        account: Of Azure Storage, if the address names one.
        shown: As the entry has it, with a slash at its end.
    """

    kind: str
    bucket: str
    folder: str
    account: str | None
    shown: str

    @property
    def container(self) -> str:
        """What its kind calls that which holds the files."""
        return f"{_NAMES[self.kind]} {self.bucket!r}"


def read_address(options: Options, root: Path) -> Address:
    """What `url` says.

    Args:
        options: The entry.
        root: What a relative path of this machine is taken from.
    """
    url = options.required_text("url", _EXAMPLE).strip()
    if is_wild(url) and (is_remote(url) or not absolute(root, url).is_dir()):
        raise options.error(
            "'url' holds a wildcard", hint='url names a folder; put the rest into pattern: "*.csv"', code="invalid-url"
        )
    if not is_remote(url):
        return Address(LOCAL, "", str(absolute(root, url)), None, url.rstrip("/") + "/")
    scheme, _, rest = url.partition("://")
    kind = _KINDS.get(scheme.lower())
    if kind is None:
        raise _unknown(options, scheme, url)
    bucket, _, folder = rest.partition("/")
    account = None
    if "@" in bucket:
        bucket, account = _account(options, kind, bucket)
    if not re.fullmatch(r"[\w.$-]+", bucket, re.ASCII):
        raise options.error(f"'url' names no {_NAMES[kind]}", hint=f"url: {_EXAMPLE}", code="invalid-url")
    return Address(kind, bucket, folder.strip("/"), account, url.rstrip("/") + "/")


def _account(options: Options, kind: str, authority: str) -> tuple[str, str]:
    """Container and account of `abfss://container@account.dfs.core.windows.net`."""
    container, _, host = authority.rpartition("@")
    found = _AZURE_HOST.fullmatch(host.lower())
    if kind != AZURE or ":" in container:
        raise options.error(
            "'url' holds a user or a password",
            hint="give them under `storage`, as ${secret:name}",
            code="secret-in-url",
        )
    if found is None:
        raise options.error(
            f"{host!r} is no host of Azure Storage",
            hint="url: az://container/folder/, with account and endpoint under `storage`",
            code="invalid-url",
        )
    return container, found[1]


def _unknown(options: Options, scheme: str, url: str) -> Exception:
    if scheme in ("http", "https"):
        what, hint = "'url' is an address of the web", "kind: http; or s3://…, az://…, gs://… for a folder of files"
    elif url.startswith("dbfs:"):
        what, hint = "'url' is on Databricks", "name the storage itself: s3://…, abfss://… or gs://…"
    else:
        what, hint = f"{url.partition(':')[0]!r} is no known storage", "a folder, s3://…, az://…, abfss://… or gs://…"
    return options.error(what, hint=hint, code="invalid-url")
