"""The journal of the newest update: `<lake>/_ingot/progress.jsonl`, each event as a line the moment it happens.

It is how another process (the console) sees an update while it runs. Each update puts a new file in the place of the
last one's. Nothing depends on it: the event log holds what is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from ingot.errors import LakeError
from ingot.events import Event, event_facts


def journal_path(lake: Path) -> Path:
    """Where the journal of a lake lies, whether there is one yet or not."""
    return lake / "_ingot" / "progress.jsonl"


class Journal:
    """Writes down the events of one update; the holder of the lake's lock is the only writer."""

    def __init__(self, lake: Path):
        self._path = journal_path(lake)
        self._file: TextIO | None = None

    def add(self, event: Event) -> None:
        """Write one event.

        Raises:
            LakeError: `lake-not-writable`.
        """
        line = json.dumps(event_facts(event), default=str, ensure_ascii=False) + "\n"
        try:
            if self._file is None:
                self._file = self._begin(line)
            else:
                self._file.write(line)
        except OSError as error:
            raise LakeError(
                f"{self._path} cannot be written to: {error.strerror}",
                hint="check the permissions and the disk",
                code="lake-not-writable",
            ) from error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _begin(self, line: str) -> TextIO:
        """A new journal with its first line, which nobody sees empty."""
        fresh = self._path.with_suffix(".new")
        file = fresh.open("w", encoding="utf-8", buffering=1)
        file.write(line)
        fresh.replace(self._path)
        return file


def read_journal(lake: Path) -> Iterator[dict[str, Any]]:
    """The events of the newest update so far; none where there was no update yet. A line half written is left out."""
    try:
        text = journal_path(lake).read_text("utf-8")
    except FileNotFoundError:
        return
    for line in text.split("\n")[:-1]:
        yield json.loads(line)
