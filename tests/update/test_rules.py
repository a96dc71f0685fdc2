"""Expectations and quarantine: which rows get through, where the others go, and how they come back."""

import json
import os
import signal
import subprocess
import sys

import pytest

from ingot.connection import connect
from ingot.errors import IngotError
from ingot.testing import run_project
from orders import BRONZE, again, project, rows, version

QUARANTINING = """CREATE STREAMING TABLE silver.t (CONSTRAINT known EXPECT (amount IS NOT NULL))
TBLPROPERTIES ('ingot.quarantine' = 'known') AS SELECT * FROM STREAM bronze.orders"""


def expecting(rule: str, properties: str = "") -> str:
    return f"CREATE STREAMING TABLE silver.t ({rule}) {properties} AS SELECT * FROM STREAM bronze.orders"


def test_rules_warn_drop_and_count_null_as_violation(tmp_path):
    rule = """CONSTRAINT big EXPECT (amount > 15),
    CONSTRAINT known EXPECT (amount IS NOT NULL) ON VIOLATION DROP ROW"""
    lake = project(tmp_path, bronze=BRONZE, silver=expecting(rule))
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,)]
    details = rows(
        lake,
        "SELECT details:flow_progress.data_quality FROM event_log() WHERE message = 'flow silver.t is COMPLETED'",
    )[0][0]
    assert '"dropped_records": 1' in details or '"dropped_records":1' in details
    import json

    counts = {e["name"]: e["failed_records"] for e in json.loads(details)["expectations"]}
    assert counts == {"big": 2, "known": 1}


def test_a_rule_that_fails_the_update_lets_nothing_through(tmp_path):
    rule = "CONSTRAINT known EXPECT (amount IS NOT NULL) ON VIOLATION FAIL UPDATE"
    with pytest.raises(IngotError, match="1 of 3 rows violate 'known'") as raised:
        project(tmp_path, bronze=BRONZE, silver=expecting(rule))
    assert raised.value.code == "expectation-failed"
    assert "silver" not in {schema for schema, _ in rows(connect(tmp_path), "SHOW TABLES")}


def test_quarantined_rows_are_kept_with_their_rules_and_can_be_replayed_once(tmp_path):
    from ingot.quarantines import list_quarantines
    from ingot.replay import replay

    rule = "CONSTRAINT known EXPECT (amount IS NOT NULL)"
    quarantine = "TBLPROPERTIES ('ingot.quarantine' = 'known')"
    lake = project(tmp_path, bronze=BRONZE, silver=expecting(rule, quarantine))
    assert rows(lake, "SELECT id, _broken_rules FROM silver.t__quarantine") == [(3, ["known"])]
    assert list_quarantines(lake.project, lake.engine)[0][:3] == ("silver.t", 1, "known (1)")
    relaxed = expecting(rule, quarantine).replace("SELECT *", "SELECT id, customer, coalesce(amount, 0) AS amount")
    (tmp_path / "transformations/silver.sql").write_text(relaxed)
    assert replay(lake.project, lake.engine, "silver.t").accepted == 1
    history = lake.sql("DESCRIBE HISTORY silver.t").arrow().to_pylist()
    replayed = [json.loads(e["operationMetrics"]) for e in history if e["operation"] == "REPLAY QUARANTINE"]
    assert [metrics.get("numOutputRows") for metrics in replayed] == [None, "1"]  # the newer one notes that it is done
    assert rows(lake, "SELECT id, amount FROM silver.t ORDER BY id") == [(1, 10.5), (2, 20.0), (3, 0.0)]
    assert replay(lake.project, lake.engine, "silver.t").accepted == 0
    assert rows(lake, "SELECT count(*) FROM silver.t") == [(3,)]


def test_rules_over_the_whole_table_are_checked_before_anything_shows(tmp_path):
    unique = """CREATE MATERIALIZED VIEW gold.t TBLPROPERTIES ('ingot.unique_key' = 'customer')
    AS SELECT customer FROM bronze.orders"""
    with pytest.raises(IngotError, match="1 value of customer occurs more than once") as raised:
        project(tmp_path, bronze=BRONZE, gold=unique)
    assert raised.value.code == "not-unique"
    few = unique.replace("'ingot.unique_key' = 'customer'", "'ingot.min_rows' = '4'")
    with pytest.raises(IngotError, match="3 rows") as raised:
        again(tmp_path, {"transformations/gold.sql": few})
    assert raised.value.code == "too-few-rows"
    assert [name for _, name in rows(connect(tmp_path), "SHOW TABLES")] == ["orders"]


