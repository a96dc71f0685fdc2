"""From the definitions of flows to the table that changes are applied to; what is refused before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

from ingot import cdc
from ingot.errors import AnalysisError, Location, PlanError
from ingot.model import ChangeSpec
from ingot.types import parse_schema

PLACE = Location("a.sql", 3)
COLUMNS = "id INT, name STRING, Town STRUCT<x: INT>"
SEQUENCE = "__ingot_sequence INT, __ingot_is_delete BOOLEAN"


def spec(**clauses: Any) -> ChangeSpec:
    return ChangeSpec(**{"keys": ("id",), "sequence_by": "seq", "location": PLACE, **clauses})


def table(columns: str = COLUMNS, sequence: str = SEQUENCE, **clauses: Any) -> cdc.ChangeTable:
    return cdc.change_table(spec(**clauses), parse_schema(f"{columns}, {sequence}"))


def refusal(columns: str = COLUMNS, sequence: str = SEQUENCE, **clauses: Any) -> AnalysisError:
    with pytest.raises(AnalysisError) as caught:
        table(columns, sequence, **clauses)
    assert caught.value.location == PLACE
    assert caught.value.hint
    return caught.value


def test_names_are_found_whatever_their_case_and_kept_as_the_source_writes_them():
    made = table(keys=("ID",), scd_type=2, track=("TOWN",))
    assert made.keys == ("id",)
    assert made.tracked == ("Town",)
    assert made.schema.names == ["id", "name", "Town", "__START_AT", "__END_AT"]


def test_a_key_that_is_named_twice_counts_once():
    assert table(keys=("id", "ID")).keys == ("id",)


def test_without_a_clause_all_columns_but_keys_are_tracked():
    assert table(scd_type=2).tracked == ("name", "Town")
    assert table(scd_type=2, track_except=("NAME",)).tracked == ("Town",)


@pytest.mark.parametrize("clauses", [{"keys": ("town.x",)}, {"track": ("town.x",), "scd_type": 2}])
def test_a_field_of_a_struct_is_no_key_and_is_not_tracked_alone(clauses):
    error = refusal(**clauses)
    assert error.code == "wrong-arguments"
    assert error.hint == "make a column of town.x in the source"


@pytest.mark.parametrize(
    "clauses",
    [{"keys": ("nr",)}, {"track": ("nr",), "scd_type": 2}, {"track_except": ("nr",), "scd_type": 2}],
)
def test_a_column_that_is_not_stored_is_told_with_those_that_are(clauses):
    error = refusal(**clauses)
    assert error.code == "wrong-arguments"
    assert "nr is not among the stored columns" in str(error)
    assert error.hint == "name one of them: id, name, Town"


@pytest.mark.parametrize("name", ["__ingot_sequence", "__INGOT_IS_DELETE", "__ingot_place"])
def test_a_column_with_a_name_of_ours_is_refused(name):
    error = refusal(f"id INT, `{name}` INT")
    assert error.code == "reserved-column"
    assert name in str(error)


@pytest.mark.parametrize("name", ["__START_AT", "__end_at"])
def test_the_names_of_the_interval_are_free_only_without_a_history(name):
    assert refusal(f"id INT, {name} INT", scd_type=2).code == "reserved-column"
    assert name in table(f"id INT, {name} INT").schema.names


def test_a_field_with_a_name_of_ours_is_refused_where_values_have_sequences_of_their_own():
    columns = "id INT, s STRUCT<a: ARRAY<STRUCT<__ingot_sequence: INT>>>"
    assert refusal(columns, ignore_null_updates=True).code == "reserved-column"
    assert table(columns).values[0].name == "s"


@pytest.mark.parametrize("key", ["MAP<INT, INT>", "ARRAY<MAP<INT, INT>>", "STRUCT<v: VARIANT>"])
def test_keys_that_cannot_be_compared_are_refused(key):
    error = refusal(f"id {key}, a INT")
    assert error.code == "wrong-arguments"
    assert "cannot be compared" in str(error)


@pytest.mark.parametrize("sequence", ["MAP<INT, INT>", "STRUCT<t: INT, m: MAP<INT, INT>>", "VARIANT"])
def test_sequences_without_an_order_are_refused(sequence):
    assert refusal(sequence=f"__ingot_sequence {sequence}, __ingot_is_delete BOOLEAN").code == "unorderable-sequence"


def test_a_history_is_never_emptied():
    assert refusal(scd_type=2, apply_as_truncates="op = 'T'").code == "wrong-arguments"


# --- several flows ----------------------------------------------------------------------------------------------------


def together(*flows: tuple[str, dict[str, Any]]) -> cdc.ChangeTable:
    events = [(spec(**clauses), parse_schema(f"{columns}, {SEQUENCE}")) for columns, clauses in flows]
    return cdc.table_of_flows("silver.t", events)


def test_a_table_of_several_flows_has_the_columns_of_all():
    made = together(("id INT, a INT", {}), ("ID INT, B STRING, A INT", {"keys": ("ID",)}))
    assert made.keys == ("id",)
    assert made.columns.names == ["id", "a", "B"]


def test_one_flow_that_truncates_makes_all_know_truncates():
    with_truncates = {"apply_as_truncates": "op = 'T'"}
    assert together(("id INT", {}), ("id INT", with_truncates)).truncates
    assert together(("id INT", with_truncates), ("id INT", {})).truncates


@pytest.mark.parametrize(
    ("clauses", "says"),
    [
        ({"keys": ("a",)}, "KEYS: id and a"),
        ({"scd_type": 2}, "SCD TYPE: 1 and 2"),
        ({"ignore_null_updates": True}, "IGNORE NULL UPDATES"),
        ({"scd_type": 2, "track": ("a",)}, "TRACK HISTORY ON"),
        ({"scd_type": 2, "track_except": ("a",)}, "TRACK HISTORY ON"),
    ],
)
def test_flows_that_do_not_agree_are_refused(clauses, says):
    first = {"scd_type": 2} if says == "TRACK HISTORY ON" else {}
    with pytest.raises(AnalysisError, match=f"flows into silver.t differ in {says}") as caught:
        together(("id INT, a INT", first), ("id INT, a INT", clauses))
    assert caught.value.code == "flows-differ"
    assert caught.value.location == PLACE


def test_flows_with_sequences_of_two_types_are_refused():
    events = [parse_schema(f"id INT, __ingot_sequence {t}, __ingot_is_delete BOOLEAN") for t in ("INT", "BIGINT")]
    with pytest.raises(AnalysisError, match="the type of SEQUENCE BY: int and bigint"):
        cdc.table_of_flows("silver.t", [(spec(), each) for each in events])


# --- stored tables ----------------------------------------------------------------------------------------------------


def test_a_stored_table_may_have_more_columns_than_the_events():
    made = table("id INT, a INT", scd_type=2).stored_as(
        parse_schema("id INT, a BIGINT, b STRING, __START_AT INT, __END_AT INT")
    )
    assert made.columns == parse_schema("id INT, a BIGINT, b STRING")
    assert made.tracked == ("a", "b")
    assert made.hidden == parse_schema("__ingot_events ARRAY<STRUCT<__ingot_sequence: INT, a: BIGINT, b: STRING>>")


def test_hidden_columns_are_read_back_as_they_were_noted():
    for made in (table(), table(ignore_null_updates=True), table(scd_type=2, ignore_null_updates=True)):
        assert cdc.hidden_columns({cdc.PROPERTY: made.made_by}) == made.hidden


def test_with_ignored_nulls_each_value_has_a_sequence_also_within_structs():
    made = table("id INT, a INT, s STRUCT<`x.y`: INT, z: STRUCT<w: INT>>", ignore_null_updates=True)
    assert made.hidden == parse_schema(
        "__ingot_sequence INT, __ingot_sequences STRUCT<a: INT, s: STRUCT<__ingot_sequence: INT, `x.y`: INT, "
        "z: STRUCT<__ingot_sequence: INT, w: INT>>>"
    )


# --- what the lake remembers ------------------------------------------------------------------------------------------


def carried_on(stored: cdc.ChangeTable, wanted: cdc.ChangeTable | None, has_rows: bool = True) -> None:
    cdc.refuse_other_changes("silver.t", {cdc.PROPERTY: stored.made_by}, has_rows, wanted, PLACE)


def test_columns_and_the_way_names_are_written_may_change():
    before = table("id INT, k2 INT, a INT, c INT", keys=("id", "k2"), scd_type=2, track=("a", "c"))
    carried_on(before, table("ID INT, K2 INT, A INT, C INT, b INT", keys=("k2", "id"), scd_type=2, track=("C", "a")))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ({}, {"track": ("a",)}, r"TRACK HISTORY ON is \* in the lake and a in its definition"),
        ({"track": ("a",)}, {"track_except": ("a",)}, r"TRACK HISTORY ON is a in the lake and \* EXCEPT \(a\)"),
    ],
)
def test_intervals_that_began_with_other_columns_are_not_carried_on(old, new, says):
    columns = {"columns": "id INT, a INT, b INT", "scd_type": 2}
    with pytest.raises(PlanError, match=says):
        carried_on(table(**columns, **old), table(**columns, **new))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (table(keys=("name",)), "KEYS is id in the lake and name in its definition"),
        (table(keys=("id", "name")), "KEYS is id in the lake and id, name in its definition"),
        (table(scd_type=2), "SCD TYPE is 1 in the lake and 2 in its definition"),
        (table(ignore_null_updates=True), "IGNORE NULL UPDATES is off in the lake and on in its definition"),
        (
            table(sequence="__ingot_sequence BIGINT, __ingot_is_delete BOOLEAN"),
            "the type of SEQUENCE BY is int in the lake and bigint in its definition",
        ),
        (None, "its rows were made by changes, and its definition only appends"),
    ],
)
def test_rows_that_were_made_otherwise_are_not_carried_on(wanted, says):
    with pytest.raises(PlanError, match=says) as caught:
        carried_on(table(), wanted)
    assert caught.value.code == "changed-cdc"
    assert caught.value.location == PLACE
    assert caught.value.hint == "build it from its sources: ingot run --full-refresh silver.t"
    carried_on(table(), wanted, has_rows=False)


def test_appended_rows_are_not_carried_on_by_changes():
    with pytest.raises(PlanError, match="its rows were appended, not made by changes"):
        cdc.refuse_other_changes("silver.t", {}, True, table(), PLACE)
