"""Whole updates of tables that follow snapshots: of tables, of functions, of folders; killed at every stage."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from deltalake import DeltaTable

from forked import ingot
from ingot.connection import connect
from ingot.dry_run import dry_run
from ingot.errors import IngotError
from ingot.testing import CRASH_VARIABLE, ManualClock, run_project
from ingot.update.selection import Selection

SOURCE = (
    "CREATE MATERIALIZED VIEW bronze.people AS SELECT * FROM read_files('in.csv', schema => 'id INT, name STRING');\n"
)
TARGETS = """
CREATE STREAMING TABLE silver.now;
CREATE FLOW now AS AUTO CDC INTO silver.now FROM SNAPSHOT (SELECT * FROM bronze.people) KEYS (id);
CREATE STREAMING TABLE silver.history;
CREATE FLOW history AS AUTO CDC INTO silver.history FROM SNAPSHOT bronze.people KEYS (id) STORED AS SCD TYPE 2;
"""
FOLDERS = """
CREATE STREAMING TABLE silver.history;
CREATE FLOW history AS AUTO CDC INTO silver.history
FROM SNAPSHOT (SELECT * FROM STREAM read_files('in', format => 'csv', schema => 'id INT, name STRING'))
KEYS (id) STORED AS SCD TYPE 2;
"""
FUNCTION = """
import os
from pyspark import pipelines as dp

def following(last):
    number = (last or 0) + 1
    path = f"in/{number}.csv"
    print(f"asked after {last}")
    return (spark.read.csv(path, header=True, inferSchema=True), number) if os.path.exists(path) else None

dp.create_streaming_table("silver.people")
dp.create_auto_cdc_from_snapshot_flow(target="silver.people", source=following, keys=["id"], stored_as_scd_type=2)
"""


def rows(folder: Path, table: str) -> list[tuple]:
    with connect(folder) as lake:
        return lake.sql(f"SELECT * FROM {table} ORDER BY ALL").fetchall()


def delta(folder: Path, table: str) -> DeltaTable:
    return DeltaTable(folder / "lake" / table.replace(".", "/"))


def update(folder: Path, files: dict[str, str] | None = None, **options) -> None:
    run_project(folder, files or {}, **options).close()


def refused(folder: Path, files: dict[str, str], **options) -> IngotError:
    with pytest.raises(IngotError) as caught:
        update(folder, files, **options)
    return caught.value


@pytest.fixture
def within(tmp_path, monkeypatch):
    """A project's folder, in which the function looks for its files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- tables and views -------------------------------------------------------------------------------------------------


