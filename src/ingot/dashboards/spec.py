"""Dashboard files to the model: `dashboards/*.yml` of a project, each fault with its file, line and the nearest name.

Owns the keys of a file, its pages and its slicers, and references between them. A broken visual, slicer or dataset
fails alone; a file that is no dashboard at all fails as a whole. Never looks at a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingot.dashboards.members import Texts, label_of, read_datasets
from ingot.dashboards.model import BrokenDashboard, Dashboard, Page, Slicer, Visual
from ingot.dashboards.visuals import Context, read_visual, slug
from ingot.errors import DashboardError, IngotError, Location, near_hint
from ingot.model import Project
from ingot.project.settings import Setting, read_settings

FOLDER = "dashboards"
SLICER_KINDS = ("list", "dropdown", "range", "relative_date")
_KEYS = ("title", "description", "locale", "currency", "datasets", "slicers", "pages", "visuals")
_PAGE_KEYS = ("title", "name", "hidden", "slicers", "visuals")
_SLICER_KEYS = ("field", "dataset", "kind", "multiple", "default", "label", "name")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CURRENCY = re.compile(r"[A-Z]{3}")


def dashboard_files(project: Project) -> list[Path]:
    """The files of a project's dashboards, by name."""
    folder = project.root / FOLDER
    return sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]) if folder.is_dir() else []


def load_dashboard(file: Path, project: Project) -> Dashboard | BrokenDashboard:
    """The dashboard of a file."""
    try:
        return _Reader(file, project).dashboard()
    except IngotError as error:
        return BrokenDashboard(file.stem, error.at(Location(str(file))))


def faults(dashboard: Dashboard | BrokenDashboard) -> list[IngotError]:
    """Everything that is wrong with a dashboard, as far as its file alone tells."""
    if isinstance(dashboard, BrokenDashboard):
        return [dashboard.error]
    found = list(dashboard.faults)
    for page in dashboard.pages:
        found += [part.fault for part in (*page.slicers, *page.visuals) if part.fault is not None]
    return found


class _Reader:
    """Reads one file."""

    def __init__(self, file: Path, project: Project):
        self.file = file
        self.texts = Texts(project.configuration)
        self.entries = read_settings(file).mapping(_KEYS)
        datasets, broken = read_datasets(self.entries.get("datasets"), self.texts)
        self.context = Context(self.texts, datasets, broken)

    def dashboard(self) -> Dashboard:
        known = self.entries
        if ("pages" in known) == ("visuals" in known):
            raise DashboardError(
                "a dashboard has either `pages` or, with one page only, `visuals`",
                location=Location(str(self.file), 1),
                hint="visuals:\n  - {kind: card, from: gold.orders, value: count(*)}",
                code="missing-key",
            )
        title = self.texts.text(known["title"]) if "title" in known else label_of(self.file.stem)
        pages = self._pages(title)
        return Dashboard(
            self.file.stem,
            title,
            Location(str(self.file), 1),
            tuple(_with_checked_targets(page, pages) for page in pages),
            description=self.texts.text(known["description"]) if "description" in known else None,
            locale=self._matching("locale", _LOCALE, "a language tag, such as en-GB") or "en",
            currency=self._matching("currency", _CURRENCY, "a code of ISO 4217, such as EUR"),
            datasets=self.context.datasets,
            faults=(
                *self.context.faults.values(),
                *(fault for dataset in self.context.datasets.values() for fault in dataset.faults),
            ),
        )

    def _matching(self, key: str, pattern: re.Pattern[str], wanted: str) -> str | None:
        if key not in self.entries:
            return None
        text = self.texts.text(self.entries[key])
        if not pattern.fullmatch(text):
            raise self.entries[key].wrong(wanted)
        return text

    # --- pages ---

    def _pages(self, title: str) -> list[Page]:
        shared = self._slicers(self.entries.get("slicers"), "")
        if "visuals" in self.entries:
            visuals = self._visuals(self.entries["visuals"])
            return [Page(slug(title) or "page", title, False, tuple(shared), visuals, Location(str(self.file), 1))]
        pages = [self._page(entry, shared, n) for n, entry in enumerate(self.entries["pages"].items(), 1)]
        seen: dict[str, Page] = {}
        for page in pages:
            if page.name in seen:
                raise DashboardError(
                    f"two pages are named '{page.name}'",
                    location=page.location,
                    hint="give one another `name`",
                    code="duplicate-name",
                )
            seen[page.name] = page
        return pages

    def _page(self, entry: Setting, shared: Sequence[Slicer], number: int) -> Page:
        known = entry.mapping(_PAGE_KEYS)
        title = self.texts.text(known["title"]) if "title" in known else f"Page {number}"
        name = self.texts.text(known["name"]) if "name" in known else slug(title) or f"page-{number}"
        if slug(name) != name:
            raise known["name"].wrong(f"a name for addresses, such as {slug(name) or 'page'}")
        own = self._slicers(known.get("slicers"), f"{name}-")
        return Page(
            name,
            title,
            _boolean(known.get("hidden"), False),
            (*shared, *own),
            self._visuals(known["visuals"]) if "visuals" in known else (),
            entry.location,
        )

    def _visuals(self, entry: Setting) -> tuple[Visual, ...]:
        visuals: list[Visual] = []
        named: dict[str, Visual] = {}
        for number, item in enumerate(_list(entry), 1):
            visual = read_visual(item, number, self.context)
            has_name = isinstance(item.value, dict) and "name" in item.value
            if visual.id in named and has_name:
                error = DashboardError(
                    f"two visuals of the page are named '{visual.id}'",
                    location=item.location,
                    hint="give one another `name`",
                    code="duplicate-name",
                )
                visual = replace(visual, fault=visual.fault or error)
            visual = replace(visual, id=_free(visual.id, named))
            named[visual.id] = visual
            visuals.append(visual)
        return _without_overlaps(visuals)

    # --- slicers ---

    def _slicers(self, entry: Setting | None, prefix: str) -> list[Slicer]:
        found: dict[str, Slicer] = {}
        for item in _list(entry) if entry is not None else ():
            try:
                slicer = self._slicer(item, prefix)
            except IngotError as error:
                known = item.value if isinstance(item.value, dict) else {}
                field = known["field"].text if "field" in known and known["field"].text else "field"
                assert field is not None
                slicer = Slicer(f"{prefix}{slug(field)}", field, "list", label_of(field), item.location, fault=error)
            slicer = replace(slicer, id=_free(slicer.id, found))
            found[slicer.id] = slicer
        return list(found.values())

    def _slicer(self, entry: Setting, prefix: str) -> Slicer:
        known = entry.mapping(_SLICER_KEYS)
        if "field" not in known:
            raise DashboardError(
                "a slicer has no `field`", location=entry.location, hint="field: country", code="missing-key"
            )
        field = self.texts.text(known["field"])
        kind = self.texts.text(known["kind"]) if "kind" in known else "dropdown"
        if kind not in SLICER_KINDS:
            raise DashboardError(
                f"there is no kind of slicer '{kind}'",
                location=known["kind"].location,
                hint=near_hint(kind, SLICER_KINDS, f"one of {', '.join(SLICER_KINDS)}"),
                code="unknown-kind",
            )
        dataset = self.context.dataset(known["dataset"]) if "dataset" in known else self.context.only_dataset()
        if dataset is None:
            raise DashboardError(
                f"the slicer of '{field}' has no `dataset`",
                location=entry.location,
                hint=near_hint(
                    field, [], f"dataset: one of {', '.join(self.context.datasets) or 'those under `datasets`'}"
                ),
                code="missing-key",
            )
        member = dataset.dimensions[field].sound() if field in dataset.dimensions else None
        label = self.texts.text(known["label"]) if "label" in known else member.label if member else label_of(field)
        default = tuple(_scalar(item) for item in known["default"].items()) if "default" in known else ()
        name = self.texts.text(known["name"]) if "name" in known else f"{prefix}{slug(field)}"
        return Slicer(
            name or "slicer",
            field,
            kind,
            label,
            entry.location,
            dataset,
            _boolean(known.get("multiple"), True),
            default,
        )


