"""Names of what a source lands that reads in runs: of each run, and of the folder of each resource.

Owns their form. Never writes anything.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ingot.lake.landing_record import LandingRecord

_RUN = "%Y%m%dT%H%M%SZ"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FOLDER_LENGTH_MAX = 100


def new_run(records: Iterable[LandingRecord], now: datetime) -> str:
    """A name that sorts after those of earlier runs, though clocks go back."""
    now = now.astimezone(UTC)
    runs = [record.run for record in records if record.run]
    if runs:
        last = datetime.strptime(max(runs), _RUN).replace(tzinfo=UTC)
        now = max(now, last + timedelta(seconds=1))
    return now.strftime(_RUN)


def last_run(records: Iterable[LandingRecord]) -> list[LandingRecord]:
    """The records of the newest run among these."""
    known = list(records)
    return [record for record in known if record.run == known[-1].run]


def folder_name(name: str) -> str:
    """The folder of a resource: its name where that is fit for one, else with a hash of it.

    >>> folder_name("orders"), folder_name("odd name/é")
    ('orders', 'odd_name__-d5ab1dd9')
    """
    if _PLAIN.fullmatch(name) and len(name) <= _FOLDER_LENGTH_MAX:
        return name
    safe = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:_FOLDER_LENGTH_MAX].lstrip("._") or "resource"
    return f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
