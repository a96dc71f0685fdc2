"""Projects with tables of changes for tests: events as JSON lines, and what a plain reading of them gives."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ingot.connection import Connection
from ingot.testing import run_project

Event = tuple[int, str | None, str, int]  # id, name, operation (U or D), sequence

DEFINITIONS = """
CREATE STREAMING TABLE bronze.changes AS
SELECT * FROM STREAM read_files('in', format => 'json', schema => 'id INT, name STRING, op STRING, seq INT');

CREATE STREAMING TABLE silver.current;
CREATE FLOW current AS AUTO CDC INTO silver.current FROM STREAM bronze.changes KEYS (id)
APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 1;

CREATE STREAMING TABLE silver.history;
CREATE FLOW history AS AUTO CDC INTO silver.history FROM STREAM bronze.changes KEYS (id)
APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 2;
"""


def run(folder: Path, *events: Event, file: str | None = None, more: str = "", **options: Any) -> Connection:
    """One update with these new events, as one file; `more` are further definitions."""
    files = {"ingot.yml": "name: changes\n"}
    if more or not (folder / "transformations" / "a.sql").exists():
        files["transformations/a.sql"] = DEFINITIONS + more
    if events:
        name = file or f"{len(list((folder / 'in').glob('*'))):03}.json"
        rows = [dict(zip(("id", "name", "op", "seq"), event, strict=True)) for event in events]
        files[f"in/{name}"] = "".join(json.dumps(row) + "\n" for row in rows)
    return run_project(folder, files, **options)


def rows(connection: Connection, table: str) -> list[tuple[Any, ...]]:
    return sorted(connection.sql(f"SELECT * FROM {table}").fetchall(), key=repr)


def current(events: Iterable[Event]) -> list[tuple[int, str | None]]:
    """The newest event of each key, if it is no delete; sequences are unique."""
    newest = {event[0]: event for event in sorted(events, key=lambda event: event[3])}
    return sorted((key, event[1]) for key, event in newest.items() if event[2] != "D")


def history(events: Iterable[Event]) -> list[tuple[int, str | None, int, int | None]]:
    """The intervals of each key, of which neighbours differ; sequences are unique."""
    found: list[tuple[int, str | None, int, int | None]] = []
    for key in {event[0] for event in events}:
        own = sorted((event for event in events if event[0] == key), key=lambda event: event[3])
        open_: tuple[str | None, int] | None = None
        for _, name, operation, sequence in own:
            if open_ is not None and (operation == "D" or open_[0] != name):
                found.append((key, *open_, sequence))
                open_ = None
            if operation != "D" and open_ is None:
                open_ = (name, sequence)
        if open_ is not None:
            found.append((key, *open_, None))
    return sorted(found, key=repr)
