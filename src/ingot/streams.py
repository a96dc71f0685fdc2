"""What is new at a streaming leaf: which files, or which versions of a Delta table, a micro-batch reads.

Owns offsets: JSON values that a checkpoint keeps and that only the stream that made them understands. The guarantee:
`bind(offset)` gives the same rows each time, and the offsets of consecutive batches cover every row once.
Never evaluates a query and never commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ingot import feeds
from ingot.engine import Binding, FilesBinding, SnapshotBinding, SourceFile
from ingot.errors import DefinitionError, LakeError, PlanError, SourceError
from ingot.files import absolute_path, relative_path
from ingot.lake import change_feed
from ingot.lake.table import Commit, Table
from ingot.model import FileRead, TableRead
from ingot.types import StructType

Offset = Any
_BEGIN_ANEW = "begin anew with --full-refresh"
FILES_MAX_DEFAULT = 1000  # Auto Loader's default for maxFilesPerTrigger


class Stream(Protocol):
    """One streaming leaf of a flow."""

    key: str

    def next(self, done: Iterable[Offset]) -> Offset | None:
        """What the next batch reads, given the offsets of all earlier ones; None when nothing is new."""
        ...

    def bind(self, offset: Offset | None) -> Binding:
        """The rows of an offset; no rows for None."""
        ...

    def merge(self, done: Iterable[Offset]) -> Offset:
        """One offset that stands for all of these, for positions only."""
        ...


@runtime_checkable
class LastingStream(Stream, Protocol):
    """A streaming leaf whose rows can be read again, for as long as rows of other streams may meet them."""

    def bind_until(self, done: Offset | None, more: Offset | None = None) -> Binding:
        """The rows of all batches up to the one that ended with `done`, and those of `more`, the batch after it."""
        ...


class FileStream:
    """Files, each read once. A file that changes under its name is read again only with `allowOverwrites`.

    A flow that runs one time reads all that there is (`is_whole`): what its batch left out would never be read.
    """

    def __init__(
        self,
        read: FileRead,
        schema: StructType,
        root: Path,
        location_key: str,
        listed: list[SourceFile],
        is_whole: bool = False,
    ):
        self._is_whole = is_whole
        self.key = location_key
        self._read = read
        self._schema = schema
        self._root = root
        self._overwrites = read.options.get("allowoverwrites", "").lower() == "true"
        self._pending = listed
        self._seen: set[Any] = set()
        self._counted = 0

    def next(self, done: Iterable[Offset]) -> Offset | None:
        offsets = list(done)
        pending = self.pending(offsets)
        if not offsets and self._read.options.get("includeexistingfiles", "").lower() == "false":
            self._pending = []
            return {"files": [], "skipped": [[self._relative(f.path), f.size, f.modified_ms] for f in pending]}
        count, size = self._limits()
        if self._is_whole:
            count, size = len(pending), None
        batch: list[SourceFile] = []
        for file in pending:
            if len(batch) >= count or (batch and size is not None and sum(f.size for f in batch) + file.size > size):
                break
            batch.append(file)
        if not batch:
            return None
        self._pending = pending[len(batch) :]
        return {"files": [[self._relative(f.path), f.size, f.modified_ms] for f in batch]}

    def pending(self, done: Iterable[Offset]) -> list[SourceFile]:
        """The files of the update's listing that no earlier batch has read, oldest first."""
        offsets = list(done)
        for offset in offsets[self._counted :]:
            self._seen.update(self._identity(*file) for file in (*offset["files"], *offset.get("skipped", ())))
        self._counted = len(offsets)
        return [
            f for f in self._pending if self._identity(self._relative(f.path), f.size, f.modified_ms) not in self._seen
        ]

    def _identity(self, path: str, size: int, modified_ms: int) -> Any:
        return (path, size, modified_ms) if self._overwrites else path

    def _limits(self) -> tuple[int, int | None]:
        options = self._read.options
        count = options.get("maxfilespertrigger")
        size = options.get("maxbytespertrigger")
        try:
            return (int(count) if count else FILES_MAX_DEFAULT), (_bytes(size) if size else None)
        except ValueError:
            raise DefinitionError(
                f"maxFilesPerTrigger = {count!r}, maxBytesPerTrigger = {size!r}: not numbers",
                location=self._read.location,
                hint="write maxFilesPerTrigger => 100, maxBytesPerTrigger => '1g'",
            ) from None

    def bind(self, offset: Offset | None) -> FilesBinding:
        listed = offset["files"] if offset else []
        files = [SourceFile(self._absolute(path), size, modified) for path, size, modified in listed]
        for file in files:
            if not Path(file.path).exists():
                raise SourceError(
                    f"the file {file.path} was planned for a batch and is gone",
                    location=self._read.location,
                    hint="put it back, or full-refresh the table from the files that are left",
                    code="file-gone",
                )
        return FilesBinding(self._read, files, self._schema)

    def merge(self, done: Iterable[Offset]) -> Offset:
        return merged_files(done)

    def _relative(self, path: str) -> str:
        return relative_path(path, self._root)

    def _absolute(self, path: str) -> str:
        return absolute_path(path, self._root)


