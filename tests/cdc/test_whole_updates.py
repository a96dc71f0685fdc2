"""AUTO CDC through whole updates, on real files: names, keys and sequences of many kinds, columns that come later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from ingot.testing import run_project


def update(folder: Path, schema: str, clauses: str, *batches: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """One update that applies these batches, each a new file and a commit; the rows of the table after them."""
    source = f"read_files('in', format => 'json', schema => '{schema}', maxFilesPerTrigger => 1)"
    files = {
        "a.sql": f"CREATE STREAMING TABLE silver.t; CREATE FLOW f AS AUTO CDC INTO silver.t FROM STREAM {source} {clauses};"
    }
    present = len(list((folder / "in").glob("*.json")))
    for number, batch in enumerate(batches, present):
        files[f"in/{number:03}.json"] = "".join(json.dumps(event) + "\n" for event in batch)
    with run_project(folder, files) as lake:
        commits = DeltaTable(folder / "lake" / "silver" / "t").history()
        assert sum(commit["operation"] == "MERGE" for commit in commits) == present + len(batches)
        return sorted(lake.sql("SELECT * FROM silver.t").fetchall(), key=repr)


KINDS = [
    "STORED AS SCD TYPE 1",
    "IGNORE NULL UPDATES",
    "STORED AS SCD TYPE 2",
    "IGNORE NULL UPDATES STORED AS SCD TYPE 2",
]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_may_be_called_like_anything(tmp_path, kind):
    """Among them the names that the queries give to their tables, and structs with fields of these names."""
    names = ["a.b", "it`s", 'say "so"', "it's", "r", "e", "k", "t", "rows", "events", "changes", "wins", "__place"]
    names = [name.replace(" ", "_") for name in names]
    quoted = [f"`{name.replace('`', '``')}`".replace("'", "\\'") for name in names]
    columns = ", ".join(f"{name} INT" for name in quoted)
    schema = f"`c` STRUCT<`r`: INT, seq: INT>, {columns}, `the.key` INT, seq INT"
    first = {**dict.fromkeys(names, 1), "c": {"r": 1, "seq": 1}, "the.key": 7, "seq": 1}
    second = {**dict.fromkeys(names, 2), "c": {"r": 2, "seq": 2}, "the.key": 7, "seq": 2}
    rows = update(tmp_path, schema, f"KEYS (`the.key`) SEQUENCE BY seq {kind}", [first], [second], [first])
    assert rows[-1][:3] == ({"r": 2, "seq": 2}, 2, 2)
    assert len(rows) == (2 if "2" in kind else 1)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("STRING", ["a", "b", "B", "ä"]),
        pytest.param("DATE", ["2024-01-01", "1969-12-31", "0001-01-01", "9999-12-31"], marks=pytest.mark.slow),
        pytest.param("TIMESTAMP", ["2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z"], marks=pytest.mark.slow),
        pytest.param("DECIMAL(38,2)", [1, 12345678901234567890.5, -3, 0], marks=pytest.mark.slow),
        ("DOUBLE", [1.5, -1e300, "NaN", "Infinity"]),
        pytest.param("FLOAT", [0.1, 16777216.0, "NaN", "-Infinity"], marks=pytest.mark.slow),
        pytest.param("BOOLEAN", [True, False], marks=pytest.mark.slow),
        pytest.param("BINARY", ["AA==", "/w==", "AAE=", "AAA="], marks=pytest.mark.slow),
        ("STRUCT<a: INT, b: STRING>", [{"a": 1, "b": "x"}, {"a": 1, "b": None}, {"a": None, "b": None}, {"a": 2, "b": ""}]),
        pytest.param("ARRAY<INT>", [[1], [1, None], [], [2]], marks=pytest.mark.slow),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scd_type", [1, 2])
def test_keys_may_be_of_any_type_that_has_equality(tmp_path, key, values, scd_type):
    """Each key in a file of its own, then all of them changed at once, one deleted, and one late."""
    schema = f"k {key}, v INT, op STRING, seq INT"
    clauses = f"KEYS (k) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE {scd_type}"
    batches = [[{"k": value, "v": 1, "seq": 10}] for value in values]
    changed = [{"k": value, "v": 2, "op": "D" if place == 0 else None, "seq": 20} for place, value in enumerate(values)]
    late = [{"k": value, "v": 0, "seq": 15} for value in values[:1]]
    rows = update(tmp_path, schema, clauses, *batches, changed, late)
    if scd_type == 1:
        assert [row[1] for row in rows] == [2] * (len(values) - 1)
    else:
        assert sorted(row[1:] for row in rows if row[3] is None) == [(2, 20, None)] * (len(values) - 1)
        assert sorted(row[1:] for row in rows if row[3] is not None) == sorted(
            [(1, 10, 15), (0, 15, 20), *[(1, 10, 20)] * (len(values) - 1)]
        )


def test_a_truncate_empties_files_that_hold_no_key_of_its_batch(tmp_path):
    clauses = "KEYS (k) APPLY AS TRUNCATE WHEN op = 'T' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq)"
    files = [[{"k": key, "v": 1, "seq": 10 + key}] for key in range(6)]
    truncate = [{"op": "T", "seq": 13}, {"k": 1, "v": 2, "seq": 13}]
    late = [{"k": 2, "v": 9, "seq": 12}, {"k": 7, "v": 9, "seq": 12}, {"k": 8, "v": 9, "seq": 13}]
    rows = update(tmp_path, "k INT, v INT, op STRING, seq INT", clauses, *files, truncate, late)
    assert rows == [(1, 2), (3, 1), (4, 1), (5, 1), (8, 9)]


@pytest.mark.parametrize("scd_type", [1, 2])
def test_a_struct_orders_changes_by_its_fields(tmp_path, scd_type):
    """NULL is the least of a field's values, as Spark orders structs; only a sequence that is NULL itself is refused."""
    clauses = f"KEYS (k) SEQUENCE BY struct(day, n) COLUMNS * EXCEPT (day, n) STORED AS SCD TYPE {scd_type}"
    events = [
        {"k": 1, "v": "late", "day": "2024-01-01", "n": None},
        {"k": 1, "v": "last", "day": "2024-01-02", "n": 1},
        {"k": 1, "v": "first", "day": None, "n": 9},
        {"k": 1, "v": "middle", "day": "2024-01-02", "n": None},
    ]
    rows = update(tmp_path, "k INT, v STRING, day STRING, n INT", clauses, *([event] for event in events))
    assert [row[1] for row in rows if scd_type == 1 or row[3] is None] == ["last"]
    if scd_type == 2:
        order = sorted(rows, key=lambda row: (row[2]["day"] or "", row[2]["n"] or 0))
        assert [row[1] for row in order] == ["first", "late", "middle", "last"]
        assert [row[3] for row in order[:-1]] == [row[2] for row in order[1:]]


