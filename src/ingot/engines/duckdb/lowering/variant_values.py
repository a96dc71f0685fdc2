"""Casts to VARIANT and from it. The engine holds one as text; `kernels.variants` tells which.

A variant of null is the text `null`; SQL's NULL is NULL.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from typing import Protocol

from sqlglot import exp

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.scope import Scope, fail, refuse
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.types import STRING, ArrayType, DataType, DecimalType, MapType, StructType

_TAG = "\\u0001"


class Converter(Protocol):
    """The cast that one to or from a variant is a part of; it converts what a variant holds as text."""

    scope: Scope
    node: exp.Expr
    is_safe: bool

    def safely(self) -> Converter:
        """One that gives NULL for what does not fit."""
        ...

    def convert(self, sql: str, source: DataType, target: DataType) -> str:
        """`sql`, of Spark's type `source`, as `target`."""
        ...


# --- to a variant -----------------------------------------------------------------------------------------------------


def from_value(converter: Converter, sql: str, source: DataType) -> str:
    """A value as a variant; NULL for NULL."""
    match source:
        case ArrayType():
            item = converter.scope.variable()
            shown = f"coalesce({from_value(converter, item, source.element)}, 'null')"
            return f"('[' || array_to_string(list_transform({sql}, lambda {item}: {shown}), ',') || ']')"
        case MapType():
            entry = converter.scope.variable()
            name = f"CASE WHEN starts_with({entry}.key, chr(1)) THEN chr(1) || {entry}.key ELSE {entry}.key END"
            value = f"coalesce({from_value(converter, f'{entry}.value', source.value)}, 'null')"
            shown = f"CAST(to_json({name}) AS VARCHAR) || ':' || {value}"
            return (
                f"('{{' || array_to_string(list_transform(map_entries({sql}), lambda {entry}: {shown}), ',') || '}}')"
            )
        case StructType():
            return converter.scope.let(sql, lambda s: _from_struct(converter, s, source))
        case DecimalType():
            return f"CAST({sql} AS VARCHAR)" + ("" if source.scale else " || '.0'")
    match source.name:
        case "variant":
            return sql
        case "void":
            return f"CAST({sql} AS VARCHAR)"
        case "boolean" | "tinyint" | "smallint" | "int" | "bigint":
            return f"CAST({sql} AS VARCHAR)"
        case "string":
            return f"CAST(to_json({sql}) AS VARCHAR)"
        case "double":
            return converter.scope.let(sql, _from_double)
        case "float":
            return _tagged("float", f"'\"' || CAST({sql} AS VARCHAR) || '\"'")
        case "binary":
            return _tagged("binary", f"'\"' || hex({sql}) || '\"'")
        case "date":
            return _tagged("date", f"CAST({sql} - DATE '1970-01-01' AS VARCHAR)")
        case "timestamp" | "timestamp_ntz":
            return _tagged(source.name, f"CAST(epoch_us({sql}) AS VARCHAR)")
    raise refuse(converter.node, f"a cast from {source.ddl} to variant is not supported")


def _from_struct(converter: Converter, struct: str, source: StructType) -> str:
    import json

    fields = []
    for field in source:
        name = json.dumps("\x01" + field.name if field.name.startswith("\x01") else field.name, ensure_ascii=False)
        value = from_value(converter, f"struct_extract({struct}, {quote_text(field.name)})", field.type)
        fields.append(f"{quote_text(name + ':')} || coalesce({value}, 'null')")
    joined = " || ',' || ".join(fields)
    return f"CASE WHEN {struct} IS NOT NULL THEN '{{' || {joined} || '}}' END"


def _from_double(x: str) -> str:
    text = f"CAST({x} AS VARCHAR)"
    special = _tagged("double", f"'\"' || {text} || '\"'")
    return f"CASE WHEN NOT isfinite({x}) THEN {special} WHEN contains({text}, 'e') THEN {text} ELSE {text} || 'e0' END"


def _tagged(kind: str, value: str) -> str:
    return f"('{{\"{_TAG}\":[\"{kind}\",' || {value} || ']}}')"


# --- from a variant ---------------------------------------------------------------------------------------------------


def to_value(converter: Converter, sql: str, target: DataType) -> str:
    """A variant as a value of a type; what cannot be raises, or is NULL when the cast is safe."""
    match target:
        case ArrayType():
            return converter.scope.let(sql, lambda v: _to_array(converter, v, target))
        case MapType():
            return converter.scope.let(sql, lambda v: _to_map(converter, v, target))
        case StructType():
            return converter.scope.let(sql, lambda v: _to_struct(converter, v, target))
    match target.name:
        case "variant":
            return sql
        case "string":
            return f"{PREFIX}variant_string({sql})"
    found = f"{PREFIX}variant_scalar({sql}, {quote_text(target.ddl)})"
    return converter.scope.let(found, lambda found: _to_scalar(converter, found, target))


