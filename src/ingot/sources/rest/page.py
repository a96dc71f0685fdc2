"""One page of an API: which records it holds, cut out as they stand, and what it says about further pages.

Owns reading JSON for the sake of paging. Records are slices of the text that came: no number is parsed and printed
again, no key is moved or dropped. Never decides what to ask next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.I)
MISSING = object()
"""What stands at a path that is not there."""


class Number(str):
    """A number of a page, in the digits that it came with."""


_json = json.JSONDecoder(parse_float=Number, parse_int=Number)


class NotJsonError(ValueError):
    """A body is no JSON document; the text says why."""


class NoRecordsError(ValueError):
    """The path of the records leads nowhere; the text says where it ends."""


@dataclass(frozen=True)
class Page:
    """What one answer holds.

    Attributes:
        document: All of it, numbers as `Number`.
        lines: The records, each as it stands in the page, on a line of its own.
        values: The records again, parsed.
        headers: Of the answer, names in lower case.
        url: What was asked.
    """

    document: Any
    lines: Sequence[bytes]
    values: Sequence[Any]
    headers: dict[str, str]
    url: str


def cut(body: bytes, content_type: str | None, records: str | None, *, may_be_missing: bool) -> tuple[Any, list, list]:
    """The document of a page, its records as lines, and the records parsed.

    Args:
        body: The page as it came.
        content_type: What the server calls it; gives the encoding.
        records: The path of the records; None for the whole page. An array there holds the records, an object is one.
        may_be_missing: A page without the path holds no record.

    Raises:
        NotJsonError: the page is no JSON.
        NoRecordsError: there is nothing at the path.
    """
    text = _text(body, content_type)
    try:
        document = _json.decode(text)
        keys = resolve(document, records)
        if keys is None and may_be_missing:
            return document, [], []
        if keys is None:
            raise NoRecordsError(_dead_end(document, records or ""))
        spans = list(_spans(text, keys))
    except NoRecordsError:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error) if isinstance(error, ValueError) else "it is nested too deeply") from error
    # A line break inside a text is escaped in JSON, so those that stand there are between tokens.
    lines = [text[start:end].replace("\n", "").replace("\r", "").encode() for start, end, _ in spans]
    return document, lines, [value for _, _, value in spans]


def parse(text: str) -> Any:
    """A JSON document that was checked before, numbers as `Number`."""
    return _json.decode(text)


def at(document: Any, path: str) -> Any:
    """What stands at a path such as `meta.next`, or `MISSING`."""
    keys = resolve(document, path)
    if keys is None:
        return MISSING
    for key in keys:
        document = document[key]
    return document


def resolve(document: Any, path: str | None) -> list[str] | None:
    """The keys of a path in this document; a key that has dots itself (`@odata.nextLink`) goes before.

    >>> resolve({"data": {"items": []}}, "data.items"), resolve({"@odata.nextLink": ""}, "@odata.nextLink")
    (['data', 'items'], ['@odata.nextLink'])
    """
    if path is None:
        return []
    if not isinstance(document, dict):
        return None
    if path in document:
        return [path]
    for end in (found.start() for found in re.finditer(r"\.", path)):
        if path[:end] in document:
            rest = resolve(document[path[:end]], path[end + 1 :])
            if rest is not None:
                return [path[:end], *rest]
    return None


def _text(body: bytes, content_type: str | None) -> str:
    found = _CHARSET.search(content_type or "")
    encoding = found[1] if found else json.detect_encoding(body)
    try:
        return body.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError as error:
        raise NotJsonError(f"its encoding {encoding!r} is not known") from error
    except UnicodeError as error:
        raise NotJsonError(f"it is not in the encoding {encoding!r}") from error


def _spans(text: str, keys: Sequence[str]) -> Iterator[tuple[int, int, Any]]:
    """Where each record begins and ends, and its value; the text is known to be a document that has the keys."""
    position = _skip(text, 0)
    for key in keys:
        position = _member(text, position, key)
    if text[position] != "[":
        value, end = _json.raw_decode(text, position)
        if value is not None:
            yield position, end, value
        return
    position = _skip(text, position + 1)
    while text[position] != "]":
        value, end = _json.raw_decode(text, position)
        yield position, end, value
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _member(text: str, position: int, key: str) -> int:
    """Where the value of a key begins in the object at a position; of equal keys the last one, as when parsed."""
    found = position
    position = _skip(text, position + 1)
    while text[position] != "}":
        name, end = _json.raw_decode(text, position)
        position = _skip(text, _skip(text, end) + 1)
        if name == key:
            found = position
        _, end = _json.raw_decode(text, position)
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)
    return found


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _dead_end(document: Any, path: str) -> str:
    if isinstance(document, dict):
        return f"it has no {path!r}; its keys are {', '.join(map(repr, list(document)[:12])) or 'none'}"
    return f"it has no {path!r}, for it is {kind_of(document)}"


def kind_of(value: Any) -> str:
    """A value's kind, for messages, which never show the value."""
    if isinstance(value, Number):
        return "a number"
    return {str: "a text", list: "an array", dict: "an object", bool: "true or false"}.get(type(value), "null")
