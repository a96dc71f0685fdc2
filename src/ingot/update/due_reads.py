"""What the next batches of a flow are to read, beside what batches of its table have read: would rows come twice?

Told from the definition, from plans and from listings. Never plans, and never refuses: `refusals` does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ingot.engine import SourceFile
from ingot.files import relative_path, would_list
from ingot.lake.table import Table
from ingot.model import FileRead, Read, TableRead
from ingot.update.batches import FlowBatches
from ingot.update.earlier_reads import EarlierReads, ReadFile, below
from ingot.update.stream_keys import VALUES, files_key, is_of_files, source_of, table_key, written_streams


@dataclass
class DueReads:
    """What a flow is to read.

    Attributes:
        batches: Those of the flow.
        earlier: What they have read that the table holds.
        is_finished: Whether it is a backfill that is done.
    """

    batches: FlowBatches
    earlier: EarlierReads
    is_finished: bool

    @classmethod
    def of(cls, batches: FlowBatches, table: Table) -> DueReads:
        """What a flow is to read into its table."""
        earlier = EarlierReads(batches.flow.name, batches.committed(table), batches.pipeline.project.root)
        return cls(batches, earlier, batches.is_finished(table))

    # --- in the place of what the flow has read -------------------------------------------------------------------

    def other_streams(self) -> tuple[set[str], set[str]]:
        """The streams that are new since the newest batch in the table, and those that it had, read before, and lost.

        A stream that the definition had before is not new, though it may have had nothing to read. Files that another
        pattern reaches are not among them either: which were read is known by their own paths.
        """
        new = self.begun if self.earlier.plans else set()
        gone = (self.earlier.streams & self.earlier.defined) - self.batches.stream_keys
        if any(map(is_of_files, new)) and any(map(is_of_files, gone)):
            new, gone = ({key for key in keys if not is_of_files(key)} for keys in (new, gone))
        return new, gone

    def read_again(self) -> str:
        """What the definition reads in one more place than before, as messages show it; empty if nothing is.

        The place that is new would read from the beginning what the others have read.
        """
        if not self.earlier.plans:
            return ""
        before = set(map(source_of, self.earlier.defined))
        tables = {key for key in self.batches.stream_keys - self.earlier.defined if source_of(key) in before}
        if tables := {key for key in tables if not is_of_files(key)}:
            return written_streams(tables)
        return next((self._shown(file) for _, file in self._begun_files if file.path in self.earlier.paths), "")

    def moved_file(self) -> tuple[str, str] | None:
        """A file that a batch in the table has read, and the path by which a new stream reaches the same one.

        It is the same below the folder of the stream, in size and in time, and is no longer where it was, or is there
        too through a link. None if there is no such file.
        """
        found = self._moved(self.earlier, self)
        return (self._shown(found[0]), self._shown(found[1])) if found else None

    # --- what other flows have read -------------------------------------------------------------------------------

    def read_by(self, earlier: EarlierReads, due: DueReads | None) -> tuple[str, bool] | None:
        """What is to be read from the beginning that another flow has read and reads no longer, as messages show it.

        Args:
            earlier: What the other flow has read.
            due: What it is to read; None if it is gone.

        Returns:
            It, and whether it is a file that was moved. None if there is nothing.
        """
        if not self.begun or not earlier.plans:
            return None
        is_streaming = bool(self.batches.stream_keys)
        keys = {source_of(key) for key in self.begun if not is_of_files(key)}
        left = {key for key in keys if earlier.has_read(key, is_streaming) and not (due and due.names(key))}
        if left:
            return written_streams(left), False
        for _, file in self._begun_files:
            if file.path in earlier.paths and not (due and due.lists(file)):
                return self._shown(file), False
        moved = self._moved(earlier, due)
        return (f"{self._shown(moved[0])}, now {self._shown(moved[1])}", True) if moved else None

    def names(self, key: str) -> bool:
        """Whether the definition reads something that is not of files, in whatever way."""
        return key in self._sources or key in map(source_of, self.batches.stream_keys)

    def lists(self, file: SourceFile) -> bool:
        """Whether any leaf of the definition lists a file under its path."""
        if file.path in self._listed:
            return True
        real = replace(file, path=os.path.realpath(file.path))
        return any(would_list(read, real) for read in self._file_reads.values() if not read.is_streaming)

    # --- from the beginning ---------------------------------------------------------------------------------------

    @cached_property
    def begun(self) -> set[str]:
        """What is read from the beginning; a stream that was defined before and had no rows is not among it."""
        if self.is_finished:
            return set()
        if streams := self.batches.stream_keys:
            return streams - self.earlier.streams - self.earlier.defined
        return set() if self.earlier.plans else self._sources

    @property
    def _reads(self) -> Mapping[str, Read]:
        return self.batches.pipeline.analyzed(self.batches.flow).reads

    @property
    def _file_reads(self) -> dict[str, FileRead]:
        return {leaf: read for leaf, read in self._reads.items() if isinstance(read, FileRead)}

    @property
    def _sources(self) -> set[str]:
        """What is read, streamed or not; `VALUES` if it is neither a table nor files."""
        tables = {table_key(read.name) for read in self._reads.values() if isinstance(read, TableRead)}
        return tables | {files_key(read.path) for read in self._file_reads.values()} or {VALUES}

    @cached_property
    def _listed(self) -> set[str]:
        """The paths of the files of all streams."""
        reads = [read for read in self._file_reads.values() if read.is_streaming]
        return {file.path for read in reads for file in self.batches.pipeline.catalog.files(read)}

    @cached_property
    def _begun_files(self) -> list[tuple[FileRead, SourceFile]]:
        """Files that are read from the beginning; those are not among them that another path has led to before."""
        found: list[tuple[FileRead, SourceFile]] = []
        for leaf, read in self._file_reads.items():
            key = self.batches.stream(leaf, read).key if read.is_streaming else files_key(read.path)
            if key in self.begun:
                files = self.batches.pipeline.catalog.files(read)
                counted = self._read_elsewhere(key) if files else set()
                found += [(read, file) for file in files if file.path not in counted]
        return found

    def _read_elsewhere(self, key: str) -> set[str]:
        """The files that were read through streams which the definition no longer has, by batches before this one."""
        streams = self.batches.stream_keys
        before = [read for read in self.earlier.read_files if read.stream and key not in read.plan.streams]
        return {read.file.path for read in before if read.stream not in streams}

    def _moved(self, earlier: EarlierReads, due: DueReads | None) -> tuple[SourceFile, SourceFile] | None:
        """A file that was read, and the same one as it is found from the beginning elsewhere."""
        if not earlier.plans or not self._begun_files:  # what was read may be long
            return None
        before: dict[tuple[str, int, int], ReadFile] = {
            (read.below, read.file.size, read.file.modified_ms): read for read in earlier.read_files
        }
        for read, file in self._begun_files:
            known = before.get((below(read.path, file.path), file.size, file.modified_ms))
            if known is None or known.file.path == file.path or not file.size:
                continue
            old = Path(known.file.path)
            if not old.exists() or (old.samefile(file.path) and not (due and due.lists(known.file))):
                return known.file, file
        return None

    def _shown(self, file: SourceFile) -> str:
        return relative_path(file.path, self.earlier.root)
