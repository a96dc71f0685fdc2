"""Put if absent: one winner, durable before anyone is told."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import LakeError
from ingot.lake.store import LocalStore


def test_of_many_writers_one_wins_and_its_content_stays(tmp_path: Path) -> None:
    store, path = LocalStore(), tmp_path / "log" / "x"
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda n: store.put_if_absent(path, b"%d" % n), range(32)))
    assert won.count(True) == 1
    assert store.read(path) == b"%d" % won.index(True)
    assert store.list(path.parent) == ["x"]


def test_content_is_on_disk_before_it_is_visible_and_its_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, link = os.fsync, os.link

    def recorded_sync(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")  # noqa: PTH112
        sync(descriptor)

    def recorded_link(source: Any, target: Any) -> None:
        steps.append("link")
        link(source, target)

    monkeypatch.setattr(os, "fsync", recorded_sync)
    monkeypatch.setattr(os, "link", recorded_link)
    LocalStore().put_if_absent(tmp_path / "x", b"1")
    assert steps == ["file", "link", "folder"]


def test_replacing_shows_the_old_content_or_the_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, path = LocalStore(), tmp_path / "x"
    store.put(path, b"old")

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            store.put(path, b"new")
    assert (store.read(path), store.list(tmp_path)) == (b"old", ["x"])
    store.put(path, b"new")
    assert store.read(path) == b"new"


def test_what_is_missing_is_no_error(tmp_path: Path) -> None:
    store = LocalStore()
    store.delete(tmp_path / "x")
    assert store.status(tmp_path / "x") is None
    assert not store.exists(tmp_path / "x")
    assert store.list(tmp_path / "nowhere") == []


def test_a_full_disk_is_an_error_of_the_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LakeError, match="No space left on device") as caught:
        LocalStore().put_if_absent(tmp_path / "x", b"1")
    assert caught.value.code == "write-failed"
    assert LocalStore().list(tmp_path) == []
