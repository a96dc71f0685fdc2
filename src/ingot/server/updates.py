"""Updates that the console starts and stops: each a process of its own, like one that is started by hand.

An update goes on when the server ends, and the next server finds it: what is known of it is the journal and the lock of
the lake, as for every update. Never runs a flow itself.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingot.errors import IngotError, Location
from ingot.history import UpdateRun, newest_update
from ingot.model import Project
from ingot.server.faults import RequestError
from ingot.update.lock import last_holder

_START_S = 30.0  # what keeps an update from beginning is told if it shows by then, also on a busy machine
_LOOK_S = 0.05
_PATIENCE_S = 20.0  # how long an update may take to stop by itself


class Updates:
    """Starts and stops updates of one project."""

    def __init__(self, folder: Path, options: Sequence[str]):
        self._command = [sys.executable, "-P", "-m", "ingot", "-C", str(folder)]
        self._options = list(options)
        self._lock = threading.Lock()
        self._is_closed = threading.Event()
        self._stopping: set[int] = set()

    def close(self) -> None:
        """Wait for nothing any more; what was started goes on."""
        self._is_closed.set()

    def start(self, project: Project, selection: Sequence[str]) -> UpdateRun | None:
        """Start an update; gives it once it has begun, or None if it takes long to begin.

        Args:
            project: The project.
            selection: Options of `ingot run`.

        Raises:
            RequestError: `lake-busy`.
            IngotError: what keeps the update from beginning.
        """
        with self._lock:
            before = newest_update(project)
            if before is not None and before.state == "RUNNING":
                raise _busy()
            with tempfile.TemporaryFile() as said:
                process = subprocess.Popen(
                    [*self._command, "run", "--json", *self._options, *selection],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
                )  # fmt: skip
                begun = self._begun(project, before.id if before is not None else None, process)
                if begun is None and process.poll() not in (None, 0):
                    said.seek(0)
                    raise _failure(said.read().decode("utf-8", "replace"))
            threading.Thread(target=process.wait, daemon=True).start()  # so that it does not stay as a zombie
            return begun

    def stop(self, project: Project) -> UpdateRun:
        """Ask the update that runs to stop, and soon after have it end; what it has committed stays.

        Raises:
            RequestError: `no-update`.
        """
        running = newest_update(project)
        holder = last_holder(project.lake)
        if running is None or running.state != "RUNNING" or holder is None:
            raise RequestError("no update of this lake is running", code="no-update")
        with self._lock:
            if holder not in self._stopping:
                self._stopping.add(holder)
                threading.Thread(target=self._stop, args=(project, running.id, holder), daemon=True).start()
        return running

    def replay(self, project: Project, table: str) -> dict[str, Any]:
        """Send the rows that rules of a table have set aside through its definition as it is now.

        Raises:
            RequestError: `server-ends`, though the replay goes on.
            IngotError: what the command says.
        """
        command = [*self._command, "quarantine", "replay", table, "--json", *self._options]
        with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=answer, stderr=said, start_new_session=True
            )
            while process.poll() is None:
                if self._is_closed.wait(_LOOK_S):
                    raise RequestError("the server ends; the replay goes on", code="server-ends")
            answer.seek(0)
            said.seek(0)
            if process.returncode:
                raise _failure(said.read().decode("utf-8", "replace"))
            return json.loads(answer.read().splitlines()[-1])

    def _begun(self, project: Project, before: str | None, process: subprocess.Popen[Any]) -> UpdateRun | None:
        """The update that a process has begun, as soon as its journal says so."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            is_over = process.poll() is not None
            newest = newest_update(project)
            if newest is not None and newest.id != before:
                return newest
            if is_over or self._is_closed.wait(_LOOK_S):
                return None
        return None

    def _stop(self, project: Project, update_id: str, holder: int) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        sent = signal.SIGINT
        try:
            os.kill(holder, sent)
            while _runs(project, update_id, holder):
                if time.monotonic() > deadline:
                    sent = signal.SIGTERM if sent == signal.SIGINT else signal.SIGKILL
                    os.kill(holder, sent)
                    deadline = time.monotonic() + _PATIENCE_S / 4
                time.sleep(_LOOK_S)
        except (ProcessLookupError, PermissionError):
            return
        finally:
            self._stopping.discard(holder)


def _runs(project: Project, update_id: str, holder: int) -> bool:
    newest = newest_update(project)
    is_same = newest is not None and newest.id == update_id and newest.state == "RUNNING"
    return is_same and last_holder(project.lake) == holder


def _failure(said: str) -> IngotError:
    """What the command has said, as an error: its last line, with `--json`, has the four facts."""
    lines = said.strip().splitlines()
    try:
        facts = json.loads(lines[-1])["error"]
    except (IndexError, KeyError, TypeError, ValueError):
        return IngotError(
            lines[-1] if lines else "the update ended before it had begun",
            hint="see what it says: ingot run",
            code="update-not-started",
        )
    if facts["code"] == "lake-busy":
        return _busy()
    return IngotError(facts["message"], location=_place(facts["location"]), hint=facts["hint"], code=facts["code"])


def _place(text: str | None) -> Location | None:
    if text is None:
        return None
    path, _, number = text.rpartition(":")
    return Location(path, int(number)) if number.isdigit() else Location(text)


def _busy() -> RequestError:
    return RequestError("an update of this lake is running", hint="wait for it to end, or stop it", code="lake-busy")
