"""Whole updates that apply changes: what they refuse, where they say it is, what they leave behind."""

from __future__ import annotations

import json
from pathlib import Path

import polars
import pytest
from deltalake import DeltaTable

from ingot.connection import connect
from ingot.errors import IngotError
from ingot.queries import preview
from ingot.replay import replay
from ingot.tables import optimize_tables
from ingot.testing import ManualClock, run_project

BRONZE = """
CREATE STREAMING TABLE bronze.changes AS SELECT * FROM STREAM read_files('in', format => 'json',
  schema => 'id INT, name STRING, city STRING, op STRING, seq INT');
"""
FLOW = """
CREATE FLOW {name} AS AUTO CDC INTO {target} FROM STREAM bronze.changes KEYS (id)
APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE {type};
"""


def definitions(*, scd_type: int = 1, table: str = "") -> str:
    return (
        BRONZE
        + f"CREATE STREAMING TABLE silver.customers {table};"
        + FLOW.format(name="c", target="silver.customers", type=scd_type)
    )


def events(*rows: tuple) -> str:
    names = ("id", "name", "city", "op", "seq")
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)


FIRST = events((1, "Ada", "London", "U", 1), (2, "Bob", "Paris", "U", 1), (3, "Cy", "Rome", "U", 1))


def rows(folder: Path, text: str = "SELECT * FROM silver.customers ORDER BY ALL") -> list[tuple]:
    with connect(folder) as lake:
        return lake.sql(text).fetchall()


def test_an_update_makes_one_commit_with_changes_and_position(tmp_path):
    with run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}) as lake:
        lake.run()
    second = events((1, "Ada", "Turin", "U", 2), (2, None, None, "D", 2), (4, "Di", "Oslo", "U", 1))
    run_project(tmp_path, {"in/2.json": second}).close()
    table = DeltaTable(tmp_path / "lake" / "silver" / "customers")
    assert [line["operation"] for line in table.history()] == ["MERGE", "MERGE"]
    assert rows(tmp_path) == [(1, "Ada", "Turin"), (3, "Cy", "Rome"), (4, "Di", "Oslo")]


@pytest.mark.parametrize("scd_type", [1, 2])
def test_other_readers_see_no_internal_column(tmp_path, scd_type):
    run_project(tmp_path, {"a.sql": definitions(scd_type=scd_type), "in/1.json": FIRST}).close()
    visible = ["id", "name", "city", *(["__START_AT", "__END_AT"] if scd_type == 2 else [])]
    table = DeltaTable(tmp_path / "lake" / "silver" / "customers")
    assert table.schema().to_arrow().names == visible
    assert polars.read_delta(str(tmp_path / "lake" / "silver" / "customers")).columns == visible
    with connect(tmp_path) as lake:
        assert [name for name, *_ in lake.sql("DESCRIBE silver.customers").fetchall()] == visible


def test_an_event_without_a_key_fails_with_the_line_of_its_file(tmp_path):
    late = events((4, "Di", "Oslo", "U", 1), (None, "Eve", "Bern", "U", 2))
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    with pytest.raises(IngotError, match=r"the key id is NULL in 1 of 2 events for silver\.customers") as caught:
        run_project(tmp_path, {"in/2.json": late})
    assert caught.value.code == "null-key"
    assert any("in/2.json:2" in note for note in caught.value.__notes__)
    assert str(caught.value.location).endswith("/a.sql:5")
    assert len(rows(tmp_path)) == 3


def test_an_event_without_a_sequence_fails_with_the_line_of_its_file(tmp_path):
    with pytest.raises(IngotError, match="SEQUENCE BY seq is NULL in 1 of 4 events") as caught:
        files = {"a.sql": definitions(), "in/1.json": FIRST, "in/2.json": events((9, "Zoe", "Kyiv", "U", None))}
        run_project(tmp_path, files)
    assert caught.value.code == "null-sequence"
    assert any("in/2.json:1" in note for note in caught.value.__notes__)


