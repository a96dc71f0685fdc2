"""Any batching and any order of changes gives what a simple model gives that sees them all at once.

Each property is tried on a few examples; `INGOT_EXAMPLES=500` tries more. Where types or clauses are many, those that
walk the same queries as others are slow.
"""

from __future__ import annotations

import datetime
import functools
import itertools
import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdc.model import Event, current_state, history_of, ties_of_history, ties_of_state, ties_of_values, told
from cdc.stand_in import Lake
from ingot.model import ChangeSpec
from ingot.types import parse_schema

SOME = settings(
    max_examples=int(os.environ.get("INGOT_EXAMPLES", "5")), deadline=None, suppress_health_check=list(HealthCheck)
)
Rows = list[tuple[Any, ...]]

KINDS = st.sampled_from(["U", "U", "U", "D", None])
WITH_TRUNCATES = st.sampled_from(["U", "U", "U", "D", "T", None])
VALUES = {"a": st.sampled_from([None, 1, 2]), "b": st.sampled_from([None, "p"])}
INTEGERS = st.integers(0, 6)
PLAIN = "k INT, j STRING, a INT, b STRING, seq INT, op STRING"


def events_of(kinds: st.SearchStrategy = KINDS, sequences: st.SearchStrategy = INTEGERS, **values: Any) -> Any:
    """Rows of a source: two keys in two columns, values, a sequence and what kind of event it is."""
    keys = st.just(1), st.sampled_from(["x", "x", "x", "y"])
    return st.lists(st.tuples(*keys, *(values or VALUES).values(), sequences, kinds), max_size=14)


def changes(**clauses: Any) -> ChangeSpec:
    given_ = {"keys": ("k", "j"), "sequence_by": "seq", "apply_as_deletes": "op = 'D'", "except_columns": ("seq", "op")}
    return ChangeSpec(**{**given_, **clauses})


@functools.lru_cache(maxsize=16)
def lake_of(source: str, **clauses: Any) -> Lake:
    """A lake for many examples; what is analyzed for one serves all."""
    return Lake(parse_schema(source), changes(**clauses))


def read(row: tuple[Any, ...], names: tuple[str, ...], truncates: bool = True) -> Event:
    """An event as the model sees it."""
    kind = {"D": "delete", "T": "truncate" if truncates else "upsert"}.get(row[-1], "upsert")
    return Event(row[:2], row[-2], kind, dict(zip(names, row[2:-2], strict=True)))


def names_of(source: str) -> tuple[str, ...]:
    return tuple(parse_schema(source).names[2:-2])


def batches(data: st.DataObject, rows: Rows) -> list[Rows]:
    order = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), min_size=1, max_size=5)))
    return [list(order[a:b]) for a, b in itertools.pairwise([0, *cuts, len(rows)])]


