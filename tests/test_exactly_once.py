"""Updates are killed with SIGKILL, at every stage and at random instants, and compared with an uninterrupted run."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import forked
import ingot
from ingot.testing import CRASH_VARIABLE, STAGES

DEFINITIONS = {
    "transformations/bronze.sql": """
        CREATE STREAMING TABLE bronze.events AS
        SELECT *, _metadata.file_name AS file FROM STREAM read_files('in', format => 'csv', header => true,
          schema => 'id BIGINT, key STRING, amount DOUBLE', maxFilesPerTrigger => 2);
    """,
    "transformations/silver.sql": """
        CREATE STREAMING TABLE silver.events (
          CONSTRAINT positive EXPECT (amount > 0) ON VIOLATION DROP ROW,
          CONSTRAINT keyed EXPECT (key IS NOT NULL)
        ) TBLPROPERTIES ('ingot.quarantine' = 'keyed')
        AS SELECT id, key, amount FROM STREAM bronze.events;

        CREATE STREAMING TABLE silver.keys AS SELECT DISTINCT key FROM STREAM bronze.events;

        CREATE STREAMING TABLE silver.joined AS  -- with rows of the file before
        SELECT e.id, e.key, s.amount FROM STREAM bronze.events e JOIN STREAM silver.events s ON e.id = s.id + 100;

        CREATE STREAMING TABLE silver.both;
        CREATE FLOW a AS INSERT INTO silver.both BY NAME SELECT id, 'a' AS origin FROM STREAM bronze.events;
        CREATE FLOW b AS INSERT INTO silver.both BY NAME SELECT id, 'b' AS origin FROM STREAM silver.events;
    """,
    "transformations/changes.sql": """
        CREATE TEMPORARY VIEW changes AS  -- in an order that has nothing to do with the files'
        SELECT key, amount, id, (id * 7919) % 100003 AS at FROM STREAM bronze.events WHERE key IS NOT NULL;

        CREATE STREAMING TABLE silver.current;
        CREATE FLOW c AS AUTO CDC INTO silver.current FROM STREAM changes KEYS (key)
        APPLY AS DELETE WHEN amount < -2 SEQUENCE BY at STORED AS SCD TYPE 1;

        CREATE STREAMING TABLE silver.history;
        CREATE FLOW h AS AUTO CDC INTO silver.history FROM STREAM changes KEYS (key)
        APPLY AS DELETE WHEN amount < -2 SEQUENCE BY at COLUMNS * EXCEPT (at) STORED AS SCD TYPE 2
        TRACK HISTORY ON amount;
    """,
    "transformations/gold.sql": """
        CREATE MATERIALIZED VIEW gold.by_key AS
        SELECT key, count(*) AS n, sum(amount) AS amount FROM silver.events GROUP BY key;
    """,
}
QUESTIONS = {
    "bronze": "SELECT id, key, amount, file FROM bronze.events ORDER BY id, file",
    "silver": "SELECT id, key, amount FROM silver.events ORDER BY id",
    "quarantine": "SELECT id, key, amount, _broken_rules FROM silver.events__quarantine ORDER BY id",
    "keys": "SELECT key FROM silver.keys ORDER BY key",
    "joined": "SELECT id, key, amount FROM silver.joined ORDER BY id",
    "both": "SELECT id, origin FROM silver.both ORDER BY id, origin",
    "current": "SELECT key, amount, id, at FROM silver.current ORDER BY key",
    "history": "SELECT key, amount, id, __START_AT, __END_AT FROM silver.history ORDER BY key, __START_AT",
    "gold": "SELECT key, n, amount FROM gold.by_key ORDER BY key",
}


def make_project(folder: Path) -> Path:
    for name, content in DEFINITIONS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "in").mkdir(exist_ok=True)
    return folder


def add_files(folder: Path, first: int, count: int) -> None:
    """Files of 20 rows: some keys are null, some amounts negative, ids are unique, keys repeat across files."""
    for number in range(first, first + count):
        rows = [
            f"{number * 100 + row},{'' if row % 7 == 3 else f'k{(number * 3 + row) % 11}'},{row - 4 + 0.5}"
            for row in range(20)
        ]
        path = folder / "in" / f"{number:05}.csv"
        path.write_text("id,key,amount\n" + "\n".join(rows) + "\n")
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))


def start(folder: Path, crash_at: str | None = None) -> subprocess.Popen:
    environment = {**os.environ, CRASH_VARIABLE: crash_at} if crash_at else dict(os.environ)
    command = [sys.executable, "-m", "ingot.cli", "-C", str(folder), "run"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(folder: Path) -> None:
    done = forked.ingot(folder, "run")
    assert done.returncode == 0, done.stdout + done.stderr


def answers(folder: Path) -> dict[str, list[tuple]]:
    with ingot.connect(folder) as lake:
        return {name: lake.sql(text).fetchall() for name, text in QUESTIONS.items()}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The answers after each number of files, from runs that nobody disturbed."""
    folder = make_project(tmp_path_factory.mktemp("uninterrupted"))
    known: dict[int, dict] = {}

    def after(files: int) -> dict[str, list[tuple]]:
        if files not in known:
            have = len(list((folder / "in").iterdir()))
            add_files(folder, have, files - have)
            finish(folder)
            known[files] = answers(folder)
        return known[files]

    return after


