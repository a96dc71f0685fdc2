"""`ingot lint`: what it prints, in which form, and what it does when files or data are missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingot import cli

PORTABLE = "CREATE MATERIALIZED VIEW numbers AS SELECT 1 AS n;\n"
SPEC = "name: x\nstorage: file:///srv/storage\nlibraries:\n  - glob:\n      include: transformations/**\n"


def project(folder: Path, **files: str) -> Path:
    """A project of definition files; `spec` leaves out nothing that open-source Spark asks for."""
    for name, text in {"spark-pipeline.yml": SPEC, **files}.items():
        path = folder / ("transformations" if name.endswith(("sql", "py")) else "") / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def lint(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    code = cli.main(["-C", str(folder), "lint", *options])
    return code, capsys.readouterr().out


def test_a_portable_project_runs_everywhere_and_exits_with_zero(tmp_path: Path, capsys):
    code, out = lint(project(tmp_path, a__sql=PORTABLE), capsys)
    assert (code, out.splitlines()) == (0, ["spark-4.3  ✓ runs", "lakeflow   ✓ runs", "ingot      ✓ runs"])


def test_each_construct_is_shown_once_in_a_file_with_its_line_and_what_to_write(tmp_path: Path, capsys):
    text = "-- two tables\nCREATE OR REFRESH MATERIALIZED VIEW a AS SELECT 1 AS x;\nCREATE OR REFRESH MATERIALIZED VIEW b AS SELECT x FROM a;\n"
    code, out = lint(project(tmp_path, a__sql=text), capsys, "--for", "spark-4.3")
    assert code == 1
    assert out.splitlines() == [
        "transformations/a.sql",
        "    2  CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT 1 AS x;",
        "       CREATE OR REFRESH [or-refresh]",
        "       ✗ does not run on spark-4.3",
        "       → CREATE STREAMING TABLE …, CREATE MATERIALIZED VIEW …",
        "       also in line 3",
        "",
        "spark-4.3  ✗ 2 places that do not run",
    ]


def test_only_the_targets_asked_for_decide_the_exit_code(tmp_path: Path, capsys):
    folder = project(tmp_path, a__sql="CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT 1 AS x;")
    assert lint(folder, capsys, "--for", "lakeflow,ingot") == (0, "lakeflow  ✓ runs\ningot     ✓ runs\n")
    assert lint(folder, capsys, "--for", "spark-4.3")[0] == 1


def test_an_unknown_target_is_a_wrong_argument(tmp_path: Path, capsys):
    assert cli.main(["-C", str(project(tmp_path, a__sql=PORTABLE)), "lint", "--for", "spark"]) == 2
    assert "spark-4.3" in capsys.readouterr().err


def test_json_has_the_documented_shape(tmp_path: Path, capsys):
    text = "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT * FROM elsewhere.t;\n"
    code, out = lint(project(tmp_path, a__sql=text), capsys, "--json")
    found = json.loads(out)
    assert code == 1
    assert found["targets"] == {
        "spark-4.3": {"runs": False, "fails": 1, "differs": 0},
        "lakeflow": {"runs": True, "fails": 0, "differs": 0},
        "ingot": {"runs": True, "fails": 0, "differs": 0},
    }
    assert found["findings"] == [
        {
            "code": "or-refresh",
            "message": "CREATE OR REFRESH",
            "file": "transformations/a.sql",
            "line": 1,
            "column": 1,
            "verdicts": {"spark-4.3": "no"},
            "portable": "CREATE STREAMING TABLE …, CREATE MATERIALIZED VIEW …",
        }
    ]
    assert [(u["what"], u["file"], u["line"]) for u in found["unchecked"]] == [
        ("default.a", "transformations/a.sql", 1)
    ]


def test_annotations_are_workflow_commands_of_one_line(tmp_path: Path, capsys):
    text = "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT 1 AS x;\nCREATE MATERIALIZED VIEW b TBLPROPERTIES ('ingot.min_rows' = '1') AS SELECT 1 AS x;\n"
    _, out = lint(project(tmp_path, a__sql=text), capsys, "--github")
    assert out.splitlines() == [
        "::warning file=transformations/a.sql,line=1,title=or-refresh::CREATE OR REFRESH; does not run on spark-4.3; "
        "write: CREATE STREAMING TABLE …, CREATE MATERIALIZED VIEW …",
        "::notice file=transformations/a.sql,line=2,title=ingot-property::a table property that begins with ingot.: "
        "ingot.min_rows; spark-4.3: has no effect; lakeflow: has no effect; write: a rule in the query, or an expectation",
    ]


def test_data_that_is_not_here_is_no_error_but_said(tmp_path: Path, capsys):
    text = "CREATE MATERIALIZED VIEW a AS SELECT * FROM csv.`data/none`;\n"
    code, out = lint(project(tmp_path, a__sql=text), capsys)
    assert code == 0
    assert "not checked: default.a" in out
    assert not (tmp_path / "lake").exists()


def test_functions_are_judged_where_data_is_not_here(tmp_path: Path, capsys):
    text = "CREATE MATERIALIZED VIEW a AS\nSELECT ai_gen(x) AS y FROM csv.`data/none`;\n"
    _, out = lint(project(tmp_path, a__sql=text), capsys, "--json")
    [finding] = json.loads(out)["findings"]
    assert (finding["code"], finding["line"]) == ("databricks-function", 2)
    assert {target for target, verdict in finding["verdicts"].items() if verdict == "no"} == {"spark-4.3", "ingot"}


def test_a_file_that_does_not_load_does_not_hide_the_others(tmp_path: Path, capsys):
    folder = project(
        tmp_path,
        a__py="def broken(:\n",
        b__py="import dlt\nraise RuntimeError('x')\n",
        c__sql="CREATE LIVE TABLE a AS SELECT 1 AS x;",
    )
    _, out = lint(folder, capsys, "--json")
    found = {(f["file"].rpartition("/")[2], f["code"]): f["verdicts"] for f in json.loads(out)["findings"]}
    assert found["a.py", "syntax-error"] == {"spark-4.3": "no", "lakeflow": "no", "ingot": "no"}
    assert found["b.py", "import-dlt"] == {"spark-4.3": "no"}
    assert found["b.py", "user-code"] == {"ingot": "no"}
    assert found["c.sql", "live-dataset"] == {"spark-4.3": "no"}


def test_an_error_in_a_query_is_one_on_every_target(tmp_path: Path, capsys):
    text = PORTABLE + "CREATE MATERIALIZED VIEW b AS SELECT m FROM numbers;\n"
    _, out = lint(project(tmp_path, a__sql=text), capsys, "--json")
    [finding] = json.loads(out)["findings"]
    assert (finding["code"], finding["line"], set(finding["verdicts"].values())) == ("unknown-column", 2, {"no"})


def test_what_files_print_is_no_part_of_the_report(tmp_path: Path, capsys):
    _, out = lint(project(tmp_path, a__py="print('loading')\n", b__sql=PORTABLE), capsys, "--json")
    assert json.loads(out)["findings"] == []


def test_modules_of_ingot_run_only_there(tmp_path: Path, capsys):
    text = "from ingot import pipelines as dp\n@dp.materialized_view\ndef a():\n    return spark.range(3)\n"
    _, out = lint(project(tmp_path, a__py=text), capsys, "--json")
    verdicts = {f["code"]: f["verdicts"] for f in json.loads(out)["findings"]}
    assert verdicts["import-ingot"] == {"spark-4.3": "no", "lakeflow": "no"}


def test_colons_are_paths_markers_or_types(tmp_path: Path, capsys):
    text = (
        "CREATE MATERIALIZED VIEW a AS SELECT CAST(named_struct('b', 1) AS STRUCT<b: INT>) AS s, 'x:y' AS t, 1::STRING AS u;\n"
        "CREATE MATERIALIZED VIEW b AS SELECT t:k AS v FROM a;\n"
    )
    _, out = lint(project(tmp_path, a__sql=text), capsys, "--json", "--for", "spark-4.3")
    assert [(f["code"], f["line"]) for f in json.loads(out)["findings"]] == [("json-path", 2)]
