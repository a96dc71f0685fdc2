"""The body of AUTO CDC INTO and APPLY CHANGES INTO: what it reads, changes or snapshots, and how they apply.

Owns the grammar; what the clauses do is `ingot.cdc`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ingot.definitions.sql.cursor import Cursor
from ingot.errors import DefinitionError, Location
from ingot.model import ChangeSpec

_STARTS = (
    ("KEYS",), ("WHERE",), ("IGNORE", "NULL"), ("APPLY", "AS"), ("SEQUENCE", "BY"), ("SYSTEM", "SEQUENCE"),
    ("COLUMNS",), ("STORED", "AS"), ("TRACK", "HISTORY"),
)  # fmt: skip
_LONG_STARTS = tuple(words for words in _STARTS if len(words) > 1)


@dataclass
class ChangeBody:
    """The parts of a body.

    `source` is its relation as text, `source_parts` the table's name if it is one, `version` the query that tells which
    snapshot comes next, and its place.
    """

    source: str
    source_location: Location
    source_parts: tuple[str, ...] | None
    location: Location
    options: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    is_snapshot: bool = False
    version: tuple[str, Location] | None = None

    def spec(self) -> ChangeSpec:
        """The change specification, still without its source."""
        return ChangeSpec(**{"sequence_by": None, **self.options}, location=self.location)


def parse_change_body(cursor: Cursor) -> ChangeBody:
    """Read `FROM STREAM source KEYS (…) …` up to the end of the statement."""
    location = cursor.location()
    body = _source(cursor, location)
    while not cursor.is_at_end:
        _clause(cursor, body)
    if "KEYS" not in body.seen:
        raise cursor.error("KEYS is missing", "KEYS (columns that identify a row)", token=cursor.tokens[0])
    if not body.is_snapshot and "SEQUENCE BY" not in body.seen:
        raise cursor.error(
            "SEQUENCE BY is missing", "SEQUENCE BY column that orders the changes", token=cursor.tokens[0]
        )
    if "TRACK HISTORY ON" in body.seen and body.options.get("scd_type", 1) != 2:
        raise cursor.error("TRACK HISTORY ON needs a history", "add STORED AS SCD TYPE 2", token=cursor.tokens[0])
    return body


def _source(cursor: Cursor, location: Location) -> ChangeBody:
    cursor.expect("FROM")
    if cursor.is_next("SNAPSHOT") and not cursor.is_next("KEYS", ahead=1):
        return _snapshot(cursor, location)
    begin, place = cursor.at, cursor.location()
    if cursor.is_next("("):
        cursor.skip_one()
        parts = None
        is_streaming = any(token.key == "STREAM" for token in cursor.tokens[begin : cursor.at])
    else:
        is_streaming = cursor.accept("STREAM")
        parts = _relation(cursor) if is_streaming else None
        if is_streaming and cursor.accept("WITH"):  # options of the stream
            cursor.skip_one()
            parts = None
    if not is_streaming:
        raise DefinitionError(
            "the source of changes must be read as a stream",
            location=place,
            hint="FROM STREAM source",
            code="batch-source",
        )
    return ChangeBody(cursor.between(begin, cursor.at), place, parts, location)


def _snapshot(cursor: Cursor, location: Location) -> ChangeBody:
    """Read `SNAPSHOT (query)`; a table's name may stand there without parentheses."""
    cursor.expect("SNAPSHOT")
    begin, place = cursor.at, cursor.location()
    parts = None
    if cursor.is_next("("):
        cursor.skip_one()
    else:
        parts = cursor.name_parts("a query in parentheses, or the name of a table")
    body = ChangeBody(cursor.between(begin, cursor.at), place, parts, location, is_snapshot=True)
    if cursor.accept("WITH", "VERSION"):
        body.version = cursor.parenthesised()
        body.options["calls_function"] = True
    return body


def _relation(cursor: Cursor) -> tuple[str, ...] | None:
    """What stands after STREAM, with or without parentheses; None for a function such as read_files(…)."""
    closed = cursor.accept("(")
    if closed and cursor.is_next("("):
        cursor.skip_one()
        parts = None
    else:
        parts = cursor.name_parts("the name of a table")
        if cursor.is_next("("):
            cursor.skip_one()
            parts = None
    if closed:
        cursor.expect(")", hint="STREAM takes the name of a table or view: a query goes into a TEMPORARY VIEW")
    return parts


