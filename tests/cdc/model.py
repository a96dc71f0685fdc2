"""What AUTO CDC means, said plainly: all events of a key at once. The property tests hold Ingot's queries against it."""

from __future__ import annotations

import datetime
import decimal
import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Values = dict[str, Any]


@dataclass
class Event:
    """An upsert, a delete or a truncate."""

    key: tuple[Any, ...]
    sequence: Any
    kind: str
    values: Values


def rank(value: Any) -> tuple[Any, ...]:
    """The place of a value in Spark's order, NULL first; maps by their entries, -0.0 before 0.0, NaN last."""
    match value:
        case None:
            return (0,)
        case float():
            return (1, math.isnan(value), 0.0 if math.isnan(value) else value, str(value))
        case dict() if value and not all(isinstance(key, str) for key in value):
            return (1, tuple(sorted((rank(k), rank(v)) for k, v in value.items())))
        case dict():
            return (1, tuple(rank(v) for v in value.values()))
        case list() | tuple():
            return (1, tuple(rank(v) for v in value))
        case bool() | int() | str() | bytes() | decimal.Decimal() | datetime.date():
            return (1, value)
    raise TypeError(type(value).__name__)


def groups(items: Iterable[Event], of: Callable[[Event], Any]) -> dict[Any, list[Event]]:
    found: dict[Any, list[Event]] = {}
    for item in items:
        found.setdefault(of(item), []).append(item)
    return found


def by_key(events: list[Event]) -> dict[Any, list[Event]]:
    return groups((e for e in events if e.kind != "truncate"), lambda e: e.key)


# --- SCD 1 ------------------------------------------------------------------------------------------------------------


def current_state(events: list[Event], ignores_nulls: bool = False) -> list[tuple[Any, ...]]:
    """The rows of the table: keys and values."""
    rows = []
    for key, members in by_key(events).items():
        live = live_upserts(members, truncates(events))
        if live:
            values = merged(live) if ignores_nulls else newest(live).values
            rows.append((*key, *values.values()))
    return rows


def truncates(events: list[Event]) -> list[Event]:
    return [e for e in events if e.kind == "truncate"]


def live_upserts(members: list[Event], emptied: list[Event]) -> list[Event]:
    """Upserts that no delete or truncate comes after."""
    ends = [rank(e.sequence) for e in (*members, *emptied) if e.kind != "upsert"]
    return [e for e in members if e.kind == "upsert" and all(rank(e.sequence) >= end for end in ends)]


def newest(upserts: list[Event]) -> Event:
    return max(upserts, key=lambda e: (rank(e.sequence), rank(e.values)))


def merged(upserts: list[Event]) -> Values:
    """Each value from the newest upsert that has one."""
    return {name: _merged([(rank(e.sequence), e.values[name]) for e in upserts]) for name in upserts[0].values}


def _merged(said: list[tuple[Any, Any]]) -> Any:
    said = [(at, value) for at, value in said if value is not None]
    if not said:
        return None
    if is_struct(said[0][1]):
        return {name: _merged([(at, value[name]) for at, value in said]) for name in said[0][1]}
    return max(said, key=lambda pair: (pair[0], rank(pair[1])))[1]


def is_struct(value: Any) -> bool:
    """Whether a value is a struct; the maps of the tests have no texts as keys."""
    return isinstance(value, dict) and bool(value) and all(isinstance(key, str) for key in value)


# --- SCD 2 ------------------------------------------------------------------------------------------------------------


@dataclass
class Moment:
    """What of a key happened at one sequence."""

    sequence: Any
    values: Values | None
    begins_life: bool


def history_of(events: list[Event], tracked: tuple[str, ...], ignores_nulls: bool = False) -> list[tuple[Any, ...]]:
    """The rows of the table: keys, values, start, end."""
    rows = []
    for key, members in by_key(events).items():
        intervals: list[list[Any]] = []
        is_open = False
        for moment in _moments(members, ignores_nulls):
            values = moment.values
            if values is not None and is_open and ignores_nulls and not moment.begins_life:
                values = carried_on(intervals[-1][0], values)
            last = intervals[-1] if is_open else None
            goes_on = last is not None and values is not None and not moment.begins_life
            if goes_on and all(same(last[0][name], values[name]) for name in tracked):
                last[0] = values
                continue
            if last is not None:
                last[2] = moment.sequence
            is_open = values is not None
            if is_open:
                intervals.append([values, moment.sequence, None])
        rows += [(*key, *values.values(), start, end) for values, start, end in intervals]
    return rows


def _moments(members: list[Event], ignores_nulls: bool) -> list[Moment]:
    moments = []
    for _, same_time in sorted(groups(members, lambda e: rank(e.sequence)).items()):
        upserts = [e for e in same_time if e.kind == "upsert"]
        if not upserts:
            moments.append(Moment(same_time[0].sequence, None, False))
        elif ignores_nulls:  # a delete of the same sequence comes first
            moments.append(Moment(upserts[0].sequence, merged(upserts), len(upserts) < len(same_time)))
        else:
            moments.append(Moment(upserts[0].sequence, newest(upserts).values, False))
    return moments


