"""A digest of pieces is that of the whole, whoever computes it."""

from __future__ import annotations

import hashlib
import random
import threading

import pytest

from ingot.lake import digest as module
from ingot.lake.digest import Digest


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "sha256"]


@pytest.fixture(autouse=True)
def soon_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ALONE_BYTES", 100_000)


@pytest.mark.parametrize("size", [0, 1, 99_999, 100_000, 3_000_000])
def test_of_short_and_long_streams(size: int):
    content = random.Random(size).randbytes(size)
    digest = Digest()
    for start in range(0, size, 7_777):
        digest.update(content[start : start + 7_777])
    assert digest.hexdigest() == hashlib.sha256(content).hexdigest()
    assert threads() == []


def test_more_may_follow_after_it_was_asked():
    digest, whole = Digest(), hashlib.sha256()
    for number in range(30):
        piece = bytes([number]) * 30_000
        digest.update(piece)
        whole.update(piece)
        if number % 7 == 0:
            assert digest.hexdigest() == whole.hexdigest()
    assert digest.hexdigest() == whole.hexdigest()


def test_a_piece_that_its_owner_changes_afterwards_counts_as_it_was():
    digest, whole, buffer = Digest(), hashlib.sha256(), bytearray(50_000)
    for number in range(200):
        buffer[:] = bytes([number]) * len(buffer)
        digest.update(memoryview(buffer))  # type: ignore[arg-type]
        whole.update(buffer)
    assert digest.hexdigest() == whole.hexdigest()


def test_a_stream_that_is_given_up_leaves_no_thread():
    digest = Digest()
    digest.update(bytes(200_000))
    digest.update(bytes(200_000))
    assert threads() == ["sha256"]
    digest.close()
    digest.close()
    assert threads() == []
