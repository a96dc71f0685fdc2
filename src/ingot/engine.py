"""The Engine protocol: what evaluates queries. Implementations live in `engines/<name>/` and are loaded by name.

A query comes analyzed (typed by Spark's rules, see `ingot.analysis`) and bound: each leaf stands for a snapshot
of a table, a list of files, or rows in memory. An engine writes data files and counts rows; it never commits, and
never decides what to process.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ingot.model import Action, FileRead, Project

if TYPE_CHECKING:
    from sqlglot import exp

    from ingot.analysis import AnalyzedQuery
    from ingot.types import StructType

BROKEN_RULES = "_broken_rules"  # the column of `write_violations`


@dataclass(frozen=True)
class DataFile:
    """One Parquet file of a table, in the terms of Delta's `add` action.

    `path` is relative to the table (or absolute), as it is on disk: not percent-encoded. `partition` maps logical
    partition columns to Delta's text form of the value, None for null. `statistics` is Delta's per-file
    statistics as JSON text (`numRecords`, `minValues`, `maxValues`, `nullCount`).
    """

    path: str
    size: int
    rows: int | None
    modified_ms: int
    partition: Mapping[str, str | None] = field(default_factory=dict)
    statistics: str | None = None


# --- what the leaves of a query are bound to ------------------------------------------------------------------


@dataclass(frozen=True)
class SnapshotBinding:
    """Rows of a Delta table: these files, read with the table's schema.

    `physical_names` maps column names to names in the files, for tables with column mapping. `file_column` asks for one
    more column of that name: the place of each row's file among `files`, from 0.
    """

    root: Path
    schema: StructType
    files: Sequence[DataFile]
    partition_columns: tuple[str, ...] = ()
    physical_names: Mapping[str, str] = field(default_factory=dict)
    file_column: str | None = None


@dataclass(frozen=True)
class SourceFile:
    """A raw file: its path, as `_metadata` shows it, and what tells one state of it from another."""

    path: str
    size: int
    modified_ms: int


@dataclass(frozen=True)
class FilesBinding:
    """Rows of raw files, read with Spark's reader semantics into `schema` (which includes rescued data,
    corrupt-record and partition columns where the read has them)."""

    read: FileRead
    files: Sequence[SourceFile]
    schema: StructType


@dataclass(frozen=True)
class ArrowBinding:
    """Rows in memory or from another reader: `load` gives a fresh object with `__arrow_c_stream__`."""

    schema: StructType
    load: Callable[[], Any]


@dataclass(frozen=True)
class UnionBinding:
    """The rows of several bindings, which have the same columns, one after another."""

    schema: StructType
    parts: Sequence[SnapshotBinding]


@dataclass(frozen=True)
class HeldBinding:
    """Rows that the engine itself has in memory (see `Engine.hold`): how many; `name` is the engine's own."""

    schema: StructType
    name: str
    rows: int


Binding = SnapshotBinding | FilesBinding | ArrowBinding | UnionBinding | HeldBinding


@dataclass(frozen=True)
class BoundQuery:
    """An analyzed query with everything that it reads, and the instant that `current_timestamp()` gives.

    `on_rows` is told now and then, from any thread, how many rows the user's functions have gone through.
    `is_small_right` says that of two tables that are joined the right one is the smaller one.
    """

    query: AnalyzedQuery
    bindings: Mapping[str, Binding]
    now: datetime.datetime
    on_rows: Callable[[int], None] | None = None
    is_small_right: bool = False


# --- writing --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """An expectation, ready to be evaluated: `condition` is typed over the columns of the query's result."""

    name: str
    condition: exp.Expr
    action: Action


