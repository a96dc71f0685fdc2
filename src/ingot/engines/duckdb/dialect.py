"""The one place that knows how Spark's SQL and DuckDB's differ: typed trees in, DuckDB's SQL out.

What a query means has been decided by analysis; here it is only said in DuckDB's words. Where these have no exact
counterpart UnsupportedError is raised, with the function's name and place; nothing is ever answered differently.
DuckDB runs in UTC, whatever the session's zone is. Expressions are written as text by `lowering/`, one file a family.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from sqlglot import exp

from ingot.analysis.typed import AnalyzedQuery, Settings
from ingot.engines.duckdb.kernels import kernels_used, register
from ingot.engines.duckdb.lowering.expressions import lower_expression
from ingot.engines.duckdb.lowering.file_zones import check_readers
from ingot.engines.duckdb.lowering.macros import all_macros, macros_used
from ingot.engines.duckdb.lowering.relations import QueryWriter
from ingot.engines.duckdb.lowering.scope import Scope
from ingot.errors import IngotError


def lower(query: AnalyzedQuery, relations: Mapping[str, str], now: datetime.datetime) -> str:
    """DuckDB's SQL for a query.

    Args:
        query: The typed query.
        relations: For each leaf the SQL of a query that gives its rows, with exact column names.
        now: The instant that `current_timestamp()` gives.

    Raises:
        UnsupportedError: for what DuckDB cannot answer exactly, at its place in the user's file.
    """
    scope = Scope(lower_expression, now, query.settings)
    if not scope.zone.is_utc:
        check_readers(query)
    writer = QueryWriter(scope, relations)
    scope.write_query = writer.write
    try:
        return writer.write(query.tree)
    except IngotError as error:
        error.at(query.query.location)
        raise


def lower_condition(node: exp.Expr, now: datetime.datetime | None = None, settings: Settings | None = None) -> str:
    """DuckDB's SQL for a typed condition over the columns of one row."""
    scope = Scope(lower_expression, now or datetime.datetime.now(datetime.UTC), settings or Settings())
    return scope.lower(node)


def macros() -> list[str]:
    """The statements that create every macro that a query may use."""
    return all_macros()


__all__ = ["kernels_used", "lower", "lower_condition", "macros", "macros_used", "register"]
