"""Outputs of typed queries: casting, renaming and wrapping them, without touching what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ingot.analysis.coercion import cast_to
from ingot.analysis.nodes import Node, copied, identifier, is_nullable, unique_names
from ingot.analysis.scopes import Attribute, Output, Relation, Run, relation_columns
from ingot.analysis.typed import set_type, type_of
from ingot.types import STRING, DataType


@dataclass(slots=True)
class Item:
    """A column of the select list: typed, with its name; `is_alias` when the user named it."""

    name: str
    node: Node
    origins: frozenset[tuple[str, str]] = frozenset()
    is_alias: bool = False


def output_item(node: Node, name: str) -> Node:
    """A select list's item: the typed expression under its exact name."""
    item = exp.Alias(this=node, alias=identifier(name))
    item.meta["nullable"] = is_nullable(node)
    return set_type(item, type_of(node))


def subquery(output: Output, alias: str) -> Node:
    """The output as an item of FROM; duplicate column names are made distinct."""
    names = [c.name for c in output.columns]
    physical = unique_names(names)
    columns = [identifier(n) for n in physical] if physical != names else []
    return exp.Subquery(this=output.tree, alias=exp.TableAlias(this=identifier(alias), columns=columns))


def as_relation(output: Output, run: Run, name: str, shown: Sequence[str] | None = None) -> tuple[Node, Relation]:
    """The output as an item of FROM and the relation it makes.

    Args:
        output: A typed query.
        run: Gives the unique alias.
        name: The alias as written, or a made-up one.
        shown: Other names for the columns (`AS t(a, b)`).
    """
    alias = run.unique(name)
    names = list(shown) if shown is not None else [c.name for c in output.columns]
    physical = unique_names(names)
    node = exp.Subquery(this=output.tree, alias=exp.TableAlias(this=identifier(alias)))
    if physical != [c.name for c in output.columns]:
        node.args["alias"].set("columns", [identifier(n) for n in physical])
    columns = relation_columns(alias, zip(names, physical, output.columns, strict=True))
    return node, Relation(alias, (name,), columns, is_streaming=output.is_streaming, label=name)


def selection(source: Node, columns: Sequence[Attribute]) -> Node:
    """`SELECT columns FROM source`, typed."""
    return exp.Select(expressions=[output_item(copied(c.node), c.name) for c in columns], from_=exp.From(this=source))


def cast_output(output: Output, types: Sequence[DataType], run: Run) -> Output:
    """The same rows with columns of these types."""
    if all(c.type == t for c, t in zip(output.columns, types, strict=True)):
        return output
    columns = [
        replace(c, node=_retyped(c, t), nullable=c.nullable or c.type == STRING, origins=frozenset())
        for c, t in zip(output.columns, types, strict=True)
    ]
    if _can_cast_in_place(output.tree):
        for item, target in zip(output.tree.expressions, types, strict=True):
            item.set("this", cast_to(item.this, target))
            set_type(item, target)
        return replace(output, columns=columns)
    node, relation = as_relation(output, run, "__cast")
    cast = [
        Attribute(c.name, cast_to(inner.node, t), c.nullable)
        for c, inner, t in zip(output.columns, relation.columns, types, strict=True)
    ]
    return Output(selection(node, cast), columns, output.is_streaming)


def _retyped(column: Attribute, target: DataType) -> Node:
    node = copied(column.node)
    return set_type(node, target)


def _can_cast_in_place(tree: Node) -> bool:
    """Whether casting a select's items changes nothing else: no DISTINCT, no order by what they give."""
    return isinstance(tree, exp.Select) and not any(tree.args.get(k) for k in ("distinct", "order", "group"))


def reordered(output: Output, order: Sequence[int], run: Run) -> Output:
    """The same rows with the columns in another order."""
    if list(order) == list(range(len(output.columns))):
        return output
    node, relation = as_relation(output, run, "__by_name")
    columns = [output.columns[i] for i in order]
    picked = [replace(relation.columns[i], name=output.columns[i].name) for i in order]
    return Output(selection(node, picked), columns, output.is_streaming)
