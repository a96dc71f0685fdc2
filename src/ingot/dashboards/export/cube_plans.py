"""How a page makes the answers of a visual, or of a slicer, from the rows of a cube: as JSON.

A plan names columns of the cube and says what the visual's file says of order, top N and totals. What an answer is made
of is decided by the same code that asks the lake; the page only carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingot.dashboards.change import Comparison
from ingot.dashboards.evaluation import Rows
from ingot.dashboards.export.choices import reaches
from ingot.dashboards.export.cube_columns import CubeColumns
from ingot.dashboards.export.measures import NotAdditive
from ingot.dashboards.filters import Filter
from ingot.dashboards.model import Member, Role, Slicer, Visual
from ingot.dashboards.opened import OpenDashboard
from ingot.dashboards.query import DatasetQueries, Result
from ingot.dashboards.shown_members import Asked
from ingot.dashboards.visual_answers import check_types, columns_json, reaching
from ingot.json_rows import type_word

_TIMES = ("date", "timestamp")


def visual_plan(visual: Visual, columns: CubeColumns, choices: Mapping[str, str], opened: OpenDashboard) -> Any:
    """The plan of a visual over a dataset; its columns join those of the cube.

    Args:
        visual: The visual.
        columns: Of the cube that it will be answered from.
        choices: The fields that can be chosen on its page, by their name in lower case.
        opened: The dashboard.

    Raises:
        NotAdditive: when a page cannot compute it.
        IngotError: what is wrong with the visual.
    """
    fields = {name: shown for name, shown in choices.items() if reaching(visual, [Filter(shown, "is_null")])}
    steps = {level.name.lower(): level.name for level in visual.hierarchy}
    depth = max(len(visual.hierarchy), 1)
    queries = [DatasetQueries(visual, columns.fields, Asked(level=n), opened.rows_max) for n in range(depth)]
    plan: dict[str, Any] = {
        "kind": visual.kind,
        "details": visual.kind == "table" and not queries[0].shown.measures,
        "fields": _fields(columns, fields),
        "steps": _fields(columns, steps),
        "hierarchy": [level.name for level in visual.hierarchy],
        "levels": [_level(one, columns, opened) for one in queries],
        "behind": [_member(one, columns) for one in queries[0].shown.behind],
        "sort": [str(key) for key in visual.sort],
        "top": visual.top,
        "others": visual.has_others,
        "totals": _totals(queries[0]),
        "trend": _trend(queries[0], columns, opened),
        "change": _change(visual, columns, {**fields, **steps}, opened),
    }
    _refuse_bare_constants(plan, columns)
    return plan


def beside(visual: Visual, choices: Mapping[str, str], opened: OpenDashboard) -> list[str]:
    """The fields of a page, in lower case, that change nothing in a visual."""
    return sorted(name for name, shown in choices.items() if not reaches(visual, shown, opened))


def slicer_plan(slicer: Slicer, columns: CubeColumns, choices: Mapping[str, str]) -> dict[str, Any]:
    """The plan of a slicer's values.

    Raises:
        NotAdditive: when the field is not one that is known.
        IngotError: what is wrong with the slicer.
    """
    found = columns.fields.find(slicer.field)
    if found is None:
        raise NotAdditive(slicer.field)
    return {
        "key": columns.key(found[0]),
        "field": slicer.field.lower(),
        "range": slicer.kind in ("range", "relative_date"),
        "type": type_word(found[1]),
        "fields": _fields(columns, choices),
    }


def _fields(columns: CubeColumns, names: Mapping[str, str]) -> dict[str, int]:
    """The keys that filters on these fields go to; a field that the dataset does not have is not among them."""
    found = {}
    for name, shown in names.items():
        known = columns.fields.find(shown)
        if known is not None:
            found[name] = columns.key(known[0])
    return found


def _level(queries: DatasetQueries, columns: CubeColumns, opened: OpenDashboard) -> dict[str, Any]:
    shown = queries.rows()
    rows = Rows(opened.pinned.analyzed(shown.query).schema, [])
    check_types(queries.visual, shown.columns, rows)
    return {
        "members": [_member(one, columns) for one in queries.shown.members],
        "columns": columns_json(shown.columns, rows),
        "main": queries.shown.main.name if queries.shown.main is not None else None,
        "inOrder": queries.order.is_in_order,
    }


def _member(found: Member, columns: CubeColumns) -> dict[str, Any]:
    if found.role is Role.DIMENSION:
        return {"name": found.name, "key": columns.dimension(found)}
    return {"name": found.name, "measure": columns.measure(found)}


def _totals(queries: DatasetQueries) -> list[list[str]] | None:
    found = queries.totals()
    return [[m.name for m in members] for members in found.sets] if found is not None else None


def _trend(queries: DatasetQueries, columns: CubeColumns, opened: OpenDashboard) -> dict[str, Any] | None:
    found: Result | None = queries.trend()
    if found is None:
        return None
    rows = Rows(opened.pinned.analyzed(found.query).schema, [])
    along, measure = found.columns
    return {
        "key": columns.dimension(along),
        "measure": columns.measure(measure),
        "columns": columns_json(found.columns, rows),
    }


def _change(visual: Visual, columns: CubeColumns, names: Mapping[str, str], opened: OpenDashboard) -> Any:
    """The comparison of a card: the days' key, and for fields that depend on nothing but it, the key a period later."""
    change = visual.change
    if change is None:
        return None

    def unasked(_query: Any) -> Rows:
        raise AssertionError("a plan evaluates nothing")

    comparison = Comparison(visual, change, columns.fields, opened.pinned, unasked)
    by = columns.fields.expression(change.by)
    later = {}
    for name, shown in names.items():
        known = columns.fields.find(shown)
        moved = comparison.later(known[0], by) if known is not None else None
        if moved is not None:
            later[name] = columns.key(moved)
    if type_word(columns.fields.type_of(change.by, opened.pinned)) not in _TIMES:
        raise NotAdditive(change.by.name)
    return {"key": columns.key(by), "count": change.count, "unit": change.unit, "later": later}


def _refuse_bare_constants(plan: Mapping[str, Any], columns: CubeColumns) -> None:
    """Refuse a visual without dimensions and aggregates: the lake has a row of it for each row behind."""
    members = [*plan["levels"][0]["members"], *plan["behind"]]
    if not any("key" in one or columns.measures[one["measure"]]["aggregates"] for one in members):
        raise NotAdditive("a constant")
