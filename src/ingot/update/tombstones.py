"""Deletes that a table of changes remembers: so that a late event from before a delete changes nothing.

A Delta table beside the checkpoint, partitioned by flow and batch. A batch's tombstones are written before the table's
own commit and count once the table holds that batch; what an attempt that failed left is replaced by the next one.
Tombstones are kept for a time (two days unless a property says otherwise), and small files are merged.
"""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ingot import cdc
from ingot.cdc import ChangeTable
from ingot.engine import DataFile, SnapshotBinding, WriteTarget
from ingot.lake.checkpoint import TableCheckpoint, state_folder
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake, Table, TableChange, TableMetadata
from ingot.model import Dataset, TableName
from ingot.quoting import quoted_name, quoted_text
from ingot.types import LONG, STRING, TIMESTAMP, Field, StructType
from ingot.update.change_queries import ChangeQueries

_FLOW, _BATCH, _AT = "__ingot_flow", "__ingot_batch", "__ingot_at"
_FILES_MAX = 64


@dataclass
class Tombstones:
    """The tombstones of one table."""

    changed: ChangeTable
    table: Table
    retention: datetime.timedelta

    @classmethod
    def of(cls, changed: ChangeTable, folder: Path, dataset: Dataset) -> Tombstones:
        """Those below the folder of a table's state."""
        table = _table(folder)
        return cls(changed, table, cdc.tombstone_retention(dataset))

    def advance(self, queries: ChangeQueries, events: SnapshotBinding) -> SnapshotBinding:
        """Write the tombstones of a batch; gives those that count for it: its own and earlier ones."""
        attempt = queries.attempt
        app_id, number = attempt.app_id, attempt.number
        done = attempt.current.transactions if attempt.current is not None else {}
        snapshot = self.table.snapshot() if self.table.exists() else None
        counted = [f for f in (snapshot.files if snapshot else ()) if _batch(f) <= done.get(_flow(f), -1)]
        expired = [f for f in counted if _is_before(f, queries.now - self.retention)]
        counted = [f for f in counted if f not in expired]
        leftover = [f for f in (snapshot.files if snapshot else ()) if (_flow(f), _batch(f)) == (app_id, number)]
        target = WriteTarget(self.table.root, self._schema, (_FLOW, _BATCH), self._stored_names)
        text = (
            f"SELECT *, TIMESTAMP'{queries.now:%Y-%m-%d %H:%M:%S.%f}' AS {_AT}, {quoted_text(app_id)} AS {_FLOW}, "
            f"CAST({number} AS BIGINT) AS {_BATCH} FROM ({cdc.tombstones_text(self.changed)})"
        )
        fresh = queries.engine.write(queries.bound(text, {"events": events}), target).files
        if fresh or leftover:
            self._commit(snapshot, fresh, [*leftover, *expired])
        if len(counted) > _FILES_MAX:
            counted = self._merge(queries, counted)
        return self._binding([*counted, *fresh])

    @property
    def _schema(self) -> StructType:
        own = (Field(_AT, TIMESTAMP), Field(_FLOW, STRING), Field(_BATCH, LONG))
        return StructType(fields=(*cdc.tombstones_schema(self.changed), *own))

    @property
    def _stored_names(self) -> dict[str, str]:
        """The keys by their places: a user's name may be one that only a table with column mapping can have."""
        return {key: f"key{place}" for place, key in enumerate(self.changed.keys)}

    @property
    def _stored_schema(self) -> StructType:
        names = self._stored_names
        return StructType(fields=tuple(replace(f, name=names.get(f.name, f.name)) for f in self._schema))

    def _binding(self, files: list[DataFile]) -> SnapshotBinding:
        return SnapshotBinding(self.table.root, self._schema, files, (_FLOW, _BATCH), self._stored_names)

    def _commit(
        self, snapshot: Snapshot | None, adds: tuple[DataFile, ...], removes: list[DataFile], is_merge: bool = False
    ) -> None:
        metadata = TableMetadata(self._stored_schema, (_FLOW, _BATCH)) if snapshot is None else None
        change = TableChange(
            "OPTIMIZE" if is_merge else "STREAMING UPDATE",
            adds=adds,
            removes=tuple(removes),
            metadata=metadata,
            data_change=not is_merge,
        )
        self.table.commit(change, snapshot)

    def _merge(self, queries: ChangeQueries, files: list[DataFile]) -> list[DataFile]:
        """One file in the place of many, without what has expired. It counts as the last of them does."""
        oldest = f"TIMESTAMP'{queries.now - self.retention:%Y-%m-%d %H:%M:%S.%f}'"
        names = ", ".join(quoted_name(f.name) for f in cdc.tombstones_schema(self.changed))
        text = (
            f"SELECT {names}, {_AT}, {quoted_text(_flow(files[-1]))} AS {_FLOW}, "
            f"CAST({_batch(files[-1])} AS BIGINT) AS {_BATCH} "
            f"FROM tombstones WHERE {_AT} >= {oldest}"
        )
        target = WriteTarget(self.table.root, self._schema, (_FLOW, _BATCH), self._stored_names)
        merged = queries.engine.write(queries.bound(text, {"tombstones": self._binding(files)}), target).files
        self._commit(self.table.snapshot(), merged, files, is_merge=True)
        return list(merged)


