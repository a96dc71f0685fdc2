"""Parts of an entry of ingot.yml: mappings within it, their kinds, addresses and headers, checked.

Owns what the readers of `auth` and of the entries share. Knows none of their keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ingot.errors import nearest
from ingot.model import SourceSpec
from ingot.sources.options import Options


def part_of(spec: SourceSpec, value: Any, known: tuple[str, ...], within: str) -> Options:
    """The options of a part of the entry."""
    if not isinstance(value, Mapping):
        raise Options(replace(spec, options={}), (), within).error(
            f"must be a mapping, not {type(value).__name__}", code="wrong-type"
        )
    return Options(replace(spec, options=value), known, within)


def kind_of_part(spec: SourceSpec, value: Any, part: str, kinds: tuple[str, ...]) -> str:
    """The `kind` of a part, which must be one of these."""
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if kind in kinds:
        return kind
    options = Options(replace(spec, options={}), (), part)
    guess = nearest(str(kind), kinds) if kind is not None else None
    hint = f"did you mean {guess!r}?" if guess else f"kinds: {', '.join(kinds)}"
    what = "'kind' is missing" if kind is None else f"there is no kind {kind!r}"
    raise options.error(what, hint=hint, code="missing-key" if kind is None else "invalid-source")


def check_header(options: Options, name: str, value: str) -> None:
    """Refuse what no header can be; the value is not shown."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise options.error(f"{name!r} is no name of an HTTP header", code="invalid-header")
    if not value.isascii() or not value.isprintable():
        what = f"the value of the header {name!r} holds a character that no header may hold"
        raise options.error(what, code="invalid-header")


def base_url(options: Options, url: str, key: str = "url") -> str:
    """An address that others lie below, without a slash at its end; `key` is what the entry calls it."""
    try:
        parts = urlsplit(url.strip())
        is_complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        has_user = parts.username is not None or parts.password is not None
    except ValueError:  # a port that is no number, a bracket that is not closed
        is_complete, has_user = False, "@" in url
        parts = None
    if has_user:
        raise options.error(f"{key!r} holds a user or a password", hint="give them under `auth`", code="secret-in-url")
    if parts is None or not is_complete or parts.query or parts.fragment:
        raise options.error(
            f"{key!r} must be an http or https URL without a query",
            hint=f"{key}: https://api.example.org/v1, and parameters under `query`",
            code="invalid-url",
        )
    return parts.geturl().rstrip("/")
