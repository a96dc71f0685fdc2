"""`ingot dashboard check`: all faults with file and line, exit code 1."""

from __future__ import annotations

import json

import pytest

from ingot.cli import main
from ingot.testing import run_project

SQL = "CREATE MATERIALIZED VIEW gold.orders AS SELECT 1 AS id, 'x' AS country, DATE'2024-01-01' AS day;"
GOOD = """\
datasets:
  orders:
    from: gold.orders
    measures: {orders: count(*)}
slicers:
  - {field: country, default: [x]}
visuals:
  - {kind: card, value: orders, trend: day}
  - {kind: matrix, rows: country, columns: day, values: orders}
"""
BAD = """\
datasets:
  orders:
    from: gold.orders
    dimensions: {year: year(dya)}
    measures: {total: sum(amount)}
  gone:
    from: gold.order
slicers:
  - {field: land, dataset: orders}
  - {field: day, dataset: orders, default: [soon]}
visuals:
  - {kind: bar, dataset: orders, category: countri, value: count(*)}
  - {kind: bar, dataset: orders, category: country, value: max(country)}
  - {kind: card, from: gold.orders, value: sum(id}
  - {kind: card, from: gold.orders, value: sum(id), change: {by: id, previous: 1 year}}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    run_project(tmp_path, {"ingot.yml": "name: p\n", "t/t.sql": SQL, "transformations/t.sql": SQL}).close()
    (tmp_path / "dashboards").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_dashboards_without_faults_pass(project, capsys):
    (project / "dashboards" / "good.yml").write_text(GOOD)
    assert main(["dashboard", "check"]) == 0
    assert capsys.readouterr().out == "good: 2 visuals, no faults\n"


def test_every_fault_is_told_at_once_with_its_line(project, capsys):
    (project / "dashboards" / "bad.yml").write_text(BAD)
    assert main(["dashboard", "check", "bad", "--json"]) == 1
    [checked] = json.loads(capsys.readouterr().out)
    found = sorted((int(e["location"].rsplit(":", 1)[1]), e["code"], e["hint"]) for e in checked["errors"])
    assert [(line, code) for line, code, _ in found] == [
        (4, "unknown-column"), (5, "unknown-column"), (7, "unknown-dataset"), (9, "unknown-column"),
        (10, "invalid-filter"), (12, "unknown-column"), (13, "type-mismatch"), (14, "syntax-error"),
        (15, "type-mismatch"),
    ]  # fmt: skip
    assert {line: hint for line, _, hint in found}[12] == "did you mean 'country'?"


def test_a_broken_measure_hides_no_other_fault(project, capsys):
    """It is told once, and so is what is wrong with a visual that does not use it."""
    text = """\
datasets:
  orders:
    from: gold.orders
    measures: {bad: amount, good: count(*)}
visuals:
  - {kind: card, value: bad}
  - {kind: bar, category: countri, value: good}
  - {kind: card, value: good}
"""
    (project / "dashboards" / "bad.yml").write_text(text)
    assert main(["dashboard", "check", "bad", "--json"]) == 1
    [checked] = json.loads(capsys.readouterr().out)
    found = [(int(e["location"].rsplit(":", 1)[1]), e["code"]) for e in checked["errors"]]
    assert found == [(4, "not-aggregated"), (7, "unknown-column")]


def test_a_fault_is_shown_as_every_error_is(project, capsys):
    (project / "dashboards" / "bad.yml").write_text(BAD)
    (project / "dashboards" / "good.yml").write_text(GOOD)
    assert main(["dashboard", "check"]) == 1
    shown = capsys.readouterr().out
    assert "error[unknown-column]: there is no column or dimension 'countri' in orders" in shown
    assert "at dashboards/bad.yml:12" in shown
    assert "bad: 4 visuals, 9 faults" in shown
    assert "good: 2 visuals, no faults" in shown


def test_a_project_without_dashboards_is_told_where_they_go(project, capsys):
    assert main(["dashboard", "check"]) == 0
    assert "dashboards/" in capsys.readouterr().out


def test_a_name_that_is_none_is_an_error(project, capsys):
    (project / "dashboards" / "good.yml").write_text(GOOD)
    assert main(["dashboard", "check", "godo"]) == 1
    assert "did you mean 'good'?" in capsys.readouterr().err


PATHS = """\
datasets:
  passwords: {sql: SELECT * FROM text.`/etc/passwd`}
  folder: {from: delta.`/any/folder`}
  away: {from: ../gold.orders}
visuals:
  - {kind: table, sql: "SELECT * FROM text.`/etc/passwd`"}
  - {kind: table, sql: "SELECT * FROM read_files('/any/folder', format => 'csv')"}
  - {kind: table, sql: "WITH f AS (SELECT * FROM read_files('/any/folder')) SELECT * FROM f"}
  - {kind: table, sql: "SELECT * FROM table_changes_by_path('/any/folder', 0)"}
  - {kind: table, sql: "SELECT * FROM gold.orders WHERE id IN (SELECT 1 FROM csv.`t`)"}
  - {kind: card, sql: "SELECT max(id) AS m FROM gold.orders", value: m}
  - {kind: card, from: gold.orders, value: "max((SELECT max(value) FROM text.`/etc/passwd`))"}
"""


def test_dashboards_read_tables_and_no_paths(project, capsys):
    (project / "dashboards" / "paths.yml").write_text(PATHS)
    assert main(["dashboard", "check", "paths", "--json"]) == 1
    [checked] = json.loads(capsys.readouterr().out)
    refused = [e for e in checked["errors"] if e["code"] == "path-refused"]
    places = sorted(e["location"].removeprefix(str(project) + "/").split(":")[:2] for e in refused)
    assert places == sorted(["dashboards/paths.yml", str(line)] for line in (2, 3, 6, 7, 8, 9, 10))
    others = {int(e["location"].split(":")[1]): e["code"] for e in checked["errors"] if e not in refused}
    assert others.keys() == {4, 12}, others


def test_a_table_that_is_none_is_called_a_table(project, capsys):
    (project / "dashboards" / "bad.yml").write_text("visuals:\n  - {kind: card, from: gold.order, value: count(*)}\n")
    assert main(["dashboard", "check"]) == 1
    assert "error[unknown-dataset]: unknown table 'gold.order'" in capsys.readouterr().out
