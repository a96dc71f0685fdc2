"""The schema that Spark infers for JSON documents: sorted fields, the narrowest type for each, merged over all.

Works on the trees of `json_text`. Never reads a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ingot.engines.duckdb.readers.datetimes import BadValue
from ingot.engines.duckdb.readers.json_text import Node
from ingot.engines.duckdb.readers.options import flag
from ingot.engines.duckdb.readers.values import timestamp_parser
from ingot.errors import AnalysisError
from ingot.types import (
    BOOLEAN,
    DOUBLE,
    LONG,
    NULL,
    STRING,
    TIMESTAMP,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    StructType,
)


def type_of(node: Node, options: Mapping[str, str]) -> DataType:
    """The type of one value; `void` for null and the empty string."""
    match node.kind:
        case "null":
            return NULL
        case "object":
            fields: dict[str, DataType] = {}
            for name, member in node.value:  # type: ignore[attr-defined]
                if name in fields:
                    raise AnalysisError(
                        f"the key {name!r} is repeated within one JSON object, so no schema can be inferred",
                        hint="declare a schema; the last value is then taken",
                        code="duplicate-column",
                    )
                fields[name] = type_of(member, options)
            return StructType(fields=tuple(Field(n, fields[n]) for n in sorted(fields)))
        case "array":
            element: DataType = NULL
            for item in node.value:  # type: ignore[attr-defined]
                element = merge(element, type_of(item, options))
            return ArrayType(element=element)
        case "string":
            return _type_of_text(str(node.value), options)
    if flag(options, "primitivesasstring"):
        return STRING
    return BOOLEAN if node.kind == "boolean" else _type_of_number(node, options)


def _type_of_text(text: str, options: Mapping[str, str]) -> DataType:
    if not text:
        return NULL
    if flag(options, "prefersdecimal") and (decimal := _decimal_type(text)) is not None:
        return decimal
    if flag(options, "infertimestamp"):
        for has_zone in (False, True):
            try:
                timestamp_parser(options, has_zone)(text)
            except BadValue:
                continue
            return TIMESTAMP
    return STRING


def _type_of_number(node: Node, options: Mapping[str, str]) -> DataType:
    text = str(node.value)
    if node.kind == "int":
        if -(2**63) <= int(text) < 2**63:
            return LONG
        return _decimal_type(text) or DOUBLE
    if flag(options, "prefersdecimal"):
        return _decimal_type(text) or DOUBLE
    return DOUBLE


def _decimal_type(text: str) -> DecimalType | None:
    try:
        parts = Decimal(text).as_tuple()
    except ArithmeticError:
        return None
    if not isinstance(parts.exponent, int):
        return None
    if parts.exponent > 0:
        raise AnalysisError(f"{text} has no decimal type, as its scale is negative", code="invalid-schema")
    scale = -parts.exponent
    precision = max(len(parts.digits), scale)
    return DecimalType(precision=precision, scale=scale) if precision <= 38 else None


def merge(one: DataType, other: DataType) -> DataType:
    """The type that holds values of both; text if nothing narrower does."""
    if one == other or other == NULL:
        return one
    if one == NULL:
        return other
    if isinstance(one, StructType) and isinstance(other, StructType):
        return _merge_structs(one, other)
    if isinstance(one, ArrayType) and isinstance(other, ArrayType):
        return ArrayType(element=merge(one.element, other.element))
    names = {one.name, other.name}
    if "double" in names and names <= {"double", "bigint", "decimal"}:
        return DOUBLE
    if names <= {"bigint", "decimal"}:
        return _merge_decimals(_wide(one), _wide(other))
    return STRING


def _wide(type_: DataType) -> DecimalType:
    return type_ if isinstance(type_, DecimalType) else DecimalType(precision=20, scale=0)


def _merge_decimals(one: DecimalType, other: DecimalType) -> DataType:
    scale = max(one.scale, other.scale)
    whole = max(one.precision - one.scale, other.precision - other.scale)
    return DOUBLE if whole + scale > 38 else DecimalType(precision=whole + scale, scale=scale)


def _merge_structs(one: StructType, other: StructType) -> StructType:
    fields = {f.name: f.type for f in one}
    spelled = {name.lower(): name for name in fields}  # names that differ in case are one column, the first
    for f in other:
        name = spelled.setdefault(f.name.lower(), f.name)
        fields[name] = merge(fields[name], f.type) if name in fields else f.type
    return StructType(fields=tuple(Field(n, fields[n]) for n in sorted(fields)))


def canonical(type_: DataType, options: Mapping[str, str]) -> DataType | None:
    """The inferred type without placeholders: void is text (or dropped), structs without fields vanish."""
    if isinstance(type_, ArrayType):
        element = canonical(type_.element, options)
        return None if element is None else ArrayType(element=element)
    if isinstance(type_, StructType):
        fields = [(f.name, canonical(f.type, options)) for f in type_ if f.name]
        kept = tuple(Field(name, found) for name, found in fields if found is not None)
        return StructType(fields=kept) if kept else None
    if type_ == NULL:
        return None if flag(options, "dropfieldifallnull") else STRING
    return type_
