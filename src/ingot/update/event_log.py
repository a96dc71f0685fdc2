"""The event log: a Delta table with Lakeflow's columns, at `<lake>/_ingot/event_log`.

Owns when events are written: a few commits for an update, never one for each event. An update that dies loses at
most the events since the last flush, never a row of data.
"""

from __future__ import annotations

import time
from typing import Any

from ingot.engine import ArrowBinding, Engine, WriteTarget
from ingot.errors import CommitConflictError
from ingot.events import EVENT_LOG_SCHEMA, Event
from ingot.lake.table import Lake, Table, TableChange, TableMetadata
from ingot.model import TableName
from ingot.result import arrow_table

FLUSH_AFTER_S = 5.0


def event_log_table(lake: Lake) -> Table:
    """The table of the event log, whether it exists yet or not."""
    return lake.table(TableName(lake.catalog, "_ingot", "event_log"))


class EventLog:
    """Collects the events of one update and writes them in batches."""

    def __init__(self, lake: Lake, pipeline: str):
        self._table = event_log_table(lake)
        self._pipeline = pipeline
        self._rows: list[tuple[Any, ...]] = []
        self._flushed = time.monotonic()

    def add(self, event: Event) -> None:
        if event.event_type in ("source_progress", "flow_progress") and event.level == "METRICS":
            return  # how far something is: for the eye only; what it comes to is said when it is done
        self._rows.append(event.row(self._pipeline))

    def flush(self, engine: Engine, force: bool = False) -> None:
        """Write what has been collected, if that was long ago or `force` is given."""
        if not self._rows or not (force or time.monotonic() - self._flushed > FLUSH_AFTER_S):
            return
        rows, self._rows = self._rows, []
        files = engine.copy(
            ArrowBinding(EVENT_LOG_SCHEMA, lambda: arrow_table(EVENT_LOG_SCHEMA, rows)), self._target()
        ).files
        while True:
            snapshot = self._table.snapshot() if self._table.exists() else None
            change = TableChange(
                "WRITE",
                adds=files,
                metadata=TableMetadata(EVENT_LOG_SCHEMA) if snapshot is None else None,
                blind=snapshot is not None,
            )
            try:
                self._table.commit(change, snapshot)
                break
            except CommitConflictError:  # two processes made the table at once: append to the other's
                continue
        self._flushed = time.monotonic()

    def _target(self) -> WriteTarget:
        return WriteTarget(self._table.root, EVENT_LOG_SCHEMA)
