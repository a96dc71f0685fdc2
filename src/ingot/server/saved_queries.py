"""Saved queries: files `queries/<name>.sql` of a project, which people share and keep under version control.

Owns their names, which cannot lead anywhere else, and that a file appears complete or not at all.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingot.definitions import definition_files
from ingot.errors import ProjectError, near_hint
from ingot.model import Project

FOLDER = "queries"
TEXT_MAX = 100_000
_NAME = re.compile(r"[\w][\w .()-]{0,99}")


@dataclass(frozen=True)
class SavedQuery:
    """A query under a name. `path` is relative to the project."""

    name: str
    sql: str
    path: str
    saved_at: datetime


def saved_queries(project: Project) -> list[SavedQuery]:
    """All saved queries, by name."""
    folder = project.root / FOLDER
    files = sorted(folder.glob("*.sql")) if folder.is_dir() else []
    return [_read(project, file) for file in files if _NAME.fullmatch(file.stem) and _is_own(file)]


def find_query(project: Project, name: str) -> SavedQuery:
    """The query of that name.

    Raises:
        ProjectError: `unknown-query`.
    """
    file = _file(project, name)
    if not _is_own(file):
        near = near_hint(name, [query.name for query in saved_queries(project)])
        raise ProjectError(f"there is no saved query '{name}'", hint=near, code="unknown-query")
    return _read(project, file)


def save_query(project: Project, name: str, sql: str) -> SavedQuery:
    """Save a query under a name, in the place of the one that has it.

    Raises:
        ProjectError: `invalid-name`; `queries-are-definitions`, where the project takes every file for a definition;
            `query-not-saved`, where the folder cannot be written to.
    """
    file = _file(project, name)
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        file.parent.mkdir(exist_ok=True)
        partial.write_text(sql, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise ProjectError(
            f"cannot write {file.relative_to(project.root)}: {error.strerror}",
            hint="check the permissions and the disk",
            code="query-not-saved",
        ) from error
    if file in definition_files(project):
        file.unlink()
        raise ProjectError(
            f"the definitions of this project include the folder {FOLDER}",
            hint="name the folders of definitions in ingot.yml: definitions: [transformations/**]",
            code="queries-are-definitions",
        )
    return _read(project, file)


def remove_query(project: Project, name: str) -> None:
    """Remove a saved query.

    Raises:
        ProjectError: `unknown-query`.
    """
    find_query(project, name)
    _file(project, name).unlink(missing_ok=True)


def _file(project: Project, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ProjectError(
            f"{name[:120]!r} is no name of a query",
            hint="up to 100 letters, digits, blanks, and _ - . ( ), the first one a letter or a digit",
            code="invalid-name",
        )
    return project.root / FOLDER / f"{name}.sql"


def _is_own(file: Path) -> bool:
    """Whether it is a file, and no link to one elsewhere."""
    return file.is_file() and not file.is_symlink() and not file.parent.is_symlink()


def _read(project: Project, file: Path) -> SavedQuery:
    saved_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    text = file.read_text("utf-8", errors="replace")[:TEXT_MAX]
    return SavedQuery(file.stem, text, str(file.relative_to(project.root)), saved_at)
