"""A writer in its own process: `ROOT append|rewrite|create FIRST COUNT`. Prints what it added and removed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from rows import read, write_file

from ingot.errors import CommitConflictError
from ingot.lake.table import Lake, Snapshot, Table, TableChange, TableMetadata
from ingot.model import TableName
from ingot.types import parse_schema

SCHEMA = parse_schema("id bigint")


def append(table: Table, snapshot: Snapshot, number: int) -> tuple[Snapshot, list[int]]:
    file = write_file(table.root, SCHEMA, [{"id": number}])
    return table.commit(TableChange("WRITE", (file,), blind=True), snapshot), []


def rewrite(table: Table, snapshot: Snapshot, number: int) -> tuple[Snapshot, list[int]]:
    while True:
        gone = [row["id"] for row in read(snapshot.binding())]
        file = write_file(table.root, SCHEMA, [{"id": number}])
        try:
            return table.commit(TableChange("WRITE", (file,), removes=snapshot.files), snapshot), gone
        except CommitConflictError:
            snapshot = table.snapshot()


def main() -> None:
    root, task, first, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    table = Lake(root, "main").table(TableName("main", "b", "t"))
    print("ready", flush=True)
    sys.stdin.readline()
    added: list[int] = []
    removed: list[int] = []
    if task == "create":
        try:
            table.commit(TableChange("CREATE TABLE", metadata=TableMetadata(SCHEMA)), None)
            added.append(first)
        except CommitConflictError:
            pass
    else:
        snapshot = table.snapshot()
        for number in range(first, first + count):
            snapshot, gone = {"append": append, "rewrite": rewrite}[task](table, snapshot, number)
            added.append(number)
            removed += gone
    print(json.dumps({"added": added, "removed": removed}))


if __name__ == "__main__":
    main()