def test_a_line_that_has_the_key_is_not_named(tmp_path):
    both = events((5, "Eve", "Bern", "U", 2)) + events((None, "Eve", "Bern", "U", 2))
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path, {"a.sql": definitions(), "in/1.json": both})
    assert any("in/1.json:2" in note for note in caught.value.__notes__)


def test_of_csv_lines_that_look_alike_none_is_named(tmp_path):
    bronze = definitions().replace("format => 'json'", "format => 'csv'")
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path, {"a.sql": bronze, "in/1.csv": "5,Eve,Bern,U,2\n,Eve,Bern,U,2\n"})
    assert caught.value.code == "null-key"
    assert not getattr(caught.value, "__notes__", [])


def test_a_rule_sets_events_without_a_key_aside_and_replay_applies_them(tmp_path):
    table = (
        "(CONSTRAINT keyed EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW) TBLPROPERTIES ('ingot.quarantine' = 'keyed')"
    )
    second = events((1, "Ada", "Turin", "U", 2), (None, "Eve", "Bern", "U", 2))
    with run_project(tmp_path, {"a.sql": definitions(table=table), "in/1.json": FIRST, "in/2.json": second}) as lake:
        assert lake.sql("SELECT name, _broken_rules FROM silver.customers__quarantine").fetchall() == [
            ("Eve", ["keyed"])
        ]
    assert rows(tmp_path)[0] == (1, "Ada", "Turin")


def test_replay_applies_changes_rather_than_appending_rows(tmp_path):
    table = (
        "(CONSTRAINT named EXPECT (name <> 'Bob') ON VIOLATION DROP ROW) TBLPROPERTIES ('ingot.quarantine' = 'named')"
    )
    second = events((2, "Bea", "Lyon", "U", 3))
    run_project(tmp_path, {"a.sql": definitions(table=table), "in/1.json": FIRST}).close()
    run_project(tmp_path, {"in/2.json": second}).close()
    with run_project(tmp_path, {"a.sql": definitions(table=table.replace("<> 'Bob'", "<> 'Nobody'"))}) as lake:
        done = replay(lake.project, lake.engine, "silver.customers")
    assert (done.accepted, done.remaining) == (1, 0)
    assert rows(tmp_path) == [(1, "Ada", "London"), (2, "Bea", "Lyon"), (3, "Cy", "Rome")]


def test_a_rule_over_values_lets_deletes_pass(tmp_path):
    table = "(CONSTRAINT named EXPECT (name IS NOT NULL) ON VIOLATION DROP ROW)"
    run_project(tmp_path, {"a.sql": definitions(table=table), "in/1.json": FIRST}).close()
    run_project(tmp_path, {"in/2.json": events((1, None, None, "D", 2), (5, None, "Rome", "U", 1))}).close()
    assert [row[0] for row in rows(tmp_path)] == [2, 3]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("KEYS (id)", "KEYS (id, name)", "KEYS is id in the lake and id, name in its definition"),
        ("SCD TYPE 1", "SCD TYPE 2", "SCD TYPE is 1 in the lake and 2 in its definition"),
        ("SEQUENCE BY seq", "SEQUENCE BY CAST(seq AS STRING)", "the type of SEQUENCE BY is int in the lake and string"),
        ("KEYS (id)", "KEYS (id) IGNORE NULL UPDATES", "IGNORE NULL UPDATES is off in the lake and on"),
    ],
)
def test_another_definition_of_the_changes_is_refused_until_a_full_refresh(tmp_path, old, new, says):
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    with pytest.raises(IngotError, match=says) as caught:
        run_project(tmp_path, {"a.sql": definitions().replace(old, new)})
    assert caught.value.code == "changed-cdc"
    assert caught.value.hint == "build it from its sources: ingot run --full-refresh silver.customers"
    run_project(tmp_path, full_refresh=["silver.customers"]).close()
    assert len(rows(tmp_path)) == 3


def test_a_table_of_changes_does_not_become_one_that_appends(tmp_path):
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    appends = BRONZE + "CREATE STREAMING TABLE silver.customers AS SELECT id, name, city FROM STREAM bronze.changes;"
    with pytest.raises(IngotError, match="made by changes") as caught:
        run_project(tmp_path, {"a.sql": appends})
    assert caught.value.code in ("changed-cdc", "renamed-flow")


