"""One file over HTTP: ask, check that the answer is the file, stream it, try again when that may help.

With `opener` it owns everything that knows `urllib`; another client would replace these two modules alone.
Decides nothing about names and landing. No message holds a header or the value of a query parameter, for both
may be secrets.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.message import Message
from email.utils import parsedate_to_datetime
from threading import Event
from urllib.parse import urlsplit

from ingot.errors import SourceError
from ingot.sources.markup import HEAD_BYTES, is_page
from ingot.sources.opener import opener
from ingot.sources.progress import Progress
from ingot.sources.watched import Writable

_CHUNK_BYTES = 1024 * 1024
_WAIT_FIRST_S = 0.5
_WAIT_MAX_S = 30.0
_PARTS_MAX = 10_000  # of which a server may make one file
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_HINTS = {
    401: "give credentials under `auth`, with the secret as ${secret:name}",
    403: "give credentials under `auth`, with the secret as ${secret:name}",
    404: "open the URL in a browser and correct `url` or `for_each`",
    410: "open the URL in a browser and correct `url` or `for_each`",
    429: "lower `parallel`, or run again later",
}


@dataclass(frozen=True)
class Request:
    """What to ask for. `conditions` are headers that make the server answer 304 when nothing changed."""

    target: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    conditions: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 60.0

    @property
    def shown_url(self) -> str:
        """The address without the values of its query, which may be secrets."""
        parts = urlsplit(self.url)
        return parts._replace(query=re.sub(r"=[^&]*", "=…", parts.query)).geturl()

    @property
    def url_sha256(self) -> str:
        return hashlib.sha256(self.url.encode()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What the server said about a file that has come whole."""

    etag: str | None
    last_modified: str | None
    content_type: str | None = None


class TransientError(SourceError):
    """A failure that may be gone at the next attempt; `retry_after_s` is what the server asked to wait."""

    retry_after_s: float | None = None


class MissingFileError(SourceError):
    """The server says that there is no such file (404, 410)."""


def fetch(
    request: Request,
    output: Writable,
    *,
    retries: int,
    wait: Callable[[float], object],
    progress: Callable[[int, int | None], None],
    stop: Event,
) -> Answer | None:
    """Get one file whole into `output`, or None when the server says that it has not changed.

    Only transient failures are tried again, `retries` times, each time waiting twice as long or as the server
    asks; a transfer that broke off goes on where it did, if the server can tell that the file is still the same.

    Raises:
        SourceError: the server refuses, cannot be reached, or answers with something else than the file.
    """
    transfer = _Transfer(request, output, progress, stop)
    for attempt in range(retries + 1):
        try:
            return transfer.attempt()
        except TransientError as error:
            if attempt == retries or stop.is_set():
                if attempt:
                    error.add_note(f"after {attempt + 1} attempts")
                raise
            asked_s = error.retry_after_s
            wait(min(_WAIT_MAX_S, _WAIT_FIRST_S * 2**attempt if asked_s is None else asked_s))
    raise AssertionError("retries is not negative")


@dataclass(frozen=True)
class _Part:
    """`Content-Range: bytes 500-999/1000` (RFC 9110, section 14.4); the total may be a star."""

    first: int
    last: int
    total: int | None


@dataclass(frozen=True)
class _Begun:
    """The file of which a part has come, as its first answer told of it.

    Attributes:
        answer: What that said.
        validator: Proves to the server which file it was (RFC 9110, section 13.1.5).
        length: Of the whole file.
    """

    answer: Answer
    validator: str
    length: int | None

    def total(self, part: _Part) -> int | None:
        return self.length if part.total is None else part.total

    def goes_on(self, request: Request, response: http.client.HTTPResponse, part: _Part, come: int) -> bool:
        """Whether an answer sends more of the same file, of known length, and from the byte that is missing.

        A server may send a part of another file although `If-Range` forbids it. A part has to repeat the ETag,
        and need not repeat the date (RFC 9110, section 15.3.7).
        """
        if not come == part.first <= part.last or _is_encoded(request, response):
            return False
        etag, modified = _sendable(response.headers, "ETag"), response.headers.get("Last-Modified")
        if etag != self.answer.etag or modified not in (None, self.answer.last_modified):
            return False
        total = self.total(part)
        return total is not None and self.length in (None, total) and part.last < total