def follow_restored(lake: Lake, name: TableName, held: Mapping[str, int]) -> None:
    """Make the tombstones of a table what they were when it held these batches, after it was restored.

    So a delete that was undone does not end a row that came back. Versions from before a full refresh bring the
    tombstones of their epoch with them. To be called again if it was interrupted.

    Args:
        lake: Where the table is.
        name: The table.
        held: The newest batch by application, in the version that was restored.
    """
    state = state_folder(lake.root, name)
    epoch = TableCheckpoint(lake.root, name).epoch
    tables = {
        folder.name: _table(folder)
        for folder in (sorted(state.iterdir()) if state.is_dir() else ())
        if (folder / "tombstones" / "_delta_log").is_dir()
    }
    if epoch is None or not tables:
        return
    wanted = {folder: _as_of(table, held) for folder, table in tables.items()}
    table = tables.get(epoch) or _table(state / epoch)
    for folder, files in wanted.items():
        for file in files if folder != epoch else ():
            copy = table.root / file.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tables[folder].root / file.path, copy)
    _replace(table, next(iter(tables.values())), [file for files in wanted.values() for file in files])


def _table(folder: Path) -> Table:
    """The table of tombstones in a table's folder of one epoch."""
    return Table(TableName("", "_ingot", "tombstones"), folder / "tombstones")


def _as_of(table: Table, held: Mapping[str, int]) -> list[DataFile]:
    """The files of the newest version that knows no batch above these."""
    for version in range(table.snapshot().version, -1, -1):
        files = table.snapshot(version=version).files
        if all(_batch(file) <= held.get(_flow(file), -1) for file in files):
            return list(files)
    return []


def _replace(table: Table, like: Table, files: list[DataFile]) -> None:
    """Let the table hold these files and no others; it is made like another one if it does not exist."""
    snapshot = table.snapshot() if table.exists() else None
    if snapshot is None and not files:
        return
    wanted, present = {file.path for file in files}, {file.path for file in snapshot.files} if snapshot else set()
    change = TableChange(
        "RESTORE",
        adds=tuple(file for file in files if file.path not in present),
        removes=tuple(file for file in (snapshot.files if snapshot else ()) if file.path not in wanted),
        metadata=TableMetadata(like.snapshot().schema, (_FLOW, _BATCH)) if snapshot is None else None,
    )
    if change.adds or change.removes:
        table.commit(change, snapshot)


def _is_before(file: DataFile, instant: datetime.datetime) -> bool:
    """Whether all tombstones of a file are older."""
    newest = json.loads(file.statistics or "{}").get("maxValues", {}).get(_AT)
    return newest is not None and datetime.datetime.fromisoformat(newest) < instant


def _flow(file: DataFile) -> str:
    return file.partition.get(_FLOW) or ""


def _batch(file: DataFile) -> int:
    return int(file.partition.get(_BATCH) or 0)
