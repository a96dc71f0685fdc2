"""Flows that are defined in Python by a function: what builds their query later, and the text that tells a changed one.

Never calls the function: that is for `building`.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

from ingot.definitions.defining.registering import NOWHERE, configuration, failed, is_repeated, table_name
from ingot.definitions.loading import Load, current
from ingot.errors import IngotError, Location
from ingot.model import Flow, Query


def add_append_flow(
    function: Any,
    target: str,
    name: str | None,
    is_once: bool,
    spark_conf: Mapping[str, Any] | None,
    place: Location | None,
) -> None:
    """Register a flow into a streaming table."""
    load = current.get()
    if load is None:
        return
    place = place or NOWHERE
    try:
        table = table_name(load, target, place)
        flow = name or function.__name__
        if is_repeated(load, f"{table}/{flow}", place):
            return
        build = query_builder(load, function, place)
        text = source_text(function)
        load.registry.add_flow(Flow(flow, table, build, place, text, is_once, configuration(load, spark_conf)))
    except IngotError as error:
        failed(error.at(place), target)


def query_builder(load: Load, function: Callable[..., Any], place: Location) -> Callable[[], Query]:
    """What gives the function's query later, in the world of this file."""
    world = load.defaults, load.file, load.configuration

    def build() -> Query:
        from ingot.definitions.building import build_query

        return build_query(load, function, place, world)

    return build


def snapshot_builder(load: Load, function: Callable[..., Any], place: Location) -> Callable[[], Query]:
    """What gives the query of the next snapshot later, in the world of this file."""
    world = load.defaults, load.file, load.configuration

    def build() -> Query:
        from ingot.definitions.building import build_snapshot

        return build_snapshot(load, function, place, world)

    return build


def source_text(function: Callable[..., Any]) -> str:
    """The function as it is written, and the values that it takes from a factory around it."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    lines = _source_lines(code) if code else []
    cells = [
        cell.cell_contents for cell in getattr(function, "__closure__", None) or () if cell.cell_contents is not None
    ]
    plain = [repr(value) for value in cells if isinstance(value, str | int | float | bool | tuple | list | dict)]
    return "\n".join(["".join(lines) or getattr(function, "__qualname__", ""), *plain])


def _source_lines(code: CodeType) -> list[str]:
    """The lines that a function was compiled from, decorators too (`inspect.getsource` reads them token by token)."""
    return linecache.getlines(code.co_filename)[code.co_firstlineno - 1 : _last_line(code)]


def _last_line(code: CodeType) -> int:
    inner = [_last_line(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return max([code.co_firstlineno, *inner, *(end for _, end, _, _ in code.co_positions() if end)])