def test_a_null_within_a_struct_keeps_what_the_row_has(tmp_path):
    events = [
        {"k": 1, "a": {"street": "Main", "town": {"name": "Oslo", "zip": None}}, "seq": 1},
        {"k": 1, "a": {"street": None, "town": {"name": None, "zip": "0150"}}, "seq": 3},
        {"k": 1, "a": {"street": "Old", "town": {"name": "Bergen", "zip": "5003"}}, "seq": 2},
        {"k": 1, "a": None, "seq": 4},
    ]
    schema = "k INT, a STRUCT<street: STRING, town: STRUCT<name: STRING, zip: STRING>>, seq INT"
    clauses = "KEYS (k) IGNORE NULL UPDATES SEQUENCE BY seq COLUMNS * EXCEPT (seq)"
    rows = update(tmp_path, schema, clauses, *([event] for event in events))
    assert rows == [(1, {"street": "Old", "town": {"name": "Bergen", "zip": "0150"}})]


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_a_struct_gets_later_is_null_in_what_came_before(tmp_path, kind):
    clauses = f"KEYS (k) SEQUENCE BY seq COLUMNS * EXCEPT (seq) {kind}"
    before = [{"k": 1, "s": {"x": 1}, "seq": 1}, {"k": 1, "s": {"x": 1}, "seq": 5}]
    update(tmp_path, "k INT, s STRUCT<x: INT>, seq INT", clauses, *([event] for event in before))
    after = [{"k": 1, "s": {"x": None, "y": 2}, "n": 3, "seq": 3}]
    rows = update(tmp_path, "k INT, s STRUCT<x: INT, y: INT>, seq INT, n INT", clauses, after)
    columns = {row[1]["y"]: row for row in rows}
    if "2" not in kind:
        ignores = "IGNORE" in kind
        assert rows == [(1, {"x": 1, "y": 2 if ignores else None}, 3 if ignores else None)]
    elif "IGNORE" in kind:
        assert [columns[None][1], columns[2][1]] == [{"x": 1, "y": None}, {"x": 1, "y": 2}]
    else:
        assert sorted(repr(row[1]) for row in rows) == [
            "{'x': 1, 'y': None}", "{'x': 1, 'y': None}", "{'x': None, 'y': 2}"
        ]  # fmt: skip