def merged_files(done: Iterable[Offset]) -> Offset:
    """One offset of a stream of files that stands for all of these."""
    offsets = list(done)
    last = {name: value for name, value in offsets[-1].items() if name != "skipped"}
    files = [file for offset in offsets for file in (*offset["files"], *offset.get("skipped", ()))]
    return {**last, "files": files}


def _bytes(text: str) -> int:
    units = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
    folded = text.strip().lower().removesuffix("b") or "0"
    factor = units.get(folded[-1], 1)
    return int(float(folded.rstrip("kmgt")) * factor)


class TableStream:
    """New rows of a Delta table, through its log: first everything as of a version, then what commits add.

    A stream that is joined with another one (`is_joined`) passes over no commit: its errors offer no option for that.
    """

    def __init__(self, read: TableRead, table: Table, schema: StructType, location_key: str, is_joined: bool = False):
        self.key = location_key
        self._is_joined = is_joined
        self._read = read
        self._table = table
        self._schema = schema
        asked = {name for name, value in read.options.items() if value.lower() == "true"}
        self._skips_changes = "skipchangecommits" in asked
        self._takes_rewritten = "ignorechanges" in asked  # rows of rewritten files come again, as in Delta
        self._ignores_deletes = bool(asked & {"ignoredeletes", "ignorechanges"})

    def next(self, done: Iterable[Offset]) -> Offset | None:
        last = next(iter(list(done)[-1:]), None)
        if not self._table.exists():
            return None
        snapshot = self._table.snapshot()
        if last is None:
            return self._initial(snapshot)
        if last["table_id"] != snapshot.table_id:
            raise self._rewritten("was dropped and created again", snapshot.version)
        if snapshot.version < last["to"]:
            raise self._rewritten(f"went back from version {last['to']}", snapshot.version)
        if snapshot.version == last["to"]:
            return None
        return {"table_id": snapshot.table_id, "from": last["to"] + 1, "to": snapshot.version}

    def _initial(self, snapshot: Any) -> Offset:
        return {
            "table_id": snapshot.table_id,
            "from": feeds.start_of(self._read, self._table),
            "to": snapshot.version,
        }

    def bind(self, offset: Offset | None) -> Binding:
        if offset is None:
            return self._binding([])
        if offset["from"] is None:
            return self._table.snapshot(version=offset["to"]).binding()
        files = []
        for commit in self._commits(offset):
            if commit.removes and not self._takes_rewritten:
                raise self._changed(commit)
            files.extend(commit.adds)
        return self._binding(files)

    def bind_until(self, done: Offset | None, more: Offset | None = None) -> Binding:
        """See `LastingStream`. Only for a read that leaves no rows out: its table has only been appended to."""
        if done is None:
            return self.bind(more)
        files = [*self._files_until(done)]
        if more is not None:
            files.extend(self._snapshot_binding(self.bind(more)).files)
        return self._binding(files)

    def _files_until(self, done: Offset) -> Iterable[Any]:
        """The files of a version's rows; those of a later version that holds the same rows in fewer files."""
        version = done["to"]
        for commit in self._table.commits(version + 1):
            if commit.data_change:
                break
            version = commit.version
        return self._snapshot_binding(self._table.snapshot(version=version).binding()).files

    def _snapshot_binding(self, binding: Binding) -> SnapshotBinding:
        if isinstance(binding, SnapshotBinding):
            return binding
        raise SourceError(
            f"{self._read.name.short} has Delta features that cannot be read as a stream",
            location=self._read.location,
            hint="read it without STREAM in a materialized view",
            code="unsupported-stream-source",
        )

    def _commits(self, offset: Offset) -> Iterator[Commit]:
        """The commits of an offset that concern the stream: those that add rows, and those that it cannot follow."""
        for commit in self._table.commits(offset["from"], offset["to"]):
            is_passed_over = commit.removes and (self._skips_changes or (self._ignores_deletes and not commit.adds))
            if commit.data_change and not is_passed_over:
                yield commit

    def _binding(self, files: list[Any]) -> Binding:
        if not self._table.exists():
            return SnapshotBinding(self._table.root, self._schema, [])
        snapshot = self._table.snapshot()
        from dataclasses import replace

        binding = snapshot.binding()
        other = next((file for file in files if set(file.partition) != set(snapshot.partition_columns)), None)
        if other is not None:
            name = self._read.name.short
            raise self._error(
                f"the streaming source {name} was partitioned by ({', '.join(other.partition)}) when rows were added "
                f"that are yet to be read, and is partitioned by ({', '.join(snapshot.partition_columns)})",
                _BEGIN_ANEW,
            )
        return replace(self._snapshot_binding(binding), files=files)

    def begins_with(self, offset: Offset) -> bool:
        """Whether an offset holds the rows of a version, not those that came since another one."""
        return offset["from"] is None and not self._read.reads_changes

    def is_outdated(self, offset: Offset) -> bool:
        """Whether rows of an offset, or those before it, were changed or deleted since: it is of no use any more."""
        if not self._table.exists():
            return False
        snapshot = self._table.snapshot()
        if snapshot.table_id != offset["table_id"] or snapshot.version < offset["to"]:
            return True
        return self._is_rewritten({"from": offset["to"] + 1, "to": snapshot.version})

    def _is_rewritten(self, offset: Offset) -> bool:
        """Whether the stream cannot go on with an offset."""
        return not self._takes_rewritten and any(commit.removes for commit in self._commits(offset))

    def has_changes(self, offset: Offset) -> bool:
        """Whether an offset holds any row at all: a range of maintenance commits holds none."""
        return offset["from"] is None or any(True for _ in self._commits(offset))

    def merge(self, done: Iterable[Offset]) -> Offset:
        offsets = list(done)
        return offsets[-1]

    def refuse_replaced(self) -> None:
        """Refuse to follow a table whose rows are about to be replaced, as `next` and `bind` will once they are."""
        if not self._table.exists():
            raise self._rewritten("was dropped, and is created again by this update", 0)
        is_followed = self._table.exists() and bool(self._table.snapshot().files)
        if is_followed and not (self._skips_changes or self._takes_rewritten):
            raise self._error(
                f"this update replaces the rows of the streaming source {self._read.name.short}: a stream reads only "
                "appended rows",
                "name the table that reads it in --full-refresh too",
            )

    def _changed(self, commit: Commit) -> PlanError:
        """The error for rows that were changed or deleted, under the name that Delta gives it."""
        name, version = self._read.name.short, commit.version
        if commit.adds:
            what = f"[DELTA_SOURCE_TABLE_IGNORE_CHANGES] rows of the streaming source {name} were changed"
            options = "skipChangeCommits = true"
        else:
            what = f"[DELTA_SOURCE_IGNORE_DELETE] rows of the streaming source {name} were deleted"
            options = "ignoreDeletes = true or skipChangeCommits = true"
        hint = (
            f"read it whole in a MATERIALIZED VIEW; the option {options} passes over such versions, --full-refresh "
            "begins anew"
        )
        return self._error(
            f"{what} by {commit.operation} in version {version}: a stream reads only appended rows",
            _BEGIN_ANEW if self._is_joined else hint,
        )

    def _rewritten(self, what: str, version: int) -> PlanError:
        name = self._read.name.short
        return self._error(
            f"the streaming source {name} {what} (version {version}): a stream reads only appended rows",
            _BEGIN_ANEW,
        )

    def _error(self, message: str, hint: str) -> PlanError:
        return PlanError(message, location=self._read.location, hint=hint, code="source-rewritten")


