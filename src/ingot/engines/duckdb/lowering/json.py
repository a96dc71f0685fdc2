"""JSON text: paths into it, to and from structs."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.casts import Converter, Mode
from ingot.engines.duckdb.lowering.scope import Scope, naive, refuse
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.types import ArrayType, DataType, DecimalType, MapType, StructType

_STEP = re.compile(r"\.(?:([^.\[\]'\"*]+))|\[(\d+)\]|\['([^']*)'\]")


def path_of(text: str, node: exp.Expr) -> str:
    """A path of Spark as DuckDB's, with quoted names.

    Raises:
        UnsupportedError: for wildcards.
    """
    if not text.startswith("$"):
        raise refuse(node, f"the JSON path {text!r} does not begin with '$'")
    at, result = 1, "$"
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise refuse(node, f"the JSON path {text!r} is not supported", "name fields and positions: $.a.b[0]")
        if step[2] is not None:
            result += f"[{step[2]}]"
        else:
            name = step[1] if step[1] is not None else step[3]
            if '"' in name:
                raise refuse(node, f"the JSON path {text!r} is not supported")
            result += f'."{name}"'
        at = step.end()
    return result


def extracted(json_sql: str, path: str, scope: Scope) -> str:
    """The value at a path: text bare, everything else as JSON; NULL for null, for nothing and for broken JSON."""
    if path == "$":
        return scope.let(json_sql, lambda j: f"CASE WHEN json_valid({j}) THEN json_extract_string({j}, '$') END")
    return scope.let(
        json_sql, lambda j: f"CASE WHEN json_valid({j}) THEN json_extract_string({j}, {quote_text(path)}) END"
    )


def _get_json_object(call: Call) -> str:
    return extracted(call.sql[0], path_of(call.text(1), call.node), call.scope)


def lower_colon_path(node: exp.Expr, scope: Scope) -> str:
    """`text:a.b[0]`, `variant:a.b[0]`."""
    if type_of(node.this).name == "variant":
        from ingot.engines.duckdb.lowering.variants import lower_path

        return lower_path(node, scope)
    path = "$"
    for part in node.expression.expressions:
        match part:
            case exp.JSONPathRoot():
                continue
            case exp.JSONPathKey() if isinstance(part.this, str):
                path += f'."{part.this}"'
            case exp.JSONPathSubscript() if isinstance(part.this, (int, str)):
                path += f"[{part.this}]" if isinstance(part.this, int) else f'."{part.this}"'
            case _:
                raise refuse(node, "this path into JSON is not supported", "name fields and positions: text:a.b[0]")
    return extracted(scope.lower(node.this), path, scope)


def _array_length(call: Call) -> str:
    return call.scope.let(
        call.sql[0],
        lambda j: (
            f"CASE WHEN json_valid({j}) AND json_type({j}) = 'ARRAY' THEN CAST(json_array_length({j}) AS INTEGER) END"
        ),
    )


def _object_keys(call: Call) -> str:
    return call.scope.let(
        call.sql[0], lambda j: f"CASE WHEN json_valid({j}) AND json_type({j}) = 'OBJECT' THEN json_keys({j}) END"
    )


# --- writing ----------------------------------------------------------------------------------------------------------


def _to_json(call: Call) -> str:
    if len(call) > 1:
        raise call.refuse("to_json with options is not supported")
    return _written(call.sql[0], call.types[0], call)


def _written(sql: str, data_type: DataType, call: Call) -> str:
    """The JSON text of a value; NULL for NULL, so that a struct can leave its field out."""
    match data_type:
        case StructType():
            return call.scope.let(sql, lambda s: _written_struct(s, data_type, call))
        case ArrayType():
            item = call.scope.variable()
            shown = f"coalesce({_written(item, data_type.element, call)}, 'null')"
            return f"('[' || array_to_string(list_transform({sql}, lambda {item}: {shown}), ',') || ']')"
        case MapType():
            item = call.scope.variable()
            key = f"to_json({Converter(call.scope, Mode.ANSI, call.node).to_string(f'{item}.key', data_type.key)})"
            value = f"coalesce({_written(f'{item}.value', data_type.value, call)}, 'null')"
            entry = f"CAST({key} AS VARCHAR) || ':' || {value}"
            return f"('{{' || array_to_string(list_transform(map_entries({sql}), lambda {item}: {entry}), ',') || '}}')"
        case DecimalType():
            return Converter(call.scope, Mode.ANSI, call.node).to_string(sql, data_type)
    match data_type.name:
        case "string":
            return f"CAST(to_json({sql}) AS VARCHAR)"
        case "float" | "double":
            return call.scope.let(
                sql,
                lambda x: (
                    f"CASE WHEN isfinite({x}) THEN ingot_float_text({x}) ELSE '\"' || ingot_float_text({x}) || '\"' END"
                ),
            )
        case "date":
            return f"('\"' || CAST({sql} AS VARCHAR) || '\"')"
        case "timestamp":
            if not call.scope.zone.is_utc:
                raise call.refuse(f"to_json of timestamps is not supported in the time zone {call.scope.zone.name!r}")
            return f"('\"' || strftime({naive(sql, call.scope)}, '%Y-%m-%dT%H:%M:%S.%gZ') || '\"')"
        case "timestamp_ntz":
            return f"('\"' || strftime({sql}, '%Y-%m-%dT%H:%M:%S.%g') || '\"')"
        case "variant":
            return f"{PREFIX}variant_text({sql})"
        case "binary":
            return f"('\"' || to_base64({sql}) || '\"')"
        case "boolean" | "tinyint" | "smallint" | "int" | "bigint":
            return f"CAST({sql} AS VARCHAR)"
    raise call.refuse(f"to_json of {data_type.ddl} is not supported")


def _written_struct(struct: str, data_type: StructType, call: Call) -> str:
    fields = []
    for item in data_type:
        value = _written(f"struct_extract({struct}, {quote_text(item.name)})", item.type, call)
        name = quote_text(_json_text(item.name) + ":")
        fields.append(f"({name} || {value})")
    joined = f"array_to_string(list_filter([{', '.join(fields)}], lambda ingot_x: ingot_x IS NOT NULL), ',')"
    return f"CASE WHEN {struct} IS NOT NULL THEN '{{' || {joined} || '}}' END"


def _json_text(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


# --- reading ----------------------------------------------------------------------------------------------------------


def _from_json(call: Call) -> str:
    if len(call) > 2:
        raise call.refuse("from_json with options is not supported")
    target = call.type

    def body(text: str) -> str:
        if isinstance(target, StructType):
            value = _read(f"CAST({text} AS JSON)", target, call)
            nulls = f"CAST(NULL AS {duckdb_type(target)})"
            empty = (
                "struct_pack("
                + ", ".join(f"{quote_name(f.name)} := CAST(NULL AS {duckdb_type(f.type)})" for f in target)
                + ")"
            )
            return f"CASE WHEN {text} IS NULL OR trim({text}) = '' THEN {nulls} WHEN json_valid({text}) AND json_type({text}) = 'OBJECT' THEN {value} ELSE {empty} END"
        kind = "ARRAY" if isinstance(target, ArrayType) else "OBJECT"
        value = _read(f"CAST({text} AS JSON)", target, call)
        return f"CASE WHEN json_valid({text}) AND json_type({text}) = '{kind}' THEN {value} END"

    if not isinstance(target, (StructType, ArrayType, MapType)):
        raise call.refuse(f"from_json to {target.ddl} is not supported", "name a struct, an array or a map")
    return call.scope.let(call.sql[0], body)


def _read(json_sql: str, target: DataType, call: Call) -> str:
    """One JSON value as a Spark value; NULL where it has another form."""
    match target:
        case StructType():
            return call.scope.let(json_sql, lambda j: _read_struct(j, target, call))
        case ArrayType():
            item = call.scope.variable()
            return call.scope.let(
                json_sql,
                lambda j: (
                    f"CASE WHEN json_type({j}) = 'ARRAY' THEN list_transform(CAST({j} AS JSON[]), lambda {item}: {_read(item, target.element, call)}) END"
                ),
            )
        case MapType():
            return call.scope.let(json_sql, lambda j: _read_map(j, target, call))
    return call.scope.let(json_sql, lambda j: _read_scalar(j, target, call))


def _read_struct(j: str, target: StructType, call: Call) -> str:
    fields = []
    for item in target:
        if '"' in item.name:
            raise call.refuse(f"from_json with the field {item.name!r} is not supported")
        path = quote_text(f'$."{item.name}"')
        fields.append(f"{quote_name(item.name)} := {_read(f'json_extract({j}, {path})', item.type, call)}")
    return f"CASE WHEN json_type({j}) = 'OBJECT' THEN struct_pack({', '.join(fields)}) END"


def _read_map(j: str, target: MapType, call: Call) -> str:
    if target.key.name != "string":
        raise call.refuse(f"from_json to {target.ddl} is not supported", "use a map with string keys")
    entry = call.scope.variable()
    value = _read(f"{entry}.value", target.value, call)
    entries = f"map_entries(CAST({j} AS MAP(VARCHAR, JSON)))"
    made = f"list_transform({entries}, lambda {entry}: {{'key': {entry}.key, 'value': {value}}})"
    return f"CASE WHEN json_type({j}) = 'OBJECT' THEN map_from_entries({made}) END"


def _read_scalar(j: str, target: DataType, call: Call) -> str:
    text = f"json_extract_string({j}, '$')"
    kind = f"json_type({j})"
    sql = duckdb_type(target)
    match target.name:
        case "string":
            return text
        case "tinyint" | "smallint" | "int" | "bigint":
            return f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT', 'HUGEINT') THEN TRY_CAST({text} AS {sql}) END"
        case "double" | "float":
            number = f"{kind} IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT') OR ({kind} = 'VARCHAR' AND {text} IN ('NaN', 'Infinity', '-Infinity', '+Infinity', 'INF', '-INF', '+INF'))"
            return f"CASE WHEN {number} THEN TRY_CAST({text} AS {sql}) END"
        case "decimal":
            return f"CASE WHEN {kind} IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT', 'VARCHAR') THEN TRY_CAST(replace({text}, ',', '') AS {sql}) END"
        case "boolean":
            return f"CASE WHEN {kind} = 'BOOLEAN' THEN CAST({text} AS BOOLEAN) END"
        case "date" | "timestamp" | "timestamp_ntz":
            from ingot.types import STRING

            converted = Converter(call.scope, Mode.TRY, call.node).convert(text, STRING, target)
            return f"CASE WHEN {kind} = 'VARCHAR' THEN {converted} END"
    raise call.refuse(f"from_json to {target.ddl} is not supported")


def _schema_of_json(call: Call) -> str:
    raise call.refuse("schema_of_json is not supported", "write the schema down")


LOWERINGS: dict[str, Lowering] = {
    "get_json_object": _get_json_object,
    "json_array_length": _array_length,
    "json_object_keys": _object_keys,
    "to_json": _to_json,
    "from_json": _from_json,
    "schema_of_json": _schema_of_json,
}
