"""Snapshots: what a new state of a source, as a whole, changes in the table that followed the one before.

Over the leaves `snapshot` (all rows of the source, each key once) and `rows` (of the table). A row that is new or
differs is an upsert, a key that is gone is a delete, and what is as it was makes no event; then the ordinary machinery
applies them. Their sequence is the snapshot's version, so that versions must grow.

Never decides which snapshot comes next.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from sqlglot import exp

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.events import events_query
from ingot.cdc.names import END_AT, IS_DELETE, SEQUENCE, START_AT
from ingot.cdc.order import comparable
from ingot.cdc.versions import Version
from ingot.model import ChangeSpec, Query
from ingot.quoting import quoted_name
from ingot.sql import parse_statement
from ingot.types import DataType, Field, StructType


def snapshot_query(source: Query, spec: ChangeSpec, sequence: DataType) -> Query:
    """The rows of a snapshot in the form of events, still without their sequence."""
    return events_query(source, replace(spec, sequence_by=f"CAST(NULL AS {sequence.ddl})"))


def unchanged_query(schema: StructType, spec: ChangeSpec, sequence: DataType) -> Query:
    """The same for a table's own columns, without a row: what stands for a source that has nothing new."""
    columns = ", ".join(
        f"CAST(NULL AS {f.type.ddl}) AS {quoted_name(f.name)}" for f in schema if f.name not in interval_names(spec)
    )
    tree = cast(exp.Query, parse_statement(f"SELECT {columns} WHERE false", spec.location))
    return snapshot_query(Query(tree, {}), spec, sequence)


def interval_names(spec: ChangeSpec) -> tuple[str, ...]:
    """The columns of a table that say when a row was valid."""
    return (START_AT, END_AT) if spec.scd_type == 2 else ()


def changed_text(table: ChangeTable, version: Version, is_whole: bool = True) -> str:
    """Over `snapshot` and `rows`: the events that lead from the table to the snapshot.

    Of a snapshot that is not whole, `aside` has the rows that rules have taken out of it: their keys are not gone, and
    the table keeps what it has of them.
    """
    current = f"SELECT * FROM rows WHERE {END_AT} IS NULL" if table.scd_type == 2 else "SELECT * FROM rows"
    columns = ", ".join(
        f"coalesce(s.{quoted_name(f.name)}, r.{quoted_name(f.name)}) AS {quoted_name(f.name)}" if f.name in table.keys
        else f"s.{quoted_name(f.name)} AS {quoted_name(f.name)}"
        for f in table.columns
    )  # fmt: skip
    key = quoted_name(table.keys[0])
    differs = [f"NOT ({_comparable('s', f)} <=> {_comparable('r', f)})" for f in table.values]
    is_gone, aside = "true", ""
    if not is_whole:
        keys = table.key_names()
        aside = f" LEFT JOIN (SELECT DISTINCT {keys} FROM aside) a ON {table.same_key('r', 'a')}"
        is_gone = f"a.{key} IS NULL"
    is_event = (
        f"CASE WHEN s.{key} IS NULL THEN {is_gone} WHEN r.{key} IS NULL THEN true "
        f"ELSE {' OR '.join(differs) or 'false'} END"
    )
    return (
        f"SELECT {columns}, {version.literal} AS {SEQUENCE}, s.{key} IS NULL AS {IS_DELETE} "
        f"FROM snapshot s FULL JOIN ({current}) r ON {table.same_key('s', 'r')}{aside} WHERE {is_event}"
    )


def duplicates_text(table: ChangeTable) -> str:
    """Over `snapshot`: the key that it has most often, how often, and how many keys it has more than once."""
    keys = table.key_names()
    counted = f"SELECT {keys}, count(*) AS __times FROM snapshot GROUP BY {keys} HAVING count(*) > 1"
    shown = f"to_json(struct({keys}))"
    return f"SELECT {shown}, __times, count(*) OVER () FROM ({counted}) ORDER BY __times DESC, {shown} LIMIT 1"


def _comparable(side: str, field: Field) -> str:
    return comparable(f"{side}.{quoted_name(field.name)}", field.type)
