"""Deletes: what is remembered of them, and which events and rows they end."""

from __future__ import annotations

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.names import DELETED_AT, IS_DELETE, IS_TRUNCATE, SEQUENCE, quoted
from ingot.types import Field, StructType


def tombstones_text(table: ChangeTable) -> str:
    """Over `events`: keys and sequences of deletes; a truncate has no key."""
    keys = table.key_names()
    latest = f"max({SEQUENCE}) AS {SEQUENCE}" if table.scd_type == 1 else SEQUENCE
    deletes = f"SELECT {keys}, {latest} FROM events WHERE {IS_DELETE}{not_truncate(table)} GROUP BY {keys}"
    if table.scd_type == 2:
        return f"{deletes}, {SEQUENCE}"
    if not table.truncates:
        return deletes
    nulls = ", ".join(f"CAST(NULL AS {f.type.ddl}) AS {quoted(f.name)}" for f in table.columns if f.name in table.keys)
    truncates = f"SELECT {nulls}, max({SEQUENCE}) AS {SEQUENCE} FROM events WHERE {IS_TRUNCATE} HAVING count(*) > 0"
    return f"{deletes} UNION ALL {truncates}"


def tombstones_schema(table: ChangeTable) -> StructType:
    """What `tombstones` holds, besides when and by which batch they were written."""
    keys = tuple(Field(f.name, f.type) for f in table.columns if f.name in table.keys)
    return StructType(fields=(*keys, Field(SEQUENCE, table.sequence)))


def not_truncate(table: ChangeTable, prefix: str = "") -> str:
    """The rest of a condition: what an event that has a key is."""
    return f" AND NOT {prefix}{IS_TRUNCATE}" if table.truncates else ""


def deleted_text(table: ChangeTable, keys: str) -> str:
    """The newest delete of each of these keys; NULL for none. A truncate deletes every key."""
    newest = f"SELECT {table.key_names()}, max({SEQUENCE}) AS __at FROM tombstones GROUP BY {table.key_names()}"
    at = "d.__at"
    if table.truncates:
        key = quoted(table.keys[0])
        at = f"greatest(d.__at, (SELECT max({SEQUENCE}) FROM tombstones WHERE {key} IS NULL))"
    return (
        f"SELECT {table.key_names('k.')}, {at} AS {DELETED_AT} FROM ({keys}) k "
        f"LEFT JOIN ({newest}) d ON {table.same_key('k', 'd')}"
    )
