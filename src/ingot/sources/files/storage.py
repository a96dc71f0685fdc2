"""`storage` of an entry: who asks, and where an object store is. Opens nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingot.model import SourceSpec
from ingot.secrets import Secrets
from ingot.sources.files.address import AZURE, GCS, LOCAL, S3, Address
from ingot.sources.options import Options
from ingot.sources.parts import part_of

_TEXTS = {
    S3: ("endpoint", "region", "access_key_id", "secret_access_key", "session_token"),
    AZURE: ("account", "endpoint", "account_key", "sas_token", "tenant_id", "client_id", "client_secret"),
    GCS: ("endpoint", "service_account", "service_account_key"),
    LOCAL: (),
}
_FLAGS = {
    S3: ("anonymous", "path_style", "requester_pays"),
    AZURE: ("anonymous", "use_azure_cli"),
    GCS: ("anonymous",),
    LOCAL: (),
}
SECRETS = ("secret_access_key", "session_token", "account_key", "sas_token", "client_secret", "service_account_key")
_ENDPOINT = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[\w./~-]*)?", re.ASCII)
_FORMS = {"account": re.compile(r"[a-z0-9]{3,24}"), "region": re.compile(r"[A-Za-z0-9-]+")}
_TOGETHER = (
    ("access_key_id", "secret_access_key"), ("client_secret", "client_id"), ("client_secret", "tenant_id"),
    ("session_token", "access_key_id"), ("secret_access_key", "access_key_id"),
)  # fmt: skip


def read_storage(spec: SourceSpec, address: Address, root: Path) -> Mapping[str, str | bool]:
    """The settings, by the entry's own names.

    Args:
        spec: The entry.
        address: Where its files are.
        root: What a relative path of this machine is taken from.

    Raises:
        ProjectError: a setting is unknown, of a wrong type, or misses another one.
    """
    value = spec.options.get("storage")
    texts, flags = _TEXTS[address.kind], _FLAGS[address.kind]
    options = part_of(spec, {} if value is None else value, (*texts, *flags), "storage")
    found: dict[str, str | bool] = {}
    for key in texts:
        text = _text(options, key, (value or {}).get(key))
        if text and key in _FORMS and not _FORMS[key].fullmatch(text):
            raise options.error(
                f"{text!r} is no name of {'an' if key == 'account' else 'a'} {key}", code="invalid-name"
            )
        if text:
            found[key] = text
    for key in flags:
        flag = _flag(options, key, (value or {}).get(key))
        if flag is not None:
            found[key] = flag
    for key, other in _TOGETHER:
        if key in found and other not in found:
            raise options.error(f"{key!r} needs {other!r} too", hint=f"{other}: …", code="missing-key")
    _check_endpoint(options, found.get("endpoint"))
    if address.kind == AZURE:
        _set_account(options, address, found)
    if "service_account" in found:
        found["service_account"] = str(root / Path(str(found["service_account"])).expanduser())
    return found


def _text(options: Options, key: str, value: Any) -> str:
    """A text, which may be a secret and is not shown; a key may be made of digits alone."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise options.error(f"{key!r} must be text", code="wrong-type")
    return "" if value is None else str(value).strip()


def _flag(options: Options, key: str, value: Any) -> bool | None:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"  # what came through ${…} is text
    if value is not None and not isinstance(value, bool):
        raise options.error(f"{key!r} must be true or false", code="wrong-type")
    return value


def _check_endpoint(options: Options, endpoint: str | bool | None) -> None:
    if endpoint is None or endpoint == Secrets.without("${secret:endpoint}"):  # the form is checked, nothing is asked
        return
    if "@" in str(endpoint) or "?" in str(endpoint):
        hint = "give it under a key of its own, as ${secret:name}"
        raise options.error("'endpoint' holds a user or a query", hint=hint, code="secret-in-url")
    if not _ENDPOINT.fullmatch(str(endpoint)):
        hint = "endpoint: https://storage.example.org"
        raise options.error("'endpoint' must be an http or https URL", hint=hint, code="invalid-url")


def _set_account(options: Options, address: Address, found: dict[str, str | bool]) -> None:
    if address.account is not None and found.setdefault("account", address.account) != address.account:
        raise options.error(f"'account' is {found['account']!r}, and {address.account!r} in 'url'", hint="keep one")
    if "account" not in found:
        hint = "storage: {account: …}, or url: abfss://container@account.dfs.core.windows.net/folder/"
        raise options.error("'account' is missing", hint=hint, code="missing-key")
