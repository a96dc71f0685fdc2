"""Updates from the console: started, followed, stopped; also those that somebody else started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from ingot.project import load_project
from ingot.server.live import Watch
from server.serving import Running, run, serving
from server.waiting import lives, wait_for, without_end

API = "/api/v1"


@pytest.fixture
def marker(own_project: Path) -> Path:
    """While this file is there, an update of the project does not end."""
    return without_end(own_project)


def current(server: Running) -> dict:
    return server.get(f"{API}/updates/current").json()


def ended(server: Running, update: str) -> dict:
    return wait_for(lambda: current(server), lambda found: found["id"] == update and found["state"] != "RUNNING")


@contextmanager
def events(server: Running) -> Iterator[Iterator[tuple[str, dict]]]:
    """What the stream tells."""
    with httpx.stream("GET", f"{server.url}{API}/live", timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")

        def told() -> Iterator[tuple[str, dict]]:
            kind = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield kind, json.loads(line.removeprefix("data: "))

        yield told()


def test_an_update_is_started_followed_and_kept(own_project: Path):
    (own_project / "incoming/2.csv").write_text("id,customer,amount,day\n5,Ada,10,2024-01-05\n")
    with serving(own_project) as server, events(server) as told:
        kind, state = next(told)
        assert (kind, state["is_running"], state["versions"]["gold.revenue"]) == ("hello", False, 0)
        answer = server.post(f"{API}/updates")
        assert answer.status_code == 202
        update = answer.json()["update"]
        seen, versions = [], {}
        for kind, facts in told:
            if kind == "tables":
                versions |= facts["versions"]
            elif kind == "update":
                seen.append(facts)
                assert facts["update_id"] == update
                if facts["event_type"] == "update_progress":
                    break
        assert seen[0]["event_type"] == "create_update"
        assert {event["dataset"] for event in seen if event["event_type"] == "flow_progress"} >= {"main.gold.revenue"}
        found = ended(server, update)
        assert found["state"] == "FAILED"  # gold.broken still is
        wait_for(lambda: server.get(f"{API}/tables/gold/revenue").json()["version"], lambda version: version == 1)
        assert len(server.get(f"{API}/updates").json()["updates"]) == 2


def test_the_stream_tells_new_versions_of_tables(own_project: Path):
    with serving(own_project) as server, events(server) as told:
        next(told)
        (own_project / "incoming/2.csv").write_text("id,customer,amount,day\n5,Ada,10,2024-01-05\n")
        run(own_project)  # by somebody else
        versions = {}
        for kind, facts in told:
            if kind == "tables":
                versions |= facts["versions"]
            if versions.get("gold.revenue") == 1:
                break


def test_viewers_are_told_of_tables_only(guarded: Running):
    from server.serving import TOKENS

    headers = {"Authorization": f"Bearer {TOKENS['viewer']}"}
    with httpx.stream("GET", f"{guarded.url}{API}/live", headers=headers, timeout=30) as answer:
        hello = next(line for line in answer.iter_lines() if line.startswith("data: "))
    assert set(json.loads(hello.removeprefix("data: "))) == {"versions"}


def test_one_update_runs_at_a_time_and_is_stopped(own_project: Path, marker: Path):
    with serving(own_project) as server:
        update = server.post(f"{API}/updates").json()["update"]
        second = server.post(f"{API}/updates")
        assert (second.status_code, second.json()["error"]["code"]) == (409, "lake-busy")
        assert current(server)["state"] == "RUNNING"
        assert server.get(f"{API}/tables").status_code == 200  # reading goes on
        stopped = server.post(f"{API}/updates/current/stop")
        assert (stopped.status_code, stopped.json()["update"]) == (202, update)
        assert ended(server, update)["state"] in ("CANCELED", "INTERRUPTED")
        marker.unlink()
        wait_for(lambda: server.post(f"{API}/updates").status_code, lambda status: status == 202)


@pytest.mark.slow
def test_an_update_of_somebody_else_is_seen_and_stopped(own_project: Path, marker: Path):
    command = [sys.executable, "-m", "ingot", "-C", str(own_project), "run"]
    with serving(own_project) as server:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: current(server)["state"], lambda state: state == "RUNNING")
            assert server.post(f"{API}/updates").status_code == 409
            assert server.post(f"{API}/updates/current/stop").status_code == 202
            assert process.wait(120) != 0
        finally:
            process.kill()
            process.wait()
        wait_for(lambda: current(server)["state"], lambda state: state in ("CANCELED", "INTERRUPTED"))


@pytest.mark.slow
def test_an_update_that_is_killed_is_told_to_be_interrupted(own_project: Path, marker: Path):
    command = [sys.executable, "-m", "ingot", "-C", str(own_project), "run"]
    with serving(own_project) as server, events(server) as told:
        next(told)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: current(server)["state"], lambda state: state == "RUNNING")
        process.kill()
        process.wait()
        assert current(server)["state"] == "INTERRUPTED"
        states = (facts["details"].get("state") for kind, facts in told if kind == "update")
        assert "INTERRUPTED" in states


def test_an_update_goes_on_when_the_server_ends_and_the_next_one_finds_it(own_project: Path, marker: Path):
    with serving(own_project) as server:
        update = server.post(f"{API}/updates").json()["update"]
        assert server.end() == 0
    with serving(own_project) as server:
        assert (current(server)["id"], current(server)["state"]) == (update, "RUNNING")
        marker.unlink()
        flows = {flow["name"]: flow["status"] for flow in ended(server, update)["flows"]}
        assert flows["main.gold.slow"] == "COMPLETED"


def test_only_the_datasets_that_are_named_are_refreshed(own_project: Path):
    with serving(own_project) as server:
        update = server.post(f"{API}/updates", {"refresh": ["gold.revenue"]}).json()["update"]
        flows = {flow["name"]: flow["status"] for flow in ended(server, update)["flows"]}
        assert flows["main.gold.revenue"] == "COMPLETED"
        assert flows.get("main.bronze.orders") in (None, "EXCLUDED")


def test_an_update_tells_how_long_its_flows_took_and_what_became_of_their_rows(server: Running):
    found = current(server)
    counts = {
        flow["name"]: (flow["status"], flow["rows_in"], flow["rows_written"], flow["rows_dropped"])
        for flow in found["flows"]
    }
    assert counts == {
        "main.bronze.orders": ("COMPLETED", 4, 4, 0),
        "main.silver.orders": ("COMPLETED", 4, 2, 2),
        "main.gold.revenue": ("COMPLETED", 2, 2, 0),
        "main.gold.broken": ("FAILED", None, None, 0),
    }
    assert (found["rows_written"], found["rows_dropped"], found["errors"]) == (8, 2, [])
    for flow in found["flows"]:
        if flow["status"] == "COMPLETED":
            assert 0 < flow["seconds"] <= found["seconds"]
            instants = [found["started"], flow["started"], flow["ended"], found["ended"]]
            assert instants == sorted(instants, key=datetime.fromisoformat)
    [line] = server.get(f"{API}/updates").json()["updates"]
    told = ("id", "state", "started", "ended", "seconds", "rows_written", "rows_dropped")
    assert [line[key] for key in told] == [found[key] for key in told]
    assert (line["flows"], line["errors"]) == ({"COMPLETED": 3, "FAILED": 1}, 1)


def test_a_full_refresh_computes_again_what_an_update_leaves_as_it_is(own_project: Path):
    """The rows of a streaming table come from its definition as it was when they came."""
    (own_project / "transformations/broken.sql").unlink()
    orders = own_project / "transformations/orders.sql"
    orders.write_text(orders.read_text().replace("SELECT id, customer,", "SELECT id, upper(customer) AS customer,"))

    def update(selection: dict) -> dict:
        found = ended(server, server.post(f"{API}/updates", selection).json()["update"])
        assert found["state"] == "COMPLETED", found
        return found

    def customers() -> list:
        return [name for [name] in server.query("SELECT customer FROM silver.orders ORDER BY id").json()["rows"]]

    def written(found: dict) -> dict:
        return {flow["name"]: flow["rows_written"] or 0 for flow in found["flows"]}

    with serving(own_project) as server:
        update({})
        assert customers() == ["Ada", "=Zoë"]
        found = update({"full_refresh": ["silver.orders"]})
        assert customers() == ["ADA", "=ZOË"]
        assert found["selection"]["full_refresh_selection"] and not found["selection"]["full_refresh"]
        assert written(found)["main.silver.orders"] == 2 and not written(found).get("main.bronze.orders")
        found = update({"full_refresh_all": True})
        assert customers() == ["ADA", "=ZOË"]
        assert found["selection"]["full_refresh"] is True
        assert written(found) == {"main.bronze.orders": 4, "main.silver.orders": 2, "main.gold.revenue": 2}


def test_what_keeps_an_update_from_beginning_is_told(own_project: Path):
    with serving(own_project) as server:
        (own_project / "ingot.yml").write_text("name: shop\nlak: x\n")
        answer = server.post(f"{API}/updates")
        found = answer.json()["error"]
        assert (answer.status_code, found["code"], found["location"]) == (400, "unknown-key", "ingot.yml:2")
        assert found["hint"] == "did you mean 'lake'?"


def test_a_dataset_that_is_not_defined_is_refused_before_anything_begins(own_project: Path):
    (own_project / "transformations/broken.sql").unlink()
    cases = [
        ({"refresh": ["gold.revenu"]}, "did you mean 'gold.revenue'?"),
        ({"refresh": ["main.gold.revenue", "a.b.c.d"]}, None),
        ({"full_refresh": ["GOLD.Revenue", "drops"]}, None),
    ]
    with serving(own_project) as server:
        for names, hint in cases:
            answer = server.post(f"{API}/updates", names)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (422, "unknown-dataset"), names
            assert hint is None or error["hint"] == hint
            assert len(server.get(f"{API}/updates").json()["updates"]) == 1


@pytest.mark.parametrize("name", ["--full-refresh-all", "a,b", "", "-x", " a"])
def test_a_dataset_is_no_option(server: Running, name: str):
    answer = server.post(f"{API}/updates", {"refresh": [name]})
    assert answer.status_code == 422


def test_there_is_nothing_to_stop_when_nothing_runs(server: Running):
    answer = server.post(f"{API}/updates/current/stop")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no-update")


def test_rows_that_were_set_aside_are_replayed(own_project: Path):
    orders = own_project / "transformations/orders.sql"
    orders.write_text(orders.read_text().replace("EXPECT (amount > 0)", "EXPECT (amount > -10)"))
    with serving(own_project) as server:
        answer = server.post(f"{API}/tables/silver/orders/quarantine/replay")
        assert answer.json() == {"accepted": 1, "remaining": 0, "dropped": 0, "unsourced": 0, "reasons": []}
        assert server.get(f"{API}/tables/silver/orders").json()["quarantined"] == 0


_BEGUN = """
import os, time
from pyspark import pipelines as dp

