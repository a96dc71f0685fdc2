"""Typing of SELECT: items, grouping, HAVING, QUALIFY, DISTINCT, ORDER BY and LIMIT, in Spark's order of names."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ingot.analysis import operators
from ingot.analysis.aggregated_rows import aggregated_first
from ingot.analysis.calls import ordered_by, typed_order
from ingot.analysis.conditions import as_filter, names_in_having, names_in_qualify
from ingot.analysis.expressions import typed
from ingot.analysis.generators import generator_name, lateral_view
from ingot.analysis.grouping import bare, check_aggregation, complete_groupings, embed_key, ordinal, type_group
from ingot.analysis.names import refuse_second_evaluation
from ingot.analysis.naming import item_name
from ingot.analysis.nodes import Node, copied, identifier, is_nullable
from ingot.analysis.outputs import Item, output_item
from ingot.analysis.relations import type_from
from ingot.analysis.scopes import Attribute, Output, Scope, place
from ingot.analysis.stars import expand, is_star
from ingot.analysis.streaming import mark
from ingot.analysis.time_windows import bring_in, find_window, rewritten
from ingot.analysis.typed import StreamOperator, set_type, type_of
from ingot.errors import AnalysisError, UnsupportedError

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


def type_select(select: Node, scope: Scope) -> Output:
    """Type a SELECT in its own, still empty scope."""
    for clause, value in select.args.items():
        if value and clause not in _CLAUSES:
            raise UnsupportedError(f"{clause.strip('_').upper()} is not supported", location=place(select, scope))
    split = aggregated_first(select)
    if split is not None:
        return type_select(split, scope)
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
    groups = type_group(select, items, scope, tree)
    _type_conditions(select, scope, tree, items, groups)
    before_order = scope.aggregates
    is_aggregate = groups is not None or scope.aggregates > 0
    orders = _orders(select, items, by_name, scope)
    if scope.aggregates != before_order and not is_aggregate:
        raise AnalysisError(
            "ORDER BY holds an aggregate function, but the query does not aggregate",
            location=place(select.args["order"], scope),
            code="misplaced-aggregate",
        )
    complete_groupings(tree, items, orders, groups or [], scope)
    if is_aggregate:
        check_aggregation(select, items, groups or [], orders, tree, scope)
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
    tree.set("where", exp.Where(this=as_filter(condition)))


def _type_conditions(select: Node, scope: Scope, tree: Node, items: list[Item], groups: list[Node] | None) -> None:
    """HAVING and QUALIFY: which of the columns of FROM and of the select list a name means is in `conditions`."""
    having, qualify = select.args.get("having"), select.args.get("qualify")
    if having is not None:
        windows = scope.window_calls
        having = names_in_having(having, scope, groups)
        condition = operators.as_condition(typed(having.this, scope), "the condition of HAVING")
        if scope.window_calls != windows:
            raise AnalysisError("HAVING cannot hold a window function", hint="use QUALIFY", code="misplaced-aggregate")
        tree.set("having", exp.Having(this=as_filter(condition)))
    if qualify is not None:
        qualify = names_in_qualify(qualify, scope, items)
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
    name = node.alias if is_alias else item_name(inner, scope)
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
        item = ordinal(node.this, items, scope, "ORDER BY")
        if item is not None:
            refuse_second_evaluation(item.node, item.name, scope)
        result.append(_typed_order_of(node, item.node) if item is not None else typed_order(node, over, typed))
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
        found = next((i for i in items if bare(i.node) == node), None)
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
        if isinstance(bare(count), exp.Neg):
            raise AnalysisError(
                f"{clause.upper()} must not be negative", location=place(node, scope), code="invalid-query"
            )
        tree.set(clause, kind(expression=count))
        mark(scope, StreamOperator.LIMIT, place(query, scope))
