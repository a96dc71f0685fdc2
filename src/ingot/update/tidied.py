"""What the end of an update did to the landing zone, for its receipt."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class Tidied:
    """What went and what stays.

    Attributes:
        gone: The paths of files that went.
        notes: What was told of those that stay although they are old enough.
        next_due: When the next ones are old enough; None: there are none.
        is_complete: Whether all could be looked at.
    """

    gone: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    next_due: datetime.datetime | None = None
    is_complete: bool = True
