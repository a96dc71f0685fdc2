"""From a typed expression to DuckDB's SQL: one lowering for each class of node, one entry for each function.

What has none is refused by name and place, so nothing passes with another meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering import decimals, in_turn, intervals, operators
from ingot.engines.duckdb.lowering.call import Call, Lowering, lower_call
from ingot.engines.duckdb.lowering.casts import lower_cast
from ingot.engines.duckdb.lowering.families import FAMILY_OF, GROUPED
from ingot.engines.duckdb.lowering.scope import Scope, refuse
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text, without_zone
from ingot.types import INTEGRAL, DecimalType

if TYPE_CHECKING:
    from ingot.engines.duckdb.lowering.aggregates import Aggregate


def lower_expression(node: exp.Expr, scope: Scope) -> str:
    """The SQL of a typed expression.

    Raises:
        UnsupportedError: for what has no exact translation.
    """
    lowering = _LOWERINGS.get(type(node))
    if lowering is None:
        raise refuse(node, f"{type(node).__name__} is not supported by the duckdb engine")
    return lowering(node, scope)


def _column(node: exp.Expr, scope: Scope) -> str:
    table = node.args.get("table")
    name = quote_name(node.name)
    return f"{quote_name(table.name)}.{name}" if table is not None else name


def _identifier(node: exp.Expr, scope: Scope) -> str:
    return quote_name(node.name)


def _literal(node: exp.Expr, scope: Scope) -> str:
    data_type = type_of(node)
    if node.is_string:
        return quote_text(str(node.this))
    number = str(node.this)
    if isinstance(data_type, DecimalType):
        return f"'{number}'::{duckdb_type(data_type)}"
    if data_type.name in ("float", "double"):
        return f"'{number}'::{duckdb_type(data_type)}"
    return f"{number}::{duckdb_type(data_type)}"


def _negation(node: exp.Expr, scope: Scope) -> str:
    operand = node.this
    if isinstance(operand, exp.Literal) and not operand.is_string:
        data_type = type_of(operand)
        return f"'-{operand.this}'::{duckdb_type(data_type)}"
    data_type = type_of(node)
    if isinstance(data_type, DecimalType):
        return decimals.negated(scope.lower(operand), data_type, scope)
    if not scope.settings.ansi and type_of(operand) in INTEGRAL:
        return scope.let(scope.lower(operand), lambda v: operators.negated(v, type_of(operand)))
    return f"(-{scope.lower(operand)})"


def _boolean(node: exp.Expr, scope: Scope) -> str:
    return "TRUE" if node.this else "FALSE"


def _null(node: exp.Expr, scope: Scope) -> str:
    return "NULL"


def _hex(node: exp.Expr, scope: Scope) -> str:
    digits = str(node.this)
    return f"from_hex({quote_text('0' * (len(digits) % 2) + digits)})"


def _paren(node: exp.Expr, scope: Scope) -> str:
    return f"({scope.lower(node.this)})"


def _not(node: exp.Expr, scope: Scope) -> str:
    inner = node.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.In) and inner.meta.get("never_null"):
        return f"coalesce(NOT {_in_query(inner, scope)}, FALSE)"
    return f"(NOT {scope.lower(node.this)})"


def _case(node: exp.Expr, scope: Scope) -> str:
    branches = [f"WHEN {scope.lower(b.this)} THEN {scope.lower(b.args['true'])}" for b in node.args["ifs"]]
    default = node.args.get("default")
    if default is not None:
        branches.append(f"ELSE {scope.lower(default)}")
    return f"CASE {' '.join(branches)} END"


def _in(node: exp.Expr, scope: Scope) -> str:
    if node.args.get("query") is None:
        return in_turn.one_of(node.this, node.expressions, scope)
    sql = _in_query(node, scope)
    return f"coalesce({sql}, FALSE)" if node.meta.get("never_null") else sql


def _in_query(node: exp.Expr, scope: Scope) -> str:
    query = node.args["query"]
    if isinstance(node.this, exp.Tuple):
        value = f"({', '.join(scope.lower(e) for e in node.this.expressions)})"
    else:
        value = scope.lower(node.this)
    return f"({value} IN ({scope.query(query.this)}))"


def _exists(node: exp.Expr, scope: Scope) -> str:
    return f"(EXISTS ({scope.query(node.this)}))"


def _subquery(node: exp.Expr, scope: Scope) -> str:
    return f"({scope.query(node.this)})"


def _alias(node: exp.Expr, scope: Scope) -> str:
    return scope.lower(node.this)


def _bitwise_not(node: exp.Expr, scope: Scope) -> str:
    return f"(~{scope.lower(node.this)})"


# --- calls ----------------------------------------------------------------------------------------------------------


def _call(node: exp.Expr, scope: Scope) -> str:
    assert isinstance(node, exp.Anonymous)
    if node.meta.get("user"):
        return _user_call(node, scope)
    how = lowering_of(node.this)
    if how is None:
        raise refuse(node, f"the function {node.this} is not supported by the duckdb engine")
    if FAMILY_OF[node.this] in GROUPED:
        return lower_call(_aggregate_call(node, scope), how)
    return lower_call(Call(node, scope), how)


def _user_call(node: exp.Anonymous, scope: Scope) -> str:
    """A call of a user's function, which sees timestamps without a zone: as they are shown in the session's."""
    call = node.meta["user"]
    types = [*call.argument_types, call.function.return_type]
    if scope.settings.time_zone.upper() != "UTC" and any(without_zone(t) != t for t in types):
        raise refuse(node, "a user's function of timestamps needs the session's time zone to be UTC")
    arguments = zip(node.expressions, call.argument_types, strict=True)
    inner = ", ".join(f"CAST({scope.lower(a)} AS {duckdb_type(without_zone(t))})" for a, t in arguments)
    return f"CAST({call.key}({inner}) AS {duckdb_type(call.function.return_type)})"


def lowering_of(name: str) -> Lowering | None:
    """How a function is written; loads its family."""
    family = FAMILY_OF.get(name)
    if family is None:
        return None
    return import_module(f"ingot.engines.duckdb.lowering.{family}").LOWERINGS[name]


def _aggregate_call(node: exp.Anonymous, scope: Scope) -> Aggregate:
    from ingot.engines.duckdb.lowering.aggregates import Aggregate

    return Aggregate(node, scope)


def _aggregate(node: exp.Expr, scope: Scope) -> str:
    """An aggregate with FILTER or WITHIN GROUP around it."""
    condition, order, call = None, None, node
    while not isinstance(call, exp.Anonymous):
        if isinstance(call, exp.Filter):
            condition = scope.lower(call.expression.this)
        elif isinstance(call, exp.WithinGroup):
            order = call.expression
        call = call.this
    lowered = _aggregate_call(call, scope)
    lowered.condition, lowered.order = condition, order
    how = lowering_of(call.this)
    if how is None or FAMILY_OF[call.this] not in GROUPED:
        raise refuse(node, f"the aggregate function {call.this} is not supported by the duckdb engine")
    return lower_call(lowered, how)


def _window(node: exp.Expr, scope: Scope) -> str:
    from ingot.engines.duckdb.lowering.windows import lower_window

    assert isinstance(node, exp.Window)
    return lower_window(node, scope)


def _colon_path(node: exp.Expr, scope: Scope) -> str:
    from ingot.engines.duckdb.lowering.json import lower_colon_path

    return lower_colon_path(node, scope)


_LOWERINGS: dict[type, Callable[[exp.Expr, Scope], str]] = {
    exp.Column: _column,
    exp.Identifier: _identifier,
    exp.Literal: _literal,
    exp.Neg: _negation,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.HexString: _hex,
    exp.Paren: _paren,
    exp.Not: _not,
    exp.Case: _case,
    exp.In: _in,
    exp.Exists: _exists,
    exp.Subquery: _subquery,
    exp.Alias: _alias,
    exp.BitwiseNot: _bitwise_not,
    exp.Cast: lower_cast,
    exp.TryCast: lower_cast,
    exp.Interval: intervals.lower_interval,
    exp.Dot: operators.lower_dot,
    exp.Bracket: operators.lower_bracket,
    exp.JSONExtract: _colon_path,
    exp.Like: operators.lower_like,
    exp.ILike: operators.lower_like,
    exp.Escape: operators.lower_escape,
    exp.RegexpLike: operators.lower_regexp_like,
    exp.Between: operators.lower_between,
    exp.Is: operators.lower_is,
    exp.BitwiseXor: operators.lower_bitwise_xor,
    exp.Anonymous: _call,
    exp.Filter: _aggregate,
    exp.WithinGroup: _aggregate,
    exp.Window: _window,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv), operators.lower_arithmetic),
    **dict.fromkeys(
        (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.And, exp.Or,
         exp.BitwiseAnd, exp.BitwiseOr), operators.lower_comparison),
}  # fmt: skip
