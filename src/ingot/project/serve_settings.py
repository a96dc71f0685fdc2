"""The keys `auth` and `serve` of ingot.yml: who may see the pages of `ingot serve`, and what bounds queries.

Owns tokens: how one is made, and what of it may stand in a file. Never keeps one.
"""

from __future__ import annotations

import re

from ingot.errors import ProjectError, near_hint
from ingot.model import AccessToken, Role, ServeSpec
from ingot.project.settings import Setting

_PREFIX = "ingot_"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def make_token() -> str:
    """A new token: 256 random bits, which nobody guesses, so that a plain hash of it may be kept."""
    import secrets

    return _PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What stands in ingot.yml for a token."""
    import hashlib

    return hashlib.sha256(token.encode()).hexdigest()


def token_entry(name: str, token: str, role: str) -> str:
    """The lines of ingot.yml for a token."""
    import json

    return f"auth:\n  tokens:\n    - {{name: {json.dumps(name)}, sha256: {token_hash(token)}, role: {role}}}"


def read_serve(auth: Setting | None, serve: Setting | None) -> ServeSpec:
    """What the two keys say.

    Raises:
        ProjectError: with file and line.
    """
    tokens = _tokens(auth) if auth is not None else ()
    if serve is None:
        return ServeSpec(tokens)
    known = serve.mapping(("hosts", "query_timeout_s", "query_rows_max", "queries_max"))
    usual = ServeSpec()

    def number(key: str, otherwise: int) -> int:
        return known[key].integer(1) if key in known else otherwise

    return ServeSpec(
        tokens,
        tuple(host.string().strip().lower() for host in known["hosts"].items()) if "hosts" in known else (),
        number("query_timeout_s", usual.query_timeout_s),
        number("query_rows_max", usual.query_rows_max),
        number("queries_max", usual.queries_max),
    )


def _tokens(auth: Setting) -> tuple[AccessToken, ...]:
    entry = auth.mapping(("tokens",)).get("tokens")
    if entry is None or not entry.items():
        raise ProjectError(
            "`auth` has no `tokens`",
            location=auth.location,
            hint="make one with: ingot token NAME --role viewer",
            code="missing-key",
        )
    found: dict[str, AccessToken] = {}
    for item in entry.items():
        token = _token(item)
        if token.name in found:
            raise ProjectError(
                f"two tokens are named '{token.name}'",
                location=item.location,
                hint="give each its own name",
                code="duplicate-name",
            )
        found[token.name] = token
    return tuple(found.values())


def _token(item: Setting) -> AccessToken:
    known = item.mapping(("name", "sha256", "role"))
    for key in ("name", "sha256", "role"):
        if key not in known:
            raise ProjectError(
                f"a token has no `{key}`",
                location=item.location,
                hint="make one with: ingot token NAME --role viewer",
                code="missing-key",
            )
    if _SHA256.fullmatch(known["sha256"].string()) is None:
        raise ProjectError(  # what stands there may be the token itself: it is not shown
            "`sha256` of a token is not a SHA-256 in hexadecimal",
            location=known["sha256"].location,
            hint="the file holds the token's hash, not the token; make one with: ingot token NAME --role viewer",
            code="wrong-type",
        )
    written = known["role"].string()
    role = next((role for role in Role if role.label == written), None)
    if role is None:
        labels = [role.label for role in Role]
        raise ProjectError(
            f"there is no role '{written}'",
            location=known["role"].location,
            hint=near_hint(written, labels, f"roles are {', '.join(labels)}"),
            code="unknown-role",
        )
    return AccessToken(known["name"].string(), known["sha256"].string(), role)
