"""Names that the queries of changes use, and how Spark SQL writes names and texts."""

from __future__ import annotations

SEQUENCE = "__ingot_sequence"  # of the event; of the row that it made
SEQUENCES = "__ingot_sequences"  # by column, for IGNORE NULL UPDATES
EVENTS = "__ingot_events"  # that made an interval
IS_DELETE = "__ingot_is_delete"
IS_TRUNCATE = "__ingot_is_truncate"
DELETED_AT = "__ingot_deleted_at"
IS_TIE = "__ingot_is_tie"
FILE = "__ingot_file"
PROPERTY = "ingot.changes"  # of a table: what its rows were made by, for a change of it is refused
START_AT, END_AT = "__START_AT", "__END_AT"


def quoted(name: str) -> str:
    """A name as Spark SQL writes it exactly."""
    return "`" + name.replace("`", "``") + "`"


def text_literal(value: str) -> str:
    """A text as Spark SQL writes it."""
    return f"'{escaped(value)}'"


def escaped(text: str) -> str:
    """What stands between the quotes of a Spark SQL text."""
    return text.replace("\\", "\\\\").replace("'", "\\'")
