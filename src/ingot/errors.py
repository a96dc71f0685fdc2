"""Every error that Ingot raises for its user: what is wrong, where, what to do, and a stable code.

Owns the exception classes and how an error is worded on a terminal. Never raises anything itself, and never
holds a secret or a whole row of data.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, order=True)
class Location:
    """A place in a user's file. `line` and `column` count from 1; None when only the file is known."""

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"

    def __deepcopy__(self, memo: dict[int, object]) -> Location:
        return self  # trees carry a location at every name and are copied often

    def relative_to(self, root: Path) -> Location:
        """Shorten the path for display when it lies below `root`."""
        path = Path(self.path)
        return Location(str(path.relative_to(root)), self.line, self.column) if path.is_relative_to(root) else self


class IngotError(Exception):
    """The one base class.

    Args:
        message: What is wrong, with the value that is wrong.
        location: Where in the user's files, if it is known.
        hint: One thing to do about it.
        code: Stable, kebab-case; documented in docs/reference/errors.md. Each class has a default.
    """

    code = "error"
    failed_parts: tuple[str, ...] = ()  # of a source: see `ingot.source.failure_of`

    def __init__(
        self, message: str, *, location: Location | None = None, hint: str | None = None, code: str | None = None
    ):
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint
        self.code = code or type(self).code

    def at(self, location: Location | None) -> IngotError:
        """Add the location if none is known yet; returns self, for `raise error.at(location)`."""
        if self.location is None:
            self.location = location
        return self

    def render(self, excerpt: Sequence[str] = ()) -> str:
        """Word the error as the terminal shows it: message, place with the lines that show it, hint."""
        lines = [f"error[{self.code}]: {self.message}"]
        if self.location is not None:
            lines.append(f"  at {self.location}")
        lines.extend(excerpt)
        lines.extend(f"  {line}" for note in getattr(self, "__notes__", []) for line in note.splitlines())
        if self.hint is not None:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class ProjectError(IngotError):
    """`ingot.yml` (or what stands in for it) is wrong: unknown key, wrong type, undefined `${…}`."""

    code = "invalid-project"


class DefinitionError(IngotError):
    """A definition file cannot be read as a pipeline: syntax, duplicate names, wrong arguments."""

    code = "invalid-definition"


class UnsupportedError(IngotError):
    """A construct that Ingot does not run. Raised at definition time; nothing else is affected."""

    code = "unsupported"


class AnalysisError(IngotError):
    """A query is wrong by Spark's rules: unknown name, types that do not fit, wrong number of arguments."""

    code = "invalid-query"


class UnknownColumnError(AnalysisError):
    """A name in a query that nothing answers to.

    Args:
        column: The name's parts.
        relations: What the query reads where the name stands, as it is named there.
    """

    code = "unknown-column"

    def __init__(self, message: str, column: tuple[str, ...], relations: tuple[str, ...], **facts: Any):
        super().__init__(message, **facts)
        self.column = column
        self.relations = relations


class GraphError(IngotError):
    """The flows do not form a pipeline: unknown dataset, a cycle."""

    code = "invalid-graph"


class PlanError(IngotError):
    """An update cannot go on from the state of the lake: incompatible schema, rewritten source table."""

    code = "cannot-plan"


class DashboardError(IngotError):
    """A dashboard file is wrong, or what a page asks of a dashboard is."""

    code = "invalid-dashboard"


class SourceError(IngotError):
    """An outside system or a file answered with something else than data."""

    code = "source-failed"


class DataError(IngotError):
    """Rows cannot be processed: a cast that fails, bytes that do not decode, a broken file."""

    code = "bad-data"


class ExpectationError(IngotError):
    """Rows violate an expectation that fails the update; nothing was written."""

    code = "expectation-failed"


class LakeError(IngotError):
    """A table cannot be read or written rightly: damaged log, unsupported Delta feature."""

    code = "lake"


class CommitConflictError(LakeError):
    """Another writer committed first; the caller recomputes from the new version or gives up."""

    code = "commit-conflict"


class UserCodeError(IngotError):
    """The user's Python raised; the original exception is the cause and its traceback is shown first."""

    code = "user-code"


def as_ingot_error(error: Exception) -> IngotError:
    """What was raised while a definition was loaded: an error of ours as it is, any other as one of the user's code."""
    return error if isinstance(error, IngotError) else UserCodeError(f"{type(error).__name__}: {error}")


_FRAMES_MAX = 15


def unexpected(error: Exception, location: Location | None) -> IngotError:
    """A bug of ours as an error of the dataset that met it, with the traceback that a report needs."""
    if isinstance(error, RecursionError):
        return too_deep(location)
    found = IngotError(
        f"internal error: {type(error).__name__}: {error}",
        location=location,
        hint="this is a bug in Ingot; please report it with the lines above",
        code="internal-error",
    )
    found.add_note("".join(traceback.format_exception(error, limit=-_FRAMES_MAX)).rstrip())
    return found


def too_deep(location: Location | None) -> UnsupportedError:
    """The error for a query that recursion does not reach the end of."""
    return UnsupportedError(
        "this query is nested too deeply", location=location, hint="name its parts: WITH part AS (…)", code="too-deep"
    )


def distinct(errors: Iterable[IngotError]) -> list[IngotError]:
    """The errors, each once: what several datasets fail with is told once."""
    found: dict[tuple[str, str, Location | None], IngotError] = {}
    for error in errors:
        found.setdefault((error.code, error.message, error.location), error)
    return list(found.values())


def nearest(name: str, candidates: list[str] | tuple[str, ...], cutoff: float = 0.6) -> str | None:
    """The candidate most like `name`, or None when none is near; for hints.

    >>> nearest("oder_id", ["customer_id", "order_id"])
    'order_id'
    """
    import difflib

    folded = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.lower(), list(folded), n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def near_hint(name: str, candidates: list[str] | tuple[str, ...], otherwise: str | None = None) -> str | None:
    """The hint at the candidate that was meant, or another one when none is near.

    >>> near_hint("oder_id", ["customer_id", "order_id"], "there are customer_id, order_id")
    "did you mean 'order_id'?"
    """
    near = nearest(name, candidates)
    return f"did you mean '{near}'?" if near else otherwise
