"""Who waits for an answer, and what is stopped when nobody does any more.

Owns nothing of what an answer is, and never stops what another reader still waits for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingot.errors import DashboardError


class Stop:
    """Ends the queries of one answer. Its methods may be called from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []
        self._is_asked = False

    def ask(self) -> None:
        """End what runs, and let nothing more begin. A query that is only about to run may need to be told again."""
        with self._lock:  # so that none is told that has ended, and whose connection does something else
            self._is_asked = True
            for interrupt in self._interrupts:
                interrupt()

    @contextmanager
    def ends(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Have `interrupt` called, in this block, when this is to stop.

        Raises:
            DashboardError: `query-stopped`, where it is already.
        """
        with self._lock:
            if self._is_asked:
                raise stopped()
            self._interrupts.append(interrupt)
        try:
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)


class Reader:
    """One who waits for answers, and may go away before they are there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leave: list[Callable[[], None]] = []
        self._is_gone = False

    def waits(self, leave: Callable[[], None]) -> None:
        """Have `leave` called each time that the reader is said to have gone; at once if that was before."""
        with self._lock:
            self._leave.append(leave)
            is_gone = self._is_gone
        if is_gone:
            leave()

    def go(self) -> None:
        """Wait no longer. It may be called again, for what still runs then."""
        with self._lock:
            self._is_gone = True
            leave = list(self._leave)
        for one in leave:
            one()


def stopped() -> DashboardError:
    """The error of what nobody waits for, or what the end of the server ends."""
    return DashboardError("the query was stopped", code="query-stopped")
