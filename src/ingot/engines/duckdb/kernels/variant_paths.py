"""Paths into variants: taking values out, and copies with values put in, replaced or left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ingot.engines.duckdb.kernels import Kernel
from ingot.engines.duckdb.kernels.variants import dump, in_order, load

Step = str | int

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\['([^'?]+)'\]|\[\"([^\"?]+)\"\]")
_FORM = "a path begins with '$' and goes on with .name, ['name'] or [0]"
_POSITION_MAX = 2**31 - 1
_ITEMS_MAX = 2**27 // 5  # Spark's variants have at most 128 MiB, and a null in an array takes five bytes of them


class _Unfit(Exception):
    """The path does not fit the value."""


class _Refused(ValueError):
    """The path is one, but this value cannot be changed there: `try_…` gives NULL."""


@lru_cache(maxsize=1024)
def steps_of(path: str) -> tuple[Step, ...]:
    """Read a path; object keys are text, positions are numbers.

    Raises:
        ValueError: `INVALID_VARIANT_GET_PATH`.
    """
    found: list[Step] = []
    at = 1
    while path[:1] == "$" and at < len(path):
        match = _STEP.match(path, at)
        if match is None or (match[2] and int(match[2]) > _POSITION_MAX):
            break
        found.append(int(match[2]) if match[2] else match[1] or match[3] or match[4])
        at = match.end()
    if path[:1] != "$" or at < len(path):
        raise ValueError(f"INVALID_VARIANT_GET_PATH: {path!r} is no path: {_FORM}")
    return tuple(found)


def _has(value: Any, step: Step) -> bool:
    if isinstance(step, str):
        return isinstance(value, dict) and step in value
    return isinstance(value, list) and step < len(value)


def _get(text: str, path: str) -> str | None:
    value = load(text)
    for step in steps_of(path):
        if not _has(value, step):
            return None
        value = value[step]
    return dump(value)


# --- copies that differ -----------------------------------------------------------------------------------------------


def _changed(value: Any, steps: tuple[Any, ...], change: Callable[[Any, Step], Any], makes: bool) -> Any:
    """A copy of the value in which `change` was applied to what holds the last step.

    `makes` what is missing on the way; without it the value stays as it is there.
    """
    first, rest = steps[0], steps[1:]
    if not _holds(value, first):
        raise _Unfit
    if not rest:
        return change(value, first)
    is_there = _has(value, first)
    if not is_there and not makes:
        return value
    inner = value[first] if is_there else ({} if isinstance(rest[0], str) else [])
    return _with(value, first, _changed(inner, rest, change, makes))


def _holds(value: Any, step: Step) -> bool:
    return isinstance(value, dict if isinstance(step, str) else list)


def _with(value: Any, step: Step, item: Any) -> Any:
    if isinstance(step, str):
        return {**value, step: item}
    if step >= _ITEMS_MAX:
        raise _Refused(f"VARIANT_SIZE_LIMIT: an array with an item {step} is more than the 128 MiB of a variant")
    padded = [*value, *[None] * (step + 1 - len(value))]
    padded[step] = item
    return padded


def _inner_steps(path: str, name: str) -> tuple[Step, ...]:
    steps = steps_of(path)
    if not steps:
        raise ValueError(f"INVALID_VARIANT_PATH: {name} takes a path to something inside the value, not '$'")
    return steps


def _edited(text: str, path: str, change: Callable[[Any, Step], Any], makes: bool, name: str) -> str:
    steps = _inner_steps(path, name)
    try:
        return dump(_changed(load(text), steps, change, makes))
    except _Unfit as error:
        raise _Refused(f"VARIANT_PATH_TYPE_MISMATCH: the path {path!r} of {name} leads elsewhere in a value") from error


def _insert(text: str, path: str, item: str) -> str:
    def change(value: Any, step: Step) -> Any:
        if isinstance(step, int):
            if step >= len(value):
                return _with(value, step, load(item))
            return [*value[:step], load(item), *value[step:]]
        if step in value:
            raise _Refused(f"VARIANT_DUPLICATE_KEY: the object has the key {step!r} already; use variant_set")
        return {**value, step: load(item)}

    return _edited(text, path, change, True, "variant_insert")


def _set(text: str, path: str, item: str, makes: bool) -> str:
    def change(value: Any, step: Step) -> Any:
        is_there = step in value if isinstance(step, str) else step < len(value)
        return _with(value, step, load(item)) if is_there or makes else value

    return _edited(text, path, change, makes, "variant_set")


def _delete(text: str, path: str) -> str:
    def change(value: Any, step: Step) -> Any:
        if isinstance(step, str):
            return {key: item for key, item in value.items() if key != step}
        return [*value[:step], *value[step + 1 :]]

    steps = _inner_steps(path, "variant_delete")
    try:
        return dump(_changed(load(text), steps, change, False))
    except _Unfit:  # what is not there need not be deleted
        return text


def _append(text: str, path: str, item: str) -> str:
    value = load(text)
    steps = steps_of(path)
    if not steps:
        if isinstance(value, list):
            return dump([*value, load(item)])
        raise _Refused("VARIANT_PATH_TYPE_MISMATCH: variant_array_append takes an array")

    def change(holder: Any, step: Step) -> Any:
        if not (step in holder if isinstance(step, str) else step < len(holder)):
            return holder
        if not isinstance(holder[step], list):
            raise _Unfit
        return _with(holder, step, [*holder[step], load(item)])

    return _edited(text, path, change, False, "variant_array_append")


def _strip(value: Any, from_arrays: bool) -> Any:
    match value:
        case dict():
            return {key: _strip(item, from_arrays) for key, item in value.items() if item is not None}
        case list():
            return [_strip(item, from_arrays) for item in value if item is not None or not from_arrays]
    return value


def _trying(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except _Refused:
            return None

    return call


def _exploded(text: str) -> list[dict[str, Any]]:
    """The rows of `variant_explode`; none for what is neither an array nor an object."""
    match load(text):
        case list() as items:
            return [{"pos": at, "key": None, "value": dump(item)} for at, item in enumerate(items)]
        case dict() as fields:
            return [{"pos": at, "key": key, "value": dump(item)} for at, (key, item) in enumerate(in_order(fields))]
    return []


_TWO, _THREE = "VARCHAR, VARCHAR", "VARCHAR, VARCHAR, VARCHAR"

KERNELS = {
    "variant_get": Kernel(_get, _TWO, "VARCHAR"),
    "variant_insert": Kernel(_insert, _THREE, "VARCHAR"),
    "try_variant_insert": Kernel(_trying(_insert), _THREE, "VARCHAR"),
    "variant_set": Kernel(_set, f"{_THREE}, BOOLEAN", "VARCHAR"),
    "try_variant_set": Kernel(_trying(_set), f"{_THREE}, BOOLEAN", "VARCHAR"),
    "variant_delete": Kernel(_delete, _TWO, "VARCHAR"),
    "variant_array_append": Kernel(_append, _THREE, "VARCHAR"),
    "try_variant_array_append": Kernel(_trying(_append), _THREE, "VARCHAR"),
    "variant_strip_nulls": Kernel(lambda text, arrays: dump(_strip(load(text), arrays)), "VARCHAR, BOOLEAN", "VARCHAR"),
    "variant_explode": Kernel(_exploded, "VARCHAR", "STRUCT(pos INTEGER, key VARCHAR, value VARCHAR)[]"),
}
