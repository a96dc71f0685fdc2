"""Queries of dashboards through the engine: within a time, as plain values.

Owns the time that one query may take. Never knows what a query is for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ingot.analysis.typed import AnalyzedQuery
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.waiting import Stop, stopped
from ingot.engine import Binding, Engine
from ingot.errors import DashboardError, Location
from ingot.json_rows import json_rows
from ingot.model import Query
from ingot.result import Result
from ingot.types import StructType

STOPPED = ("query-timeout", "query-stopped")  # of a query that took too long, or that nobody waits for any more
_HOLD_SHARE = 0.5  # of the time of one query: a scan that is given up comes before the queries of the answers


@dataclass(frozen=True)
class Rows:
    """Rows as JSON has them, and the types that they had."""

    schema: StructType
    values: list[list[Any]]
    is_volatile: bool = False  # whether another evaluation may give others, though no table changes


@dataclass(frozen=True)
class Held:
    """Rows in memory, as what a leaf of other queries is bound to; `close` lets them go."""

    binding: Binding
    rows: int
    close: Callable[[], None]


NOTHING_HELD: Mapping[str, Binding] = MappingProxyType({})


class Evaluator:
    """Evaluates queries. Its methods may be called from several threads."""

    def __init__(self, engine: Engine, seconds_max: float, stop: Stop | None = None):
        self._engine = engine
        self._seconds_max = seconds_max
        self._stop = stop or Stop()

    def until(self, stop: Stop) -> Evaluator:
        """The same, but for queries that end when nobody waits for them any more."""
        return Evaluator(self._engine, self._seconds_max, stop)

    def rows(self, query: Query, pinned: PinnedLake, held: Mapping[str, Binding] = NOTHING_HELD) -> Rows:
        """All rows of a query, which has a LIMIT of its own.

        Args:
            query: The query.
            pinned: What it reads.
            held: Leaves of it whose rows are in memory.

        Raises:
            DashboardError: `query-timeout`, `query-stopped`.
            IngotError: what is wrong with the query, or with its rows.
        """
        return self.rows_of(pinned.analyzed(query), pinned, held)

    def rows_of(self, analyzed: AnalyzedQuery, pinned: PinnedLake, held: Mapping[str, Binding] = NOTHING_HELD) -> Rows:
        """All rows of an analyzed query."""
        found = self._engine.collect(pinned.bound(analyzed, held))
        schema = analyzed.schema
        with closing(found), self._in_time(found, analyzed.query.location):
            return Rows(schema, json_rows(Result(found, schema).rows(), schema), bool(analyzed.volatile))

    def hold(self, query: Query, pinned: PinnedLake, rows_max: int) -> Held | None:
        """The rows of a query in memory; None where they are more, or would differ the next time.

        Raises:
            DashboardError: `query-timeout`.
            IngotError: what is wrong with the query, or with its rows.
        """
        analyzed = pinned.analyzed(query)
        if analyzed.volatile:
            return None
        found = self._engine.hold(pinned.bound(analyzed, NOTHING_HELD))
        with ExitStack() as unless_taken:
            unless_taken.callback(found.close)
            with self._in_time(found, analyzed.query.location, _HOLD_SHARE):
                binding = found.take(rows_max)
            if binding is None:
                return None
            unless_taken.pop_all()
            return Held(binding, binding.rows, found.close)

    @contextmanager
    def _in_time(self, found: Any, location: Location | None, share: float = 1.0) -> Iterator[None]:
        """Stop what is evaluated in this block when it takes longer than a share of the time of one query."""
        seconds = self._seconds_max * share
        late = threading.Event()

        def stop() -> None:
            late.set()
            found.interrupt()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            with self._stop.ends(found.interrupt):
                yield
        except KeyboardInterrupt:
            if not late.is_set():  # nobody waits for it, or the engine is closed
                raise stopped() from None
            raise DashboardError(
                f"the query took longer than {seconds:g} s, and was stopped",
                location=location,
                hint="filter more, or let a table of the pipeline compute it beforehand",
                code="query-timeout",
            ) from None
        finally:
            timer.cancel()
