"""`paging` of an entry: its kinds and their keys. Asks nothing."""

from __future__ import annotations

from typing import Any

from ingot.model import SourceSpec
from ingot.sources.options import Options
from ingot.sources.parts import kind_of_part, part_of
from ingot.sources.rest.paging import Cursor, NextUrl, Numbered, Paging, SinglePage

_PAGING_KEYS = {
    "none": (),
    "page": ("parameter", "first", "size_parameter", "size", "total_pages", "total", "has_more"),
    "offset": ("parameter", "first", "limit_parameter", "limit", "total", "has_more"),
    "cursor": ("parameter", "path", "header", "has_more"),
    "next_url": ("path",),
    "link_header": (),
}


def read_paging(spec: SourceSpec, value: Any, within: str) -> tuple[Paging, bool]:
    """The paging, and whether pages may be alike."""
    if value is None:
        return SinglePage(is_sure=False), False
    given = {"kind": value} if isinstance(value, str) else value
    kind = kind_of_part(spec, given, within, tuple(_PAGING_KEYS))
    options = part_of(spec, given, ("kind", "repeats", *_PAGING_KEYS[kind]), within)
    repeats = given.get("repeats", False)
    if not isinstance(repeats, bool):
        raise options.error("'repeats' must be true or false", code="wrong-type")
    return _PAGING[kind](options), repeats


def _page(options: Options) -> Paging:
    ends = _ends(options, "total_pages", "total", "has_more")
    size = _size(options, "size_parameter", "size", "per_page")
    begin = options.whole_number("first", 1, 0, 2**31)
    return Numbered(options.text("parameter") or "page", begin, size=size, **ends)


def _offset(options: Options) -> Paging:
    ends = _ends(options, "total", "has_more")
    size = _size(options, "limit_parameter", "limit", "limit")
    begin = options.whole_number("first", 0, 0, 2**31)
    return Numbered(options.text("parameter") or "offset", begin, is_offset=True, size=size, **ends)


def _ends(options: Options, *keys: str) -> dict[str, Any]:
    given = {key: text for key in keys if (text := options.text(key))}
    if len(given) > 1:
        raise options.error(f"{' and '.join(given)} are given; one says where the pages end")
    return given


def _size(options: Options, parameter: str, key: str, usual: str) -> tuple[str, int] | None:
    size = options.whole_number(key, 0, 0, 1_000_000)
    name = options.text(parameter)
    if name and not size:
        raise options.error(f"{parameter!r} is given without {key!r}", hint=f"{key}: 100", code="missing-key")
    return (name or usual, size) if size else None


def _cursor(options: Options) -> Paging:
    path, header = options.text("path"), options.text("header")
    if (path is None) == (header is None):
        raise options.error("either 'path' or 'header' says where the cursor is", hint="path: meta.next_cursor")
    return Cursor(options.text("parameter") or "cursor", path, header, options.text("has_more"))


_PAGING = {
    "none": lambda _: SinglePage(),
    "page": _page,
    "offset": _offset,
    "cursor": _cursor,
    "next_url": lambda options: NextUrl(options.required_text("path", "next")),
    "link_header": lambda _: NextUrl(),
}
