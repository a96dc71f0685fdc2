"""One update of a project: lock the lake, land the sources, and bring every dataset up to date.

Owns the order of things. What nothing has changed for since the last update is told from a receipt, without loading a
definition. Never renders.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from ingot.engine import Engine, load_engine
from ingot.errors import IngotError
from ingot.events import Clock, Event, EventStream, FlowProgress, utc_now
from ingot.lake.table import Lake
from ingot.model import Project, TableName
from ingot.update.event_log import EventLog
from ingot.update.journal import Journal
from ingot.update.lock import update_lock
from ingot.update.receipt import Receipt
from ingot.update.selection import Selection


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
    selection: Selection = field(default_factory=Selection)
    clock: Clock = utc_now
    reached: Callable[[str], None] = lambda stage: None
    wait_s: float = 0.0
    events: EventStream = field(default_factory=EventStream)
    _progress: dict[TableName, FlowProgress] = field(default_factory=dict)
    _failures: dict[TableName, IngotError] = field(default_factory=dict)
    _errors: list[IngotError] = field(default_factory=list)
    _failed_sources: dict[str, IngotError] = field(default_factory=dict)
    _started: float = 0.0

    def run(self) -> Outcome:
        """Carry out the update.

        Raises:
            IngotError: when nothing could be started: the project is wrong, the lake is busy.
        """
        with self._begun(f"update of {self.project.name} started") as log:
            self._land(())
            self._refresh(log)
        return self._outcome()

    def land(self, names: Sequence[str] = ()) -> Outcome:
        """Land sources without running any flow.

        Args:
            names: Only these; all that are due if empty.

        Raises:
            IngotError: when nothing could be started.
        """
        with self._begun(f"landing of {self.project.name} started"):
            self._land(names)
        return self._outcome()

    @contextmanager
    def _begun(self, message: str) -> Iterator[EventLog]:
        """Hold the lake, with the event log and the journal listening until the update has ended, in whatever way."""
        self._started = time.perf_counter()
        lake = Lake(self.project.lake, self.project.catalog)
        with update_lock(self.project.lake, self.wait_s), closing(Journal(self.project.lake)) as journal:
            log = EventLog(lake, self.project.name)
            self.events.listen(log.add)
            self.events.listen(journal.add)
            self.events.emit(Event("create_update", message, details=self.selection.details()))
            try:
                yield log
                self._ended("FAILED" if self._failures or self._errors else "COMPLETED")
            except BaseException as error:
                self._ended("CANCELED" if isinstance(error, KeyboardInterrupt) else "FAILED")
                raise
            finally:
                log.flush(self._engine, force=True)
                self._engine.close()

    @cached_property
    def _engine(self) -> Engine:
        return load_engine(self.project)

    def _outcome(self) -> Outcome:
        seconds = time.perf_counter() - self._started
        return Outcome(self.events.update_id, self._progress, self._failures, tuple(self._errors), seconds)

    def _land(self, names: Sequence[str]) -> None:
        if not self.project.sources and not names:
            return
        from ingot.update.landing import land_sources

        failures = land_sources(self.project, self.events, self.clock(), names)
        self._failed_sources = dict(failures.missing)
        self._errors.extend(failures.errors)

    def _refresh(self, log: EventLog) -> None:
        receipt = Receipt.load(self.project)
        if self.selection.is_everything and receipt is not None and receipt.holds(self.project, self.clock()):
            for name, kind in receipt.datasets:
                self._unchanged(name, kind)
            for note in receipt.notes:
                self.events.emit(Event("landing_retention", note, "WARN"))
            return
        from ingot.update.execution import Execution

        lake = Lake(self.project.lake, self.project.catalog)
        execution = Execution(
            self.project, self.selection, lake, self._engine, log, self.events, self.clock, self.reached, self._progress
        )
        execution.failed_sources = self._failed_sources
        Receipt.remove(self.project)
        execution.run()
        self._failures = execution.failures
        self._errors.extend(execution.errors)
        if not self._failures and not self._errors:
            tidied = execution.release_landed()
            if self.selection.is_everything:
                from ingot.update.receipt_writing import write_receipt

                write_receipt(execution, tidied)

    def _unchanged(self, name: TableName, kind: str) -> None:
        progress = FlowProgress("COMPLETED", 0, 0, seconds=0.0, technique="no_change")
        self._progress[name] = progress
        details = {**progress.details(), "reason": "nothing that it depends on changed"}
        self.events.emit(Event("flow_progress", f"flow {name.short} is COMPLETED", "INFO", name, name.short, details))

    def _ended(self, state: str) -> None:
        details = {"state": state, "seconds": round(time.perf_counter() - self._started, 3)}
        level = "ERROR" if state == "FAILED" else "INFO"
        self.events.emit(Event("update_progress", f"update {state.lower()}", level, details=details))
