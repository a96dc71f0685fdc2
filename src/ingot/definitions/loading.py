"""One load of a project's Python definitions: what is going on while user code runs.

Owns the one ambient value (`current`), and the modules, paths and names that user code finds while it is executed:
at load, when a flow's query is built, when an engine calls a user's function. Everything is put back afterwards.
Never reads a definition file itself.
"""

from __future__ import annotations

import builtins
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ingot.definitions.absent import Absences
from ingot.definitions.absent_modules import AbsentFinder, AbsentModule
from ingot.errors import IngotError, Location
from ingot.model import Project, Query

if TYPE_CHECKING:
    from ingot.analysis import Catalog, Settings
    from ingot.definitions.registry import Registry
    from ingot.definitions.spark.session import SparkSession

_INSTALLED = ("site-packages", "dist-packages")
_SHADOWED = ("pyspark", "dlt", "databricks")
_MISSING = object()

_turn = threading.Condition()
_turn_of: list[Load | None] = [None]


@dataclass(frozen=True)
class Answers:
    """What user code may ask while a flow's query is built; given by whoever runs the flow.

    Args:
        catalog: Knows the columns of what the project and the lake hold (`df.columns`, `df.schema`).
        settings: Those of the query's meaning.
        collect: Runs a query and gives an object with `__arrow_c_stream__` (`df.collect()`, `df.count()`); None
            when nothing may be run, as in a dry run.
        last_version: Of the snapshots that the flow's function gives, the newest one that the table follows.
    """

    catalog: Catalog
    settings: Settings
    collect: Callable[[Query], Any] | None = None
    last_version: Any = None


@dataclass(eq=False)
class Load:
    """The state of one load: what is filled, and the world that the project's Python sees.

    `modules` are those that the project's files imported for themselves: helpers of the project, and whatever
    holds a shim. They live here, not in `sys.modules`, so that two projects in one process do not mix.
    """

    project: Project
    registry: Registry
    file: Path | None = None
    defaults: tuple[str | None, str | None] = (None, None)
    configuration: dict[str, str] = field(default_factory=dict)
    is_loading: bool = False
    search: list[str] = field(default_factory=list)
    modules: dict[str, ModuleType] = field(default_factory=dict)
    sql_cells: list[tuple[Location, str]] = field(default_factory=list)  # of Python notebooks, with their place
    defined: dict[tuple[str, Location], str] = field(default_factory=dict)
    session: SparkSession = field(init=False, repr=False)
    names: dict[str, Any] = field(default_factory=dict)  # what Databricks puts into every file: spark, dbutils, display
    shims: dict[str, ModuleType] = field(default_factory=dict)
    depth: int = 0
    absences: Absences = field(init=False, repr=False)
    _finder: AbsentFinder = field(init=False, repr=False)
    _before: _World = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.absences = Absences(self.is_user_file, lambda: self.is_loading, self._note_absence)
        self._finder = AbsentFinder(self.absences)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Within: imports, `spark` and the rest are what the project's files expect. Afterwards: as it was.

        May be entered again, also by other threads; another project's load waits until this one has left.
        """
        with self.held():
            token = current.set(self)
            try:
                yield
            finally:
                current.reset(token)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The same for an engine, which calls a project's functions from threads of its own: `current` is not set."""
        with _turn:
            _turn.wait_for(lambda: _turn_of[0] in (None, self))
            _turn_of[0] = self
            self.depth += 1
            if self.depth == 1:
                self._before = _World.now(self.names)
                self._enter()
        try:
            yield
        finally:
            with _turn:
                self.depth -= 1
                if self.depth == 0:
                    sys.meta_path.remove(self._finder)
                    self._keep_modules(self._before)
                    self._before.restore({*self.shims, *self.modules})
                    _turn_of[0] = None
                    _turn.notify_all()

    def is_user_file(self, path: str) -> bool:
        """Whether code is of the project, not of an installed package."""
        if any(part in path for part in _INSTALLED):
            return False
        folders = (str(self.project.root), *filter(os.path.isabs, self.search))
        return path.startswith(folders) or (self.file is not None and path == str(self.file))

    def _note_absence(self, error: IngotError) -> None:
        place = error.location or Location(str(self.file or self.project.root))
        self.registry.note(f"{error.message}: what needs it fails", place)

    def _enter(self) -> None:
        for name in [n for n in sys.modules if n.partition(".")[0] in _SHADOWED]:
            del sys.modules[name]
        sys.modules.update(self.shims)
        sys.modules.update(self.modules)
        sys.path[:0] = [p for p in self.search if p not in sys.path]
        sys.meta_path.append(self._finder)
        for name, value in self.names.items():
            setattr(builtins, name, value)

    def _keep_modules(self, before: _World) -> None:
        added = [os.path.abspath(p) for p in sys.path if p not in before.path]  # noqa: PTH100 - not resolved
        self.search += [p for p in dict.fromkeys(added) if p not in self.search]  # what comes from there is own
        for name, module in list(sys.modules.items()):
            if before.modules.get(name) is module or self.modules.get(name) is module or name in self.shims:
                continue
            is_absent = isinstance(module, AbsentModule)
            if is_absent or name.partition(".")[0] in _SHADOWED or self._is_own(module) or self._holds_shim(module):
                self.modules[name] = module

    def _is_own(self, module: ModuleType) -> bool:
        """Whether the module is of the project, or of a folder that its files put on the path."""
        path = getattr(module, "__file__", None)
        places = [path] if path else [str(p) for p in getattr(module, "__path__", ())]
        roots = [os.path.abspath(p) for p in (str(self.project.root), *self.search)]  # noqa: PTH100 - not resolved
        own = [
            p
            for p in map(os.path.abspath, places)
            if not any(part in p for part in _INSTALLED) and any(p.startswith(root + os.sep) for root in roots)
        ]
        if own and path:
            self.registry.add_file(Path(own[0]))
        return bool(own)

    def _holds_shim(self, module: ModuleType) -> bool:
        values = list(vars(module).values()) if isinstance(module, ModuleType) else []
        return any(
            str(getattr(v, "__module__", None) or "").startswith("ingot.definitions.spark")
            for v in values
            if isinstance(v, type)
        ) and not module.__name__.startswith("ingot")


