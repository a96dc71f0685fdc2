"""How often a source tells how far it is: a few times a second, whatever comes in between."""

from __future__ import annotations

import time

INTERVAL_S = 0.2


class Progress:
    """Tells when it is time to say something again; the first time it is."""

    def __init__(self) -> None:
        self._next = 0.0

    def is_due(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + INTERVAL_S
        return True
