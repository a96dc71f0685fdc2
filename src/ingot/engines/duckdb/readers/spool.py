"""Files that were rewritten so that DuckDB reads them exactly: where they lie, and when they go.

One spool belongs to one connection and disappears with it. Never holds rows in memory.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Hashable
from pathlib import Path

import duckdb

_spools: weakref.WeakKeyDictionary[duckdb.DuckDBPyConnection, Spool] = weakref.WeakKeyDictionary()


class Spool:
    """Temporary files by key, and the files whose fast scan met something that only the exact reader can read."""

    def __init__(self) -> None:
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.paths: dict[Hashable, Path] = {}
        self.inexact: set[tuple[str, int, int]] = set()
        self.facts: dict[Hashable, object] = {}
        self.count = 0

    def path(self, suffix: str) -> Path:
        """A new path for a file to be written."""
        if self.folder is None:
            self.folder = tempfile.TemporaryDirectory(prefix="ingot-read-")
        self.count += 1
        return Path(self.folder.name) / f"{self.count}{suffix}"

    def release(self) -> None:
        """Remove the files; relations over them can no longer be read."""
        if self.folder is not None:
            self.folder.cleanup()
        self.folder = None
        self.paths.clear()
        self.facts.clear()
        self.inexact.clear()


def spool_of(connection: duckdb.DuckDBPyConnection) -> Spool:
    """The spool that belongs to a connection."""
    spool = _spools.get(connection)
    if spool is None:
        spool = _spools[connection] = Spool()
    return spool
