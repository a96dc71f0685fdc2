"""The state of each table of a lake, and the recent events: what `ingot status` and `ingot events` show."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingot.engine import Engine
from ingot.lake.checkpoint import TableCheckpoint
from ingot.lake.set_aside import readable
from ingot.lake.table import Lake
from ingot.model import Project, TableName
from ingot.plan import KIND_PROPERTY
from ingot.queries import evaluate
from ingot.update.event_log import event_log_table

_LEVELS = ("METRICS", "INFO", "WARN", "ERROR")


@dataclass(frozen=True)
class TableState:
    """One table: what it is, what it holds, how far its flows have read, what its rules counted last."""

    name: TableName
    kind: str
    rows: int | None
    version: int
    updated: datetime.datetime
    checkpoint: str | None
    expectations: Mapping[str, Mapping[str, int]]
    note: str | None = None

    def row(self) -> tuple[Any, ...]:
        rules = ", ".join(
            f"{name}: {c['failed_records']:,} of {c['passed_records'] + c['failed_records']:,} broke it"
            for name, c in self.expectations.items()
            if c["failed_records"]
        )
        passed = "all passed" if self.expectations and not rules else ""
        stamp = self.updated.strftime("%Y-%m-%d %H:%M:%S")
        rows = "?" if self.rows is None else f"{self.rows:,}"
        return (self.name.short, self.kind, rows, self.version, stamp, self.checkpoint or "", rules or passed)

    def to_json(self) -> dict[str, Any]:
        return {
            "table": str(self.name), "kind": self.kind, "rows": self.rows, "version": self.version,
            "updated": self.updated.isoformat(), "checkpoint": self.checkpoint,
            "expectations": {name: dict(counts) for name, counts in self.expectations.items()}, "note": self.note,
        }  # fmt: skip


def table_states(project: Project) -> list[TableState]:
    """The state of every table of the lake; needs no engine."""
    lake = Lake(project.lake, project.catalog)
    defined = _defined(project)
    states = []
    for name in lake.tables():
        snapshot = readable(lake, name).snapshot()
        kind = snapshot.properties.get(KIND_PROPERTY, "table").replace("_", " ")
        note = None
        if defined is not None and kind in ("streaming table", "materialized view") and name.key not in defined:
            note = f"no longer defined; it is not refreshed. Remove it with: ingot drop {name.short}"
        states.append(
            TableState(
                name, kind, snapshot.rows, snapshot.version, snapshot.timestamp,
                _checkpoint(project, name, snapshot.transactions), newest_counts(lake, name), note,
            )
        )  # fmt: skip
    return states


def _defined(project: Project) -> set[tuple[str, str, str]] | None:
    """The datasets that the project defines; None where that cannot be told."""
    if not project.definitions:
        return None
    from ingot.definitions import load_definitions

    definitions = load_definitions(project)
    if any(failed.name is None for failed in definitions.failed):
        return None
    names = [*definitions.datasets, *(failed.name for failed in definitions.failed if failed.name is not None)]
    return {name.key for name in names}


def _checkpoint(project: Project, name: TableName, transactions: Mapping[str, int]) -> str | None:
    epoch = TableCheckpoint(project.lake, name).epoch
    if epoch is None:
        return None
    done = {app.rsplit(":", 1)[0]: number for app, number in transactions.items() if app.endswith(f":{epoch}")}
    done.pop("epoch", None)
    if len(done) == 1:
        return f"batch {next(iter(done.values()))}"
    return ", ".join(f"{flow}: {number}" for flow, number in sorted(done.items())) or "no rows yet"


def newest_counts(lake: Lake, name: TableName) -> dict[str, dict[str, int]]:
    """What the rules of a table counted last, by rule: in the newest of the last commits that noted it."""
    for line in lake.table(name).history(limit=10):
        if "expectations" in line.info:
            return {
                entry["name"]: {key: entry[key] for key in ("passed_records", "failed_records")}
                for entry in line.info["expectations"]
            }
    return {}


def recent_events(project: Project, engine: Engine, limit: int, level: str) -> list[dict[str, Any]]:
    """The newest events of at least a level, oldest first."""
    lake = Lake(project.lake, project.catalog)
    if not event_log_table(lake).exists():
        return []
    levels = ", ".join(f"'{name}'" for name in _LEVELS[_LEVELS.index(level) :])
    rows = evaluate(
        project,
        engine,
        f"SELECT timestamp, level, event_type, message, origin, details, error FROM event_log() "
        f"WHERE level IN ({levels}) ORDER BY timestamp DESC, sequence DESC LIMIT {int(limit)}",
    )
    names = rows.columns
    found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    for row in found:
        for column in ("details", "error"):
            row[column] = json.loads(row[column]) if row[column] else None
    return found[::-1]