def test_rows_that_something_else_wrote_are_not_carried_on(tmp_path):
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    DeltaTable(tmp_path / "lake" / "silver" / "customers").update(updates={"city": "'Nowhere'"})
    with pytest.raises(IngotError, match="written or taken away by something else") as caught:
        run_project(tmp_path, {"in/2.json": events((1, "Ada", "Turin", "U", 2))})
    assert caught.value.code == "lost-sequence"
    run_project(tmp_path, full_refresh=["silver.customers"]).close()
    assert rows(tmp_path)[0] == (1, "Ada", "Turin")


@pytest.mark.parametrize("scd_type", [1, 2])
def test_compaction_keeps_what_later_changes_need(tmp_path, scd_type):
    run_project(tmp_path, {"a.sql": definitions(scd_type=scd_type), "in/1.json": FIRST}).close()
    for seq in range(2, 6):
        change = events((1, f"Ada {seq}", "London", "U", seq * 10), (seq + 10, "New", "Rome", "U", 1))
        run_project(tmp_path, {f"in/{seq}.json": change}).close()
    with connect(tmp_path) as lake:
        [(_, before, after)] = optimize_tables(lake.project, lake.engine, ["silver.customers"])
        assert before > after
    late = events((1, "late", "London", "U", 25), (12, "older", "Rome", "U", 0))
    run_project(tmp_path, {"in/9.json": late}).close()
    found = rows(tmp_path)
    if scd_type == 1:
        assert found[0] == (1, "Ada 5", "London")
        assert (12, "New", "Rome") in found
    else:
        history = [(row[1], row[3], row[4]) for row in found if row[0] == 1]
        assert sorted(history, key=lambda row: row[1]) == [
            ("Ada", 1, 20), ("Ada 2", 20, 25), ("late", 25, 30), ("Ada 3", 30, 40), ("Ada 4", 40, 50),
            ("Ada 5", 50, None),
        ]  # fmt: skip


def test_a_full_refresh_forgets_deletes_of_before(tmp_path):
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    run_project(tmp_path, {"in/2.json": events((1, None, None, "D", 9))}).close()
    (tmp_path / "in" / "2.json").unlink()
    run_project(tmp_path, full_refresh_all=True).close()
    assert rows(tmp_path)[0] == (1, "Ada", "London")
    run_project(tmp_path, {"in/3.json": events((1, "Ada", "Turin", "U", 5))}).close()
    assert rows(tmp_path)[0] == (1, "Ada", "Turin")


def test_a_late_event_from_before_a_delete_changes_nothing_in_a_later_update(tmp_path):
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    run_project(tmp_path, {"in/2.json": events((1, None, None, "D", 9), (7, None, None, "D", 9))}).close()
    run_project(tmp_path, {"in/3.json": events((1, "Ada", "Turin", "U", 5), (7, "Gus", "Bonn", "U", 8))}).close()
    assert [row[0] for row in rows(tmp_path)] == [2, 3]


def test_nothing_temporary_stays_behind(tmp_path):
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    assert not list((tmp_path / "lake" / "_ingot" / "state").rglob("staged/*"))


def test_a_table_is_not_both_changed_and_appended_to(tmp_path):
    both = (
        definitions() + "CREATE FLOW more AS INSERT INTO silver.customers BY NAME SELECT id FROM STREAM bronze.changes;"
    )
    with pytest.raises(IngotError, match="appended to by the flow") as caught:
        run_project(tmp_path, {"a.sql": both, "in/1.json": FIRST})
    assert caught.value.code == "cdc-target"


def test_changes_do_not_go_into_a_view(tmp_path):
    text = BRONZE + "CREATE MATERIALIZED VIEW silver.customers AS SELECT 1 AS id;" + FLOW.format(
        name="c", target="silver.customers", type=1
    )  # fmt: skip
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path, {"a.sql": text, "in/1.json": FIRST})
    assert caught.value.code == "invalid-target"


