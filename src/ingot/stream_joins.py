"""Joins of streams: which queries can be advanced batch by batch, and the query for the rows that a batch adds.

A query that joins its streams by inner joins, and else only maps and filters rows, is a product of them: each row of
the result is made of one row of each stream. So what a batch adds is a sum. Its first part has the new rows of the
first stream and all rows of the others, the next one the earlier rows of the first stream, the new ones of the second
and all rows of those behind, and so on: each combination with at least one new row comes once. Pure: never looks at
a table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from sqlglot import exp

from ingot.analysis.typed import AnalyzedQuery, StreamOperator
from ingot.errors import Location, UnsupportedError
from ingot.model import Read, TableRead

# Which rows of a stream a leaf of the rewritten query stands for: appended to the leaf's name.
EARLIER, NEW, ALL = " earlier", " new", " all"

_PASSING_OVER = ("ignorechanges", "ignoredeletes", "skipchangecommits")  # set by "true"
_STARTS = ("startingtimestamp", "startingversion")  # set by any value


def joins_streams(query: AnalyzedQuery) -> bool:
    """Whether the query joins streams with one another."""
    return any(operator is StreamOperator.JOIN for operator, _ in query.stateful)


def streaming_leaves(query: AnalyzedQuery) -> dict[str, Read]:
    """The leaves that are streams."""
    return {leaf: read for leaf, read in query.reads.items() if getattr(read, "is_streaming", False)}


def check(query: AnalyzedQuery, location: Location) -> None:
    """Refuse a join of streams whose rows cannot be told batch by batch.

    Raises:
        UnsupportedError: `unsupported-stateful`.
    """
    place = next((at for operator, at in query.stateful if operator is StreamOperator.JOIN), None) or location
    for read in streaming_leaves(query).values():
        if not isinstance(read, TableRead):
            raise _refused("a join of streams reads files: what was read before may be gone", place, _LOAD_FIRST)
        if read.reads_changes or _leaves_rows_out(read.options):
            name = ".".join(read.parts)
            raise _refused(
                f"a join of streams reads {name} with options that leave rows out: "
                "which of them were there before cannot be told",
                read.location or place,
                _LOAD_FIRST,
            )
    if any(operator is StreamOperator.DEDUPLICATE for operator, _ in query.stateful):
        raise _refused("one query joins streams and removes duplicates", place, "do the one in a table of its own")
    if _factors(query) is None:
        raise _refused(
            "a stream that is joined with another one is read in a UNION, a LATERAL or a common table that is used "
            "twice",
            place,
            "write the streams side by side: FROM STREAM a JOIN STREAM b ON …",
        )
    call = _asked_again(query.tree)
    if call is not None:
        raise _refused(
            f"a join of streams calls {call.this}() outside of the outermost SELECT list: rows that earlier batches "
            "have read would get another value",
            call.meta.get("location") or place,
            "compute it in the streaming table that is joined, or in the outermost SELECT list",
        )


def _leaves_rows_out(options: Mapping[str, str]) -> bool:
    return any(options.get(name) for name in _STARTS) or any(
        options.get(name, "").lower() == "true" for name in _PASSING_OVER
    )


_LOAD_FIRST = "load it into a streaming table of its own, and join that"


def _refused(what: str, location: Location, hint: str) -> UnsupportedError:
    return UnsupportedError(
        f"{what}, which is not supported", location=location, hint=hint, code="unsupported-stateful"
    )


def _asked_again(tree: exp.Query) -> exp.Anonymous | None:
    """A call whose answer differs from batch to batch, and which is not evaluated for joined rows alone."""
    above = {id(call) for item in _lists_above_joins(tree, _common(tree)) for call in item.find_all(exp.Anonymous)}
    volatile = (call for call in tree.find_all(exp.Anonymous) if call.meta.get("volatile"))
    return next((call for call in volatile if id(call) not in above), None)


def _lists_above_joins(node: exp.Expr | None, common: Mapping[str, exp.Expr]) -> Iterator[exp.Expr]:
    """The items of the select lists through which the joined rows pass: each row once, in the batch that adds it."""
    match node:
        case exp.Select():
            yield from node.expressions
            if not node.args.get("joins"):
                yield from _lists_above_joins(node.args.get("from_"), common)
        case exp.From() | exp.Subquery():
            yield from _lists_above_joins(node.this, common)
        case exp.Table() if node.name in common:
            yield from _lists_above_joins(common[node.name], common)


def added_rows(query: AnalyzedQuery, earlier: Collection[str], new: Collection[str]) -> AnalyzedQuery:
    """The query for the rows that a batch adds; its leaves are named for the rows that they stand for.

    Args:
        query: Has passed `check`.
        earlier: The streams of which earlier batches have read rows.
        new: The streams of which this batch brings any. What has no rows makes no part of the sum.
    """
    factors = _factors(query)
    assert factors is not None
    names = [table.name for table in query.tree.find_all(exp.Table)]
    parts = [
        at
        for at, position in enumerate(factors)
        if names[position] in new and all(names[before] in earlier for before in factors[:at])
    ]
    trees = [_part(query.tree, factors, at) for at in parts or [0]]
    tree = trees[0]
    for other in trees[1:]:
        tree = exp.Union(this=_operand(tree), expression=_operand(other), distinct=False)
    streams = streaming_leaves(query)
    reads: Mapping[str, Read] = {
        **{leaf: read for leaf, read in query.reads.items() if leaf not in streams},
        **{leaf + rows: read for leaf, read in streams.items() for rows in (EARLIER, NEW, ALL)},
    }
    used = {table.name for table in tree.find_all(exp.Table)}
    kept = {leaf: read for leaf, read in reads.items() if leaf in used or leaf in query.reads}
    return replace(query, tree=tree, reads=kept, is_rewritten=True)


def _part(tree: exp.Query, factors: list[int], at: int) -> exp.Query:
    part = tree.copy()
    tables = list(part.find_all(exp.Table))
    for index, position in enumerate(factors):
        rows = EARLIER if index < at else NEW if index == at else ALL
        tables[position].set("this", exp.to_identifier(tables[position].name + rows, quoted=True))
    return part


def _operand(tree: exp.Query) -> exp.Query:
    """A side of UNION ALL; what has a WITH of its own goes into parentheses."""
    return exp.Subquery(this=tree) if tree.args.get("with_") else tree


def _factors(query: AnalyzedQuery) -> list[int] | None:
    """Where the streams stand among the tree's tables, in order; None unless the query is a product of them."""
    streams = set(streaming_leaves(query))
    tables = list(query.tree.find_all(exp.Table))
    places = {id(table): at for at, table in enumerate(tables)}
    common = _common(query.tree)
    is_recursive = any(with_.args.get("recursive") for with_ in query.tree.find_all(exp.With))
    reached = [places[id(table)] for table in _joined(query.tree, streams, common)]
    everything = [at for at, table in enumerate(tables) if table.name in streams]
    if is_recursive or streams & set(common) or sorted(reached) != everything:
        return None
    return reached


def _common(tree: exp.Query) -> dict[str, exp.Expr]:
    """The common tables of a query, by name."""
    return {cte.alias: cte.this for with_ in tree.find_all(exp.With) for cte in with_.expressions}


def _joined(node: exp.Expr | None, streams: Collection[str], common: Mapping[str, exp.Expr]) -> Iterator[exp.Table]:
    """The streams that FROM and JOIN bring together, however deep; those read in any other way are left out."""
    match node:
        case exp.Select():
            yield from _joined(node.args.get("from_"), streams, common)
            yield from _items(node, streams, common)
        case exp.From() | exp.Subquery() | exp.Join():
            yield from _joined(node.this, streams, common)
        case exp.Paren():
            yield from _joined(node.this, streams, common)
            yield from _items(node.this, streams, common)
        case exp.Table() if node.name in streams:
            yield node
        case exp.Table() if node.name in common:
            yield from _joined(common[node.name], streams, common)


def _items(node: exp.Expr, streams: Collection[str], common: Mapping[str, exp.Expr]) -> Iterator[exp.Table]:
    for join in node.args.get("joins") or []:
        yield from _joined(join, streams, common)
