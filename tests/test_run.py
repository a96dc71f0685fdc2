"""Updates of small projects, from raw files to tables: what each kind of dataset promises."""

from pathlib import Path

import pytest

from ingot.connection import connect
from ingot.dry_run import dry_run
from ingot.errors import IngotError
from ingot.testing import ManualClock, run_project
from ingot.update.selection import Selection

ORDERS = "id,customer,amount\n1,Ada,10.5\n2,Grace,20\n3,Ada,\n"
BRONZE = """CREATE STREAMING TABLE bronze.orders AS
SELECT * FROM STREAM read_files('in', format => 'csv', header => true,
  schema => 'id BIGINT, customer STRING, amount DOUBLE');"""


def project(folder: Path, **definitions: str):
    """A project with one CSV file and these definitions (`name=text`); runs one update."""
    files = {f"transformations/{name}.sql": text for name, text in definitions.items()}
    return run_project(folder, {"in/1.csv": ORDERS, **files})


def again(folder: Path, files: dict[str, str] | None = None, **options):
    return run_project(folder, files or {}, **options)


def rows(connection, text: str) -> list[tuple]:
    return connection.sql(text).fetchall()


def version(connection, table: str) -> int:
    return rows(connection, f"DESCRIBE HISTORY {table}")[0][0]


# --- streaming tables ---------------------------------------------------------------------------------------


def test_a_file_is_read_once_and_new_files_are_appended(tmp_path):
    project(tmp_path, bronze=BRONZE)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM bronze.orders ORDER BY id") == [(1,), (2,), (3,), (4,)]
    assert version(lake, "bronze.orders") == 1
    lake = again(tmp_path)
    assert version(lake, "bronze.orders") == 1


def test_a_file_that_changes_under_its_name_is_read_again_only_when_asked(tmp_path):
    project(tmp_path, bronze=BRONZE)
    changed = {"in/1.csv": "id,customer,amount\n9,Zed,1\n"}
    assert rows(again(tmp_path, changed), "SELECT count(*) FROM bronze.orders") == [(3,)]
    definition = {
        "transformations/bronze.sql": BRONZE.replace("header => true", "header => true, allowOverwrites => true")
    }
    lake = again(tmp_path, definition)
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(4,)]


def test_a_stream_of_a_table_reads_only_new_rows(tmp_path):
    silver = "CREATE STREAMING TABLE silver.orders AS SELECT id, upper(customer) AS customer FROM STREAM bronze.orders"
    project(tmp_path, bronze=BRONZE, silver=silver)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT * FROM silver.orders ORDER BY id")[-1] == (4, "ALAN")
    assert rows(lake, "SELECT count(*) FROM silver.orders") == [(4,)]


def test_a_stream_joins_a_static_table_as_of_the_batch(tmp_path):
    definitions = {
        "bronze": BRONZE,
        "names": "CREATE MATERIALIZED VIEW silver.names AS SELECT * FROM read_files('names.csv', format => 'csv', "
        "header => true, schema => 'customer STRING, country STRING')",
        "silver": "CREATE STREAMING TABLE silver.orders AS SELECT o.id, n.country FROM STREAM bronze.orders o "
        "LEFT JOIN silver.names n ON n.customer = o.customer",
    }
    (tmp_path / "names.csv").write_text("customer,country\nAda,GB\n")
    project(tmp_path, **definitions)
    lake = again(
        tmp_path,
        {"names.csv": "customer,country\nAda,UK\nAlan,UK\n", "in/2.csv": "id,customer,amount\n4,Alan,1\n5,Ada,2\n"},
    )
    assert rows(lake, "SELECT * FROM silver.orders ORDER BY id") == [
        (1, "GB"), (2, None), (3, "GB"), (4, "UK"), (5, "UK"),
    ]  # fmt: skip


def test_a_rewritten_source_table_is_refused_with_the_way_out(tmp_path):
    gold = "CREATE MATERIALIZED VIEW silver.v AS SELECT customer, count(*) AS n FROM bronze.orders GROUP BY customer"
    copy = "CREATE STREAMING TABLE gold.copy AS SELECT * FROM STREAM silver.v"
    project(tmp_path, bronze=BRONZE, silver=gold, gold=copy)
    with pytest.raises(IngotError, match="reads only appended rows") as raised:
        again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert raised.value.code == "source-rewritten"
    assert "full-refresh" in (raised.value.hint or "")
    assert raised.value.location is not None
    lake = again(tmp_path, full_refresh=["gold.copy"])
    assert rows(lake, "SELECT count(*) FROM gold.copy") == [(3,)]


