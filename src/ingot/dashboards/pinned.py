"""The lake as one answer sees it: every table at one version, however many queries ask, and whoever commits meanwhile.

Owns which snapshot a leaf of a query reads, and what of a query can be kept for the next answer. Never writes.
"""

from __future__ import annotations

import datetime
import threading
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import AnalyzedQuery
from ingot.engine import Binding, BoundQuery, Engine
from ingot.errors import IngotError
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake
from ingot.model import Definitions, Project, Query, Read, TableRead
from ingot.pipeline import Pipeline, is_event_log, is_path
from ingot.result import refuse_intervals
from ingot.types import StructType

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Shape:
    """What the analysis of a query depends on besides its text: the columns of each table that it reads."""

    tables: tuple[tuple[Key, StructType], ...]


class PinnedLake:
    """One answer's view of the lake. Its methods may be called from several threads."""

    def __init__(self, project: Project, lake: Lake, engine: Engine, now: datetime.datetime):
        self.project = project
        self.engine = engine
        self.now = now
        self._pipeline = Pipeline(project, Definitions({}, ()), lake, engine, is_for_queries=True)
        self._snapshots: dict[Key, Snapshot] = {}
        self._lock = threading.Lock()
        self.settings = self._pipeline.settings()
        self.local_now = self.local(now)

    def local(self, instant: datetime.datetime) -> datetime.datetime:
        """What the clock of the session's time zone shows; that of UTC where Python does not know the zone."""
        try:
            return instant.astimezone(zoneinfo.ZoneInfo(self.settings.time_zone)).replace(tzinfo=None)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            return instant.astimezone(datetime.UTC).replace(tzinfo=None)

    # --- tables ---

    def snapshot(self, read: TableRead) -> Snapshot | None:
        """The version of a table that all queries of this answer read; None for what has no versions."""
        if read.version is not None or read.reads_changes or is_event_log(read.name) or is_path(read.name):
            return None
        with self._lock:
            found = self._snapshots.get(read.name.key)
            if found is None:
                if self._pipeline.catalog.view_of(read) is not None:
                    return None
                table = self._pipeline.table(read.name)
                if not table.exists():
                    return None
                found = self._snapshots[read.name.key] = table.snapshot()
            return found

    def snapshots(self, reads: Sequence[Read]) -> dict[str, Snapshot]:
        """The versions that queries with these leaves read, by the table's short name."""
        found = {}
        for read in reads:
            if isinstance(read, TableRead) and (snapshot := self.snapshot(read)) is not None:
                found[read.name.short] = snapshot
        return found

    def version_key(self, reads: Mapping[str, Read]) -> tuple[tuple[Key, str | None, int], ...] | None:
        """What tells one state of everything that is read from another; None where that cannot be told."""
        key = []
        for read in reads.values():
            if not isinstance(read, TableRead):
                return None
            snapshot = self.snapshot(read)
            if snapshot is None:
                return None
            key.append((read.name.key, snapshot.table_id, snapshot.version))
        return tuple(sorted(set(key), key=str))

    def shape(self, reads: Mapping[str, Read]) -> Shape | None:
        """What the analysis of a query with these leaves depends on; None when more than tables of the lake."""
        tables = []
        for read in reads.values():
            snapshot = self.snapshot(read) if isinstance(read, TableRead) else None
            if snapshot is None or not isinstance(read, TableRead):
                return None
            tables.append((read.name.key, snapshot.schema))
        return Shape(tuple(tables))

    # --- the catalog of analysis ---

    def schema_of(self, read: Read) -> StructType:
        """The columns of a leaf."""
        snapshot = self.snapshot(read) if isinstance(read, TableRead) else None
        return snapshot.schema if snapshot is not None else self._pipeline.catalog.schema_of(read)

    def view_of(self, read: Read) -> Query | None:
        """The query behind a leaf that is no table of the lake itself."""
        return self._pipeline.catalog.view_of(read)

    def columns_of(self, read: Read) -> StructType:
        """The columns of a leaf, or of the query behind it."""
        view = self.view_of(read)
        return self.schema_of(read) if view is None else self.analyzed(view).schema

    # --- queries ---

    def checked(self, query: Query) -> AnalyzedQuery:
        """The query, typed, and surely one that the engine evaluates.

        Raises:
            IngotError: what is wrong with it, at its place in the file.
        """
        found = self.analyzed(query)
        try:
            self.engine.check(found)
        except IngotError as error:
            raise error.at(query.location) from error.__cause__
        return found

    def analyzed(self, query: Query) -> AnalyzedQuery:
        """The query, typed.

        Raises:
            IngotError: what is wrong with it, at its place in the file.
        """
        try:
            found = analyze(query, self, self.settings)
            refuse_intervals(found.schema, "a visual cannot show", query.location)
        except IngotError as error:
            if error.code == "unknown-dataset":  # a dataset of a dashboard is something else
                error.message = error.message.replace("unknown dataset", "unknown table", 1)
            raise error.at(query.location) from error.__cause__
        return found

    def bound(self, analyzed: AnalyzedQuery, held: Mapping[str, Binding]) -> BoundQuery:
        """The query over the versions of this answer; leaves that are in memory are read there."""
        bindings = {leaf: held.get(leaf) or self._binding(read) for leaf, read in analyzed.reads.items()}
        return BoundQuery(analyzed, bindings, self.now)

    def _binding(self, read: Read) -> Binding:
        snapshot = self.snapshot(read) if isinstance(read, TableRead) else None
        return snapshot.binding() if snapshot is not None else self._pipeline.catalog.bind(read)
