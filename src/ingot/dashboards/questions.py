"""What a page asks for, read: which visuals, and what its reader chose for each. Never answers anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingot.dashboards.filters import Filter, read_filters
from ingot.dashboards.model import Page, Slicer, Visual
from ingot.dashboards.shown_members import members_at
from ingot.dashboards.visual_answers import Wish
from ingot.dashboards.visuals import sort_key
from ingot.errors import DashboardError, near_hint

_VISUALS_MAX = 200


def read_wish(visual: Visual, filters: Sequence[Filter], own: Any, excepted: Any) -> Wish:
    """What is asked of one visual.

    Raises:
        DashboardError: `invalid-request`, `invalid-filter`, `unknown-field`.
    """
    given = mapping(own, "own")
    left_out = (
        {str(name).lower() for name in excepted}
        if isinstance(excepted, Sequence) and not isinstance(excepted, str)
        else set()
    )
    kept = tuple(f for f in filters if f.field.lower() not in left_out)
    entries = given.get("drill") or []
    if (
        not isinstance(entries, Sequence)
        or isinstance(entries, str)
        or not all(isinstance(e, Mapping) for e in entries)
    ):
        raise wrong_request("`drill` is a list of objects with field and value")
    levels = len(visual.hierarchy)
    if len(entries) > max(levels - 1, 0):
        raise wrong_request(f"'{visual.title}' cannot be drilled into {len(entries)} times")
    drill = read_filters([{"field": str(e.get("field")), "op": "in", "values": [e.get("value")]} for e in entries])
    for entry, level in zip(drill, visual.hierarchy, strict=False):
        if entry.field != level.name:
            raise wrong_request(f"'{visual.title}' is drilled into by '{level.name}', not by {entry.field[:60]!r}")
    level = whole_number(given.get("level"), "level", len(drill), 0, max(levels - 1, 0))
    return Wish(kept, drill, level, _sort(visual, level, given.get("sort")))


def _sort(visual: Visual, level: int, given: Any) -> tuple[Any, ...]:
    if given is None or given == [] or given == "":
        return ()
    names = [found.name for found in members_at(visual, level)] if visual.fault is None else []
    wanted = [given] if isinstance(given, str) else given if isinstance(given, Sequence) else [given]
    if visual.sql is not None and not visual.channels:  # all columns of a query: which, is known when it is analyzed
        names = [text.removeprefix("-") for text in wanted if isinstance(text, str)]
    keys = []
    for text in wanted:
        key = sort_key(text, names) if isinstance(text, str) else None
        if key is None:
            shown = str(text)[:60]
            hint = near_hint(shown.removeprefix("-"), names, f"it shows {', '.join(names)}")
            raise DashboardError(f"'{visual.title}' cannot be sorted by {shown!r}", hint=hint, code="unknown-field")
        keys.append(key)
    return tuple(keys)


def chosen_visuals(page: Page, ids: Any) -> list[Visual]:
    if ids is None:
        return list(page.visuals)
    if not isinstance(ids, Sequence) or isinstance(ids, str) or len(ids) > _VISUALS_MAX:
        raise wrong_request("`visuals` is a list of ids")
    return [visual_of(page, one) for one in ids]


def visual_of(page: Page, name: Any) -> Visual:
    found = next((visual for visual in page.visuals if visual.id == name), None)
    if found is None:
        raise _unknown("visual", name, page, [visual.id for visual in page.visuals])
    return found


def slicer_of(page: Page, name: Any) -> Slicer:
    found = next((slicer for slicer in page.slicers if slicer.id == name), None)
    if found is None:
        raise _unknown("slicer", name, page, [slicer.id for slicer in page.slicers])
    if found.fault is not None:
        raise found.fault
    return found


def _unknown(what: str, name: Any, page: Page, names: list[str]) -> DashboardError:
    shown = str(name)[:60]
    return DashboardError(
        f"the page '{page.title}' has no {what} {shown!r}",
        hint=near_hint(shown, names, f"it has {', '.join(names[:20])}" if names else None),
        code="unknown-visual" if what == "visual" else "unknown-slicer",
    )


def mapping(given: Any, name: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise wrong_request(f"`{name}` is an object")
    return given


def whole_number(given: Any, name: str, otherwise: int, least: int, most: int) -> int:
    if given is None:
        return otherwise
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
        raise wrong_request(f"`{name}` is a whole number from {least} to {most}")
    return given


def wrong_request(message: str) -> DashboardError:
    return DashboardError(message, code="invalid-request")