class ChangeStream(TableStream):
    """Changes of a Delta table's rows: first all rows as inserts, or changes since a version, then what commits did."""

    def next(self, done: Iterable[Offset]) -> Offset | None:
        offset = super().next(done)
        self.bind(offset)  # what cannot be read must not be planned, for a plan stays
        return offset

    def bind(self, offset: Offset | None) -> Binding:
        if offset is None:
            return SnapshotBinding(self._table.root, self._schema, [])
        try:
            if offset["from"] is None:
                return change_feed.rows_as_inserts(self._table.snapshot(version=offset["to"]), self._schema)
            return change_feed.changes(self._table, offset["from"], offset["to"], self._schema)
        except LakeError as error:
            raise error.at(self._read.location) from None

    def _is_rewritten(self, offset: Offset) -> bool:
        return False  # that rows were changed or deleted is what it tells

    def has_changes(self, offset: Offset) -> bool:
        start = offset["from"]
        return start is None or change_feed.has_changes(self._table, start, offset["to"])


def table_stream(read: TableRead, table: Table, schema: StructType, key: str, is_joined: bool = False) -> TableStream:
    """The stream of a leaf that reads a table: its new rows, or the changes of its rows."""
    return (ChangeStream if read.reads_changes else TableStream)(read, table, schema, key, is_joined)


@dataclass
class NoStream:
    """A streaming leaf whose rows are fixed (created in the definition): read once."""

    key: str
    binding: Binding

    def next(self, done: Iterable[Offset]) -> Offset | None:
        return None if any(True for _ in done) else {"once": True}

    def bind(self, offset: Offset | None) -> Binding:
        return self.binding

    def merge(self, done: Iterable[Offset]) -> Offset:
        return {"once": True}
