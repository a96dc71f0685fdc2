"""Answers that are kept, up to a number of bytes, and each of which is computed once however many ask at a time.

What all who asked for have gone is stopped; who asks for it then has it computed anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ingot.dashboards.waiting import Reader, Stop


@dataclass(frozen=True)
class Kept:
    """An answer with its size; `is_kept` False for one that holds only for those who wait for it now."""

    value: Any
    size: int
    is_kept: bool = True


@dataclass(eq=False)
class _Running:
    """An answer that is computed, and who waits for it."""

    readers: set[Reader] = field(default_factory=set)
    stop: Stop = field(default_factory=Stop)
    future: Future[Kept] = field(default_factory=Future)
    is_left: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it is given up."""
        return self.is_left or self.future.cancelled()


class Cache:
    """Answers by key, the least recently asked for removed first. May be used from several threads."""

    def __init__(self, bytes_max: int):
        self._bytes_max = bytes_max
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._running: dict[Hashable, _Running] = {}
        self._lock = threading.RLock()  # one that is given up at once is forgotten while it is asked for
        self.size = 0

    def ask(
        self,
        key: Hashable,
        compute: Callable[..., Kept],
        submit: Callable[[Callable[..., Kept]], Future[Kept]],
        reader: Reader,
    ) -> tuple[Future[Kept], bool]:
        """The answer as a future, and whether it was there already; one that is being computed is waited for.

        Args:
            key: What is asked.
            compute: Gives the answer; it gets what stops it, and what `submit` calls it with.
            submit: Has it computed, by a thread of its own.
            reader: Who waits for it.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                done: Future[Kept] = Future()
                done.set_result(found)
                return done, True
            running = self._running.get(key)
            if running is None or running.is_over:
                running = _Running()
                running.future = submit(partial(self._computed, key, running, compute))
                if not running.future.done():
                    self._running[key] = running  # not before it is sure that somebody computes it
                running.future.add_done_callback(partial(self._given_up, key))
            running.readers.add(reader)
        reader.waits(partial(self._leave, running, reader))
        return running.future, False

    def _computed(self, key: Hashable, running: _Running, compute: Callable[..., Kept], *given: Any) -> Kept:
        try:
            found = compute(running.stop, *given)
            if found.is_kept:
                self.put(key, found)
            return found
        finally:
            with self._lock:
                self._forget(key, running)

    def _given_up(self, key: Hashable, future: Future[Kept]) -> None:
        """One that was given up before it began is not waited for by others."""
        with self._lock:
            running = self._running.get(key)
            if future.cancelled() and running is not None and running.future is future:
                self._forget(key, running)

    def _forget(self, key: Hashable, running: _Running) -> None:
        running.readers.clear()
        if self._running.get(key) is running:
            del self._running[key]

    def _leave(self, running: _Running, reader: Reader) -> None:
        """Stop an answer that the last one who waited for it has left."""
        with self._lock:
            running.readers.discard(reader)
            if running.readers or running.future.done():
                return
            running.is_left = True
        running.future.cancel()
        running.stop.ask()

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
