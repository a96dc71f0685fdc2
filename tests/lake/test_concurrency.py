"""Writers in processes of their own: rows are never lost, doubled or brought back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE

import pytest

from ingot.lake.table import Lake, Table, TableChange, TableMetadata
from ingot.model import TableName
from ingot.types import parse_schema
from lake.rows import read, write_file

WRITER = Path(__file__).with_name("writer_program.py")


def run_writers(root: Path, tasks: list[list[str]]) -> list[dict[str, list[int]]]:
    """Run one process for each task, all at once; what each says it committed."""
    processes = [
        subprocess.Popen([sys.executable, str(WRITER), str(root), *task], stdin=PIPE, stdout=PIPE, text=True)
        for task in tasks
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = [process.communicate(timeout=120)[0] for process in _started(processes)]
    assert [process.returncode for process in processes] == [0] * len(tasks)
    return [json.loads(answer) for answer in answers]


def _started(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes


@pytest.fixture
def shared_table(lake: Lake) -> Table:
    table = lake.table(TableName("main", "b", "t"))
    table.commit(TableChange("CREATE TABLE", metadata=TableMetadata(parse_schema("id bigint"))), None)
    return table


@pytest.mark.slow
def test_appends_of_many_processes_all_arrive_once(lake: Lake, shared_table: Table) -> None:
    answers = run_writers(lake.root, [["append", str(n * 1000), "40"] for n in range(4)])
    committed = [n for answer in answers for n in answer["added"]]
    assert len(committed) == 160
    assert Counter(row["id"] for row in read(shared_table.snapshot().binding())) == Counter(committed)


@pytest.mark.slow
def test_rewrites_and_appends_at_once_end_in_what_each_was_told(lake: Lake, shared_table: Table) -> None:
    """A rewriter drops every row it read and adds one; whoever conflicts recomputes."""
    tasks = [
        ["append", "0", "40"],
        ["append", "1000", "40"],
        ["rewrite", "5000", "20"],
        ["rewrite", "6000", "20"],
    ]
    answers = run_writers(lake.root, tasks)
    added = Counter(n for answer in answers for n in answer["added"])
    removed = Counter(n for answer in answers for n in answer["removed"])
    assert max(added.values()) == 1
    assert max(removed.values()) == 1
    assert Counter(row["id"] for row in read(shared_table.snapshot().binding())) == added - removed
    assert shared_table.snapshot().version == 120


def test_threads_may_share_one_table(shared_table: Table) -> None:
    snapshot = shared_table.snapshot()

    def append(number: int) -> None:
        file = write_file(shared_table.root, snapshot.schema, [{"id": number}])
        shared_table.commit(TableChange("WRITE", (file,), blind=True), snapshot)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(64)))
    assert sorted(row["id"] for row in read(shared_table.snapshot().binding())) == list(range(64))


def test_one_of_many_creators_wins(lake: Lake) -> None:
    answers = run_writers(lake.root, [["create", str(n), "1"] for n in range(4)])
    assert sum(len(answer["added"]) for answer in answers) == 1
