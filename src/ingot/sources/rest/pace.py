"""When the next request may be sent: so many a second, and not before the server wants any.

Owns the one place where a source of kind `rest` waits. Never sends anything.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

_WAIT_FIRST_S = 0.5
_WAIT_MAX_S = 30.0


class Pace:
    """The pace of one source. Its threads share one: whoever is told to wait makes all wait."""

    def __init__(self, interval_s: float, wait: Callable[[float], object], clock: Callable[[], float] = time.monotonic):
        self._interval_s = interval_s
        self._wait = wait
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock()

    def turn(self) -> None:
        """Wait until a request may be sent, and take that turn."""
        with self._lock:
            now = self._clock()
            mine = max(now, self._free_at)
            self._free_at = mine + self._interval_s
        if mine > now:
            self._wait(mine - now)

    def postpone(self, seconds: float) -> None:
        """Let nobody send before so many seconds have passed."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock() + seconds)

    def back_off(self, attempt: int) -> None:
        """Wait after a failure, on this thread alone: any time up to a bound that doubles, so that those who failed
        together do not come back together."""
        self._wait(random.uniform(0, min(_WAIT_MAX_S, _WAIT_FIRST_S * 2**attempt)))
