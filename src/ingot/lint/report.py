"""What lint reports, for people, for programs and for GitHub. Renders; finds nothing."""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from ingot.errors import Location
from ingot.lint.finding import Finding, Unchecked, differs, fails
from ingot.lint.rule import NO
from ingot.terminal import Terminal

_LINE_MAX = 96


@dataclass(frozen=True)
class Report:
    """The findings of one project, sorted by file and line, for the targets that were asked for."""

    root: Path
    targets: tuple[str, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    files: int

    def runs(self, target: str) -> bool:
        """Whether nothing was found that keeps the project from running there."""
        return not any(fails(finding, target) for finding in self.findings)

    def counts(self, target: str) -> tuple[int, int]:
        """How many findings do not run there, and how many mean something else."""
        return (
            sum(fails(finding, target) for finding in self.findings),
            sum(differs(finding, target) for finding in self.findings),
        )

    def to_json(self) -> dict[str, Any]:
        """The stable form: `targets`, `findings`, `unchecked`."""
        return {
            "targets": {
                target: {"runs": self.runs(target), "fails": self.counts(target)[0], "differs": self.counts(target)[1]}
                for target in self.targets
            },
            "findings": [finding.to_json(self.root) for finding in self.findings],
            "unchecked": [
                {
                    "what": entry.what,
                    "reason": entry.reason,
                    "file": entry.location.relative_to(self.root).path,
                    "line": entry.location.line,
                }
                for entry in self.unchecked
            ],
        }


def show(report: Report, terminal: Terminal) -> None:
    """The report for people: by file, each construct once with all its lines, then a line for each target."""
    for path, of_file in groupby(report.findings, key=lambda finding: finding.location.path):
        terminal.line(terminal.color(_shown(Location(path), report.root), "1"))
        for finding, lines in _once(list(of_file)):
            _show_finding(finding, lines, terminal)
        terminal.line()
    for entry in report.unchecked:
        place = entry.location.relative_to(report.root)
        reason = entry.reason.replace(f"{report.root}/", "")
        terminal.line(terminal.color(f"not checked: {entry.what}: {reason} ({place})", "2"))
    if report.unchecked:
        terminal.line()
    width = max(map(len, report.targets))
    for target in report.targets:
        terminal.line(_summary(report, target, width, terminal))


def _show_finding(finding: Finding, lines: list[int], terminal: Terminal) -> None:
    place = finding.location
    number = f"{place.line or '':>5}"
    source = linecache.getline(place.path, place.line).strip() if place.line else ""
    if source:
        terminal.line(f"{number}  {source[:_LINE_MAX]}")
    terminal.line(f"       {finding.message} {terminal.color(f'[{finding.code}]', '2')}")
    refusing = [target for target, verdict in finding.verdicts.items() if verdict == NO]
    if refusing:
        terminal.line(f"       {terminal.color('✗', '31')} does not run on {', '.join(refusing)}")
    for target, verdict in finding.verdicts.items():
        if verdict != NO:
            terminal.line(f"       {terminal.color('~', '33')} {target}: {verdict}")
    if finding.portable:
        terminal.line(f"       → {finding.portable}")
    if lines:
        terminal.line(terminal.color(f"       also in line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}", "2"))


def _once(findings: Sequence[Finding]) -> Iterator[tuple[Finding, list[int]]]:
    """Each construct of a file with the other lines where the same is said."""
    groups: dict[tuple[str, tuple[str, ...]], list[Finding]] = {}
    for finding in findings:
        detail = finding.message if finding.code in ("unknown-column",) else ""
        groups.setdefault((finding.code, (*finding.verdicts, detail)), []).append(finding)
    for group in groups.values():
        yield group[0], [finding.location.line for finding in group[1:] if finding.location.line]


def _summary(report: Report, target: str, width: int, terminal: Terminal) -> str:
    failing, differing = report.counts(target)
    unlike = f", {differing} that mean{'s' * (differing == 1)} something else" if differing else ""
    if failing:
        text = (
            f"{terminal.color('✗', '31')} {failing} place{'s' * (failing != 1)} that do{'es' * (failing == 1)} not run"
        )
    else:
        text = f"{terminal.color('✓', '32')} runs"
    return f"{target:{width}}  {text}{unlike}"


def show_annotations(report: Report, terminal: Terminal) -> None:
    """The report as workflow commands of GitHub: `::warning` where a target does not run it, else `::notice`."""
    for finding in report.findings:
        place = finding.location
        level = "warning" if NO in finding.verdicts.values() else "notice"
        refusing = [target for target, verdict in finding.verdicts.items() if verdict == NO]
        parts = [finding.message]
        if refusing:
            parts.append(f"does not run on {', '.join(refusing)}")
        parts += [f"{target}: {verdict}" for target, verdict in finding.verdicts.items() if verdict != NO]
        if finding.portable:
            parts.append(f"write: {finding.portable}")
        line = f",line={place.line}" if place.line else ""
        file = _property(_shown(place, report.root))
        terminal.line(f"::{level} file={file}{line},title={_property(finding.code)}::{_data('; '.join(parts))}")


def _shown(location: Location, root: Path) -> str:
    return location.relative_to(root).path if location.path != str(root) else "."


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
