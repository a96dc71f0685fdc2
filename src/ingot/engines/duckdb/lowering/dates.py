"""Dates, timestamps and their text. Their parts are those of the wall clock in the session's zone."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering import decimals, intervals, pattern_reader, patterns, zones
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.casts import Converter, Mode, whole_seconds
from ingot.engines.duckdb.lowering.scope import as_timestamp, cast, fail, literal, naive, wall_clock
from ingot.engines.duckdb.types import quote_text
from ingot.errors import AnalysisError
from ingot.types import DATE, STRING, TIME, TIMESTAMP, TIMESTAMP_NTZ, DecimalType

_TRUNCATED = {
    "year": "year", "yyyy": "year", "yy": "year", "quarter": "quarter", "month": "month", "mm": "month", "mon": "month",
    "week": "week", "day": "day", "dd": "day", "hour": "hour", "minute": "minute", "second": "second",
    "millisecond": "milliseconds", "microsecond": "microseconds",
}  # fmt: skip
_DATE_UNITS = {"year", "yyyy", "yy", "quarter", "month", "mm", "mon", "week"}
_DAY_NAMES = {
    name: number
    for number, names in enumerate(
        (("mo", "mon", "monday"), ("tu", "tue", "tuesday"), ("we", "wed", "wednesday"), ("th", "thu", "thursday"),
         ("fr", "fri", "friday"), ("sa", "sat", "saturday"), ("su", "sun", "sunday")), start=1
    )
    for name in names
}  # fmt: skip


def _part(function: str) -> Lowering:
    return f"CAST({function}({{0}}) AS INTEGER)"


def _clock_part(function: str) -> Lowering:
    def lower(call: Call) -> str:
        return f"CAST({function}({wall_clock(call.arguments[0], call.scope)}) AS INTEGER)"

    return lower


def _seconds_with_fraction(call: Call) -> str:
    clock = wall_clock(call.arguments[0], call.scope)
    micros = f"CAST(((epoch_us({clock}) % 60000000) + 60000000) % 60000000 AS DECIMAL(8,0))"
    return cast(f"({micros} * '0.000001'::DECIMAL(6,6))", DecimalType(precision=8, scale=6))


def _by_word(word: str, meanings: dict[str, str], write: Callable[[str], str]) -> str:
    """A CASE over the words that a column may hold; NULL for others."""
    words: dict[str, list[str]] = {}
    for spelled, meaning in meanings.items():
        words.setdefault(meaning, []).append(quote_text(spelled))
    branches = [f"WHEN lower({word}) IN ({', '.join(names)}) THEN {write(m)}" for m, names in words.items()]
    return f"CASE {' '.join(branches)} END"


def _date_trunc(call: Call) -> str:
    if literal(call.arguments[0]) is None:
        return call.scope.let(call.sql[0], lambda w: _by_word(w, _TRUNCATED, lambda unit: _truncated(call, unit)))
    return _truncated(call, _unit(call, 0))


def _truncated(call: Call, unit: str | None) -> str:
    clock = wall_clock(call.arguments[1], call.scope)
    if unit is None:
        return f"CAST(NULL AS {'TIMESTAMPTZ' if call.type == TIMESTAMP else 'TIMESTAMP'})"
    if unit in ("second", "milliseconds", "microseconds"):
        size = {"second": 1_000_000, "milliseconds": 1000, "microseconds": 1}[unit]
        whole = call.scope.let(f"epoch_us({call.sql[1]})", lambda v: f"{v} - ({v} % {size} + {size}) % {size}")
        return f"{'make_timestamptz' if call.type == TIMESTAMP else 'make_timestamp'}({whole})"
    like = call.sql[1] if unit in ("hour", "minute") else None
    return as_timestamp(f"date_trunc('{unit}', {clock})", call.type, call.scope, like)


def _trunc(call: Call) -> str:
    if literal(call.arguments[1]) is None:
        meanings = {word: unit for word, unit in _TRUNCATED.items() if word in _DATE_UNITS}
        return call.let(lambda d, w: _by_word(w, meanings, lambda unit: f"CAST(date_trunc('{unit}', {d}) AS DATE)"))
    unit = _unit(call, 1, _DATE_UNITS)
    return "CAST(NULL AS DATE)" if unit is None else f"CAST(date_trunc('{unit}', {call.sql[0]}) AS DATE)"


def _unit(call: Call, position: int, among: set[str] | None = None) -> str | None:
    """The unit, which must be a literal; None for a word that Spark answers with NULL."""
    word = call.text(position).lower()
    return _TRUNCATED.get(word) if among is None or word in among else None


def _add_months(call: Call) -> str:
    return f"CAST({call.sql[0]} + to_months({call.sql[1]}) AS DATE)"


def _months_between(call: Call) -> str:
    rounded = str(call.flag(2, True)).upper()
    clocks = [wall_clock(a, call.scope) for a in call.arguments[:2]]
    seconds = [_seconds_of_day(call, at) for at in range(2)]
    return f"ingot_months_between({clocks[0]}, {clocks[1]}, {seconds[0]}, {seconds[1]}, {rounded})"


def _seconds_of_day(call: Call, position: int) -> str:
    """The seconds that have passed since the day began, which on some days are not what the clock shows."""
    clock = wall_clock(call.arguments[position], call.scope)
    if call.scope.zone.offset_s is None:
        begin = as_timestamp(f"date_trunc('day', {clock})", call.types[position], call.scope)
        return f"((epoch_us({call.sql[position]}) - epoch_us({begin})) // 1000000)"
    return call.scope.let(clock, lambda c: f"((epoch_us({c}) - epoch_us(date_trunc('day', {c}))) // 1000000)")


def _next_day(call: Call) -> str:
    if literal(call.arguments[1]) is None:
        return _next_named_day(call)
    day = _DAY_NAMES.get(call.text(1).strip().lower())
    if day is None:
        if call.is_ansi:
            raise call.refuse(f"{call.text(1)!r} is no day of the week")
        return "CAST(NULL AS DATE)"
    return call.scope.let(call.sql[0], lambda d: f"({d} + CAST(({day} - isodow({d}) + 6) % 7 + 1 AS INTEGER))")


def _next_named_day(call: Call) -> str:
    numbers = {name: str(number) for name, number in _DAY_NAMES.items()}
    wrong = fail("ILLEGAL_DAY_OF_WEEK: a text is no day of the week", "INTEGER") if call.is_ansi else "NULL"

    def body(day: str, word: str, number: str) -> str:
        moved = f"({day} + CAST(({number} - isodow({day}) + 6) % 7 + 1 AS INTEGER))"
        return f"CASE WHEN {day} IS NULL OR {word} IS NULL THEN NULL WHEN {number} IS NULL THEN {day} + {wrong} ELSE {moved} END"

    return call.let(lambda d, w: call.scope.let(_by_word(f"trim({w})", numbers, lambda n: n), lambda n: body(d, w, n)))


def _make_date(call: Call) -> str:
    sql = f"make_date({', '.join(call.sql)})"
    return sql if call.is_ansi else f"TRY({sql})"


def _make_timestamp(call: Call) -> str:
    is_safe = call.name.startswith("try_") or not call.is_ansi
    if call.types[0] == DATE:
        given = call.arguments[0]
        if len(call) == 1 and isinstance(given, exp.Cast) and type_of(given.this) == STRING:
            raise call.refuse(f"{call.name} of a text is not supported", "use to_timestamp")
        clock = f"({call.sql[0]} + {call.sql[1]})" if len(call) > 1 else f"CAST({call.sql[0]} AS TIMESTAMP)"
        return _of_zone(call, clock, 2) if len(call) > 2 else as_timestamp(clock, call.type, call.scope)
    values = call.sql[:6]

    def body(year: str, month: str, day: str, hour: str, minute: str, second: str) -> str:
        sixty = f"CASE WHEN {second} = 60 THEN 0 ELSE {second} END"
        plain = f"make_timestamp({year}, {month}, {day}, {hour}, {minute}, CAST({sixty} AS DOUBLE))"
        plain = f"({plain} + to_seconds(CASE WHEN {second} = 60 THEN 60 ELSE 0 END))"
        wrong = "NULL" if is_safe else fail("the fraction of sec must be zero; valid range is [0, 60]", "TIMESTAMP")
        checked = (
            f"CASE WHEN {second} > 60 OR {second} < 0 OR {hour} > 23 OR {minute} > 59 THEN {wrong} ELSE {plain} END"
        )
        return f"TRY({checked})" if is_safe else checked

    clock = call.scope.let_all(values, body)
    if len(call) > 6:
        return _of_zone(call, clock, 6)
    return as_timestamp(clock, call.type, call.scope)


def _of_zone(call: Call, clock: str, position: int) -> str:
    """The instant of a wall clock in the zone that an argument names."""
    name = literal(call.arguments[position])
    if name is None:
        return f"ingot_moment_in({clock}, {call.sql[position]})"
    return zones.moment(clock, _zone(call, name))


def _in_zone(call: Call, moment: str, position: int) -> str:
    """The wall clock of an instant in the zone that an argument names."""
    name = literal(call.arguments[position])
    if name is None:
        return f"ingot_local_in({moment}, {call.sql[position]})"
    return zones.local(moment, _zone(call, name))


def _zone(call: Call, name: str) -> zones.Zone:
    found = zones.find(name)
    if found is None:
        raise AnalysisError(
            f"there is no time zone {name!r}",
            location=call.refuse("").location,
            hint="write a name such as 'Europe/Paris', or '+01:00'",
            code="unknown-time-zone",
        )
    return found


def _from_utc(call: Call) -> str:
    """The wall clock of the zone, shown as if it were UTC's."""
    return zones.moment(_in_zone(call, call.sql[0], 1), zones.UTC)


