"""The values that a slicer offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from ingot.dashboards.evaluation import Evaluator
from ingot.dashboards.filters import Filter, predicate
from ingot.dashboards.model import Slicer
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.source import Fields, alias, column_node
from ingot.errors import AnalysisError, near_hint
from ingot.json_rows import type_word

VALUES_MAX = 500
_RANGES = ("range", "relative_date")


def slicer_values(
    slicer: Slicer,
    fields: Fields,
    filters: Sequence[Filter],
    search: str | None,
    pinned: PinnedLake,
    evaluator: Evaluator,
) -> dict[str, Any]:
    """The values in order with their number of rows, of which there are at most 500; for a range its ends.

    Filters of other fields leave out what they leave out; the slicer's own does not.

    Raises:
        AnalysisError: `unknown-column`.
    """
    found = fields.find(slicer.field)
    if found is None:
        names = [*fields.dataset.dimensions, *fields.columns.names]
        raise AnalysisError(
            f"there is no column or dimension '{slicer.field}' in {fields.dataset.name}",
            location=slicer.location,
            hint=near_hint(slicer.field, names, f"there are {', '.join(names[:12])}"),
            code="unknown-column",
        )
    node, data_type = found
    conditions = [
        condition
        for one in filters
        if one.field.lower() != slicer.field.lower()
        and (condition := fields.condition(one, pinned.local_now)) is not None
    ]
    if search:
        conditions.append(predicate(node, data_type, Filter(slicer.field, "contains", (search,)), pinned.local_now))
    if slicer.kind in _RANGES:
        items = [exp.Anonymous(this=name, expressions=[node.copy()]) for name in ("min", "max")]
        tree = fields.source.select([alias(item, f"__c{n}") for n, item in enumerate(items)])
    else:
        count = exp.Anonymous(this="count", expressions=[exp.Star()])
        tree = fields.source.select([alias(node, "__c0"), alias(count, "__c1")])
        tree.set("group", exp.Group(expressions=[exp.Literal.number(1)]))
        tree.set("order", exp.Order(expressions=[exp.Ordered(this=column_node("__c0"), desc=False, nulls_first=False)]))
        tree.limit(VALUES_MAX + 1, copy=False)
    if conditions:
        tree.set("where", exp.Where(this=exp.and_(*conditions, copy=False)))
    found_rows = evaluator.rows(fields.source.query(tree, slicer.location), pinned)
    rows = found_rows.values
    answer: dict[str, Any] = {
        "values": [], "is_truncated": False, "minimum": None, "maximum": None, "type": type_word(data_type),
        "is_volatile": found_rows.is_volatile,
    }  # fmt: skip
    if slicer.kind in _RANGES:
        [[answer["minimum"], answer["maximum"]]] = rows
        return answer
    answer["values"] = [{"value": value, "count": count} for value, count in rows[:VALUES_MAX]]
    answer["is_truncated"] = len(rows) > VALUES_MAX
    return answer
