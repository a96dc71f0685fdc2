"""Typing of SELECT: items, grouping, HAVING, QUALIFY, DISTINCT, ORDER BY and LIMIT, in Spark's order of names."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from ingot.analysis import operators
from ingot.analysis.calls import ordered_by, typed_order
from ingot.analysis.expressions import typed
from ingot.analysis.generators import generator_name, lateral_view
from ingot.analysis.names import (
    Attribute,
    Node,
    Output,
    Scope,
    copied,
    identifier,
    is_nullable,
    place,
    refuse_second_evaluation,
)
from ingot.analysis.naming import item_name
from ingot.analysis.outputs import output_item
from ingot.analysis.relations import type_from
from ingot.analysis.stars import expand, is_star
from ingot.analysis.streaming import mark
from ingot.analysis.time_windows import bring_in, find_window, rewritten
from ingot.analysis.typed import StreamOperator, set_type, type_of
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import MapType

_CLAUSES = frozenset(
    [
        "expressions",
        "from_",
        "joins",
        "laterals",
        "where",
        "group",
        "having",
        "qualify",
        "distinct",
        "order",
        "limit",
        "offset",
        "windows",
        "with_",
        "hint",
        "sort",
        "cluster",
        "distribute",
        "kind",
        "operation_modifiers",
    ]
)


@dataclass(slots=True)
class Item:
    """A column of the select list: typed, with its name; `is_alias` when the user named it."""

    name: str
    node: Node
    origins: frozenset[tuple[str, str]] = frozenset()
    is_alias: bool = False


def type_select(select: Node, scope: Scope) -> Output:
    """Type a SELECT in its own, still empty scope."""
    for clause, value in select.args.items():
        if value and clause not in _CLAUSES:
            raise UnsupportedError(f"{clause.strip('_').upper()} is not supported", location=place(select, scope))
    window = find_window(select, scope)
    whole = select if window is None else rewritten(select, window, scope)
    source, joins, laterals = type_from(whole, scope)
    tree = exp.Select(from_=source, joins=joins)
    _type_where(whole, scope, tree)
    if window is not None and whole is select:
        bring_in(window, select, tree, scope)
    select = whole
    scope.windows = {w.this.name.lower(): w for w in select.args.get("windows") or []}
    items = _items(select, scope, laterals)
    by_name: dict[str, list[Node]] = {}
    for item in items:
        by_name.setdefault(item.name.lower(), []).append(item.node)
    scope.aliases = {**by_name, **scope.aliases}
    groups = _group(select, items, scope, tree)
    _type_conditions(select, scope, tree)
    before_order = scope.aggregates
    is_aggregate = groups is not None or scope.aggregates > 0
    orders = _orders(select, items, by_name, scope)
    if scope.aggregates != before_order and not is_aggregate:
        raise AnalysisError(
            "ORDER BY holds an aggregate function, but the query does not aggregate",
            location=place(select.args["order"], scope),
            code="misplaced-aggregate",
        )
    _complete_groupings(tree, items, orders, groups or [], scope)
    if is_aggregate:
        if len(laterals) > len(select.args.get("laterals") or []) and scope.generators:
            raise UnsupportedError("a generator in the select list of an aggregation", hint="aggregate in a subquery")
        _check_aggregation(select, items, groups or [], orders, tree, scope)
        mark(scope, StreamOperator.AGGREGATE, place(select, scope))
    if scope.window_calls:
        mark(scope, StreamOperator.WINDOW, place(select, scope))
    tree.set("laterals", laterals)
    tree.set("expressions", [output_item(i.node, i.name) for i in items])
    _type_distinct(select, items, scope, tree)
    if orders:
        if select.args.get("distinct") and not _distinct_on(select):
            orders = [_over_output(o, items, scope) for o in orders]
        tree.set("order", exp.Order(expressions=orders))
        mark(scope, StreamOperator.SORT, place(select, scope))
    type_limit(select, scope, tree)
    columns = [Attribute(i.name, i.node, is_nullable(i.node), i.origins) for i in items]
    return Output(tree, columns, scope.is_streaming)


def _type_where(select: Node, scope: Scope, tree: Node) -> None:
    where = select.args.get("where")
    if where is None:
        return
    condition = operators.as_condition(typed(where.this, scope), "the condition of WHERE")
    if scope.aggregates or scope.window_calls:
        what = "an aggregate" if scope.aggregates else "a window"
        raise AnalysisError(
            f"WHERE cannot hold {what} function",
            location=place(where, scope),
            hint="use HAVING" if scope.aggregates else "use QUALIFY",
            code="misplaced-aggregate",
        )
    tree.set("where", exp.Where(this=condition))


def _type_conditions(select: Node, scope: Scope, tree: Node) -> None:
    """HAVING and QUALIFY: see the columns of FROM first, then those of the select list."""
    having, qualify = select.args.get("having"), select.args.get("qualify")
    if having is not None:
        windows = scope.window_calls
        condition = operators.as_condition(typed(having.this, scope), "the condition of HAVING")
        if scope.window_calls != windows:
            raise AnalysisError("HAVING cannot hold a window function", hint="use QUALIFY", code="misplaced-aggregate")
        tree.set("having", exp.Having(this=condition))
    if qualify is not None:
        condition = operators.as_condition(typed(qualify.this, scope), "the condition of QUALIFY")
        if not scope.window_calls:
            raise AnalysisError(
                "QUALIFY needs a window function in its condition or in the select list",
                location=place(qualify, scope),
                code="invalid-query",
            )
        tree.set("qualify", exp.Qualify(this=condition))


# --- the select list ------------------------------------------------------------------------------------------


def _items(select: Node, scope: Scope, laterals: list[Node]) -> list[Item]:
    items: list[Item] = []
    for node in select.expressions:
        if is_star(node):
            items.extend(_star(node, scope))
            continue
        inner = node.this if isinstance(node, (exp.Alias, exp.Aliases)) else node
        found = (
            _generated(node, inner, scope, laterals)
            if generator_name(inner) is not None
            else [_item(node, inner, scope)]
        )
        for item in found:
            if item.is_alias:
                scope.aliases.setdefault(item.name.lower(), []).append(item.node)
        items.extend(found)
    if not items:
        raise AnalysisError("the select list is empty", location=place(select, scope), code="invalid-query")
    return items


def _star(node: Node, scope: Scope) -> list[Item]:
    """The columns of a star; in a DataFrame's, `withColumn` sets some in place and adds the others at the end."""
    found = [Item(c.name, copied(c.node), c.origins) for c in expand(node, scope)]
    if not node.meta.get("lenient"):
        return found
    replaced = {alias.alias.lower(): _item(alias, alias.this, scope) for alias in node.args.get("replace") or []}
    added = replaced.keys() - {item.name.lower() for item in found}
    set_in_place = [replaced.get(item.name.lower(), item) for item in found]
    return [*set_in_place, *(item for name, item in replaced.items() if name in added)]


