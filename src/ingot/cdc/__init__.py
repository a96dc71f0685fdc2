"""AUTO CDC: how changes become the current state of a table (SCD type 1) or its history (SCD type 2).

Everything here is a query in Spark SQL over leaves that the caller binds: `source` (what the flow reads), `events` (its
rows, with what they mean), `changes` (those of one batch, reduced), `rows` (rows of the table, with what is hidden in
its files), `tombstones` (deletes that the rows do not show). The result depends neither on how events are cut into
batches nor on their order, because each query computes the maximum, or the whole history, of all events of a key:

- Events of a key are ordered by their sequence. At the same sequence an upsert beats a delete, and of two upserts the
  one with the greater JSON text of its values stays: a fixed answer to a tie that has no right one.
- A row carries the sequence of the event that made it in a column of its data file that the table's schema does not
  have. With IGNORE NULL UPDATES it carries one for each column.
- An interval of the history that more than one event made carries these events, so that a late one can split it.

Never reads or writes anything, and never knows batches or files.
"""

from __future__ import annotations

from ingot.cdc import current_state, history
from ingot.cdc.change_table import ChangeTable, hidden_columns, lost_sequence, refuse_other_changes, with_hidden
from ingot.cdc.deletes import tombstones_schema, tombstones_text
from ingot.cdc.event_rules import NEEDED, event_rules
from ingot.cdc.events import events_query, events_text
from ingot.cdc.names import FILE, IS_TRUNCATE, PROPERTY, SEQUENCE, quoted, text_literal

__all__ = [
    "FILE",
    "IS_TRUNCATE",
    "NEEDED",
    "PROPERTY",
    "SEQUENCE",
    "ChangeTable",
    "changes_text",
    "event_rules",
    "events_query",
    "events_text",
    "hidden_columns",
    "inserted_text",
    "lost_sequence",
    "matches_text",
    "merged_text",
    "quoted",
    "refuse_other_changes",
    "text_literal",
    "tombstones_schema",
    "tombstones_text",
    "with_hidden",
]


def changes_text(table: ChangeTable) -> str:
    """Over `events` and `tombstones`: one row for each key that they touch."""
    return _meaning(table).changes_text(table)


def matches_text(table: ChangeTable) -> str:
    """Over `rows` with their files, and `changes`: files, whether they change, rows with the sequence of a change."""
    return _meaning(table).matches_text(table)


def merged_text(table: ChangeTable) -> str:
    """Over `rows` and `changes`: the rows of one file after the changes."""
    return _meaning(table).merged_text(table)


def inserted_text(table: ChangeTable) -> str:
    """Over `rows`, `changes`, `events` and `tombstones`: the rows that are new beside the merged ones."""
    return _meaning(table).inserted_text(table)


def _meaning(table: ChangeTable):
    return history if table.scd_type == 2 else current_state
