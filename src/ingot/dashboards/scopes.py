"""Visuals with a query of their own: filters put into it, and the rows behind its result.

A filter reaches every SELECT whose own FROM holds a table with a column of its name: the condition joins that SELECT's
WHERE, on that table's column. Everything happens on the tree. Never evaluates anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from ingot.analysis.functions import kind_of
from ingot.dashboards.filters import Filter, predicate
from ingot.dashboards.kinds import KINDS
from ingot.dashboards.members import label_of
from ingot.dashboards.model import Member, Role, SortKey, Visual
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.query import Asked, Result
from ingot.dashboards.source import alias, column_node, quoted
from ingot.errors import AnalysisError, DashboardError, near_hint
from ingot.model import Query, TableRead
from ingot.types import StructType

_NOT_PLAIN = ("with_", "qualify", "distinct", "laterals", "limit", "offset")


def filtered(query: Query, filters: Sequence[Filter], pinned: PinnedLake) -> tuple[Query, list[Filter]]:
    """The query with the filters in every SELECT that they reach, and those that reach any."""
    tree = query.tree.copy()
    reached: list[Filter] = []
    for table in list(tree.find_all(exp.Table)):
        read = query.reads.get(table.name)
        select = table.find_ancestor(exp.Select)
        if not isinstance(read, TableRead) or select is None or table.args.get("pivots"):
            continue
        schema = pinned.columns_of(read)
        for condition in filters:
            column = schema.find(condition.field)
            if column is None:
                continue
            node = predicate(column_node(column.name, _called(table, read)), column.type, condition, pinned.local_now)
            if _restrict(select, table, node) and condition not in reached:
                reached.append(condition)
    return replace(query, tree=tree), reached


def fields_of(query: Query, pinned: PinnedLake) -> set[str]:
    """The names of all columns that a filter on this query can mean, in lower case."""
    reads = [read for read in query.reads.values() if isinstance(read, TableRead)]
    return {name.lower() for read in reads for name in pinned.columns_of(read).names}


def _called(table: exp.Table, read: TableRead) -> tuple[str, ...]:
    """What the table is called within its SELECT."""
    if table.alias:
        return (table.alias,)
    outer = table.parent
    if isinstance(outer, exp.Subquery) and outer.alias:
        return (outer.alias,)
    return read.parts[-3:]


def _restrict(select: exp.Select, table: exp.Table, node: exp.Expr) -> bool:
    """Put a condition on a table into its SELECT; False where there is no place for it."""
    join = table.find_ancestor(exp.Join, exp.Select)
    if isinstance(join, exp.Join) and str(join.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
        on = join.args.get("on")
        if on is None:
            return False
        join.set("on", exp.And(this=exp.Paren(this=on), expression=node))
        return True
    where = select.args.get("where")
    both = exp.And(this=exp.Paren(this=where.this), expression=node) if where is not None else node
    select.set("where", exp.Where(this=both))
    return True


# --- the rows that are shown ------------------------------------------------------------------------------------


def shown_rows(visual: Visual, query: Query, columns: StructType, asked: Asked, rows_max: int) -> Result:
    """The visual's rows from its query, which has these columns: in its own order, or in the one that is asked for."""
    members = tuple({m.name: m for found in visual.channels.values() for m in found}.values())
    members = members or tuple(_column(name, visual) for name in columns.names)
    for found in (*members, *visual.sorted_by):
        if columns.find(found.name) is None:
            raise AnalysisError(
                f"the query of this visual gives no column '{found.name}'",
                location=found.location,
                hint=near_hint(found.name, columns.names, f"it gives {', '.join(columns.names)}"),
                code="unknown-column",
            )
    items = [alias(column_node(_exact(columns, m.name)), f"__c{n}") for n, m in enumerate(members)]
    outer = exp.Select(expressions=items)
    outer.set("from_", exp.From(this=exp.Subquery(this=query.tree, alias=exp.TableAlias(this=quoted("__result")))))
    keys = asked.sort or visual.sort
    if not keys and query.tree.args.get("order") is None:
        keys = _own_order(visual, members)
    for key in keys:
        if columns.find(key.name) is None:
            hint = near_hint(key.name, columns.names, f"it gives {', '.join(columns.names)}")
            message = f"'{visual.title}' cannot be sorted by {key.name[:60]!r}"
            raise DashboardError(message, location=visual.location, hint=hint, code="unknown-field")
    if keys:
        order = [
            exp.Ordered(this=column_node(_exact(columns, key.name)), desc=key.is_descending, nulls_first=False)
            for key in keys
        ]
        outer.set("order", exp.Order(expressions=order))
    outer.limit(visual.top if visual.top is not None and visual.top <= rows_max else rows_max + 1, copy=False)
    return Result(replace(query, tree=outer), members)


def _column(name: str, visual: Visual) -> Member:
    return Member(name, label_of(name), Role.DIMENSION, None, visual.location)


def _own_order(visual: Visual, members: Sequence[Member]) -> tuple[SortKey, ...]:
    """The order of a result that has none: the largest first, or along the category."""
    names = [SortKey(m.name, False) for m in members]
    measure = next((m for m in members if m.role is Role.MEASURE), None)
    if measure is None or KINDS[visual.kind].is_in_order or visual.kind == "table":
        return tuple(names)
    return (SortKey(measure.name, True), *(key for key in names if key.name != measure.name))


def _exact(columns: StructType, name: str) -> str:
    found = columns.find(name)
    return found.name if found is not None else name


# --- the rows behind ----------------------------------------------------------------------------------------------


def rows_behind(visual: Visual, query: Query) -> tuple[exp.Select, dict[str, exp.Expr]]:
    """The SELECT of the rows that a visual's query groups, and what the columns of its result are there.

    Raises:
        DashboardError: `no-rows-behind`, where that is no plain SELECT.
    """
    tree = query.tree
    reads = list(query.reads.values())
    if not isinstance(tree, exp.Select) or tree.args.get("from_") is None:
        raise _no_rows_behind(visual)
    if any(tree.args.get(key) for key in _NOT_PLAIN):
        raise _no_rows_behind(visual)
    leaves = [t for t in tree.find_all(exp.Table) if t.name in query.reads]
    own = [t for t in leaves if t.find_ancestor(exp.Select) is tree and not isinstance(t.parent, exp.Subquery)]
    if len(own) != len(reads) or len(leaves) != len(own) or any(tree.find_all(exp.Subquery)):
        raise _no_rows_behind(visual)
    rows = exp.Select(expressions=[exp.Star()])
    for key in ("from_", "joins", "where"):
        if tree.args.get(key):
            value = tree.args[key]
            rows.set(key, [part.copy() for part in value] if isinstance(value, list) else value.copy())
    return rows, {item.alias_or_name: item.unalias() for item in tree.expressions if _is_of_a_row(item)}


def _is_of_a_row(item: exp.Expr) -> bool:
    """Whether an item of the select list can be compared row by row."""
    if not item.alias_or_name or isinstance(item, exp.Star):
        return False
    calls = item.find_all(exp.Anonymous)
    return item.find(exp.Window) is None and all(kind_of(str(c.this)) in ("scalar", None) for c in calls)


def _no_rows_behind(visual: Visual) -> DashboardError:
    return DashboardError(
        f"the rows behind '{visual.title}' cannot be told: its query is no plain SELECT over tables",
        location=visual.sql.location if visual.sql is not None else visual.location,
        hint="make the query a dataset, and group it by channels of the visual",
        code="no-rows-behind",
    )
