"""Queries of dashboards through the engine: within a time, as plain values.

Owns the time that one query may take. Never knows what a query is for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from ingot.analysis.typed import AnalyzedQuery
from ingot.dashboards.pinned import PinnedLake
from ingot.engine import Engine
from ingot.errors import DashboardError
from ingot.json_rows import json_rows
from ingot.model import Query
from ingot.result import Result
from ingot.types import StructType


@dataclass(frozen=True)
class Rows:
    """Rows as JSON has them, and the types that they had."""

    schema: StructType
    values: list[list[Any]]
    is_volatile: bool = False  # whether another evaluation may give others, though no table changes


class Evaluator:
    """Evaluates queries. Its methods may be called from several threads."""

    def __init__(self, engine: Engine, seconds_max: float):
        self._engine = engine
        self._seconds_max = seconds_max

    def rows(self, query: Query, pinned: PinnedLake) -> Rows:
        """All rows of a query, which has a LIMIT of its own.

        Raises:
            DashboardError: `query-timeout`.
            IngotError: what is wrong with the query, or with its rows.
        """
        return self.rows_of(pinned.analyzed(query), pinned)

    def rows_of(self, analyzed: AnalyzedQuery, pinned: PinnedLake) -> Rows:
        """All rows of an analyzed query."""
        found = self._engine.collect(pinned.bound(analyzed))
        late = threading.Event()

        def stop() -> None:
            late.set()
            found.interrupt()

        timer = threading.Timer(self._seconds_max, stop)
        timer.daemon = True
        timer.start()
        try:
            schema = analyzed.schema
            return Rows(schema, json_rows(Result(found, schema).rows(), schema), bool(analyzed.volatile))
        except KeyboardInterrupt:
            if not late.is_set():  # whoever closes the engine stops what runs
                raise DashboardError("the query was stopped", code="query-stopped") from None
            raise DashboardError(
                f"the query took longer than {self._seconds_max:g} s, and was stopped",
                location=analyzed.query.location,
                hint="filter more, or let a table of the pipeline compute it beforehand",
                code="query-timeout",
            ) from None
        finally:
            timer.cancel()
            found.close()