ROWS = """CREATE STREAMING TABLE bronze.rows AS
SELECT * FROM STREAM read_files('in/*.csv', format => 'csv', schema => 'id INT, v STRING, at INT')"""
SCD = """CREATE STREAMING TABLE silver.t TBLPROPERTIES ({rule});
CREATE FLOW f AS AUTO CDC INTO silver.t FROM STREAM bronze.rows KEYS (id) SEQUENCE BY at
COLUMNS * EXCEPT (at) STORED AS SCD TYPE {type}"""


def begun(folder, csv, silver):
    files = {"in/1.csv": csv, "transformations/bronze.sql": ROWS, "transformations/silver.sql": silver}
    return run_project(folder, files)


def refused(root, code, definition=None):
    """The code of the error for which the next update leaves silver.t as it was."""
    lake = connect(root)
    before = rows(lake, "SELECT * FROM silver.t ORDER BY ALL")
    with pytest.raises(IngotError) as raised:
        again(root, {"transformations/silver.sql": definition} if definition else {})
    assert raised.value.code == code
    assert rows(connect(root), "SELECT * FROM silver.t ORDER BY ALL") == before


def test_a_key_that_a_later_batch_doubles_is_refused(tmp_path):
    text = """CREATE STREAMING TABLE silver.t TBLPROPERTIES ('Ingot.Unique_Key' = '`id`, v')
    AS SELECT id, v FROM STREAM bronze.rows"""
    begun(tmp_path, "1,a,1\n2,a,1\n1,b,1\n", text)
    (tmp_path / "in/2.csv").write_text("2,a,2\n")
    refused(tmp_path, "not-unique")


def test_a_key_that_a_replay_doubles_is_refused(tmp_path):
    from ingot.replay import replay

    text = """CREATE STREAMING TABLE silver.t (CONSTRAINT known EXPECT (v IS NOT NULL))
    TBLPROPERTIES ('ingot.unique_key' = 'id', 'ingot.quarantine' = 'known') AS SELECT id, v FROM STREAM bronze.rows"""
    begun(tmp_path, "1,a,1\n1,,1\n", text)
    lake = again(tmp_path, {"transformations/silver.sql": text.replace("id, v FROM", "id, coalesce(v, 'b') AS v FROM")})
    with pytest.raises(IngotError) as raised:
        replay(lake.project, lake.engine, "silver.t")
    assert raised.value.code == "not-unique"
    assert rows(lake, "SELECT id, v FROM silver.t") == [(1, "a")]
    assert rows(lake, "SELECT id FROM silver.t__quarantine") == [(1,)]


@pytest.mark.parametrize("scd_type", [1, 2])
def test_changes_keep_the_rules_over_the_whole_table(tmp_path, scd_type):
    unique = SCD.format(rule="'ingot.unique_key' = 'v'", type=scd_type)
    begun(tmp_path, "1,a,1\n2,b,1\n", unique)
    (tmp_path / "in/2.csv").write_text("1,c,2\n2,a,2\n")
    again(tmp_path, {})  # a is another's now: what is in the table's history or rewritten files is no second one
    assert rows(connect(tmp_path), "SELECT count(*) FROM silver.t") == [(2 if scd_type == 1 else 4,)]
    (tmp_path / "in/3.csv").write_text("3,c,3\n")
    refused(tmp_path, "not-unique")


def test_deletes_that_leave_too_few_rows_are_refused(tmp_path):
    text = SCD.format(rule="'ingot.min_rows' = '2'", type=1).replace(
        "SEQUENCE", "APPLY AS DELETE WHEN v = 'x' SEQUENCE"
    )
    begun(tmp_path, "1,a,1\n2,b,1\n", text)
    (tmp_path / "in/2.csv").write_text("1,x,2\n")
    refused(tmp_path, "too-few-rows")


