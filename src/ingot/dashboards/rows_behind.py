"""The rows behind a visual or one of its marks: as they are before they are grouped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot.dashboards.evaluation import Evaluator
from ingot.dashboards.filters import Filter, predicate, read_filters
from ingot.dashboards.members import label_of
from ingot.dashboards.model import Member, Role, Visual
from ingot.dashboards.scopes import filtered
from ingot.dashboards.scopes import rows_behind as plain_rows
from ingot.dashboards.shown_members import members_at
from ingot.dashboards.source import alias, column_node, quoted
from ingot.dashboards.visual_answers import Wish, columns_json, reaching
from ingot.errors import DashboardError, near_hint
from ingot.model import Query
from ingot.types import BINARY, VARIANT, DataType, MapType, StructType, holds

if TYPE_CHECKING:
    from ingot.dashboards.opened import OpenDashboard


def point_filters(given: Any) -> tuple[Filter, ...]:
    """A mark of a visual, `{field: value}`, as filters.

    Raises:
        DashboardError: `invalid-request`, `invalid-filter`.
    """
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        raise DashboardError("`point` is an object of values by field", code="invalid-request")
    return read_filters([{"field": str(name), "op": "in", "values": [value]} for name, value in given.items()])


def rows_behind(
    visual: Visual,
    wish: Wish,
    point: Sequence[Filter],
    limit: int,
    offset: int,
    opened: OpenDashboard,
    evaluator: Evaluator,
) -> dict[str, Any]:
    """The rows, in an order that does not change from one page of them to the next.

    Raises:
        DashboardError: `no-rows-behind`, `unknown-field`.
    """
    if visual.fault is not None:
        raise visual.fault
    query, reached = _of_dataset(visual, wish, point, opened) if visual.dataset is not None else _of_query(
        visual, wish, point, opened
    )  # fmt: skip
    columns = opened.pinned.analyzed(query).schema
    names = [f"__c{n}" for n in range(len(columns))]  # two columns of a join may share a name
    tree = exp.Select(expressions=[column_node(name) for name in names])
    inner = exp.TableAlias(this=quoted("__rows"), columns=[quoted(name) for name in names])
    tree.set("from_", exp.From(this=exp.Subquery(this=query.tree, alias=inner)))
    keys = [exp.Ordered(this=column_node(f"__c{n}"), desc=False, nulls_first=False)
            for n, column in enumerate(columns) if _has_order(column.type)]  # fmt: skip
    if keys:
        tree.set("order", exp.Order(expressions=keys))
    tree.limit(limit + 1, copy=False)
    if offset:
        tree.offset(offset, copy=False)
    rows = evaluator.rows(replace(query, tree=tree), opened.pinned)
    members = [Member(c.name, label_of(c.name), Role.DIMENSION, None, visual.location) for c in columns]
    missed = {f.field for f in wish.filters} - {f.field for f in reached}
    return {
        "columns": columns_json(members, rows),
        "rows": rows.values[:limit],
        "row_count": len(rows.values[:limit]),
        "is_truncated": len(rows.values) > limit,
        "filtered_by": sorted({f.field for f in reached}),
        "not_filtered_by": sorted(missed),
        "is_volatile": rows.is_volatile,
    }


def _of_dataset(
    visual: Visual, wish: Wish, point: Sequence[Filter], opened: OpenDashboard
) -> tuple[Query, list[Filter]]:
    assert visual.dataset is not None
    fields = opened.fields(visual.dataset)
    maker = opened.maker(visual)
    filters = reaching(visual, wish.filters)
    conditions, reached = maker.conditions(fields, filters, wish)
    found = list(conditions)
    shown = {m.name: m for m in members_at(visual, wish.level) if m.role is Role.DIMENSION}
    for one in point:
        known = fields.find(one.field)
        if known is None and one.field in shown:  # an expression that is written at the channel
            node = fields.expression(shown[one.field])
            tree = fields.source.select([alias(node.copy(), "__field")])
            known = (node, opened.pinned.analyzed(fields.source.query(tree)).schema.fields[0].type)
        if known is None:
            raise _unknown_field(visual, one, [*shown, *fields.columns.names])
        found.append(predicate(*known, one, opened.pinned.local_now))
    tree = fields.source.select([exp.Star()])
    if found:
        tree.set("where", exp.Where(this=exp.and_(*found, copy=False)))
    return fields.source.query(tree, visual.location), reached


def _of_query(visual: Visual, wish: Wish, point: Sequence[Filter], opened: OpenDashboard) -> tuple[Query, list[Filter]]:
    own = opened.own_query(visual)
    tree, items = plain_rows(visual, own)
    filters = reaching(visual, wish.filters)
    query, reached = filtered(replace(own, tree=tree), filters, opened.pinned)
    rows = query.tree
    assert isinstance(rows, exp.Select)
    for one in point:
        item = next((node for name, node in items.items() if name.lower() == one.field.lower()), None)
        if item is None:
            raise _unknown_field(visual, one, list(items))
        typed = rows.copy()
        typed.set("expressions", [alias(item.copy(), "__field")])
        data_type = opened.pinned.analyzed(replace(query, tree=typed)).schema.fields[0].type
        rows.where(predicate(item, data_type, one, opened.pinned.local_now), copy=False)
    return query, reached


def _unknown_field(visual: Visual, one: Filter, names: list[str]) -> DashboardError:
    return DashboardError(
        f"the rows behind '{visual.title}' have no field {one.field[:60]!r}",
        hint=near_hint(one.field[:60], names, f"there are {', '.join(names[:12])}"),
        code="unknown-field",
    )


def _has_order(data_type: DataType) -> bool:
    return not holds(data_type, lambda t: isinstance(t, MapType | StructType) or t in (VARIANT, BINARY))
