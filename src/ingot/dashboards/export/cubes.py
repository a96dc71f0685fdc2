"""Which visuals and slicers of a dashboard are answered from which cubes: as few and as whole as there is room.

A cube holds the rows of a dataset, grouped by all that its visuals show and that can be chosen where they stand; the
page groups them further, for any combination of choices. What no cube can answer is left to recorded answers.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from ingot.dashboards.export.choices import PageChoices
from ingot.dashboards.export.cube_columns import CubeColumns, PackedCube
from ingot.dashboards.export.cube_plans import slicer_plan, visual_plan
from ingot.dashboards.export.measures import NotAdditive
from ingot.dashboards.filters import Filter
from ingot.dashboards.model import Dataset, Page, Slicer, Visual
from ingot.dashboards.opened import OpenDashboard
from ingot.dashboards.visual_answers import reaching
from ingot.errors import IngotError

ROWS_MAX = 250_000
Name = tuple[str, str, str]  # "visual" or "slicer", the page, the id


@dataclass(frozen=True)
class _Part:
    """A visual or a slicer of a page, with what can be chosen there."""

    name: Name
    page: str
    dataset: Dataset
    conditions: tuple[exp.Expr, ...]
    choices: Mapping[str, str]
    of: Visual | Slicer

    def plan(self, columns: CubeColumns, opened: OpenDashboard) -> Any:
        if isinstance(self.of, Visual):
            return visual_plan(self.of, columns, self.choices, opened)
        return slicer_plan(self.of, columns, self.choices)


@dataclass
class Cubes:
    """The cubes of a file, and the plans of what they answer; a plan says in `cube` which one."""

    packed: list[PackedCube] = field(default_factory=list)
    plans: dict[Name, dict[str, Any]] = field(default_factory=dict)


class CubeMaker:
    """Makes the cubes of some pages.

    Args:
        opened: The dashboard.
        given: Filters that hold for everything in the file.
        choices: What can be chosen on each page.
        bytes_max: How large all cubes may get, packed.
        tell: Is told what is being made.
    """

    def __init__(
        self,
        opened: OpenDashboard,
        given: Sequence[Filter],
        choices: Mapping[str, PageChoices],
        bytes_max: int,
        tell: Callable[[str], None],
    ):
        self._opened = opened
        self._given = given
        self._choices = choices
        self.room = bytes_max
        self._tell = tell
        self._made = Cubes()

    def cubes(self, pages: Sequence[Page]) -> Cubes:
        """The cubes for everything on these pages that a cube can answer."""
        groups: dict[Any, list[_Part]] = {}
        for page in pages:
            for part in self._parts(page):
                key = (part.dataset.content, tuple(one.sql() for one in part.conditions))
                groups.setdefault(key, []).append(part)
        for parts in groups.values():
            self._place(parts)
        return self._made

    def _parts(self, page: Page) -> list[_Part]:
        """What of a page can come from a cube at all."""
        found = []
        for one in (*page.visuals, *page.slicers):
            if one.fault is not None or one.dataset is None:
                continue
            kind = "visual" if isinstance(one, Visual) else "slicer"
            try:
                conditions = self._conditions(one, one.dataset)
                choices = self._choices[page.name].reaching(one.id if isinstance(one, Visual) else None)
                part = _Part((kind, page.name, one.id), page.name, one.dataset, conditions, choices, one)
                part.plan(self._columns(part.dataset), self._opened)
            except (NotAdditive, IngotError):  # it is recorded, and shows there what is wrong with it
                continue
            found.append(part)
        return found

    def _conditions(self, one: Visual | Slicer, dataset: Dataset) -> tuple[exp.Expr, ...]:
        """The file's own filters as far as they reach a part of it."""
        fields, now = self._opened.fields(dataset), self._opened.pinned.local_now
        filters = reaching(one, self._given) if isinstance(one, Visual) else self._given
        return tuple(node for given in filters if (node := fields.condition(given, now)) is not None)

    def _columns(self, dataset: Dataset) -> CubeColumns:
        return CubeColumns(self._opened.fields(dataset), self._opened.pinned)

    def _place(self, parts: Sequence[_Part]) -> None:
        """Make one cube for all of the parts, or where it is too large one for each of fewer of them."""
        if self._take(parts):
            return
        by_page: dict[str, list[_Part]] = {}
        for part in parts:
            by_page.setdefault(part.page, []).append(part)
        if len(by_page) > 1:
            for some in by_page.values():
                self._place(some)
        elif len(parts) > 1:
            for part in parts:
                self._place([part])
        else:
            slicers = self._choices[parts[0].page].slicers
            if parts[0].choices != slicers:
                self._place([_with_choices(parts[0], slicers)])

    def _take(self, parts: Sequence[_Part]) -> bool:
        """Make a cube for these parts; False where that is too large or fails."""
        columns = self._columns(parts[0].dataset)
        self._tell(parts[0].dataset.name)
        try:
            plans = [part.plan(columns, self._opened) for part in parts]
            place = parts[0].dataset.location
            packed = columns.rows(self._opened.evaluator, parts[0].conditions, place, ROWS_MAX)
        except (NotAdditive, IngotError):
            return False
        if packed is None:
            return False
        size = packed_size(packed)
        if size > self.room:
            return False
        self.room -= size
        self._made.packed.append(packed)
        for part, plan in zip(parts, plans, strict=True):
            self._made.plans[part.name] = {**plan, "cube": len(self._made.packed) - 1}
        return True


def _with_choices(part: _Part, choices: Mapping[str, str]) -> _Part:
    return _Part(part.name, part.page, part.dataset, part.conditions, choices, part.of)


def packed_size(packed: PackedCube) -> int:
    """About how many bytes of a file a cube takes."""
    facts = json.dumps([packed.keys, packed.sums], ensure_ascii=False, separators=(",", ":")).encode()
    content = b"".join([facts, *(blob.tobytes() for blob in packed.blobs)])
    return len(zlib.compress(content, 6)) * 4 // 3
