"""The queries of a visual over its dataset: grouped, filtered, ordered, cut to the top N.

One Spark SQL tree each, made of nodes, that analysis then types. Columns of a result are named `__c0`, `__c1` … in it,
so that no name of the user's meets another; columns behind those that are shown steer order and totals. Never evaluates
anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from ingot.dashboards.model import Member, Role, SortKey, Visual
from ingot.dashboards.row_order import RowOrder, distinct, ordering
from ingot.dashboards.shown_members import Asked, ShownMembers
from ingot.dashboards.source import Fields, alias, column_node, quoted
from ingot.model import Query

_TOP = "__top"
TREND_POINTS_MAX = 500


@dataclass(frozen=True)
class Result:
    """A query and what its columns are.

    `others_column` is the place of the one whose values beyond the top N are added up to a rest; the last column of the
    query then marks the rows that are the rest. None where nothing is added up.
    `sets` are the members by which the rows of totals are grouped, one set after the other; the column behind those of
    the members tells which set a row is of.
    """

    query: Query
    columns: tuple[Member, ...]
    others_column: int | None = None
    sets: tuple[tuple[Member, ...], ...] = field(default=())


class DatasetQueries:
    """Makes the queries of one visual over a dataset."""

    def __init__(self, visual: Visual, fields: Fields, asked: Asked, rows_max: int):
        self.visual = visual
        self.fields = fields
        self.conditions = asked.conditions
        self.rows_max = rows_max
        self.shown = ShownMembers(visual, fields, asked)
        self.order = RowOrder(self.shown)

    # --- the rows that are shown ---

    def rows(self) -> Result:
        """The visual's own rows, at most one more than are shown."""
        if self.visual.kind == "table" and not self.shown.measures:
            return self._details()
        ranking = self._ranking()
        if ranking is not None and self._needs_ranking():
            return self._ranked(ranking)
        tree = self._select([*(self.shown.expression(m) for m in self.shown.known), *self._ends()])
        self._group(tree, [n for n, m in enumerate(self.shown.members, 1) if m.role is Role.DIMENSION])
        if self.shown.dimensions:
            tree.set("order", exp.Order(expressions=[self.order.ordered(key) for key in self.order.complete()]))
        limit = self.rows_max + 1
        if self.visual.top is not None:
            return self._top_rows(tree)
        return Result(self._finished(tree, limit), self.shown.members)

    def _details(self) -> Result:
        """Rows as they are, in an order that does not change from one page to the next."""
        tree = self._select([self.shown.expression(m) for m in self.shown.known])
        keys = [*self.order.chosen(), *(SortKey(m.name, False) for m in self.shown.members)]
        tree.set("order", exp.Order(expressions=[self.order.ordered(key) for key in distinct(keys)]))
        limit = min(self.visual.top or self.rows_max, self.rows_max) + (self.visual.top is None)
        return Result(self._finished(tree, limit), self.shown.members)

    def _top_rows(self, tree: exp.Select) -> Result:
        """The first N by rank, then in the order that is shown."""
        rank = self.order.rank()
        by_rank = distinct([*([rank] if rank else []), *(SortKey(m.name, False) for m in self.shown.dimensions)])
        shown = self.order.complete() if self.visual.kind != "table" or self.order.chosen() else by_rank
        tree.set("order", exp.Order(expressions=[self.order.ordered(key) for key in by_rank]))
        tree.limit(self.visual.top or self.rows_max, copy=False)
        if shown == by_rank:
            return Result(self._finished(tree, self.rows_max + 1), self.shown.members)
        outer = exp.Select(expressions=[column_node(f"__c{n}") for n in range(len(self.shown.members))])
        outer.set("from_", exp.From(this=_derived(tree, "__first")))
        outer.set("order", exp.Order(expressions=[self.order.ordered(key) for key in shown]))
        return Result(self._finished(outer, self.rows_max + 1), self.shown.members)

    # --- top N and order of a main dimension that is split by another, or whose rest is added up ---

    def _is_split(self) -> bool:
        return self.visual.has_others or len(self.shown.dimensions) > 1

    def _needs_ranking(self) -> bool:
        return self._is_split() and (
            self.visual.top is not None or self.order.complete()[0].name == self.order.rank_name()
        )

    def _ranking(self) -> exp.Select | None:
        """The main dimension's values with the measure that ranks them, the first N if only these are wanted."""
        rank = self.order.rank()
        if self.shown.main is None or rank is None or self.visual.kind in ("table", "matrix"):
            return None
        measure = next(m for m in self.shown.known if m.name == rank.name)
        tree = self._select([])
        items = [alias(self.shown.expression(self.shown.main), "__k"), alias(exp.Boolean(this=True), "__in"),
                 alias(self.shown.expression(measure), "__rank")]  # fmt: skip
        tree.set("expressions", items)
        self._group(tree, [1])
        if self.visual.top is not None:
            order = [ordering("__rank", rank.is_descending), ordering("__k", False)]
            tree.set("order", exp.Order(expressions=order))
            tree.limit(self.visual.top, copy=False)
        return tree

    def _ranked(self, ranking: exp.Select) -> Result:
        """Rows joined with the ranking of their main dimension's value; the rest is one value more, or left out."""
        main, rank = self.shown.main, self.order.rank()
        assert main is not None and rank is not None
        others = self.visual.has_others
        inside = column_node("__in", (_TOP,))
        items = []
        for found in self.shown.known:
            node = self.shown.expression(found)
            if found.name == main.name and others:
                node = exp.Case(ifs=[exp.If(this=inside.copy(), true=node)])
            items.append(node)
        is_other = exp.Is(this=inside, expression=exp.Null())
        tree = self._select([*items, column_node("__rank", (_TOP,)), is_other])
        on = exp.NullSafeEQ(this=self.shown.expression(main), expression=column_node("__k", (_TOP,)))
        side = {"side": "LEFT"} if others else {}
        tree.set("joins", [exp.Join(this=_derived(ranking, _TOP), on=on, **side)])
        count = len(self.shown.known)
        self._group(
            tree, [*(n for n, m in enumerate(self.shown.members, 1) if m.role is Role.DIMENSION), count + 1, count + 2]
        )
        keys = [key for key in self.order.complete() if key.name != rank.name]
        order = [ordering(f"__c{count + 1}", False)]
        if self.order.complete()[0].name == rank.name:
            order.append(ordering(f"__c{count}", rank.is_descending))
        tree.set("order", exp.Order(expressions=[*order, *(self.order.ordered(key) for key in keys)]))
        others_column = self.shown.members.index(main) if others else None
        return Result(self._finished(tree, self.rows_max + 1), self.shown.members, others_column)

    # --- totals ---

    def totals(self) -> Result | None:
        """The totals of a table or a matrix; None where there are none."""
        if not self.shown.measures or not self.shown.dimensions:
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
            tree = self._select([self.shown.expression(m) for m in self.shown.measures])
            return Result(self._finished(tree, None), tuple(self.shown.measures), sets=((),))
        members = [*self.shown.dimensions, *self.shown.measures]
        position = {m.name: n for n, m in enumerate(self.shown.dimensions, 1)}
        keys = [self.shown.expression(m) for m in self.shown.dimensions]
        which = exp.Anonymous(this="grouping_id", expressions=[key.copy() for key in keys])
        tree = self._select([*(self.shown.expression(m) for m in members), which])
        groups = [exp.Tuple(expressions=[_number(position[m.name]) for m in group]) for group in sets]
        tree.set("group", exp.Group(expressions=[exp.GroupingSets(expressions=groups)]))
        order = [ordering(f"__c{n}", False) for n in (len(members), *range(len(self.shown.dimensions)))]
        tree.set("order", exp.Order(expressions=order))
        return Result(self._finished(tree, self.rows_max * 4), tuple(members), sets=tuple(sets))

    # --- cards ---

    def trend(self) -> Result | None:
        """A card's value along a dimension, the last points first."""
        along = next(iter(self.visual.channels.get("trend", ())), None) if self.visual.kind == "card" else None
        if along is None:
            return None
        tree = self._select(
            [self.shown.expression(along), *(self.shown.expression(m) for m in self.shown.measures[:1])]
        )
        self._group(tree, [1])
        tree.set("order", exp.Order(expressions=[ordering("__c0", True)]))
        return Result(self._finished(tree, TREND_POINTS_MAX), (along, *self.shown.measures[:1]))

    def _ends(self) -> list[exp.Expr]:
        """The first and the last day of the rows, behind a card's value, for its change."""
        if self.visual.change is None:
            return []
        return [_call(name, self.shown.expression(self.visual.change.by)) for name in ("min", "max")]

    def compared(self, current: exp.Expr, previous: exp.Expr) -> Result:
        """A card's value over the rows of two periods: 1 for the current one, 0 for the one before."""
        ifs = [exp.If(this=current, true=_number(1)), exp.If(this=previous, true=_number(0))]
        tree = self._select([exp.Case(ifs=ifs), self.shown.expression(self.shown.measures[0])])
        self._group(tree, [1])
        return Result(self._finished(tree, 3), tuple(self.shown.measures[:1]))

    # --- nodes ---

    def _select(self, items: list[exp.Expr]) -> exp.Select:
        tree = self.fields.source.select([alias(node, f"__c{n}") for n, node in enumerate(items)])
        if self.conditions:
            conditions = [condition.copy() for condition in self.conditions]
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


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))