def test_flows_with_different_columns_feed_one_table(tmp_path):
    two = (
        BRONZE
        + """
        CREATE STREAMING TABLE silver.customers;
        CREATE FLOW a AS AUTO CDC INTO silver.customers FROM STREAM bronze.changes KEYS (id)
        SEQUENCE BY seq COLUMNS (id, name) STORED AS SCD TYPE 1;
        CREATE TEMPORARY VIEW later AS SELECT id, city, seq + 100 AS seq FROM STREAM bronze.changes WHERE id > 1;
        CREATE FLOW b AS AUTO CDC INTO silver.customers FROM STREAM later KEYS (id)
        SEQUENCE BY seq COLUMNS (id, city) STORED AS SCD TYPE 1;
    """
    )
    run_project(tmp_path, {"a.sql": two, "in/1.json": FIRST}).close()
    assert rows(tmp_path) == [(1, "Ada", None), (2, None, "Paris"), (3, None, "Rome")]


def test_a_new_column_of_the_source_is_added_and_late_events_still_fit(tmp_path):
    run_project(tmp_path, {"a.sql": definitions(scd_type=2), "in/1.json": FIRST}).close()
    run_project(tmp_path, {"in/2.json": events((1, "Ada", "London", "U", 5), (1, "Ada", "London", "U", 6))}).close()
    wider = definitions(scd_type=2).replace("op STRING", "vip BOOLEAN, op STRING")
    change = '{"id": 1, "name": "Ada", "city": "Turin", "vip": true, "op": "U", "seq": 9}\n'
    run_project(tmp_path, {"a.sql": wider, "in/3.json": change}).close()
    run_project(tmp_path, {"in/4.json": events((1, "Ada", "Bonn", "U", 4))}).close()
    found = rows(tmp_path, "SELECT city, vip, __START_AT, __END_AT FROM silver.customers WHERE id = 1 ORDER BY 3")
    assert found == [("London", None, 1, 4), ("Bonn", None, 4, 5), ("London", None, 5, 9), ("Turin", True, 9, None)]


@pytest.mark.parametrize("scd_type", [1, 2])
def test_ties_are_counted_in_a_warning_and_settled_alike_in_any_order(tmp_path, scd_type):
    one, other = events((1, "Ada", "London", "U", 1)), events((1, "Bea", "London", "U", 1))
    for folder, first, second in (("a", one, other), ("b", other, one)):
        run_project(tmp_path / folder, {"a.sql": definitions(scd_type=scd_type), "in/1.json": first}).close()
        run_project(tmp_path / folder, {"in/2.json": second + second}).close()
        told = rows(tmp_path / folder, "SELECT message FROM event_log() WHERE level = 'WARN'")
        assert [text for (text,) in told] == [
            "silver.customers: 1 change has the key and the sequence of another one and other values; "
            "the greater values were kept. SEQUENCE BY should tell changes apart"
        ]
        assert [row[1] for row in rows(tmp_path / folder)] == ["Bea"]


def test_a_file_that_comes_twice_is_no_tie(tmp_path):
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    run_project(tmp_path, {"in/2.json": FIRST}).close()
    assert rows(tmp_path, "SELECT message FROM event_log() WHERE level = 'WARN'") == []


@pytest.mark.parametrize("scd_type", [1, 2])
def test_a_preview_shows_the_rows_that_an_update_would_give(tmp_path, scd_type):
    second = events((1, "Ada", "Turin", "U", 3), (2, None, None, "D", 2), (1, "late", "Oslo", "U", 2))
    files = {"a.sql": definitions(scd_type=scd_type), "in/1.json": FIRST, "in/2.json": second}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    with connect(tmp_path) as lake:
        shown = sorted(preview(lake.project, lake.engine, "silver.customers", 100).fetchall(), key=repr)
    assert not (tmp_path / "lake").exists()
    run_project(tmp_path).close()
    assert shown == sorted(rows(tmp_path), key=repr)


