"""Which landed files are still needed by the tables of a lake, and why.

A file has been processed when every flow that reads it has committed the batch that holds it. What is read whole is
always needed; so is a file that a definition names, for its read fails without it. Never touches a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingot.engine import SourceFile
from ingot.events import utc_now
from ingot.files import named_paths, would_list
from ingot.lake.checkpoint import FlowCheckpoint, TableCheckpoint, all_checkpoints
from ingot.lake.table import Table
from ingot.model import DatasetKind, FileRead, Flow, TableName, ValuesRead
from ingot.pipeline import Pipeline
from ingot.streams import FileStream
from ingot.update.snapshot_batches import batches_of
from ingot.update.stream_keys import is_of_files, path_of

_COMMITS_MAX = 50


@dataclass
class LandingReaders:
    """Looks at all reads of a pipeline whose update has come to its end.

    Args:
        pipeline: Compiled, without failures.
        files: Paths of landed files, without links, with what tells one state of each from another.
    """

    pipeline: Pipeline
    files: Mapping[str, SourceFile]
    _needed: dict[str, str] = field(default_factory=dict)
    _processed: set[str] = field(default_factory=set)
    _folders: dict[str, str] = field(default_factory=dict)

    def needed(self) -> dict[str, str]:
        """The files that are still needed, each with the reason."""
        for flow in self.pipeline.definitions.flows:
            self._ask(flow)
        for read in self.pipeline.listings.whole_reads.values():
            self._need(self._listed(read), f"a query reads them whole ({self._place(read)})")
        self._ask_others()
        self._need(set(self.files) - self._processed, "no table reads them")
        return self._needed

    def _need(self, paths: Iterable[str], reason: str) -> None:
        for path in paths:
            self._needed.setdefault(path, reason)

    # --- the flows of the project ---

    def _ask(self, flow: Flow) -> None:
        dataset, name = self.pipeline.dataset(flow.target), flow.target.short
        reads = self.pipeline.analyzed(flow).reads
        files = {leaf: read for leaf, read in reads.items() if isinstance(read, FileRead)}
        if dataset is None or not any(self._listed(read) for read in files.values()):
            return
        kind = self.pipeline.kind(dataset)
        streams = self._unread(flow) if kind is DatasetKind.STREAMING_TABLE else {}
        for leaf, read in files.items():
            listed = self._listed(read)
            if not read.is_streaming:
                self._need(listed, f"{name} reads them whole ({self._place(read)})")
            elif kind is not DatasetKind.TEMPORARY_VIEW:  # who reads the view has positions of its own
                self._processed |= listed
                self._need(streams.get(leaf, listed) & listed, f"{name} has not read them yet")
                self._need(
                    listed & named_paths(read), f"{name} names the file: a pattern could miss it ({self._place(read)})"
                )

    def _unread(self, flow: Flow) -> dict[str, set[str]]:
        """The files that the streams of a flow have not brought into its table, by leaf."""
        pipeline = self.pipeline
        checkpoint, table = TableCheckpoint(pipeline.lake.root, flow.target), pipeline.table(flow.target)
        if checkpoint.epoch is None or not table.exists():
            return {}
        position = checkpoint.flow(flow.name)
        batches = batches_of(flow)(pipeline, flow, position, utc_now, lambda stage: None)
        done = position.committed(table.snapshot().transactions)
        unread: dict[str, set[str]] = {}
        for leaf, read in pipeline.analyzed(flow).reads.items():
            is_stream = not isinstance(read, ValuesRead) and read.is_streaming
            stream = batches.stream(leaf, read) if is_stream else None
            if isinstance(stream, FileStream):
                pending = [] if flow.is_once and done else stream.pending(batches.done(stream, done))
                unread[leaf] = {self._real(file.path) for file in pending}
        return unread

    # --- tables that the project does not define ---

    def _ask_others(self) -> None:
        """What other projects that write to this lake read of the landing zone: by their checkpoints and commits."""
        defined = {dataset.name.short.lower() for dataset in self.pipeline.datasets}
        for name in self.pipeline.lake.tables():
            if name.short.lower() not in defined:
                self._ask_other_view(self.pipeline.lake.table(name))
        for name, position in all_checkpoints(self.pipeline.lake.root):
            if name.lower() not in defined and "." in name:
                self._ask_other(name, position)

    def _ask_other_view(self, table: Table) -> None:
        """What the last refresh of a view says that it has read; a table of another kind says nothing."""
        inputs = next((line.info["inputs"] for line in table.history(limit=_COMMITS_MAX) if "inputs" in line.info), {})
        for key in inputs:
            if key.startswith("files "):
                wanted = self._matching(self._landed(key.removeprefix("files ")))
                self._need(wanted, f"{table.name.short}, which this project does not define, reads them whole")

    def _matching(self, pattern: str) -> set[str]:
        return {path for path, file in self.files.items() if would_list(FileRead(pattern, ""), file)}

    def _ask_other(self, name: str, position: FlowCheckpoint) -> None:
        schema, _, table = name.partition(".")
        other = self.pipeline.lake.table(TableName(self.pipeline.lake.catalog, schema, table))
        done = position.committed(other.snapshot().transactions) if other.exists() else []
        read = {self._landed(path) for plan in done for offset in plan.sources.values() for path in _paths(offset)}
        for path in {path_of(key) for plan in position.plans.values() for key in plan.sources if is_of_files(key)}:
            pattern = self._landed(path)
            self._need(
                self._matching(pattern) - read, f"{name}, which this project does not define, has not read them yet"
            )

    def _landed(self, path: str) -> str:
        """A path of another project's checkpoint: a relative one is so to a folder that is not known."""
        _, found, below = f"{path}/".rpartition("_landing/")
        if not found or path.startswith("/"):
            return path
        return f"{os.path.realpath(self.pipeline.lake.root)}/_landing/{below}".rstrip("/")

    # --- paths ---

    def _listed(self, read: FileRead) -> set[str]:
        return {path for file in self.pipeline.catalog.files(read) if (path := self._real(file.path)) in self.files}

    def _real(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return f"{self._folders[folder]}/{name}"

    def _place(self, read: FileRead) -> str:
        return str(read.location.relative_to(self.pipeline.project.root)) if read.location else read.path


def _paths(offset: Any) -> list[str]:
    """The files of an offset; none for one that is not of files."""
    listed = (*offset.get("files", ()), *offset.get("skipped", ())) if isinstance(offset, dict) else ()
    return [path for path, *_ in listed]
