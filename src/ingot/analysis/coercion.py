"""Spark's casts and common types: what may be cast, what is cast without being asked, and to what.

Owns the rules of Spark's `Cast`, `TypeCoercion` and `AnsiTypeCoercion`. Never looks at a name or a scope; the
only thing it does to a tree is to wrap a typed node in an `exp.Cast`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlglot import exp

from ingot.analysis.typed import Settings, set_type, type_of
from ingot.errors import AnalysisError
from ingot.types import (
    BINARY,
    BOOLEAN,
    BYTE,
    CALENDAR_INTERVAL,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    INTEGRAL,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIME,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VARIANT,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    IntervalType,
    MapType,
    StructType,
    holds,
    is_numeric,
)

DECIMAL_DIGITS_MAX = 38
_SCALE_MIN_AFTER_LOSS = 6  # DecimalType.MINIMUM_ADJUSTED_SCALE
_PRECEDENCE = (BYTE, SHORT, INT, LONG, FLOAT, DOUBLE)
_FOR_TYPE = {BYTE: (3, 0), SHORT: (5, 0), INT: (10, 0), LONG: (20, 0), FLOAT: (14, 7), DOUBLE: (30, 15)}
_TIMES = (DATE, TIMESTAMP, TIMESTAMP_NTZ)
_NEVER_IMPLIED = (VARIANT, CALENDAR_INTERVAL, TIME)
_UNITS = ("year", "month", "day", "hour", "minute", "second")

Node = Any  # a sqlglot node


# --- kinds of types -------------------------------------------------------------------------------------------


def is_integral(data_type: DataType) -> bool:
    """Whether the type is tinyint, smallint, int or bigint."""
    return data_type in INTEGRAL


def is_atomic(data_type: DataType) -> bool:
    """Whether the type is one of Spark's AtomicType: neither nested nor void."""
    return data_type != NULL and not isinstance(data_type, (ArrayType, MapType, StructType))


def is_orderable(data_type: DataType) -> bool:
    """Whether values of the type can be compared with `<` and sorted."""
    return not holds(data_type, lambda t: isinstance(t, MapType) or t in (VARIANT, CALENDAR_INTERVAL))


def holds_map(data_type: DataType) -> bool:
    """Whether values of the type cannot be compared, for there is a map (or a VARIANT) in them."""
    return holds(data_type, lambda t: isinstance(t, MapType) or t == VARIANT)


# --- explicit casts -------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def can_cast(source: DataType, target: DataType, settings: Settings) -> bool:
    """Whether `CAST(source AS target)` is legal (not whether it succeeds for a value)."""
    if source in (target, NULL):
        return True
    if target == NULL:
        return False
    match source, target:
        case ArrayType(), ArrayType():
            return can_cast(source.element, target.element, settings)
        case MapType(), MapType():
            return can_cast(source.key, target.key, settings) and can_cast(source.value, target.value, settings)
        case StructType(), StructType():
            pairs = zip(source.fields, target.fields, strict=False)
            return len(source) == len(target) and all(can_cast(a.type, b.type, settings) for a, b in pairs)
    if VARIANT in (source, target):
        return _can_cast_variant(source, target)
    if target == STRING:
        return True
    if not (is_atomic(source) and is_atomic(target)):
        return False
    return _can_cast_atomic(source, target, settings.ansi)


def _can_cast_variant(source: DataType, target: DataType) -> bool:
    other = source if target == VARIANT else target
    match other:
        case ArrayType():
            return other.element == NULL or _can_cast_variant(*_as_pair(other.element, target))
        case MapType():
            return target != VARIANT and other.key == STRING and _can_cast_variant(VARIANT, other.value)
        case StructType():
            return target != VARIANT and all(_can_cast_variant(VARIANT, f.type) for f in other)
    return not isinstance(other, IntervalType) and other not in (NULL, CALENDAR_INTERVAL, TIME)


