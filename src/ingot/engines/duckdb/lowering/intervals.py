"""Intervals: months are an INTEGER, days and times a BIGINT of microseconds, calendar intervals DuckDB's INTERVAL.

So comparing, sorting, grouping and adding them is DuckDB's arithmetic over numbers, overflow included. Owns arithmetic,
text, parts and construction of intervals; moving a date or a time by one is here too.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import itertools
import re

from sqlglot import exp

from ingot.analysis.intervals import MICROSECONDS, UNITS
from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.scope import Scope, as_timestamp, fail, naive, number_literal
from ingot.engines.duckdb.types import duckdb_type, quote_text
from ingot.types import CALENDAR_INTERVAL, DataType, DecimalType, IntervalType

_DAY = MICROSECONDS["day"]
_DAYS_NEAR = 1_000_000  # moved by so many days every date is one still
_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_ZERO = "INTERVAL_DIVIDED_BY_ZERO: division by zero; use try_divide to get NULL instead"


def lower_interval(node: exp.Expr, scope: Scope) -> str:
    """A literal."""
    return f"'{node.this.this}'::{duckdb_type(type_of(node))}"


# --- moving dates and times -----------------------------------------------------------------------------------------


def moved(moment: str, given: DataType, symbol: str, change: exp.Expr, result: DataType, scope: Scope) -> str:
    """A date or a timestamp, `symbol` an interval."""
    interval, by = type_of(change), scope.lower(change)
    if interval == CALENDAR_INTERVAL:
        return _moved_by_calendar(moment, given, symbol, by, result, scope)
    assert isinstance(interval, IntervalType)
    if given.name == "date":
        if interval.is_year_month:
            return f"CAST({moment} {symbol} to_months({by}) AS DATE)"
        if isinstance(change, exp.Interval):
            return f"({moment} {symbol} ({int(change.this.this) // _DAY}))"
        return f"({moment} {symbol} CAST({by} // {_DAY} AS INTEGER))"
    return moved_by(moment, given, symbol, by, interval.is_year_month, scope)


def moved_days(call: Call, symbol: str, is_safe: bool = False) -> str:
    """A date, `symbol` a number of days: as in Java the days wrap around, which only large numbers come to.

    Args:
        call: Of a date and days.
        symbol: The operator.
        is_safe: An error in one of the two gives NULL.
    """
    operands = [f"TRY({sql})" if is_safe else sql for sql in call.sql[:2]]
    number = call.arguments[1]
    known = number_literal(number)
    is_small = isinstance(number, exp.Cast) and type_of(number.this).name in ("tinyint", "smallint")
    if is_small or (known is not None and abs(known) <= _DAYS_NEAR):
        return f"({operands[0]} {symbol} {operands[1]})"

    def body(day: str, days: str) -> str:
        total = f"(({day} - DATE '1970-01-01') {symbol} CAST({days} AS BIGINT))"
        far = f"DATE '1970-01-01' + CAST((({total} + 2147483648) % 4294967296 + 4294967296) % 4294967296 - 2147483648 AS INTEGER)"
        return f"CASE WHEN {days} BETWEEN -{_DAYS_NEAR} AND {_DAYS_NEAR} THEN {day} {symbol} {days} ELSE {far} END"

    return call.scope.let_all(operands, body)


def moved_by(moment: str, given: DataType, symbol: str, by: str, is_months: bool, scope: Scope) -> str:
    """A timestamp, `symbol` a number of months or of microseconds."""
    if is_months:
        if given.name == "timestamp_ntz":
            return f"({moment} {symbol} to_months({by}))"
        return scope.let(
            moment, lambda m: as_timestamp(f"({naive(m, scope)} {symbol} to_months({by}))", given, scope, like=m)
        )
    make = "make_timestamptz" if given.name == "timestamp" else "make_timestamp"
    if given.name == "timestamp_ntz" or scope.zone.offset_s is not None:
        return f"{make}(epoch_us({moment}) {symbol} {by})"

    def body(start: str, micros: str) -> str:  # days are of the calendar, the rest is time that passes
        day = as_timestamp(
            f"({naive(start, scope)} {symbol} to_days(CAST({micros} // {_DAY} AS INTEGER)))", given, scope, like=start
        )
        return f"{make}(epoch_us({day}) {symbol} {micros} % {_DAY})"

    return scope.let_all([moment, by], body)


def _moved_by_calendar(moment: str, given: DataType, symbol: str, by: str, result: DataType, scope: Scope) -> str:
    if given.name == "date":
        if not scope.settings.ansi:
            return f"CAST(CAST({moment} AS TIMESTAMP) {symbol} {by} AS DATE)"
        wrong = fail(
            "INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION: an interval with hours or less cannot be added to a date",
            "DATE",
        )
        return scope.let_all(
            [moment, by],
            lambda d, i: (
                f"CASE WHEN ingot_calendar_micros({i}) <> 0 THEN {wrong} ELSE CAST({d} {symbol} {i} AS DATE) END"
            ),
        )
    if given.name == "timestamp_ntz" or scope.zone.offset_s is not None:
        return as_timestamp(
            f"({naive(moment, scope) if given.name == 'timestamp' else moment} {symbol} {by})", given, scope
        )

    def body(start: str, i: str) -> str:
        whole = f"to_months(CAST(datepart('year', {i}) * 12 + datepart('month', {i}) AS INTEGER)) + to_days(CAST(datepart('day', {i}) AS INTEGER))"
        day = as_timestamp(f"({naive(start, scope)} {symbol} ({whole}))", given, scope, like=start)
        return f"make_timestamptz(epoch_us({day}) {symbol} ingot_calendar_micros({i}))"

    return scope.let_all([moment, by], body)


# --- arithmetic -----------------------------------------------------------------------------------------------------


def divided(interval: str, by: str) -> str:
    """How often one interval goes into another, toward zero."""
    return f"CASE WHEN {by} = 0 THEN {fail(_ZERO, 'BIGINT')} ELSE CAST({interval} AS BIGINT) // {by} END"


def scaled(
    kind: type,
    interval: str,
    number: str,
    types: tuple[DataType, DataType],
    result: DataType,
    scope: Scope,
    safely: bool,
) -> str:
    """An interval times a number, or divided by one; halves are rounded away from zero."""
    target, factor = duckdb_type(result), types[1]
    if kind is exp.Mul:
        sql = _times(interval, number, factor, target)
        return f"TRY({sql})" if safely else sql

    def body(i: str, n: str) -> str:
        zero = f"CAST(NULL AS {target})" if safely else fail(_ZERO, target)
        sql = _over(i, n, factor, target)
        return f"CASE WHEN {n} = 0 AND {i} IS NOT NULL THEN {zero} ELSE {f'TRY({sql})' if safely else sql} END"

    return scope.let_all([interval, number], body)


def _times(interval: str, number: str, factor: DataType, target: str) -> str:
    if factor.name in _INTEGERS:
        return f"CAST(CAST({interval} AS HUGEINT) * {number} AS {target})"
    if isinstance(factor, DecimalType):
        digits = f"CAST({number} * '1{'0' * factor.scale}'::DECIMAL(38,0) AS HUGEINT)"
        return f"CAST(ingot_half_up({interval}::HUGEINT * {digits}, '1{'0' * factor.scale}'::HUGEINT) AS {target})"
    return f"CAST(round({interval} * CAST({number} AS DOUBLE)) AS {target})"


def _over(interval: str, number: str, factor: DataType, target: str) -> str:
    if factor.name in _INTEGERS:
        return f"CAST(ingot_half_up({interval}::HUGEINT, {number}::HUGEINT) AS {target})"
    if isinstance(factor, DecimalType):
        one = f"'1{'0' * factor.scale}'"
        digits = f"CAST({number} * {one}::DECIMAL(38,0) AS HUGEINT)"
        return f"CAST(ingot_half_up({interval}::HUGEINT * {one}::HUGEINT, {digits}) AS {target})"
    return f"CAST(round({interval} / CAST({number} AS DOUBLE)) AS {target})"


# --- casts ----------------------------------------------------------------------------------------------------------


def unit_size(interval: IntervalType) -> int:
    """Months or microseconds in the last field of a type."""
    return {"year": 12, "month": 1}.get(interval.end) or MICROSECONDS[interval.end]


def truncated(sql: str, source: IntervalType, target: IntervalType) -> str:
    """An interval as one of other fields; what is smaller than the last is cut off."""
    size = unit_size(target)
    if size <= unit_size(source):
        return sql
    return f"CAST({sql} // {size} * {size} AS {duckdb_type(target)})"


def to_number(sql: str, source: IntervalType, target: DataType, safely: bool) -> str:
    """How many of its last field an interval has, rounded toward zero."""
    word, size = "TRY_CAST" if safely else "CAST", unit_size(source)
    if isinstance(target, DecimalType) and source.end == "second":
        return f"{word}(CAST({sql} AS DECIMAL(19,0)) * '0.000001'::DECIMAL(6,6) AS {duckdb_type(target)})"
    return f"{word}({sql}{f' // {size}' if size > 1 else ''} AS {duckdb_type(target)})"


def from_number(sql: str, source: DataType, target: IntervalType, safely: bool) -> str:
    """As many of the last field."""
    word, size, name = "TRY_CAST" if safely else "CAST", unit_size(target), duckdb_type(target)
    if isinstance(source, DecimalType):
        one = f"'1{'0' * source.scale}'::HUGEINT"
        return f"{word}(ingot_half_up(CAST({sql} * '1{'0' * source.scale}'::DECIMAL(38,0) AS HUGEINT) * {size}, {one}) AS {name})"
    return f"{word}(CAST({sql} AS HUGEINT) * {size} AS {name})"


def to_text(sql: str, source: DataType, scope: Scope) -> str:
    """`INTERVAL '1 02:03:04.5' DAY TO SECOND`."""
    if not isinstance(source, IntervalType):
        return f"ingot_calendar_text({sql})"
    words = source.ddl.removeprefix("interval ").upper()

    def body(value: str) -> str:
        sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
        return f"('INTERVAL ''' || {sign} || {_digits(f'abs({value})', source)} || ''' {words}')"

    return scope.let(sql, body)


def _digits(value: str, interval: IntervalType) -> str:
    fields = UNITS[UNITS.index(interval.start) : UNITS.index(interval.end) + 1]
    pieces: list[str] = []
    for at, field in enumerate(fields):
        size = {"year": 12, "month": 1}.get(field) or MICROSECONDS[field]
        larger = unit_size(IntervalType(start=fields[at - 1], end=fields[at - 1])) if at else 0
        number = f"CAST({value}{f' % {larger}' if at else ''} // {size} AS VARCHAR)"
        is_padded = field in ("hour", "minute", "second")
        pieces.append(f"ingot_two_digits({number})" if is_padded else number)
        if field == "second":
            pieces.append(f"ingot_fraction({value} % 1000000)")
        else:
            pieces.append({"year": "'-'", "day": "' '"}.get(field, "':'"))
    return " || ".join(pieces if fields[-1] == "second" else pieces[:-1])


_FIELD_TEXT = {
    "year": r"(\d{1,9})", "month": r"(\d{1,2})", "day": r"(\d{1,9})", "hour": r"(\d{1,2})", "minute": r"(\d{1,2})",
    "second": r"(\d{1,2})(?:\.(\d{0,9}))?",
}  # fmt: skip


def from_text(sql: str, target: IntervalType, scope: Scope, safely: bool) -> str:
    """A text with just the fields of the type, alone or as a whole literal."""
    fields = UNITS[UNITS.index(target.start) : UNITS.index(target.end) + 1]
    regex = _FIELD_TEXT[fields[0]].replace(r"\d{1,2})", r"\d{1,12})", 1)
    for before, field in itertools.pairwise(fields):
        regex += {"year": "-", "day": " "}.get(before, ":") + _FIELD_TEXT[field]
    regex = f"([+-])?{regex}"
    words = r"\s+".join(target.ddl.removeprefix("interval ").split())
    literal = quote_text(rf"(?i)^INTERVAL\s+([+-]?)'(.*)'\s+{words}$")
    names = ["sign", *fields, *(["fraction"] if target.end == "second" else [])]
    size = {f: {"year": 12, "month": 1}.get(f) or MICROSECONDS[f] for f in fields}
    limits = {"month": 11, "hour": 23, "minute": 59, "second": 59}
    name = duckdb_type(target)

    def body(text: str, p: str) -> str:
        terms = [f"{p}.{f}::HUGEINT * {size[f]}" for f in fields]
        if target.end == "second":
            terms.append(f"rpad({p}.fraction, 6, '0')[:6]::HUGEINT")
        total = f"CAST((CASE WHEN {p}.sign = '-' THEN -1 ELSE 1 END) * ({' + '.join(terms)}) AS {name})"
        checks = [f"{p}.{f}::INTEGER <= {limits[f]}" for f in fields[1:]]
        fits = " AND ".join([f"{p}.{fields[0]} <> ''", *checks])
        message = f"'INVALID_INTERVAL_FORMAT: ''' || {text} || ''' is no {target.ddl}'"
        wrong = f"CAST(NULL AS {name})" if safely else f"CAST(CAST({message} AS INTEGER) AS {name})"
        return f"CASE WHEN {text} IS NULL THEN NULL WHEN {fits} THEN {f'TRY({total})' if safely else total} ELSE {wrong} END"

    bare = rf"regexp_replace(trim({sql}, E' \t\n\r'), {literal}, '\1\2')"
    shown = "[" + ", ".join(quote_text(n) for n in names) + "]"
    return scope.let(
        bare,
        lambda t: scope.let(f"regexp_extract({t}, {quote_text(f'^{regex}$')}, {shown})", lambda p: body(t, p)),
    )


def calendar_from_text(text: str) -> str:
    """The calendar interval of a text; NULL for what is none."""
    months = days = micros = 0
    body = re.sub(r"^\s*interval\s+", "", text, flags=re.IGNORECASE)
    found = re.findall(r"\s*([+-]?)\s*(\d+(?:\.\d*)?|\.\d+)\s+([A-Za-z]+)\s*", body)
    if not found or re.sub(r"\s", "", body) != re.sub(r"\s", "", "".join("".join(f) for f in found)):
        return "CAST(NULL AS INTERVAL)"
    for sign, number, word in found:
        unit = word.lower().removesuffix("s")
        value = float(sign + number) if "." in number else int(sign + number)
        if unit in ("year", "month"):
            months += int(value) * (12 if unit == "year" else 1)
        elif unit in ("week", "day"):
            days += int(value) * (7 if unit == "week" else 1)
        elif unit in MICROSECONDS:
            micros += round(value * MICROSECONDS[unit])
        if unit not in (*MICROSECONDS, "year", "month") or (isinstance(value, float) and unit != "second"):
            return "CAST(NULL AS INTERVAL)"
    return f"(to_months({months}) + to_days({days}) + to_microseconds({micros}))"


# --- functions ------------------------------------------------------------------------------------------------------


def _part(call: Call) -> str:
    """A field of an interval; it has the interval's sign."""
    field, given, value = call.text(0), call.types[1], call.sql[1]
    if given == CALENDAR_INTERVAL:
        parts = {"year": f"CAST(ingot_months({value}) // 12 AS INTEGER)", "month": f"CAST(ingot_months({value}) % 12 AS TINYINT)",
                 "day": f"CAST(datepart('day', {value}) AS INTEGER)"}  # fmt: skip
        if field in parts:
            return parts[field]
        value = f"ingot_calendar_micros({value})"
        if field == "hour":  # which is not limited by a day
            return f"CAST({value} // {MICROSECONDS['hour']} % 24 AS TINYINT)"
    assert isinstance(given, IntervalType) or given == CALENDAR_INTERVAL
    if field == "second":
        return f"CAST(CAST({value} % 60000000 AS DECIMAL(8,0)) * '0.000001'::DECIMAL(6,6) AS DECIMAL(8,6))"
    size = {"year": 12, "month": 1}.get(field) or MICROSECONDS[field]
    limit = {"month": " % 12", "hour": " % 24", "minute": " % 60"}.get(field, "")
    return f"CAST({value} // {size}{limit} AS {duckdb_type(call.type)})"


