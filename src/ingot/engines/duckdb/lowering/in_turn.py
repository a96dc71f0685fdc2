"""Operands that Spark evaluates in turn, each only while the ones before leave the answer open; DuckDB all at once.

What raises in an operand must raise exactly where Spark comes to it. Owns when that matters, and what is written then;
everywhere else the plain operator stands, for DuckDB plans nothing better.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering.families import FAMILY_OF
from ingot.engines.duckdb.lowering.scope import Scope

_STRICT_FAMILIES = frozenset({"strings", "encodings", "matching", "texts", "numbers", "dates"})
_TAKES_NULL = frozenset({"concat_ws", "elt", "format_string", "greatest", "least", "decode", "nanvl", "mask"})


def may_raise(node: exp.Expr) -> bool:
    """Whether evaluating a typed expression can end in an error: casts of texts, divisions, calls."""
    return any(
        isinstance(n, (exp.Div, exp.IntDiv, exp.Mod, exp.Anonymous))
        or (isinstance(n, exp.Cast) and not isinstance(n, exp.TryCast) and type_of(n.this).name == "string")
        for n in node.walk()
    )


def is_void(node: exp.Expr, depth: int = 2) -> bool:
    """Whether an expression is a NULL that is written out, of whatever type, or a call of one that gives NULL.

    Args:
        node: What is looked at.
        depth: How many calls may stand around the NULL; bounded, for this is asked of every call.
    """
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    if not isinstance(node, exp.Anonymous):
        return isinstance(node, exp.Null)
    return depth > 0 and _is_strict(node.this) and any(is_void(n, depth - 1) for n in node.expressions)


def beside_null(operands: Sequence[exp.Expr], sql: str, scope: Scope) -> str:
    """A call or operator that is NULL beside a NULL; where one is written out DuckDB looks at no other operand.

    Args:
        operands: In the order in which Spark evaluates them, up to the first NULL.
        sql: The call of them all.
        scope: Of the call.
    """
    at = next((i for i, operand in enumerate(operands) if is_void(operand)), 0)
    if at == 0 or not scope.settings.ansi:
        return sql
    known = [f"{scope.lower(operand)} IS NOT NULL" for operand in operands[:at] if may_raise(operand)]
    return f"CASE WHEN {' AND '.join(known)} THEN {sql} END" if known else sql


def evaluated(name: str, arguments: Sequence[exp.Expr]) -> Sequence[exp.Expr]:
    """The arguments of a function in the order of `beside_null`; none of a function that may take a NULL."""
    if not _is_strict(name):
        return ()
    return sorted(arguments, key=is_void) if name == "concat" else arguments  # all of concat's are evaluated


def _is_strict(name: str) -> bool:
    return FAMILY_OF.get(name) in _STRICT_FAMILIES and name not in _TAKES_NULL and not name.startswith("try_")


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

    Of patterns the right side is evaluated where the left one does not decide. A text that stands for a boolean is
    read even where the right side is a constant that decides.
    """
    left, right = scope.lower(node.this), scope.lower(node.expression)
    if node.meta.get("in_turn"):
        decided = "TRUE" if symbol == "OR" else "FALSE"
        return scope.let(left, lambda v: f"CASE WHEN {v} = {decided} THEN {decided} ELSE ({v} {symbol} {right}) END")
    if _is_read_as_boolean(node.this) and scope.settings.ansi and node.expression.find(exp.Column) is None:
        return scope.let(
            left, lambda v: f"CASE WHEN {v} IS NOT NULL THEN ({v} {symbol} {right}) ELSE (NULL {symbol} {right}) END"
        )
    return f"({left} {symbol} {right})"


def _is_read_as_boolean(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and bool(node.meta.get("implicit")) and type_of(node.this).name == "string"
