"""A dashboard as one HTML file that works without a server: the pages' own code, and what answers are made of.

Owns the document and what may run in it. Nothing in it asks for anything elsewhere, and no text of the data can end a
script: the data is packed into base64.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingot.dashboards.answers import Answers
from ingot.dashboards.export.content import Content, ContentMaker
from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.packing import packed
from ingot.dashboards.export.pictures import STATIC

if TYPE_CHECKING:
    from ingot.dashboards.export.wish import Wish

_STYLES = (
    "tokens", "base", "dashboard", "dashboard_filters", "dashboard_visuals", "dashboard_cards", "dashboard_tables",
    "dashboard_small",
)  # fmt: skip
_OWN_STYLE = ".file-notes { max-width: 1480px; margin: 0 auto; padding: 0 24px 24px; }\n"


@dataclass(frozen=True)
class Made:
    """The file's text, and what is to be said about it."""

    text: str
    notes: Sequence[str]


def html_page(
    answers: Answers,
    spec: Mapping[str, Any],
    given: Sequence[Mapping[str, Any]],
    wish: Wish,
    tell: Callable[[str], None] = lambda _text: None,
) -> Made:
    """The dashboard as one file.

    Raises:
        IngotError: what is wrong with the page or the filters.
    """
    room = int(wish.megabytes_max * 1_000_000)
    content = ContentMaker(answers, spec, given, wish.page, room, tell).content()
    return Made(_document(content), content.notes)


def _document(content: Content) -> str:
    kinds = {visual["kind"] for page in content.spec["pages"] for visual in page["visuals"]}
    world = json.loads(_static("vendor/world/world.json")) if "map" in kinds else None
    style = "".join(_static(f"css/{name}.css") for name in _STYLES) + _OWN_STYLE
    theme, charts = _static("js/theme.js"), _static("vendor/echarts/echarts.min.js")
    pages = joined(STATIC / "js", ["file/main.js"]) + "ingot.startFile();\n"
    scripts = [_safe(text) for text in (theme, charts, pages)]
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_digest, scripts))}; style-src {_digest(style)};"
        " img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    title = html.escape(content.spec["title"])
    icon = "data:image/svg+xml;base64," + base64.b64encode(_static("icon.svg").encode()).decode()
    return f"""<!doctype html>
<html lang="{html.escape(content.spec.get("locale") or "en")}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="{icon}">
<script>{scripts[0]}</script>
<style>{style}</style>
</head>
<body>
<header class="topbar">
<span class="brand"><img src="{icon}" alt="" width="24" height="24"></span>
<div class="topbar-title"><h1 id="dashboard-title">{title}</h1></div>
<div class="topbar-tools" id="tools"></div>
</header>
<main id="main" class="dashboard" tabindex="-1"></main>
<script type="text/plain" id="file">{packed(content, world)}</script>
<script>{scripts[1]}</script>
<script>{scripts[2]}</script>
</body>
</html>
"""


def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _safe(script: str) -> str:
    """A script that no text within can end."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