def test_several_flows_write_one_table_and_a_once_flow_runs_one_time(tmp_path):
    text = """
    CREATE STREAMING TABLE silver.all;
    CREATE FLOW live AS INSERT INTO silver.all BY NAME SELECT id, 'live' AS origin FROM STREAM bronze.orders;
    CREATE FLOW old AS INSERT INTO ONCE silver.all BY NAME SELECT id + 100 AS id, 'old' AS origin FROM bronze.orders;
    """
    project(tmp_path, bronze=BRONZE, silver=text)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT origin, count(*) FROM silver.all GROUP BY origin ORDER BY origin") == [
        ("live", 4), ("old", 3),
    ]  # fmt: skip


def test_distinct_over_a_stream_works_across_batches(tmp_path):
    text = "CREATE STREAMING TABLE silver.customers AS SELECT DISTINCT customer FROM STREAM bronze.orders"
    project(tmp_path, bronze=BRONZE, silver=text)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Ada,1\n5,Alan,1\n6,,1\n"})
    lake = again(tmp_path, {"in/3.csv": "id,customer,amount\n7,,1\n8,Alan,1\n"})
    assert rows(lake, "SELECT customer FROM silver.customers ORDER BY customer") == [
        (None,),
        ("Ada",),
        ("Alan",),
        ("Grace",),
    ]


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT customer, count(*) AS n FROM STREAM bronze.orders GROUP BY customer", "aggregat"),
        ("SELECT a.id FROM STREAM bronze.orders a JOIN STREAM bronze.orders b ON a.id = b.id", "join"),
        ("SELECT id, row_number() OVER (ORDER BY id) AS n FROM STREAM bronze.orders", "window"),
        ("SELECT id FROM STREAM bronze.orders LIMIT 2", "limit"),
    ],
)
def test_stateful_queries_over_streams_are_refused_with_a_hint(tmp_path, query, what):
    with pytest.raises(IngotError, match=what) as raised:
        project(tmp_path, bronze=BRONZE, silver=f"CREATE STREAMING TABLE silver.t AS {query}")
    assert "MATERIALIZED VIEW" in (raised.value.hint or "")


def test_batches_are_bounded_by_files(tmp_path):
    for number in range(5):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.csv").write_text(f"id,customer,amount\n{number},x,1\n")
    text = BRONZE.replace("header => true", "header => true, maxFilesPerTrigger => 2")
    lake = run_project(tmp_path, {"transformations/bronze.sql": text})
    assert version(lake, "bronze.orders") == 2
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(5,)]


# --- schemas ------------------------------------------------------------------------------------------------


def test_new_columns_of_new_files_evolve_an_inferred_schema(tmp_path):
    text = "CREATE STREAMING TABLE bronze.t AS SELECT * FROM STREAM read_files('in', format => 'csv', header => true)"
    project(tmp_path, bronze=text)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount,country\n4,Alan,1,UK\n"})
    assert rows(lake, "SELECT id, country FROM bronze.t ORDER BY id") == [(1, None), (2, None), (3, None), (4, "UK")]


