"""Split CSV text into fields exactly as Spark does, oddities with quotes included.

Owns the state machine: what an unescaped quote, an escape, blanks around quotes and an unfinished quote become.
It reproduces the behaviour of the parser that Spark embeds (univocity 2.9, `STOP_AT_DELIMITER`), checked against
Spark on random text. Never decodes bytes, converts types or skips lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

_NEWLINE = "\n"


class Dialect(NamedTuple):
    """The characters that shape a record; empty text means that there is none of that kind."""

    separator: str = ","
    quote: str = '"'
    escape: str = "\\"
    escape_of_escape: str = ""
    null_value: str = ""
    empty_value: str = ""
    trims_left: bool = False
    trims_right: bool = False

    @property
    def escapes_escape(self) -> str:
        """The character that escapes the escape: by default the escape itself, if it is not the quote."""
        if self.escape_of_escape:
            return self.escape_of_escape
        return "\0" if self.escape == self.quote else (self.escape or "\0")


class UnclearRecord(Exception):
    """Spark's answer to this text depends on the records before it, or spoils the ones after it."""


def split_line(text: str, dialect: Dialect) -> list[str]:
    """The fields of one line that holds one record."""
    plain = not dialect.quote or dialect.quote not in text
    if plain and not (dialect.trims_left or dialect.trims_right) and finds_all(dialect.separator):
        null = dialect.null_value
        fields = text.split(dialect.separator)
        return fields if not null else [field or null for field in fields]
    record = _record(text, 0, dialect)
    record.read()
    record.refuse_if_unclear(text)
    return record.fields


def split_text(pieces: Iterator[str], dialect: Dialect, comment: str) -> Iterator[tuple[list[str], str]]:
    r"""The records of a text whose quoted fields may span lines, each with its own text.

    `pieces` come with line ends already normalized to ``\n``. Holds one record and one piece in memory.
    """
    text, start, ended = "", 0, False
    while True:
        record = _record(text, start, dialect)
        if start < len(text) and comment and text[start] == comment:
            stop = text.find(_NEWLINE, start)
            if stop >= 0:
                start = stop + 1
                continue
            record.ended = True
        elif start < len(text):
            record.read()
        else:
            record.ended = True
        if record.ended and not ended:
            piece = next(pieces, None)
            if piece is None:
                ended = True
            else:
                text, start = text[start:] + piece, 0
            continue
        if start >= len(text) or (comment and text[start] == comment):
            return
        record.refuse_if_unclear(text[start : record.position])
        if record.fields:
            yield record.fields, text[start : record.position].removesuffix(_NEWLINE)
        start = record.position


@cache
def finds_all(separator: str) -> bool:
    """Whether Spark's parser finds a separator wherever it stands.

    The parser looks back by one character when a match fails half-way, so that it misses `||#` in `|||#`.
    """
    for matched in range(2, len(separator)):
        for kept in range(1, matched):
            if separator[:matched].endswith(separator[:kept]) and separator[kept] != separator[matched]:
                return False
    return True


def _record(text: str, position: int, dialect: Dialect) -> _Record:
    return (_WideRecord if len(dialect.separator) > 1 else _Record)(text, position, dialect)


class _RecordDone(Exception):
    """The text ended exactly at the end of a record."""


