"""Spark's precedence of operators, where sqlglot's parser has another one.

Below the arithmetic Spark knows `+ - ||`, then shifts, `&`, `^`, `|`, each binding looser than the one before, and then
all comparisons alike; sqlglot has one level for all from the shifts to `|`, and two for comparisons. What the user put
into parentheses is a node of its own, so the operators of a chain can be read off the tree and put together anew.

Never looks at what the operands mean.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

Node = Any  # a sqlglot node: its classes are re-exported in a way that type checkers do not follow

# Coalesce is `>>>`, as which the parser reads it; as a hint it is none.
_LEVELS: dict[type, int] = {
    exp.Add: 4, exp.Sub: 4, exp.DPipe: 4, exp.BitwiseLeftShift: 3, exp.BitwiseRightShift: 3,
    exp.Coalesce: 3, exp.BitwiseAnd: 2, exp.BitwiseXor: 1, exp.BitwiseOr: 0,
}  # fmt: skip
_COMPARISONS = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_PREDICATES = (exp.In, exp.Between, exp.Like, exp.ILike, exp.RegexpLike, exp.Is)


def with_sparks_precedence(node: Node) -> Node | None:
    """The operator chain that begins here as Spark reads it; None when it is right as it is.

    To be called for the outermost node of a chain first.
    """
    if type(node) in _LEVELS and not _is_inside_chain(node) and not isinstance(node.parent, exp.Hint):
        return _regrouped(node)
    if isinstance(node, _COMPARISONS) and not isinstance(node.expression, exp.Subquery):
        return _left_to_right(node)
    return None


def _is_inside_chain(node: Node) -> bool:
    return type(node.parent) in _LEVELS


def _regrouped(node: Node) -> Node | None:
    operands: list[Node] = []
    operators: list[Node] = []
    _flatten(node, operands, operators)
    if len({_LEVELS[type(o)] for o in operators}) == 1 and not _has_right_chain(node):
        return None
    for operand in operands:
        operand.pop()
    stack: list[Node] = [operands[0]]
    waiting: list[Node] = []
    for operator, operand in zip(operators, operands[1:], strict=True):
        while waiting and _LEVELS[type(waiting[-1])] >= _LEVELS[type(operator)]:
            _reduce(stack, waiting)
        waiting.append(operator)
        stack.append(operand)
    while waiting:
        _reduce(stack, waiting)
    return stack[0]


def _right(node: Node) -> Node:
    return node.expressions[0] if isinstance(node, exp.Coalesce) else node.expression


def _is_one_interval(node: Node) -> bool:
    """Whether it is `INTERVAL 1 DAY 2 HOURS`, which the parser makes a sum; no other stands on the right of one."""
    return isinstance(node, exp.Interval) or (
        isinstance(node, exp.Add) and isinstance(node.this, exp.Interval) and _is_one_interval(node.expression)
    )


def _has_right_chain(node: Node) -> bool:
    """Whether something else than the leftmost operators is deeper in the tree: `a || (b + c)` without parentheses."""
    while type(node) in _LEVELS:
        if type(_right(node)) in _LEVELS and not _is_one_interval(_right(node)):
            return True
        node = node.this
    return False


def _flatten(node: Node, operands: list[Node], operators: list[Node]) -> None:
    """The operands and operators between them, in the order in which they were written."""
    if type(node) not in _LEVELS:
        operands.append(node)
        return
    _flatten(node.this, operands, operators)
    operators.append(node)
    if _is_one_interval(_right(node)):
        operands.append(_right(node))
        return
    _flatten(_right(node), operands, operators)


def _reduce(stack: list[Node], waiting: list[Node]) -> None:
    operator = waiting.pop()
    right, left = stack.pop(), stack.pop()
    if isinstance(operator, exp.Coalesce):
        joined = exp.Coalesce(this=left, expressions=[right])
    else:
        joined = type(operator)(this=left, expression=right)
    joined.meta.update(operator.meta)
    stack.append(joined)


def _left_to_right(node: Node) -> Node | None:
    """`a = b < c` as `(a = b) < c`, and `a = b IN (…)` as `(a = b) IN (…)`."""
    right = node.expression
    inner = right.this if isinstance(right, exp.Not) and isinstance(right.this, _PREDICATES) else right
    if not isinstance(inner, (*_COMPARISONS, *_PREDICATES)):
        return None
    middle = inner.this
    left = type(node)(this=node.this.pop(), expression=middle.pop())
    inner.set("this", _left_to_right(left) or left)
    return right.pop()
