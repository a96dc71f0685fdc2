"""Lands the sources of a project: what each one answers is kept as it came, before any flow reads it.

Sources are landed one after the other, each after those that it depends on. A failed source fails only what reads it,
and only what reads its failed part, where it knows one; so does a bug of ours in it. One whose `when` does not hold is
left as it is.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingot.errors import IngotError, ProjectError, SourceError, nearest, unexpected
from ingot.events import Event, EventStream
from ingot.lake.landing import Landing
from ingot.model import Condition, Project, SourceSpec
from ingot.secrets import Secrets, redact
from ingot.source import LandContext, LandProgress, load_source

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class LandingFailures:
    """The errors of sources, and what is missing for each: a folder (with a slash at its end) or a file."""

    errors: tuple[IngotError, ...]
    missing: Mapping[str, IngotError]


def land_sources(
    project: Project, events: EventStream, now: datetime.datetime, names: Sequence[str] = ()
) -> LandingFailures:
    """Land the sources; returns what failed.

    Args:
        project: The project.
        events: Where progress is told.
        now: Decides about `when`, in UTC.
        names: Only these, whatever their `when` says; all if empty.

    Raises:
        ProjectError: `unknown-source`.
    """
    _check_names(project, names)
    secrets, landing = Secrets(project), Landing(project.lake)
    failed: dict[str, IngotError] = {}
    for spec in project.sources:
        if names and spec.name not in names:
            continue
        reason = None if names else _reason_not_to(spec.when, project.configuration, now)
        if reason is not None:
            events.emit(_event(spec, "SKIPPED", reason))
            continue
        error = _failed_before(spec, failed)
        if error is not None:
            events.emit(_event(spec, "SKIPPED", f"{', '.join(n for n in spec.depends_on if n in failed)} failed"))
        else:
            error = _land(spec, landing, secrets, events)
        if error is not None:
            failed[spec.name] = error
    missing = {
        f"{landing.root / spec.name}/{part}": failed[spec.name]
        for spec in project.sources
        if spec.name in failed and not (spec.continue_on_error and landing.records(spec.name))
        for part in failed[spec.name].failed_parts or ("",)
    }
    return LandingFailures(tuple(e for e in failed.values() if e.code != "upstream-failed"), missing)


def _check_names(project: Project, names: Sequence[str]) -> None:
    known = [spec.name for spec in project.sources]
    for name in names:
        if name not in known:
            guess = nearest(name, known)
            raise ProjectError(
                f"there is no source {name!r} in the project",
                hint=f"did you mean {guess!r}?" if guess else f"sources: {', '.join(known) or 'none'}",
                code="unknown-source",
            )


def _reason_not_to(when: Condition, values: Mapping[str, str], now: datetime.datetime) -> str | None:
    """Why a source is not landed now; None if it is."""
    if when.weekdays and now.astimezone(datetime.UTC).isoweekday() not in when.weekdays:
        return f"not today: on {', '.join(_DAYS[day - 1] for day in when.weekdays)}"
    for key, wanted in when.configuration.items():
        if values[key] not in wanted:
            return f"{key} is {values[key]!r}, not {' or '.join(wanted)}"
    return None


def _failed_before(spec: SourceSpec, failed: Mapping[str, IngotError]) -> IngotError | None:
    for name in spec.depends_on:
        if name in failed:
            return SourceError(
                f"the source '{spec.name}' was not landed, for '{name}' failed",
                location=spec.location,
                code="upstream-failed",
            )
    return None


def _land(spec: SourceSpec, landing: Landing, secrets: Secrets, events: EventStream) -> IngotError | None:
    events.emit(_event(spec, "RUNNING", "landing"))
    rates = _Rates()

    def progressed(progress: LandProgress) -> None:
        bytes_per_s = rates.of(progress)
        rate = {} if bytes_per_s is None else {"bytes_per_second": round(bytes_per_s)}
        details = {"file": progress.name, "bytes": progress.bytes, "total": progress.total, **rate}
        events.emit(_event(spec, "RUNNING", f"landing {progress.name}", details, level="METRICS"))

    try:
        known = replace(spec, options=secrets.filled(spec.options, spec.location))
        result = load_source(known).land(LandContext(landing, progress=progressed))
    except IngotError as error:
        return _failed(spec, error, events)
    except Exception as error:
        return _failed(spec, unexpected(error, spec.location), events)
    for warning in result.warnings:
        events.emit(_event(spec, "RUNNING", warning, level="WARN"))
    details = {"landed": len(result.landed), "unchanged": result.unchanged, "bytes": result.bytes}
    message = f"{len(result.landed)} files landed, {result.unchanged} unchanged"
    events.emit(_event(spec, "COMPLETED", message, details))
    return None


class _Rates:
    """How fast what a source reads comes, where it does not say so itself: since the first that was told of it."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[float, int]] = {}

    def of(self, progress: LandProgress) -> float | None:
        """Bytes in a second; None as long as that cannot be told."""
        if progress.rate is not None:
            return progress.rate
        now = time.monotonic()
        began, already = self._first.setdefault(progress.name, (now, progress.bytes))
        if progress.bytes < already:  # it has begun anew
            self._first[progress.name] = (now, progress.bytes)
            return None
        return (progress.bytes - already) / (now - began) if now > began else None


def _failed(spec: SourceSpec, error: IngotError, events: EventStream) -> IngotError:
    redact(error)
    error.at(spec.location)
    events.emit(_event(spec, "FAILED", error.message, error=error, level="ERROR"))
    return error


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
