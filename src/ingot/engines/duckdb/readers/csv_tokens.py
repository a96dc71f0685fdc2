"""Split CSV text into fields exactly as Spark does, oddities with quotes included.

Owns the state machine: what an unescaped quote, an escape, blanks around quotes and an unfinished quote become.
It reproduces the behaviour of the parser that Spark embeds (univocity 2.9, `STOP_AT_DELIMITER`), checked against
Spark on random text. Never decodes bytes, converts types or skips lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_WIDE_SEPARATOR = "\ue000"  # stands for a separator of several characters while a record is split
_NEWLINE = "\n"


@dataclass(frozen=True)
class Dialect:
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


def split_line(text: str, dialect: Dialect) -> list[str]:
    """The fields of one line that holds one record."""
    plain = not dialect.quote or dialect.quote not in text
    if plain and not (dialect.trims_left or dialect.trims_right):
        null = dialect.null_value
        fields = text.split(dialect.separator)
        return fields if not null else [field or null for field in fields]
    if len(dialect.separator) > 1:
        return _split_wide(text, dialect)
    record = _Record(text, 0, dialect)
    record.read()
    return record.fields


def split_text(pieces: Iterator[str], dialect: Dialect, comment: str) -> Iterator[tuple[list[str], str]]:
    r"""The records of a text whose quoted fields may span lines, each with its own text.

    `pieces` come with line ends already normalized to ``\n``. Holds one record and one piece in memory.
    """
    text, start, ended = "", 0, False
    while True:
        record = _Record(text, start, dialect)
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
        if record.fields:
            yield record.fields, text[start : record.position].removesuffix(_NEWLINE)
        start = record.position


def _split_wide(text: str, dialect: Dialect) -> list[str]:
    from dataclasses import replace

    record = _Record(text.replace(dialect.separator, _WIDE_SEPARATOR), 0, replace(dialect, separator=_WIDE_SEPARATOR))
    record.read()
    return [field.replace(_WIDE_SEPARATOR, dialect.separator) for field in record.fields]


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
        is_value = False
        if self.ch == self.quote:
            if self.prev == self.quote:
                is_value = True
            elif not self.is_unescaped:
                self.value += self.quote
        if not is_value:
            is_value = self.prev != "\0" and self.ch not in (self.separator, _NEWLINE)
        if self.value or is_value:
            self.keep()
        else:
            self.keep_nothing()


def _trim_right(value: str) -> str:
    end = len(value)
    while end and value[end - 1] <= " ":
        end -= 1
    return value[:end]
