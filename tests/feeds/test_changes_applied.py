"""Changes of a Delta table of others, applied to tables of ours by AUTO CDC, give that table."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.tables import CHANGES, SETTINGS, judged, merge, update, write
from forked import ingot
from ingot.testing import CRASH_VARIABLE, run_project

CURRENT = """
from pyspark import pipelines as dp

@dp.temporary_view
def changes():
    return spark.readStream.option("readChangeFeed", "true").table("crm.customers").filter("_change_type <> 'update_preimage'")

for name, scd_type in (("silver.customers", 1), ("silver.history", 2)):
    dp.create_streaming_table(name)
    dp.create_auto_cdc_flow(
        target=name, source="changes", keys=["id"], sequence_by="_commit_version",
        apply_as_deletes="_change_type = 'delete'",
        except_column_list=["_change_type", "_commit_version", "_commit_timestamp"], stored_as_scd_type=scd_type,
    )
"""
FEED_TABLE = """
from pyspark import pipelines as dp

@dp.table(name="bronze.feed")
def feed():
    return spark.readStream.option("readChangeFeed", True).table("crm.customers")
"""
CLASSIC = {"ingot.yml": SETTINGS, "transformations/a.py": CURRENT}

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "change-data-capture.md"


def test_the_example_of_the_guide_runs(tmp_path):
    section = GUIDE.read_text().split("## Change feeds of Delta tables")[1].split("\n## ")[0]
    text = section.split("```sql\n")[1].split("```")[0]
    path = tmp_path / "crm"
    write(path, (1, "a", "x"), (2, "b", "y"))
    run_project(tmp_path, {"ingot.yml": SETTINGS, "transformations/a.sql": text}).close()
    merge(path, (1, "A", "x"))
    DeltaTable(path).delete("id = 2")
    with run_project(tmp_path) as connection:
        assert connection.sql("SELECT * FROM silver.customers ORDER BY ALL").fetchall() == [
            (1, "A", "x", 1, None), (1, "a", "x", 0, 1), (2, "b", "y", 0, 2),
        ]  # fmt: skip


keys = st.integers(0, 5)
operation = st.one_of(
    st.tuples(st.just("merge"), st.dictionaries(keys, st.sampled_from("abc"), min_size=1, max_size=4)),
    st.tuples(st.just("update"), keys, st.sampled_from("def")),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("compact")),
    st.tuples(st.just("run")),
)


def do(path: Path, step: tuple[Any, ...]) -> None:
    match step:
        case ("merge", values):
            merge(path, *((key, value, "x") for key, value in values.items()))
        case ("update", key, value):
            update(path, value, f"id = {key}")
        case ("delete", key):
            DeltaTable(path).delete(f"id = {key}")
        case ("compact",):
            DeltaTable(path).optimize.compact()


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(operation, min_size=3, max_size=10))
def test_changes_applied_to_a_table_of_ours_give_the_table_that_they_come_from(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("classic")
    path = folder / "crm"
    write(path, (1, "a", "x"), (2, "b", "y"))
    run_project(folder, CLASSIC).close()
    for step in [*steps, ("run",)]:
        do(path, step)
        if step == ("run",):
            with run_project(folder) as connection:
                source = sorted(DeltaTable(path).to_pyarrow_table().to_pylist(), key=lambda row: row["id"])
                current = connection.sql("SELECT * FROM silver.customers ORDER BY id").fetchall()
                assert current == [tuple(row.values()) for row in source]
                open_ = "SELECT * EXCEPT (__START_AT, __END_AT) FROM silver.history WHERE __END_AT IS NULL ORDER BY id"
                assert connection.sql(open_).fetchall() == current


def test_kills_lose_and_double_no_change(tmp_path):
    path = tmp_path / "crm"
    write(path, (1, "a", "x"), (2, "b", "y"))
    for name, text in {**CLASSIC, "transformations/b.py": FEED_TABLE}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    run_project(tmp_path).close()
    for number, stage in enumerate(
        ("planned:2", "staged:1", "tombstones:1", "written:2", "committed:1", "committed:3")
    ):
        merge(path, (1, f"a{number}", "x"), (10 + number, "new", "x"))
        DeltaTable(path).delete(f"id = {9 + number}")
        done = ingot(tmp_path, "run", environment={CRASH_VARIABLE: stage})
        assert done.returncode == -signal.SIGKILL, done.stderr
    with run_project(tmp_path) as connection:
        source = DeltaTable(path).to_pyarrow_table().to_pylist()
        current = connection.sql("SELECT * FROM silver.customers").fetchall()
        assert sorted(current) == sorted(tuple(row.values()) for row in source)
        assert sorted(
            connection.sql(f"SELECT {CHANGES} FROM bronze.feed WHERE _commit_version > 0").fetchall(), key=repr
        ) == judged(path, 1)
