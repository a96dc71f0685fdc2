"""Stand-ins for modules that a definition file imports and that are not here, and for everything in them.

Owns what user code can do with them: pass them on while definitions are loaded, nothing else. Whose imports get one is
told by `absent`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from functools import wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from ingot.definitions.absent import Absences, frames, refusing
from ingot.definitions.spark.place import here, is_ours
from ingot.errors import DefinitionError, IngotError, UnsupportedError

_OURS = ("pyspark", "dlt")
_DISTRIBUTIONS = {
    "yaml": "pyyaml", "sklearn": "scikit-learn", "bs4": "beautifulsoup4", "PIL": "pillow", "cv2": "opencv-python",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "delta": "delta-spark", "jwt": "pyjwt",
    "databricks.sdk": "databricks-sdk", "databricks.connect": "databricks-connect", "google": "google-cloud",
    "azure": "azure-identity", "confluent_kafka": "confluent-kafka", "Crypto": "pycryptodome",
}  # fmt: skip


def missing_module(name: str) -> IngotError:
    """Says that a module is not here, and what to do."""
    top = name.partition(".")[0]
    if top in _OURS:
        return UnsupportedError(
            f"Ingot has no module '{name}'", location=here(), hint="do without it", code="unsupported-module"
        )
    first_two = ".".join(name.split(".")[:2])
    package = _DISTRIBUTIONS.get(first_two) or _DISTRIBUTIONS.get(top) or top
    return DefinitionError(
        f"there is no module '{name}'",
        location=here(),
        hint=f"pip install {package}, or add the file to the project if it is one of yours",
        code="missing-module",
    )


class AbsentFinder(MetaPathFinder):
    """The last finder of all: gives a stand-in for a module that a definition file imports at its top level."""

    def __init__(self, absences: Absences):
        self._absences = absences

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        files = self._absences.asking_files()
        return ModuleSpec(fullname, AbsentLoader(self._absences), is_package=True) if files else None


class AbsentLoader(Loader):
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
        self._absent = Absent(absences, name, self._error)
        if not isinstance(sys.modules.get(name.rpartition(".")[0]), AbsentModule):
            absences.note(self._error)

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            file = next((f.f_code.co_filename for f in frames() if not is_ours(f.f_code.co_filename)), "")
            self._absences.starred[file] = self._error
            return []
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(self._absences, f"{self.__name__}.{name}", self._error).used(name)

    # `from package import name` takes a module for a name that the package does not have.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._absent(*args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self._absent[key]

    def __or__(self, other: Any) -> Any:
        return self._absent

    __ror__ = __or__

    def __iter__(self) -> Iterator[Any]:
        self._absent.refuse()

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return self._absent.__mro_entries__(bases)


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


refusing(Absent, "bool iter len str format eq ne lt le gt ge add radd sub mul truediv contains int float index")
refusing(Absent, "enter exit fspath await")
