"""Spark's casts in DuckDB.

ANSI casts raise, `try_cast` gives NULL, legacy casts (`spark.sql.ansi.enabled = false`) give NULL or wrap. Text goes
through DuckDB's own cast first; a slower exact way is taken only for values whose form one of the two reads otherwise.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import datetime
import enum
import re
from collections.abc import Callable

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering import decimals, intervals, zones
from ingot.engines.duckdb.lowering.scope import Scope, as_timestamp, cast, fail, literal, naive, refuse
from ingot.engines.duckdb.lowering.variant_values import from_value, to_value
from ingot.engines.duckdb.types import check_distinct, duckdb_type, quote_name, quote_text
from ingot.errors import AnalysisError
from ingot.types import (
    CALENDAR_INTERVAL,
    LONG,
    STRING,
    TIME,
    ArrayType,
    DataType,
    DecimalType,
    IntervalType,
    MapType,
    StructType,
)

_INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_DAY = re.compile(r"'\d{4}-\d\d-\d\d'", re.ASCII)
_TIME = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'", re.ASCII)


class Mode(enum.Enum):
    """What becomes of a value that does not fit."""

    ANSI = "ansi"
    TRY = "try"
    LEGACY = "legacy"


def lower_cast(node: exp.Expr, scope: Scope) -> str:
    """Lower an `exp.Cast` or `exp.TryCast`."""
    explicit = Mode.ANSI if scope.settings.ansi else Mode.LEGACY
    mode = Mode.TRY if isinstance(node, exp.TryCast) else explicit
    source, target = type_of(node.this), type_of(node)
    return Converter(scope, mode, node).convert(scope.lower(node.this), source, target)


class Converter:
    """Writes casts of one mode."""

    def __init__(self, scope: Scope, mode: Mode, node: exp.Expr):
        self.scope = scope
        self.mode = mode
        self.node = node
        self.is_safe = mode is not Mode.ANSI

    def safely(self) -> Converter:
        """One that gives NULL for what does not fit."""
        return Converter(self.scope, Mode.TRY, self.node)

    def native(self, sql: str, target: DataType | str) -> str:
        return cast(sql, target, self.is_safe)

    def convert(self, sql: str, source: DataType, target: DataType) -> str:
        """`sql`, of Spark's type `source`, as `target`."""
        if source == target or source.ddl == target.ddl:
            return sql
        if source.name == "void":
            return _nothing_as(sql, duckdb_type(target))
        match source, target:
            case ArrayType(), ArrayType():
                return self._array(sql, source, target)
            case MapType(), MapType():
                return self._map(sql, source, target)
            case StructType(), StructType():
                return self._struct(sql, source, target)
            case IntervalType(), IntervalType():
                return intervals.truncated(sql, source, target)
        if "variant" in (source.name, target.name):
            return self._variant(sql, source, target)
        if target.name == "string":
            return self.to_string(sql, source)
        if isinstance(source, IntervalType) or isinstance(target, IntervalType) or target == CALENDAR_INTERVAL:
            return self._interval(sql, source, target)
        if target == TIME:
            return self._time()
        writer = _WRITERS.get((_family(source), _family(target)))
        if writer is None:
            raise refuse(self.node, f"a cast from {source.ddl} to {target.ddl} is not supported")
        return writer(self, sql, source, target)

    def _interval(self, sql: str, source: DataType, target: DataType) -> str:
        is_try = self.mode is Mode.TRY  # without ANSI mode a bad interval is an error all the same
        match source, target:
            case IntervalType(), _:
                return intervals.to_number(sql, source, target, is_try)
            case _, IntervalType() if source.name == "string":
                return intervals.from_text(sql, target, self.scope, is_try)
            case _, IntervalType():
                return intervals.from_number(sql, source, target, is_try)
        text = literal(self.node.this) if self.node.this is not None else None
        if text is None:
            raise refuse(
                self.node,
                "only a literal can be cast to INTERVAL",
                "cast to INTERVAL DAY TO SECOND, or use make_interval",
            )
        return intervals.calendar_from_text(text)

    def _variant(self, sql: str, source: DataType, target: DataType) -> str:
        if source.name == "variant":
            return to_value(self, sql, target)
        return from_value(self, sql, source)

    def _time(self) -> str:
        """A literal; Spark itself casts nothing else to TIME unless it is told to."""
        text = literal(self.node.this) if self.node.this is not None else None
        if text is None:
            raise refuse(self.node, "only a literal can be a TIME")
        found = re.fullmatch(r"T?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?", text.strip())
        hours, minutes, seconds = (int(g or 0) for g in (found.groups()[:3] if found else ("99", "0", "0")))
        if found is None or hours > 23 or minutes > 59 or seconds > 59:
            raise AnalysisError(f"{text!r} is no time of day", hint="write TIME'10:30:00'", code="invalid-literal")
        return f"TIME '{hours:02d}:{minutes:02d}:{seconds:02d}.{(found[4] or '').ljust(6, '0')}'"

    # --- nested ---------------------------------------------------------------------------------------------

    def _array(self, sql: str, source: ArrayType, target: ArrayType) -> str:
        item = self.scope.variable()
        inner = self.convert(item, source.element, target.element)
        return sql if inner == item else f"list_transform({sql}, lambda {item}: {inner})"

    def _map(self, sql: str, source: MapType, target: MapType) -> str:
        item = self.scope.variable()
        key = self.convert(f"{item}.key", source.key, target.key)
        value = self.convert(f"{item}.value", source.value, target.value)
        return (
            f"map_from_entries(list_transform(map_entries({sql}), lambda {item}: {{'key': {key}, 'value': {value}}}))"
        )

    def _struct(self, sql: str, source: StructType, target: StructType) -> str:
        check_distinct(target.names)

        def body(struct: str) -> str:
            fields = ", ".join(
                f"{quote_name(new.name)} := "
                + self.convert(f"struct_extract({struct}, {quote_text(old.name)})", old.type, new.type)
                for old, new in zip(source, target, strict=True)
            )
            return f"CASE WHEN {struct} IS NOT NULL THEN struct_pack({fields}) END"

        return self.scope.let(sql, body)

    # --- to text --------------------------------------------------------------------------------------------

    def to_string(self, sql: str, source: DataType) -> str:
        """As Spark shows a value: `1.0E7`, `[1, null]`, `{a -> 1}`."""
        match source:
            case ArrayType():
                item = self.scope.variable()
                shown = f"coalesce({self.to_string(item, source.element)}, 'null')"
                return f"('[' || array_to_string(list_transform({sql}, lambda {item}: {shown}), ', ') || ']')"
            case MapType():
                item = self.scope.variable()
                key = self.to_string(f"{item}.key", source.key)
                value = f"coalesce({self.to_string(f'{item}.value', source.value)}, 'null')"
                entry = f"{key} || ' -> ' || {value}"
                return f"('{{' || array_to_string(list_transform(map_entries({sql}), lambda {item}: {entry}), ', ') || '}}')"
            case StructType():
                return self.scope.let(sql, lambda s: self._struct_text(s, source))
            case IntervalType():
                return intervals.to_text(sql, source, self.scope)
        match source.name:
            case "string":
                return sql
            case "void":
                return f"CAST({sql} AS VARCHAR)"
            case "variant":
                return self._variant(sql, source, STRING)
            case "float" | "double":
                return f"ingot_float_text({sql})"
            case "timestamp":
                return f"ingot_time_shown({naive(sql, self.scope)})"
            case "timestamp_ntz":
                return f"ingot_time_shown({sql})"
            case "date":
                return f"ingot_date_shown({sql})"
            case "interval":
                return intervals.to_text(sql, source, self.scope)
            case "binary":
                return f"decode({sql})"
            case "decimal" if isinstance(source, DecimalType) and source.precision == source.scale:
                return f"regexp_replace(CAST({sql} AS VARCHAR), '^(-?)[.]', '\\10.')"  # DuckDB writes .5
        return f"CAST({sql} AS VARCHAR)"

    def _struct_text(self, struct: str, source: StructType) -> str:
        shown = [
            f"coalesce({self.to_string(f'struct_extract({struct}, {quote_text(f.name)})', f.type)}, 'null')"
            for f in source
        ]
        joined = " || ', ' || ".join(shown)
        return f"CASE WHEN {struct} IS NOT NULL THEN '{{' || {joined} || '}}' END"

    # --- from text ------------------------------------------------------------------------------------------

    def _strictly(self, value: str, exact: str, target: str) -> str:
        """The exact reading of a text; where there is none, the cast of the text itself raises with its value."""
        if self.is_safe:
            return f"TRY_CAST({exact} AS {target})"
        return (
            f"CAST(coalesce({exact}, 'CAST_INVALID_INPUT: ''' || {value} || ''' is not {_shown(target)}') AS {target})"
        )

    def string_to_integer(self, sql: str, source: DataType, target: DataType) -> str:
        exact = "ingot_truncated_text" if self.mode is Mode.LEGACY else "ingot_integer_text"
        return self._quickly(sql, target, exact, "CAST({found} AS VARCHAR) = {value}")

    def string_to_float(self, sql: str, source: DataType, target: DataType) -> str:
        return self._quickly(sql, target, "ingot_double_text", "isfinite({found}) AND NOT contains({value}, '_')")

    def string_to_decimal(self, sql: str, source: DataType, target: DataType) -> str:
        is_sure = (
            "{found} IS NOT NULL AND NOT (contains({value}, '_') OR contains({value}, 'e') OR contains({value}, 'E'))"
        )
        return self._quickly(sql, target, "ingot_decimal_text", is_sure)

    def _quickly(self, sql: str, target: DataType, exact: str, is_sure: str) -> str:
        """A number as DuckDB reads it where that is surely Spark's; else by the macro that tells Spark's texts."""
        name = duckdb_type(target)

        def body(value: str, found: str) -> str:
            slow = self._strictly(value, f"{exact}({value})", name)
            return f"CASE WHEN {is_sure.format(found=found, value=value)} THEN {found} ELSE {slow} END"

        return self.scope.let(sql, lambda v: self.scope.let(f"TRY_CAST({v} AS {name})", lambda f: body(v, f)))

    def string_to_boolean(self, sql: str, source: DataType, target: DataType) -> str:
        def body(value: str) -> str:
            failing = f"CAST('CAST_INVALID_INPUT: ''' || {value} || ''' is not a boolean' AS BOOLEAN)"
            return f"coalesce(ingot_boolean({value}), {failing})"

        return f"ingot_boolean({sql})" if self.is_safe else self.scope.let(sql, body)

    def string_to_date(self, sql: str, source: DataType, target: DataType) -> str:
        def body(value: str) -> str:
            fast = self.native(f"substr({value}, 1, 10)", "DATE")
            slow = self._strictly(value, f"ingot_date_text({value})", "DATE")
            return f"CASE WHEN ingot_is_plain_date({value}) THEN {fast} ELSE {slow} END"

        return self.native(sql, "DATE") if _is_written(_DAY, sql) else self.scope.let(sql, body)

    def string_to_timestamp(self, sql: str, source: DataType, target: DataType) -> str:
        if _is_written(_TIME, sql):
            found = self.native(sql, "TIMESTAMP")
            return as_timestamp(found, target, self.scope) if target.name == "timestamp" else found

        def body(value: str) -> str:
            found = self.native(value, "TIMESTAMP")
            if target.name == "timestamp":
                fast = as_timestamp(found, target, self.scope)
                slow = (
                    f"ingot_instant_slow({value}, {quote_text(self.scope.zone.name)}, {str(not self.is_safe).upper()})"
                )
            else:
                fast, slow = found, self._strictly(value, f"ingot_time_text({value})", "TIMESTAMP")
            plain = fast
            if target.name == "timestamp" and not self.scope.zone.is_utc:
                plain = f"CASE WHEN ends_with({value}, 'Z') THEN {zones.moment(found, zones.UTC)} ELSE {fast} END"
            rare = f"CASE WHEN ingot_is_plain_time({value}) THEN {plain} ELSE {slow} END"
            return f"CASE WHEN ingot_is_usual_time({value}) THEN {fast} ELSE {rare} END"

        return self.scope.let(sql, body)

    # --- numbers --------------------------------------------------------------------------------------------

    def integer_to_integer(self, sql: str, source: DataType, target: DataType) -> str:
        if self.mode is Mode.LEGACY and _INTEGERS[target.name] < _INTEGERS[source.name]:
            return wrapped(sql, target)
        return self.native(sql, target)

    def fraction_to_integer(self, sql: str, source: DataType, target: DataType) -> str:
        if self.mode is not Mode.LEGACY:
            return self.native(f"trunc({sql})", target)
        if isinstance(source, DecimalType):
            return wrapped(f"trunc({sql})", target)
        if target.name in ("int", "bigint"):
            return saturated(sql, "trunc", duckdb_type(target), self.scope)
        return wrapped(saturated(sql, "trunc", "INTEGER", self.scope), target)

    def to_float(self, sql: str, source: DataType, target: DataType) -> str:
        """A double as a float: what is too large is infinite."""
        if source.name != "double" or target.name != "float":
            return self.native(sql, target)
        return self.scope.let(
            sql, lambda v: f"coalesce(TRY_CAST({v} AS FLOAT), CAST(CAST(sign({v}) / 0.0::DOUBLE AS DOUBLE) AS FLOAT))"
        )

    def float_to_decimal(self, sql: str, source: DataType, target: DataType) -> str:
        """By the digits of the double: of the float 0.1 there are more than one."""
        return self.scope.let(
            f"CAST({sql} AS DOUBLE)" if source.name == "float" else sql,
            lambda v: (
                f"CASE WHEN isfinite({v}) THEN {self.native(f'ingot_without_exponent(CAST({v} AS VARCHAR))', target)} END"
            ),
        )

    def plain(self, sql: str, source: DataType, target: DataType) -> str:
        return self.native(sql, target)

    def number_to_boolean(self, sql: str, source: DataType, target: DataType) -> str:
        return f"({sql} <> 0)"

    def nothing(self, sql: str, source: DataType, target: DataType) -> str:
        """What Spark casts to NULL without ANSI mode."""
        return f"CASE WHEN {sql} IS NULL THEN CAST(NULL AS {duckdb_type(target)}) END"

    def timestamp_to_boolean(self, sql: str, source: DataType, target: DataType) -> str:
        return f"(epoch_us({sql}) <> 0)"

    def boolean_to_timestamp(self, sql: str, source: DataType, target: DataType) -> str:
        return f"make_timestamptz(CAST({sql} AS BIGINT))"

    def integer_to_binary(self, sql: str, source: DataType, target: DataType) -> str:
        digits = _INTEGERS[source.name] // 4
        return f"unhex(right(lpad(hex(CAST({sql} AS BIGINT)), 16, '0'), {digits}))"

    def boolean_to_number(self, sql: str, source: DataType, target: DataType) -> str:
        return f"CAST(CAST({sql} AS INTEGER) AS {duckdb_type(target)})"

    # --- times ----------------------------------------------------------------------------------------------

    def number_to_timestamp(self, sql: str, source: DataType, target: DataType) -> str:
        if source.name in _INTEGERS:  # too many seconds are the last instant that Spark knows, which is none here
            return f"make_timestamptz({cast(f'CAST({sql} AS HUGEINT) * 1000000', 'BIGINT')})"
        if source.name in ("float", "double"):  # endless ones are NULL

            def body(value: str) -> str:
                moment = cast(f"trunc({value} * 1000000)", "BIGINT", self.mode is Mode.TRY)
                made = f"make_timestamptz({moment})"
                return f"CASE WHEN isfinite({value}) THEN {made} END" if self.is_safe else made

            return self.scope.let(f"CAST({sql} AS DOUBLE)", body)
        assert isinstance(source, DecimalType)
        return self._decimal_to_timestamp(sql, source)

    def _decimal_to_timestamp(self, sql: str, source: DecimalType) -> str:
        """Microseconds wrap around, as in Java, which rounds to 34 digits first: what has more of them raises."""
        if source.precision - source.scale <= 12:
            return f"make_timestamptz(CAST({decimals.micros(sql, source)} AS BIGINT))"
        digits = decimals.unscaled(sql, source)
        if source.precision > 34:
            wrong = fail("UNSUPPORTED_TIMESTAMP: a number of so many digits is no timestamp", "BIGINT")
            digits = self.scope.let(digits, lambda d: f"CASE WHEN abs({d}) >= 1e34::HUGEINT THEN {wrong} ELSE {d} END")
        if source.scale > 6:
            return f"make_timestamptz({wrapped(f'({digits} // {10 ** (source.scale - 6)}::HUGEINT)', LONG)})"
        lowest = f"({digits} % {2**64}::HUGEINT * {10 ** (6 - source.scale)})"
        return f"make_timestamptz({wrapped(lowest, LONG)})"

    def timestamp_to_number(self, sql: str, source: DataType, target: DataType) -> str:
        if target.name in _INTEGERS:
            return self.native(whole_seconds(sql, self.scope), target)
        if isinstance(target, DecimalType):
            return self.native(f"CAST(epoch_us({sql}) AS DECIMAL(20,0)) * CAST('0.000001' AS DECIMAL(6,6))", target)
        return f"CAST(epoch_us({sql}) / 1000000.0::DOUBLE AS {duckdb_type(target)})"

    def timestamp_to_date(self, sql: str, source: DataType, target: DataType) -> str:
        return f"CAST({naive(sql, self.scope)} AS DATE)"

    def to_timestamp(self, sql: str, source: DataType, target: DataType) -> str:
        if source.name == "timestamp":
            return naive(sql, self.scope)
        return as_timestamp(f"CAST({sql} AS TIMESTAMP)" if source.name == "date" else sql, target, self.scope)

    def string_to_binary(self, sql: str, source: DataType, target: DataType) -> str:
        return f"encode({sql})"