def _as_pair(other: DataType, target: DataType) -> tuple[DataType, DataType]:
    return (other, VARIANT) if target == VARIANT else (VARIANT, other)


def _can_cast_atomic(source: DataType, target: DataType, ansi: bool) -> bool:
    if isinstance(source, IntervalType) or isinstance(target, IntervalType):
        return _can_cast_interval(source, target)
    if CALENDAR_INTERVAL in (source, target):
        return source == STRING
    if TIME in (source, target):
        return source == STRING
    if source == STRING:
        return True
    if target == BINARY:
        return is_integral(source) and not ansi
    if source == BINARY:
        return False
    if is_numeric(source) or source == BOOLEAN:
        if is_numeric(target) or target == BOOLEAN:
            return True
        return target == TIMESTAMP and (source != BOOLEAN or not ansi)
    if source in _TIMES:
        if target in _TIMES:
            return True
        if not (is_numeric(target) or target == BOOLEAN) or source == TIMESTAMP_NTZ:
            return False
        return (source == TIMESTAMP and is_numeric(target)) or not ansi
    return False


def _can_cast_interval(source: DataType, target: DataType) -> bool:
    match source, target:
        case IntervalType(), IntervalType():
            return source.is_year_month == target.is_year_month
        case IntervalType(), _:
            return is_integral(target) or isinstance(target, DecimalType)
        case _, IntervalType():
            return source == STRING or is_integral(source) or isinstance(source, DecimalType)
    return False


# --- decimals -------------------------------------------------------------------------------------------------


def decimal_for(data_type: DataType) -> DecimalType:
    """The decimal type that holds every value of a numeric type (`DecimalType.forType`)."""
    if isinstance(data_type, DecimalType):
        return data_type
    precision, scale = _FOR_TYPE[data_type]
    return DecimalType(precision=precision, scale=scale)


def decimal_for_integer(digits: str) -> DecimalType:
    """The narrowest decimal of an integer literal."""
    return DecimalType(precision=max(1, len(digits.lstrip("-").lstrip("0"))), scale=0)


def adjusted_decimal(precision: int, scale: int) -> DecimalType:
    """Fit a result into 38 digits, giving up fraction digits down to 6 (`adjustPrecisionScale`)."""
    if precision <= DECIMAL_DIGITS_MAX:
        return DecimalType(precision=precision, scale=scale)
    whole = precision - scale
    kept = max(DECIMAL_DIGITS_MAX - whole, min(scale, _SCALE_MIN_AFTER_LOSS))
    return DecimalType(precision=DECIMAL_DIGITS_MAX, scale=kept)


def wider_decimal(left: DecimalType, right: DecimalType) -> DecimalType:
    """The decimal that holds both, whole digits first when 38 do not suffice."""
    scale = max(left.scale, right.scale)
    whole = max(left.precision - left.scale, right.precision - right.scale)
    excess = max(0, whole + scale - DECIMAL_DIGITS_MAX)
    return DecimalType(precision=min(whole + scale, DECIMAL_DIGITS_MAX), scale=max(0, scale - excess))


def decimal_result(operator: str, left: DecimalType, right: DecimalType) -> DataType:
    """The type of decimal arithmetic; `operator` is one of `+ - * / % div`."""
    p1, s1, p2, s2 = left.precision, left.scale, right.precision, right.scale
    match operator:
        case "+" | "-":
            scale = max(s1, s2)
            return adjusted_decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)
        case "*":
            return adjusted_decimal(p1 + p2 + 1, s1 + s2)
        case "/":
            scale = max(6, s1 + p2 + 1)
            return adjusted_decimal(p1 - s1 + s2 + scale, scale)
        case "%":
            scale = max(s1, s2)
            return adjusted_decimal(min(p1 - s1, p2 - s2) + scale, scale)
        case _:
            return LONG


