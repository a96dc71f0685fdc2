"""How a call of a user's function is written in a tree, from Python and from SQL text alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from ingot.definitions.spark import nodes
from ingot.definitions.spark.selection import FUNCTION
from ingot.model import UserFunction


def called(function: UserFunction, arguments: Sequence[exp.Expr]) -> exp.Anonymous:
    """The call of a function with these columns; one that takes groups gets the list of its group's rows."""
    if not function.takes_groups:
        return _meant(nodes.call(function.name, *arguments), function)
    from ingot.analysis.naming import shown

    node = _meant(nodes.call(function.name, _rows(arguments)), function)
    node.meta["shown"] = f"{function.name}({', '.join(shown(a, None) for a in arguments)})"
    return node


def windowed(node: exp.Expr, window: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """A call over a window; of a function that takes groups it is the list of rows that is windowed."""
    function = node.meta.get(FUNCTION)
    if function is None or not function.takes_groups:
        return window(node)
    assert isinstance(node, exp.Anonymous)
    [rows] = node.expressions
    return _meant(nodes.call(function.name, window(rows)), function)


def _rows(arguments: Sequence[exp.Expr]) -> exp.Anonymous:
    cells = [part for at, a in enumerate(arguments) for part in (nodes.literal(f"_{at}"), a)]
    return nodes.call("collect_list", nodes.call("named_struct", *cells))


def _meant(node: exp.Anonymous, function: UserFunction) -> exp.Anonymous:
    node.meta[FUNCTION] = function
    return node
