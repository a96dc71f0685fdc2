"""What lint finds: a construct, the place, and what each target makes of it. Immutable values; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingot.errors import Location
from ingot.lint.rule import NO, YES
from ingot.lint.rules import rules


@dataclass(frozen=True)
class Finding:
    """One use of a construct. `verdicts` has the targets where it does not run (`no`) or means something else."""

    code: str
    message: str
    location: Location
    verdicts: Mapping[str, str]
    portable: str

    def to_json(self, root: Path) -> dict[str, Any]:
        place = self.location.relative_to(root)
        return {
            "code": self.code,
            "message": self.message,
            "file": place.path,
            "line": place.line,
            "column": place.column,
            "verdicts": dict(self.verdicts),
            "portable": self.portable,
        }


@dataclass(frozen=True)
class Unchecked:
    """What could not be judged, such as a query over files that are not here."""

    what: str
    reason: str
    location: Location


@dataclass
class Findings:
    """Collects; the same construct at the same place is kept once."""

    targets: tuple[str, ...]
    configuration: Mapping[str, str] = field(default_factory=dict)
    found: dict[tuple[str, str, int | None], Finding] = field(default_factory=dict)
    unchecked: list[Unchecked] = field(default_factory=list)

    def add(self, code: str, location: Location, detail: str = "") -> None:
        """A use of a construct of the table of rules; `detail` is what was written."""
        rule = rules()[code]
        verdicts = {t: rule.verdict(t) for t in self.targets if t != "ingot" and rule.verdict(t) != YES}
        # What Ingot refuses it says itself, when it loads the definitions; here only what differs.
        if "ingot" in self.targets and rule.ingot not in (YES, NO):
            verdicts["ingot"] = rule.ingot
        if NO in verdicts.values() or any(t != "ingot" for t in verdicts):
            message = f"{rule.what}: {detail}" if detail else rule.what
            self.put(Finding(code, message, location, verdicts, rule.portable))

    def put(self, finding: Finding) -> None:
        """Keep a finding; what two sources say of one place is joined."""
        if finding.verdicts:
            key = (finding.code, finding.location.path, finding.location.line)
            known = self.found.get(key)
            verdicts = {**known.verdicts, **finding.verdicts} if known else finding.verdicts
            self.found[key] = replace(known or finding, verdicts=verdicts)

    def sorted(self) -> list[Finding]:
        return sorted(self.found.values(), key=lambda f: (f.location.path, f.location.line or 0, f.code))


def fails(finding: Finding, target: str) -> bool:
    return finding.verdicts.get(target) == NO


def differs(finding: Finding, target: str) -> bool:
    return finding.verdicts.get(target, NO) != NO
