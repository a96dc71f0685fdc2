"""The plan of an update: what `run` would refuse is said before, and nothing is written."""

from pathlib import Path

import pytest

from ingot.connection import Connection, connect
from ingot.dry_run import Report, dry_run
from ingot.errors import IngotError
from ingot.tables import drop_table, restore_table
from ingot.update.selection import Selection
from orders import BRONZE, again, project, rows, version

SILVER = "CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders"
FLOWS = """CREATE STREAMING TABLE silver.t;
CREATE FLOW f1 AS INSERT INTO silver.t BY NAME SELECT id FROM STREAM bronze.orders;"""


def planned(lake: Connection, *full_refresh: str) -> Report:
    """The report of a dry run, which changes no file of the lake."""
    before = files(lake.project.lake)
    report = dry_run(lake.project, lake.engine, Selection((), full_refresh))
    assert files(lake.project.lake) == before
    return report


def files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def codes(report: Report) -> list[str]:
    return [error.code for error in report.errors]


def refused(folder: Path) -> str:
    with pytest.raises(IngotError) as raised:
        again(folder)
    return raised.value.code


def test_a_renamed_flow_is_refused_as_run_refuses_it(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, silver=FLOWS)
    assert codes(planned(lake)) == []
    (tmp_path / "transformations/silver.sql").write_text(FLOWS.replace("f1", "f2"))
    assert codes(planned(lake)) == ["renamed-flow"] == [refused(tmp_path)]
    assert codes(planned(lake, "silver.t")) == []


def test_a_rewritten_source_is_refused_as_run_refuses_it_and_its_readers_are_skipped(tmp_path):
    gold = "CREATE MATERIALIZED VIEW gold.n AS SELECT count(*) AS n FROM silver.t"
    project(tmp_path, bronze=BRONZE, silver=SILVER, gold=gold)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    restore_table(lake.project, "bronze.orders", 0)
    report = planned(lake)
    assert codes(report) == ["source-rewritten"] == [refused(tmp_path)]
    assert [str(step.technique) for step in report.steps] == ["append", "failed", "skipped"]


def test_what_reads_a_table_as_a_stream_that_is_refreshed_in_full_is_to_be_refreshed_too(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, silver=SILVER)
    report = planned(lake, "bronze.orders")
    assert codes(report) == ["source-rewritten"]
    assert "this update replaces the rows of the streaming source bronze.orders" in report.errors[0].message
    assert codes(planned(lake, "bronze.orders", "silver.t")) == []
    with pytest.raises(IngotError) as raised:
        again(tmp_path, full_refresh=["bronze.orders"])
    assert raised.value.code == "source-rewritten"


def test_what_reads_a_table_as_a_stream_that_was_dropped_is_refused_as_run_refuses_it(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, silver=SILVER)
    drop_table(lake.project, "bronze.orders")
    assert codes(planned(lake)) == ["source-rewritten"]
    assert codes(planned(lake, "silver.t")) == []
    assert refused(tmp_path) == "source-rewritten"


def test_a_table_whose_checkpoint_is_gone_and_one_that_only_grows_are_refused(tmp_path):
    lake = project(tmp_path, bronze=BRONZE)
    grows = BRONZE.replace("orders AS", "orders TBLPROPERTIES ('delta.appendOnly' = 'true') AS")
    (tmp_path / "transformations/bronze.sql").write_text(grows)
    assert codes(planned(lake, "bronze.orders")) == ["append-only-table"]
    (tmp_path / "lake/_ingot/checkpoints/bronze.orders/epoch.json").unlink()
    assert codes(planned(lake)) == ["no-checkpoint"] == [refused(tmp_path)]


GOLD = "CREATE MATERIALIZED VIEW gold.n AS SELECT count(*) AS n FROM silver.v"
OVER = """CREATE TEMPORARY VIEW silver.v AS SELECT id FROM bronze.orders;
CREATE MATERIALIZED VIEW gold.twice AS SELECT n * 2 AS n FROM gold.n"""


def test_a_view_whose_inputs_may_get_rows_in_the_same_update_says_so(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, gold=GOLD, over=OVER)
    report = planned(lake)
    said = {step.dataset.table: (str(step.technique), step.reason) for step in report.steps}
    assert said["n"] == ("full_recompute", "if bronze.orders changes in this update")
    assert said["twice"] == ("full_recompute", "if gold.n changes in this update")
    assert {s["dataset"]: s.get("only_if_changed") for s in report.to_json()["steps"]} == {
        "main.bronze.orders": None,
        "main.silver.v": None,
        "main.gold.n": ["main.bronze.orders"],
        "main.gold.twice": ["main.gold.n"],
    }
    lake = again(tmp_path)
    assert version(lake, "gold.n") == 0, "nothing changed, so nothing was done"


def test_a_view_over_one_that_is_replaced_in_the_same_update_is_replaced(tmp_path):
    project(tmp_path, bronze=BRONZE, gold=GOLD, over=OVER)
    (tmp_path / "transformations/gold.sql").write_text(GOLD.replace("count(*)", "count(*) + 1"))
    report = planned(connect(tmp_path))
    [step] = [step for step in report.steps if step.dataset.table == "twice"]
    assert (str(step.technique), step.reason) == ("full_recompute", "gold.n changes in this update")
    assert rows(again(tmp_path), "SELECT n FROM gold.twice") == [(8,)]


def test_a_stream_of_a_view_that_only_may_be_replaced_is_refused_only_if_it_is_certain(tmp_path):
    stream = "CREATE STREAMING TABLE gold.s AS SELECT n FROM STREAM gold.n"
    lake = project(tmp_path, bronze=BRONZE, gold=GOLD, over=OVER, stream=stream)
    assert codes(planned(lake)) == []
    assert codes(planned(lake, "bronze.orders")) == ["source-rewritten"]
    with pytest.raises(IngotError) as raised:
        again(tmp_path, full_refresh=["bronze.orders"])
    assert raised.value.code == "source-rewritten"


def test_what_is_skipped_names_the_dataset_that_failed_and_not_all_between(tmp_path):
    below = {"silver.a": "bronze.orders", "silver.b": "silver.a", "gold.c": "silver.b"}
    views = [f"CREATE MATERIALIZED VIEW {name} AS SELECT * FROM {read};" for name, read in below.items()]
    project(tmp_path, bronze=BRONZE)
    (tmp_path / "transformations/bronze.sql").write_text(
        "\n".join([BRONZE.replace("SELECT *", "SELECT nothing"), *views])
    )
    lake = connect(tmp_path)
    first, *others = planned(lake).steps
    assert (first.dataset.short, str(first.technique)) == ("bronze.orders", "failed")
    assert {step.dataset.short: step.reason for step in others} == dict.fromkeys(below, "bronze.orders failed")
    said = {name.short: error.message for name, error in lake.run().failures.items()}
    root = said.pop("bronze.orders")
    assert said == dict.fromkeys(below, f"bronze.orders failed: {root}")
