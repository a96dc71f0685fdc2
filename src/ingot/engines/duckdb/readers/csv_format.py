"""The CSV options of a read as one value, and a file's records under them.

Owns lines, comments, headers and column names. Never converts a type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ingot.analysis.text_options import flag
from ingot.engine import FilesBinding
from ingot.engines.duckdb.readers.columns import Columns
from ingot.engines.duckdb.readers.csv_tokens import Dialect, UnclearRecord, split_line, split_text
from ingot.engines.duckdb.readers.files import text_pieces
from ingot.errors import AnalysisError, DataError, UnsupportedError
from ingot.model import FileRead

_ESCAPES = {
    "\\t": "\t",
    "\\r": "\r",
    "\\b": "\b",
    "\\f": "\f",
    '\\"': '"',
    "\\'": "'",
    "\\\\": "\\",
    "\\0": "\0",
}
_LINE_END = r"\r\n|\r|\n"
BLANKS = "".join(chr(i) for i in range(33))


class CsvFormat(NamedTuple):
    """How a read's CSV text is split."""

    dialect: Dialect
    has_header: bool
    is_multiline: bool
    comment: str
    line_end: str | None

    def is_skipped(self, line: str) -> bool:
        """Whether a line holds no record: blank, or a comment."""
        return not line.strip(BLANKS) or bool(self.comment and line.startswith(self.comment))


def csv_format(read: FileRead) -> CsvFormat:
    """Read the CSV options.

    Raises:
        AnalysisError: `invalid-option`.
        UnsupportedError: `unsupported-option`.
    """
    options = read.options
    if options.get("unescapedquotehandling", "STOP_AT_DELIMITER").upper() != "STOP_AT_DELIMITER":
        raise UnsupportedError(
            f"option 'unescapedQuoteHandling' is {options['unescapedquotehandling']!r}; only STOP_AT_DELIMITER is read",
            location=read.location,
            code="unsupported-option",
        )
    if options.get("maxcharspercolumn", "-1") != "-1":
        raise UnsupportedError(
            "option 'maxCharsPerColumn': fields are not limited",
            location=read.location,
            code="unsupported-option",
        )
    separator = _separator(options.get("sep", options.get("delimiter", ",")))
    dialect = Dialect(
        separator=separator,
        quote=_character(read, "quote", '"'),
        escape=_character(read, "escape", "\\"),
        escape_of_escape=_character(read, "chartoescapequoteescaping", ""),
        null_value=options.get("nullvalue", ""),
        empty_value=options.get("emptyvalue", ""),
        trims_left=flag(options, "ignoreleadingwhitespace"),
        trims_right=flag(options, "ignoretrailingwhitespace"),
    )
    line_end = options.get("linesep")
    if line_end is not None and not 1 <= len(line_end) <= 2:
        raise AnalysisError(
            f"option 'lineSep' is {line_end!r}", hint="use one or two characters", code="invalid-option"
        )
    return CsvFormat(
        dialect,
        flag(options, "header"),
        flag(options, "multiline"),
        _character(read, "comment", ""),
        line_end,
    )


def _separator(text: str) -> str:
    if not text:
        raise AnalysisError("option 'sep' is empty", hint="use one or more characters", code="invalid-option")
    if len(text) == 1:
        return text
    return re.sub(r"\\[trbf\"'\\0]", lambda found: _ESCAPES[found.group()], text).replace("\\u0000", "\0")


def _character(read: FileRead, name: str, default: str) -> str:
    value = read.options.get(name)
    if value is None:
        return default
    if len(value) > 1:
        raise AnalysisError(
            f"option {name!r} is {value!r}",
            location=read.location,
            hint="use one character",
            code="invalid-option",
        )
    return "" if value == "\0" else value


def lines_of(pieces: Iterable[str], line_end: str | None = None) -> Iterator[str]:
    """The lines of a text, ended by the given characters or by any of the usual ones."""
    rest = ""
    for piece in pieces:
        rest += piece
        held = "\r" if line_end is None and rest.endswith("\r") else ""
        parts = (
            (rest[:-1] if held else rest).split(line_end)
            if line_end
            else re.split(_LINE_END, rest[: len(rest) - len(held)])
        )
        rest = parts.pop() + held
        yield from parts
    if rest.endswith("\r") and line_end is None:
        rest = rest[:-1]
    if rest:
        yield rest


def _normalized(pieces: Iterable[str], line_end: str | None) -> Iterator[str]:
    """Line ends as the first one of the text, or the option, says; each becomes a line feed."""
    separator, held = line_end, ""
    for piece in pieces:
        text = held + piece
        held = ""
        if text.endswith("\r"):
            text, held = text[:-1], "\r"
        if separator is None and (found := re.search(_LINE_END, text)):
            separator = found.group()
        yield text.replace(separator, "\n") if separator not in (None, "\n") else text
    if held:
        yield "\n" if separator in (None, "\r") else held


def records_of(path: str | Path, encoding: str, form: CsvFormat) -> Iterator[tuple[list[str], str]]:
    """A file's records with their own text, the header being the first one if there is one."""
    pieces = text_pieces(str(path), encoding, "csv")
    if form.is_multiline:
        try:
            yield from split_text(_normalized(pieces, form.line_end), form.dialect, form.comment)
        except UnclearRecord as record:
            raise _unclear(f"{path}", record) from None
        return
    for number, line in enumerate(lines_of(pieces, form.line_end), 1):
        if not form.is_skipped(line):
            try:
                yield split_line(line, form.dialect), line
            except UnclearRecord as record:
                raise _unclear(f"{path}, line {number}", record) from None


def _unclear(place: str, record: UnclearRecord) -> DataError:
    return DataError(
        f"{place}: quotes and a separator of several characters are not read alike in all places: {str(record)[:80]!r}",
        code="unclear-quotes",
        hint="use quote => '' if quotes have no meaning, and leave out nullValue, emptyValue and trimming",
    )


def column_names(first: list[str], form: CsvFormat) -> list[str]:
    """The names of columns, from the first record: blank ones are `_c0`, equal ones get their position."""
    if not form.has_header:
        return [f"_c{i}" for i in range(len(first))]
    folded = [name.lower() for name in first]
    names = []
    for i, name in enumerate(first):
        if not name or name == form.dialect.null_value:
            names.append(f"_c{i}")
        else:
            names.append(f"{name}{i}" if folded.count(name.lower()) > 1 else name)
    return names


def first_record(path: str | Path, encoding: str, form: CsvFormat) -> list[str] | None:
    """The fields of a file's first record; None for a file without any."""
    return next((fields for fields, _ in records_of(path, encoding, form)), None)


def positions(names: list[str], columns: Columns, by_name: bool) -> list[int | None]:
    """Where each data column lies in a file's records: by name in Auto Loader's reads, else by order."""
    if not by_name:
        return list(columns.places)
    found = {name: i for i, name in reversed(list(enumerate(names)))}
    folded = {name.lower(): i for i, name in reversed(list(enumerate(names)))}
    return [found.get(f.name, folded.get(f.name.lower())) for f in columns.data]


def is_by_name(binding: FilesBinding, form: CsvFormat) -> bool:
    """Whether columns are found by their names in the header."""
    return binding.read.is_autoloader and form.has_header