def _failing(converter: Converter, target: DataType) -> str:
    if converter.is_safe:
        return "NULL"
    return fail(
        f"INVALID_VARIANT_CAST: a variant cannot be cast to {target.ddl}; use try_variant_get or try_cast",
        target,
    )


def _to_scalar(converter: Converter, found: str, target: DataType) -> str:
    text, wrong = f"{found}[2:]", _failing(converter, target)
    safe = converter.safely()
    read = safe.convert(text, STRING, target)
    read = read if converter.is_safe else f"coalesce({read}, {wrong})"
    return (
        f"CASE {found}[1] WHEN 'V' THEN {_decoded(text, target)} WHEN 'S' THEN {read} WHEN 'X' THEN {wrong} "
        f"ELSE CAST(NULL AS {duckdb_type(target)}) END"
    )


def _decoded(text: str, target: DataType) -> str:
    match target.name:
        case "date":
            return f"CAST(DATE '1970-01-01' + CAST({text} AS INTEGER) AS DATE)"
        case "timestamp":
            return f"make_timestamptz(CAST({text} AS BIGINT))"
        case "timestamp_ntz":
            return f"make_timestamp(CAST({text} AS BIGINT))"
        case "binary":
            return f"unhex({text})"
    return f"CAST({text} AS {duckdb_type(target)})"


def _checked(converter: Converter, v: str, parts: str, made: str, target: DataType) -> str:
    """`made`, where the variant has such parts at all."""
    wrong = _failing(converter, target)
    nothing = f"CAST(NULL AS {duckdb_type(target)})"
    return f"CASE WHEN {v} IS NULL OR {v} = 'null' THEN {nothing} WHEN {parts} IS NULL THEN {wrong} ELSE {made} END"


def _to_array(converter: Converter, v: str, target: ArrayType) -> str:
    item = converter.scope.variable()

    def body(items: str) -> str:
        inner = to_value(converter, item, target.element)
        return _checked(
            converter,
            v,
            items,
            f"list_transform({items}, lambda {item}: {_nulled(inner, item, target.element)})",
            target,
        )

    return converter.scope.let(f"{PREFIX}variant_items({v})", body)


def _nulled(inner: str, item: str, target: DataType) -> str:
    """A variant of null inside of something stays one only where the target holds variants."""
    return inner if target.name != "variant" else item


def _to_map(converter: Converter, v: str, target: MapType) -> str:
    entry = converter.scope.variable()

    def body(fields: str) -> str:
        value = to_value(converter, f"{entry}.value", target.value)
        made = f"map_from_entries(list_transform(map_entries({fields}), lambda {entry}: {{'key': {entry}.key, 'value': {value}}}))"
        return _checked(converter, v, fields, made, target)

    return converter.scope.let(f"{PREFIX}variant_object({v})", body)


def _to_struct(converter: Converter, v: str, target: StructType) -> str:
    def body(fields: str) -> str:
        made = ", ".join(
            f"{quote_name(f.name)} := {to_value(converter, f'map_extract_value({fields}, {quote_text(f.name)})', f.type)}"
            for f in target
        )
        return _checked(converter, v, fields, f"struct_pack({made})", target)

    return converter.scope.let(f"{PREFIX}variant_object({v})", body)


def as_json(sql: str, data_type: DataType, depth: int = 0) -> str:
    """A value for the outside, in which every variant is JSON text."""
    item = f"ingot_o{depth}"
    match data_type:
        case ArrayType():
            return f"list_transform({sql}, lambda {item}: {as_json(item, data_type.element, depth + 1)})"
        case MapType():
            value = as_json(f"{item}.value", data_type.value, depth + 1)
            entry = f"{{'key': {item}.key, 'value': {value}}}"
            return f"map_from_entries(list_transform(map_entries({sql}), lambda {item}: {entry}))"
        case StructType():
            fields = ", ".join(
                f"{quote_name(f.name)} := " + as_json(f"struct_extract({sql}, {quote_text(f.name)})", f.type, depth + 1)
                for f in data_type
            )
            return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({fields}) END"
    return f"{PREFIX}variant_text({sql})" if data_type.name == "variant" else sql
