"""What a snapshot changes: its rows and those of the table, to the events that lead from one to the other.

The snapshot is staged before, so that it is read once and every query sees the same rows. Never applies an event.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingot.cdc.snapshots import changed_text, duplicates_text
from ingot.cdc.versions import Version
from ingot.engine import Binding, Rule, SnapshotBinding, WriteResult, WriteTarget
from ingot.errors import DataError
from ingot.model import Action
from ingot.result import as_tuples
from ingot.types import STRING, ArrayType, Field, StructType
from ingot.update.quarantine import BROKEN_RULES

if TYPE_CHECKING:
    from ingot.update.changes import Changes


def changed(
    changes: Changes,
    version: Version,
    snapshot: SnapshotBinding,
    aside: SnapshotBinding | None,
    rows: SnapshotBinding,
    staging: Path,
) -> SnapshotBinding:
    """The events of a snapshot.

    Args:
        changes: What evaluates queries.
        version: The sequence of the events.
        snapshot: The rows of the source that no rule has taken out.
        aside: The rows that rules have taken out; None when there are none.
        rows: The table's.
        staging: Where the events are written.

    Raises:
        DataError: `duplicate-snapshot-key`; nothing was written.
    """
    _refuse_duplicates(changes, snapshot)
    leaves: dict[str, Binding] = {"snapshot": snapshot, "rows": rows}
    if aside is not None:
        leaves["aside"] = aside
    text = changed_text(changes.table, version, is_whole=aside is None)
    target = WriteTarget(staging / "changed", changes.table.events_schema, is_temporary=True)
    result = changes.engine.write(changes.bound(text, leaves), target)
    return SnapshotBinding(target.root, target.schema, result.files)


def set_aside(changes: Changes, rules: Sequence[Rule], result: WriteResult, staging: Path) -> SnapshotBinding | None:
    """The rows that rules have taken out of a snapshot; None when there are none."""
    if not result.dropped:
        return None
    bound, dropping = changes.attempt.bound, [rule for rule in rules if rule.action is Action.DROP]
    schema = StructType(fields=(*bound.query.schema, Field(BROKEN_RULES, ArrayType(element=STRING))))
    target = WriteTarget(staging / "aside", schema, is_temporary=True)
    return SnapshotBinding(target.root, schema, changes.engine.write_violations(bound, target, dropping).files)


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
