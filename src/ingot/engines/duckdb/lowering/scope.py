"""What lowering an expression needs to know, and the small pieces of SQL that all lowerings share.

Owns `let` (evaluate once, use often), `fail` (an error from inside a query), the change between TIMESTAMPTZ and its
wall clock in the session's zone, and refusing. Knows no function and no operator.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

from sqlglot import exp

from ingot.analysis.typed import Settings, type_of
from ingot.engines.duckdb.lowering import zones
from ingot.engines.duckdb.types import duckdb_type, quote_text
from ingot.errors import UnsupportedError
from ingot.types import DataType


class Scope:
    """The state of lowering one query. `lower` turns a typed node into SQL text that can stand anywhere."""

    def __init__(self, lower: Callable[[exp.Expr, Scope], str], now: datetime.datetime, settings: Settings):
        self._lower = lower
        self._variables = 0
        self.now = now
        self.settings = settings
        self.zone = _session_zone(settings)
        self.write_query: Callable[[exp.Expr], str] | None = None

    def lower(self, node: exp.Expr) -> str:
        """The node in DuckDB's SQL; equal nodes give equal text, which GROUP BY relies on.

        Names of variables start anew in each node, which is safe: no text of a node leaves one of them free.
        """
        before, self._variables = self._variables, 0
        try:
            return self._lower(node, self)
        finally:
            self._variables = before

    def query(self, node: exp.Expr) -> str:
        """A query inside an expression."""
        assert self.write_query is not None
        return self.write_query(node)

    def variable(self) -> str:
        """A name for a lambda's parameter that no other has."""
        self._variables += 1
        return f"ingot_v{self._variables}"

    def let(self, value: str, body: Callable[[str], str]) -> str:
        """`body` of a value that is computed once, however often the body names it."""
        if is_simple(value):
            return body(value)
        name = self.variable()
        return f"invoke(lambda {name}: {body(name)}, {value})"

    def let_all(self, values: list[str], body: Callable[..., str]) -> str:
        """`let` for several values at once."""
        names = [v if is_simple(v) else self.variable() for v in values]
        bound = [(n, v) for n, v in zip(names, values, strict=True) if n != v]
        if not bound:
            return body(*names)
        parameters, arguments = ", ".join(n for n, _ in bound), ", ".join(v for _, v in bound)
        return f"invoke(lambda {parameters}: {body(*names)}, {arguments})"


def _session_zone(settings: Settings) -> zones.Zone:
    found = zones.find(settings.time_zone)
    if found is None:
        raise UnsupportedError(
            f"spark.sql.session.timeZone = {settings.time_zone!r} is no time zone",
            hint="write a name such as 'Europe/Paris', or an offset such as '+01:00'",
            code="unsupported-time-zone",
        )
    return found


def is_simple(sql: str) -> bool:
    """Whether writing the text twice costs nothing: a column, a literal, a variable."""
    is_text = sql[:1] == sql[-1:] == "'" and "'" not in sql[1:-1]
    return len(sql) < 120 and (is_text or not ("(" in sql or " " in sql))


def cast(sql: str, data_type: DataType | str, safely: bool = False) -> str:
    """DuckDB's own cast; `safely` gives NULL where it fails."""
    target = data_type if isinstance(data_type, str) else duckdb_type(data_type)
    return f"{'TRY_CAST' if safely else 'CAST'}({sql} AS {target})"


def fail(message: str, data_type: DataType | str) -> str:
    """An expression of that type which raises when it is evaluated.

    A cast that fails rather than `error()`: that one is volatile, so that filters would no longer be pushed down.
    """
    target = data_type if isinstance(data_type, str) else duckdb_type(data_type)
    failing = f"CAST({quote_text(message)} AS INTEGER)"
    return (
        f"CAST({quote_text(message)} AS {target})" if target in _SAYS_VALUE else f"[CAST(NULL AS {target})][{failing}]"
    )


_SAYS_VALUE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"}


def naive(instant: str, scope: Scope) -> str:
    """The wall clock of a TIMESTAMPTZ in the session's zone."""
    return zones.local(instant, scope.zone)


def wall_clock(node: exp.Expr, scope: Scope) -> str:
    """A typed timestamp (with zone or without) or date as DuckDB's TIMESTAMP."""
    sql = scope.lower(node)
    match type_of(node).name:
        case "timestamp":
            return naive(sql, scope)
        case "date":
            return f"CAST({sql} AS TIMESTAMP)"
    return sql


def as_timestamp(sql: str, data_type: DataType, scope: Scope, like: str | None = None) -> str:
    """DuckDB's TIMESTAMP, a wall clock in the session's zone, as a timestamp of a Spark type.

    Args:
        like: An instant whose offset is kept where the clock shows a time twice.
    """
    return zones.moment(sql, scope.zone, like) if data_type.name == "timestamp" else sql


def refuse(node: exp.Expr, message: str, hint: str | None = None) -> UnsupportedError:
    """The error for what has no exact translation, at the node's place."""
    place = next((n.meta["location"] for n in node.walk() if "location" in n.meta), None)
    return UnsupportedError(message, location=place, hint=hint, code="unsupported-function")


def literal(node: exp.Expr) -> str | None:
    """The value of a string literal, looking through implicit casts to string; None for anything else."""
    while isinstance(node, exp.Paren) or (isinstance(node, exp.Cast) and type_of(node).name == "string"):
        node = node.this
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


def number_literal(node: exp.Expr) -> int | None:
    """The value of an integer literal, looking through casts and a minus sign; None for anything else."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    if isinstance(node, exp.Neg):
        inner = number_literal(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string:
        digits = str(node.this)
        return int(digits) if digits.isdigit() else None
    return None