@pytest.mark.parametrize(
    ("scd_type", "ignores"), [(1, ""), (1, "IGNORE NULL UPDATES"), (2, ""), (2, "IGNORE NULL UPDATES")]
)
def test_a_column_that_widens_keeps_what_later_changes_need(tmp_path, scd_type, ignores):
    def text(kind: str) -> str:
        return f"""
            CREATE STREAMING TABLE bronze.changes AS SELECT * FROM STREAM read_files('in', format => 'json',
              schema => 'id INT, n {kind}, seq INT');
            CREATE STREAMING TABLE silver.numbers;
            CREATE FLOW f AS AUTO CDC INTO silver.numbers FROM STREAM bronze.changes KEYS (id) {ignores}
            SEQUENCE BY seq COLUMNS * EXCEPT (seq) STORED AS SCD TYPE {scd_type};
        """

    first = '{"id": 1, "n": 1, "seq": 1}\n{"id": 1, "n": 1, "seq": 3}\n{"id": 1, "n": 5, "seq": 7}\n'
    run_project(tmp_path, {"a.sql": text("INT"), "in/1.json": first}).close()
    big = '{"id": 1, "n": 9876543210, "seq": 2}\n{"id": 2, "n": null, "seq": 1}\n'
    run_project(tmp_path, {"a.sql": text("BIGINT"), "in/2.json": big}).close()
    found = rows(tmp_path, "SELECT * FROM silver.numbers WHERE id = 1 ORDER BY ALL")
    if scd_type == 1:
        assert found == [(1, 5)]
    else:
        assert sorted(found, key=lambda row: row[2]) == [
            (1, 1, 1, 2),
            (1, 9876543210, 2, 3),
            (1, 1, 3, 7),
            (1, 5, 7, None),
        ]


def test_deletes_are_remembered_for_as_long_as_the_property_says(tmp_path):
    table = "TBLPROPERTIES ('pipelines.cdc.tombstoneGCThresholdInSeconds' = '3600')"
    clock = ManualClock()
    run_project(tmp_path, {"a.sql": definitions(table=table), "in/1.json": FIRST}, clock=clock).close()
    run_project(tmp_path, {"in/2.json": events((1, None, None, "D", 9), (2, None, None, "D", 9))}, clock=clock).close()
    clock.advance(minutes=59)
    run_project(tmp_path, {"in/3.json": events((1, "late", "Rome", "U", 5))}, clock=clock).close()
    assert [row[0] for row in rows(tmp_path)] == [3]
    clock.advance(minutes=2)
    run_project(tmp_path, {"in/4.json": events((2, "later", "Rome", "U", 5))}, clock=clock).close()
    assert [row[0] for row in rows(tmp_path)] == [2, 3]


def test_a_time_to_remember_deletes_that_is_no_number_is_refused_when_it_is_defined(tmp_path):
    table = "TBLPROPERTIES ('pipelines.cdc.tombstoneGCThresholdInSeconds' = '2 days')"
    with pytest.raises(IngotError, match=r"tombstoneGCThresholdInSeconds of silver\.customers is '2 days'") as caught:
        run_project(tmp_path, {"a.sql": definitions(table=table), "in/1.json": FIRST})
    assert caught.value.code == "invalid-property"


def test_keys_may_have_names_that_only_column_mapping_allows(tmp_path):
    text = """
        CREATE STREAMING TABLE bronze.changes AS SELECT id AS `the id`, name AS `a,b`, op, seq
        FROM STREAM read_files('in', format => 'json', schema => 'id INT, name STRING, city STRING, op STRING, seq INT');
        CREATE STREAMING TABLE silver.customers TBLPROPERTIES ('delta.columnMapping.mode' = 'name');
        CREATE FLOW c AS AUTO CDC INTO silver.customers FROM STREAM bronze.changes KEYS (`the id`)
        APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 1;
    """.replace(
        "TABLE bronze.changes AS", "TABLE bronze.changes TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS"
    )
    run_project(tmp_path, {"a.sql": text, "in/1.json": FIRST}).close()
    run_project(tmp_path, {"in/2.json": events((1, None, None, "D", 9))}).close()
    run_project(tmp_path, {"in/3.json": events((1, "late", None, "U", 5), (2, "Bea", None, "U", 5))}).close()
    assert rows(tmp_path) == [(2, "Bea"), (3, "Cy")]


