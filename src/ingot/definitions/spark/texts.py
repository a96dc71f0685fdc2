"""SQL text of user code (`F.expr`, `df.filter("…")`, `selectExpr`) to nodes.

Queries inside it read the session's tables: each table notes what it reads, until the tree is made.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.definitions.loading import current
from ingot.definitions.reads import Names, mark_reads
from ingot.definitions.spark.selection import READ, SELECTION
from ingot.errors import DefinitionError, Location
from ingot.model import Query, TableRead
from ingot.sql import parse_expression


def parsed(text: str, location: Location | None) -> exp.Expr:
    """The expression that a piece of SQL text means, its place taken to be the caller's line."""
    tree = parse_expression(text, location)
    if tree.find(exp.Query) is None:
        return tree
    load = current.get()
    if load is None:
        raise DefinitionError(
            f"a query inside an expression is not supported outside of a pipeline: {text!r}",
            location=location,
            code="unsupported",
        )
    return _with_reads(tree, Names(load.project, *load.defaults), load.session.views, location)


def _with_reads(tree: exp.Expr, names: Names, views: dict, location: Location | None) -> exp.Expr:
    """Note at each table of the text what it reads, for the query that the expression becomes part of."""
    holder = exp.Select(expressions=[tree])
    query: Query = mark_reads(holder, names, location)
    for table in holder.find_all(exp.Table):
        read = query.reads.get(table.name) if isinstance(table.this, exp.Identifier) else None
        if read is None:
            continue
        name = read.parts[-1] if isinstance(read, TableRead) else None
        if name is not None and table.args.get("alias") is None:
            table.set("alias", exp.TableAlias(this=exp.Identifier(this=name, quoted=True)))
        if isinstance(read, TableRead) and len(read.parts) == 1 and read.parts[0].lower() in views:
            table.meta[SELECTION] = views[read.parts[0].lower()]
        else:
            table.meta[READ] = read
    [item] = holder.expressions
    item.pop()
    return item
