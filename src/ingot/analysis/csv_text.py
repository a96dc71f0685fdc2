"""One record of CSV as Spark's parser (Univocity) cuts it into fields, and the schema that it has.

Engine-neutral; nothing here reads a file.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingot.types import BOOLEAN, DATE, DOUBLE, INT, LONG, STRING, TIMESTAMP, DataType, DecimalType, Field, StructType

_DOUBLE = re.compile(
    r"[\x00-\x20]*[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)[\x00-\x20]*", re.ASCII
)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_TIME = r"\d{1,2}(?::\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)?\s*(?:Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?|[A-Za-z]+/[A-Za-z_]+)?"
_MOMENT = re.compile(
    rf"(\d{{4,6}})(?:-(\d{{1,2}})(?:-(\d{{1,2}})(?:[ T]{_TIME})?)?)?|T{_TIME}|\d{{1,2}}:\d{{1,2}}.*", re.ASCII
)


@dataclass(frozen=True)
class CsvForm:
    """How a record is written, by the options of a reader."""

    separator: str = ","
    quote: str = '"'
    escape: str = "\\"
    comment: str = ""
    trims_start: bool = False
    trims_end: bool = False
    null_text: str = ""
    empty_text: str = ""


def form_of(options: Mapping[str, str]) -> CsvForm:
    """The form that options, by their names in small letters, describe."""

    def is_set(name: str) -> bool:
        return options.get(name, "false").lower() == "true"

    separator = options.get("sep", options.get("delimiter", ","))
    return CsvForm(
        {"\\t": "\t", "\\\\": "\\"}.get(separator, separator),
        options.get("quote", '"'),
        options.get("escape", "\\"),
        options.get("comment", ""),
        is_set("ignoreleadingwhitespace"),
        is_set("ignoretrailingwhitespace"),
        options.get("nullvalue", ""),
        options.get("emptyvalue", ""),
    )


def fields_of(text: str, form: CsvForm) -> list[str | None]:
    """The fields of a record; none for an empty record and for a comment."""
    if not text.strip("\r\n") or (form.comment and text.startswith(form.comment)):
        return []
    found: list[str | None] = []
    at = 0
    while True:
        value, at = _field(text, at, form)
        found.append(None if value == form.null_text else value)
        if at >= len(text):
            return found
        at += len(form.separator)
        if at == len(text):
            return [*found, None]


def _field(text: str, at: int, form: CsvForm) -> tuple[str, int]:
    """One field, and where it ends."""
    if form.trims_start:
        while at < len(text) and text[at] <= " " and not text.startswith(form.separator, at):
            at += 1
    if form.quote and text.startswith(form.quote, at):
        return _quoted(text, at, form)
    end = _end(text, at, form)
    value = text[at:end]
    return (value.rstrip("".join(map(chr, range(33)))) if form.trims_end else value), end


def _end(text: str, at: int, form: CsvForm) -> int:
    end = text.find(form.separator, at)
    return len(text) if end < 0 else end


def _quoted(text: str, start: int, form: CsvForm) -> tuple[str, int]:
    """A field in quotes; with text behind its closing quote everything up to the separator is the value."""
    value, at, previous = "", start + 1, ""
    while at < len(text):
        char = text[at]
        is_closed = previous == form.quote
        if is_closed and (char <= " " or text.startswith(form.separator, at)):
            break
        if char not in (form.quote, form.escape):
            if is_closed:
                end = _end(text, at, form)
                return f"{form.quote}{value}{form.quote}{text[at:end]}", end
            if previous == form.escape:
                value += form.escape
            value += char
            previous = char
        elif char == form.escape and previous == form.escape and form.escape != form.quote:
            value += form.escape
            previous = ""
        elif previous == form.escape and char == form.quote:
            value += form.quote
            previous = ""
        elif char == form.quote and is_closed:
            value += form.quote
            previous = char
        else:
            previous = char
        at += 1
    end = _end(text, at, form)
    return (value or form.empty_text), end


# --- the schema of a record -------------------------------------------------------------------------------------------


def schema_of(text: str, options: Mapping[str, str]) -> StructType:
    """The type that `schema_of_csv` finds, as inferring a file's schema would."""
    fields = fields_of(text, form_of(options))
    return StructType(fields=tuple(Field(f"_c{at}", _type_of(value)) for at, value in enumerate(fields)))


def _type_of(text: str | None) -> DataType:
    if text is None:
        return STRING
    if re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        number = int(text)
        if -(2**31) <= number < 2**31:
            return INT
        if -(2**63) <= number < 2**63:
            return LONG
        digits = len(str(abs(number)))
        return DecimalType(precision=digits, scale=0) if digits <= 38 else DOUBLE
    if _DOUBLE.fullmatch(text) or text in ("Inf", "-Inf"):
        return DOUBLE
    if _DATE.fullmatch(text) and _is_day(*map(int, text.split("-"))):
        return DATE
    moment = _MOMENT.fullmatch(text)
    if moment is not None and _is_day(int(moment[1] or 2000), int(moment[2] or 1), int(moment[3] or 1)):
        return TIMESTAMP
    return BOOLEAN if text.lower() in ("true", "false") else STRING


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(min(max(year, 1), 9999), month, day)
    except ValueError:
        return False
    return True
