"""What each kind of visual takes: its channels and its options. Data, and no decisions about queries or looks."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingot.dashboards.model import Role

BOOLEAN, NUMBER, COLORS = "boolean", "number", "colors"
Option = str | tuple[str, ...]  # a type, or the texts to choose from


@dataclass(frozen=True)
class Channel:
    """What one channel takes: so many members of a role; None for either."""

    role: Role | None
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True)
class Kind:
    """One kind of visual. `main` is the dimension along which top N and drilling go; None for kinds without one."""

    channels: dict[str, Channel]
    options: dict[str, Option] = field(default_factory=dict)
    main: str | None = None
    width: int = 6
    height: int = 4
    is_in_order: bool = False  # rows stand in the order of the main dimension, not of their values


_LEGEND: Option = ("top", "right", "bottom", "none")
_DIMENSION, _MEASURE = Channel(Role.DIMENSION), Channel(Role.MEASURE)
_MAYBE_DIMENSION, _MAYBE_MEASURE = Channel(Role.DIMENSION, least=0), Channel(Role.MEASURE, least=0)
_MEASURES, _DIMENSIONS = Channel(Role.MEASURE, most=None), Channel(Role.DIMENSION, most=None)

_AXES: dict[str, Option] = {
    "labels": BOOLEAN, "legend": _LEGEND, "minimum": NUMBER, "maximum": NUMBER, "log": BOOLEAN, "zoom": BOOLEAN,
    "colors": COLORS,
}  # fmt: skip
_STACKED: dict[str, Option] = {**_AXES, "stack": BOOLEAN, "percent": BOOLEAN}
_LINES: dict[str, Option] = {**_STACKED, "smooth": BOOLEAN, "points": BOOLEAN}
_SERIES = {"category": _DIMENSION, "value": _MEASURES, "series": _MAYBE_DIMENSION}
_PARTS = {"category": _DIMENSION, "value": _MEASURE}
_PARTS_OPTIONS: dict[str, Option] = {"labels": BOOLEAN, "legend": _LEGEND, "colors": COLORS}

KINDS: dict[str, Kind] = {
    "card": Kind(
        {"value": _MEASURE, "trend": _MAYBE_DIMENSION}, {"good": ("up", "down", "none")}, width=3, height=2
    ),
    "bar": Kind(_SERIES, _STACKED, main="category"),
    "column": Kind(_SERIES, _STACKED, main="category"),
    "line": Kind(_SERIES, _LINES, main="category", is_in_order=True),
    "area": Kind(_SERIES, _LINES, main="category", is_in_order=True),
    "combo": Kind(
        {"category": _DIMENSION, "columns": _MEASURES, "lines": _MEASURES}, _LINES, main="category", is_in_order=True
    ),
    "donut": Kind(_PARTS, _PARTS_OPTIONS, main="category", width=4),
    "treemap": Kind(_PARTS, _PARTS_OPTIONS, main="category"),
    "funnel": Kind(_PARTS, _PARTS_OPTIONS, main="category", width=4),
    "scatter": Kind(
        {"x": _MEASURE, "y": _MEASURE, "size": _MAYBE_MEASURE, "label": _MAYBE_DIMENSION, "series": _MAYBE_DIMENSION},
        _AXES,
        main="label",
    ),
    "heatmap": Kind({"x": _DIMENSION, "y": _DIMENSION, "value": _MEASURE}, {"labels": BOOLEAN}, is_in_order=True),
    "map": Kind({"country": _DIMENSION, "value": _MEASURE}, {"labels": BOOLEAN}, main="country", height=5),
    "gauge": Kind(
        {"value": _MEASURE, "target": _MAYBE_MEASURE, "max": _MAYBE_MEASURE}, {"minimum": NUMBER}, width=3, height=3
    ),
    "sankey": Kind({"source": _DIMENSION, "target": _DIMENSION, "value": _MEASURE}, {"labels": BOOLEAN}, height=5),
    "table": Kind({"columns": Channel(None, most=None)}, {"totals": BOOLEAN}, width=12, height=5),
    "matrix": Kind(
        {"rows": _DIMENSIONS, "columns": Channel(Role.DIMENSION, least=0, most=None), "values": _MEASURES},
        {"totals": BOOLEAN},
        width=12,
        height=5,
        is_in_order=True,
    ),
}  # fmt: skip

# Kinds that are another one with an option set.
SPELLINGS: dict[str, tuple[str, dict[str, bool]]] = {"stacked": ("column", {"stack": True})}

# How a channel may also be spelled: one value and several are the same channel.
OTHER_SPELLING = {"value": "values", "values": "value"}
