"""What pages ask of dashboards, answered: the list, one dashboard, the data of a page, values of a slicer, rows behind.

Owns what is kept between answers and for how long: an answer holds as long as the versions of the tables that it reads.
All queries of one answer see the same versions. Any number of threads may ask at once; what several ask for at the same
time is computed once. Knows nothing of HTTP.
"""

from __future__ import annotations

import datetime
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ingot.dashboards.cache import Cache, Kept
from ingot.dashboards.catalogue import Catalogue, Loaded
from ingot.dashboards.evaluation import Evaluator
from ingot.dashboards.filters import Filter, read_filters
from ingot.dashboards.model import BrokenDashboard, Dashboard, Dataset, Page, Slicer, Visual
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.query import members_at
from ingot.dashboards.scopes import fields_of
from ingot.dashboards.source import Fields, Source, own_query, source_of
from ingot.dashboards.visual_answers import Maker, Wish
from ingot.dashboards.visuals import sort_key
from ingot.engine import Engine
from ingot.errors import DashboardError, IngotError, near_hint, unexpected
from ingot.events import error_facts
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake
from ingot.model import Project, Query, Read

ROWS_MAX, SECONDS_MAX, CACHE_BYTES = 5_000, 30.0, 64 * 2**20
_WORKERS = max(4, (os.cpu_count() or 2) * 2)
_VISUALS_MAX = 200


