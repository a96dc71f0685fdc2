"""DISTINCT and `dropDuplicates` over a stream: where a query does it, and which queries may.

The keys that a batch lets through are one evaluation of the query, its rows another one. So what is below the
deduplication has to give the same both times. Pure; `update.deduplication` keeps the keys.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.names import answers_anew
from ingot.analysis.typed import AnalyzedQuery, StreamOperator
from ingot.errors import Location, UnsupportedError


def deduplicating_select(query: AnalyzedQuery, location: Location) -> exp.Select | None:
    """The SELECT that keeps one row for each key, or None for a query that does not deduplicate a stream.

    Raises:
        UnsupportedError: for more than one in a query.
    """
    if not any(operator is StreamOperator.DEDUPLICATE for operator, _ in query.stateful):
        return None
    selects = [s for s in query.tree.find_all(exp.Select) if s.args.get("distinct") and _is_over_stream(s, query)]
    if len(selects) != 1:
        raise UnsupportedError(
            "more than one deduplication of a stream in one query is not supported",
            location=location,
            hint="deduplicate in a streaming table of its own",
            code="unsupported-stateful",
        )
    return selects[0]


def check(query: AnalyzedQuery, location: Location) -> None:
    """Refuse a deduplication of rows that another evaluation would make otherwise: their keys would be others.

    Raises:
        UnsupportedError: `unsupported-stateful`.
    """
    select = deduplicating_select(query, location)
    call = next((c for c in select.find_all(exp.Anonymous) if answers_anew(c)), None) if select is not None else None
    if call is not None:
        raise UnsupportedError(
            f"duplicates are removed from rows that {call.this}() makes or chooses: asked again it gives others, so "
            "which keys have been there could not be told",
            location=call.meta.get("location") or location,
            hint="compute it in a streaming table of its own, and remove the duplicates in one that reads it",
            code="unsupported-stateful",
        )


def _is_over_stream(select: exp.Select, query: AnalyzedQuery) -> bool:
    streaming = {leaf for leaf, read in query.reads.items() if getattr(read, "is_streaming", False)}
    return any(table.name in streaming for table in select.find_all(exp.Table))