def _item(node: Node, inner: Node, scope: Scope) -> Item:
    if isinstance(node, exp.Aliases):
        raise AnalysisError("only a function that gives rows takes several names", location=place(node, scope))
    expression = typed(inner, scope)
    is_alias = isinstance(node, exp.Alias)
    name = node.alias if is_alias else item_name(inner, scope, expression)
    return Item(name, expression, _origins(expression, scope), is_alias)


def _origins(node: Node, scope: Scope) -> frozenset[tuple[str, str]]:
    """Where a plain column came from."""
    if not isinstance(node, exp.Column):
        return frozenset()
    for column in scope.columns:
        if column.node == node:
            return column.origins
    return frozenset()


def _generated(node: Node, inner: Node, scope: Scope, laterals: list[Node]) -> list[Item]:
    """A generator in the select list, as a lateral view whose columns only the select list sees."""
    names = [node.args["alias"]] if isinstance(node, exp.Alias) else []
    if isinstance(node, exp.Aliases):
        names = node.expressions
    alias = exp.TableAlias(columns=[identifier(n.name if isinstance(n, exp.Identifier) else str(n)) for n in names])
    apart = replace(scope, relations=list(scope.relations), columns=list(scope.columns))
    apart.forget_index()
    lateral = exp.Lateral(this=inner, view=True, alias=alias)
    laterals.append(lateral_view(lateral, apart, is_outer=False))
    scope.generators = [*(scope.generators or []), laterals[-1]]
    return [Item(c.name, copied(c.node), c.origins, is_alias=True) for c in apart.relations[-1].columns]


