"""What the answers of a user's Python functions depend on, as text: equal texts mean that they answer alike.

Owns what counts: the files of Python that definitions are made of, with the local modules that they import, and what a
function finds in its closure and among its globals, which may come from settings or from tables: plain values, and
the functions, modules, classes and objects of the user's own that hold such. Of what installed packages made, only the
type counts, but for collections, arrays, data frames and wrappers of functions. Never calls a function of the user's.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import os
import re
import secrets
import sys
import types
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

from ingot.definitions.spark.context import Broadcast
from ingot.update.column_values import held_values

_PLAIN: tuple[type[Any], ...] = (
    type(None), bool, int, float, complex, str, bytes, bytearray, range, slice, decimal.Decimal, fractions.Fraction,
    datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone, uuid.UUID, PurePath,
)  # fmt: skip
_COLLECTIONS = (list, tuple, set, frozenset, dict, deque, types.MappingProxyType)
_CODE = (types.FunctionType, staticmethod, classmethod, property)
_NO_NAMES: frozenset[str] = frozenset()
_MET_MAX = 100_000  # functions, classes and objects: telling more takes longer than most views


class _TooMuchError(Exception):
    """There is more than can be told."""


def code_text(files: Iterable[Path], functions: Sequence[Callable[..., Any]]) -> str:
    """The text for functions of definitions that are made of these files."""
    python = sorted(str(path) for path in files if path.suffix != ".sql")
    digests = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in python if Path(path).is_file()]
    values = _Values(_Files(python))
    try:
        return " ".join([*digests, *(values.text(function) for function in functions)])
    except (RecursionError, _TooMuchError):  # equal to nothing, so that it is always computed again
        return secrets.token_hex()


class _Files:
    """Which code is the user's: that of these files."""

    def __init__(self, paths: Iterable[str]):
        self._paths = frozenset(paths)
        self._classes: dict[type, bool] = {}

    def has(self, path: str | None) -> bool:
        return path is not None and (path in self._paths or os.path.abspath(path) in self._paths)  # noqa: PTH100

    def has_module(self, module: types.ModuleType) -> bool:
        """Whether a module is one of the files, or a folder without `__init__` that some of them lie in."""
        path = vars(module).get("__file__")
        if path is not None:
            return self.has(path)
        folders = [str(folder) + os.sep for folder in vars(module).get("__path__", ())]
        return any(path.startswith(folder) for folder in folders for path in self._paths)

    def has_class(self, cls: type) -> bool:
        """Whether a class is defined in one of the files."""
        if cls not in self._classes:
            self._classes[cls] = self._defines(cls)
        return self._classes[cls]

    def _defines(self, cls: type) -> bool:
        """By its module, which is not in `sys.modules` if it is a project's."""
        name = cls.__module__
        if name == "__main__" or not isinstance(name, str):
            return name == "__main__"
        module = sys.modules.get(name)
        return self.has(getattr(module, "__file__", None)) if module is not None else name in self._names

    @functools.cached_property
    def _names(self) -> frozenset[str]:
        """All names that the files could be imported by."""
        names = set[str]()
        for path in map(Path, self._paths):
            parts = path.parent.parts[1:] if path.stem == "__init__" else (*path.parts[1:-1], path.stem)
            names.update(".".join(parts[start:]) for start in range(len(parts)))
        return frozenset(names)


