"""The syntax tree of a selection: what a DataFrame becomes when its query is asked for.

Owns the numbering of leaves, the user functions that a tree calls, and where a set operation needs parentheses. Makes
fresh nodes each time, so that no node is ever in two queries. Never decides what a column refers to: `selection` did.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from ingot.definitions.spark.nodes import clone, identifier
from ingot.definitions.spark.selection import (
    FUNCTION,
    READ,
    SELECTION,
    Combined,
    Computed,
    Leaf,
    Relation,
    Reshaped,
    Selection,
    Written,
)
from ingot.definitions.spark.user_calls import called, windowed
from ingot.errors import Location
from ingot.model import Query, Read, TableRead, UserFunction


@dataclass
class TreeBuilder:
    """Makes the tree of a selection, numbering its leaves; `registered` are the functions that SQL text can call."""

    registered: dict[str, UserFunction] = field(default_factory=dict)
    reads: dict[str, Read] = field(default_factory=dict)

    def query(self, selection: Selection, location: Location | None) -> Query:
        tree = self.select(selection)
        return Query(tree, self.reads, dict(self.registered), location)

    def select(self, selection: Selection) -> exp.Query:
        """The query of a selection; of one that is only a set operation, that operation."""
        if selection.is_bare and isinstance(origin := selection.relations[0].origin, Combined | Written):
            return self._combined(origin) if isinstance(origin, Combined) else self._written(origin)
        first, *joined = selection.relations
        select = exp.Select(expressions=self._items(selection))
        if selection.is_distinct:
            select.set("distinct", exp.Distinct())
        elif selection.distinct_on:
            keys = exp.Tuple(expressions=[self.copy(k) for k in selection.distinct_on])
            select.set("distinct", exp.Distinct(on=keys))
        select.set("from_", exp.From(this=self._relation(first)))
        if joined:
            select.set("joins", [self._join(r) for r in joined])
        if selection.where:
            select.set("where", exp.Where(this=_conjunction([self.copy(c) for c in selection.where])))
        if selection.group is not None:
            select.set("group", self.copy(selection.group))
        if selection.order:
            select.set("order", exp.Order(expressions=[self.copy(o) for o in selection.order]))
        if selection.limit is not None:
            select.set("limit", exp.Limit(expression=exp.Literal.number(selection.limit)))
        if selection.offset is not None:
            select.set("offset", exp.Offset(expression=exp.Literal.number(selection.offset)))
        return select

    def copy(self, node: exp.Expr) -> Any:
        return clone(node, self._visit)

    def _visit(self, node: exp.Expr) -> exp.Expr | None:
        """What stands in the place of a call of a function of groups that SQL text calls by its name."""
        if node._meta and (SELECTION in node._meta or READ in node._meta):
            return self._placed(node)
        call = node.this if isinstance(node, exp.Window) else node
        if not isinstance(call, exp.Anonymous) or FUNCTION in call.meta:
            return None
        function = self.registered.get(str(call.this).lower())
        if function is None or not function.takes_groups:
            return None
        meant = called(function, call.expressions)
        if call is node:
            return self.copy(meant)
        return self.copy(windowed(meant, lambda rows: exp.Window(**{**node.args, "this": rows})))

    def _placed(self, node: exp.Expr) -> exp.Expr:
        """The query of another DataFrame inside an expression, or a table that a query there reads."""
        if READ in node.meta:
            assert isinstance(node, exp.Table)
            kept = {key: self.copy(value) for key, value in node.args.items() if isinstance(value, exp.Expr)}
            return exp.Table(**{**kept, "this": identifier(self._leaf(node.meta[READ]))})
        query = self.select(node.meta[SELECTION])
        if isinstance(node, exp.Table):
            return exp.Subquery(this=query, alias=self.copy(node.args["alias"]))
        return node.__class__(this=query)

    def _items(self, selection: Selection) -> list[exp.Expr]:
        if selection.items is not None:
            return [self.copy(item) for item in selection.items]
        star = exp.Star()
        edits = selection.edits
        if edits:
            star.meta["lenient"] = True
        if edits.dropped:
            star.set("except_", [self.copy(c) for c in edits.dropped])
        if edits.replaced:
            aliases = [exp.Alias(this=self.copy(n), alias=identifier(name)) for name, n in edits.replaced]
            star.set("replace", aliases)
        if edits.renamed:
            pairs = [exp.Alias(this=exp.Column(this=identifier(a)), alias=identifier(b)) for a, b in edits.renamed]
            star.set("rename", pairs)
        return [star]

    def _relation(self, relation: Relation) -> exp.Expr:
        alias = exp.TableAlias(this=identifier(relation.alias))
        origin = relation.origin
        if isinstance(origin, Leaf):
            return exp.Table(this=identifier(self._leaf(origin.read)), alias=alias)
        if isinstance(origin, Computed):
            table = clone(origin.node)
            table.set("alias", alias)
            return table
        if isinstance(origin, Reshaped):
            pivots = [self.copy(origin.pivot)]
            return exp.Subquery(this=self.select(origin.selection), alias=alias, pivots=pivots)
        if isinstance(origin, Combined):
            return exp.Subquery(this=self._combined(origin), alias=alias)
        if isinstance(origin, Written):
            return exp.Subquery(this=self._written(origin), alias=alias)
        return exp.Subquery(this=self.select(origin), alias=alias)

    def _leaf(self, read: Read) -> str:
        name = f"__r{len(self.reads)}"
        self.reads[name] = read
        return name

    def _written(self, origin: Written) -> exp.Query:
        reads = origin.query.reads
        names = {name: self._leaf(read) for name, read in reads.items() if name not in origin.views}
        tree = self.copy(origin.query.tree)
        for table in list(tree.find_all(exp.Table)) if origin.views else []:
            if isinstance(table.this, exp.Identifier) and table.name in origin.views:
                read = reads[table.name]
                assert isinstance(read, TableRead)
                table.replace(self._view(table, origin.views[table.name], read.parts[-1]))
        for table in tree.find_all(exp.Table):
            if isinstance(table.this, exp.Identifier) and not table.args.get("db") and table.name in names:
                if table.args.get("alias") is None and names[table.name] != table.name:
                    _keep_references(tree, table.name, names[table.name])
                table.set("this", identifier(names[table.name]))
        return tree

    def _view(self, table: exp.Table, view: Selection, name: str) -> exp.Subquery:
        """A temporary view in the place of a table of its name."""
        alias = table.args.get("alias") or exp.TableAlias(this=identifier(name))
        kept = {key: table.args[key] for key in ("joins", "laterals", "pivots", "sample") if table.args.get(key)}
        return exp.Subquery(this=self.select(view), alias=alias, **kept)

    def _combined(self, origin: Combined) -> exp.Query:
        node = origin.kind(
            this=self._side(origin.left, is_left=True),
            expression=self._side(origin.right, is_left=False),
            distinct=origin.is_distinct,
        )
        if origin.by_name:
            node.set("by_name", True)
        if origin.is_lenient:
            node.meta["lenient"] = True
        return node

    def _side(self, selection: Selection, is_left: bool) -> exp.Query:
        query = self.select(selection)
        plain = isinstance(query, exp.Select) and not any(
            query.args.get(k) for k in ("order", "limit", "offset", "with_")
        )
        if plain or (is_left and isinstance(query, exp.Union)):
            return query
        return exp.Subquery(this=query)

    def _join(self, relation: Relation) -> exp.Join:
        join = exp.Join(this=self._relation(relation))
        if relation.side:
            join.set("side", relation.side)
        if relation.kind:
            join.set("kind", relation.kind)
        if relation.using:
            join.set("using", [identifier(name) for name in relation.using])
        elif relation.on is not None:
            join.set("on", self.copy(relation.on))
        if relation.location is not None:
            join.meta["location"] = relation.location
        return join


def _keep_references(tree: exp.Expr, old: str, new: str) -> None:
    """Rename what refers to a leaf by its own name, when the leaf gets another."""
    for column in tree.find_all(exp.Column):
        if column.table == old:
            column.set("table", identifier(new))


def _conjunction(conditions: list[exp.Expr]) -> exp.Expr:
    parts = [exp.Paren(this=c) if isinstance(c, exp.Or) else c for c in conditions]
    tree = parts[0]
    for part in parts[1:]:
        tree = exp.And(this=tree, expression=part)
    return tree
