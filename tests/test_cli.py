"""The command line: what it prints, where, and with which exit code."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingot.cli import main

DEFINITIONS = """
CREATE STREAMING TABLE bronze.orders AS
SELECT * FROM STREAM read_files('in', format => 'csv', header => true, schema => 'id INT, name STRING, amount DOUBLE');
CREATE STREAMING TABLE silver.orders (CONSTRAINT paid EXPECT (amount > 0) ON VIOLATION DROP ROW)
AS SELECT * FROM STREAM bronze.orders;
CREATE MATERIALIZED VIEW gold.totals AS SELECT name, sum(amount) AS total FROM silver.orders GROUP BY name;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "ingot.yml": "name: shop\n",
        "in/1.csv": "id,name,amount\n1,Ada,2.5\n2,Grace,-1\n3,Zoë,4\n",
        "transformations/all.sql": DEFINITIONS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def ingot(folder, capsys):
    """Run a command on the project; gives exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["-C", str(folder), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_run_prints_a_line_for_each_flow_and_the_sum(ingot):
    code, out, _ = ingot("run")
    assert code == 0
    lines = out.splitlines()
    [silver] = [line for line in lines if "silver.orders" in line]
    assert silver.split()[:5] == ["✓", "silver.orders", "3", "2", "1"]
    assert lines[-1].startswith("3 up to date in ")


def test_a_failed_flow_gives_exit_code_1_and_the_error_with_its_place(ingot, folder):
    (folder / "transformations/bad.sql").write_text(
        "CREATE MATERIALIZED VIEW gold.bad AS\nSELECT nope FROM bronze.orders"
    )
    code, out, _ = ingot("run")
    assert code == 1
    assert "error[unknown-column]: column 'nope' does not exist" in out
    assert "at transformations/bad.sql:2" in out
    assert "3 up to date, 1 failed" in out


def test_with_json_an_error_is_one_object_with_the_four_facts(ingot, folder):
    (folder / "ingot.yml").write_text("name: shop\nlak: x\n")
    code, out, err = ingot("run", "--json")
    error = json.loads(err)["error"]
    assert (code, out, error["code"], error["hint"]) == (1, "", "unknown-key", "did you mean 'lake'?")
    assert error["location"].endswith("ingot.yml:2") and "'lak'" in error["message"]


def test_events_as_json_are_one_object_on_each_line(ingot):
    code, out, _ = ingot("run", "--json")
    events = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert events[0]["event_type"] == "create_update"
    assert events[-1]["details"]["state"] == "COMPLETED"
    finished = [e for e in events if e["details"].get("status") == "COMPLETED" and e["dataset"]]
    assert [e["dataset"] for e in finished] == ["main.bronze.orders", "main.silver.orders", "main.gold.totals"]


def test_query_formats(ingot, folder, tmp_path):
    ingot("run")
    text = "SELECT name, total FROM gold.totals ORDER BY name"
    assert ingot("query", text)[1].splitlines() == [
        "name  total",
        "────  ─────",
        "Ada     2.5",
        "Zoë     4.0",
        "(2 rows)",
    ]
    assert ingot("query", text, "--format", "csv")[1] == "name,total\nAda,2.5\nZoë,4.0\n"
    assert ingot("query", "SELECT '' AS a, NULL AS b, 'x\"' AS c", "--format", "csv")[1] == 'a,b,c\n"",,"x"""\n'
    assert ingot("query", "SELECT NULL AS a", "--format", "csv")[1] == 'a\n""\n'
    lines = ingot("query", text, "--format", "json")[1].splitlines()
    assert [json.loads(line) for line in lines] == [{"name": "Ada", "total": 2.5}, {"name": "Zoë", "total": 4.0}]
    target = tmp_path / "out.parquet"
    assert ingot("query", text, "--format", "parquet", "--output", str(target))[0] == 0
    import polars

    assert polars.read_parquet(target).rows() == [("Ada", 2.5), ("Zoë", 4.0)]
    assert ingot("query", text, "--format", "parquet")[0] == 2


def test_query_refuses_what_writes(ingot):
    ingot("run")
    for text in ("DROP TABLE bronze.orders", "INSERT INTO bronze.orders SELECT 1", "SELECT 1; SELECT 2", ""):
        code, _, err = ingot("query", text)
        assert code == 1
        assert "error[" in err


