"""What one server serves: a project as it is now, the engine that answers, who may see it.

Owns when the settings are read again, and that an engine is never closed under a query. Endpoints get it through
`Here`; everything in it may be used from several threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from ingot.connection import open_project
from ingot.dashboards.answers import Answers
from ingot.engine import Engine, load_engine
from ingot.errors import IngotError
from ingot.lake.landing import Landing
from ingot.lake.table import Lake
from ingot.model import Project
from ingot.server.definitions import DefinitionsWatch, Described
from ingot.server.identity import Access
from ingot.server.landed import LandedFiles
from ingot.server.live import Live
from ingot.server.sandbox import Sandbox
from ingot.server.static import StaticFiles
from ingot.server.updates import Updates

_SETTINGS = tuple(
    f"{name}.{ending}" for name in ("ingot", "spark-pipeline", "databricks") for ending in ("yml", "yaml")
)
_LOOK_S = 1.0
_GLANCE_S = 0.1
_MEMORY = "30%"  # unless the project says otherwise: an update may run beside the server


@dataclass
class Opened:
    """A project between two changes of its settings, with what was made for it.

    `settings` are what the command was given: folder, target, values of `--set`. `made` keeps what endpoints make once
    for a project, such as caches of answers (see `once`); what has a method `close` is closed with it.
    """

    project: Project
    settings: tuple[Path, str | None, Mapping[str, str]]
    made: dict[str, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def lake(self) -> Lake:
        """The tables; each remembers its newest version, and sees the commits of other processes."""
        return self.once("lake", lambda: Lake(self.project.lake, self.project.catalog))

    @property
    def engine(self) -> Engine:
        """The engine of all queries of this server. It reads the lake and the mapped tables, and nothing else."""
        return self.once("engine", lambda: _restricted_engine(self.project))

    @property
    def sandbox(self) -> Sandbox:
        """Queries as they come from the browser."""
        return self.once("sandbox", lambda: Sandbox(self.project, readable_folders(self.project)))

    @property
    def answers(self) -> Answers:
        """The dashboards, and what was answered lately."""
        return self.once("answers", lambda: Answers(self.project, self.engine))

    @property
    def landed(self) -> LandedFiles:
        """What sources have landed."""
        return self.once("landed", lambda: LandedFiles(Landing(self.project.lake)))

    @property
    def definitions(self) -> Described:
        """What the definitions say now."""
        return self._watch().described()

    @property
    def last_definitions(self) -> Described:
        """What the definitions last said, for those who need no more than a place in a file of them."""
        return self._watch().described(_GLANCE_S)

    def _watch(self) -> DefinitionsWatch:
        return self.once("definitions", lambda: DefinitionsWatch(self.project, *self.settings))

    def once(self, name: str, make: Any) -> Any:
        """What `make` gives, made when it is first asked for."""
        with self._lock:
            if name not in self.made:
                self.made[name] = make()
            return self.made[name]

    def close(self) -> None:
        """End what runs, and close the engine."""
        with self._lock:
            made, self.made = self.made, {}
        if "engine" in made:
            made["engine"].interrupt()
            made["engine"] = made.pop("engine")  # closed last, for the others use it
        for thing in made.values():
            if hasattr(thing, "close"):
                thing.close()


class Served:
    """All that endpoints work with.

    Attributes:
        static: The files that pages load.
        live: What has changed, as it changes.
        updates: Starts and stops updates.
    """

    def __init__(self, folder: Path, target: str | None = None, overrides: Mapping[str, str] | None = None):
        self._folder = folder
        self._target = target
        self._overrides = dict(overrides or {})
        self._lock = threading.Lock()
        self._opened = Opened(open_project(folder, target, self._overrides), (folder, target, self._overrides))
        self._stamp = self._settings_stamp()
        self._looked_at = time.monotonic()
        self._past: list[Opened] = []
        self.settings_error: IngotError | None = None
        self._access = Access(self._opened.project.serve.tokens)
        self.live = Live(lambda: self.opened.project)
        self.updates = Updates(self._opened.project.root, self.options)
        self.static = StaticFiles(Path(__file__).with_name("static"))

    @property
    def opened(self) -> Opened:
        """The project as its settings say now; as they last said, while they are wrong (see `settings_error`)."""
        self._look_if_due()
        return self._opened

    @property
    def access(self) -> Access:
        """Who may do what, as the settings say now: the request that has them read again is judged by what they say."""
        self._look_if_due()
        return self._access

    @property
    def folder(self) -> Path:
        """The folder that the command was given."""
        return self._folder

    @property
    def options(self) -> list[str]:
        """What the command line needs to mean the same project."""
        options = ["--target", self._target] if self._target is not None else []
        for key, value in self._overrides.items():
            options += ["--set", f"{key}={value}"]
        return options

    def close(self) -> None:
        """End what runs."""
        for opened in (*self._past, self._opened):
            opened.close()

    def _look_if_due(self) -> None:
        """Read the settings again, once a second; whoever comes meanwhile waits for what they say."""
        if not self._is_due():
            return
        with self._lock:
            if self._is_due():
                self._look_again()
                self._looked_at = time.monotonic()

    def _is_due(self) -> bool:
        return time.monotonic() - self._looked_at > _LOOK_S

    def _look_again(self) -> None:
        stamp = self._settings_stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            project = open_project(self._folder, self._target, self._overrides)
        except IngotError as error:
            self.settings_error = error
            return
        self.settings_error = None
        self._access.replace_tokens(project.serve.tokens)
        if project != self._opened.project:
            self._past.append(self._opened)
            self._opened = Opened(project, self._opened.settings)
            while len(self._past) > 1:  # queries of the last one may still run
                self._past.pop(0).close()

    def _settings_stamp(self) -> tuple[Any, ...]:
        project = self._opened.project
        found = []
        for name in _SETTINGS:
            try:
                status = (project.root / name).stat()
            except OSError:
                continue
            found.append((name, status.st_mtime_ns, status.st_size))
        return tuple(found)


def _restricted_engine(project: Project) -> Engine:
    engine = load_engine(replace(project, memory_limit=project.memory_limit or _MEMORY))
    engine.restrict(readable_folders(project))
    return engine


def readable_folders(project: Project) -> list[Path]:
    """The lake, and where the tables lie that ingot.yml maps."""
    mapped = [Path(path) for path in project.tables.values()]
    return [project.lake, *(path if path.is_dir() else path.parent for path in mapped if path.exists())]


def _served(request: Request) -> Served:
    return request.app.state.served


Here = Annotated[Served, Depends(_served)]
