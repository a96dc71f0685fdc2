"""Binders of functions over groups, windows and arrays whose arguments no signature describes.

Owns what these calls take and give. Never lowers one, never resolves a name.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.coercion import can_cast, cast_to, common_type, implicit_cast, is_integral, is_numeric
from ingot.analysis.functions.percentiles import check_shares
from ingot.analysis.functions.rules import literal_integer
from ingot.analysis.functions.signature import Binder, Bound, wrong_arguments
from ingot.analysis.typed import Settings
from ingot.errors import AnalysisError
from ingot.types import (
    BOOLEAN,
    DOUBLE,
    INT,
    NULL,
    STRING,
    ArrayType,
    DataType,
    Field,
    MapType,
    StructType,
)

Types = list[DataType]


# --- windows --------------------------------------------------------------------------------------------------


def bind_shifted(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`lag(value, rows?, default?)`: the type is the value's, whatever the default's is; rows is a constant."""
    if not 1 <= len(types) <= 3 or (len(types) > 1 and types[1].name not in ("tinyint", "smallint", "int")):
        raise wrong_arguments(call, types, "value, rows: int?, default?")
    arguments = list(call.expressions)
    if len(types) > 1:
        _check_constant(call, 1)
        arguments[1] = cast_to(arguments[1], INT)
    result = types[0]
    if len(types) == 3:
        result = types[2] if result == NULL else result
        if not can_cast(types[2], result, settings):
            raise wrong_arguments(call, types, f"value, rows: int?, default: {result.ddl}?")
        arguments[0], arguments[2] = cast_to(arguments[0], result), cast_to(arguments[2], result)
    call.set("expressions", arguments)
    return call, result


def _check_constant(call: exp.Anonymous, position: int) -> None:
    argument = call.expressions[position]
    holds_null = argument.find(exp.Null) is not None
    if holds_null or argument.find(exp.Column, exp.Subquery) is not None:
        raise AnalysisError(
            f"argument {position + 1} of {call.this} must be a constant{' that is not NULL' if holds_null else ''}",
            location=call.meta.get("location"),
            hint="write the number of rows",
            code="wrong-arguments",
        )


def _check_at_least_one(call: exp.Anonymous, position: int) -> None:
    if literal_integer(call, position, 1) < 1:
        raise AnalysisError(
            f"argument {position + 1} of {call.this} must be 1 or more",
            location=call.meta.get("location"),
            code="wrong-arguments",
        )


def bind_ntile(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`ntile(n?)`: n is a literal."""
    if len(types) > 1 or any(not is_integral(t) for t in types):
        raise wrong_arguments(call, types, "int?")
    _check_at_least_one(call, 0)
    return call, INT


def bind_nth_value(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`nth_value(value, n, ignores_nulls?)`: n is a literal."""
    if len(types) not in (2, 3) or not is_integral(types[1]) or types[2:] not in ([], [BOOLEAN]):
        raise wrong_arguments(call, types, "value, int, boolean?")
    _check_at_least_one(call, 1)
    return call, types[0]


# --- groups ---------------------------------------------------------------------------------------------------


def bind_mode(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`mode(value, lowest?)`, or `mode() WITHIN GROUP (ORDER BY value)`, whose type the order tells."""
    if len(types) > 2 or types[1:] not in ([], [BOOLEAN]):
        raise wrong_arguments(call, types, "value, boolean?")
    return call, types[0] if types else NULL


def bind_percentile_of_order(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`percentile_cont(p) WITHIN GROUP (ORDER BY x)`: one share, or an array of them."""
    if len(types) != 1:
        raise wrong_arguments(call, types, "percentage) WITHIN GROUP (ORDER BY value")
    given = types[0]
    target: DataType = ArrayType(element=DOUBLE) if isinstance(given, ArrayType) else DOUBLE
    inner = given.element if isinstance(given, ArrayType) else given
    if not is_numeric(inner):
        raise wrong_arguments(call, types, "percentage) WITHIN GROUP (ORDER BY value")
    check_shares(call, call.expressions[0])
    call.set("expressions", [cast_to(call.expressions[0], target)])
    return call, target


def bind_product(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`product(number)`, which Python has and SQL has not."""
    if len(types) != 1:
        raise wrong_arguments(call, types, "number")
    call.set("this", "product")
    call.set("expressions", [implicit_cast(call.expressions[0], DOUBLE, settings)])
    return call, DOUBLE


# --- arrays and maps --------------------------------------------------------------------------------------------


def bind_arrays_zip(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`arrays_zip(a, b, …)`: structs of the items at one position, named as the arguments are."""
    if any(not isinstance(t, ArrayType) and t != NULL for t in types):
        raise wrong_arguments(call, types, "array, …")
    fields, arguments = [], []
    for position, (node, given) in enumerate(zip(call.expressions, types, strict=True)):
        element = given.element if isinstance(given, ArrayType) else NULL
        fields.append(Field(node.alias if isinstance(node, exp.Alias) else str(position), element))
        arguments.append(node.this if isinstance(node, exp.Alias) else node)
    call.set("expressions", arguments)
    return call, ArrayType(element=StructType(fields=tuple(fields)), contains_null=False)


def bind_map_concat(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`map_concat(m, …)`: maps of one type; without any, a map of texts."""
    if not types:
        return call, MapType(key=STRING, value=STRING)
    common = common_type(types, settings) if all(isinstance(t, MapType) for t in types) else None
    if common is None:
        raise wrong_arguments(call, types, "map, …")
    call.set("expressions", [implicit_cast(a, common, settings) for a in call.expressions])
    return call, common


WINDOW_BINDERS: dict[str, Binder] = {
    "lag": bind_shifted,
    "lead": bind_shifted,
    "ntile": bind_ntile,
    "nth_value": bind_nth_value,
}
AGGREGATE_BINDERS: dict[str, Binder] = {
    "mode": bind_mode,
    "product of": bind_product,
    "percentile_cont": bind_percentile_of_order,
    "percentile_disc": bind_percentile_of_order,
}
SCALAR_BINDERS: dict[str, Binder] = {
    "arrays_zip": bind_arrays_zip,
    "map_concat": bind_map_concat,
}
