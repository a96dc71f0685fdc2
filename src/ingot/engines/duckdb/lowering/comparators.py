"""`array_sort` with a comparator.

Java sorts by asking the comparator about pairs of which the one stands before the other; an item goes before an earlier
one when the comparator says so. From all these answers each item's place follows. Where they contradict each other
(a before b, b before c, c before a) the order depends on which pairs are asked, so that is an error, never a guess.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from sqlglot import exp

from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.lowering.scope import fail
from ingot.engines.duckdb.types import duckdb_type, quote_name

# Shorter arrays are sorted by insertion, which only asks about (later, earlier).
_MERGED_FROM = 32


def sorted_by_comparator(call: Call) -> str:
    """The array in the comparator's order, equal items in theirs."""
    comparator = call.arguments[1]
    assert isinstance(comparator, exp.Lambda)
    if len(comparator.expressions) != 2:
        raise call.refuse("the comparator of array_sort takes two parameters")
    left, right = (quote_name(p.name) for p in comparator.expressions)
    compared = call.scope.lower(comparator.this)
    target = duckdb_type(call.type)
    unknown = fail("COMPARATOR_RETURNS_NULL: the comparator of array_sort gives NULL for a pair of items", "INTEGER")
    confused = fail(
        "INVALID_COMPARATOR: the comparator of array_sort contradicts itself, so no order follows from it", target
    )

    def body(array: str) -> str:
        at, other = call.scope.variable(), call.scope.variable()

        def asked(first: str, second: str) -> str:
            answer = f"invoke(lambda {left}, {right}: {compared}, list_extract({array}, {first}), list_extract({array}, {second}))"
            return f"coalesce({answer}, {unknown})"

        before = f"len(list_filter(range(1, {at}), lambda {other}: {asked(at, other)} >= 0))"
        after = f"len(list_filter(range({at} + 1, len({array}) + 1), lambda {other}: {asked(other, at)} < 0))"
        agrees = f"len({array}) < {_MERGED_FROM} OR len(list_filter(range(1, {at}), lambda {other}: ({asked(at, other)} < 0) <> ({asked(other, at)} > 0))) = 0"
        place = f"CASE WHEN {agrees} THEN {before} + {after} END"
        places = f"list_transform(range(1, len({array}) + 1), lambda {at}: {place})"

        def ordered(places: str) -> str:
            is_order = f"len(list_distinct(list_filter({places}, lambda ingot_p: ingot_p IS NOT NULL))) = len({array})"
            return f"CASE WHEN {is_order} THEN list_select({array}, list_grade_up({places})) ELSE {confused} END"

        result = call.scope.let(places, ordered)
        return f"CASE WHEN {array} IS NULL OR len({array}) < 2 THEN {array} ELSE {result} END"

    return call.scope.let(call.sql[0], body)
