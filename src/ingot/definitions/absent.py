"""Stand-ins for what a definition file asks for and is not here: a module, a parameter, a secret.

Owns what user code can do with them. A file goes on with a stand-in, so that its definitions are known; whatever
needs the thing itself fails alone, with the reason. Code that is prepared for the absence (`try … except`) gets the
exception instead. Never gives a value that could become a row: what a stand-in has touched is refused.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from ingot.definitions.guards import is_guarded
from ingot.definitions.spark.place import here, is_ours
from ingot.errors import DefinitionError, IngotError, UnsupportedError

if TYPE_CHECKING:
    from ingot.model import Query

_MARK = "\u2063"  # an invisible character: a text that holds it was made of a stand-in
_MARKED = re.compile(f"{_MARK}\\$\\{{(.*?)\\}}{_MARK}", re.DOTALL)
_OURS = ("pyspark", "dlt", "databricks")
_DISTRIBUTIONS = {
    "yaml": "pyyaml", "sklearn": "scikit-learn", "bs4": "beautifulsoup4", "PIL": "pillow", "cv2": "opencv-python",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "delta": "delta-spark", "jwt": "pyjwt",
    "google": "google-cloud", "azure": "azure-identity", "confluent_kafka": "confluent-kafka", "Crypto": "pycryptodome",
}  # fmt: skip


@dataclass
class Absences:
    """What one load has met. `is_user_file` tells the files of the project from installed ones.

    `spoiled` says, by file, why nothing of a file may be run although it went on. `touched` is the last error that a
    stand-in raised: the user's code may have caught it.
    """

    is_user_file: Callable[[str], bool]
    is_loading: Callable[[], bool]
    note: Callable[[IngotError], None]
    texts: dict[str, IngotError] = field(default_factory=dict)
    askers: set[str] = field(default_factory=set)  # files that have been given a text in place of a secret
    spoiled: dict[str, IngotError] = field(default_factory=dict)
    starred: dict[str, IngotError] = field(default_factory=dict)
    touched: IngotError | None = None

    # --- texts --------------------------------------------------------------------------------------------------------

    def parameter(self, key: str, error: IngotError) -> str:
        """A text in place of a parameter that has no value; nothing that the asking files define may run.

        Raises:
            IngotError: the error, when the code is prepared for it or a flow is being built.
        """
        files = self._asking_files()
        if files is None:
            raise error
        for path in files:
            self.spoiled.setdefault(path, error)
        return self._marked(key, error)

    def secret(self, key: str, error: IngotError) -> str:
        """A text in place of a secret; what it goes into fails.

        Raises:
            IngotError: the error, when the code is prepared for it or a flow is being built.
        """
        files = self._asking_files()
        if files is None:
            raise error
        self.askers.update(files)
        self.note(error)
        return AbsentSecret(self._marked(key, error), error)

    def error_of(self, text: Any) -> IngotError | None:
        """The reason why a text must not be used; None for an ordinary one."""
        if not isinstance(text, str) or _MARK not in text:
            return None
        found = _MARKED.search(text)
        known = self.texts.get(found[1].lower()) if found else None
        return known or next(iter(self.texts.values()), None)

    def touch(self, error: IngotError) -> IngotError:
        """Note that something absent was needed: the code may catch the error, and go on as if it had a value."""
        if not self.is_loading():
            self.touched = error
        elif self._asking_files() is None:
            for frame in _frames():
                if self.is_user_file(frame.f_code.co_filename):
                    self.spoiled.setdefault(frame.f_code.co_filename, error)
        return error

    def check(self, query: Query) -> None:
        """Refuse a query that a stand-in has gone into.

        Raises:
            IngotError: why the thing is absent.
        """
        if self.touched is not None:
            raise self.touched
        if not self.texts:
            return
        from ingot.definitions.spark.selection import FUNCTION

        for node in query.tree.walk():
            name = node.args.get("this")
            self._refuse(name)
            called = node.meta.get(FUNCTION) or (query.functions.get(name.lower()) if isinstance(name, str) else None)
            if called is not None:
                self._refuse_holding(called.function)
        for read in query.reads.values():
            options = getattr(read, "options", {})
            for text in (getattr(read, "path", None), *getattr(read, "parts", ()), *options, *options.values()):
                self._refuse(text)

    def _refuse_holding(self, function: Any) -> None:
        """Refuse a function of the user's that can see a stand-in: by its closure, its names, or its file's."""
        code = getattr(function, "__code__", None)
        if code is None or code.co_filename in self.askers:
            raise next(iter(self.texts.values()))
        for cell in function.__closure__ or ():
            self._refuse(cell.cell_contents)
        for name in code.co_names:
            value = function.__globals__.get(name)
            self._refuse(value)
            if isinstance(value, ModuleType) and getattr(value, "__file__", None) in self.askers:
                raise next(iter(self.texts.values()))

    def _refuse(self, text: Any) -> None:
        error = self.error_of(text)
        if error is not None:
            raise error

    def _marked(self, key: str, error: IngotError) -> str:
        self.texts[key.lower()] = error
        return f"{_MARK}${{{key}}}{_MARK}"

    def spoiled_by(self, path: str, names: Mapping[str, Any], modules: Mapping[str, ModuleType]) -> IngotError | None:
        """Why nothing that a file defines may run: it, or a module that it uses, has asked in vain."""
        if not self.spoiled:
            return None
        files = {name: getattr(module, "__file__", None) for name, module in modules.items()}
        helpers = {name: self.spoiled[file] for name, file in files.items() if file in self.spoiled}
        uses = (
            value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
            for value in names.values()
        )
        return self.spoiled.get(path) or next((helpers[use] for use in uses if use in helpers), None)

    # --- modules ------------------------------------------------------------------------------------------------------

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """The last finder of all: a stand-in for a module that a definition file imports at its top level."""
        files = self._asking_files()
        return ModuleSpec(name, _Loader(self), is_package=True) if files else None

    def _asking_files(self) -> list[str] | None:
        """The files of the user that are being executed, the innermost first.

        None when one of them is prepared for an exception, or while a flow is built. Empty when an installed package
        is what asks, or `importlib.util.find_spec`.
        """
        if not self.is_loading():
            return None
        files: list[str] = []
        for frame in _frames():
            path = frame.f_code.co_filename
            if is_ours(path):
                if frame.f_code.co_name == "find_spec" and path == "<frozen importlib.util>":
                    return []
                continue
            if not self.is_user_file(path):
                return files
            if is_guarded(path, frame.f_lineno):
                return None
            files.append(path)
        return files


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def missing_module(name: str) -> IngotError:
    """Says that a module is not here, and what to do."""
    top = name.partition(".")[0]
    if top in _OURS:
        return UnsupportedError(
            f"Ingot has no module '{name}'", location=here(), hint="do without it", code="unsupported-module"
        )
    return DefinitionError(
        f"there is no module '{name}'",
        location=here(),
        hint=f"pip install {_DISTRIBUTIONS.get(top, top)}, or add the file to the project if it is one of yours",
        code="missing-module",
    )


class _Loader(Loader):
    def __init__(self, absences: Absences):
        self._absences = absences

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return AbsentModule(spec.name, self._absences)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is executed."""