def slow(*values: Any) -> list[Any]:
    """Values of a parameter that only the slow tests try."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def check(
    lake: Lake,
    source: str,
    cut: list[Rows],
    model: Callable[[list[Event]], list[tuple[Any, ...]]],
    ties: Callable[[list[Event], list[Event]], int],
) -> None:
    """Batch by batch: the table is what the model says of all events so far."""
    lake.empty()
    seen: list[Event] = []
    for batch in cut:
        events = [read(row, names_of(source)) for row in batch]
        lake.apply(batch)
        assert lake.ties == ties(seen, events)
        seen += events
        assert told(lake.state()) == told(model(seen))


def check_state(source: str, cut: list[Rows], ignores_nulls: bool, **clauses: Any) -> None:
    lake = lake_of(source, ignore_null_updates=ignores_nulls, **clauses)
    ties = ties_of_values if ignores_nulls else ties_of_state
    check(lake, source, cut, lambda events: current_state(events, ignores_nulls), ties)


def check_history(source: str, cut: list[Rows], ignores_nulls: bool, tracked: tuple[str, ...], **clauses: Any) -> None:
    lake = lake_of(source, scd_type=2, track=tracked, ignore_null_updates=ignores_nulls, **clauses)
    check(
        lake,
        source,
        cut,
        lambda events: history_of(events, tracked, ignores_nulls),
        lambda before, batch: ties_of_history(before, batch, ignores_nulls),
    )


# --- plain values, dense sequences ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ignores_nulls", [False, True])
@SOME
@given(events=events_of(), data=st.data())
def test_the_current_state_is_the_models(ignores_nulls: bool, events: Rows, data: st.DataObject) -> None:
    check_state(PLAIN, batches(data, events), ignores_nulls)


@pytest.mark.parametrize("ignores_nulls", [False, True])
@SOME
@given(events=events_of(WITH_TRUNCATES), data=st.data())
def test_truncates_end_what_came_before_them(ignores_nulls: bool, events: Rows, data: st.DataObject) -> None:
    check_state(PLAIN, batches(data, events), ignores_nulls, apply_as_truncates="op = 'T'")


@pytest.mark.parametrize("ignores_nulls", [False, True])
@pytest.mark.parametrize("tracked", [("a",), *slow(("a", "b"), ())])
@SOME
@given(events=events_of(), data=st.data())
def test_the_history_is_the_models(
    tracked: tuple[str, ...], ignores_nulls: bool, events: Rows, data: st.DataObject
) -> None:
    check_history(PLAIN, batches(data, events), ignores_nulls, tracked)


@pytest.mark.parametrize("ignores_nulls", [False, True])
@given(events=events_of())
def test_the_current_state_is_what_the_history_leaves_open(ignores_nulls: bool, events: Rows) -> None:
    """Of the models alone: what both queries are held against means the same."""
    seen = [read(row, ("a", "b")) for row in events]
    still_open = [row[:4] for row in history_of(seen, ("a",), ignores_nulls) if row[-1] is None]
    assert told(current_state(seen, ignores_nulls)) == told(still_open)


# --- sequences of all types -------------------------------------------------------------------------------------------


def struct(**fields: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(*fields.values()).map(lambda values: dict(zip(fields, values, strict=True)))


INSTANT = datetime.datetime(2024, 3, 1, 12)
SEQUENCES: dict[str, st.SearchStrategy] = {
    "STRING": st.sampled_from(["", "10", "9", "ä", "Z", "😀", "z"]),
    "TIMESTAMP": st.integers(0, 4).map(lambda n: INSTANT + datetime.timedelta(microseconds=n)),
    "DATE": st.integers(0, 4).map(lambda n: datetime.date(1969, 12, 30) + datetime.timedelta(days=n)),
    "DECIMAL(10,2)": st.integers(-2, 2).map(lambda n: Decimal(n) / 4).map(lambda d: d.quantize(Decimal("0.01"))),
    "DOUBLE": st.sampled_from([float("-inf"), -1.5, 0.0, 2.5, float("inf"), float("nan")]),
    "STRUCT<t: INT, i: STRING>": struct(t=st.sampled_from([None, 1, 2]), i=st.sampled_from([None, "a", "b"])),
}
SOME_SEQUENCES = ("STRING", "DOUBLE", "STRUCT<t: INT, i: STRING>")


@pytest.mark.parametrize("scd_type", [1, 2])
@pytest.mark.parametrize("sequence", [*SOME_SEQUENCES, *slow(*(s for s in SEQUENCES if s not in SOME_SEQUENCES))])
@SOME
@given(data=st.data())
def test_sequences_have_sparks_order(sequence: str, scd_type: int, data: st.DataObject) -> None:
    source = f"k INT, j STRING, a INT, b STRING, seq {sequence}, op STRING"
    kinds = WITH_TRUNCATES if scd_type == 1 else KINDS
    cut = batches(data, data.draw(events_of(kinds, SEQUENCES[sequence])))
    if scd_type == 1:
        check_state(source, cut, ignores_nulls=sequence.startswith("STRUCT"), apply_as_truncates="op = 'T'")
    else:
        check_history(source, cut, ignores_nulls=False, tracked=("a",))


# --- values of all types ----------------------------------------------------------------------------------------------

ALL_TYPES = (
    "k INT, j STRING, d DOUBLE, l ARRAY<DOUBLE>, m MAP<INT, STRING>, h BINARY, t TIMESTAMP, o BOOLEAN, "
    "s STRUCT<x: INT, y: STRUCT<z: FLOAT, w: ARRAY<MAP<INT, INT>>>>, seq INT, op STRING"
)
FLOATS = st.sampled_from([0.0, -0.0, 1.5, float("nan")])
MAPS = st.dictionaries(st.integers(0, 1), st.sampled_from([None, 1]), max_size=2)
VALUES_OF_ALL_TYPES: dict[str, st.SearchStrategy] = {
    "d": st.none() | FLOATS,
    "l": st.none() | st.lists(st.none() | FLOATS, max_size=2),
    "m": st.none() | st.dictionaries(st.integers(0, 1), st.sampled_from([None, "p"]), max_size=2),
    "h": st.sampled_from([None, b"", b"\x00", b"\xff"]),
    "t": st.none() | SEQUENCES["TIMESTAMP"],
    "o": st.sampled_from([None, True, False]),
    "s": st.none()
    | struct(
        x=st.sampled_from([None, 1]),
        y=st.none() | struct(z=st.none() | FLOATS, w=st.none() | st.lists(MAPS, max_size=1)),
    ),
}


def unsigned(value: Any) -> Any:
    """Without -0.0, which becomes 0.0 where values are chosen one by one."""
    match value:
        case float():
            return value + 0.0
        case dict():
            return {k: unsigned(v) for k, v in value.items()}
        case list() | tuple():
            return type(value)(map(unsigned, value))
    return value


@pytest.mark.slow  # the next one walks the same queries
@pytest.mark.parametrize("ignores_nulls", [False, True])
@pytest.mark.parametrize("scd_type", [1, 2])
@SOME
@given(events=events_of(KINDS, st.integers(0, 3), **VALUES_OF_ALL_TYPES), data=st.data())
def test_values_of_all_types_are_carried_and_told_apart(
    scd_type: int, ignores_nulls: bool, events: Rows, data: st.DataObject
) -> None:
    cut = batches(data, unsigned(events) if ignores_nulls else events)
    if scd_type == 1:
        check_state(ALL_TYPES, cut, ignores_nulls)
    else:
        check_history(ALL_TYPES, cut, ignores_nulls, tracked=("d", "m", "s"))


@pytest.mark.parametrize("scd_type", [1, 2])
@SOME
@given(data=st.data())
def test_a_difference_in_one_value_of_any_type_counts(scd_type: int, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(VALUES_OF_ALL_TYPES)))
    values = {n: s if n == name else st.none() for n, s in VALUES_OF_ALL_TYPES.items()}
    cut = batches(data, data.draw(events_of(st.just("U"), st.integers(0, 2), **values)))
    if scd_type == 1:
        check_state(ALL_TYPES, cut, ignores_nulls=False)
    else:
        check_history(ALL_TYPES, cut, ignores_nulls=False, tracked=tuple(VALUES_OF_ALL_TYPES))


# --- several flows ----------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def lake_of_two(scd_type: int, ignores_nulls: bool) -> Lake:
    """A lake that two flows change; the first does not have the column `b`, and only the second one truncates."""
    clauses = {"scd_type": scd_type, "ignore_null_updates": ignores_nulls}
    truncates = {"apply_as_truncates": "op = 'T'"} if scd_type == 1 else {}
    first = changes(**clauses, except_columns=("seq", "op", "b"))
    return Lake(parse_schema(PLAIN), first, changes(**clauses, **truncates, keys=("J", "K")))


@pytest.mark.parametrize("ignores_nulls", [False, True])
@pytest.mark.parametrize("scd_type", [1, 2])
@SOME
@given(events=events_of(WITH_TRUNCATES), data=st.data())
def test_a_column_that_a_flow_lacks_is_null_in_its_events(
    scd_type: int, ignores_nulls: bool, events: Rows, data: st.DataObject
) -> None:
    lake = lake_of_two(scd_type, ignores_nulls)
    lake.empty()
    seen: list[Event] = []
    for batch in batches(data, events):
        flow = data.draw(st.integers(0, 1))
        lake.apply(batch, flow)
        for row in batch:
            shown = row if flow == 1 else (*row[:3], None, *row[4:])
            seen.append(read(shown, ("a", "b"), truncates=flow == 1 and scd_type == 1))
        if scd_type == 1:
            assert told(lake.state()) == told(current_state(seen, ignores_nulls))
        else:
            assert told(lake.state()) == told(history_of(seen, ("a", "b"), ignores_nulls))
