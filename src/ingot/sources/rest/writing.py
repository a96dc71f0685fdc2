"""Pages into files of the landing zone: which pages make one file, and whether anything is new.

Owns the names and records of the files. A file gets visible in one step with the position after it. Files that are what
the reading before had are held back until one differs; if none does, nothing is landed. Asks nothing.
"""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingot.lake.landing import Partial, SourceLanding
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.sources.awaiting import result_of
from ingot.sources.rest.entry import Resource
from ingot.sources.rest.history import Plan
from ingot.sources.rest.pages import Fetched

_BATCH_BYTES = 4 * 1024 * 1024
_BATCH_PAGES = 200
_HELD_MAX = 100
_TOGETHER_MAX = 64
_TOGETHER_S = 1.0
_SYNCS_AT_ONCE = 2
_GZIP_LEVEL = 6


@dataclass
class Landed:
    """What a reading landed. `unchanged` counts the files that were the same as those of the reading before."""

    records: list[LandingRecord] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True)
class Step:
    """A page and the place after it: the entry of `for_each`, the position there, whether all is read."""

    page: Fetched
    entry: int
    position: Any
    is_last: bool

    @property
    def size(self) -> int:
        return self.page.size


class Writer:
    """Lands the pages of one reading, given in order. `cursor` is the greatest value read so far.

    A page makes a file; of a resource with `for_each`, whose pages are small and many, up to 200 do. To make a file
    durable costs more than to fetch a small page, so that is done beside the fetching, and the files of one second get
    visible together. A reading that goes through new parents alone (`is_part`) and finds nothing leaves an empty file
    that no reader lists: its record tells that they were gone through. Use it in a `with` block.
    """

    cursor: Any = None

    def __init__(
        self,
        resource: Resource,
        files: SourceLanding,
        plan: Plan,
        previous: Sequence[LandingRecord],
        now: Callable[[], datetime],
        *,
        is_part: bool = False,
    ):
        self._is_part = is_part
        self._resource = resource
        self._files = files
        self._plan = plan
        self._previous = previous
        self._now = now
        self._number = plan.number
        self._pending: list[tuple[Step, Any]] = []  # the one place of what is not landed: it changes in single steps
        self._pending_bytes = 0
        self._held: list[tuple[Partial, Origin]] = []
        self._is_same = bool(previous)
        self._landed_at = time.monotonic()
        self._landed = Landed()
        self._pool = ThreadPoolExecutor(_SYNCS_AT_ONCE, thread_name_prefix="rest-sync")
        self._syncs: list[Future[None]] = []

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None:
                self._interrupt()
        finally:
            self._pool.shutdown()
            self._drop_held()

    def add(self, step: Step, cursor: Any) -> None:
        """Take the next page; lands what makes a file."""
        self.cursor = cursor
        self._pending.append((step, cursor))
        self._pending_bytes += len(step.page.content)
        if step.is_last:
            if self._is_worth_landing():
                self._flush()
        elif self._resource.is_for_each:
            if self._pending_bytes >= _BATCH_BYTES or len(self._pending) >= _BATCH_PAGES:
                self._flush()
        elif step.page.count:
            self._flush()

    def finish(self) -> Landed:
        """Land what was held back, unless all of it is what the reading before had."""
        if self._is_same and len(self._held) == len(self._previous):
            self._landed.unchanged = len(self._held)
            self._drop_held()
        else:
            self._land_held()
        if self._is_part and not self._landed.records:
            self._land_mark()
        return self._landed

    def _land_mark(self) -> None:
        partial, resource, run = self._files.partial(), self._resource, self._plan.run
        partial.write(gzip.compress(b"", mtime=0))
        origin = Origin(f"_{run}.jsonl.gz", resource.url, resource=resource.name, cursor=self.cursor, run=run)
        self._files.land_together([(partial, origin)], self._now())

    def _interrupt(self) -> None:
        """Land what has come whole and in order, so that the next reading goes on after it."""
        if not self._is_same:
            if any(step.page.count for step, _ in self._pending):
                self._flush()
            self._land_held()

    def _is_worth_landing(self) -> bool:
        """Whether the end of a reading must be known: it has landed something, or there is nothing where
        something was."""
        has_records = any(step.page.count for step, _ in self._pending)
        is_emptied = bool(self._previous) and self._resource.incremental is None and not self._is_part
        return has_records or self._plan.is_resumed or bool(self._held or self._landed.records) or is_emptied

    def _flush(self) -> None:
        """Make a file of the pages that wait."""
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        partial = self._files.partial()
        packed = zlib.compressobj(_GZIP_LEVEL, wbits=31)
        for step, _ in pending:
            partial.write(packed.compress(step.page.content))
        partial.write(packed.flush())
        number, self._number = self._number, self._number + len(pending)
        self._held.append((partial, self._origin(pending, number)))
        if self._is_same and self._repeats(len(self._held) - 1, partial.sha256):
            return
        self._is_same = False
        self._syncs.append(self._pool.submit(partial.sync))
        if len(self._held) >= _TOGETHER_MAX or time.monotonic() >= self._landed_at + _TOGETHER_S:
            self._land_held()

    def _repeats(self, index: int, sha256: str) -> bool:
        """Whether the reading before had the same file at this place."""
        return index < min(len(self._previous), _HELD_MAX) and self._previous[index].sha256 == sha256

    def _origin(self, pending: Sequence[tuple[Step, Any]], number: int) -> Origin:
        resource, (first, _), (last, cursor) = self._resource, pending[0], pending[-1]
        suffix = "json.gz" if resource.keeps_pages else "jsonl.gz"
        resume = self._plan.resume(resource, last.position, number + len(pending), last.entry)
        return Origin(
            target=f"{self._plan.run}-{number:06}.{suffix}",
            url=first.page.shown_url,
            url_sha256=last.page.url_sha256,
            resource=resource.name,
            cursor=cursor,
            page=number,
            run=self._plan.run,
            resume=None if last.is_last else resume,
        )

    def _land_held(self) -> None:
        held, self._held, syncs, self._syncs = self._held, [], self._syncs, []
        if held:
            for sync in syncs:
                result_of(sync)
            self._landed.records += self._files.land_together(held, self._now())
        self._landed_at = time.monotonic()

    def _drop_held(self) -> None:
        held, self._held = self._held, []
        for partial, _ in held:
            partial.close()
