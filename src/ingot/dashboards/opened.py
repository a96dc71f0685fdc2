"""One dashboard over one state of the lake: what its visuals read, which fields there are, and answers of its parts.

Owns what an answer depends on, and so when a kept one still holds. All queries see the same versions of the tables.
"""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ingot.dashboards.cache import Cache, Kept
from ingot.dashboards.catalogue import Loaded
from ingot.dashboards.evaluation import STOPPED, Evaluator
from ingot.dashboards.filters import Filter
from ingot.dashboards.model import Dashboard, Dataset, Member, Page, Role, Visual
from ingot.dashboards.needs import need_of
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.scans import Scans, Waiting
from ingot.dashboards.scopes import fields_of
from ingot.dashboards.source import Fields, Source, own_query, source_of
from ingot.dashboards.visual_answers import Maker, Wish
from ingot.dashboards.waiting import Reader, Stop
from ingot.engine import Binding, Engine
from ingot.errors import DashboardError, IngotError, near_hint
from ingot.events import error_facts
from ingot.json_rows import iso
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake
from ingot.model import Project, Query, Read

Submit = Callable[[Callable[..., Kept]], Future[Kept]]
_WORKERS = max(4, (os.cpu_count() or 2) * 2)


class Shared:
    """What all answers of one project share: the lake, the cache, the threads that compute."""

    def __init__(
        self,
        project: Project,
        engine: Engine,
        rows_max: int,
        seconds_max: float,
        cache_bytes: int,
        scan_rows_min: int,
        clock: Callable[[], datetime.datetime],
    ):
        self.project = project
        self.engine = engine
        self.rows_max = rows_max
        self.scan_rows_min = scan_rows_min
        self.evaluator = Evaluator(engine, seconds_max)
        self._lake = Lake(project.lake, project.catalog)
        self._cache = Cache(cache_bytes)
        self._clock = clock
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="ingot-dashboard")
        self.scans = Scans(self._threads, self.evaluator)
        self._making = threading.Lock()

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def pinned(self) -> PinnedLake:
        """The lake as it is now."""
        return PinnedLake(self.project, self._lake, self.engine, self._clock())

    def made(self, loaded: Loaded, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, kept with the dashboard as its file is now."""
        if key not in loaded.made:
            found = make()
            with self._making:
                loaded.made.setdefault(key, found)
        return loaded.made[key]

    def ask(
        self, key: Any, compute: Callable[..., Kept], reader: Reader, submit: Submit | None = None
    ) -> tuple[Future[Kept], bool]:
        """An answer from the cache, or from a thread that computes it: soon, unless `submit` says when."""
        return self._cache.ask(key, compute, submit or self._threads.submit, reader)

    def facts(self, error: IngotError) -> dict[str, Any]:
        """An error as the API tells it; its place is relative to the project."""
        facts = error_facts(error)
        if error.location is not None:
            facts["location"] = str(error.location.relative_to(self.project.root))
        return facts


class OpenDashboard:
    """One dashboard over one state of the lake, for one answer."""

    def __init__(self, shared: Shared, loaded: Loaded, dashboard: Dashboard, pinned: PinnedLake, reader: Reader):
        self._reader = reader
        self.shared = shared
        self.loaded = loaded
        self.dashboard = dashboard
        self.pinned = pinned
        self._used: dict[str, Snapshot] = {}
        self._waiting: list[tuple[Waiting, Visual, Wish]] = []

    @property
    def evaluator(self) -> Evaluator:
        return self.shared.evaluator

    @property
    def rows_max(self) -> int:
        return self.shared.rows_max

    def page(self, name: Any) -> Page:
        """The page of that name; the first one if None.

        Raises:
            DashboardError: `unknown-page`.
        """
        pages = self.dashboard.pages
        if name is None and pages:
            return pages[0]
        found = next((page for page in pages if page.name == name), None)
        if found is None:
            names = [page.name for page in pages]
            hint = near_hint(str(name)[:60], names, f"there are {', '.join(names)}")
            raise DashboardError(f"there is no page {str(name)[:60]!r}", hint=hint, code="unknown-page")
        return found

    # --- what visuals read ---

    def source(self, dataset: Dataset) -> Source:
        """The relation of a dataset, parsed once."""
        key = ("source", dataset.content)
        return self.shared.made(self.loaded, key, lambda: source_of(dataset, self.shared.project))

    def own_query(self, visual: Visual) -> Query:
        """The query that a visual has written out, parsed once."""
        sql = visual.sql
        assert sql is not None
        return self.shared.made(self.loaded, ("query", sql), lambda: own_query(sql, self.shared.project))

    def reads(self, visual: Visual) -> Mapping[str, Read]:
        """What a visual reads."""
        if visual.sql is not None:
            return self.own_query(visual).reads
        assert visual.dataset is not None
        return self.source(visual.dataset).reads

    def fields(self, dataset: Dataset) -> Fields:
        """The fields of a dataset, typed once for the columns that its tables have."""
        source = self.source(dataset)
        shape = self.pinned.shape(source.reads)
        if shape is None:
            return Fields(dataset, source, self.pinned, self._written(dataset))
        key = ("fields", dataset.content, shape)
        return self.shared.made(self.loaded, key, lambda: Fields(dataset, source, self.pinned, self._written(dataset)))

    def _written(self, dataset: Dataset) -> dict[str, Member]:
        """The dimensions that visuals over a dataset have written out. A name with two meanings has none."""
        found: dict[str, Member] = {}
        texts: dict[str, set[str]] = {}
        for visual in (visual for page in self.dashboard.pages for visual in page.visuals if visual.fault is None):
            if visual.dataset is None or visual.dataset.content != dataset.content:
                continue
            for member in _dimensions(visual):
                if member.sql is not None:
                    found.setdefault(member.name, member)
                    texts.setdefault(member.name, set()).add(member.sql.text)
        return {name: member for name, member in found.items() if len(texts[name]) == 1}

    def check_fields(self, filters: Sequence[Filter]) -> None:
        """Refuse a filter on a field that nothing in this dashboard has.

        Raises:
            DashboardError: `unknown-field`.
        """
        known: set[str] | None = None
        for one in filters:
            if known is None:
                known = self._known_fields()
            if one.field.lower() not in known:
                shown = one.field if len(one.field) <= 60 else one.field[:59] + "…"
                raise DashboardError(
                    f"nothing in this dashboard has a field {shown!r}",
                    hint=near_hint(one.field[:100], sorted(known)),
                    code="unknown-field",
                )

    def _known_fields(self) -> set[str]:
        """The fields of all datasets and of the tables behind all queries; what cannot be read has none."""
        found: set[str] = set()
        for page in self.dashboard.pages:
            found |= {slicer.field.lower() for slicer in page.slicers}
            for visual in page.visuals:
                if visual.fault is None:
                    found |= self._fields_of(visual) | {member.name.lower() for member in _dimensions(visual)}
        for dataset in self.dashboard.datasets.values():
            found |= self._fields_of_dataset(dataset)
        return found

    def _fields_of(self, visual: Visual) -> set[str]:
        if visual.dataset is not None:
            return self._fields_of_dataset(visual.dataset)
        try:
            return fields_of(self.own_query(visual), self.pinned)
        except IngotError:
            return set()

    def _fields_of_dataset(self, dataset: Dataset) -> set[str]:
        names = {name.lower() for name in dataset.dimensions}
        try:
            return names | {name.lower() for name in self.fields(dataset).columns.names}
        except IngotError:
            return names

    # --- answers ---

    def ask(self, visual: Visual, wish: Wish) -> tuple[Future[Kept], bool]:
        """The answer of a visual: from the cache, or computed when all have been asked for (see `begin`)."""
        if visual.fault is not None:
            raise visual.fault

        def submit(compute: Callable[..., Kept]) -> Future[Kept]:
            one = Waiting(compute)
            self._waiting.append((one, visual, wish))
            return one.future

        def make(evaluator: Evaluator, held: Mapping[str, Binding]) -> dict[str, Any]:
            return self._made(visual, wish, evaluator, held)

        key = ("visual", visual.content, repr(wish))
        return self.cached(key, self.reads(visual), wish.filters, make, submit)

    def begin(self) -> None:
        """Have all answers computed that were asked for, those of rows in common together."""
        waiting, self._waiting = self._waiting, []
        try:
            for one, visual, wish in waiting:
                with suppress(Exception):  # whatever it is, the answer meets it as well, and tells it
                    one.need = need_of(self.maker(visual), wish, self.loaded.number, self.shared.scan_rows_min)
        finally:  # others wait for these answers too, and would do so for ever
            self.shared.scans.start([one for one, _, _ in waiting])

    def _made(self, visual: Visual, wish: Wish, evaluator: Evaluator, held: Mapping[str, Binding]) -> dict[str, Any]:
        """The answer of a visual, computed: of rows in memory, or by itself if that fails."""
        maker = replace(self.maker(visual), evaluator=evaluator)
        if held:
            try:
                return replace(maker, held=held).answer(wish)
            except IngotError as error:  # what is wrong is told by the query of the table itself
                if error.code in STOPPED:
                    raise
        return maker.answer(wish)

    def maker(self, visual: Visual) -> Maker:
        fields = self.fields(visual.dataset) if visual.dataset is not None else None
        own = self.own_query(visual) if visual.sql is not None else None
        return Maker(visual, self.pinned, self.evaluator, self.rows_max, fields, own)

    def cached(
        self,
        key: Any,
        reads: Mapping[str, Read],
        filters: Sequence[Filter],
        make: Callable[..., dict[str, Any]],
        submit: Submit | None = None,
    ) -> tuple[Future[Kept], bool]:
        """What `make` gives, kept as long as everything that it reads stays as it is.

        Args:
            key: What is asked of what. A part of the dashboard is in it with its content, for ids are unique within a
                page only; what the reader chose as text, for 1, 1.0 and True are equal in Python and not as filters.
            reads: What it reads.
            filters: Of what the reader chose.
            make: Computes it, with the evaluator that it is given.
            submit: Has it computed; by default, a thread soon does.
        """
        self._used |= self.pinned.snapshots(list(reads.values()))
        versions = self.pinned.version_key(reads)
        is_dated = any(f.op == "last" for f in filters)
        moment = self.pinned.local_now.replace(second=0, microsecond=0) if is_dated else None
        whole = (self.loaded.number, key, versions, moment, None if versions is not None else object())

        def compute(stop: Stop, *given: Any) -> Kept:
            answer = make(self.evaluator.until(stop), *given)
            is_volatile = answer.pop("is_volatile", False)
            is_kept = versions is not None and not is_volatile
            return Kept(answer, _size(answer) + sum(_size(f.to_json()) for f in filters), is_kept)

        return self.shared.ask(whole, compute, self._reader, submit)

    def tables(self, visual: Visual) -> list[str]:
        """The tables that an answer depends on; a page asks again when one of them has a new version."""
        if visual.fault is not None:
            return []
        try:
            return sorted(self.pinned.snapshots(list(self.reads(visual).values())))
        except IngotError:
            return []

    def versions(self) -> dict[str, Any]:
        """The versions of the tables that were read, and when the newest of them was committed."""
        newest = max((s.timestamp for s in self._used.values()), default=None)
        return {
            "versions": {name: snapshot.version for name, snapshot in sorted(self._used.items())},
            "as_of": iso(newest) if newest is not None else None,
        }


def _dimensions(visual: Visual) -> list[Member]:
    members = [member for channel in visual.channels.values() for member in channel]
    return [member for member in (*members, *visual.hierarchy) if member.role is Role.DIMENSION]


def _size(value: Any) -> int:
    """About how many bytes an answer takes."""
    if isinstance(value, str):
        return 50 + len(value)
    if isinstance(value, Mapping):
        return 100 + sum(_size(key) + _size(inner) for key, inner in value.items())
    if isinstance(value, list):
        return 60 + sum(map(_size, value))
    return 32
