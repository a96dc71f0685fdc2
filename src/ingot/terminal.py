"""What a terminal shows: progress of an update, tables of rows, errors. Renders, computes nothing."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from ingot.errors import IngotError
from ingot.events import Event
from ingot.text_width import pad, text_width

_MARKS = {"COMPLETED": "✓", "FAILED": "✗", "SKIPPED": "–", "RUNNING": "›", "EXCLUDED": "·", "QUEUED": " "}
_COLORS = {"COMPLETED": "32", "FAILED": "31", "SKIPPED": "33", "RUNNING": "36", "EXCLUDED": "2", "QUEUED": "2"}


class Terminal:
    """A stream that may be a terminal: colour and live lines only where they work (`NO_COLOR` is honoured)."""

    def __init__(self, stream: TextIO | None = None):
        self.stream = stream or sys.stdout
        self.is_live = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.has_color = self.is_live and "NO_COLOR" not in os.environ

    def line(self, text: str = "") -> None:
        """Print a line, without the secrets that were given out."""
        secrets = sys.modules.get("ingot.secrets")  # not loaded: none was
        print(secrets.redacted(text) if secrets is not None else text, file=self.stream, flush=True)

    def color(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_color else text

    def error(self, error: IngotError, root: Path | None = None) -> None:
        """Show an error with the line of the user's file; paths below `root`, or the current folder, are relative."""
        from ingot.excerpts import excerpt
        from ingot.secrets import redacted

        folder = root or _current_folder()
        lines = excerpt(error, folder)
        if error.location is not None:
            error.location = error.location.relative_to(folder)
        _forget_shown_frame(error, lines)
        text = error.render(lines).replace(f"{folder}/", "") if len(folder.parts) > 1 else error.render(lines)
        first, *rest = redacted(text).split("\n")
        head, _, message = first.partition(":")
        self.line(self.color(head, "1;31") + ":" + self.color(message, "1"))
        for line in rest:
            self.line(self._colored(line, line in lines))

    def _colored(self, line: str, is_excerpt: bool) -> str:
        if is_excerpt:
            gutter, bar, text = line.partition("│")
            is_mark = text.strip() != "" and not text.strip().strip("^")
            return self.color(gutter + bar, "2") + (self.color(text, "1;31") if is_mark else text)
        return self.color("  hint:", "36") + line.removeprefix("  hint:") if line.startswith("  hint:") else line


