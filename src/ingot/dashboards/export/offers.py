"""Which choices a page in a file offers, and the recorded answers of visuals that no cube follows.

A choice is offered if a visual that it reaches can be computed for it; those that cannot have recorded answers to each
choice alone, and to some pairs, and say so where they have none. Where all that a choice reaches is recorded, it is
offered whole or not at all, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingot.dashboards.answers import Answers
from ingot.dashboards.export.choices import equal, mark_fields
from ingot.dashboards.export.cubes import Cubes
from ingot.dashboards.export.recorder import CHOICES_MAX, FIELDS_MAX, MARKS_MAX, Filters, Recorder
from ingot.dashboards.export.wish import page_filters
from ingot.dashboards.opened import OpenDashboard

_CHOSEN_FROM = ("list", "dropdown")
Shown = dict[str, Any]  # a page, a visual or a slicer as the file describes it


@dataclass
class Offers:
    """Offers the choices of a file's pages.

    Args:
        answers: Of the project.
        opened: The dashboard.
        given: Filters that hold for everything in the file.
        cubes: What is computed.
        uncovered: By page and visual the fields that reach it and that no cube follows.
        recorder: Keeps the answers.
        bytes_max: How large all of it may get.
        tell: Is told what is being made.
    """

    answers: Answers
    opened: OpenDashboard
    given: Filters
    cubes: Cubes
    uncovered: Mapping[tuple[str, str], set[str]]
    recorder: Recorder
    bytes_max: int
    tell: Callable[[str], None]
    values: dict[str, Any] = field(default_factory=dict)  # of slicers without a cube
    notes: list[str] = field(default_factory=list)

    def offer(self, pages: Sequence[Shown]) -> None:
        """Record what is not computed, and take away from the pages what is not answered."""
        for page in pages:
            for visual in page["visuals"]:
                if not self._is_computed(page, visual):
                    self._open(page, visual)
        by_name = {page["name"]: page for page in pages}
        for page in pages:
            self._offer(page, by_name)

    def _is_computed(self, page: Shown, visual: Shown) -> bool:
        return ("visual", page["name"], visual["id"]) in self.cubes.plans

    def _open(self, page: Shown, visual: Shown) -> None:
        """Record a visual as its page opens."""
        self.tell(visual["title"])
        reach = self.uncovered[page["name"], visual["id"]]
        self.recorder.opening(page["name"], visual["id"], self._defaults(page), reach)
        if visual["hierarchy"]:
            visual["hierarchy"][2:] = []  # deeper levels stay closed
            if not self.recorder.levels(page["name"], visual, self._defaults(page), reach):
                visual["hierarchy"] = None

    def _defaults(self, page: Shown) -> list[dict[str, Any]]:
        """What the page itself asks with when it opens."""
        out = _fields(self.given)
        return [one for one in page_filters(page, ()) if one["field"].lower() not in out]

    def _offer(self, page: Shown, by_name: Mapping[str, Shown]) -> None:
        sources: list[list[Filters]] = []
        for slicer in page["slicers"]:
            reason = None if slicer.get("error") else self._slicer(page, slicer, sources)
            if reason is not None:
                slicer["error"] = {"message": f"{slicer['label']} cannot be chosen in this file: {reason}"}
                self.notes.append(f"{slicer['label']} ({page['title']}) cannot be chosen here: {reason}.")
        for visual in page["visuals"]:
            if visual["interaction"] != "none" and not self._marks(page, page, visual, sources):
                visual["interaction"] = "none"
            target = by_name.get(visual["drill_through"] or "")
            if target is None or not self._marks(page, target, visual, []):
                visual["drill_through"] = None
        for visual in page["visuals"]:
            if not self._is_computed(page, visual):
                reach = self.uncovered[page["name"], visual["id"]]
                own = [[choice for choice in source if _fields(choice) & reach] for source in sources]
                self.recorder.pairs(page["name"], visual["id"], self._defaults(page), own, reach)

    # --- slicers ---

    def _slicer(self, page: Shown, slicer: Shown, sources: list[list[Filters]]) -> str | None:
        """Make a slicer's choices answered; why not, if it cannot be used."""
        name = slicer["field"].lower()
        if name in _fields(self.given):
            return "the file was made with a filter on it"
        plan = self.cubes.plans.get(("slicer", page["name"], slicer["id"]))
        missing = [visual for visual in page["visuals"] if name in self.uncovered[page["name"], visual["id"]]]
        if plan is not None and not missing:
            return None
        is_followed = plan is not None and self._is_followed(page, {name})
        slicer["multiple"] = slicer["multiple"] and is_followed
        if slicer["kind"] not in _CHOSEN_FROM:
            titles = ", ".join(visual["title"] for visual in missing) or "its values"
            return None if is_followed else f"ranges need a server for {titles}"
        asked = {"page": page["name"], "slicer": slicer["id"], "filters": self.given}
        found = self.answers.values(self.opened.dashboard.name, asked)
        if found["is_truncated"] or len(found["values"]) > CHOICES_MAX:
            return None if is_followed else f"it has more than {CHOICES_MAX} values"
        if plan is None:
            self.values[f"{page['name']} {slicer['id']}"] = {"values": found["values"], "is_truncated": False}
        choices: list[Filters] = [[equal(slicer["field"], one["value"])] for one in found["values"]]
        base = [one for one in self._defaults(page) if one["field"] != slicer["field"]]
        wanted = [[*base, *choice] for choice in (*choices, *([[]] if slicer["default"] else []))]
        if self._record(page, missing, wanted):
            sources.append(choices)
            return None
        return None if is_followed else f"the answers would take more than {self.bytes_max / 1_000_000:g} MB"

    def _is_followed(self, page: Shown, names: set[str], but: Shown | None = None) -> bool:
        """Whether a computed visual of a page follows these fields."""
        return any(
            names & set(self.cubes.plans["visual", page["name"], visual["id"]]["fields"])
            for visual in page["visuals"]
            if visual is not but and self._is_computed(page, visual)
        )

    # --- marks ---

    def _marks(self, page: Shown, target: Shown, visual: Shown, sources: list[list[Filters]]) -> bool:
        """Make clicks on a visual answered, here or on the page that they lead to; False if they are not."""
        known = next(one for one in self.opened.page(page["name"]).visuals if one.id == visual["id"])
        names = {name.lower() for name in mark_fields(known, self.opened)}
        missing = [
            other
            for other in target["visuals"]
            if names & self.uncovered[target["name"], other["id"]] and other is not visual
        ]
        if not missing:
            return bool(names)
        is_followed = self._is_followed(target, names, visual)
        points = self.recorder.points(page["name"], visual["id"], self._defaults(page))
        most = MARKS_MAX if any(len(point) > 1 for point in points) else CHOICES_MAX
        if not points or len(points) > most or any(len(point) > FIELDS_MAX for point in points):
            return is_followed
        choices: list[Filters] = [[equal(*pair) for pair in point] for point in points]
        if self._record(target, missing, [[*self._defaults(target), *choice] for choice in choices]):
            sources.append(choices)
            return True
        return is_followed

    def _record(self, page: Shown, visuals: Sequence[Shown], asked: Sequence[Filters]) -> bool:
        """Record what these visuals say to each choice; False without room, or for one whose cube does not follow."""
        found = [
            not self._is_computed(page, visual)
            and self.recorder.choices(page["name"], visual["id"], asked, self.uncovered[page["name"], visual["id"]])
            for visual in visuals
        ]
        return all(found)


def _fields(filters: Filters) -> set[str]:
    return {one["field"].lower() for one in filters}
