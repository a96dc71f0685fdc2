"""How requests say who asks: one small class for each kind of `auth`.

Owns credentials and the tokens of OAuth 2.0, which live in memory alone. Never shows, logs or stores one.
"""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import quote, urlencode

from ingot.errors import SourceError
from ingot.secrets import hide
from ingot.sources.connections import Reply

_EARLY_S = 60.0
"""A token is fetched anew so long before it expires, or after nine tenths of its life if that is later."""


class Auth(Protocol):
    """One kind of authentication. The threads of a source share one."""

    def headers(self) -> dict[str, str]:
        """What to send with a request."""
        ...

    def query(self) -> dict[str, str]:
        """Parameters that are added to the URL."""
        ...

    def refused(self, sent: dict[str, str]) -> bool:
        """Take note that the server refused (401) what `headers` gave; whether another attempt may help."""
        ...

    def secrets(self) -> list[str]:
        """What must never be seen."""
        ...


@dataclass(frozen=True)
class Fixed:
    """Headers and parameters that are always the same: none at all, an API key, a bearer token, Basic."""

    fixed_headers: dict[str, str] = field(default_factory=dict, repr=False)
    fixed_query: dict[str, str] = field(default_factory=dict, repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def headers(self) -> dict[str, str]:
        return self.fixed_headers

    def query(self) -> dict[str, str]:
        return self.fixed_query

    def refused(self, sent: dict[str, str]) -> bool:
        return False

    def secrets(self) -> list[str]:
        return list(self.hidden)


def bearer(token: str) -> Fixed:
    """A token in the header `Authorization` (RFC 6750)."""
    return Fixed({"Authorization": f"Bearer {token}"}, hidden=(token,))


def basic(user: str, password: str) -> Fixed:
    """User and password (RFC 7617)."""
    pair = _basic_pair(user, password)
    return Fixed({"Authorization": f"Basic {pair}"}, hidden=(password, pair))


def api_key(key: str, header: str | None, parameter: str | None) -> Fixed:
    """A key in a header or in a parameter of the URL."""
    if parameter is not None:
        return Fixed(fixed_query={parameter: key}, hidden=(key,))
    return Fixed({header or "X-API-Key": key}, hidden=(key,))


@dataclass(frozen=True)
class TokenGrant:
    """Where and as whom to get tokens (RFC 6749): as a client (4.4), a user (4.3), or who was allowed to before (6).

    `kind` is the grant's, `secrets` are its parameters beside the client's: password, refresh token.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    parameters: dict[str, str] = field(default_factory=dict, repr=False)
    is_in_header: bool = False
    kind: str = "client_credentials"
    user: str | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def request(self) -> tuple[dict[str, str], bytes]:
        """Headers and body of the request for a token."""
        form = {"grant_type": self.kind, **self.parameters, **self.secrets}
        if self.user is not None:
            form["username"] = self.user
        if self.scope is not None:
            form["scope"] = self.scope
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.is_in_header:
            pair = _basic_pair(quote(self.client_id, safe=""), quote(self.client_secret, safe=""))
            headers["Authorization"] = f"Basic {pair}"
        else:
            form["client_id"] = self.client_id
            if self.client_secret:  # a public client has none
                form["client_secret"] = self.client_secret
        return headers, urlencode(form).encode()


class OAuth2:
    """Tokens, fetched when first needed, before they expire, and once after a 401.

    A server may give a new refresh token with each answer: it is used as long as this object lives, and `has_exchanged`
    tells that the first one may be spent. `post` asks the token's address and answers with 200, or raises.
    """

    has_exchanged = False

    def __init__(
        self,
        credentials: TokenGrant,
        post: Callable[[str, dict[str, str], bytes], Reply],
        clock: Callable[[], float] = time.monotonic,
    ):
        self._credentials = credentials
        self._post = post
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._good_until = 0.0

    def headers(self) -> dict[str, str]:
        with self._lock:
            if self._token is None or self._clock() >= self._good_until:
                self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    def query(self) -> dict[str, str]:
        return {}

    def refused(self, sent: dict[str, str]) -> bool:
        """Drop the token that was refused, unless another thread has a new one already."""
        with self._lock:
            if sent.get("Authorization") == f"Bearer {self._token}":
                self._token = None
            return True

    def secrets(self) -> list[str]:
        own = [self._credentials.client_secret, *self._credentials.secrets.values(), self._token]
        return [secret for secret in own if secret]

    def _fetch(self) -> None:
        headers, body = self._credentials.request()
        asked_at = self._clock()
        reply = self._post(self._credentials.token_url, headers, body)
        try:
            answer = json.loads(reply.body)
            token, lasts_s = answer["access_token"], float(answer.get("expires_in") or 3600)
            following = answer.get("refresh_token")
        except (ValueError, KeyError, TypeError, AttributeError):
            token, lasts_s, following = None, 0.0, None
        if not isinstance(token, str) or not (token.isascii() and token.isprintable() and token):
            raise SourceError(
                f"{self._credentials.token_url} gave no access token",
                hint="check `auth.token_url`: it must be the token endpoint of OAuth 2.0",
                code="rest-auth",
            )
        hide(token)
        self._token = token
        if "refresh_token" in self._credentials.secrets and isinstance(following, str) and following:
            hide(following)
            self.has_exchanged |= following != self._credentials.secrets["refresh_token"]
            self._credentials = replace(self._credentials, secrets={"refresh_token": following})
        self._good_until = asked_at + max(lasts_s * 0.9, lasts_s - _EARLY_S)


def _basic_pair(user: str, password: str) -> str:
    pair = b64encode(f"{user}:{password}".encode()).decode()
    hide(pair)
    return pair
