"""One update of a project: lock the lake, land the sources, compile, and carry out each step in order.

Owns the order of things, what a failure stops, and the one boundary at which any exception of a flow becomes an
event. A failing dataset fails what reads it (SKIPPED); everything else goes on. Never renders.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ingot.definitions import load_definitions
from ingot.engine import Engine, load_engine
from ingot.errors import IngotError, Location, ProjectError, UserCodeError, nearest
from ingot.event_log import EventLog
from ingot.events import Clock, Event, EventStream, FlowProgress, utc_now
from ingot.housekeeping import keep_tidy
from ingot.kept_schemas import KeptSchemas
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake
from ingot.lock import update_lock
from ingot.model import Dataset, DatasetKind, Definitions, Flow, Project, TableName
from ingot.pipeline import Pipeline
from ingot.plan import Facts, Step, Technique, plan_step
from ingot.refresh import KIND_PROPERTY, Reached, Refresh


@dataclass(frozen=True)
class Selection:
    """What an update is asked to do. Names are as the user wrote them; empty `refresh` means everything."""

    refresh: tuple[str, ...] = ()
    full_refresh: tuple[str, ...] = ()
    full_refresh_all: bool = False


@dataclass(frozen=True)
class Outcome:
    """What an update did: the progress of each dataset, in order, and what failed."""

    update_id: str
    progress: Mapping[TableName, FlowProgress]
    failures: Mapping[TableName, IngotError]
    errors: tuple[IngotError, ...] = ()  # outside of any dataset: a file, a source
    seconds: float = 0.0

    @property
    def is_success(self) -> bool:
        return not self.failures and not self.errors


@dataclass
class Update:
    """One execution of a project's pipeline.

    Args:
        project: The project.
        selection: Which datasets.
        clock: The time; settable for tests.
        reached: Told each stage of each batch (`planned`, `written`, `committed` …).
        wait_s: How long to wait for another update of the same lake.
    """

    project: Project
    selection: Selection = Selection()
    clock: Clock = utc_now
    reached: Reached = lambda stage: None
    wait_s: float = 0.0
    events: EventStream = field(default_factory=EventStream)
    _progress: dict[TableName, FlowProgress] = field(default_factory=dict)
    _errors: list[IngotError] = field(default_factory=list)

    def run(self) -> Outcome:
        """Carry out the update.

        Raises:
            IngotError: when nothing could be started: the project is wrong, the lake is busy.
        """
        started = time.perf_counter()
        with update_lock(self.project.lake, self.wait_s):
            lake = Lake(self.project.lake, self.project.catalog)
            log = EventLog(lake, self.project.name)
            self.events.listen(log.add)
            self.events.emit(Event("create_update", f"update of {self.project.name} started"))
            self._land()
            engine = load_engine(self.project)
            try:
                failures = self._execute(lake, engine, log)
                failed = len(failures) + len(self._errors)
                state = "FAILED" if failed else "COMPLETED"
                self.events.emit(
                    Event(
                        "update_progress", f"update {state.lower()}", "ERROR" if failed else "INFO",
                        details={"state": state, "seconds": round(time.perf_counter() - started, 3)},
                    )
                )  # fmt: skip
                log.flush(engine, force=True)
            finally:
                engine.close()
        seconds = time.perf_counter() - started
        return Outcome(self.events.update_id, self._progress, failures, tuple(self._errors), seconds)

    # --- landing ----------------------------------------------------------------------------------------------

    def _land(self) -> None:
        if not self.project.sources:
            return
        from ingot.landing import land_sources

        self._errors.extend(land_sources(self.project, self.events))

    # --- flows ------------------------------------------------------------------------------------------------

    def _execute(self, lake: Lake, engine: Engine, log: EventLog) -> dict[TableName, IngotError]:
        definitions = load_definitions(self.project)
        for failed in definitions.failed:
            if failed.name is None:
                self._fail_outside(failed.error, failed.location)
        planner = Planner(self.project, self.selection, definitions)
        kept = KeptSchemas(self.project, lake, engine, planner.is_reset)
        pipeline = Pipeline(self.project, definitions, lake, engine, kept.schema)
        order = pipeline.compile()
        self._describe(definitions, pipeline)
        refresh = Refresh(pipeline, engine, self.clock, self._flow_progressed, self.reached)
        dependencies = pipeline.dependencies()
        for name in order:
            self._step(pipeline, planner, refresh, name, dependencies)
            log.flush(engine)
        return dict(pipeline.failures)

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
            step = planner.step(pipeline, refresh, dataset, dependencies)
            if step is None:
                return
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
                keep_tidy(pipeline.table(name), refresh.engine, pipeline.lake)
        except IngotError as error:
            self._failed(pipeline, dataset, error)
        except Exception as error:
            wrapped = UserCodeError(f"{type(error).__name__}: {error}", location=dataset.location, code="unexpected")
            wrapped.add_note("".join(traceback.format_exception(error)).rstrip())
            self._failed(pipeline, dataset, wrapped)

    # --- events -----------------------------------------------------------------------------------------------

    def _describe(self, definitions: Definitions, pipeline: Pipeline) -> None:
        for note in getattr(definitions, "notes", ()):
            self.events.emit(Event("flow_definition", f"{note.message} ({note.location})", "WARN"))
        for dataset in definitions.datasets.values():
            if dataset.name in pipeline.failures or pipeline.kind(dataset) is DatasetKind.TEMPORARY_VIEW:
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
        self._progress[step.dataset] = progress
        level = "WARN" if progress.status == "SKIPPED" else "INFO"
        self._emit_progress(step.dataset, step.dataset.short, progress, level, step.reason)

    def _failed(self, pipeline: Pipeline, dataset: Dataset, error: IngotError) -> None:
        error.at(dataset.location)
        pipeline.failures[dataset.name] = error
        progress = FlowProgress("SKIPPED" if error.code == "upstream-failed" else "FAILED")
        self._progress[dataset.name] = progress
        self.events.emit(
            Event(
                "flow_progress", f"{dataset.name.short}: {error.message}", "ERROR", dataset.name,
                dataset.name.short, progress.details(), error,
            )
        )  # fmt: skip

    def _emit_progress(
        self, name: TableName, flow: str, progress: FlowProgress, level: str, reason: str | None = None
    ) -> None:
        details = progress.details()
        if reason:
            details["reason"] = reason
        message = f"flow {flow} is {progress.status}"
        self.events.emit(Event("flow_progress", message, level, name, flow, details))

    def _fail_outside(self, error: Exception, location: Location | None) -> None:
        from ingot.pipeline import as_ingot_error

        wrapped = as_ingot_error(error).at(location)
        self._errors.append(wrapped)
        self.events.emit(Event("update_progress", wrapped.message, "ERROR", error=wrapped))


class Planner:
    """Gathers the facts about one dataset right before its step and asks `plan_step`."""

    def __init__(self, project: Project, selection: Selection, definitions: Definitions):
        self._names = {name.key: name for name in definitions.datasets}
        self._project = project
        self._full = {self._resolve(name) for name in selection.full_refresh}
        self._refresh = {self._resolve(name) for name in selection.refresh} | self._full
        self._all_full = selection.full_refresh_all
        self._is_partial = bool(selection.refresh)

    def step(
        self,
        pipeline: Pipeline,
        refresh: Refresh,
        dataset: Dataset,
        dependencies: Mapping[TableName, set[TableName]],
    ) -> Step:
        """The step of a dataset, from the state of the lake as it is now.

        Raises:
            IngotError: the dataset's definition is wrong or does not fit its table.
        """
        name = dataset.name
        if name in pipeline.failures:
            raise pipeline.failures[name]
        kind = pipeline.kind(dataset)
        table = pipeline.table(name)
        snapshot = table.snapshot() if kind is not DatasetKind.TEMPORARY_VIEW and table.exists() else None
        failed = sorted(d for d in _through_views(name, dependencies, pipeline) if d in pipeline.failures)
        facts = Facts(
            dataset,
            kind,
            exists=snapshot is not None,
            existing=snapshot.schema if snapshot else None,
            existing_kind=snapshot.properties.get(KIND_PROPERTY) if snapshot else None,
            failed_upstream=failed[0] if failed else None,
            is_selected=not self._is_partial or name in self._refresh,
            is_reset=self._is_reset(dataset),
        )
        if failed or not facts.is_selected:
            return plan_step(facts)
        if kind is DatasetKind.STREAMING_TABLE:
            facts = replace(facts, wanted=pipeline.schema(dataset))
        if kind is DatasetKind.MATERIALIZED_VIEW:
            facts = self._view_facts(facts, pipeline, refresh, dataset, snapshot)
        return plan_step(facts)

    def _view_facts(
        self, facts: Facts, pipeline: Pipeline, refresh: Refresh, dataset: Dataset, snapshot: Snapshot | None
    ) -> Facts:
        flow = pipeline.flows(dataset.name)[0]
        stored = last_view_info(pipeline, dataset) if snapshot is not None else {}
        info = refresh.view_info(dataset, flow, stored.get("inputs", {}))
        analyzed = pipeline.analyzed(flow)
        from ingot.fingerprint import is_opaque

        return replace(
            facts,
            fingerprint=info["fingerprint"],
            stored_fingerprint=stored.get("fingerprint"),
            inputs=info["inputs"],
            stored_inputs=stored.get("inputs", {}),
            volatile=analyzed.volatile,
            is_opaque=is_opaque(analyzed),
        )

    def is_reset(self, name: TableName) -> bool:
        """Whether a full refresh of the dataset was asked for."""
        return self._all_full or name in self._full

    def _is_reset(self, dataset: Dataset) -> bool:
        asked = self.is_reset(dataset.name)
        if asked and dataset.properties.get("pipelines.reset.allowed", "true").lower() == "false":
            if dataset.name in self._full:
                raise ProjectError(
                    f"{dataset.name.short} must not be reset: its property pipelines.reset.allowed is false",
                    location=dataset.location,
                    hint="remove the property, or leave the table out of --full-refresh",
                    code="reset-not-allowed",
                )
            return False
        return asked

    def _resolve(self, written: str) -> TableName:
        name = self._project.table_name(written.split("."))
        found = self._names.get(name.key)
        if found is None:
            near = nearest(name.short, [n.short for n in self._names.values()])
            raise ProjectError(
                f"there is no dataset {written!r} in the project",
                hint=f"did you mean {near!r}?" if near else "see them with: ingot dry-run",
                code="unknown-dataset",
            )
        return found


def last_view_info(pipeline: Pipeline, dataset: Dataset) -> Mapping:
    """What the last refresh of a view noted; maintenance commits after it do not hide it."""
    for line in pipeline.table(dataset.name).history(limit=50):
        if "fingerprint" in line.info:
            return line.info
        if line.operation not in ("OPTIMIZE",):
            return {}
    return {}


def _through_views(
    name: TableName, dependencies: Mapping[TableName, set[TableName]], pipeline: Pipeline
) -> set[TableName]:
    """What a dataset reads, looking through temporary views."""
    found: set[TableName] = set()
    waiting = list(dependencies.get(name, ()))
    while waiting:
        read = waiting.pop()
        if read not in found:
            found.add(read)
            dataset = pipeline.dataset(read)
            if dataset is not None and dataset.kind is DatasetKind.TEMPORARY_VIEW:
                waiting.extend(dependencies.get(read, ()))
    return found
