"""Cuts SQL text into tokens and statements, and knows in which line each stands.

Owns what a string, a quoted name and a comment are. Of the language's words it knows none. It does not need
sqlglot, so that a run with nothing to do need not import it (0.1 s).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ingot.errors import Location

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*)
    |(?P<bracketed>/\*)
    |(?P<raw>[rR](?:'[^']*'|"[^"]*"))
    |(?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<name>`(?:[^`]|``)*`)
    |(?P<placeholder>\$\{[^{}\n]*\}|\{\{[ \t]*[A-Za-z_][\w.\-]*[ \t]*\}\})
    |(?P<word>\w+)
    |(?P<unclosed>['"`])
    |(?P<symbol>\|\||=>|<=|>=|<>|!=|==|::|\S)""",
    re.VERBOSE | re.DOTALL,
)
_BRACKET = re.compile(r"/\*|\*/")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|(.))|(?P<doubled>''|\"\")", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text. `kind` is the name of its group above; `key` is what the grammar compares."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def key(self) -> str:
        """Words in upper case and symbols; empty for strings and quoted names, which match no keyword."""
        return self.text.upper() if self.kind in ("word", "symbol") else ""


@dataclass(frozen=True)
class Source:
    """The text of a file. `first_line` is where it begins, for a cell of a larger file."""

    path: str
    text: str
    first_line: int = 1

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def location(self, offset: int) -> Location:
        line = bisect_right(self._line_starts, offset) - 1
        return Location(self.path, self.first_line + line, offset - self._line_starts[line] + 1)


def scan(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of a text, comments too. One that has no end comes last, with the kind `unclosed`."""
    at, end = start, len(text) if end is None else end
    while (match := _TOKEN.search(text, at, end)) is not None:
        kind, at = match.lastgroup or "symbol", match.end()
        if kind == "bracketed":
            at = _comment_end(text, match.start(), end)
            kind = "unclosed" if at < 0 else "comment"
        if kind == "unclosed":
            yield Token(kind, match[0], match.start(), end)
            return
        yield Token("string" if kind == "raw" else kind, text[match.start() : at], match.start(), at)


def _comment_end(text: str, start: int, end: int) -> int:
    """Where the comment that opens at `start` ends; comments nest, as in Spark. -1 if nowhere."""
    depth = 0
    for match in _BRACKET.finditer(text, start, end):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return -1


def split_statements(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where each statement begins and ends, without its `;`. What holds only comments is left out."""
    first: int | None = None
    last = start
    for token in scan(text, start, end):
        if token.kind == "comment":
            continue
        if token.key == ";":
            if first is not None:
                yield first, last
            first = None
            continue
        first = token.start if first is None else first
        last = token.end
    if first is not None:
        yield first, last


def unquote(token: Token) -> str:
    """The value of a string literal or of a quoted name.

    >>> unquote(Token("string", r"'it''s a\\tb'", 0, 0))
    "it's a\\tb"
    """
    text = token.text
    if token.kind == "name":
        return text[1:-1].replace("``", "`")
    if text[0] in "rR":
        return text[2:-1]
    return _ESCAPE.sub(lambda match: _unescaped(match, text[0]), text[1:-1])


def _unescaped(match: re.Match[str], quote: str) -> str:
    if match["doubled"]:
        return quote if match["doubled"][0] == quote else match["doubled"]
    code = match[1] or match[2]
    if code:
        point = int(code, 16)
        return chr(point) if point <= 0x10FFFF else "\ufffd"
    if match[3]:
        return chr(int(match[3], 8))
    return _ESCAPES.get(match[4], match[4])
