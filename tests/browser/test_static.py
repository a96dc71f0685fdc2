"""The files of the pages, looked at without a browser: what came from elsewhere, colours, and the charts' modules."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import ingot

STATIC = Path(ingot.__file__).parent / "server" / "static"
TEMPLATES = STATIC.with_name("templates")
CHARTS = sorted((STATIC / "js" / "charts").glob("*.js"))
PURE = [STATIC / "js" / "format.js", *CHARTS]


def test_files_from_elsewhere_are_those_that_are_named() -> None:
    text = (STATIC / "vendor" / "README.md").read_text()
    sums = re.findall(r"^ {4}([0-9a-f]{64})  (\S+)$", text, re.MULTILINE)
    shipped = {path.relative_to(STATIC / "vendor").as_posix() for path in (STATIC / "vendor").rglob("*.js*")}
    assert shipped <= {name for _, name in sums}
    for wanted, name in sums:
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == wanted, name
        assert (STATIC / "vendor" / name).with_name("LICENSE").is_file()


def themes() -> dict[str, dict[str, str]]:
    text = (STATIC / "css" / "tokens.css").read_text()
    blocks = re.findall(r'data-theme="(light|dark)"\] \{(.*?)\n\}', text, re.DOTALL)
    return {theme: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for theme, block in blocks}


def brightness(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_are_read_on_every_surface_and_marks_are_seen(theme: str) -> None:
    colors = themes()[theme]
    for text in ("text", "text-2", "text-3", "accent", "positive", "negative", "warning"):
        for surface in ("bg", "surface", "surface-2"):
            assert contrast(colors[text], colors[surface]) >= 4.5, (text, surface)
    assert contrast(colors["on-accent"], colors["accent"]) >= 4.5
    for number in range(1, 9):
        assert contrast(colors[f"series-{number}"], colors["surface"]) >= 3, number


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_have_the_colours_of_the_pages(theme: str) -> None:
    text = (STATIC / "js" / "charts" / "look.js").read_text()
    block = re.search(rf"const {theme.upper()} = \{{(.*?)\n\}};", text, re.DOTALL)
    assert block is not None
    colors = themes()[theme]
    named = dict(re.findall(r'"?([\w-]+)"?: "(#[0-9a-f]{6})"', block[1]))
    assert named == {name: colors[name] for name in named}
    palette = re.search(r"palette: \[(.*?)\]", block[1])
    assert palette is not None
    assert re.findall(r"#[0-9a-f]{6}", palette[1]) == [colors[f"series-{number}"] for number in range(1, 9)]


def test_modules_of_charts_touch_no_document_and_can_stand_in_one_file() -> None:
    """Pictures are made in a bare V8: there the modules are joined, without imports, so names must not meet."""
    seen: dict[str, str] = {}
    for path in PURE:
        text = path.read_text()
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
        assert not re.search(r"\b(document|window|fetch|localStorage)\b\s*[.(]", code), path.name
        for line in re.findall(r"^import [^;]*;$", text, re.MULTILINE):
            assert re.fullmatch(r'import \{\s[\w,\s]+\s\} from "\.{1,2}/[\w/]+\.js";', line), line
        for name in re.findall(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", code, re.MULTILINE):
            assert name not in seen, f"{name} stands in {seen[name]} and in {path.name}"
            seen[name] = path.name


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    root = STATIC / "js"
    reads = {
        path: [
            (path.parent / name).resolve()
            for name in re.findall(r'^(?:import|export) [^;]*"(\.[^"]+)";$', path.read_text(), re.MULTILINE)
        ]
        for path in root.rglob("*.js")
    }
    assert sum(map(len, reads.values())) > 100
    left = dict(reads)
    while free := [path for path, names in left.items() if not any(name in left for name in names)]:
        for path in free:
            del left[path]
    assert not left, sorted(path.relative_to(root).as_posix() for path in left)


def test_pages_hold_no_inline_scripts_and_no_inline_styles() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style|javascript:", text), path.name


def test_scripts_take_text_as_text() -> None:
    """No module makes nodes from markup, or code from text."""
    for path in (STATIC / "js").rglob("*.js"):
        code = path.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), (
            path.name
        )
