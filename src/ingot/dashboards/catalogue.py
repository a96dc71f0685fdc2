"""The dashboards of a project as their files say now: read again when a file changes.

Owns when a file is read. Its methods may be called from several threads.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingot.dashboards.model import BrokenDashboard, Dashboard
from ingot.dashboards.spec import dashboard_files, load_dashboard
from ingot.errors import DashboardError, near_hint
from ingot.model import Project

_numbers = itertools.count(1)


@dataclass
class Loaded:
    """A dashboard as one state of its file says.

    `stamp` is that state, `number` tells it from all others, `made` keeps what is made for it.
    """

    dashboard: Dashboard | BrokenDashboard
    stamp: bytes
    number: int = field(default_factory=lambda: next(_numbers))
    made: dict[Any, Any] = field(default_factory=dict)


class Catalogue:
    """The dashboards of one project."""

    def __init__(self, project: Project):
        self._project = project
        self._loaded: dict[Path, Loaded] = {}
        self._lock = threading.Lock()

    def all(self) -> list[Loaded]:
        """All dashboards, by name; of two files with one stem the first."""
        found: dict[str, Loaded] = {}
        for file in dashboard_files(self._project):
            loaded = self._load(file)
            if loaded is not None:
                found.setdefault(file.stem, loaded)
        return list(found.values())

    def find(self, name: str) -> Loaded:
        """The dashboard of that name, whether it is broken or not.

        Raises:
            DashboardError: `unknown-dashboard`.
        """
        for file in dashboard_files(self._project):
            if file.stem == name and (loaded := self._load(file)) is not None:
                return loaded
        names = [file.stem for file in dashboard_files(self._project)]
        shown = name if len(name) <= 60 else name[:59] + "…"
        raise DashboardError(
            f"there is no dashboard {shown!r}",
            hint=near_hint(name, names, f"there are {', '.join(names)}" if names else "put one into dashboards/"),
            code="unknown-dashboard",
        )

    def _load(self, file: Path) -> Loaded | None:
        """What a file says; None if it has just gone."""
        try:
            stamp = file.read_bytes()  # times and sizes may stay as they were, as where a file is restored
        except OSError:
            return None
        with self._lock:
            known = self._loaded.get(file)
            if known is None or known.stamp != stamp:
                known = self._loaded[file] = Loaded(load_dashboard(file, self._project), stamp)
            return known
