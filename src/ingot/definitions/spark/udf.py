"""Python functions that queries call: `udf`, `pandas_udf`, `arrow_udf`, `udtf`.

Owns how they are declared and how a call of one is written in a tree. What becomes of the values is `calling` and
`vectorized`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from ingot import types as t
from ingot.definitions.loading import current
from ingot.definitions.spark import calling, vectorized
from ingot.definitions.spark.column import Column, named, unnamed
from ingot.definitions.spark.place import here
from ingot.definitions.spark.types import DataType, to_schema, to_type
from ingot.definitions.spark.user_calls import called
from ingot.errors import DefinitionError, IngotError, Location, UnsupportedError
from ingot.model import UserFunction

_SCALAR, _GROUPED_MAP, _GROUPED_AGG, _SCALAR_ITER = 200, 201, 202, 204
_BY_WORD = {"scalar": _SCALAR, "grouped_map": _GROUPED_MAP, "grouped_agg": _GROUPED_AGG, "scalar_iter": _SCALAR_ITER}
_COLUMN_WORDS = ("Series", "DataFrame", "Array", "Iterator")


class PandasUDFType:
    """The kinds of pandas functions by Spark's numbers."""

    SCALAR, GROUPED_MAP, GROUPED_AGG, SCALAR_ITER = _SCALAR, _GROUPED_MAP, _GROUPED_AGG, _SCALAR_ITER


ArrowUDFType = PandasUDFType


class UserDefinedFunction:
    """A Python function as a function of columns. Calling it gives a column; `func` is the function itself."""

    def __init__(
        self, function: Callable[..., Any], return_type: Any, user_function: UserFunction, takes: str | None = None
    ):
        self.func = function
        self._takes = takes
        self.returnType = return_type
        self.user_function = user_function
        self.deterministic = True
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *cols: Any, **named_cols: Any) -> Column:
        if self._takes is not None:  # where it is used: its file's other datasets may do without the packages
            need_package(self._takes, here())
        is_of_rows = self.user_function.kind == "python"  # one of columns may take them all in one iterator
        values = _by_position(self.func, cols, named_cols) if is_of_rows or named_cols else cols
        node = called(self.user_function, [unnamed(named(c)) for c in values])
        if named_cols:
            node.meta["shown"] = _shown(self.user_function.name, cols, named_cols)
        return Column(node)

    def asNondeterministic(self) -> UserDefinedFunction:
        self.deterministic = False
        self.user_function = replace(self.user_function, is_deterministic=False)
        return self

    def renamed(self, name: str) -> UserDefinedFunction:
        """The same function under the name that SQL calls it by."""
        made = UserDefinedFunction(self.func, self.returnType, replace(self.user_function, name=name), self._takes)
        made.deterministic = self.deterministic
        return made


def _shown(name: str, cols: tuple[Any, ...], named_cols: dict[str, Any]) -> str:
    """The name of a column that a call with named arguments gives."""
    from ingot.analysis.naming import shown

    parts = [shown(unnamed(named(c)), None) for c in cols]
    parts += [f"{key} => {shown(unnamed(named(c)), None)}" for key, c in named_cols.items()]
    return f"{name}({', '.join(parts)})"


