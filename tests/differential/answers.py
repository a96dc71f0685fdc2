"""What an engine answers to a query, when two answers agree, and what it is called when they do not."""

from __future__ import annotations

import decimal
import math
import re
from dataclasses import dataclass
from typing import Any

from ingot.types import ArrayType, DataType, IntervalType, MapType, StructType, parse_type

WRONG = ("other rows", "other types", "answers where Spark has raised")  # what no user is told of
_CLOSE = 1e-11  # libraries of mathematics differ in the last digits; sums of doubles depend on their order

_NUMBER = re.compile(r"(-?\d+\.\d+E-?\d+|-?\d+\.\d{6,}|\d+\.\d+E\d+)")


@dataclass(frozen=True)
class Answer:
    """One engine's answer.

    `kind` is `rows`; `raised` (an error in the data); `rejected` (the query is wrong); and, for Ingot alone, `refused`
    (cannot be answered exactly, and says so) and `crashed` (anything else).
    """

    kind: str
    types: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    names: tuple[str, ...] = ()
    message: str = ""


def verdict(spark: Answer, ours: Answer, is_ordered: bool = False, is_loose: bool = False) -> str:
    """`agrees`, `refused`, or how ours is wrong.

    `is_loose` takes any two finite doubles as equal: for sums of numbers that cancel each other out, where the order
    of rows decides.
    """
    if ours.kind == "refused":
        return "refused"
    if ours.kind == "crashed":
        return "refused" if _is_late_refusal(ours) and spark.kind != "rows" else "crashes"
    if spark.kind != "rows":
        return "agrees" if ours.kind != "rows" else f"answers where Spark has {spark.kind}"
    if ours.kind != "rows":
        return f"has {ours.kind} where Spark answers"
    if spark.types != ours.types:
        return "other types"
    types = [parse_type(t) for t in spark.types]
    left, right = comparable_rows(spark.rows, types), comparable_rows(ours.rows, types)
    if is_loose:
        left, right = [loosened(row) for row in left], [loosened(row) for row in right]
    return compared(left, right, is_ordered)


def compared(left: list[tuple[Any, ...]], right: list[tuple[Any, ...]], is_ordered: bool) -> str:
    """The verdict on comparable rows of the same types."""
    if same_bags(left, right, is_ordered):
        return "agrees"
    unsigned = [[_without_sign_of_zero(row) for row in rows] for rows in (left, right)]
    return "other sign of zero" if same_bags(unsigned[0], unsigned[1], is_ordered) else "other rows"


def _without_sign_of_zero(value: Any) -> Any:
    match value:
        case float():
            return value + 0.0
        case list() | tuple():
            return type(value)(_without_sign_of_zero(v) for v in value)
    return value


def loosened(value: Any) -> Any:
    """The value with all finite doubles alike."""
    match value:
        case float() if math.isfinite(value):
            return 0.0
        case list() | tuple():
            return type(value)(loosened(v) for v in value)
    return value


def _is_late_refusal(ours: Answer) -> bool:
    return ours.message.startswith("UnsupportedError")


def comparable_rows(rows: Any, types: list[DataType]) -> list[tuple[Any, ...]]:
    """Rows of values in one form for both engines."""
    return [tuple(comparable(v, t) for v, t in zip(row, types, strict=True)) for row in rows]


def same_bags(left: list[tuple[Any, ...]], right: list[tuple[Any, ...]], is_ordered: bool) -> bool:
    """Whether comparable rows are equal, as bags unless they are ordered."""
    if len(left) != len(right):
        return False
    if not is_ordered:
        left, right = sorted(left, key=_rank), sorted(right, key=_rank)
    return all(_same(a, b) for a, b in zip(left, right, strict=True))


def comparable(value: Any, data_type: DataType) -> Any:
    """A value in one form for both engines: structs are tuples, maps are sorted pairs, intervals are texts."""
    if value is None:
        return None
    match data_type:
        case ArrayType():
            return ["array", *(comparable(v, data_type.element) for v in value)]
        case MapType():
            pairs = value.items() if isinstance(value, dict) else value
            return [
                "map",
                *sorted(([comparable(k, data_type.key), comparable(v, data_type.value)] for k, v in pairs), key=_rank),
            ]
        case StructType():
            values = list(value.values() if isinstance(value, dict) else value)
            return ["struct", *(comparable(v, f.type) for v, f in zip(values, data_type, strict=True))]
        case IntervalType():
            return _interval(value, data_type)
    if data_type.name == "variant":
        return "variant"  # what is in one is asked with variant_get and to_json
    if data_type.name == "interval":
        return value if isinstance(value, str) else _calendar_interval(*value)
    if isinstance(value, bytearray):
        return bytes(value)
    if data_type.name == "float" and isinstance(value, float):
        return ("float", value)
    return value


def _interval(value: Any, data_type: IntervalType) -> Any:
    if isinstance(value, (int, str)):
        return value
    months, days, nanoseconds = value
    return months if data_type.is_year_month else days * 86_400_000_000 + nanoseconds // 1000


def _calendar_interval(months: int, days: int, nanoseconds: int) -> str:
    """An interval of months, days and time as Spark writes it: `1 years -2 days 0.5 seconds`."""
    years, months = _divided(months, 12)
    hours, rest = _divided(nanoseconds // 1000, 3_600_000_000)
    minutes, micros = _divided(rest, 60_000_000)
    parts = {"years": years, "months": months, "days": days, "hours": hours, "minutes": minutes}
    texts = [f"{count} {unit}" for unit, count in parts.items() if count]
    if micros:
        seconds = f"{'-' if micros < 0 else ''}{abs(micros) // 1_000_000}.{abs(micros) % 1_000_000:06d}"
        texts.append(f"{seconds.rstrip('0').rstrip('.')} seconds")
    return " ".join(texts) or "0 seconds"


def _divided(value: int, unit: int) -> tuple[int, int]:
    sign = -1 if value < 0 else 1
    return sign * (abs(value) // unit), sign * (abs(value) % unit)


def _rank(value: Any) -> str:
    """A text by which rows of both engines are put into one order; close doubles have one rank."""
    match value:
        case list():
            return f"[{' '.join(_rank(v) for v in value)}]"
        case tuple():
            return f"({' '.join(_rank(v) for v in value)})"
        case float() if math.isfinite(value):
            return f"{value + 0.0:.6e}"
        case decimal.Decimal():
            return format(value.normalize(), "f")
    return repr(value)


def _same(left: Any, right: Any) -> bool:
    match left, right:
        case (tuple(), tuple()) if left[:1] == ("float",) and right[:1] == ("float",):
            return _same_double(left[1], right[1], 1e-6)
        case (list(), list()) | (tuple(), tuple()):
            return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))
        case float(), float():
            return _same_double(left, right, _CLOSE)
        case str(), str():
            return left == right or _same_text(left, right)
    return type(left) is type(right) and left == right


def _same_double(left: float, right: float, close: float) -> bool:
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    if left == 0 and right == 0:
        return math.copysign(1, left) == math.copysign(1, right)
    return left == right or math.isclose(left, right, rel_tol=close, abs_tol=1e-300)


def _same_text(left: str, right: str) -> bool:
    """Whether texts are the same but for the last digits of numbers; older Javas show more digits of a float."""
    one, other = _NUMBER.split(left), _NUMBER.split(right)
    if len(one) != len(other) or one[::2] != other[::2]:
        return False
    return all(_same_double(float(a), float(b), 1e-6) for a, b in zip(one[1::2], other[1::2], strict=True))