class Answers:
    """The dashboards of one project over its lake. Close it to end its threads; the engine is the caller's."""

    def __init__(
        self,
        project: Project,
        engine: Engine,
        *,
        rows_max: int = ROWS_MAX,
        seconds_max: float = SECONDS_MAX,
        cache_bytes: int = CACHE_BYTES,
        clock: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
    ):
        self.project = project
        self.engine = engine
        self.catalogue = Catalogue(project)
        self.rows_max = rows_max
        self.evaluator = Evaluator(engine, seconds_max)
        self._lake = Lake(project.lake, project.catalog)
        self._cache = Cache(cache_bytes)
        self._clock = clock
        self._threads = ThreadPoolExecutor(_WORKERS, thread_name_prefix="ingot-dashboard")
        self._making = threading.Lock()

    def close(self) -> None:
        """End the threads that compute answers."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- what there is ---

    def dashboards(self) -> dict[str, Any]:
        """All dashboards with their pages; those that cannot be read with the reason."""
        return {"dashboards": [self._line(loaded.dashboard) for loaded in self.catalogue.all()]}

    def _line(self, found: Dashboard | BrokenDashboard) -> dict[str, Any]:
        if isinstance(found, BrokenDashboard):
            error = self.facts(found.error)
            return {"name": found.name, "title": found.name, "description": None, "pages": [], "error": error}
        pages = [{"name": p.name, "title": p.title, "hidden": p.is_hidden} for p in found.pages]
        return {
            "name": found.name,
            "title": found.title,
            "description": found.description,
            "pages": pages,
            "error": None,
        }

    def dashboard(self, name: str) -> dict[str, Any]:
        """One dashboard, with the types of everything that it shows.

        Raises:
            IngotError: `unknown-dashboard`, or what is wrong with the file.
        """
        from ingot.dashboards.description import described

        loaded, found = self._dashboard(name)
        return described(found, Opened(self, loaded, found, self._pinned()))

    # --- the data of a page ---

    def data(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The rows of the visuals of a page, all of the same versions of the tables.

        Args:
            name: The dashboard.
            asked: `page`, `visuals` (ids; all of the page if None), `filters`, `own` (by visual: drill, level, sort),
                `except` (by visual: fields whose filters do not reach it).

        Raises:
            IngotError: what is wrong with the question. What is wrong with one visual is part of the answer.
        """
        opened = self._open(name)
        page = opened.page(asked.get("page"))
        filters = read_filters(asked.get("filters"))
        opened.check_fields(filters)
        own, excepted = _mapping(asked.get("own"), "own"), _mapping(asked.get("except"), "except")
        started = time.perf_counter()
        futures: dict[str, tuple[Future[Kept], bool] | IngotError] = {}
        for visual in _chosen(page, asked.get("visuals")):
            try:
                wish = _wish(visual, filters, own.get(visual.id), excepted.get(visual.id))
                futures[visual.id] = opened.ask(visual, wish)
            except IngotError as error:
                futures[visual.id] = error
        visuals = {visual: self._waited(answer, started) for visual, answer in futures.items()}
        for visual in _chosen(page, asked.get("visuals")):
            visuals[visual.id]["tables"] = opened.tables(visual)
        return {"visuals": visuals, **opened.versions()}

    def _waited(self, answer: tuple[Future[Kept], bool] | IngotError, started: float) -> dict[str, Any]:
        if isinstance(answer, IngotError):
            return self._error(answer)
        future, is_cached = answer
        try:
            found = future.result().value
        except IngotError as error:
            return self._error(error)
        except Exception as error:  # the flow boundary: a bug that one visual meets must not stop the others
            return self._error(unexpected(error, None))
        waited = round((time.perf_counter() - started) * 1000, 1)
        return {**found, "milliseconds": 0.0 if is_cached else waited, "is_cached": is_cached}

    def _error(self, error: IngotError) -> dict[str, Any]:
        return {"error": self.facts(error)}

    def facts(self, error: IngotError) -> dict[str, Any]:
        """An error as the API tells it; its place is relative to the project."""
        facts = error_facts(error)
        if error.location is not None:
            facts["location"] = str(error.location.relative_to(self.project.root))
        return facts

    def visual(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The rows of one visual.

        Args:
            name: The dashboard.
            asked: `page`, `visual`, `filters`, `own`, `except`.

        Raises:
            IngotError: what is wrong with the question, or with the visual.
        """
        opened = self._open(name)
        visual = _visual(opened.page(asked.get("page")), asked.get("visual"))
        filters = read_filters(asked.get("filters"))
        opened.check_fields(filters)
        return self._result(opened.ask(visual, _wish(visual, filters, asked.get("own"), asked.get("except"))))

    # --- slicers, and the rows behind ---

    def values(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The values that a slicer offers, with how many rows each has; or the least and the greatest one.

        Args:
            name: The dashboard.
            asked: `page`, `slicer` (its id), `search`, `filters`.

        Raises:
            IngotError: what is wrong with the question, or with the slicer.
        """
        from ingot.dashboards.slicer_values import slicer_values

        opened = self._open(name)
        page = opened.page(asked.get("page"))
        slicer = _slicer(page, asked.get("slicer"))
        filters = read_filters(asked.get("filters"))
        opened.check_fields(filters)
        search = asked.get("search")
        if search is not None and (not isinstance(search, str) or len(search) > 200):
            raise _wrong_request("`search` is a text of at most 200 characters")
        assert slicer.dataset is not None
        source = opened.source(slicer.dataset)
        key = ("values", slicer.id, slicer.field, search, filters)
        dataset = slicer.dataset
        answer = opened.cached(
            key, source.reads, filters, lambda: slicer_values(slicer, opened.fields(dataset), filters, search, opened)
        )
        return self._result(answer)

    def rows(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The rows behind a visual, or behind one mark of it, before they are grouped.

        Args:
            name: The dashboard.
            asked: `page`, `visual`, `filters`, `point` (values by field), `limit`, `offset`, `own`, `except`.

        Raises:
            IngotError: what is wrong with the question; `no-rows-behind`.
        """
        from ingot.dashboards.rows_behind import point_filters, rows_behind

        opened = self._open(name)
        page = opened.page(asked.get("page"))
        visual = _visual(page, asked.get("visual"))
        filters = read_filters(asked.get("filters"))
        opened.check_fields(filters)
        wish = _wish(visual, filters, asked.get("own"), asked.get("except"))
        point = point_filters(asked.get("point"))
        limit = _whole(asked.get("limit"), "limit", 100, 1, self.rows_max)
        offset = _whole(asked.get("offset"), "offset", 0, 0, 10**9)
        key = ("rows", visual.id, wish, point, limit, offset)
        reads = opened.reads(visual)
        answer = opened.cached(key, reads, filters, lambda: rows_behind(visual, wish, point, limit, offset, opened))
        return {**self._result(answer), **opened.versions()}

    def _result(self, answer: tuple[Future[Kept], bool]) -> dict[str, Any]:
        future, is_cached = answer
        return {**future.result().value, "is_cached": is_cached}

    # --- within ---

    def _dashboard(self, name: str) -> tuple[Loaded, Dashboard]:
        loaded = self.catalogue.find(name)
        if isinstance(loaded.dashboard, BrokenDashboard):
            raise loaded.dashboard.error
        return loaded, loaded.dashboard

    def opened(self, name: str) -> Opened | None:
        """A dashboard over the lake as it is now; None for one that is broken."""
        loaded = self.catalogue.find(name)
        found = loaded.dashboard
        return None if isinstance(found, BrokenDashboard) else Opened(self, loaded, found, self._pinned())

    def _open(self, name: str) -> Opened:
        return Opened(self, *self._dashboard(name), self._pinned())

    def _pinned(self) -> PinnedLake:
        return PinnedLake(self.project, self._lake, self.engine, self._clock())

    def made(self, loaded: Loaded, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, kept with the dashboard as its file is now."""
        if key not in loaded.made:
            found = make()
            with self._making:
                loaded.made.setdefault(key, found)
        return loaded.made[key]

    def ask(self, key: Any, compute: Callable[[], Kept]) -> tuple[Future[Kept], bool]:
        """An answer from the cache, or from a thread that computes it."""
        return self._cache.ask(key, compute, self._threads)


class Opened:
    """One dashboard over one state of the lake, for one answer."""

    def __init__(self, answers: Answers, loaded: Loaded, dashboard: Dashboard, pinned: PinnedLake):
        self.answers = answers
        self.loaded = loaded
        self.dashboard = dashboard
        self.pinned = pinned
        self._used: dict[str, Snapshot] = {}

    @property
    def evaluator(self) -> Evaluator:
        return self.answers.evaluator

    @property
    def rows_max(self) -> int:
        return self.answers.rows_max

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
        key = ("source", dataset.name, dataset.location)
        return self.answers.made(self.loaded, key, lambda: source_of(dataset, self.answers.project))

    def own_query(self, visual: Visual) -> Query:
        """The query that a visual has written out, parsed once."""
        sql = visual.sql
        assert sql is not None
        return self.answers.made(self.loaded, ("query", sql), lambda: own_query(sql, self.answers.project))

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
            return Fields(dataset, source, self.pinned)
        key = ("fields", dataset.name, dataset.location, shape)
        return self.answers.made(self.loaded, key, lambda: Fields(dataset, source, self.pinned))

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
                    found |= self._fields_of(visual)
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
        """The answer of a visual, from the cache or soon."""
        if visual.fault is not None:
            raise visual.fault
        return self.cached(
            ("visual", visual.id, wish), self.reads(visual), wish.filters, lambda: self.made(visual, wish)
        )

    def made(self, visual: Visual, wish: Wish) -> dict[str, Any]:
        """The answer of a visual, computed."""
        return self.maker(visual).answer(wish)

    def maker(self, visual: Visual) -> Maker:
        fields = self.fields(visual.dataset) if visual.dataset is not None else None
        own = self.own_query(visual) if visual.sql is not None else None
        return Maker(visual, self.pinned, self.evaluator, self.rows_max, fields, own)

    def cached(
        self, key: Any, reads: Mapping[str, Read], filters: Sequence[Filter], make: Callable[[], dict[str, Any]]
    ) -> tuple[Future[Kept], bool]:
        """What `make` gives, kept as long as everything that it reads stays as it is."""
        self._used |= self.pinned.snapshots(list(reads.values()))
        versions = self.pinned.version_key(reads)
        is_dated = any(f.op == "last" for f in filters)
        moment = self.pinned.local_now.replace(second=0, microsecond=0) if is_dated else None
        whole = (self.loaded.number, key, versions, moment, None if versions is not None else object())

        def compute() -> Kept:
            answer = make()
            is_kept = versions is not None and not answer.pop("is_volatile", False)
            return Kept(answer, _size(answer), is_kept)

        return self.answers.ask(whole, compute)

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
            "as_of": newest.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z") if newest is not None else None,
        }


# --- what a page asks for ---------------------------------------------------------------------------------------


def _wish(visual: Visual, filters: Sequence[Filter], own: Any, excepted: Any) -> Wish:
    """What is asked of one visual.

    Raises:
        DashboardError: `invalid-request`, `invalid-filter`, `unknown-field`.
    """
    given = _mapping(own, "own")
    left_out = (
        {str(name).lower() for name in excepted}
        if isinstance(excepted, Sequence) and not isinstance(excepted, str)
        else set()
    )
    kept = tuple(f for f in filters if f.field.lower() not in left_out)
    entries = given.get("drill") or []
    if (
        not isinstance(entries, Sequence)
        or isinstance(entries, str)
        or not all(isinstance(e, Mapping) for e in entries)
    ):
        raise _wrong_request("`drill` is a list of objects with field and value")
    levels = len(visual.hierarchy)
    if len(entries) > max(levels - 1, 0):
        raise _wrong_request(f"'{visual.title}' cannot be drilled into {len(entries)} times")
    drill = read_filters([{"field": str(e.get("field")), "op": "in", "values": [e.get("value")]} for e in entries])
    for entry, level in zip(drill, visual.hierarchy, strict=False):
        if entry.field != level.name:
            raise _wrong_request(f"'{visual.title}' is drilled into by '{level.name}', not by {entry.field[:60]!r}")
    level = _whole(given.get("level"), "level", len(drill), 0, max(levels - 1, 0))
    return Wish(kept, drill, level, _sort(visual, level, given.get("sort")))


def _sort(visual: Visual, level: int, given: Any) -> tuple[Any, ...]:
    if given is None or given == [] or given == "":
        return ()
    names = [found.name for found in members_at(visual, level)] if visual.fault is None else []
    keys = []
    for text in [given] if isinstance(given, str) else given if isinstance(given, Sequence) else [given]:
        key = sort_key(text, names) if isinstance(text, str) else None
        if key is None:
            shown = str(text)[:60]
            hint = near_hint(shown.removeprefix("-"), names, f"it shows {', '.join(names)}")
            raise DashboardError(f"'{visual.title}' cannot be sorted by {shown!r}", hint=hint, code="unknown-field")
        keys.append(key)
    return tuple(keys)


def _chosen(page: Page, ids: Any) -> list[Visual]:
    if ids is None:
        return list(page.visuals)
    if not isinstance(ids, Sequence) or isinstance(ids, str) or len(ids) > _VISUALS_MAX:
        raise _wrong_request("`visuals` is a list of ids")
    return [_visual(page, one) for one in ids]


def _visual(page: Page, name: Any) -> Visual:
    found = next((visual for visual in page.visuals if visual.id == name), None)
    if found is None:
        raise _unknown("visual", name, page, [visual.id for visual in page.visuals])
    return found


def _slicer(page: Page, name: Any) -> Slicer:
    found = next((slicer for slicer in page.slicers if slicer.id == name), None)
    if found is None:
        raise _unknown("slicer", name, page, [slicer.id for slicer in page.slicers])
    if found.fault is not None:
        raise found.fault
    return found


def _unknown(what: str, name: Any, page: Page, names: list[str]) -> DashboardError:
    shown = str(name)[:60]
    return DashboardError(
        f"the page '{page.title}' has no {what} {shown!r}",
        hint=near_hint(shown, names, f"it has {', '.join(names[:20])}" if names else None),
        code="unknown-visual" if what == "visual" else "unknown-slicer",
    )


def _mapping(given: Any, name: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise _wrong_request(f"`{name}` is an object")
    return given


def _whole(given: Any, name: str, otherwise: int, least: int, most: int) -> int:
    if given is None:
        return otherwise
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
        raise _wrong_request(f"`{name}` is a whole number from {least} to {most}")
    return given


def _wrong_request(message: str) -> DashboardError:
    return DashboardError(message, code="invalid-request")


def _size(value: Any) -> int:
    """About how many bytes an answer takes."""
    if isinstance(value, str):
        return 50 + len(value)
    if isinstance(value, Mapping):
        return 100 + sum(_size(key) + _size(inner) for key, inner in value.items())
    if isinstance(value, list):
        return 60 + sum(map(_size, value))
    return 32
