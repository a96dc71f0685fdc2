"""How verdicts on unit tests are shown: on a terminal, as JSON, as JUnit XML. Computes nothing."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ingot.errors import IngotError, Location
from ingot.events import error_facts
from ingot.excerpts import excerpt
from ingot.terminal import Terminal
from ingot.text_width import pad, text_width
from ingot.unit_tests.bench import Mismatch, Verdict
from ingot.unit_tests.comparison import Change, Difference

_MARKS = {"passed": ("✓", "32"), "failed": ("✗", "31"), "error": ("✗", "31"), "skipped": ("–", "33")}
_SIGNS = {"missing": ("-", "31"), "unexpected": ("+", "32"), "changed": ("~", "33")}
_CELL_MAX = 40
_ROWS_MAX = 20


def show_line(verdict: Verdict, terminal: Terminal) -> None:
    """One line for one test."""
    mark, color = _MARKS[verdict.status]
    seconds = "" if verdict.status == "skipped" else terminal.color(f"  {verdict.seconds * 1000:.0f} ms", "2")
    terminal.line(f"{terminal.color(mark, color)} {verdict.test}{seconds}")


def show_failure(verdict: Verdict, root: Path, terminal: Terminal) -> None:
    """What is not as a test expects: tables of rows, or the error."""
    terminal.line()
    place = verdict.test.location.relative_to(root) if verdict.test.location else ""
    terminal.line(terminal.color(f"{verdict.status} {verdict.test}", "1;31") + terminal.color(f"  {place}", "2"))
    if verdict.error is not None:
        lines = excerpt(verdict.error, root)
        for line in _relative(verdict.error, root).render(lines).replace(f"{root}/", "").splitlines():
            terminal.line(f"  {line}")
    for mismatch in verdict.mismatches:
        terminal.line(f"  {_heading(mismatch)}")
        if mismatch.difference is not None:
            for line in difference_lines(mismatch.difference, terminal):
                terminal.line(f"  {line}")


def show_summary(verdicts: Sequence[Verdict], seconds: float, terminal: Terminal) -> None:
    """How many of each."""
    terminal.line()
    if not verdicts:
        terminal.line("no unit tests; write them in tests/*.yml below `unit_tests`, or see docs/testing.md")
        return
    counts = {status: sum(v.status == status for v in verdicts) for status in _MARKS}
    words = {"error": "in error"}
    parts = [f"{count} {words.get(status, status)}" for status, count in counts.items() if count or status == "passed"]
    terminal.line(f"{', '.join(parts)} in {seconds:.2f} s")


def _heading(mismatch: Mismatch) -> str:
    at = f"batch {mismatch.batch}: " if mismatch.batch is not None else ""
    difference = mismatch.difference
    if difference is None:
        return at + mismatch.what
    counts = {kind: sum(c.kind == kind for c in difference.changes) for kind in _SIGNS}
    same = [f"{difference.same} as expected"] if difference.same else []
    return f"{at}{mismatch.what}: " + ", ".join(same + [f"{n} {kind}" for kind, n in counts.items() if n])


# --- rows -----------------------------------------------------------------------------------------------------


def difference_lines(difference: Difference, terminal: Terminal) -> list[str]:
    """A table of the rows that differ; a changed cell shows what was expected, then what there is."""
    shown = difference.changes[:_ROWS_MAX]
    cells = [[_cell(change, index) for index in range(len(difference.columns))] for change in shown]
    widths = [
        max([text_width(name), *(text_width(row[index]) for row in cells)])
        for index, name in enumerate(difference.columns)
    ]
    header = "  ".join(pad(name, width, False) for name, width in zip(difference.columns, widths, strict=True))
    lines = [terminal.color(f"  {header}".rstrip(), "2")]
    for change, row in zip(shown, cells, strict=True):
        sign, color = _SIGNS[change.kind]
        padded = [pad(text, width, False) for text, width in zip(row, widths, strict=True)]
        if change.kind == "changed":
            padded = [terminal.color(t, color) if change.differs(i) else t for i, t in enumerate(padded)]
            lines.append(f"{terminal.color(sign, color)} {'  '.join(padded)}".rstrip())
        else:
            lines.append(terminal.color(f"{sign} {'  '.join(padded)}".rstrip(), color))
    hidden = len(difference.changes) - len(shown)
    if hidden:
        lines.append(f"  and {hidden} more")
    if any(change.kind == "changed" for change in shown):
        lines.append(terminal.color("  (expected → actual)", "2"))
    return lines


def _cell(change: Change, index: int) -> str:
    if change.expected is None:
        return _text((change.actual or ())[index])
    if change.actual is None or not change.differs(index):
        return _text(change.expected[index])
    return f"{_text(change.expected[index])} → {_text(change.actual[index])}"


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        text = value if value and value == value.strip() and value != "NULL" else f"'{value}'"
    else:
        text = plain(value) if not isinstance(value, (dict, list)) else json.dumps(value, default=plain)
        text = text if isinstance(text, str) else str(text).lower() if isinstance(text, bool) else str(text)
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return text if len(text) <= _CELL_MAX else text[: _CELL_MAX - 1] + "…"


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, datetime.datetime):
        return str(value.replace(tzinfo=None) if value.tzinfo is not None else value)
    if isinstance(value, (datetime.date, decimal.Decimal)):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


# --- for machines ------------------------------------------------------------------------------------------------


def as_json(verdicts: Sequence[Verdict], seconds: float, root: Path) -> dict[str, Any]:
    """All verdicts as plain data."""
    return {
        "passed": sum(v.status == "passed" for v in verdicts),
        "failed": sum(v.status == "failed" for v in verdicts),
        "errors": sum(v.status == "error" for v in verdicts),
        "skipped": sum(v.status == "skipped" for v in verdicts),
        "seconds": round(seconds, 3),
        "tests": [_json_of(verdict, root) for verdict in verdicts],
    }


def _json_of(verdict: Verdict, root: Path) -> dict[str, Any]:
    location = verdict.test.location.relative_to(root) if verdict.test.location else None
    return {
        "name": verdict.test.name, "model": verdict.test.model, "status": verdict.status,
        "file": location.path if location else None, "line": location.line if location else None,
        "seconds": round(verdict.seconds, 4),
        "error": error_facts(_relative(verdict.error, root)) if verdict.error else None,
        "mismatches": [_json_mismatch(mismatch) for mismatch in verdict.mismatches],
    }  # fmt: skip


def _json_mismatch(mismatch: Mismatch) -> dict[str, Any]:
    facts: dict[str, Any] = {"what": mismatch.what, "batch": mismatch.batch}
    if mismatch.difference is not None:
        columns = mismatch.difference.columns
        facts["rows"] = [
            {
                "kind": change.kind,
                "expected": None
                if change.expected is None
                else dict(zip(columns, plain(change.expected), strict=True)),
                "actual": None if change.actual is None else dict(zip(columns, plain(change.actual), strict=True)),
            }
            for change in mismatch.difference.changes
        ]
    return facts


def as_junit(verdicts: Sequence[Verdict], seconds: float, root: Path) -> str:
    """All verdicts as JUnit XML, a test case for each test, its class the tested dataset."""
    totals = {
        "tests": str(len(verdicts)), "failures": str(sum(v.status == "failed" for v in verdicts)),
        "errors": str(sum(v.status == "error" for v in verdicts)),
        "skipped": str(sum(v.status == "skipped" for v in verdicts)), "time": f"{seconds:.3f}",
    }  # fmt: skip
    suites = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "ingot", **totals})
    for verdict in verdicts:
        place = verdict.test.location.relative_to(root) if verdict.test.location else Location("")
        case = ElementTree.SubElement(
            suite, "testcase",
            {"name": verdict.test.name, "classname": verdict.test.model, "time": f"{verdict.seconds:.3f}",
             "file": place.path, "line": str(place.line or 0)},
        )  # fmt: skip
        if verdict.status == "skipped":
            ElementTree.SubElement(case, "skipped")
        elif verdict.status == "error" and verdict.error is not None:
            error = _relative(verdict.error, root)
            found = ElementTree.SubElement(case, "error", {"type": error.code, "message": _printable(error.message)})
            found.text = _printable(error.render())
        elif verdict.status == "failed":
            found = ElementTree.SubElement(case, "failure", {"message": _printable(_heading(verdict.mismatches[0]))})
            found.text = _printable(failure_text(verdict))
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def failure_text(verdict: Verdict) -> str:
    """What is not as expected, without colours."""
    import io

    terminal = Terminal(io.StringIO())
    lines: list[str] = [] if verdict.error is None else verdict.error.render().splitlines()
    for mismatch in verdict.mismatches:
        lines.append(_heading(mismatch))
        lines += difference_lines(mismatch.difference, terminal) if mismatch.difference else []
    return "\n".join(lines)


def _printable(text: str) -> str:
    """The text without what XML cannot hold."""
    return "".join(c if c in "\n\t" or c.isprintable() else "�" for c in text)


def _relative(error: IngotError, root: Path) -> IngotError:
    if error.location is not None:
        error.location = error.location.relative_to(root)
    return error