def test_a_wide_result_is_cut_and_says_so(ingot):
    code, out, _ = ingot("query", "SELECT id FROM range(20)", "--limit", "3")
    assert (code, out.splitlines()[-1]) == (0, "(3 rows; there are more: --limit 0 shows all)")


def test_status_and_events_tell_what_happened(ingot):
    began = datetime.now(UTC)
    assert "empty" in ingot("status")[1]
    ingot("run")
    status = ingot("status")[1]
    assert "paid: 1 of 3 broke it" in status
    assert "batch 0" in status
    states = {state["table"]: state for state in json.loads(ingot("status", "--json")[1])}
    assert states["main.silver.orders"]["rows"] == 2
    kinds = {name: (state["kind"], state["version"]) for name, state in states.items()}
    assert kinds["main.gold.totals"] == ("materialized view", 0)
    assert kinds["main.bronze.orders"] == ("streaming table", 0)
    for state in states.values():
        assert began - timedelta(seconds=1) <= datetime.fromisoformat(state["updated"]) <= datetime.now(UTC)
    assert "flow gold.totals is COMPLETED" in ingot("events")[1]


def test_a_removed_definition_is_reported_and_its_table_kept(ingot, folder):
    ingot("run")
    (folder / "transformations/all.sql").write_text(DEFINITIONS[: DEFINITIONS.index("CREATE MATERIALIZED")])
    ingot("run")
    assert "gold.totals: no longer defined" in ingot("status")[1]
    assert ingot("query", "SELECT count(*) AS n FROM gold.totals", "--format", "csv")[1] == "n\n2\n"


def test_drop_asks_first(ingot, folder, monkeypatch):
    ingot("run")
    code, _, err = ingot("drop", "gold.totals")
    assert code == 1
    assert "--yes" in err
    assert ingot("drop", "gold.totals", "--yes")[:2] == (0, "removed gold.totals\n")
    assert ingot("drop", "gold.totals", "--yes")[0] == 1


@pytest.mark.parametrize(("answer", "is_there"), [("n", True), ("", True), ("y", False)])
def test_on_a_terminal_drop_asks_and_does_what_is_answered(ingot, folder, answer, is_there):
    ingot("run")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ingot.cli", "-C", str(folder), "drop", "gold.totals"]
    dropping = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    assert dropping.wait() == (1 if is_there else 0)
    os.close(ours)
    assert ("gold.totals" in ingot("status")[1]) == is_there


def test_maintenance_puts_small_files_together_and_removes_what_is_old(ingot, folder):
    ingot("run")
    for number in range(3):
        (folder / f"in/more{number}.csv").write_text(f"id,name,amount\n{number},Ada,1\n")
        ingot("run")
    files = folder / "lake/silver/orders"
    others = sorted((folder / "lake/bronze/orders").glob("*.parquet"))
    assert ingot("optimize", "silver.orders")[0] == 0
    assert len(list(files.glob("*.parquet"))) == 5  # four, and what they became
    assert "4 files would be deleted" in ingot("vacuum", "silver.orders", "--retain", "0s", "--dry-run")[1]
    assert ingot("vacuum", "silver.orders", "--retain", "0s")[0] == 0
    assert len(list(files.glob("*.parquet"))) == 1
    assert sorted((folder / "lake/bronze/orders").glob("*.parquet")) == others
    assert ingot("query", "SELECT count(*) AS n FROM silver.orders", "--format", "csv")[1] == "n\n5\n"


def test_maintenance_commands(ingot):
    ingot("run")
    assert ingot("optimize")[0] == 0
    assert "0 files would be deleted" in ingot("vacuum", "--dry-run", "--retain", "7d")[1]
    assert ingot("vacuum", "--retain", "soon")[0] == 2
    assert ingot("restore", "gold.totals", "--version", "0")[0] == 0
    assert ingot("restore", "gold.totals", "--version", "9")[0] == 1


def test_preview_and_dry_run_write_nothing(ingot, folder):
    assert "Ada" in ingot("preview", "gold.totals")[1]
    code, out, _ = ingot("dry-run")
    assert code == 0
    assert "does not exist yet" in out
    assert not (folder / "lake").exists()


def test_a_preview_shows_as_many_rows_as_are_asked_for(ingot):
    shown = ingot("preview", "bronze.orders", "--limit", "2")[1]
    assert "(2 rows)" in shown and "Grace" in shown and "Zoë" not in shown


