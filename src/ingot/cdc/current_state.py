"""SCD type 1: the newest values of each key."""

from __future__ import annotations

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.deletes import deleted_text, not_truncate
from ingot.cdc.names import DELETED_AT, FILE, IS_DELETE, IS_TIE, IS_TRUNCATE, SEQUENCE, SEQUENCES, escaped, quoted


def changes_text(table: ChangeTable) -> str:
    """One row for each key: values and sequence of its newest upsert (NULL: none counts), sequence of its delete."""
    keys = table.key_names()
    touched = f"SELECT DISTINCT {keys} FROM events{' WHERE NOT ' + IS_TRUNCATE if table.truncates else ''}"
    upserts = _newest_by_column(table) if table.ignores_nulls else _newest(table)
    names = ", ".join(f"{'d' if f.name in table.keys else 'u'}.{quoted(f.name)}" for f in table.columns)
    hidden = ", ".join(f"u.{f.name}" for f in table.hidden)
    return (
        f"SELECT {names}, {hidden}, d.{DELETED_AT}, coalesce(u.{IS_TIE}, false) AS {IS_TIE} "
        f"FROM ({deleted_text(table, touched)}) d LEFT JOIN ({upserts}) u ON {table.same_key('d', 'u')}"
    )


def _live(table: ChangeTable) -> str:
    """Upserts that no delete comes after."""
    deleted = deleted_text(table, f"SELECT DISTINCT {table.key_names()} FROM events")
    return (
        f"SELECT e.* FROM events e LEFT JOIN ({deleted}) d ON {table.same_key('e', 'd')} "
        f"WHERE NOT e.{IS_DELETE}{not_truncate(table, 'e.')} "
        f"AND (d.{DELETED_AT} IS NULL OR e.{SEQUENCE} >= d.{DELETED_AT})"
    )


def _newest(table: ChangeTable) -> str:
    keys, same = table.key_names(), f"{table.key_names()}, {SEQUENCE}"
    tied = (
        f"SELECT *, CASE WHEN count(*) OVER (PARTITION BY {same}) > 1 THEN {table.tie_text()} END AS __tie "
        f"FROM ({_live(table)})"
    )
    placed = (
        f"SELECT *, row_number() OVER (PARTITION BY {keys} ORDER BY {SEQUENCE} DESC, __tie DESC) AS __place, "
        f"coalesce(max(__tie) OVER (PARTITION BY {same}) <> min(__tie) OVER (PARTITION BY {same}), false) AS {IS_TIE} "
        f"FROM ({tied})"
    )
    return f"SELECT {table.column_names()}, {SEQUENCE}, {IS_TIE} FROM ({placed}) WHERE __place = 1"


def _newest_by_column(table: ChangeTable) -> str:
    columns, sequences = [], []
    for field in table.values:
        name = quoted(field.name)
        columns.append(
            f"max_by({name}, struct({SEQUENCE}, to_json(struct({name})))) FILTER (WHERE {name} IS NOT NULL) AS {name}"
        )
        newest = f"max({SEQUENCE}) FILTER (WHERE {name} IS NOT NULL)"
        sequences.append(f"'{escaped(field.name)}', {newest}")
    return (
        f"SELECT {', '.join([table.key_names(), *columns])}, max({SEQUENCE}) AS {SEQUENCE}, "
        f"named_struct({', '.join(sequences)}) AS {SEQUENCES}, false AS {IS_TIE} "
        f"FROM ({_live(table)}) GROUP BY {table.key_names()}"
    )


def matches_text(table: ChangeTable) -> str:
    """Files that hold changed keys, whether any row of them changes, and how many rows have a change's sequence."""
    is_changed = f"r.{SEQUENCE} <= c.{SEQUENCE} OR r.{SEQUENCE} < c.{DELETED_AT}"
    if table.ignores_nulls:
        is_changed = "true"
    return (
        f"SELECT r.{FILE}, bool_or(coalesce({is_changed}, false)) AS is_changed, "
        f"count_if(r.{SEQUENCE} = c.{SEQUENCE}) AS same "
        f"FROM rows r JOIN changes c ON {table.same_key('r', 'c')} GROUP BY r.{FILE}"
    )