@dataclass
class _World:
    """What of the process user code can change by importing, and what is put back."""

    modules: dict[str, ModuleType]
    path: list[str]
    names: dict[str, Any]
    folder: str | None

    @classmethod
    def now(cls, replaced: Iterable[str]) -> _World:
        names = {name: getattr(builtins, name, _MISSING) for name in replaced}
        try:
            folder = os.getcwd()  # noqa: PTH109 - as text, to go back to
        except FileNotFoundError:
            folder = None
        return cls(dict(sys.modules), list(sys.path), names, folder)

    def restore(self, gone: set[str]) -> None:
        """Put modules, search path, names and folder back; ordinary packages that were imported meanwhile stay."""
        for name in list(sys.modules):
            if name in gone and name not in self.modules:
                del sys.modules[name]
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
        sys.path[:] = self.path
        for entry in [p for p in list(sys.path_importer_cache) if not Path(p).is_absolute()]:
            sys.path_importer_cache.pop(entry, None)  # `../lib` is another folder for the next file
        for name, value in self.names.items():
            if value is _MISSING:
                if hasattr(builtins, name):
                    delattr(builtins, name)
            else:
                setattr(builtins, name, value)
        if self.folder is not None:
            os.chdir(self.folder)


current: ContextVar[Load | None] = ContextVar("ingot_load", default=None)
answers: ContextVar[Answers | None] = ContextVar("ingot_answers", default=None)


@contextmanager
def answering(given: Answers) -> Iterator[None]:
    """Within: what user code asks about columns and rows is answered by these."""
    token = answers.set(given)
    try:
        yield
    finally:
        answers.reset(token)
