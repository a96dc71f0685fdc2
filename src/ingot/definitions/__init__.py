"""Definition files to the model: finds the files of a project and has each loaded by its kind.

Owns which files count. SQL is read by `definitions.sql`, Python by `definitions.python`; both fill one
`Registry`.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from ingot.definitions.registry import Registry
from ingot.errors import DefinitionError, Location, ProjectError, nearest
from ingot.model import Definitions, Project
from ingot.project.bare_folder import looks_like_definition

_SUFFIXES = (".sql", ".py", ".ipynb")


def load_definitions(project: Project) -> Definitions:
    """Load all definition files of a project, in the order of their paths.

    A mistake in a file is in `failed`; it does not stop the others.

    Raises:
        ProjectError: when `definitions` names what does not exist.
    """
    registry = Registry(project)
    paths, idle = _selected(project)
    for pattern in idle:
        registry.note(f"{_selects_nothing(pattern)}: nothing is loaded by it", _place(project, pattern))
    for path in paths:
        if not path.exists():
            registry.fail(_link_to_nothing(path))
        elif path.suffix == ".sql":
            from ingot.definitions.sql import load_file

            load_file(path, registry)
        else:
            from ingot.definitions.python import load_file as load_python

            load_python(path, project, registry)
    if any(path.suffix != ".sql" for path in paths):
        from ingot.definitions.python import load_sql_cells, note_later_imports

        load_sql_cells(registry)
        note_later_imports(registry)
    return registry.seal()


def _link_to_nothing(path: Path) -> DefinitionError:
    return DefinitionError(
        f"'{path.name}' is a link to a file that does not exist",
        location=Location(str(path)),
        hint="mend the link, or remove it",
        code="unreadable-file",
    )


def definition_files(project: Project) -> list[Path]:
    """The files that the globs of `definitions` select, sorted.

    Hidden files, caches, tests (`test_*.py`, `*_test.py`) and the lake are left out; so is every file that is
    not SQL, Python or a notebook. A folder stands for all files below it. In a folder without settings only what
    looks like a definition counts: other Python there is never run.

    Raises:
        ProjectError: `no-such-file`, when a settings file names what does not exist, or a glob that selects nothing.
    """
    return _selected(project)[0]


def _selected(project: Project) -> tuple[list[Path], list[str]]:
    """The files, and the globs that select none and may do so: those of a bundle or of Spark, beside others that do."""
    found: dict[Path, None] = {}
    idle: list[str] = []
    for pattern in project.definitions:
        matches = list(_matches(project, pattern))
        counted = [path for path in matches if _counts(path, project)]
        if project.is_bare:
            counted = list(filter(looks_like_definition, counted))
        if not counted and pattern in project.definition_places and glob.has_magic(pattern):
            idle.append(pattern)
        elif not matches and not glob.has_magic(pattern):
            raise _no_such_file(project, pattern, f"`definitions` names '{pattern}', which does not exist")
        found.update(dict.fromkeys(counted))
    if idle and (not found or _is_own(project.definition_places[idle[0]])):
        raise _no_such_file(project, idle[0], _selects_nothing(idle[0]))
    return sorted(found), idle


def _is_own(place: Location) -> bool:
    return Path(place.path).stem == "ingot"


def _selects_nothing(pattern: str) -> str:
    return f"`definitions` names '{pattern}', which matches no .sql, .py or .ipynb file"


def _place(project: Project, pattern: str) -> Location:
    return project.definition_places.get(pattern) or Location(str(project.file or project.root))


def _no_such_file(project: Project, pattern: str, message: str) -> ProjectError:
    near = _near(project.root, pattern)
    return ProjectError(
        message,
        location=_place(project, pattern),
        hint=f"did you mean '{near}'?"
        if near
        else "a path from the project's folder, or a glob such as transformations/**",
        code="no-such-file",
    )


def _near(folder: Path, pattern: str) -> str | None:
    """The pattern with its first folder that does not exist replaced by the nearest one that does."""
    parts = Path(pattern).parts
    for place, part in enumerate(parts):
        if glob.has_magic(part) or not folder.is_dir():
            return None
        if not (folder / part).exists():
            near = nearest(part, [entry.name for entry in folder.iterdir() if not _is_hidden(entry.name)])
            return str(Path(*parts[:place], near, *parts[place + 1 :])) if near else None
        folder /= part
    return None


def _matches(project: Project, pattern: str) -> Iterator[Path]:
    shortened = pattern.removesuffix("**").rstrip("/") or "."  # `a/**` is all below a, found by one walk
    candidates = _glob(project, shortened)
    if not candidates and not glob.has_magic(pattern):  # a notebook's path in a bundle may lack the ending
        candidates = [path for suffix in _SUFFIXES for path in _glob(project, pattern + suffix)]
    for path in candidates:
        yield from _files_below(path, project.lake) if path.is_dir() else (path,)


def _glob(project: Project, pattern: str) -> list[Path]:
    full = pattern if Path(pattern).is_absolute() else str(Path(glob.escape(str(project.root)), pattern))
    names = glob.glob(full, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    return [Path(os.path.normpath(name)) for name in names]


def _files_below(folder: Path, lake: Path) -> Iterator[Path]:
    """All files below a folder; the lake, which may hold very many, is not even listed."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _is_hidden(name) and Path(parent, name) != lake]
        yield from (Path(parent, name) for name in files)


def _counts(path: Path, project: Project) -> bool:
    if path.suffix not in _SUFFIXES or path.is_relative_to(project.lake):
        return False
    if path.suffix == ".py" and (path.stem.startswith("test_") or path.stem.endswith("_test")):
        return False
    below = path.relative_to(project.root) if path.is_relative_to(project.root) else Path(path.name)
    return not any(map(_is_hidden, below.parts))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"