def _to_utc(call: Call) -> str:
    return _of_zone(call, zones.local(call.sql[0], zones.UTC), 1)


def _convert_timezone(call: Call) -> str:
    if len(call) == 2:
        return _in_zone(call, zones.moment(call.sql[1], call.scope.zone), 0)
    return _in_zone(call, _of_zone(call, call.sql[2], 0), 1)


# --- text -----------------------------------------------------------------------------------------------------------


def _date_format(call: Call) -> str:
    pattern = call.text(1)
    if call.types[0] == TIME:
        if not re.fullmatch(r"(?:[HhKkmsSaA]|[^A-Za-z'\[\]])*", pattern):
            raise call.refuse(f"{call.name} of a time in the pattern {pattern!r} is not supported", "use 'HH:mm:ss'")
        return call.scope.let(f"(DATE '1970-01-01' + {call.sql[0]})", lambda c: patterns.written(c, pattern, call))
    clock = wall_clock(call.arguments[0], call.scope)
    instant = call.sql[0] if call.types[0] == TIMESTAMP else as_timestamp(clock, TIMESTAMP, call.scope)
    return call.scope.let(clock, lambda c: patterns.written(c, pattern, call, instant))


def _from_unixtime(call: Call) -> str:
    pattern = call.text(1) if len(call) > 1 else "yyyy-MM-dd HH:mm:ss"
    instant = f"make_timestamptz({call.sql[0]} * 1000000)"
    return call.scope.let(naive(instant, call.scope), lambda c: patterns.written(c, pattern, call, instant))


