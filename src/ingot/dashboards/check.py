"""`ingot dashboard check`: every dashboard against the lake, without evaluating a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingot.dashboards.answers import Answers
from ingot.dashboards.catalogue import Loaded
from ingot.dashboards.description import slicer_type, visual_types
from ingot.dashboards.filters import Filter, literal
from ingot.dashboards.model import BrokenDashboard, Dataset, Slicer
from ingot.dashboards.opened import OpenDashboard
from ingot.engine import Engine
from ingot.errors import IngotError, distinct
from ingot.events import error_facts
from ingot.model import Project


@dataclass(frozen=True)
class Checked:
    """What a check found of one dashboard."""

    name: str
    visuals: int
    faults: tuple[IngotError, ...]

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "visuals": self.visuals, "errors": [error_facts(error) for error in self.faults]}


def check(project: Project, engine: Engine, names: Sequence[str] = ()) -> list[Checked]:
    """Everything that is wrong with the dashboards of these names; with all if there are none.

    Raises:
        DashboardError: `unknown-dashboard`.
    """
    answers = Answers(project, engine)
    try:
        loaded = [answers.catalogue.find(name) for name in names] or answers.catalogue.all()
        return [_checked(answers, one) for one in loaded]
    finally:
        answers.close()


def _checked(answers: Answers, loaded: Loaded) -> Checked:
    dashboard = loaded.dashboard
    if isinstance(dashboard, BrokenDashboard):
        return Checked(dashboard.name, 0, (dashboard.error,))
    opened = answers.open(dashboard.name)
    found: list[IngotError] = list(dashboard.faults)
    for dataset in dashboard.datasets.values():
        found += _faults_of_dataset(dataset, opened)
    for page in dashboard.pages:
        for slicer in page.slicers:
            _collect(found, lambda slicer=slicer: _check_slicer(slicer, opened))
        for visual in page.visuals:
            _collect(found, lambda visual=visual: visual_types(visual, opened))
    return Checked(dashboard.name, sum(len(page.visuals) for page in dashboard.pages), tuple(distinct(found)))


def _collect(found: list[IngotError], ask: Any) -> None:
    try:
        ask()
    except IngotError as error:
        found.append(error)


def _faults_of_dataset(dataset: Dataset, opened: OpenDashboard) -> list[IngotError]:
    """What is wrong with a dataset and its members, whether a visual shows them or not."""
    found: list[IngotError] = []
    try:
        fields = opened.fields(dataset)
    except IngotError as error:
        return [error]
    for name in dataset.dimensions:
        _collect(found, lambda name=name: fields.find(name))
    for measure in dataset.measures.values():
        _collect(found, lambda measure=measure: fields.type_of(measure, opened.pinned))
    for levels in dataset.hierarchies.values():
        for level in levels:
            _collect(found, lambda level=level: fields.expression(level))
    return found


def _check_slicer(slicer: Slicer, opened: OpenDashboard) -> None:
    data_type = slicer_type(slicer, opened)
    if slicer.kind == "relative_date":
        return
    for value in slicer.default:
        if value is None:
            continue
        try:
            literal(value, data_type, Filter(slicer.field, "in", (value,)))
        except IngotError as error:
            raise error.at(slicer.location) from None
