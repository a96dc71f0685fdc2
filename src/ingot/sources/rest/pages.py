"""The pages of one list of records, one after the other, from a position on.

Owns the walk through an API's pages: what is asked, what an answer must look like, and that the walk ends. Lands
nothing and keeps nothing but the page at hand, and those that are fetched ahead.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any
from urllib.parse import quote, urlsplit

from ingot.errors import SourceError
from ingot.sources.awaiting import result_of
from ingot.sources.rest.body import as_number, body_of
from ingot.sources.rest.client import Asked, Client, origin, quoted, with_query, without_query
from ingot.sources.rest.entry import Resource
from ingot.sources.rest.page import NoRecordsError, NotJsonError, Page, cut, kind_of
from ingot.sources.rest.paging import PagingError, Position
from ingot.sources.watched import holds_one

FOR_EACH_KEY = "_for_each"


@dataclass(frozen=True)
class Fetched:
    """A page, ready to be landed. `after` is the position of the next one; None when this was the last."""

    content: bytes
    records: Sequence[Any] = field(repr=False)
    count: int
    after: Position | None
    shown_url: str
    url_sha256: str

    @property
    def size(self) -> int:
        return len(self.content) + 256


@dataclass(frozen=True)
class Walk:
    """Where to begin and what to ask.

    Attributes:
        position: Of the first page to ask for.
        number: Of that page.
        parameters: What is asked for on each page beside the paging: the cursor of an incremental resource.
        fields: The values of `for_each`, as JSON texts; None for a resource without one.
        seen: Hashes of addresses that were asked in this run before.
        known: Hashes of the content of the first and the last page before this one.
    """

    position: Position
    number: int = 1
    parameters: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] | None = None
    seen: frozenset[str] = frozenset()
    known: tuple[bytes, ...] = ()


class Pages:
    """Fetches the pages of one resource. Threads may share one."""

    def __init__(
        self, resource: Resource, client: Client, own_query: frozenset[str], secrets: Callable[[], Collection[bytes]]
    ):
        self._resource = resource
        self._client = client
        self._own_query = own_query
        self._secrets = secrets

    def walk(self, walk: Walk, ahead: ThreadPoolExecutor | None = None, ahead_max: int = 0) -> Iterator[Fetched]:
        """The pages from a position on, in order.

        Args:
            walk: Where to begin.
            ahead: Fetches the next page while this one is landed, and those whose positions can be told already.
            ahead_max: How many of them at once.

        Raises:
            SourceError: a page cannot be had, is none, or the pages do not end.
        """
        position, number, seen = walk.position, walk.number, set(walk.seen)
        known = walk.known
        futures: dict[str, Future[tuple[Page, bytes]]] = {}  # by the mark of what was asked
        while position is not None:
            asked = self._asked(walk, position, number)
            mark = _mark(asked)
            if mark in seen or number > self._resource.pages_max:
                raise self._endless(asked, number, is_repeated=mark in seen)
            seen.add(mark)
            future = futures.pop(mark, None)
            page, content = self._page(asked, walk) if future is None else result_of(future)
            digest = hashlib.sha256(content).digest()
            if page.lines and digest in known and not self._resource.repeats:
                raise self._endless(asked, number, is_repeated=False)
            known = (*known[:1], digest)
            after = self._after(asked, position, page)
            if ahead is not None and after is not None:
                guesses = chain((after,), self._resource.paging.guesses(position, page))
                for later_number, guess in enumerate(islice(guesses, ahead_max + 1), number + 1):
                    later = self._asked(walk, guess, later_number)
                    later_mark = _mark(later)
                    if len(futures) < ahead_max and later_mark not in futures and later_mark not in seen:
                        futures[later_mark] = ahead.submit(self._page, later, walk)
            values = page.values if self._resource.incremental else ()
            yield Fetched(content, values, len(page.lines), after, asked.shown_url, mark)
            position, number = after, number + 1

    def _asked(self, walk: Walk, position: Position, number: int) -> Asked:
        resource, fields = self._resource, walk.fields or {}
        query = {key: _filled(value, fields) for key, value in resource.query.items()}
        asked, body = resource.paging.query(position), None
        parameters = walk.parameters
        if resource.body is not None:
            body = body_of(resource.body, self._values(parameters, asked, position), fields)
            asked, parameters = {}, {}
        address = resource.paging.url(position)
        if address is None:
            url = with_query(_filled(resource.url, fields, quoted=True), {**query, **parameters, **asked})
        else:
            # The server repeats the parameters that it was asked with; those that are left out here are secrets.
            url = with_query(address, {k: v for k, v in query.items() if k in self._own_query})
        headers = {key: _filled(value, fields) for key, value in resource.headers.items()}
        visible = frozenset({*parameters, *(() if address or not isinstance(position, list) else asked)})
        return Asked(url, f"page {number} of {self._whose(fields)}", headers, visible, body)

    def _values(
        self, parameters: Mapping[str, str], paging: Mapping[str, str], position: Position
    ) -> dict[str, str | int | float]:
        """The parameters of a request as values of JSON: pages by their number, a cursor as its start."""
        incremental = self._resource.incremental
        is_number = incremental is not None and incremental.is_number
        own = {name: as_number(text) if is_number else text for name, text in parameters.items()}
        return {**own, **{name: int(text) if isinstance(position, list) else text for name, text in paging.items()}}

    def _whose(self, fields: Mapping[str, str]) -> str:
        which = ", ".join(f"{name} = {value}" for name, value in fields.items())
        return f"{self._resource.name!r}" + (f" ({which})" if which else "")

    def _page(self, asked: Asked, walk: Walk) -> tuple[Page, bytes]:
        """Fetch one page; what is to be landed of it stands beside it."""
        resource = self._resource
        reply = self._client.get(asked)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        try:
            if reply.status == 204 or not reply.body.strip():
                if reply.status != 204:
                    raise NotJsonError("it is empty")
                document, lines, values = None, [], []
            else:
                kind = headers.get("content-type")
                document, lines, values = cut(reply.body, kind, resource.records, may_be_missing=resource.is_optional)
        except NotJsonError as error:
            raise SourceError(
                f"{asked.shown_url}: {asked.what} is no JSON: {_without_content(error)}",
                hint="check `path`; what is no JSON can be landed as a file with `kind: http`",
                code="rest-not-json",
            ) from None
        except NoRecordsError as error:
            raise SourceError(
                f"{asked.shown_url}: {asked.what} has no records: {error}",
                hint="correct `records`; if pages may lack it, end it with a question mark: items?",
                code="rest-no-records",
            ) from None
        if resource.keeps_pages:
            content = reply.body
        else:
            self._check_records(asked, values, walk)
            content = b"".join(_with_fields(line, walk.fields) + b"\n" for line in lines)
        self._refuse_secrets(asked, content)
        return Page(document, lines, values, headers, asked.url), content

    def _check_records(self, asked: Asked, values: Sequence[Any], walk: Walk) -> None:
        for number, value in enumerate(values, 1):
            if not isinstance(value, dict):
                raise SourceError(
                    f"{asked.shown_url}: record {number} of {asked.what} is {kind_of(value)}, not an object",
                    hint="correct `records`, or keep the pages as they come: keep: page",
                    code="rest-no-records",
                )
            if walk.fields is not None and FOR_EACH_KEY in value:
                raise SourceError(
                    f"{asked.shown_url}: records of {asked.what} have a key {FOR_EACH_KEY!r} of their own",
                    hint="read this resource without `for_each`",
                    code="rest-no-records",
                )

    def _refuse_secrets(self, asked: Asked, content: bytes) -> None:
        if holds_one(content, self._secrets()):
            raise SourceError(
                f"{asked.shown_url}: {asked.what} repeats a secret that it was sent, which must not be landed",
                hint="send it in a header, or land the records alone",
                code="rest-secret-in-page",
            )

    def _after(self, asked: Asked, position: Position, page: Page) -> Position | None:
        try:
            after = self._resource.paging.after(position, page)
            address = None if after is None else self._resource.paging.url(after)
            return after if address is None else self._next_address(asked, quoted(address))
        except ValueError as error:
            why = str(error) if isinstance(error, PagingError) else "the address of the next page is none"
            raise SourceError(
                f"{asked.shown_url}: {asked.what} does not fit its paging: {why}",
                hint="correct `paging`; where there is one page alone, say so: paging: none",
                code="rest-paging",
            ) from None

    def _next_address(self, asked: Asked, address: str) -> str:
        """The address of the next page, fit to be kept: for the same host, and without secrets."""
        here, there = urlsplit(asked.url), urlsplit(address)
        if (here.scheme, there.scheme) == ("https", "http") and here.hostname == there.hostname and there.port is None:
            address = there._replace(scheme="https", netloc=here.netloc).geturl()  # a server behind a proxy
        if origin(address) != origin(asked.url):
            raise SourceError(
                f"{asked.shown_url}: the page after {asked.what} is at another host, {there.hostname!r}",
                hint="set `url` to that host, if it is the right one: credentials are sent to one host alone",
                code="rest-paging",
            )
        return without_query(address, self._own_query)

    def _endless(self, asked: Asked, number: int, *, is_repeated: bool) -> SourceError:
        if is_repeated:
            why, hint = "asks for an address that was asked before", "correct `paging`: the server turns in circles"
        elif number > self._resource.pages_max:
            why, hint = f"is more than the {self._resource.pages_max} of `pages_max`", "raise `pages_max`"
        else:
            why = "is the same as an earlier one"
            hint = "correct the parameters of `paging`, which the server ignores; if it may be so: repeats: true"
        return SourceError(f"{asked.shown_url}: {asked.what} {why}", hint=hint, code="rest-endless-paging")


def _mark(asked: Asked) -> str:
    return hashlib.sha256(asked.url.encode() + (b"" if asked.body is None else b"\n" + asked.body)).hexdigest()


def _filled(template: str, fields: Mapping[str, str], *, quoted: bool = False) -> str:
    """The template with the values of `for_each`; other braces stay."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in fields:
            return found[0]
        text = fields[found[1]]
        text = json.loads(text) if text.startswith('"') else text
        return quote(text, safe="") if quoted else text

    return re.sub(r"\{(\w+)\}", value, template) if fields else template


def _with_fields(line: bytes, fields: Mapping[str, str] | None) -> bytes:
    """The record with the values of `for_each` under a key of their own, before what came, which stays as it is."""
    if fields is None:
        return line
    own = ",".join(f'"{name}":{value}' for name, value in fields.items())
    rest = line[1:].lstrip()
    return f'{{"{FOR_EACH_KEY}":{{{own}}}'.encode() + (b"" if rest.startswith(b"}") else b",") + rest


def _without_content(error: NotJsonError) -> str:
    """What the parser complains of and where; it never quotes the text, and neither does this."""
    return re.sub(r"\s+", " ", str(error))[:120]
