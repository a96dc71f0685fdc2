"""The batches of a flow of snapshots: which snapshot comes next, each one in one batch.

A plan notes the snapshot's version beside what it reads, before anything is read; the table's commit makes it the last
one. A snapshot that was planned and not committed is taken again: of a function it is asked for once more, and planned
anew if the function gives another one. Never compares rows.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ingot.analysis.typed import AnalyzedQuery
from ingot.cdc.versions import Version
from ingot.errors import PlanError
from ingot.lake.checkpoint import BatchPlan, TableCheckpoint
from ingot.lake.table import Lake, Table
from ingot.model import ChangeSpec, Dataset, FileRead, Flow, Read, TableName
from ingot.snapshot_folders import FolderStream
from ingot.streams import Stream
from ingot.update import fingerprint
from ingot.update.batches import FlowBatches

_KEY = "snapshot"  # of the version among what a plan notes
_TICK = datetime.timedelta(microseconds=1)


class SnapshotBatches(FlowBatches):
    """The snapshots that a flow's table has still to follow."""

    _is_used: bool = False  # whether this update has taken a snapshot

    def next(self, table: Table) -> BatchPlan | None:
        """The next snapshot, as of every flow; a function is asked for one more after each."""
        if self._is_used and self._spec.calls_function:
            self.pipeline.ask_again(self._dataset, self.flow)
        batch = super().next(table)
        self._is_used = batch is not None
        return batch

    @property
    def stream_keys(self) -> set[str]:
        return {_KEY, *super().stream_keys}

    def make_stream(self, read: Read, key: str) -> Stream:
        if isinstance(read, FileRead):
            schema, root = self.pipeline.catalog.schema_of(read, self.flow), self.pipeline.project.root
            return FolderStream(read, schema, root, key, self.pipeline.catalog.files(read))
        return super().make_stream(read, key)

    def folder(self, offset: Any) -> Version:
        """The version of a snapshot that is a folder of files."""
        return Version(offset[_KEY])

    def is_settled(self, analyzed: AnalyzedQuery) -> bool:
        """Whether a query gives the same rows for the same inputs."""
        return not analyzed.volatile and not fingerprint.is_opaque(analyzed)

    # --- plans --------------------------------------------------------------------------------------------------

    def _is_intact(self, batch: BatchPlan) -> bool:
        if self._spec.calls_function and version_of(batch) != self._given():
            return False
        return super()._is_intact(batch)

    def _offsets(self, plans: Sequence[BatchPlan]) -> dict[str, Any]:
        last = version_of(plans[-1]) if plans else None
        if plans and last is None:
            raise self._other_source()
        if self._spec.calls_function:
            return self._of_function(last)
        offsets = super()._offsets(plans)
        if self.pipeline.analyzed(self.flow).is_streaming:
            return {**offsets, _KEY: _noted(self.folder(next(iter(offsets.values()))))} if offsets else {}
        return self._of_tables(last, plans[-1].sources[_KEY].get("state") if plans else None)

    def _has_rows(self, offsets: Mapping[str, Any]) -> bool:
        return bool(offsets)

    def _of_function(self, last: Version | None) -> dict[str, Any]:
        version = self._given()
        if version is None:
            return {}
        if last is not None and not self._follows(version, last):
            raise PlanError(
                f"version {version} was given for the snapshot after {last}: it must be a later one, or none",
                location=self.flow.location,
                hint="compare with the version of the last one: the argument of the function, or "
                "last_snapshot_version()",
                code="snapshot-order",
            )
        return {_KEY: _noted(version)}

    def _follows(self, version: Version, last: Version) -> bool:
        try:
            return version.follows(last)
        except TypeError:
            raise PlanError(
                f"version {version.value!r} was given for the snapshot after {last.value!r}, which cannot be compared",
                location=self.flow.location,
                hint="let all versions be of one type",
                code="snapshot-version",
            ) from None

    def _of_tables(self, last: Version | None, stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """A new snapshot if anything that it depends on has changed; its version is the instant."""
        analyzed, pipeline = self.pipeline.analyzed(self.flow), self.pipeline
        state = {
            "definition": fingerprint.definition(
                self._dataset,
                analyzed,
                pipeline.schema(self._dataset),
                pipeline.definitions.files,
                pipeline.project.configuration,
            ),
            "inputs": fingerprint.inputs(
                analyzed,
                pipeline.project.root,
                lambda read: pipeline.table(read.name),
                pipeline.catalog.files,
                stored["inputs"] if stored else {},
            ),
        }
        if state == stored and (self._is_used or self.is_settled(analyzed)):
            return {}
        now = self.now()
        if last is not None and isinstance(last.value, datetime.datetime) and now <= last.value:
            now = last.value + _TICK  # the clock was put back
        return {_KEY: {**_noted(Version(now)), "state": state}}

    # --- the flow -----------------------------------------------------------------------------------------------

    @property
    def _spec(self) -> ChangeSpec:
        assert self.flow.changes is not None
        return self.flow.changes

    @property
    def _dataset(self) -> Dataset:
        dataset = self.pipeline.dataset(self.flow.target)
        assert dataset is not None
        return dataset

    def _given(self) -> Version | None:
        """The version of the snapshot that the function gives now."""
        value = self.pipeline.query(self.flow).version
        return None if value is None else Version.of(value, self.flow.location)

    def _other_source(self) -> PlanError:
        name = self.flow.target.short
        return PlanError(
            f"the rows of {name} were made by changes, and now it is to follow snapshots",
            location=self.flow.location,
            hint=f"build it from its snapshots: ingot run --full-refresh {name}",
            code="changed-cdc",
        )


def batches_of(flow: Flow) -> type[FlowBatches]:
    """What plans the batches of a flow."""
    return SnapshotBatches if flow.changes is not None and flow.changes.is_snapshot else FlowBatches


def version_of(batch: BatchPlan) -> Version | None:
    """The version of the snapshot that a batch brings."""
    noted = batch.sources.get(_KEY)
    return Version.from_json(noted["version"]) if noted else None


def last_versions(lake: Lake, is_reset: Callable[[TableName], bool]) -> Callable[[Flow], Any]:
    """What gives the version of the last snapshot that a flow's table follows.

    It is None before the first one, and for a table that is to begin anew in this update until it has.
    """
    before: dict[TableName, str | None] = {}

    def last(flow: Flow) -> Any:
        if flow.changes is None or not flow.changes.calls_function:
            return None
        checkpoint, table = TableCheckpoint(lake.root, flow.target), lake.table(flow.target)
        if is_reset(flow.target) and before.setdefault(flow.target, checkpoint.epoch) == checkpoint.epoch:
            return None
        if checkpoint.epoch is None or not table.exists():
            return None
        position = checkpoint.flow(flow.name)
        done = table.snapshot().transactions.get(position.app_id, -1)
        version = version_of(position.plans[done]) if done in position.plans else None
        return version.value if version is not None else None

    return last


def _noted(version: Version) -> dict[str, Any]:
    return {"version": version.to_json()}