class _Values:
    """What functions reach; each is told once, and by its number where it is met again.

    `names` are those that the function looks up which has led to a value: of a module no others count.
    """

    def __init__(self, files: _Files, seen: dict[int, int] | None = None):
        self._files = files
        self._seen = seen or {}
        self._met = max(self._seen.values(), default=0)

    def text(self, value: Any, names: frozenset[str] = _NO_NAMES) -> str:
        """A value as text; of what is not the user's, nor plain, nor made of such, its type alone."""
        if self._is_plain(value):
            return repr(value)
        if id(value) in self._seen:
            return f"seen {self._seen[id(value)]}"
        if isinstance(value, types.ModuleType):
            return f"{value.__name__}({', '.join(self._of_module(value, names))})"
        if isinstance(value, types.FunctionType):
            self._meet(value)
            return f"{value.__qualname__}({', '.join(self._reached(value))})"
        if isinstance(value, type):
            return f"{value.__qualname__}({', '.join(self._of_class(value, names))})"
        parts = self._items(value, names) if isinstance(value, _COLLECTIONS) else []
        if self._files.has_class(type(value)):
            self._meet(value)
            parts += self._of_object(value, names)
        else:
            parts += (self.text(each, names) for each in _within(value))
        return f"{type(value).__qualname__}({', '.join(parts)})"

    def _is_plain(self, value: Any) -> bool:
        return isinstance(value, _PLAIN) and not self._files.has_class(type(value))

    def _meet(self, value: Any) -> None:
        self._met += 1
        if self._met > _MET_MAX:
            raise _TooMuchError
        self._seen[id(value)] = self._met

    def _items(self, value: Any, names: frozenset[str]) -> list[str]:
        self._meet(value)
        if isinstance(value, (dict, types.MappingProxyType)):
            parts = sorted(f"{self.text(key, names)}: {self.text(each, names)}" for key, each in value.items())
        elif isinstance(value, (set, frozenset)):
            parts = sorted(self._alone(each, names) for each in value)
        else:
            parts = [self.text(each, names) for each in value]
        del self._seen[id(value)]  # only what holds itself is not told again
        return parts

    def _alone(self, value: Any, names: frozenset[str]) -> str:
        """The text of what is in no order: nothing that is met there counts for the others."""
        return repr(value) if self._is_plain(value) else _Values(self._files, dict(self._seen)).text(value, names)

    def _reached(self, function: types.FunctionType) -> Iterator[str]:
        names = frozenset(_names(function.__code__))
        yield self.text(function.__defaults__, names)
        yield self.text(function.__kwdefaults__, names)
        for cell in function.__closure__ or ():
            try:
                yield self.text(cell.cell_contents, names)
            except ValueError:  # a cell that nothing was put into
                yield "empty"
        if self._files.has(function.__code__.co_filename):
            yield from self._named(function.__globals__, names)

    def _named(self, values: dict[str, Any], names: frozenset[str]) -> Iterator[str]:
        for name in sorted(names):
            if name in values:
                yield f"{name}={self.text(values[name], names)}"

    def _of_module(self, module: types.ModuleType, names: frozenset[str]) -> Iterator[str]:
        """What is looked up in a module of the user's; each name is told once."""
        if self._files.has_module(module):
            for name in sorted(names & vars(module).keys()):
                value = vars(module)[name]
                if not isinstance(value, types.ModuleType):
                    yield f"{name}={self.text(value, names)}"
                elif value is not module:  # its names are a part of these, and so on
                    yield f"{name}={self.text(value, names - {name})}"

    def _of_class(self, cls: type, names: frozenset[str]) -> Iterator[str]:
        """The attributes of a class of the user's and of those of the user's that it is derived from."""
        for each in cls.__mro__:
            if id(each) in self._seen:
                yield f"seen {self._seen[id(each)]}"
            elif self._files.has_class(each):
                self._meet(each)
                for name, value in vars(each).items():
                    if not name.startswith("__") or isinstance(value, _CODE):
                        yield f"{name}={self.text(value, names)}"

    def _of_object(self, value: Any, names: frozenset[str]) -> Iterator[str]:
        """What an object of the user's holds, and what its class does."""
        for plain in _PLAIN:
            if isinstance(value, plain):
                yield vars(plain)["__repr__"](value)
                break
        for name, each in sorted(_state(value), key=lambda pair: pair[0]):
            yield f"{name}={self.text(each, names)}"
        yield self.text(type(value), names)


def _state(value: object) -> Iterator[tuple[str, Any]]:
    """The attributes of an object, without asking its code."""
    yield from _attributes(value).items()
    for cls in type(value).__mro__:
        for name, slot in vars(cls).items():
            if isinstance(slot, types.MemberDescriptorType):
                try:
                    yield name, slot.__get__(value)
                except AttributeError:  # nothing was put there
                    continue


def _within(value: Any) -> Sequence[Any]:
    """What an object that is not the user's passes on: functions that it calls, values that it holds."""
    if isinstance(value, functools.partial):
        return value.func, value.args, value.keywords
    if isinstance(value, types.MethodType):
        return value.__func__, value.__self__
    if isinstance(value, types.BuiltinMethodType):  # such as the `get` of a dictionary
        return value.__name__, value.__self__
    if isinstance(value, (staticmethod, classmethod)):
        return (value.__func__,)
    if isinstance(value, property):
        return value.fget, value.fset
    if isinstance(value, functools.cached_property):
        return (value.func,)
    if isinstance(value, re.Pattern):
        return value.pattern, value.flags
    if isinstance(value, types.SimpleNamespace):
        return (vars(value),)
    if isinstance(value, Broadcast):
        return (value.value,)
    if isinstance(value, enum.Enum):
        return (value.name,)
    held = _attributes(value)  # such as those of what `functools.cache` makes
    return (held["__wrapped__"],) if "__wrapped__" in held else held_values(value)


def _attributes(value: object) -> dict[str, Any]:
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}


def _names(code: types.CodeType) -> set[str]:
    """The names that a function and those within it look up."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found
