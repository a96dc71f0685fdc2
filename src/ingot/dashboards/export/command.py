"""`ingot dashboard export`: writes the file that was wished for, and says what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ingot.dashboards.answers import Answers
from ingot.dashboards.export.wish import Wish, chosen, page_filters, page_of
from ingot.engine import Engine
from ingot.model import Project
from ingot.terminal import Terminal


def export(project: Project, engine: Engine, wish: Wish, terminal: Terminal) -> int:
    """Write the file and say what is in it; returns the exit code: 1 if a visual could not be shown.

    Raises:
        IngotError: what is wrong with the wish or with the dashboard; `missing-package`.
    """
    answers = Answers(project, engine)
    try:
        spec = answers.dashboard(wish.name)
        if wish.format == "html":
            from ingot.dashboards.export.html import html_page

            pages = [page_of(spec, wish.page, wish.name, answers)] if wish.page else spec["pages"]
            progress = _Progress(terminal)
            made = html_page(answers, spec, chosen(wish.filters), wish, progress.tell)
            progress.finish()
            target = wish.output or Path(f"{wish.name}.html")
            _written(target, made.text.encode(), terminal)
            for note in made.notes:
                terminal.line(note)
            return _tell_broken(_broken_parts(pages), terminal)
        return _picture(answers, spec, wish, terminal)
    finally:
        answers.close()


def _picture(answers: Answers, spec: Mapping[str, Any], wish: Wish, terminal: Terminal) -> int:
    from ingot.dashboards.export import pictures

    page = page_of(spec, wish.page, wish.name, answers)
    filters = page_filters(page, chosen(wish.filters))
    found = answers.data(wish.name, {"page": page["name"], "filters": filters})
    told = [f"{_label(page, one['field'])}: {_values(one)}" for one in filters]
    drawing = pictures.svg(pictures.PageContent(spec, page, found["visuals"], told, found["as_of"], wish.theme))
    made = {"svg": str.encode, "png": pictures.png, "pdf": pictures.pdf}[wish.format](drawing)
    _written(wish.output or Path(f"{wish.name}-{page['name']}.{wish.format}"), made, terminal)
    broken = {name: answer["error"] for name, answer in found["visuals"].items() if "error" in answer}
    return _tell_broken(broken, terminal)


def _broken_parts(pages: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """What is wrong with visuals and slicers by their definitions and the tables that there are."""
    parts = [part for page in pages for part in (*page["slicers"], *page["visuals"])]
    return {part["id"]: part["error"] for part in parts if part.get("error")}


def _tell_broken(broken: Mapping[str, Mapping[str, Any]], terminal: Terminal) -> int:
    for name, error in broken.items():
        terminal.line(f"{name} shows an error: {error['message']}")
    return 1 if broken else 0


def _label(page: Mapping[str, Any], field: str) -> str:
    return next((s["label"] for s in page["slicers"] if s["field"].lower() == field.lower()), field)


def _values(one: Mapping[str, Any]) -> str:
    texts = ["(blank)" if value is None else str(value) for value in one["values"]]
    if one["op"] == "between":
        return " to ".join(texts)
    return ("last " if one["op"] == "last" else "") + (" " if one["op"] == "last" else ", ").join(texts)


class _Progress:
    """What is being computed, in one line of a terminal that comes and goes; nothing elsewhere."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal

    def tell(self, text: str) -> None:
        if self._terminal.is_live:
            print(
                f"\r\x1b[K{self._terminal.color(f'computing {text}'[:78], '2')}",
                end="",
                file=self._terminal.stream,
                flush=True,
            )

    def finish(self) -> None:
        if self._terminal.is_live:
            print("\r\x1b[K", end="", file=self._terminal.stream, flush=True)


def _written(target: Path, content: bytes, terminal: Terminal) -> None:
    target.write_bytes(content)
    terminal.line(f"{target}: {len(content) / 1000:,.0f} kB")
