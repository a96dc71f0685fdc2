"""Java's patterns for dates and times: writing a timestamp in one.

A letter that Spark refuses, or that is not written alike, is refused with the pattern, at definition time. Reading is in
`pattern_reader`.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re

from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.types import quote_text
from ingot.errors import AnalysisError

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", re.DOTALL)
# What strftime writes in the same way.
STRFTIME = {
    "yyyy": "%Y", "yy": "%y", "MM": "%m", "M": "%-m", "MMM": "%b", "MMMM": "%B", "LL": "%m", "L": "%-m",
    "LLL": "%b", "LLLL": "%B", "dd": "%d", "d": "%-d", "DDD": "%j", "D": "%-j", "HH": "%H", "H": "%-H", "hh": "%I",
    "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "a": "%p", "E": "%a", "EE": "%a", "EEE": "%a",
    "EEEE": "%A", "SSSSSS": "%f", "SSS": "%g",
}  # fmt: skip
_ERAS = {"G": "AD", "GG": "AD", "GGG": "AD", "GGGG": "Anno Domini"}


def tokens(pattern: str) -> list[tuple[str, str]]:
    """Pairs of kind (letters, text, optional) and content; optional are the brackets of optional parts."""
    found: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(pattern):
        if match[2]:
            found.append(("letters", match[0]))
        elif match[1] is not None:
            found.append(("text", match[1].replace("''", "'") or "'"))
        else:
            found.append(("optional" if match[0] in "[]" else "text", match[0]))
    return found


# The letters that Spark takes, each with the numbers of them; what is missing are those of weeks, and of other calendars.
_COMMON = {
    "G": "1234", "y": "123456", "D": "123", "M": "1234", "L": "1234", "d": "12", "a": "1", "h": "12", "H": "12", "k": "12",
    "K": "12", "m": "12", "s": "12", "S": "123456789", "V": "2", "z": "1234", "O": "14", "X": "12345", "x": "12345", "Z": "12345",
}  # fmt: skip
_WRITTEN = {**_COMMON, "Q": "1234", "q": "1234", "E": "1234", "F": "1", "v": "14"}
READ = _COMMON


def check_letters(letters: str, pattern: str, call: Call, known: dict[str, str]) -> None:
    """Refuse what Spark refuses."""
    if str(len(letters)) not in known.get(letters[0], ""):
        raise invalid(letters, pattern, call)


def invalid(content: str, pattern: str, call: Call) -> AnalysisError:
    """The error for a pattern that Spark does not take."""
    return AnalysisError(
        f"the date pattern {pattern!r} uses {content!r}, which Spark does not take",
        location=call.refuse("").location,
        hint="write a pattern such as 'yyyy-MM-dd HH:mm:ss'",
        code="invalid-datetime-pattern",
    )


def written(clock: str, pattern: str, call: Call, instant: str | None = None) -> str:
    """SQL that shows a time in Java's pattern.

    Args:
        clock: The wall clock in the session's zone, a TIMESTAMP.
        instant: The TIMESTAMPTZ that it is of; without one, no offset is written in a zone other than UTC.
    """
    pieces: list[str] = []
    format_text = ""
    for kind, content in tokens(pattern):
        if kind == "optional":
            continue
        if kind == "text":
            if content in ("#", "{", "}"):
                raise invalid(content, pattern, call)
            format_text += content.replace("%", "%%")
            continue
        if content in STRFTIME:
            format_text += STRFTIME[content]
            continue
        check_letters(content, pattern, call, _WRITTEN)
        special = _special(content, clock, instant, call)
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
    whole = pieces[0] if len(pieces) == 1 else "(" + " || ".join(pieces) + ")"
    if not any(kind == "letters" and content[0] in "yG" for kind, content in tokens(pattern)):
        return whole
    outside = (
        "CAST(CAST('UNSUPPORTED_YEAR: the year ' || year(" + clock + ") || ' cannot be written' AS INTEGER) AS VARCHAR)"
    )
    return f"CASE WHEN year({clock}) BETWEEN 1 AND 9999 THEN {whole} WHEN {clock} IS NOT NULL THEN {outside} END"


def _padded(sql: str, width: int) -> str:
    """A number as text, with zeros before it up to a width that it may exceed."""
    text = f"CAST({sql} AS VARCHAR)"
    return text if width == 1 else f"lpad({text}, CAST(greatest({width}, length({text})) AS INTEGER), '0')"


def _special(letters: str, clock: str, instant: str | None, call: Call) -> str | None:
    letter, width = letters[0], len(letters)
    constant = _ERAS.get(letters)
    if constant is not None:
        return f"CASE WHEN {clock} IS NOT NULL THEN '{constant}' END"
    match letter:
        case "S" if width <= 9:
            return (
                f"strftime({clock}, '%f')[:{width}]" if width <= 6 else f"rpad(strftime({clock}, '%f'), {width}, '0')"
            )
        case "y" if width <= 6:
            return _padded(f"year({clock})", width)
        case "D" if width == 2:
            return _padded(f"dayofyear({clock})", 2)
        case "Q" | "q" if width <= 4:
            return _quarter(f"quarter({clock})", width)
        case "F" if width == 1:
            return _padded(f"(day({clock}) - 1) % 7 + 1", 1)
        case "k" if width <= 2:
            return _padded(f"CASE WHEN hour({clock}) = 0 THEN 24 ELSE hour({clock}) END", width)
        case "K" if width <= 2:
            return _padded(f"hour({clock}) % 12", width)
        case "z" | "V" | "v" | "O" | "X" | "x" | "Z":
            if instant is None and not call.scope.zone.is_utc:
                return None
            shown = _zone(letters, f"(epoch_us({clock}) - epoch_us({instant})) // 1000000", call)
            return None if shown is None else f"CASE WHEN {clock} IS NOT NULL THEN {shown} END"
    return None


def _quarter(sql: str, width: int) -> str:
    if width == 4:
        return f"['1st quarter', '2nd quarter', '3rd quarter', '4th quarter'][{sql}]"
    return {1: "", 2: "'0' || ", 3: "'Q' || "}[width] + f"CAST({sql} AS VARCHAR)"


def _zone(letters: str, seconds: str, call: Call) -> str | None:
    """A zone's name or its offset from UTC, which in a region depends on the time."""
    zone = call.scope.zone
    if letters == "VV":
        return quote_text(call.scope.settings.time_zone)
    if letters[0] in "zv":
        if zone.is_utc and zone.name == "UTC":
            name = "Coordinated Universal Time" if letters == "zzzz" else "UTC"
            return quote_text(name) if letters in ("z", "zz", "zzz", "zzzz", "v") else None
        return quote_text(zone.name) if zone.offset_s is not None and letters in ("z", "zz", "zzz") else None
    form = _OFFSETS.get(letters)
    if form is None:
        return None
    style, zero = form
    if zone.is_utc:
        return quote_text(zero)
    return f"CASE WHEN {seconds} = 0 THEN {quote_text(zero)} ELSE ingot_offset_text({seconds}, '{style}') END"


# How an offset is written, and what stands for none: h hours, m minutes only where there are any.
_OFFSETS = {
    "X": ("+hhm", "Z"), "XX": ("+hhmm", "Z"), "XXX": ("+hh:mm", "Z"), "XXXX": ("+hhmm", "Z"), "XXXXX": ("+hh:mm", "Z"),
    "x": ("+hhm", "+00"), "xx": ("+hhmm", "+0000"), "xxx": ("+hh:mm", "+00:00"), "xxxx": ("+hhmm", "+0000"),
    "xxxxx": ("+hh:mm", "+00:00"), "Z": ("+hhmm", "+0000"), "ZZ": ("+hhmm", "+0000"), "ZZZ": ("+hhmm", "+0000"),
    "ZZZZ": ("GMT+hh:mm", "GMT"), "ZZZZZ": ("+hh:mm", "Z"), "O": ("GMT+h:m", "GMT"), "OOOO": ("GMT+hh:mm", "GMT"),
}  # fmt: skip
