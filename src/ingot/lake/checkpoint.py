"""A flow's saved read position: the plans of its micro-batches, written before anything is processed.

Layout below `<lake>/_ingot/checkpoints/<schema>.<table>/`:

- `epoch.json`: the current epoch (a uuid) of the table. A full refresh puts a new one; the first commit of a new
  epoch replaces the table's content, so a reset and its first rows become visible together.
- `<epoch>/<flow>/<n>.json`: what batch `n` reads (files, table versions, the instant), put if absent.
- `<epoch>/<flow>/schemas.json`: inferred schemas of file sources, so that inference happens once.

A batch is done when the table's own `txn` says so (app id `<flow>:<epoch>`, version `n`); this module never
decides that and never looks at a table. What a source notes in a plan is opaque here.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from ingot.errors import LakeError
from ingot.lake.store import LocalStore
from ingot.model import TableName

FORMAT = 1
_COMPACT_EVERY = 64


@dataclass(frozen=True)
class BatchPlan:
    """What one micro-batch reads, complete enough to run it again and get the same rows.

    `sources` holds, for each streaming leaf, what its stream noted; `statics` the table version or file list that
    each other leaf is pinned to; `now` is what `current_timestamp()` gives. `joined` holds the streams that were
    joined with one another, whether or not each had new rows; `streams` all streams that the definition had, which
    older plans do not say.
    """

    number: int
    now: datetime
    sources: Mapping[str, Any]
    statics: Mapping[str, Any] = field(default_factory=dict)
    joined: Sequence[str] = ()
    streams: Sequence[str] = ()

    def to_json(self) -> bytes:
        return json.dumps(
            {
                "format": FORMAT,
                "batch": self.number,
                "now": self.now.isoformat(),
                "sources": self.sources,
                "statics": self.statics,
                **({"joined": self.joined} if self.joined else {}),
                **({"streams": self.streams} if self.streams else {}),
            },
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_json(cls, data: bytes, path: Path) -> BatchPlan:
        try:
            value = json.loads(data)
        except ValueError as error:
            raise LakeError(f"the checkpoint {path} is damaged: {error}", code="damaged-checkpoint") from error
        if value.get("format") != FORMAT:
            raise LakeError(
                f"the checkpoint {path} has format {value.get('format')!r}; this version of Ingot reads {FORMAT}",
                hint="upgrade Ingot, or run with --full-refresh",
                code="checkpoint-format",
            )
        now = datetime.fromisoformat(value["now"])
        joined, streams = value.get("joined", ()), value.get("streams", ())
        return cls(value["batch"], now, value["sources"], value["statics"], joined, streams)


class FlowCheckpoint:
    """The batch plans of one flow in one epoch. Holds the positions in memory; one process writes at a time."""

    def __init__(self, folder: Path, app_id: str, store: LocalStore):
        self.folder = folder
        self.app_id = app_id
        self._store = store
        self._plans: dict[int, BatchPlan] | None = None

    @property
    def plans(self) -> Mapping[int, BatchPlan]:
        """All plans by number. Older ones may have been merged into one, under the number of the last."""
        if self._plans is None:
            self._plans = self._load()
        return self._plans

    @property
    def last(self) -> BatchPlan | None:
        """The newest plan, done or not."""
        return self.plans[max(self.plans)] if self.plans else None

    def committed(self, transactions: Mapping[str, int]) -> list[BatchPlan]:
        """The plans of the batches that a table with these transactions holds, in order."""
        done = transactions.get(self.app_id, -1)
        return [plan for number, plan in sorted(self.plans.items()) if number <= done]

    def plan(self, batch: BatchPlan) -> None:
        """Write a plan, durably, before the batch is processed.

        Raises:
            LakeError: `checkpoint-conflict`, if another process has planned the same batch.
        """
        path = self.folder / f"{batch.number:08d}.json"
        if not self._store.put_if_absent(path, batch.to_json()):
            raise LakeError(
                f"another process has planned batch {batch.number} of {self.app_id.split(':')[0]}",
                hint="let one `ingot run` at a time work on a lake",
                code="checkpoint-conflict",
            )
        self.plans  # noqa: B018  (load before adding)
        assert self._plans is not None
        self._plans[batch.number] = batch

    def replan(self, number: int, batch: BatchPlan | None) -> None:
        """Put another plan, or none, in the place of one that was never committed: its files have changed."""
        path = self.folder / f"{number:08d}.json"
        self.plans  # noqa: B018  (load before changing)
        assert self._plans is not None
        if batch is None:
            self._store.delete(path)
            del self._plans[number]
        else:
            self._store.put(path, batch.to_json())
            self._plans[number] = batch

    def merge_before(self, number: int, merged: Mapping[str, Any]) -> None:
        """Replace the plans up to `number` (all done) by one that notes the same positions.

        Keeps a flow's start-up from growing with the number of its batches. The merged plan is written first; the
        merged-away ones are ignored from then on, whether or not they could be removed.
        """
        last = self.plans[number]
        compact = replace(last, sources=merged)
        self._store.put(self.folder / f"{number:08d}.merged.json", compact.to_json())
        assert self._plans is not None
        for old in [n for n in self._plans if n <= number]:
            del self._plans[old]
            self._store.delete(self.folder / f"{old:08d}.json")
            if old < number:
                self._store.delete(self.folder / f"{old:08d}.merged.json")
        self._plans[number] = compact

    @property
    def merge_due(self) -> bool:
        return len(self.plans) > _COMPACT_EVERY

    def schemas(self) -> dict[str, str]:
        """Inferred schemas of file sources (Delta JSON text) by leaf."""
        path = self.folder / "schemas.json"
        return json.loads(self._store.read(path)) if self._store.exists(path) else {}

    def save_schemas(self, schemas: Mapping[str, str]) -> None:
        self._store.put(self.folder / "schemas.json", json.dumps(dict(schemas)).encode())

    def _load(self) -> dict[int, BatchPlan]:
        if not self.folder.is_dir():
            return {}
        names = sorted(entry.name for entry in self.folder.iterdir())
        merged = [name for name in names if name.endswith(".merged.json")]
        base = int(merged[-1].split(".")[0]) if merged else -1
        plans: dict[int, BatchPlan] = {}
        if merged:
            path = self.folder / merged[-1]
            plans[base] = BatchPlan.from_json(self._store.read(path), path)
        for name in names:
            if re.fullmatch(r"\d{8}\.json", name) and int(name[:8]) > base:
                path = self.folder / name
                plans[int(name[:8])] = BatchPlan.from_json(self._store.read(path), path)
        return plans


class TableCheckpoint:
    """The checkpoints of all flows into one table, and the table's epoch."""

    def __init__(self, lake: Path, table: TableName, store: LocalStore | None = None):
        self.folder = _folder(lake / "_ingot" / "checkpoints", table.short)
        self._store = store or LocalStore()
        self._epoch: str | None = None

    @property
    def epoch(self) -> str | None:
        """The current epoch; None before the table's first update."""
        path = self.folder / "epoch.json"
        if self._epoch is None and self._store.exists(path):
            self._epoch = json.loads(self._store.read(path))["epoch"]
        return self._epoch

    def is_begun(self, transactions: Mapping[str, int]) -> bool:
        """Whether a table with these transactions has a commit of this epoch; if not, a full refresh is under way."""
        return self.epoch is not None and any(app.endswith(f":{self.epoch}") for app in transactions)

    def start_epoch(self) -> str:
        """Begin anew: positions start again and the next commit replaces what the table holds."""
        self._epoch = uuid.uuid4().hex
        content = json.dumps({"format": FORMAT, "epoch": self._epoch}).encode()
        self._store.put(self.folder / "epoch.json", content)
        return self._epoch

    def flow(self, name: str) -> FlowCheckpoint:
        """The checkpoint of one flow in the current epoch, which is started if there is none."""
        epoch = self.epoch or self.start_epoch()
        folder = _folder(self.folder / epoch, name)
        return FlowCheckpoint(folder, f"{unquote(folder.name)}:{epoch}", self._store)

    def flow_names(self) -> list[str]:
        """Flows that have a checkpoint in the current epoch."""
        folder = self.folder / (self.epoch or "")
        return sorted(unquote(e.name) for e in folder.iterdir() if e.is_dir()) if self.epoch and folder.is_dir() else []

    def remove(self) -> None:
        """Forget every position of the table."""
        import shutil

        if self.folder.exists():
            shutil.rmtree(self.folder)
        self._epoch = None


