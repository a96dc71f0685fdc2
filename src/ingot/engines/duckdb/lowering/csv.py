"""CSV text as structs and back: `from_csv`, `to_csv`."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import json

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering import pattern_reader, patterns
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.casts import Converter, Mode
from ingot.engines.duckdb.lowering.options import options_of, time_patterns
from ingot.engines.duckdb.lowering.scope import as_timestamp, fail, naive
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.types import STRING, DataType, Field, StructType

_FORM = (
    "sep", "delimiter", "quote", "escape", "nullvalue", "emptyvalue", "ignoreleadingwhitespace",
    "ignoretrailingwhitespace",
)  # fmt: skip
_READING = (
    *_FORM, "comment", "mode", "columnnameofcorruptrecord", "nanvalue", "positiveinf", "negativeinf",
    "timestampformat", "timestampntzformat", "dateformat",
)  # fmt: skip
_WRITING = (*_FORM, "quoteall", "escapequotes", "timestampformat", "timestampntzformat", "dateformat")
_WITHOUT_EFFECT = (
    "header", "inferschema", "prefersdecimal", "preferdate", "locale", "encoding", "charset", "linesep", "multiline",
    "samplingratio", "maxcolumns", "maxcharspercolumn", "enforceschema", "enabledatetimeparsingfallback",
)  # fmt: skip
_NUMBER = r"[\x00-\x20]*[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)[\x00-\x20]*"


def _options_text(options: dict[str, str]) -> str:
    flags = {name: value.lower() if value.lower() in ("true", "false") else value for name, value in options.items()}
    return quote_text(json.dumps(flags, sort_keys=True, ensure_ascii=False))


# --- reading ----------------------------------------------------------------------------------------------------------


def _from_csv(call: Call) -> str:
    options = options_of(call, 2, _READING, _WITHOUT_EFFECT)
    mode = options.get("mode", "PERMISSIVE").upper()
    if mode == "DROPMALFORMED":
        raise call.refuse("from_csv has no mode DROPMALFORMED", "use PERMISSIVE or FAILFAST")
    target = call.type
    assert isinstance(target, StructType)
    name = options.get("columnnameofcorruptrecord", "_corrupt_record")
    corrupt = target.find(name)
    columns = [f for f in target if f is not corrupt]

    def body(text: str, fields: str) -> str:
        values = [_value(f"list_extract({fields}, {at + 1})", f.type, options, call) for at, f in enumerate(columns)]
        is_bad = _is_bad(fields, values)
        made = dict(zip((f.name for f in columns), values, strict=True))
        if corrupt is not None:
            made[corrupt.name] = f"CASE WHEN {is_bad} THEN {text} END"
        row = "struct_pack(" + ", ".join(f"{quote_name(f.name)} := {made[f.name]}" for f in target) + ")"
        wrong = ""
        if mode == "FAILFAST":
            message = (
                "MALFORMED_RECORD_IN_PARSING: a record does not have the schema of from_csv; use the mode PERMISSIVE"
            )
            wrong = f"WHEN {is_bad} THEN {fail(message, target)} "
        return f"CASE WHEN {text} IS NULL THEN CAST(NULL AS {duckdb_type(target)}) {wrong}ELSE {row} END"

    def with_fields(text: str) -> str:
        fields = f"{PREFIX}csv_fields({text}, {_options_text({n: v for n, v in options.items() if n in (*_FORM, 'comment')})})"
        return call.scope.let(fields, lambda found: body(text, found))

    return call.scope.let(call.sql[0], with_fields)


def _is_bad(fields: str, values: list[str]) -> str:
    """Whether a record has another number of fields, or one of another type."""
    checks = [f"len({fields}) <> {len(values)}"]
    checks += [f"(list_extract({fields}, {at + 1}) IS NOT NULL AND {value} IS NULL)" for at, value in enumerate(values)]
    return f"(len({fields}) > 0 AND ({' OR '.join(checks)}))"


def _value(text: str, target: DataType, options: dict[str, str], call: Call) -> str:
    """A field's text as a value; NULL where it has another form."""
    sql = duckdb_type(target)
    match target.name:
        case "string":
            return text
        case "binary":
            return f"encode({text})"
        case "boolean":
            return f"CASE lower({text}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
        case "tinyint" | "smallint" | "int" | "bigint":
            return f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+') THEN TRY_CAST({text} AS {sql}) END"
        case "decimal":
            return f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9,]*\\.?[0-9]*(?:[eE][+-]?[0-9]+)?') THEN TRY_CAST(ingot_without_exponent(lower(replace({text}, ',', ''))) AS {sql}) END"
        case "float" | "double":
            special = {options.get("nanvalue", "NaN"): "nan", options.get("positiveinf", "Inf"): "inf"}
            special[options.get("negativeinf", "-Inf")] = "-inf"
            whens = " ".join(f"WHEN {text} = {quote_text(k)} THEN CAST('{v}' AS {sql})" for k, v in special.items())
            return f"CASE {whens} WHEN regexp_full_match({text}, {quote_text(_NUMBER)}) THEN TRY_CAST(ingot_double_text({text}) AS {sql}) WHEN regexp_matches({text}, '^\\s*[+-]?0[xX]') THEN {fail('UNSUPPORTED_NUMBER: a hexadecimal number in from_csv', target)} END"
        case "date" | "timestamp" | "timestamp_ntz":
            return _time(text, target, options, call)
    raise call.refuse(f"from_csv to {target.ddl} is not supported")


