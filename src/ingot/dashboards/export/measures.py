"""Measures as a file can compute them again: the aggregates of rows that can be added up, and a program over these.

`sum(a) / count(*)` becomes two aggregates, each of which can be told for few rows and added up for many, and the
division, with the types that analysis gives it. What cannot be told apart so is refused with `NotAdditive`, and then
nothing is computed in the file. Evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from sqlglot import exp

from ingot.analysis.functions import kind_of
from ingot.analysis.typed import type_of
from ingot.dashboards.model import Member
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.source import Fields, alias, column_node, quoted
from ingot.types import (
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DecimalType,
)

_BITS = {BYTE: 8, SHORT: 16, INT: 32, LONG: 64}
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "add", exp.Sub: "sub", exp.Mul: "mul", exp.Div: "div"}
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "eq", exp.NEQ: "ne", exp.GT: "gt", exp.GTE: "ge", exp.LT: "lt", exp.LTE: "le",
}  # fmt: skip
_CALLS = {"coalesce": "coalesce", "nullif": "nullif", "try_divide": "div", "if": "if", "abs": "abs"}
_ORDERED = (BOOLEAN, BYTE, SHORT, INT, LONG, FLOAT, DOUBLE, STRING, DATE, TIMESTAMP, TIMESTAMP_NTZ)
_WIDE = Context(prec=100)  # so that no digit of a decimal is rounded away
# Functions whose answer is that of the moment at which the file is made, which is what all of the file shows.
OF_THE_MOMENT = frozenset({"current_date", "current_timestamp", "now", "curdate", "localtimestamp", "current_timezone"})


class NotAdditive(Exception):
    """Something that cannot be added up from the parts of its rows. Never leaves the export."""


@dataclass(frozen=True)
class Aggregate:
    """One aggregate: `distinct` of the values of `argument`, else what `kind` says.

    Args:
        kind: `rows`, `count`, `sum`, `avg`, `min`, `max` or `distinct`.
        argument: The expression over a row; None for `rows`.
        type: What the aggregate gives.
    """

    kind: str
    argument: exp.Expr | None
    type: DataType


@dataclass(frozen=True)
class Measure:
    """A measure taken apart: its aggregates, and the program that makes the measure of them, as JSON."""

    aggregates: tuple[Aggregate, ...]
    program: Any
    type: DataType


def measure_of(found: Member, fields: Fields, pinned: PinnedLake) -> Measure:
    """A measure of a dataset, taken apart.

    Raises:
        NotAdditive: when a file cannot compute it.
    """
    whole = fields.expression(found)
    calls: list[exp.Expr] = []
    outer = _without_aggregates(whole, calls)
    if any(node.name.startswith("__a") is False for node in outer.find_all(exp.Column)):
        raise NotAdditive(found.name)
    inner = fields.source.select([alias(call, f"__a{n}") for n, call in enumerate(calls)] or [_one()])
    tree = exp.Select(expressions=[alias(outer, "__m")])
    tree.set("from_", exp.From(this=exp.Subquery(this=inner, alias=exp.TableAlias(this=quoted("__q")))))
    analyzed = pinned.analyzed(fields.source.query(tree, found.location))
    if analyzed.volatile - OF_THE_MOMENT:
        raise NotAdditive(found.name)
    types = pinned.analyzed(fields.source.query(inner.copy(), found.location)).schema
    aggregates = tuple(_aggregate(call, types.fields[n].type) for n, call in enumerate(calls))
    root = analyzed.tree.expressions[0]
    return Measure(aggregates, _program(root.this), type_of(root.this))


def _one() -> exp.Expr:
    return alias(exp.Literal.number(1), "__one")


def _without_aggregates(node: exp.Expr, calls: list[exp.Expr]) -> exp.Expr:
    """The expression with a column `__aN` in the place of each aggregate, which go to `calls`."""
    if isinstance(node, exp.Window | exp.Query):
        raise NotAdditive(node.sql())
    if isinstance(node, exp.Filter) or (isinstance(node, exp.Anonymous) and kind_of(str(node.this)) == "aggregate"):
        if node not in calls:
            calls.append(node)
        return column_node(f"__a{calls.index(node)}")
    for child in list(node.iter_expressions()):
        found = _without_aggregates(child, calls)
        if found is not child:
            child.replace(found)
    return node


# --- aggregates -------------------------------------------------------------------------------------------------


def _aggregate(call: exp.Expr, data_type: DataType) -> Aggregate:
    condition: exp.Expr | None = None
    if isinstance(call, exp.Filter):
        condition, call = call.expression.this, call.this
    name = str(call.this).lower()
    arguments = call.expressions
    is_distinct = bool(arguments) and isinstance(arguments[0], exp.Distinct)
    if is_distinct:
        arguments = arguments[0].expressions
    if len(arguments) != 1 or isinstance(call, exp.Window):
        raise NotAdditive(name)
    argument = arguments[0]
    is_every_row = isinstance(argument, exp.Star) or (isinstance(argument, exp.Literal) and not is_distinct)
    if name == "count_if" and not is_distinct:
        argument = exp.Case(ifs=[exp.If(this=argument.copy(), true=exp.Literal.number(1))])
        return Aggregate("count", _where(argument, condition), data_type)
    if name == "count":
        if is_every_row and condition is None:
            return Aggregate("rows", None, data_type)
        counted = exp.Literal.number(1) if is_every_row else argument
        return Aggregate("distinct" if is_distinct else "count", _where(counted, condition), data_type)
    kind = {"sum": "sum", "avg": "avg", "mean": "avg", "min": "min", "max": "max"}.get(name)
    if kind is None or is_every_row or (is_distinct and kind in ("sum", "avg")):
        raise NotAdditive(name)
    if kind in ("sum", "avg") and word_of(data_type) not in ("i64", "d") and not isinstance(data_type, DecimalType):
        raise NotAdditive(name)
    if data_type not in _ORDERED and not isinstance(data_type, DecimalType):
        raise NotAdditive(name)
    return Aggregate(kind, _where(argument, condition), data_type)


def _where(argument: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    if condition is None:
        return argument.copy()
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=argument.copy())])


# --- programs ---------------------------------------------------------------------------------------------------


def word_of(data_type: DataType) -> Any:
    """A type as programs say it: `i64`, `d`, `f`, `[precision, scale]`, `b`, or `v` for what is only shown."""
    if isinstance(data_type, DecimalType):
        return [data_type.precision, data_type.scale]
    if data_type in _BITS:
        return f"i{_BITS[data_type]}"
    return {DOUBLE: "d", FLOAT: "f", BOOLEAN: "b", STRING: "s", NULL: "null"}.get(data_type, "v")


def _program(node: exp.Expr) -> Any:
    """A typed expression as JSON: `{op, type, of}`."""
    if isinstance(node, exp.Paren):
        return _program(node.this)
    word = word_of(type_of(node))
    if isinstance(node, exp.Column):
        return {"op": "aggregate", "type": word, "at": int(node.name.removeprefix("__a"))}
    if isinstance(node, exp.Literal | exp.Null | exp.Boolean):
        return {"op": "value", "type": word, "value": _literal(node, word)}
    made = _operation(node, word)
    if made is None or word == "v":
        raise NotAdditive(node.sql())
    return {**made, "type": word}


def _literal(node: exp.Expr, word: Any) -> Any:
    """A literal as the page counts: digits of integers and decimals as text, unscaled."""
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    text = str(node.this)
    if isinstance(word, list):
        return str(unscaled(text, word[1]))
    return text if word == "s" else float(text) if word in ("d", "f") else str(int(text))


def unscaled(text: str, scale: int) -> int:
    """The digits of a decimal.

    >>> unscaled("-12.5", 2)
    -1250
    """
    return int(_WIDE.scaleb(Decimal(text), scale))


def _operation(node: exp.Expr, word: Any) -> dict[str, Any] | None:
    if type(node) in _ARITHMETIC:
        return _arithmetic(_ARITHMETIC[type(node)], node.this, node.expression, word)
    if type(node) in _COMPARISONS:
        return {"op": _COMPARISONS[type(node)], "of": [_program(node.this), _program(node.expression)]}
    if isinstance(node, exp.And | exp.Or):
        return {"op": node.key, "of": [_program(node.this), _program(node.expression)]}
    if isinstance(node, exp.Neg | exp.Not):
        return {"op": node.key, "of": [_program(node.this)]}
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return {"op": "isnull", "of": [_program(node.this)]}
    if isinstance(node, exp.Cast):
        return _cast(node, word)
    if isinstance(node, exp.Case) and node.this is None:
        return _case(node)
    return _call(node, word) if isinstance(node, exp.Anonymous) else None


def _arithmetic(op: str, left: exp.Expr, right: exp.Expr, word: Any, is_safe: bool = False) -> dict[str, Any] | None:
    parts = [_program(left), _program(right)]
    words = [part["type"] for part in parts]
    fits: Callable[[Any], bool] = (lambda w: isinstance(w, list)) if isinstance(word, list) else (lambda w: w == word)
    if not all(map(fits, words)) or (op == "div" and not isinstance(word, list) and word != "d"):
        return None
    return {"op": op, "of": parts, **({"safe": True} if is_safe else {})}


def _cast(node: exp.Cast, word: Any) -> dict[str, Any] | None:
    inner = _program(node.this)
    given = inner["type"]
    is_exact = isinstance(given, list) or str(given).startswith("i")
    if given == "null" or given == word:
        return {"op": "cast", "of": [inner]}
    if is_exact and (isinstance(word, list) or word == "d"):
        return {"op": "cast", "of": [inner]}
    if str(given).startswith("i") and str(word).startswith("i"):
        return {"op": "cast", "of": [inner]}
    return {"op": "cast", "of": [inner]} if (given, word) == ("f", "d") else None


def _case(node: exp.Case) -> dict[str, Any] | None:
    parts = [part for branch in node.args["ifs"] for part in (branch.this, branch.args["true"])]
    default = node.args.get("default")
    return {"op": "case", "of": [_program(part) for part in (*parts, *([default] if default is not None else []))]}


def _call(node: exp.Anonymous, word: Any) -> dict[str, Any] | None:
    name = str(node.this).lower()
    if name == "round":
        return _round(node, word)
    op = _CALLS.get(name)
    if op is None or node.args.get("over"):
        return None
    if op == "div":
        left, right = node.expressions
        return _arithmetic(op, left, right, word, is_safe=True)
    return {"op": "case" if op == "if" else op, "of": [_program(part) for part in node.expressions]}


def _round(node: exp.Anonymous, word: Any) -> dict[str, Any] | None:
    digits = node.expressions[1] if len(node.expressions) > 1 else None
    if digits is not None and not (isinstance(digits, exp.Literal) and str(digits.this).isdigit()):
        return None
    part = _program(node.expressions[0])
    same = part["type"] == word or (isinstance(part["type"], list) and isinstance(word, list))
    count = int(digits.this) if digits is not None else 0
    return {"op": "round", "of": [part], "digits": count} if same and word != "f" else None