def test_a_new_column_in_the_definition_evolves_the_table_and_a_wider_type_too(tmp_path):
    project(
        tmp_path,
        bronze=BRONZE,
        silver="CREATE STREAMING TABLE silver.t AS SELECT CAST(id AS INT) AS id FROM STREAM bronze.orders",
    )
    wider = "CREATE STREAMING TABLE silver.t AS SELECT id, customer FROM STREAM bronze.orders"
    lake = again(tmp_path, {"transformations/silver.sql": wider, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert lake.sql("SELECT * FROM silver.t").schema.ddl == "struct<id:bigint,customer:string>"
    assert rows(lake, "SELECT * FROM silver.t ORDER BY id") == [(1, None), (2, None), (3, None), (4, "Alan")]


def test_an_incompatible_change_is_refused_and_nothing_is_lost(tmp_path):
    project(tmp_path, bronze=BRONZE, silver="CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders")
    changed = "CREATE STREAMING TABLE silver.t AS SELECT CAST(id AS STRING) AS id FROM STREAM bronze.orders"
    with pytest.raises(IngotError, match="bigint to string") as raised:
        again(tmp_path, {"transformations/silver.sql": changed})
    assert raised.value.code == "incompatible-schema"
    lake = again(tmp_path, full_refresh=["silver.t"])
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [("1",), ("2",), ("3",)]


def test_a_column_name_that_delta_forbids_is_an_error_with_the_alias_to_write(tmp_path):
    with pytest.raises(IngotError, match="n of it") as raised:
        project(
            tmp_path, bronze=BRONZE, gold="CREATE MATERIALIZED VIEW gold.t AS SELECT id AS `n of it` FROM bronze.orders"
        )
    assert raised.value.code == "invalid-column-name"
    assert "n_of_it" in (raised.value.hint or "")
    mapped = """CREATE MATERIALIZED VIEW gold.t TBLPROPERTIES ('delta.columnMapping.mode' = 'name')
    AS SELECT id AS `n of it` FROM bronze.orders"""
    lake = again(tmp_path, {"transformations/gold.sql": mapped})
    assert rows(lake, "SELECT `n of it` FROM gold.t ORDER BY 1") == [(1,), (2,), (3,)]


# --- materialized views -------------------------------------------------------------------------------------

GOLD = "CREATE MATERIALIZED VIEW gold.t AS SELECT customer, sum(amount) AS amount FROM bronze.orders GROUP BY customer"


def test_a_view_is_replaced_only_when_something_changed(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, gold=GOLD)
    assert version(lake, "gold.t") == 0
    assert version(again(tmp_path), "gold.t") == 0
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert version(lake, "gold.t") == 1
    assert rows(lake, "SELECT * FROM gold.t ORDER BY customer") == [("Ada", 10.5), ("Alan", 1.0), ("Grace", 20.0)]
    changed = GOLD.replace("sum(amount)", "max(amount)")
    lake = again(tmp_path, {"transformations/gold.sql": changed})
    assert version(lake, "gold.t") == 2


def test_a_comment_in_the_file_is_no_change_of_the_definition(tmp_path):
    project(tmp_path, bronze=BRONZE, gold=GOLD)
    lake = again(tmp_path, {"transformations/gold.sql": f"-- revenue\n{GOLD}"})
    assert version(lake, "gold.t") == 0


def test_compaction_upstream_is_no_change(tmp_path):
    from ingot.tables import optimize_tables

    project(tmp_path, bronze=BRONZE, gold=GOLD)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    [(_, before, after)] = optimize_tables(lake.project, lake.engine, ["bronze.orders"])
    assert (before, after) == (2, 1)
    lake = again(tmp_path)
    assert version(lake, "gold.t") == 1
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(4,)]


def test_a_volatile_view_is_always_recomputed(tmp_path):
    text = "CREATE MATERIALIZED VIEW gold.t AS SELECT current_timestamp() AS at, id FROM bronze.orders"
    project(tmp_path, bronze=BRONZE, gold=text)
    assert version(again(tmp_path), "gold.t") == 1


def test_current_timestamp_is_the_clock_of_the_update(tmp_path):
    clock = ManualClock()
    text = "CREATE MATERIALIZED VIEW gold.t AS SELECT current_timestamp() AS at"
    lake = run_project(tmp_path, {"transformations/t.sql": text}, clock=clock)
    assert rows(lake, "SELECT at FROM gold.t") == [(clock(),)]


def test_a_view_over_files_notices_new_files(tmp_path):
    text = (
        "CREATE MATERIALIZED VIEW gold.t AS SELECT count(*) AS n FROM read_files('in', format => 'csv', header => true)"
    )
    project(tmp_path, gold=text)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT n FROM gold.t") == [(4,)]


def test_temporary_views_are_evaluated_where_they_are_read(tmp_path):
    text = """CREATE TEMPORARY VIEW clean AS SELECT * FROM bronze.orders WHERE amount IS NOT NULL;
    CREATE MATERIALIZED VIEW gold.t AS SELECT count(*) AS n FROM clean;"""
    lake = project(tmp_path, bronze=BRONZE, gold=text)
    assert rows(lake, "SELECT n FROM gold.t") == [(2,)]
    assert [name for _, name in rows(lake, "SHOW TABLES")] == ["orders", "t"]


# --- failures -----------------------------------------------------------------------------------------------


def test_a_failing_dataset_fails_what_reads_it_and_nothing_else(tmp_path):
    definitions = {
        "bronze": BRONZE,
        "bad": "CREATE MATERIALIZED VIEW silver.bad AS SELECT CAST(customer AS INT) AS n FROM bronze.orders",
        "worse": "CREATE MATERIALIZED VIEW gold.worse AS SELECT * FROM silver.bad",
        "good": GOLD,
    }
    files = {f"transformations/{name}.sql": text for name, text in definitions.items()}
    for name, text in {"in/1.csv": ORDERS, **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    connection = connect(tmp_path)
    outcome = connection.run()
    statuses = {name.short: progress.status for name, progress in outcome.progress.items()}
    assert statuses == {
        "bronze.orders": "COMPLETED", "silver.bad": "FAILED", "gold.worse": "SKIPPED", "gold.t": "COMPLETED",
    }  # fmt: skip
    assert not outcome.is_success
    [error] = [e for name, e in outcome.failures.items() if name.short == "silver.bad"]
    assert error.location is not None and error.location.path.endswith("bad.sql")


def test_an_unknown_dataset_is_named_with_the_nearest(tmp_path):
    with pytest.raises(IngotError, match=r"bronze\.order'") as raised:
        project(tmp_path, bronze=BRONZE, gold="CREATE MATERIALIZED VIEW gold.t AS\nSELECT * FROM bronze.order")
    assert raised.value.hint == "did you mean 'bronze.orders'?"
    assert str(raised.value.location).endswith("gold.sql:2")


def test_a_table_without_its_checkpoint_is_refused(tmp_path):
    import shutil

    project(tmp_path, bronze=BRONZE)
    shutil.rmtree(tmp_path / "lake" / "_ingot")
    with pytest.raises(IngotError) as raised:
        again(tmp_path)
    assert raised.value.code == "no-checkpoint"
    lake = again(tmp_path, full_refresh=["bronze.orders"])
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_what_a_file_that_cannot_be_loaded_may_define_is_not_read_as_it_was(tmp_path):
    base = "from pyspark import pipelines as dp\n\n@dp.materialized_view\ndef base():\n    return spark.range(3)\n"
    top = "CREATE MATERIALIZED VIEW top AS SELECT count(*) AS n FROM base;"
    connection = again(tmp_path, {"transformations/base.py": base, "transformations/top.sql": top})
    assert rows(connection, "SELECT n FROM top") == [(3,)]
    (tmp_path / "transformations/base.py").write_text(base.replace("@dp", "nothing\n@dp"))
    outcome = connect(tmp_path).run()
    [(name, error)] = outcome.failures.items()
    assert (name.short, error.code, error.hint) == (
        "default.top",
        "upstream-failed",
        "mend transformations/base.py first",
    )
    assert [e.code for e in outcome.errors] == ["user-code"]


def test_a_missing_package_fails_only_what_uses_it(tmp_path, monkeypatch):
    monkeypatch.setattr("ingot.definitions.spark.udf.find_spec", lambda package: None)
    text = """
from pyspark import pipelines as dp
from pyspark.sql.functions import pandas_udf

@pandas_udf("long")
def doubled(column):
    return column * 2

@dp.materialized_view
def with_it():
    return spark.range(3).select(doubled("id").alias("d"))

@dp.materialized_view
def without():
    return spark.range(3)
"""
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "a.py").write_text(text)
    outcome = connect(tmp_path).run()
    assert {name.table: error.code for name, error in outcome.failures.items()} == {"with_it": "missing-package"}
    assert outcome.errors == ()


def test_a_failed_full_refresh_keeps_the_old_rows(tmp_path):
    project(tmp_path, bronze=BRONZE)
    (tmp_path / "in/1.csv").unlink()
    (tmp_path / "in/2.csv").write_text("id,customer,amount\n")
    broken = {"transformations/bronze.sql": BRONZE.replace("SELECT *", "SELECT CAST(customer AS INT) AS id")}
    (tmp_path / "in/3.csv").write_text("id,customer,amount\n1,x,2\n")
    with pytest.raises(IngotError):
        again(tmp_path, broken, full_refresh=["bronze.orders"])
    assert rows(connect(tmp_path), "SELECT count(*) FROM bronze.orders") == [(3,)]


# --- expectations -------------------------------------------------------------------------------------------


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
    from ingot.replay import list_quarantines, replay

    rule = "CONSTRAINT known EXPECT (amount IS NOT NULL)"
    quarantine = "TBLPROPERTIES ('ingot.quarantine' = 'known')"
    lake = project(tmp_path, bronze=BRONZE, silver=expecting(rule, quarantine))
    assert rows(lake, "SELECT id, _broken_rules FROM silver.t__quarantine") == [(3, ["known"])]
    assert list_quarantines(lake.project, lake.engine)[0][:3] == ("silver.t", 1, "known (1)")
    relaxed = expecting(rule, quarantine).replace("SELECT *", "SELECT id, customer, coalesce(amount, 0) AS amount")
    (tmp_path / "transformations/silver.sql").write_text(relaxed)
    assert replay(lake.project, lake.engine, "silver.t").accepted == 1
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


# --- around updates -----------------------------------------------------------------------------------------


def test_only_selected_datasets_are_refreshed(tmp_path):
    project(tmp_path, bronze=BRONZE, gold=GOLD)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"}, refresh=["gold.t"])
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_a_reset_that_is_not_allowed_is_said_and_not_done(tmp_path):
    text = BRONZE.replace("bronze.orders AS", "bronze.orders TBLPROPERTIES ('pipelines.reset.allowed' = 'false') AS")
    project(tmp_path, bronze=text)
    with pytest.raises(IngotError) as raised:
        again(tmp_path, full_refresh=["bronze.orders"])
    assert raised.value.code == "reset-not-allowed"


def test_older_versions_can_be_read_and_restored(tmp_path):
    from ingot.tables import restore_table

    project(tmp_path, bronze=BRONZE)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT count(*) FROM bronze.orders VERSION AS OF 0") == [(3,)]
    restore_table(lake.project, "bronze.orders", 0)
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(3,)]
    lake = again(tmp_path, {"in/3.csv": "id,customer,amount\n5,Alan,1\n"})
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(4,)]


