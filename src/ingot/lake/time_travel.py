"""Which version of a table an instant means. Never reads rows."""

from __future__ import annotations

import bisect
import datetime

from ingot.errors import LakeError
from ingot.lake.log_files import LogFiles
from ingot.lake.snapshot import Snapshot, instant
from ingot.model import TableName


def version_at(name: TableName, log: LogFiles, timestamp: datetime.datetime, latest: Snapshot) -> int:
    """The newest version that was committed at or before an instant.

    Raises:
        LakeError: `unknown-version`, when the newest version is older, or the oldest one is newer.
    """
    if timestamp.tzinfo is None:
        timestamp = timestamp.replace(tzinfo=datetime.UTC)
    if timestamp > latest.timestamp:  # as Delta has it: what is read then could be another version tomorrow
        raise _not_so_new(name, timestamp, latest)
    versions = sorted(log.versions())
    index = bisect.bisect_right(versions, timestamp, key=lambda version: _committed(log, version))
    if index == 0:
        oldest = _committed(log, versions[0]) if versions else latest.timestamp
        raise LakeError(
            f"{name.short} has no version as old as {timestamp.isoformat()}",
            hint=f"its oldest version is of {oldest.isoformat()}",
            code="unknown-version",
        )
    return versions[index - 1]


def version_since(name: TableName, log: LogFiles, timestamp: datetime.datetime, latest: Snapshot) -> int:
    """The oldest version that was committed at or after an instant.

    Raises:
        LakeError: `unknown-version`, when the newest version is older.
    """
    if latest.timestamp < timestamp:
        raise _not_so_new(name, timestamp, latest)
    versions = sorted(log.versions())
    return versions[bisect.bisect_left(versions, timestamp, key=lambda version: _committed(log, version))]


def _committed(log: LogFiles, version: int) -> datetime.datetime:
    return instant(log.entry(version).timestamp_ms or 0)


def _not_so_new(name: TableName, timestamp: datetime.datetime, latest: Snapshot) -> LakeError:
    return LakeError(
        f"{name.short} has no version as new as {timestamp.isoformat()}",
        hint=f"its newest version is of {latest.timestamp.isoformat()}",
        code="unknown-version",
    )
