"""What the last complete update looked at: when all of it is as it was, there is nothing to do.

A receipt spares the loading and analysis of definitions; it never decides anything that planning would decide
otherwise. It is written only after an update of everything that succeeded, by a project of SQL files whose views call
nothing volatile. It holds the settings, the definition files, the listings of the raw files and the newest version of
each table. Whatever differs, even for no reason, makes it void.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingot.definitions import definition_files
from ingot.errors import IngotError
from ingot.files import list_files, listing_state
from ingot.model import FileRead, Project, TableName

FORMAT = 1
EVALUATION = "1"  # part of every fingerprint and receipt: a release that evaluates queries differently raises it


@dataclass(frozen=True)
class Receipt:
    """The state of everything that an update depends on.

    `files` are size and time of definition files, `listings` a reader's path, format and options with the state of
    its listing, `logs` the newest log entry of each table with its time. `notes` are to be told again; at `next_due`
    landed files are old enough to go.
    """

    settings: str
    files: Mapping[str, Sequence[int]]
    listings: Sequence[Mapping]
    logs: Mapping[str, int]
    datasets: Sequence[tuple[TableName, str]]
    notes: Sequence[str] = ()
    next_due: datetime | None = None

    @staticmethod
    def path(project: Project) -> Path:
        return project.lake / "_ingot" / "receipt.json"

    @classmethod
    def load(cls, project: Project) -> Receipt | None:
        """The receipt of the last update; None when there is none, or it is of another release."""
        try:
            facts = json.loads(cls.path(project).read_bytes())
        except (OSError, ValueError):
            return None
        if not isinstance(facts, dict) or facts.get("format") != FORMAT:
            return None
        datasets = [(TableName(*name), kind) for name, kind in facts["datasets"]]
        due = facts.get("next_due")
        return cls(
            facts["settings"], facts["files"], facts["listings"], facts["logs"], datasets, facts.get("notes", ()),
            None if due is None else datetime.fromisoformat(due),
        )  # fmt: skip

    @classmethod
    def remove(cls, project: Project) -> None:
        cls.path(project).unlink(missing_ok=True)

    def save(self, project: Project) -> None:
        """Write it; a crash in between leaves none."""
        content = {
            "format": FORMAT, "settings": self.settings, "files": self.files, "listings": self.listings,
            "logs": self.logs, "datasets": [((n.catalog, n.schema, n.table), kind) for n, kind in self.datasets],
            "notes": list(self.notes), "next_due": None if self.next_due is None else self.next_due.isoformat(),
        }  # fmt: skip
        partial = self.path(project).with_suffix(".partial")
        partial.write_text(json.dumps(content))
        partial.replace(self.path(project))

    def holds(self, project: Project, now: datetime) -> bool:
        """Whether everything is as it was, and nothing is to go."""
        return (
            (self.next_due is None or now < self.next_due)
            and self.settings == settings_state(project)
            and self.files == definition_state(project)
            and all(_is_newest(Path(entry), modified) for entry, modified in self.logs.items())
            and all(_is_listed(listing, project) for listing in self.listings)
        )


def settings_state(project: Project) -> str:
    """The settings of a project as one short text."""
    return hashlib.sha256(repr((EVALUATION, project)).encode()).hexdigest()


def definition_state(project: Project) -> dict[str, list[int]]:
    """Size and modification time of each definition file."""
    files = definition_files(project)  # of a link to nothing, the link's own
    return {str(p): [(s := p.stat() if p.exists() else p.lstat()).st_size, s.st_mtime_ns] for p in files}


def _is_newest(entry: Path, modified_ns: int) -> bool:
    following = entry.with_name(f"{int(entry.stem) + 1:020}.json")
    try:
        return entry.stat().st_mtime_ns == modified_ns and not following.exists()
    except OSError:
        return False


def _is_listed(listing: Mapping, project: Project) -> bool:
    read = FileRead(listing["path"], listing["format"], listing["options"], is_autoloader=listing["is_autoloader"])
    try:
        return listing_state(list_files(read), project.root) == listing["state"]
    except (IngotError, OSError):
        return False