def test_a_full_refresh_that_brings_nothing_keeps_the_least_number_of_rows(tmp_path):
    text = """CREATE STREAMING TABLE silver.t TBLPROPERTIES ('ingot.min_rows' = '1')
    AS SELECT id, v FROM STREAM bronze.rows"""
    begun(tmp_path, "1,a,1\n", text)
    (tmp_path / "in/1.csv").write_text("")
    with pytest.raises(IngotError) as raised:
        again(tmp_path, {}, full_refresh_all=True)
    assert raised.value.code == "too-few-rows"
    assert rows(connect(tmp_path), "SELECT id, v FROM silver.t") == [(1, "a")]


def test_a_deduplicated_stream_keeps_where_its_quarantined_rows_came_from(tmp_path):
    from ingot.quarantines import list_quarantines

    text = """CREATE STREAMING TABLE silver.t (CONSTRAINT known EXPECT (amount IS NOT NULL))
    TBLPROPERTIES ('ingot.quarantine' = 'known') AS SELECT DISTINCT * FROM STREAM bronze.orders"""
    lake = project(tmp_path, bronze=BRONZE, silver=text)
    [(flow, batch)] = rows(lake, "SELECT _quarantine_flow, _quarantine_batch FROM silver.t__quarantine")
    assert (flow, batch) == ("silver.t", 0)
    assert list_quarantines(lake.project, lake.engine)[0][:3] == ("silver.t", 1, "known (1)")


def test_a_replay_that_died_after_its_commit_is_finished_and_not_done_again(tmp_path, monkeypatch):
    from ingot import replay

    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    relaxed = QUARANTINING.replace("SELECT *", "SELECT id, customer, coalesce(amount, 0) AS amount")
    (tmp_path / "transformations/silver.sql").write_text(relaxed)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(replay._Replay, "_put_back", die)
        with pytest.raises(KeyboardInterrupt):
            replay.replay(lake.project, lake.engine, "silver.t")
    strict = {"transformations/silver.sql": QUARANTINING, "in/2.csv": "id,customer,amount\n4,Alan,\n"}
    lake = again(tmp_path, strict)
    (tmp_path / "transformations/silver.sql").write_text(relaxed)
    assert replay.replay(lake.project, lake.engine, "silver.t").accepted == 1
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,), (4,)]
    assert replay.replay(lake.project, lake.engine, "silver.t").accepted == 0


def test_rows_of_files_that_still_break_a_rule_stay_with_their_file_and_batch(tmp_path):
    from ingot.replay import replay

    rules = "CONSTRAINT known EXPECT (amount IS NOT NULL), CONSTRAINT big EXPECT (amount > 15)"
    aside = f"orders ({rules}) TBLPROPERTIES ('ingot.quarantine' = 'known, big') AS"
    text = BRONZE.replace("orders AS", aside)
    lake = project(tmp_path, bronze=text)
    assert rows(lake, "SELECT id FROM bronze.orders__quarantine ORDER BY id") == [(1,), (3,)]
    (tmp_path / "transformations/bronze.sql").write_text(text.replace("> 15", "> 5"))
    for accepted in (1, 0):
        done = replay(lake.project, lake.engine, "bronze.orders")
        assert (done.accepted, done.remaining) == (accepted, 1)
    origin = "SELECT id, _quarantine_file, _quarantine_batch FROM bronze.orders__quarantine"
    assert rows(lake, origin) == [(3, f"file:{tmp_path}/in/1.csv", 0)]
    assert rows(lake, "SELECT id FROM bronze.orders ORDER BY id") == [(1,), (2,)]


def test_rows_that_stay_get_the_columns_that_the_definition_has_gained(tmp_path):
    from ingot.replay import replay

    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    more = QUARANTINING.replace("SELECT *", "SELECT *, 1 AS one")
    (tmp_path / "transformations/silver.sql").write_text(more)
    with pytest.raises(IngotError, match="gives column 'one', which the table does not have yet") as raised:
        replay(lake.project, lake.engine, "silver.t")
    assert raised.value.hint == "an update adds it: ingot run --refresh silver.t"
    lake = again(tmp_path)
    assert replay(lake.project, lake.engine, "silver.t").remaining == 1
    assert rows(lake, "SELECT id, one, _broken_rules FROM silver.t__quarantine") == [(3, 1, ["known"])]


