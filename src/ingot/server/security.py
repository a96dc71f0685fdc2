"""What every request and every answer goes through: the host's name, the origin, the size of bodies, headers.

Owns the guards that hold whoever asks: a page of another site cannot use this server through the browser of somebody
who may (DNS rebinding, forged requests), and no page of ours runs a script that is not a file of ours.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingot.errors import IngotError
from ingot.server.faults import RequestError, error_response, unexpected_response

BODY_BYTES_MAX = 1_000_000
_BODY_S = 20.0
_SAFE = ("GET", "HEAD", "OPTIONS")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with none at all, browsers send forms with the origin "null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Guard:
    """Wraps the application. `hosts` are the names that this server answers to."""

    def __init__(self, app: ASGIApp, hosts: Hosts):
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                _add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            body = await self._admitted(scope, receive)
            await self._app(scope, _replayed(body, receive), send_with_headers)
        except IngotError as error:
            await error_response(error)(scope, receive, send_with_headers)
        except Exception as error:  # the last boundary: a bug is logged, and told without its details
            if has_begun:
                raise
            await unexpected_response(scope["method"], scope["path"], error)(scope, receive, send_with_headers)

    async def _admitted(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body of a request that may come in; None for one that has none."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._hosts.knows(host):
            raise RequestError(
                "this server does not answer to that name",
                hint="name it in ingot.yml: serve: {hosts: [NAME]}",
                code="foreign-host",
            )
        _check_origin(scope["method"], scope["path"], headers, host)
        if scope["method"] in _SAFE:
            return None
        if int(headers.get("content-length", "0") or 0) > BODY_BYTES_MAX:
            raise _too_large()
        try:
            return await asyncio.wait_for(_read(receive), _BODY_S)
        except TimeoutError:
            raise RequestError("the request did not arrive in time", code="invalid-request") from None


class Hosts:
    """The names of the host that requests may ask for.

    On the loopback address these are its names only: a page of elsewhere whose name was made to mean 127.0.0.1 asks
    under that name. On other addresses every address in numbers is one that nobody can rebind. `also` gives the names
    that ingot.yml adds, in lower case.
    """

    def __init__(self, bound: str, also: Callable[[], Iterable[str]]):
        self._is_loopback = is_loopback(bound)
        self._also = also
        self._names = {"localhost"}
        if not self._is_loopback:
            self._names |= {bound.lower(), socket.gethostname().lower(), socket.getfqdn().lower()}

    def knows(self, host: str) -> bool:
        """Whether the value of a `Host` header is one of them."""
        name = _without_port(host).lower()
        if name in self._names or name in self._also():
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._is_loopback


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _without_port(host: str) -> str:
    if host.startswith("["):
        name, _, port = host[1:].partition("]")
        return name if port == "" or (port[0] == ":" and port[1:].isdecimal()) else host
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _check_origin(method: str, path: str, headers: Headers, host: str) -> None:
    """Refuse what a page of another site sends. Programs that are no browsers send neither header.

    Pages may be opened from elsewhere, by a link; the API is for the pages of this server alone.
    """
    site = headers.get("sec-fetch-site", "same-origin")
    is_navigation = headers.get("sec-fetch-mode") == "navigate" and not path.startswith("/api/")
    if site not in ("same-origin", "none") and not (method in _SAFE and is_navigation):
        raise _foreign()
    origin = headers.get("origin")
    if origin is not None and method not in _SAFE and origin.partition("://")[2].lower() != host.lower():
        raise _foreign()


def _foreign() -> RequestError:
    return RequestError("a page of another site asks", code="foreign-origin")


def _too_large() -> RequestError:
    return RequestError(f"a request holds at most {BODY_BYTES_MAX:,} bytes", code="request-too-large")


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_BYTES_MAX:
            raise _too_large()
        if not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes | None, receive: Receive) -> Receive:
    """Gives the body that has been read, and then what else comes: that the client is gone."""
    if body is None:
        return receive
    waiting: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return waiting.pop() if waiting else await receive()

    return give


def _add_headers(headers: MutableHeaders, path: str) -> None:
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if not path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