def test_another_choice_of_what_begins_an_interval_is_refused_until_a_full_refresh(tmp_path):
    track = definitions(scd_type=2).replace("SCD TYPE 2", "SCD TYPE 2 TRACK HISTORY ON {}")
    run_project(tmp_path, {"a.sql": track.format("name, city"), "in/1.json": FIRST}).close()
    run_project(tmp_path, {"a.sql": track.format("City, name")}).close()
    with pytest.raises(IngotError, match="TRACK HISTORY ON is city, name in the lake and name in its definition"):
        run_project(tmp_path, {"a.sql": track.format("name")})
    run_project(tmp_path, full_refresh=["silver.customers"]).close()


def test_no_rule_keeps_a_truncate_from_emptying_the_table(tmp_path):
    table = "(CONSTRAINT keyed EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW, CONSTRAINT named EXPECT (name IS NOT NULL) ON VIOLATION DROP ROW)"
    text = definitions(table=table).replace("SEQUENCE BY seq", "APPLY AS TRUNCATE WHEN op = 'T' SEQUENCE BY seq")
    run_project(tmp_path, {"a.sql": text, "in/1.json": FIRST}).close()
    run_project(tmp_path, {"in/2.json": events((None, None, None, "T", 5), (4, "Di", "Oslo", "U", 6))}).close()
    assert rows(tmp_path) == [(4, "Di", "Oslo")]


def test_a_rule_over_a_column_that_is_not_stored_is_told_as_it_was_written(tmp_path):
    table = "(CONSTRAINT known EXPECT (op IN ('U', 'D')) ON VIOLATION DROP ROW)"
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path, {"a.sql": definitions(table=table), "in/1.json": FIRST})
    told = caught.value.render()
    assert "in the expectation 'known': op IN ('U', 'D')" in told
    assert "__ingot" not in told


def test_an_empty_text_is_no_key_of_a_table_that_is_partitioned_by_it(tmp_path):
    text = definitions(table="PARTITIONED BY (name)").replace("KEYS (id)", "KEYS (name)")
    run_project(tmp_path, {"a.sql": text, "in/1.json": FIRST}).close()
    with pytest.raises(
        IngotError, match="the key name is NULL, or empty, which a partition column keeps as NULL, in 1"
    ):
        run_project(tmp_path, {"in/2.json": events((1, "", "Oslo", "U", 3))})


def test_rows_that_something_else_took_away_do_not_come_back(tmp_path):
    run_project(tmp_path, {"a.sql": definitions(), "in/1.json": FIRST}).close()
    table = DeltaTable(tmp_path / "lake" / "silver" / "customers")
    table.alter.set_table_properties({"delta.deletedFileRetentionDuration": "interval 8 days"})
    run_project(tmp_path, {"in/2.json": events((1, "Ada", "Turin", "U", 5))}).close()  # properties are no rows
    DeltaTable(tmp_path / "lake" / "silver" / "customers").delete()
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path, {"in/3.json": events((1, "late", "Rome", "U", 3))})
    assert caught.value.code == "lost-sequence"
    run_project(tmp_path, full_refresh_all=True).close()
    assert rows(tmp_path)[0] == (1, "Ada", "Turin")


@pytest.mark.parametrize("key", ["__at", "__flow", "__batch"])
def test_a_key_may_be_called_like_a_column_of_the_bookkeeping(tmp_path, key):
    text = definitions().replace("id INT", f"{key} INT").replace("KEYS (id)", f"KEYS ({key})")
    run_project(tmp_path, {"a.sql": text, "in/1.json": FIRST.replace('"id"', f'"{key}"')}).close()
    run_project(tmp_path, {"in/2.json": events((1, None, None, "D", 9)).replace('"id"', f'"{key}"')}).close()
    assert [row[0] for row in rows(tmp_path)] == [2, 3]