@dataclass(frozen=True)
class WriteTarget:
    """Where data files go: a table's folder, its schema (types to cast to, in order), its partitioning.

    `physical_names` as in SnapshotBinding. `hidden` are columns that only the files have. Rows are sorted by
    `sort_columns`, so that each file holds a range of them. `file_bytes_max` bounds the size of one file. `is_compact`
    asks for as few files as that allows, rather than one for each thread; `is_temporary` is for files that nobody
    needs after this process.
    """

    root: Path
    schema: StructType
    partition_columns: tuple[str, ...] = ()
    physical_names: Mapping[str, str] = field(default_factory=dict)
    hidden: StructType | None = None
    sort_columns: tuple[str, ...] = ()
    file_bytes_max: int = 256 * 2**20
    is_compact: bool = False
    is_temporary: bool = False


@dataclass(frozen=True)
class WriteResult:
    """What one write did. `violations` counts the rows that violate each rule; `rows_in` is the number of rows
    that the query gave, `dropped` how many of them were not written because of DROP, QUARANTINE or FAIL rules."""

    files: tuple[DataFile, ...]
    rows: int
    dropped: int = 0
    violations: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows_in(self) -> int:
        return self.rows + self.dropped


class HeldRows(Protocol):
    """The rows of one query, in memory from when they are taken until this is closed."""

    def take(self, rows_max: int) -> HeldBinding | None:
        """Evaluate the query; None, and no rows are kept, where it gives more of them."""
        ...

    def interrupt(self) -> None:
        """Stop the query, from another thread; whoever takes its rows gets a KeyboardInterrupt."""
        ...

    def close(self) -> None: ...


class Engine(Protocol):
    """Evaluates bound queries. One instance serves one update; it holds no state that a restart would miss."""

    def __init__(self, project: Project) -> None: ...

    def infer_schema(self, read: FileRead, files: Sequence[SourceFile]) -> StructType:
        """The schema that Spark would infer for these files, with the read's options and hints."""
        ...

    def evolve_schema(self, read: FileRead, files: Sequence[SourceFile], schema: StructType) -> StructType | None:
        """The schema with the columns that these files have and it lacks; None when it lacks none."""
        ...

    def option_notes(self, read: FileRead) -> Sequence[str]:
        """What to tell the user of reader options that are not known or have no effect, a sentence each."""
        ...

    def check(self, query: AnalyzedQuery) -> None:
        """Raise UnsupportedError, with the place, if the engine cannot evaluate the query exactly."""
        ...

    def write(self, query: BoundQuery, target: WriteTarget, rules: Sequence[Rule] = ()) -> WriteResult:
        """Write the rows that pass the rules as new, durable data files. Nothing refers to them until committed."""
        ...

    def write_violations(self, query: BoundQuery, target: WriteTarget, rules: Sequence[Rule]) -> WriteResult:
        """Write the rows that violate any of the rules, with the names of these in a column `_broken_rules`."""
        ...

    def collect(self, query: BoundQuery, limit: int | None = None) -> Any:
        """The rows as an object with `__arrow_c_stream__` (types: Spark's, as Arrow)."""
        ...

    def hold(self, query: BoundQuery) -> HeldRows:
        """The rows of a query, to be taken into memory for other queries to read."""
        ...

    def copy(self, binding: Binding, target: WriteTarget) -> WriteResult:
        """Write the rows of a binding as they are: to compact files, or to store rows that are in memory."""
        ...

    def lacking(self, binding: SnapshotBinding, column: str) -> Sequence[DataFile]:
        """Those data files that have no such column, whatever the schema says."""
        ...

    def export(self, binding: Binding, path: Path) -> None:
        """Write the rows of a binding to one Parquet file, for use outside of the lake."""
        ...

    def restrict(self, folders: Sequence[Path]) -> None:
        """From now on nothing outside of these folders is read or written, and no setting changes any more."""
        ...

    def interrupt(self) -> None:
        """Stop what runs in other threads."""
        ...

    def close(self) -> None: ...


def load_engine(project: Project) -> Engine:
    """The engine that the project names.

    Raises:
        ProjectError: `unknown-engine`.
    """
    import importlib

    from ingot.errors import ProjectError

    if project.engine != "duckdb":
        raise ProjectError(f"unknown engine {project.engine!r}", code="unknown-engine", hint="engine: duckdb")
    module = importlib.import_module(f"ingot.engines.{project.engine}")
    return module.Engine(project)
