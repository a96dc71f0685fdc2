"""Plain Delta tables, as an expert handles them without Ingot: DuckDB writes the files, delta-rs the log."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import unquote

import duckdb
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

COLUMNS = "id, customer, status, city, note, amount, quantity, rating, updated_at"
_CHECKSUM = "count(*), sum(hash(id, customer, status, city, note, amount, quantity, rating, updated_at::VARCHAR))"


def connect() -> duckdb.DuckDBPyConnection:
    """DuckDB with the settings that an expert gives it for work of this size."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false; SET enable_progress_bar = false")
    return connection


def create(table: Path, inserts: Path) -> None:
    """A table of a file for each file of inserts."""
    table.mkdir(parents=True)
    adds = []
    with connect() as connection:
        for file in sorted(inserts.glob("*.parquet")):
            adds += copy(connection, f"SELECT {COLUMNS} FROM '{file}'", table / file.name)
        sample = connection.sql(f"SELECT {COLUMNS} FROM '{inserts}/*.parquet' LIMIT 0").arrow()
    from deltalake import Schema

    create_table_with_add_actions(str(table), Schema.from_arrow(sample.schema), adds)


def copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str = "") -> list[AddAction]:
    """Write the rows of a query below the table; what the log has to say of the files."""
    statement = f"COPY ({query}) TO '{path}' (FORMAT parquet, RETURN_STATS{options})"
    now = int(time.time() * 1000)
    root = path if options else path.parent
    return [
        AddAction(str(Path(name).relative_to(root)), size, {}, now, True, _statistics(count, columns['"id"']))
        for name, count, size, _, columns, *_ in connection.execute(statement).fetchall()
    ]


def _statistics(rows: int, key: dict[str, str]) -> str:
    low, high = int(key["min"]), int(key["max"])
    return json.dumps({"numRecords": rows, "minValues": {"id": low}, "maxValues": {"id": high}})


def removes(table: DeltaTable, names: set[str]) -> list[RemoveAction]:
    """What takes these files out of the table."""
    now = int(time.time() * 1000)
    actions = table.get_add_actions(flatten=True).to_struct_array().to_pylist()
    paths = {unquote(action["path"]): action["size_bytes"] for action in actions}
    return [RemoveAction(name, True, now, paths[name], {}) for name in names]


def checksum(table: Path, where: str = "true") -> tuple[int, int]:
    """Count and sum of hashes of the rows; the same for the same rows in any order."""
    files = [str(table / unquote(path)) for path in DeltaTable(table).file_uris()]
    with connect() as connection:
        found = connection.execute(f"SELECT {_CHECKSUM} FROM read_parquet({files}) WHERE {where}").fetchall()[0]
    return int(found[0]), int(found[1])
