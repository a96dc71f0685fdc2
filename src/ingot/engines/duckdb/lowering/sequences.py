"""`sequence` over dates and timestamps."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.lowering.scope import as_timestamp, fail, wall_clock
from ingot.engines.duckdb.types import duckdb_type
from ingot.types import CALENDAR_INTERVAL, IntervalType

_DAY = 86_400_000_000


def time_sequence(call: Call) -> str:
    """Each item is start + i * step, so that months do not drift from the 31st."""
    element = call.types[0]
    step_type = call.types[2] if len(call) > 2 else IntervalType(start="day", end="day")
    if step_type == CALENDAR_INTERVAL:
        raise call.refuse(
            "sequence with a calendar interval is not supported", "write INTERVAL '1' MONTH or INTERVAL '1' DAY"
        )
    if element.name == "timestamp" and call.scope.zone.offset_s is None:
        raise call.refuse(
            f"sequence over timestamps is not supported in the time zone {call.scope.zone.name!r}", "use dates"
        )
    assert isinstance(step_type, IntervalType)
    start, stop = (wall_clock(a, call.scope) for a in call.arguments[:2])
    item = call.scope.variable()
    clock = item if step_type.is_year_month else f"make_timestamp({item})"
    shown = f"CAST({clock} AS DATE)" if element.name == "date" else as_timestamp(clock, element, call.scope)
    wrong = fail("sequence boundaries: the step goes away from the end", duckdb_type(call.type))

    def body(a: str, b: str, step: str) -> str:
        series = (
            _months(call, a, b, step, item)
            if step_type.is_year_month
            else f"generate_series(epoch_us({a}), epoch_us({b}), {step})"
        )
        fits = f"({step} > 0 AND {a} <= {b}) OR ({step} < 0 AND {a} >= {b})"
        if element.name == "date" and not step_type.is_year_month:
            fits = f"({fits}) AND abs({step}) >= {_DAY}"
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL OR {step} IS NULL THEN NULL "
            f"WHEN {fits} THEN list_transform({series}, lambda {item}: {shown}) ELSE {wrong} END"
        )

    if len(call) > 2:
        return call.scope.let_all([start, stop, call.sql[2]], body)
    return call.scope.let_all(
        [start, stop],
        lambda a, b: call.scope.let(f"CASE WHEN {a} <= {b} THEN {_DAY} ELSE -{_DAY} END", lambda s: body(a, b, s)),
    )


def _months(call: Call, a: str, b: str, step: str, item: str) -> str:
    n = call.scope.variable()
    count = f"abs((year({b}) - year({a})) * 12 + month({b}) - month({a})) // greatest(abs({step}), 1)"
    moments = f"list_transform(range(0, CAST({count} AS BIGINT) + 1), lambda {n}: {a} + to_months(CAST({step} * {n} AS INTEGER)))"
    return f"list_filter({moments}, lambda {item}: CASE WHEN {step} > 0 THEN {item} <= {b} ELSE {item} >= {b} END)"
