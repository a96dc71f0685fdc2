"""Answers that are kept, up to a number of bytes, and each of which is computed once however many ask at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
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
        self._lock = threading.Lock()
        self.size = 0

    def ask(self, key: Hashable, compute: Callable[[], Kept], executor: Executor) -> tuple[Future[Kept], bool]:
        """The answer as a future, and whether it was there already; one that is being computed is waited for."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                done: Future[Kept] = Future()
                done.set_result(found)
                return done, True
            running = self._running.get(key)
            if running is not None:
                return running, False
            future = self._running[key] = executor.submit(self._computed, key, compute)
            return future, False

    def _computed(self, key: Hashable, compute: Callable[[], Kept]) -> Kept:
        try:
            found = compute()
            if found.is_kept:
                self.put(key, found)
            return found
        finally:
            with self._lock:
                self._running.pop(key, None)

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
