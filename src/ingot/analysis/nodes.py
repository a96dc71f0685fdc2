"""Nodes of a typed tree: how they are made, copied, named and put into one another.

Never knows what a name means.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from ingot.analysis.typed import set_type, type_of
from ingot.types import DataType

Node = Any  # a sqlglot node: its classes are re-exported in a way that type checkers do not follow


def copied(node: Node) -> Node:
    """A copy of a tree; what its nodes know about themselves is shared, not copied (`Expression.copy` is slow)."""
    new = type(node)(**{key: _copied_argument(value) for key, value in node.args.items()})
    new.meta.update(node.meta)
    return new


def _copied_argument(value: Any) -> Any:
    if isinstance(value, exp.Expr):
        return copied(value)
    return [_copied_argument(v) for v in value] if isinstance(value, list) else value


def embedded(node: Node) -> Node:
    """A copy of a typed expression, in parentheses where it could otherwise be read differently."""
    copy, data_type = copied(node), type_of(node)
    if isinstance(node, (exp.Binary, exp.Unary, exp.Between, exp.In)) and not isinstance(node, (exp.Paren, exp.Dot)):
        wrapped = set_type(exp.Paren(this=copy), data_type)
        wrapped.meta["nullable"] = is_nullable(node)
        return wrapped
    return copy


def identifier(name: str) -> Node:
    """An exact, quoted name."""
    return exp.Identifier(this=name, quoted=True)


def column_node(alias: str, name: str, data_type: DataType, is_nullable: bool = True) -> Node:
    """A typed reference to a relation's column."""
    node = exp.Column(this=identifier(name), table=identifier(alias))
    if not is_nullable:
        node.meta["nullable"] = False
    return set_type(node, data_type)


def alias_node(node: Node, name: str) -> Node:
    """An item of a select list: a typed expression under an exact name."""
    return set_type(exp.Alias(this=node, alias=identifier(name)), type_of(node))


def is_nullable(node: Node) -> bool:
    """Whether a typed expression may be null, as far as it is known."""
    return node.meta.get("nullable", True)


def name_parts(node: Node) -> list[Node] | None:
    """The identifiers of `a.b.c`, however the parser nested them; None for other expressions."""
    if isinstance(node, exp.Column):
        return None if isinstance(node.this, exp.Star) else list(node.parts)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        base = name_parts(node.this)
        return None if base is None else [*base, node.expression]
    return None


def unique_names(names: Iterable[str]) -> list[str]:
    """The same names, made distinct without regard to case."""
    taken: set[str] = set()
    result: list[str] = []
    for name in names:
        candidate, count = name, 1
        while candidate.lower() in taken:
            count += 1
            candidate = f"{name}__{count}"
        taken.add(candidate.lower())
        result.append(candidate)
    return result
