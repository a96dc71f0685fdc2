"""Deletes: what is remembered of them, and which events and rows they end."""

from __future__ import annotations

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.names import DELETED_AT, IS_DELETE, IS_TRUNCATE, SEQUENCE
from ingot.cdc.order import later
from ingot.quoting import quoted_name
from ingot.types import Field, StructType

TRUNCATED_AT = "__ingot_truncated_at"


def tombstones_text(table: ChangeTable) -> str:
    """Over `events`: keys and sequences of deletes; a truncate has no key."""
    keys = table.key_names()
    latest = f"max({SEQUENCE}) AS {SEQUENCE}" if table.scd_type == 1 else SEQUENCE
    deletes = f"SELECT {keys}, {latest} FROM events WHERE {IS_DELETE}{not_truncate(table)} GROUP BY {keys}"
    if table.scd_type == 2:
        return f"{deletes}, {SEQUENCE}"
    if not table.truncates:
        return deletes
    nulls = ", ".join(f"CAST(NULL AS {table.key_type(key).ddl}) AS {quoted_name(key)}" for key in table.keys)
    truncates = f"SELECT {nulls}, max({SEQUENCE}) AS {SEQUENCE} FROM events WHERE {IS_TRUNCATE} HAVING count(*) > 0"
    return f"{deletes} UNION ALL {truncates}"


def tombstones_schema(table: ChangeTable) -> StructType:
    """What `tombstones` holds, besides when and by which batch they were written."""
    keys = tuple(Field(key, table.key_type(key)) for key in table.keys)
    return StructType(fields=(*keys, Field(SEQUENCE, table.sequence)))


def not_truncate(table: ChangeTable, prefix: str = "") -> str:
    """The rest of a condition: what an event that has a key is."""
    return f" AND NOT {prefix}{IS_TRUNCATE}" if table.truncates else ""


def deleted_text(table: ChangeTable, keys: str) -> str:
    """The newest delete of each of these keys; NULL for none. A truncate deletes every key."""
    newest = f"SELECT {table.key_names()}, max({SEQUENCE}) AS {SEQUENCE} FROM tombstones GROUP BY {table.key_names()}"
    at, truncates = f"d.{SEQUENCE}", ""
    if table.truncates:
        at = later(f"d.{SEQUENCE}", f"t.{SEQUENCE}")
        truncates = f" CROSS JOIN (SELECT max({SEQUENCE}) AS {SEQUENCE} FROM tombstones WHERE {is_truncate(table)}) t"
    return (
        f"SELECT {table.key_names('k.')}, {at} AS {DELETED_AT} FROM ({keys}) k "
        f"LEFT JOIN ({newest}) d ON {table.same_key('k', 'd')}{truncates}"
    )


def is_truncate(table: ChangeTable, prefix: str = "") -> str:
    """Whether a row of `tombstones` or `changes` is one of a truncate."""
    return f"{prefix}{quoted_name(table.keys[0])} IS NULL"


def truncated_at(table: ChangeTable) -> str:
    """Over `changes`: the newest truncate of the batch, in one row; NULL for none."""
    return f"SELECT max({DELETED_AT}) AS {TRUNCATED_AT} FROM changes WHERE {is_truncate(table)}"


def end_of_row(table: ChangeTable) -> tuple[str, str]:
    """The sequence below which a row `r`, joined to its change `c`, is deleted; and the rest of the FROM clause."""
    if not table.truncates:
        return f"c.{DELETED_AT}", ""
    # a change knows of truncates already; rows that no change names are ended by those of the batch
    return f"coalesce(c.{DELETED_AT}, t.{TRUNCATED_AT})", f" CROSS JOIN ({truncated_at(table)}) t"
