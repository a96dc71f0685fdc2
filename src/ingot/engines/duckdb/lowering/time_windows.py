"""Windows of time: the one or the many that a timestamp falls into, counted in microseconds since 1970."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.types import TIMESTAMP, IntervalType


def _numbers(call: Call) -> tuple[int, int, int]:
    size, slide, start = (int(node.this) for node in call.arguments[1:4])
    return size, slide, start


def _struct(call: Call, start: str, size: int) -> str:
    make = "make_timestamptz" if call.types[0] == TIMESTAMP else "make_timestamp"
    return f'struct_pack("start" := {make}({start}), "end" := {make}({start} + {size}))'


def _last_start(micros: str, slide: int, start: int) -> str:
    moved = f"({micros} - {start})" if start else micros
    return f"({micros} - ({moved} % {slide} + {slide}) % {slide})"


def _window(call: Call) -> str:
    size, slide, start = _numbers(call)

    def body(micros: str) -> str:
        return call.scope.let(_last_start(micros, slide, start), lambda s: _struct(call, s, size))

    return call.scope.let(f"epoch_us({call.sql[0]})", lambda m: f"CASE WHEN {m} IS NOT NULL THEN {body(m)} END")


def _window_rows(call: Call) -> str:
    """The windows that hold the time, the latest first; NULL where there is no time."""
    size, slide, start = _numbers(call)
    item = call.scope.variable()

    def body(micros: str, last: str) -> str:
        starts = f"list_filter(list_transform(range({-(-size // slide)}), lambda {item}: {last} - {item} * {slide}), lambda {item}: {item} + {size} > {micros})"
        return f"CASE WHEN {micros} IS NOT NULL THEN list_transform({starts}, lambda {item}: {_struct(call, item, size)}) END"

    return call.scope.let(
        f"epoch_us({call.sql[0]})", lambda m: call.scope.let(_last_start(m, slide, start), lambda s: body(m, s))
    )


def _window_time(call: Call) -> str:
    make = "make_timestamptz" if call.type == TIMESTAMP else "make_timestamp"
    return f"{make}(epoch_us(struct_extract({call.sql[0]}, 'end')) - 1)"


def _time_bucket(call: Call) -> str:
    if call.type == TIMESTAMP and not call.scope.zone.is_utc:
        raise call.refuse(f"time_bucket is not supported in the time zone {call.scope.zone.name!r}")
    make = "make_timestamptz" if call.type == TIMESTAMP else "make_timestamp"
    size = int(call.arguments[0].this.this)
    interval = call.types[0]
    assert isinstance(interval, IntervalType)
    origin = call.sql[2] if len(call) > 2 else "make_timestamp(0)"
    if not interval.is_year_month:

        def body(micros: str, start: str) -> str:
            return f"{make}({micros} - (({micros} - {start}) % {size} + {size}) % {size})"

        return call.scope.let_all([f"epoch_us({call.sql[1]})", f"epoch_us({origin})"], body)

    def months(t: str, start: str) -> str:
        count = f"((year({t}) - year({start})) * 12 + month({t}) - month({start}))"
        whole = f"({count} - ({count} % {size} + {size}) % {size})"
        found = f"CASE WHEN {start} + to_months(CAST({whole} AS INTEGER)) > {t} THEN {whole} - {size} ELSE {whole} END"
        return f"{make}(epoch_us({start} + to_months(CAST({found} AS INTEGER))))"

    clocks = [f"make_timestamp(epoch_us({sql}))" for sql in (call.sql[1], origin)]
    return call.scope.let_all(clocks, months)


LOWERINGS: dict[str, Lowering] = {
    "window": _window,
    "window_rows": _window_rows,
    "window_time": _window_time,
    "time_bucket": _time_bucket,
}
