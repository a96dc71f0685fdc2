"""What is peculiar to conditions: which columns HAVING and QUALIFY see, and IN (SELECT …) as a filter and as a value.

Never types an expression.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis import functions
from ingot.analysis.grouping import bare
from ingot.analysis.nodes import Node, copied
from ingot.analysis.outputs import Item
from ingot.analysis.scopes import Scope, place
from ingot.errors import AnalysisError


def names_in_having(having: Node, scope: Scope, groups: list[Node] | None) -> Node:
    """HAVING with the names marked that mean the select list's columns.

    Outside of aggregate functions a name means a column of FROM only if that is grouped by.
    """
    marked = copied(having)
    for column in _outside(marked.this, "aggregate"):
        found = scope.named(column.name)
        is_grouped = any(f.node == g for f in found for g in groups or [])
        if column.name.lower() in scope.aliases and not is_grouped:
            column.meta["means_alias"] = True
    return marked


def names_in_qualify(qualify: Node, scope: Scope, items: list[Item]) -> Node:
    """QUALIFY with the names marked that mean the select list's columns.

    A condition with a window function in it sees the columns of FROM first; one without sees those of the select
    list first, and what these take out of FROM for their windows.

    Raises:
        AnalysisError: `ambiguous-column`, for a name of both.
    """
    if qualify.find(exp.Window) is not None:
        return qualify
    marked = copied(qualify)
    for column in _outside(marked.this, "window"):
        if column.name.lower() not in scope.aliases:
            continue
        found = scope.named(column.name)
        windows = [w for i in items for w in i.node.find_all(exp.Window)]
        if any(c == f.node for f in found for w in windows for c in w.find_all(exp.Column)):
            raise AnalysisError(
                f"column '{column.name}' is ambiguous: it may be from the select list or from FROM",
                location=place(column, scope),
                hint="give the column of the select list another name",
                code="ambiguous-column",
            )
        column.meta["means_alias"] = True
    return marked


def _outside(node: Node, kind: str) -> list[Node]:
    """The plain names that stand neither in a subquery nor in a function of that kind."""
    if isinstance(node, (exp.Query, exp.Subquery, exp.Window)):
        return []
    if isinstance(node, exp.Column):
        return [node] if len(node.parts) == 1 and not isinstance(node.this, exp.Star) else []
    if isinstance(node, exp.Anonymous) and functions.kind_of(str(node.this)) == kind:
        return []
    return [found for child in node.iter_expressions() for found in _outside(child, kind)]


def as_filter(condition: Node) -> Node:
    """A condition that only lets rows through: what is joined by AND at its top need not tell NULL from FALSE."""
    node = bare(condition)
    if isinstance(node, exp.And):
        as_filter(node.this)
        as_filter(node.expression)
    inner = bare(node.this) if isinstance(node, exp.Not) else node
    if isinstance(inner, exp.In):
        inner.meta.pop("never_null", None)
    return condition