def test_rows_that_were_set_aside_are_listed_shown_and_replayed(ingot, folder):
    text = DEFINITIONS.replace("ON VIOLATION DROP ROW)", ") TBLPROPERTIES ('ingot.quarantine' = 'paid')")
    (folder / "transformations/all.sql").write_text(text)
    ingot("run")
    assert "silver.orders" in ingot("quarantine", "ls")[1]
    shown = ingot("quarantine", "show", "silver.orders")[1]
    assert all(word in shown for word in ("Grace", "-1", "paid")) and "Zoë" not in shown
    (folder / "transformations/all.sql").write_text(text.replace("amount > 0", "amount > -2"))
    assert ingot("quarantine", "replay", "silver.orders")[1] == "into the table: 1; still in quarantine: 0\n"
    assert ingot("query", "SELECT count(*) AS n FROM silver.orders", "--format", "csv")[1] == "n\n3\n"


def test_several_datasets_are_refreshed_by_name(ingot, folder):
    ingot("run")
    (folder / "in/2.csv").write_text("id,name,amount\n4,Alan,9\n")
    count = "SELECT (SELECT count(*) FROM bronze.orders) AS b, (SELECT count(*) FROM silver.orders) AS s, (SELECT count(*) FROM gold.totals) AS g"
    assert ingot("run", "--refresh", "bronze.orders,silver.orders")[0] == 0
    assert ingot("query", count, "--format", "csv")[1] == "b,s,g\n4,3,2\n"
    (folder / "in/2.csv").unlink()
    assert ingot("run", "--full-refresh", "bronze.orders, silver.orders")[0] == 0
    assert ingot("query", count, "--format", "csv")[1] == "b,s,g\n3,2,2\n"


def test_a_target_is_chosen_by_its_name(ingot, folder):
    (folder / "ingot.yml").write_text("name: shop\ntargets: {prod: {lake: ./other}}\n")
    assert ingot("run", "--target", "prod")[0] == 0
    assert (folder / "other/gold/totals").is_dir() and not (folder / "lake").exists()
    code, _, err = ingot("run", "--target", "prd")
    assert (code, "did you mean 'prod'?" in err) == (1, True)


@pytest.mark.parametrize("command", ["run", "land"])
def test_what_would_run_at_the_same_time_is_refused_or_waits(ingot, folder, command):
    from ingot.update.lock import update_lock

    with update_lock(folder / "lake"):
        for wait in ((), ("--wait", "0.1s")):
            code, _, err = ingot(command, *wait)
            assert (code, "lake-busy" in err) == (1, True)
    assert ingot(command)[0] == 0


def test_configuration_is_overridden_by_set(ingot, folder):
    (folder / "transformations/all.sql").write_text("CREATE MATERIALIZED VIEW gold.x AS SELECT '${who}' AS who")
    assert ingot("run")[0] == 1
    assert ingot("run", "--set", "who=me")[0] == 0
    assert ingot("query", "SELECT who FROM gold.x", "--format", "csv")[1] == "who\nme\n"
    assert "key=value" in ingot("run", "--set", "who")[2]


def test_init_makes_a_project_that_works_at_once(tmp_path, capsys):
    assert main(["init", str(tmp_path / "shop")]) == 0
    assert main(["-C", str(tmp_path / "shop" / "transformations"), "run"]) == 0
    assert main(["init", str(tmp_path / "shop")]) == 1
    assert "not-empty" in capsys.readouterr().err


@pytest.mark.slow
def test_the_test_of_a_new_project_passes(tmp_path):
    main(["init", str(tmp_path / "shop")])
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "tests"], cwd=tmp_path / "shop", capture_output=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["spark-pipeline.yml", "databricks.yml", None])
def test_a_folder_with_other_settings_or_none_runs_too(folder, capsys, name):
    (folder / "ingot.yml").unlink()
    if name == "spark-pipeline.yml":
        (folder / name).write_text("name: shop\nlibraries:\n  - glob:\n      include: transformations/**\n")
    if name == "databricks.yml":
        (folder / name).write_text(
            "bundle:\n  name: shop\nresources:\n  pipelines:\n    shop:\n      name: shop\n      libraries:\n"
            "        - file:\n            path: transformations/all.sql\n"
        )
    assert main(["-C", str(folder), "run"]) == 0, capsys.readouterr()


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["--help"])
    assert raised.value.code == 0
    out = capsys.readouterr().out
    commands = "init run dry-run query status events quarantine preview drop restore optimize vacuum"
    assert all(command in out for command in commands.split())


