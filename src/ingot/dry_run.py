"""The plan of an update without carrying it out: every definition parsed, analyzed and checked against the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingot.definitions import load_definitions
from ingot.engine import Engine
from ingot.errors import IngotError, as_ingot_error, distinct
from ingot.events import error_facts, utc_now
from ingot.lake.table import Lake
from ingot.model import DatasetKind, Note, Project, TableName
from ingot.pipeline import Pipeline
from ingot.pipeline.missing_reads import UpstreamFailed
from ingot.pipeline.option_notes import option_notes
from ingot.plan import Step, Technique
from ingot.update.execution import property_notes
from ingot.update.flow_writer import FlowWriter
from ingot.update.kept_schemas import KeptSchemas
from ingot.update.planner import Planner
from ingot.update.refresh import Refresh
from ingot.update.selection import Selection
from ingot.update.snapshot_batches import last_versions


@dataclass(frozen=True)
class Report:
    """What an update would do, and what is wrong."""

    steps: tuple[Step, ...]
    errors: tuple[IngotError, ...]
    notes: tuple[Note, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "steps": [
                {
                    "dataset": str(s.dataset),
                    "kind": s.kind.value if s.kind else None,
                    "technique": s.technique.value,
                    "reason": s.reason,
                    **({"only_if_changed": [str(name) for name in s.only_if_changed]} if s.only_if_changed else {}),
                }
                for s in self.steps
            ],
            "errors": [error_facts(error) for error in self.errors],
        }


def _missing(pipeline: Pipeline, reads: set[TableName], unplanned: set[TableName]) -> TableName | None:
    """A table that a deferred dataset waits for and that no update has made yet."""
    for name in sorted(reads):
        dataset = pipeline.dataset(name)
        if name in unplanned:
            return name
        if dataset is None or dataset.kind is DatasetKind.TEMPORARY_VIEW or name in pipeline.failures:
            continue
        if not pipeline.table(name).exists():
            return name
    return None


def _replaces(step: Step) -> bool:
    """Whether a step gives its table other rows for certain."""
    return step.technique in (Technique.FULL_REFRESH, Technique.FULL_RECOMPUTE) and not step.only_if_changed


def _after_inputs(step: Step, before: Sequence[Step], inputs: set[TableName]) -> Step:
    """The step of a view for which nothing has changed yet, after this update's steps of what it reads."""
    if step.kind is not DatasetKind.MATERIALIZED_VIEW or step.technique is not Technique.NO_CHANGE:
        return step
    working = [each for each in before if each.dataset in inputs and each.does_work]
    replaced = [each for each in working if _replaces(each)]
    if not working:
        return step
    names = tuple(each.dataset for each in (replaced or working))
    shown = ", ".join(name.short for name in names[:3]) + (", …" if len(names) > 3 else "")
    changes = f"{shown} {'changes' if len(names) == 1 else 'change'} in this update"
    if replaced:
        return replace(step, technique=Technique.FULL_RECOMPUTE, reason=changes)
    return replace(step, technique=Technique.FULL_RECOMPUTE, reason=f"if {changes}", only_if_changed=names)


def dry_run(project: Project, engine: Engine, selection: Selection) -> Report:
    """Plan an update; writes nothing. Sources are not landed: files that are not there yet are errors."""
    definitions = load_definitions(project)
    lake = Lake(project.lake, project.catalog)
    planner = Planner(project, selection, definitions)
    kept = KeptSchemas(project, lake, engine, planner.is_reset)
    pipeline = Pipeline(project, definitions, lake, engine, kept.schema, last_versions(lake, planner.begins_anew))
    pipeline.listings.refuses_gaps = True
    order = pipeline.compile()
    refresh = Refresh(FlowWriter(pipeline, engine, utc_now, lambda flow, progress: None))
    dependencies = pipeline.dependencies()
    steps: list[Step] = []
    rewritten: set[TableName] = set()
    unplanned: set[TableName] = set()  # what can be planned only when it runs
    errors = [as_ingot_error(f.error).at(f.location) for f in definitions.failed if f.name is None]
    for name in order:
        dataset = pipeline.dataset(name)
        assert dataset is not None
        missing = _missing(pipeline, dependencies.get(name, set()), unplanned) if name in pipeline.deferred else None
        if missing is not None:
            unplanned.add(name)
            reason = f"asks for rows of {missing.short}, which is not there yet"
            steps.append(Step(name, dataset.kind, Technique.FULL_RECOMPUTE, reason))
            continue
        try:
            if name in pipeline.deferred:
                pipeline.resume(dataset)
            step = planner.step(pipeline, dataset, dependencies)
            refresh.check(dataset, step, rewritten)
            step = _after_inputs(step, steps, planner.inputs(pipeline, name, dependencies))
            steps.append(step)
            if step.technique is Technique.SKIPPED:
                pipeline.failures.setdefault(name, IngotError(step.reason, code="skipped"))
            is_made = step.does_work and not pipeline.table(name).exists()
            if is_made or _replaces(step):
                rewritten.add(name)
        except IngotError as error:
            pipeline.failures[name] = error.at(dataset.location)
            is_skipped = error.code == "upstream-failed"
            technique = Technique.SKIPPED if is_skipped else Technique.FAILED
            # the root's own message stands in its line
            reason = f"{error.root.short} failed" if isinstance(error, UpstreamFailed) else error.message
            steps.append(Step(name, dataset.kind, technique, reason))
            if not is_skipped:
                errors.append(error)
    planned = {step.dataset for step in steps}
    errors += [error for name, error in pipeline.failures.items() if name not in planned]
    notes = (*definitions.notes, *property_notes(definitions), *option_notes(pipeline))
    return Report(tuple(steps), tuple(distinct((*_source_errors(project), *errors))), notes)


def _source_errors(project: Project) -> list[IngotError]:
    """What is wrong with the entries of sources; nothing is asked of any of them."""
    if not project.sources:
        return []
    from ingot.secrets import Secrets
    from ingot.source import load_source

    found: list[IngotError] = []
    for spec in project.sources:
        try:
            load_source(replace(spec, options=Secrets.without(spec.options)))
        except IngotError as error:
            found.append(error.at(spec.location))
    return found
