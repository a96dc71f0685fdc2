"""A table of changes from all of its events at once, as one query: what a preview shows."""

from __future__ import annotations

from sqlglot import exp

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.deletes import tombstones_text
from ingot.cdc.names import FILE
from ingot.model import Query
from ingot.quoting import quoted_name
from ingot.sql import parse_statement
from ingot.types import STRING, Field


def whole_query(events: Query, table: ChangeTable, changes: str, inserted: str) -> Query:
    """The rows of a table that nothing has been applied to before.

    Args:
        events: Gives all events, with the columns of the table.
        table: What they are applied to.
        changes: The text of `changes`, and `inserted` that of the rows which are new.
    """
    rows = (*table.schema, *table.hidden, Field(FILE, STRING))
    nothing = ", ".join(f"CAST(NULL AS {f.type.ddl}) AS {quoted_name(f.name)}" for f in rows)
    shown = ", ".join(quoted_name(name) for name in table.schema.names)
    text = (
        f"WITH events AS (SELECT * FROM __ingot_source), tombstones AS ({tombstones_text(table)}), "
        f"rows AS (SELECT {nothing} WHERE false), changes AS ({changes}) SELECT {shown} FROM ({inserted})"
    )
    tree = parse_statement(text)
    assert isinstance(tree, exp.Query)
    leaf = next(found for found in tree.find_all(exp.Table) if found.name == "__ingot_source")
    leaf.replace(events.tree.subquery("source"))
    return Query(tree, events.reads, events.functions, events.location)
