"""Connections that are kept: many small requests to one host without a new handshake for each.

Owns connections, the environment's proxies and how an answer is read whole. Never follows a redirect, asks again only
when a kept connection turns out to be closed, and knows no retries, no authentication and no JSON.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import urllib.request
import zlib
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from threading import Event
from urllib.parse import SplitResult, unquote, urlsplit

from ingot.sources.opener import is_loopback

_CHUNK_BYTES = 256 * 1024
_IDLE_MAX = 32
# A server may close a connection that is idle just as the next request is sent: the request was not heard.
_NOT_HEARD = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, http.client.CannotSendRequest)


@dataclass(frozen=True)
class Reply:
    """An answer that has come whole; `body` is without the compression of the transfer."""

    status: int
    headers: Message
    body: bytes


class AnswerTooLongError(Exception):
    """An answer is longer than may be held in memory."""


class StoppedError(Exception):
    """The reading was interrupted."""


class Connections:
    """The kept connections of one source. Its threads may share one; use it in a `with` block."""

    def __init__(self, timeout_s: float, bytes_max: int, stop: Event):
        self._timeout_s = timeout_s
        self._bytes_max = bytes_max
        self._stop = stop
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[http.client.HTTPConnection]] = {}
        self._busy: set[http.client.HTTPConnection] = set()
        self._tls: ssl.SSLContext | None = None
        self._proxies = urllib.request.getproxies()

    def __enter__(self) -> Connections:
        return self

    def __exit__(self, *_: object) -> None:
        """Close all. Threads that still wait for an answer fail at once."""
        self._stop.set()
        with self._lock:
            for connection in [c for idle in self._idle.values() for c in idle]:
                connection.close()
            self._idle.clear()
            for connection in self._busy:
                with suppress(OSError, AttributeError):  # AttributeError: it is not connected, or no longer
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Send one request and read its answer.

        Raises:
            OSError, http.client.HTTPException: the connection failed.
            AnswerTooLongError, StoppedError: the answer was not read to its end.
        """
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc)
        kept = self._take(key)
        if kept is not None:
            try:
                return self._exchange(kept, key, method, parts, headers, body)
            except _NOT_HEARD:
                pass
        if self._stop.is_set():
            raise StoppedError
        return self._exchange(self._connect(parts), key, method, parts, headers, body)

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        key: tuple[str, str],
        method: str,
        parts: SplitResult,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Reply:
        is_whole = False
        with self._lock:
            if self._stop.is_set():
                connection.close()
                raise StoppedError
            self._busy.add(connection)
        try:
            connection.request(method, self._request_target(parts), body, {**self._proxy_headers(parts), **headers})
            with connection.getresponse() as response:  # a connection that the server closes leaves its socket to this
                content = self._read(response)
            is_whole = not response.will_close
            return Reply(response.status, response.headers, _decoded(response, content, self._bytes_max))
        finally:
            with self._lock:
                self._busy.discard(connection)
            if not (is_whole and self._keep(key, connection)):
                connection.close()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        chunks: list[bytes] = []
        received = 0
        while chunk := response.read(_CHUNK_BYTES):
            received += len(chunk)
            if self._stop.is_set():
                raise StoppedError
            if received > self._bytes_max:
                raise AnswerTooLongError
            chunks.append(chunk)
        if response.length:  # reading by chunks does not notice an early end
            raise http.client.IncompleteRead(b"".join(chunks), response.length)
        return b"".join(chunks)

    # --- connections ---

    def _take(self, key: tuple[str, str]) -> http.client.HTTPConnection | None:
        with self._lock:
            idle = self._idle.get(key)
            return idle.pop() if idle else None

    def _keep(self, key: tuple[str, str], connection: http.client.HTTPConnection) -> bool:
        with self._lock:
            idle = self._idle.setdefault(key, [])
            if len(idle) >= _IDLE_MAX or self._stop.is_set():
                return False
            idle.append(connection)
            return True

    def _connect(self, parts: SplitResult) -> http.client.HTTPConnection:
        host, port = parts.hostname or "", parts.port
        proxy = self._proxy(parts)
        if parts.scheme == "http":
            target = (host, port) if proxy is None else (proxy.hostname or "", proxy.port)
            return self._opened(http.client.HTTPConnection(*target, timeout=self._timeout_s))
        if proxy is None:
            return self._opened(
                http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._context())
            )
        through = http.client.HTTPSConnection(
            proxy.hostname or "", proxy.port or 80, timeout=self._timeout_s, context=self._context()
        )
        through.set_tunnel(host, port or 443, _credentials(proxy))
        return self._opened(through)

    def _opened(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        connection.connect()
        # Headers and body go out in two pieces, and the second must not wait for the first to be acknowledged.
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
            return self._tls

    # --- proxies ---

    def _proxy(self, parts: SplitResult) -> SplitResult | None:
        host = parts.hostname or ""
        address = self._proxies.get(parts.scheme)
        if not address or is_loopback(host) or urllib.request.proxy_bypass(host):
            return None
        return urlsplit(address if "://" in address else f"http://{address}")

    def _request_target(self, parts: SplitResult) -> str:
        if parts.scheme == "http" and self._proxy(parts) is not None:
            return parts.geturl()
        return parts._replace(scheme="", netloc="", fragment="", path=parts.path or "/").geturl()

    def _proxy_headers(self, parts: SplitResult) -> dict[str, str]:
        proxy = self._proxy(parts) if parts.scheme == "http" else None
        return {} if proxy is None else _credentials(proxy)


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + b64encode(pair.encode()).decode()}


def _decoded(response: http.client.HTTPResponse, content: bytes, bytes_max: int) -> bytes:
    """Undo a compression of the transfer; one that was not asked for is left, and fails as what it is no page of."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("gzip", "x-gzip") or not content:
        return content
    stream = zlib.decompressobj(wbits=31)
    try:
        body = stream.decompress(content, bytes_max + 1)
    except zlib.error as error:
        raise http.client.HTTPException(f"the compressed answer is damaged ({error})") from error
    if len(body) > bytes_max:
        raise AnswerTooLongError
    if not stream.eof:
        raise http.client.HTTPException("the compressed answer ends too early")
    return body
