"""Python functions that queries call: `udf`, `pandas_udf`, `spark.udf.register`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

from ingot.definitions.spark import nodes
from ingot.definitions.spark.column import Column, named, unnamed
from ingot.definitions.spark.place import here
from ingot.definitions.spark.selection import FUNCTION
from ingot.definitions.spark.types import DataType, to_type
from ingot.errors import DefinitionError, UnsupportedError
from ingot.model import UserFunction

Enter = Callable[[Callable[..., Any]], Callable[..., Any]]


class UserDefinedFunction:
    """A Python function as a function of columns. Calling it gives a column; `func` is the function itself."""

    def __init__(self, function: Callable[..., Any], return_type: Any, kind: str, name: str | None = None):
        if not callable(function):
            raise DefinitionError(f"a udf is made of a function, not {function!r}", location=here())
        self.func = function
        self.returnType = return_type
        self.user_function = UserFunction(
            (name or getattr(function, "__name__", "udf")).replace("<lambda>", "lambda_udf"),
            _entered(function),
            to_type(return_type),
            kind,
            here(),
        )
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *cols: Any, **named_cols: Any) -> Column:
        if named_cols:
            raise UnsupportedError("a udf takes its arguments by position", location=here(), hint="leave out the names")
        node = nodes.call(self.user_function.name, *(unnamed(named(c)) for c in cols))
        node.meta[FUNCTION] = self.user_function
        return Column(node)

    def asNondeterministic(self) -> UserDefinedFunction:
        return self


class PandasUDFType:
    """The kinds of pandas functions by Spark's numbers; only SCALAR is run."""

    SCALAR, GROUPED_MAP, GROUPED_AGG, SCALAR_ITER = 200, 201, 202, 204


def udf(f: Any = None, returnType: Any = "string", *, useArrow: bool | None = None) -> Any:
    """Make a function of columns of a Python function; as a decorator with or without arguments."""
    return _made(f, returnType, "python")


def pandas_udf(f: Any = None, returnType: Any = None, functionType: Any = None) -> Any:
    """The same for a function of pandas Series."""
    if functionType not in (None, 200, "scalar"):
        raise UnsupportedError("only scalar pandas functions are supported", location=here(), code="unsupported-udf")
    return _made(f, returnType, "pandas")


def arrow_udf(f: Any = None, returnType: Any = None, functionType: Any = None) -> Any:
    """The same for a function of Arrow arrays."""
    return _made(f, returnType, "arrow")


def udtf(cls: Any = None, *, returnType: Any = None, useArrow: bool | None = None) -> NoReturn:
    """Refused: functions that give tables."""
    raise UnsupportedError(
        "user-defined table functions are not supported", location=here(), hint="give an array and explode it"
    )


def _made(f: Any, return_type: Any, kind: str) -> Any:
    if f is None or isinstance(f, str | DataType):
        chosen = f if f is not None else return_type
        _need_type(chosen)
        return lambda function: UserDefinedFunction(function, chosen, kind)
    _need_type(return_type)
    return UserDefinedFunction(f, return_type, kind)


def _need_type(return_type: Any) -> None:
    if return_type is None:
        raise DefinitionError(
            "the type that the function returns is missing", location=here(), hint='write pandas_udf("double")'
        )


def _entered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as the engine calls it later: with the modules that its file was loaded with."""
    from ingot.definitions.loading import current

    load = current.get()
    return function if load is None else load.entered(function)