class _Record:
    """One record being read. `ch` and `prev` are the character in hand and the one that decided the state."""

    def __init__(self, text: str, position: int, dialect: Dialect):
        self.text = text
        self.position = position
        self.dialect = dialect
        self.separator = dialect.separator
        self.quote = dialect.quote or "\0"
        self.escape = dialect.escape or "\0"
        self.escape_escape = dialect.escapes_escape
        self.fields: list[str] = []
        self.value = ""
        self.ch = "\0"
        self.prev = "\0"
        self.is_unescaped = False
        self.is_trimmed = False
        self.ended = False
        self.is_unclear = False

    def read(self) -> None:
        """Read up to the end of the record; `ended` tells that the text ended first."""
        try:
            self.advance()
            self.read_fields()
        except _RecordDone:
            self.position = len(self.text)
        except IndexError:
            self.ended = True
            self.position = len(self.text)
            self.finish_at_end()

    def refuse_if_unclear(self, text: str) -> None:
        """Raise UnclearRecord if the record that was read from the text is."""
        if self.is_unclear:
            raise UnclearRecord(text)

    def advance(self) -> None:
        self.ch = self.text[self.position]
        self.position += 1

    def take_until(self, *stops: str) -> None:
        """Append the character in hand and all after it up to one of `stops`, which is then in hand."""
        start = self.position - 1
        text, length = self.text, len(self.text)
        position = start
        while position < length and text[position] not in stops:
            position += 1
        self.value += text[start:position]
        self.position = position
        if position == length:
            raise IndexError  # the character in hand stays the first one of the field
        self.advance()

    def keep(self) -> None:
        value = self.value
        if self.is_trimmed:
            value = _trim_right(value)
        self.fields.append(value or self.dialect.empty_value)
        self.value = ""
        self.is_trimmed = False

    def keep_nothing(self) -> None:
        self.fields.append(self.dialect.null_value)

    def read_fields(self) -> None:
        separator, dialect = self.separator, self.dialect
        while self.ch != _NEWLINE:
            if dialect.trims_left:
                while self.ch <= " " and self.ch not in (separator, _NEWLINE, self.quote):
                    self.advance()
            if self.ch in (separator, _NEWLINE):
                self.keep_nothing()
            else:
                self.is_unescaped = False
                self.prev = "\0"
                if self.ch == self.quote:
                    self.is_trimmed = False
                    if self.read_plainly_quoted():
                        if self.position >= len(self.text):
                            self.ended = True
                            raise _RecordDone
                        self.advance()
                        if self.ch == separator:
                            self.read_after_separator()
                        continue
                    self.read_quoted()
                    self.keep()
                else:
                    self.is_trimmed = dialect.trims_right
                    self.take_until(separator, _NEWLINE)
                    self.keep()
            if self.ch != _NEWLINE:
                self.advance()
                if self.ch == _NEWLINE:
                    self.keep_nothing()

    def read_after_separator(self) -> None:
        if self.position >= len(self.text):
            self.keep_nothing()
            self.ended = True
            raise _RecordDone
        self.advance()
        if self.ch == _NEWLINE:
            self.keep_nothing()

    def read_plainly_quoted(self) -> bool:
        """Take a quoted field with nothing to interpret in it; its rules differ a little from the others."""
        text, start = self.text, self.position
        stop = text.find(self.quote, start)
        if stop < 0 or stop + 1 >= len(text) or text[stop + 1] not in (self.separator, _NEWLINE):
            return False
        if text[stop - 1] == self.escape:
            return False
        inner = text[start:stop]
        if _NEWLINE in inner:
            return False
        if self.escape != "\0" and self.escape + self.escape_escape in inner:
            return False
        self.fields.append(inner or self.dialect.empty_value)
        self.position = stop + 1
        return True

    def read_quoted(self) -> None:
        """Read a field that began with a quote, up to the separator or the end of the record."""
        if self.prev != "\0":  # a stray quote was met: the rest, up to the separator, is taken as it is
            self.value = self.quote + self.value
            self.advance()
            self.is_trimmed = self.dialect.trims_right
            self.take_until(self.separator, _NEWLINE)
            return
        self.advance()
        while not (self.prev == self.quote and (self.ch <= " " or self.ch in (self.separator, _NEWLINE))):
            if self.ch not in (self.quote, self.escape):
                if self.prev == self.quote:
                    self.is_unescaped = True
                    self.value += self.quote + self.ch
                    self.prev = self.ch
                    self.read_quoted()
                    return
                if self.prev == self.escape and self.escape != "\0":
                    self.value += self.escape
                self.take_until(self.quote, self.escape, self.escape_escape)
                self.prev = self.ch
                self.advance()
            else:
                self.read_escape()
                self.prev = self.ch
                self.advance()
                if self.is_unescaped and self.ch in (self.separator, _NEWLINE):
                    return
        if self.ch <= " " and self.ch not in (self.separator, _NEWLINE):
            self.read_blanks_after_quote()

    def read_escape(self) -> None:
        if self.ch == self.escape and self.prev == self.escape_escape and self.escape_escape != "\0":
            self.value += self.escape
            self.ch = "\0"
        elif self.prev == self.escape:
            if self.ch == self.quote:
                self.value += self.quote
                self.ch = "\0"
            else:
                self.value += self.prev
        elif self.ch == self.quote and self.prev == self.quote:
            self.value += self.quote
        elif self.prev == self.quote:
            self.value += self.quote
            self.prev = self.ch
            self.read_escaped_value()

    def read_escaped_value(self) -> None:
        """Read on after a quote that was followed by the escape."""
        while self.ch not in (self.separator, _NEWLINE):
            if self.ch not in (self.quote, self.escape):
                if self.prev == self.quote:
                    self.value += self.quote
                    self.prev = self.ch
                    self.read_escaped_value()
                    return
                self.value += self.ch
            else:
                self.read_escape()
            self.prev = self.ch
            self.advance()

    def read_blanks_after_quote(self) -> None:
        blanks = ""
        while True:
            blanks += self.ch
            self.advance()
            if self.ch == _NEWLINE:
                return
            if self.ch > " ":
                break
        if self.ch != self.separator:
            self.value += self.quote + blanks + self.ch
            self.prev = self.ch
            self.read_quoted()

    def finish_at_end(self) -> None:
        """Keep what was read when the text ended within a field."""
        if self.is_value_at_end() or self.value:
            self.keep()
        else:
            self.keep_nothing()

    def is_value_at_end(self) -> bool:
        """Whether the text ended in a field that counts as a value even if it is empty."""
        if self.ch == self.quote:
            if self.prev == self.quote:
                return True
            if not self.is_unescaped:
                self.value += self.quote
        return self.prev != "\0" and self.ch not in (self.separator, _NEWLINE)


