"""Cases that random events seldom meet, each held against the model."""

from __future__ import annotations

from typing import Any

import pytest

from cdc.stand_in import Lake
from cdc.test_any_order import PLAIN, changes, check_history, check_state, lake_of, slow
from ingot import cdc
from ingot.types import parse_schema

Row = tuple[Any, ...]


def event(sequence: int, operation: str = "U", a: int | None = 1, b: str | None = None, key: str = "x") -> Row:
    return (1, key, a, b, sequence, operation)


@pytest.mark.parametrize("ignores_nulls", [False, True])
@pytest.mark.parametrize("end", ["D", "T"])
def test_of_several_deletes_in_a_batch_the_last_one_is_remembered(end: str, ignores_nulls: bool) -> None:
    for ends in ([event(1, end), event(5, end)], [event(5, end), event(1, end)]):
        check_state(PLAIN, [ends, [event(3)], [event(5)]], ignores_nulls, apply_as_truncates="op = 'T'")


@pytest.mark.parametrize("ignores_nulls", [False, True])
def test_a_delete_and_a_truncate_end_what_the_later_of_them_ends(ignores_nulls: bool) -> None:
    for first, second in ((2, 5), (5, 2)):
        ends = [event(first, "D"), event(second, "T")]
        cut = [[event(1), event(4)], ends, [event(3)], [event(4, a=2)], [event(6)]]
        check_state(PLAIN, cut, ignores_nulls, apply_as_truncates="op = 'T'")


@pytest.mark.parametrize("ignores_nulls", [False, True])
@pytest.mark.parametrize("end", ["D", "T"])
@pytest.mark.parametrize("newest", [2, 3])
def test_a_late_end_that_a_row_outlives_takes_its_older_values(newest: int, end: str, ignores_nulls: bool) -> None:
    """The row stays for its newest event; the value of an older one goes, though the batch has no event of the key."""
    known = [event(1, a=None, b="p"), event(newest, a=1)]
    for ended in ([event(2, end)], [event(2, end), event(2, end, key="y")]):
        check_state(PLAIN, [known, ended], ignores_nulls, apply_as_truncates="op = 'T'")


@pytest.mark.parametrize("ignores_nulls", [False, True])
def test_a_batch_of_deletes_alone_removes_rows(ignores_nulls: bool) -> None:
    check_state(PLAIN, [[event(1), event(1, key="y")], [event(2, "D")]], ignores_nulls)


@pytest.mark.parametrize("ignores_nulls", [False, True])
@pytest.mark.parametrize("tracked", [("a",), *slow(("a", "b"), ())])
def test_events_within_an_interval_that_a_late_one_splits_are_known(
    tracked: tuple[str, ...], ignores_nulls: bool
) -> None:
    resent = [event(place, b="p" if place % 2 else None) for place in (1, 3, 5, 7)]
    for late in (event(4, a=2), event(4, "D"), event(0, a=2), event(8, "D"), event(6, b="q")):
        check_history(PLAIN, [[each] for each in (*resent, late)], ignores_nulls, tracked)
        check_history(PLAIN, [[late], resent], ignores_nulls, tracked)


@pytest.mark.parametrize("ignores_nulls", [False, True])
def test_a_delete_between_equal_values_makes_two_intervals(ignores_nulls: bool) -> None:
    for cut in (
        [[event(1)], [event(5)], [event(3, "D")]],
        [[event(3, "D")], [event(1), event(5)]],
        [[event(1)], [event(3, "D")], [event(5)]],
    ):
        check_history(PLAIN, cut, ignores_nulls, ("a", "b"))


@pytest.mark.parametrize("ignores_nulls", [False, True])
def test_a_delete_at_the_sequence_of_an_event_gives_way_to_it(ignores_nulls: bool) -> None:
    for cut in (
        [[event(1, b="p")], [event(3, "D")], [event(3)], [event(5, b="q")], [event(2, a=2)]],
        [[event(3)], [event(3, "D")], [event(1, b="p")], [event(2, a=2)]],
        [[event(1, b="p"), event(3, "D"), event(3)], [event(4)], [event(2)]],
    ):
        check_history(PLAIN, cut, ignores_nulls, ("a",))
        check_state(PLAIN, cut, ignores_nulls)