def _parsed(call: Call, is_safe: bool) -> str:
    """The first argument, a text in the pattern of the second, or a time, as a TIMESTAMP."""
    given = call.types[0]
    if given.name != "string":
        return wall_clock(call.arguments[0], call.scope)
    if len(call) > 1:
        return pattern_reader.read(call.sql[0], call.text(1), call, is_safe)
    converter = Converter(call.scope, Mode.TRY if is_safe else Mode.ANSI, call.node)
    return naive(converter.convert(call.sql[0], STRING, TIMESTAMP), call.scope)


def _is_safe(call: Call) -> bool:
    return call.name.startswith("try_") or not call.is_ansi


def _to_date(call: Call) -> str:
    if call.types[0].name == "string" and len(call) == 1:
        return Converter(call.scope, Mode.TRY if _is_safe(call) else Mode.ANSI, call.node).convert(
            call.sql[0], STRING, DATE
        )
    if call.types[0] == DATE:
        return call.sql[0]
    return f"CAST({_parsed(call, _is_safe(call))} AS DATE)"


def _to_timestamp(call: Call) -> str:
    given = call.types[0]
    if given.name in ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal"):
        return Converter(call.scope, Mode.TRY if _is_safe(call) else Mode.ANSI, call.node).convert(
            call.sql[0], given, TIMESTAMP
        )
    if given.name == "string" and len(call) == 1:
        converter = Converter(call.scope, Mode.TRY if _is_safe(call) else Mode.ANSI, call.node)
        return converter.convert(call.sql[0], STRING, call.type)
    return as_timestamp(_parsed(call, _is_safe(call)), call.type, call.scope)


