"""What the answers of a user's Python functions depend on, as text: equal texts mean that they answer alike.

Owns what counts: the files of Python that definitions are made of, with the local modules that they import, and the
plain values that a function finds in its closure and among its globals, which may come from settings or from tables.
Installed packages do not count. Never calls a function.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import hashlib
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

_PLAIN = (type(None), bool, int, float, complex, str, bytes, decimal.Decimal, datetime.date, datetime.time,
          datetime.timedelta)  # fmt: skip


def code_text(files: Iterable[Path], functions: Sequence[Callable[..., Any]]) -> str:
    """The text for functions of definitions that are made of these files."""
    python = sorted(str(path) for path in files if path.suffix != ".sql")
    digests = [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in python if Path(path).is_file()]
    values = _Values(frozenset(python))
    return " ".join([*digests, *(values.text(function) for function in functions)])


class _Values:
    """What functions reach; each is told once."""

    def __init__(self, files: frozenset[str]):
        self._files = files
        self._seen: set[int] = set()

    def text(self, value: Any) -> str:
        """A value as text; of what is neither plain nor a function its type alone."""
        if isinstance(value, _PLAIN):
            return repr(value)
        if id(value) in self._seen:
            return "seen"
        if isinstance(value, types.FunctionType):
            self._seen.add(id(value))
            return f"{value.__qualname__}({', '.join(self._reached(value))})"
        if isinstance(value, functools.partial):
            return f"partial({self.text(value.func)}, {self.text(value.args)}, {self.text(value.keywords)})"
        if isinstance(value, types.MethodType):
            return self.text(value.__func__)
        if isinstance(value, (list, tuple, set, frozenset, dict)):
            return self._collection(value)
        return type(value).__qualname__

    def _collection(self, value: Any) -> str:
        self._seen.add(id(value))
        if isinstance(value, dict):
            parts = sorted(f"{self.text(key)}: {self.text(each)}" for key, each in value.items())
        else:
            parts = [self.text(each) for each in value]
        if isinstance(value, (set, frozenset)):
            parts.sort()
        self._seen.discard(id(value))  # only what holds itself is not told again
        return f"{type(value).__name__}({', '.join(parts)})"

    def _reached(self, function: types.FunctionType) -> Iterator[str]:
        yield self.text(function.__defaults__)
        yield self.text(function.__kwdefaults__)
        for cell in function.__closure__ or ():
            try:
                yield self.text(cell.cell_contents)
            except ValueError:  # a cell that nothing was put into
                yield "empty"
        if function.__code__.co_filename in self._files:
            for name in sorted(_names(function.__code__)):
                if name in function.__globals__:
                    yield f"{name}={self.text(function.__globals__[name])}"


def _names(code: types.CodeType) -> set[str]:
    """The names that a function and those within it look up."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found
