"""Changes applied to a Delta table by hand: the files that hold changed keys are written anew, one COPY for all.

usage: by_hand.py TABLE CHANGES     (prints `STEP merge seconds`)

It does less than Ingot: which change came last is not remembered, so that a late one would overwrite a newer one; a
batch that is applied twice is not noticed; nothing is forced to the disk.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from deltalake import DeltaTable
from tables import COLUMNS, connect, copy, removes


def main() -> None:
    started = time.perf_counter()
    table, changes = Path(sys.argv[1]), sys.argv[2]
    delta = DeltaTable(table)
    files = [str(table / Path(uri).name) for uri in delta.file_uris()]
    connection = connect()
    connection.execute(
        f"CREATE TEMP TABLE changes AS SELECT * FROM '{changes}' "
        "QUALIFY row_number() OVER (PARTITION BY id ORDER BY seq DESC) = 1"
    )
    found = connection.execute(
        f"SELECT DISTINCT filename FROM read_parquet({files}, filename = true) SEMI JOIN changes USING (id)"
    ).fetchall()
    touched = [name for (name,) in found]
    kept = f"SELECT {COLUMNS} FROM read_parquet({touched}) ANTI JOIN changes USING (id) UNION ALL " if touched else ""
    adds = copy(
        connection,
        f"{kept}SELECT {COLUMNS} FROM changes WHERE op <> 'D'",
        table,
        ", APPEND, PER_THREAD_OUTPUT, FILE_SIZE_BYTES '64MB', FILENAME_PATTERN 'part-{uuid}'",
    )
    actions = [*adds, *removes(delta, {Path(name).name for name in touched})]
    delta.create_write_transaction(actions, "append", delta.schema())
    print(f"STEP merge {time.perf_counter() - started:.4f}")


if __name__ == "__main__":
    main()
