"""Python functions of the user that a query calls.

Owns their registration in DuckDB and what becomes of an exception in one of them. Never decides how a call is
written: the dialect does, and calls them by the name under which the query holds them.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
from ingot.engines.duckdb.faults import translated
from ingot.engines.duckdb.types import duckdb_type
from ingot.errors import UnsupportedError, UserCodeError
from ingot.model import UserFunction


def check_functions(functions: Mapping[str, UserFunction]) -> None:
    """Refuse kinds of functions that are not run yet.

    Raises:
        UnsupportedError: `unsupported-function`.
    """
    for function in functions.values():
        if function.kind != "python":
            raise UnsupportedError(
                f"the {function.kind} function {function.name!r} cannot be called in SQL",
                location=function.location,
                hint="declare it with udf, which calls it row by row",
                code="unsupported-function",
            )


class FunctionCatalog:
    """Functions of one database. They belong to the connection that made them and are seen by all its cursors;
    DuckDB crashes when one is called after that connection was closed, so it is always the engine's own."""

    def __init__(self, connection: Any):
        self._connection = connection
        self._lock = threading.RLock()
        self._registered: dict[str, Callable[..., Any]] = {}
        self._failure: tuple[UserFunction, BaseException] | None = None

    @contextmanager
    def available(self, functions: Mapping[str, UserFunction]) -> Iterator[None]:
        """Let queries in this block call the functions.

        One block at a time when there are any, for two flows may give one name to different functions.

        Raises:
            UserCodeError: when one of them raises; the original is the cause.
        """
        if not functions:
            yield
            return
        check_functions(functions)
        with self._lock:
            self._failure = None
            for name, function in functions.items():
                self._register(name, function)
            try:
                yield
            except duckdb.Error:
                failure: tuple[UserFunction, BaseException] | None = self._failure
                if failure is None:
                    raise
                raise _user_error(*failure) from failure[1]

    def _register(self, name: str, function: UserFunction) -> None:
        if self._registered.get(name) is function.function:
            return
        if name in self._registered:
            self._connection.remove_function(name)
            del self._registered[name]
        call = self._remembering(function)
        try:
            self._connection.create_function(
                name,
                # with None, any number of arguments of any types, but at least one
                call if _takes_arguments(function.function) else lambda: call(),
                None if _takes_arguments(function.function) else [],
                duckdb_type(function.return_type),
                null_handling="special",  # as in Spark, a function sees None
                side_effects=True,  # nothing is known about it, so it is neither folded nor left out
            )
        except duckdb.Error as error:
            raise translated(str(error)).at(function.location) from error
        self._registered[name] = function.function

    def _remembering(self, function: UserFunction) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            try:
                return function.function(*arguments)
            except BaseException as error:
                self._failure = (function, error)
                raise

        return call


def _user_error(function: UserFunction, cause: BaseException) -> UserCodeError:
    return UserCodeError(
        f"function {function.name!r} raised {type(cause).__name__}: {cause}", location=function.location
    )


def _takes_arguments(function: Callable[..., Any]) -> bool:
    try:
        return bool(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # builtins such as str tell nothing
        return True
