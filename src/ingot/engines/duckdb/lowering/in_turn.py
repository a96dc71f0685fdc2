"""Operands that Spark evaluates in turn, each only while the ones before leave the answer open; DuckDB all at once.

What raises in an operand must raise exactly where Spark comes to it. Owns when that matters, and what is written then;
everywhere else the plain operator stands, for DuckDB plans nothing better.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def one_of(value: exp.Expr, items: Sequence[exp.Expr], scope: Scope) -> str:
    """`value IN (items)`: an item is evaluated while none before it is equal; constants are known beforehand."""
    if not (scope.settings.ansi and any(item.find(exp.Column) and may_raise(item) for item in items)):
        return f"({scope.lower(value)} IN ({', '.join(scope.lower(item) for item in items)}))"

    def body(v: str, *found: str) -> str:
        branches = [f"WHEN {v} IS NULL THEN NULL"]
        branches += [f"WHEN {v} = {item} THEN TRUE" for item in found]
        unknown = " OR ".join(f"{item} IS NULL" for item in found)
        return f"CASE {' '.join(branches)} WHEN {unknown} THEN NULL ELSE FALSE END"

    return scope.let(scope.lower(value), lambda v: body(v, *(scope.lower(item) for item in items)))


def logical(node: exp.Expr, symbol: str, scope: Scope) -> str:
    """`left AND right`, `left OR right`.

    Of patterns the right side is evaluated where the left one does not decide.
    """
    left, right = scope.lower(node.this), scope.lower(node.expression)
    if node.meta.get("in_turn"):
        decided = "TRUE" if symbol == "OR" else "FALSE"
        return scope.let(left, lambda v: f"CASE WHEN {v} = {decided} THEN {decided} ELSE ({v} {symbol} {right}) END")
    return f"({left} {symbol} {right})"
