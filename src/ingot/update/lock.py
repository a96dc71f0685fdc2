"""One update at a time: a lock on the lake that the operating system frees when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingot.errors import PlanError


@contextmanager
def update_lock(lake: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lake for one update.

    Args:
        lake: The lake's folder; created if absent.
        wait_s: How long to wait for another update to end.

    Raises:
        PlanError: `lake-busy`, naming the process that holds it.
    """
    folder = lake / "_ingot"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = (folder / "update.lock").open("a+")
    except OSError as error:
        raise PlanError(
            f"the lake {lake} cannot be written to: {error.strerror}",
            hint="check the permissions and the disk, or name another folder: lake: PATH in ingot.yml",
            code="lake-not-writable",
        ) from error
    with opened as file:
        deadline = time.monotonic() + wait_s
        while not _try_lock(file):
            if time.monotonic() >= deadline:
                raise _busy(file, lake)
            time.sleep(min(0.2, wait_s))
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}, file)
        file.flush()
        yield


def last_holder(lake: Path) -> int | None:
    """The process of this machine that was the last one to hold the lake, if it still lives; it may have let go since.

    Never tries the lock: that would turn away an update which begins at that moment.
    """
    try:
        holder = json.loads((lake / "_ingot" / "update.lock").read_text("utf-8"))
        pid, host = int(holder["pid"]), holder["host"]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return pid if host == socket.gethostname() and _lives(pid) else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, as another user's
        return True
    return True


def _try_lock(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy(file, lake: Path) -> PlanError:
    file.seek(0)
    try:
        holder = json.load(file)
        by = f"process {holder['pid']}, since {holder['since']}"
    except (ValueError, KeyError):
        by = "another process"
    return PlanError(
        f"the lake {lake} is being updated by {by}",
        hint="wait for it to end, or let this one wait: --wait 10m",
        code="lake-busy",
    )
