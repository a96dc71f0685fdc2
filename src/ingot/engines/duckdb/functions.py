"""Python functions of the user that a query calls.

Owns their registration in DuckDB and what becomes of an exception in one of them. Never decides how a call is
written: the dialect does, and calls them by the key that analysis gave each call.
"""

from __future__ import annotations

import itertools
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import duckdb
from ingot.analysis.typed import FunctionCall
from ingot.engines.duckdb.faults import translated
from ingot.engines.duckdb.types import duckdb_type, without_zone
from ingot.errors import IngotError, Location, UnsupportedError, UserCodeError
from ingot.model import UserFunction

Failures = list[tuple[UserFunction, BaseException]]
_ROWS_BETWEEN, _TELL_EVERY_S = 1024, 0.2
_KINDS = {"python": "native", "arrow": "arrow"}


def check_functions(calls: Sequence[FunctionCall]) -> None:
    """Refuse functions that cannot be called.

    Raises:
        UnsupportedError: `unsupported-function`.
    """
    for call in calls:
        if call.function.kind not in _KINDS:
            raise UnsupportedError(
                f"the {call.function.kind} function {call.function.name!r} cannot be called in SQL",
                location=call.function.location,
                code="unsupported-function",
            )
        if call.function.kind == "arrow" and not call.argument_types:
            raise UnsupportedError(
                f"the function {call.function.name!r} of whole columns is called without a column",
                location=call.function.location,
                hint="give it a column, or declare it with udf",
                code="unsupported-function",
            )


def called_in(conditions: Iterable[Any]) -> list[FunctionCall]:
    """The user's functions that typed conditions call."""
    nodes = (node for condition in conditions if hasattr(condition, "walk") for node in condition.walk())
    return [node.meta["user"] for node in nodes if node.meta.get("user") is not None]


@contextmanager
def user_faults(failures: Failures) -> Iterator[None]:
    """Within: an error of a query is that of the user's function, if one has raised."""
    try:
        yield
    except (duckdb.Error, IngotError):
        if not failures:
            raise
        function, error = failures[0]
        if isinstance(error, IngotError):
            raise error.at(function.location) from error.__cause__
        raise _user_error(function, error) from error


class FunctionCatalog:
    """Functions of one database. They belong to the connection that made them and are seen by all its cursors;
    DuckDB crashes when one is called after that connection was closed, so it is always the engine's own."""

    def __init__(self, connection: Any):
        self._connection = connection
        self._lock = threading.Lock()
        self._users: dict[str, int] = {}

    @contextmanager
    def available(
        self, calls: Sequence[FunctionCall], on_rows: Callable[[int], None] | None = None
    ) -> Iterator[Failures]:
        """Let queries in this block call the functions; gives what they have raised.

        Args:
            calls: The functions, with the types of their arguments.
            on_rows: Told now and then how many rows the first of them has gone through.

        Raises:
            UserCodeError: when one of them raises; the original is the cause.
        """
        failures: Failures = []
        if not calls:
            yield failures
            return
        check_functions(calls)
        with ExitStack() as stack:
            for within in dict.fromkeys(call.function.within for call in calls):
                stack.enter_context(within())
            meters = itertools.chain([_Meter(on_rows)] if on_rows else [], itertools.repeat(None))
            for call, meter in zip({call.key: call for call in calls}.values(), meters, strict=False):
                self._register(call, failures, meter)
                stack.callback(self._release, call.key)
            with user_faults(failures):
                yield failures

    def _register(self, call: FunctionCall, failures: Failures, meter: _Meter | None) -> None:
        with self._lock:
            if self._users.get(call.key):
                self._users[call.key] += 1
                return
            function, run = call.function, _remembering(call, failures, meter)
            try:
                self._connection.create_function(
                    call.key,
                    run if call.argument_types else lambda: run(),
                    None if call.argument_types else [],  # None: any number of arguments, but at least one
                    duckdb_type(without_zone(function.return_type)),
                    type=_KINDS[function.kind],
                    null_handling="special",  # as in Spark, a function sees None
                    side_effects=True,  # nothing is known about it, so it is neither folded nor left out
                )
            except duckdb.Error as error:
                raise translated(str(error)).at(function.location) from error
            self._users[call.key] = 1

    def _release(self, key: str) -> None:
        with self._lock:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key]
                self._connection.remove_function(key)


class _Meter:
    """Counts the rows that a function goes through, and tells of it now and then."""

    def __init__(self, tell: Callable[[int], None]):
        self._tell = tell
        self._rows = 0
        self._told = time.monotonic()
        self._lock = threading.Lock()

    def add(self, rows: int) -> None:
        """Count; one thread at a time tells, the others go on."""
        self._rows += rows
        if time.monotonic() - self._told > _TELL_EVERY_S and self._lock.acquire(blocking=False):
            try:
                self._told = time.monotonic()
                self._tell(self._rows)
            finally:
                self._lock.release()

    def counted(self, function: Callable[..., Any], is_of_columns: bool) -> Callable[..., Any]:
        """The function, its rows counted: each call's, or those of the columns that a call gets."""
        calls = itertools.count(1)

        def of_row(*arguments: Any) -> Any:
            if not next(calls) % _ROWS_BETWEEN:
                self.add(_ROWS_BETWEEN)
            return function(*arguments)

        def of_columns(*arguments: Any) -> Any:
            self.add(len(arguments[0]))
            return function(*arguments)

        return of_columns if is_of_columns else of_row


def _remembering(call: FunctionCall, failures: Failures, meter: _Meter | None) -> Callable[..., Any]:
    bound = call.function.bind(call.argument_types) if call.function.bind else call.function.function
    if meter is not None:
        bound = meter.counted(bound, call.function.kind == "arrow")

    def run(*arguments: Any) -> Any:
        try:
            return bound(*arguments)
        except BaseException as error:
            failures.append((call.function, error))
            raise

    return run


def _user_error(function: UserFunction, cause: BaseException) -> UserCodeError:
    frames = traceback.extract_tb(cause.__traceback__)
    path = function.location.path if function.location else None
    lines = [frame.lineno for frame in frames if frame.filename == path]
    location = Location(path, lines[-1]) if path is not None and lines else function.location
    return UserCodeError(f"function {function.name!r} raised {type(cause).__name__}: {cause}", location=location)
