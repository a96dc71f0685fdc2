"""What the batches of a flow have read into its table, as its plans tell it; the flow may be gone.

Never knows what a definition reads now: `due_reads` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ingot.engine import SourceFile
from ingot.files import absolute_path, base_folder
from ingot.lake.checkpoint import BatchPlan
from ingot.streams import merged_files
from ingot.update.stream_keys import VALUES, is_of_files, is_of_table, path_of, source_of

_UNKNOWN = "table:"  # a table that was read at once, of which older plans note the version only


@dataclass(frozen=True)
class ReadFile:
    """A file that a batch has read: through which stream (none for a whole), and where it was below its folder."""

    plan: BatchPlan
    stream: str
    below: str
    file: SourceFile


@dataclass
class EarlierReads:
    """What the batches of a flow have read that its table holds.

    Attributes:
        flow: Its name.
        plans: Those of these batches, in order.
        root: The project's folder.
    """

    flow: str
    plans: Sequence[BatchPlan]
    root: Path

    @cached_property
    def streams(self) -> set[str]:
        """The keys of all that was streamed."""
        return {key for plan in self.plans for key in plan.sources}

    @property
    def defined(self) -> set[str]:
        """The keys of the streams of the definition for the newest batch; those that were read if it does not say."""
        return set(self.plans[-1].streams if self.plans else ()) or self.streams

    @cached_property
    def at_once(self) -> set[str]:
        """What was read as a whole, not streamed: tables, and `VALUES`. What streams were joined with is not meant."""
        pins = [pin for plan in self._whole for pin in plan.statics.values()]
        tables = {pin.get("table", _UNKNOWN) for pin in pins if "version" in pin}
        return tables or ({VALUES} if self._whole and not pins else set())

    @property
    def is_at_once(self) -> bool:
        """Whether any batch has read something as a whole, and streamed nothing."""
        return bool(self._whole)

    @cached_property
    def read_files(self) -> list[ReadFile]:
        """The files that were read, in order."""
        return list(self._files())

    @cached_property
    def paths(self) -> set[str]:
        """Where they were."""
        return {read.file.path for read in self.read_files}

    def has_read(self, key: str, is_streaming: bool) -> bool:
        """Whether a table, or what else is not of files, was read: streamed or as a whole."""
        if key in self.at_once or key in map(source_of, self.streams):
            return True
        return not is_streaming and is_of_table(key) and _UNKNOWN in self.at_once

    @property
    def _whole(self) -> list[BatchPlan]:
        return [plan for plan in self.plans if not plan.sources and not plan.streams]

    def _files(self) -> Iterator[ReadFile]:
        for plan in self.plans:
            for key, offset in plan.sources.items():
                if is_of_files(key):
                    yield from self._listed(plan, key, path_of(key), merged_files([offset]))
        for plan in self._whole:
            for pin in plan.statics.values():
                yield from self._listed(plan, "", "", pin)

    def _listed(self, plan: BatchPlan, stream: str, pattern: str, noted: Any) -> Iterator[ReadFile]:
        base = absolute_path(pattern, self.root)
        for written, size, modified in noted.get("files", ()):
            path = absolute_path(written, self.root)
            yield ReadFile(plan, stream, below(base, path), SourceFile(path, size, modified))


def below(pattern: str, path: str) -> str:
    """The name of a file below the folder where a listing of a pattern starts."""
    base = base_folder(pattern)
    return Path(path).name if path == base else os.path.relpath(path, base)