def _unix_timestamp(call: Call) -> str:
    if not len(call):
        return f"{int(call.scope.now.timestamp())}::BIGINT"
    if call.types[0].name == "string":
        pattern = call.text(1) if len(call) > 1 else "yyyy-MM-dd HH:mm:ss"
        moment = as_timestamp(pattern_reader.read(call.sql[0], pattern, call, not call.is_ansi), TIMESTAMP, call.scope)
    else:
        moment = _instant(call, 0)
    return f"(epoch_us({moment}) // 1000000)"  # toward zero, unlike unix_seconds


def _instant(call: Call, position: int) -> str:
    """A date or timestamp as what microseconds since 1970 are counted of."""
    if call.types[position].name == "date":
        return as_timestamp(f"CAST({call.sql[position]} AS TIMESTAMP)", TIMESTAMP, call.scope)
    if call.types[position] == TIMESTAMP_NTZ and call.name in ("unix_timestamp", "to_unix_timestamp"):
        return as_timestamp(call.sql[position], TIMESTAMP, call.scope)
    return call.sql[position]


def _unix_millis(call: Call) -> str:
    return call.scope.let(f"epoch_us({_instant(call, 0)})", lambda v: f"(({v} - (({v} % 1000) + 1000) % 1000) // 1000)")


def _timestamp_seconds(call: Call) -> str:
    given, seconds = call.types[0], call.sql[0]
    if given.name in ("float", "double"):  # what is no number has no time
        return call.scope.let(seconds, lambda s: f"CASE WHEN isfinite({s}) THEN {_of_seconds(call, s)} END")
    if isinstance(given, DecimalType) and given.scale > 6:
        wrong = fail(
            "ROUNDING_NECESSARY: seconds with more than six digits after the point; use round(x, 6)", "INTEGER"
        )
        return call.scope.let(
            seconds,
            lambda s: (
                f"CASE WHEN {s} = round({s}, 6) THEN {_of_seconds(call, s)} WHEN {s} IS NOT NULL THEN make_timestamptz({wrong}) END"
            ),
        )
    return _of_seconds(call, seconds)


def _of_seconds(call: Call, seconds: str) -> str:
    given = call.types[0]
    if isinstance(given, DecimalType):  # where a cast wraps around
        return f"make_timestamptz(CAST({decimals.micros(seconds, given)} AS BIGINT))"
    return Converter(call.scope, Mode.ANSI, call.node).convert(seconds, given, TIMESTAMP)


# --- differences ------------------------------------------------------------------------------------------------------

_MICROSECONDS = {
    "week": 604_800_000_000, "day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000,
    "millisecond": 1000, "microsecond": 1, "dayofyear": 86_400_000_000,
}  # fmt: skip


def _timestampdiff(call: Call) -> str:
    """Whole units between two times; months by the day of the month and the time of day, as Java counts them."""
    unit = call.text(0)
    clocks = [wall_clock(a, call.scope) for a in call.arguments[1:]]
    if unit in _MICROSECONDS:
        return call.scope.let_all(clocks, lambda a, b: f"((epoch_us({b}) - epoch_us({a})) // {_MICROSECONDS[unit]})")
    size = {"month": 1, "quarter": 3, "year": 12}[unit]

    def months(a: str, b: str) -> str:
        whole = f"((year({b}) - year({a})) * 12 + month({b}) - month({a}))"

        def within(t: str) -> str:
            return f"(day({t}) * 86400000000 + epoch_us({t}) - epoch_us(date_trunc('day', {t})))"

        less = f"CASE WHEN {whole} > 0 AND {within(b)} < {within(a)} THEN -1 WHEN {whole} < 0 AND {within(b)} > {within(a)} THEN 1 ELSE 0 END"
        return f"(({whole} + {less}) // {size})"

    return call.scope.let_all(clocks, months)