# --- grouping -------------------------------------------------------------------------------------------------


def _group(select: Node, items: list[Item], scope: Scope, tree: Node) -> list[Node] | None:
    """Type GROUP BY.

    Returns:
        The grouping expressions, None without GROUP BY.
    """
    group = select.args.get("group")
    if group is None:
        return None
    if group.args.get("all"):
        keys = [embed_key(i.node) for i in items if not _holds_aggregate(i.node)]
        if keys:
            tree.set("group", exp.Group(expressions=keys))
        return keys
    keys: list[Node] = []
    before = scope.aggregates
    expressions = [_grouping(e, items, scope, keys) for e in _grouping_nodes(group)]
    if scope.aggregates != before or any(_holds_aggregate(k) for k in keys):
        raise AnalysisError(
            "GROUP BY cannot hold an aggregate function", location=place(group, scope), code="misplaced-aggregate"
        )
    tree.set("group", exp.Group(expressions=expressions))
    if any(isinstance(e, (exp.Rollup, exp.Cube, exp.GroupingSets)) for e in expressions):
        for item in items:
            if any(_bare(item.node) == k for k in keys):
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
        case exp.Anonymous() if str(node.this) == "grouping sets":
            return exp.GroupingSets(expressions=[_grouping_set(e, items, scope, keys) for e in node.expressions])
    return _grouping_key(node, items, scope, keys)


def _grouping_set(node: Node, items: list[Item], scope: Scope, keys: list[Node]) -> Node:
    if isinstance(node, exp.Tuple):
        return exp.Tuple(expressions=[_grouping_key(e, items, scope, keys) for e in node.expressions])
    if isinstance(node, exp.Paren):
        return exp.Tuple(expressions=[_grouping_key(node.this, items, scope, keys)])
    return _grouping(node, items, scope, keys)


def _grouping_key(node: Node, items: list[Item], scope: Scope, keys: list[Node]) -> Node:
    ordinal = _ordinal(node, items, scope, "GROUP BY")
    key = copied(ordinal.node) if ordinal is not None else typed(node, scope)
    if isinstance(type_of(key), MapType):
        raise UnsupportedError(
            "GROUP BY a map is not supported", location=place(node, scope), hint="group by its parts"
        )
    key = embed_key(key)
    if all(_bare(key) != k for k in keys):
        keys.append(_bare(key))
    return key


def embed_key(node: Node) -> Node:
    """A grouping key; a literal is cast to its own type, for a bare number would be read as an ordinal."""
    key = copied(_bare(node))
    if not isinstance(key, (exp.Literal, exp.Neg)):
        return key
    cast = set_type(exp.Cast(this=key), type_of(key))
    cast.meta["implicit"] = True
    return cast


def _ordinal(node: Node, items: list[Item], scope: Scope, clause: str) -> Item | None:
    if not isinstance(node, exp.Literal) or node.is_string or not str(node.this).isdigit():
        return None
    position = int(node.this)
    if not 1 <= position <= len(items):
        raise AnalysisError(
            f"{clause} {position}: the select list has {len(items)} columns",
            location=place(node, scope),
            code="wrong-ordinal",
        )
    return items[position - 1]


def _bare(node: Node) -> Node:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _holds_aggregate(node: Node) -> bool:
    return any(n.meta.get("aggregate") for n in node.walk())


def _complete_groupings(tree: Node, items: list[Item], orders: list[Node], keys: list[Node], scope: Scope) -> None:
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
            if is_incomplete or any(all(_bare(a) != k for k in keys) for a in given):
                raise AnalysisError(f"{call.this} takes columns of GROUP BY", code="wrong-arguments")
            call.set("expressions", given)


