"""Operands that Spark evaluates in turn, each only while the ones before leave the answer open; DuckDB all at once.

What raises in an operand must raise exactly where Spark comes to it. Owns when that matters, and what is written then;
everywhere else the plain operator stands, for DuckDB plans nothing better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering.scope import Scope


def may_raise(node: exp.Expr) -> bool:
    """Whether evaluating a typed expression can end in an error: casts of texts, divisions, calls."""
    return any(
        isinstance(n, (exp.Div, exp.IntDiv, exp.Mod, exp.Anonymous))
        or (isinstance(n, exp.Cast) and not isinstance(n, exp.TryCast) and type_of(n.this).name == "string")
        for n in node.walk()
    )


def is_void(node: exp.Expr) -> bool:
    """Whether an expression is a NULL that is written out, whatever type it is given."""
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    return isinstance(node, exp.Null)


def beside_null(left: exp.Expr, right: exp.Expr, sql: Callable[[str], str], scope: Scope) -> str:
    """An operator over `left` and `right`: `x > NULL` is NULL for DuckDB without a look at x, which Spark evaluates."""
    value = scope.lower(left)
    if not (is_void(right) and scope.settings.ansi and may_raise(left)):
        return sql(value)
    return scope.let(value, lambda v: f"CASE WHEN {v} IS NOT NULL THEN {sql(v)} END")


def one_of(value: exp.Expr, items: Sequence[exp.Expr], scope: Scope) -> str:
    """`value IN (items)`: an item is evaluated while none before it is equal."""
    if not (scope.settings.ansi and any(may_raise(item) for item in items)):
        return f"({scope.lower(value)} IN ({', '.join(scope.lower(item) for item in items)}))"

    def body(v: str, *found: str) -> str:
        branches = [f"WHEN {v} IS NULL THEN NULL"]
        branches += [f"WHEN {v} = {item} THEN TRUE" for item in found]
        unknown = " OR ".join(f"{item} IS NULL" for item in found)
        return f"CASE {' '.join(branches)} WHEN {unknown} THEN NULL ELSE FALSE END"

    return scope.let(scope.lower(value), lambda v: body(v, *(scope.lower(item) for item in items)))


def connected(symbol: str, left: str, right: str, scope: Scope) -> str:
    """`left OR right`, `left AND right`: the right side is evaluated where the left one does not decide."""
    decided = "TRUE" if symbol == "OR" else "FALSE"
    return scope.let(left, lambda v: f"CASE WHEN {v} = {decided} THEN {decided} ELSE ({v} {symbol} {right}) END")