def _of_months(call: Call) -> str:
    years, months = [*call.sql, "0", "0"][:2]
    return f"CAST(CAST({years} AS BIGINT) * 12 + {months} AS INTEGER)"


def _micros(hours: str, minutes: str, seconds: str) -> str:
    return f"CAST({hours} AS BIGINT) * {MICROSECONDS['hour']} + CAST({minutes} AS BIGINT) * {MICROSECONDS['minute']} + CAST({seconds} * 1000000 AS BIGINT)"


def _of_days(call: Call) -> str:
    days, hours, minutes, seconds = [call.sql[i] if i < len(call) else "0" for i in range(4)]
    return f"(CAST({days} AS BIGINT) * {_DAY} + {_micros(hours, minutes, seconds)})"


def _calendar(call: Call) -> str:
    """The parts are computed outside of TRY, for an error in one of them is none of the sum."""

    def body(years: str, months: str, weeks: str, days: str, hours: str, minutes: str, seconds: str) -> str:
        whole = f"to_months(CAST(CAST({years} AS BIGINT) * 12 + {months} AS INTEGER)) + to_days(CAST(CAST({weeks} AS BIGINT) * 7 + {days} AS INTEGER))"
        sql = f"({whole} + to_microseconds({_micros(hours, minutes, seconds)}))"
        return f"TRY({sql})" if call.name.startswith("try_") or not call.is_ansi else sql

    return call.scope.let_all([call.sql[i] if i < len(call) else "0" for i in range(7)], body)


LOWERINGS: dict[str, Lowering] = {
    "interval_part": _part,
    "make_ym_interval": _of_months,
    "make_dt_interval": _of_days,
    "make_interval": _calendar,
    "try_make_interval": _calendar,
}