def _check_aggregation(
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
    if node.meta.get("aggregate") or any(_bare(node) == g for g in groups):
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


# --- DISTINCT, ORDER BY, LIMIT --------------------------------------------------------------------------------


def _distinct_on(select: Node) -> Node | None:
    distinct = select.args.get("distinct")
    return distinct.args.get("on") if distinct is not None else None


def _type_distinct(select: Node, items: list[Item], scope: Scope, tree: Node) -> None:
    """Plain DISTINCT, or the keyed form that `dropDuplicates` makes: any one row for each key."""
    if not select.args.get("distinct"):
        return
    keys = _distinct_on(select)
    distinct = exp.Distinct()
    if keys is not None:
        written = keys.expressions if isinstance(keys, exp.Tuple) else [keys]
        distinct.set("on", exp.Tuple(expressions=[typed(k, scope) for k in written]))
    elif any(operators.holds_map(type_of(i.node)) for i in items):
        raise AnalysisError("DISTINCT cannot compare maps", location=place(select, scope), code="type-mismatch")
    tree.set("distinct", distinct)
    mark(scope, StreamOperator.DEDUPLICATE, place(select, scope))


def _orders(select: Node, items: list[Item], by_name: dict[str, list[Node]], scope: Scope) -> list[Node]:
    order = select.args.get("order")
    if order is None:
        return []
    over = replace(scope, aliases=by_name, prefers_aliases=True)
    result: list[Node] = []
    for node in order.expressions:
        if isinstance(node.this, exp.Var) and node.this.name.upper() == "ALL":
            for item in items:
                refuse_second_evaluation(item.node, item.name, scope)
            result.extend(_typed_order_of(node, i.node) for i in items)
            continue
        ordinal = _ordinal(node.this, items, scope, "ORDER BY")
        if ordinal is not None:
            refuse_second_evaluation(ordinal.node, ordinal.name, scope)
        result.append(_typed_order_of(node, ordinal.node) if ordinal is not None else typed_order(node, over, typed))
    scope.aggregates, scope.window_calls = over.aggregates, over.window_calls
    return [_without_ordinal(o) for o in result]


def _typed_order_of(node: Node, expression: Node) -> Node:
    return ordered_by(node, copied(expression))


def _without_ordinal(order: Node) -> Node:
    """A literal to sort by would be read as an ordinal by an engine."""
    order.set("this", embed_key(order.this))
    return order


def _over_output(order: Node, items: list[Item], scope: Scope) -> Node:
    """ORDER BY of a DISTINCT query, over the columns that it gives."""
    root = exp.Paren(this=copied(order.this))
    for node in list(root.walk()):
        found = next((i for i in items if _bare(i.node) == node), None)
        if found is not None and node is not root:
            column = set_type(exp.Column(this=identifier(found.name)), type_of(found.node))
            node.replace(column)
    left = next((c for c in root.find_all(exp.Column) if c.args.get("table")), None)
    if left is not None:
        raise AnalysisError(
            f"ORDER BY column '{left.name}' is not in the select list of SELECT DISTINCT",
            location=scope.run.location,
            hint="add it to the select list",
            code="unknown-column",
        )
    order.set("this", root.this)
    return order


def type_limit(query: Node, scope: Scope, tree: Node) -> None:
    """Type LIMIT and OFFSET, which are constants."""
    for clause, kind in (("limit", exp.Limit), ("offset", exp.Offset)):
        node = query.args.get(clause)
        if node is None or (isinstance(node.expression, exp.Var) and node.expression.name.upper() == "ALL"):
            continue
        count = typed(node.expression, Scope(scope.run))
        if type_of(count).name not in ("tinyint", "smallint", "int"):
            raise AnalysisError(
                f"{clause.upper()} must be an integer", location=place(node, scope), code="type-mismatch"
            )
        if isinstance(_bare(count), exp.Neg):
            raise AnalysisError(
                f"{clause.upper()} must not be negative", location=place(node, scope), code="invalid-query"
            )
        tree.set(clause, kind(expression=count))
        mark(scope, StreamOperator.LIMIT, place(query, scope))
