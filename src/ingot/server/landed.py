"""What sources have landed, read again only when more has landed. Never writes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingot.lake.landing import Landing
from ingot.lake.landing_record import LandingRecord


@dataclass(frozen=True)
class Landed:
    """The landed files of a source, added up."""

    files: int
    bytes: int
    newest: datetime | None


class LandedFiles:
    """The records of one lake's landing zone. Any thread may ask.

    Of every source the sum is kept, of the one that was asked for last its records too: readers page through one.
    """

    def __init__(self, landing: Landing):
        self._landing = landing
        self._lock = threading.Lock()
        self._sums: dict[str, tuple[Any, Landed]] = {}
        self._last: tuple[str, Any, list[LandingRecord]] | None = None

    def sources(self) -> list[str]:
        """The sources that have ever landed a file."""
        return self._landing.sources()

    def sum(self, source: str) -> Landed:
        """What a source has landed, added up."""
        stamp = self._landing.stamp(source)
        with self._lock:
            known = self._sums.get(source)
        if known is not None and stamp is not None and known[0] == stamp:
            return known[1]
        found = _sum(self._landing.records(source))
        with self._lock:
            self._sums[source] = (stamp, found)
        return found

    def records(self, source: str) -> list[LandingRecord]:
        """The records of a source, newest first."""
        stamp = self._landing.stamp(source)
        with self._lock:
            last = self._last
        if last is not None and stamp is not None and last[:2] == (source, stamp):
            return last[2]
        found = sorted(self._landing.records(source), key=lambda r: (r.landed_at, r.sequence), reverse=True)
        with self._lock:
            self._last = (source, stamp, found)
        return found


def _sum(records: list[LandingRecord]) -> Landed:
    newest = max((record.landed_at for record in records), default=None)
    return Landed(len(records), sum(record.bytes for record in records), newest)
