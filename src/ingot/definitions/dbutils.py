"""What Databricks puts beside `spark` into every file: `dbutils`, `display` and their kin.

Owns their answers: secrets from the environment, widgets from the configuration, files by mapped paths. Changes
nothing outside: a definition file is only read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingot.definitions.spark.place import here
from ingot.definitions.spark.row import Row
from ingot.errors import DefinitionError, Location, UnsupportedError
from ingot.secrets import Secrets as StoredSecrets
from ingot.secrets.environment import secret_variable

if TYPE_CHECKING:
    from ingot.definitions.loading import Load

_HEAD_BYTES = 65536
_CHANGING = ("cp", "mv", "put", "rm", "mount", "unmount", "updateMount")


def notebook_names(load: Load) -> dict[str, Any]:
    """The names that a file finds without importing them."""
    spark = load.session
    utilities = DatabricksUtilities(load)
    return {
        "spark": spark,
        "dbutils": utilities,
        "display": show_nothing,
        "displayHTML": show_nothing,
        "sql": spark.sql,
        "sc": spark.sparkContext,
        "sqlContext": spark,
        "getArgument": utilities.widgets.getArgument,
    }


def show_nothing(*args: Any, **kwargs: Any) -> None:
    """Show nothing: a definition file is not looked at while it runs."""


class NotebookExit(BaseException):
    """`dbutils.notebook.exit` was called: the rest of the file is not run."""


class DatabricksUtilities:
    """`dbutils`."""

    def __init__(self, load: Load):
        self.secrets = Secrets(load)
        self.widgets = Widgets(load)
        self.fs = FileSystem(load)
        self.notebook = Notebook(load)
        self.library = Library()
        self.jobs = Jobs(load)
        self.data = Data()

    def help(self, *args: Any) -> None:
        """Say nothing: nobody reads it here."""


class Secrets:
    """`dbutils.secrets`: the secrets of the project. A secret that is missing fails what needs it, alone."""

    def __init__(self, load: Load):
        self._load = load

    def get(self, scope: str, key: str) -> str:
        name = f"{scope}/{key}"
        found = StoredSecrets(self._load.project).find(name)
        if found is not None:
            return found
        error = DefinitionError(
            f"the secret '{key}' of scope '{scope}' is not set",
            location=here(),
            hint=f"set the environment variable {secret_variable(name)}, or write it into .env",
            code="undefined-secret",
        )
        return self._load.absences.secret(f"secret:{scope}/{key}", error)

    def getBytes(self, scope: str, key: str) -> bytes:
        return self.get(scope, key).encode()

    def list(self, scope: str) -> list[Any]:
        return [Row(key=name) for name in StoredSecrets(self._load.project).keys(scope)]

    def listScopes(self) -> list[Any]:
        return []


class Widgets:
    """`dbutils.widgets`: values of the configuration; a widget's default holds if there is none."""

    def __init__(self, load: Load):
        self._load = load
        self._defaults: dict[str, str] = {}

    def text(self, name: str, defaultValue: str = "", *args: Any, **kwargs: Any) -> None:
        self._defaults[name] = defaultValue

    dropdown = combobox = multiselect = text

    def get(self, name: str) -> str:
        if name in self._defaults:
            return self._load.session.conf.get(name, self._defaults[name])
        return self._load.session.conf.get(name)

    def getArgument(self, name: str, defaultValue: str = "") -> str:
        return self._load.session.conf.get(name, self._defaults.get(name, defaultValue))

    def getAll(self) -> dict[str, str]:
        return {name: self.get(name) for name in self._defaults}

    def remove(self, name: str) -> None:
        self._defaults.pop(name, None)

    def removeAll(self) -> None:
        self._defaults.clear()


class FileSystem:
    """`dbutils.fs`: looks at mapped folders; changes nothing."""

    def __init__(self, load: Load):
        self._load = load

    def ls(self, path: str) -> list[Any]:
        folder = self._mapped(path)
        entries = sorted(folder.iterdir()) if folder.is_dir() else [folder]
        prefix = path.rstrip("/")
        return [
            Row(
                path=f"{prefix}/{e.name}" + ("/" if e.is_dir() else ""),
                name=e.name + ("/" if e.is_dir() else ""),
                size=0 if e.is_dir() else e.stat().st_size,
                modificationTime=int(e.stat().st_mtime * 1000),
            )
            for e in entries
        ]

    def head(self, file: str, maxBytes: int = _HEAD_BYTES) -> str:
        with self._mapped(file).open("rb") as opened:
            return opened.read(maxBytes).decode("utf-8", "replace")

    def mkdirs(self, dir: str) -> bool:
        return True

    def mounts(self) -> list[Any]:
        return []

    def refreshMounts(self) -> bool:
        return True

    def _mapped(self, path: str) -> Path:
        from ingot.project.paths import map_path

        found = Path(map_path(self._load.project, path))
        if not found.exists():
            raise DefinitionError(
                f"there is no {path!r} ({found})",
                location=here(),
                hint="map it below `paths` in ingot.yml, if it is elsewhere on this machine",
                code="no-such-file",
            )
        return found

    def __getattr__(self, name: str) -> Any:
        if name in _CHANGING:
            return lambda *args, **kwargs: self._note(name)
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedError(
            f"dbutils.fs.{name} is not supported", location=here(), hint="use pathlib, or what fs has: ls, head, mkdirs"
        )

    def _note(self, name: str) -> bool:
        place = here() or Location(str(self._load.project.root))
        self._load.registry.note(f"dbutils.fs.{name} has no effect: a definition file changes nothing", place)
        return True


class Notebook:
    """`dbutils.notebook`: where the file lies. Other notebooks are not run from a definition."""

    def __init__(self, load: Load):
        self._load = load

    @property
    def entry_point(self) -> _Context:
        return _Context(self._load)

    def getContext(self) -> _Context:
        return _Context(self._load)

    def exit(self, value: Any = None) -> None:
        raise NotebookExit(value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedError(
            f"dbutils.notebook.{name} is not supported in a pipeline",
            location=here(),
            hint="%run includes another notebook",
        )


class _Context:
    """The chain `entry_point.getDbutils().notebook().getContext().notebookPath().get()`."""

    def __init__(self, load: Load):
        self._load = load

    def getDbutils(self) -> _Context:
        return self

    notebook = getContext = getDbutils

    def notebookPath(self) -> _Given:
        file = self._load.file
        return _Given(str(file.with_suffix("")) if file is not None else "")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedError(
            f"the notebook's context has no {name} here",
            location=here(),
            hint='pass the value as a setting: spark.conf.get("…")',
        )


class _Given:
    """A Scala `Some`."""

    def __init__(self, value: str):
        self._value = value

    def get(self) -> str:
        return self._value

    getOrElse = get
    __str__ = get


class Jobs:
    """`dbutils.jobs`: values of other tasks are parameters here."""

    def __init__(self, load: Load):
        self._load = load

    @property
    def taskValues(self) -> Jobs:
        return self

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:
        known = self._load.session.conf.getAll
        given = debugValue if debugValue is not None else default
        return known.get(key, given) if given is not None else self._load.session.conf.get(key)

    def set(self, key: str, value: Any) -> None:
        """Do nothing: no other task reads it."""


class Data:
    """`dbutils.data`."""

    def summarize(self, *args: Any, **kwargs: Any) -> None:
        """Show nothing."""


class Library:
    """`dbutils.library`: there is one Python process, which is not restarted."""

    def restartPython(self) -> None:
        """Do nothing."""
