"""Which landed files of a database the next runs read again: those that may hold rows of the overlap.

A run reads again from its last cursor less the look-back, and must know which of these rows have landed (`overlap`). A
file holds no cursor greater than its record's. Asks no database, so it goes by the texts of cursors and keeps rather
too much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from ingot.lake.landing_record import LandingRecord
from ingot.sources.database.entry import Lookback

_ROUNDING = timedelta(minutes=1)  # bounds of times are whole minutes
_DAY_S = 86400


def needed(records: Sequence[LandingRecord], lookbacks: Iterable[Lookback]) -> set[str]:
    """The names of these files.

    Args:
        records: Of all files of the source, oldest first.
        lookbacks: Of all tables and queries: which of them a resource has is known only with the database.
    """
    amounts = {True: 0, False: 0}  # of times in seconds, of numbers
    for each in lookbacks:
        amounts[each.has_unit] = max(amounts[each.has_unit], each.amount)
    found: set[str] = set()
    for resource in dict.fromkeys(record.resource for record in records):
        own = [record for record in records if record.resource == resource]
        found |= _of_resource([r for r in own if r.url_sha256 == own[-1].url_sha256], amounts)
    return found


def _of_resource(records: Sequence[LandingRecord], amounts: dict[bool, int]) -> set[str]:
    """The files that may hold rows from the last run's cursor on; all of them after a run that found no row."""
    with_cursor = {record.name: str(record.cursor) for record in records if record.cursor is not None}
    values = {name: _value(text) for name, text in with_cursor.items()}
    last = records[-1]
    low = None if last.cursor is None else _low(with_cursor[last.name], values[last.name], amounts)
    if low is None or {type(value) for value in values.values()} != {type(low)}:
        return set(with_cursor)
    return {name for name, value in values.items() if value >= low}


def _value(text: str) -> Any:
    """A number, or an instant; None for what is neither."""
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    try:
        found = datetime.fromisoformat(text.replace(" +", "+"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _low(text: str, value: Any, amounts: dict[bool, int]) -> Any:
    """Where the next run would begin if this were the last cursor; None if that cannot be told."""
    if not isinstance(value, datetime):
        return None if value is None else value - amounts[False]
    amount_s = amounts[True] if ":" in text else -(-amounts[True] // _DAY_S) * _DAY_S
    try:
        return value - timedelta(seconds=amount_s) - _ROUNDING
    except OverflowError:
        return None
