"""Makes an orders table as 20 files of inserts, and three sets of changes of it.

usage: generate.py FOLDER ROWS

Files of inserts hold ranges of keys, as a table that grows with time does. `uniform` changes 1 % of the table anywhere,
`clustered` the same number within the newest twentieth, `few` is a hundredth of a percent: 80 % updates, 15 % new keys,
5 % deletes. Each key is changed once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

FILES = 20
COLUMNS = "id, customer, status, city, note, amount, quantity, rating, updated_at"
ROW = """
    {key} AS id, 'customer-' || hash({key}, {salt}) % 200000 AS customer,
    ['new', 'paid', 'packed', 'sent', 'returned'][(1 + hash({key}, {salt} + 1) % 5)::INT] AS status,
    'city ' || hash({key}, {salt} + 2) % 500 AS city, md5(({key} * 31 + {salt})::VARCHAR)[:24] AS note,
    (hash({key}, {salt} + 3) % 1000000 / 100)::DECIMAL(12, 2) AS amount,
    (hash({key}, {salt} + 4) % 20)::INT AS quantity, (hash({key}, {salt} + 5) % 5)::INT AS rating,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL 1 SECOND * ({key} + {salt} * 1000000) AS updated_at"""


def main() -> None:
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    (folder / "inserts").mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    per_file = rows // FILES
    for file in range(FILES):
        row = f"SELECT {ROW.format(key='i', salt=0)}, 'I' AS op, i AS seq"
        keys = f"range({file * per_file}, {(file + 1) * per_file}) r(i)"
        connection.execute(f"COPY ({row} FROM {keys}) TO '{folder}/inserts/{file:02}.parquet'")
    changes(connection, folder / "uniform.parquet", 0, rows, rows // 100)
    changes(connection, folder / "clustered.parquet", rows - per_file, rows, rows // 100)
    changes(connection, folder / "few.parquet", 0, rows, max(rows // 10_000, 20))


def changes(connection: duckdb.DuckDBPyConnection, path: Path, first: int, end: int, count: int) -> None:
    """Changes of keys that lie evenly between `first` and `end`, in no order; new keys follow `end`."""
    old = count * 85 // 100
    kind = f"CASE WHEN i >= {old} THEN 'I' WHEN i % 17 = 0 THEN 'D' ELSE 'U' END"
    key = f"CASE WHEN i >= {old} THEN {end} + i - {old} ELSE {first} + i * {end - first} // {old} END"
    keys = f"SELECT {key} AS id, {kind} AS op, {end} + i AS seq FROM range({count}) r(i) ORDER BY hash(i)"
    connection.execute(
        f"COPY (SELECT {ROW.format(key='k.id', salt=1)}, op, seq FROM ({keys}) k) TO '{path}' (FORMAT parquet)"
    )


if __name__ == "__main__":
    main()
