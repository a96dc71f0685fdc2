"""Aggregates about the order of a group's values: percentiles, the median and the most frequent value."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering.aggregates import Aggregate, AggregateLowering, through_double
from ingot.engines.duckdb.lowering.operators import sort_key
from ingot.engines.duckdb.lowering.scope import fail
from ingot.engines.duckdb.types import duckdb_type
from ingot.types import ArrayType, IntervalType


def _as_interval(found: str, call: Aggregate) -> str:
    """One percentile or an array of them, cut off to whole months or microseconds."""
    if isinstance(call.type, ArrayType):
        item = call.scope.variable()
        return f"list_transform({found}, lambda {item}: CAST(trunc({item}) AS {duckdb_type(call.type.element)}))"
    return f"CAST(trunc({found}) AS {duckdb_type(call.type)})"


def _between(call: Aggregate, value: str, kind: str, share: str) -> str:
    """The value at a share of the group, between two of them if there is none.

    Between an endless value and another one DuckDB gives the endless one, and Spark NaN: what is endless is refused.
    """
    found = call.apply("quantile_cont", f"CAST({value} AS DOUBLE)", share)
    if kind not in ("float", "double"):
        return found
    endless = fail("UNSUPPORTED_PERCENTILE: a percentile is infinite", "DOUBLE")

    def checked(one: str) -> str:
        return f"CASE WHEN isinf({one}) THEN {endless} ELSE {one} END"

    if isinstance(call.type, ArrayType):
        item = call.scope.variable()
        return f"list_transform({found}, lambda {item}: {checked(item)})"
    return call.scope.let(found, checked)


def _share(call: Aggregate) -> str:
    """The share; the zero that is less than zero is one of the end to DuckDB."""
    share, node = call.sql[1], call.arguments[1]
    return f"abs({share})" if not isinstance(call.types[1], ArrayType) and node.find(exp.Neg) else share


def _percentile(call: Aggregate) -> str:
    share = _share(call)
    found = _weighted(call, share) if len(call) > 2 else _between(call, call.sql[0], call.types[0].name, share)
    return _as_interval(found, call) if isinstance(call.types[0], IntervalType) else found


def _weighted(call: Aggregate, share: str) -> str:
    """Each value as often as its frequency says: the place is sought in the running sum of the frequencies."""
    value, weight = f"CAST({call.sql[0]} AS DOUBLE)", call.sql[2]
    negative = fail("NEGATIVE_VALUES_IN_FREQUENCY_EXPRESSION: a frequency of percentile is negative", "BIGINT")
    pair = f"struct_pack(v := {value}, n := CASE WHEN {weight} < 0 THEN {negative} ELSE CAST({weight} AS BIGINT) END)"
    known = f"{call.sql[0]} IS NOT NULL AND {weight} IS NOT NULL AND {weight} <> 0"
    call.is_distinct = False
    pairs = f"list_sort({call.apply('list', pair, condition=known)})"

    def of_one(pairs: str, ends: str, p: str) -> str:
        # The formula is Spark's own, for the last digits depend on it.
        place = f"((list_extract({ends}, -1) - 1) * CAST({p} AS DOUBLE))"
        at = "list_extract({pairs}, 1 + len(list_filter({ends}, lambda ingot_e: ingot_e <= {i}))).v"
        low = at.format(pairs=pairs, ends=ends, i="floor(ingot_p)")
        high = at.format(pairs=pairs, ends=ends, i="ceil(ingot_p)")
        between = "CASE WHEN floor(ingot_p) = ceil(ingot_p) OR ingot_l = ingot_h THEN ingot_l ELSE (ceil(ingot_p) - ingot_p) * ingot_l + (ingot_p - floor(ingot_p)) * ingot_h END"
        return f"invoke(lambda ingot_p: invoke(lambda ingot_l, ingot_h: {between}, {low}, {high}), {place})"

    def body(pairs: str) -> str:
        item, at = call.scope.variable(), call.scope.variable()
        sums = f"list_transform({pairs}, lambda {item}, {at}: list_sum(list_transform(list_slice({pairs}, 1, {at}), lambda ingot_q: ingot_q.n)))"

        def of_all(ends: str) -> str:
            if not isinstance(call.types[1], ArrayType):
                return of_one(pairs, ends, share)
            one = call.scope.variable()
            return f"list_transform({share}, lambda {one}: {of_one(pairs, ends, one)})"

        return f"CASE WHEN len({pairs}) > 0 THEN {call.scope.let(sums, of_all)} END"

    return call.scope.let(pairs, body)


def _median(call: Aggregate) -> str:
    found = _between(call, call.sql[0], call.types[0].name, "0.5")
    return _as_interval(found, call) if isinstance(call.types[0], IntervalType) else found


def _percentile_approx(call: Aggregate) -> str:
    """The exact percentile, which Spark's answer equals while the values are fewer than the accuracy."""
    value = through_double(call.sql[0], call.types[0], call.scope)
    return call.apply("quantile_disc", value, _share(call))


