"""Visuals with a query of their own: filters put into it, and the rows behind its result.

A filter reaches every SELECT whose own FROM holds a table with a column of its name: the condition joins that SELECT's
WHERE, on that table's column. Where an outer join leaves a table's columns null, the column of a table that it keeps
goes before. Everything happens on the tree. Never evaluates anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ingot.analysis.functions import kind_of
from ingot.dashboards.filters import Filter, predicate
from ingot.dashboards.formats import default_format
from ingot.dashboards.join_sides import Standing, are_equated, columns_of, relations, standing_of
from ingot.dashboards.kinds import KINDS
from ingot.dashboards.members import label_of
from ingot.dashboards.model import Member, Role, SortKey, Visual
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.query import Result
from ingot.dashboards.shown_members import Asked
from ingot.dashboards.source import alias, column_node, quoted
from ingot.errors import AnalysisError, DashboardError, near_hint
from ingot.json_rows import type_word
from ingot.model import Query, Read, TableRead
from ingot.types import FLOAT, DataType, Field, StructType

_NOT_PLAIN = ("with_", "qualify", "distinct", "laterals", "limit", "offset")


@dataclass(frozen=True)
class _Place:
    """A column of a filter's field, in a table of a SELECT."""

    column: exp.Expr
    type: DataType
    standing: Standing


def filtered(query: Query, filters: Sequence[Filter], pinned: PinnedLake) -> tuple[Query, list[Filter]]:
    """The query with the filters in every SELECT that they reach, and those that reach all of its rows.

    A filter that reaches a part of a UNION only is in that part, and not among those that reach it.
    """
    tree = query.tree.copy()
    schemas = {leaf: pinned.columns_of(read) for leaf, read in query.reads.items() if isinstance(read, TableRead)}
    tables = [t for t in tree.find_all(exp.Table) if t.name in schemas and not t.args.get("pivots")]
    selects = {id(s): s for t in tables if (s := t.find_ancestor(exp.Select)) is not None}
    whole: list[Filter] = []
    for condition in dict.fromkeys(filters):
        reached: set[int] = set()
        is_whole = True
        having = {id(t) for t in tables if schemas[t.name].find(condition.field) is not None}
        found: list[tuple[exp.Select, exp.Expr, exp.Join | None]] = []
        for select in selects.values():
            places = [
                _place(table, select, query.reads[table.name], column)
                for table in tables
                if table.find_ancestor(exp.Select) is select
                and (column := schemas[table.name].find(condition.field)) is not None
            ]
            chosen = _chosen(places, _nested_standings(select, tree, having))
            if chosen and not chosen[0].standing.is_kept:
                chosen = _beside_computed(chosen, select, query, having, pinned, condition.field)
            is_whole &= chosen is not None
            for place in chosen or ():
                node = predicate(place.column, place.type, condition, pinned.local_now)
                found.append((select, node, place.standing.semi))
        for select, node, semi in found:
            if _restrict(select, node, semi):
                reached.add(id(select))
        if reached and is_whole and not _has_unfiltered_part(tree, reached):
            whole.append(condition)
    return replace(query, tree=tree), whole


def _place(table: exp.Table, select: exp.Select, read: Read, column: Field) -> _Place:
    assert isinstance(read, TableRead)
    return _Place(column_node(column.name, _called(table, read)), column.type, standing_of(table, select))


def _nested_standings(select: exp.Select, tree: exp.Expr, having: set[int]) -> list[Standing]:
    """Of the subqueries and common table expressions in the FROM of a SELECT that read a table which has the field."""
    ctes = _ctes(tree)
    found = []
    for node in relations(select):
        is_nested = isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query)
        is_cte = isinstance(node, exp.Table) and node.name.lower() in ctes
        if id(node) not in having and (is_nested or is_cte) and _reads(node, exp.Table, having, ctes):
            found.append(standing_of(node, select))
    return found


def _chosen(places: Sequence[_Place], nested: Sequence[Standing]) -> list[_Place] | None:
    """The columns of a SELECT that a filter goes to; None where it would have to go to some, and none is right."""
    standing = [*(p.standing for p in places), *nested]
    if any(s.is_kept for s in standing):
        return [p for p in places if p.standing.is_kept]
    nullable = [p for p in places if p.standing.semi is None]
    if any(s.semi is None for s in nested):  # filtered within, and null in some rows
        return None if nullable else []
    if len(nullable) > 1:
        if len({p.type for p in nullable}) > 1:
            return None
        either = exp.Anonymous(this="coalesce", expressions=[p.column for p in nullable])
        return [_Place(either, nullable[0].type, nullable[0].standing)]
    return nullable or [p for p in places if not p.standing.is_anti]