def _timestampadd(call: Call) -> str:
    unit, number = call.text(0), call.sql[1]
    if unit in ("year", "quarter", "month"):
        size = {"month": 1, "quarter": 3, "year": 12}[unit]
        return intervals.moved_by(
            call.sql[2], call.types[2], "+", f"CAST({number} * {size} AS INTEGER)", True, call.scope
        )
    by = f"({number} * {_MICROSECONDS[unit]})"
    is_days = unit in ("day", "dayofyear", "week")
    if call.types[2].name == "timestamp" and not is_days:  # hours are time that passes, however many
        return f"make_timestamptz(epoch_us({call.sql[2]}) + {by})"
    return intervals.moved_by(call.sql[2], call.types[2], "+", by, False, call.scope)


def _now(call: Call) -> str:
    return f"make_timestamptz({_micros(call)})"


def _micros(call: Call) -> int:
    moment = call.scope.now
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _today(call: Call) -> str:
    import datetime

    zone = call.scope.zone
    if zone.offset_s is None:
        import zoneinfo

        there: datetime.tzinfo = zoneinfo.ZoneInfo(zone.name)
    else:
        there = datetime.timezone(datetime.timedelta(seconds=zone.offset_s))
    return f"DATE '{call.scope.now.astimezone(there).date().isoformat()}'"


LOWERINGS: dict[str, Lowering] = {
    "current_date": _today,
    "current_timestamp": _now,
    "localtimestamp": lambda c: naive(_now(c), c.scope),
    "current_time": lambda c: f"CAST({naive(_now(c), c.scope)} AS TIME)",
    "current_timezone": lambda c: quote_text(c.scope.settings.time_zone),
    "year": _part("year"),
    "quarter": _part("quarter"),
    "month": _part("month"),
    "dayofmonth": _part("day"),
    "dayofyear": _part("dayofyear"),
    "dayofweek": "CAST(dayofweek({0}) + 1 AS INTEGER)",
    "dayofweek_iso": "CAST(isodow({0}) AS INTEGER)",
    "weekday": "CAST(isodow({0}) - 1 AS INTEGER)",
    "weekofyear": _part("weekofyear"),
    "yearofweek": _part("isoyear"),
    "dayname": "strftime({0}, '%a')",
    "monthname": "strftime({0}, '%b')",
    "hour": _clock_part("hour"),
    "minute": _clock_part("minute"),
    "second": _clock_part("second"),
    "seconds_with_fraction": _seconds_with_fraction,
    "date_add": lambda c: intervals.moved_days(c, "+"),
    "date_sub": lambda c: intervals.moved_days(c, "-"),
    "datediff": "CAST({0} - {1} AS INTEGER)",
    "timestampdiff": _timestampdiff,
    "timestampadd": _timestampadd,
    "add_months": _add_months,
    "months_between": _months_between,
    "last_day": "last_day({0})",
    "next_day": _next_day,
    "make_date": _make_date,
    **dict.fromkeys(
        ("make_timestamp", "try_make_timestamp", "make_timestamp_ltz", "try_make_timestamp_ltz", "make_timestamp_ntz",
         "try_make_timestamp_ntz"), _make_timestamp),
    "date_trunc": _date_trunc,
    "trunc": _trunc,
    "date_format": _date_format,
    "to_date": _to_date,
    "try_to_date": _to_date,
    "to_timestamp": _to_timestamp,
    "try_to_timestamp": _to_timestamp,
    "to_timestamp_ntz": _to_timestamp,
    "unix_timestamp": _unix_timestamp,
    "to_unix_timestamp": _unix_timestamp,
    "from_unixtime": _from_unixtime,
    "unix_date": "CAST({0} - DATE '1970-01-01' AS INTEGER)",
    "unix_seconds": lambda c: whole_seconds(_instant(c, 0), c.scope),
    "unix_millis": _unix_millis,
    "unix_micros": lambda c: f"epoch_us({_instant(c, 0)})",
    "date_from_unix_date": "(DATE '1970-01-01' + {0})",
    "timestamp_seconds": _timestamp_seconds,
    "timestamp_millis": "make_timestamptz(CAST({0} AS BIGINT) * 1000)",
    "timestamp_micros": "make_timestamptz(CAST({0} AS BIGINT))",
    "from_utc_timestamp": _from_utc,
    "to_utc_timestamp": _to_utc,
    "convert_timezone": _convert_timezone,
}  # fmt: skip