class _WideRecord(_Record):
    """A record whose separator has several characters, for which the parser has other rules.

    There is no short cut for plainly quoted fields, and a separator that begins and does not end is taken back.
    """

    def __init__(self, text: str, position: int, dialect: Dialect):
        super().__init__(text, position, dialect)
        self.wide = dialect.separator
        self.separator = "\0"
        self.matched = 0

    def keep_matched(self) -> None:
        """Take back the characters that looked like the beginning of a separator."""
        if self.matched < len(self.wide):
            self.value += self.wide[: self.matched]
        self.matched = 0

    def meets_separator(self) -> bool:
        """Read on as long as the text looks like the separator; say whether all of it was there."""
        while self.ch == self.wide[self.matched]:
            self.matched += 1
            if self.matched == len(self.wide):
                self.matched = 0
                return True
            self.advance()
        return False

    def takes_separator(self) -> bool:
        """As `meets_separator`; what was read of an unfinished one belongs to the field."""
        if self.meets_separator():
            return True
        self.keep_matched()
        return False

    def take_until_wide(self) -> None:
        """Append the character in hand and all after it up to the separator or the end of the line."""
        while self.ch != _NEWLINE:
            if self.ch == self.wide[self.matched]:
                self.matched += 1
                if self.matched == len(self.wide):
                    break
            elif self.matched:
                self.keep_matched()
                continue
            else:
                self.value += self.ch
            self.advance()
        self.keep_matched()

    def skip_blanks(self) -> None:
        while self.ch <= " " and self.ch not in (_NEWLINE, self.quote):
            self.advance()
            if self.ch == self.wide[self.matched] and self.takes_separator():
                self.keep_nothing()
                self.advance()
        self.keep_matched()

    def read_fields(self) -> None:
        while self.ch != _NEWLINE:
            if self.dialect.trims_left and self.ch <= " ":
                self.skip_blanks()
            if self.ch == _NEWLINE or self.takes_separator():
                self.keep_nothing()
            else:
                self.read_field()
            if self.ch != _NEWLINE:
                self.advance()
                if self.ch == _NEWLINE:
                    self.keep_nothing()

    def read_field(self) -> None:
        self.is_unescaped = False
        self.prev = "\0"
        if self.ch == self.quote and not self.value:
            self.is_trimmed = False
            self.read_quoted()
        else:
            self.take_until_wide()
            self.is_trimmed = self.is_trimmed or self.dialect.trims_right
        self.keep()

    def read_quoted(self) -> None:
        self.advance()
        while not (self.prev == self.quote and self.ch <= " "):
            if self.prev == self.quote and self.takes_separator():
                return
            if self.ch in (self.quote, self.escape):
                self.read_escape()
                self.prev = self.ch
                self.advance()
                if self.is_unescaped and (self.ch == _NEWLINE or self.takes_separator()):
                    return
            elif self.prev == self.quote:
                self.is_unescaped = True
                self.value += self.quote
                self.keep_stray(self.take_until_wide)
                return
            else:
                if self.prev == self.escape and self.escape != "\0":
                    self.value += self.escape
                self.take_until(self.quote, self.escape, self.escape_escape)
                self.prev = self.ch
                self.advance()
        if self.ch != _NEWLINE and not self.meets_separator():
            self.read_blanks_after_quote()

    def read_blanks_after_quote(self) -> None:
        blanks = ""
        while True:
            blanks += self.ch
            self.advance()
            if self.ch == _NEWLINE or self.meets_separator():
                return
            if self.ch > " ":
                break
        if not self.meets_separator():  # what follows a quote and blanks goes on up to the end of the line
            self.value += self.quote + blanks
            self.keep_stray(lambda: self.take_until("\0", _NEWLINE))

    def keep_stray(self, take_rest: Callable[[], None]) -> None:
        """Take the character in hand and what `take_rest` reads into a field that turns out to be no quoted one."""
        self.value = self.quote + self.value + self.ch
        self.prev = self.ch
        self.advance()
        self.is_trimmed = self.dialect.trims_right
        take_rest()

    def is_value_at_end(self) -> bool:
        is_value = super().is_value_at_end()
        if self.matched and self.ch == self.quote == self.prev:
            self.is_unclear = True  # Spark puts the characters before the next record
        elif self.matched:
            self.keep_matched()
            return True
        return is_value

    def refuse_if_unclear(self, text: str) -> None:
        dialect = self.dialect
        is_stateful = dialect.trims_left or dialect.trims_right or dialect.null_value != dialect.empty_value
        if (is_stateful or min(self.wide) <= " ") and dialect.quote and dialect.quote in text:
            raise UnclearRecord(text)
        super().refuse_if_unclear(text)


def _trim_right(value: str) -> str:
    end = len(value)
    while end and value[end - 1] <= " ":
        end -= 1
    return value[:end]
