"""A file on its way into the landing zone, however long, is what was written, and its digest is its own."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ingot.lake import digest, landing
from ingot.lake.landing import Partial


@pytest.fixture
def partial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Partial:
    """Long from 1,000 bytes on."""
    monkeypatch.setattr(landing, "_BEGIN_BYTES", 1000)
    monkeypatch.setattr(digest, "_ALONE_BYTES", 1000)
    return Partial(tmp_path / "file")


def written(partial: Partial, content: bytes) -> None:
    for start in range(0, len(content), 700):
        partial.write(content[start : start + 700])


def test_a_long_file_is_whole(partial: Partial):
    content = os.urandom(100_000)
    written(partial, content)
    partial.sync()
    assert partial.path.read_bytes() == content
    assert (partial.bytes, partial.sha256) == (100_000, hashlib.sha256(content).hexdigest())


def test_what_came_before_a_restart_is_forgotten(partial: Partial):
    written(partial, os.urandom(50_000))
    partial.restart()
    written(partial, b"ab" * 3_000)
    partial.sync()
    assert partial.path.read_bytes() == b"ab" * 3_000
    assert (partial.bytes, partial.sha256) == (6_000, hashlib.sha256(b"ab" * 3_000).hexdigest())


def test_a_system_without_advice_for_files_does_without_it(partial: Partial, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "posix_fadvise")
    written(partial, b"x" * 5_000)
    partial.sync()
    assert partial.path.read_bytes() == b"x" * 5_000


def test_a_file_system_that_takes_no_advice_is_written_all_the_same(partial: Partial, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "posix_fadvise", refuse)
    written(partial, b"x" * 5_000)
    partial.sync()
    assert partial.path.read_bytes() == b"x" * 5_000


def test_a_file_that_is_given_up_is_gone(partial: Partial):
    written(partial, b"x" * 5_000)
    partial.close()
    assert not partial.path.exists()
