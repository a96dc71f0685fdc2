"""The Python API: a project or a lake, opened to be queried and run.

Everything heavy is imported when it is first used, so that `import ingot` costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingot.model import Project

if TYPE_CHECKING:
    from ingot.engine import Engine
    from ingot.result import Result
    from ingot.run import Outcome


def connect(
    path: str | Path = ".", *, target: str | None = None, configuration: Mapping[str, str] | None = None
) -> Connection:
    """Open a project, or a folder of Delta tables.

    Args:
        path: A project's folder (or one below it), or a lake's.
        target: The target of ingot.yml to use.
        configuration: Values that override those of the project's `configuration`.

    Raises:
        ProjectError: when the folder is neither.
    """
    return Connection(open_project(Path(path), target, configuration or {}))


def open_project(path: Path, target: str | None = None, configuration: Mapping[str, str] | None = None) -> Project:
    """The project of a folder; a folder of tables (`<schema>/<table>/_delta_log`) is a project without definitions."""
    from ingot.errors import ProjectError
    from ingot.project import load_project

    try:
        return load_project(path, target, configuration or {})
    except ProjectError as error:
        if error.code != "no-project" or not path.is_dir() or next(path.glob("*/*/_delta_log"), None) is None:
            raise
    root = path.resolve()
    return Project(root.name, root, root, definitions=())


class Connection:
    """A project and its lake. Close it, or use it in a `with` statement, to free what queries hold."""

    def __init__(self, project: Project):
        self.project = project
        self._engine: Engine | None = None

    def sql(self, text: str) -> Result:
        """Evaluate one read-only statement of Spark SQL over the lake's tables.

        SELECT (also `VERSION AS OF`, `event_log()`), DESCRIBE [HISTORY], SHOW TABLES, SHOW SCHEMAS.

        Raises:
            AnalysisError: the statement is wrong.
            UnsupportedError: it calls something that Ingot cannot evaluate exactly.
        """
        from ingot.queries import evaluate

        return evaluate(self.project, self.engine, text)

    def run(
        self,
        refresh: Sequence[str] = (),
        full_refresh: Sequence[str] = (),
        full_refresh_all: bool = False,
        **options: Any,
    ) -> Outcome:
        """Run one update of the project.

        Args:
            refresh: Only these datasets; all if empty.
            full_refresh: These are reset and recomputed.
            full_refresh_all: Everything is.
            options: Passed on to `ingot.run.Update`: `clock`, `wait_s` …
        """
        from ingot.run import Update
        from ingot.update.selection import Selection

        selection = Selection(tuple(refresh), tuple(full_refresh), full_refresh_all)
        return Update(self.project, selection, **options).run()

    @property
    def engine(self) -> Engine:
        """The engine that evaluates queries, started when it is first needed."""
        if self._engine is None:
            from ingot.engine import load_engine

            self._engine = load_engine(self.project)
        return self._engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
