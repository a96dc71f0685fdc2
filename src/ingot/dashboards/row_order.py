"""The order in which the rows of a visual stand, and by which of their values they are ranked.

Owns what decides it: the reader, the file, or what the visual is along. Never makes a query.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ingot.dashboards.model import Role, SortKey
from ingot.dashboards.shown_members import ShownMembers
from ingot.dashboards.source import column_node
from ingot.types import STRING

_BY_VALUE = frozenset({"donut", "treemap", "funnel", "map", "sankey"})


class RowOrder:
    """The order of one visual's rows."""

    def __init__(self, shown: ShownMembers):
        self.shown = shown

    def chosen(self) -> tuple[SortKey, ...]:
        """The order that the reader or the file asks for; at a lower level, the category is that level's."""
        if self.shown.asked.sort:
            return self.shown.asked.sort
        first = self.shown.visual.hierarchy[0].name if self.shown.visual.hierarchy else None
        keys = [
            SortKey(self.shown.main.name, key.is_descending)
            if self.shown.main is not None and key.name == first
            else key
            for key in self.shown.visual.sort
        ]
        return tuple(key for key in keys if any(m.name == key.name for m in self.shown.known))

    def complete(self) -> list[SortKey]:
        """All keys, down to one that leaves no ties."""
        chosen = self.chosen()
        dimensions = [SortKey(m.name, False) for m in self.shown.dimensions]
        if not chosen and not self.is_in_order and self.shown.measures:
            chosen = (SortKey(self.shown.measures[0].name, True),)
        return distinct([*chosen, *dimensions])

    @property
    def is_in_order(self) -> bool:
        """Whether rows stand by their category: where it has an order of its own, such as time."""
        if self.shown.kind.is_in_order or self.shown.visual.kind == "table":
            return True
        if self.shown.main is None or self.shown.visual.kind in _BY_VALUE:
            return False
        return self.shown.type_of(self.shown.main) != STRING

    def ordered(self, key: SortKey) -> exp.Ordered:
        """A key of the order, by the column of the query that holds it."""
        index = next(n for n, m in enumerate(self.shown.known) if m.name == key.name)
        return ordering(f"__c{index}", key.is_descending)

    def rank_name(self) -> str | None:
        """The name of what ranks."""
        rank = self.rank()
        return rank.name if rank is not None else None

    def rank(self) -> SortKey | None:
        """By what the main dimension's values are ranked: a measure of the order, else the first one downwards."""
        names = {m.name for m in self.shown.known if m.role is Role.MEASURE}
        chosen = next((key for key in self.chosen() if key.name in names), None)
        return chosen or (SortKey(self.shown.measures[0].name, True) if self.shown.measures else None)


def ordering(column: str, is_descending: bool) -> exp.Ordered:
    """Rows without a value come last, in either direction."""
    return exp.Ordered(this=column_node(column), desc=is_descending, nulls_first=False)


def distinct(keys: Sequence[SortKey]) -> list[SortKey]:
    """Each name once, where it stands first."""
    found: dict[str, SortKey] = {}
    for key in keys:
        found.setdefault(key.name, key)
    return list(found.values())
