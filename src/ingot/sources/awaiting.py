"""Waiting for what other threads bring, so that Ctrl-C is heard.

A signal that comes after Python has looked for one, and before the call that waits has begun, is not noticed until that
call returns. So nothing is waited for in one long call. Never decides what an interrupt ends.
"""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from queue import Empty, SimpleQueue
from typing import TypeVar

STEP_S = 0.25
"""How late an interrupt may be noticed."""

T = TypeVar("T")


def result_of(future: Future[T]) -> T:
    """The result of a future, or its exception."""
    while not future.done():
        wait_for((future,), STEP_S)
    return future.result()


def next_of(queue: SimpleQueue[T]) -> T:
    """The next thing that comes out of a queue."""
    while True:
        try:
            return queue.get(timeout=STEP_S)
        except Empty:
            continue
