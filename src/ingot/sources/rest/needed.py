"""Which landed files of an API are read again: records of parents whose children are yet to be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingot.lake.landing_record import LandingRecord
from ingot.sources.rest.entry import Resource
from ingot.sources.rest.history import Run, complete, parents_to_read, runs_of


def needed(
    resources: Sequence[Resource], grows: Callable[[Resource], bool], records: Sequence[LandingRecord]
) -> dict[str, str]:
    """The names of these files, with the reason.

    Args:
        resources: All of the source.
        grows: Whether a reading of a resource holds what is new, not all there is.
        records: Of all files of the source, oldest first.
    """
    by_name = {resource.name: resource for resource in resources}
    runs = {name: runs_of([record for record in records if record.resource == name]) for name in by_name}
    found: dict[str, str] = {}
    for child in resources:
        if child.parent is None:
            continue
        parent = by_name[child.parent.resource]
        whole = complete(runs[parent.name], parent)
        known = complete(runs[child.name], child)
        wanted = parents_to_read(whole, known[-1].cursor if known else None, grows(parent))
        passed = [run for run in whole if child.parent.only_changed and known and run.name == known[-1].cursor]
        for run in (*wanted, *passed, *_going_on(runs[child.name], whole)):
            found.update({record.name: f"{child.name} is read for their records" for record in run.records})
    return found


def _going_on(runs: Sequence[Run], parents: Sequence[Run]) -> list[Run]:
    """The readings of the parent that an interrupted reading of its child goes through."""
    resume = runs[-1].records[-1].resume if runs else None
    names = resume.get("parents", ()) if isinstance(resume, dict) else ()
    return [run for run in parents if run.name in names]
