"""What a dataset reads, and the fields that a filter or a channel can mean there, with their types.

Owns the relation in FROM and the lookup of members as expressions. Never makes a whole query.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from ingot.confinement import confined_query, refuse_path
from ingot.dashboards.filters import Filter, predicate
from ingot.dashboards.implied import implied
from ingot.dashboards.model import Dataset, Member, Sql
from ingot.dashboards.pinned import PinnedLake
from ingot.definitions.names import split_name
from ingot.definitions.reads import Names, query_tree, table_read
from ingot.errors import AnalysisError, DashboardError, IngotError, Location, near_hint
from ingot.model import Project, Query, Read, UserFunction
from ingot.sql import parse_expression
from ingot.types import DataType, StructType

_LEAF = "__r0"


@dataclass(frozen=True)
class Source:
    """A relation to select from. Trees that are given away are copies."""

    relation: exp.Expr
    reads: Mapping[str, Read]
    location: Location
    functions: Mapping[str, UserFunction] = field(default_factory=dict)

    def select(self, items: list[exp.Expr]) -> exp.Select:
        """`SELECT items FROM` the relation."""
        tree = exp.Select(expressions=items)
        tree.set("from_", exp.From(this=self.relation.copy()))
        return tree

    def query(self, tree: exp.Query, location: Location | None = None) -> Query:
        return Query(tree, self.reads, self.functions, location or self.location)


def source_of(dataset: Dataset, project: Project) -> Source:
    """The relation of a dataset.

    Raises:
        IngotError: when its query cannot be parsed; `path-refused`, when it reads more than tables.
    """
    if dataset.table is not None:
        place = dataset.table.location
        read = table_read(Names(project), tuple(split_name(dataset.table.text, place)), location=place)
        refuse_path(read.name, place)
        leaf = exp.Table(this=exp.Identifier(this=_LEAF, quoted=True))
        leaf.meta["location"] = place
        return Source(leaf, {_LEAF: read}, place)
    assert dataset.query is not None
    query = own_query(dataset.query, project)
    alias = exp.TableAlias(this=quoted(dataset.name))
    return Source(exp.Subquery(this=query.tree, alias=alias), query.reads, dataset.query.location)


def own_query(sql: Sql, project: Project) -> Query:
    """The query that a dataset or a visual has written out.

    Raises:
        AnalysisError: for text that is not one query.
        DashboardError: `streaming-query`, for one that reads a stream.
        UnsupportedError: `path-refused`, for one that reads more than tables.
    """
    tree = query_tree(sql.text.rstrip().rstrip(";"), sql.location)
    query = confined_query(tree, Names(project), sql.location)
    for read in query.reads.values():
        if getattr(read, "is_streaming", False):
            raise DashboardError(
                "the query of a dashboard reads a stream",
                location=read.location or sql.location,
                hint="leave STREAM out: it reads all rows of the table",
                code="streaming-query",
            )
    return query


class Fields:
    """The fields of one dataset as of one state of the lake: columns, and dimensions over them.

    `written` are dimensions that visuals have written out where they show them: what is selected there filters other
    visuals too. A column or a dimension of the dataset goes before one of them with its name.
    """

    def __init__(
        self, dataset: Dataset, source: Source, pinned: PinnedLake, written: Mapping[str, Member] | None = None
    ):
        self.dataset = dataset
        self.source = source
        self.columns: StructType = pinned.analyzed(source.query(source.select([exp.Star()]))).schema
        self._trees: dict[Sql, exp.Expr] = {}
        self._types: dict[str, DataType] = {}
        self._faults: dict[str, IngotError] = {}
        taken = {name.lower() for name in (*dataset.dimensions, *self.columns.names)}
        own = {name: found for name, found in (written or {}).items() if name.lower() not in taken}
        self.dimensions: Mapping[str, Member] = {**own, **dataset.dimensions}
        self._named = {name.lower(): name for name in self.dimensions}
        for name, found in self.dimensions.items():
            try:
                self._types[name] = self.type_of(found, pinned)
            except IngotError as error:
                self._faults[name] = error

    def type_of(self, found: Member, pinned: PinnedLake) -> DataType:
        """The type of a member.

        Raises:
            IngotError: what is wrong with its expression.
        """
        tree = self.source.select([alias(self.expression(found), "__field")])
        return pinned.analyzed(self.source.query(tree, found.location)).schema.fields[0].type

    def find(self, name: str) -> tuple[exp.Expr, DataType] | None:
        """The expression and the type of a dimension or a column; None when there is none of that name.

        Raises:
            IngotError: what is wrong with the dimension.
        """
        own = name if name in self.dimensions else self._named.get(name.lower())
        if own is not None:
            if own in self._faults:
                raise self._faults[own]
            return self.expression(self.dimensions[own]), self._types[own]
        column = self.columns.find(name)
        return (column_node(column.name), column.type) if column is not None else None

    def condition(self, one: Filter, now: datetime.datetime) -> exp.Expr | None:
        """A filter as a condition on the rows; None where they have no such field.

        Args:
            one: The filter.
            now: The instant that `last` is counted back from, in the time zone of the session.

        Raises:
            IngotError: what is wrong with the dimension, or with the filter on it.
        """
        known = self.find(one.field)
        if known is None:
            return None
        found = predicate(*known, one, now)
        span = implied(known[0], one, self.columns)
        if span is None:
            return found
        within = predicate(column_node(span.column.name), span.column.type, span.filter, now)
        return exp.Paren(this=exp.and_(within, found, copy=False))

    def expression(self, found: Member) -> exp.Expr:
        """The expression of a member.

        Raises:
            AnalysisError: `unknown-column`, for a column that the rows do not have.
            IngotError: what is wrong with the definition of the member.
        """
        found.sound()
        if found.sql is not None:
            tree = self._trees.get(found.sql)
            if tree is None:
                tree = self._trees[found.sql] = parse_expression(found.sql.text, found.sql.location)
            return tree.copy()
        column = self.columns.find(found.name)
        if column is None:
            names = [*self.dataset.dimensions, *self.columns.names]
            raise AnalysisError(
                f"there is no column or dimension '{found.name}' in {self.dataset.name}",
                location=found.location,
                hint=near_hint(found.name, names, f"there are {', '.join(names[:12])}"),
                code="unknown-column",
            )
        return column_node(column.name)


def column_node(name: str, table: tuple[str, ...] = ()) -> exp.Column:
    """A column by its exact name, perhaps of a table by the parts of its name."""
    parts = dict(zip(("table", "db", "catalog"), (quoted(part) for part in reversed(table)), strict=False))
    return exp.Column(this=quoted(name), **parts)


def quoted(name: str) -> exp.Identifier:
    return exp.Identifier(this=name, quoted=True)


def alias(node: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=node, alias=quoted(name))