def state_folder(lake: Path, table: TableName) -> Path:
    """Where the side tables of a table are (keys seen, tombstones), a folder for each epoch."""
    return _folder(lake / "_ingot" / "state", table.short)


def flow_state_folder(lake: Path, table: TableName, epoch: str, flow: str) -> Path:
    """Where the side table of one flow is, such as the keys that it has seen."""
    return _folder(state_folder(lake, table) / epoch, flow)


def _folder(parent: Path, name: str) -> Path:
    """The folder of a table or a flow: there is one for all names that differ only in case, as for the tables."""
    folder = parent / folder_name(name)
    if not folder.is_dir() and parent.is_dir():
        for entry in parent.iterdir():
            if unquote(entry.name).lower() == name.lower():
                return entry
    return folder


def folder_name(name: str) -> str:
    """A file name for a name of any characters: unsafe ones are percent-encoded.

    >>> folder_name("sales/eu orders")
    'sales%2Feu%20orders'
    """
    return quote(name, safe="").replace("~", "%7E") if name.strip(".") else name.replace(".", "%2E")


def all_checkpoints(lake: Path) -> Iterator[tuple[str, FlowCheckpoint]]:
    """The checkpoints of all flows of a lake, whoever defines them, each with the short name of its table."""
    store = LocalStore()
    for document in sorted((lake / "_ingot" / "checkpoints").glob("*/epoch.json")):
        epoch = json.loads(store.read(document))["epoch"]
        for folder in sorted(path for path in (document.parent / epoch).glob("*") if path.is_dir()):
            yield unquote(document.parent.name), FlowCheckpoint(folder, f"{unquote(folder.name)}:{epoch}", store)
