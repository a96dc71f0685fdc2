"""One dashboard as the API tells it: pages, slicers and visuals, with the types that the lake gives to members."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ingot.dashboards.change import check_time
from ingot.dashboards.evaluation import Rows
from ingot.dashboards.formats import default_format
from ingot.dashboards.model import Format, Member, Page, Role, Slicer, Visual
from ingot.dashboards.query import DatasetQueries
from ingot.dashboards.scopes import shown_rows
from ingot.dashboards.shown_members import Asked, members_at
from ingot.dashboards.visual_answers import check_types
from ingot.errors import AnalysisError, IngotError, near_hint
from ingot.json_rows import type_word
from ingot.types import DataType, StructType

if TYPE_CHECKING:
    from ingot.dashboards.opened import OpenDashboard


def described(opened: OpenDashboard) -> dict[str, Any]:
    """The dashboard; what of it is wrong has an `error` in its place."""
    dashboard = opened.dashboard
    return {
        "name": dashboard.name,
        "title": dashboard.title,
        "description": dashboard.description,
        "locale": dashboard.locale,
        "currency": dashboard.currency,
        "time_zone": opened.pinned.settings.time_zone,
        "pages": [_page(page, opened) for page in dashboard.pages],
        "errors": [opened.shared.facts(error) for error in dashboard.faults],
    }


def _page(page: Page, opened: OpenDashboard) -> dict[str, Any]:
    return {
        "name": page.name,
        "title": page.title,
        "hidden": page.is_hidden,
        "slicers": [_slicer(slicer, opened) for slicer in page.slicers],
        "visuals": [_visual(visual, opened) for visual in page.visuals],
    }


def _slicer(slicer: Slicer, opened: OpenDashboard) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": slicer.id,
        "field": slicer.field,
        "dataset": slicer.dataset.name if slicer.dataset is not None else None,
        "kind": slicer.kind,
        "label": slicer.label,
        "multiple": slicer.is_multiple,
        "default": list(slicer.default) or None,
        "type": "other",
        "format": None,
        "error": None,
    }
    try:
        data_type = slicer_type(slicer, opened)
        own = slicer.dataset.dimensions.get(slicer.field) if slicer.dataset is not None else None
        shown["type"] = type_word(data_type)
        shown["format"] = _format(
            own.format if own is not None and own.format else default_format(data_type, Role.DIMENSION)
        )
    except IngotError as error:
        shown["error"] = opened.shared.facts(error)
    return shown


def slicer_type(slicer: Slicer, opened: OpenDashboard) -> DataType:
    """The type of a slicer's field.

    Raises:
        IngotError: what is wrong with the slicer.
    """
    if slicer.fault is not None:
        raise slicer.fault
    assert slicer.dataset is not None
    fields = opened.fields(slicer.dataset)
    found = fields.find(slicer.field)
    if found is None:
        names = [*slicer.dataset.dimensions, *fields.columns.names]
        raise AnalysisError(
            f"there is no column or dimension '{slicer.field}' in {slicer.dataset.name}",
            location=slicer.location,
            hint=near_hint(slicer.field, names, f"there are {', '.join(names[:12])}"),
            code="unknown-column",
        )
    return found[1]


def _visual(visual: Visual, opened: OpenDashboard) -> dict[str, Any]:
    error = None
    types: dict[str, DataType] = {}
    try:
        types = visual_types(visual, opened)
    except IngotError as fault:
        error = opened.shared.facts(fault)
    return {
        "id": visual.id,
        "title": visual.title,
        "kind": visual.kind,
        "description": visual.description,
        "channels": {
            name: [_member(found, types.get(found.name)) for found in members]
            for name, members in visual.channels.items()
        },
        "hierarchy": [_member(found, types.get(found.name)) for found in visual.hierarchy] or None,
        "sort": [str(key) for key in visual.sort],
        "top": visual.top,
        "has_own_query": visual.sql is not None,
        "interaction": visual.interaction,
        "drill_through": visual.drill_through,
        "options": dict(visual.options),
        "rules": dict(visual.rules),
        "layout": visual.layout.to_json(),
        "error": error,
    }


def visual_types(visual: Visual, opened: OpenDashboard) -> dict[str, DataType]:
    """The types of all members of a visual, by name; its queries are analyzed, and none is evaluated.

    Raises:
        IngotError: what is wrong with the visual.
    """
    if visual.fault is not None:
        raise visual.fault
    shape = opened.pinned.shape(opened.reads(visual))
    if shape is None:
        return _visual_types(visual, opened)
    key = ("types", visual.content, shape)
    return opened.shared.made(opened.loaded, key, lambda: _visual_types(visual, opened))


def _visual_types(visual: Visual, opened: OpenDashboard) -> dict[str, DataType]:
    if visual.sql is not None:
        parsed = opened.own_query(visual)
        own = replace(parsed, tree=parsed.tree.copy())
        columns = opened.pinned.analyzed(own).schema
        shown = shown_rows(visual, own, columns, Asked(), opened.rows_max)
        return _types(visual, shown.columns, opened.pinned.checked(shown.query).schema)
    assert visual.dataset is not None
    fields = opened.fields(visual.dataset)
    found: dict[str, DataType] = {}
    for level in range(max(len(visual.hierarchy), 1)):
        queries = DatasetQueries(visual, fields, Asked(level=level), opened.rows_max)
        shown = queries.rows()
        schema = opened.pinned.checked(shown.query).schema
        found |= _types(visual, members_at(visual, level), schema)
        if visual.change is not None:
            check_time(visual.change, schema.fields[-1].type)
        if level == 0:
            for extra in (queries.totals(), queries.trend()):
                if extra is not None:
                    found |= _types(visual, extra.columns, opened.pinned.checked(extra.query).schema)
    return found


def _types(visual: Visual, members: tuple[Member, ...], schema: StructType) -> dict[str, DataType]:
    check_types(visual, members, Rows(schema, []))
    return {m.name: column.type for m, column in zip(members, schema, strict=False)}


def _member(found: Member, data_type: DataType | None) -> dict[str, Any]:
    return {
        "name": found.name,
        "label": found.label,
        "description": found.description,
        "type": type_word(data_type) if data_type is not None else "other",
        "format": _format(found.format or (default_format(data_type, found.role) if data_type is not None else None)),
    }


def _format(found: Format | None) -> dict[str, Any] | None:
    return found.to_json() if found is not None else None
