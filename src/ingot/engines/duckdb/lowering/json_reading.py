"""JSON text as values: `from_json`.

Plain JSON is read by DuckDB. A kernel makes other text plain, and tells whether everything in it has the right type
where that is asked for: by the mode FAILFAST, or by a column for corrupt records.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ingot.analysis.json_text import grammar_of
from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering import pattern_reader
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.casts import Converter, Mode
from ingot.engines.duckdb.lowering.json import WRITTEN_OTHERWISE
from ingot.engines.duckdb.lowering.options import options_of, time_patterns
from ingot.engines.duckdb.lowering.scope import as_timestamp, fail
from ingot.engines.duckdb.plain_json import has_comma_at_end, is_plain
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.types import STRING, ArrayType, DataType, DecimalType, MapType, StructType, holds

_OPTIONS = (
    "timestampformat", "timestampntzformat", "dateformat", "mode", "columnnameofcorruptrecord", "allowcomments",
    "allowunquotedfieldnames", "allowsinglequotes", "allownumericleadingzeros", "allownonnumericnumbers",
    "allowbackslashescapinganycharacter", "allowunquotedcontrolchars",
)  # fmt: skip
# They tell how a schema is inferred, or how a file is cut into records.
_WITHOUT_EFFECT = (
    "primitivesasstring", "prefersdecimal", "dropfieldifallnull", "locale", "encoding", "charset", "linesep", "multiline",
    "samplingratio", "inferschema", "infertimestamp", "preferdate", "ignorenullfields",
)  # fmt: skip
_DOUBLE_DIGITS = 15  # that a double holds, whatever they are
_TIMES = ("date", "timestamp", "timestamp_ntz")


@dataclass
class Reader:
    """How one call reads."""

    call: Call
    flags: str
    corrupt_name: str
    fails_fast: bool = False
    patterns: dict[str, str] = field(default_factory=dict)


def _from_json(call: Call) -> str:
    options = options_of(call, 2, _OPTIONS, _WITHOUT_EFFECT)
    mode = options.get("mode", "PERMISSIVE").upper()
    if mode == "DROPMALFORMED":
        raise call.refuse("from_json has no mode DROPMALFORMED", "use PERMISSIVE or FAILFAST")
    reader = Reader(
        call,
        ",".join(sorted(grammar_of(options).liberties)),
        options.get("columnnameofcorruptrecord", "_corrupt_record"),
        mode == "FAILFAST",
        time_patterns(options),
    )
    target = call.type
    if target.name == "variant":
        return _variant(call.sql[0], reader)
    if not isinstance(target, (StructType, ArrayType, MapType)):
        raise call.refuse(f"from_json to {target.ddl} is not supported", "name a struct, an array or a map")
    return call.scope.let(call.sql[0], lambda text: _record(text, target, reader))


def _variant(sql: str, reader: Reader) -> str:
    if reader.fails_fast:
        return f"{PREFIX}parse_json({sql})"
    return f"{PREFIX}try_parse_json({sql})"


def _plain(text: str, reader: Reader) -> str:
    """Plain JSON with every field once; NULL for what is no JSON."""
    flags = quote_text(reader.flags)
    twice = f"json_type({text}) = 'OBJECT' AND len(json_keys({text})) > list_unique(json_keys({text}))"
    is_long = f"regexp_matches({text}, '[:\\[,]\\s*-?[0-9]{{20}}')"  # which DuckDB takes for a double
    is_read = f"{is_plain(text)} AND NOT ({twice}) AND NOT {is_long}"
    return f"CASE WHEN {is_read} THEN {text} ELSE {PREFIX}json_strict({text}, {flags}) END"


def _record(text: str, target: StructType | ArrayType | MapType, reader: Reader) -> str:
    scope = reader.call.scope
    nothing = f"CAST(NULL AS {duckdb_type(target)})"
    kind = "ARRAY" if isinstance(target, ArrayType) else "OBJECT"

    def body(plain: str) -> str:
        value = _read_root(plain, text, target, reader)
        other = nothing
        if isinstance(target, StructType):
            other = _empty(target, text, reader)
        found = f"CASE WHEN json_type({plain}) = '{kind}' THEN {value} ELSE {other} END"
        if isinstance(target, ArrayType) and isinstance(target.element, StructType):  # one object is an array of one
            single = _read(f"CAST({plain} AS JSON)", target.element, reader)
            found = f"CASE WHEN json_type({plain}) = 'OBJECT' THEN [{single}] ELSE {found} END"
        if reader.fails_fast:
            wrong = fail(
                "MALFORMED_RECORD_IN_PARSING: a record does not have the schema of from_json; use the mode PERMISSIVE",
                target,
            )
            found = f"CASE WHEN {_fits(plain, text, target, reader)} THEN {found} ELSE {wrong} END"
        return f"CASE WHEN {text} IS NULL OR trim({text}) = '' THEN {nothing} ELSE {found} END"

    exact = scope.let(_plain(text, reader), body)
    if isinstance(target, StructType) and _has_fast_way(target, reader):
        return _fast(text, target, exact, reader)
    return exact


def _has_fast_way(target: StructType, reader: Reader) -> bool:
    if reader.fails_fast or target.find(reader.corrupt_name) is not None:
        return False
    simple = all(re.fullmatch(r"[\w .:-]+", f.name) for f in target)
    return simple and not any(
        isinstance(f.type, (StructType, ArrayType, MapType)) or f.type.name == "variant" for f in target
    )


def _fast(text: str, target: StructType, exact: str, reader: Reader) -> str:
    """One pass over an object whose fields occur once; everything else is read exactly.

    A name that occurs twice, an escape (which a name may hold), and what may be a number that JSON does not have are
    looked for in the text: looking is cheap, and to find too much costs time only.
    """
    structure = json.dumps({f.name: "JSON" for f in target}, ensure_ascii=False)
    twice = (quote_text(f"%{name}%{name}%") for name in (f'"{f.name}"' for f in target))
    doubts = [f"{text} LIKE {pattern}" for pattern in twice]
    doubts += [
        f"contains({text}, '\\u')",
        f"contains(lower({text}), 'nan')",
        f"contains(lower({text}), 'inf')",
        has_comma_at_end(text),
    ]

    def body(found: str) -> str:
        fields = [
            f"{quote_name(f.name)} := {_read(f'struct_extract({found}, {quote_text(f.name)})', f.type, reader)}"
            for f in target
        ]
        return f"CASE WHEN {found} IS NOT NULL THEN struct_pack({', '.join(fields)}) ELSE {exact} END"

    plain = f"CASE WHEN {text} LIKE '{{%' AND NOT ({' OR '.join(doubts)}) THEN {text} END"
    return reader.call.scope.let(f"TRY(json_transform({plain}, {quote_text(structure)}))", body)


def _read_root(plain: str, text: str, target: DataType, reader: Reader) -> str:
    corrupt = target.find(reader.corrupt_name) if isinstance(target, StructType) else None
    if corrupt is None or not isinstance(target, StructType):
        return _read(f"CAST({plain} AS JSON)", target, reader)
    if corrupt.type != STRING:
        raise reader.call.refuse(f"the column {corrupt.name!r} for corrupt records must be a string")
    others = StructType(fields=tuple(f for f in target if f is not corrupt))
    if not others.fields:
        raise reader.call.refuse("from_json needs a field besides that for corrupt records")

    def body(row: str) -> str:
        fits = _fits(plain, text, others, reader)
        fields = [
            f"{quote_name(f.name)} := "
            + (
                f"CASE WHEN {fits} THEN CAST(NULL AS VARCHAR) ELSE {text} END"
                if f is corrupt
                else f"struct_extract({row}, {quote_text(f.name)})"
            )
            for f in target
        ]
        return f"struct_pack({', '.join(fields)})"

    return reader.call.scope.let(_read(f"CAST({plain} AS JSON)", others, reader), body)


def _fits(plain: str, text: str, target: DataType, reader: Reader) -> str:
    """Whether every value has the type that is asked for."""
    checks = [f"{PREFIX}json_fits({text}, {quote_text(target.ddl)}, {quote_text(reader.flags)})"]
    for item in target if isinstance(target, StructType) else ():
        if item.type.name in _TIMES:
            value = f"json_extract({plain}, {quote_text(_path(item.name, reader))})"
            read = _read(value, item.type, reader)
            checks.append(f"(coalesce(json_type({value}), 'NULL') = 'NULL' OR {read} IS NOT NULL)")
        elif holds(item.type, lambda t: t.name in _TIMES):
            raise reader.call.refuse(
                "from_json does not tell corrupt records of nested dates and timestamps",
                "read them as strings, and cast",
            )
    return f"({' AND '.join(checks)})"


def _empty(target: StructType, text: str, reader: Reader) -> str:
    """A struct of NULLs, but for the record that is corrupt."""
    fields = [
        f"{quote_name(f.name)} := "
        + (
            text
            if f.name.lower() == reader.corrupt_name.lower() and f.type == STRING
            else f"CAST(NULL AS {duckdb_type(f.type)})"
        )
        for f in target
    ]
    return f"struct_pack({', '.join(fields)})"


def _path(name: str, reader: Reader) -> str:
    if '"' in name:
        raise reader.call.refuse(f"from_json with the field {name!r} is not supported")
    return f'$."{name}"'


def _read(json_sql: str, target: DataType, reader: Reader) -> str:
    """One JSON value as a Spark value; NULL where it has another form."""
    match target:
        case StructType():
            return reader.call.scope.let(json_sql, lambda j: _read_struct(j, target, reader))
        case ArrayType():
            return reader.call.scope.let(json_sql, lambda j: _read_array(j, target, reader))
        case MapType():
            return reader.call.scope.let(json_sql, lambda j: _read_map(j, target, reader))
    return reader.call.scope.let(json_sql, lambda j: _read_scalar(j, target, reader))


def _read_struct(j: str, target: StructType, reader: Reader) -> str:
    fields = []
    for item in target:
        path = quote_text(_path(item.name, reader))
        fields.append(f"{quote_name(item.name)} := {_read(f'json_extract({j}, {path})', item.type, reader)}")
    return f"CASE WHEN json_type({j}) = 'OBJECT' THEN struct_pack({', '.join(fields)}) END"


def _read_array(j: str, target: ArrayType, reader: Reader) -> str:
    """The items, or NULL when one of them has another form."""
    item, value = reader.call.scope.variable(), reader.call.scope.variable()
    given = f"CAST({j} AS JSON[])"
    values = f"list_transform({given}, lambda {item}: {_read(item, target.element, reader)})"

    def body(read: str) -> str:
        there = f"len(list_filter({given}, lambda {item}: coalesce(json_type({item}), 'NULL') <> 'NULL'))"
        fits = f"len(list_filter({read}, lambda {value}: {value} IS NOT NULL)) = {there}"
        return f"CASE WHEN json_type({j}) = 'ARRAY' AND {fits} THEN {read} END"

    return reader.call.scope.let(f"CASE WHEN json_type({j}) = 'ARRAY' THEN {values} END", body)


def _read_map(j: str, target: MapType, reader: Reader) -> str:
    if target.key.name != "string":
        raise reader.call.refuse(f"from_json to {target.ddl} is not supported", "use a map with string keys")
    entry = reader.call.scope.variable()
    value = _read(f"{entry}.value", target.value, reader)
    entries = f"map_entries(CAST({j} AS MAP(VARCHAR, JSON)))"
    made = f"list_transform({entries}, lambda {entry}: {{'key': {entry}.key, 'value': {value}}})"
    is_there = f"coalesce(json_type({entry}.value), 'NULL') <> 'NULL'"

    def body(read: str) -> str:
        there = f"len(list_filter({entries}, lambda {entry}: {is_there}))"
        fits = f"len(list_filter({read}, lambda {entry}: {entry}.value IS NOT NULL)) = {there}"
        return f"CASE WHEN json_type({j}) = 'OBJECT' AND {fits} THEN map_from_entries({read}) END"

    return reader.call.scope.let(f"CASE WHEN json_type({j}) = 'OBJECT' THEN {made} END", body)


def _read_scalar(j: str, target: DataType, reader: Reader) -> str:
    text = f"json_extract_string({j}, '$')"
    kind = f"json_type({j})"
    sql = duckdb_type(target)
    match target.name:
        case "string":
            slow = f"{PREFIX}get_json_object(CAST({j} AS VARCHAR), '$')"
            is_other = f"regexp_matches({text}, {quote_text(WRITTEN_OTHERWISE)})"
            return f"CASE WHEN {kind} IN ('DOUBLE', 'OBJECT', 'ARRAY') AND {is_other} THEN {slow} ELSE {text} END"
        case "variant":
            return f"{PREFIX}try_parse_json(CAST({j} AS VARCHAR))"
        case "binary":
            return f"CASE WHEN {kind} = 'VARCHAR' THEN TRY(from_base64({text})) END"
        case "tinyint" | "smallint" | "int" | "bigint":
            return f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT', 'HUGEINT') THEN TRY_CAST({text} AS {sql}) END"
        case "double" | "float":
            number = f"{kind} IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT') OR ({kind} = 'VARCHAR' AND {text} IN ('NaN', 'Infinity', '-Infinity', '+Infinity', '-INF', '+INF')) OR regexp_full_match({text}, '-?[0-9]{{20,}}')"
            return f"CASE WHEN {number} THEN TRY_CAST({text} AS {sql}) END"
        case "decimal":
            assert isinstance(target, DecimalType)
            if target.precision > _DOUBLE_DIGITS:  # DuckDB's JSON holds fractions as doubles
                limit = f"1e{_DOUBLE_DIGITS - target.scale}"
                wide = fail(
                    f"UNSUPPORTED_JSON_NUMBER: a fraction of more than {_DOUBLE_DIGITS} digits in JSON; "
                    "read the field as a string, and cast",
                    target,
                )
                return f"CASE WHEN {kind} = 'DOUBLE' AND abs(TRY_CAST({text} AS DOUBLE)) >= {limit} THEN {wide} WHEN {kind} IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT', 'VARCHAR') THEN TRY_CAST(replace({text}, ',', '') AS {sql}) END"
            return f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT', 'VARCHAR') THEN TRY_CAST(replace({text}, ',', '') AS {sql}) END"
        case "boolean":
            return f"CASE WHEN {kind} = 'BOOLEAN' THEN CAST({text} AS BOOLEAN) END"
        case "date" | "timestamp" | "timestamp_ntz":
            return _read_time(text, kind, target, reader)
    raise reader.call.refuse(f"from_json to {target.ddl} is not supported")


def _read_time(text: str, kind: str, target: DataType, reader: Reader) -> str:
    pattern = reader.patterns.get(target.name)
    if pattern is None:
        converted = Converter(reader.call.scope, Mode.TRY, reader.call.node).convert(text, STRING, target)
    else:
        converted = pattern_reader.read(text, pattern, reader.call, safely=True)
        if target.name == "date":
            converted = f"CAST({converted} AS DATE)"
        else:
            converted = as_timestamp(converted, target, reader.call.scope)
    seconds = ""
    if target.name == "timestamp":
        seconds = f"WHEN {kind} IN ('UBIGINT', 'BIGINT') THEN make_timestamptz(TRY_CAST({text} AS BIGINT) * 1000000) "
    return f"CASE WHEN {kind} = 'VARCHAR' THEN {converted} {seconds}END"


LOWERINGS: dict[str, Lowering] = {"from_json": _from_json}
