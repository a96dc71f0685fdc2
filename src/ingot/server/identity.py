"""Who asks: tokens, sessions and roles.

Owns what an endpoint demands (`needs`), and how a request shows who sends it: a bearer token, or the cookie of a
session that a token began. A server that began without tokens in ingot.yml takes everybody for an admin, until there
are some; the command then listens on this machine only. Never keeps a token, nor says which of two things was wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from ingot.errors import IngotError
from ingot.model import AccessToken, Role
from ingot.project.serve_settings import token_hash
from ingot.server.faults import RequestError

SESSION_S = 12 * 3600
_SESSIONS_MAX = 10_000
_ATTEMPTS_MAX = 10  # wrong tokens of one address
_ATTEMPTS_S = 60
_ADDRESSES_MAX = 10_000


@dataclass(frozen=True)
class Identity:
    """Somebody who may do what a role may."""

    name: str
    role: Role


EVERYBODY = Identity("", Role.ADMIN)


@dataclass(frozen=True)
class _Session:
    token_sha256: str
    ends: float


class Access:
    """Tells who sends a request, and keeps sessions, in memory: a restart ends them."""

    def __init__(self, tokens: Sequence[AccessToken], cookie: str = "ingot_session"):
        self.cookie = cookie
        self._tokens = tuple(tokens)
        self._is_open = not self._tokens
        self._sessions: dict[str, _Session] = {}
        self._attempts: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether nobody needs a token: as long as there has been none since the server began."""
        return self._is_open

    def replace_tokens(self, tokens: Sequence[AccessToken]) -> None:
        """Take over what ingot.yml says now; sessions of tokens that are gone end.

        Taking all tokens away opens nothing: nobody comes in any more, until a restart or another token.
        """
        self._is_open = self._is_open and not tokens
        self._tokens = tuple(tokens)

    def identify(self, request: Request) -> Identity | None:
        """Who sends a request; None for somebody unknown."""
        if self.is_open:
            return EVERYBODY
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._holder(token_hash(token.strip()))
        session = self._sessions.get(_hashed(request.cookies.get(self.cookie, "")))
        if session is None or session.ends < time.monotonic():
            return None
        return self._holder(session.token_sha256)

    def begin(self, token: str, address: str) -> str:
        """Begin a session; gives what its cookie holds.

        Raises:
            RequestError: `wrong-token`; `too-many-attempts`, also for the right token.
        """
        with self._lock:
            attempts = self._recent_attempts(address)
            _refuse_too_many(attempts)
            sha256 = token_hash(token.strip())
            if self._holder(sha256) is None:
                attempts.append(time.monotonic())
                raise RequestError("no token is like this one", hint="ask who runs this server", code="wrong-token")
            self._forget_old_sessions()
            key = secrets.token_urlsafe(32)
            self._sessions[_hashed(key)] = _Session(sha256, time.monotonic() + SESSION_S)
            return key

    def note_wrong(self, address: str) -> None:
        """Count a wrong token.

        Raises:
            RequestError: `too-many-attempts`.
        """
        with self._lock:
            attempts = self._recent_attempts(address)
            _refuse_too_many(attempts)
            attempts.append(time.monotonic())

    def end(self, request: Request) -> None:
        """End the session that a request belongs to."""
        self._sessions.pop(_hashed(request.cookies.get(self.cookie, "")), None)

    def _holder(self, sha256: str) -> Identity | None:
        """The holder of a token; takes as long for each."""
        found = None
        for token in self._tokens:
            if hmac.compare_digest(token.sha256, sha256):
                found = Identity(token.name, token.role)
        return found

    def _recent_attempts(self, address: str) -> deque[float]:
        if len(self._attempts) > _ADDRESSES_MAX:
            self._attempts.clear()
        attempts = self._attempts.setdefault(address, deque(maxlen=_ATTEMPTS_MAX))
        while attempts and attempts[0] < time.monotonic() - _ATTEMPTS_S:
            attempts.popleft()
        return attempts

    def _forget_old_sessions(self) -> None:
        now = time.monotonic()
        for key in [key for key, session in self._sessions.items() if session.ends < now]:
            del self._sessions[key]
        while len(self._sessions) >= _SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]


def _refuse_too_many(attempts: deque[float]) -> None:
    if len(attempts) >= _ATTEMPTS_MAX:
        wait_s = int(attempts[0] + _ATTEMPTS_S - time.monotonic()) + 1
        raise RequestError(
            "too many wrong tokens", hint=f"wait {wait_s} s", code="too-many-attempts", retry_after_s=wait_s
        )


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client is not None else ""


def _hashed(key: str) -> str:
    """What is kept of a session's key, so that comparing it takes as long for every key."""
    return hashlib.sha256(key.encode()).hexdigest()


class Demand:
    """What an endpoint demands of who asks."""

    def __init__(self, role: Role):
        self.role = role

    async def __call__(self, request: Request) -> Identity:
        access: Access = request.app.state.served.access
        identity = access.identify(request)
        if identity is None:
            if "authorization" in request.headers:
                access.note_wrong(address_of(request))
            raise _not_signed_in()
        if identity.role < self.role:
            raise _forbidden(identity, self.role)
        return identity


def needs(role: Role) -> Any:
    """The dependency of an endpoint that only some roles may call, and that need not know who calls."""
    return Depends(Demand(role))


Viewer = Annotated[Identity, Depends(Demand(Role.VIEWER))]  # who calls an endpoint that is for all roles
Operator = Annotated[Identity, Depends(Demand(Role.OPERATOR))]


def check_role(identity: Identity, role: Role) -> None:
    """Demand a role for what only the body of a request tells.

    Raises:
        RequestError: `forbidden`.
    """
    if identity.role < role:
        raise _forbidden(identity, role)


def _not_signed_in() -> IngotError:
    return RequestError(
        "nobody is signed in", hint="send a token: Authorization: Bearer …, or sign in at /login", code="not-signed-in"
    )


def _forbidden(identity: Identity, role: Role) -> IngotError:
    return RequestError(
        f"'{identity.name}' is {identity.role.label}; this takes {role.label}",
        hint="ask who runs this server for another role",
        code="forbidden",
    )
