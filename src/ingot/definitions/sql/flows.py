"""Flows of SQL statements: what is read and where it is written, with the query still as text.

Owns what follows a flow's name and target. Which statement makes the flow is `statements`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ingot.definitions.sql.changes import ChangeBody, parse_change_body
from ingot.definitions.sql.cursor import Cursor
from ingot.definitions.sql.scope import Scope
from ingot.definitions.sql.versions import next_snapshot
from ingot.errors import Location
from ingot.model import Flow, Query, TableName, TableRead

QUERY_WORDS = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "(", "MAP", "REDUCE"})


@dataclass(frozen=True)
class FlowHead:
    """What stands before a flow's query or body."""

    name: str
    target: TableName
    location: Location
    is_once: bool = False


def query_flow(cursor: Cursor, scope: Scope, head: FlowHead) -> Flow:
    """A flow of the query that is the rest of the statement."""
    if not cursor.is_next_any(QUERY_WORDS):
        raise cursor.expected("a query", "SELECT …")
    text, location = cursor.rest()
    return Flow(
        name=head.name,
        target=head.target,
        build=_builder(scope, text, location),
        location=head.location,
        text=text,
        is_once=head.is_once,
        configuration=dict(scope.settings),
    )


def change_flow(cursor: Cursor, scope: Scope, head: FlowHead) -> Flow:
    """A flow of changes, whose body is the rest of the statement; its query is the source."""
    body = parse_change_body(cursor)
    changes = body.spec()
    if body.source_parts is not None:
        parts = body.source_parts
        name = scope.registry.table_name(parts, scope.default_schema)
        written = parts[1:] if len(parts) == 2 and parts[0].lower() == "live" else parts
        read = TableRead(name, written, not body.is_snapshot, location=body.source_location)
        changes = replace(changes, source=read)
    return Flow(
        name=head.name,
        target=head.target,
        build=_source_builder(scope, body),
        location=head.location,
        text=cursor.text,
        is_once=head.is_once,
        configuration=dict(scope.settings),
        changes=changes,
    )


def _source_builder(scope: Scope, body: ChangeBody) -> Callable[[], Query]:
    source = _builder(scope, f"SELECT * FROM {body.source}", body.source_location)
    if body.version is None:
        return source
    text, location = body.version
    return next_snapshot(source, _builder(scope, text, location), location)


def check_insert(cursor: Cursor) -> None:
    """Read what may stand between the target of INSERT INTO and the query: BY NAME."""
    if cursor.accept("BY"):
        cursor.expect("NAME")
    if cursor.is_next("REPLACE"):
        raise cursor.unsupported("INSERT INTO … REPLACE WHERE in a flow", "CREATE MATERIALIZED VIEW … AS query")
    if cursor.is_next("(") and not (cursor.is_next("SELECT", ahead=1) or cursor.is_next("WITH", ahead=1)):
        raise cursor.unsupported("a list of columns after INSERT INTO", "BY NAME, and name them in the query")
    if cursor.is_next("AS"):
        raise cursor.error("there is no AS between the target and the query", hint="INSERT INTO target SELECT …")


def _builder(scope: Scope, text: str, location: Location) -> Callable[[], Query]:
    project, defaults, parameters = scope.registry.project, (scope.catalog, scope.schema), dict(scope.configuration)

    def build() -> Query:
        # Imports sqlglot, which a run without work never needs.
        from ingot.definitions.reads import parse_query

        return parse_query(text, project, location, defaults, parameters)

    return build