def test_on_a_terminal_the_lines_are_live_and_coloured_elsewhere_plain(ingot, folder):
    plain = ingot("run")[1]
    assert "\x1b" not in plain
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ingot.cli", "-C", str(folder), "run", "--full-refresh-all"]
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    done = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:  # EIO: the other end is closed
        while piece := terminal.read(4096):
            shown += piece
    assert done.wait() == 0
    text = shown.decode()
    assert "\x1b[36m›\x1b[0m bronze.orders" in text  # running, and later drawn over
    assert "\x1b[J" in text
    assert "\x1b[32m✓\x1b[0m silver.orders" in text


def test_output_into_a_closed_pipe_is_no_error(folder):
    command = f"{sys.executable} -m ingot.cli -C {folder} query 'SELECT id FROM range(100000)' --limit 0 | head -2"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert done.stdout.split()[0] == "id"
    assert "Traceback" not in done.stderr


WARNING = """CREATE STREAMING TABLE silver.checked (
  CONSTRAINT large EXPECT (amount > 3), CONSTRAINT there EXPECT (id IS NOT NULL),
  CONSTRAINT paid EXPECT (amount > 0) ON VIOLATION DROP ROW
) AS SELECT * FROM STREAM read_files('in', format => 'csv', header => true, maxFilesPerTrigger => 1,
  schema => 'id INT, name STRING, amount DOUBLE');"""


def test_rules_that_only_warn_are_told_of_below_the_line_of_their_table(ingot, folder):
    (folder / "transformations/all.sql").write_text(WARNING)
    lines = ingot("run")[1].splitlines()
    place = next(number for number, line in enumerate(lines) if "silver.checked" in line)
    assert lines[place + 1] == "    large: 2 of 3 broke it"
    (folder / "in/2.csv").write_text("id,name,amount\n4,Alan,9\n")
    out = ingot("run", "--json")[1]
    [details] = [d for line in out.splitlines() if (d := json.loads(line)["details"]).get("status") == "COMPLETED"]
    found = {rule["name"]: (rule["failed_records"], rule["action"]) for rule in details["data_quality"]["expectations"]}
    assert found == {"large": (0, "warn"), "there": (0, "warn"), "paid": (0, "drop")}
    assert "broke it" not in ingot("run")[1]


def test_status_shows_what_rules_counted_in_all_batches_of_the_update(ingot, folder):
    (folder / "transformations/all.sql").write_text(WARNING)
    (folder / "in/2.csv").write_text("id,name,amount\n4,Alan,9\n5,Ada,1\n")
    ingot("run")
    assert "large: 3 of 5 broke it, paid: 1 of 5 broke it" in ingot("status")[1]
    (folder / "in/3.csv").write_text("id,name,amount\n6,Ada,1\n")
    ingot("run")
    assert "large: 1 of 1 broke it" in ingot("status")[1]


@pytest.mark.parametrize("wait", ["1s", "0.5m", "2"])
def test_how_long_to_wait_is_a_duration_or_a_number_of_seconds(ingot, wait):
    for command in (("run",), ("land",)):
        assert ingot(*command, "--wait", wait)[0] == 0
    code, _, err = ingot("quarantine", "replay", "bronze.orders", "--wait", wait)
    assert (code, "nothing-to-replay" in err) == (1, True)


def test_what_is_no_duration_is_not_waited_for(ingot):
    code, _, err = ingot("run", "--wait", "soon")
    assert (code, err) == (2, "error[usage]: 'soon' is not a duration\n  hint: write 20s, 5m, 12h or 7d\n")


def test_a_replay_waits_for_the_update_that_holds_the_lake(folder, capsys):
    from ingot.update.lock import update_lock

    main(["-C", str(folder), "run"])
    with update_lock(folder / "lake"):
        assert main(["-C", str(folder), "quarantine", "replay", "silver.orders", "--wait", "0.1s"]) == 1
    assert "lake-busy" in capsys.readouterr().err


def test_a_project_without_definitions_has_nothing_to_run(ingot, folder):
    (folder / "transformations/all.sql").unlink()
    for command in ("run", "dry-run"):
        code, out, _ = ingot(command)
        assert (code, out) == (0, "nothing to run: transformations/** holds no .sql, .py or .ipynb file\n")
