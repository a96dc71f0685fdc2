"""What `ingot dashboard check` prints. Renders; finds nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ingot.dashboards.check import check
from ingot.engine import Engine
from ingot.model import Project
from ingot.terminal import Terminal


def show_checked(project: Project, engine: Engine, names: Sequence[str], is_json: bool, terminal: Terminal) -> int:
    """Check dashboards and print what is wrong with them; returns the exit code."""
    found = check(project, engine, names)
    faults = sum(len(checked.faults) for checked in found)
    if is_json:
        terminal.line(json.dumps([checked.to_json() for checked in found], indent=2, ensure_ascii=False))
        return 1 if faults else 0
    if not found:
        terminal.line("there are no dashboards; put a file into dashboards/")
        return 0
    for checked in found:
        for error in checked.faults:
            terminal.error(error)
        terminal.line(f"{checked.name}: {_count(checked.visuals, 'visual')}, {_verdict(len(checked.faults))}")
    return 1 if faults else 0


def _verdict(faults: int) -> str:
    return _count(faults, "fault") if faults else "no faults"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
