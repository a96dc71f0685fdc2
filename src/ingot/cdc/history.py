"""SCD type 2: the intervals of each key."""

from __future__ import annotations

from ingot.cdc.change_table import ChangeTable, has_map
from ingot.cdc.names import END_AT, EVENTS, FILE, IS_DELETE, IS_TIE, SEQUENCE, START_AT, escaped, quoted


def changes_text(table: ChangeTable) -> str:
    """One row for each key: the sequence of its first event."""
    keys = table.key_names()
    return f"SELECT {keys}, min({SEQUENCE}) AS {SEQUENCE}, false AS {IS_TIE} FROM events GROUP BY {keys}"


def matches_text(table: ChangeTable) -> str:
    """Files that hold intervals which may change."""
    return (
        f"SELECT r.{FILE}, true AS is_changed, 0 AS same FROM rows r "
        f"LEFT SEMI JOIN changes c ON {_reaches(table)} GROUP BY r.{FILE}"
    )


def merged_text(table: ChangeTable) -> str:
    """Intervals that cannot change."""
    hidden = ", ".join(f"r.{f.name}" for f in table.hidden)
    names = ", ".join(f"r.{quoted(f.name)}" for f in table.schema)
    return f"SELECT {names}, {hidden} FROM rows r LEFT ANTI JOIN changes c ON {_reaches(table)}"


def _reaches(table: ChangeTable) -> str:
    """Whether an interval may change: it is open, or ends when the first new event of its key happens, or later."""
    if table.ignores_nulls:  # a value may come from any interval before
        return table.same_key("r", "c")
    return f"{table.same_key('r', 'c')} AND (r.{END_AT} IS NULL OR r.{END_AT} >= c.{SEQUENCE})"


def inserted_text(table: ChangeTable) -> str:
    """All intervals of the changed keys that may be new."""
    keys = table.key_names()
    by_time = f"OVER (PARTITION BY {keys} ORDER BY {SEQUENCE})"
    deduplicated = (
        f"SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY {keys}, {SEQUENCE} ORDER BY {IS_DELETE}, "
        f"{table.tie_text()} DESC) AS __place FROM ({_all_events(table)})) WHERE __place = 1"
    )
    raw = _named_event(table, SEQUENCE)
    lives = f"SELECT *, {raw} AS __raw, sum(if({IS_DELETE}, 1, 0)) {by_time} AS __life FROM ({deduplicated})"
    if table.ignores_nulls:
        fill = (
            f"OVER (PARTITION BY {keys}, __life ORDER BY {SEQUENCE} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        )
        filled = ", ".join(f"last_value({quoted(f.name)}, true) {fill} AS {quoted(f.name)}" for f in table.values)
        lives = f"SELECT {keys}, {filled + ', ' if filled else ''}{SEQUENCE}, {IS_DELETE}, __raw, __life FROM ({lives})"
    differs = [
        f"NOT ({_comparable(table, name)} <=> lag({_comparable(table, name)}) {by_time})" for name in table.tracked
    ]
    is_first = " OR ".join([f"coalesce(lag({IS_DELETE}) {by_time}, true)", *differs])
    marked = (
        f"SELECT *, if(NOT {IS_DELETE} AND ({is_first}), 1, 0) AS __first, lead({SEQUENCE}) {by_time} AS __next "
        f"FROM ({lives})"
    )
    numbered = f"SELECT *, sum(__first) {by_time} AS __interval FROM ({marked})"
    within = f"(PARTITION BY {keys}, __interval)"
    intervals = (
        f"SELECT *, min({SEQUENCE}) OVER {within} AS __start, count(*) OVER {within} AS __count, "
        f"collect_list(__raw) OVER {within} AS __raws, "
        f"row_number() OVER (PARTITION BY {keys}, __interval ORDER BY {SEQUENCE} DESC) AS __last "
        f"FROM ({numbered}) WHERE NOT {IS_DELETE}"
    )
    has_events = "true" if table.ignores_nulls else "__count > 1"
    return (
        f"SELECT {table.column_names()}, __start AS {START_AT}, __next AS {END_AT}, "
        f"if({has_events}, __raws, NULL) AS {EVENTS} FROM ({intervals}) WHERE __last = 1"
    )


def _comparable(table: ChangeTable, name: str) -> str:
    field = table.columns.find(name)
    assert field is not None
    return f"to_json(struct({quoted(name)}))" if has_map(field.type) else quoted(name)


def _all_events(table: ChangeTable) -> str:
    """New events, and those that the intervals and the tombstones of their keys stand for."""
    reached = f"SELECT r.* FROM rows r LEFT SEMI JOIN changes c ON {_reaches(table)}"
    element = f"coalesce({EVENTS}, array({_named_event(table, START_AT)}))"
    exploded = f"SELECT {table.key_names()}, explode({element}) AS __event FROM ({reached})"
    names = ", ".join(
        quoted(f.name) if f.name in table.keys else f"__event.{quoted(f.name)} AS {quoted(f.name)}"
        for f in table.columns
    )
    ends = (
        f"SELECT *, lead({START_AT}) OVER (PARTITION BY {table.key_names()} ORDER BY {START_AT}) AS __following "
        f"FROM ({reached})"
    )
    nulls = ", ".join(
        quoted(f.name) if f.name in table.keys else f"CAST(NULL AS {f.type.ddl}) AS {quoted(f.name)}"
        for f in table.columns
    )
    return " UNION ALL ".join(
        [
            f"SELECT {table.column_names()}, {SEQUENCE}, {IS_DELETE} FROM events WHERE NOT {IS_DELETE}",
            f"SELECT {names}, __event.{SEQUENCE} AS {SEQUENCE}, false AS {IS_DELETE} FROM ({exploded})",
            f"SELECT {nulls}, {END_AT} AS {SEQUENCE}, true AS {IS_DELETE} FROM ({ends}) "
            f"WHERE {END_AT} IS NOT NULL AND NOT ({END_AT} <=> __following)",
            f"SELECT {nulls}, {SEQUENCE}, true AS {IS_DELETE} FROM (SELECT t.* FROM tombstones t "
            f"LEFT SEMI JOIN changes c ON {table.same_key('t', 'c')})",
        ]
    )


def _named_event(table: ChangeTable, sequence: str) -> str:
    parts = [f"'{SEQUENCE}', {sequence}"] + [f"'{escaped(f.name)}', {quoted(f.name)}" for f in table.values]
    return f"named_struct({', '.join(parts)})"
