"""JSON text to a tree that remembers what was written: raw numbers, raw slices, order and repeated keys.

Owns the grammar, with the liberties that Spark's options allow. Never converts to a column's type.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ingot.engines.duckdb.readers.options import flag

_DEPTH_MAX = 1000  # as Jackson's, which Spark reads with
_FRAMES_MAX = 3 * _DEPTH_MAX  # two for each level of nesting, and those of the callers
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*)"', re.DOTALL)
_STRING_WITH_CONTROLS = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SINGLE = re.compile(r"'((?:[^'\\\x00-\x1f]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![0-9A-Za-z_.$])")
_NUMBER_WITH_ZEROS = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![0-9A-Za-z_.$])")
_WORD = re.compile(r"(true|false|null|NaN|[+-]?Infinity|[+-]?INF)(?![0-9A-Za-z_$])")
_BARE_NAME = re.compile(r"[A-Za-z_$][\w$-]*")
_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"(?:[ \t\r\n]|/\*.*?\*/|//[^\n]*|#[^\n]*)*", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}


class BadJson(Exception):
    """The text is not JSON."""


class Node(NamedTuple):
    """A value: its kind (object, array, string, int, float, boolean, null), its place, and what it holds."""

    kind: str
    start: int
    end: int
    value: object


@dataclass(frozen=True)
class Grammar:
    """What the text may hold beyond JSON."""

    has_comments: bool = False
    has_bare_names: bool = False
    has_single_quotes: bool = True
    has_leading_zeros: bool = False
    has_any_escape: bool = False
    has_control_characters: bool = False
    has_special_numbers: bool = True


def grammar_of(options: Mapping[str, str]) -> Grammar:
    """The grammar that a read's options ask for."""
    return Grammar(
        flag(options, "allowcomments"),
        flag(options, "allowunquotedfieldnames"),
        flag(options, "allowsinglequotes", default=True),
        flag(options, "allownumericleadingzeros"),
        flag(options, "allowbackslashescapinganycharacter"),
        flag(options, "allowunquotedcontrolchars"),
        flag(options, "allownonnumericnumbers", default=True),
    )


def parse(text: str, grammar: Grammar) -> Node | None:
    """The first value of a text; None if the text is blank. What follows the value is not looked at.

    Raises:
        BadJson: if the text does not begin with a JSON value.
    """
    scanner = _Scanner(text, grammar)
    start = scanner.skip(0)
    if start == len(text):
        return None
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES_MAX))
    try:
        return scanner.value(start, 0)
    finally:
        sys.setrecursionlimit(before)


class _Scanner:
    def __init__(self, text: str, grammar: Grammar):
        self.text = text
        self.grammar = grammar
        self.space = _COMMENT if grammar.has_comments else _SPACE
        self.number = _NUMBER_WITH_ZEROS if grammar.has_leading_zeros else _NUMBER
        self.string = _STRING_WITH_CONTROLS if grammar.has_control_characters else _STRING

    def skip(self, at: int) -> int:
        found = self.space.match(self.text, at)
        return at if found is None else found.end()

    def value(self, at: int, depth: int) -> Node:
        if depth > _DEPTH_MAX:
            raise BadJson("too deeply nested")
        ch = self.text[at : at + 1]
        if ch == "{":
            return self.object(at, depth)
        if ch == "[":
            return self.array(at, depth)
        if ch == '"' or (ch == "'" and self.grammar.has_single_quotes):
            value, end = self.quoted(at)
            return Node("string", at, end, value)
        if found := self.number.match(self.text, at):
            kind = "float" if found[1] or found[2] else "int"
            return Node(kind, at, found.end(), found[0])
        if found := _WORD.match(self.text, at):
            return self.word(at, found)
        raise BadJson(f"unexpected {self.text[at : at + 10]!r}")

    def word(self, at: int, found: re.Match[str]) -> Node:
        word = found[0]
        if word in ("true", "false"):
            return Node("boolean", at, found.end(), word)
        if word == "null":
            return Node("null", at, found.end(), None)
        if not self.grammar.has_special_numbers:
            raise BadJson(f"unexpected {word}")
        return Node("float", at, found.end(), word.replace("INF", "Infinity"))

    def quoted(self, at: int) -> tuple[str, int]:
        pattern = self.string if self.text[at] == '"' else _SINGLE
        found = pattern.match(self.text, at)
        if found is None:
            raise BadJson("unfinished string")
        body = found[1]
        if "\\" not in body:
            return body, found.end()
        return self.unescaped(body), found.end()

    def unescaped(self, body: str) -> str:
        def replace(found: re.Match[str]) -> str:
            code = found[1]
            if len(code) == 5:
                return chr(int(code[1:], 16))
            if code in _ESCAPED:
                return _ESCAPED[code]
            if code == "'" and self.grammar.has_single_quotes:
                return code
            if not self.grammar.has_any_escape:
                raise BadJson(f"unknown escape \\{code}")
            return code

        text = _ESCAPE.sub(replace, body)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

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
        if ch == '"' or (ch == "'" and self.grammar.has_single_quotes):
            return self.quoted(at)
        if self.grammar.has_bare_names and (found := _BARE_NAME.match(self.text, at)):
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
