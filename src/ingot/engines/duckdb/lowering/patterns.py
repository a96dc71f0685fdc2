"""Java's patterns for dates and times as those of strftime and strptime.

A letter that the two do not read alike is refused with the pattern, at definition time.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re
from dataclasses import dataclass

from ingot.engines.duckdb.lowering import zones
from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.types import quote_text

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", re.DOTALL)
# Writing. None: written by a piece of SQL of its own.
_WRITE = {
    "yyyy": "%Y", "y": "%Y", "yy": "%y", "MM": "%m", "M": "%-m", "MMM": "%b", "MMMM": "%B", "LL": "%m", "L": "%-m",
    "LLL": "%b", "LLLL": "%B", "dd": "%d", "d": "%-d", "DDD": "%j", "D": "%-j", "HH": "%H", "H": "%-H", "hh": "%I",
    "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "a": "%p", "E": "%a", "EE": "%a", "EEE": "%a",
    "EEEE": "%A", "SSSSSS": "%f", "SSS": "%g", "uuuu": "%Y", "u": "%Y",
}  # fmt: skip
# Reading: a regular expression for the text and strptime's code for its value.
_READ = {
    "yyyy": (r"\d{4}", "%Y"), "y": (r"\d{1,7}", "%Y"), "uuuu": (r"\d{4}", "%Y"), "MM": (r"\d{2}", "%m"),
    "M": (r"\d{1,2}", "%m"), "dd": (r"\d{2}", "%d"), "d": (r"\d{1,2}", "%d"), "HH": (r"\d{2}", "%H"), "H": (r"\d{1,2}", "%H"),
    "hh": (r"\d{2}", "%I"), "h": (r"\d{1,2}", "%I"), "mm": (r"\d{2}", "%M"), "m": (r"\d{1,2}", "%M"), "ss": (r"\d{2}", "%S"),
    "s": (r"\d{1,2}", "%S"), "a": (r"AM|PM|am|pm", "%p"), "MMM": (r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec", "%b"),
    "MMMM": (r"January|February|March|April|May|June|July|August|September|October|November|December", "%B"),
    "yy": (r"\d{2}", "%y"),
}  # fmt: skip


def _tokens(pattern: str) -> list[tuple[str, str]]:
    """Pairs of kind (letters, text) and content."""
    found: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(pattern):
        if match[2]:
            found.append(("letters", match[0]))
        elif match[1] is not None:
            found.append(("text", match[1].replace("''", "'") or "'"))
        else:
            found.append(("text", match[0]))
    return found


def written(clock: str, pattern: str, call: Call) -> str:
    """SQL that shows a TIMESTAMP in Java's pattern."""
    pieces: list[str] = []
    format_text = ""
    for kind, content in _tokens(pattern):
        if kind == "text":
            if content in "[]" or (content in "#{}" and content):
                raise call.refuse(f"the date pattern {pattern!r} uses {content!r}, which is not supported")
            format_text += content.replace("%", "%%")
            continue
        code = _WRITE.get(content)
        if code is not None and not (code == "%Y" and content in ("y", "u")):
            format_text += code
            continue
        special = _special(content, clock)
        if special is None:
            raise call.refuse(f"the date pattern {pattern!r} uses {content!r}, which is not supported")
        if format_text:
            pieces.append(f"strftime({clock}, {quote_text(format_text)})")
            format_text = ""
        pieces.append(special)
    if format_text:
        pieces.append(f"strftime({clock}, {quote_text(format_text)})")
    if not pieces:
        return f"CASE WHEN {clock} IS NOT NULL THEN '' END"
    return pieces[0] if len(pieces) == 1 else "(" + " || ".join(pieces) + ")"


def _special(letters: str, clock: str) -> str | None:
    if set(letters) == {"S"} and len(letters) <= 9:
        if len(letters) <= 6:
            return f"strftime({clock}, '%f')[:{len(letters)}]"
        return f"rpad(strftime({clock}, '%f'), {len(letters)}, '0')"
    match letters:
        case "y" | "u":
            return f"CAST(year({clock}) AS VARCHAR)"
        case "Q" | "q":
            return f"CAST(quarter({clock}) AS VARCHAR)"
        case "QQ" | "qq":
            return f"'0' || CAST(quarter({clock}) AS VARCHAR)"
        case "QQQ" | "qqq":
            return f"'Q' || CAST(quarter({clock}) AS VARCHAR)"
        case "k":
            return f"CAST(CASE WHEN hour({clock}) = 0 THEN 24 ELSE hour({clock}) END AS VARCHAR)"
        case "kk":
            return f"lpad(CAST(CASE WHEN hour({clock}) = 0 THEN 24 ELSE hour({clock}) END AS VARCHAR), 2, '0')"
        case "K":
            return f"CAST(hour({clock}) % 12 AS VARCHAR)"
        case "DD":
            return f"lpad(CAST(dayofyear({clock}) AS VARCHAR), 2, '0')"
        case "G":
            return f"CASE WHEN {clock} IS NOT NULL THEN 'AD' END"
        case "z" | "VV":
            return f"CASE WHEN {clock} IS NOT NULL THEN 'UTC' END"
        case "XXX" | "X" | "XX":
            return f"CASE WHEN {clock} IS NOT NULL THEN 'Z' END"
        case "xxx" | "ZZZZZ":
            return f"CASE WHEN {clock} IS NOT NULL THEN '{'Z' if letters == 'ZZZZZ' else '+00:00'}' END"
        case "xx" | "Z":
            return f"CASE WHEN {clock} IS NOT NULL THEN '+0000' END"
    return None