def _is_written(form: re.Pattern[str], sql: str) -> bool:
    """Whether this is a text of that form that names a day there is: its cast needs no look at it as rows come."""
    if form.fullmatch(sql) is None:
        return False
    try:
        datetime.datetime.fromisoformat(sql[1:-1])
    except ValueError:
        return False
    return True


def _nothing_as(sql: str, target: str) -> str:
    """What has no type as one: it is NULL, or it raises (`raise_error`, `assert_true`), so that it must be evaluated.

    By way of text, of which DuckDB has no statistics: it knows that each item of `[NULL]` is NULL without looking.
    """
    return f"CAST(NULL AS {target})" if sql == "NULL" else f"CAST(CAST({sql} AS VARCHAR) AS {target})"


def wrapped(sql: str, target: DataType) -> str:
    """A whole number by its lowest bits, as Java narrows it."""
    half = 2 ** (_INTEGERS[target.name] - 1)
    return cast(f"((CAST({sql} AS HUGEINT) + {half}) % {2 * half} + {2 * half}) % {2 * half} - {half}", target)


def saturated(sql: str, function: str, target: str, scope: Scope) -> str:
    """A double made whole by `function`, the nearest integer where it is too large, 0 where it is no number."""
    half = 2**31 if target == "INTEGER" else 2**63
    return scope.let(
        sql,
        lambda v: (
            f"CASE WHEN isnan({v}) THEN 0 WHEN {v} >= {half} THEN {half - 1} WHEN {v} <= -{half} THEN -{half} "
            f"ELSE CAST({function}({v}) AS {target}) END::{target}"
        ),
    )