def test_the_uninterrupted_run_is_what_the_files_say(tmp_path):
    folder = make_project(tmp_path)
    add_files(folder, 0, 3)
    finish(folder)
    found = answers(folder)
    assert len(found["bronze"]) == 60
    # of each file, rows 0 to 3 have a negative amount; row 3 is set aside too, for it has no key
    assert len(found["silver"]) + len(found["quarantine"]) + 3 * 3 == 60
    assert all(row[1] is None for row in found["quarantine"])
    assert len(found["keys"]) == len({row[1] for row in found["bronze"]})
    assert len(found["both"]) == 60 + len(found["silver"])
    assert sum(row[1] for row in found["gold"]) == len(found["silver"])
    keyed = [row for row in found["bronze"] if row[1] is not None]
    last = {
        key: max((id_ * 7919 % 100003, amount, id_) for id_, k, amount, _ in keyed if k == key) for _, key, *_ in keyed
    }
    assert found["current"] == [(k, amount, id_, at) for k, (at, amount, id_) in sorted(last.items()) if amount >= -2]
    assert {(key, at) for key, _, _, at, end in found["history"] if end is None} <= {(k, v[0]) for k, v in last.items()}
    assert len(found["history"]) > len(found["current"])


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "reset"])
def test_a_kill_at_any_stage_changes_nothing(tmp_path, uninterrupted, stage):
    folder = make_project(tmp_path)
    add_files(folder, 0, 3)
    time_of_death = 1 if stage in ("deduplicated", "quarantined", "staged", "tombstones", "rewritten") else 2
    done = forked.ingot(folder, "run", environment={CRASH_VARIABLE: f"{stage}:{time_of_death}"})
    assert done.returncode == -signal.SIGKILL
    finish(folder)
    assert answers(folder) == uninterrupted(3)
    assert not list((folder / "lake" / "_ingot" / "state").rglob("staged"))


@pytest.mark.slow
def test_a_kill_during_a_full_refresh_changes_nothing(tmp_path, uninterrupted):
    folder = make_project(tmp_path)
    add_files(folder, 0, 3)
    finish(folder)
    for stage in ("reset:1", "reset:3", "planned:1", "committed:1", "committed:3", "written:2"):
        command = [sys.executable, "-m", "ingot.cli", "-C", str(folder), "run", "--full-refresh-all"]
        process = subprocess.run(command, env={**os.environ, CRASH_VARIABLE: stage}, capture_output=True, check=False)
        assert process.returncode == -signal.SIGKILL
    finish(folder)
    subprocess.run([sys.executable, "-m", "ingot.cli", "-C", str(folder), "run", "--full-refresh-all"], check=True)
    assert answers(folder) == uninterrupted(3)


@pytest.mark.slow
def test_two_hundred_kills_lose_and_double_nothing(tmp_path, uninterrupted):
    """Stages and random instants mixed, several in a row before an update gets through; files keep coming."""
    folder = make_project(tmp_path)
    chance = random.Random(7)
    kills = files = 0
    while kills < 200:
        add_files(folder, files, 5)
        files += 5
        for _ in range(25):
            if chance.random() < 0.7:
                process = start(folder, f"{chance.choice(STAGES[1:])}:{chance.randint(1, 2)}")
            else:
                process = start(folder)
                time.sleep(chance.uniform(0.2, 0.8))
                process.send_signal(signal.SIGKILL)
            process.communicate(timeout=600)
            if process.returncode == 0:
                break
            kills += 1
            assert process.returncode == -signal.SIGKILL
        finish(folder)
        assert answers(folder) == uninterrupted(files)


def test_a_second_update_at_the_same_time_is_refused_or_waits(tmp_path):
    folder = make_project(tmp_path)
    add_files(folder, 0, 6)
    first = start(folder)
    deadline = time.monotonic() + 120
    lock = folder / "lake" / "_ingot" / "update.lock"
    while not (lock.exists() and lock.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.005)
    second = subprocess.run(
        [sys.executable, "-m", "ingot.cli", "-C", str(folder), "run"], capture_output=True, text=True, check=False
    )
    waiting = subprocess.run(
        [sys.executable, "-m", "ingot.cli", "-C", str(folder), "run", "--wait", "600"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    first.communicate(timeout=600)
    assert first.returncode == 0
    assert waiting.returncode == 0
    assert second.returncode == 0 or "lake-busy" in second.stderr
    assert len(answers(folder)["bronze"]) == 120
