"""What the failures of an object store mean. Their texts hold addresses and answers of servers, which may repeat a
secret; so nothing of them is shown but a status, a code, and what kind of failure it was."""

from __future__ import annotations

import re

from ingot.errors import IngotError, SourceError
from ingot.sources.files.address import AZURE, GCS, S3
from ingot.sources.files.entry import Entry

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")
_KIND = re.compile(r"kind: (Connect|Timeout|Interrupted|Request|Decode)\b")
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")
_EXPIRED = ("ExpiredToken", "InvalidToken", "TokenRefreshRequired")
_METADATA_HOSTS = ("169.254.169.254", "metadata.google.internal", "169.254.170.2")
_OWN_KEYS = {
    S3: "access_key_id and secret_access_key",
    AZURE: "account_key, sas_token, or tenant_id, client_id and client_secret",
    GCS: "service_account, the path of a key file",
}


def failure(error: Exception, entry: Entry, path: str = "") -> IngotError:
    """An error for the user.

    Args:
        error: What the package raised.
        entry: Whose files were asked for.
        path: Of the file, if it was one.
    """
    text = str(error)
    what = entry.address.shown + path
    if type(error).__name__ == "InvalidPathError" or "Could not parse path" in text:
        return _invalid_name(text, what)
    if any(host in text for host in _METADATA_HOSTS) or "MissingCredential" in text:
        return SourceError(
            f"{what}: there are no credentials, neither under `storage` nor in the environment",
            hint=f"storage: {_OWN_KEYS[entry.address.kind]}, as ${{secret:name}}; or anonymous: true",
            code="login-failed",
        )
    if "credential provider" in text:
        keys = _OWN_KEYS[entry.address.kind]
        hint = f"check `storage` ({keys})"
        return SourceError(f"{what}: the credentials are malformed", hint=hint, code="login-failed")
    found = _STATUS.search(text)
    if found is not None:
        return _answered(int(found[1]), _CODE.search(text), what, entry)
    if "without LOCATION" in text:
        return SourceError(
            f"{what} is in another region", hint="give it: storage: {region: eu-central-1}", code="files-failed"
        )
    if "HTTP error" in text or "HttpError" in text:
        return _not_reached(text, what, entry)
    return _of_settings(text, what)


def _of_settings(text: str, what: str) -> IngotError:
    """What does not come from a server: something of `storage` cannot be used."""
    if "open service account" in text:
        how, hint = "the key file is not there", "check `service_account` under `storage`; it is taken from ingot.yml"
    elif "service account" in text or "pem file" in text:
        how, hint = "the key of the service account is malformed", "give it as it was downloaded"
    elif "Azure Cli" in text or "az account" in text:
        how, hint = "the Azure CLI gives no token", "az login"
    else:
        how, hint = "the store cannot be opened", "check `storage`"
    return SourceError(f"{what}: {how}", hint=hint, code="login-failed")


def _invalid_name(text: str, what: str) -> IngotError:
    found = re.search(r'Path "([^"]*)"', text)
    return SourceError(
        f"{what} holds an object whose name cannot be read: {found[1] if found else 'unknown'!r}",
        hint="rename it, or let `url` name a folder without it: no empty part, no '.', no control character",
        code="invalid-name",
    )


def _answered(status: int, code: re.Match[str] | None, what: str, entry: Entry) -> IngotError:
    said = f"{status} {code[1]}" if code else str(status)
    if (code and code[1] in _NO_BUCKET) or (status == 404 and code is None):
        return SourceError(
            f"there is no {entry.address.container} ({said})",
            hint="check `url`, and `endpoint` and `account` under `storage`",
            code="missing-bucket",
        )
    if status in (401, 403) or (code and code[1] in _EXPIRED):
        return SourceError(
            f"{what}: the credentials were refused ({said})",
            hint=f"check `storage` ({_OWN_KEYS[entry.address.kind]}) and the rights to list and to read",
            code="login-failed",
        )
    if status in (301, 307, 400) and entry.address.kind == S3:
        hint = "is the region right? storage: {region: eu-central-1}"
        return SourceError(f"{what}: the request was refused ({said})", hint=hint, code="files-failed")
    hint = "the server cannot answer now: run again later" if status >= 500 or status == 429 else "check `storage`"
    return SourceError(f"{what}: the server answered {said}", hint=hint, code="files-failed")


def _not_reached(text: str, what: str, entry: Entry) -> IngotError:
    endpoint = entry.storage.get("endpoint")
    at = f" at {endpoint}" if endpoint else ""
    found = _KIND.search(text)
    if found and found[1] == "Timeout":
        how = f"did not answer within {entry.timeout_s:g} s"
    elif "dns error" in text:
        how = "cannot be reached: there is no such host"
    elif "certificate" in text.lower():
        how = "cannot be reached: its certificate is not trusted"
    elif found and found[1] in ("Interrupted", "Decode"):
        how = "broke off"
    else:
        how = "cannot be reached"
    keys = {S3: "`endpoint` and `region`", AZURE: "`account` and `endpoint`", GCS: "`endpoint`"}[entry.address.kind]
    return SourceError(
        f"{what}: the server{at} {how}",
        hint=f"check the network, and {keys} under `storage`",
        code="connection-failed",
    )