def _time(text: str, target: DataType, options: dict[str, str], call: Call) -> str:
    pattern = time_patterns(options).get(target.name)
    if pattern is None:
        return Converter(call.scope, Mode.TRY, call.node).convert(text, STRING, target)
    moment = pattern_reader.read(text, pattern, call, safely=True)
    return f"CAST({moment} AS DATE)" if target.name == "date" else as_timestamp(moment, target, call.scope)


# --- writing ----------------------------------------------------------------------------------------------------------


def _to_csv(call: Call) -> str:
    options = options_of(call, 1, _WRITING, _WITHOUT_EFFECT)
    source = call.types[0]
    assert isinstance(source, StructType)
    form = {name: value for name, value in options.items() if not name.endswith("format")}

    def body(struct: str) -> str:
        fields = ", ".join(_text(f"struct_extract({struct}, {quote_text(f.name)})", f, options, call) for f in source)
        record = f"{PREFIX}csv_record([{fields}], {_options_text(form)})"
        if len(source) == 1 and "nullvalue" not in options:  # an empty line is no record
            record = f"nullif({record}, '')"
        return f"CASE WHEN {struct} IS NOT NULL THEN {record} END"

    return call.scope.let(call.sql[0], body)


def _text(sql: str, field: Field, options: dict[str, str], call: Call) -> str:
    data_type = field.type
    if data_type.name in ("binary", "variant"):
        raise call.refuse(f"to_csv of {data_type.ddl} is not supported", "cast it to a string")
    pattern = time_patterns(options).get(data_type.name)
    match data_type.name:
        case "date" if pattern is None:
            return f"CAST({sql} AS VARCHAR)"
        case "timestamp" if pattern is None:
            if not call.scope.zone.is_utc:
                raise call.refuse(f"to_csv of timestamps is not supported in the time zone {call.scope.zone.name!r}")
            return f"strftime({naive(sql, call.scope)}, '%Y-%m-%dT%H:%M:%S.%gZ')"
        case "timestamp_ntz" if pattern is None:
            return f"strftime({sql}, '%Y-%m-%dT%H:%M:%S.%g')"
        case "timestamp":
            return call.scope.let(naive(sql, call.scope), lambda c: patterns.written(c, pattern or "", call))
        case "timestamp_ntz" | "date":
            clock = f"CAST({sql} AS TIMESTAMP)"
            return call.scope.let(clock, lambda c: patterns.written(c, pattern or "", call))
    return Converter(call.scope, Mode.ANSI, call.node).to_string(sql, data_type)


LOWERINGS: dict[str, Lowering] = {"from_csv": _from_csv, "to_csv": _to_csv}
