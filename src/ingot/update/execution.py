"""The flows of one update: compiled, then carried out step by step.

Owns what a failure stops and the one boundary at which any exception of a flow becomes an event. A failing dataset
fails what reads it (SKIPPED); everything else goes on. Never renders.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ingot.definitions import load_definitions
from ingot.engine import Engine
from ingot.errors import IngotError, Location, as_ingot_error, unexpected
from ingot.events import Clock, Event, EventStream, FlowProgress
from ingot.lake.protocol import left_out_properties
from ingot.lake.table import Lake
from ingot.model import Dataset, DatasetKind, Definitions, Flow, Note, Project, TableName
from ingot.pipeline import Pipeline
from ingot.pipeline.option_notes import option_notes
from ingot.plan import Step, Technique
from ingot.update.event_log import EventLog
from ingot.update.flow_writer import FlowWriter, Reached
from ingot.update.housekeeping import keep_tidy
from ingot.update.kept_schemas import KeptSchemas
from ingot.update.planner import Planner
from ingot.update.receipt import definition_state
from ingot.update.refresh import Refresh
from ingot.update.refusals import refuse_other_catalog
from ingot.update.selection import Selection
from ingot.update.snapshot_batches import last_versions
from ingot.update.tidied import Tidied


def property_notes(definitions: Definitions) -> list[Note]:
    """What table properties ask for and does not happen here."""
    return [
        Note(f"{dataset.name.short}: the table property {name} has no effect here and is left out", dataset.location)
        for dataset in definitions.datasets.values()
        for name in left_out_properties(dataset.properties)
    ]


@dataclass
class Execution:
    """Carries out an update's flows; afterwards `progress`, `failures` and `errors` tell what happened."""

    project: Project
    selection: Selection
    lake: Lake
    engine: Engine
    log: EventLog
    events: EventStream
    clock: Clock
    reached: Reached
    progress: dict[TableName, FlowProgress] = field(default_factory=dict)
    failures: dict[TableName, IngotError] = field(default_factory=dict)
    errors: list[IngotError] = field(default_factory=list)
    pipeline: Pipeline | None = None
    failed_sources: dict[str, IngotError] = field(default_factory=dict)
    definition_state: dict[str, list[int]] = field(default_factory=dict)

    def run(self) -> None:
        """Compile the definitions and carry out each step in order."""
        self.definition_state = definition_state(self.project)  # as it is now: what is saved later is not run
        definitions = load_definitions(self.project)
        for failed in definitions.failed:
            if failed.name is None:
                self._fail_outside(failed.error, failed.location)
        planner = Planner(self.project, self.selection, definitions)
        kept = KeptSchemas(self.project, self.lake, self.engine, planner.is_reset)
        last = last_versions(self.lake, planner.begins_anew)
        pipeline = self.pipeline = Pipeline(self.project, definitions, self.lake, self.engine, kept.schema, last)
        pipeline.failed_sources, pipeline.listings.refuses_gaps = self.failed_sources, True
        order = pipeline.compile()
        self._describe(definitions, pipeline)
        for name in sorted(pipeline.failures.keys() - set(order)):  # what was never understood has no step
            if planner.is_selected(name):
                self._tell_failure(name, pipeline.failures[name])
        refresh = Refresh(FlowWriter(pipeline, self.engine, self.clock, self._flow_progressed, self.reached))
        dependencies = pipeline.dependencies()
        self._refuse_resets(pipeline, planner, order)
        self._reset(pipeline, planner, refresh, order)
        for name in order:
            self._step(pipeline, planner, refresh, name, dependencies)
            self.log.flush(self.engine)
        self.failures = {name: e for name, e in pipeline.failures.items() if planner.is_selected(name)}

    def _refuse_resets(self, pipeline: Pipeline, planner: Planner, order: list[TableName]) -> None:
        """Let those fail whose full refresh would take away what it does not bring, before anything is reset."""
        for name in order:
            dataset = pipeline.dataset(name)
            if dataset is None or name in pipeline.failures or not planner.begins_anew(name):
                continue
            try:
                refuse_other_catalog(dataset, pipeline.table(name))
                if name not in pipeline.deferred:
                    planner.refuse_lossy_reset(pipeline, dataset)
            except IngotError as error:
                pipeline.failures[name] = error

    def _reset(self, pipeline: Pipeline, planner: Planner, refresh: Refresh, order: list[TableName]) -> None:
        """Reset what is to be refreshed in full, readers before what they read.

        Killed in between, the next update finds tables that begin anew from sources that are as they were, never a
        reader in the middle of a source that began anew.
        """
        for name in reversed(order):
            dataset = pipeline.dataset(name)
            if dataset is None or name in pipeline.failures or not planner.is_reset(name):
                continue
            try:
                if not planner.may_reset(dataset):
                    message = f"{name.short} is not reset: its property pipelines.reset.allowed is false"
                    self.events.emit(Event("flow_definition", message, "WARN", name))
                elif name in pipeline.deferred or pipeline.kind(dataset) is DatasetKind.STREAMING_TABLE:
                    refresh.reset(dataset)  # a deferred one begins anew in case that it is a streaming table
            except IngotError as error:
                pipeline.failures[name] = error

    def _step(
        self,
        pipeline: Pipeline,
        planner: Planner,
        refresh: Refresh,
        name: TableName,
        dependencies: Mapping[TableName, set[TableName]],
    ) -> None:
        dataset = pipeline.dataset(name)
        assert dataset is not None
        started = time.perf_counter()
        try:
            if name in pipeline.deferred:
                pipeline.resume(dataset)
                dependencies = pipeline.dependencies()
            step = planner.step(pipeline, dataset, dependencies)
            self._planned(step)
            if step.technique is Technique.SKIPPED:
                pipeline.failures.setdefault(name, IngotError(f"skipped: {step.reason}", code="skipped"))
                self._finished(step, FlowProgress("SKIPPED", technique=step.technique.value))
            elif not step.does_work:
                status = "EXCLUDED" if step.technique is Technique.EXCLUDED else "COMPLETED"
                self._finished(step, FlowProgress(status, 0, 0, technique=step.technique.value, seconds=0.0))
            else:
                self._running(step)
                progress = refresh.run(dataset, step)
                progress = replace(progress, seconds=time.perf_counter() - started)
                self._finished(step, progress)
                self._tell_ties(name, progress.ties)
                self._keep_tidy(pipeline, name)
        except IngotError as error:
            self._failed(pipeline, dataset, error)
        except Exception as error:
            self._failed(pipeline, dataset, unexpected(error, dataset.location))

    def release_landed(self) -> Tidied:
        """Let landed files go that are no longer needed. When that fails, the update stands."""
        pipeline = self.pipeline
        if pipeline is None or pipeline.failures or pipeline.deferred:
            return Tidied()
        if all(spec.landed is None for spec in self.project.sources):
            return Tidied()
        from ingot.update.landing_retention import release_landed

        try:
            return release_landed(pipeline, self.events, self.clock())
        except IngotError as error:
            message = f"the landing zone was not tidied: {error.message}"
            self.events.emit(Event("landing_retention", message, "WARN", error=error))
            return Tidied(is_complete=False)

    def _keep_tidy(self, pipeline: Pipeline, name: TableName) -> None:
        """Maintenance after a commit: when it fails, the commit stands and the update goes on."""
        try:
            keep_tidy(pipeline.table(name), self.engine, pipeline.lake)
        except IngotError as error:
            message = f"{name.short} was not tidied: {error.message}"
            self.events.emit(Event("flow_definition", message, "WARN", name, error=error))

    # --- events -----------------------------------------------------------------------------------------------

    def _describe(self, definitions: Definitions, pipeline: Pipeline) -> None:
        for note in (*definitions.notes, *property_notes(definitions), *option_notes(pipeline)):
            self.events.emit(Event("flow_definition", f"{note.message} ({note.location})", "WARN"))
        for dataset in definitions.datasets.values():
            if dataset.name in pipeline.deferred or dataset.name in pipeline.failures:
                continue
            if pipeline.kind(dataset) is DatasetKind.TEMPORARY_VIEW:
                continue
            details = {"dataset_type": pipeline.kind(dataset).value, "schema": pipeline.schema(dataset).json()}
            self.events.emit(
                Event("dataset_definition", f"{dataset.name.short} defined", "METRICS", dataset.name, details=details)
            )

    def _planned(self, step: Step) -> None:
        details = {"technique": step.technique.value, "reason": step.reason}
        message = f"{step.dataset.short}: {step.technique.value} ({step.reason})"
        self.events.emit(Event("planning_information", message, "METRICS", step.dataset, details=details))

    def _running(self, step: Step) -> None:
        progress = FlowProgress("RUNNING", technique=step.technique.value)
        self._emit_progress(step.dataset, step.dataset.short, progress, "INFO")

    def _flow_progressed(self, flow: Flow, progress: FlowProgress) -> None:
        self._emit_progress(flow.target, flow.name, replace(progress, status="RUNNING"), "METRICS")

    def _finished(self, step: Step, progress: FlowProgress) -> None:
        if step.kind is DatasetKind.TEMPORARY_VIEW:
            return
        self.progress[step.dataset] = progress
        level = "WARN" if progress.status == "SKIPPED" else "INFO"
        self._emit_progress(step.dataset, step.dataset.short, progress, level, step.reason)

    def _tell_ties(self, name: TableName, ties: int) -> None:
        if ties:
            changes = "1 change has" if ties == 1 else f"{ties} changes have"
            message = (
                f"{name.short}: {changes} the key and the sequence of another one and other values; "
                "the greater values were kept. SEQUENCE BY should tell changes apart"
            )
            self.events.emit(Event("flow_definition", message, "WARN", name, details={"num_ties": ties}))

    def _failed(self, pipeline: Pipeline, dataset: Dataset, error: IngotError) -> None:
        error.at(dataset.location)
        pipeline.failures[dataset.name] = error
        self._tell_failure(dataset.name, error)

    def _tell_failure(self, name: TableName, error: IngotError) -> None:
        progress = FlowProgress("SKIPPED" if error.code == "upstream-failed" else "FAILED")
        self.progress[name] = progress
        message = f"{name.short}: {error.message}"
        self.events.emit(Event("flow_progress", message, "ERROR", name, name.short, progress.details(), error))

    def _emit_progress(
        self, name: TableName, flow: str, progress: FlowProgress, level: str, reason: str | None = None
    ) -> None:
        details = progress.details()
        if reason:
            details["reason"] = reason
        message = f"flow {flow} is {progress.status}"
        self.events.emit(Event("flow_progress", message, level, name, flow, details))

    def _fail_outside(self, error: Exception, location: Location | None) -> None:
        wrapped = as_ingot_error(error).at(location)
        self.errors.append(wrapped)
        self.events.emit(Event("update_progress", wrapped.message, "ERROR", error=wrapped))
