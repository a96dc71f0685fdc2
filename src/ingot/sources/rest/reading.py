"""One reading of a resource: from its beginning, or from where the last one was interrupted, into the landing zone.

Owns when a reading begins, what is landed as one file, and when nothing new was read. Each file is landed with the
position after it in one step, so a page is neither lost nor landed twice wherever the process is killed. How pages are
fetched is `pages`.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from ingot.errors import SourceError
from ingot.lake.landing import SourceLanding
from ingot.lake.landing_record import LandingRecord
from ingot.sources.rest.ahead import in_order
from ingot.sources.rest.client import RefusedError
from ingot.sources.rest.cursor import CursorError
from ingot.sources.rest.entries import listed, of_parents
from ingot.sources.rest.entry import Resource
from ingot.sources.rest.history import Plan, Run, complete, new_name, parents_to_read, runs_of, stopped
from ingot.sources.rest.pages import Fetched, Pages, Walk
from ingot.sources.rest.writing import Landed, Step, Writer


class Reading:
    """Reads one resource. `parent_grows` tells whether readings of the parent hold what is new, not all there is."""

    def __init__(
        self,
        resource: Resource,
        files: SourceLanding,
        folder: Path,
        pages: Pages,
        *,
        parallel: int,
        now: Callable[[], datetime],
        progress: Callable[[int], None],
        parent: Resource | None = None,
        parent_grows: bool = False,
    ):
        self._resource = resource
        self._files = files
        self._folder = folder
        self._pages = pages
        self._parallel = parallel
        self._now = now
        self._progress = progress
        self._parent = parent
        self._parent_grows = parent_grows
        self._runs = runs_of(files.of_resource(resource.name))

    def land(self) -> Landed:
        """Read to the end and land what is new.

        Raises:
            SourceError: the server does not answer with pages. What was landed before that stays landed.
        """
        self._files.make_folder(self._resource.name)
        plan = stopped(self._runs, self._parent_runs(), self._resource, self._now()) or self._new()
        if plan is None:
            return Landed()
        try:
            return self._land(plan)
        except RefusedError:
            if not plan.is_resumed or self._files.of_resource(self._resource.name)[-1] != plan.earlier[-1]:
                raise
            # The server no longer knows the position where the reading was interrupted: begin anew.
            again = self._new()
            return Landed() if again is None else self._land(again)

    # --- where to begin ---

    def _new(self) -> Plan | None:
        resource, known = self._resource, complete(self._runs, self._resource)
        name, first = new_name(self._runs, resource, self._now()), resource.paging.first()
        if resource.parent is not None:
            wanted = self._wanted_parents(known[-1].cursor if known else None)
            return Plan(name, first, parents=wanted) if wanted else None
        if resource.incremental is None:
            return Plan(name, first)
        try:
            return Plan(name, first, since=resource.incremental.since(known[-1].cursor if known else None))
        except CursorError as error:
            raise self._cursor_error(error) from None

    def _parent_runs(self) -> list[Run]:
        if self._parent is None:
            return []
        return complete(runs_of(self._files.of_resource(self._parent.name)), self._parent)

    def _wanted_parents(self, covered: Any) -> tuple[Run, ...]:
        """The readings of the parent to go through: the last one, or all new ones where each holds a part."""
        return parents_to_read(self._parent_runs(), covered, self._parent_grows)

    # --- reading ---

    def _steps(self, plan: Plan) -> Generator[Step, None, None]:
        resource = self._resource
        parameters = {}
        if resource.incremental is not None and plan.since is not None:
            parameters = {resource.incremental.parameter: plan.since}
        if not resource.is_for_each:
            seen = frozenset(record.url_sha256 for record in plan.earlier)
            yield from self._steps_of_one(
                Walk(plan.position, plan.number, parameters, seen=seen, known=self._digests(plan))
            )
        else:
            yield from self._steps_of_entries(plan)

    def _digests(self, plan: Plan) -> tuple[bytes, ...]:
        """What tells that a page is the first or the last one that was landed before the interruption."""
        paths = [self._folder / record.name for record in (*plan.earlier[:1], *plan.earlier[-1:])]
        return tuple(hashlib.sha256(gzip.decompress(path.read_bytes())).digest() for path in paths if path.is_file())

    def _steps_of_one(self, walk: Walk) -> Iterator[Step]:
        pool = ThreadPoolExecutor(self._parallel, thread_name_prefix="rest")
        try:
            for page in self._pages.walk(walk, pool, self._parallel):
                yield Step(page, 0, page.after, page.after is None)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _steps_of_entries(self, plan: Plan) -> Iterator[Step]:
        first = self._resource.paging.first()

        def readers() -> Iterator[Callable[[], Iterator[Step]]]:
            for index, (fields, is_last) in enumerate(_with_last(self._entries(plan))):
                if index < plan.entry:
                    continue
                is_begun = index == plan.entry
                walk = Walk(plan.position if is_begun else first, fields=fields)
                yield lambda index=index, walk=walk, is_last=is_last: self._entry_steps(index, walk, is_last)

        with closing(in_order(readers(), self._parallel)) as steps:
            yield from steps

    def _entry_steps(self, index: int, walk: Walk, is_last: bool) -> Iterator[Step]:
        for page in self._pages.walk(walk):
            if page.after is None:
                yield Step(page, index + 1, self._resource.paging.first(), is_last)
            else:
                yield Step(page, index, page.after, False)

    def _entries(self, plan: Plan) -> Iterator[dict[str, str]]:
        resource = self._resource
        if resource.parent is None:
            return listed(resource.items or ())
        return of_parents(resource.parent, plan.parents, self._folder, self._gone_through())

    def _gone_through(self) -> Run | None:
        """The reading of the parent that need not be gone through again where its records have not changed."""
        known = complete(self._runs, self._resource)
        if self._resource.parent is None or not self._resource.parent.only_changed or not known:
            return None
        return next((run for run in self._parent_runs() if run.name == known[-1].cursor), None)

    # --- landing ---

    @property
    def _is_of_parts(self) -> bool:
        """Whether a reading goes through some of the parents alone."""
        parent = self._resource.parent
        return self._parent_grows or (parent is not None and parent.only_changed)

    def _land(self, plan: Plan) -> Landed:
        bytes_read = 0
        previous, is_part = self._previous(plan), bool(plan.parents) and self._is_of_parts
        with Writer(self._resource, self._files, plan, previous, self._now, is_part=is_part) as writer:
            writer.cursor = self._known_cursor(plan)
            with closing(self._steps(plan)) as steps:
                for step in steps:
                    writer.add(step, self._greatest(writer.cursor, step.page))
                    bytes_read += len(step.page.content)
                    self._progress(bytes_read)
            return writer.finish()

    def _previous(self, plan: Plan) -> tuple[LandingRecord, ...]:
        """The reading before, which this one may turn out to repeat; an interrupted one has begun to differ."""
        known = complete(self._runs, self._resource)
        return known[-1].records if known and not plan.is_resumed else ()

    def _known_cursor(self, plan: Plan) -> Any:
        """What is kept as the cursor before a page is read; a child's is the last of the parents that it covers."""
        if plan.parents:
            return plan.parents[-1].name
        if self._resource.incremental is None:
            return None
        known = complete(self._runs, self._resource)
        return plan.earlier[-1].cursor if plan.earlier else known[-1].cursor if known else None

    def _greatest(self, known: Any, page: Fetched) -> Any:
        if self._resource.incremental is None:
            return known
        try:
            return self._resource.incremental.greatest(known, page.records)
        except CursorError as error:
            raise self._cursor_error(error) from None

    def _cursor_error(self, error: CursorError) -> SourceError:
        return SourceError(
            f"resource {self._resource.name!r}: {error}",
            hint="correct `incremental`: the cursor must grow, and be of one kind in all records",
            code="rest-cursor",
        )


def _with_last(entries: Iterator[dict[str, str]]) -> Iterator[tuple[dict[str, str], bool]]:
    """The entries, each with whether it is the last."""
    before = next(entries, None)
    if before is None:
        return
    for entry in entries:
        yield before, False
        before = entry
    yield before, True