def _clause(cursor: Cursor, body: ChangeBody) -> None:
    for words, read in _CLAUSES:
        if cursor.is_next(*words):
            name = " ".join(words)
            if name in body.seen:
                raise cursor.error(f"{name} is given twice", code="duplicate-clause")
            if body.is_snapshot and name not in _OF_SNAPSHOTS:
                hint = "a snapshot has KEYS, STORED AS and TRACK HISTORY ON; what else it needs is done in its query"
                raise cursor.error(f"{name} does not go with FROM SNAPSHOT", hint)
            body.seen.add(name)
            cursor.accept(*words)
            read(cursor, body.options)
            return
    _refuse_known(cursor)
    raise cursor.expected(
        "a clause of AUTO CDC", "KEYS, SEQUENCE BY, APPLY AS DELETE WHEN, COLUMNS, STORED AS SCD TYPE"
    )


def _refuse_known(cursor: Cursor) -> None:
    if cursor.is_next("WHERE"):
        raise cursor.unsupported("WHERE in AUTO CDC", "read from a temporary view that filters")
    if cursor.is_next("SYSTEM", "SEQUENCE"):
        raise cursor.unsupported("SYSTEM SEQUENCE BY", "STORED AS SCD TYPE 2 keeps one history")


def _keys(cursor: Cursor, options: dict[str, Any]) -> None:
    options["keys"] = _column_names(cursor)


def _sequence(cursor: Cursor, options: dict[str, Any]) -> None:
    _expression(cursor, options, "sequence_by")


def _deletes(cursor: Cursor, options: dict[str, Any]) -> None:
    _expression(cursor, options, "apply_as_deletes")


def _truncates(cursor: Cursor, options: dict[str, Any]) -> None:
    _expression(cursor, options, "apply_as_truncates")


def _ignore_nulls(cursor: Cursor, options: dict[str, Any]) -> None:
    if cursor.is_next("ON"):
        raise cursor.unsupported("IGNORE NULL UPDATES ON some columns", "leave out ON to mean all columns")
    options["ignore_null_updates"] = True


def _columns(cursor: Cursor, options: dict[str, Any]) -> None:
    if cursor.is_next("TO", "UPDATE"):
        raise cursor.unsupported("COLUMNS TO UPDATE", "COLUMNS (columns)")
    if cursor.accept("*"):
        if cursor.accept("EXCEPT"):
            options["except_columns"] = _column_names(cursor)
    else:
        options["columns"] = _column_names(cursor)


def _stored(cursor: Cursor, options: dict[str, Any]) -> None:
    if cursor.is_next("BITEMPORAL"):
        raise cursor.unsupported("STORED AS BITEMPORAL", "STORED AS SCD TYPE 2")
    cursor.expect("SCD")
    cursor.accept("TYPE")
    token = cursor.take()
    if token.text not in ("1", "2"):
        raise cursor.error(f"there is no SCD TYPE {token.text}", "1 or 2", token=token)
    options["scd_type"] = int(token.text)


def _track(cursor: Cursor, options: dict[str, Any]) -> None:
    if cursor.accept("*"):
        if cursor.accept("EXCEPT"):
            options["track_except"] = _column_names(cursor)
    else:
        options["track"] = _column_names(cursor)


_CLAUSES: tuple[tuple[tuple[str, ...], Callable[[Cursor, dict[str, Any]], None]], ...] = (
    (("KEYS",), _keys),
    (("SEQUENCE", "BY"), _sequence),
    (("APPLY", "AS", "DELETE", "WHEN"), _deletes),
    (("APPLY", "AS", "TRUNCATE", "WHEN"), _truncates),
    (("IGNORE", "NULL", "UPDATES"), _ignore_nulls),
    (("COLUMNS",), _columns),
    (("STORED", "AS"), _stored),
    (("TRACK", "HISTORY", "ON"), _track),
)


_OF_SNAPSHOTS = frozenset({"KEYS", "STORED AS", "TRACK HISTORY ON"})


def _column_names(cursor: Cursor) -> tuple[str, ...]:
    """`(a, b)`, or without parentheses, as Lakeflow allows."""
    if cursor.is_next("("):
        return cursor.names_in_parentheses("a column")
    names = [cursor.identifier("a column")]
    while cursor.accept(","):
        names.append(cursor.identifier("a column"))
    return tuple(names)


def _expression(cursor: Cursor, options: dict[str, Any], name: str) -> None:
    """Keep an expression and its place: up to the next clause, brackets passed whole."""
    begin, place = cursor.at, cursor.location()
    starts = _LONG_STARTS  # a column named `keys` may begin the expression
    while not cursor.is_at_end and not any(cursor.is_next(*start) for start in starts):
        cursor.skip_one()
        starts = _STARTS
    if cursor.at == begin:
        raise cursor.expected("an expression")
    options[name] = cursor.between(begin, cursor.at)
    options.setdefault("places", {})[name] = place
