"""A generator in the select list of an aggregation: `SELECT k, explode(collect_list(v)) FROM t GROUP BY k`.

Spark aggregates first, then makes rows of each group's values. Here that is written as what it is, a query over the
aggregation. Works on the untyped tree.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis import functions, naming
from ingot.analysis.generators import as_call, generator_name
from ingot.analysis.named_arguments import in_order
from ingot.analysis.nodes import Node, copied, identifier
from ingot.analysis.stars import is_star

_OUTER_CLAUSES = ("order", "limit", "offset", "distinct", "sort", "cluster", "distribute")


def aggregated_first(select: Node) -> Node | None:
    """The same query with the aggregation in a subquery; None where no generator stands beside an aggregation."""
    inners = [_inner(node) for node in select.expressions]
    generators = [i for i in inners if isinstance(i, exp.Anonymous) and generator_name(i) is not None]
    if not generators or any(is_star(node) for node in select.expressions):
        return None
    if select.args.get("group") is None and not any(_aggregates(i) for i in inners):
        return None
    aggregation = copied(select)
    for clause in _OUTER_CLAUSES:
        aggregation.set(clause, None)
    items: list[Node] = []
    further: list[Node] = []
    shown: list[Node] = []
    for position, (node, inner) in enumerate(zip(select.expressions, inners, strict=True)):
        name = f"__item_{position}"
        if inner in generators:
            call = _over_columns(inner, name, items, further)
            shown.append(_renamed(node, call))
        else:
            name = node.alias if isinstance(node, exp.Alias) else name
            items.append(copied(node) if isinstance(node, exp.Alias) else _named(copied(inner), name))
            shown.append(_named(_column(name), node.alias if isinstance(node, exp.Alias) else _name(inner)))
    aggregation.set("expressions", [*items, *further])
    source = exp.Subquery(this=aggregation, alias=exp.TableAlias(this=identifier("__aggregated")))
    outer = {c: copied(v) if isinstance(v, exp.Expr) else v for c in _OUTER_CLAUSES if (v := select.args.get(c))}
    return exp.Select(expressions=shown, from_=exp.From(this=source), **outer)


def _inner(node: Node) -> Node:
    inner = node.this if isinstance(node, (exp.Alias, exp.Aliases)) else node
    return as_call(inner)


def _aggregates(node: Node) -> bool:
    if isinstance(node, (exp.Query, exp.Window)):
        return False
    if isinstance(node, exp.Anonymous) and functions.kind_of(str(node.this)) == "aggregate":
        return True
    return any(_aggregates(child) for child in node.iter_expressions())


def _over_columns(call: Node, name: str, items: list[Node], further: list[Node]) -> Node:
    """The generator over columns of the aggregation; the first takes the generator's place, so that ordinals hold."""
    arguments: list[Node] = []
    for at, argument in enumerate(in_order(str(call.this).lower(), call.expressions, call.meta.get("location"))):
        if isinstance(argument, exp.Literal):
            arguments.append(copied(argument))
            continue
        arguments.append(_column(f"{name}_{at}"))
        target = items if not any(isinstance(a, exp.Column) for a in arguments[:-1]) else further
        target.append(_named(copied(argument), f"{name}_{at}"))
    if not any(isinstance(a, exp.Column) for a in arguments):
        items.append(_named(exp.Null(), name))
    new = exp.Anonymous(this=call.this, expressions=arguments)
    new.meta.update(call.meta)
    return new


def _renamed(node: Node, call: Node) -> Node:
    if isinstance(node, exp.Alias):
        return exp.Alias(this=call, alias=copied(node.args["alias"]))
    if isinstance(node, exp.Aliases):
        return exp.Aliases(this=call, expressions=[copied(e) for e in node.expressions])
    return call


def _name(node: Node) -> str:
    return node.name if isinstance(node, exp.Column) else naming.shown(node, None)


def _named(node: Node, name: str) -> Node:
    return exp.Alias(this=node, alias=identifier(name))


def _column(name: str) -> Node:
    return exp.Column(this=identifier(name))
