"""Runs user code: the one place where a file or a query function of the user's is called.

Owns what becomes of the errors of user code, and of the values that query functions return. Never reads a file.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from ingot.definitions.faults import explained
from ingot.definitions.loading import Load, answers
from ingot.definitions.spark.place import is_ours
from ingot.errors import DefinitionError, IngotError, Location, UserCodeError
from ingot.model import Query

if TYPE_CHECKING:
    from sqlglot import exp

_LINES_MAX = 8
World = tuple[tuple[str | None, str | None], Path | None, dict[str, str]]


@contextmanager
def user_code(load: Load, what: str, place: Location | None) -> Iterator[None]:
    """Within: whatever user code raises becomes an IngotError with the place in the user's file.

    Raises:
        UserCodeError: for exceptions of the user's own; the exception is the cause, its traceback the notes.
    """
    try:
        yield
    except IngotError as error:
        error.at(_innermost(error.__traceback__, load) or place)
        raise load.absences.error_of(error.message) or error from None
    except SyntaxError as error:
        if error.filename is None:
            raise
        raise DefinitionError(
            f"{error.msg}", location=Location(error.filename, error.lineno), code="syntax-error"
        ) from error
    except (Exception, SystemExit) as error:  # the boundary around user code: it may raise anything
        location = _innermost(error.__traceback__, load) or place
        failure = explained(load, error) or UserCodeError(f"{what} raised {type(error).__name__}: {error}")
        failure.at(location)
        for line in _lines(error.__traceback__, load):
            failure.add_note(line)
        raise failure from error


def build_query(
    load: Load,
    function: Callable[[], Any],
    place: Location,
    world: World,
) -> Query:
    """Call a query function and take what it returns as a query.

    Args:
        load: The load that it belongs to.
        function: Takes no arguments.
        place: Where it is defined.
        world: Default names, the file, and what the file has set of the configuration.
    """
    name = getattr(function, "__name__", "the query function")
    _refuse_arguments(function, name, place)
    with _world(load, world), user_code(load, f"'{name}'", place):
        load.absences.touched = None
        query = query_of(load, function(), name, place)
        load.absences.check(query)
        return query


def build_snapshot(load: Load, function: Callable[[Any], Any], place: Location, world: World) -> Query:
    """Call a function of snapshots with the version of the last one; gives the query of the next one.

    Gives a query without columns and without a version when the function has no other snapshot.

    Raises:
        DefinitionError: `wrong-snapshot`, when it returns something else than a DataFrame and a version.
    """
    from ingot.sql import parse_statement

    name = getattr(function, "__name__", "the function of snapshots")
    given = answers.get()
    last = given.last_version if given is not None else None
    with _world(load, world), user_code(load, f"'{name}'", place):
        load.absences.touched = None
        result = function(last)
        if result is None or (isinstance(result, tuple) and len(result) == 2 and result[0] is None):
            return Query(cast("exp.Query", parse_statement("SELECT 1")), {}, location=place)
        if not isinstance(result, tuple) or len(result) != 2 or result[1] is None:
            raise DefinitionError(
                f"'{name}' returned {_shown(result)}, not a DataFrame and its version",
                location=place,
                hint="return (df, version), or None when there is no other snapshot",
                code="wrong-snapshot",
            )
        query = query_of(load, result[0], name, place)
        load.absences.check(query)
        return replace(query, version=result[1])


def _shown(result: Any) -> str:
    if isinstance(result, tuple):
        return f"({', '.join(type(part).__name__ for part in result)})"
    return type(result).__name__


@contextmanager
def _world(load: Load, world: World) -> Iterator[None]:
    """Within: what the file of a definition has set is set; names that a query function gives are its own."""
    with load.active():
        before = load.defaults, load.file, load.configuration
        views = dict(load.session.views)
        load.defaults, load.file, configuration = world
        load.configuration = dict(configuration)
        try:
            yield
        finally:
            load.defaults, load.file, load.configuration = before
            load.session.views = views


def _refuse_arguments(function: Callable[[], Any], name: str, place: Location) -> None:
    """A query function is called without arguments, so that it must not need any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # something callable that does not tell
        return
    needed = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if needed:
        raise DefinitionError(
            f"'{name}' takes the argument '{needed[0]}', but nothing is given to it",
            location=place,
            hint="a query function has no arguments: read values with spark.conf.get(…)",
            code="wrong-arguments",
        )


def query_of(load: Load, result: Any, name: str, place: Location) -> Query:
    """The query of a DataFrame; rows of pandas, polars or Arrow are a leaf of which nothing more is known."""
    from ingot.definitions.spark.dataframe import DataFrame
    from ingot.definitions.spark.values import arrow_read

    if isinstance(result, DataFrame):
        return result.to_query()
    if hasattr(result, "__arrow_c_stream__"):
        return load.session.frame_of(arrow_read(result, place)).to_query()
    if hasattr(result, "collect") and hasattr(result, "lazy"):  # a polars LazyFrame
        return query_of(load, result.collect(), name, place)
    raise DefinitionError(
        f"'{name}' returned {'nothing' if result is None else type(result).__name__}, not a DataFrame",
        location=place,
        hint="end the function with `return df`" if result is None else "return a DataFrame",
        code="not-a-query",
    )


def _innermost(trace: TracebackType | None, load: Load) -> Location | None:
    """The last frame within the project, or else within the file that is loaded."""
    frames = _user_frames(trace, load)
    return Location(frames[-1].filename, frames[-1].lineno) if frames else None


def _user_frames(trace: TracebackType | None, load: Load) -> list[traceback.FrameSummary]:
    root = str(load.project.root)
    file = str(load.file) if load.file is not None else None
    return [
        frame
        for frame in traceback.extract_tb(trace)
        if not is_ours(frame.filename)
        and "site-packages" not in frame.filename
        and (frame.filename.startswith(root) or frame.filename == file)
    ]


def _lines(trace: TracebackType | None, load: Load) -> list[str]:
    frames = _user_frames(trace, load)[-_LINES_MAX:]
    return [f"{f.filename}:{f.lineno} in {f.name}: {f.line}" for f in frames]
