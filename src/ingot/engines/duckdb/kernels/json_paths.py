"""Values out of JSON text by paths with wildcards, and text that is JSON only for Spark as JSON that all can read."""

from __future__ import annotations

import decimal
import json
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ingot.analysis.json_text import DEFAULT_FLAGS, Number, Pairs, read
from ingot.engines.duckdb.kernels import Kernel
from ingot.engines.duckdb.kernels.variants import dump, java_double
from ingot.types import ArrayType, DataType, DecimalType, MapType, StructType, parse_type

# How matches below a wildcard are written (Spark's WriteStyle, which is Hive's).
_RAW, _QUOTED, _FLAT = "raw", "quoted", "flat"
_ANY_ITEM = "*item"

Step = tuple[str, str] | int | str

_STEP = re.compile(r"\.([^.\[]+)|\['([^']+)'\]|\[(\d+)\]|(\[\*\])")
_CONTEXT = decimal.Context(prec=100, rounding=decimal.ROUND_HALF_UP)  # the usual one holds 28 digits
_BOUNDS = {"tinyint": 2**7, "smallint": 2**15, "int": 2**31, "bigint": 2**63}


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[Step, ...] | None:
    """The steps of a path; None when it is none."""
    if not path.startswith("$"):
        return None
    found: list[Step] = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return None
        name = match[1] or match[2]
        if name is not None:
            if name == "*":  # Spark reads it, and finds nothing with it
                return None
            found.append(("key", name))
        else:
            found.append(_ANY_ITEM if match[4] else int(match[3]))
        at = match.end()
    return tuple(found)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Any:
    return read(text)


def json_of(value: Any) -> str:
    """The value as Jackson copies it: numbers with a point are doubles."""
    match value:
        case Pairs():
            return "{" + ",".join(f"{dump(name)}:{json_of(item)}" for name, item in value) + "}"
        case list():
            return f"[{','.join(map(json_of, value))}]"
        case Number():
            if re.fullmatch(r"-?\d+", value):
                return str(int(value))
            shown = java_double(float(value))
            return shown if math.isfinite(float(value)) else f'"{shown}"'
    return dump(value)


def _get_json_object(text: str, path: str) -> str | None:
    steps = _steps(path)
    if steps is None:
        return None
    try:
        value = _parsed(text) if len(text) < 4096 else read(text)
    except ValueError:
        return None
    found: list[str] = []
    return "".join(found) if _walk(value, steps, _RAW, found) else None


def _walk(value: Any, steps: tuple[Step, ...], style: str, found: list[str]) -> bool:
    """Add what a path leads to; whether that is anything."""
    if not steps:
        return _write(value, style, found)
    step, rest = steps[0], steps[1:]
    match value, step:
        case Pairs(), ("key", name):
            return any(_walk(item, rest, style, found) for key, item in value if key == name and item is not None)
        case Pairs(), _:
            return False
        case list(), "*item":
            return _walk_items(value, rest, style, found)
        case list(), int():
            if step >= len(value):
                return False
            return _walk(value[step], rest, _QUOTED if rest[:1] == (_ANY_ITEM,) else style, found)
    return False


def _write(value: Any, style: str, found: list[str]) -> bool:
    if style == _RAW and isinstance(value, str) and not isinstance(value, Number):
        found.append(value)
        return True
    if style == _FLAT and isinstance(value, list) and not isinstance(value, Pairs):
        return _any(_write(item, _FLAT, found) for item in value)
    found.append(json_of(value))
    return True


def _walk_items(items: list[Any], rest: tuple[Step, ...], style: str, found: list[str]) -> bool:
    inner: list[str] = []
    if rest[:1] == (_ANY_ITEM,):  # two wildcards in a row: everything in one array
        is_found = _any(_walk(item, rest[1:], _FLAT, inner) for item in items)
        found.append(f"[{','.join(inner)}]")
        return is_found
    if style == _QUOTED:
        is_found = _any(_walk(item, rest, _QUOTED, inner) for item in items)
        found.append(f"[{','.join(inner)}]")
        return is_found
    count = sum(_walk(item, rest, _FLAT if style == _FLAT else _QUOTED, inner) for item in items)
    if count:
        found.append(f"[{','.join(inner)}]" if count > 1 else ",".join(inner))
    return count > 0


def _any(matches: Iterable[bool]) -> bool:
    """Whether any is true, after all were tried."""
    return any(list(matches))


def _keys(text: str) -> list[str] | None:
    try:
        value = read(text)
    except ValueError:
        return None
    return [name for name, _ in value] if isinstance(value, Pairs) else None


