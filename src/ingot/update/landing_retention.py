"""Lets processed landing files go, as `landed` of their sources says, at the end of an update in which nothing failed.

Owns which files are old enough, and what is told of those that stay. Whether tables need a file is `landing_readers`,
how it goes is the landing zone's.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingot.engine import SourceFile
from ingot.errors import LakeError
from ingot.events import Event, EventStream
from ingot.lake.landing import Landing
from ingot.lake.landing_record import LandingRecord
from ingot.lake.landing_release import Releases
from ingot.model import Retention, SourceSpec
from ingot.pipeline import Pipeline
from ingot.secrets import Secrets
from ingot.source import NeedsLanded, load_source
from ingot.update.landing_readers import LandingReaders
from ingot.update.tidied import Tidied


@dataclass(frozen=True)
class _Aged:
    """The files of one source that are there and old enough, with the reasons of its own for which some stay."""

    spec: SourceSpec
    retention: Retention
    folder: str
    records: Sequence[LandingRecord]
    needed: Mapping[str, str]
    next_due: datetime.datetime | None


def release_landed(pipeline: Pipeline, events: EventStream, now: datetime.datetime) -> Tidied:
    """Let go what is old enough and no longer needed; tell what went and what stays, once for each reason.

    Raises:
        LakeError: `cannot-write`, or what cannot be looked at; what went until then is recorded.
    """
    try:
        return _release_landed(pipeline, events, now)
    except OSError as error:
        raise LakeError(
            f"{error.filename or pipeline.lake.root / '_landing'}: {error.strerror or error}",
            hint="check the permissions of the lake's folder",
            code="cannot-write",
        ) from error


def _release_landed(pipeline: Pipeline, events: EventStream, now: datetime.datetime) -> Tidied:
    landing = Landing(pipeline.lake.root)
    known = set(landing.sources())
    all_aged = [
        _aged(spec, spec.landed, landing, now)
        for spec in pipeline.project.sources
        if spec.landed is not None and spec.name in known
    ]
    files = {
        f"{aged.folder}/{r.name}": _source_file(f"{aged.folder}/{r.name}") for aged in all_aged for r in aged.records
    }
    needed = LandingReaders(pipeline, files).needed() if files else {}
    gone: list[str] = []
    notes: list[str] = []
    for aged in all_aged:
        went, reasons = _release(aged, needed, Releases(pipeline.lake.root, aged.spec.name), now)
        gone += [str(landing.path(aged.spec.name, record.name)) for record in went]
        if went:
            events.emit(_told(aged, went))
        notes += [_note(aged, reason, count) for reason, count in reasons.items()]
    for note in notes:
        events.emit(Event("landing_retention", note, "WARN"))
    next_due = min((aged.next_due for aged in all_aged if aged.next_due is not None), default=None)
    return Tidied(frozenset(gone), tuple(notes), next_due)


def _aged(spec: SourceSpec, retention: Retention, landing: Landing, now: datetime.datetime) -> _Aged:
    with landing.open(spec.name) as files:  # finishes first what a killed run had begun: it must not come back
        records = [record for record in files.records if not _is_hidden(record.name)]
    folder = os.path.realpath(landing.root / spec.name)
    there = [record for record in records if Path(folder, record.name).exists()]
    aged = [record for record in there if record.landed_at + retention.after <= now]
    later = [record.landed_at + retention.after for record in there if record.landed_at + retention.after > now]
    source = load_source(replace(spec, options=Secrets.without(spec.options)))
    needed = source.needed(records) if aged and isinstance(source, NeedsLanded) else {}
    return _Aged(spec, retention, folder, aged, {**_incomplete(records), **needed}, min(later, default=None))


def _is_hidden(name: str) -> bool:
    """Whether no reader lists a file: a source has landed it for itself."""
    return any(part.startswith(("_", ".")) and "=" not in part for part in name.split("/"))


def _incomplete(records: Sequence[LandingRecord]) -> dict[str, str]:
    """The files of readings that are to go on."""
    last = {record.resource: record for record in records}
    going_on = {(resource, record.run) for resource, record in last.items() if record.resume is not None}
    return {r.name: "the reading that it is a part of is to go on" for r in records if (r.resource, r.run) in going_on}


def _source_file(path: str) -> SourceFile:
    status = Path(path).stat()
    return SourceFile(path, status.st_size, status.st_mtime_ns // 1_000_000)


def _release(
    aged: _Aged, needed: Mapping[str, str], releases: Releases, now: datetime.datetime
) -> tuple[list[LandingRecord], dict[str, int]]:
    """Let the files of a source go; returns those that went, and why how many others stay."""
    reasons: dict[str, int] = {}
    going: list[tuple[LandingRecord, Path | None]] = []
    for record in aged.records:
        reason = aged.needed.get(record.name) or needed.get(f"{aged.folder}/{record.name}")
        try:
            if reason is None:
                archive = aged.retention.archive
                going.append((record, releases.archive(record, archive) if archive is not None else None))
        except LakeError as error:
            reason = error.message
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + 1
    if going:
        releases.release(going, now)
    return [record for record, _ in going], reasons


def _told(aged: _Aged, went: Sequence[LandingRecord]) -> Event:
    size, archive = sum(record.bytes for record in went), aged.retention.archive
    how = "removed" if archive is None else f"moved to {archive}"
    files = "1 processed file" if len(went) == 1 else f"{len(went)} processed files"
    details = {"source": aged.spec.name, "files": len(went), "bytes": size, "archive": str(archive or "") or None}
    return Event("landing_retention", f"source {aged.spec.name}: {files} {how}", flow=aged.spec.name, details=details)


def _note(aged: _Aged, reason: str, count: int) -> str:
    files = "1 landed file is" if count == 1 else f"{count} landed files are"
    stay = "stays" if count == 1 else "stay"
    return f"source {aged.spec.name}: {files} old enough to go and {stay}: {reason}"