@dataclass
class Reader:
    """How text in a Java pattern is read: what it must look like, and how its parts make a timestamp."""

    regex: str = ""
    codes: str = ""
    fraction_group: int | None = None
    offset_group: int | None = None
    groups: int = 0


def reader_of(pattern: str, call: Call) -> Reader:
    """Understand a pattern for reading.

    Raises:
        UnsupportedError: for letters that are not read exactly, with the pattern.
    """
    reader = Reader()
    for kind, content in _tokens(pattern):
        if kind == "text":
            if content == "[":
                raise call.refuse(f"the date pattern {pattern!r} has optional parts, which are not supported")
            reader.regex += re.escape(content)
            continue
        _read_letters(reader, content, pattern, call)
    return reader


def _read_letters(reader: Reader, letters: str, pattern: str, call: Call) -> None:
    if set(letters) == {"S"} and len(letters) <= 9:
        reader.groups += 1
        reader.fraction_group = reader.groups
        reader.regex += rf"(\d{{{len(letters)}}})"
        return
    if letters in ("X", "XX", "XXX", "Z", "xxx", "xx", "ZZZZZ"):
        reader.groups += 1
        reader.offset_group = reader.groups
        colon = ":" if letters in ("XXX", "xxx", "ZZZZZ") else ""
        zulu = "Z|" if letters.startswith("X") or letters == "ZZZZZ" else ""
        minutes = "" if letters == "X" else rf"{colon}\d{{2}}"
        reader.regex += rf"({zulu}[+-]\d{{2}}{minutes})" if letters != "X" else r"(Z|[+-]\d{2}(?:\d{2})?)"
        return
    if letters in ("E", "EEE", "EEEE", "D", "DDD") or letters not in _READ:
        raise call.refuse(f"the date pattern {pattern!r} uses {letters!r}, which is not supported for reading")
    regex, code = _READ[letters]
    reader.groups += 1
    reader.regex += f"({regex})"
    reader.codes += f"{code}|{reader.groups} "


def read(text: str, pattern: str, call: Call, safely: bool) -> str:
    """SQL that reads a text in Java's pattern as a TIMESTAMP, the wall clock in the session's zone; what does not match raises, or is NULL."""
    reader = reader_of(pattern, call)
    groups = [c.split("|") for c in reader.codes.split()]
    regex = quote_text(f"^{reader.regex}$")
    codes = " ".join(code for code, _ in groups) or ""

    def body(value: str) -> str:
        fields = [f"regexp_extract({value}, {regex}, {group})" for _, group in groups]
        joined = " || ' ' || ".join(fields) if fields else "''"
        form = codes
        if not any(c in ("%Y", "%y") for c, _ in groups):
            joined, form = f"'1970 ' || {joined}", f"%Y {form}"
        if any(c == "%I" for c, _ in groups) and not any(c == "%p" for c, _ in groups):
            joined, form = f"{joined} || ' AM'", f"{form} %p"
        parsed = f"{'try_strptime' if safely else 'strptime'}({joined}, {quote_text(form.strip())})"
        if any(c == "%y" for c, _ in groups):
            parsed = call.scope.let(
                parsed, lambda p: f"CASE WHEN year({p}) < 2000 THEN {p} + to_years(100) ELSE {p} END"
            )
        if reader.fraction_group:
            digits = f"rpad(regexp_extract({value}, {regex}, {reader.fraction_group}), 6, '0')[:6]"
            parsed = f"({parsed} + to_microseconds(CAST({digits} AS BIGINT)))"
        if reader.offset_group:
            zone = f"regexp_extract({value}, {regex}, {reader.offset_group})"
            parsed = f"({parsed} - to_microseconds(CASE WHEN {zone} = 'Z' THEN 0 ELSE ingot_offset_us({zone}) END))"
            parsed = zones.local(zones.moment(parsed, zones.UTC), call.scope.zone)
        native = _native_format(pattern)
        quick = ""
        if native is not None:
            found = f"try_strptime({value}, {quote_text(native)})"
            # What is shown again as it was read has the form to the letter.
            quick = f"WHEN strftime({found}, {quote_text(native)}) = {value} THEN {found} "
        if safely:
            return f"CASE {quick}WHEN regexp_matches({value}, {regex}) THEN {parsed} END"
        wrong = f"CAST('''' || {value} || ''' does not have the form ' || {quote_text(pattern)} AS TIMESTAMP)"
        return (
            f"CASE {quick}WHEN regexp_matches({value}, {regex}) THEN {parsed} WHEN {value} IS NOT NULL THEN {wrong} END"
        )

    return call.scope.let(text, body)


def _native_format(pattern: str) -> str | None:
    """DuckDB's format that reads and writes the same text, for patterns of plain four-digit dates and times."""
    result = ""
    for kind, content in _tokens(pattern):
        if kind == "text":
            result += content.replace("%", "%%")
        elif content in ("yyyy", "MM", "dd", "HH", "mm", "ss", "M", "d", "H", "m", "s"):
            result += _WRITE[content]
        else:
            return None
    return result if all(c in result for c in ("%Y", "%d")) else None
