"""The order of values that decides a tie: column by column as Spark orders them, NULL first.

Spark's own order has no place for maps, and takes `-0.0` for `0.0`. Here a map is the sorted list of its entries, and
the two zeros are told apart by their text, so that of any two values that are not the same one is greater.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingot.quoting import quoted_name
from ingot.types import FRACTIONAL, ArrayType, DataType, MapType, StructType, holds


def ordered(value: str, data_type: DataType, depth: int = 0) -> str:
    """An expression in the order of a value's type; equal for values that are the same, and only for those."""
    if not holds(data_type, _has_no_total_order):
        return value
    each = f"__ingot_x{depth}"
    match data_type:
        case ArrayType():
            return f"transform({value}, {each} -> {ordered(each, data_type.element, depth + 1)})"
        case MapType():
            key, item = (
                ordered(f"{each}.{part}", kind, depth + 1)
                for part, kind in (("key", data_type.key), ("value", data_type.value))
            )
            entry = f"named_struct('k', {key}, 'v', {item})"
            return f"array_sort(transform(map_entries({value}), {each} -> {entry}))"
        case StructType():
            fields = (ordered(f"{value}.{quoted_name(f.name)}", f.type, depth) for f in data_type)
            return f"CASE WHEN {value} IS NOT NULL THEN {joined(fields)} END"
    return f"named_struct('v', {value}, 't', CAST({value} AS STRING))"


def comparable(value: str, data_type: DataType) -> str:
    """A value for Spark's `<=>`, which does not take maps."""
    return ordered(value, data_type) if holds(data_type, lambda t: isinstance(t, MapType)) else value


def joined(values: Iterable[str]) -> str:
    """Several expressions as one, the first of them deciding first."""
    fields = ", ".join(f"'f{i}', {value}" for i, value in enumerate(values))
    return f"named_struct({fields})"


def later(left: str, right: str) -> str:
    """The greater of two sequences of any type; NULL counts as none."""
    return f"CASE WHEN {right} IS NULL OR {left} >= {right} THEN {left} ELSE {right} END"


def _has_no_total_order(data_type: DataType) -> bool:
    return isinstance(data_type, MapType) or data_type in FRACTIONAL