def _beside_computed(
    chosen: list[_Place], select: exp.Select, query: Query, having: set[int], pinned: PinnedLake, name: str
) -> list[_Place] | None:
    """The columns that a filter goes to, where none of them is in all rows and something else may have its name.

    A row that a join keeps may have a value of that name which comes from no table: days of a calendar, a constant. If
    the join says that this is the table's value, the filter is on it. Else it cannot be told what the filter means.
    """
    if any(column.name.lower() == name.lower() for node in select.args.get("laterals") or ()
           for alias_ in node.find_all(exp.TableAlias) for column in alias_.columns):  # fmt: skip
        return None
    computed: list[tuple[exp.Expr, Field | None]] = []
    for node in relations(select):
        is_table = isinstance(node, exp.Table) and node.name in query.reads and not node.alias_column_names
        if is_table or id(node) in having or standing_of(node, select).semi is not None:
            continue
        columns = columns_of(node, select, query, pinned)
        column = columns.find(name) if columns is not None else None
        if columns is None or column is not None:
            computed.append((node, column))
    if not computed:
        return chosen
    [(node, column), *more] = computed
    standing, [place, *others] = standing_of(node, select), chosen
    if more or others or column is None or column.type != place.type or not node.alias_or_name:
        return None
    if not standing.is_kept or not are_equated(column.name, (node.alias_or_name,), place.column, select):
        return None
    return [_Place(column_node(column.name, (node.alias_or_name,)), column.type, standing)]


def _ctes(tree: exp.Expr) -> dict[str, exp.Expr]:
    return {cte.alias.lower(): cte.this for cte in tree.find_all(exp.CTE)}


def _reads(node: exp.Expr, of: type[exp.Expr], wanted: set[int], ctes: Mapping[str, exp.Expr]) -> bool:
    """Whether one of the wanted nodes is within a node, or within a common table expression that it reads."""
    waiting, seen = [node], set[str]()
    while waiting:
        part = waiting.pop()
        if any(id(found) in wanted for found in part.find_all(of)):
            return True
        names = {table.name.lower() for table in part.find_all(exp.Table) if not table.db} & ctes.keys()
        waiting += [ctes[name] for name in names - seen]
        seen |= names
    return False


def _has_unfiltered_part(tree: exp.Expr, reached: set[int]) -> bool:
    """Whether a UNION or the like gives rows of a part that a filter does not reach, beside those of one it reaches."""
    ctes = _ctes(tree)
    for node in tree.find_all(exp.SetOperation):
        left, right = (_reads(part, exp.Select, reached, ctes) for part in (node.this, node.expression))
        if isinstance(node, exp.Union) and left != right:
            return True
        if isinstance(node, exp.Except) and right and not left:
            return True
    return False


def fields_of(query: Query, pinned: PinnedLake) -> set[str]:
    """The names that a filter may have because of this query, in lower case: columns of its tables and of its result.

    A column of the result that no table has reaches nothing: it is what a click on a mark may send.
    """
    return _fields_of_tables(query, pinned) | {name.lower() for name in pinned.analyzed(query).schema.names}


def _fields_of_tables(query: Query, pinned: PinnedLake) -> set[str]:
    reads = [read for read in query.reads.values() if isinstance(read, TableRead)]
    return {name.lower() for read in reads for name in pinned.columns_of(read).names}


def plain_columns(query: Query, pinned: PinnedLake) -> set[str]:
    """The names, in lower case, that mean a column of a table wherever they stand in the query; nothing computed."""
    computed = {
        item.alias.lower()
        for item in query.tree.find_all(exp.Alias)
        if not isinstance(item.this, exp.Column) or item.this.name.lower() != item.alias.lower()
    }
    renamed = {name.name.lower() for table in query.tree.find_all(exp.TableAlias) for name in table.columns}
    return _fields_of_tables(query, pinned) - computed - renamed


def _called(table: exp.Table, read: TableRead) -> tuple[str, ...]:
    """What the table is called within its SELECT."""
    if table.alias:
        return (table.alias,)
    outer = table.parent
    if isinstance(outer, exp.Subquery) and outer.alias:
        return (outer.alias,)
    return read.parts[-3:]


def _restrict(select: exp.Select, node: exp.Expr, semi: exp.Join | None) -> bool:
    """Put a condition into a SELECT, or into the ON of its semi join; False where there is no place for it."""
    if semi is not None:
        on = semi.args.get("on")
        if on is None:
            return False
        semi.set("on", exp.And(this=exp.Paren(this=on), expression=node))
        return True
    where = select.args.get("where")
    both = exp.And(this=exp.Paren(this=where.this), expression=node) if where is not None else node
    select.set("where", exp.Where(this=both))
    return True


# --- the rows that are shown ------------------------------------------------------------------------------------


def published(visual: Visual, shown: Result, columns: StructType, query: Query, pinned: PinnedLake) -> Result:
    """The rows of a table with what a row of them stands for: its dimensions are the columns that filters can mean."""
    if visual.kind != "table":
        return shown
    plain = plain_columns(query, pinned)
    return replace(shown, columns=tuple(m if m.name.lower() in plain else _computed(m, columns) for m in shown.columns))


def common_columns(visual: Visual, query: Query, columns: StructType) -> set[str]:
    """The columns of a table that the rows behind one of its rows have in common, computed ones too, in lower case."""
    try:
        _, items = rows_behind(visual, query)
    except DashboardError:
        return set()
    exact = {c.name.lower() for c in columns if type_word(c.type) != "other" and c.type != FLOAT}
    return {name.lower() for name in items} & exact


def _computed(found: Member, columns: StructType) -> Member:
    column = columns.find(found.name)
    shown = default_format(column.type, found.role) if column is not None else None
    return replace(found, role=Role.MEASURE, format=found.format or shown)


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