def test_a_replay_does_not_vouch_for_rows_of_a_batch_that_died_before_its_commit(tmp_path):
    from ingot.quarantines import list_quarantines
    from ingot.replay import replay

    project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    (tmp_path / "in/2.csv").write_text("id,customer,amount\n4,Alan,\n")
    dies_when_quarantined(tmp_path)
    with connect(tmp_path) as lake:
        assert replay(lake.project, lake.engine, "silver.t").remaining == 1
    lake = again(tmp_path)
    assert list_quarantines(lake.project, lake.engine)[0][:3] == ("silver.t", 2, "known (2)")
    assert rows(lake, "SELECT id FROM silver.t__quarantine ORDER BY id") == [(3,), (4,)]


def test_optimize_leaves_quarantines_alone_and_a_full_refresh_empties_them(tmp_path):
    from ingot.quarantines import list_quarantines
    from ingot.tables import optimize_tables

    project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,\n"})
    names = [name.short for name, *_ in optimize_tables(lake.project, lake.engine, [])]
    assert "silver.t__quarantine" not in names
    warning = QUARANTINING.replace("TBLPROPERTIES ('ingot.quarantine' = 'known')", "")
    lake = again(tmp_path, {"transformations/silver.sql": warning}, full_refresh=["silver.t"])
    assert rows(lake, "SELECT count(*) FROM silver.t") == [(4,)]
    assert list_quarantines(lake.project, lake.engine) == []


RELAXED = QUARANTINING.replace("SELECT *", "SELECT id, customer, coalesce(amount, 0) AS amount")


def aside(lake) -> list:
    return [id for (id,) in rows(lake, "SELECT id FROM silver.t__quarantine ORDER BY id")]


def kept(lake) -> list:
    return [id for (id,) in rows(lake, "SELECT id FROM silver.t ORDER BY id")]


def replayed(lake, definition: str = RELAXED) -> int:
    from ingot.replay import replay

    (lake.project.root / "transformations/silver.sql").write_text(definition)
    return replay(lake.project, lake.engine, "silver.t").accepted


def quarantining(query: str) -> str:
    return QUARANTINING.replace("SELECT * FROM STREAM bronze.orders", query)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT DISTINCT id, {0} AS amount FROM STREAM bronze.orders", "DISTINCT"),
        ("SELECT o.id, {0} AS amount FROM STREAM bronze.orders o JOIN range(9) r ON o.id = r.id", "JOIN"),
        ("SELECT id, {0} AS amount FROM STREAM bronze.orders LATERAL VIEW explode(array(1)) e AS x", "LATERAL VIEW"),
        ("WITH o AS (SELECT * FROM STREAM bronze.orders) SELECT id, {0} AS amount FROM o", "WITH"),
        (
            "SELECT id, {0} AS amount FROM STREAM bronze.orders UNION ALL SELECT 9, 1D FROM STREAM bronze.orders",
            "UNION, EXCEPT or INTERSECT",
        ),
    ],
)
def test_a_replay_says_of_which_rows_it_checked_the_rules_alone_and_commits_nothing_when_none_moves(
    tmp_path, query, reason
):
    from ingot.replay import replay

    lake = project(tmp_path, bronze=BRONZE, silver=quarantining(query.format("amount")))
    before = version(lake, "silver.t"), version(lake, "silver.t__quarantine")
    (tmp_path / "transformations/silver.sql").write_text(quarantining(query.format("coalesce(amount, 0)")))
    done = replay(lake.project, lake.engine, "silver.t")
    assert (done.accepted, done.remaining, done.unsourced, done.reasons) == (0, 1, 1, (reason,))
    assert (version(lake, "silver.t"), version(lake, "silver.t__quarantine")) == before


