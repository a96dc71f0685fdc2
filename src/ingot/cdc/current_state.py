"""SCD type 1: the newest event of each key.

`changes` has a row for each key that the batch touches: the values and the sequence of its newest upsert (NULL when
none counts) and the sequence of its newest delete; for a truncate a row without keys. What IGNORE NULL UPDATES does is
`value_by_value`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.deletes import TRUNCATED_AT, deleted_text, end_of_row, not_truncate, truncated_at
from ingot.cdc.names import (
    ALIKE,
    DELETED_AT,
    FATE,
    FILE,
    IS_DELETE,
    IS_TIE,
    IS_TRUNCATE,
    LEAVES,
    MERGES,
    SEQUENCE,
    STAYS,
)
from ingot.quoting import quoted_name


def changes_text(table: ChangeTable) -> str:
    """One row for each key that the events touch."""
    keys, same = table.key_names(), table.same_key
    newest = (
        f"SELECT {keys}, max(if({IS_DELETE}, NULL, {SEQUENCE})) AS {SEQUENCE} "
        f"FROM events{only_keyed(table)} GROUP BY {keys}"
    )
    upserts = (
        f"SELECT {table.column_names('e.')}, e.{SEQUENCE} FROM events e "
        f"JOIN newest k ON {same('e', 'k')} AND e.{SEQUENCE} = k.{SEQUENCE} "
        f"WHERE NOT e.{IS_DELETE}{not_truncate(table, 'e.')}"
    )
    several = f"SELECT {keys} FROM upserts GROUP BY {keys} HAVING count(*) > 1"
    names = ", ".join(f"{'d' if f.name in table.keys else 'u'}.{quoted_name(f.name)}" for f in table.columns)
    counts = f"d.{DELETED_AT} IS NULL OR u.{SEQUENCE} >= d.{DELETED_AT}"  # of a delete and an upsert the upsert stays
    return (
        f"WITH newest AS ({newest}), upserts AS ({upserts}), several AS ({several}) "
        f"SELECT {names}, u.{SEQUENCE}, d.{DELETED_AT}, coalesce(u.{IS_TIE}, false) AS {IS_TIE} "
        f"FROM ({deleted_text(table, f'SELECT {keys} FROM newest')}) d "
        f"LEFT JOIN ({_one_of(table)}) u ON {same('d', 'u')} AND ({counts}){truncate_row(table)}"
    )


def _one_of(table: ChangeTable) -> str:
    """One upsert of each key. Only where there are several is it asked which, and whether they differ."""
    columns, by_value = table.column_names(), f"PARTITION BY {table.key_names()} ORDER BY __ingot_tie DESC"
    alone = f"SELECT a.* FROM upserts a LEFT ANTI JOIN several s ON {table.same_key('a', 's')}"
    tied = (
        f"SELECT a.*, {table.tie_text('a.')} AS __ingot_tie FROM upserts a "
        f"LEFT SEMI JOIN several s ON {table.same_key('a', 's')}"
    )
    least = f"last_value(__ingot_tie) OVER ({by_value} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    placed = (
        f"SELECT *, row_number() OVER ({by_value}) AS __ingot_place, __ingot_tie <> {least} AS {IS_TIE} FROM ({tied})"
    )
    return (
        f"SELECT {columns}, {SEQUENCE}, false AS {IS_TIE} FROM ({alone}) "
        f"UNION ALL SELECT {columns}, {SEQUENCE}, {IS_TIE} FROM ({placed}) WHERE __ingot_place = 1"
    )


def only_keyed(table: ChangeTable) -> str:
    """Leaves out events that have no key."""
    return f" WHERE NOT {IS_TRUNCATE}" if table.truncates else ""


def truncate_row(table: ChangeTable) -> str:
    """The row of `changes` for truncates: no key, no values."""
    if not table.truncates:
        return ""
    nulls = ", ".join(f"CAST(NULL AS {f.type.ddl})" for f in (*table.columns, *table.hidden))
    return f" UNION ALL SELECT {nulls}, max({SEQUENCE}), false FROM events WHERE {IS_TRUNCATE} HAVING count(*) > 0"


def matched_text(table: ChangeTable) -> str:
    """The changes of keys that the table has, by file; and what becomes of the row."""
    is_before = f"r.{SEQUENCE} < c.{SEQUENCE} OR r.{SEQUENCE} < c.{DELETED_AT}"
    fate = f"CASE WHEN r.{SEQUENCE} = c.{SEQUENCE} THEN {ALIKE} WHEN {is_before} THEN {LEAVES} ELSE {STAYS} END"
    return matched(table, fate, [f"r.{SEQUENCE}"])


def matched(table: ChangeTable, fate: str, sequences: Sequence[str]) -> str:
    """The query of `matched_text`, from the fate of a row `r` with a change `c` of its key, and the sequences in a row
    that a truncate may be later than."""
    names = ", ".join((table.column_names("c."), *(f"c.{f.name}" for f in table.hidden)))
    found = f"SELECT {names}, r.{FILE}, {fate} AS {FATE} FROM rows r JOIN changes c ON {table.same_key('r', 'c')}"
    if table.truncates:
        nulls = ", ".join(f"CAST(NULL AS {f.type.ddl})" for f in (*table.columns, *table.hidden))
        is_ended = " OR ".join(f"{sequence} < t.{TRUNCATED_AT}" for sequence in sequences)
        found += (
            f" UNION ALL SELECT {nulls}, r.{FILE}, {MERGES} FROM rows r "
            f"JOIN ({truncated_at(table)} HAVING count(*) > 0) t ON {is_ended} GROUP BY r.{FILE}"
        )
    return found


def replaced_text(table: ChangeTable) -> str:
    """Rows of a file where each change comes after the row that it meets."""
    names = ", ".join((table.column_names(), *(f.name for f in table.hidden)))
    return (
        f"SELECT {names} FROM rows r LEFT ANTI JOIN matched m ON {table.same_key('r', 'm')} "
        f"UNION ALL SELECT {names} FROM matched WHERE {SEQUENCE} IS NOT NULL"
    )


def merged_text(table: ChangeTable) -> str:
    """Rows as they are after the changes, without new keys."""
    end, truncates = end_of_row(table)
    wins = (
        f"CASE WHEN c.{SEQUENCE} IS NULL THEN false WHEN r.{SEQUENCE} < c.{SEQUENCE} THEN true "
        f"WHEN r.{SEQUENCE} = c.{SEQUENCE} THEN {table.tie_text('c.')} > {table.tie_text('r.')} ELSE false END"
    )
    pairs = "".join(
        f", r.{quoted_name(f.name)} AS __ingot_r{i}, c.{quoted_name(f.name)} AS __ingot_c{i}"
        for i, f in enumerate(table.values)
    )
    paired = (
        f"SELECT {table.key_names('r.')}{pairs}, r.{SEQUENCE} AS __ingot_rs, c.{SEQUENCE} AS __ingot_cs, "
        f"{wins} AS __ingot_wins FROM rows r LEFT JOIN changes c ON {table.same_key('r', 'c')}{truncates} "
        f"WHERE c.{SEQUENCE} IS NOT NULL OR {end} IS NULL OR r.{SEQUENCE} >= {end}"
    )
    place = {f.name: i for i, f in enumerate(table.values)}
    columns = ", ".join(
        quoted_name(f.name) if f.name in table.keys
        else f"if(__ingot_wins, __ingot_c{place[f.name]}, __ingot_r{place[f.name]}) AS {quoted_name(f.name)}"
        for f in table.columns
    )  # fmt: skip
    return f"SELECT {columns}, if(__ingot_wins, __ingot_cs, __ingot_rs) AS {SEQUENCE} FROM ({paired})"


def inserted_text(table: ChangeTable) -> str:
    """Rows of keys that the table does not have."""
    hidden = ", ".join(f"c.{f.name}" for f in table.hidden)
    return (
        f"SELECT {table.column_names('c.')}, {hidden} "
        f"FROM changes c LEFT ANTI JOIN rows r ON {table.same_key('c', 'r')} WHERE c.{SEQUENCE} IS NOT NULL"
    )


def ties_text(table: ChangeTable) -> str:
    """How many keys have a change that differs from another event of the same sequence."""
    stored = f"r.{SEQUENCE} IS NOT NULL AND {table.tie_text('c.')} <> {table.tie_text('r.')}"
    return (
        f"SELECT count(*) AS ties FROM changes c LEFT JOIN rows r "
        f"ON {table.same_key('c', 'r')} AND c.{SEQUENCE} = r.{SEQUENCE} WHERE c.{IS_TIE} OR ({stored})"
    )
