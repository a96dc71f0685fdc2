"""A table as of one version, and the commits that lead to versions: what the rest of Ingot sees of a table.

Owns the view in logical names and how a version's rows can be read. Never writes.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ingot.engine import ArrowBinding, DataFile, SnapshotBinding
from ingot.lake import kernel, mapping
from ingot.lake.log import Entry, ProtocolVersion, TableMetadata
from ingot.lake.protocol import check_readable
from ingot.lake.replay import State
from ingot.lake.store import FileStatus
from ingot.types import StructType


@dataclass(frozen=True)
class Snapshot:
    """One version of a table. Immutable; a newer commit never changes what it says.

    `entry_status` identifies the log entry it came from, so that a commit notices a table that was dropped
    and made anew under the same version.
    """

    root: Path
    state: State = field(repr=False)
    entry_status: FileStatus | None = field(default=None, repr=False, compare=False)

    @property
    def version(self) -> int:
        return self.state.version

    @property
    def timestamp(self) -> datetime.datetime:
        """When the version was committed, in UTC."""
        return instant(self.state.timestamp_ms)

    @property
    def metadata(self) -> TableMetadata:
        assert self.state.metadata is not None
        return self.state.metadata

    @property
    def protocol(self) -> ProtocolVersion:
        assert self.state.protocol is not None
        return self.state.protocol

    @property
    def schema(self) -> StructType:
        return self.metadata.schema

    @property
    def partition_columns(self) -> tuple[str, ...]:
        return self.metadata.partition_columns

    @property
    def properties(self) -> Mapping[str, str]:
        return self.metadata.properties

    @property
    def description(self) -> str | None:
        return self.metadata.description

    @property
    def table_id(self) -> str | None:
        return self.metadata.table_id

    @property
    def transactions(self) -> Mapping[str, int]:
        """The last transaction version that each application committed."""
        return self.state.transactions

    @cached_property
    def physical_names(self) -> Mapping[str, str]:
        """Names in the files by column name, of the columns that have another one there."""
        return mapping.physical_names(self.schema) if mapping.mode(self.properties) != "none" else {}

    @cached_property
    def files(self) -> tuple[DataFile, ...]:
        """The active files, with logical names in `partition`."""
        return logical_files(self.state.files.values(), self.physical_names)

    @property
    def rows(self) -> int | None:
        """The number of rows; None if a file does not say, or has rows deleted by a deletion vector."""
        if self.state.has_deletion_vectors:
            return None
        total = 0
        for file in self.state.files.values():
            if file.rows is None:
                return None
            total += file.rows
        return total

    @property
    def size(self) -> int:
        """Bytes in active files."""
        return sum(file.size for file in self.state.files.values())

    def binding(self) -> SnapshotBinding | ArrowBinding:
        """How an engine reads the rows: the Parquet files themselves, or a stream from delta-rs.

        Raises:
            LakeError: `unsupported-table`, when neither would give the right rows.
        """
        check_readable(self.protocol, str(self.root))
        if self.is_plain:
            return SnapshotBinding(self.root, self.schema, self.files, self.partition_columns, self.physical_names)
        version, columns = self.version, self.schema.names
        kernel.open_rows(self.root, version, columns)
        return ArrowBinding(self.schema, lambda: kernel.open_rows(self.root, version, columns))

    @property
    def is_plain(self) -> bool:
        """Whether reading the files as Parquet, by physical name, gives the table's rows."""
        mode = mapping.mode(self.properties)
        if mode == "id" or self.state.has_deletion_vectors:
            return False
        return mode == "none" or not mapping.has_nested_names(self.schema)


@dataclass(frozen=True)
class Commit:
    """What one version changed. `adds` and `removes` are those that changed data; a compaction has none."""

    version: int
    timestamp: datetime.datetime
    operation: str
    adds: tuple[DataFile, ...]
    removes: tuple[DataFile, ...]
    data_change: bool
    is_metadata_changed: bool
    metadata: TableMetadata | None
    transactions: Mapping[str, int]
    info: Mapping[str, Any]


@dataclass(frozen=True)
class CommitInfo:
    """A line of the table's history."""

    version: int
    timestamp: datetime.datetime
    operation: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]
    engine: str | None
    info: Mapping[str, Any]


def instant(milliseconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)


def logical_files(files: Any, physical_names: Mapping[str, str]) -> tuple[DataFile, ...]:
    """The files with partition values under the columns' names."""
    if not physical_names:
        return tuple(files)
    logical = {physical: name for name, physical in physical_names.items()}
    return tuple(
        DataFile(
            f.path,
            f.size,
            f.rows,
            f.modified_ms,
            mapping.rename_partition(f.partition, logical),
            f.statistics,
        )
        for f in files
    )


def commit_of(entry: Entry, physical_names: Mapping[str, str]) -> Commit:
    """An entry as a commit, in logical names."""
    adds = [add.file for add in entry.adds if add.data_change]
    removes = [remove.file for remove in entry.removes if remove.data_change]
    return Commit(
        entry.version,
        instant(entry.timestamp_ms or 0),
        str(entry.info.get("operation", "")),
        logical_files(adds, physical_names),
        logical_files(removes, physical_names),
        bool(adds or removes),
        entry.metadata is not None,
        entry.metadata,
        entry.transactions,
        entry.info.get("ingot") or {},
    )


def history_line(entry: Entry) -> CommitInfo:
    """An entry as a line of the history."""
    return CommitInfo(
        entry.version,
        instant(entry.timestamp_ms or 0),
        str(entry.info.get("operation", "")),
        entry.info.get("operationParameters") or {},
        entry.info.get("operationMetrics") or {},
        entry.info.get("engineInfo"),
        entry.info.get("ingot") or {},
    )