class AbsentModule(ModuleType):
    """A module that cannot be imported; each of its names is a stand-in."""

    def __init__(self, name: str, absences: Absences):
        super().__init__(name)
        self.__path__ = []
        self._absences = absences
        self._error = missing_module(name)
        absences.note(self._error)

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            file = next((f.f_code.co_filename for f in _frames() if not is_ours(f.f_code.co_filename)), "")
            self._absences.starred[file] = self._error
            return []
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(self._absences, f"{self.__name__}.{name}", self._error).used(name)


class Absent:
    """Something of a module that is not here. At load it can be passed on; anything that needs it raises."""

    def __init__(self, absences: Absences, path: str, error: IngotError):
        self._ingot = (absences, path, error)

    def used(self, how: str) -> Absent:
        """Itself while definitions are loaded; otherwise its error."""
        if not self._ingot[0].is_loading():
            self.refuse()
        return self

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        absences, _, error = self._ingot
        raise absences.touch(type(error)(error.message, location=here(), hint=error.hint, code=error.code))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        absences, path, error = self._ingot
        return Absent(absences, f"{path}.{name}", error).used(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.used("()")
        if len(args) == 1 and not kwargs and inspect.isfunction(args[0]):
            return self._replaced(args[0])
        absences, path, error = self._ingot
        return Absent(absences, f"{path}()", error)

    def _replaced(self, function: FunctionType) -> Any:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return self.used("()")

        return call

    def __getitem__(self, key: Any) -> Any:
        return self.used("[]")

    def __or__(self, other: Any) -> Any:  # an annotation: `absent.Type | None`
        return self.used("|")

    __ror__ = __or__

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        absent = self

        class Base:
            def __init_subclass__(cls, **kwargs: Any) -> None:
                """Take whatever the real class would."""

            def __new__(cls, *args: Any, **kwargs: Any) -> Any:
                return absent.refuse()

        return (Base,)

    def __repr__(self) -> str:
        return f"<{self._ingot[1]}, which is not installed>"

    __hash__ = object.__hash__


class AbsentSecret(str):
    """The text in place of a secret that is not given. It can be put into other texts, and not be looked at."""

    def __new__(cls, text: str, error: IngotError) -> AbsentSecret:
        made = super().__new__(cls, text)
        made._error = error
        return made

    _error: IngotError

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._error


def _refusing(cls: type, names: str) -> None:
    for name in names.split():
        setattr(cls, f"__{name}__", cls.refuse)  # type: ignore[attr-defined]


_refusing(Absent, "bool iter len str format eq ne lt le gt ge add radd sub mul truediv contains int float index")
_refusing(Absent, "enter exit fspath await")
_refusing(AbsentSecret, "bool iter len eq ne lt le gt ge contains int float getitem hash")
for _name in ("encode", "split", "startswith", "endswith", "find", "index", "count", "isdigit", "splitlines"):
    setattr(AbsentSecret, _name, AbsentSecret.refuse)
