"""Values as JSON text: `to_json`."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from dataclasses import dataclass, field

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering import patterns
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.casts import Converter, Mode
from ingot.engines.duckdb.lowering.options import options_of, time_patterns
from ingot.engines.duckdb.lowering.scope import naive
from ingot.engines.duckdb.types import quote_text
from ingot.types import ArrayType, DataType, DecimalType, IntervalType, MapType, StructType

_OPTIONS = ("timestampformat", "timestampntzformat", "dateformat", "ignorenullfields", "sortkeys")
_WITHOUT_EFFECT = ("locale", "encoding", "linesep", "compression", "timezone")

_ALIKE = ("string", "boolean", "tinyint", "smallint", "int", "bigint")  # what DuckDB writes as Spark does, but for NULL


@dataclass
class Writer:
    """How one call writes."""

    call: Call
    ignores_nulls: bool = True
    sorts_keys: bool = False
    patterns: dict[str, str] = field(default_factory=dict)


def _to_json(call: Call) -> str:
    options = options_of(call, 1, _OPTIONS, _WITHOUT_EFFECT)
    writer = Writer(
        call,
        options.get("ignorenullfields", "true").lower() == "true",
        options.get("sortkeys", "false").lower() == "true",
        time_patterns(options),
    )
    return _written(call.sql[0], call.types[0], writer)


def _written(sql: str, data_type: DataType, writer: Writer) -> str:
    """The JSON text of a value; NULL for NULL, so that a struct can leave its field out."""
    match data_type:
        case StructType():
            return writer.call.scope.let(sql, lambda s: _written_struct(s, data_type, writer))
        case ArrayType():
            item = writer.call.scope.variable()
            shown = f"coalesce({_written(item, data_type.element, writer)}, 'null')"
            return f"('[' || array_to_string(list_transform({sql}, lambda {item}: {shown}), ',') || ']')"
        case MapType():
            item = writer.call.scope.variable()
            key = f"to_json({_key(f'{item}.key', data_type.key, writer)})"
            value = f"coalesce({_written(f'{item}.value', data_type.value, writer)}, 'null')"
            entry = f"CAST({key} AS VARCHAR) || ':' || {value}"
            if writer.sorts_keys:
                raise writer.call.refuse("to_json of a map with sortKeys is not supported")
            return f"('{{' || array_to_string(list_transform(map_entries({sql}), lambda {item}: {entry}), ',') || '}}')"
        case IntervalType():
            return _quoted(Converter(writer.call.scope, Mode.ANSI, writer.call.node).to_string(sql, data_type))
        case DecimalType():
            return Converter(writer.call.scope, Mode.ANSI, writer.call.node).to_string(sql, data_type)
    match data_type.name:
        case "string":
            return f"CAST(to_json({sql}) AS VARCHAR)"
        case "float" | "double":
            return _float(sql)
        case "date" | "timestamp" | "timestamp_ntz" if data_type.name in writer.patterns:
            return _quoted(_by_pattern(sql, data_type, writer))
        case "void":
            return f"CAST({sql} AS VARCHAR)"
        case "date":
            return f"('\"' || {Converter(writer.call.scope, Mode.ANSI, writer.call.node).to_string(sql, data_type)} || '\"')"
        case "timestamp":
            if not writer.call.scope.zone.is_utc:
                raise writer.call.refuse(
                    f"to_json of timestamps is not supported in the time zone {writer.call.scope.zone.name!r}"
                )
            return _timestamp(naive(sql, writer.call.scope), "Z", writer)
        case "timestamp_ntz":
            return _timestamp(sql, "", writer)
        case "variant":
            return f"{PREFIX}variant_text({sql})"
        case "binary":
            return f"('\"' || to_base64({sql}) || '\"')"
        case "boolean" | "tinyint" | "smallint" | "int" | "bigint":
            return f"CAST({sql} AS VARCHAR)"
    raise writer.call.refuse(f"to_json of {data_type.ddl} is not supported")


def _float(sql: str) -> str:
    """A number as Java writes it, and quoted what JSON has no number for; by far the most are written alike."""
    is_usual = f"{sql} = 0 OR (abs({sql}) >= 0.001 AND abs({sql}) < 10000000)"
    text = f"ingot_float_text({sql})"
    return f"CASE WHEN {is_usual} THEN CAST({sql} AS VARCHAR) WHEN isfinite({sql}) THEN {text} ELSE '\"' || {text} || '\"' END"


def _key(sql: str, data_type: DataType, writer: Writer) -> str:
    """A key of a map as text: Spark writes days, microseconds and intervals as the numbers that they are inside."""
    match data_type.name:
        case "date":
            return f"CAST({sql} - DATE '1970-01-01' AS VARCHAR)"
        case "timestamp" | "timestamp_ntz":
            return f"CAST(epoch_us({sql}) AS VARCHAR)"
        case "string" | "boolean" | "tinyint" | "smallint" | "int" | "bigint" | "float" | "double" | "decimal":
            return Converter(writer.call.scope, Mode.ANSI, writer.call.node).to_string(sql, data_type)
    if isinstance(data_type, IntervalType):
        return f"CAST({sql} AS VARCHAR)"
    raise writer.call.refuse(
        f"to_json of a map whose keys are {data_type.ddl} is not supported", "make the keys strings: transform_keys"
    )


def _timestamp(clock: str, zone: str, writer: Writer) -> str:
    """A wall clock as ISO 8601 has it, with a sign before a year of five digits."""
    form = f"%Y-%m-%dT%H:%M:%S.%g{zone}"
    return writer.call.scope.let(
        clock, lambda c: f"('\"' || CASE WHEN year({c}) > 9999 THEN '+' ELSE '' END || strftime({c}, '{form}') || '\"')"
    )


def _quoted(sql: str) -> str:
    return f"CAST(to_json({sql}) AS VARCHAR)"


def _by_pattern(sql: str, data_type: DataType, writer: Writer) -> str:
    """A date or timestamp in the form that an option names."""
    clock = sql
    if data_type.name == "timestamp":
        clock = naive(sql, writer.call.scope)
    elif data_type.name == "date":
        clock = f"CAST({sql} AS TIMESTAMP)"
    return writer.call.scope.let(clock, lambda c: patterns.written(c, writer.patterns[data_type.name], writer.call))


def _written_struct(struct: str, data_type: StructType, writer: Writer) -> str:
    if not data_type.fields:
        return f"CASE WHEN {struct} IS NOT NULL THEN '{{}}' END"
    fields, there = [], [f"{struct} IS NOT NULL"]
    for item in sorted(data_type, key=lambda f: f.name) if writer.sorts_keys else data_type:
        found = f"struct_extract({struct}, {quote_text(item.name)})"
        value = _written(found, item.type, writer)
        if writer.ignores_nulls:
            there.append(f"{found} IS NOT NULL")
        else:
            value = f"coalesce({value}, 'null')"
        fields.append(f"{quote_text(_json_text(item.name) + ':')} || {value}")
    # The fields that are NULL are left out, with their commas.
    written = f"CASE WHEN {struct} IS NOT NULL THEN '{{' || concat_ws(',', {', '.join(fields)}) || '}}' END"
    if writer.sorts_keys or not all(f.type.name in _ALIKE and _json_text(f.name) == f'"{f.name}"' for f in data_type):
        return written
    return f"CASE WHEN {' AND '.join(there)} THEN CAST(to_json({struct}) AS VARCHAR) ELSE {written} END"


def _json_text(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


LOWERINGS: dict[str, Lowering] = {"to_json": _to_json}
