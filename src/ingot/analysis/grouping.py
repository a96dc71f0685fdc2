"""Typing of GROUP BY: keys, ordinals, ALL, ROLLUP, CUBE and GROUPING SETS, and what may stand beside an aggregate.

Never types a select list; it is given the items of one.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.expressions import typed
from ingot.analysis.nodes import Node, copied
from ingot.analysis.outputs import Item
from ingot.analysis.scopes import Scope, place
from ingot.analysis.typed import set_type, type_of
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import VARIANT, MapType


def type_group(select: Node, items: list[Item], scope: Scope, tree: Node) -> list[Node] | None:
    """Type GROUP BY.

    Returns:
        The grouping expressions, None without GROUP BY.
    """
    group = select.args.get("group")
    if group is None:
        return None
    if group.args.get("all"):
        keys = [embed_key(i.node) for i in items if not holds_aggregate(i.node)]
        if keys:
            tree.set("group", exp.Group(expressions=keys))
        return keys
    keys: list[Node] = []
    before = scope.aggregates
    expressions = [_grouping(e, items, scope, keys) for e in _grouping_nodes(group)]
    if scope.aggregates != before or any(holds_aggregate(k) for k in keys):
        raise AnalysisError(
            "GROUP BY cannot hold an aggregate function", location=place(group, scope), code="misplaced-aggregate"
        )
    tree.set("group", exp.Group(expressions=expressions))
    if any(isinstance(e, (exp.Rollup, exp.Cube, exp.GroupingSets)) for e in expressions):
        for item in items:
            if any(bare(item.node) == k for k in keys):
                item.node.meta.pop("nullable", None)
    return keys


def _grouping_nodes(group: Node) -> list[Node]:
    """The grouping expressions; `GROUP BY a, b WITH ROLLUP` as ROLLUP(a, b)."""
    for key, kind in (("rollup", exp.Rollup), ("cube", exp.Cube)):
        if group.args.get(key):
            return [kind(expressions=[copied(e) for e in group.expressions])]
    if group.args.get("grouping_sets"):
        return list(group.args["grouping_sets"])
    return list(group.expressions)


def _grouping(node: Node, items: list[Item], scope: Scope, keys: list[Node]) -> Node:
    match node:
        case exp.Rollup() | exp.Cube() | exp.GroupingSets():
            return type(node)(expressions=[_grouping_set(e, items, scope, keys) for e in node.expressions])
    return _grouping_key(node, items, scope, keys)


def _grouping_set(node: Node, items: list[Item], scope: Scope, keys: list[Node]) -> Node:
    if isinstance(node, exp.Tuple):
        return exp.Tuple(expressions=[_grouping_key(e, items, scope, keys) for e in node.expressions])
    if isinstance(node, exp.Paren):
        return exp.Tuple(expressions=[_grouping_key(node.this, items, scope, keys)])
    return _grouping(node, items, scope, keys)


def _grouping_key(node: Node, items: list[Item], scope: Scope, keys: list[Node]) -> Node:
    item = ordinal(node, items, scope, "GROUP BY")
    key = copied(item.node) if item is not None else typed(node, scope)
    if isinstance(type_of(key), MapType):
        raise UnsupportedError(
            "GROUP BY a map is not supported", location=place(node, scope), hint="group by its parts"
        )
    if type_of(key) == VARIANT:
        raise AnalysisError(
            "GROUP BY a variant: its values have no order",
            location=place(node, scope),
            hint="cast it to a type, such as string",
            code="type-mismatch",
        )
    key = embed_key(key)
    if all(bare(key) != k for k in keys):
        keys.append(bare(key))
    return key


def embed_key(node: Node) -> Node:
    """A grouping key; a literal is cast to its own type, for a bare number would be read as an ordinal."""
    key = copied(bare(node))
    if not isinstance(key, (exp.Literal, exp.Neg)):
        return key
    cast = set_type(exp.Cast(this=key), type_of(key))
    cast.meta["implicit"] = True
    return cast


def ordinal(node: Node, items: list[Item], scope: Scope, clause: str) -> Item | None:
    number = bare(node)
    sign = -1 if isinstance(number, exp.Neg) else 1
    number = number.this if sign < 0 else number
    if not isinstance(number, exp.Literal) or number.is_string or not str(number.this).isdigit():
        return None
    position = sign * int(number.this)
    if not 1 <= position <= len(items):
        raise AnalysisError(
            f"{clause} {position}: the select list has {len(items)} columns",
            location=place(node, scope),
            code="wrong-ordinal",
        )
    return items[position - 1]


def bare(node: Node) -> Node:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def holds_aggregate(node: Node) -> bool:
    return any(n.meta.get("aggregate") for n in node.walk())


def complete_groupings(tree: Node, items: list[Item], orders: list[Node], keys: list[Node], scope: Scope) -> None:
    """Give `grouping_id()` all grouping keys; refuse it and `grouping(x)` where nothing is rolled up."""
    group = tree.args.get("group")
    kinds = (exp.Rollup, exp.Cube, exp.GroupingSets)
    is_rolled_up = group is not None and any(isinstance(e, kinds) for e in group.expressions)
    clauses = [tree.args[c].this for c in ("having", "qualify") if tree.args.get(c) is not None]
    for node in [*(i.node for i in items), *orders, *clauses]:
        for call in list(node.find_all(exp.Anonymous)):
            if call.this not in ("grouping", "grouping_id"):
                continue
            if not is_rolled_up:
                raise AnalysisError(
                    f"{call.this} needs GROUP BY with ROLLUP, CUBE or GROUPING SETS",
                    location=call.meta.get("location") or scope.run.location,
                    code="wrong-arguments",
                )
            given = call.expressions or [copied(k) for k in keys]
            is_incomplete = call.this == "grouping_id" and len(given) != len(keys)
            if is_incomplete or any(all(bare(a) != k for k in keys) for a in given):
                raise AnalysisError(f"{call.this} takes columns of GROUP BY", code="wrong-arguments")
            call.set("expressions", given)


def check_aggregation(
    select: Node, items: list[Item], groups: list[Node], orders: list[Node], tree: Node, scope: Scope
) -> None:
    """Every column outside of an aggregate function must be grouped by."""
    aliases = {r.alias for r in scope.relations}
    for item, written in zip(items, [*select.expressions, *[select] * len(items)], strict=False):
        _check_grouped(item.node, groups, aliases, written, scope)
    for clause in ("having", "qualify"):
        if tree.args.get(clause) is not None:
            _check_grouped(tree.args[clause].this, groups, aliases, select.args[clause], scope)
    for order in orders:
        _check_grouped(order.this, groups, aliases, select.args["order"], scope)


def _check_grouped(node: Node, groups: list[Node], aliases: set[str], written: Node, scope: Scope) -> None:
    if node.meta.get("aggregate") or any(bare(node) == g for g in groups):
        return
    if isinstance(node, exp.Column):
        if node.table in aliases:
            raise AnalysisError(
                f"column '{node.name}' must be in GROUP BY or inside an aggregate function",
                location=place(written, scope),
                hint=f"add it to GROUP BY, or use any_value({node.name})",
                code="not-aggregated",
            )
        return
    for child in node.iter_expressions():
        _check_grouped(child, groups, aliases, written, scope)
