"""The queries of a visual over its dataset: grouped, filtered, ordered, cut to the top N.

One Spark SQL tree each, made of nodes, that analysis then types. Columns of a result are named `__c0`, `__c1` … in it,
so that no name of the user's meets another; columns behind those that are shown steer order and totals. Never evaluates
anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from ingot.dashboards.kinds import KINDS
from ingot.dashboards.model import Member, Role, SortKey, Visual
from ingot.dashboards.source import Fields, alias, column_node, quoted
from ingot.errors import DashboardError
from ingot.model import Query
from ingot.types import STRING, DataType

_TOP = "__top"
_BY_VALUE = frozenset({"donut", "treemap", "funnel", "map", "sankey"})
TREND_POINTS_MAX = 500


@dataclass(frozen=True)
class Asked:
    """What the reader of a page chose for one visual: conditions on rows, a level of its hierarchy, an order."""

    conditions: tuple[exp.Expr, ...] = ()
    level: int = 0
    sort: tuple[SortKey, ...] = ()


@dataclass(frozen=True)
class Result:
    """A query and what its columns are; `has_others` tells that the last column marks the rows that are the rest.

    `sets` are the members by which the rows of totals are grouped, one set after the other; the column behind those of
    the members tells which set a row is of.
    """

    query: Query
    columns: tuple[Member, ...]
    has_others: bool = False
    sets: tuple[tuple[Member, ...], ...] = field(default=())


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


class DatasetQueries:
    """Makes the queries of one visual over a dataset."""

    def __init__(self, visual: Visual, fields: Fields, asked: Asked, rows_max: int):
        self.visual = visual
        self.kind = KINDS[visual.kind]
        self.fields = fields
        self.asked = asked
        self.rows_max = rows_max
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

    # --- the rows that are shown ---

    def rows(self) -> Result:
        """The visual's own rows, at most one more than are shown."""
        if self.visual.kind == "table" and not self.measures:
            return self._details()
        ranking = self._ranking()
        if ranking is not None and self._needs_ranking():
            return self._ranked(ranking)
        tree = self._select([*(self._expression(m) for m in self.known), *self._ends()])
        self._group(tree, [n for n, m in enumerate(self.members, 1) if m.role is Role.DIMENSION])
        tree.set(
            "order", exp.Order(expressions=[self._ordered(key) for key in self._order()]) if self.dimensions else None
        )
        limit = self.rows_max + 1
        if self.visual.top is not None:
            return self._top_rows(tree)
        return Result(self._finished(tree, limit), self.members)

    def _details(self) -> Result:
        """Rows as they are, in an order that does not change from one page to the next."""
        tree = self._select([self._expression(m) for m in self.known])
        keys = [*self._chosen(), *(SortKey(m.name, False) for m in self.members)]
        tree.set("order", exp.Order(expressions=[self._ordered(key) for key in _distinct(keys)]))
        limit = min(self.visual.top or self.rows_max, self.rows_max) + (self.visual.top is None)
        return Result(self._finished(tree, limit), self.members)

    def _top_rows(self, tree: exp.Select) -> Result:
        """The first N by rank, then in the order that is shown."""
        rank = self._rank()
        by_rank = _distinct([*([rank] if rank else []), *(SortKey(m.name, False) for m in self.dimensions)])
        shown = self._order() if self.visual.kind != "table" or self._chosen() else by_rank
        tree.set("order", exp.Order(expressions=[self._ordered(key) for key in by_rank]))
        tree.limit(self.visual.top or self.rows_max, copy=False)
        if shown == by_rank:
            return Result(self._finished(tree, self.rows_max + 1), self.members)
        outer = exp.Select(expressions=[column_node(f"__c{n}") for n in range(len(self.members))])
        outer.set("from_", exp.From(this=_derived(tree, "__first")))
        outer.set("order", exp.Order(expressions=[self._ordered(key) for key in shown]))
        return Result(self._finished(outer, self.rows_max + 1), self.members)

    # --- top N and order of a main dimension that is split by another, or whose rest is added up ---

    def _is_split(self) -> bool:
        return self.visual.has_others or len(self.dimensions) > 1

    def _needs_ranking(self) -> bool:
        return self._is_split() and (self.visual.top is not None or self._order()[0].name == self._rank_name())

    def _rank_name(self) -> str | None:
        rank = self._rank()
        return rank.name if rank is not None else None

    def _rank(self) -> SortKey | None:
        """By what the main dimension's values are ranked: a measure of the order, else the first one downwards."""
        names = {m.name for m in self.known if m.role is Role.MEASURE}
        chosen = next((key for key in self._chosen() if key.name in names), None)
        return chosen or (SortKey(self.measures[0].name, True) if self.measures else None)

    def _ranking(self) -> exp.Select | None:
        """The main dimension's values with the measure that ranks them, the first N if only these are wanted."""
        rank = self._rank()
        if self.main is None or rank is None or self.visual.kind in ("table", "matrix"):
            return None
        measure = next(m for m in self.known if m.name == rank.name)
        tree = self._select([])
        items = [alias(self.fields.expression(self.main), "__k"), alias(exp.Boolean(this=True), "__in"),
                 alias(self.fields.expression(measure), "__rank")]  # fmt: skip
        tree.set("expressions", items)
        self._group(tree, [1])
        if self.visual.top is not None:
            order = [_ordering("__rank", rank.is_descending), _ordering("__k", False)]
            tree.set("order", exp.Order(expressions=order))
            tree.limit(self.visual.top, copy=False)
        return tree

    def _ranked(self, ranking: exp.Select) -> Result:
        """Rows joined with the ranking of their main dimension's value; the rest is one value more, or left out."""
        main, rank = self.main, self._rank()
        assert main is not None and rank is not None
        others = self.visual.has_others
        inside = column_node("__in", (_TOP,))
        items = []
        for found in self.known:
            node = self._expression(found)
            if found.name == main.name and others:
                node = exp.Case(ifs=[exp.If(this=inside.copy(), true=node)])
            items.append(node)
        is_other = exp.Is(this=inside, expression=exp.Null())
        tree = self._select([*items, column_node("__rank", (_TOP,)), is_other])
        on = exp.NullSafeEQ(this=self.fields.expression(main), expression=column_node("__k", (_TOP,)))
        side = {"side": "LEFT"} if others else {}
        tree.set("joins", [exp.Join(this=_derived(ranking, _TOP), on=on, **side)])
        count = len(self.known)
        self._group(
            tree, [*(n for n, m in enumerate(self.members, 1) if m.role is Role.DIMENSION), count + 1, count + 2]
        )
        keys = [key for key in self._order() if key.name != rank.name]
        order = [_ordering(f"__c{count + 1}", False)]
        if self._order()[0].name == rank.name:
            order.append(_ordering(f"__c{count}", rank.is_descending))
        tree.set("order", exp.Order(expressions=[*order, *(self._ordered(key) for key in keys)]))
        return Result(self._finished(tree, self.rows_max + 1), self.members, has_others=others)

    # --- order ---

    def _chosen(self) -> tuple[SortKey, ...]:
        """The order that the reader or the file asks for; at a lower level, the category is that level's."""
        if self.asked.sort:
            return self.asked.sort
        first = self.visual.hierarchy[0].name if self.visual.hierarchy else None
        keys = [
            SortKey(self.main.name, key.is_descending) if self.main is not None and key.name == first else key
            for key in self.visual.sort
        ]
        return tuple(key for key in keys if any(m.name == key.name for m in self.known))

    def _order(self) -> list[SortKey]:
        """All keys, down to one that leaves no ties."""
        chosen = self._chosen()
        dimensions = [SortKey(m.name, False) for m in self.dimensions]
        if not chosen and not self.is_in_order and self.measures:
            chosen = (SortKey(self.measures[0].name, True),)
        return _distinct([*chosen, *dimensions])

    @property
    def is_in_order(self) -> bool:
        """Whether rows stand by their category: where it has an order of its own, such as time."""
        if self.kind.is_in_order or self.visual.kind == "table":
            return True
        if self.main is None or self.visual.kind in _BY_VALUE:
            return False
        return self._type(self.main) != STRING

    def _type(self, found: Member) -> DataType | None:
        known = (
            self.fields.find(found.name) if found.sql is None or found.name in self.fields.dataset.dimensions else None
        )
        return known[1] if known is not None else STRING

    def _ordered(self, key: SortKey) -> exp.Ordered:
        index = next(n for n, m in enumerate(self.known) if m.name == key.name)
        return _ordering(f"__c{index}", key.is_descending)

    # --- totals ---

    def totals(self) -> Result | None:
        """The totals of a table or a matrix; None where there are none."""
        if not self.measures or not self.dimensions:
            return None
        if self.visual.kind == "table" and self.visual.options.get("totals", False):
            return self._grouped_totals([()])
        if self.visual.kind == "matrix" and self.visual.options.get("totals", True):
            rows, columns = self.visual.channels["rows"], self.visual.channels.get("columns", ())
            prefixes = [columns, ()] if columns else [()]
            sets = [(*rows[:n], *across) for n in range(len(rows), -1, -1) for across in prefixes]
            return self._grouped_totals([s for s in sets if len(s) < len(rows) + len(columns)])
        return None

    def _grouped_totals(self, sets: Sequence[tuple[Member, ...]]) -> Result:
        if list(sets) == [()]:
            tree = self._select([self._expression(m) for m in self.measures])
            return Result(self._finished(tree, None), tuple(self.measures), sets=((),))
        members = [*self.dimensions, *self.measures]
        position = {m.name: n for n, m in enumerate(self.dimensions, 1)}
        keys = [self._expression(m) for m in self.dimensions]
        which = exp.Anonymous(this="grouping_id", expressions=[key.copy() for key in keys])
        tree = self._select([*(self._expression(m) for m in members), which])
        groups = [exp.Tuple(expressions=[_number(position[m.name]) for m in group]) for group in sets]
        tree.set("group", exp.Group(expressions=[exp.Anonymous(this="grouping sets", expressions=groups)]))
        order = [_ordering(f"__c{n}", False) for n in (len(members), *range(len(self.dimensions)))]
        tree.set("order", exp.Order(expressions=order))
        return Result(self._finished(tree, self.rows_max * 4), tuple(members), sets=tuple(sets))

    # --- cards ---

    def trend(self) -> Result | None:
        """A card's value along a dimension, the last points first."""
        along = next(iter(self.visual.channels.get("trend", ())), None) if self.visual.kind == "card" else None
        if along is None:
            return None
        tree = self._select([self._expression(along), *(self._expression(m) for m in self.measures[:1])])
        self._group(tree, [1])
        tree.set("order", exp.Order(expressions=[_ordering("__c0", True)]))
        return Result(self._finished(tree, TREND_POINTS_MAX), (along, *self.measures[:1]))

    def _ends(self) -> list[exp.Expr]:
        """The first and the last day of the rows, behind a card's value, for its change."""
        if self.visual.change is None:
            return []
        return [_call(name, self._expression(self.visual.change.by)) for name in ("min", "max")]

    def compared(self, current: exp.Expr, previous: exp.Expr) -> Result:
        """A card's value over the rows of two periods: 1 for the current one, 0 for the one before."""
        ifs = [exp.If(this=current, true=_number(1)), exp.If(this=previous, true=_number(0))]
        tree = self._select([exp.Case(ifs=ifs), self._expression(self.measures[0])])
        self._group(tree, [1])
        return Result(self._finished(tree, 3), tuple(self.measures[:1]))

    # --- nodes ---

    def _expression(self, found: Member) -> exp.Expr:
        return self.fields.expression(found)

    def _select(self, items: list[exp.Expr]) -> exp.Select:
        tree = self.fields.source.select([alias(node, f"__c{n}") for n, node in enumerate(items)])
        if self.asked.conditions:
            conditions = [condition.copy() for condition in self.asked.conditions]
            tree.set("where", exp.Where(this=exp.and_(*conditions, copy=False)))
        return tree

    def _group(self, tree: exp.Select, positions: list[int]) -> None:
        if positions:
            tree.set("group", exp.Group(expressions=[_number(n) for n in positions]))

    def _finished(self, tree: exp.Select, limit: int | None) -> Query:
        if limit is not None and tree.args.get("limit") is None:
            tree.limit(limit, copy=False)
        return self.fields.source.query(tree, self.visual.location)


def _derived(tree: exp.Query, name: str) -> exp.Subquery:
    return exp.Subquery(this=tree, alias=exp.TableAlias(this=quoted(name)))


def _ordering(column: str, is_descending: bool) -> exp.Ordered:
    """Rows without a value come last, in either direction."""
    return exp.Ordered(this=column_node(column), desc=is_descending, nulls_first=False)


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _distinct(keys: Sequence[SortKey]) -> list[SortKey]:
    """Each name once, where it stands first."""
    found: dict[str, SortKey] = {}
    for key in keys:
        found.setdefault(key.name, key)
    return list(found.values())
