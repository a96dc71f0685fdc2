"""The same changes by delta-rs: DeltaTable.merge. usage: delta_merge.py TABLE CHANGES (prints `STEP merge seconds`)"""

from __future__ import annotations

import sys
import time

from deltalake import DeltaTable
from tables import COLUMNS, connect

started = time.perf_counter()
changes = connect().sql(f"SELECT {COLUMNS}, op FROM '{sys.argv[2]}'").arrow()
values = {name: f"s.{name}" for name in COLUMNS.split(", ")}
(
    DeltaTable(sys.argv[1])
    .merge(changes, "t.id = s.id", source_alias="s", target_alias="t")
    .when_matched_delete("s.op = 'D'")
    .when_matched_update(values)
    .when_not_matched_insert(values, "s.op <> 'D'")
    .execute()
)
print(f"STEP merge {time.perf_counter() - started:.4f}")
