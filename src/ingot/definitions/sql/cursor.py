"""A position within the tokens of one statement: what each rule of the grammar reads from.

Owns names, strings, lists and how "expected this, found that" is worded. Knows no statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingot.definitions.sql.tokens import Source, Token, scan, unquote
from ingot.errors import DefinitionError, IngotError, Location, UnsupportedError
from ingot.project.placeholders import Filled

_OPENING = {"(": ")", "[": "]"}


@dataclass
class Cursor:
    """Reads the tokens of one statement from left to right.

    Args:
        source: The file.
        offset: Where the statement begins in the file.
        filled: Its text, with values in place.
        parameters: What `:name` within IDENTIFIER(…) stands for.
    """

    source: Source
    offset: int
    filled: Filled
    parameters: Mapping[str, str] = field(default_factory=dict)
    at: int = 0
    tokens: list[Token] = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = [token for token in scan(self.text) if token.kind != "comment"]

    @property
    def text(self) -> str:
        return self.filled.text

    # --- looking ---

    def peek(self, ahead: int = 0) -> Token | None:
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def is_next(self, *keys: str, ahead: int = 0) -> bool:
        """Whether the next tokens are these words or symbols."""
        return all(
            (token := self.peek(ahead + index)) is not None and token.key == key for index, key in enumerate(keys)
        )

    def is_next_any(self, keys: frozenset[str] | tuple[str, ...]) -> bool:
        token = self.peek()
        return token is not None and token.key in keys

    @property
    def is_at_end(self) -> bool:
        return self.at >= len(self.tokens)

    # --- taking ---

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise self.error("the statement ends too early")
        self.at += 1
        return token

    def accept(self, *keys: str) -> bool:
        """Take these words or symbols if they come next."""
        if self.is_next(*keys):
            self.at += len(keys)
            return True
        return False

    def expect(self, *keys: str, hint: str | None = None) -> None:
        for key in keys:
            if not self.accept(key):
                raise self.expected(f"{key}" if key.isalpha() else f"'{key}'", hint)

    def identifier(self, what: str) -> str:
        """One word or backquoted name."""
        token = self.peek()
        if token is None or token.kind not in ("word", "name"):
            hint = "quote names with backquotes" if token is not None and token.kind == "string" else None
            raise self.expected(what, hint)
        self.at += 1
        return unquote(token) if token.kind == "name" else token.text

    def name_parts(self, what: str) -> tuple[str, ...]:
        """A name of one part or several, or IDENTIFIER('…')."""
        if self.is_next("IDENTIFIER", "("):
            return self._computed_name()
        parts = [self.identifier(what)]
        while self.accept("."):
            parts.append(self.identifier(what))
        if self.is_next("-"):
            raise self.error(
                f"'{'.'.join(parts)}-…' is not a name", hint="put names with a dash in backquotes: `my-name`"
            )
        return tuple(parts)

    def _computed_name(self) -> tuple[str, ...]:
        begin = self.location()
        self.at += 1
        self.expect("(")
        name = self._constant()
        while self.accept("||"):
            name += self._constant()
        self.expect(")")
        inner = Cursor(self.source, 0, Filled(name))
        parts = inner.name_parts("a name") if inner.tokens else ()
        if not parts or not inner.is_at_end:
            raise DefinitionError(
                f"IDENTIFIER gives {name!r}, which is not a name", location=begin, hint="IDENTIFIER('schema.table')"
            )
        return parts

    def _constant(self) -> str:
        if self.accept(":"):
            at = self.location()
            key = self.identifier("the name of a parameter")
            if key not in self.parameters:
                raise DefinitionError(
                    f"the parameter '{key}' is not defined",
                    location=at,
                    hint="add it to `configuration`",
                    code="undefined-parameter",
                )
            return self.parameters[key]
        return self.string("a string or :parameter")

    def string(self, what: str) -> str:
        """One string literal; adjacent ones are joined, as in Spark."""
        token = self.peek()
        if token is None or token.kind != "string":
            raise self.expected(what)
        text = ""
        while (token := self.peek()) is not None and token.kind == "string":
            text += unquote(token)
            self.at += 1
        return text

    def names_in_parentheses(self, what: str) -> tuple[str, ...]:
        """`(a, b)`, at least one name."""
        self.expect("(")
        names = [self.identifier(what)]
        while self.accept(","):
            names.append(self.identifier(what))
        if not self.is_next(")"):
            raise self.expected("',' or ')'")
        self.at += 1
        return tuple(names)

    def parenthesised(self) -> tuple[str, Location]:
        """The text between this `(` and its `)`, and where it begins."""
        opening = self.peek()
        self.expect("(")
        assert opening is not None
        begin = self.at
        while not self.is_next(")"):
            if self.is_at_end:
                raise self.error("'(' is never closed", token=opening)
            self.skip_one()
        text = self.between(begin, self.at)
        if not text:
            raise self.expected("an expression")
        location = self.location(self.tokens[begin])
        self.at += 1
        return text, location

    def skip_one(self) -> None:
        """Pass one token, or all of a bracketed part."""
        opening = self.take()
        closing = _OPENING.get(opening.key)
        if closing is None:
            return
        while not self.accept(closing):
            if self.is_at_end:
                raise self.error(f"'{opening.text}' is never closed", token=opening)
            self.skip_one()

    def rest(self) -> tuple[str, Location]:
        """All that is left, and where it begins."""
        text, location = self.between(self.at, len(self.tokens)), self.location()
        self.at = len(self.tokens)
        return text, location

    def between(self, first: int, last: int) -> str:
        """The text of the tokens from `first` up to `last`, with the comments in between."""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end] if first < last else ""

    # --- telling ---

    def location(self, token: Token | None = None) -> Location:
        """Where a token (the next one if None) stands in the user's file."""
        token = token or self.peek()
        if token is None:
            last = self.tokens[-1].end - 1 if self.tokens else 0
            return self.source.location(self.offset + self.filled.origin(last))
        return self.source.location(self.offset + self.filled.origin(token.start))

    def error(
        self, message: str, hint: str | None = None, code: str = "syntax-error", token: Token | None = None
    ) -> DefinitionError:
        return DefinitionError(message, location=self.location(token), hint=hint, code=code)

    def unsupported(self, message: str, hint: str | None = None, token: Token | None = None) -> UnsupportedError:
        return UnsupportedError(message, location=self.location(token), hint=hint)

    def expected(self, what: str, hint: str | None = None) -> IngotError:
        token = self.peek()
        found = "the statement ends" if token is None else f"found {_shown(token)}"
        return self.error(f"expected {what}, but {found}", hint)

    def check_closed(self) -> None:
        """Raise if a string, quoted name or comment has no end."""
        if self.tokens and self.tokens[-1].kind == "unclosed":
            token = self.tokens[-1]
            what = {"/*": "comment", "`": "quoted name"}.get(token.text, "string")
            raise self.error(f"this {what} is never closed", f"it begins with {token.text}", token=token)


def _shown(token: Token) -> str:
    return token.text if token.kind == "string" and len(token.text) < 40 else f"'{token.text[:40]}'"
