"""What can happen in an update: every fact is an event, and the CLI, the event log and web pages only render events.

Owns the events' shape, which is that of Lakeflow's event log, and their delivery to listeners. Never writes a file.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingot.errors import IngotError
from ingot.model import TableName
from ingot.secrets import redact, redacted, redacted_details
from ingot.types import LONG, STRING, TIMESTAMP, Field, struct

Clock = Callable[[], datetime.datetime]

ORIGIN = ("pipeline_name", "update_id", "dataset_name", "flow_name", "source_code_location")
# The columns of Lakeflow's event log, in its order.
EVENT_LOG_SCHEMA = struct(
    Field("id", STRING), Field("sequence", LONG), Field("origin", struct(*(Field(name, STRING) for name in ORIGIN))),
    Field("timestamp", TIMESTAMP),
    Field("message", STRING), Field("level", STRING), Field("maturity_level", STRING), Field("error", STRING),
    Field("details", STRING), Field("event_type", STRING),
)  # fmt: skip


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Event:
    """One fact of an update.

    `event_type` is one of Lakeflow's: create_update, update_progress, dataset_definition, flow_definition,
    flow_progress, planning_information, user_action. `details` is that type's payload.
    """

    event_type: str
    message: str
    level: str = "INFO"
    dataset: TableName | None = None
    flow: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    error: IngotError | None = None
    id: str = ""
    sequence: int = 0
    timestamp: datetime.datetime | None = None
    update_id: str = ""

    def row(self, pipeline: str) -> tuple[Any, ...]:
        """The event as a row of EVENT_LOG_SCHEMA."""
        origin = {
            "pipeline_name": pipeline,
            "update_id": self.update_id,
            "dataset_name": str(self.dataset) if self.dataset else None,
            "flow_name": self.flow,
        }
        if self.error is not None and self.error.location is not None:
            origin["source_code_location"] = str(self.error.location)
        return (
            self.id, self.sequence, tuple(origin.get(name) for name in ORIGIN), self.timestamp,
            self.message, self.level, "STABLE", json.dumps(error_facts(self.error)) if self.error else None,
            json.dumps({self.event_type: dict(self.details)}, default=str), self.event_type,
        )  # fmt: skip


def error_facts(error: IngotError) -> dict[str, Any]:
    """An error as JSON: the four facts."""
    return {
        "code": error.code,
        "message": error.message,
        "location": str(error.location) if error.location else None,
        "hint": error.hint,
    }


def event_facts(event: Event) -> dict[str, Any]:
    """An event as JSON: a line of `ingot run --json` and of the journal."""
    return {
        "update_id": event.update_id, "sequence": event.sequence,
        "timestamp": event.timestamp.isoformat() if event.timestamp else None,
        "event_type": event.event_type, "level": event.level, "message": event.message,
        "dataset": str(event.dataset) if event.dataset else None, "flow": event.flow,
        "details": dict(event.details), "error": error_facts(event.error) if event.error else None,
    }  # fmt: skip


class EventStream:
    """Numbers and stamps the events of one update, and hands each to every listener."""

    def __init__(self, clock: Clock = utc_now):
        self.update_id = str(uuid.uuid4())
        self._clock = clock
        self._sequence = 0
        self._listeners: list[Callable[[Event], None]] = []

    def listen(self, listener: Callable[[Event], None]) -> None:
        self._listeners.append(listener)

    def emit(self, event: Event) -> Event:
        from dataclasses import replace

        self._sequence += 1
        event = replace(
            event,
            message=redacted(event.message),
            details=redacted_details(event.details),
            error=redact(event.error) if event.error is not None else None,
            id=str(uuid.uuid4()),
            sequence=self._sequence,
            timestamp=self._clock(),
            update_id=self.update_id,
        )
        for listener in self._listeners:
            listener(event)
        return event


@dataclass(frozen=True)
class FlowProgress:
    """The numbers of a flow in one update, as progress lines and `flow_progress` events show them."""

    status: str  # QUEUED, STARTING, RUNNING, COMPLETED, FAILED, SKIPPED, EXCLUDED
    rows_in: int | None = None
    rows_written: int | None = None
    rows_dropped: int = 0
    seconds: float | None = None
    batches: int = 0
    technique: str | None = None
    expectations: tuple[Mapping[str, Any], ...] = ()
    ties: int = 0  # changes that differ from another of the same key and sequence

    def details(self) -> dict[str, Any]:
        details: dict[str, Any] = {"status": self.status}
        if self.rows_written is not None:
            details["metrics"] = {
                "num_output_rows": self.rows_written, "num_input_rows": self.rows_in,
                "seconds": None if self.seconds is None else round(self.seconds, 3), "num_batches": self.batches,
            }  # fmt: skip
            if self.ties:
                details["metrics"]["num_ties"] = self.ties
        if self.expectations or self.rows_dropped:
            details["data_quality"] = {
                "dropped_records": self.rows_dropped,
                "expectations": [dict(e) for e in self.expectations],
            }
        if self.technique:
            details["technique"] = self.technique
        return details
