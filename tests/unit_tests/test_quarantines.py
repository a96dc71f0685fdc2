"""Unit tests of what reads rows that were set aside: they come of what is given, or are given themselves."""

from pathlib import Path

import pytest

from ingot.unit_tests.bench import Bench, find_tests

PIPELINE = """
CREATE STREAMING TABLE b AS SELECT * FROM STREAM read_files('in', format => 'csv', schema => 'id INT, v INT');
CREATE STREAMING TABLE s (CONSTRAINT low EXPECT (v < 3)) TBLPROPERTIES ('ingot.quarantine' = 'low')
AS SELECT * FROM STREAM b;
CREATE STREAMING TABLE repaired (CONSTRAINT low EXPECT (v < 3)) TBLPROPERTIES ('ingot.quarantine' = 'low');
CREATE FLOW straight AS INSERT INTO repaired BY NAME SELECT * FROM STREAM b;
CREATE FLOW back AS INSERT INTO repaired BY NAME SELECT id, 0 AS v FROM STREAM repaired__quarantine;
CREATE TEMPORARY VIEW v AS SELECT id, v, _broken_rules FROM s__quarantine;
CREATE MATERIALIZED VIEW report AS SELECT * FROM v;
CREATE STREAMING TABLE streamed AS SELECT id FROM STREAM s__quarantine;
CREATE MATERIALIZED VIEW both AS SELECT (SELECT count(*) FROM s) AS n, (SELECT count(*) FROM s__quarantine) AS bad;
"""
ONE_IS_BAD = "given: [{input: b, rows: [{id: 1, v: 1}, {id: 2, v: 9}]}]"


def verdict(folder: Path, test: str):
    (folder / "transformations").mkdir()
    (folder / "tests").mkdir()
    (folder / "ingot.yml").write_text("name: shop\n")
    (folder / "transformations/all.sql").write_text(PIPELINE)
    (folder / "tests/unit.yml").write_text(f"unit_tests:\n  - name: rows set aside\n{test}")
    with Bench(folder) as bench:
        (found,) = [bench.run(test) for test in find_tests(bench.plain_project)]
        return found


@pytest.mark.parametrize(
    "test",
    [
        f"    model: report\n    {ONE_IS_BAD}\n    expect: [{{id: 2, v: 9, _broken_rules: [low]}}]",
        "    model: report\n    given: [{input: b, rows: [{id: 1, v: 1}]}]\n    expect: []",
        f"    model: both\n    {ONE_IS_BAD}\n    expect: [{{n: 1, bad: 1}}]",
        f"    model: streamed\n    {ONE_IS_BAD}\n    expect: [{{id: 2}}]",
        """    model: repaired
    batches:
      - given: [{input: b, rows: [{id: 1, v: 1}, {id: 2, v: 9}]}]
        expect: {rows: [{id: 1, v: 1}, {id: 2, v: 0}], quarantine: [{id: 2, v: 9}]}
      - given: [{input: b, rows: [{id: 3, v: 8}]}]
        expect: [{id: 1, v: 1}, {id: 2, v: 0}, {id: 3, v: 0}]""",
        "    model: report\n    given: [{input: s__quarantine, rows: [{id: 7, v: 1, _broken_rules: [low]}]}]\n"
        "    expect: [{id: 7, _broken_rules: [low]}]",
        "    model: streamed\n    given: [{input: s__quarantine, rows: [{id: 7}]}]\n    expect: [{id: 7}]",
        "    model: both\n    given: [{input: s, rows: [{id: 1}]}, {input: s__quarantine, rows: [{id: 2}, {id: 3}]}]\n"
        "    expect: [{n: 1, bad: 2}]",
    ],
    ids=["view", "none", "both", "stream", "own flow", "given to a view", "given to a stream", "both given"],
)
def test_rows_set_aside_come_of_what_is_given_or_are_given(tmp_path, test):
    found = verdict(tmp_path, test)
    assert found.status == "passed", found.error.render() if found.error else found.mismatches


def test_a_table_that_is_given_sets_no_rows_aside(tmp_path):
    found = verdict(tmp_path, "    model: report\n    given: [{input: s, rows: [{id: 1, v: 9}]}]\n    expect: []")
    assert (found.error.code, found.error.message) == (
        "missing-input",
        "the test gives no rows for 's__quarantine', which default.report reads at transformations/all.sql:8",
    )