@dataclass
class _Transfer:
    """The attempts at one file. `begun` is there once a later attempt can go on where an earlier one broke off."""

    request: Request
    output: Writable
    progress: Callable[[int, int | None], None]
    stop: Event
    begun: _Begun | None = None

    def attempt(self) -> Answer | None:
        """Get the file, or what is missing of it; None when the server says that it has not changed."""
        if self.begun is None or not self.output.bytes:
            return self._whole(_open(self.request))
        return self._rest(self.begun)

    def _whole(self, response: http.client.HTTPResponse | None) -> Answer | None:
        if response is None:
            return None
        with response:
            self.output.restart()
            headers = response.headers
            answer = Answer(_sendable(headers, "ETag"), _sendable(headers, "Last-Modified"), headers.get_content_type())
            length = _content_length(response)
            validator = _validator(self.request, response)
            self.begun = None if validator is None else _Begun(answer, validator, length)
            chunks = _read(self.request, response, length, self.stop)
            chunks = _decoded(self.request, response, chunks)
            self._write(_refuse_page(self.request, response, chunks), length)
            return answer

    def _rest(self, begun: _Begun) -> Answer | None:
        """Get what is missing, in as many parts as the server makes of it; all of it if the file is another now."""
        come, total = self.output.bytes, begun.length
        for _ in range(_PARTS_MAX):
            # An answer that nothing has changed (304) is none to this question: of the file only a part is there.
            asked = {"Range": f"bytes={come}-", "If-Range": begun.validator}
            response = _open(replace(self.request, conditions=asked))
            if response is None:
                break
            if response.status != 206:
                return self._whole(response)
            with response:
                part = _part(response)
                if part is None or not begun.goes_on(self.request, response, part, come):
                    break
                total = begun.total(part)
                begun = replace(begun, length=total)  # parts that tell of another length are of another file
                self._write(_read(self.request, response, part.last + 1 - come, self.stop), total)
            come = self.output.bytes
            if come == total:
                return begun.answer
        else:
            raise _truncated(self.request, come, total)
        return self._whole(_open(replace(self.request, conditions={})))

    def _write(self, chunks: Iterator[bytes], total: int | None) -> None:
        progress = Progress()
        for chunk in chunks:
            self.output.write(chunk)
            if progress.is_due():
                self.progress(self.output.bytes, total)
        self.progress(self.output.bytes, total)


def _validator(request: Request, response: http.client.HTTPResponse) -> str | None:
    """What proves that a file is still the same (RFC 9110, section 13.1.5); None if its bytes are not kept as sent."""
    if _is_encoded(request, response):
        return None
    etag = _sendable(response.headers, "ETag")
    if etag and etag.startswith('"'):
        return etag
    modified = _sendable(response.headers, "Last-Modified")
    return modified if modified and _is_older(modified, response.headers.get("Date")) else None


def _sendable(headers: Message, name: str) -> str | None:
    """A header that can be sent back as it came; None for one that no header may hold."""
    value = str(headers.get(name, ""))
    return value if value and value.isascii() and value.isprintable() else None


def _is_older(modified: str, sent: str | None) -> bool:
    """Whether a file was changed in a second that was over when it was sent: it may change twice in one, and then its
    time tells nothing (RFC 9110, section 8.8.2.2)."""
    try:
        return sent is not None and parsedate_to_datetime(sent) > parsedate_to_datetime(modified)
    except (ValueError, TypeError):  # no date; one of them without a zone
        return False


def _part(response: http.client.HTTPResponse) -> _Part | None:
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(?:(\d+)|\*)", response.headers.get("Content-Range", "").strip())
    return _Part(int(found[1]), int(found[2]), int(found[3]) if found[3] else None) if found else None


def _open(request: Request) -> http.client.HTTPResponse | None:
    headers = {"User-Agent": "ingot", "Accept": "*/*", **request.headers, **request.conditions}
    asked = urllib.request.Request(request.url, headers=headers)
    try:
        response = opener().open(asked, timeout=request.timeout_s)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 304 and request.conditions:
                return None
            if error.code == 416 and "Range" in request.conditions:  # the file is shorter now: all of it
                return _open(replace(request, conditions={}))
            raise _status_error(request, error.code, error.headers) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise connection_error(request, error) from error
    if response.status != 200 and not (response.status == 206 and "Range" in request.conditions):
        with response:
            raise _status_error(request, response.status, response.headers)
    return response


def _read(request: Request, response: http.client.HTTPResponse, total: int | None, stop: Event) -> Iterator[bytes]:
    """The body as it comes; the first chunk is as long as it takes to tell what it is."""
    received = 0
    while True:
        if stop.is_set():
            raise SourceError(f"{request.shown_url}: stopped", code="http-stopped")
        try:
            chunk = response.read1(_CHUNK_BYTES) if received else response.read(HEAD_BYTES)
        except http.client.IncompleteRead as error:
            raise _truncated(request, received + len(error.partial), total) from error
        except (OSError, http.client.HTTPException) as error:
            raise connection_error(request, error) from error
        if not chunk:
            break
        received += len(chunk)
        yield chunk
    if total is not None and received != total:
        raise _truncated(request, received, total)


