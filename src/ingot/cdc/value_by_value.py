"""SCD type 1 with IGNORE NULL UPDATES: the newest of each value that is not NULL.

Each value has a sequence of its own, in the row's hidden struct; the row's sequence is that of its newest upsert. A
delete ends the values below it, so that a late upsert can bring back a row without them. What is a value is `leaves`.
The sign of a zero may be lost.
"""

from __future__ import annotations

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.current_state import matched, only_keyed, truncate_row
from ingot.cdc.deletes import deleted_text, end_of_row, not_truncate
from ingot.cdc.leaves import Leaf, built, sequences
from ingot.cdc.names import ALIKE, DELETED_AT, IS_DELETE, IS_TIE, MERGES, SEQUENCE, SEQUENCES
from ingot.cdc.order import later, ordered
from ingot.quoting import quoted_name


def changes_text(table: ChangeTable) -> str:
    """One row for each key that the events touch."""
    keys, leaves = table.key_names(), table.leaves
    deleted = deleted_text(table, f"SELECT DISTINCT {keys} FROM events{only_keyed(table)}")
    given = "".join(f", {x.value('e.')} AS {x.name}" for x in leaves)
    live = (
        f"SELECT {table.key_names('e.')}, e.{SEQUENCE}{given} "
        f"FROM events e JOIN deleted d ON {table.same_key('e', 'd')} WHERE NOT e.{IS_DELETE}"
        f"{not_truncate(table, 'e.')} AND (d.{DELETED_AT} IS NULL OR e.{SEQUENCE} >= d.{DELETED_AT})"
    )
    newest = "".join(f", max(if({x.name} IS NULL, NULL, {SEQUENCE})) AS {x.sequence_name}" for x in leaves)
    chosen = "".join(
        f", max_by(e.{x.name}, {ordered(f'e.{x.name}', x.type)}) FILTER (WHERE {_is_newest(x)}) AS {x.name}"
        for x in leaves
    )
    ties = " OR ".join(["false", *map(_is_tie, leaves)])
    values = (
        f"SELECT {table.key_names('e.')}{chosen}, {ties} AS {IS_TIE} FROM live e "
        f"JOIN newest n ON {table.same_key('e', 'n')} GROUP BY {table.key_names('e.')}"
    )
    names = ", ".join(
        f"d.{quoted_name(f.name)}" if f.name in table.keys
        else f"{built(f, leaves, lambda x: f'v.{x.name}')} AS {quoted_name(f.name)}"
        for f in table.columns
    )  # fmt: skip
    by_value = sequences(table.values, leaves, lambda x: f"n.{x.sequence_name}")
    return (
        f"WITH deleted AS ({deleted}), live AS ({live}), "
        f"newest AS (SELECT {keys}, max({SEQUENCE}) AS {SEQUENCE}{newest} FROM live GROUP BY {keys}), "
        f"chosen AS ({values}) "
        f"SELECT {names}, n.{SEQUENCE}, {by_value} AS {SEQUENCES}, d.{DELETED_AT}, "
        f"coalesce(v.{IS_TIE}, false) AS {IS_TIE} FROM deleted d LEFT JOIN newest n ON {table.same_key('d', 'n')} "
        f"LEFT JOIN chosen v ON {table.same_key('d', 'v')}{truncate_row(table)}"
    )


def _is_newest(leaf: Leaf) -> str:
    return f"e.{leaf.name} IS NOT NULL AND e.{SEQUENCE} = n.{leaf.sequence_name}"


def _is_tie(leaf: Leaf) -> str:
    value, newest = ordered(f"e.{leaf.name}", leaf.type), f"FILTER (WHERE {_is_newest(leaf)})"
    return f"coalesce(max({value}) {newest} <> min({value}) {newest}, false)"


def matched_text(table: ChangeTable) -> str:
    """As in `current_state`. Any row may change, for an older event may have a value that the row lacks; and a truncate
    that the row outlives ends some of its values."""
    same = " OR ".join(["false", *(f"{x.sequence('r.')} = {x.sequence('c.')}" for x in table.leaves)])
    known = [f"r.{SEQUENCE}", *(x.sequence("r.") for x in table.leaves)]
    return matched(table, f"CASE WHEN {same} THEN {ALIKE} ELSE {MERGES} END", known)


def merged_text(table: ChangeTable) -> str:
    """Rows as they are after the changes, without new keys."""
    leaves = table.leaves
    end, truncates = end_of_row(table)
    pairs = "".join(
        f", {x.value('r.')} AS __ingot_r{x.place}, {x.sequence('r.')} AS __ingot_rs{x.place}"
        f", {x.value('c.')} AS __ingot_c{x.place}, {x.sequence('c.')} AS __ingot_cs{x.place}"
        for x in leaves
    )
    alive = f"CASE WHEN {end} IS NULL OR r.{SEQUENCE} >= {end} THEN r.{SEQUENCE} END"
    paired = (
        f"SELECT {table.key_names('r.')}{pairs}, {end} AS __ingot_end, {later(alive, f'c.{SEQUENCE}')} AS {SEQUENCE} "
        f"FROM rows r LEFT JOIN changes c ON {table.same_key('r', 'c')}{truncates}"
    )
    decided = "".join(
        f", {_taken(x, f'__ingot_c{x.place}', f'__ingot_r{x.place}')} AS {x.name}"
        f", {_taken(x, f'__ingot_cs{x.place}', f'__ingot_rs{x.place}')} AS {x.sequence_name}"
        for x in leaves
    )
    columns = ", ".join(
        quoted_name(f.name) if f.name in table.keys
        else f"{built(f, leaves, lambda x: x.name)} AS {quoted_name(f.name)}"
        for f in table.columns
    )  # fmt: skip
    return (
        f"SELECT {columns}, {SEQUENCE}, {sequences(table.values, leaves, lambda x: x.sequence_name)} AS {SEQUENCES} "
        f"FROM (SELECT {table.key_names()}, {SEQUENCE}{decided} FROM ({paired}) WHERE {SEQUENCE} IS NOT NULL)"
    )


def _taken(leaf: Leaf, new: str, old: str) -> str:
    """What stays of a leaf: the change's part, the row's part, or nothing when a delete came after it."""
    new_at, old_at = f"__ingot_cs{leaf.place}", f"__ingot_rs{leaf.place}"
    is_live = f"(__ingot_end IS NULL OR {old_at} >= __ingot_end)"
    greater = f"{ordered(f'__ingot_c{leaf.place}', leaf.type)} > {ordered(f'__ingot_r{leaf.place}', leaf.type)}"
    return (
        f"CASE WHEN {new_at} IS NOT NULL AND ({old_at} IS NULL OR {old_at} < {new_at} OR ({old_at} = {new_at} "
        f"AND {greater})) THEN {new} WHEN {is_live} THEN {old} END"
    )


def ties_text(table: ChangeTable) -> str:
    """How many keys have a value that differs from another one of the same sequence."""
    stored = " OR ".join(
        f"({x.sequence('c.')} = {x.sequence('r.')} "
        f"AND {ordered(x.value('c.'), x.type)} <> {ordered(x.value('r.'), x.type)})"
        for x in table.leaves
    )
    return (
        f"SELECT count(*) AS ties FROM changes c LEFT JOIN rows r ON {table.same_key('c', 'r')} "
        f"WHERE {' OR '.join([f'c.{IS_TIE}', *([f'coalesce({stored}, false)'] if stored else [])])}"
    )
