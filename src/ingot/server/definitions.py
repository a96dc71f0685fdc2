"""What the definitions of the project say, for the console: nodes, edges, origins of columns, expectations.

Definitions are code of users: they are loaded by a process of their own, never here, and only when a file of theirs,
the settings, or what there is to read has changed. Meanwhile the last description is shown.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingot.errors import IngotError
from ingot.history import newest_update
from ingot.lake.table import Lake
from ingot.model import Project
from ingot.server.places import facts_of
from ingot.update.receipt import definition_state

_LOADING_S = 120.0
_FIRST_S = 60.0  # how long a request waits for the first description
_NEXT_S = 3.0  # and for a newer one, where there is an older one to show


@dataclass(frozen=True)
class Described:
    """What definitions say; `error` where they cannot be loaded at all. Places are relative to the project."""

    nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    edges: tuple[tuple[str, str], ...] = ()
    columns: Mapping[str, Mapping[str, list[list[str]]]] = field(default_factory=dict)
    errors: tuple[Mapping[str, Any], ...] = ()
    expectations: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    error: Mapping[str, Any] | None = None

    def upstream(self, name: str) -> list[str]:
        return [source for source, target in self.edges if target == name]

    def downstream(self, name: str) -> list[str]:
        return [target for source, target in self.edges if source == name]


class DefinitionsWatch:
    """Describes the definitions of one project as they are now. Any thread may ask."""

    def __init__(self, project: Project, folder: Path, target: str | None, overrides: Mapping[str, str]):
        self._project = project
        self._command = [
            *(sys.executable, "-P", "-m", "ingot.server.describing"),
            *(str(folder.resolve()), target or "", json.dumps(dict(overrides))),
        ]
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ingot-definitions")
        self._known: Described | None = None
        self._stamp: Any = None
        self._coming: Future[Described] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def described(self, patience_s: float = _NEXT_S) -> Described:
        """What the definitions say now; or, if that takes longer than the caller's patience, what they last said."""
        if not self._project.definitions:
            return Described()
        with self._lock:
            stamp = self._state()
            if self._coming is None and stamp != self._stamp:
                self._stamp = stamp
                self._coming = self._thread.submit(self._describe)
            coming, known = self._coming, self._known
        if coming is not None:
            try:
                found = coming.result(_FIRST_S if known is None else patience_s)
            except NotYet:
                return known or Described(error=facts_of(_slow(_FIRST_S)))
            with self._lock:
                if self._coming is coming:
                    self._known, self._coming = found, None
                    self._stamp = self._begun_from(self._state())
            return found
        assert known is not None
        return known

    def close(self) -> None:
        """End what is being loaded."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._process is not None:
            self._process.kill()

    def _state(self) -> Any:
        """Changes whenever a description might."""
        project = self._project
        try:
            files: Any = definition_state(project)
        except (IngotError, OSError) as error:
            files = str(error)
        imported = {file: _stamp(Path(file)) for file in (self._known.files if self._known is not None else ())}
        tables = tuple(Lake(project.lake, project.catalog).tables())
        update = newest_update(project)
        ended = (update.id, update.state) if update is not None and update.state != "RUNNING" else None
        if ended is None and isinstance(self._stamp, tuple):
            ended = self._stamp[3]  # while an update runs, what it has found so far changes nothing
        return (files, imported, tables, ended)

    def _begun_from(self, now: Any) -> Any:
        """The state that the description is of: what has changed while it was made is described at the next question.

        Only of files that were imported for the first time is it not known what they were before.
        """
        files, imported, *others = self._stamp
        return (files, {file: imported.get(file, stamp) for file, stamp in now[1].items()}, *others)

    def _describe(self) -> Described:
        started = time.monotonic()
        process = self._process = subprocess.Popen(
            self._command, cwd=self._project.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            answer, said = process.communicate(timeout=_LOADING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return Described(error=facts_of(_slow(time.monotonic() - started)))
        try:
            facts = json.loads(answer)
        except ValueError:
            return Described(error=facts_of(_died(said.decode("utf-8", "replace"))))
        if "error" in facts:
            return Described(error=facts["error"])
        return Described(
            {node["name"]: node for node in facts["nodes"]},
            tuple((source, target) for source, target in facts["edges"]),
            facts["columns"], tuple(facts["errors"]), facts["expectations"], tuple(facts["files"]),
        )  # fmt: skip


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns)


def _slow(seconds: float) -> IngotError:
    return IngotError(
        f"the definitions were not loaded after {seconds:.0f} s",
        hint="see what takes so long: ingot dry-run",
        code="definitions-too-slow",
    )


def _died(said: str) -> IngotError:
    lines = said.strip().splitlines()
    return IngotError(
        f"the definitions ended the process that loads them{f': {lines[-1]}' if lines else ''}",
        hint="see why: ingot dry-run",
        code="definitions-not-loaded",
    )
