"""What a snapshot changes: the rows of a snapshot and the table it meets, to the events that lead from one to the other.

The snapshot is staged before, so that it is read once and every query sees the same rows. Never applies an event.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ingot.cdc.snapshots import changed_text, duplicates_text, event_schema
from ingot.cdc.versions import Version
from ingot.engine import SnapshotBinding, WriteTarget
from ingot.errors import DataError
from ingot.result import as_tuples

if TYPE_CHECKING:
    from ingot.update.changes import Changes


def changed(
    changes: Changes, version: Version, snapshot: SnapshotBinding, rows: SnapshotBinding, staging: Path
) -> SnapshotBinding:
    """The events of a snapshot.

    Args:
        changes: What evaluates queries, and the table.
        version: The sequence of the events.
        snapshot: All rows of the source.
        rows: The table's.
        staging: Where the events are written.

    Raises:
        DataError: `duplicate-snapshot-key`; nothing was written.
    """
    _refuse_duplicates(changes, snapshot)
    text = changed_text(changes.table, version)
    target = WriteTarget(staging / "changed", event_schema(changes.table))
    result = changes.engine.write(changes.bound(text, {"snapshot": snapshot, "rows": rows}), target)
    return SnapshotBinding(target.root, target.schema, result.files)


def _refuse_duplicates(changes: Changes, snapshot: SnapshotBinding) -> None:
    bound = changes.bound(duplicates_text(changes.table), {"snapshot": snapshot})
    for key, times, keys in as_tuples(changes.engine.collect(bound)):
        shown = ", ".join(f"{name} = {json.dumps(value)}" for name, value in json.loads(key).items())
        others = f", as {keys - 1} other keys are" if keys > 1 else ""
        raise DataError(
            f"{shown} is the key of {times} rows of a snapshot of {changes.attempt.dataset.name.short}{others}; "
            "nothing was written",
            location=changes.attempt.flow.location,
            hint="keep one row of each key in the view that the snapshots are read from, or name more key columns",
            code="duplicate-snapshot-key",
        )
