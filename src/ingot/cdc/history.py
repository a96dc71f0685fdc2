"""SCD type 2: the intervals of each key.

The intervals that a batch may change are taken apart into the events that made them, joined with the batch's events,
and built anew. `changes` says for each key when its first new event happened; intervals that ended before stay.
"""

from __future__ import annotations

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.leaves import Leaf, built
from ingot.cdc.names import (
    AFTER_DELETE,
    ALIKE,
    END_AT,
    EVENTS,
    FATE,
    FILE,
    IS_DELETE,
    SEQUENCE,
    START_AT,
)
from ingot.cdc.order import comparable, joined, ordered
from ingot.quoting import quoted_name, quoted_text


def changes_text(table: ChangeTable) -> str:
    """One row for each key: the sequence of its first event."""
    keys = table.key_names()
    return f"SELECT {keys}, min({SEQUENCE}) AS {SEQUENCE} FROM events GROUP BY {keys}"


def matched_text(table: ChangeTable) -> str:
    """Intervals that may change, by file."""
    names = ", ".join((*(f"r.{quoted_name(f.name)}" for f in table.schema), *(f"r.{f.name}" for f in table.hidden)))
    return f"SELECT {names}, r.{FILE}, {ALIKE} AS {FATE} FROM rows r LEFT SEMI JOIN changes c ON {_reaches(table)}"


def merged_text(table: ChangeTable) -> str:
    """Intervals that cannot change."""
    hidden = ", ".join(f"r.{f.name}" for f in table.hidden)
    names = ", ".join(f"r.{quoted_name(f.name)}" for f in table.schema)
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
    differs = " OR ".join(["false", *(f"NOT ({_value(x)} <=> lag({_value(x)}) {by_time})" for x in _tracked(table))])
    begins = f"{IS_DELETE} OR {AFTER_DELETE} OR coalesce(lag({IS_DELETE}) {by_time}, true) OR {differs}"
    # an interval ends where something else begins; what is last in it shows its values
    built_up = (
        f"SELECT *, last_value(if(__ingot_begins, {SEQUENCE}, NULL), true) {by_time} AS {START_AT}, "
        f"lead({SEQUENCE}) {by_time} AS {END_AT}, coalesce(lead(__ingot_begins) {by_time}, true) AS __ingot_is_last "
        f"FROM (SELECT *, {begins} AS __ingot_begins FROM filled)"
    )
    columns = ", ".join(
        f"l.{quoted_name(f.name)}" if f.name in table.keys
        else f"{built(f, table.leaves, lambda x: f'l.{_filled(x)}')} AS {quoted_name(f.name)}"
        for f in table.columns
    )  # fmt: skip
    is_kept = "true" if table.ignores_nulls else "NOT (__ingot_begins AND __ingot_is_last)"
    return (
        f"WITH reached AS (SELECT r.* FROM rows r LEFT SEMI JOIN changes c ON {_reaches(table)}), "
        f"happened AS ({_happened(table)}), "
        f"several AS (SELECT {keys}, {SEQUENCE} FROM happened GROUP BY {keys}, {SEQUENCE} HAVING count(*) > 1), "
        f"single AS ({_one_at_a_time(table)}), filled AS ({_carried_on(table)}), "
        f"intervals AS ({built_up}), "
        f"kept AS (SELECT {keys}, {START_AT}, collect_list({_event(table)}) AS {EVENTS} FROM intervals "
        f"WHERE NOT {IS_DELETE} AND {is_kept} GROUP BY {keys}, {START_AT}) "
        f"SELECT {columns}, l.{START_AT}, l.{END_AT}, k.{EVENTS} FROM intervals l LEFT JOIN kept k "
        f"ON {table.same_key('l', 'k')} AND l.{START_AT} = k.{START_AT} WHERE l.__ingot_is_last AND NOT l.{IS_DELETE}"
    )


# --- what happened ----------------------------------------------------------------------------------------------------


def _happened(table: ChangeTable) -> str:
    """New events, and those that the intervals and the tombstones of their keys stand for."""
    nothing = "".join(f", CAST(NULL AS {x.type.ddl}) AS {x.name}" for x in table.leaves)
    deleted = f"{nothing}, true AS {IS_DELETE}, false AS {AFTER_DELETE}"
    following = f"{table.same_key('e', 'f')} AND e.{END_AT} = f.{START_AT}"
    return " UNION ALL ".join(
        [
            f"SELECT {table.key_names()}, {SEQUENCE}{_values(table)}, {IS_DELETE}, false AS {AFTER_DELETE} "
            f"FROM events WHERE NOT {IS_DELETE}",
            *stored_events(table, "reached"),
            f"SELECT {table.key_names('e.')}, e.{END_AT}{deleted} FROM reached e "
            f"LEFT ANTI JOIN reached f ON {following} WHERE e.{END_AT} IS NOT NULL",
            f"SELECT {table.key_names('t.')}, t.{SEQUENCE}{deleted} FROM tombstones t "
            f"LEFT SEMI JOIN changes c ON {table.same_key('t', 'c')}",
        ]
    )


def stored_events(table: ChangeTable, rows: str) -> list[str]:
    """Queries of the upserts that made these intervals; where one event made it, the interval itself says which."""
    keys = table.key_names()
    exploded = f"SELECT {keys}, explode({EVENTS}) AS __ingot_event FROM {rows} WHERE {EVENTS} IS NOT NULL"
    after = f"__ingot_event.{AFTER_DELETE}" if table.ignores_nulls else "false"
    return [
        f"SELECT {keys}, {START_AT} AS {SEQUENCE}{_values(table)}, false AS {IS_DELETE}, false AS {AFTER_DELETE} "
        f"FROM {rows} WHERE {EVENTS} IS NULL",
        f"SELECT {keys}, __ingot_event.{SEQUENCE}{_values(table, '__ingot_event.')}, false AS {IS_DELETE}, "
        f"{after} AS {AFTER_DELETE} FROM ({exploded})",
    ]


