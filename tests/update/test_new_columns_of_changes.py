"""Columns that come into a table of changes with later events: older rows say NULL, older events still find their place."""

from pathlib import Path

import pytest

from ingot.testing import run_project

DEFINITION = """
CREATE STREAMING TABLE b AS SELECT * EXCEPT (_rescued_data) FROM STREAM read_files('in', format => 'json');
CREATE STREAMING TABLE s;
CREATE FLOW f AS AUTO CDC INTO s FROM STREAM b KEYS (id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq
COLUMNS * EXCEPT (op, seq) CLAUSES;
"""
FIRST = '{"id": 1, "name": "a", "op": "I", "seq": 1}\n{"id": 2, "name": "b", "op": "I", "seq": 1}\n'
WITH_CITY = '{"id": 1, "name": "a2", "op": "U", "seq": 3, "city": "X"}\n'
LATE = '{"id": 1, "name": "late", "op": "U", "seq": 2, "city": "L"}\n{"id": 2, "op": "U", "seq": 4, "city": "Z"}\n'
NOW = [(1, "a2", "X"), (2, None, "Z")]
HISTORY = [
    (1, "a", None, 1, 2), (1, "late", "L", 2, 3), (1, "a2", "X", 3, None), (2, "b", None, 1, 4), (2, None, "Z", 4, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("clauses", "columns", "expected"),
    [
        ("", "id, name, city", NOW),
        ("STORED AS SCD TYPE 2", "id, name, city, __START_AT, __END_AT", HISTORY),
        ("IGNORE NULL UPDATES", "id, name, city", [(1, "a2", "X"), (2, "b", "Z")]),
        (
            "IGNORE NULL UPDATES STORED AS SCD TYPE 2", "id, name, city, __START_AT, __END_AT",
            [*HISTORY[:-1], (2, "b", "Z", 4, None)],
        ),
    ],
)  # fmt: skip
def test_a_column_comes_in_with_later_events(tmp_path: Path, clauses: str, columns: str, expected: list[tuple]):
    definition = {"transformations/a.sql": DEFINITION.replace("CLAUSES", clauses)}
    rows: list[tuple] = []
    for name, events in (("1", FIRST), ("2", WITH_CITY), ("3", LATE)):
        with run_project(tmp_path, {**definition, f"in/{name}.json": events}) as lake:
            rows = lake.sql(f"SELECT {columns if name != '1' else '1'} FROM s").fetchall()
    assert sorted(rows, key=repr) == sorted(expected, key=repr)
