"""Window functions, frames and orders."""

from __future__ import annotations

from importlib import import_module

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering.aggregates import Aggregate
from ingot.engines.duckdb.lowering.call import lower_call
from ingot.engines.duckdb.lowering.families import FAMILY_OF, GROUPED
from ingot.engines.duckdb.lowering.operators import ordering
from ingot.engines.duckdb.lowering.scope import Scope, fail, number_literal, refuse
from ingot.engines.duckdb.types import duckdb_type
from ingot.types import DataType, IntervalType

_RANKS = {"row_number": "row_number()", "rank": "rank()", "dense_rank": "dense_rank()"}


def lower_window(node: exp.Window, scope: Scope) -> str:
    """`f(…) OVER (…)`."""
    over = _over(node, scope)
    call = node.this
    skips_nulls = isinstance(call, exp.IgnoreNulls)
    if skips_nulls:
        call = call.this
    condition, within = None, None
    while isinstance(call, (exp.Filter, exp.WithinGroup)):
        if isinstance(call, exp.Filter):
            condition = scope.lower(call.expression.this)
        else:
            within = call.expression
        call = call.this
    assert isinstance(call, exp.Anonymous)
    lowered = Aggregate(call, scope)
    lowered.over, lowered.condition, lowered.order = over, condition, within
    family = FAMILY_OF.get(call.this)
    if family in GROUPED:
        return lower_call(lowered, import_module(f"ingot.engines.duckdb.lowering.{family}").LOWERINGS[call.this])
    return _ranked(lowered, over, skips_nulls)


def _ranked(call: Aggregate, over: str, skips_nulls: bool) -> str:
    nulls = " IGNORE NULLS" if skips_nulls else ""
    match call.name:
        case "row_number" | "rank" | "dense_rank":
            return f"CAST({_RANKS[call.name]} OVER ({over}) AS INTEGER)"
        case "percent_rank" | "cume_dist":
            return f"{call.name}() OVER ({over})"
        case "ntile":
            return f"CAST(ntile({call.sql[0] if call.sql else '1'}) OVER ({over}) AS INTEGER)"
        case "lag" | "lead":
            return f"{call.name}({', '.join(call.sql)}{nulls}) OVER ({over})"
        case "nth_value":
            skips = skips_nulls or call.flag(2, False)
            return f"nth_value({call.sql[0]}, {call.sql[1]}{' IGNORE NULLS' if skips else ''}) OVER ({over})"
        case "counter_diff":
            return _counter_diff(call, over)
    raise call.refuse(f"{call.name} over a window is not supported")


def _counter_diff(call: Aggregate, over: str) -> str:
    """What a counter has grown by since the row before; NULL where it was set back. NULLs do not count."""
    value = call.sql[0]
    start = call.sql[1] if len(call) > 1 else "NULL"
    reading = f"CASE WHEN {value} IS NOT NULL THEN struct_pack(v := {value}, s := {start}) END"
    target = duckdb_type(call.type)
    negative = fail("COUNTER_DIFF_NEGATIVE_VALUE: the value of a counter is negative", target)
    earlier = fail("COUNTER_DIFF_START_TIME_DECREASED: the start of a counter goes back", target)

    def body(value: str, start: str, before: str) -> str:
        return (
            f"CASE WHEN {value} < 0 THEN {negative} WHEN {value} IS NULL OR {before} IS NULL THEN NULL "
            f"WHEN {start} < {before}.s THEN {earlier} WHEN {value} < {before}.v OR {start} > {before}.s THEN NULL "
            f"ELSE CAST({value} - {before}.v AS {target}) END"
        )

    return call.scope.let_all([value, start, f"lag({reading} IGNORE NULLS) OVER ({over})"], body)


def _over(node: exp.Window, scope: Scope) -> str:
    parts = []
    partition = node.args.get("partition_by") or []
    if partition:
        parts.append("PARTITION BY " + ", ".join(scope.lower(p) for p in partition))
    order = node.args.get("order")
    if order is not None:
        parts.append("ORDER BY " + ", ".join(ordering(o, scope) for o in order.expressions))
    spec = node.args.get("spec")
    if spec is not None:
        parts.append(_frame(spec, order, scope))
    return " ".join(parts)


def _frame(spec: exp.WindowSpec, order: exp.Order | None, scope: Scope) -> str:
    kind = str(spec.args["kind"]).upper()
    start = _bound(spec, "start", kind, order, scope)
    end = _bound(spec, "end", kind, order, scope)
    return f"{kind} BETWEEN {start} AND {end}"


def _offset(spec: exp.WindowSpec, bound: exp.Expr, sql: str, ordered: DataType, scope: Scope) -> str:
    """An interval that a RANGE frame reaches back or forward, as DuckDB's."""
    interval = type_of(bound)
    assert isinstance(interval, IntervalType)
    if ordered.name == "timestamp" and not scope.zone.is_utc:
        raise refuse(spec, f"a RANGE frame over timestamps is not supported in the time zone {scope.zone.name!r}")
    if isinstance(ordered, IntervalType):
        return sql
    if interval.is_year_month:
        return f"to_months({sql})"
    return f"to_days(CAST({sql} // 86400000000 AS INTEGER))" if ordered.name == "date" else f"to_microseconds({sql})"


def _bound(spec: exp.WindowSpec, side: str, kind: str, order: exp.Order | None, scope: Scope) -> str:
    bound, direction = spec.args[side], spec.args.get(f"{side}_side") or ""
    if isinstance(bound, str):
        return bound if bound == "CURRENT ROW" else f"{bound} {direction}"
    sql = scope.lower(bound)
    if kind == "RANGE" and order is not None:
        ordered = type_of(order.expressions[0].this)
        if ordered.name == "date" and type_of(bound).name in ("tinyint", "smallint", "int"):
            sql = f"to_days({sql})"
        elif isinstance(type_of(bound), IntervalType):
            sql = _offset(spec, bound, sql, ordered, scope)
    number = number_literal(bound)
    if number is not None and number < 0:
        direction = "FOLLOWING" if direction == "PRECEDING" else "PRECEDING"
        sql = str(-number)
    elif sql.startswith("(-"):
        direction = "FOLLOWING" if direction == "PRECEDING" else "PRECEDING"
        sql = sql[2:-1]
    return f"{sql} {direction}"