@dp.materialized_view(name="gold.slow")
def slow():
    with open({begun!r}, "a") as file:
        file.write(f"{{os.getpid()}}\\n")
    while os.path.exists({marker!r}):
        time.sleep(0.02)
    return spark.range(1)
"""


@pytest.mark.slow
def test_the_server_ends_though_a_replay_does_not_which_goes_on(own_project: Path):
    marker, begun = own_project / "marker", own_project / "begun"
    marker.touch()
    (own_project / "transformations/slow.py").write_text(_BEGUN.format(marker=str(marker), begun=str(begun)))

    def replay(url: str) -> int:
        return httpx.post(f"{url}{API}/tables/silver/orders/quarantine/replay", timeout=120).status_code

    try:
        with ThreadPoolExecutor(1) as thread, serving(own_project) as server:
            asked = thread.submit(replay, server.url)
            pid = int(wait_for(lambda: begun.exists() and begun.read_text(), bool).split()[0])
            assert server.end() == 0
            with suppress(httpx.HTTPError):  # the connection may be gone before the answer is sent
                assert asked.result() == 503
            assert lives(pid)
    finally:
        marker.unlink()
    wait_for(partial(lives, pid), lambda still: not still)


# --- the watch ------------------------------------------------------------------------------------------------------


def test_a_look_finds_what_is_new_since_the_last_one(own_project: Path):
    watch = Watch(load_project(own_project))
    watch.look()
    assert watch.versions == {"bronze.orders": 0, "gold.revenue": 0, "silver.orders": 0, "silver.orders__quarantine": 0}
    assert watch.look() == []
    (own_project / "incoming/2.csv").write_text("id,customer,amount,day\n5,Ada,10,2024-01-05\n")
    run(own_project)
    found = watch.look()
    assert ("tables", {"versions": {"bronze.orders": 1, "gold.revenue": 1, "silver.orders": 1}}) in found
    assert next(event["event_type"] for kind, event in found if kind == "update") == "create_update"


def test_a_table_that_is_dropped_is_told(own_project: Path):
    watch = Watch(load_project(own_project))
    watch.look()
    command = [sys.executable, "-m", "ingot", "-C", str(own_project), "drop", "gold.revenue", "--yes"]
    subprocess.run(command, check=True, capture_output=True)
    assert watch.look() == [("tables", {"versions": {"gold.revenue": None}})]


def test_half_a_line_of_the_journal_is_read_when_it_is_whole(own_project: Path):
    watch = Watch(load_project(own_project))
    watch.look()
    journal = own_project / "lake/_ingot/progress.jsonl"
    line = journal.read_text().splitlines()[-1]
    with journal.open("a") as file:
        file.write(line[:20])
        file.flush()
        assert watch.look() == []
        file.write(line[20:] + "\n")
        file.flush()
        assert [event["event_type"] for _, event in watch.look()] == ["update_progress"]


def test_a_commit_that_leaves_the_time_of_its_folder_as_it_was_is_told(own_project: Path):
    """Clocks of file systems tick: what is committed within one tick of the last look has the same time."""
    log = own_project / "lake/gold/revenue/_delta_log"
    tick = time.time() + 3600  # just now, however long this test takes
    os.utime(log, (tick, tick))
    watch = Watch(load_project(own_project))
    watch.look()
    (log / f"{1:020}.json").write_text("")
    os.utime(log, (tick, tick))
    assert watch.look() == [("tables", {"versions": {"gold.revenue": 1}})]


def test_a_journal_in_the_place_of_another_is_read_from_its_beginning(own_project: Path):
    """The file system gives an inode again that has become free."""
    watch = Watch(load_project(own_project))
    watch.look()
    journal = own_project / "lake/_ingot/progress.jsonl"
    before = json.loads(journal.read_text().splitlines()[0])
    with journal.open("r+") as file:  # the same inode
        file.write("".join(json.dumps({**before, "update_id": "another", "message": f"{n}"}) + "\n" for n in range(9)))
        file.truncate()
    assert [event["message"] for _, event in watch.look()] == [f"{n}" for n in range(9)]


def test_the_server_ends_at_once_though_pages_are_open(project: Path):
    with serving(project) as server, events(server) as told:
        next(told)
        server.process.send_signal(signal.SIGINT)
        assert list(told) == []  # ended by the server: what it has to cut off fails to be read
        assert server.process.wait(120) == 0
