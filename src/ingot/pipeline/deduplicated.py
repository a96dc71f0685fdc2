"""DISTINCT and `dropDuplicates` over a stream: where a query does it, and which queries may.

Which duplicates are meant has to be the same for all batches, so nothing below the deduplication may answer anew each
time it is asked. Pure; `update.deduplication` keeps the keys.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.names import answers_anew
from ingot.analysis.typed import AnalyzedQuery, StreamOperator
from ingot.errors import Location, UnsupportedError


def deduplicating_select(query: AnalyzedQuery, location: Location) -> exp.Select | None:
    """The SELECT that keeps one row for each key, or None for a query that does not deduplicate a stream.

    Raises:
        UnsupportedError: for more than one in a query, and for a UNION that does it.
    """
    if not any(operator is StreamOperator.DEDUPLICATE for operator, _ in query.stateful):
        return None
    found = [q for q in query.tree.find_all(exp.Select, exp.Union) if q.args.get("distinct") and _streams(q, query)]
    if len(found) != 1:
        raise UnsupportedError(
            "more than one deduplication of a stream in one query is not supported",
            location=location,
            hint="deduplicate in a streaming table of its own",
            code="unsupported-stateful",
        )
    if isinstance(found[0], exp.Select):
        return found[0]
    raise UnsupportedError(
        "UNION of streams removes duplicates, which is not supported over a stream",
        location=location,
        hint="remove them above a UNION ALL: SELECT DISTINCT * FROM (… UNION ALL …)",
        code="unsupported-stateful",
    )


def evaluated_below(query: AnalyzedQuery, node: exp.Query) -> list[exp.Query]:
    """What makes the rows of a part of a query: itself, and the common tables that it reads, also through others."""
    common = {cte.alias: cte.this for cte in query.tree.find_all(exp.CTE)}
    found: dict[str, exp.Query] = {}
    waiting = [node]
    while waiting:
        for table in waiting.pop().find_all(exp.Table):
            if table.name in common and table.name not in found:
                found[table.name] = common[table.name]
                waiting.append(common[table.name])
    return [node, *found.values()]


def check(query: AnalyzedQuery, location: Location) -> None:
    """Refuse a deduplication of rows that another evaluation would make otherwise: their keys would be others.

    Raises:
        UnsupportedError: `unsupported-stateful`.
    """
    select = deduplicating_select(query, location)
    below = evaluated_below(query, select) if select is not None else []
    call = next((c for part in below for c in part.find_all(exp.Anonymous) if answers_anew(c)), None)
    if call is not None:
        raise UnsupportedError(
            f"duplicates are removed from rows that {call.this}() makes or chooses: asked again it gives others, so "
            "which keys have been there could not be told",
            location=call.meta.get("location") or location,
            hint="compute it in a streaming table of its own, and remove the duplicates in one that reads it",
            code="unsupported-stateful",
        )


def _streams(node: exp.Query, query: AnalyzedQuery) -> bool:
    streaming = {leaf for leaf, read in query.reads.items() if getattr(read, "is_streaming", False)}
    return any(table.name in streaming for part in evaluated_below(query, node) for table in part.find_all(exp.Table))
