"""Names that the queries of changes use.

All names that Ingot makes up begin with `__ingot_`, so that no column of a user's stands in their way.
"""

from __future__ import annotations

PREFIX = "__ingot_"
SEQUENCE = "__ingot_sequence"  # of the event; of the row that it made
SEQUENCES = "__ingot_sequences"  # by value, for IGNORE NULL UPDATES
EVENTS = "__ingot_events"  # that made an interval
IS_DELETE = "__ingot_is_delete"
IS_TRUNCATE = "__ingot_is_truncate"
AFTER_DELETE = "__ingot_after_delete"  # an event: a delete has the same sequence; nothing before is carried on
DELETED_AT = "__ingot_deleted_at"
IS_TIE = "__ingot_is_tie"
FILE = "__ingot_file"  # the place of a row's file among those that are read
FATE = "__ingot_fate"  # of a row whose key changes
STAYS, LEAVES, MERGES, ALIKE = 0, 1, 2, 3  # ALIKE: to be merged, for it has the sequence of a change
PROPERTY = "ingot.changes"  # of a table: what its rows were made by, for a change of it is refused
RETENTION = "pipelines.cdc.tombstoneGCThresholdInSeconds"  # Databricks' name of the property
START_AT, END_AT = "__START_AT", "__END_AT"
