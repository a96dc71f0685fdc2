"""Answers that are kept, up to a number of bytes, and each of which is computed once however many ask at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any


@dataclass(frozen=True)
class Kept:
    """An answer with its size; `is_kept` False for one that holds only for those who wait for it now."""

    value: Any
    size: int
    is_kept: bool = True


class Cache:
    """Answers by key, the least recently asked for removed first. May be used from several threads."""

    def __init__(self, bytes_max: int):
        self._bytes_max = bytes_max
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._running: dict[Hashable, Future[Kept]] = {}
        self._lock = threading.RLock()  # one that is given up at once is forgotten while it is asked for
        self.size = 0

    def ask(
        self, key: Hashable, compute: Callable[..., Kept], submit: Callable[[Callable[..., Kept]], Future[Kept]]
    ) -> tuple[Future[Kept], bool]:
        """The answer as a future, and whether it was there already; one that is being computed is waited for.

        Args:
            key: What is asked.
            compute: Gives the answer; it gets what `submit` calls it with.
            submit: Has it computed, by a thread of its own.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                done: Future[Kept] = Future()
                done.set_result(found)
                return done, True
            running = self._running.get(key)
            if running is not None and not running.cancelled():
                return running, False
            future = self._running[key] = submit(partial(self._computed, key, compute))
            future.add_done_callback(partial(self._forget, key))
            return future, False

    def _computed(self, key: Hashable, compute: Callable[..., Kept], *given: Any) -> Kept:
        try:
            found = compute(*given)
            if found.is_kept:
                self.put(key, found)
            return found
        finally:
            with self._lock:
                self._running.pop(key, None)

    def _forget(self, key: Hashable, future: Future[Kept]) -> None:
        """One that was given up before it began is not waited for by others."""
        with self._lock:
            if future.cancelled() and self._running.get(key) is future:
                del self._running[key]

    def put(self, key: Hashable, found: Kept) -> None:
        """Keep an answer, if it is not larger than all that may be kept."""
        if found.size > self._bytes_max:
            return
        with self._lock:
            previous = self._kept.pop(key, None)
            self.size += found.size - (previous.size if previous is not None else 0)
            self._kept[key] = found
            while self.size > self._bytes_max:
                _, removed = self._kept.popitem(last=False)
                self.size -= removed.size