def _by_position(function: Callable[..., Any], cols: tuple[Any, ...], named_cols: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments in order, as many as the function takes."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # builtins such as str tell nothing
        return cols
    try:
        given = signature.bind(*cols, **named_cols)
    except TypeError as error:
        raise DefinitionError(
            f"'{_name(function)}': {error}",
            location=here(),
            hint=f"{_name(function)}{signature}",
            code="wrong-arguments",
        ) from None
    if given.kwargs:
        raise UnsupportedError(
            f"'{_name(function)}': arguments that have only a name are not supported: {', '.join(given.kwargs)}",
            location=here(),
            hint="let the function take them by position",
        )
    return given.args


# --- declaring -------------------------------------------------------------------------------------------------------


def udf(f: Any = None, returnType: Any = "string", *, useArrow: bool | None = None) -> Any:
    """Make a function of columns of a Python function; as a decorator with or without arguments."""
    return _declared(f, returnType, python)


def pandas_udf(f: Any = None, returnType: Any = None, functionType: Any = None) -> Any:
    """The same for a function of pandas Series."""
    return _declared(f, returnType, lambda g, kind: of_columns(g, kind, "pandas", functionType))


def arrow_udf(f: Any = None, returnType: Any = None, functionType: Any = None) -> Any:
    """The same for a function of Arrow arrays."""
    return _declared(f, returnType, lambda g, kind: of_columns(g, kind, "arrow", functionType))


def _declared(f: Any, return_type: Any, make: Callable[[Any, Any], UserDefinedFunction]) -> Any:
    if f is None or isinstance(f, str | DataType) or (isinstance(f, type) and issubclass(f, DataType)):
        chosen = f if f is not None else return_type
        _need_type(chosen)
        return lambda function: make(function, chosen)
    _need_type(return_type)
    return make(f, return_type)


def _need_type(return_type: Any) -> None:
    if return_type is None:
        raise DefinitionError(
            "the type that the function returns is missing", location=here(), hint='write pandas_udf("double")'
        )


def python(function: Any, return_type: Any, name: str | None = None) -> UserDefinedFunction:
    """A function of the values of one row."""
    name, place = name or _name(function), here()
    returned = _returned(return_type)
    bind = calling.bound(function, name, returned, place)
    made = UserFunction(name, function, returned, "python", place, bind, world())
    return UserDefinedFunction(function, return_type, made)


def of_columns(function: Any, return_type: Any, takes: str, function_type: Any = None) -> UserDefinedFunction:
    """A function of whole columns; which kind it is is told by its type hints, as in Spark."""
    name, place = _name(function), here()
    kind = _BY_WORD.get(function_type, function_type) if isinstance(function_type, str) else function_type
    kind = kind or _kind(function)
    if kind == _GROUPED_MAP:
        raise UnsupportedError(
            "a function of whole groups is given to applyInPandas",
            location=place,
            hint="df.groupBy(…).applyInPandas(function, schema)",
            code="unsupported-udf",
        )
    returned = _returned(return_type)
    make = vectorized.grouped if kind == _GROUPED_AGG else vectorized.scalar
    is_iterator = kind == _SCALAR_ITER or (kind == _GROUPED_AGG and _takes_iterator(function))
    bind = make(function, takes, is_iterator, returned)
    made = UserFunction(name, function, returned, "arrow", place, bind, world(), kind == _GROUPED_AGG)
    return UserDefinedFunction(function, return_type, made, takes)


def _name(function: Any) -> str:
    if not callable(function):
        raise DefinitionError(
            f"a udf is made of a function, not {function!r}", location=here(), hint='F.udf(lambda x: x + 1, "BIGINT")'
        )
    return getattr(function, "__name__", type(function).__name__)


def _returned(return_type: Any) -> t.DataType:
    """The declared type; text such as `a int, b string` is a struct."""
    if not isinstance(return_type, str):
        return to_type(return_type)
    try:
        return to_type(return_type)
    except IngotError:
        return to_schema(return_type)


def _hints(function: Any) -> tuple[list[str], str | None]:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return [], None
    empty = inspect.Signature.empty
    taken = [str(p.annotation) for p in signature.parameters.values() if p.annotation is not empty]
    return taken, None if signature.return_annotation is empty else str(signature.return_annotation)


def _kind(function: Any) -> int:
    taken, given = _hints(function)
    if given is None or not taken:
        return _SCALAR
    if not any(word in given for word in _COLUMN_WORDS):
        return _GROUPED_AGG
    return _SCALAR_ITER if "Iterator" in given else _SCALAR


def _takes_iterator(function: Any) -> bool:
    return any("Iterator" in hint for hint in _hints(function)[0])


def need_package(takes: str, place: Location | None) -> None:
    """Refuse a function of columns where the packages that it needs are not installed."""
    for package in ("pyarrow", "pandas") if takes == "pandas" else ("pyarrow",):
        if find_spec(package) is None:
            raise DefinitionError(
                f"a function of whole columns needs {package}, which is not installed",
                location=place,
                hint=f"pip install {package}",
                code="missing-package",
            )


def world() -> Callable[[], AbstractContextManager[Any]]:
    """What an engine enters while it calls a function: the modules that its file was loaded with."""
    load = current.get()
    return nullcontext if load is None else load.held
