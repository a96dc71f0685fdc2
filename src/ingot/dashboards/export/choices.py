"""What a reader can choose on each page, and which of it reaches a visual.

A field is chosen by a slicer, by a click on a mark, by a step down a hierarchy, or by what is brought along from
another page. Owns these names only; what a choice does to rows is the business of the lake, or of a cube.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingot.dashboards.filters import Filter
from ingot.dashboards.model import Member, Page, Role, Visual
from ingot.dashboards.opened import OpenDashboard
from ingot.dashboards.scopes import filtered, published, shown_rows
from ingot.dashboards.shown_members import Asked, members_at
from ingot.dashboards.visual_answers import reaching
from ingot.errors import IngotError


@dataclass(frozen=True)
class PageChoices:
    """The fields that can be chosen on a page, as they are spelled, by their name in lower case.

    Args:
        slicers: Those of its slicers.
        marks: Those of marks, with the visuals that have them; None among these for one on another page.
    """

    slicers: Mapping[str, str]
    marks: Mapping[str, tuple[str, frozenset[str | None]]]

    def reaching(self, visual: str | None) -> dict[str, str]:
        """What can be chosen outside of a visual, which never is filtered by its own marks."""
        own = {visual}
        return {**{name: shown for name, (shown, by) in self.marks.items() if by - own}, **self.slicers}


def page_choices(opened: OpenDashboard, given: Iterable[str]) -> dict[str, PageChoices]:
    """What can be chosen on each page of a dashboard, by the page's name.

    Args:
        opened: The dashboard.
        given: Fields that the file is filtered by for good, in lower case: these nobody chooses.
    """
    out = set(given)
    pages = opened.dashboard.pages
    slicers = {page.name: _named(s.field for s in page.slicers if s.fault is None) for page in pages}
    marks: dict[str, dict[str, tuple[str, frozenset[str | None]]]] = {page.name: {} for page in pages}
    for page in pages:
        for visual in page.visuals:
            if visual.interaction != "none" or visual.hierarchy:
                _add(marks[page.name], _named(mark_fields(visual, opened)), visual.id)
    for _ in pages:  # what is brought along may be brought further
        for page in pages:
            for visual in page.visuals:
                if visual.drill_through in marks:
                    brought = {name: shown for name, (shown, _) in marks[page.name].items()}
                    found = {**_named(mark_fields(visual, opened)), **slicers[page.name], **brought}
                    _add(marks[visual.drill_through], found, None)
    return {
        page.name: PageChoices(
            {name: shown for name, shown in slicers[page.name].items() if name not in out},
            {name: shown for name, shown in marks[page.name].items() if name not in out},
        )
        for page in pages
    }


def _add(marks: dict[str, tuple[str, frozenset[str | None]]], found: Mapping[str, str], visual: str | None) -> None:
    for name, shown in found.items():
        known = marks.get(name, (shown, frozenset[str | None]()))
        marks[name] = (known[0], known[1] | {visual})


def mark_fields(visual: Visual, opened: OpenDashboard) -> list[str]:
    """The fields that a click on a visual, or a step down in it, can choose."""
    if visual.fault is not None:
        return []
    try:
        levels = range(max(len(visual.hierarchy), 1))
        columns: Sequence[Member] = (
            _own_columns(visual, opened)
            if visual.sql is not None
            else [m for level in levels for m in members_at(visual, level)]
        )
    except IngotError:
        return []
    return [m.name for m in columns if m.role is Role.DIMENSION]


def _own_columns(visual: Visual, opened: OpenDashboard) -> Sequence[Member]:
    query = opened.own_query(visual)
    columns = opened.pinned.analyzed(query).schema
    shown = shown_rows(visual, replace(query, tree=query.tree.copy()), columns, Asked(), opened.rows_max)
    return published(visual, shown, columns, query, opened.pinned).columns


def reaches(visual: Visual, field: str, opened: OpenDashboard) -> bool:
    """Whether a filter on a field changes which rows a visual shows.

    Raises:
        IngotError: what is wrong with the visual.
    """
    if visual.fault is not None:
        raise visual.fault
    condition = Filter(field, "is_null")
    if not reaching(visual, [condition]):
        return False
    if visual.dataset is not None:
        return opened.fields(visual.dataset).find(field) is not None
    query = opened.own_query(visual)
    return filtered(query, [condition], opened.pinned)[0].tree != query.tree


def pages_of(opened: OpenDashboard, only: str | None) -> list[Page]:
    """The pages that go into a file.

    Raises:
        IngotError: `unknown-page`.
    """
    return list(opened.dashboard.pages) if only is None else [opened.page(only)]


def _named(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.lower(), name)
    return found


def equal(field: str, value: Any) -> dict[str, Any]:
    """The filter that a click on a value means."""
    return {"field": field, "op": "in", "values": [value]}
