"""`pyspark.sql.Window`: over which rows a window function looks.

Owns partitions, order and frames. Never looks at what the function is.
"""

from __future__ import annotations

import sys
from typing import Any

from sqlglot import exp

from ingot.definitions.spark.column import named, unnamed
from ingot.definitions.spark.nodes import literal
from ingot.definitions.spark.place import here
from ingot.errors import DefinitionError

_PRECEDING = -sys.maxsize - 1
_FOLLOWING = sys.maxsize


class WindowSpec:
    """Partitions, order and frame; its methods give new specifications."""

    def __init__(
        self,
        partition: tuple[exp.Expr, ...] = (),
        order: tuple[exp.Expr, ...] = (),
        frame: tuple[str, int, int] | None = None,
    ):
        self._partition = partition
        self._order = order
        self._frame = frame

    def partitionBy(self, *cols: Any) -> WindowSpec:
        return WindowSpec(tuple(unnamed(named(c)) for c in _flat(cols)), self._order, self._frame)

    def orderBy(self, *cols: Any) -> WindowSpec:
        return WindowSpec(self._partition, tuple(ordered(c) for c in _flat(cols)), self._frame)

    def rowsBetween(self, start: int, end: int) -> WindowSpec:
        return WindowSpec(self._partition, self._order, ("ROWS", _whole(start), _whole(end)))

    def rangeBetween(self, start: int, end: int) -> WindowSpec:
        return WindowSpec(self._partition, self._order, ("RANGE", _whole(start), _whole(end)))

    def over(self, node: exp.Expr) -> exp.Window:
        """The function over this window, as the parser would have made it."""
        window = exp.Window(this=node, over="OVER")
        if self._partition:
            window.set("partition_by", list(self._partition))
        if self._order:
            window.set("order", exp.Order(expressions=list(self._order)))
        if self._frame is not None:
            kind, start, end = self._frame
            (start_at, start_side), (end_at, end_side) = _bound(start), _bound(end)
            window.set(
                "spec",
                exp.WindowSpec(kind=kind, start=start_at, start_side=start_side, end=end_at, end_side=end_side),
            )
        return window


class Window:
    """Where a specification begins."""

    unboundedPreceding = _PRECEDING
    unboundedFollowing = _FOLLOWING
    currentRow = 0

    @staticmethod
    def partitionBy(*cols: Any) -> WindowSpec:
        return WindowSpec().partitionBy(*cols)

    @staticmethod
    def orderBy(*cols: Any) -> WindowSpec:
        return WindowSpec().orderBy(*cols)

    @staticmethod
    def rowsBetween(start: int, end: int) -> WindowSpec:
        return WindowSpec().rowsBetween(start, end)

    @staticmethod
    def rangeBetween(start: int, end: int) -> WindowSpec:
        return WindowSpec().rangeBetween(start, end)


def ordered(value: Any) -> exp.Ordered:
    """A sort key: ascending with nulls first, unless the column says otherwise."""
    node = named(value)
    if isinstance(node, exp.Ordered):
        return node
    return exp.Ordered(this=unnamed(node), nulls_first=True)


def _flat(cols: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(cols[0]) if len(cols) == 1 and isinstance(cols[0], list | tuple) else cols


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise DefinitionError(
            f"a window's bound is a whole number, not {value!r}",
            location=here(),
            hint="Window.unboundedPreceding, Window.currentRow or a number: rowsBetween(-1, 0)",
        )
    return value


def _bound(value: int) -> tuple[str | exp.Expr, str | None]:
    if value <= -(2**63) + 1 or value <= _PRECEDING:
        return "UNBOUNDED", "PRECEDING"
    if value >= 2**63 - 1 or value >= _FOLLOWING:
        return "UNBOUNDED", "FOLLOWING"
    if value == 0:
        return "CURRENT ROW", None
    return literal(abs(value)), "PRECEDING" if value < 0 else "FOLLOWING"