def whole_seconds(instant_sql: str, scope: Scope) -> str:
    """Seconds since 1970, rounded down, also before."""
    return scope.let(
        f"epoch_us({instant_sql})", lambda v: f"(({v} - (({v} % 1000000) + 1000000) % 1000000) // 1000000)"
    )


def _shown(target: str) -> str:
    return "an int" if target == "INTEGER" else f"a {target.lower()}"


def _family(data_type: DataType) -> str:
    if data_type.name in _INTEGERS:
        return "integer"
    if data_type.name == "double":
        return "float"
    return data_type.name


_Writer = Callable[[Converter, str, DataType, DataType], str]
_WRITERS: dict[tuple[str, str], _Writer] = {
    ("string", "integer"): Converter.string_to_integer,
    ("string", "float"): Converter.string_to_float,
    ("string", "decimal"): Converter.string_to_decimal,
    ("string", "boolean"): Converter.string_to_boolean,
    ("string", "date"): Converter.string_to_date,
    ("string", "timestamp"): Converter.string_to_timestamp,
    ("string", "timestamp_ntz"): Converter.string_to_timestamp,
    ("string", "binary"): Converter.string_to_binary,
    ("integer", "integer"): Converter.integer_to_integer,
    ("integer", "float"): Converter.plain,
    ("integer", "binary"): Converter.integer_to_binary,
    ("boolean", "timestamp"): Converter.boolean_to_timestamp,
    ("timestamp", "boolean"): Converter.timestamp_to_boolean,
    **{("date", name): Converter.nothing for name in ("integer", "float", "decimal", "boolean")},
    ("integer", "decimal"): Converter.plain,
    ("float", "integer"): Converter.fraction_to_integer,
    ("float", "float"): Converter.to_float,
    ("float", "decimal"): Converter.float_to_decimal,
    ("decimal", "integer"): Converter.fraction_to_integer,
    ("decimal", "float"): Converter.plain,
    ("decimal", "decimal"): Converter.plain,
    ("integer", "boolean"): Converter.number_to_boolean,
    ("float", "boolean"): Converter.number_to_boolean,
    ("decimal", "boolean"): Converter.number_to_boolean,
    ("boolean", "integer"): Converter.boolean_to_number,
    ("boolean", "float"): Converter.boolean_to_number,
    ("boolean", "decimal"): Converter.boolean_to_number,
    ("integer", "timestamp"): Converter.number_to_timestamp,
    ("float", "timestamp"): Converter.number_to_timestamp,
    ("decimal", "timestamp"): Converter.number_to_timestamp,
    ("timestamp", "integer"): Converter.timestamp_to_number,
    ("timestamp", "float"): Converter.timestamp_to_number,
    ("timestamp", "decimal"): Converter.timestamp_to_number,
    ("timestamp", "date"): Converter.timestamp_to_date,
    ("timestamp_ntz", "date"): Converter.plain,
    ("date", "timestamp"): Converter.to_timestamp,
    ("date", "timestamp_ntz"): Converter.to_timestamp,
    ("timestamp", "timestamp_ntz"): Converter.to_timestamp,
    ("timestamp_ntz", "timestamp"): Converter.to_timestamp,
}
