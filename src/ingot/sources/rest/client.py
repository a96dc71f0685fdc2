"""Requests of one source: paced, signed, tried again when that may help, and worded when it does not.

Owns retries, redirects and what an answer's status means. Never reads a page, and lets no header, no credential and no
value of a parameter into a message.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.message import Message
from string import punctuation
from threading import Event
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit

from ingot.errors import SourceError
from ingot.sources.auth import Auth, Fixed
from ingot.sources.connections import AnswerTooLongError, Connections, Reply, StoppedError
from ingot.sources.rest.pace import Pace
from ingot.sources.transfer import TRANSIENT_STATUSES, Request, TransientError, connection_error, retry_after_s

PAGE_BYTES_MAX = 256 * 1024 * 1024
_REDIRECTS_MAX = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_RATE_WAIT_MAX_S = 900.0
_RATE_WAIT_FIRST_S = 1.0
_RATE_WAIT_LAST_S = 60.0
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_HINTS = {
    400: "check `query`, `paging` and `incremental`: the server does not understand a parameter",
    401: "check `auth`: the server does not know these credentials",
    403: "check `auth`: these credentials may not read this resource",
    404: "check `url` and `path`",
    405: "the server does not answer so here: check `path`; with `body` it is asked by POST, without by GET",
}


@dataclass(frozen=True)
class Asked:
    """One page to ask for, with a body by POST. `what` names it in messages: page 3 of resource 'orders'."""

    url: str
    what: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    visible: frozenset[str] = frozenset()
    body: bytes | None = field(default=None, repr=False)

    @property
    def shown_url(self) -> str:
        """The address, with the values of those parameters alone that are no secrets."""
        parts = urlsplit(self.url)
        shown = [f"{name}={value}" if name in self.visible else f"{name}=…" for name, value in query_of(parts)]
        return parts._replace(query="&".join(shown)).geturl()


class Client:
    """Asks for pages. The threads of a source share one."""

    def __init__(
        self, connections: Connections, auth: Auth | None, pace: Pace, *, retries: int, timeout_s: float, stop: Event
    ):
        self._connections = connections
        self._auth: Auth = Fixed() if auth is None else auth
        self._pace = pace
        self._retries = retries
        self._timeout_s = timeout_s
        self._stop = stop

    def get(self, asked: Asked) -> Reply:
        """The answer to a request for a page; its status is 200 or 204.

        Raises:
            SourceError: the server refuses, cannot be reached, or answers with a web page.
        """
        failures, refusals, waited_s, has_new_token = 0, 0, 0.0, False
        while True:
            signed = self._auth.headers()
            try:
                return self._attempt(asked, signed)
            except _UnauthorizedError:
                if has_new_token or not self._auth.refused(signed):
                    raise
                has_new_token = True
            except _TooManyError as error:
                wait_s = error.retry_after_s
                if wait_s is None:
                    wait_s = min(_RATE_WAIT_LAST_S, _RATE_WAIT_FIRST_S * 2**refusals)
                refusals += 1
                waited_s += max(wait_s, 0.1)
                if waited_s > _RATE_WAIT_MAX_S:
                    raise _worn_out(error, wait_s) from None
                self._pace.postpone(wait_s)
            except TransientError as error:
                failures += 1
                if failures > self._retries or self._stop.is_set():
                    error.add_note(f"after {failures} attempts")
                    raise
                if error.retry_after_s is None:
                    self._pace.back_off(failures - 1)
                else:
                    self._pace.postpone(min(error.retry_after_s, _RATE_WAIT_LAST_S))

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer of an endpoint for tokens.

        Raises:
            SourceError: `rest-auth` when it refuses, or it cannot be reached.
        """
        asked = Asked(url, "a token")
        for failures in range(self._retries + 1):
            try:
                reply = self._exchange(asked, "POST", url, headers, body)
                if reply.status not in TRANSIENT_STATUSES:
                    break
                raise _status_error(asked, reply)
            except TransientError:
                if failures == self._retries or self._stop.is_set():
                    raise
                self._pace.back_off(failures)
        else:
            raise AssertionError("retries is not negative")
        if reply.status != 200:
            reason = _oauth_reason(reply)
            raise SourceError(
                f"{asked.shown_url} refused to give a token: {_status(reply.status)}{reason}",
                hint=_HINT_GRANT if _GRANT in reason else _HINT_CLIENT,
                code="rest-auth",
            )
        return reply

    def _attempt(self, asked: Asked, signed: Mapping[str, str]) -> Reply:
        self._pace.turn()
        url = with_query(asked.url, self._auth.query())
        is_post = asked.body is not None
        own = {"Content-Type": "application/json"} if is_post else {}
        headers = _merged(_PLAIN_HEADERS, own, asked.headers, signed)
        for _ in range(_REDIRECTS_MAX + 1):
            reply = self._exchange(asked, "POST" if is_post else "GET", url, headers, asked.body)
            if reply.status not in _REDIRECTS or "Location" not in reply.headers:
                return _checked(asked, reply)
            target, is_elsewhere = _redirected(asked, url, reply)
            if urlsplit(target).scheme not in ("http", "https"):
                break
            if is_post and (reply.status not in _KEEP_METHOD or is_elsewhere):
                raise SourceError(
                    f"{asked.shown_url} redirects the request for {asked.what}, whose body is not sent elsewhere",
                    hint="set `url` and `path` to where it leads",
                    code="http-status",
                )
            if is_elsewhere:
                headers = dict(_PLAIN_HEADERS)  # credentials are for the host that they were given for
            url = target
        raise SourceError(f"{asked.shown_url} redirects again and again for {asked.what}", code="http-status")

    def _exchange(
        self, asked: Asked, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        request = _Shown(asked.what, asked.shown_url, timeout_s=self._timeout_s)
        try:
            return self._connections.ask(method, url, headers, body)
        except StoppedError:
            raise SourceError(f"{request.shown_url}: stopped", code="http-stopped") from None
        except AnswerTooLongError:
            raise SourceError(
                f"{asked.shown_url}: {asked.what} is longer than {PAGE_BYTES_MAX // 2**20} MiB",
                hint="ask for smaller pages, or land it as a file with `kind: http`",
                code="rest-page-size",
            ) from None
        except http.client.IncompleteRead as error:
            raise TransientError(
                f"{asked.shown_url} sent only a part of {asked.what}",
                hint="the connection broke: run again",
                code="http-truncated",
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise connection_error(request, error) from error


_GRANT = "invalid_grant"  # RFC 6749, section 5.2: not the client is refused but the code, the user or the token
_HINT_GRANT = (
    "a refresh token that expired, or that the server has exchanged for another one, is spent: get a new one that "
    "stays; with `grant: password`, check user and password"
)
_HINT_CLIENT = "check `auth`: client_id, client_secret and scope; some servers want `send_in: header`"
_PLAIN_HEADERS = {"User-Agent": "ingot", "Accept": "application/json", "Accept-Encoding": "gzip"}


class _Shown(Request):
    """A request as messages name it: its address is fit to be shown already."""

    @property
    def shown_url(self) -> str:
        return f"{self.url} ({self.target})"


class RefusedError(SourceError):
    """The server does not know what is asked for, or no longer."""


class _UnauthorizedError(SourceError):
    """The server does not know the credentials, or no longer."""


class _TooManyError(TransientError):
    """The server wants fewer requests."""


def _merged(*several: Mapping[str, str]) -> dict[str, str]:
    """All headers; of those whose names differ in case alone, the last."""
    found = {name.lower(): (name, value) for headers in several for name, value in headers.items()}
    return dict(found.values())


def query_of(parts: SplitResult) -> list[tuple[str, str]]:
    """The parameters of a URL."""
    return parse_qsl(parts.query, keep_blank_values=True)


def with_query(url: str, query: Mapping[str, str]) -> str:
    """The URL with these parameters, which replace those of the same names."""
    if not query:
        return url
    parts = urlsplit(url)
    kept = without_query(url, query) if parts.query else url
    parts = urlsplit(kept)
    return parts._replace(query="&".join(filter(None, (parts.query, urlencode(query))))).geturl()


def without_query(url: str, names: Collection[str]) -> str:
    """The URL without these parameters; the others stay as they are written."""
    parts = urlsplit(url)
    kept = [item for item in parts.query.split("&") if not any(name in names for name, _ in parse_qsl(item, True))]
    return parts._replace(query="&".join(kept)).geturl()


def origin(url: str) -> tuple[str, str | None, int | None]:
    """What credentials are bound to."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def quoted(url: str) -> str:
    """A URL of a server as it can be sent: with what no URL may hold percent-encoded."""
    return quote(url, safe=punctuation)


def _redirected(asked: Asked, url: str, reply: Reply) -> tuple[str, bool]:
    """Where a redirect leads, and whether that is another host."""
    try:
        target = quoted(urljoin(url, str(reply.headers["Location"])))
        return target, origin(target) != origin(url)
    except ValueError:
        raise SourceError(
            f"{asked.shown_url} redirects the request for {asked.what} to an address that is none",
            hint="set `url` and `path` to where it should lead",
            code="http-status",
        ) from None


def _checked(asked: Asked, reply: Reply) -> Reply:
    if reply.status not in (200, 204):
        raise _status_error(asked, reply)
    if reply.headers.get_content_type() == "text/html" or _WEB_PAGE.match(reply.body):
        raise SourceError(
            f"{asked.shown_url} answered with a web page (HTML or XML) instead of {asked.what}",
            hint="check `url` and `path`; a login page means that `auth` is missing or wrong",
            code="http-html",
        )
    return reply


def _status_error(asked: Asked, reply: Reply) -> SourceError:
    status = reply.status
    message = f"{asked.shown_url} answered {_status(status)} for {asked.what}"
    asked_to_wait = retry_after_s(reply.headers.get("Retry-After"))
    if status == 429 or (status == 403 and _is_spent(reply.headers)):
        error = _TooManyError(message, hint="lower `rate` or `parallel`", code="rest-rate-limit")
        error.retry_after_s = asked_to_wait
        return error
    if status in TRANSIENT_STATUSES:
        transient = TransientError(message, hint="the server cannot answer now: run again later", code="http-status")
        transient.retry_after_s = asked_to_wait
        return transient
    kind = {401: _UnauthorizedError, 403: SourceError}.get(status, RefusedError)
    return kind(message, hint=_HINTS.get(status, "see the API's documentation for this status"), code="http-status")


def _is_spent(headers: Message) -> bool:
    """Some servers (GitHub) say with 403 that the rate is used up."""
    return "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"


def _worn_out(error: _TooManyError, wait_s: float) -> SourceError:
    return SourceError(
        f"{error.message}, and asks to wait {wait_s:.0f} s more; {_RATE_WAIT_MAX_S:.0f} s are the most that is waited",
        hint="lower `rate`, or run again later: it goes on at this page",
        code="rest-rate-limit",
    )


def _status(status: int) -> str:
    return f"{status} {http.client.responses.get(status, 'unknown status')}"


def _oauth_reason(reply: Reply) -> str:
    """The error code of RFC 6749, section 5.2; never more of the answer."""
    found = re.search(rb'"error"\s*:\s*"([a-z_]{1,40})"', reply.body)
    return f" ({found[1].decode()})" if found else ""
