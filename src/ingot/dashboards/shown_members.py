"""What a visual shows at a level of its hierarchy: its members, and the one along which it stands.

Owns which members these are, and their expressions and types. Never makes a query.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ingot.dashboards.kinds import KINDS
from ingot.dashboards.model import Member, Role, SortKey, Visual
from ingot.dashboards.source import Fields
from ingot.errors import DashboardError
from ingot.types import STRING, DataType


@dataclass(frozen=True)
class Asked:
    """What the reader of a page chose for one visual: conditions on rows, a level of its hierarchy, an order."""

    conditions: tuple[exp.Expr, ...] = ()
    level: int = 0
    sort: tuple[SortKey, ...] = ()


def members_at(visual: Visual, level: int) -> tuple[Member, ...]:
    """The members that a visual shows at a level of its hierarchy, each once, in the order of its channels."""
    found: dict[str, Member] = {}
    kind = KINDS[visual.kind]
    for channel, members in visual.channels.items():
        if visual.kind == "card" and channel == "trend":
            continue
        if channel == kind.main and visual.hierarchy:
            members = (visual.hierarchy[level],)
        for one in members:
            other = found.setdefault(one.name, one)
            if other.role is not one.role or other.sql != one.sql:
                raise DashboardError(
                    f"'{one.name}' names both a {other.role} and a {one.role} in this visual",
                    location=visual.location,
                    hint="give one of them a `name` of its own: {expr: …, name: …}",
                    code="duplicate-name",
                )
    return tuple(found.values())


class ShownMembers:
    """The members of one visual over a dataset, as a reader has asked for it.

    Attributes:
        members: All that is shown, each once.
        behind: What steers the order, and is not shown.
        known: Both, in this order.
        main: The dimension along which the visual stands; None where there is none.
    """

    def __init__(self, visual: Visual, fields: Fields, asked: Asked):
        self.visual = visual
        self.fields = fields
        self.asked = asked
        self.kind = KINDS[visual.kind]
        self.members = members_at(visual, asked.level)
        self.dimensions = [m for m in self.members if m.role is Role.DIMENSION]
        self.measures = [m for m in self.members if m.role is Role.MEASURE]
        self.behind = tuple(m for m in visual.sorted_by if m not in self.members)
        self.known = (*self.members, *self.behind)
        self.main = self._main()

    def _main(self) -> Member | None:
        if self.visual.hierarchy:
            return self.visual.hierarchy[self.asked.level]
        return next(iter(self.visual.channels.get(self.kind.main or "", ())), None)

    def expression(self, found: Member) -> exp.Expr:
        """The expression of a member.

        Raises:
            IngotError: what is wrong with it.
        """
        return self.fields.expression(found)

    def type_of(self, found: Member) -> DataType | None:
        """The type of a dimension; a text where it is written out, for that has no order of its own."""
        is_named = found.sql is None or found.name in self.fields.dataset.dimensions
        known = self.fields.find(found.name) if is_named else None
        return known[1] if known is not None else STRING
