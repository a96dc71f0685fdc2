"""Functions that put rows into windows of time: what they take and what they give.

How a select is rewritten for windows that overlap and for sessions is `analysis.time_windows`.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.coercion import implicit_cast
from ingot.analysis.functions.rules import literal_text
from ingot.analysis.functions.signature import Binder, Bound
from ingot.analysis.intervals import pairs_in, sum_of_units
from ingot.analysis.typed import Settings, set_type
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import LONG, TIMESTAMP, TIMESTAMP_NTZ, ArrayType, DataType, Field, StructType, struct

Types = list[DataType]


def _wrong(call: exp.Anonymous, message: str, hint: str = "window(timestamp, '10 minutes')") -> AnalysisError:
    return AnalysisError(message, location=call.meta.get("location"), hint=hint, code="wrong-arguments")


def _window_type(moment: DataType) -> StructType:
    return struct(Field("start", moment), Field("end", moment))


def _micros(call: exp.Anonymous, position: int) -> int:
    """The length that a literal names: `'1 hour 30 minutes'`, or microseconds."""
    node = call.expressions[position]
    if isinstance(node, exp.Literal) and not node.is_string:
        return int(str(node.this))
    text = literal_text(call, position)
    value, data_type = sum_of_units(pairs_in(text), text)
    if data_type.is_year_month:
        raise _wrong(call, f"a window cannot last months: {text!r}")
    return value


def _moment(call: exp.Anonymous, types: Types, settings: Settings) -> tuple[exp.Expr, DataType]:
    """The time that is looked at; of another window its last microsecond."""
    given, node = types[0], call.expressions[0]
    if isinstance(given, StructType) and given.names == ["start", "end"]:
        end = given.fields[1].type
        return set_type(exp.Anonymous(this="window_time", expressions=[node]), end), end
    target = given if given == TIMESTAMP_NTZ else TIMESTAMP
    return implicit_cast(node, target, settings), target


def _bound_window(call: exp.Anonymous, types: Types, settings: Settings) -> tuple[DataType, int, int]:
    if not 2 <= len(types) <= 4:
        raise _wrong(call, f"window takes 2 to 4 arguments, not {len(types)}")
    moment, target = _moment(call, types, settings)
    size = _micros(call, 1)
    slide = _micros(call, 2) if len(types) > 2 else size
    start = _micros(call, 3) if len(types) > 3 else 0
    if size <= 0 or not 0 < slide <= size or abs(start) >= slide:
        raise _wrong(
            call,
            "a window's slide must be at least nothing and at most its length, its start less than its slide",
            "window(timestamp, '10 minutes', '5 minutes', '1 minute')",
        )
    numbers = [set_type(exp.Literal(this=str(n), is_string=False), LONG) for n in (size, slide, start)]
    call.set("expressions", [moment, *numbers])
    return target, size, slide


def bind_window(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`window(ts, '10 minutes')`: the window that a timestamp falls into."""
    target, size, slide = _bound_window(call, types, settings)
    if size != slide:
        raise UnsupportedError(
            "windows that overlap can stand only in a select list and in GROUP BY",
            location=call.meta.get("location"),
            hint="SELECT window, count(*) … GROUP BY window(ts, '10 minutes', '5 minutes')",
            code="unsupported-function",
        )
    return call, _window_type(target)


def bind_window_rows(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """All windows that a timestamp falls into."""
    target, _, _ = _bound_window(call, types, settings)
    call.set("this", "window_rows")
    return call, ArrayType(element=_window_type(target), contains_null=False)


def bind_session_begin(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """The timestamp of a session's row."""
    return _moment(call, types, settings)


def bind_session_window(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """Found anywhere but where it can stand."""
    raise UnsupportedError(
        "session_window can stand only in a select list and in GROUP BY",
        location=call.meta.get("location"),
        hint="SELECT session_window, count(*) … GROUP BY session_window(ts, '5 minutes')",
        code="unsupported-function",
    )


def bind_window_time(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`window_time(window)`: the last microsecond of a window."""
    given = types[0] if len(types) == 1 else None
    if not isinstance(given, StructType) or given.find("end") is None:
        raise _wrong(call, "window_time takes a window", "window_time(window)")
    return call, given.fields[1].type


def bind_time_bucket(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`time_bucket(interval, timestamp, origin?)`: the beginning of the bucket that a timestamp falls into."""
    takes = "time_bucket(INTERVAL '5' MINUTE, timestamp)"
    if len(types) not in (2, 3) or types[1] not in (TIMESTAMP, TIMESTAMP_NTZ):
        raise _wrong(call, f"wrong arguments for time_bucket: ({', '.join(t.ddl for t in types)})", takes)
    size = call.expressions[0]
    if not isinstance(size, exp.Interval) or int(size.this.this) <= 0:
        raise _wrong(call, "the size of time_bucket must be an interval literal greater than nothing", takes)
    arguments = [size, call.expressions[1]]
    if len(types) == 3:
        arguments.append(implicit_cast(call.expressions[2], types[1], settings))
    call.set("expressions", arguments)
    return call, types[1]


BINDERS: dict[str, Binder] = {
    "window": bind_window,
    "window rows": bind_window_rows,
    "session begin": bind_session_begin,
    "session_window": bind_session_window,
    "window_time": bind_window_time,
    "time_bucket": bind_time_bucket,
}
