"""What the landing zone says of the readings of a resource: which are complete, and where the last one stopped.

Owns the meaning of `run`, `resume` and `cursor` in the records of this kind of source. There is no other state. Never
asks a server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ingot.lake.landing_record import LandingRecord
from ingot.sources.rest.entry import Resource

_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Run:
    """One reading of a resource, by its records. Its name is `<time>-<identity of the definition>`."""

    name: str
    records: tuple[LandingRecord, ...]

    @property
    def is_complete(self) -> bool:
        return self.records[-1].resume is None

    @property
    def cursor(self) -> Any:
        return self.records[-1].cursor


@dataclass(frozen=True)
class Plan:
    """A reading that is about to begin, or to go on.

    Attributes:
        run: Its name.
        position: Of the first page to ask for.
        number: Of that page.
        since: The least value of the cursor that is asked for.
        parents: The readings of the parent resource whose records are gone through.
        entry: Which entry of `for_each` comes first.
        earlier: What it landed before it was interrupted.
    """

    run: str
    position: Any
    number: int = 1
    since: str | None = None
    parents: tuple[Run, ...] = ()
    entry: int = 0
    earlier: tuple[LandingRecord, ...] = ()

    @property
    def is_resumed(self) -> bool:
        return bool(self.earlier)

    def resume(self, resource: Resource, position: Any, number: int, entry: int) -> dict[str, Any]:
        """What is kept with a page so that `stopped` can go on after it."""
        optional = {"since": self.since, "parents": [run.name for run in self.parents] or None, "entry": entry or None}
        kept = {name: value for name, value in optional.items() if value is not None}
        return {"of": resource.shape, "next": position, "number": number, **kept}


def runs_of(records: Sequence[LandingRecord]) -> list[Run]:
    """All readings, oldest first."""
    found: dict[str, list[LandingRecord]] = {}
    for record in records:
        found.setdefault(record.run or "", []).append(record)
    return [Run(name, tuple(own)) for name, own in found.items()]


def complete(runs: Sequence[Run], resource: Resource) -> list[Run]:
    """The readings of this definition that came to their end."""
    return [run for run in runs if run.is_complete and run.name.endswith(f"-{resource.identity}")]


def parents_to_read(runs: Sequence[Run], covered: str | None, grows: bool) -> tuple[Run, ...]:
    """Which complete readings of its parent a child is read for: the last one, or all new ones where each holds a part.

    Args:
        runs: Of the parent.
        covered: The name of the last one that the child has gone through.
        grows: Whether each holds what is new, not all there is.
    """
    if not grows:
        return tuple(runs[-1:])
    return tuple(run for run in runs if covered is None or run.name > covered)


def stopped(runs: Sequence[Run], parents: Sequence[Run], resource: Resource, now: datetime) -> Plan | None:
    """How the last reading goes on, unless it is complete, too old, or of another definition."""
    if not runs or runs[-1].is_complete:
        return None
    last, resume = runs[-1].records[-1], runs[-1].records[-1].resume
    is_old = now.astimezone(UTC) - last.landed_at > timedelta(seconds=resource.resume_within_s)
    if is_old or not isinstance(resume, dict) or resume.get("of") != resource.shape:
        return None
    wanted = resume.get("parents", [])
    of = tuple(run for run in parents if run.name in wanted)
    if len(of) != len(wanted):
        return None
    return Plan(
        run=runs[-1].name,
        position=resume["next"],
        number=resume["number"],
        since=resume.get("since"),
        parents=of,
        entry=resume.get("entry", 0),
        earlier=runs[-1].records,
    )


def new_name(runs: Sequence[Run], resource: Resource, now: datetime) -> str:
    """The name of a new reading, which sorts after all before it though clocks go back."""
    time = now.astimezone(UTC)
    if runs:
        last = datetime.strptime(runs[-1].name.partition("-")[0], _TIME).replace(tzinfo=UTC)
        time = max(time, last + timedelta(seconds=1))
    return f"{time:{_TIME}}-{resource.identity}"
