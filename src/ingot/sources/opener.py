"""How `urllib` opens connections: the environment's proxies, redirects that keep secrets, http(s) only.

Never reads a body and raises nothing of its own.
"""

from __future__ import annotations

import functools
import ipaddress
import urllib.request
from typing import IO, Any
from urllib.parse import urlsplit

_PUBLIC = ("User-agent", "Accept", "If-none-match", "If-modified-since", "Range", "If-range")
"""What every host may be told: a large file often lies elsewhere, and its rest is asked for there."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, but keep the user's headers (credentials) for the host they were meant for."""

    def http_error_302(self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:  # the address is none
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and _origin(req.full_url) != _origin(newurl):
            following.headers = {name: req.headers[name] for name in _PUBLIC if name in req.headers}
        return following


class _Proxies(urllib.request.ProxyHandler):
    """The proxies of the environment (`https_proxy`, `no_proxy` …), never for this machine itself."""

    def proxy_open(self, req: urllib.request.Request, proxy: str, type: str) -> Any:
        if is_loopback(urlsplit(req.full_url).hostname or ""):
            return None
        return super().proxy_open(req, proxy, type)  # type: ignore[misc]  # not in typeshed


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, which no proxy stands before."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@functools.cache
def opener() -> urllib.request.OpenerDirector:
    """An opener for http and https alone: the default one also follows redirects to ftp."""
    director = urllib.request.OpenerDirector()
    for handler in (
        _Proxies(),
        _Redirects(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        director.add_handler(handler)
    return director
