"""Lands the sources of a project: what each one answers is kept as it came, before any flow reads it.

A failed source fails only what reads it; its files of earlier updates stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ingot.errors import IngotError
from ingot.events import Event, EventStream
from ingot.lake.landing import Landing
from ingot.model import Project, SourceSpec
from ingot.secrets import Secrets, redact
from ingot.source import LandContext, LandProgress, load_source


def land_sources(project: Project, events: EventStream, names: Iterable[str] | None = None) -> dict[str, IngotError]:
    """Land the named sources, or all; returns the errors of those that failed, by the folder where they land."""
    wanted = set(names) if names is not None else None
    secrets = Secrets(project)
    landing = Landing(project.lake)
    failed: dict[str, IngotError] = {}
    for spec in project.sources:
        if wanted is None or spec.name in wanted:
            error = _land(spec, landing, secrets, events)
            if error is not None:
                failed[str(project.lake / "_landing" / spec.name)] = error
    return failed


def _land(spec: SourceSpec, landing: Landing, secrets: Secrets, events: EventStream) -> IngotError | None:
    events.emit(_event(spec, "RUNNING", "landing"))

    def progressed(progress: LandProgress) -> None:
        details = {"file": progress.name, "bytes": progress.bytes, "total": progress.total}
        events.emit(_event(spec, "RUNNING", f"landing {progress.name}", details, level="METRICS"))

    try:
        known = replace(spec, options=secrets.filled(spec.options, spec.location))
        result = load_source(known).land(LandContext(landing, progress=progressed))
    except IngotError as error:
        redact(error)
        error.at(spec.location)
        events.emit(_event(spec, "FAILED", error.message, error=error, level="ERROR"))
        return error
    details = {"landed": len(result.landed), "unchanged": result.unchanged, "bytes": result.bytes}
    message = f"{len(result.landed)} files landed, {result.unchanged} unchanged"
    events.emit(_event(spec, "COMPLETED", message, details))
    return None


def _event(
    spec: SourceSpec,
    status: str,
    message: str,
    details: dict | None = None,
    level: str = "INFO",
    error: IngotError | None = None,
) -> Event:
    payload = {"source": spec.name, "status": status, **(details or {})}
    return Event("source_progress", f"{spec.name}: {message}", level, flow=spec.name, details=payload, error=error)
