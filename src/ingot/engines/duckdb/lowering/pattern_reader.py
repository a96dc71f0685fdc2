"""Java's patterns for dates and times: reading a text in one.

A regular expression takes the text apart, exactly as strictly as Java does; the fields make the time. Texts in the usual
patterns of fixed width go a quicker way. A letter that is not read alike is refused at definition time.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re

from ingot.engines.duckdb.lowering import zones
from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.lowering.patterns import READ, STRFTIME, check_letters, invalid, tokens
from ingot.engines.duckdb.types import quote_text

_MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"
]  # fmt: skip
_SHORT = "|".join(month[:3] for month in _MONTHS)
_ZONE = r"Z|[+-]\d{2}:\d{2}|(?:UTC|GMT|UT)(?:[+-]\d{1,2}(?::\d{2})?)?|[A-Za-z]+/[A-Za-z_/+-]+|[A-Z]{3}"
# Letters: the field that they are, and what it looks like.
_FIELDS: dict[str, tuple[str, str]] = {
    "y": ("year", r"\d{1,6}"), "yy": ("year2", r"\d{2}"), "yyy": ("year", r"\d{3,6}"), "yyyy": ("year", r"\d{4}"),
    "M": ("month", r"\d{1,2}"), "MM": ("month", r"\d{2}"), "L": ("month", r"\d{1,2}"), "LL": ("month", r"\d{2}"),
    "MMM": ("name", _SHORT), "MMMM": ("name", "|".join(_MONTHS)), "LLL": ("name", _SHORT), "LLLL": ("name", "|".join(_MONTHS)),
    "d": ("day", r"\d{1,2}"), "dd": ("day", r"\d{2}"),
    "D": ("yearday", r"\d{1,3}"), "DD": ("yearday", r"\d{2,3}"), "DDD": ("yearday", r"\d{3}"),
    "H": ("hour", r"\d{1,2}"), "HH": ("hour", r"\d{2}"), "h": ("hour12", r"\d{1,2}"), "hh": ("hour12", r"\d{2}"),
    "k": ("hour24", r"\d{1,2}"), "kk": ("hour24", r"\d{2}"), "K": ("hour11", r"\d{1,2}"), "KK": ("hour11", r"\d{2}"),
    "m": ("minute", r"\d{1,2}"), "mm": ("minute", r"\d{2}"), "s": ("second", r"\d{1,2}"), "ss": ("second", r"\d{2}"),
    "a": ("half", "am|pm"), "G": ("era", "ad"),
    "X": ("zone", r"z|[+-]\d{2}(?:\d{2})?"), "XX": ("zone", r"z|[+-]\d{4}"), "XXX": ("zone", r"z|[+-]\d{2}:\d{2}"),
    "x": ("zone", r"[+-]\d{2}(?:\d{2})?"), "xx": ("zone", r"[+-]\d{4}"), "xxx": ("zone", r"[+-]\d{2}:\d{2}"),
    "Z": ("zone", r"[+-]\d{4}"), "ZZ": ("zone", r"[+-]\d{4}"), "ZZZ": ("zone", r"[+-]\d{4}"),
    "ZZZZZ": ("zone", r"z|[+-]\d{2}:\d{2}"), "OOOO": ("zone", r"gmt(?:[+-]\d{2}:\d{2})?"),
    "z": ("zone", _ZONE), "zz": ("zone", _ZONE), "zzz": ("zone", _ZONE), "VV": ("zone", _ZONE),
}  # fmt: skip
_LIMITS = {
    "month": (1, 12), "hour": (0, 23), "hour12": (1, 12), "hour24": (1, 24), "hour11": (0, 11), "minute": (0, 59), "second": (0, 59)
}  # fmt: skip


class _Regex:
    """The regular expression of a pattern, with the names of its groups."""

    def __init__(self, pattern: str, call: Call):
        self.pattern = pattern
        self.call = call
        self.text = ""
        self.names: list[str] = []
        is_number = False  # whether digits may stand directly before
        is_open = False  # whether they may be of any length
        for kind, content in tokens(pattern):
            if kind == "optional":
                self.text += "(?:" if content == "[" else ")?"
            elif kind == "text":
                if content in ("#", "{", "}"):
                    raise invalid(content, pattern, call)
                self.text += re.escape(content)
            else:
                digits, any_length = self._letters(content, is_number, is_open)
                is_number, is_open = digits, any_length or (digits and is_open)
                continue
            is_number = is_open = False
        if self.text.count("(?:") and not _is_balanced(pattern):
            raise call.refuse(f"the date pattern {pattern!r} has brackets that do not fit")

    def _letters(self, letters: str, after_number: bool, after_open: bool) -> tuple[bool, bool]:
        if set(letters) == {"S"} and len(letters) <= 9:
            if after_open:  # Java then takes all digits for the first number
                raise self._refused(letters, "put something between the seconds and the fraction")
            self._group("fraction", rf"\d{{1,{len(letters)}}}")
            return True, True
        check_letters(letters, self.pattern, self.call, READ)
        field = _FIELDS.get(letters)
        if field is None:
            raise self._refused(letters, None)
        name, regex = field
        is_digits = regex.startswith(r"\d")
        is_fixed = is_digits and "," not in regex and letters != "yyyy"
        if after_number and is_digits and not is_fixed:
            raise self._refused(letters, "put something between the numbers")
        self._group(name, regex)
        return is_digits, is_digits and not is_fixed

    def _refused(self, letters: str, hint: str | None) -> Exception:
        return self.call.refuse(
            f"the date pattern {self.pattern!r} uses {letters!r}, which is not supported for reading", hint
        )

    def _group(self, name: str, regex: str) -> None:
        if name in self.names:
            raise self.call.refuse(f"the date pattern {self.pattern!r} names a field twice")
        self.names.append(name)
        self.text += f"({regex})"


def _is_balanced(pattern: str) -> bool:
    depth = 0
    for kind, content in tokens(pattern):
        if kind == "optional":
            depth += 1 if content == "[" else -1
        if depth < 0:
            return False
    return depth == 0


def read(text: str, pattern: str, call: Call, safely: bool) -> str:
    """SQL that reads a text in Java's pattern as the wall clock in the session's zone, a TIMESTAMP.

    What does not match raises, or is NULL.
    """
    regex = _Regex(pattern, call)
    names = ", ".join(quote_text(n) for n in regex.names)
    whole = quote_text(f"(?is)^{regex.text}$")
    wrong = (
        "NULL"
        if safely
        else "CAST('CANNOT_PARSE_TIMESTAMP: ''' || {v} || ''' does not have the form ' || {p} AS TIMESTAMP)"
    )

    def body(value: str) -> str:
        failing = wrong.format(v=value, p=quote_text(pattern))
        if not regex.names:
            return f"CASE WHEN {value} IS NULL THEN NULL WHEN regexp_matches({value}, {whole}) THEN TIMESTAMP '1970-01-01' ELSE {failing} END"
        found = f"regexp_extract({value}, {whole}, [{names}])"
        exact = call.scope.let(found, lambda p: f"coalesce({_assembled(p, regex.names, call)}, {failing})")
        slow = f"WHEN regexp_matches({value}, {whole}) THEN {exact} WHEN {value} IS NOT NULL THEN {failing}"
        return f"CASE {_quick(value, pattern)}{slow} END"

    return call.scope.let(text, body)


def _assembled(p: str, names: list[str], call: Call) -> str:
    """The time of the fields; NULL when there is none."""

    def number(name: str, default: int) -> str:
        return f"coalesce(TRY_CAST({p}.{name} AS INTEGER), {default})" if name in names else str(default)

    year = number("year", 1970)
    if "year2" in names:
        year = f"(2000 + {number('year2', 0)})"
    month = number("month", 1)
    if "name" in names:
        listed = ", ".join(quote_text(m[:3]) for m in _MONTHS)
        month = f"CASE WHEN {p}.name = '' THEN 1 ELSE list_position([{listed}], lower({p}.name[:3])) END"
    day = f"make_date({year}, {month}, {number('day', 1)})"
    if "yearday" in names:
        day = f"make_date({year}, 1, 1) + ({number('yearday', 1)} - 1)"
    hour = f"({number('hour', 0)} + {number('hour12', 0)} % 12 + {number('hour24', 0)} % 24 + {number('hour11', 0)})"
    if "half" in names:
        hour = f"({hour} + CASE WHEN lower({p}.half) = 'pm' THEN 12 ELSE 0 END)"
    seconds = f"{hour} * 3600 + {number('minute', 0)} * 60 + {number('second', 0)}"
    micros = f"({seconds}) * 1000000::BIGINT"
    if "fraction" in names:
        micros += f" + CAST(rpad({p}.fraction, 6, '0')[:6] AS BIGINT)"
    clock = f"make_timestamp(epoch_us(CAST({day} AS TIMESTAMP)) + {micros})"
    if "zone" in names:
        named = f"CASE WHEN regexp_full_match({p}.zone, '(?i)z|ut|gmt|utc') THEN 'UTC' WHEN regexp_full_match({p}.zone, '[+-]\\d{{2}}(?:\\d{{2}})?') THEN {p}.zone[:3] || ':' || rpad({p}.zone[4:], 2, '0') ELSE {p}.zone END"
        moment = f"ingot_moment_in({clock}, {named})"
        clock = f"CASE WHEN {p}.zone = '' THEN {clock} ELSE {zones.local(moment, call.scope.zone)} END"
    checks = [f"{number(n, low)} BETWEEN {low} AND {high}" for n, (low, high) in _LIMITS.items() if n in names]
    if "yearday" in names:
        checks.append(f"year({day}) = {year} AND {number('yearday', 1)} > 0")
    return f"TRY(CASE WHEN {' AND '.join(checks) or 'TRUE'} THEN {clock} END)"


def _quick(value: str, pattern: str) -> str:
    """A branch for patterns of plain dates and times: what is shown again as it was read has the form to the letter."""
    native = _native_format(pattern)
    if native is None:
        return ""
    found = f"try_strptime({value}, {quote_text(native)})"
    return f"WHEN strftime({found}, {quote_text(native)}) = {value} THEN {found} "


def _native_format(pattern: str) -> str | None:
    """DuckDB's format that reads and writes the same text, for patterns of plain four-digit dates and times."""
    result = ""
    for kind, content in tokens(pattern):
        if kind == "text":
            result += content.replace("%", "%%")
        elif content in ("yyyy", "MM", "dd", "HH", "mm", "ss", "M", "d", "H", "m", "s"):
            result += STRFTIME[content]
        else:
            return None
    return result if all(c in result for c in ("%Y", "%d")) else None
