"""Where the columns of a typed query come from: for each output column the columns that its value is made of.

A column comes from what stands in its expression, aggregates, windows and scalar subqueries included. What only decides
which rows there are (WHERE, JOIN … ON, GROUP BY) is no origin of a value. Pure; never evaluates.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ingot.analysis.typed import AnalyzedQuery

Origins = frozenset[tuple[str, str]]  # (leaf, column)
_Relation = Mapping[str, Origins]
_NONE: Origins = frozenset()


def column_origins(analyzed: AnalyzedQuery) -> dict[str, Origins]:
    """The origins of each output column, as (leaf, column); leaves as in `analyzed.reads`."""
    trace = _Trace(analyzed)
    return dict(trace.outputs(analyzed.tree, {}, {}))


class _Leaf(Mapping[str, Origins]):
    """All columns of a leaf, each its own origin."""

    def __init__(self, name: str):
        self._name = name

    def __getitem__(self, column: str) -> Origins:
        return frozenset({(self._name, column)})

    def __iter__(self):
        return iter(())

    def __len__(self) -> int:
        return 0


class _Trace:
    """Follows columns through one query. `named` are the relations of WITH, `outer` those of enclosing selects."""

    def __init__(self, analyzed: AnalyzedQuery):
        self._leaves = frozenset(analyzed.reads)

    def outputs(self, query: exp.Expr, named: Mapping[str, _Relation], outer: Mapping[str, _Relation]) -> _Relation:
        """The output columns of a query, in order."""
        named = self._with(query, named, outer)
        match query:
            case exp.Subquery():
                return self.outputs(query.this, named, outer)
            case exp.SetOperation():
                return self._set_operation(query, named, outer)
            case exp.Select():
                return self._select(query, named, outer)
        raise TypeError(f"not a typed query: {type(query).__name__}")

    def _with(
        self, query: exp.Expr, named: Mapping[str, _Relation], outer: Mapping[str, _Relation]
    ) -> Mapping[str, _Relation]:
        definitions = query.args.get("with_")
        if definitions is None:
            return named
        known = dict(named)
        for definition in definitions.expressions:
            shown = definition.args["alias"]
            if definitions.args.get("recursive"):
                known[shown.name] = {}
                known[shown.name] = _renamed(self.outputs(definition.this, known, outer), shown)
            known[shown.name] = _renamed(self.outputs(definition.this, known, outer), shown)
        return known

    def _set_operation(
        self, query: exp.SetOperation, named: Mapping[str, _Relation], outer: Mapping[str, _Relation]
    ) -> _Relation:
        left, right = self.outputs(query.this, named, outer), self.outputs(query.expression, named, outer)
        if query.args.get("by_name"):
            return {name: left.get(name, _NONE) | right.get(name, _NONE) for name in (*left, *right)}
        if isinstance(query, (exp.Except, exp.Intersect)):
            return left
        others = list(right.values())
        return {
            name: found | (others[index] if index < len(others) else _NONE)
            for index, (name, found) in enumerate(left.items())
        }

    def _select(self, query: exp.Select, named: Mapping[str, _Relation], outer: Mapping[str, _Relation]) -> _Relation:
        scope = dict(outer)
        first = query.args.get("from_")
        for relation in ([first.this] if first else []) + [join.this for join in query.args.get("joins") or ()]:
            scope[relation.alias_or_name] = self._relation(relation, named, scope)
        for lateral in query.args.get("laterals") or ():
            found = self._of(lateral.this, named, scope)
            scope[lateral.alias] = dict.fromkeys((column.name for column in lateral.args["alias"].columns), found)
        return {item.alias_or_name: self._of(item, named, scope) for item in query.expressions}

    def _relation(
        self, relation: exp.Expr, named: Mapping[str, _Relation], scope: Mapping[str, _Relation]
    ) -> _Relation:
        if isinstance(relation, exp.Lateral):
            return self._relation(relation.this, named, scope)
        if isinstance(relation, exp.Table):
            if relation.name in named:
                return named[relation.name]
            return _Leaf(relation.name) if relation.name in self._leaves else {}
        if isinstance(relation, exp.Values):
            return {}
        found = self.outputs(relation, named, scope)
        alias = relation.args.get("alias")
        return _renamed(found, alias) if isinstance(alias, exp.TableAlias) else found

    def _of(self, node: exp.Expr, named: Mapping[str, _Relation], scope: Mapping[str, _Relation]) -> Origins:
        """The origins of an expression."""
        if isinstance(node, exp.Column):
            return scope.get(node.table, {}).get(node.name, _NONE)
        if isinstance(node, exp.Query):
            return _NONE.union(*self.outputs(node, named, scope).values())
        found = _NONE
        for child in node.iter_expressions():
            found |= self._of(child, named, scope)
        return found


def _renamed(relation: _Relation, alias: exp.TableAlias) -> _Relation:
    columns = [column.name for column in alias.columns]
    return dict(zip(columns, relation.values(), strict=True)) if columns else relation