def _is_wider_decimal(decimal: DecimalType, other: DataType) -> bool:
    needed = decimal_for(other)
    return decimal.precision - decimal.scale >= needed.precision - needed.scale and decimal.scale >= needed.scale


# --- common types ---------------------------------------------------------------------------------------------


def common_type(types: Sequence[DataType], settings: Settings) -> DataType | None:
    """The type that the branches of CASE, the items of an array, the arguments of COALESCE … are cast to.

    None when Spark finds none (`findWiderCommonType`).
    """
    if not settings.ansi:  # promotion to string is not associative: strings go first
        types = [t for t in types if _holds_string(t)] + [t for t in types if not _holds_string(t)]
    found: DataType | None = NULL
    for data_type in types:
        found = wider_type(found, data_type, settings)
        if found is None:
            return None
    return found


def common_column_type(types: Sequence[DataType], settings: Settings) -> DataType | None:
    """The type of a column of VALUES or UNPIVOT: as `common_type`, but integers and floats meet in float."""
    if FLOAT in types and all(t in (FLOAT, NULL) or is_integral(t) for t in types):
        return FLOAT
    return common_type(types, settings)


def _holds_string(data_type: DataType) -> bool:
    return data_type == STRING or (isinstance(data_type, ArrayType) and _holds_string(data_type.element))


@lru_cache(maxsize=4096)
def wider_type(left: DataType, right: DataType, settings: Settings) -> DataType | None:
    """The common type of two, promoting strings (`findWiderTypeForTwo`)."""
    return (
        tightest_type(left, right, settings)
        or wider_with_decimal(left, right)
        or string_promotion(left, right, settings)
        or _nested_type(left, right, lambda a, b: wider_type(a, b, settings))
    )


@lru_cache(maxsize=4096)
def tightest_type(left: DataType, right: DataType, settings: Settings) -> DataType | None:
    """The common type of two without loss and without strings (`findTightestCommonType`)."""
    if left == right or right == NULL:
        return left
    if left == NULL:
        return right
    if left in _PRECEDENCE and right in _PRECEDENCE:
        wider = _PRECEDENCE[max(_PRECEDENCE.index(left), _PRECEDENCE.index(right))]
        return DOUBLE if settings.ansi and wider == FLOAT else wider
    if left in _TIMES and right in _TIMES:
        return TIMESTAMP if TIMESTAMP in (left, right) else TIMESTAMP_NTZ
    if isinstance(left, IntervalType) and isinstance(right, IntervalType):
        return _wider_interval(left, right)
    for decimal, other in ((left, right), (right, left)):
        if isinstance(decimal, DecimalType) and is_integral(other) and _is_wider_decimal(decimal, other):
            return decimal
    return _nested_type(left, right, lambda a, b: tightest_type(a, b, settings))


def differ_in_names(left: DataType, right: DataType) -> bool:
    """Whether two types differ in nothing but the names of fields: such values are compared by position."""
    match left, right:
        case StructType(), StructType():
            pairs = list(zip(left, right, strict=False))
            return len(left) == len(right) and all(
                a.type == b.type or differ_in_names(a.type, b.type) for a, b in pairs
            )
        case ArrayType(), ArrayType():
            return left.element == right.element or differ_in_names(left.element, right.element)
    return False


def _wider_interval(left: IntervalType, right: IntervalType) -> IntervalType | None:
    if left.is_year_month != right.is_year_month:
        return None
    start = min(left.start, right.start, key=_UNITS.index)
    return IntervalType(start=start, end=max(left.end, right.end, key=_UNITS.index))


def wider_with_decimal(left: DataType, right: DataType) -> DataType | None:
    """The common type of a decimal and another number (`findWiderTypeForDecimal`)."""
    for decimal, other in ((left, right), (right, left)):
        if isinstance(decimal, DecimalType):
            if other in (FLOAT, DOUBLE):
                return DOUBLE
            if is_integral(other) or isinstance(other, DecimalType):
                return wider_decimal(decimal, decimal_for(other))
    return None


