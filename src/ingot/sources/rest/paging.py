"""How an API gives its records in pages: what to ask for one, and which one comes after an answer.

Owns one small class for each kind of `paging`. A position is JSON, for it is kept with the landed page. Never asks
anything, and never decides that a page without records is the end where the API says itself whether more follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin

from ingot.sources.rest.page import MISSING, Number, Page, at, kind_of

Position = Any
_LINK = re.compile(r"<([^>]*)>([^<]*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.I)
_NEXT_KEYS = re.compile(
    r"(?:@odata\.)?next(?:_?(?:page|link|url|cursor|token|page_?token))?(?:_?(?:url|link|token))?", re.I
)

_TOTAL_KEYS = re.compile(r"(?:.*\.)?(?:total|count)(?:_?(?:count|records|items|results|elements))?", re.I)
_MORE_KEYS = re.compile(r"(?:.*\.)?has_?(?:more|next)(?:_?(?:page|items|records|results))?", re.I)


class PagingError(ValueError):
    """An answer does not fit the paging of its resource; the text says how."""


class Paging(Protocol):
    """One kind of paging."""

    def first(self) -> Position:
        """The position of the first page."""
        ...

    def query(self, position: Position) -> dict[str, str]:
        """The parameters that ask for a page."""
        ...

    def url(self, position: Position) -> str | None:
        """The whole address of a page, if the answer before gave it."""
        ...

    def after(self, position: Position, page: Page) -> Position | None:
        """The position after a page; None when it was the last one."""
        ...

    def guesses(self, position: Position, page: Page) -> Iterator[Position]:
        """The positions that will most likely follow, nearest first; empty when only the next answer can tell."""
        ...


@dataclass(frozen=True)
class SinglePage:
    """The whole answer. `is_sure` is whether the user said that there is no other page."""

    is_sure: bool = True

    def first(self) -> Position:
        return ""

    def query(self, position: Position) -> dict[str, str]:
        return {}

    def url(self, position: Position) -> str | None:
        return None

    def after(self, position: Position, page: Page) -> Position | None:
        if not self.is_sure:
            refuse_unread_pages(page, "its resource has no `paging`")
            _refuse_larger_total(page)
        return None

    def guesses(self, position: Position, page: Page) -> Iterator[Position]:
        return iter(())


@dataclass(frozen=True)
class Numbered:
    """Pages by number, or by the number of records before them (`is_offset`).

    Without `total_pages`, `total` or `has_more`, the first page without records is the end: a short page is none, for
    a server may give less than it was asked for. A position is [number, records seen].
    """

    parameter: str
    begin: int
    is_offset: bool = False
    size: tuple[str, int] | None = None
    total_pages: str | None = None
    total: str | None = None
    has_more: str | None = None

    def first(self) -> Position:
        return [self.begin, 0]

    def query(self, position: Position) -> dict[str, str]:
        asked = {self.parameter: str(position[0])}
        return asked if self.size is None else {**asked, self.size[0]: str(self.size[1])}

    def url(self, position: Position) -> str | None:
        return None

    def after(self, position: Position, page: Page) -> Position | None:
        following = self._next(position, len(page.lines))
        if self.has_more is not None:
            is_last = not _flag(page, self.has_more)
        else:
            left = self._left(following if page.lines else position, page)
            is_last = not page.lines if left is None else left <= 0
        if not is_last and not page.lines:
            raise PagingError("it holds no record, but says that more follow")
        return None if is_last else following

    def guesses(self, position: Position, page: Page) -> Iterator[Position]:
        following = self.after(position, page)
        if following is None:
            return
        left = self._left(following, page)
        step = len(page.lines)
        pages = 0 if left is None else left if self.total_pages is not None else -(-left // step)
        for _ in range(pages):
            yield following
            following = self._next(following, step)

    def _next(self, position: Position, records: int) -> Position:
        number, seen = position
        return [number + (records if self.is_offset else 1), seen + records]

    def _left(self, following: Position, page: Page) -> int | None:
        """How many pages (with `total_pages`) or records are left from a position on, if the page tells."""
        if self.total_pages is not None:
            return _whole(page, self.total_pages) - (following[0] - self.begin)
        if self.total is not None:
            return _whole(page, self.total) - following[1]
        return None


@dataclass(frozen=True)
class Cursor:
    """Each answer gives the mark that asks for the next one: in the body, or in a header."""

    parameter: str
    path: str | None = None
    header: str | None = None
    has_more: str | None = None

    def first(self) -> Position:
        return ""

    def query(self, position: Position) -> dict[str, str]:
        return {self.parameter: position} if position else {}

    def url(self, position: Position) -> str | None:
        return None

    def after(self, position: Position, page: Page) -> Position | None:
        if self.has_more is not None and not _flag(page, self.has_more):
            return None
        found = self._mark(page)
        if found is None and self.has_more is not None and page.lines:
            raise PagingError(f"it says that more follow, but has no {self.path or self.header!r}")
        if found is None and not position and self.has_more is None:
            refuse_unread_pages(page, f"it has no {self.path or self.header!r}")
        return found

    def guesses(self, position: Position, page: Page) -> Iterator[Position]:
        return iter(())

    def _mark(self, page: Page) -> str | None:
        if self.header is not None:
            return page.headers.get(self.header.lower()) or None
        path = self.path or ""
        if path.startswith("last."):
            value = at(page.values[-1], path.removeprefix("last.")) if page.values else MISSING
        else:
            value = at(page.document, path)
        if value is MISSING or value is None or value is False or value == "":
            return None
        if not isinstance(value, str):
            raise PagingError(f"{path!r} must be a text or a number, and is {kind_of(value)}")
        return str(value)


@dataclass(frozen=True)
class NextUrl:
    """Each answer gives the address of the next one: at a path of the body, or in its `Link` header (no path)."""

    path: str | None = None

    def first(self) -> Position:
        return ""

    def query(self, position: Position) -> dict[str, str]:
        return {}

    def url(self, position: Position) -> str | None:
        return position or None

    def after(self, position: Position, page: Page) -> Position | None:
        if self.path is None:
            found = linked(page, "next")
        else:
            value = at(page.document, self.path)
            found = None if value is MISSING or value is False else value
            if found is not None and (not isinstance(found, str) or isinstance(found, Number)):
                raise PagingError(f"{self.path!r} must be a URL, and is {kind_of(found)}")
        if not found and not position:
            refuse_unread_pages(page, "its `Link` header has none" if self.path is None else f"it has no {self.path!r}")
        return urljoin(page.url, found) if found else None

    def guesses(self, position: Position, page: Page) -> Iterator[Position]:
        return iter(())


def linked(page: Page, relation: str) -> str | None:
    """The target of a relation in the `Link` header (RFC 8288)."""
    for target, parameters in _LINK.findall(page.headers.get("link", "")):
        found = _REL.search(";" + parameters.lstrip(" ;") if parameters else "")
        if found and relation in (found[1] or found[2] or "").lower().split():
            return target
    return None


def refuse_unread_pages(page: Page, because: str) -> None:
    """Refuse a first page that shows that more follow though its paging does not see them.

    Raises:
        PagingError: there is a link to the next page, or a key that says so.
    """
    if linked(page, "next"):
        raise PagingError(f"more pages follow (a `Link` header names the next one), but {because}")
    for path, value in _outside_records(page.document):
        if (
            isinstance(value, str)
            and value
            and _NEXT_KEYS.fullmatch(path.rpartition(".")[2] if "@" not in path else path)
        ):
            raise PagingError(f"more pages seem to follow ({path!r} is there), but {because}")


def _refuse_larger_total(page: Page) -> None:
    """Refuse an only page whose envelope counts more records than it holds."""
    if page.values == [page.document]:
        return  # the page is the record, and what it calls its total is its own affair
    for path, value in _outside_records(page.document):
        is_total = _TOTAL_KEYS.fullmatch(path) and isinstance(value, Number) and value.isdecimal()
        if (is_total and len(value) < 16 and int(value) > len(page.lines)) or (
            _MORE_KEYS.fullmatch(path) and value is True
        ):
            raise PagingError(f"more records seem to follow ({path!r} says so), but its resource has no `paging`")


def _outside_records(document: Any) -> Iterator[tuple[str, Any]]:
    """The members of the page's envelope, two levels deep; never inside an array."""
    if not isinstance(document, dict):
        return
    for key, value in document.items():
        yield key, value
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", inner) for name, inner in value.items())


def _flag(page: Page, path: str) -> bool:
    value = at(page.document, path)
    if not isinstance(value, bool):
        found = "is not there" if value is MISSING else f"is {kind_of(value)}"
        raise PagingError(f"{path!r} must be true or false, and {found}")
    return value


def _whole(page: Page, path: str) -> int:
    if path.startswith("header:"):
        value = page.headers.get(path.removeprefix("header:").strip().lower(), MISSING)
    else:
        value = at(page.document, path)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    found = "is not there" if value is MISSING else f"is {kind_of(value)}"
    raise PagingError(f"{path!r} must be a whole number, and {found}")
