"""What a snapshot changes: its rows and those of the table, to the events that lead from one to the other.

The snapshot is staged before, so that it is read once and every query sees the same rows. Never applies an event.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ingot.cdc.snapshots import changed_text, duplicates_text
from ingot.cdc.versions import Version
from ingot.engine import Binding, Rule, SnapshotBinding, WriteResult, WriteTarget
from ingot.errors import DataError
from ingot.model import Action
from ingot.update.change_queries import ChangeQueries


def changed(
    queries: ChangeQueries,
    version: Version,
    snapshot: SnapshotBinding,
    aside: SnapshotBinding | None,
    rows: SnapshotBinding,
    staging: Path,
) -> SnapshotBinding:
    """The events of a snapshot.

    Args:
        queries: Those of the batch.
        version: The sequence of the events.
        snapshot: The rows of the source that no rule has taken out.
        aside: The rows that rules have taken out; None when there are none.
        rows: The table's.
        staging: Where the events are written.

    Raises:
        DataError: `duplicate-snapshot-key`; nothing was written.
    """
    _refuse_duplicates(queries, snapshot)
    leaves: dict[str, Binding] = {"snapshot": snapshot, "rows": rows}
    if aside is not None:
        leaves["aside"] = aside
    text = changed_text(queries.table, version, is_whole=aside is None)
    target = WriteTarget(staging / "changed", queries.table.events_schema, is_temporary=True)
    result = queries.engine.write(queries.bound(text, leaves), target)
    return SnapshotBinding(target.root, target.schema, result.files)


def set_aside(
    queries: ChangeQueries, rules: Sequence[Rule], result: WriteResult, staging: Path
) -> SnapshotBinding | None:
    """The rows that rules have taken out of a snapshot; None when there are none."""
    if not result.dropped:
        return None
    return queries.stage_violations([rule for rule in rules if rule.action is Action.DROP], staging / "aside")


def _refuse_duplicates(queries: ChangeQueries, snapshot: SnapshotBinding) -> None:
    for key, times, keys in queries.collect(duplicates_text(queries.table), {"snapshot": snapshot}):
        shown = ", ".join(f"{name} = {json.dumps(value)}" for name, value in json.loads(key).items())
        others = f", as {keys - 1} other keys are" if keys > 1 else ""
        raise DataError(
            f"{shown} is the key of {times} rows of a snapshot of {queries.attempt.dataset.name.short}{others}; "
            "nothing was written",
            location=queries.attempt.flow.location,
            hint="keep one row of each key in the view that the snapshots are read from, or name more key columns",
            code="duplicate-snapshot-key",
        )