def _values(table: ChangeTable, row: str = "") -> str:
    return "".join(f", {x.value(row)} AS {x.name}" for x in table.leaves)


def _event(table: ChangeTable) -> str:
    """What an interval keeps of an event."""
    parts = [f"'{SEQUENCE}', {SEQUENCE}"]
    if table.ignores_nulls:
        parts.append(f"'{AFTER_DELETE}', {AFTER_DELETE}")
    parts += (f"{quoted_text(f.name)}, {built(f, table.leaves, lambda x: x.name)}" for f in table.values)
    return f"named_struct({', '.join(parts)})"


# --- one event at a time ----------------------------------------------------------------------------------------------


def _one_at_a_time(table: ChangeTable) -> str:
    """One event for each key and sequence: an upsert before a delete, then the one with the greater values.

    With IGNORE NULL UPDATES upserts of one sequence say together what they say, and the delete comes before them.
    """
    keys = f"{table.key_names()}, {SEQUENCE}"
    if table.ignores_nulls:
        greatest = "".join(
            f", max_by({x.name}, {ordered(x.name, x.type)}) FILTER (WHERE {x.name} IS NOT NULL) AS {x.name}"
            for x in table.leaves
        )
        return (
            f"SELECT {keys}{greatest}, bool_and({IS_DELETE}) AS {IS_DELETE}, "
            f"bool_or({IS_DELETE} OR {AFTER_DELETE}) AS {AFTER_DELETE} FROM happened GROUP BY {keys}"
        )
    same = f"{table.same_key('h', 's')} AND h.{SEQUENCE} = s.{SEQUENCE}"
    tie = joined(ordered(f"h.{x.name}", x.type) for x in table.leaves)
    placed = (
        f"SELECT h.*, row_number() OVER (PARTITION BY {table.key_names('h.')}, h.{SEQUENCE} "
        f"ORDER BY h.{IS_DELETE}, {tie} DESC) AS __ingot_place FROM happened h LEFT SEMI JOIN several s ON {same}"
    )
    names = f"{keys}{''.join(f', {x.name}' for x in table.leaves)}, {IS_DELETE}, {AFTER_DELETE}"
    return (
        f"SELECT {names} FROM (SELECT h.* FROM happened h LEFT ANTI JOIN several s ON {same}) "
        f"UNION ALL SELECT {names} FROM ({placed}) WHERE __ingot_place = 1"
    )


def _carried_on(table: ChangeTable) -> str:
    """With IGNORE NULL UPDATES: what a NULL leaves as it was, up to the last delete."""
    if not table.ignores_nulls:
        return "SELECT * FROM single"
    keys = table.key_names()
    lives = (
        f"SELECT *, sum(if({IS_DELETE} OR {AFTER_DELETE}, 1, 0)) OVER (PARTITION BY {keys} ORDER BY {SEQUENCE}) "
        f"AS __ingot_life FROM single"
    )
    frame = f"PARTITION BY {keys}, __ingot_life ORDER BY {SEQUENCE} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    filled = "".join(f", last_value({x.name}, true) OVER ({frame}) AS __ingot_w{x.place}" for x in table.leaves)
    return f"SELECT *{filled} FROM ({lives})"


def _filled(leaf: Leaf) -> str:
    """The name of what a leaf is after an event."""
    return f"__ingot_w{leaf.place}" if leaf.is_carried_on else leaf.name


def _value(leaf: Leaf) -> str:
    return comparable(_filled(leaf), leaf.type)


def _tracked(table: ChangeTable) -> list[Leaf]:
    return [leaf for leaf in table.leaves if leaf.path[0] in table.tracked]


# --- ties -------------------------------------------------------------------------------------------------------------


def ties_text(table: ChangeTable) -> str:
    """How many keys and sequences have upserts that differ, of which at least one is new."""
    keys, names = f"{table.key_names()}, {SEQUENCE}", "".join(f", {x.name}" for x in table.leaves)
    new = f"SELECT {keys}{_values(table)} FROM events WHERE NOT {IS_DELETE}"
    old = " UNION ALL ".join(f"SELECT {keys}{names} FROM ({text})" for text in stored_events(table, "rows"))
    same = f"{table.same_key('s', 'n')} AND s.{SEQUENCE} = n.{SEQUENCE}"
    differ = _differ(table)
    return (
        f"WITH new AS ({new}), "
        f"met AS (SELECT * FROM new UNION ALL SELECT s.* FROM ({old}) s LEFT SEMI JOIN new n ON {same}), "
        f"several AS (SELECT {keys} FROM met GROUP BY {keys} HAVING count(*) > 1) "
        f"SELECT count(*) AS ties FROM (SELECT {table.key_names('s.')} FROM met s LEFT SEMI JOIN several n ON {same} "
        f"GROUP BY {table.key_names('s.')}, s.{SEQUENCE} HAVING {differ})"
    )


def _differ(table: ChangeTable) -> str:
    """Whether events of one sequence contradict each other; with IGNORE NULL UPDATES a NULL contradicts nothing."""
    values = [ordered(f"s.{x.name}", x.type) for x in table.leaves]
    if not table.ignores_nulls:
        return f"max({joined(values)}) <> min({joined(values)})"
    present = [(text, f"FILTER (WHERE s.{x.name} IS NOT NULL)") for x, text in zip(table.leaves, values, strict=True)]
    return " OR ".join(["false", *(f"coalesce(max({v}) {f} <> min({v}) {f}, false)" for v, f in present)])
