"""Which tests can run here: those that ask Spark need PySpark and Java, those of real files a folder, those of pages Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from ingot import secrets

# Properties are tried on the same examples each time, however long one takes; `INGOT_EXAMPLES=500` looks for others.
settings.register_profile("steady", deadline=None, derandomize="INGOT_EXAMPLES" not in os.environ, print_blob=True)
settings.load_profile("steady")
# Containers often forbid bytecode: each of the hundreds of processes that tests start would compile all of Ingot again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A shell that runs the tests in the background has them ignore Ctrl-C, and with them each process that they stop by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def missing(marker: str) -> str | None:
    """What tests with this marker lack on this machine."""
    if marker == "spark" and (find_spec("pyspark") is None or shutil.which("java") is None):
        return "needs PySpark and Java: make .venv/spark"
    if marker == "shared" and not Path(os.environ.get("INGOT_SHARED", "/nowhere"), "data").is_dir():
        return "INGOT_SHARED names no folder with real files"
    if marker == "browser" and (find_spec("playwright") is None or shutil.which("chromium") is None):
        return "needs Playwright and Chromium: apt-get install chromium"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reasons = {marker: reason for marker in ("spark", "shared", "browser") if (reason := missing(marker))}
    if "browser" in reasons and os.environ.get("INGOT_BROWSER") == "required":
        raise pytest.UsageError(reasons["browser"])
    for item in items:
        for marker, reason in reasons.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _secrets_of_other_tests_are_not_hidden() -> Iterator[None]:
    """A process takes each secret that it was given out of all texts: what one test calls so is a word of another's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "_given", set(secrets._given))
        yield


@pytest.fixture(scope="session", autouse=True)
def _disks_are_not_waited_for() -> Iterator[None]:
    """No test cuts the power, and a process that is killed loses nothing that it has written: `os.fsync` checks its
    descriptor, and waits for no disk. The suite calls it tens of thousands of times, some milliseconds each. What is
    synced, and in which order, is recorded by tests of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        yield
