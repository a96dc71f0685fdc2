"""Operators: arithmetic, comparisons, boolean logic, patterns, items of arrays and maps.

Operands come typed and coerced. Where DuckDB's operator means the same as Spark's it is used as it is.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering import decimals, in_turn, intervals
from ingot.engines.duckdb.lowering.regex import matches
from ingot.engines.duckdb.lowering.scope import (
    Scope,
    fail,
    literal,
    number_literal,
    refuse,
    wall_clock,
)
from ingot.engines.duckdb.types import duckdb_type, quote_text
from ingot.types import (
    ArrayType,
    DataType,
    DecimalType,
    IntervalType,
    MapType,
    StructType,
    is_interval,
)

DIVIDE_BY_ZERO = "DIVIDE_BY_ZERO: division by zero; use try_divide to get NULL instead"
_SYMBOLS: dict[type, str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Mod: "%", exp.IntDiv: "//",
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.And: "AND", exp.Or: "OR",
}  # fmt: skip
_ORDERINGS = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}


def lower_arithmetic(node: exp.Expr, scope: Scope) -> str:
    """`+ - * / % div` over numbers, dates and intervals."""
    left, right = type_of(node.this), type_of(node.expression)
    if any(is_interval(t) or t.name in ("date", "timestamp", "timestamp_ntz") for t in (left, right)):
        return _temporal(node, scope)
    operands = scope.lower(node.this), scope.lower(node.expression)
    return arithmetic(type(node), *operands, node, scope, safely=not scope.settings.ansi)


def arithmetic(kind: type, left: str, right: str, node: exp.Expr, scope: Scope, safely: bool) -> str:
    """Numbers only; `safely` gives NULL instead of an error, as `try_add` and its kin do."""
    types, result = (type_of(_operand(node, 0)), type_of(_operand(node, 1))), type_of(node)
    if kind in (exp.Div, exp.Mod, exp.IntDiv):
        return _division(kind, left, right, node, scope, safely)
    if isinstance(result, DecimalType):
        pair = (_decimal(types[0], node), _decimal(types[1], node))
        if decimals.fits(_SYMBOLS[kind], pair):
            return decimals.computed(_SYMBOLS[kind], left, right, pair, result, safely)
        return scope.let_all([left, right], lambda a, b: decimals.wide(_SYMBOLS[kind], a, b, pair, result, safely))
    sql = f"({left} {_SYMBOLS[kind]} {right})"
    if result.name not in _INTEGERS or not safely:
        return sql
    return _wrapped(kind, left, right, result) if isinstance(node, exp.Binary) else f"TRY({sql})"


def _operand(node: exp.Expr, position: int) -> exp.Expr:
    if isinstance(node, exp.Anonymous):
        return node.expressions[position]
    return node.this if position == 0 else node.expression


def _wrapped(kind: type, left: str, right: str, result: DataType) -> str:
    """Without ANSI mode integers wrap around."""
    half = 2 ** (_INTEGERS[result.name] - 1)
    wide = f"(CAST({left} AS HUGEINT) {_SYMBOLS[kind]} CAST({right} AS HUGEINT))"
    return f"CAST((({wide} + {half}) % {2 * half} + {2 * half}) % {2 * half} - {half} AS {duckdb_type(result)})"


def negated(sql: str, data_type: DataType) -> str:
    """`-x`, which without ANSI mode is x for the least of all numbers."""
    least = -(2 ** (_INTEGERS[data_type.name] - 1))
    return f"CASE WHEN {sql} = '{least}'::{duckdb_type(data_type)} THEN {sql} ELSE -{sql} END"


def _decimal(data_type: DataType, node: exp.Expr) -> DecimalType:
    if isinstance(data_type, DecimalType):
        return data_type
    if data_type.name in _INTEGERS:
        return DecimalType(precision={8: 3, 16: 5, 32: 10, 64: 20}[_INTEGERS[data_type.name]], scale=0)
    raise refuse(node, f"arithmetic between decimal and {data_type.ddl} is not supported")


def _division(kind: type, left: str, right: str, node: exp.Expr, scope: Scope, safely: bool) -> str:
    divisor = _operand(node, 1)
    known = number_literal(divisor)
    is_safe_divisor = known is not None and known != 0

    def body(numerator: str, denominator: str) -> str:
        sql = _quotient(kind, numerator, denominator, node, scope, safely)
        if is_safe_divisor:
            return sql
        target = duckdb_type(type_of(node))
        zero = f"CAST(NULL AS {target})" if safely else fail(DIVIDE_BY_ZERO, target)
        # NULL / 0 is NULL
        return f"CASE WHEN {denominator} = 0 AND {numerator} IS NOT NULL THEN {zero} ELSE {sql} END"

    return scope.let_all([left, right], body)


def _quotient(kind: type, left: str, right: str, node: exp.Expr, scope: Scope, safely: bool) -> str:
    result = type_of(node)
    types = (type_of(_operand(node, 0)), type_of(_operand(node, 1)))
    if kind is exp.Div:
        if not isinstance(result, DecimalType):
            return f"({left} / {right})"
        pair = (_decimal(types[0], node), _decimal(types[1], node))
        divided = decimals.divided(left, right, pair, result, scope, safely)
        if divided is None:
            raise refuse(
                node,
                f"dividing {types[0].ddl} by {types[1].ddl} needs more than 38 digits",
                "cast the divisor to fewer digits",
            )
        return divided
    if isinstance(result, DecimalType):
        pair = (_decimal(types[0], node), _decimal(types[1], node))
        rest = decimals.remainder(left, right, pair, result, scope, safely)
        if rest is None:
            raise refuse(node, f"the remainder of {types[0].ddl} by {types[1].ddl} needs more than 38 digits")
        return rest
    if kind is exp.IntDiv and any(isinstance(t, DecimalType) for t in types):
        pair = (_decimal(types[0], node), _decimal(types[1], node))
        scale = max(pair[0].scale, pair[1].scale)
        wide = [DecimalType(precision=min(38, p.precision - p.scale + scale), scale=scale) for p in pair]
        if any(p.precision - p.scale + scale > 38 for p in pair):
            raise refuse(node, f"dividing {types[0].ddl} by {types[1].ddl} needs more than 38 digits")
        digits = [
            decimals.unscaled(f"CAST({s} AS {duckdb_type(w)})", w) for s, w in zip((left, right), wide, strict=True)
        ]
        return f"CAST({digits[0]} // {digits[1]} AS BIGINT)"
    symbol = "//" if kind is exp.IntDiv else "%"
    return f"({left} {symbol} {right})"


# --- dates and intervals --------------------------------------------------------------------------------------


def _temporal(node: exp.Expr, scope: Scope) -> str:
    left, right = type_of(node.this), type_of(node.expression)
    result = type_of(node)
    if isinstance(node, (exp.Mul, exp.Div)):
        operands = scope.lower(node.this), scope.lower(node.expression)
        return intervals.scaled(type(node), *operands, (left, right), result, scope, safely=False)
    if isinstance(node, exp.IntDiv):
        return scope.let_all([scope.lower(node.this), scope.lower(node.expression)], intervals.divided)
    if is_interval(left) and is_interval(right):
        return f"({scope.lower(node.this)} {_SYMBOLS[type(node)]} {scope.lower(node.expression)})"
    if isinstance(result, IntervalType):
        if left.name == "date":
            return f"(CAST({scope.lower(node.this)} - {scope.lower(node.expression)} AS BIGINT) * 86400000000)"
        clocks = wall_clock(node.this, scope), wall_clock(node.expression, scope)
        return f"(epoch_us({clocks[0]}) - epoch_us({clocks[1]}))"
    symbol = _SYMBOLS[type(node)]
    return intervals.moved(scope.lower(node.this), left, symbol, node.expression, result, scope)


# --- comparisons, logic ------------------------------------------------------------------------------------------


def lower_comparison(node: exp.Expr, scope: Scope) -> str:
    """`= <> < <= > >= <=>`, AND, OR, `& |`."""
    operand = type_of(node.this)
    if isinstance(node, _ORDERINGS) and isinstance(operand, (ArrayType, StructType)):
        left, right = (sort_key(scope.lower(n), type_of(n), scope) for n in (node.this, node.expression))
        return f"({left} {_SYMBOLS[type(node)]} {right})"
    symbol = _SYMBOLS[type(node)]
    if isinstance(node, (exp.And, exp.Or)):
        return in_turn.logical(node, symbol, scope)
    return f"({scope.lower(node.this)} {symbol} {scope.lower(node.expression)})"


def sort_key(sql: str, data_type: DataType, scope: Scope) -> str:
    """A value that DuckDB orders as Spark orders the original: inside arrays and structs nulls come first."""
    match data_type:
        case ArrayType():
            item = scope.variable()
            return f"list_transform({sql}, lambda {item}: {_inner_key(item, data_type.element, scope)})"
        case StructType():

            def body(value: str) -> str:
                fields = ", ".join(
                    f"f{i} := " + _inner_key(f"struct_extract({value}, {quote_text(f.name)})", f.type, scope)
                    for i, f in enumerate(data_type)
                )
                return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({fields}) END"

            return scope.let(sql, body)
        case MapType():
            raise AssertionError("analysis lets no map be ordered")
    return sql


def ordering(item: exp.Expr, scope: Scope) -> str:
    """One item of ORDER BY; the tree says where nulls go."""
    if not isinstance(item, exp.Ordered):
        item = exp.Ordered(this=item, desc=False, nulls_first=True)
    key = sort_key(scope.lower(item.this), type_of(item.this), scope)
    direction = "DESC" if item.args.get("desc") else "ASC"
    return f"{key} {direction} NULLS {'FIRST' if item.args.get('nulls_first') else 'LAST'}"


def _inner_key(sql: str, data_type: DataType, scope: Scope) -> str:
    return f"struct_pack(n := ({sql}) IS NOT NULL, v := {sort_key(sql, data_type, scope)})"


def lower_bitwise_xor(node: exp.Expr, scope: Scope) -> str:
    """`a ^ b`."""
    return f"xor({scope.lower(node.this)}, {scope.lower(node.expression)})"


def lower_like(node: exp.Expr, scope: Scope) -> str:
    """LIKE and ILIKE; the backslash escapes, as always in Spark."""
    return like(node.this, node.expression, "\\", isinstance(node, exp.ILike), node, scope)


def lower_escape(node: exp.Expr, scope: Scope) -> str:
    """`a LIKE b ESCAPE c`."""
    inner = node.this
    character = literal(node.expression)
    if character is None or len(character) != 1:
        raise refuse(node, "ESCAPE takes one character, written as a literal")
    return like(inner.this, inner.expression, character, isinstance(inner, exp.ILike), node, scope)


def like(value: exp.Expr, pattern: exp.Expr, escape: str, is_blind: bool, node: exp.Expr, scope: Scope) -> str:
    """One LIKE; a pattern that Spark refuses is refused."""
    text = literal(pattern)
    operator = "ILIKE" if is_blind else "LIKE"
    if text is not None:
        _check_escapes(text, escape, node)
        if escape not in text:
            return f"({scope.lower(value)} {operator} {scope.lower(pattern)})"
        return f"({scope.lower(value)} {operator} {scope.lower(pattern)} ESCAPE {quote_text(escape)})"
    sign = re.escape(escape)
    well_formed = quote_text(f"(?s)(?:[^{sign}]|{sign}[_%{sign}])*")
    wrong = fail("INVALID_FORMAT: the pattern of LIKE escapes something else than '_', '%' or the escape", "BOOLEAN")

    def body(text: str, pattern: str) -> str:
        is_wrong = f"contains({pattern}, {quote_text(escape)}) AND NOT regexp_full_match({pattern}, {well_formed})"
        found = f"({text} {operator} {pattern} ESCAPE {quote_text(escape)})"
        return f"CASE WHEN {text} IS NOT NULL AND {is_wrong} THEN {wrong} ELSE {found} END"

    return scope.let_all([scope.lower(value), scope.lower(pattern)], body)


def _check_escapes(pattern: str, escape: str, node: exp.Expr) -> None:
    at = 0
    while at < len(pattern):
        if pattern[at] == escape:
            if at + 1 == len(pattern) or pattern[at + 1] not in ("_", "%", escape):
                raise refuse(node, f"the pattern {pattern!r} escapes something else than '_', '%' or '{escape}'")
            at += 1
        at += 1


def lower_regexp_like(node: exp.Expr, scope: Scope) -> str:
    """`a RLIKE b`."""
    return matches(scope.lower(node.this), node.expression, scope)


def lower_between(node: exp.Expr, scope: Scope) -> str:
    """`a BETWEEN b AND c`."""
    operands = [node.args[k] for k in ("this", "low", "high")]
    value, low, high = (sort_key(scope.lower(n), type_of(n), scope) for n in operands)
    return f"({value} BETWEEN {low} AND {high})"


def lower_is(node: exp.Expr, scope: Scope) -> str:
    """`IS NULL`, `IS TRUE`, `IS FALSE`."""
    word = "NULL" if isinstance(node.expression, exp.Null) else str(node.expression.this).upper()
    return f"({scope.lower(node.this)} IS {word})"


# --- items ---------------------------------------------------------------------------------------------------------


def lower_bracket(node: exp.Expr, scope: Scope) -> str:
    """`array[i]`, counted from 0, raising out of bounds; `map[key]`, NULL for a missing key."""
    base, key = node.this, node.expressions[0]
    if isinstance(type_of(base), MapType):
        return f"map_extract_value({scope.lower(base)}, {scope.lower(key)})"
    if not scope.settings.ansi:
        return scope.let(
            scope.lower(key),
            lambda k: f"CASE WHEN {k} >= 0 THEN list_extract({scope.lower(base)}, CAST({k} AS BIGINT) + 1) END",
        )
    target = duckdb_type(type_of(node))

    def body(array: str, index: str) -> str:
        outside = fail(
            "INVALID_ARRAY_INDEX: the index is out of bounds; use get(array, index) to get NULL instead", target
        )
        return f"CASE WHEN {array} IS NULL THEN NULL WHEN {index} < 0 OR {index} >= len({array}) THEN {outside} ELSE list_extract({array}, CAST({index} AS BIGINT) + 1) END"

    return scope.let_all([scope.lower(base), scope.lower(key)], body)


def lower_dot(node: exp.Expr, scope: Scope) -> str:
    """`struct.field`; of an array of structs, the array of the fields."""
    name = quote_text(node.expression.name)
    if isinstance(type_of(node.this), ArrayType):
        item = scope.variable()
        return f"list_transform({scope.lower(node.this)}, lambda {item}: struct_extract({item}, {name}))"
    return f"struct_extract({scope.lower(node.this)}, {name})"
