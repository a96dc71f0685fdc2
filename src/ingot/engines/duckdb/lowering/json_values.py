"""JSON values as Spark values, type by type.

Values are JSON as DuckDB writes it: without blanks, numbers as they were written where a double does not hold them,
and SQL's NULL for null. They come as text, for a CASE over JSON and text would be JSON. An object is taken apart in one
pass. Never looks at a whole record, and knows no mode.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering import pattern_reader
from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.lowering.casts import Converter, Mode
from ingot.engines.duckdb.lowering.json import WRITTEN_OTHERWISE
from ingot.engines.duckdb.lowering.scope import as_timestamp, fail
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.types import STRING, ArrayType, DataType, DecimalType, MapType, StructType

_DOUBLE_DIGITS = 15  # that a double holds, whatever they are
_WORDS = "('NaN', 'Infinity', '-Infinity', '+Infinity', '-INF', '+INF')"
_JAVA_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_USUAL_NAME = re.compile(r"[\w .:-]+")


@dataclass
class Reader:
    """How one call reads."""

    call: Call
    flags: str
    corrupt_name: str
    fails_fast: bool = False
    patterns: dict[str, str] = field(default_factory=dict)


def read(json_sql: str, target: DataType, reader: Reader) -> str:
    """One JSON value as a Spark value; NULL where it has another form.

    Args:
        json_sql: A variable, or a part of one: it is written several times, for a variable of its own would cost more.
    """
    match target:
        case StructType():
            return reader.call.scope.let(json_sql, lambda j: _struct(j, target, reader))
        case ArrayType():
            items = f"CASE WHEN starts_with({json_sql}, '[') THEN json_transform({json_sql}, '[\"JSON\"]') END"
            return _items(items, target, reader)
        case MapType():
            return reader.call.scope.let(json_sql, lambda j: _map(j, target, reader))
    return _scalar(json_sql, target, reader)


def strict(text: str, target: DataType, reader: Reader) -> str:
    """A text as plain JSON with every field of a struct once; NULL for what is no JSON."""
    return f"{PREFIX}json_strict({text}, {quote_text(target.ddl)}, {quote_text(reader.flags)})"


def path(name: str, reader: Reader) -> str:
    """The path of DuckDB to a field."""
    if '"' in name:
        raise reader.call.refuse(f"from_json with the field {name!r} is not supported")
    return f'$."{name}"'


def value_at(json_sql: str, name: str, reader: Reader) -> str:
    """The JSON of a field; NULL where it is null or is not there."""
    return f"nullif(CAST(json_extract({json_sql}, {quote_text(path(name, reader))}) AS VARCHAR), 'null')"


def _struct(j: str, target: StructType, reader: Reader) -> str:
    once = _with_names_once(j, target, reader)
    names = [f.name for f in target]
    if all(map(_USUAL_NAME.fullmatch, names)) and len({name.lower() for name in names}) == len(names):
        forms = {f.name: ["JSON"] if isinstance(f.type, ArrayType) else "JSON" for f in target}
        found = f"json_transform({once}, {quote_text(json.dumps(forms, ensure_ascii=False))})"
        made = reader.call.scope.let(found, lambda row: _pack(row, target, reader))
    else:
        made = reader.call.scope.let(once, lambda row: _pack_by_paths(row, target, reader))
    return f"CASE WHEN starts_with({j}, '{{') THEN {made} END"


def _pack(row: str, target: StructType, reader: Reader) -> str:
    fields = []
    for item in target:
        value = f"struct_extract({row}, {quote_text(item.name)})"
        if isinstance(item.type, ArrayType):
            made = _items(value, item.type, reader)
        else:
            made = read(f"CAST({value} AS VARCHAR)", item.type, reader)
        fields.append(f"{quote_name(item.name)} := {made}")
    return f"struct_pack({', '.join(fields)})"


def _pack_by_paths(row: str, target: StructType, reader: Reader) -> str:
    fields = (f"{quote_name(f.name)} := {read(value_at(row, f.name, reader), f.type, reader)}" for f in target)
    return f"struct_pack({', '.join(fields)})"


def _with_names_once(j: str, target: StructType, reader: Reader) -> str:
    """An object with one of several fields of one name: Spark reads the last that fits, DuckDB the first.

    A name that may be there twice, as such or within an escape, is looked for in the text: that is cheap, and what is
    found without need costs time only.
    """
    names = [json.dumps(f.name, ensure_ascii=False) for f in target]
    doubts = [f"{j} LIKE {quote_text(f'%{_in_pattern(name)}%{_in_pattern(name)}%')}" for name in names]
    escape = "\\u" if all(_USUAL_NAME.fullmatch(f.name) for f in target) else "\\"
    doubts.append(f"contains({j}, '{escape}')")
    twice = f"len(json_keys({j})) > len(list_distinct(json_keys({j})))"
    once = f"CASE WHEN {twice} THEN {strict(j, target, reader)} ELSE {j} END"
    return f"CASE WHEN {' OR '.join(doubts)} THEN {once} ELSE {j} END"


def _in_pattern(name: str) -> str:
    """What is like the name, and like some others: a backslash would escape."""
    return re.sub(r"[\\%]", "_", name)


def _items(items: str, target: ArrayType, reader: Reader) -> str:
    """A list of JSON values, or NULL when one of them has another form."""
    item = reader.call.scope.variable()

    def body(given: str) -> str:
        value = read(f"CAST({item} AS VARCHAR)", target.element, reader)
        values = f"list_transform({given}, lambda {item}: {value})"
        if target.element == STRING:
            return values
        return reader.call.scope.let(
            values, lambda found: f"CASE WHEN list_count({found}) = list_count({given}) THEN {found} END"
        )

    return reader.call.scope.let(items, body)


def _map(j: str, target: MapType, reader: Reader) -> str:
    if target.key.name != "string":
        raise reader.call.refuse(f"from_json to {target.ddl} is not supported", "use a map with string keys")
    entry = reader.call.scope.variable()
    item = f"nullif(CAST({entry}[2] AS VARCHAR), 'null')"
    value = read(item, target.value, reader)
    entries = f"list_zip(json_keys({j}), json_extract({j}, '$.*'))"
    made = f"list_transform({entries}, lambda {entry}: {{'key': {entry}[1], 'value': {value}}})"

    def body(found: str) -> str:
        there = f"len(list_filter({entries}, lambda {entry}: {item} IS NOT NULL))"
        fits = f"len(list_filter({found}, lambda {entry}: {entry}.value IS NOT NULL)) = {there}"
        return f"CASE WHEN starts_with({j}, '{{') AND {fits} THEN {_with_keys_once(found, reader)} END"

    return reader.call.scope.let(f"CASE WHEN starts_with({j}, '{{') THEN {made} END", body)


def _with_keys_once(entries: str, reader: Reader) -> str:
    """A map of entries, of a repeated key the first: Spark keeps all of them, which DuckDB cannot, and finds that."""
    entry, position = reader.call.scope.variable(), reader.call.scope.variable()
    keys = f"list_transform({entries}, lambda {entry}: {entry}.key)"

    def body(names: str) -> str:
        is_first = f"list_position({names}, {entry}.key) = {position}"
        once = f"list_filter({entries}, lambda {entry}, {position}: {is_first})"
        return f"map_from_entries(CASE WHEN list_unique({names}) < len({names}) THEN {once} ELSE {entries} END)"

    return reader.call.scope.let(keys, body)


def _scalar(j: str, target: DataType, reader: Reader) -> str:
    is_text, text = f"starts_with({j}, '\"')", _bare(j)
    sql = duckdb_type(target)
    match target.name:
        case "string":
            slow = f"{PREFIX}get_json_object({j}, '$')"
            other = f"CASE WHEN regexp_matches({j}, {quote_text(WRITTEN_OTHERWISE)}) THEN {slow} ELSE {j} END"
            return f"CASE WHEN {is_text} THEN {text} ELSE {other} END"
        case "variant":
            return f"{PREFIX}try_parse_json({j})"
        case "binary":
            return f"CASE WHEN {is_text} THEN TRY(from_base64({text})) END"
        case "tinyint" | "smallint" | "int" | "bigint":
            return f"CASE WHEN NOT contains({j}, '.') AND NOT contains({j}, 'e') THEN TRY_CAST({j} AS {sql}) END"
        case "double" | "float":
            word = f"CASE WHEN {text} IN {_WORDS} THEN TRY_CAST({text} AS {sql}) END"
            return f"CASE WHEN {is_text} THEN {word} ELSE TRY_CAST({j} AS {sql}) END"
        case "decimal":
            assert isinstance(target, DecimalType)
            return _decimal(j, target, reader)
        case "boolean":
            return f"CASE WHEN {j} = 'true' THEN TRUE WHEN {j} = 'false' THEN FALSE END"
        case "date" | "timestamp" | "timestamp_ntz":
            return _time(j, target, reader)
    raise reader.call.refuse(f"from_json to {target.ddl} is not supported")


def _bare(j: str) -> str:
    """The text that a JSON string stands for."""
    return (
        f"CASE WHEN contains({j}, '\\') THEN json_extract_string({j}, '$') ELSE substring({j}, 2, length({j}) - 2) END"
    )


def _decimal(j: str, target: DecimalType, reader: Reader) -> str:
    sql = duckdb_type(target)

    def body(text: str) -> str:
        is_number = f"regexp_full_match({text}, {quote_text(_JAVA_NUMBER)})"
        return f"CASE WHEN {is_number} THEN TRY_CAST(ingot_without_exponent(lower({text})) AS {sql}) END"

    from_text = reader.call.scope.let(f"replace({_bare(j)}, ',', '')", body)
    too_long = ""
    if target.precision > _DOUBLE_DIGITS:  # DuckDB's JSON holds fractions as doubles
        wide = fail(
            f"UNSUPPORTED_JSON_NUMBER: a fraction of more than {_DOUBLE_DIGITS} digits in JSON; "
            "read the field as a string, and cast",
            target,
        )
        is_fraction = f"(contains({j}, '.') OR contains({j}, 'e'))"
        limit = f"1e{_DOUBLE_DIGITS - target.scale}"
        too_long = f"WHEN {is_fraction} AND abs(TRY_CAST({j} AS DOUBLE)) >= {limit} THEN {wide} "
    return f"CASE WHEN starts_with({j}, '\"') THEN {from_text} {too_long}ELSE TRY_CAST({j} AS {sql}) END"


def _time(j: str, target: DataType, reader: Reader) -> str:
    seconds = ""
    if target.name == "timestamp":
        is_whole = f"regexp_full_match({j}, '-?[0-9]{{1,19}}')"
        seconds = f"WHEN {is_whole} THEN make_timestamptz(TRY_CAST({j} AS BIGINT) * 1000000) "
    converted = reader.call.scope.let(_bare(j), lambda text: _time_in(text, target, reader))
    return f"CASE WHEN starts_with({j}, '\"') THEN {converted} {seconds}END"


def _time_in(text: str, target: DataType, reader: Reader) -> str:
    pattern = reader.patterns.get(target.name)
    if pattern is None:
        found = Converter(reader.call.scope, Mode.TRY, reader.call.node).convert(text, STRING, target)
        if target.name == "date":  # what is a day's number is no day of a year of four digits
            day = f"DATE '1970-01-01' + TRY_CAST({text} AS INTEGER)"
            return f"coalesce({found}, CASE WHEN regexp_full_match({text}, '[+-]?[0-9]{{1,6}}') THEN {day} END)"
        if target.name == "timestamp_ntz":  # a cast leaves a zone out, this reader takes none
            return f"CASE WHEN ingot_zone_text({text}) = '' THEN {found} END"
        return found
    found = pattern_reader.read(text, pattern, reader.call, safely=True)
    return f"CAST({found} AS DATE)" if target.name == "date" else as_timestamp(found, target, reader.call.scope)
