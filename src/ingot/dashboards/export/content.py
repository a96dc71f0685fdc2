"""What a file holds: cubes for all that can be added up, recorded answers for the rest, and which choices are offered.

Owns what a content is made of; which visual is computed, and which choices are offered, is decided elsewhere.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingot.dashboards.answers import Answers
from ingot.dashboards.export.choices import page_choices, pages_of, reaches
from ingot.dashboards.export.cube_plans import beside
from ingot.dashboards.export.cubes import CubeMaker, Cubes
from ingot.dashboards.export.offers import Offers
from ingot.dashboards.export.recorder import Filters, Recorder
from ingot.dashboards.filters import read_filters
from ingot.dashboards.model import Visual
from ingot.errors import IngotError
from ingot.json_rows import iso


@dataclass(frozen=True)
class Content:
    """What a file holds besides its code: facts as JSON, the cubes, and notes for the reader."""

    facts: Mapping[str, Any]
    cubes: Cubes
    notes: Sequence[str]

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.facts["spec"]


class ContentMaker:
    """Makes the content of one file.

    Args:
        answers: Of the project.
        spec: The described dashboard.
        given: Filters that hold for everything in the file.
        page: The only page to show; all if None.
        bytes_max: How large cubes and answers may get.
        tell: Is told what is being made.
    """

    def __init__(
        self,
        answers: Answers,
        spec: Mapping[str, Any],
        given: Filters,
        page: str | None,
        bytes_max: int,
        tell: Callable[[str], None] = lambda _text: None,
    ):
        self._answers = answers
        self._given = list(given)
        self._bytes_max = bytes_max
        self._tell = tell
        self._opened = answers.open(spec["name"])
        self._pages = pages_of(self._opened, page)
        names = {one.name for one in self._pages}
        self._spec = copy.deepcopy(dict(spec))
        self._spec["pages"] = [one for one in self._spec["pages"] if one["name"] in names]
        self._filters = read_filters(self._given)
        self._opened.check_fields(self._filters)
        self._out = {one.field.lower() for one in self._filters}
        self._choices = page_choices(self._opened, self._out)
        self._cubes = Cubes()
        self._notes: list[str] = []
        self._uncovered: dict[tuple[str, str], set[str]] = {}  # by page and visual: what reaches it and no cube answers

    def content(self) -> Content:
        """Compute everything that the file will answer.

        Raises:
            IngotError: what is wrong with the filters.
        """
        maker = CubeMaker(self._opened, self._filters, self._choices, self._bytes_max, self._tell)
        self._cubes = maker.cubes(self._pages)
        self._cover()
        recorder = Recorder(self._answers, self._spec["name"], self._given, maker.room)
        parts = (self._answers, self._opened, self._given, self._cubes, self._uncovered, recorder)
        offers = Offers(*parts, self._bytes_max, self._tell)
        offers.offer(self._spec["pages"])
        self._notes += offers.notes
        if self._given:
            told = "; ".join(f"{f['field']}: {', '.join(str(v) for v in f['values'])}" for f in self._given)
            self._notes.insert(0, f"Everything here is filtered by {told}.")
        self._notes += self._closing_notes()
        return Content(self._facts(recorder, offers), self._cubes, self._notes)

    # --- what reaches what ---

    def _cover(self) -> None:
        """Find the fields that reach visuals and that no cube follows; those of a plan are told in it."""
        for page in self._pages:
            for visual in page.visuals:
                choices = self._choices[page.name].reaching(visual.id)
                plan = self._cubes.plans.get(("visual", page.name, visual.id))
                if plan is None:
                    self._uncovered[page.name, visual.id] = self._reach(visual, choices)
                    continue
                plan["beside"] = beside(visual, choices, self._opened)
                plan["given"] = self._given_reach(visual)
                self._uncovered[page.name, visual.id] = set(choices) - set(plan["beside"]) - set(plan["fields"])

    def _reach(self, visual: Visual, choices: Mapping[str, str]) -> set[str]:
        try:
            return {name for name, shown in choices.items() if reaches(visual, shown, self._opened)}
        except IngotError:  # it shows its error, whatever is chosen
            return set()

    def _given_reach(self, visual: Visual) -> dict[str, list[str]]:
        """Which of the file's own filters reach a visual, as its answers tell."""
        reached = [f.field for f in self._filters if reaches(visual, f.field, self._opened)]
        return {"filtered_by": reached, "not_filtered_by": [f.field for f in self._filters if f.field not in reached]}

    # --- what the file says ---

    def _closing_notes(self) -> list[str]:
        today = self._opened.pinned.local_now.date()
        notes = []
        kinds = {
            slicer["kind"] for page in self._spec["pages"] for slicer in page["slicers"] if not slicer.get("error")
        }
        if "relative_date" in kinds:
            notes.append(f"Relative dates count back from {today.isoformat()}, when this file was made.")
        named = {page.name: page for page in self._pages}
        titles = [
            visual.title
            for (page, name), fields in self._uncovered.items()
            if fields
            for visual in named[page].visuals
            if visual.id == name and visual.fault is None
        ]
        if titles:
            notes.append(f"Only some combinations of choices are answered in: {', '.join(dict.fromkeys(titles))}.")
        notes.append("Answers are computed in this file; the rows behind a mark are not in it.")
        return notes

    def _facts(self, recorder: Recorder, offers: Offers) -> dict[str, Any]:
        plans = {f"{kind} {page} {name}": plan for (kind, page, name), plan in self._cubes.plans.items()}
        beside_of = {
            f"visual {page.name} {visual.id}": {
                "reach": sorted(self._uncovered[page.name, visual.id]),
                "beside": sorted(
                    set(self._choices[page.name].reaching(visual.id)) - self._uncovered[page.name, visual.id]
                ),
            }
            for page in self._pages
            for visual in page.visuals
            if ("visual", page.name, visual.id) not in self._cubes.plans
        }
        return {
            "spec": self._spec,
            "plans": plans,
            "recorded": beside_of,
            "questions": recorder.questions,
            "answers": recorder.answers,
            "values": offers.values,
            "asOf": self._as_of(),
            "now": self._opened.pinned.local_now.isoformat(timespec="microseconds"),
            "isAnsi": self._opened.pinned.settings.ansi,
            "rowsMax": self._opened.rows_max,
            "notes": self._notes,
        }

    def _as_of(self) -> str | None:
        """When the newest of the tables that the pages read was committed."""
        reads = [
            read
            for page in self._pages
            for visual in page.visuals
            if visual.fault is None
            for read in self._reads(visual)
        ]
        newest = max((one.timestamp for one in self._opened.pinned.snapshots(reads).values()), default=None)
        return iso(newest) if newest is not None else None

    def _reads(self, visual: Visual) -> list[Any]:
        try:
            return list(self._opened.reads(visual).values())
        except IngotError:
            return []
