"""Tables that others made: opened in place, read, never written unless the protocol allows it.

The replay is the same as for Ingot's own tables; log checkpoints of all kinds are read through delta-rs, and
so are the rows of tables with deletion vectors or columns mapped by id (see `Snapshot.binding`).
"""

from __future__ import annotations

from pathlib import Path

from ingot.lake.table import Table
from ingot.model import TableName


def open_foreign(path: Path, name: TableName | None = None) -> Table:
    """The Delta table in a folder. `name` is what messages call it.

    >>> open_foreign(Path("elsewhere/trips")).name.short
    'elsewhere.trips'
    """
    return Table(name or TableName("delta", path.parent.name, path.name), path)
