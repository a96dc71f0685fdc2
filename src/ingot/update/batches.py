"""The micro-batches of one flow: which was planned and is not committed, what is new, what each leaf of one reads.

A plan is durable before anything is read and complete enough to run again with the same rows: positions of streams,
the versions and files that other leaves are pinned to, the instant. Never writes to a table.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ingot.engine import ArrowBinding, Binding, FilesBinding, SourceFile
from ingot.errors import PlanError
from ingot.feeds import snapshot_of
from ingot.files import absolute_path, is_as_listed, relative_path
from ingot.lake.checkpoint import BatchPlan, FlowCheckpoint
from ingot.lake.table import Table
from ingot.model import FileRead, Flow, Read, TableName, TableRead, ValuesRead
from ingot.pipeline import Pipeline
from ingot.released_files import refuse_missing
from ingot.stream_joins import joins_streams
from ingot.streams import (
    FileStream,
    NoStream,
    Stream,
    TableStream,
    merged_files,
    table_stream,
)
from ingot.update.kept_schemas import schema_key
from ingot.update.stream_keys import is_of_files, stream_keys, table_key


@dataclass
class FlowBatches:
    """The batches of a flow into its table.

    Attributes:
        position: The flow's saved read position.
        now: Gives the instant of a batch that is planned.
        reached: Told that a plan is durable; tests die there.
    """

    pipeline: Pipeline
    flow: Flow
    position: FlowCheckpoint
    now: Callable[[], datetime.datetime]
    reached: Callable[[str], None]
    _streams: dict[str, Stream] = field(default_factory=dict)

    def next(self, table: Table) -> BatchPlan | None:
        """The batch that was planned and not committed, or a new one; None when nothing is new.

        Raises:
            PlanError: `checkpoint-mismatch`: checkpoint and table do not belong together.
        """
        last = self.position.last
        if self._is_pending(last, table):
            assert last is not None
            return last if self._is_intact(last) else self._plan(replaced=last.number)
        if self.flow.is_once and last is not None:
            return None
        return self._plan()

    def check(self, table: Table, rewritten: Collection[TableName] = ()) -> None:
        """Refuse what the next batches could not read, as far as it is known now; plans nothing.

        Args:
            table: The table that the flow writes.
            rewritten: The tables whose rows this update replaces before.

        Raises:
            PlanError: `checkpoint-mismatch`; `source-rewritten`.
        """
        if self.is_finished(table):
            return
        last = self.position.last
        is_pending = self._is_pending(last, table)
        plans = [self.position.plans[number] for number in sorted(self.position.plans)]
        if is_pending and last is not None and not self._is_intact(last):
            plans, is_pending = plans[:-1], False  # it is planned anew
        self._joined(plans)
        for leaf, read in self._reads.items():
            if not _is_streaming(read):
                continue
            stream = self.stream(leaf, read)
            done = self.done(stream, plans)
            newest = stream.next(done)
            if isinstance(stream, TableStream):
                for offset in (*(done[-1:] if is_pending else ()), newest):
                    stream.bind(offset)
                planned = last.sources.get(stream.key) if is_pending and last is not None else None
                is_planned_anew = planned is not None and stream.begins_with(planned)
                if done and not is_planned_anew and isinstance(read, TableRead) and read.name in rewritten:
                    stream.refuse_replaced()

    def next_number(self, table: Table) -> int:
        """The number of the batch that `next` gives, if it gives one."""
        last = self.position.last
        return 0 if last is None else last.number if self._is_pending(last, table) else last.number + 1

    def is_finished(self, table: Table) -> bool:
        """Whether it is the flow of a backfill that is done: it never reads again."""
        last = self.position.last
        return self.flow.is_once and last is not None and not self._is_pending(last, table)

    def _is_pending(self, last: BatchPlan | None, table: Table) -> bool:
        """Whether the newest batch was planned and is not committed."""
        done = table.snapshot().transactions.get(self.position.app_id, -1) if table.exists() else -1
        planned = last.number if last is not None else -1
        if not done <= planned <= done + 1:
            raise self._mismatch(table, planned, done)
        return planned > done

    def bind(self, batch: BatchPlan) -> dict[str, Binding]:
        """What each leaf of the flow's query reads in a batch."""
        bindings: dict[str, Binding] = {}
        for leaf, read in self._reads.items():
            if _is_streaming(read):
                stream = self.stream(leaf, read)
                bindings[leaf] = stream.bind(batch.sources.get(stream.key))
            else:
                bindings[leaf] = self._pinned(read, batch.statics.get(leaf))
        return bindings

    def read_before(self, batch: BatchPlan, key: str) -> Any:
        """Up to where the batches before this one have read a stream; None if none did."""
        plans = self.position.plans
        numbers = sorted((number for number in plans if number < batch.number), reverse=True)
        return next((plans[number].sources[key] for number in numbers if key in plans[number].sources), None)

    @property
    def stream_keys(self) -> set[str]:
        """What the flow reads as streams, as plans call it."""
        return {self.stream(leaf, read).key for leaf, read in self._reads.items() if _is_streaming(read)}

    def committed(self, table: Table) -> list[BatchPlan]:
        """The plans of the batches that the table holds, in order.

        Raises:
            PlanError: `checkpoint-mismatch`.
        """
        self._is_pending(self.position.last, table)
        return self.position.committed(table.snapshot().transactions) if table.exists() else []

    def stream(self, leaf: str, read: Read) -> Stream:
        """The stream of a leaf."""
        if leaf not in self._streams:
            self._streams[leaf] = self.make_stream(read, self._keys[leaf])
        return self._streams[leaf]

    @cached_property
    def _keys(self) -> dict[str, str]:
        return stream_keys(self._reads, self.pipeline.project.root)

    def make_stream(self, read: Read, key: str) -> Stream:
        """What follows the rows of a leaf."""
        match read:
            case FileRead():
                schema, root = self.pipeline.catalog.schema_of(read, self.flow), self.pipeline.project.root
                return FileStream(read, schema, root, key, self.pipeline.catalog.files(read), self.flow.is_once)
            case TableRead():
                table = self.pipeline.table(read.name)
                is_joined = joins_streams(self.pipeline.analyzed(self.flow))
                return table_stream(read, table, self.pipeline.catalog.schema_of(read, self.flow), key, is_joined)
            case ValuesRead():
                return NoStream(key, ArrowBinding(read.schema, read.load))

    def pin(self, read: Read) -> Any:
        """What a plan notes of a leaf that is not a stream, so that the batch reads the same when it runs again."""
        match read:
            case ValuesRead():
                return None
            case FileRead():
                root = self.pipeline.project.root
                return {
                    "files": [
                        [relative_path(f.path, root), f.size, f.modified_ms] for f in self.pipeline.catalog.files(read)
                    ]
                }
            case TableRead():
                table = self.pipeline.table(read.name)
                if not table.exists():
                    return None
                return {"table": table_key(read.name), "version": snapshot_of(table, read).version}

    # --- plans --------------------------------------------------------------------------------------------------

    @property
    def _reads(self) -> Mapping[str, Read]:
        return self.pipeline.analyzed(self.flow).reads

    def _is_intact(self, batch: BatchPlan) -> bool:
        """Whether all that a batch reads which is not committed is as it was when the batch was planned.

        If not, nothing of the batch is visible, so it may as well be planned anew: what was repaired, or taken away,
        must not hold up the rest, be it a broken file, rows that a stream has still to read, or a table that is joined.
        """
        if batch.sources.keys() - self.stream_keys:  # the definition reads something else now
            return False
        return all(self._is_as_planned(leaf, read, batch) for leaf, read in self._reads.items())

    def _is_as_planned(self, leaf: str, read: Read, batch: BatchPlan) -> bool:
        if not _is_streaming(read):
            return self.pin(read) == batch.statics.get(leaf)
        stream = self.stream(leaf, read)
        offset = batch.sources.get(stream.key)
        if offset is None:
            return True
        if isinstance(stream, TableStream):
            return not stream.is_outdated(offset)
        root = self.pipeline.project.root
        return all(is_as_listed(Path(absolute_path(path, root)), *state) for path, *state in offset.get("files", ()))

    def _plan(self, replaced: int | None = None) -> BatchPlan | None:
        position = self.position
        plans = [position.plans[n] for n in sorted(position.plans) if n != replaced]
        offsets = self._offsets(plans)
        joined = self._joined(plans)
        if not plans and set(joined) - set(offsets):
            return None  # they begin together: each batch knows what all have read before
        is_first = not plans and (offsets or self.flow.is_once)  # where a stream begins is noted even without rows
        if not is_first and not self._has_rows(offsets):
            if replaced is not None:
                position.replan(replaced, None)
            return None
        number = plans[-1].number + 1 if plans else 0
        statics = {leaf: self.pin(read) for leaf, read in self._reads.items() if not _is_streaming(read)}
        pins = {leaf: pin for leaf, pin in statics.items() if pin is not None}
        batch = BatchPlan(number, self.now(), offsets, pins, joined, sorted(self.stream_keys))
        if replaced is None and position.merge_due and plans:
            position.merge_before(plans[-1].number, self._merged(plans))
        self._keep_schemas()
        if replaced is None:
            position.plan(batch)
        else:
            position.replan(replaced, batch)
        self.reached("planned")
        return batch

    def _joined(self, plans: Sequence[BatchPlan]) -> list[str]:
        """The streams that the flow joins with one another.

        Raises:
            PlanError: `checkpoint-mismatch`: earlier batches have read rows without joining one of them.
        """
        if not joins_streams(self.pipeline.analyzed(self.flow)):
            return []
        streams = {self.stream(leaf, read).key: read for leaf, read in self._reads.items() if _is_streaming(read)}
        for key, read in streams.items():
            if plans and key not in plans[-1].joined:
                raise PlanError(
                    f"the flow {self.flow.name!r} joins a stream that its earlier batches did not join: "
                    "rows that have been read already would not meet its rows, or would meet them twice",
                    location=read.location or self.flow.location,
                    hint=f"begin anew: ingot run --full-refresh {self.flow.target.short}",
                    code="checkpoint-mismatch",
                )
        return sorted(streams)

    def _offsets(self, plans: Sequence[BatchPlan]) -> dict[str, Any]:
        """Up to where each stream is to be read, given what earlier batches have read."""
        offsets: dict[str, Any] = {}
        for leaf, read in self._reads.items():
            if _is_streaming(read):
                stream = self.stream(leaf, read)
                done = self.done(stream, plans)
                if not done and isinstance(read, FileRead):
                    what = f"{self.flow.target.short}, which begins to read them,"
                    refuse_missing(self.pipeline.lake.root, [read], what, read.location)
                offset = stream.next(done)
                if offset is not None:
                    offsets[stream.key] = offset
        return offsets

    def done(self, stream: Stream, plans: Sequence[BatchPlan]) -> list[Any]:
        """What earlier batches have read of a stream.

        Of files also what batches that did not know the stream have read under paths that the definition no longer
        has: `in` may be `in/*.csv` now.
        """
        done = [plan.sources[stream.key] for plan in plans if stream.key in plan.sources]
        if type(stream) is not FileStream:
            return done
        known = self.stream_keys
        before = [plan for plan in plans if stream.key not in (*plan.sources, *plan.streams)]
        gone = [plan.sources[key] for plan in before for key in plan.sources if is_of_files(key) and key not in known]
        return [*gone, *done]

    def _keep_schemas(self) -> None:
        """Keep the inferred schemas of file streams with the checkpoint, when they are new or have grown."""
        inferred = {
            schema_key(read, self.pipeline.project.root): json.dumps(
                self.pipeline.catalog.schema_of(read, self.flow).json()
            )
            for read in self._reads.values()
            if isinstance(read, FileRead) and read.is_streaming and read.schema is None
        }
        kept = self.position.schemas() if inferred else {}
        if any(kept.get(leaf) != schema for leaf, schema in inferred.items()):
            self.position.save_schemas({**kept, **inferred})

    def _has_rows(self, offsets: Mapping[str, Any]) -> bool:
        """Whether any source brings rows: a table that was only compacted does not."""
        for leaf, read in self._reads.items():
            if not _is_streaming(read):
                continue
            stream = self.stream(leaf, read)
            offset = offsets.get(stream.key)
            if offset is not None and (not isinstance(stream, TableStream) or stream.has_changes(offset)):
                return True
        return False

    def _merged(self, plans: Sequence[BatchPlan]) -> dict[str, Any]:
        """The positions of many plans as those of one."""
        merged: dict[str, Any] = {}
        for leaf, read in self._reads.items():
            if _is_streaming(read):
                stream = self.stream(leaf, read)
                done = self.done(stream, plans)
                if done:
                    merged[stream.key] = stream.merge(done)
        known = {key for plan in plans for key in plan.sources}
        for key in known - set(merged):  # what the definition no longer has keeps its position
            offsets = [p.sources[key] for p in plans if key in p.sources]
            merged[key] = merged_files(offsets) if is_of_files(key) else offsets[-1]
        return merged

    # --- leaves that are not streams ----------------------------------------------------------------------------

    def _pinned(self, read: Read, pin: Any) -> Binding:
        """The rows of a leaf as pinned by a batch; as they are now if nothing pins them."""
        if pin is None:
            return self.pipeline.catalog.bind(read)
        if isinstance(read, FileRead):
            root = self.pipeline.project.root
            files = [SourceFile(absolute_path(path, root), size, modified) for path, size, modified in pin["files"]]
            return FilesBinding(read, files, self.pipeline.catalog.schema_of(read))
        assert isinstance(read, TableRead)
        return self.pipeline.catalog.bind_table(read, pin["version"])

    def _mismatch(self, table: Table, planned: int, done: int) -> PlanError:
        return PlanError(
            f"the checkpoint of flow {self.flow.name!r} ends at batch {planned}, the table {table.name.short} at "
            f"{done}: one of them was changed by hand",
            location=self.flow.location,
            hint=f"rebuild the table from its sources: ingot run --full-refresh {table.name.short}",
            code="checkpoint-mismatch",
        )


def _is_streaming(read: Read) -> bool:
    return not isinstance(read, ValuesRead) and read.is_streaming