class Progress:
    """One line for each flow and source: state, rows in, written, dropped, seconds. A listener of events."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal
        self._rows: dict[str, dict[str, Any]] = {}
        self._drawn = 0
        self._last_drawn = 0.0
        self._is_headed = False
        self._widest = 24

    def __call__(self, event: Event) -> None:
        if event.event_type == "flow_progress" and event.dataset is not None:
            self._note(event.dataset.short, event.details)
        elif event.event_type == "source_progress" and event.level == "WARN":
            self._above(self._terminal.color(f"note: {event.message}", "2"))
        elif event.event_type == "source_progress":
            self._note(f"source {event.flow}", _source_columns(event))
        elif event.event_type == "dataset_definition" and event.dataset is not None:
            self._widest = max(self._widest, len(event.dataset.short))
        elif event.event_type == "landing_retention" or (
            event.event_type == "flow_definition" and event.level == "WARN"
        ):
            self._above(self._terminal.color(f"note: {event.message}", "2"))

    def finish(self) -> None:
        """Draw the last state."""
        if self._terminal.is_live:
            self._draw(force=True)

    def _note(self, name: str, details: Any) -> None:
        known = self._rows.get(name, {})
        is_final = details["status"] not in ("RUNNING", "QUEUED")
        self._rows[name] = {**known, **_columns(details)}
        if self._terminal.is_live:
            self._draw(force=is_final)
        elif is_final:
            if self._has_numbers:
                self._head()
            for line in self._lines(name):
                self._terminal.line(line)

    def _above(self, text: str) -> None:
        self._erase()
        self._terminal.line(text)
        if self._terminal.is_live:
            self._draw(force=True)

    def _head(self) -> None:
        if not self._is_headed:
            self._is_headed = True
            self._terminal.line(self._terminal.color(self._header(), "2"))

    def _draw(self, force: bool) -> None:
        if not force and time.monotonic() - self._last_drawn < 0.1:
            return
        self._erase()
        header = [self._terminal.color(self._header(), "2")] if self._has_numbers else []
        height = max(shutil.get_terminal_size().lines - 2, 4)
        lines = [*header, *[line for name in self._rows for line in self._lines(name)][-height:]]
        self._terminal.stream.write("\n".join(lines) + "\n")
        self._terminal.stream.flush()
        self._drawn = len(lines)
        self._last_drawn = time.monotonic()

    def _erase(self) -> None:
        if self._drawn:
            self._terminal.stream.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0

    @property
    def _has_numbers(self) -> bool:
        """Whether there are flows: a source has a text instead."""
        return any("text" not in row for row in self._rows.values())

    def _width(self) -> int:
        return max([self._widest, *(len(name) for name in self._rows)])

    def _header(self) -> str:
        return f"  {'':{self._width()}}  {'rows in':>12} {'written':>12} {'dropped':>9} {'seconds':>8}"

    def _format(self, name: str) -> str:
        row = self._rows[name]
        status = row["status"]
        mark = self._terminal.color(_MARKS.get(status, " "), _COLORS.get(status, "0"))
        if "text" in row:
            return f"{mark} {name:{self._width()}}  {row['text']}"
        numbers = (
            f"{_count(row.get('in')):>12} {_count(row.get('written')):>12} "
            f"{_count(row.get('dropped')):>9} {_seconds(row.get('seconds')):>8}"
        )
        note = row.get("note") or ""
        return f"{mark} {name:{self._width()}}  {numbers}  {self._terminal.color(note, '2')}".rstrip()

    def _lines(self, name: str) -> list[str]:
        """What is shown of a flow: its line, and below it the rules that only warn and were broken."""
        warned = ", ".join(self._rows[name].get("warned", ()))
        width = shutil.get_terminal_size().columns - 5 if self._terminal.is_live else len(warned)
        cut = warned if len(warned) <= width else f"{warned[: max(width - 1, 0)]}…"  # what wraps cannot be drawn over
        return [self._format(name), *([f"    {self._terminal.color(cut, '33')}"] if cut else [])]


def _columns(details: Any) -> dict[str, Any]:
    if "text" in details:
        return dict(details)
    columns: dict[str, Any] = {"status": details["status"]}
    metrics = details.get("metrics")
    if metrics:
        columns.update(written=metrics["num_output_rows"])
        columns["in"] = metrics["num_input_rows"]
        columns["seconds"] = metrics["seconds"]
        quality = details.get("data_quality", {})
        columns["dropped"] = quality.get("dropped_records", 0)
        columns["warned"] = [_broken(rule) for rule in quality.get("expectations", ()) if _is_warning(rule)]
    technique = details.get("technique", "")
    if details["status"] in ("FAILED", "SKIPPED"):
        columns["note"] = details["status"].lower()
    elif technique in ("no_change", "excluded") or technique:
        columns["note"] = technique.replace("_", " ")
    return columns


def _is_warning(rule: Mapping[str, Any]) -> bool:
    """Whether rows were kept that broke a rule: the others are counted as dropped, or fail the update."""
    return rule.get("action") == "warn" and rule["failed_records"] > 0


def _broken(rule: Mapping[str, Any]) -> str:
    passed, failed = rule["passed_records"], rule["failed_records"]
    return f"{rule['name']}: {failed:,} of {passed + failed:,} broke it"


def _source_columns(event: Event) -> dict[str, Any]:
    details = event.details
    text = event.message.split(": ", 1)[-1]
    if details["status"] == "RUNNING" and details.get("bytes"):
        total = f" of {size(details['total'])}" if details.get("total") else ""
        rate = f", {size(details['bytes_per_second'])}/s" if details.get("bytes_per_second") else ""
        text = f"{details['file']}  {size(details['bytes'])}{total}{rate}"
    elif details["status"] == "COMPLETED":
        text = f"{details['landed']} landed, {details['unchanged']} unchanged, {size(details['bytes'])}"
    return {"status": details["status"], "text": text}


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def size(count: int) -> str:
    """Bytes for people.

    >>> size(1536)
    '1.5 KiB'
    """
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    numeric: Sequence[bool] = (),
    cell_max: int | None = None,
) -> list[str]:
    """Rows as aligned text; null is shown as NULL, numbers to the right, cells cut after `cell_max` characters.

    >>> print("\\n".join(table(["a", "n"], [["x", 1], [None, 20]], [False, True])))
    a       n
    ────  ───
    x       1
    NULL   20
    """
    texts = [[_cell(value, cell_max) for value in row] for row in rows]
    right = list(numeric) or [False] * len(columns)
    widths = [max([text_width(name), 3, *(text_width(row[i]) for row in texts)]) for i, name in enumerate(columns)]
    lines = ["  ".join(pad(name, w, r) for name, w, r in zip(columns, widths, right, strict=True)).rstrip()]
    lines.append("  ".join("─" * width for width in widths))
    lines.extend(
        "  ".join(pad(text, w, r) for text, w, r in zip(row, widths, right, strict=True)).rstrip() for row in texts
    )
    return lines


def _cell(value: Any, cell_max: int | None) -> str:
    text = _value(value)
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return text if cell_max is None or len(text) <= cell_max else text[: cell_max - 1] + "…"


def _value(value: Any) -> str:
    """A value as people read it; what structs, maps and arrays hold, too."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case bytes():
            return value.hex()
        case dict():
            return "{" + ", ".join(f"{_value(key)}: {_value(inner)}" for key, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return str(value)


def _forget_shown_frame(error: IngotError, lines: Sequence[str]) -> None:
    """The last frame of a traceback is the line that is shown."""
    notes: list[str] = getattr(error, "__notes__", [])
    if lines and notes and notes[-1].partition(" in ")[0].endswith(str(error.location)):
        notes.pop()


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:  # it was deleted
        return Path("/")
