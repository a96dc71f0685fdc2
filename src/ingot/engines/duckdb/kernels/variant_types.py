"""`schema_of_variant`: the type that describes a variant, or several at once, in Spark's words."""

from __future__ import annotations

import decimal
from functools import reduce
from typing import Any

from ingot.engines.duckdb.kernels import Kernel
from ingot.engines.duckdb.kernels.variants import Typed, in_order, load, plain
from ingot.quoting import quoted_where_needed

# A type is a name, ("DECIMAL", precision, scale), ("ARRAY", element) or ("OBJECT", {name: type}).
Type = Any

_DIGITS_MAX = 38
_NUMBERS = ("BIGINT", "FLOAT", "DOUBLE")
_TIMES = ("DATE", "TIMESTAMP_NTZ", "TIMESTAMP")


def _type_of(value: Any) -> Type:
    match value:
        case None:
            return "VOID"
        case bool():
            return "BOOLEAN"
        case str():
            return "STRING"
        case int():
            return "BIGINT"
        case float():
            return "DOUBLE"
        case decimal.Decimal():
            whole, _, fraction = plain(abs(value)).partition(".")
            digits = len((whole + fraction).lstrip("0")) or 1
            return ("DECIMAL", max(digits, len(fraction)), len(fraction))
        case list():
            return ("ARRAY", reduce(_merged, map(_type_of, value), "VOID"))
        case dict():
            return ("OBJECT", {key: _type_of(item) for key, item in in_order(value)})
        case Typed():
            return value.kind.upper()
    raise AssertionError(value)


def _merged(left: Type, right: Type) -> Type:
    """The type of values of both types."""
    if left == right or right == "VOID":
        return left
    if left == "VOID":
        return right
    kinds = tuple(t if isinstance(t, str) else t[0] for t in (left, right))
    match kinds:
        case ("ARRAY", "ARRAY"):
            return ("ARRAY", _merged(left[1], right[1]))
        case ("OBJECT", "OBJECT"):
            names = in_order(dict.fromkeys([*left[1], *right[1]]))
            return ("OBJECT", {n: _merged(left[1].get(n, "VOID"), right[1].get(n, "VOID")) for n, _ in names})
    if all(kind in _NUMBERS for kind in kinds):
        return max(kinds, key=_NUMBERS.index)
    if all(kind in _TIMES for kind in kinds):
        return max(kinds, key=_TIMES.index)
    if "DECIMAL" in kinds and all(kind in (*_NUMBERS, "DECIMAL") for kind in kinds):
        return _wider_decimal(left, right)
    return "VARIANT"


def _wider_decimal(left: Type, right: Type) -> Type:
    if left in ("FLOAT", "DOUBLE") or right in ("FLOAT", "DOUBLE"):
        return "DOUBLE"
    (_, p1, s1), (_, p2, s2) = (("DECIMAL", 20, 0) if t == "BIGINT" else t for t in (left, right))
    scale = max(s1, s2)
    whole = max(p1 - s1, p2 - s2)
    return "DOUBLE" if whole + scale > _DIGITS_MAX else ("DECIMAL", whole + scale, scale)


def _shown(data_type: Type) -> str:
    match data_type:
        case ("DECIMAL", precision, scale):
            return f"DECIMAL({precision},{scale})"
        case ("ARRAY", element):
            return f"ARRAY<{_shown(element)}>"
        case ("OBJECT", fields):
            shown = (f"{quoted_where_needed(name)}: {_shown(inner)}" for name, inner in fields.items())
            return f"OBJECT<{', '.join(shown)}>"
    return data_type


def _of_all(texts: list[str | None] | None) -> str:
    """The type of all variants of a group; NULL says nothing."""
    return _shown(reduce(_merged, (_type_of(load(t)) for t in texts or () if t is not None), "VOID"))


KERNELS = {
    "schema_of_variant": Kernel(lambda text: _shown(_type_of(load(text))), "VARCHAR", "VARCHAR"),
    "schema_of_variants": Kernel(_of_all, "VARCHAR[]", "VARCHAR", takes_null=True),
}
