"""Percentiles: the rules about the share and the accuracy that are asked for, which Spark checks before it runs.

Owns what such a call gives. How an engine computes one is not told here.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.coercion import is_integral
from ingot.analysis.functions.rules import given_type, widest_interval
from ingot.analysis.functions.signature import Rule, misfit
from ingot.analysis.typed import Settings
from ingot.errors import AnalysisError
from ingot.types import ArrayType, DataType

_ACCURACY_MAX = 2**31 - 1


def percentile(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """A double, or an interval; an array of them for several shares."""
    return _of_shares(call, types[1], widest_interval(call, types, settings))


def approximate(call: exp.Anonymous, types: list[DataType], settings: Settings) -> DataType:
    """The type of the values, or an array of it for several shares."""
    if len(types) > 2:
        given = [given_type(node) for node in call.expressions]
        if not is_integral(given[2]):
            raise misfit(call.this, given, "a whole number as its accuracy", call)
        _check(call, call.expressions[2], "the accuracy", 1, _ACCURACY_MAX)
    return _of_shares(call, types[1], types[0])


def _of_shares(call: exp.Anonymous, share: DataType, result: DataType) -> DataType:
    check_shares(call, call.expressions[1])
    return ArrayType(element=result, contains_null=False) if isinstance(share, ArrayType) else result


def check_shares(call: exp.Anonymous, node: exp.Expr) -> None:
    """Refuse what is no constant share, or array of shares, between 0 and 1."""
    items = _uncast(node)
    if isinstance(items, exp.Anonymous) and items.this == "array":
        for item in items.expressions:
            _check(call, item, "each percentage", 0, 1)
    else:
        _check(call, node, "the percentage", 0, 1)


def _check(call: exp.Anonymous, node: exp.Expr, what: str, least: int, most: int) -> None:
    number = _number(node)
    is_unknown = next(node.find_all(exp.Column, exp.Subquery), None) is not None
    if is_unknown or isinstance(_uncast(node), exp.Null) or (number is not None and not least <= number <= most):
        raise AnalysisError(
            f"{what} of {call.this} must be a constant between {least} and {most}",
            location=call.meta.get("location"),
            code="wrong-arguments",
        )


def _uncast(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    return node


def _number(node: exp.Expr) -> float | None:
    """The value of a literal; None for a constant that has to be computed, which the engine looks at."""
    node = _uncast(node)
    if isinstance(node, exp.Neg):
        inner = _number(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal):
        try:
            return float(str(node.this))
        except ValueError:
            return None
    return None


RULES: dict[str, Rule] = {"percentile": percentile, "approximate": approximate}
