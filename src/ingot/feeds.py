"""Which versions of a Delta table a read asks for: the one that is read, where a stream begins, the range of a change
data feed.

Owns what the options startingVersion, startingTimestamp, endingVersion and endingTimestamp mean for a table, and which
tables of the project have no feed. Never reads a row.
"""

from __future__ import annotations

import datetime

from ingot.engine import UnionBinding
from ingot.errors import AnalysisError, LakeError, PlanError, UnsupportedError
from ingot.lake import change_feed
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table
from ingot.model import DatasetKind, TableRead
from ingot.types import StructType

LATEST = "latest"


def snapshot_of(table: Table, read: TableRead) -> Snapshot:
    """The version of a table that a read asks for; the newest one if it asks for none."""
    match read.version:
        case None:
            return table.snapshot()
        case int():
            return table.snapshot(version=read.version)
    return table.snapshot(timestamp=instant_of(str(read.version), read))


def start_of(read: TableRead, table: Table) -> int | None:
    """The first version of which changes are read; None when the read begins with all rows there are.

    Raises:
        PlanError: `version-out-of-range`.
        LakeError: `unknown-version`, when an instant is after the newest version.
        AnalysisError: for text that is no instant.
    """
    latest = table.snapshot().version
    text, at = read.options.get("startingversion"), read.options.get("startingtimestamp")
    if text is not None and text.lower() == LATEST:
        return latest + 1
    if text is not None:
        if int(text) > latest:
            raise _out_of_range(read, f"begins at version {text}, the newest one is {latest}")
        return int(text)
    return None if at is None else _version_since(read, table, at)


def batch_of_changes(read: TableRead, table: Table, schema: StructType, version: int | None) -> UnionBinding:
    """The changes that a read which is no stream asks for, as of a version; None: the newest.

    A read that gives no start has been a stream, and is looked at as a whole: its rows are inserts.
    """
    newest = table.snapshot().version if version is None else version
    start, end = start_of(read, table), _end_of(read, table, newest)
    if start is not None and end < start and "endingversion" in read.options:
        raise _out_of_range(read, f"begins at version {start} and ends at {end}")
    try:
        if start is None:
            return change_feed.rows_as_inserts(table.snapshot(version=newest), schema)
        return change_feed.changes(table, start, end, schema)
    except LakeError as error:
        raise error.at(read.location) from None


def _end_of(read: TableRead, table: Table, newest: int) -> int:
    """The last version of which changes are read."""
    text, at = read.options.get("endingversion"), read.options.get("endingtimestamp")
    if text is not None:
        return min(int(text), newest)
    if at is None:
        return newest
    _version_since(read, table, at)  # an instant after the newest version is refused: its meaning would change
    try:
        return min(table.snapshot(timestamp=instant_of(at, read)).version, newest)
    except LakeError as error:
        raise error.at(read.location) from None


def _version_since(read: TableRead, table: Table, text: str) -> int:
    try:
        return table.version_since(instant_of(text, read))
    except LakeError as error:
        raise error.at(read.location) from None


def feed_schema(read: TableRead, schema: StructType) -> StructType:
    """The columns that a read of changes gives, of a table with these columns.

    Raises:
        LakeError: `reserved-column`.
    """
    try:
        return change_feed.feed_schema(schema)
    except LakeError as error:
        raise error.at(read.location) from None


def check_own_feed(read: TableRead, kind: DatasetKind, is_changed: bool) -> None:
    """Refuse the feed of a table that an update writes: Ingot records no changes of rows.

    Raises:
        UnsupportedError: `no-change-feed`.
    """
    if is_changed:
        raise no_feed(read, "is a table of changes", "read what its flow reads, or the table in a MATERIALIZED VIEW")
    if kind is DatasetKind.MATERIALIZED_VIEW:
        raise no_feed(read, "is replaced as a whole", "read the view itself in another MATERIALIZED VIEW")
    raise no_feed(read, "only gets new rows", "read it as a stream, without readChangeFeed: each row is an insert")


def no_feed(read: TableRead, why: str, hint: str) -> UnsupportedError:
    """The error for a read of changes where there are none."""
    return UnsupportedError(
        f"{'.'.join(read.parts)} {why}: it has no change data feed",
        location=read.location,
        hint=hint,
        code="no-change-feed",
    )


def instant_of(text: str, read: TableRead) -> datetime.datetime:
    """An instant as an option or a query gives it.

    Raises:
        AnalysisError: for anything else.
    """
    try:
        instant = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise AnalysisError(f"{text!r} is not an instant", location=read.location, hint="YYYY-MM-DD HH:MM:SS") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=datetime.UTC)


def _out_of_range(read: TableRead, what: str) -> PlanError:
    return PlanError(
        f"the read of {'.'.join(read.parts)} {what}",
        location=read.location,
        hint="give versions that the table has, the older one first",
        code="version-out-of-range",
    )
