"""The clauses between a dataset's column list and its query, in any order.

Owns what each clause means here: some become fields of the dataset, some have no effect and are noted, some
would change what readers see and are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ingot.definitions.sql.cursor import Cursor
from ingot.errors import IngotError, Location, nearest

_FORMATS = ("DELTA", "PARQUET", "ORC", "ICEBERG", "AVRO", "CSV", "JSON")
_UNITS = ("MINUTE", "MINUTES", "HOUR", "HOURS", "DAY", "DAYS", "WEEK", "WEEKS")

Note = Callable[[str, Location], None]


@dataclass
class Clauses:
    """What the clauses of one statement say."""

    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    partition_columns: tuple[str, ...] = ()
    cluster_columns: tuple[str, ...] = ()
    path: str | None = None


def parse_clauses(cursor: Cursor, note: Note) -> Clauses:
    """Read clauses until something else comes: AS, FLOW, the end.

    Args:
        cursor: Stands after the name and the column list.
        note: Takes what is accepted and has no effect.
    """
    clauses = Clauses()
    seen: set[str] = set()
    while (token := cursor.peek()) is not None and token.key in _CLAUSES:
        if token.key in seen:
            raise cursor.error(f"{_NAMES.get(token.key, token.key)} is given twice", code="duplicate-clause")
        seen.add(token.key)
        _CLAUSES[token.key](cursor, clauses, note)
    return clauses


def unexpected_clause(cursor: Cursor, wanted: str) -> IngotError:
    """What to say when neither a clause nor what is `wanted` follows."""
    token = cursor.peek()
    if token is None or token.kind != "word":
        return cursor.expected(wanted)
    suggestion = nearest(token.text, list(_CLAUSES))
    hint = f"did you mean {_NAMES.get(suggestion, suggestion)}?" if suggestion else None
    return cursor.expected(f"{wanted} or a clause", hint)


def _comment(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    cursor.expect("COMMENT")
    cursor.accept("=")
    clauses.comment = cursor.string("the comment as a string")


def _using(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    token = cursor.peek()
    cursor.expect("USING")
    file_format = cursor.identifier("a format")
    if file_format.upper() not in _FORMATS:
        raise cursor.unsupported(f"tables in the format {file_format!r}", "USING DELTA", token)
    if file_format.upper() != "DELTA":
        note(f"USING {file_format.upper()} has no effect: tables are Delta tables", cursor.location(token))


def _partitioned(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    cursor.expect("PARTITIONED", "BY")
    clauses.partition_columns = _plain_columns(cursor, "PARTITIONED BY")


def _clustered(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    cursor.expect("CLUSTER", "BY")
    if cursor.accept("AUTO") or cursor.accept("NONE"):
        return
    clauses.cluster_columns = _plain_columns(cursor, "CLUSTER BY")


def _plain_columns(cursor: Cursor, clause: str) -> tuple[str, ...]:
    ahead = 2
    while cursor.is_next(",", ahead=ahead):
        ahead += 2
    if cursor.is_next("(") and cursor.is_next("(", ahead=ahead):
        raise cursor.unsupported(
            f"{clause} takes columns, not expressions", "add a column to the query and name it here"
        )
    return cursor.names_in_parentheses("a column")


def _properties(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    cursor.expect("TBLPROPERTIES")
    cursor.expect("(")
    while True:
        token = cursor.peek()
        key = _property_key(cursor)
        if key in clauses.properties:
            raise cursor.error(f"the property '{key}' is given twice", code="duplicate-property", token=token)
        cursor.accept("=")
        clauses.properties[key] = _property_value(cursor, key)
        if cursor.accept(")"):
            return
        if not cursor.accept(","):
            raise cursor.expected("',' or ')'")


def _property_key(cursor: Cursor) -> str:
    token = cursor.peek()
    if token is not None and token.kind == "string":
        return cursor.string("the name of a property")
    return ".".join(cursor.name_parts("the name of a property"))


def _property_value(cursor: Cursor, key: str) -> str:
    token = cursor.peek()
    if token is not None and token.kind == "string":
        return cursor.string("a value")
    begin = cursor.at
    while not cursor.is_at_end and not cursor.is_next_any((",", ")", "(", "=")):
        cursor.at += 1
    if cursor.at == begin:
        raise cursor.expected(f"the value of '{key}'")
    return cursor.between(begin, cursor.at)


def _location(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    note("LOCATION has no effect: tables are in the lake's folder", cursor.location())
    cursor.expect("LOCATION")
    clauses.path = cursor.string("the path as a string")


def _refresh_policy(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    place = cursor.location()
    cursor.expect("REFRESH", "POLICY")
    if not any(cursor.accept(word) for word in ("AUTO", "INCREMENTAL", "FULL")):
        raise cursor.expected("AUTO, INCREMENTAL or FULL")
    cursor.accept("STRICT")
    note("REFRESH POLICY has no effect: a view is computed anew whenever something it reads changed", place)


def _schedule(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    place = cursor.location()
    cursor.expect("SCHEDULE")
    cursor.accept("REFRESH")
    if cursor.accept("EVERY"):
        cursor.identifier("a number")
        if not cursor.is_next_any(_UNITS):
            raise cursor.expected("HOURS, DAYS or WEEKS")
        cursor.at += 1
    else:
        cursor.expect("CRON")
        cursor.string("the times as a string")
        if cursor.accept("AT", "TIME", "ZONE"):
            cursor.string("the time zone as a string")
    note("SCHEDULE has no effect: an update runs when `ingot run` is called", place)


def _trigger(cursor: Cursor, clauses: Clauses, note: Note) -> None:
    place = cursor.location()
    cursor.expect("TRIGGER", "ON", "UPDATE")
    if cursor.accept("AT", "MOST", "EVERY"):
        cursor.accept("INTERVAL")
        cursor.take()
        if not cursor.is_next_any(_UNITS):
            raise cursor.expected("HOURS, DAYS or WEEKS")
        cursor.at += 1
    note("TRIGGER has no effect: an update runs when `ingot run` is called", place)


def _refuse(what: str, hint: str) -> Callable[[Cursor, Clauses, Note], None]:
    def refuse(cursor: Cursor, clauses: Clauses, note: Note) -> None:
        raise cursor.unsupported(what, hint)

    return refuse


_ROW_FILTER = _refuse(
    "a ROW FILTER, which only a catalog with users can apply", "leave it out, or filter rows in the query"
)
_CLAUSES: dict[str, Callable[[Cursor, Clauses, Note], None]] = {
    "COMMENT": _comment,
    "USING": _using,
    "PARTITIONED": _partitioned,
    "CLUSTER": _clustered,
    "TBLPROPERTIES": _properties,
    "LOCATION": _location,
    "REFRESH": _refresh_policy,
    "SCHEDULE": _schedule,
    "TRIGGER": _trigger,
    "CLUSTERED": _refuse("CLUSTERED BY … INTO BUCKETS", "CLUSTER BY (columns)"),
    "OPTIONS": _refuse("OPTIONS of a table", "TBLPROPERTIES ('key' = 'value')"),
    "DEFAULT": _refuse("DEFAULT COLLATION", "compare with lower(…) in the query"),
    "WITH": _ROW_FILTER,
    "ROW": _ROW_FILTER,
}
_NAMES = {
    "PARTITIONED": "PARTITIONED BY",
    "CLUSTER": "CLUSTER BY",
    "REFRESH": "REFRESH POLICY",
    "TRIGGER": "TRIGGER ON UPDATE",
}
