"""Dates and times in text: Spark's lenient cast, and patterns such as `dd/MM/yyyy HH:mm:ss`.

The time zone is UTC, as everywhere in a session. Never guesses: a pattern letter that is not read exactly is refused.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingot.errors import UnsupportedError


class BadValue(Exception):
    """The text is not a value of the type."""


_DATE = re.compile(r"([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[ T].*)?", re.DOTALL)
_TIMESTAMP = re.compile(
    r"([+-]?\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2}))?)?"
    r"(?:[ T](?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?)?(.*))?",
    re.DOTALL,
)
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def lenient_date(text: str) -> datetime.date:
    """Read a date as `CAST(text AS DATE)` does: `2024`, `2024-1`, `2024-1-9`, anything after a blank or T ignored."""
    found = _DATE.fullmatch(text.strip("\0 \t\n\r\f\v\x1c\x1d\x1e\x1f"))
    if found is None:
        raise BadValue(text)
    try:
        return datetime.date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        raise BadValue(text) from None


def lenient_timestamp(text: str, has_zone: bool = True) -> datetime.datetime:
    """Read an instant as `CAST(text AS TIMESTAMP)` does; without a zone in the text it is UTC."""
    found = _TIMESTAMP.fullmatch(text.strip("\0 \t\n\r\f\v\x1c\x1d\x1e\x1f"))
    if found is None:
        raise BadValue(text)
    year, month, day, hour, minute, second, fraction, zone_text = found.groups()
    if zone_text and (hour is None or minute is None):
        raise BadValue(text)
    zone = _zone((zone_text or "").strip(), text)
    if zone is not None and not has_zone:
        raise BadValue(text)
    try:
        return datetime.datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
            int(((fraction or "") + "000000")[:6]), zone or (datetime.UTC if has_zone else None),
        )  # fmt: skip
    except ValueError:
        raise BadValue(text) from None


def _zone(name: str, text: str) -> datetime.tzinfo | None:
    if not name:
        return None
    if name in ("Z", "UTC", "GMT", "UT"):
        return datetime.UTC
    if found := _OFFSET.fullmatch(name):
        hours, minutes, seconds = int(found[2]), int(found[3] or 0), int(found[4] or 0)
        if hours > 18 or minutes > 59 or seconds > 59:
            raise BadValue(text)
        offset = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return datetime.timezone(-offset if found[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadValue(text) from None


def timestamp_text(value: datetime.datetime, has_zone: bool) -> str:
    """The form in which a value is handed to DuckDB: with its offset for instants, without for local times."""
    if has_zone:
        try:
            value = value.astimezone(datetime.UTC)
        except OverflowError:
            raise BadValue(str(value)) from None
        return value.replace(tzinfo=None).isoformat(" ") + "+00:00"
    return value.replace(tzinfo=None).isoformat(" ")


_FIELDS: dict[str, str] = {
    "yyyy": r"(?P<year>\d{4,9})", "yy": r"(?P<year2>\d\d)", "y": r"(?P<year>\d{1,9})",
    "uuuu": r"(?P<year>\d{4,9})", "u": r"(?P<year>\d{1,9})",
    "MM": r"(?P<month>\d\d)", "M": r"(?P<month>\d{1,2})", "LL": r"(?P<month>\d\d)", "L": r"(?P<month>\d{1,2})",
    "MMM": "(?P<name>" + "|".join(m[:3] for m in _MONTHS) + ")", "MMMM": "(?P<name>" + "|".join(_MONTHS) + ")",
    "dd": r"(?P<day>\d\d)", "d": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d\d)", "H": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<hour12>\d\d)", "h": r"(?P<hour12>\d{1,2})", "a": r"(?P<half>AM|PM|am|pm)",
    "mm": r"(?P<minute>\d\d)", "m": r"(?P<minute>\d{1,2})",
    "ss": r"(?P<second>\d\d)", "s": r"(?P<second>\d{1,2})",
    "X": r"(?P<zone>Z|[+-]\d\d(?:\d\d)?)", "XX": r"(?P<zone>Z|[+-]\d{4})", "XXX": r"(?P<zone>Z|[+-]\d\d:\d\d)",
    "x": r"(?P<zone>[+-]\d\d(?:\d\d)?)", "xx": r"(?P<zone>[+-]\d{4})", "xxx": r"(?P<zone>[+-]\d\d:\d\d)",
    "Z": r"(?P<zone>[+-]\d{4})", "VV": r"(?P<zone>[A-Za-z][\w/+-]*|Z|[+-]\d\d:\d\d)",
}  # fmt: skip


def compile_pattern(pattern: str) -> Callable[[str], datetime.datetime]:
    """Make a reader for one of Spark's datetime patterns.

    Raises:
        UnsupportedError: `unsupported-datetime-pattern`, for letters that are not read exactly.
    """
    regex = re.compile(_pattern_regex(pattern), re.IGNORECASE)

    def read(text: str) -> datetime.datetime:
        found = regex.fullmatch(text)
        if found is None:
            raise BadValue(text)
        return _from_fields({k: v for k, v in found.groupdict().items() if v is not None}, text)

    return read


def _pattern_regex(pattern: str) -> str:
    out, at, names = "", 0, set[str]()
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            stop = pattern.find("'", at + 1)
            if stop < 0:
                raise _unsupported(pattern, letter)
            out += re.escape(pattern[at + 1 : stop]) if stop > at + 1 else "'"
            at = stop + 1
        elif letter == "[":
            out, at = out + "(?:", at + 1
        elif letter == "]":
            out, at = out + ")?", at + 1
        elif letter.isascii() and letter.isalpha():
            length = len(pattern[at:]) - len(pattern[at:].lstrip(letter))
            piece = f"(?P<fraction>[0-9]{{{length}}})" if letter == "S" else _FIELDS.get(letter * length)
            if piece is None or (name := piece[3 : piece.index(">")]) in names:
                raise _unsupported(pattern, letter * length)
            names.add(name)
            out, at = out + piece, at + length
        else:
            out, at = out + re.escape(letter), at + 1
    return out


def _unsupported(pattern: str, letters: str) -> UnsupportedError:
    return UnsupportedError(
        f"the date or time pattern {pattern!r} holds {letters!r}, which is not read exactly",
        code="unsupported-datetime-pattern",
        hint="read the column as STRING and convert it in the query",
    )


def _from_fields(fields: dict[str, str], text: str) -> datetime.datetime:
    month = int(fields.get("month", 1))
    if "name" in fields:
        month = next(i for i, m in enumerate(_MONTHS, 1) if m[:3].lower() == fields["name"][:3].lower())
    hour = int(fields.get("hour", 0))
    if "hour12" in fields:
        hour = int(fields["hour12"]) % 12 + (12 if fields.get("half", "am").lower() == "pm" else 0)
        if not 1 <= int(fields["hour12"]) <= 12:
            raise BadValue(text)
    year = int(fields["year"]) if "year" in fields else 2000 + int(fields.get("year2", "-30"))
    try:
        value = datetime.datetime(
            year, month, int(fields.get("day", 1)), hour, int(fields.get("minute", 0)),
            int(fields.get("second", 0)), int((fields.get("fraction", "") + "000000")[:6]),
            _zone(fields["zone"], text) if "zone" in fields else None,
        )  # fmt: skip
    except ValueError:
        raise BadValue(text) from None
    return value