def _list(entry: Setting) -> list[Setting]:
    if not isinstance(entry.value, list):
        raise entry.wrong("a list")
    return entry.value


def _boolean(entry: Setting | None, otherwise: bool) -> bool:
    if entry is None:
        return otherwise
    if not isinstance(entry.value, bool):
        raise entry.wrong("true or false")
    return entry.value


def _scalar(entry: Setting) -> Any:
    """A value as JSON has it: dates as text."""
    if isinstance(entry.value, dict | list):
        raise entry.wrong("a value")
    return entry.value if isinstance(entry.value, bool | int | float | None) else entry.text


def _free(name: str, taken: Mapping[str, object]) -> str:
    """The name, or the first of name-2, name-3 … that is not taken."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _without_overlaps(visuals: list[Visual]) -> tuple[Visual, ...]:
    """The visuals; one that is placed on top of an earlier one has that as its fault."""
    cells: dict[tuple[int, int], Visual] = {}
    found: list[Visual] = []
    for visual in visuals:
        at = visual.layout
        if at.column is None or at.row is None or visual.fault is not None:
            found.append(visual)
            continue
        own = [(at.column + c, at.row + r) for c in range(at.width) for r in range(at.height)]
        below = next((cells[cell] for cell in own if cell in cells), None)
        if below is not None:
            error = DashboardError(
                f"'{visual.title}' lies on '{below.title}'",
                location=visual.location,
                hint=f"row: {(below.layout.row or 1) + below.layout.height}",
                code="overlapping-visuals",
            )
            visual = replace(visual, fault=error)
        else:
            cells.update(dict.fromkeys(own, visual))
        found.append(visual)
    return tuple(found)


def _with_checked_targets(page: Page, pages: Sequence[Page]) -> Page:
    """The page; a visual that drills through to no page of this dashboard has that as its fault."""
    names = [other.name for other in pages]
    visuals = []
    for visual in page.visuals:
        target = visual.drill_through
        if target is not None and target not in names and visual.fault is None:
            error = DashboardError(
                f"'{visual.title}' drills through to '{target}', which is no page of this dashboard",
                location=visual.location,
                hint=near_hint(target, names, f"pages: {', '.join(names)}"),
                code="unknown-page",
            )
            visual = replace(visual, fault=error)
        visuals.append(visual)
    return replace(page, visuals=tuple(visuals))
