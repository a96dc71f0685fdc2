"""What one visual shows: its rows, totals, trend and change, as the API gives them.

Owns which queries a visual needs, and how their rows become its answer. Never decides what is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from ingot.dashboards.change import Comparison
from ingot.dashboards.evaluation import Evaluator, Rows
from ingot.dashboards.filters import Filter
from ingot.dashboards.formats import default_format
from ingot.dashboards.kinds import KINDS
from ingot.dashboards.model import Member, Role, SortKey, Visual
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.query import DatasetQueries, Result
from ingot.dashboards.scopes import common_columns, filtered, published, shown_rows
from ingot.dashboards.shown_members import Asked
from ingot.dashboards.source import Fields
from ingot.engine import Binding
from ingot.errors import AnalysisError
from ingot.json_rows import type_word
from ingot.model import Query
from ingot.types import NULL, DataType, is_numeric


@dataclass(frozen=True)
class Wish:
    """What the reader of a page chose for one visual: the filters on it, how deep it is drilled, its order."""

    filters: tuple[Filter, ...] = ()
    drill: tuple[Filter, ...] = ()
    level: int = 0
    sort: tuple[SortKey, ...] = ()


@dataclass
class Maker:
    """Makes the answer of one visual over one state of the lake.

    Attributes:
        fields: Those of the visual's dataset.
        own: The visual's own query.
        held: Leaves of the dataset whose rows are in memory, filtered.
    """

    visual: Visual
    pinned: PinnedLake
    evaluator: Evaluator
    rows_max: int
    fields: Fields | None = None
    own: Query | None = None
    held: Mapping[str, Binding] = field(default_factory=dict)
    is_volatile: bool = False

    def answer(self, wish: Wish) -> dict[str, Any]:
        """The rows of a visual with everything that belongs to them.

        Raises:
            IngotError: what is wrong with the visual's expressions, the filters, or the rows.
        """
        return self._answer(wish) | {"is_volatile": self.is_volatile}

    def _answer(self, wish: Wish) -> dict[str, Any]:
        filters = reaching(self.visual, wish.filters)
        if self.own is not None:
            return self._of_own_query(self.own, filters, wish)
        assert self.fields is not None
        conditions, reached = self.conditions(self.fields, filters, wish)
        queries = DatasetQueries(self.visual, self.fields, Asked(conditions, wish.level, wish.sort), self.rows_max)
        shown = queries.rows()
        rows = self._rows(shown.query)
        answer = self._shown(shown, rows)
        answer |= self._reach(wish, reached)
        totals = queries.totals()
        if totals is not None:
            answer["totals"] = _totals(totals, self._rows(totals.query))
        trend = queries.trend()
        if trend is not None:
            points = self._rows(trend.query)
            answer["trend"] = {"columns": columns_json(trend.columns, points), "rows": points.values[::-1]}
        if self.visual.change is not None:
            comparison = Comparison(self.visual, self.visual.change, self.fields, self.pinned, self._rows)
            answer["change"] = change = comparison.answer(rows, self.rows_max, filters)
            if change is not None:
                answer["rows"] = [[change["current"]]]  # the value that is compared, not that of all periods
        return answer

    def _rows(self, query: Query) -> Rows:
        found = self.evaluator.rows(query, self.pinned, self.held)
        self.is_volatile |= found.is_volatile
        return found

    def conditions(
        self, fields: Fields, filters: Sequence[Filter], wish: Wish
    ) -> tuple[tuple[exp.Expr, ...], list[Filter]]:
        """The filters that reach a dataset, as conditions on its rows, with what was drilled into."""
        found: list[exp.Expr] = []
        reached: list[Filter] = []
        for one in filters:
            condition = fields.condition(one, self.pinned.local_now)
            if condition is not None:
                found.append(condition)
                reached.append(one)
        for one, level in zip(wish.drill, self.visual.hierarchy, strict=False):
            condition = fields.condition(replace(one, field=level.name), self.pinned.local_now)
            if condition is not None:
                found.append(condition)
        return tuple(found), reached

    def _of_own_query(self, query: Query, filters: Sequence[Filter], wish: Wish) -> dict[str, Any]:
        """The rows of a visual with a query of its own."""
        within, reached = filtered(query, filters, self.pinned)
        columns = self.pinned.analyzed(query).schema
        shown = shown_rows(self.visual, within, columns, Asked(sort=wish.sort), self.rows_max)
        shown = published(self.visual, shown, columns, query, self.pinned)
        answer = self._shown(shown, self._rows(shown.query)) | self._reach(wish, reached)
        if self.visual.kind == "table":
            common = common_columns(self.visual, query, columns)
            for column in answer["columns"]:
                column["is_of_rows"] = column["name"].lower() in common
        return answer

    def _shown(self, shown: Result, rows: Rows) -> dict[str, Any]:
        """The rows without the columns that steer them, cut to as many as are shown."""
        check_types(self.visual, shown.columns, rows)
        is_truncated = len(rows.values) > self.rows_max
        values = rows.values[: self.rows_max]
        width = len(shown.columns)
        answer: dict[str, Any] = {
            "columns": columns_json(shown.columns, rows),
            "rows": [row[:width] for row in values] if values and len(values[0]) > width else values,
            "row_count": len(values),
            "is_truncated": is_truncated,
        }
        if shown.others_column is not None:
            answer["others"] = [index for index, row in enumerate(values) if row[-1]]
            answer["others_column"] = shown.others_column
        return answer

    def _reach(self, wish: Wish, reached: Sequence[Filter]) -> dict[str, Any]:
        found = {f.field for f in reached}
        missed = {f.field for f in wish.filters} - found
        return {"filtered_by": sorted(found), "not_filtered_by": sorted(missed)}


# --- columns and totals -----------------------------------------------------------------------------------------


def columns_json(members: Sequence[Member], rows: Rows) -> list[dict[str, Any]]:
    """The columns of an answer."""
    return [column_json(m, f.type) | {"role": m.role.value} for m, f in zip(members, rows.schema.fields, strict=False)]


def column_json(found: Member, data_type: DataType) -> dict[str, Any]:
    """A member with its type and its format."""
    shown = found.format or default_format(data_type, found.role)
    return {
        "name": found.name,
        "label": found.label,
        "type": type_word(data_type),
        "format": shown.to_json() if shown is not None else None,
    }


def check_types(visual: Visual, members: Sequence[Member], rows: Rows) -> None:
    """Refuse what a kind cannot draw: a measure that is no number.

    Raises:
        AnalysisError: `type-mismatch`.
    """
    if visual.kind in ("table", "matrix", "card"):
        return
    names = {m.name for name, c in KINDS[visual.kind].channels.items() if c.role is Role.MEASURE
             for m in visual.channels.get(name, ())}  # fmt: skip
    for found, column in zip(members, rows.schema.fields, strict=False):
        if found.name in names and column.type != NULL and not is_numeric(column.type):
            raise AnalysisError(
                f"'{found.name}' is {column.type.ddl}, and a {visual.kind} shows numbers",
                location=found.location,
                hint="aggregate it: count(…), sum(…); or cast it to a number",
                code="type-mismatch",
            )


def _totals(totals: Result, rows: Rows) -> list[dict[str, Any]]:
    """The rows of totals by the members that they are grouped by: those members' values, then the measures'."""
    measures = [n for n, m in enumerate(totals.columns) if m.role is Role.MEASURE]
    position = {m.name: n for n, m in enumerate(totals.columns)}
    dimensions = [m for m in totals.columns if m.role is Role.DIMENSION]
    by_set: dict[int, list[list[Any]]] = {}
    for row in rows.values:
        by_set.setdefault(int(row[-1]) if dimensions else 0, []).append(row)
    answer = []
    for members in totals.sets:
        places = [*(position[m.name] for m in members), *measures]
        mark = _grouping_id(dimensions, members)
        answer.append(
            {"by": [m.name for m in members], "rows": [[row[n] for n in places] for row in by_set.get(mark, [])]}
        )
    return answer


def _grouping_id(dimensions: Sequence[Member], members: Sequence[Member]) -> int:
    """What grouping_id gives for a set: a bit for each dimension, the first one highest, set where it is added up."""
    names = {m.name for m in members}
    mark = 0
    for found in dimensions:
        mark = mark * 2 + (found.name not in names)
    return mark


def reaching(visual: Visual, filters: Sequence[Filter]) -> list[Filter]:
    """The filters that a visual does not ignore."""
    ignored = {name.lower() for name in visual.ignored}
    return [f for f in filters if f.field.lower() not in ignored]