def string_promotion(left: DataType, right: DataType, settings: Settings) -> DataType | None:
    """What a string and something else have in common: ANSI prefers the other type, legacy the string."""
    if left != STRING:
        left, right = right, left
    if left != STRING or not is_atomic(right):
        return None
    if not settings.ansi:
        return None if right in (BINARY, BOOLEAN) else STRING
    if is_integral(right):
        return LONG
    if is_numeric(right):
        return DOUBLE
    return None if isinstance(right, IntervalType) or right in _NEVER_IMPLIED else right


def _nested_type(
    left: DataType, right: DataType, common: Callable[[DataType, DataType], DataType | None]
) -> DataType | None:
    """Common types of arrays, maps and structs, part by part."""
    match left, right:
        case ArrayType(), ArrayType():
            element = common(left.element, right.element)
            return element and ArrayType(element=element, contains_null=left.contains_null or right.contains_null)
        case MapType(), MapType():
            key, value = common(left.key, right.key), common(left.value, right.value)
            nullable = left.value_contains_null or right.value_contains_null
            return MapType(key=key, value=value, value_contains_null=nullable) if key and value else None
        case StructType(), StructType():
            return _common_struct(left, right, common)
    return None


def _common_struct(
    left: StructType, right: StructType, common: Callable[[DataType, DataType], DataType | None]
) -> DataType | None:
    if [f.name.lower() for f in left] != [f.name.lower() for f in right]:
        return None
    fields: list[Field] = []
    for a, b in zip(left, right, strict=True):
        found = common(a.type, b.type)
        if found is None:
            return None
        fields.append(Field(a.name, found, a.nullable or b.nullable))
    return StructType(fields=tuple(fields))


# --- implicit casts of arguments ------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def can_cast_implicitly(source: DataType, target: DataType, settings: Settings) -> bool:
    """Whether a function that takes `target` takes a `source` as well (`implicitCast`)."""
    if source in (target, NULL) or (is_numeric(source) and is_numeric(target)):
        return True
    match source, target:
        case ArrayType(), ArrayType():
            return can_cast_implicitly(source.element, target.element, settings)
        case MapType(), MapType():
            pairs = ((source.key, target.key), (source.value, target.value))
            return all(can_cast_implicitly(a, b, settings) for a, b in pairs)
        case StructType(), StructType():
            pairs = tuple(zip(source.fields, target.fields, strict=False))
            return len(source) == len(target) and all(can_cast_implicitly(a.type, b.type, settings) for a, b in pairs)
    if source == STRING:
        return is_atomic(target) and target not in _NEVER_IMPLIED and not isinstance(target, IntervalType)
    if target == STRING:
        return is_atomic(source) and source != CALENDAR_INTERVAL
    return source in _TIMES and target in _TIMES


def cast_to(node: Node, target: DataType) -> Node:
    """Wrap a typed node in an implicit cast; the node itself when it has the type already."""
    source = type_of(node)
    if source == target or _differs_in_nullability(source, target):
        return node
    cast = exp.Cast(this=node)
    cast.meta["implicit"] = True
    set_type(cast, target)
    return cast


@lru_cache(maxsize=4096)
def _differs_in_nullability(source: DataType, target: DataType) -> bool:
    return source.name == target.name and source.ddl == target.ddl


def implicit_cast(node: Node, target: DataType, settings: Settings) -> Node:
    """Cast an argument to the type that a function takes.

    Raises:
        AnalysisError: `type-mismatch`, when Spark does not cast it by itself.
    """
    source = type_of(node)
    if not can_cast_implicitly(source, target, settings):
        raise AnalysisError(
            f"expected {target.ddl}, but this is {source.ddl}",
            code="type-mismatch",
            hint=f"cast it to {target.ddl}",
        )
    return cast_to(node, target)
