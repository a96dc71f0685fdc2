"""What updates did: read from the event log, and from the journal for the one that runs now.

Events are folded into updates in one place, wherever they come from. Never writes.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingot.engine import Engine
from ingot.json_rows import iso
from ingot.lake.table import Lake
from ingot.model import Project, TableName
from ingot.queries import evaluate
from ingot.quoting import quoted_text
from ingot.update.event_log import event_log_table
from ingot.update.journal import read_journal
from ingot.update.lock import last_holder

_ENDED = ("COMPLETED", "FAILED", "CANCELED")
_OPEN = ("QUEUED", "STARTING", "RUNNING")
_COLUMNS = (
    "origin.update_id, timestamp, event_type, level, message, origin.dataset_name, origin.flow_name, details, error"
)


@dataclass
class FlowRun:
    """One dataset, or one source, within an update: the newest of what its events said.

    `expectations` are Lakeflow's: name, dataset, passed_records, failed_records. `error` has the four facts.
    """

    name: str
    status: str = "QUEUED"
    technique: str | None = None
    reason: str | None = None
    started: datetime.datetime | None = None
    ended: datetime.datetime | None = None
    seconds: float | None = None
    rows_in: int | None = None
    rows_written: int | None = None
    rows_dropped: int = 0
    batches: int | None = None
    bytes: int | None = None
    files: int | None = None
    expectations: list[Mapping[str, Any]] = field(default_factory=list)
    error: Mapping[str, Any] | None = None


@dataclass
class UpdateRun:
    """One update: how it ended (or RUNNING, or INTERRUPTED if its process died), and what its parts did.

    `errors` are those outside of any flow or source; `warnings` are messages.
    """

    id: str
    message: str = ""
    state: str = "RUNNING"
    started: datetime.datetime | None = None
    ended: datetime.datetime | None = None
    seconds: float | None = None
    selection: Mapping[str, Any] = field(default_factory=dict)
    flows: dict[str, FlowRun] = field(default_factory=dict)
    sources: dict[str, FlowRun] = field(default_factory=dict)
    errors: list[Mapping[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Nothing goes on any more: what is open was interrupted, and so was the update if it told no end."""
        if self.state == "RUNNING":
            self.state = "INTERRUPTED"
        for part in (*self.flows.values(), *self.sources.values()):
            if part.status in _OPEN:
                part.status = "INTERRUPTED"

    def summary(self) -> dict[str, Any]:
        """The update as a line of a list: counts in place of its parts."""
        parts = [*self.flows.values(), *self.sources.values()]
        statuses: dict[str, int] = {}
        for flow in self.flows.values():
            statuses[flow.status] = statuses.get(flow.status, 0) + 1
        return {
            "id": self.id, "message": self.message, "state": self.state, "started": _iso(self.started),
            "ended": _iso(self.ended), "seconds": self.seconds, "selection": dict(self.selection), "flows": statuses,
            "rows_written": sum(flow.rows_written or 0 for flow in self.flows.values()),
            "rows_dropped": sum(flow.rows_dropped for flow in self.flows.values()),
            "errors": len(self.errors) + sum(part.status == "FAILED" for part in parts),
            "warnings": len(self.warnings),
        }  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The update with all its parts."""
        return {
            **self.summary(),
            "flows": [_flow_json(flow) for flow in self.flows.values()],
            "sources": [_flow_json(source) for source in self.sources.values()],
            "errors": [dict(error) for error in self.errors],
            "warnings": self.warnings,
        }


def recent_updates(
    project: Project, engine: Engine, limit: int = 50, before: datetime.datetime | None = None
) -> list[UpdateRun]:
    """The newest updates, newest first.

    Args:
        limit: How many at most.
        before: Only those that started before this instant (aware).
    """
    earlier = ""
    if before is not None:
        earlier = f"HAVING min(timestamp) < TIMESTAMP '{before.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S.%f}Z'"
    ids = _event_log(
        project,
        engine,
        f"SELECT origin.update_id FROM event_log() GROUP BY origin.update_id {earlier} "
        f"ORDER BY min(timestamp) DESC LIMIT {int(limit)}",
    )
    found = _logged(project, engine, [row[0] for row in ids])
    current = newest_update(project)
    if current is not None and current.started is not None and (before is None or current.started < before):
        found[current.id] = current  # its journal says more than the log, and earlier
    return sorted(found.values(), key=_by_start, reverse=True)[:limit]


def find_update(project: Project, engine: Engine, update_id: str) -> UpdateRun | None:
    """The update of an id; None if there is none."""
    current = newest_update(project)
    if current is not None and current.id == update_id:
        return current
    return _logged(project, engine, [update_id]).get(update_id)


def newest_update(project: Project) -> UpdateRun | None:
    """The update that runs now, or the last one that did; needs no engine."""
    folded = fold(read_journal(project.lake))
    newest = next(iter(folded.values()), None)
    if newest is not None and (newest.state != "RUNNING" or last_holder(project.lake) is None):
        newest.settle()
    return newest


def expectation_history(project: Project, engine: Engine, table: TableName, limit: int = 50) -> list[dict[str, Any]]:
    """What the rules of a table counted, update by update, newest first."""
    rows = _event_log(
        project,
        engine,
        "SELECT origin.update_id, timestamp, get_json_object(details, '$.flow_progress.data_quality') AS quality "
        f"FROM event_log() WHERE event_type = 'flow_progress' AND origin.dataset_name = {quoted_text(str(table))} "
        "AND get_json_object(details, '$.flow_progress.data_quality') IS NOT NULL "
        f"ORDER BY timestamp DESC LIMIT {int(limit)}",
    )
    return [{"update_id": row[0], "timestamp": _iso(_aware(row[1])), **json.loads(row[2])} for row in rows]


def fold(events: Iterable[Mapping[str, Any]]) -> dict[str, UpdateRun]:
    """Updates by id, from events in order, each as a line of the journal has it."""
    updates: dict[str, UpdateRun] = {}
    for event in events:
        update = updates.setdefault(event["update_id"], UpdateRun(event["update_id"]))
        _take(update, event)
    return updates


def _take(update: UpdateRun, event: Mapping[str, Any]) -> None:
    at, details, kind = _aware(event["timestamp"]), event["details"] or {}, event["event_type"]
    update.started = update.started or at
    if kind == "create_update":
        update.message, update.selection = event["message"], details
    elif kind == "flow_progress":
        flow = update.flows.setdefault(event["dataset"], FlowRun(event["dataset"]))
        _progress(flow, event, details, at)
    elif kind == "source_progress":
        source = update.sources.setdefault(event["flow"], FlowRun(event["flow"]))
        _progress(source, event, details, at)
        source.bytes, source.files = details.get("bytes", source.bytes), details.get("landed", source.files)
    elif kind == "update_progress" and details.get("state") in _ENDED:
        update.state, update.seconds, update.ended = details["state"], details.get("seconds"), at
    elif event["error"]:
        update.errors.append(event["error"])
    elif event["level"] == "WARN":
        update.warnings.append(event["message"])


def _progress(flow: FlowRun, event: Mapping[str, Any], details: Mapping[str, Any], at: datetime.datetime) -> None:
    flow.status = details.get("status", flow.status)
    flow.technique, flow.reason = details.get("technique", flow.technique), details.get("reason", flow.reason)
    metrics, quality = details.get("metrics", {}), details.get("data_quality", {})
    flow.rows_written, flow.rows_in = (
        metrics.get("num_output_rows", flow.rows_written),
        metrics.get("num_input_rows", flow.rows_in),
    )
    flow.seconds, flow.batches = metrics.get("seconds", flow.seconds), metrics.get("num_batches", flow.batches)
    flow.rows_dropped = quality.get("dropped_records", flow.rows_dropped)
    flow.expectations = list(quality.get("expectations", flow.expectations))
    flow.error = event["error"] or flow.error
    flow.started = flow.started or at
    if flow.status not in _OPEN:
        flow.ended = at


def _logged(project: Project, engine: Engine, ids: list[str]) -> dict[str, UpdateRun]:
    if not ids:
        return {}
    wanted = ", ".join("'" + "".join(c for c in one if c.isalnum() or c == "-") + "'" for one in ids)
    rows = _event_log(
        project, engine, f"SELECT {_COLUMNS} FROM event_log() WHERE origin.update_id IN ({wanted}) ORDER BY sequence"
    )
    updates = fold(_as_journal_line(row) for row in rows)
    for update in updates.values():
        update.settle()  # what runs is told by its journal
    return updates


def _as_journal_line(row: tuple[Any, ...]) -> dict[str, Any]:
    update_id, timestamp, event_type, level, message, dataset, flow, details, error = row
    return {
        "update_id": update_id, "timestamp": timestamp, "event_type": event_type, "level": level, "message": message,
        "dataset": dataset, "flow": flow, "details": json.loads(details)[event_type] if details else {},
        "error": json.loads(error) if error else None,
    }  # fmt: skip


def _event_log(project: Project, engine: Engine, text: str) -> list[tuple[Any, ...]]:
    if not event_log_table(Lake(project.lake, project.catalog)).exists():
        return []
    return evaluate(project, engine, text).fetchall()


def _flow_json(flow: FlowRun) -> dict[str, Any]:
    return {**vars(flow), "started": _iso(flow.started), "ended": _iso(flow.ended)}


def _aware(stamp: str | datetime.datetime) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
    return found.replace(tzinfo=datetime.UTC) if found.tzinfo is None else found


def _iso(stamp: datetime.datetime | None) -> str | None:
    return None if stamp is None else iso(stamp)


def _by_start(update: UpdateRun) -> datetime.datetime:
    return update.started or datetime.datetime.min.replace(tzinfo=datetime.UTC)