def carried_on(old: Any, new: Any) -> Any:
    """The new values, and the old ones where they say nothing."""
    if new is None:
        return old
    if not is_struct(new) or old is None:
        return new
    return {name: carried_on(old[name], new[name]) for name in new}


def same(left: Any, right: Any) -> bool:
    """Spark's `<=>`."""
    return _without_signs(rank(left)) == _without_signs(rank(right))


@functools.singledispatch
def _without_signs(ranked: Any) -> Any:
    return ranked


@_without_signs.register
def _(ranked: tuple) -> tuple:
    return tuple(0 if part in ("-0.0", "0.0") else _without_signs(part) for part in ranked)


# --- ties -------------------------------------------------------------------------------------------------------------


def differ(events: list[Event], ignores_nulls: bool) -> bool:
    """Whether upserts of one sequence contradict each other."""
    if not ignores_nulls:
        return len({rank(e.values) for e in events}) > 1
    return any(_contradict([e.values[name] for e in events]) for name in events[0].values) if events else False


def _contradict(values: list[Any]) -> bool:
    said = [value for value in values if value is not None]
    if said and is_struct(said[0]):
        return any(_contradict([value[name] for value in said]) for name in said[0])
    return len(set(map(rank, said))) > 1


def ties_of_history(before: list[Event], batch: list[Event], ignores_nulls: bool = False) -> int:
    """Keys and sequences of the batch with upserts that differ, from each other or from what was kept."""

    def place(event: Event) -> Any:
        return (event.key, rank(event.sequence))

    new, old = (groups((e for e in events if e.kind == "upsert"), place) for events in (batch, before))
    count = 0
    for where, events in new.items():
        kept = old.get(where, [])
        if kept and not ignores_nulls:
            kept = [newest(kept)]
        elif kept:
            kept = [Event(kept[0].key, kept[0].sequence, "upsert", merged(kept))]
        count += differ([*events, *kept], ignores_nulls)
    return count


def ties_of_state(before: list[Event], batch: list[Event]) -> int:
    """Keys whose newest upsert of the batch differs from another one of its sequence, in the batch or in the table."""
    count = 0
    for key, members in by_key(batch).items():
        known = by_key(before).get(key, [])
        ends = [e for e in known if e.kind == "delete"] + truncates(before) + truncates(batch)
        live = live_upserts(members, ends)
        if not live:
            continue
        top = newest(live)
        table = live_upserts(known, truncates(before))
        kept = [newest(table)] if table and rank(newest(table).sequence) == rank(top.sequence) else []
        count += differ([*(e for e in live if rank(e.sequence) == rank(top.sequence))], False) or differ(
            [top, *kept], False
        )
    return count


def ties_of_values(before: list[Event], batch: list[Event]) -> int:
    """The same with IGNORE NULL UPDATES: keys of which a value differs from another one of its sequence."""
    count = 0
    for key, members in by_key(batch).items():
        known = by_key(before).get(key, [])
        ends = [e for e in known if e.kind == "delete"] + truncates(before) + truncates(batch)
        new = _said(live_upserts(members, ends))
        old = _said(live_upserts(known, truncates(before)))
        count += any(_is_tied(said, old.get(path, [])) for path, said in new.items())
    return count


def _is_tied(new: list[tuple[Any, Any]], old: list[tuple[Any, Any]]) -> bool:
    top = max(new)
    stored = max(old) if old else None
    others = [*new, *([stored] if stored is not None else [])]
    return any(at == top[0] and value != top[1] for at, value in others)


def _said(upserts: list[Event]) -> dict[tuple[str, ...], list[tuple[Any, Any]]]:
    """By path of a value: when it was said to be what."""
    found: dict[tuple[str, ...], list[tuple[Any, Any]]] = {}

    def gather(values: Values, path: tuple[str, ...], at: Any) -> None:
        for name, value in values.items():
            if is_struct(value):
                gather(value, (*path, name), at)
            elif value is not None:
                found.setdefault((*path, name), []).append((at, rank(value)))

    for event in upserts:
        gather(event.values, (), rank(event.sequence))
    return found


def told(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """Rows in a form that can be compared: as texts, for NaN is not equal to itself, and in order."""
    return sorted(repr(_plain(tuple(row))) for row in rows)


def _plain(value: Any) -> Any:
    match value:
        case dict() if not is_struct(value):
            return sorted((repr(_plain(k)), repr(_plain(v))) for k, v in value.items())
        case dict():
            return {k: _plain(v) for k, v in value.items()}
        case list() | tuple():
            return tuple(map(_plain, value))
    return value
