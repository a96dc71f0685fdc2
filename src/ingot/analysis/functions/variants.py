"""Functions over VARIANT: their table, and binders for those that tell a type or take a value of any."""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.coercion import can_cast, cast_to, implicit_cast
from ingot.analysis.functions.rules import literal_text
from ingot.analysis.functions.signature import Binder, Bound, wrong_arguments
from ingot.analysis.typed import Settings
from ingot.errors import AnalysisError, IngotError
from ingot.types import (
    BOOLEAN,
    NULL,
    STRING,
    VARIANT,
    ArrayType,
    DataType,
    MapType,
    StructType,
    parse_type,
)

SCALARS = """
parse_json (string) -> variant
try_parse_json (string) -> variant
is_variant_null (variant) -> boolean
is_valid_variant (variant) -> boolean
schema_of_variant (variant) -> string
variant_delete (variant, string, string*) -> variant
variant_strip_nulls (variant, boolean?) -> variant
"""


def _bind_get(call: exp.Anonymous, types: list[DataType], settings: Settings) -> Bound:
    """`variant_get(variant, path, type?)`; the type is a literal."""
    if len(types) not in (2, 3) or types[0] not in (VARIANT, NULL):
        raise wrong_arguments(call, types, "variant, path, type?")
    target: DataType = VARIANT
    if len(types) == 3:
        try:
            target = parse_type(literal_text(call, 2))
        except IngotError as error:
            raise error.at(call.meta.get("location")) from error
    if not can_cast(VARIANT, target, settings):
        raise AnalysisError(
            f"a variant cannot be cast to {target.ddl}", location=call.meta.get("location"), code="type-mismatch"
        )
    value, path = call.expressions[:2]
    call.set("expressions", [cast_to(value, VARIANT), implicit_cast(path, STRING, settings)])
    return call, target


def _edit(takes: str, has_flag: bool = False) -> Binder:
    """A function of a variant, a path and a value of any type, which becomes a variant itself."""

    def bind(call: exp.Anonymous, types: list[DataType], settings: Settings) -> Bound:
        counts = (3, 4) if has_flag else (3,)
        if len(types) not in counts or types[0] not in (VARIANT, NULL) or not can_cast(types[2], VARIANT, settings):
            raise wrong_arguments(call, types, takes)
        value, path, item, *flag = call.expressions
        arguments = [cast_to(value, VARIANT), implicit_cast(path, STRING, settings), cast_to(item, VARIANT)]
        call.set("expressions", arguments + [implicit_cast(f, BOOLEAN, settings) for f in flag])
        return call, VARIANT

    return bind


def _bind_object(call: exp.Anonymous, types: list[DataType], settings: Settings) -> Bound:
    """`to_variant_object(struct | map | array)`."""
    if len(types) != 1 or not isinstance(types[0], (StructType, MapType, ArrayType)) or not _becomes_object(types[0]):
        raise wrong_arguments(call, types, "struct, array or map with string keys")
    return call, VARIANT


def _becomes_object(data_type: DataType) -> bool:
    match data_type:
        case StructType():
            return all(_becomes_object(f.type) for f in data_type)
        case MapType():
            return data_type.key == STRING and _becomes_object(data_type.value)
        case ArrayType():
            return _becomes_object(data_type.element)
    return data_type != NULL and can_cast(data_type, VARIANT, Settings())


_VALUE = "variant, path, value"

BINDERS: dict[str, Binder] = {
    "variant_get": _bind_get,
    "try_variant_get": _bind_get,
    "to_variant_object": _bind_object,
    "variant_insert": _edit(_VALUE),
    "try_variant_insert": _edit(_VALUE),
    "variant_array_append": _edit(_VALUE),
    "try_variant_array_append": _edit(_VALUE),
    "variant_set": _edit(f"{_VALUE}, create_if_missing?", has_flag=True),
    "try_variant_set": _edit(f"{_VALUE}, create_if_missing?", has_flag=True),
}
