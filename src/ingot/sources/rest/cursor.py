"""The cursor of an incremental resource: which value is the greatest, and what the next run asks for.

Owns comparing and moving back values that grow: numbers, dates, instants, other texts. A value is kept as it came, and
is written again only where a look-back changes it. Never sees a request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ingot.sources.rest.page import MISSING, at, kind_of

_INSTANT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?P<between>[T ])(?P<time>\d\d:\d\d(?::\d\d)?)(?P<fraction>\.\d+)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class CursorError(ValueError):
    """Values of a cursor that cannot be put in order; the text says why."""


@dataclass(frozen=True)
class Incremental:
    """Ask only for what is new.

    Attributes:
        cursor: The path of the growing value in each record.
        parameter: The parameter of the request that takes it.
        start: What the first run asks for; None: everything.
        lookback_s: How far before the greatest instant a run begins.
        lookback: The same for numbers.
        is_number: Whether `start` is a number: in a body so are the values that follow it.
    """

    cursor: str
    parameter: str
    start: str | None = None
    lookback_s: float = 0.0
    lookback: Decimal = Decimal(0)
    is_number: bool = False

    def since(self, greatest: str | None) -> str | None:
        """What a run asks for, when the runs before it have seen values up to `greatest`.

        Raises:
            CursorError: the look-back does not fit the values.
        """
        if greatest is None or not (self.lookback_s or self.lookback):
            return self.start if greatest is None else greatest
        if self.lookback:
            value = _ordered(greatest)
            if not isinstance(value, Decimal):
                raise CursorError(f"the look-back is a number, but {self.cursor!r} holds {greatest!r}")
            return f"{value - self.lookback:f}"
        return _moved_back(greatest, timedelta(seconds=self.lookback_s), self.cursor)

    def greatest(self, known: str | None, records: Sequence[Any]) -> str | None:
        """The greatest value of the records and the one known before; records without one do not count.

        Raises:
            CursorError: no record has the cursor, or its values cannot be compared.
        """
        found = [at(record, self.cursor) for record in records]
        if records and all(value is MISSING for value in found):
            raise CursorError(f"no record has the cursor {self.cursor!r}")
        for value in found:
            if value is MISSING or value is None:
                continue
            if not isinstance(value, str):
                raise CursorError(f"the cursor {self.cursor!r} must be a text or a number, and is {kind_of(value)}")
            if known is None or _is_greater(str(value), known, self.cursor):
                known = str(value)
        return known


def _is_greater(value: str, other: str, cursor: str) -> bool:
    if value == other:
        return False
    left, right = _ordered(value), _ordered(other)
    try:
        return left > right or (left == right and value > other)
    except TypeError as error:
        raise CursorError(f"values of the cursor {cursor!r} cannot be compared: {value!r} and {other!r}") from error


def _ordered(value: str) -> Any:
    """A value in a form that sorts; values of different forms do not compare."""
    if _NUMBER.fullmatch(value):
        return Decimal(value)
    found = _INSTANT.fullmatch(value)
    try:
        if found:
            instant = datetime.fromisoformat(value)
            # The fraction may be finer than a microsecond.
            fraction = Decimal("0" + found["fraction"]) if found["fraction"] else Decimal(0)
            return instant.replace(microsecond=0), fraction
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except (ValueError, OverflowError):
        return value
    return value


def _moved_back(value: str, by: timedelta, cursor: str) -> str:
    """An instant or a date some time before, written as the value is."""
    found = _INSTANT.fullmatch(value)
    try:
        if found:
            moved = _earlier(datetime.fromisoformat(value), by)
            digits = len(found["fraction"] or ".") - 1
            time = moved.strftime("%H:%M:%S" if found["time"].count(":") == 2 else "%H:%M")
            fraction = f".{f'{moved.microsecond:06}'[:digits]:0<{digits}}" if digits else ""
            return f"{moved.date().isoformat()}{found['between']}{time}{fraction}{found['zone'] or ''}"
        if _DAY.fullmatch(value):
            return _earlier(date.fromisoformat(value), timedelta(days=-(-by // timedelta(days=1)))).isoformat()
    except ValueError as error:
        raise CursorError(f"the look-back cannot be taken from {value!r}") from error
    raise CursorError(f"the look-back is a duration, but {cursor!r} holds {value!r}, which is no date in ISO 8601")


def _earlier(value: Any, by: timedelta) -> Any:
    """A time before; the first there is where the calendar ends."""
    try:
        return value - by
    except OverflowError:
        return datetime.min.replace(tzinfo=value.tzinfo) if isinstance(value, datetime) else date.min