def _ordered(call: Aggregate) -> tuple[str, bool]:
    """The value of WITHIN GROUP as a double, and whether it is ordered downwards."""
    if call.order is None:
        raise call.refuse(f"{call.name} needs WITHIN GROUP (ORDER BY …)")
    item = call.order.expressions[0]
    value = call.scope.lower(item.this if isinstance(item, exp.Ordered) else item)
    return f"CAST({value} AS DOUBLE)", bool(item.args.get("desc"))


def _continuous(call: Aggregate) -> str:
    value, is_descending = _ordered(call)
    if not is_descending:
        return _given_back(_between(call, value, "double", call.sql[0]), call)
    found = _between(call, f"(-{value})", "double", call.sql[0])
    if isinstance(call.types[0], ArrayType):
        return _given_back(f"list_transform({found}, lambda ingot_x: -ingot_x)", call)
    return _given_back(f"(-{found})", call)


def _given_back(found: str, call: Aggregate) -> str:
    assert call.order is not None
    is_interval = isinstance(type_of(call.order.expressions[0].this), IntervalType)
    return _as_interval(found, call) if is_interval else found


def _discrete(call: Aggregate) -> str:
    """The first value whose share of the rows up to it is as great as what is asked for."""
    value, is_descending = _ordered(call)
    direction = "DESC" if is_descending else "ASC"
    values = call.apply("list", value, order=f"ORDER BY {value} {direction}", condition=f"{value} IS NOT NULL")

    def at(values: str, share: str) -> str:
        return f"list_extract({values}, greatest(CAST(ceil(len({values}) * CAST({share} AS DOUBLE)) AS BIGINT), 1))"

    def body(values: str) -> str:
        if not isinstance(call.types[0], ArrayType):
            return at(values, call.sql[0])
        one = call.scope.variable()
        shares = f"list_transform({call.sql[0]}, lambda {one}: {at(values, one)})"
        return f"CASE WHEN {values} IS NOT NULL THEN {shares} END"

    return _given_back(call.scope.let(values, body), call)


def _mode(call: Aggregate) -> str:
    """The most frequent value; of several the lowest where an order is asked for, else the first one seen."""
    if call.order is not None:
        item = call.order.expressions[0]
        value, given = call.scope.lower(item.this), type_of(item.this)
        direction = "DESC" if item.args.get("desc") else "ASC"
    elif len(call):
        value, given = call.sql[0], call.types[0]
        direction = "ASC" if call.flag(1, False) else ""
    else:
        raise call.refuse("mode() needs WITHIN GROUP (ORDER BY …)")
    if direction and sort_key(value, given, call.scope) != value:
        raise call.refuse(f"mode of {given.ddl} with an order is not supported")
    return call.apply("mode", value, order=f"ORDER BY {value} {direction}" if direction else "")


LOWERINGS: dict[str, AggregateLowering] = {
    "median": _median,
    "percentile": _percentile,
    "percentile_approx": _percentile_approx,
    "percentile_cont": _continuous,
    "percentile_disc": _discrete,
    "mode": _mode,
}
