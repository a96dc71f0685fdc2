"""The relations in the FROM of a SELECT: how its joins keep or lose their rows, and which columns they have.

Reads trees only; never changes one, never evaluates anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ingot.dashboards.pinned import PinnedLake
from ingot.errors import IngotError
from ingot.model import Query
from ingot.types import StructType


@dataclass(frozen=True)
class Standing:
    """How a relation stands in the FROM of its SELECT: whether rows without it remain, and a semi or anti join's ON."""

    is_nullable: bool
    semi: exp.Join | None
    is_anti: bool

    @property
    def is_kept(self) -> bool:
        """Whether every row of the SELECT has a row of the relation."""
        return self.semi is None and not self.is_nullable


def relations(select: exp.Select) -> Iterator[exp.Expr]:
    """What a SELECT reads: tables, subqueries, functions; those of joins in parentheses too."""
    for part in (select.args.get("from_"), *(select.args.get("joins") or [])):
        if part is not None:
            yield from _relations(part.this)


def _relations(node: exp.Expr) -> Iterator[exp.Expr]:
    is_parenthesis = isinstance(node, exp.Subquery) and not isinstance(node.this, exp.Query)
    if is_parenthesis:
        yield from _relations(node.this)
    else:
        yield node
    for join in node.args.get("joins") or []:
        yield from _relations(join.this)


def standing_of(relation: exp.Expr, select: exp.Select) -> Standing:
    """How a relation stands in the FROM of a SELECT around it."""
    is_nullable = is_anti = False
    semi: exp.Join | None = None
    node, came_from = relation, None
    while node is not select and node is not None:
        if isinstance(node, exp.Join):
            kind, owner = str(node.kind or "").upper(), node.parent
            if kind in ("SEMI", "ANTI"):
                semi, is_anti = node, is_anti or kind == "ANTI"
            is_nullable |= kind not in ("SEMI", "ANTI") and node.side.upper() in ("LEFT", "FULL")
            later = owner.args.get("joins") or [] if owner is not None else []
            is_nullable |= _is_left_out(later[next(n for n, join in enumerate(later) if join is node) + 1 :])
        elif isinstance(node, exp.From):
            is_nullable |= _is_left_out(select.args.get("joins") or [])
        elif not isinstance(came_from, exp.Join):
            is_nullable |= _is_left_out(node.args.get("joins") or [])
        node, came_from = node.parent, node
    return Standing(is_nullable, semi, is_anti)


def _is_left_out(joins: Sequence[exp.Join]) -> bool:
    """Whether one of the joins keeps rows that what stands before it has no row for."""
    return any(j.side.upper() in ("RIGHT", "FULL") for j in joins if str(j.kind or "").upper() not in ("SEMI", "ANTI"))


def columns_of(relation: exp.Expr, select: exp.Select, query: Query, pinned: PinnedLake) -> StructType | None:
    """The columns of a relation of a SELECT; None where they cannot be told from the relation by itself."""
    alone = relation.copy()
    alone.set("joins", None)
    probe = exp.Select(expressions=[exp.Star()])
    probe.set("from_", exp.From(this=alone))
    ctes, node = [], select
    while node is not None:
        around = node.args.get("with_")
        ctes[:0] = [cte.copy() for cte in around.expressions] if isinstance(around, exp.With) else []
        node = node.parent
    if ctes:
        probe.set("with_", exp.With(expressions=ctes))
    try:
        return pinned.analyzed(replace(query, tree=probe)).schema
    except IngotError:
        return None


def are_equated(name: str, parts: Sequence[str], other: exp.Expr, select: exp.Select) -> bool:
    """Whether a join of a SELECT says that a column of one relation is equal to another column."""
    for join in select.args.get("joins") or []:
        using, on = join.args.get("using") or [], join.args.get("on")
        if any(column.name.lower() == name.lower() for column in using):
            return True
        conditions = on.flatten() if isinstance(on, exp.And) else [on] if on is not None else []
        for condition in conditions:
            equal = condition.unnest()
            if not isinstance(equal, exp.EQ | exp.NullSafeEQ):
                continue
            sides = {_path(equal.this), _path(equal.expression)}
            if sides == {_path_of(name, parts), _path(other)}:
                return True
    return False


def _path(node: exp.Expr) -> tuple[str, ...] | None:
    if isinstance(node, exp.Column | exp.Dot):
        return tuple(part.name.lower() for part in node.parts)
    return None


def _path_of(name: str, parts: Sequence[str]) -> tuple[str, ...]:
    return (*(part.lower() for part in parts), name.lower())
