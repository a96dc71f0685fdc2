"""What the batches of a flow have read into its table, beside what its definition is to read now.

Owns the question whether rows would come a second time: streams, files and tables that were read, and that are to be
read from the beginning. Told from plans and listings. Never plans, and never refuses: `refusals` does.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingot.files import absolute_path, base_folder, relative_path
from ingot.lake.checkpoint import BatchPlan
from ingot.lake.table import Table
from ingot.model import FileRead
from ingot.streams import is_of_files, merged_files
from ingot.update.batches import AGAIN, FlowBatches


@dataclass
class EarlierReads:
    """What the batches of a flow that its table holds have read."""

    batches: FlowBatches
    table: Table

    def other_streams(self) -> tuple[set[str], set[str]]:
        """The streams that are new since the batches in the table, and those that they have read and are gone.

        A stream that the definition had before is not new, though it may have had nothing to read. Files that another
        pattern reaches are not among them either: which were read is known by their own paths (see `moved_file`).
        """
        if not self._plans:
            return set(), set()
        read, now = {key for plan in self._plans for key in plan.sources}, self.batches.stream_keys
        new, gone = now - read - set(self._plans[-1].streams), read - now
        if any(map(is_of_files, new)) and any(map(is_of_files, gone)):
            new, gone = ({key for key in keys if not is_of_files(key)} for keys in (new, gone))
        return new, gone

    def streams_read_again(self) -> set[str]:
        """Streams that the definition reads once more than it did for the newest batch in the table.

        The place that is new would read from the beginning what the others have read.
        """
        if not self._plans:
            return set()
        before = set(self._plans[-1].streams) or {key for plan in self._plans for key in plan.sources}
        sources = set(map(_source_of, before))
        return {key for key in self.batches.stream_keys - before if _source_of(key) in sources}

    def has_read_all_at_once(self) -> bool:
        """Whether batches of the flow have read what it streams now, or anything else, without streaming it."""
        return bool(self.batches.stream_keys) and any(not plan.sources for plan in self._plans)

    def moved_file(self) -> tuple[str, str] | None:
        """A file that a batch in the table has read, and the path by which a new stream reaches the same one.

        It is the same below the folder of the stream, in size and in time, and is no longer where it was, or is there
        too through a link. None if there is no such file.
        """
        pipeline = self.batches.pipeline
        root, leaves = pipeline.project.root, pipeline.analyzed(self.batches.flow).reads
        offsets = [(key, offset) for plan in self._plans for key, offset in plan.sources.items() if is_of_files(key)]
        reads = {
            self.batches.stream(leaf, read).key: read
            for leaf, read in leaves.items()
            if isinstance(read, FileRead) and read.is_streaming
        }
        new = reads.keys() - {key for key, _ in offsets}
        if not new or not offsets:
            return None
        files = {key: (read, pipeline.catalog.files(read)) for key, read in reads.items()}
        before = {
            (_below(base, path := absolute_path(written, root)), *state): path
            for key, offset in offsets
            if key not in files
            for base in [absolute_path(_written(key), root)]
            for written, *state in merged_files([offset])["files"]
        }
        reached = {file.path for _, listed in files.values() for file in listed}
        for read, listed in (files[key] for key in sorted(new)):
            for file in listed:
                path = before.get((_below(read.path, file.path), file.size, file.modified_ms))
                if path is None or path in reached or not file.size:
                    continue
                if not Path(path).exists() or Path(path).samefile(file.path):
                    return relative_path(path, root), relative_path(file.path, root)
        return None

    @cached_property
    def _plans(self) -> list[BatchPlan]:
        return self.batches.committed(self.table)


def written_streams(keys: Collection[str]) -> str:
    """What plans call so, as messages show it.

    >>> written_streams({"table:main.silver.orders", "files:in/*.csv"})
    'in/*.csv, silver.orders'
    """
    return ", ".join(sorted(map(_written, set(keys))))


def _written(key: str) -> str:
    name = _source_of(key).partition(":")[2]
    return name if is_of_files(key) else name.partition(".")[2] or key


def _source_of(key: str) -> str:
    """What a stream reads, in whatever place of the definition."""
    return key.rstrip(AGAIN)


def _below(pattern: str, path: str) -> str:
    """The name of a file below the folder where its listing starts."""
    base = base_folder(pattern)
    return Path(path).name if path == base else os.path.relpath(path, base)