def _refuse_page(request: Request, response: http.client.HTTPResponse, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pass the chunks on, unless they begin a page or a message that nobody asked for."""
    head = next(chunks, b"")
    if is_page(request.target, response.headers.get_content_type(), head):
        raise SourceError(
            f"{request.shown_url} answered with a web page or a message (HTML or XML) instead of {request.target}",
            hint="open the URL in a browser: it may ask to log in, or show a page about the file",
            code="http-html",
        )
    if head:
        yield head
    yield from chunks


def _decoded(request: Request, response: http.client.HTTPResponse, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Undo a compression that belongs to the transfer (Content-Encoding), not to the file.

    Servers label the file `x.csv.gz` itself so, too; it is kept as it is.
    """
    if not _is_encoded(request, response):
        yield from chunks
        return
    encoding = response.headers["Content-Encoding"].strip().lower()
    if encoding not in ("gzip", "x-gzip"):
        raise SourceError(
            f"{request.shown_url} is sent with the content encoding {encoding!r}, which was not asked for",
            hint="turn that compression off at the server",
            code="http-encoding",
        )
    try:
        yield from _gunzip(chunks)
    except (zlib.error, EOFError) as error:
        raise TransientError(
            f"{request.shown_url}: the compressed answer is damaged ({error})", code="http-damaged"
        ) from error


def _is_encoded(request: Request, response: http.client.HTTPResponse) -> bool:
    """Whether a compression of the transfer is to be undone."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    return encoding not in ("", "identity") and not request.target.lower().endswith(".gz")


def _gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress a gzip stream of any number of members, in pieces of bounded size."""
    stream = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        rest = chunk
        while rest:
            if stream.eof:
                stream = zlib.decompressobj(wbits=31)
            if piece := stream.decompress(rest, _CHUNK_BYTES):
                yield piece
            rest = stream.unused_data if stream.eof else stream.unconsumed_tail
    if not stream.eof:
        raise EOFError("it ends too early")


def _content_length(response: http.client.HTTPResponse) -> int | None:
    if response.headers.get("Transfer-Encoding"):
        return None
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _truncated(request: Request, received: int, total: int | None) -> TransientError:
    expected = "" if total is None else f" of {total}"
    return TransientError(
        f"{request.shown_url} sent only {received}{expected} bytes of {request.target}",
        hint="the connection broke or the server is wrong about the length: run again",
        code="http-truncated",
    )


def _status_error(request: Request, status: int, headers: Message) -> SourceError:
    reason = http.client.responses.get(status, "unknown status")
    message = f"{request.shown_url} answered {status} {reason} for {request.target}"
    hint = _HINTS.get(status, "the server cannot answer now: run again later" if status >= 500 else None)
    if status in (404, 410):
        return MissingFileError(message, hint=hint, code="http-status")
    if status not in TRANSIENT_STATUSES:
        return SourceError(message, hint=hint or "open the URL in a browser", code="http-status")
    error = TransientError(message, hint=hint or "run again later", code="http-status")
    error.retry_after_s = retry_after_s(headers.get("Retry-After"))
    return error


def retry_after_s(value: str | None) -> float | None:
    """`Retry-After`: seconds or a date (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def connection_error(request: Request, error: Exception) -> SourceError:
    """What a failure of the connection means; transient unless the same would happen again."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return SourceError(
            f"{request.shown_url}: the server's certificate is not trusted ({reason.verify_message})",
            hint="set the environment variable SSL_CERT_FILE to the certificates of your organisation",
            code="http-certificate",
        )
    if isinstance(reason, socket.gaierror) and reason.errno == socket.EAI_NONAME:
        return SourceError(
            f"{request.shown_url}: there is no host {urlsplit(request.url).hostname!r}",
            hint="correct the host in `url`, or check the network",
            code="http-unreachable",
        )
    if isinstance(reason, ValueError) and not isinstance(reason, OSError):  # of a port, a host, a character
        return SourceError(
            f"{request.shown_url}: it is no address that can be asked, or leads to one: {reason}",
            hint="open the URL in a browser, and correct it",
            code="invalid-url",
        )
    if isinstance(reason, TimeoutError):
        return TransientError(
            f"{request.shown_url} did not answer within {request.timeout_s:g} s",
            hint="raise `timeout`, or run again later",
            code="http-timeout",
        )
    detail = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return TransientError(
        f"{request.shown_url} cannot be read: {detail}",
        hint="check the network, and that the server runs",
        code="http-unreachable",
    )
