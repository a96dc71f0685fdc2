"""Reads that miss landed files: those which went after they had been processed (`landed` of a source).

What has read them keeps their rows. What would begin to read now, or anew, would give fewer rows than the source had:
it is refused, with the way to bring the files back. Never looks into a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ingot.engine import SourceFile
from ingot.errors import Location, PlanError
from ingot.files import may_list, would_list
from ingot.lake.landing import Landing
from ingot.lake.landing_release import Release, Releases, way_back
from ingot.model import FileRead


@dataclass(frozen=True)
class Missing:
    """A file that a read would list if it were there."""

    folder: Path
    release: Release


def missing_files(lake: Path, reads: Iterable[FileRead]) -> list[Missing]:
    """The files that went and that any of these reads would have listed, oldest first."""
    reads = list(reads)
    if not reads:
        return []
    found: list[Missing] = []
    for source in Landing(lake).sources():
        releases = Releases(lake, source)
        real = os.path.realpath(releases.folder)
        if not any(may_list(read, real) for read in reads):
            continue
        for name, release in releases.gone().items():
            file = SourceFile(f"{real}/{name}", release.bytes, int(release.landed_at.timestamp() * 1000))
            if any(would_list(read, file) for read in reads):
                found.append(Missing(releases.folder, release))
    return sorted(found, key=lambda each: (each.release.landed_at, each.release.name))


def refuse_missing(lake: Path, reads: Iterable[FileRead], what: str, location: Location | None) -> None:
    """Refuse to read from the beginning what is no longer whole.

    Args:
        lake: The lake's folder.
        reads: What would be read.
        what: What would do it, such as `a full refresh of bronze.orders`.
        location: Where in the definitions.

    Raises:
        PlanError: `landed-files-gone`.
    """
    missing = missing_files(lake, reads)
    if not missing:
        return
    archived = [each for each in missing if each.release.archived_to is not None]
    went = [_count(len(archived), "archived")] * bool(archived)
    went += [_count(len(missing) - len(archived), "removed")] * (len(archived) < len(missing))
    first, last = missing[0].release.name, missing[-1].release.name
    shown = first if first == last else f"{first} … {last}"
    files = "1 landed file that is" if len(missing) == 1 else f"{len(missing)} landed files that are"
    raise PlanError(
        f"{what} would lack the rows of {files} gone ({shown}; {', '.join(went)})",
        location=location,
        hint=way_back(archived[0].release, archived[0].folder) if archived else _way_without(missing),
        code="landed-files-gone",
    )


def _count(files: int, what: str) -> str:
    return f"{files} {'was' if files == 1 else 'were'} {what}"


def _way_without(missing: list[Missing]) -> str:
    newest = missing[-1].release.landed_at + timedelta(seconds=1)
    return (
        "restore them from a copy, or let the reader say from when on it reads: option modifiedAfter = "
        f"'{newest:%Y-%m-%dT%H:%M:%S}'"
    )