def test_a_dropped_table_starts_again(tmp_path):
    from ingot.tables import drop_table

    lake = project(tmp_path, bronze=BRONZE)
    drop_table(lake.project, "bronze.orders")
    assert rows(lake, "SHOW TABLES") == []
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_a_preview_computes_what_has_no_table_yet_and_writes_nothing(tmp_path):
    from ingot.queries import preview

    lake = project(tmp_path, bronze=BRONZE)
    (tmp_path / "transformations/gold.sql").write_text(GOLD)
    result = preview(lake.project, lake.engine, "gold.t", 10)
    assert sorted(result.fetchall()) == [("Ada", 10.5), ("Grace", 20.0)]
    assert not (tmp_path / "lake/gold").exists()


def test_a_dry_run_plans_everything_and_writes_nothing(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.csv").write_text(ORDERS)
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations/all.sql").write_text(f"{BRONZE}\n{GOLD};")
    connection = connect(tmp_path)
    report = dry_run(connection.project, connection.engine, Selection())
    assert [(s.dataset.short, s.technique.value) for s in report.steps] == [
        ("bronze.orders", "append"), ("gold.t", "full_recompute"),
    ]  # fmt: skip
    connection.close()
    assert not (tmp_path / "lake").exists()


def test_old_files_of_a_replaced_view_are_removed_within_the_retention(tmp_path):
    gold = (
        "CREATE MATERIALIZED VIEW gold.t TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 0 seconds') "
    )
    text = gold + "AS SELECT current_timestamp() AS at"
    for _ in range(22):
        lake = run_project(tmp_path, {"transformations/t.sql": text})
    assert len(list((tmp_path / "lake/gold/t").glob("*.parquet"))) < 5
    assert rows(lake, "SELECT count(*) FROM gold.t") == [(1,)]


def test_a_project_can_be_moved(tmp_path):
    project(tmp_path / "a", bronze=BRONZE)
    (tmp_path / "a").rename(tmp_path / "b")
    assert rows(again(tmp_path / "b"), "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_two_columns_of_one_name_are_refused(tmp_path):
    with pytest.raises(IngotError) as raised:
        project(
            tmp_path,
            bronze=BRONZE,
            gold="CREATE MATERIALIZED VIEW gold.t AS SELECT id, amount AS ID FROM bronze.orders",
        )
    assert raised.value.code == "duplicate-column"


def test_a_query_function_may_ask_for_rows_of_its_upstream(tmp_path):
    text = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F

@dp.materialized_view(name="gold.share")
def share():
    total = spark.read.table("silver.positive").agg(F.sum("amount").alias("s")).collect()[0]["s"]
    return spark.read.table("silver.positive").select("id", (F.col("amount") / total).alias("share"))

@dp.materialized_view(name="gold.shares")
def shares():
    return spark.read.table("gold.share").agg(F.count("*").alias("n"))
"""
    silver = "CREATE MATERIALIZED VIEW silver.positive AS SELECT * FROM bronze.orders WHERE amount > 0"
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations/a_gold.py").write_text(text)
    (tmp_path / "transformations/silver.sql").write_text(f"{BRONZE}\n{silver};")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/0.csv").write_text("id,customer,amount\n")
    connection = connect(tmp_path)
    report = dry_run(connection.project, connection.engine, Selection())
    assert not report.errors
    reasons = {step.dataset.short: step.reason for step in report.steps}
    assert reasons["gold.share"] == "asks for rows of silver.positive, which is not there yet"
    (tmp_path / "transformations/silver.sql").unlink()
    lake = project(tmp_path, bronze=BRONZE, silver=silver)
    assert rows(lake, "SELECT id, round(share, 3) FROM gold.share ORDER BY id") == [(1, 0.344), (2, 0.656)]
    assert rows(lake, "SELECT n FROM gold.shares") == [(2,)]
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,30.5\n"})
    assert rows(lake, "SELECT id, share FROM gold.share WHERE id = 4") == [(4, 0.5)]


def test_a_cycle_fails_its_datasets_alone(tmp_path):
    text = """CREATE MATERIALIZED VIEW gold.a AS SELECT * FROM gold.b;
    CREATE MATERIALIZED VIEW gold.b AS SELECT * FROM gold.a;"""
    with pytest.raises(IngotError) as raised:
        project(tmp_path, bronze=BRONZE, gold=text)
    assert raised.value.code == "cycle"
    assert rows(connect(tmp_path), "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_tables_that_the_project_does_not_define_can_be_mapped_to_files(tmp_path):
    other = run_project(tmp_path / "other", {"in/1.csv": ORDERS, "transformations/b.sql": BRONZE})
    other.close()
    text = """CREATE MATERIALIZED VIEW gold.trips AS SELECT * FROM samples.nyctaxi.trips;
    CREATE STREAMING TABLE gold.more AS SELECT * FROM STREAM samples.nyctaxi.trips;
    CREATE MATERIALIZED VIEW gold.theirs AS SELECT count(*) AS n FROM prod.sales.orders;"""
    settings = f"""name: mapped
tables:
  samples.nyctaxi.trips: trips.csv
  prod.sales.orders: {tmp_path}/other/lake/bronze/orders
"""
    files = {"ingot.yml": settings, "trips.csv": "fare,zone\n2.5,A\n", "transformations/t.sql": text}
    lake = run_project(tmp_path / "p", files)
    assert lake.sql("SELECT * FROM gold.trips").schema.ddl == "struct<fare:double,zone:string>"
    assert rows(lake, "SELECT * FROM gold.more") == [(2.5, "A")]
    assert rows(lake, "SELECT n FROM gold.theirs") == [(3,)]


def test_a_stream_that_starts_at_the_latest_version_misses_nothing_after_that(tmp_path):
    text = """
from pyspark import pipelines as dp

@dp.table(name="silver.t")
def t():
    return spark.readStream.option("startingVersion", "latest").table("bronze.orders")
"""
    project(tmp_path, bronze=BRONZE)
    again(tmp_path, {"transformations/t.py": text})
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM silver.t") == [(4,)]


def test_a_commit_whose_answer_was_lost_is_not_made_twice(tmp_path, monkeypatch):
    from ingot.lake.store import LocalStore

    put = LocalStore.put_if_absent
    lost = []

    def put_and_lose(self, path, content):
        done = put(self, path, content)
        if path.name.endswith("1.json") and "bronze" in str(path) and "_delta_log" in str(path) and not lost:
            lost.append(path)
            return False
        return done

    project(tmp_path, bronze=BRONZE)
    monkeypatch.setattr(LocalStore, "put_if_absent", put_and_lose)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert lost
    assert rows(lake, "SELECT id FROM bronze.orders ORDER BY id") == [(1,), (2,), (3,), (4,)]


def test_a_deduplicated_stream_keeps_where_its_quarantined_rows_came_from(tmp_path):
    from ingot.replay import list_quarantines

    text = """CREATE STREAMING TABLE silver.t (CONSTRAINT known EXPECT (amount IS NOT NULL))
    TBLPROPERTIES ('ingot.quarantine' = 'known') AS SELECT DISTINCT * FROM STREAM bronze.orders"""
    lake = project(tmp_path, bronze=BRONZE, silver=text)
    [(flow, batch)] = rows(lake, "SELECT _quarantine_flow, _quarantine_batch FROM silver.t__quarantine")
    assert (flow, batch) == ("silver.t", 0)
    assert list_quarantines(lake.project, lake.engine)[0][:3] == ("silver.t", 1, "known (1)")


def test_a_renamed_flow_is_refused_rather_than_doubling_its_rows(tmp_path):
    text = """CREATE STREAMING TABLE silver.t;
    CREATE FLOW f1 AS INSERT INTO silver.t BY NAME SELECT id FROM STREAM bronze.orders;"""
    project(tmp_path, bronze=BRONZE, silver=text)
    with pytest.raises(IngotError, match="would be there twice") as raised:
        again(tmp_path, {"transformations/silver.sql": text.replace("f1", "f2")})
    assert raised.value.code == "renamed-flow"
    lake = again(tmp_path, full_refresh=["silver.t"])
    assert rows(lake, "SELECT count(*) FROM silver.t") == [(3,)]


def test_a_column_that_is_never_null_is_nullable_in_the_table(tmp_path):
    project(tmp_path, bronze=BRONZE, silver="CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders")
    wider = "CREATE STREAMING TABLE silver.t AS SELECT id, 1 AS one FROM STREAM bronze.orders"
    lake = again(tmp_path, {"transformations/silver.sql": wider, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT * FROM silver.t ORDER BY id") == [(1, None), (2, None), (3, None), (4, 1)]


def test_a_full_refresh_of_an_append_only_table_is_refused_before_anything_happens(tmp_path):
    text = BRONZE.replace("bronze.orders AS", "bronze.orders TBLPROPERTIES ('delta.appendOnly' = 'true') AS")
    project(tmp_path, bronze=text)
    with pytest.raises(IngotError) as raised:
        again(tmp_path, full_refresh=["bronze.orders"])
    assert raised.value.code == "append-only-table"
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_short_versions_and_unknown_streams(tmp_path):
    project(tmp_path, bronze=BRONZE)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT count(*) FROM bronze.orders@v0") == [(3,)]
    text = "CREATE STREAMING TABLE gold.t AS SELECT * FROM STREAM read_kafka(bootstrapServers => 'x', subscribe => 'y')"
    with pytest.raises(IngotError, match="read_kafka"):
        again(tmp_path, {"transformations/k.sql": text})


def test_reader_options_without_effect_are_said_once(tmp_path):
    from ingot.events import EventStream
    from ingot.run import Update
    from ingot.update.selection import Selection

    definition = BRONZE.replace("header => true", "header => true, hedaer => false, cleanSource => 'DELETE'")
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations/b.sql").write_text(definition)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.csv").write_text(ORDERS)
    messages = []
    events = EventStream()
    events.listen(lambda event: messages.append(event.message) if event.level == "WARN" else None)
    Update(connect(tmp_path).project, Selection(), events=events).run()
    assert sum("hedaer" in message for message in messages) == 1
    assert sum("cleanSource" in message for message in messages) == 1


def test_files_that_are_there_already_can_be_left_out(tmp_path):
    project(tmp_path, bronze=BRONZE.replace("header => true", "header => true, includeExistingFiles => false"))
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM bronze.orders") == [(4,)]


def test_a_broken_file_that_is_repaired_is_read_and_one_that_is_taken_away_is_not_missed(tmp_path):
    project(tmp_path, bronze=BRONZE)
    (tmp_path / "in/2.csv.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    (tmp_path / "in/3.csv").write_text("id,customer,amount\n7,Good,1\n")
    for _ in range(2):
        with pytest.raises(IngotError):
            again(tmp_path)
    import gzip

    (tmp_path / "in/2.csv.gz").write_bytes(gzip.compress(b"id,customer,amount\n4,Alan,1\n", mtime=0))
    lake = again(tmp_path)
    assert rows(lake, "SELECT id FROM bronze.orders ORDER BY id") == [(1,), (2,), (3,), (4,), (7,)]
    (tmp_path / "in/5.csv.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(IngotError):
        again(tmp_path)
    (tmp_path / "in/5.csv.gz").unlink()
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.orders") == [(5,)]


def test_a_table_ahead_of_its_checkpoint_is_refused(tmp_path):
    import shutil

    project(tmp_path, bronze=BRONZE)
    shutil.copytree(tmp_path / "lake/_ingot", tmp_path / "backup")
    again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    shutil.rmtree(tmp_path / "lake/_ingot")
    shutil.copytree(tmp_path / "backup", tmp_path / "lake/_ingot")
    with pytest.raises(IngotError) as raised:
        again(tmp_path, {"in/3.csv": "id,customer,amount\n5,Alan,1\n"})
    assert raised.value.code == "checkpoint-mismatch"


@pytest.mark.parametrize(
    "name", ["`../x`", "`a/b`", "`.`", "_ingot.checkpoints", "gold.x__quarantine", "gold.`" + "x" * 300 + "`"]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(IngotError) as raised:
        run_project(tmp_path, {"transformations/t.sql": f"CREATE MATERIALIZED VIEW {name} AS SELECT 1 AS a"})
    assert raised.value.code == "invalid-name"


def test_a_link_to_nothing_among_the_files_is_an_error_with_its_name(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/gone.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(IngotError, match=r"gone\.csv") as raised:
        project(tmp_path, bronze=BRONZE)
    assert raised.value.code == "unreadable-file"


def test_changed_partitioning_is_refused_with_the_command(tmp_path):
    project(tmp_path, bronze=BRONZE)
    with pytest.raises(IngotError, match="partitioned by") as raised:
        again(
            tmp_path,
            {
                "transformations/bronze.sql": BRONZE.replace(
                    "bronze.orders AS", "bronze.orders PARTITIONED BY (customer) AS"
                ),
                "in/2.csv": "id,customer,amount\n4,Alan,1\n",
            },
        )
    assert "--full-refresh bronze.orders" in (raised.value.hint or "")


QUARANTINING = """CREATE STREAMING TABLE silver.t (CONSTRAINT known EXPECT (amount IS NOT NULL))
TBLPROPERTIES ('ingot.quarantine' = 'known') AS SELECT * FROM STREAM bronze.orders"""


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


def test_optimize_leaves_quarantines_alone_and_a_full_refresh_empties_them(tmp_path):
    from ingot.replay import list_quarantines
    from ingot.tables import optimize_tables

    project(tmp_path, bronze=BRONZE, silver=QUARANTINING)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,\n"})
    names = [name.short for name, *_ in optimize_tables(lake.project, lake.engine, [])]
    assert "silver.t__quarantine" not in names
    warning = QUARANTINING.replace("TBLPROPERTIES ('ingot.quarantine' = 'known')", "")
    lake = again(tmp_path, {"transformations/silver.sql": warning}, full_refresh=["silver.t"])
    assert rows(lake, "SELECT count(*) FROM silver.t") == [(4,)]
    assert list_quarantines(lake.project, lake.engine) == []


def test_a_dropped_table_is_found_whatever_the_case_of_its_name(tmp_path):
    from ingot.tables import drop_table

    lake = project(tmp_path, bronze=BRONZE)
    drop_table(lake.project, "BRONZE.Orders")
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.orders") == [(3,)]
