"""Pages of dashboards as pictures: drawn by the pages' own charts in a bare V8, made PNG and PDF without a browser.

Needs the extra `ingot[export]`. Nothing is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingot.dashboards.export.modules import joined
from ingot.errors import IngotError

STATIC = Path(__file__).parents[2] / "server" / "static"
PNG_SCALE = 2.0
_MAP = "map"


@dataclass(frozen=True)
class PageContent:
    """What a picture shows: a page of a described dashboard with the answers of its visuals."""

    spec: Mapping[str, Any]
    page: Mapping[str, Any]
    answers: Mapping[str, Any]
    filters: Sequence[str] = ()  # as the reader is told of them
    as_of: str | None = None
    theme: str = "light"


def svg(content: PageContent) -> str:
    """The page as SVG.

    Raises:
        IngotError: `missing-package`.
    """
    try:
        from py_mini_racer import MiniRacer
    except ModuleNotFoundError:
        raise missing("mini-racer") from None
    asked = {
        "spec": {key: value for key, value in content.spec.items() if key != "pages"},
        "page": content.page,
        "answers": content.answers,
        "filters": list(content.filters),
        "asOf": content.as_of,
        "theme": content.theme,
    }
    has_map = any(visual["kind"] == _MAP for visual in content.page["visuals"])
    context = MiniRacer()
    try:
        context.eval((STATIC / "vendor" / "echarts" / "echarts.min.js").read_text(encoding="utf-8"))
        context.eval(joined(STATIC / "js", ["picture/page.js"]))
        world = (STATIC / "vendor" / "world" / "world.json").read_text(encoding="utf-8") if has_map else "null"
        context.eval(f"const world = {world}; if (world) echarts.registerMap('world', world);")
        drawn = context.eval(f"JSON.stringify(ingot.pagePicture({json.dumps(asked)}, {{ echarts, world }}))")
    finally:
        context.close()
    return json.loads(str(drawn))["svg"]


def png(drawing: str) -> bytes:
    """An SVG as PNG, at twice its size.

    Raises:
        IngotError: `missing-package`.
    """
    return _converter().svg_to_png(drawing, scale=PNG_SCALE)


def pdf(drawing: str) -> bytes:
    """An SVG as a PDF of one page.

    Raises:
        IngotError: `missing-package`.
    """
    return _converter().svg_to_pdf(drawing)


def _converter() -> Any:
    try:
        import vl_convert
    except ModuleNotFoundError:
        raise missing("vl-convert-python") from None
    return vl_convert


def missing(package: str) -> IngotError:
    """What is said where the extra is not installed."""
    return IngotError(
        f"pictures of dashboards need {package}, which is not installed",
        hint='pip install "ingot[export]"',
        code="missing-package",
    )