def test_only_an_interval_of_several_events_keeps_them() -> None:
    check_history(PLAIN, [[event(1)], [event(2, a=2), event(3, a=2)], [event(4, "D")]], False, ("a",))
    lake = lake_of(PLAIN, scd_type=2, track=("a",), ignore_null_updates=False)
    kept = lake.connection.sql("SELECT __START_AT, len(__ingot_events) FROM rows ORDER BY 1").fetchall()
    assert kept == [(1, None), (2, 2)]


@pytest.mark.parametrize("scd_type", [1, 2])
def test_files_without_a_changed_key_stay(scd_type: int) -> None:
    lake = Lake(parse_schema(PLAIN), changes(scd_type=scd_type))
    for key in "xyz":
        lake.apply([event(1, key=key)])
    before = lake.connection.sql(f"SELECT {cdc.FILE} FROM rows WHERE j <> 'y'").fetchall()
    lake.apply([event(2, key="y")])
    assert lake.connection.sql(f"SELECT {cdc.FILE} FROM rows WHERE j <> 'y'").fetchall() == before
    assert len(lake.rewritten) == 1
    lake.apply([event(0, key="x")])
    assert len(lake.rewritten) == (0 if scd_type == 1 else 1)


def test_what_the_user_wrote_may_end_in_a_comment() -> None:
    lake = Lake(
        parse_schema(PLAIN),
        changes(sequence_by="seq -- order", apply_as_deletes="op = 'D' -- gone", apply_as_truncates="op = 'T' -- all"),
    )
    lake.apply([event(1), event(2, "D", key="y")])
    assert lake.state() == [(1, "x", 1, None)]


@pytest.mark.parametrize("scd_type", [1, 2])
@pytest.mark.parametrize("ignores_nulls", [False, True])
def test_two_values_of_one_sequence_are_a_tie_that_the_greater_wins(ignores_nulls: bool, scd_type: int) -> None:
    low, high = event(1, a=1), event(1, a=2)
    for cut in ([[low, high]], [[high, low]], [[low], [high]], [[high], [low]], [[low], [low], [high, high]]):
        if scd_type == 1:
            check_state(PLAIN, cut, ignores_nulls)
            lake = lake_of(PLAIN, ignore_null_updates=ignores_nulls)
        else:
            check_history(PLAIN, cut, ignores_nulls, ("a",))
            lake = lake_of(PLAIN, scd_type=2, track=("a",), ignore_null_updates=ignores_nulls)
        assert lake.ties == 1
        assert [row[:3] for row in lake.state()] == [(1, "x", 2)]


def test_a_history_knows_deletes_from_its_intervals_when_tombstones_are_gone() -> None:
    lake = Lake(parse_schema(PLAIN), changes(scd_type=2))
    lake.apply([event(1), event(5, "D"), event(9, a=3)])
    lake.connection.execute("DELETE FROM tombstones")
    lake.apply([event(3, a=2)])
    assert sorted(row[2:] for row in lake.state()) == [(1, None, 1, 3), (2, None, 3, 5), (3, None, 9, None)]


def test_rows_of_a_file_with_a_tie_meet_their_own_changes() -> None:
    first = [event(5), event(3, key="y"), event(4, key="z")]
    second = [event(5), event(4, "D", key="y"), event(6, a=2, key="y"), event(4, "D", key="z")]
    check_state(PLAIN, [first, second], False)


@pytest.mark.parametrize("ignores_nulls", [False, True])
def test_the_last_of_several_truncates_ends_rows_that_no_change_names(ignores_nulls: bool) -> None:
    check_state(PLAIN, [[event(3)], [event(1, "T"), event(5, "T")]], ignores_nulls, apply_as_truncates="op = 'T'")
