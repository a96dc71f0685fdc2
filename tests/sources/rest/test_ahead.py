from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingot.sources.rest.ahead import in_order


@dataclass(frozen=True)
class Item:
    reader: int
    number: int
    size: int = 10


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 5), st.integers(1, 100))
def test_pages_come_in_the_order_of_their_readings(lengths: list[int], parallel: int, bytes_max: int) -> None:
    def reading(reader: int, length: int) -> Iterator[Item]:
        return (Item(reader, number) for number in range(length))

    readers = (lambda reader=reader, length=length: reading(reader, length) for reader, length in enumerate(lengths))
    wanted = [Item(reader, number) for reader, length in enumerate(lengths) for number in range(length)]
    assert list(in_order(readers, parallel, bytes_max)) == wanted


def test_readings_that_nobody_takes_from_yet_pause_when_they_hold_enough() -> None:
    read = [0, 0]
    paused = threading.Event()

    def endless(reader: int) -> Iterator[Item]:
        while True:
            read[reader] += 1
            if reader == 1 and read[1] == 5:
                paused.set()
            yield Item(reader, read[reader])

    readers = (lambda reader=reader: endless(reader) for reader in (0, 1))
    with closing(in_order(readers, 2, bytes_max=100)) as steps:
        assert len(list(islice(steps, 200))) == 200
        assert paused.wait(120)
        assert read[1] in (5, 6)  # five lie ready; the sixth may be at the door


def test_an_error_comes_after_the_pages_before_it() -> None:
    def failing() -> Iterator[Item]:
        yield Item(1, 1)
        raise OSError("gone")

    steps = in_order(iter([lambda: iter([Item(0, 0)]), failing]), 2)
    assert [next(steps), next(steps)] == [Item(0, 0), Item(1, 1)]
    with pytest.raises(OSError, match="gone"):
        next(steps)
