"""Several readings at once, their pages in order: the next ones are fetched while this one is landed.

Owns threads and the bound on what lies ready. Never changes what is read, only when.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from ingot.sources.awaiting import STEP_S

BUFFER_BYTES = 32 * 1024 * 1024
_WAITING_PER_THREAD = 4


class Sized(Protocol):
    """Something that takes room while it waits."""

    @property
    def size(self) -> int: ...


Item = TypeVar("Item", bound=Sized)
Reader = Callable[[], Iterator[Item]]


class _Buffer(Generic[Item]):
    """The pages of one reading that nobody has taken yet. The reading pauses when they are many."""

    def __init__(self, bytes_max: int):
        self._bytes_max = bytes_max
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._is_done = self._is_dropped = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def fill(self, reader: Reader[Item]) -> None:
        """Read to the end, on a thread of its own; what goes wrong is raised where the pages are taken."""
        try:
            for item in reader():
                if not self._put(item):
                    return
        except BaseException as error:
            self._error = error
        finally:
            with self._changed:
                self._is_done = True
                self._changed.notify_all()

    def drop(self) -> None:
        """Let the reading end at its next page."""
        with self._changed:
            self._is_dropped = True
            self._changed.notify_all()

    def taken(self) -> Iterator[Item]:
        """The pages, as they come."""
        while True:
            with self._changed:
                while not self._changed.wait_for(lambda: self._items or self._is_done, STEP_S):
                    continue
                if not self._items:
                    break
                item = self._items.popleft()
                self._bytes -= item.size
                self._changed.notify_all()
            yield item
        if self._error is not None:
            raise self._error

    def _put(self, item: Item) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._is_dropped or self._bytes < self._bytes_max)
            self._items.append(item)
            self._bytes += item.size
            self._changed.notify_all()
            return not self._is_dropped


def in_order(
    readers: Iterator[Reader[Item]], parallel: int, bytes_max: int = BUFFER_BYTES
) -> Generator[Item, None, None]:
    """All pages of all readings, one reading after the other, `parallel` of them under way, each with its part of
    `bytes_max` ready.

    Threads take readings in the order in which their pages are wanted, so the one that is waited for always runs.
    """
    waiting: deque[_Buffer[Item]] = deque()
    pool = ThreadPoolExecutor(parallel, thread_name_prefix="rest")
    try:
        while True:
            while len(waiting) < parallel * _WAITING_PER_THREAD and (reader := next(readers, None)) is not None:
                buffer: _Buffer[Item] = _Buffer(max(1, bytes_max // parallel))
                waiting.append(buffer)
                pool.submit(buffer.fill, reader)
            if not waiting:
                return
            yield from waiting[0].taken()
            waiting.popleft()
    finally:
        for buffer in waiting:
            buffer.drop()
        pool.shutdown(wait=False, cancel_futures=True)
