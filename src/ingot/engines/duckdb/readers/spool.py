"""Files that were rewritten so that DuckDB reads them exactly: where they lie, and when they go.

One spool belongs to one connection and disappears with it. Never holds rows in memory.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Hashable
from pathlib import Path
from typing import Any

_spools: weakref.WeakKeyDictionary[Any, Spool] = weakref.WeakKeyDictionary()


class Spool:
    """Temporary files by key, and the files whose scan met what only the exact reader reads.

    They lie where the system keeps such files, or in a folder below `place` (a parent and the beginning of the name).
    `inexact` holds path, size and modification time of the latter, `proven` those of files whose scan cannot fail.
    """

    def __init__(self, place: tuple[Path, str] | None = None) -> None:
        self._place = place
        self.folder: Path | None = None
        self.paths: dict[Hashable, Path] = {}
        self.inexact: set[tuple[str, int, int]] = set()
        self.proven: set[tuple[str, int, int]] = set()
        self.count = 0

    def path(self, suffix: str) -> Path:
        """A new path for a file to be written."""
        if self.folder is None:
            parent, prefix = self._place or (None, "ingot-read-")
            self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.count += 1
        return self.folder / f"{self.count}{suffix}"

    def release(self) -> None:
        """Remove the files; relations over them can no longer be read."""
        for path in {*self.paths.values()}:
            path.unlink(missing_ok=True)
        self.paths.clear()
        self.inexact.clear()
        self.proven.clear()


def place_spool(connection: Any, parent: Path, prefix: str) -> None:
    """Let the spool of a connection be a folder below `parent`: one that may not read the usual place."""
    _spools[connection] = Spool((parent, prefix))


def spool_of(connection: Any) -> Spool:
    """The spool that belongs to a connection."""
    spool = _spools.get(connection)
    if spool is None:
        spool = _spools[connection] = Spool()
    return spool
