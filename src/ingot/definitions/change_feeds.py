"""Reads of change data feeds as users write them: `table_changes(…)`, the options of readers.

Owns which options go together, and instants in the session's time zone. What versions and instants stand for in a table
is `ingot.feeds`.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Mapping

from sqlglot import exp

from ingot.errors import AnalysisError, DefinitionError, Location, UnsupportedError
from ingot.model import Project

READ_CHANGES = "readchangefeed"
_READ_CHANGES = (READ_CHANGES, "readchangedata")
_STARTS = ("startingversion", "startingtimestamp")
_ENDS = ("endingversion", "endingtimestamp")
_SHOWN = {
    "startingversion": "startingVersion", "startingtimestamp": "startingTimestamp", "endingversion": "endingVersion",
    "endingtimestamp": "endingTimestamp",
}  # fmt: skip


def checked_options(
    options: Mapping[str, str], project: Project, is_streaming: bool, is_version: bool, place: Location | None
) -> dict[str, str]:
    """A table reader's options, keys in lower case, with instants that know their time zone.

    Args:
        options: As the user gave them, keys in lower case.
        project: For the session's time zone.
        is_streaming: Whether the read is a stream.
        is_version: Whether the read asks for an older version of the table.
        place: Where it stands.

    Raises:
        DefinitionError: `feed-range`, for a range that Delta refuses.
    """
    reads_changes = any(options.get(name, "").lower() == "true" for name in _READ_CHANGES)
    if not (reads_changes or is_streaming):
        return dict(options)  # what only streams and feeds have means nothing here, as in Spark
    for both in (_STARTS, _ENDS):
        if all(name in options for name in both):
            raise _range(f"{_SHOWN[both[0]]} and {_SHOWN[both[1]]} are both given", "leave out one of them", place)
    if is_version:
        what = "a stream" if is_streaming else "a change data feed"
        raise _range(f"{what} is read, and one version of the table", "give a startingVersion alone", place)
    if not is_streaming and not any(name in options for name in _STARTS):
        raise _range(
            "a change data feed is read without a beginning", "add the option startingVersion, 0 for all changes", place
        )
    if is_streaming and any(name in options for name in _ENDS):
        name = next(_SHOWN[name] for name in _ENDS if name in options)
        raise _range(f"{name} is given, but a stream has no end", "remove it, or read without a stream", place)
    for name in ("startingversion", "endingversion"):
        text = options.get(name)
        if text is not None and not text.isdigit() and not (is_streaming and text.lower() == "latest"):
            raise _range(f"{_SHOWN[name]} = {text!r} is no version", "a number: 0, 1, 2 …", place)
    instants = {n: zoned(options[n], project, place) for n in ("startingtimestamp", "endingtimestamp") if n in options}
    return {**options, **instants}


def _range(message: str, hint: str, place: Location | None) -> DefinitionError:
    return DefinitionError(message, location=place, hint=hint, code="feed-range")


def zoned(text: str, project: Project, place: Location | None) -> str:
    """An instant in ISO form with its offset; without one it is of the session's time zone.

    Raises:
        AnalysisError: for anything else.
    """
    try:
        instant = datetime.datetime.fromisoformat(text.strip())
        if instant.tzinfo is None:
            name = str(project.configuration.get("spark.sql.session.timeZone", "UTC"))
            instant = instant.replace(tzinfo=zoneinfo.ZoneInfo(name))
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        raise AnalysisError(
            f"{text!r} is not an instant", location=place, hint="YYYY-MM-DD HH:MM:SS, with or without an offset"
        ) from None
    return instant.astimezone(datetime.UTC).isoformat()


def function_options(call: exp.Anonymous, is_streaming: bool, place: Location | None) -> tuple[str, dict[str, str]]:
    """What `table_changes(table, start [, end])` reads, as the text of its first argument, and options of a reader.

    Raises:
        DefinitionError: `wrong-arguments`.
        UnsupportedError: `unsupported-source`, as a stream.
    """
    arguments: list[exp.Expr] = call.expressions
    if len(arguments) not in (2, 3) or not (isinstance(arguments[0], exp.Literal) and arguments[0].is_string):
        raise DefinitionError(
            f"{call.name} takes the name of a table as a text, a start and an end, which may be left out",
            location=place,
            hint=f"{call.name}('schema.orders', 0)",
            code="wrong-arguments",
        )
    if is_streaming:
        raise UnsupportedError(
            f"{call.name} is no stream",
            location=place,
            hint="in Python: spark.readStream.option('readChangeFeed', 'true').table(…); in SQL: STREAM t WITH "
            "('readChangeFeed' = 'true')",
            code="unsupported-source",
        )
    options = {READ_CHANGES: "true"}
    for edge, bound in zip(("starting", "ending"), arguments[1:], strict=False):
        kind, text = _bound(bound, call.name, place)
        options[f"{edge}{kind}"] = text
    return arguments[0].this, options


def _bound(node: exp.Expr, function: str, place: Location | None) -> tuple[str, str]:
    """A number is a version, a text or a timestamp is an instant."""
    match node:
        case exp.Literal():
            return ("timestamp" if node.is_string else "version"), node.this
        case exp.Cast(this=exp.Literal() as literal):
            return ("timestamp" if literal.is_string else "version"), literal.this
    raise DefinitionError(
        f"{function} takes a version or an instant, found {node.sql('databricks')}",
        location=place,
        hint="a number is a version, a text is an instant: '2024-01-31 12:00:00'",
        code="wrong-arguments",
    )
