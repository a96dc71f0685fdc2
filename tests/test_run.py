"""Updates as a whole: what fails alone, what is left undone, what an interrupted one leaves, what only looks."""

import pytest

from ingot.connection import connect
from ingot.dry_run import dry_run
from ingot.errors import IngotError
from ingot.testing import run_project
from ingot.update.selection import Selection
from orders import BRONZE, ORDERS, again, project, rows

GOLD = "CREATE MATERIALIZED VIEW gold.t AS SELECT customer, sum(amount) AS amount FROM bronze.orders GROUP BY customer"


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


def test_only_selected_datasets_are_refreshed(tmp_path):
    project(tmp_path, bronze=BRONZE, gold=GOLD)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"}, refresh=["gold.t"])
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_a_preview_computes_what_has_no_table_yet_and_writes_nothing(tmp_path):
    from ingot.queries import preview

    lake = project(tmp_path, bronze=BRONZE)
    (tmp_path / "transformations/gold.sql").write_text(GOLD)
    result = preview(lake.project, lake.engine, "gold.t", 10)
    assert sorted(result.fetchall()) == [("Ada", 10.5), ("Grace", 20.0)]
    assert not (tmp_path / "lake/gold").exists()


def test_a_mistake_in_the_condition_of_a_preview_is_placed_there(tmp_path):
    from ingot.queries import preview

    lake = project(tmp_path, bronze=BRONZE)
    conditions = {
        "amout > 3": "column 'amout' does not exist in bronze.orders",
        "id > 1 AND nothing(id)": "function 'nothing' does not exist",
        "size(id) > 1": "size",
    }
    for condition, said in conditions.items():
        with pytest.raises(IngotError) as raised:
            preview(lake.project, lake.engine, "bronze.orders", 10, condition)
        assert (said in raised.value.message, str(raised.value.location)) == (True, "--where"), raised.value.message
    found = preview(lake.project, lake.engine, "bronze.orders", 10, "`bronze.orders`.amount > 15 AND id < 9")
    assert found.fetchall() == [(2, "Grace", 20.0)]


def test_a_preview_or_replay_of_what_is_not_understood_says_why(tmp_path):
    from ingot.queries import preview
    from ingot.replay import replay

    lake = project(tmp_path, bronze=BRONZE)
    (tmp_path / "transformations/silver.sql").write_text("CREATE STREAMING TABLE silver.t AS SELEC 1")
    for ask in (
        lambda: preview(lake.project, lake.engine, "SILVER.t", 10),
        lambda: replay(lake.project, lake.engine, "silver.T"),
    ):
        with pytest.raises(IngotError) as raised:
            ask()
        assert raised.value.code == "syntax-error"
        assert raised.value.location.path.endswith("silver.sql")


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


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ("CREATE FLOW c AS INSERT INTO zzz BY NAME SELECT x FROM STREAM good", "zzz", "unknown-target"),
        (
            "CREATE MATERIALIZED VIEW a AS SELECT 1 x; CREATE MATERIALIZED VIEW a AS SELECT 2 x",
            "a",
            "duplicate-dataset",
        ),
        (
            "CREATE STREAMING TABLE c; CREATE FLOW f AS AUTO CDC INTO c FROM STREAM (SELECT x FROM STREAM good) KEYS (x)"
            " SEQUENCE BY x STORED AS SCD TYPE 1",
            "c",
            "syntax-error",
        ),
    ],
)
def test_what_was_never_understood_is_told_as_what_fails_while_it_runs(tmp_path, text, name, code):
    lake = project(tmp_path, good="CREATE MATERIALIZED VIEW good AS SELECT 1 AS x")
    (tmp_path / "transformations/wrong.sql").write_text(text)
    outcome = connect(tmp_path).run()
    assert {failed.table: error.code for failed, error in outcome.failures.items()} == {name: code}
    assert {dataset.table: flow.status for dataset, flow in outcome.progress.items()} == {
        "good": "COMPLETED",
        name: "FAILED",
    }
    told = rows(lake, "SELECT message FROM event_log() WHERE event_type = 'flow_progress' AND level = 'ERROR'")
    assert [message.partition(":")[0] for (message,) in told] == [f"default.{name}"]


def test_a_cycle_fails_its_datasets_alone(tmp_path):
    text = """CREATE MATERIALIZED VIEW gold.a AS SELECT * FROM gold.b;
    CREATE MATERIALIZED VIEW gold.b AS SELECT * FROM gold.a;"""
    with pytest.raises(IngotError) as raised:
        project(tmp_path, bronze=BRONZE, gold=text)
    assert raised.value.code == "cycle"
    assert rows(connect(tmp_path), "SELECT count(*) FROM bronze.orders") == [(3,)]


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
    "name",
    [
        "`../x`",
        "`a/b`",
        "gold.`a.b`",
        "`.`",
        "_ingot.checkpoints",
        "gold._delta_log",
        "gold.x__quarantine",
        "gold.`" + "x" * 300 + "`",
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(IngotError) as raised:
        run_project(tmp_path, {"transformations/t.sql": f"CREATE MATERIALIZED VIEW {name} AS SELECT 1 AS a"})
    assert raised.value.code == "invalid-name"


def test_a_tables_name_may_begin_with_an_underscore(tmp_path):
    private = "CREATE PRIVATE MATERIALIZED VIEW silver._ids AS SELECT id FROM bronze.orders"
    gold = "CREATE MATERIALIZED VIEW gold.n AS SELECT count(*) AS n FROM silver._ids"
    lake = project(tmp_path, bronze=BRONZE, silver=private, gold=gold)
    before = rows(lake, "SELECT n FROM gold.n")
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT n FROM gold.n") == [(before[0][0] + 1,)]
    assert rows(lake, "SELECT count(*) FROM silver._ids") == rows(lake, "SELECT n FROM gold.n")
