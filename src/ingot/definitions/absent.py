"""What a definition file asks for and is not here: a module, a parameter, a secret.

Owns who gets a stand-in and what must not be run with one (`absent_modules` has those for modules). A file goes on
with it, so that its definitions are known; whatever needs the thing itself fails alone, with the reason. Code that is
prepared for the absence (`try … except`) gets the exception instead. Never gives a value that could become a row: what
a stand-in has touched is refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from ingot.definitions.guards import is_guarded
from ingot.definitions.spark.place import is_ours
from ingot.errors import IngotError

if TYPE_CHECKING:
    from ingot.model import Query

_MARK = "\u2063"  # an invisible character: a text that holds it was made of a stand-in
_ESCAPED_MARK = "\\u2063"  # the same within JSON
_MARKED = re.compile(f"{_MARK}\\$\\{{(.*?)\\}}{_MARK}", re.DOTALL)


def frames() -> Iterator[FrameType]:
    """What is being executed, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def refusing(cls: type, names: str) -> None:
    """Let these special methods of a class raise its error."""
    for name in names.split():
        setattr(cls, f"__{name}__", cls.refuse)  # type: ignore[attr-defined]


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
        files = self.asking_files()
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
        files = self.asking_files()
        if files is None:
            raise error
        self.askers.update(files)
        self.note(error)
        return AbsentSecret(self._marked(key, error), error)

    def error_of(self, text: Any) -> IngotError | None:
        """The reason why a text must not be used; None for an ordinary one."""
        if not isinstance(text, str) or (_MARK not in text and _ESCAPED_MARK not in text):
            return None
        found = _MARKED.search(text)
        known = self.texts.get(found[1].lower()) if found else None
        return known or next(iter(self.texts.values()), None)

    def touch(self, error: IngotError) -> IngotError:
        """Note that something absent was needed: the code may catch the error, and go on as if it had a value."""
        if not self.is_loading():
            self.touched = error
        elif self.asking_files() is None:
            for frame in frames():
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

    def asking_files(self) -> list[str] | None:
        """The files of the user that are being executed, the innermost first.

        None when one of them is prepared for an exception, or while a flow is built. Empty when an installed package
        is what asks, or `importlib.util.find_spec`.
        """
        if not self.is_loading():
            return None
        files: list[str] = []
        for frame in frames():
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


class AbsentSecret(str):
    """The text in place of a secret that is not given. It can be put into other texts, and not be looked at."""

    def __new__(cls, text: str, error: IngotError) -> AbsentSecret:
        made = super().__new__(cls, text)
        made._error = error
        return made

    _error: IngotError

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._error


refusing(AbsentSecret, "bool iter len eq ne lt le gt ge contains int float getitem hash")
for _name in (
    "encode", "split", "rsplit", "partition", "rpartition", "splitlines", "startswith", "endswith", "find", "rfind",
    "index", "rindex", "count", "isdigit", "isalpha", "isalnum", "isnumeric", "isdecimal", "isspace", "islower",
    "isupper",
):  # fmt: skip
    setattr(AbsentSecret, _name, AbsentSecret.refuse)