def merged_text(table: ChangeTable) -> str:
    """Rows as they are after the changes, without new keys."""
    return _merged_by_column(table) if table.ignores_nulls else _merged(table)


def _merged(table: ChangeTable) -> str:
    wins = (
        f"CASE WHEN c.{SEQUENCE} IS NULL THEN false "
        f"WHEN r.{SEQUENCE} < c.{SEQUENCE} OR r.{SEQUENCE} < c.{DELETED_AT} THEN true "
        f"WHEN r.{SEQUENCE} = c.{SEQUENCE} THEN {table.tie_text('c.')} > {table.tie_text('r.')} ELSE false END"
    )
    pairs = ", ".join(f"r.{quoted(f.name)} AS r{i}, c.{quoted(f.name)} AS c{i}" for i, f in enumerate(table.values))
    joined = (
        f"SELECT {table.key_names('r.')}, {pairs + ', ' if pairs else ''}r.{SEQUENCE} AS rs, c.{SEQUENCE} AS cs, "
        f"{wins} AS wins FROM rows r LEFT JOIN changes c ON {table.same_key('r', 'c')} "
        f"WHERE c.{SEQUENCE} IS NOT NULL OR c.{DELETED_AT} IS NULL OR r.{SEQUENCE} >= c.{DELETED_AT}"
    )
    place = {f.name: i for i, f in enumerate(table.values)}
    columns = ", ".join(
        quoted(f.name) if f.name in table.keys
        else f"if(wins, c{place[f.name]}, r{place[f.name]}) AS {quoted(f.name)}"
        for f in table.columns
    )  # fmt: skip
    return f"SELECT {columns}, if(wins, cs, rs) AS {SEQUENCE} FROM ({joined})"


def _merged_by_column(table: ChangeTable) -> str:
    columns, sequences = [], []
    for field in table.columns:
        name = quoted(field.name)
        if field.name in table.keys:
            columns.append(f"r.{name}")
            continue
        old, new = f"r.{SEQUENCES}.{name}", f"c.{SEQUENCES}.{name}"
        is_live = f"(c.{DELETED_AT} IS NULL OR {old} >= c.{DELETED_AT})"
        takes = (
            f"CASE WHEN {new} IS NULL THEN false WHEN {old} IS NULL OR {old} < {new} OR NOT {is_live} THEN true "
            f"WHEN {old} = {new} THEN to_json(struct(c.{name})) > to_json(struct(r.{name})) ELSE false END"
        )
        columns.append(f"CASE WHEN {takes} THEN c.{name} WHEN {is_live} THEN r.{name} END AS {name}")
        sequence = f"CASE WHEN {takes} THEN {new} WHEN {is_live} THEN {old} END"
        sequences.append(f"'{escaped(field.name)}', {sequence}")
    live = f"CASE WHEN c.{DELETED_AT} IS NULL OR r.{SEQUENCE} >= c.{DELETED_AT} THEN r.{SEQUENCE} END"
    newest = f"greatest({live}, c.{SEQUENCE})"
    return (
        f"SELECT {', '.join(columns)}, {newest} AS {SEQUENCE}, named_struct({', '.join(sequences)}) AS {SEQUENCES} "
        f"FROM rows r LEFT JOIN changes c ON {table.same_key('r', 'c')} WHERE {newest} IS NOT NULL"
    )


def inserted_text(table: ChangeTable) -> str:
    """Rows of keys that the table does not have."""
    hidden = ", ".join(f"c.{f.name}" for f in table.hidden)
    return (
        f"SELECT {table.column_names('c.')}, {hidden} "
        f"FROM changes c LEFT ANTI JOIN rows r ON {table.same_key('c', 'r')} WHERE c.{SEQUENCE} IS NOT NULL"
    )
