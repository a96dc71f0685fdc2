"""Delta tables with a change data feed, written by delta-rs, and what delta-rs reads of their feeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ingot.connection import Connection
from ingot.errors import IngotError

SCHEMA = pa.schema([("id", pa.int32()), ("name", pa.string()), ("p", pa.string())])
FEED = {"delta.enableChangeDataFeed": "true"}
CHANGES = "id, name, p, _change_type, _commit_version"
SETTINGS = "name: feeds\ntables:\n  crm.customers: crm\n"


def rows(*values: tuple[Any, ...], schema: pa.Schema = SCHEMA) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, value, strict=True)) for value in values], schema=schema)


def write(path: Path, *values: tuple[Any, ...], mode: str = "append", **options: Any) -> None:
    if not path.exists():
        options.setdefault("configuration", FEED)
    write_deltalake(str(path), rows(*values), mode=mode, **options)  # pyright: ignore[reportArgumentType]


def update(path: Path, name: str, predicate: str) -> None:
    DeltaTable(path).update(updates={"name": f"'{name}'"}, predicate=predicate)


def merge(path: Path, *values: tuple[Any, ...]) -> None:
    merging = DeltaTable(path).merge(rows(*values), "s.id = t.id", "s", "t")
    merging.when_matched_update_all().when_not_matched_insert_all().execute()


def shop(path: Path) -> Path:
    """Versions: 0 and 1 rows added, 2 updated, 3 deleted, 4 merged, 5 compacted, 6 a partition overwritten."""
    write(path, (1, "a", "x"), (2, "b", "x"), (3, "c", "y"), partition_by=["p"])
    write(path, (4, "d", "x"))
    update(path, "A", "id = 1")
    DeltaTable(path).delete("id = 3")
    merge(path, (2, "bb", "x"), (9, "z", "z"))
    DeltaTable(path).optimize.compact()
    write(path, (7, "new", "x"), mode="overwrite", predicate="p = 'x'")
    return path


def judged(path: Path, start: int = 0, end: int | None = None) -> list[tuple[Any, ...]]:
    """What delta-rs says."""
    found = pa.table(DeltaTable(path).load_cdf(starting_version=start, ending_version=end).read_all())
    names = (*SCHEMA.names, "_change_type", "_commit_version")
    columns = [found[name].to_pylist() for name in names]
    return sorted(zip(*columns, strict=True), key=repr)


def changes(connection: Connection, bounds: str = "0", table: str = "crm.customers") -> list[tuple[Any, ...]]:
    return sorted(connection.sql(f"SELECT {CHANGES} FROM table_changes('{table}', {bounds})").fetchall(), key=repr)


def refused(connection: Connection, text: str) -> IngotError:
    with pytest.raises(IngotError) as caught:
        connection.sql(text).fetchall()
    return caught.value
