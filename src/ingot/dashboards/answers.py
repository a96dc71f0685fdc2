"""What pages ask of dashboards, answered: the list, one dashboard, the data of a page, values of a slicer, rows behind.

Any number of threads may ask at once; what several ask for at the same time is computed once. All queries of one answer
see the same versions of the tables. Knows nothing of HTTP.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any

from ingot.dashboards.cache import Kept
from ingot.dashboards.catalogue import Catalogue, Loaded
from ingot.dashboards.evaluation import Evaluator
from ingot.dashboards.filters import read_filters
from ingot.dashboards.model import BrokenDashboard, Dashboard
from ingot.dashboards.opened import OpenDashboard, Shared
from ingot.dashboards.questions import (
    chosen_visuals,
    mapping,
    read_wish,
    slicer_of,
    visual_of,
    whole_number,
    wrong_request,
)
from ingot.dashboards.waiting import Reader, stopped
from ingot.engine import Engine
from ingot.errors import IngotError, unexpected
from ingot.model import Project

ROWS_MAX, SECONDS_MAX, CACHE_BYTES = 5_000, 30.0, 64 * 2**20
SCAN_ROWS_MIN = 100_000  # of a table of which several visuals of a page are answered by one scan
OFFSET_MAX = 100_000  # beyond, finding a page of the rows behind would sort all of them


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
        scan_rows_min: int = SCAN_ROWS_MIN,
        clock: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
    ):
        self.project = project
        self.catalogue = Catalogue(project)
        self.rows_max = rows_max
        self._shared = Shared(project, engine, rows_max, seconds_max, cache_bytes, scan_rows_min, clock)

    def close(self) -> None:
        """End the threads that compute answers."""
        self._shared.close()

    # --- what there is ---

    def dashboards(self) -> dict[str, Any]:
        """All dashboards with their pages; those that cannot be read with the reason."""
        return {"dashboards": [self._line(loaded.dashboard) for loaded in self.catalogue.all()]}

    def _line(self, found: Dashboard | BrokenDashboard) -> dict[str, Any]:
        if isinstance(found, BrokenDashboard):
            error = self._shared.facts(found.error)
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

        return described(self.open(name))

    # --- the data of a page ---

    def data(self, name: str, asked: Mapping[str, Any], reader: Reader | None = None) -> dict[str, Any]:
        """The rows of the visuals of a page, all of the same versions of the tables.

        Args:
            name: The dashboard.
            asked: `page`, `visuals` (ids; all of the page if None), `filters`, `own` (by visual: drill, level, sort),
                `except` (by visual: fields whose filters do not reach it).

        Raises:
            IngotError: what is wrong with the question. What is wrong with one visual is part of the answer.
        """
        opened = self.open(name, reader)
        page = opened.page(asked.get("page"))
        filters = read_filters(asked.get("filters"))
        opened.check_fields(filters)
        own, excepted = mapping(asked.get("own"), "own"), mapping(asked.get("except"), "except")
        started = time.perf_counter()
        futures: dict[str, tuple[Future[Kept], bool] | IngotError] = {}
        try:
            for visual in chosen_visuals(page, asked.get("visuals")):
                try:
                    wish = read_wish(visual, filters, own.get(visual.id), excepted.get(visual.id))
                    futures[visual.id] = opened.ask(visual, wish)
                except IngotError as error:
                    futures[visual.id] = error
        finally:
            opened.begin()
        visuals = {visual: self._waited(answer, started) for visual, answer in futures.items()}
        for visual in chosen_visuals(page, asked.get("visuals")):
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
        except CancelledError:  # nobody waits for it, the server ends, or its settings have changed
            return self._error(stopped())
        except Exception as error:  # the flow boundary: a bug that one visual meets must not stop the others
            return self._error(unexpected(error, None))
        waited = round((time.perf_counter() - started) * 1000, 1)
        return {**found, "milliseconds": 0.0 if is_cached else waited, "is_cached": is_cached}

    def _error(self, error: IngotError) -> dict[str, Any]:
        return {"error": self._shared.facts(error)}

    def visual(self, name: str, asked: Mapping[str, Any], reader: Reader | None = None) -> dict[str, Any]:
        """The rows of one visual.

        Args:
            name: The dashboard.
            asked: `page`, `visual`, `filters`, `own`, `except`.

        Raises:
            IngotError: what is wrong with the question, or with the visual.
        """
        opened = self.open(name, reader)
        visual = visual_of(opened.page(asked.get("page")), asked.get("visual"))
        filters = read_filters(asked.get("filters"))
        opened.check_fields(filters)
        answer = opened.ask(visual, read_wish(visual, filters, asked.get("own"), asked.get("except")))
        opened.begin()
        return self._result(answer)

    # --- slicers, and the rows behind ---

    def values(self, name: str, asked: Mapping[str, Any], reader: Reader | None = None) -> dict[str, Any]:
        """The values that a slicer offers, with how many rows each has; or the least and the greatest one.

        Args:
            name: The dashboard.
            asked: `page`, `slicer` (its id), `search`, `filters`.

        Raises:
            IngotError: what is wrong with the question, or with the slicer.
        """
        from ingot.dashboards.slicer_values import slicer_values

        opened = self.open(name, reader)
        page = opened.page(asked.get("page"))
        slicer = slicer_of(page, asked.get("slicer"))
        filters = read_filters(asked.get("filters"))
        opened.check_fields(filters)
        search = asked.get("search")
        if search is not None and (not isinstance(search, str) or len(search) > 200):
            raise wrong_request("`search` is a text of at most 200 characters")
        assert slicer.dataset is not None
        source = opened.source(slicer.dataset)
        key = ("values", slicer.content, search, repr(filters))
        dataset = slicer.dataset

        def make(evaluator: Evaluator) -> dict[str, Any]:
            return slicer_values(slicer, opened.fields(dataset), filters, search, opened.pinned, evaluator)

        answer = opened.cached(key, source.reads, filters, make)
        return self._result(answer)

    def rows(self, name: str, asked: Mapping[str, Any], reader: Reader | None = None) -> dict[str, Any]:
        """The rows behind a visual, or behind one mark of it, before they are grouped.

        Args:
            name: The dashboard.
            asked: `page`, `visual`, `filters`, `point` (values by field), `limit`, `offset`, `own`, `except`.

        Raises:
            IngotError: what is wrong with the question; `no-rows-behind`.
        """
        from ingot.dashboards.rows_behind import point_filters, rows_behind

        opened = self.open(name, reader)
        page = opened.page(asked.get("page"))
        visual = visual_of(page, asked.get("visual"))
        filters = read_filters(asked.get("filters"))
        opened.check_fields(filters)
        wish = read_wish(visual, filters, asked.get("own"), asked.get("except"))
        point = point_filters(asked.get("point"))
        limit = whole_number(asked.get("limit"), "limit", 100, 1, self.rows_max)
        offset = whole_number(asked.get("offset"), "offset", 0, 0, OFFSET_MAX)
        key = ("rows", visual.content, repr((wish, point)), limit, offset)
        reads = opened.reads(visual)

        def make(evaluator: Evaluator) -> dict[str, Any]:
            return rows_behind(visual, wish, point, limit, offset, opened, evaluator)

        answer = opened.cached(key, reads, filters, make)
        return {**self._result(answer), **opened.versions()}

    def _result(self, answer: tuple[Future[Kept], bool]) -> dict[str, Any]:
        future, is_cached = answer
        try:
            return {**future.result().value, "is_cached": is_cached}
        except CancelledError:
            raise stopped() from None

    # --- within ---

    def _dashboard(self, name: str) -> tuple[Loaded, Dashboard]:
        loaded = self.catalogue.find(name)
        if isinstance(loaded.dashboard, BrokenDashboard):
            raise loaded.dashboard.error
        return loaded, loaded.dashboard

    def open(self, name: str, reader: Reader | None = None) -> OpenDashboard:
        """One dashboard over the lake as it is now, for one who waits for its answers.

        Raises:
            IngotError: `unknown-dashboard`, or what is wrong with the file.
        """
        return OpenDashboard(self._shared, *self._dashboard(name), self._shared.pinned(), reader or Reader())