def test_a_table_follows_another_one_in_its_current_state_and_in_its_history(tmp_path):
    clock = ManualClock()
    update(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n2,Bob\n"}, clock=clock)
    clock.advance(days=1)
    update(tmp_path, {"in.csv": "1,Ada\n3,Cy\n"}, clock=clock)
    assert rows(tmp_path, "silver.now") == [(1, "Ada"), (3, "Cy")]
    assert [
        (key, name, str(start)[:10], end and str(end)[:10])
        for key, name, start, end in rows(tmp_path, "silver.history")
    ] == [(1, "Ada", "2024-01-01", None), (2, "Bob", "2024-01-01", "2024-01-02"), (3, "Cy", "2024-01-02", None)]


def test_an_update_counts_changes_and_not_the_rows_of_a_snapshot(tmp_path):
    update(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n2,Bob\n3,Cy\n"})
    (tmp_path / "in.csv").write_text("1,Ada\n2,Eve\n")
    with connect(tmp_path) as lake:
        progress = {name.short: found for name, found in lake.run().progress.items()}
    assert (progress["silver.history"].rows_in, progress["silver.history"].rows_written) == (2, 2)
    (tmp_path / "in.csv").write_text("2,Eve\n1,Ada\n")
    with connect(tmp_path) as lake:
        progress = {name.short: found for name, found in lake.run().progress.items()}
    assert (progress["silver.history"].rows_in, progress["silver.history"].rows_written) == (2, 0)


def test_a_dry_run_says_that_a_table_follows_snapshots_and_asks_a_function_once(within, capsys):
    (within / "in").mkdir()
    (within / "in/1.csv").write_text("id,name\n1,Ada\n")
    (within / "a.py").write_text(FUNCTION)
    with connect(within) as lake:
        (step,) = dry_run(lake.project, lake.engine, Selection()).steps
    assert (step.technique.value, step.reason) == ("merge", "follows snapshots (SCD type 2)")
    assert capsys.readouterr().out == "asked after None\n"
    assert not (within / "lake").exists()


def test_an_update_that_finds_the_source_as_it_was_commits_nothing(tmp_path):
    update(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n"})
    update(tmp_path)
    assert delta(tmp_path, "silver.history").version() == 0


def test_a_snapshot_with_the_same_rows_rewrites_no_file(tmp_path):
    update(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n2,Bob\n"})
    files = delta(tmp_path, "silver.history").file_uris()
    update(tmp_path, {"in.csv": "2,Bob\n1,Ada\n"})
    assert delta(tmp_path, "silver.history").file_uris() == files


def test_a_view_may_be_the_source(tmp_path):
    view = """
    CREATE TEMPORARY VIEW kept AS SELECT id, upper(name) AS name FROM read_files('in.csv', schema => 'id INT, name STRING')
    WHERE name IS NOT NULL;
    CREATE STREAMING TABLE silver.now;
    CREATE FLOW now AS AUTO CDC INTO silver.now FROM SNAPSHOT kept KEYS (id);
    """
    update(tmp_path, {"a.sql": view, "in.csv": "1,Ada\n2,Bob\n"})
    update(tmp_path, {"in.csv": "1,Ada\n2,\n"})
    assert rows(tmp_path, "silver.now") == [(1, "ADA")]


def test_a_source_whose_rows_nobody_can_know_beforehand_gives_a_snapshot_in_each_update(tmp_path):
    text = SOURCE + TARGETS.replace(
        "SELECT * FROM bronze.people", "SELECT id, current_timestamp() AS at FROM bronze.people"
    )
    clock = ManualClock()
    update(tmp_path, {"a.sql": text, "in.csv": "1,Ada\n"}, clock=clock)
    clock.advance(days=1)
    update(tmp_path, clock=clock)
    assert [str(at)[:10] for _, at in rows(tmp_path, "silver.now")] == ["2024-01-02"]
    assert (delta(tmp_path, "silver.now").version(), delta(tmp_path, "silver.history").version()) == (1, 0)


def test_a_source_that_is_empty_deletes_all_rows(tmp_path):
    update(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n"})
    update(tmp_path, {"in.csv": ""})
    assert rows(tmp_path, "silver.now") == []
    assert [row[3] is None for row in rows(tmp_path, "silver.history")] == [False]


def test_a_row_that_a_rule_drops_leaves_what_the_table_has_of_its_key(tmp_path):
    rule = "(CONSTRAINT named EXPECT (name IS NOT NULL) ON VIOLATION DROP ROW)"
    text = SOURCE + TARGETS.replace("silver.now;", f"silver.now {rule};").replace("history;", f"history {rule};", 1)
    update(tmp_path, {"a.sql": text, "in.csv": "1,Ada\n2,Bob\n3,Cy\n"})
    update(tmp_path, {"in.csv": "1,\n2,Bob\n4,\n,\n"})
    assert rows(tmp_path, "silver.now") == [(1, "Ada"), (2, "Bob")]
    assert [row[:2] for row in rows(tmp_path, "silver.history") if row[3] is None] == [(1, "Ada"), (2, "Bob")]


def test_the_instant_of_a_snapshot_grows_when_the_clock_is_put_back(tmp_path):
    clock = ManualClock()
    update(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n"}, clock=clock)
    clock.advance(days=-1)
    update(tmp_path, {"in.csv": "1,Eve\n"}, clock=clock)
    (_, _, first, end), (_, _, second, _) = sorted(rows(tmp_path, "silver.history"), key=lambda row: row[2])
    assert first < second == end
    assert rows(tmp_path, "silver.now") == [(1, "Eve")]


def test_a_new_column_of_the_source_is_a_change_of_the_rows_that_have_it(tmp_path):
    update(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n2,Bob\n"})
    wider = SOURCE.replace("name STRING", "name STRING, city STRING")
    update(tmp_path, {"a.sql": wider + TARGETS, "in.csv": "1,Ada,Rome\n2,Bob,\n"})
    assert rows(tmp_path, "silver.now") == [(1, "Ada", "Rome"), (2, "Bob", None)]
    with connect(tmp_path) as lake:
        found = lake.sql("SELECT id, city, __END_AT IS NULL FROM silver.history ORDER BY ALL").fetchall()
    assert found == [(1, None, False), (1, "Rome", True), (2, None, True)]


def test_the_declared_columns_may_be_written_otherwise(tmp_path):
    columns = "(ID INT, Name STRING, __START_AT TIMESTAMP, __END_AT TIMESTAMP)"
    text = SOURCE + TARGETS.replace("history;", f"history {columns};", 1).replace(
        "SCD TYPE 2", "SCD TYPE 2 TRACK HISTORY ON (NAME)"
    )
    clock = ManualClock()
    update(tmp_path, {"a.sql": text, "in.csv": "1,Ada\n2,Bob\n"}, clock=clock)
    clock.advance(days=1)
    update(tmp_path, {"in.csv": "1,Eve\n2,Bob\n"}, clock=clock)
    clock.advance(days=1)
    update(tmp_path, {"in.csv": "1,Eve\n"}, clock=clock)
    found = [(*row[:2], *(at and at.day for at in row[2:])) for row in rows(tmp_path, "silver.history")]
    assert found == [(1, "Ada", 1, 2), (1, "Eve", 2, None), (2, "Bob", 1, 3)]


def test_ends_of_intervals_that_could_not_hold_the_version_are_refused(tmp_path):
    text = SOURCE + TARGETS.replace("history;", "history (id INT, name STRING, __START_AT DATE, __END_AT DATE);", 1)
    error = refused(tmp_path, {"a.sql": text, "in.csv": "1,Ada\n"})
    assert error.code == "declared-columns"
    assert error.message == "__START_AT is declared as date, and holds the sequence, a timestamp"


# --- folders ----------------------------------------------------------------------------------------------------------


def test_each_new_folder_is_a_snapshot_whatever_the_order_of_its_arrival(tmp_path):
    files = {"in/2024-01-02/b.csv": "3,Cy\n", "in/2024-01-02/a.csv": "1,Eve\n", "in/2024-01-01/a.csv": "1,Ada\n2,Bob\n"}
    update(tmp_path, {"a.sql": FOLDERS, **files})
    expected = [
        (1, "Ada", "2024-01-01", "2024-01-02"), (1, "Eve", "2024-01-02", None), (2, "Bob", "2024-01-01", "2024-01-02"),
        (3, "Cy", "2024-01-02", None),
    ]  # fmt: skip
    assert rows(tmp_path, "silver.history") == expected
    assert delta(tmp_path, "silver.history").version() == 1
    update(tmp_path, {"in/2024-01-04/a.csv": "1,Eve\n3,Cy\n", "in/2024-01-05/a.csv": "1,Eve\n"})
    assert rows(tmp_path, "silver.history")[-1] == (3, "Cy", "2024-01-02", "2024-01-05")


def test_a_view_in_python_that_reads_a_stream_of_files_gives_a_snapshot_for_each(tmp_path):
    definition = """
from pyspark import pipelines as dp

@dp.temporary_view
def landed():
    reader = spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").option("header", True)
    return reader.load("in").select("id", "name")

dp.create_streaming_table("silver.people")
dp.create_auto_cdc_from_snapshot_flow(target="silver.people", source="landed", keys=["id"], stored_as_scd_type=2)
"""
    update(tmp_path, {"a.py": definition, "in/day-1.csv": "id,name\n1,Ada\n", "in/day-2.csv": "id,name\n1,Eve\n"})
    assert rows(tmp_path, "silver.people") == [("1", "Ada", "day-1", "day-2"), ("1", "Eve", "day-2", None)]


def test_a_file_that_comes_into_a_folder_that_was_taken_is_refused(tmp_path):
    update(tmp_path, {"a.sql": FOLDERS, "in/1/a.csv": "1,Ada\n", "in/2/a.csv": "1,Eve\n"})
    error = refused(tmp_path, {"in/2/b.csv": "2,Bob\n"})
    assert error.code == "snapshot-order"
    assert "in/2/b.csv came after the snapshot '2' had been taken" in error.message


def test_folders_whose_names_do_not_say_their_order_are_refused(tmp_path):
    error = refused(tmp_path, {"a.sql": FOLDERS, "in/9/a.csv": "1,Ada\n", "in/10/a.csv": "1,Eve\n"})
    assert error.code == "snapshot-order"
    assert "by name '10' comes first, by number '9'" in error.message


# --- functions --------------------------------------------------------------------------------------------------------


def test_a_function_is_asked_until_it_has_no_other_snapshot(within, capsys):
    update(within, {"a.py": FUNCTION, "in/1.csv": "id,name\n1,Ada\n2,Bob\n", "in/2.csv": "id,name\n1,Eve\n"})
    assert capsys.readouterr().out.split("\n")[:-1] == ["asked after None", "asked after 1", "asked after 2"]
    assert rows(within, "silver.people") == [(1, "Ada", 1, 2), (1, "Eve", 2, None), (2, "Bob", 1, 2)]
    assert delta(within, "silver.people").version() == 1
    update(within)
    assert delta(within, "silver.people").version() == 1
    update(within, {"in/3.csv": "id,name\n2,Bob\n1,Eve\n"})
    assert rows(within, "silver.people")[-1] == (2, "Bob", 3, None)


@pytest.mark.parametrize("source", ["function", "folders"])
def test_the_last_snapshot_is_known_when_plans_have_been_merged(within, monkeypatch, source):
    monkeypatch.setattr("ingot.lake.checkpoint._COMPACT_EVERY", 2)
    for first in (2, 6):
        files = {f"in/{number}.csv": f"id,name\n1,Ada{number}\n" for number in range(first, first + 4)}
        if source == "function":
            update(within, {"a.py": FUNCTION.replace("last or 0", "last or 1"), **files})
        else:
            read = FOLDERS.replace("format => 'csv'", "format => 'csv', header => true").replace("history", "people")
            update(within, {"a.sql": read, **files})
    found = [(name, int(start), end and int(end)) for _, name, start, end in rows(within, "silver.people")]
    assert found == [(f"Ada{n}", n, n + 1 if n < 9 else None) for n in range(2, 10)]
    assert list((within / "lake/_ingot/checkpoints/silver.people").rglob("*.merged.json"))


def test_a_full_refresh_asks_a_function_from_the_beginning(within):
    update(within, {"a.py": FUNCTION, "in/1.csv": "id,name\n1,Ada\n", "in/2.csv": "id,name\n1,Eve\n"})
    (within / "in/1.csv").write_text("id,name\n1,Zoe\n")
    update(within, full_refresh_all=True)
    assert rows(within, "silver.people") == [(1, "Eve", 2, None), (1, "Zoe", 1, 2)]


def test_snapshots_of_one_update_may_have_new_columns_and_wider_types(within):
    files = {
        "in/1.csv": "id,name\n1,Ada\n",
        "in/2.csv": "id,name,city\n1,Ada,Rome\n",
        "in/3.csv": "id,name\n5000000000,Di\n",
    }
    update(within, {"a.py": FUNCTION.replace("stored_as_scd_type=2", "stored_as_scd_type=1"), **files})
    assert rows(within, "silver.people") == [(5000000000, "Di", None)]


def test_a_function_may_give_rows_of_its_own_and_texts_as_versions(tmp_path):
    definition = """
from pyspark import pipelines as dp

STATES = {"2024-01-01": [(1, "Ada"), (2, "Bob")], "2024-01-02": [(1, "Eve")]}

def following(last):
    later = [day for day in sorted(STATES) if last is None or day > last]
    return (spark.createDataFrame(STATES[later[0]], "id INT, name STRING"), later[0]) if later else None

dp.create_streaming_table("silver.people")
dp.apply_changes_from_snapshot(target="silver.people", snapshot_and_version=following, keys=["id"])
"""
    update(tmp_path, {"a.py": definition.replace("from pyspark import pipelines as dp", "import dlt as dp")})
    assert rows(tmp_path, "silver.people") == [(1, "Eve")]
    update(tmp_path)
    assert delta(tmp_path, "silver.people").version() == 1


def test_a_function_may_look_for_its_next_version_in_a_table_of_the_pipeline(tmp_path):
    definition = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F

@dp.table
def raw():
    return spark.readStream.format("csv").schema("day DATE, id INT, name STRING").load("in")

def following(last):
    days = spark.table("raw").select("day").distinct()
    later = (days if last is None else days.filter(F.col("day") > F.lit(last))).orderBy("day").limit(1).collect()
    return (spark.table("raw").filter(F.col("day") == later[0]["day"]).drop("day"), later[0]["day"]) if later else None

dp.create_streaming_table("people")
dp.create_auto_cdc_from_snapshot_flow(target="people", source=following, keys=["id"], stored_as_scd_type="2")
"""
    update(tmp_path, {"a.py": definition, "in/1.csv": "2024-01-01,1,Ada\n2024-01-02,1,Eve\n"})
    update(tmp_path, {"in/2.csv": "2024-01-03,2,Bob\n"})
    found = [(key, name, str(start), end and str(end)) for key, name, start, end in rows(tmp_path, "default.people")]
    assert found == [
        (1, "Ada", "2024-01-01", "2024-01-02"), (1, "Eve", "2024-01-02", "2024-01-03"), (2, "Bob", "2024-01-03", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("return None", "no-snapshot", "there is no first snapshot for silver.people"),
        ("return spark.range(3)", "wrong-snapshot", "'following' returned DataFrame, not a DataFrame and its version"),
        ("return spark.range(3), None", "wrong-snapshot", "'following' returned (DataFrame, NoneType)"),
        ("return spark.range(3), 1.5", "snapshot-version", "the version of a snapshot is 1.5"),
        (
            "return spark.range(3), 1",
            "snapshot-order",
            "version 1 was given for the snapshot after 1: it must be a later one",
        ),
        (
            "return spark.range(3), 'a' if last else 1",
            "snapshot-version",
            "'a' was given for the snapshot after 1, which cannot be compared",
        ),
        (
            "return spark.readStream.table('samples.nyctaxi.trips').selectExpr('fare_amount AS id'), 1",
            "streaming-snapshot",
            "a stream",
        ),
        ("return 1 / 0, 1", "user-code", "'following' raised ZeroDivisionError: division by zero"),
    ],
)
def test_what_a_function_must_not_give_is_told_with_its_line(tmp_path, body, code, message):
    definition = f"""
from pyspark import pipelines as dp

def following(last):
    {body}

dp.create_streaming_table("silver.people")
dp.create_auto_cdc_from_snapshot_flow(target="silver.people", source=following, keys=["id"])
"""
    error = refused(tmp_path, {"a.py": definition})
    assert (error.code, message in error.message) == (code, True), error.message
    assert error.location is not None and error.location.path.endswith("a.py")


def test_another_flow_does_not_begin_anew_with_the_rows_of_one_that_is_gone(within):
    update(within, {"a.py": FUNCTION, "in/1.csv": "id,name\n1,Ada\n"})
    renamed = FUNCTION.replace('keys=["id"]', 'keys=["id"], name="other"')
    assert refused(within, {"a.py": renamed}).code == "renamed-flow"


# --- versions by a query ----------------------------------------------------------------------------------------------

VERSIONED = """
CREATE STREAMING TABLE bronze.days AS
SELECT * FROM STREAM read_files('in', format => 'csv', schema => 'day {type}, id INT, name STRING');
CREATE STREAMING TABLE silver.people;
CREATE FLOW people AS AUTO CDC INTO silver.people
FROM SNAPSHOT (
  SELECT d.* EXCEPT (day) FROM bronze.days d JOIN current_snapshot_version() AS c ON d.day = c.version
)
WITH VERSION (
  SELECT min(day) AS version FROM bronze.days
  WHERE NOT EXISTS (SELECT 1 FROM last_snapshot_version()) OR day > (SELECT version FROM last_snapshot_version())
  HAVING min(day) IS NOT NULL
)
KEYS (id) STORED AS SCD TYPE 2;
"""


@pytest.mark.parametrize(
    "kind", ["DATE", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("TIMESTAMP", "STRING"))]
)
def test_a_query_tells_which_version_comes_next(tmp_path, kind):
    first = "2024-01-02,1,Eve\n2024-01-01,1,Ada\n2024-01-01,2,Bob\n"
    update(tmp_path, {"a.sql": VERSIONED.format(type=kind), "in/1.csv": first})
    update(tmp_path, {"in/2.csv": "2024-01-03,2,Bob\n"})
    update(tmp_path)
    found = [(*row[:2], *(at and str(at)[:10] for at in row[2:])) for row in rows(tmp_path, "silver.people")]
    assert found == [
        (1, "Ada", "2024-01-01", "2024-01-02"), (1, "Eve", "2024-01-02", "2024-01-03"),
        (2, "Bob", "2024-01-01", "2024-01-02"), (2, "Bob", "2024-01-03", None),
    ]  # fmt: skip
    assert delta(tmp_path, "silver.people").version() == 2


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_key_that_a_snapshot_has_twice_is_refused_and_nothing_is_written(tmp_path):
    error = refused(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n1,Eve\n2,Bob\n2,Bob\n"})
    assert error.code == "duplicate-snapshot-key"
    assert "id = 1 is the key of 2 rows of a snapshot of silver." in error.message
    assert "as 1 other keys are" in error.message
    assert not (tmp_path / "lake/silver/now").exists()


def test_a_row_without_a_key_is_refused(tmp_path):
    error = refused(tmp_path, {"a.sql": SOURCE + TARGETS, "in.csv": "1,Ada\n,Eve\n"})
    assert (error.code, "NULL in 1 of 2" in error.message) == ("null-key", True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SOURCE + TARGETS + "CREATE FLOW more AS AUTO CDC INTO silver.now FROM SNAPSHOT bronze.people KEYS (id);", "several-flows"),
        (SOURCE + TARGETS.replace("silver.now;", "silver.now (CONSTRAINT named EXPECT (name IS NOT NULL)) TBLPROPERTIES ('ingot.quarantine' = 'named');", 1), "snapshot-rule"),
        (FOLDERS.replace("SELECT * FROM STREAM", "SELECT DISTINCT id, name FROM STREAM"), "unsupported-stateful"),
        (SOURCE.replace("MATERIALIZED VIEW", "STREAMING TABLE").replace("read_files", "STREAM read_files") + TARGETS.replace("FROM bronze", "FROM STREAM bronze"), "streaming-snapshot"),
        (SOURCE + TARGETS.replace("KEYS (id)", "KEYS (id) SEQUENCE BY id"), "syntax-error"),
        (SOURCE + TARGETS.replace("KEYS (id)", "WITH VERSION (SELECT 1 AS a, 2 AS b) KEYS (id)"), "wrong-snapshot"),
        (SOURCE + TARGETS.replace("KEYS (id)", "WITH VERSION (SELECT id AS version FROM bronze.people WHERE id > 5) KEYS (id)"), "no-snapshot"),
        (SOURCE + TARGETS.replace("KEYS (id)", "WITH VERSION (SELECT explode(array(1, 2)) AS version) KEYS (id)"), "wrong-snapshot"),
        (SOURCE + TARGETS.replace("KEYS (id)", "WITH VERSION (SELECT max(id) AS version FROM bronze.people WHERE id > 5) KEYS (id)"), "wrong-snapshot"),
        (SOURCE + TARGETS.replace("KEYS (id)", "WITH VERSION (SELECT struct(1, 2) AS version) KEYS (id)"), "snapshot-version"),
    ],
)  # fmt: skip
def test_what_would_give_another_table_is_refused_before_anything_is_written(tmp_path, text, code):
    assert refused(tmp_path, {"a.sql": text, "in.csv": "1,Ada\n", "in/1/a.csv": "1,Ada\n"}).code == code
    assert not (tmp_path / "lake/silver/now/_delta_log").exists()


def test_a_table_that_changes_have_made_does_not_follow_snapshots(tmp_path):
    changes = """
    CREATE STREAMING TABLE silver.now;
    CREATE FLOW now AS AUTO CDC INTO silver.now FROM STREAM read_files('in', schema => 'id INT, name STRING, at TIMESTAMP')
    KEYS (id) SEQUENCE BY at COLUMNS * EXCEPT (at);
    """
    update(tmp_path, {"a.sql": changes, "in/1.csv": "1,Ada,2030-01-01 00:00:00\n", "in.csv": "1,Eve\n"})
    assert refused(tmp_path, {"a.sql": SOURCE + TARGETS}).code == "changed-cdc"
    update(tmp_path, full_refresh_all=True)
    assert rows(tmp_path, "silver.now") == [(1, "Eve")]


# --- unit tests -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "given", "first", "second"),
    [
        (SOURCE + TARGETS, "bronze.people", None, None),
        (FOLDERS, "in", "0001", "0002"),
    ],
)
def test_a_unit_test_gives_a_snapshot_in_each_batch(tmp_path, definition, given, first, second):
    (tmp_path / "ingot.yml").write_text("name: p\n")
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations/a.sql").write_text(definition)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_people.py").write_text(f"""
from ingot.testing import unit_test

@unit_test("silver.history")
def test_history(trial):
    trial.batch({{"{given}": [{{"id": 1, "name": "Ada"}}, {{"id": 2, "name": "Bob"}}]}})
    trial.batch({{"{given}": [{{"id": 1, "name": "Eve"}}]}})
    found = sorted((r["id"], r["name"], r["__START_AT"], r["__END_AT"]) for r in trial.rows if r["__END_AT"])
    assert [row[:2] for row in found] == [(1, "Ada"), (2, "Bob")], found
    if "{first}" != "None":
        assert [row[2:] for row in found] == [("{first}", "{second}")] * 2, found
""")
    done = ingot(tmp_path, "test")
    assert done.returncode == 0, done.stdout + done.stderr


# --- kills ------------------------------------------------------------------------------------------------------------

STAGES = ("planned", "staged", "tombstones", "written", "committed")
QUICK = {("function", "planned"), ("function", "tombstones"), ("folders", "written")}
KILLS = [
    pytest.param(definition, stage, marks=() if (definition, stage) in QUICK else pytest.mark.slow)
    for definition in ("function", "folders")
    for stage in STAGES
]


def run_process(folder: Path, crash_at: str | None) -> int:
    environment = {CRASH_VARIABLE: crash_at} if crash_at else {}
    return ingot(folder, "run", environment=environment, cwd=folder).returncode


@pytest.mark.parametrize(("definition", "stage"), KILLS)
def test_a_kill_at_any_stage_takes_each_snapshot_once(tmp_path, stage, definition):
    files = {
        f"in/{n}.csv": f"{'id,name' * (definition == 'function')}\n1,Ada{n}\n{n},Bob\n".lstrip() for n in (2, 3, 4)
    }
    if definition == "function":
        files |= {"a.py": FUNCTION.replace("last or 0", "last or 1").replace("silver.people", "silver.history")}
    else:
        files |= {"a.sql": FOLDERS}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert run_process(tmp_path, f"{stage}:2") == -signal.SIGKILL
    assert run_process(tmp_path, None) == 0
    kind = int if definition == "function" else str
    history = [(1, f"Ada{n}", kind(n), kind(n + 1) if n < 4 else None) for n in (2, 3, 4)]
    assert rows(tmp_path, "silver.history") == [
        *history, (2, "Bob", kind(2), kind(3)), (3, "Bob", kind(3), kind(4)), (4, "Bob", kind(4), None),
    ]  # fmt: skip
    assert [line["operation"] for line in delta(tmp_path, "silver.history").history()] == ["MERGE"] * 3


def test_a_function_that_gives_another_snapshot_after_a_kill_is_taken_at_its_word(tmp_path):
    definition = FUNCTION.replace("number = (last or 0) + 1", 'number = (last or 0) + int(open("step").read())')
    for name, text in {"a.py": definition, "step": "1", "in/1.csv": "id,name\n1,Ada\n2,Bob\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert run_process(tmp_path, "tombstones:1") == -signal.SIGKILL
    (tmp_path / "step").write_text("5")
    (tmp_path / "in/5.csv").write_text("id,name\n2,Eve\n")
    assert run_process(tmp_path, None) == 0
    assert rows(tmp_path, "silver.people") == [(2, "Eve", 5, None)]
