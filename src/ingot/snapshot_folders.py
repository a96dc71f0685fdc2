"""Folders as snapshots: each folder of a stream of files is one whole state of the source, in the order of their names.

Owns which folder a file belongs to and which one comes next. The name of the folder is the snapshot's version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ingot.errors import PlanError
from ingot.files import base_folder
from ingot.model import FileRead
from ingot.streams import FileStream, Offset

_COMPRESSIONS = frozenset({".gz", ".bz2", ".zst", ".xz", ".lz4", ".snappy", ".deflate"})
_DIGITS = re.compile(r"(\d+)")


class FolderStream(FileStream):
    """One folder after the other, each in one batch, whatever the limits of a batch are."""

    def next(self, done: Iterable[Offset]) -> Offset | None:
        offsets = list(done)
        pending = self.pending(offsets)
        names = {file.path: snapshot_name(self._read, file.path) for file in pending}
        if not names:
            return None
        last = offsets[-1].get("snapshot") if offsets else None
        first = min(names.values())
        self._check_order({*names.values(), *([last] if last else [])})
        if last is not None and first <= last:
            late = next(path for path, name in names.items() if name == first)
            raise PlanError(
                f"{late} came after the snapshot {last!r} had been taken: the snapshot {first!r} is not later",
                location=self._read.location,
                hint="put a snapshot in place as a whole, under a name that comes after all others; or build the table "
                "anew with --full-refresh",
                code="snapshot-order",
            )
        self._pending = [file for file in pending if names[file.path] != first]
        taken = [file for file in pending if names[file.path] == first]
        return {"files": [[self._relative(f.path), f.size, f.modified_ms] for f in taken], "snapshot": first}

    def _check_order(self, names: set[str]) -> None:
        """Names whose numbers say another order than their letters are refused: 10 stands before 9."""
        ordered = sorted(names)
        by_number = sorted(names, key=_with_numbers)
        for name, other in zip(ordered, by_number, strict=True):
            if name != other:
                raise PlanError(
                    f"the order of the snapshots is not certain: by name {name!r} comes first, by number {other!r}",
                    location=self._read.location,
                    hint="write numbers with leading zeros, dates as YYYY-MM-DD",
                    code="snapshot-order",
                )


def snapshot_name(read: FileRead, path: str) -> str:
    """The name of the snapshot that a file belongs to.

    It is the entry directly below the path, or what the wildcards of the path stand for, without the keys of
    partitions; of an entry that is a file, without the suffix.

    >>> snapshot_name(FileRead("/in/customers", "csv"), "/in/customers/2024-01-01/part-0.csv")
    '2024-01-01'
    >>> snapshot_name(FileRead("/in/customers", "csv"), "/in/customers/2024-01-01.csv.gz")
    '2024-01-01'
    >>> snapshot_name(FileRead("/in/*/*/customers.csv", "csv"), "/in/year=2024/month=01/customers.csv")
    '2024/01'
    """
    base = base_folder(read.path)
    pattern = [part for part in read.path[len(base) :].split("/") if part]
    wild = [place for place, part in enumerate(pattern) if re.search(r"[*?\[{]", part)]
    depth = wild[-1] + 1 if wild else 1
    parts = Path(path).relative_to(base).parts
    named = list(parts[:depth])
    if len(parts) <= depth:
        named[-1] = _stem(named[-1])
    return "/".join(part.split("=", 1)[-1] for part in named)


def _stem(name: str) -> str:
    path = Path(name)
    return path.with_suffix("").stem if path.suffix in _COMPRESSIONS else path.stem


def _with_numbers(name: str) -> list[tuple[int, int, str]]:
    """What orders names by the numbers in them, and texts by their letters."""
    parts = _DIGITS.split(name)
    return [(0, int(part), "") if place % 2 else (1, 0, part) for place, part in enumerate(parts)]
