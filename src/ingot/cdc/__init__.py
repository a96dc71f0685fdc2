"""AUTO CDC: how changes become the current state of a table (SCD type 1) or its history (SCD type 2).

Everything here is a query in Spark SQL over leaves that the caller binds: `source` (what the flow reads), `events` (its
rows, with what they mean), `changes` (those of one batch, reduced), `rows` (rows of the table, with what is hidden in
its files), `matched` (what the changes meet among them), `tombstones` (deletes that the rows do not show); `snapshots`
has leaves of its own. The result depends neither on how events are cut into batches nor on their order, because each
query computes the maximum, or the whole history, of all events of a key:

- Events of a key are ordered by their sequence, as Spark orders values of its type: of a struct field by field, NULL
  first. At the same sequence an upsert beats a delete, and of two upserts the one with the greater values stays (column
  by column, NULL first; `order`): a fixed answer to a tie that has no right one. `ties_text` counts such ties. The same
  event once more is none.
- A delete remembers its sequence for its key, a truncate for all keys, in `tombstones`.
- A row carries the sequence of the event that made it in a column of its data file that the table's schema does not
  have. With IGNORE NULL UPDATES it carries one for each value, also for those inside structs; events of one sequence
  say together what they say.
- An interval of the history that more than one event made carries these events, so that a late one can split it.

Never reads or writes anything, and never knows batches or files.
"""

from __future__ import annotations

from ingot.cdc import current_state, history, value_by_value, whole
from ingot.cdc.change_table import ChangeTable
from ingot.cdc.definition import change_table, padded_text, table_of_flows, tombstone_retention
from ingot.cdc.deletes import tombstones_schema, tombstones_text
from ingot.cdc.event_rules import NEEDED, event_rules
from ingot.cdc.events import events_query, events_text
from ingot.cdc.names import (
    ALIKE,
    FATE,
    FILE,
    LEAVES,
    PROPERTY,
    SEQUENCE,
    STAYS,
)
from ingot.cdc.stored import hidden_columns, key_columns, lost_sequence, refuse_other_changes, with_hidden
from ingot.model import Query

__all__ = [
    "ALIKE",
    "FATE",
    "FILE",
    "LEAVES",
    "NEEDED",
    "PROPERTY",
    "SEQUENCE",
    "STAYS",
    "ChangeTable",
    "change_table",
    "changes_text",
    "event_rules",
    "events_query",
    "events_text",
    "hidden_columns",
    "inserted_text",
    "key_columns",
    "lost_sequence",
    "matched_text",
    "merged_text",
    "padded_text",
    "refuse_other_changes",
    "replaced_text",
    "table_of_flows",
    "ties_text",
    "tombstone_retention",
    "tombstones_schema",
    "tombstones_text",
    "whole_query",
    "with_hidden",
]


def changes_text(table: ChangeTable) -> str:
    """Over `events` and `tombstones`: one row for each key that they touch; without a key for truncates."""
    return _meaning(table).changes_text(table)


def matched_text(table: ChangeTable) -> str:
    """Over `rows` with their files, and `changes`: what changes meet in the table, by file, and its fate.

    SCD type 1 gives the changes, type 2 the intervals. All other queries but those that write a file anew may take
    these for `rows`.
    """
    return _meaning(table).matched_text(table)


def replaced_text(table: ChangeTable) -> str:
    """Over `rows` and `matched`: the rows of one file after changes that all make a row leave it."""
    return current_state.replaced_text(table)


def merged_text(table: ChangeTable) -> str:
    """Over `rows` and `changes`: the rows of one file after the changes."""
    return _meaning(table).merged_text(table)


def inserted_text(table: ChangeTable) -> str:
    """Over `rows`, `changes`, `events` and `tombstones`: the rows that are new beside the merged ones."""
    meaning = history if table.scd_type == 2 else current_state
    return meaning.inserted_text(table)


def ties_text(table: ChangeTable) -> str:
    """Over `rows`, `changes` and `events`: one number, of ties that the batch has in it or with the table.

    SCD type 1 asks only for rows of files in which `matched_text` finds the sequence of a change; a table of which
    there are none is not read at all.
    """
    return _meaning(table).ties_text(table)


def whole_query(events: Query, table: ChangeTable) -> Query:
    """The rows of a table that nothing has been applied to before, given all of its events."""
    return whole.whole_query(events, table, changes_text(table), inserted_text(table))


def _meaning(table: ChangeTable):
    if table.scd_type == 2:
        return history
    return value_by_value if table.ignores_nulls and table.values else current_state