def _length(text: str) -> int | None:
    try:
        value = read(text)
    except ValueError:
        return None
    return len(value) if isinstance(value, list) and not isinstance(value, Pairs) else None


def _tuple_item(text: str, name: str) -> str | None:
    """A field as `json_tuple` gives it: the last of that name."""
    try:
        value = _parsed(text) if len(text) < 4096 else read(text)
    except ValueError:
        return None
    found = [item for key, item in value if key == name] if isinstance(value, Pairs) else []
    if not found or found[-1] is None:
        return None
    item = found[-1]
    return item if isinstance(item, str) and not isinstance(item, Number) else json_of(item)


# --- for from_json ----------------------------------------------------------------------------------------------------


def _strict(text: str, flags: str) -> str | None:
    """The first value as plain JSON, the last of several fields of one name; None for what is no JSON."""
    try:
        return _plain(read(text, frozenset(flags.split(","))))
    except ValueError:
        return None


def _plain(value: Any) -> str:
    match value:
        case Pairs():
            return "{" + ",".join(f"{dump(name)}:{_plain(item)}" for name, item in dict(value).items()) + "}"
        case list():
            return f"[{','.join(map(_plain, value))}]"
        case Number():
            is_long = len(value) > 19 and re.fullmatch(r"-?\d{20,}", value)  # which DuckDB would take for a double
            return f'"{value}"' if is_long or value[-1].isalpha() else str(value)
    return dump(value)


@lru_cache(maxsize=64)
def _type(ddl: str) -> DataType:
    return parse_type(ddl)


def _fits(text: str, ddl: str, flags: str) -> bool:
    """Whether a text is JSON whose every value has the type that is asked for; times are not looked at."""
    try:
        value = read(text, frozenset(flags.split(",")))
    except ValueError:
        return False
    return value is not None and _is_of(value, _type(ddl))


def _is_of(value: Any, target: DataType) -> bool:
    if value is None:
        return True
    match target:
        case StructType():
            if not isinstance(value, Pairs):
                return False
            fields = dict(value)
            return all(_is_of(fields.get(f.name), f.type) for f in target)
        case MapType():
            return isinstance(value, Pairs) and all(_is_of(item, target.value) for _, item in value)
        case ArrayType():
            is_array = isinstance(value, list) and not isinstance(value, Pairs)
            return is_array and all(_is_of(item, target.element) for item in value)
        case DecimalType():
            return _is_decimal(value, target)
    is_number = isinstance(value, Number)
    match target.name:
        case "string" | "variant" | "date" | "timestamp" | "timestamp_ntz":
            return True
        case "boolean":
            return isinstance(value, bool)
        case "float" | "double":
            return is_number or value in ("NaN", "Infinity", "-Infinity", "+Infinity", "INF", "-INF", "+INF")
        case "binary":
            return isinstance(value, str) and not is_number
    if target.name in _BOUNDS and is_number and re.fullmatch(r"-?\d+", value):
        return -_BOUNDS[target.name] <= int(value) < _BOUNDS[target.name]
    return False


def _is_decimal(value: Any, target: DecimalType) -> bool:
    if not isinstance(value, str):
        return False
    try:
        number = decimal.Decimal(value.replace(",", ""))
        rounded = number.quantize(decimal.Decimal(1).scaleb(-target.scale), context=_CONTEXT)
    except decimal.InvalidOperation:
        return False
    return len(rounded.as_tuple().digits) <= target.precision


def _has_twice(text: str) -> bool:
    """Whether some object of valid JSON has a field twice."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) != len(pairs):
            raise KeyError

    try:
        json.loads(text, object_pairs_hook=check)
    except KeyError:
        return True
    return False


KERNELS = {
    "get_json_object": Kernel(_get_json_object, "VARCHAR, VARCHAR", "VARCHAR"),
    "json_object_keys": Kernel(_keys, "VARCHAR", "VARCHAR[]"),
    "json_array_length": Kernel(_length, "VARCHAR", "INTEGER"),
    "json_tuple_item": Kernel(_tuple_item, "VARCHAR, VARCHAR", "VARCHAR"),
    "json_strict": Kernel(_strict, "VARCHAR, VARCHAR", "VARCHAR"),
    "json_fits": Kernel(_fits, "VARCHAR, VARCHAR, VARCHAR", "BOOLEAN"),
    "json_has_twice": Kernel(_has_twice, "VARCHAR", "BOOLEAN"),
}

__all__ = ["DEFAULT_FLAGS", "KERNELS", "json_of"]
