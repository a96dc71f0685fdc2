"""Unit tests of tables that AUTO CDC changes: batches, rules, errors, history, and what reads such a table."""

import json
from pathlib import Path

import pytest

from ingot import cli

PIPELINE = """
CREATE STREAMING TABLE b AS SELECT *
FROM STREAM read_files('in', format => 'json', schema => 'id INT, name STRING, op STRING, seq INT');
CREATE TEMPORARY VIEW v AS SELECT * FROM STREAM b WHERE seq > 0;
CREATE STREAMING TABLE s (CONSTRAINT has_name EXPECT (name IS NOT NULL) ON VIOLATION DROP ROW)
TBLPROPERTIES ('ingot.quarantine' = 'has_name');
CREATE FLOW f AS AUTO CDC INTO s FROM STREAM v KEYS (id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq
COLUMNS * EXCEPT (op, seq);
CREATE STREAMING TABLE h;
CREATE FLOW g AS AUTO CDC INTO h FROM STREAM v KEYS (id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq
COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 2;
CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM s;
CREATE STREAMING TABLE down AS SELECT * FROM STREAM s;
"""
TESTS = """
unit_tests:
  - name: an event without a key
    model: s
    given: [{input: b, rows: [{name: x, seq: 1}]}]
    expect: {error: null-key}
  - name: an event without a sequence
    model: h
    given: [{input: v, rows: [{id: 1, name: x}]}]
    expect: {error: null-sequence}
  - name: rules look at events, and deletes pass
    model: s
    batches:
      - given: [{input: b, rows: [{id: 1, name: x, seq: 1}, {id: 2, name: y, seq: 1}]}]
        expect: [{id: 1, name: x}, {id: 2, name: y}]
      - given: [{input: b, rows: [{id: 1, seq: 2}, {id: 2, op: D, seq: 2}]}]
        expect: {rows: [{id: 1, name: x}], quarantine: [{id: 1}], expectations: {has_name: 1}}
  - name: raw files
    model: s
    given: [{input: in, files: {a.json: '{"id": 1, "name": "a", "seq": 2}', b.json: '{"id": 1, "op": "D", "seq": 1}'}}]
    expect: [{id: 1, name: a}]
  - name: a view follows, also after a full refresh
    model: m
    batches:
      - given: [{input: b, rows: [{id: 1, name: x, seq: 1}, {id: 2, name: y, seq: 1}]}]
        expect: [{n: 2}]
      - given: [{input: b, rows: [{id: 1, op: D, seq: 2}]}]
        expect: [{n: 1}]
      - given: [{input: b, rows: [{id: 3, name: z, seq: 1}]}]
        full_refresh: true
        expect: [{n: 2}]
  - name: a stream cannot follow
    model: down
    batches:
      - given: [{input: b, rows: [{id: 1, name: x, seq: 1}]}]
        expect: [{id: 1}]
      - given: [{input: b, rows: [{id: 1, name: y, seq: 2}]}]
        expect: {error: source-rewritten}
  - name: wrong on purpose
    model: s
    given: [{input: v, rows: [{id: 1, name: x, seq: 1}]}]
    expect: [{id: 1, name: y}]
"""
IN_PYTHON = """
from ingot.testing import unit_test


@unit_test("h")
def test_history(trial):
    trial.batch({"b": [{"id": 1, "name": "x", "seq": 3}]})
    trial.batch({"b": [{"id": 1, "name": "w", "seq": 2}, {"id": 1, "op": "D", "seq": 9}]})
    assert trial.rows == [
        {"id": 1, "name": "w", "__START_AT": 2, "__END_AT": 3},
        {"id": 1, "name": "x", "__START_AT": 3, "__END_AT": 9},
    ]
"""


@pytest.fixture
def results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What became of each test, by name."""
    files = {"transformations/a.sql": PIPELINE, "tests/a.yml": TESTS, "tests/test_a.py": IN_PYTHON}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    cli.main(["-C", str(tmp_path), "test", "--json"])
    return {test["name"]: test["status"] for test in json.loads(capsys.readouterr().out)["tests"]}


def test_tables_of_changes_are_tested_like_others(results: dict[str, str]):
    assert results.pop("wrong on purpose") == "failed"
    assert set(results) == {
        "an event without a key", "an event without a sequence", "rules look at events, and deletes pass", "raw files",
        "a view follows, also after a full refresh", "a stream cannot follow", "test_history",
    }  # fmt: skip
    assert set(results.values()) == {"passed"}, results
