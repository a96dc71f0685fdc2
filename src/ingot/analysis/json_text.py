"""JSON as Spark's parser (Jackson) reads it, which takes more than the standard, to a tree of what was written.

Owns the grammar with its liberties: quotes, comments, numbers that are none, text behind the first value. The tree
keeps raw numbers, raw slices, order and repeated keys. Reads no file and knows no type.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, NamedTuple, TypeVar

from ingot.analysis.text_options import flag

_DEPTH_MAX = 1000
_FRAMES_MAX = 5 * _DEPTH_MAX  # two for each level of nesting, and those of the callers
_LIBERTIES = {
    "allowcomments": False,
    "allowunquotedfieldnames": False,
    "allowsinglequotes": True,
    "allownumericleadingzeros": False,
    "allownonnumericnumbers": True,
    "allowbackslashescapinganycharacter": False,
    "allowunquotedcontrolchars": False,
}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NUMBER_WITH_ZEROS = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"(true|false|null|NaN|[+-]?Infinity|[+-]INF)(?![\w$])")
_BARE_NAME = re.compile(r"[\w$@#*+-]+")
_ASCII_NAME = re.compile(r"[\w$@#*+-]+", re.ASCII)
_SPACE = re.compile(r"[ \t\r\n]*")
_SPACE_AND_COMMENTS = re.compile(r"(?:[ \t\r\n]|/\*.*?\*/|//[^\r\n]*)*", re.DOTALL)
_AFTER_NUMBER = re.compile(r"[ \t\r\n]|$")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_SURROGATES = re.compile("([\ud800-\udbff])([\udc00-\udfff])|[\ud800-\udfff]")

_Function = TypeVar("_Function", bound=Callable[..., Any])


class BadJson(ValueError):
    """The text is not JSON."""


class Node(NamedTuple):
    """A value: its kind (object, array, string, int, float, boolean, null), its place, and what it holds.

    That is pairs of names and nodes, nodes, or a text: of a number as it is written, of what is none as `NaN`,
    `Infinity` or `-Infinity`.
    """

    kind: str
    start: int
    end: int
    value: Any


@dataclass(frozen=True)
class Grammar:
    """What the text may hold beyond JSON.

    Attributes:
        liberties: The names of Spark's options that are on, in small letters.
        is_bytes: As Jackson's parser of bytes, which Spark reads files with: bare names are of ASCII letters, and no
            option allows control characters between single quotes.
        keeps_surrogates: Halves of a pair stay what they are; else they are question marks.
    """

    liberties: frozenset[str] = frozenset(name for name, is_on in _LIBERTIES.items() if is_on)
    is_bytes: bool = False
    keeps_surrogates: bool = False


def grammar_of(options: Mapping[str, str], *, is_bytes: bool = False) -> Grammar:
    """The grammar that options, by their names in small letters, ask for.

    Raises:
        AnalysisError: `invalid-option`.
    """
    return Grammar(frozenset(n for n, default in _LIBERTIES.items() if flag(options, n, default)), is_bytes)


def deep(function: _Function) -> _Function:
    """Let a function recurse into values that are nested as deeply as the grammar allows."""

    @wraps(function)
    def call(*arguments: Any) -> Any:
        before = sys.getrecursionlimit()
        if before >= _FRAMES_MAX:
            return function(*arguments)
        sys.setrecursionlimit(_FRAMES_MAX)
        try:
            return function(*arguments)
        finally:
            sys.setrecursionlimit(before)

    return call  # type: ignore[return-value]


@deep
def parse(text: str, grammar: Grammar) -> Node | None:
    """The first value of a text; None if the text is blank. What follows the value is not looked at.

    Raises:
        BadJson: if the text does not begin with a JSON value.
    """
    scanner = _Scanner(text, grammar)
    start = scanner.skip(0)
    if start == len(text):
        return None
    node = scanner.value(start, 1)
    if text[node.end - 1].isdigit() and node.kind in ("int", "float") and not _AFTER_NUMBER.match(text, node.end):
        raise BadJson("a number goes on")
    return node


@lru_cache
def _string_pattern(quote: str, has_controls: bool) -> re.Pattern[str]:
    controls = "" if has_controls else r"\x00-\x1f"
    plain = rf"[^{quote}\\{controls}]*"
    return re.compile(rf"{quote}({plain}(?:\\.{plain})*){quote}", re.DOTALL)


class _Scanner:
    def __init__(self, text: str, grammar: Grammar):
        self.text = text
        self.grammar = grammar
        allowed = grammar.liberties
        self.space = _SPACE_AND_COMMENTS if "allowcomments" in allowed else _SPACE
        self.number = _NUMBER_WITH_ZEROS if "allownumericleadingzeros" in allowed else _NUMBER
        self.bare_name = _ASCII_NAME if grammar.is_bytes else _BARE_NAME
        has_controls = "allowunquotedcontrolchars" in allowed
        self.strings = {'"': _string_pattern('"', has_controls)}
        if "allowsinglequotes" in allowed:
            self.strings["'"] = _string_pattern("'", has_controls and not grammar.is_bytes)

    def skip(self, at: int) -> int:
        found = self.space.match(self.text, at)
        return at if found is None else found.end()

    def value(self, at: int, depth: int) -> Node:
        ch = self.text[at : at + 1]
        if ch in ("{", "["):
            if depth > _DEPTH_MAX:
                raise BadJson("too deeply nested")
            return self.object(at, depth) if ch == "{" else self.array(at, depth)
        if ch in self.strings:
            value, end = self.quoted(at)
            return Node("string", at, end, value)
        if found := self.number.match(self.text, at):
            kind = "float" if found[1] or found[2] else "int"
            return Node(kind, at, found.end(), found[0])
        if found := _WORD.match(self.text, at):
            return self.word(at, found)
        raise BadJson(f"unexpected {self.text[at : at + 10]!r}")

    def word(self, at: int, found: re.Match[str]) -> Node:
        word = found[1]
        if word in ("true", "false"):
            return Node("boolean", at, found.end(), word)
        if word == "null":
            return Node("null", at, found.end(), None)
        if "allownonnumericnumbers" not in self.grammar.liberties:
            raise BadJson(f"unexpected {word}")
        return Node("float", at, found.end(), word.lstrip("+").replace("INF", "Infinity"))

    def quoted(self, at: int) -> tuple[str, int]:
        found = self.strings[self.text[at]].match(self.text, at)
        if found is None:
            raise BadJson("unfinished string")
        body = found[1]
        return self.unescaped(body) if "\\" in body else body, found.end()

    def unescaped(self, body: str) -> str:
        allowed = self.grammar.liberties

        def replace(found: re.Match[str]) -> str:
            code = found[1]
            if len(code) == 5:
                return chr(int(code[1:], 16))
            if code in _ESCAPED:
                return _ESCAPED[code]
            is_allowed = "allowbackslashescapinganycharacter" in allowed or (code == "'" and code in self.strings)
            if code == "u" or not is_allowed:
                raise BadJson(f"unknown escape \\{code}")
            return code

        text = _ESCAPE.sub(replace, body)
        return _SURROGATES.sub(self.letter, text)

    def letter(self, found: re.Match[str]) -> str:
        """What a pair of surrogates stands for; of a half of one what Java writes."""
        if found[2] is not None:
            return chr(0x10000 + ((ord(found[1]) - 0xD800) << 10) + ord(found[2]) - 0xDC00)
        return found[0] if self.grammar.keeps_surrogates else "?"

    def object(self, at: int, depth: int) -> Node:
        members: list[tuple[str, Node]] = []
        position = self.skip(at + 1)
        if self.text[position : position + 1] == "}":
            return Node("object", at, position + 1, members)
        while True:
            name, position = self.name(position)
            position = self.skip(position)
            self.expect(position, ":")
            node = self.value(self.skip(position + 1), depth + 1)
            members.append((name, node))
            position = self.skip(node.end)
            if self.text[position : position + 1] == "}":
                return Node("object", at, position + 1, members)
            self.expect(position, ",")
            position = self.skip(position + 1)

    def name(self, at: int) -> tuple[str, int]:
        ch = self.text[at : at + 1]
        if ch in self.strings:
            return self.quoted(at)
        if "allowunquotedfieldnames" in self.grammar.liberties and (found := self.bare_name.match(self.text, at)):
            return found[0], found.end()
        raise BadJson(f"expected a field's name, not {ch!r}")

    def array(self, at: int, depth: int) -> Node:
        items: list[Node] = []
        position = self.skip(at + 1)
        if self.text[position : position + 1] == "]":
            return Node("array", at, position + 1, items)
        while True:
            node = self.value(position, depth + 1)
            items.append(node)
            position = self.skip(node.end)
            if self.text[position : position + 1] == "]":
                return Node("array", at, position + 1, items)
            self.expect(position, ",")
            position = self.skip(position + 1)

    def expect(self, at: int, ch: str) -> None:
        if self.text[at : at + 1] != ch:
            raise BadJson(f"expected {ch!r}, not {self.text[at : at + 1]!r}")


def quoted(text: str) -> str:
    """Text as a JSON string."""
    return json.dumps(text, ensure_ascii=False)
