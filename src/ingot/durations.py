"""Durations as users write them."""

from __future__ import annotations

import datetime
import re

from ingot.errors import ProjectError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(text: str) -> datetime.timedelta:
    """A duration such as `30m`, `12h`, `7d`, `2w`.

    Raises:
        ProjectError: for anything else.

    >>> parse_duration("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", text)
    try:
        if match is not None:
            return datetime.timedelta(**{_UNITS[match.group(2)]: float(match.group(1))})
    except OverflowError:
        pass
    raise ProjectError(f"{text!r} is not a duration", hint="write 20s, 5m, 12h or 7d", code="usage")
