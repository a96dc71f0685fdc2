"""What updates did, as the console shows it: from the event log, and from the journal of the newest one."""

import datetime
import json
import os
import subprocess
import sys

import pytest

from ingot import history
from ingot.connection import connect
from ingot.run import Update
from ingot.testing import CRASH_VARIABLE
from ingot.update.journal import journal_path, read_journal
from orders import BRONZE, ORDERS, again, project

GOLD = "CREATE MATERIALIZED VIEW gold.t AS SELECT customer, sum(amount) AS amount FROM bronze.orders GROUP BY customer"
BAD = "CREATE MATERIALIZED VIEW silver.bad AS\nSELECT CAST(customer AS INT) AS n FROM bronze.orders"
RULED = (
    "CREATE STREAMING TABLE silver.big (CONSTRAINT big EXPECT (amount > 5) ON VIOLATION DROP ROW) "
    "AS SELECT * FROM STREAM bronze.orders"
)


def updates(connection, **options):
    return history.recent_updates(connection.project, connection.engine, **options)


def failing(tmp_path, **definitions):
    """A project whose first update fails, run once."""
    definitions = {"bronze": BRONZE, **definitions}
    files = {f"transformations/{name}.sql": text for name, text in definitions.items()}
    for name, text in {"in/1.csv": ORDERS, **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    connection = connect(tmp_path)
    assert not connection.run().is_success
    return connection


def test_an_update_tells_what_its_flows_did(tmp_path):
    connection = failing(tmp_path, bad=BAD, gold=GOLD)
    [update] = updates(connection)
    facts = update.to_json()
    flows = {flow["name"].removeprefix("main."): flow for flow in facts["flows"]}
    assert (facts["state"], facts["errors"], facts["rows_written"]) == (
        "FAILED",
        [],
        3 + flows["gold.t"]["rows_written"],
    )
    assert update.summary()["errors"] == 1
    assert update.summary()["flows"] == {"COMPLETED": 2, "FAILED": 1}
    assert flows["bronze.orders"]["rows_written"] == 3
    assert flows["silver.bad"]["error"]["location"].endswith("bad.sql:2")
    assert facts["started"] < flows["bronze.orders"]["started"] <= flows["bronze.orders"]["ended"] <= facts["ended"]


def test_the_log_and_the_journal_tell_the_same(tmp_path):
    connection = failing(tmp_path, bad=BAD, ruled=RULED)
    [from_journal] = updates(connection)
    journal_path(connection.project.lake).unlink()
    [from_log] = updates(connection)
    journal, log = from_journal.to_json(), from_log.to_json()
    assert log["flows"] == journal["flows"]
    assert log == journal


def test_updates_come_newest_first_and_by_page(tmp_path):
    project(tmp_path, bronze=BRONZE)
    for _ in range(3):
        connection = again(tmp_path)
    found = updates(connection)
    assert [update.state for update in found] == ["COMPLETED"] * 4
    starts = [update.started for update in found]
    assert starts == sorted(starts, reverse=True)
    assert [u.id for u in updates(connection, limit=2)] == [u.id for u in found[:2]]
    assert [u.id for u in updates(connection, before=starts[1])] == [u.id for u in found[2:]]
    assert history.find_update(connection.project, connection.engine, found[2].id).started == starts[2]
    assert history.find_update(connection.project, connection.engine, "no'such") is None


def test_what_rules_counted_is_told_update_by_update(tmp_path):
    project(tmp_path, bronze=BRONZE, ruled=RULED)
    (tmp_path / "in/2.csv").write_text(ORDERS)
    connection = again(tmp_path)
    big = connection.project.table_name(["silver", "big"])
    found = history.expectation_history(connection.project, connection.engine, big)
    assert len({line["update_id"] for line in found}) == 2
    counts = [line["expectations"][0] for line in found]
    assert {(c["name"], c["passed_records"] + c["failed_records"]) for c in counts} == {("big", 3)}


def test_an_update_that_was_killed_is_interrupted_and_one_that_goes_on_is_running(tmp_path):
    connection = project(tmp_path, bronze=BRONZE)
    (tmp_path / "in/2.csv").write_text(ORDERS)
    command = [sys.executable, "-m", "ingot", "-C", str(tmp_path), "run"]
    killed = subprocess.run(command, env={**os.environ, CRASH_VARIABLE: "written:1"}, capture_output=True, check=False)
    assert killed.returncode != 0
    newest = history.newest_update(connection.project)
    assert newest is not None
    assert (newest.state, newest.flows["main.bronze.orders"].status) == ("INTERRUPTED", "INTERRUPTED")

    seen = []
    Update(connect(tmp_path).project, reached=lambda _: seen.append(history.newest_update(connection.project))).run()
    assert {update.state for update in seen if update} == {"RUNNING"}
    assert [update.state for update in updates(connection)] == ["COMPLETED", "COMPLETED"]  # a kill takes its log away


def test_an_update_that_is_stopped_says_so_in_the_log(tmp_path):
    connection = project(tmp_path, bronze=BRONZE)
    (tmp_path / "in/2.csv").write_text(ORDERS)

    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Update(connect(tmp_path).project, reached=stop).run()
    journal_path(connection.project.lake).unlink()
    assert [update.state for update in updates(connection)] == ["CANCELED", "COMPLETED"]


def test_a_lake_without_updates_has_no_history(tmp_path):
    (tmp_path / "ingot.yml").write_text("name: empty\n")
    connection = connect(tmp_path)
    assert updates(connection) == []
    assert updates(connection, before=datetime.datetime.now(datetime.UTC)) == []
    assert history.newest_update(connection.project) is None


def test_the_journal_leaves_out_a_line_that_is_being_written(tmp_path):
    project(tmp_path, bronze=BRONZE)
    path = journal_path(tmp_path / "lake")
    whole = list(read_journal(tmp_path / "lake"))
    assert whole[0]["event_type"] == "create_update" and whole[-1]["details"]["state"] == "COMPLETED"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"message": "half a li\u2028ne"}, ensure_ascii=False)[:-4])
    assert list(read_journal(tmp_path / "lake")) == whole