def test_a_replay_that_moves_no_row_but_finds_other_rules_broken_tells_them(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    other = QUARANTINING.replace("known EXPECT (amount", "present EXPECT (amount").replace("'known'", "'present'")
    assert replayed(lake, other) == 0
    assert rows(lake, "SELECT id, _broken_rules FROM silver.t__quarantine") == [(3, ["present"])]


def test_rows_of_a_table_that_is_written_in_another_case_now_are_replayed(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    other = QUARANTINING.replace("silver.t", "silver.T")
    more = {"in/2.csv": "id,customer,amount\n4,Alan,\n", "transformations/silver.sql": other}
    assert aside(again(tmp_path, more)) == [3, 4]
    assert (replayed(lake, other), aside(lake)) == (0, [3, 4])
    assert replayed(lake, RELAXED.replace("silver.t", "silver.T")) == 2
    assert (kept(lake), aside(lake)) == ([1, 2, 3, 4], [])


def test_rows_that_another_query_set_aside_are_not_made_of_a_source_row_that_they_do_not_have(tmp_path):
    from ingot.replay import replay

    project(tmp_path, bronze=BRONZE, silver=quarantining("SELECT DISTINCT * FROM STREAM bronze.orders"))
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,\n", "transformations/silver.sql": QUARANTINING})
    (tmp_path / "transformations/silver.sql").write_text(RELAXED)
    done = replay(lake.project, lake.engine, "silver.t")
    assert (done.accepted, done.remaining, done.unsourced) == (1, 1, 1)
    assert (kept(lake), aside(lake)) == ([1, 2, 4], [3])
    assert done.reasons == ("another query set them aside",)


def test_a_table_that_is_restored_to_before_a_replay_has_its_rows_in_quarantine_again(tmp_path):
    from ingot.tables import restore_table

    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    assert replayed(lake) == 1
    restore_table(lake.project, "silver.t", 0)
    assert (kept(lake), aside(lake)) == ([1, 2], [3])
    assert replayed(lake) == 1
    assert (kept(lake), aside(lake)) == ([1, 2, 3], [])
    restore_table(lake.project, "silver.t", 1)  # the rows are in the table, and the quarantine is yet to follow
    assert (kept(lake), aside(lake)) == ([1, 2, 3], [])
    assert replayed(lake) == 0
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,\n", "transformations/silver.sql": QUARANTINING})
    assert (kept(lake), aside(lake)) == ([1, 2, 3], [4])


def test_what_batches_set_aside_after_the_version_that_is_restored_stays(tmp_path):
    from ingot.tables import restore_table

    project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,\n5,Zoë,1\n"})
    assert replayed(lake) == 2
    restore_table(lake.project, "silver.t", 0)
    assert (kept(lake), aside(lake)) == ([1, 2], [3, 4])
    assert replayed(lake) == 2
    assert (kept(lake), aside(lake)) == ([1, 2, 3, 4], [])


def test_rows_of_before_a_full_refresh_come_back_with_their_own_quarantine(tmp_path):
    from ingot.tables import restore_table

    project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    lake = again(tmp_path, {"transformations/silver.sql": QUARANTINING}, full_refresh=["silver.t"])
    restore_table(lake.project, "silver.t", 0)
    assert (kept(lake), aside(lake)) == ([1, 2], [3])


def test_a_restore_that_dies_before_its_commit_has_done_nothing(tmp_path, monkeypatch):
    from ingot.lake.table import Table
    from ingot.tables import restore_table

    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    assert replayed(lake) == 1
    commit = Table.commit

    def die(table, change, read):
        if change.operation == "RESTORE" and table.name.table == "t":
            raise KeyboardInterrupt
        return commit(table, change, read)

    with monkeypatch.context() as patched:
        patched.setattr(Table, "commit", die)
        with pytest.raises(KeyboardInterrupt):
            restore_table(lake.project, "silver.t", 0)
    assert (kept(lake), aside(lake)) == ([1, 2, 3], [])
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,\n", "transformations/silver.sql": QUARANTINING})
    assert (kept(lake), aside(lake)) == ([1, 2, 3], [4])
    assert (replayed(lake), kept(lake)) == (1, [1, 2, 3, 4])


def test_a_quarantine_cannot_be_restored_without_its_table(tmp_path):
    from ingot.tables import restore_table

    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    with pytest.raises(IngotError, match="goes back with it") as raised:
        restore_table(lake.project, "silver.t__quarantine", 0)
    assert (raised.value.code, raised.value.hint) == ("quarantine-follows", "ingot restore silver.t --version N")


def test_a_quarantine_is_dropped_with_its_table_only_for_a_restore_takes_replays_back(tmp_path):
    from ingot.lake import maintenance
    from ingot.lake.table import Lake
    from ingot.tables import describe_drop, drop_table, restore_table

    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    assert replayed(lake) == 1
    for drops in (describe_drop, drop_table):
        with pytest.raises(
            IngotError, match=r"holds what rules of silver\.t set aside, and is dropped with it"
        ) as raised:
            drops(lake.project, "silver.T__quarantine")
        assert raised.value.code == "quarantine-follows"
    restore_table(lake.project, "silver.t", 0)
    assert (kept(lake), aside(lake)) == ([1, 2], [3])
    main = Lake(lake.project.lake, lake.project.catalog).table(lake.project.table_name(["silver", "t"]))
    maintenance.drop(main)
    assert [name.table for name in drop_table(lake.project, "silver.t__quarantine")] == ["t__quarantine"]


def test_a_query_shows_no_row_of_a_batch_that_died_before_its_commit(tmp_path):
    from ingot.status import table_states

    lake = project(tmp_path, bronze=BRONZE)
    (tmp_path / "transformations/silver.sql").write_text(QUARANTINING)
    dies_when_quarantined(tmp_path)
    assert aside(lake) == []
    again(tmp_path)
    (tmp_path / "in/2.csv").write_text("id,customer,amount\n4,Alan,\n")
    dies_when_quarantined(tmp_path)
    assert aside(lake) == [3]
    newest = lake.project.lake / "silver/t__quarantine/_delta_log/00000000000000000002.json"
    assert newest.exists(), "the batch has set its rows aside"
    assert rows(lake, "SELECT id FROM silver.T__Quarantine VERSION AS OF 2") == [(3,)]
    assert rows(lake, "SELECT id FROM silver.t__quarantine VERSION AS OF 0") == []
    assert ("numRows", "1") in rows(lake, "DESCRIBE DETAIL silver.t__quarantine")
    assert {s.name.table: s.rows for s in table_states(lake.project)}["t__quarantine"] == 1


def dies_when_quarantined(folder) -> None:
    program = "import sys; from ingot.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "-C", str(folder), "run"]
    died = subprocess.run(command, env={**os.environ, "INGOT_CRASH_AT": "quarantined"}, capture_output=True)
    assert died.returncode == -signal.SIGKILL


def test_rows_of_tables_that_still_break_a_rule_keep_their_batch_and_when_it_was(tmp_path):
    project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,\n5,Zoë,\n"})
    origin = "SELECT id, _quarantine_batch, _quarantined_at FROM silver.t__quarantine ORDER BY id"
    before = rows(lake, origin)
    assert [row[:2] for row in before] == [(3, 0), (4, 1), (5, 1)]
    partly = QUARANTINING.replace("SELECT *", "SELECT id, customer, IF(id = 5, 0, amount) AS amount")
    assert replayed(lake, partly) == 1
    assert rows(lake, origin) == before[:2]


@pytest.mark.parametrize("select", ["SELECT *", "SELECT DISTINCT *"])
def test_when_a_row_was_set_aside_does_not_depend_on_the_time_zone_of_the_session(tmp_path, select):
    import datetime

    (tmp_path / "ingot.yml").write_text("name: t\nconfiguration:\n  spark.sql.session.timeZone: America/New_York\n")
    lake = project(tmp_path, bronze=BRONZE, silver=QUARANTINING.replace("SELECT *", select))
    [(at,)] = rows(lake, "SELECT _quarantined_at FROM silver.t__quarantine")
    assert abs(datetime.datetime.now(datetime.UTC) - at) < datetime.timedelta(hours=1)


ASIDE = """
CREATE STREAMING TABLE silver.paid (CONSTRAINT paid EXPECT (amount > 5) ON VIOLATION DROP ROW)
  TBLPROPERTIES ('ingot.quarantine' = 'paid') AS SELECT id, amount FROM STREAM bronze.orders;
"""
REPORT = "CREATE MATERIALIZED VIEW gold.{0} AS SELECT count(*) AS n, max(id) AS last FROM silver.paid__quarantine;"
COPY = """CREATE STREAMING TABLE gold.copy AS SELECT q.id, size(q._broken_rules) AS n, r.n AS unpaid
  FROM STREAM silver.paid__quarantine q CROSS JOIN silver.paid__quarantine a CROSS JOIN gold.report r;"""
PAID = {"in/1.csv": "id,customer,amount\n1,Ada,10\n"}


def test_what_reads_a_quarantine_comes_after_the_table_whose_rows_it_holds(tmp_path):
    lake = run_project(tmp_path, {"a.sql": REPORT.format("report") + COPY + ASIDE + BRONZE, **PAID})
    asked = "SELECT * FROM gold.report"
    assert rows(lake, asked) == [(0, None)], "nothing was set aside, and there is no table yet"
    assert version(again(tmp_path), "gold.report") == 0
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n2,Ada,1\n"})
    assert rows(lake, asked) == [(1, 2)]
    assert rows(lake, "SELECT * FROM gold.copy") == [(2, 1, 1)]
    lake = again(tmp_path, {"in/3.csv": "id,customer,amount\n3,Ada,1\n"})
    assert rows(lake, asked) == [(2, 3)]
    assert version(again(tmp_path), "gold.report") == version(lake, "gold.report")
    lake = again(tmp_path, full_refresh=["silver.paid"], refresh=["gold.report"])
    assert rows(lake, asked) == [(2, 3)]


def test_a_quarantine_that_no_rule_fills_is_unknown(tmp_path):
    plain = ASIDE.replace("TBLPROPERTIES ('ingot.quarantine' = 'paid')", "")
    with pytest.raises(IngotError, match=r"unknown dataset 'silver\.paid__quarantine'"):
        run_project(tmp_path, {"a.sql": REPORT.format("report") + plain + BRONZE, **PAID})


VIEWS = {
    "temporary": "CREATE TEMPORARY VIEW v (CONSTRAINT known EXPECT (amount IS NOT NULL) ON VIOLATION FAIL UPDATE) "
    "AS SELECT * FROM bronze.orders;",
    "python": """from ingot import pipelines as dp

@dp.temporary_view(name="v")
@dp.expect_or_fail("known", "amount IS NOT NULL")
def v():
    return spark.read.table("bronze.orders")
""",
}
READER = "CREATE MATERIALIZED VIEW gold.t AS SELECT id FROM v;"


@pytest.mark.parametrize("how", VIEWS)
def test_a_row_that_fails_a_rule_of_a_view_stops_the_update_that_reads_it(tmp_path, how):
    view = {f"transformations/v.{'py' if how == 'python' else 'sql'}": VIEWS[how]}
    files = {"transformations/a.sql": BRONZE, "transformations/t.sql": READER, **view}
    with pytest.raises(IngotError, match="a row violates known in the view v"):
        run_project(tmp_path, {"in/1.csv": "id,customer,amount\n1,Ada,10\n2,Ada,\n", **files})
    assert "gold" not in {schema for schema, _ in rows(connect(tmp_path), "SHOW TABLES")}
    lake = again(tmp_path, {"in/1.csv": "id,customer,amount\n1,Ada,10\n2,Ada,5\n"}, full_refresh=["bronze.orders"])
    assert rows(lake, "SELECT id FROM gold.t ORDER BY id") == [(1,), (2,)]


def test_a_row_that_fails_a_rule_of_a_materialized_view_stops_its_update(tmp_path):
    rule = "CONSTRAINT known EXPECT (amount IS NOT NULL) ON VIOLATION FAIL UPDATE"
    silver = f"CREATE MATERIALIZED VIEW silver.t ({rule}) AS SELECT * FROM bronze.orders"
    with pytest.raises(IngotError, match="1 of 3 rows violate 'known'"):
        project(tmp_path, bronze=BRONZE, silver=silver)


NOTED = """CREATE STREAMING TABLE silver.t (id BIGINT, amount DOUBLE, note INT, tags ARRAY<INT>,
  CONSTRAINT known EXPECT (amount IS NOT NULL))
TBLPROPERTIES ('ingot.quarantine' = 'known')
AS SELECT id, amount, {note} AS note, {tags} AS tags FROM STREAM bronze.orders{clause}"""


@pytest.mark.parametrize("clause", ["", " WHERE rand() >= 0"], ids=["as it is", "evaluated once"])
def test_a_row_is_set_aside_with_null_of_no_type_as_what_the_table_declares(tmp_path, clause):
    definition = NOTED.format(note="NULL", tags="array()", clause=clause)
    lake = project(tmp_path, bronze=BRONZE, silver=definition)
    aside = "SELECT id, note, tags FROM silver.t__quarantine ORDER BY id"
    assert rows(lake, aside) == [(3, None, [])]
    assert (replayed(lake, definition), rows(lake, aside)) == (0, [(3, None, [])])
    filled = NOTED.format(note="7", tags="array(8)", clause=clause)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,\n", "transformations/silver.sql": filled})
    assert rows(lake, aside) == [(3, None, []), (4, 7, [8])]
    assert replayed(lake, filled) == 0
    assert rows(lake, aside) == [(3, None, []) if clause else (3, 7, [8]), (4, 7, [8])]
