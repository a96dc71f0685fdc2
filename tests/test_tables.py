"""By command: older versions, dropped tables, resets that are not allowed, a lake that moved."""

from pathlib import Path

import pytest

from ingot.errors import IngotError
from ingot.lake.table import Lake
from orders import BRONZE, again, project, rows


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


def test_a_project_can_be_moved(tmp_path):
    project(tmp_path / "a", bronze=BRONZE)
    (tmp_path / "a").rename(tmp_path / "b")
    assert rows(again(tmp_path / "b"), "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_a_full_refresh_of_an_append_only_table_is_refused_before_anything_happens(tmp_path):
    text = BRONZE.replace("bronze.orders AS", "bronze.orders TBLPROPERTIES ('delta.appendOnly' = 'true') AS")
    project(tmp_path, bronze=text)
    with pytest.raises(IngotError) as raised:
        again(tmp_path, full_refresh=["bronze.orders"])
    assert raised.value.code == "append-only-table"
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_a_dropped_table_is_found_whatever_the_case_of_its_name(tmp_path):
    from ingot.tables import drop_table

    lake = project(tmp_path, bronze=BRONZE)
    drop_table(lake.project, "BRONZE.Orders")
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.orders") == [(3,)]


def test_two_targets_that_differ_only_in_the_catalog_do_not_overwrite_each_other(tmp_path):
    from ingot.connection import connect
    from ingot.dry_run import dry_run
    from ingot.replay import replay
    from ingot.run import Update
    from ingot.update.selection import Selection

    targets = (
        "name: shop\ncatalog: dev\ntargets:\n  prod:\n    catalog: prod\n  apart:\n    catalog: prod\n    lake: apart\n"
    )
    (tmp_path / "ingot.yml").write_text(targets)
    gold = "CREATE MATERIALIZED VIEW gold.n AS SELECT count(*) AS n FROM bronze.orders"
    dev = project(tmp_path, bronze=BRONZE, gold=gold)
    epoch = tmp_path / "lake/_ingot/checkpoints/bronze.orders/epoch.json"
    before = epoch.read_bytes()
    (tmp_path / "in/2.csv").write_text("id,customer,amount\n4,Alan,1\n")
    prod = connect(tmp_path, target="prod")
    for selection in (Selection(), Selection(full_refresh_all=True)):
        outcome = Update(prod.project, selection).run()
        assert {error.code for error in outcome.failures.values()} - {"skipped"} == {"other-catalog"}
        assert [e.code for e in dry_run(prod.project, prod.engine, selection).errors] == ["other-catalog"]
        assert len(outcome.failures) == 2
    with pytest.raises(IngotError, match=r"prod.bronze.orders would overwrite dev.bronze.orders"):
        replay(prod.project, prod.engine, "bronze.orders")
    assert rows(dev, "SELECT count(*) FROM bronze.orders") == [(3,)]
    assert epoch.read_bytes() == before
    assert Update(connect(tmp_path, target="apart").project).run().is_success
    assert Update(dev.project).run().is_success


def test_an_instant_after_the_newest_version_is_refused_as_in_delta(tmp_path):
    import datetime

    lake = project(tmp_path, bronze=BRONZE)
    newest = rows(lake, "DESCRIBE HISTORY bronze.orders")[0][1]
    text = "SELECT count(*) FROM bronze.orders TIMESTAMP AS OF '{:%Y-%m-%d %H:%M:%S.%f}'"
    assert rows(lake, text.format(newest)) == [(3,)]
    with pytest.raises(IngotError, match="no version as new as") as raised:
        rows(lake, text.format(newest + datetime.timedelta(milliseconds=1)))
    assert raised.value.code == "unknown-version"


def test_commands_take_names_as_sql_writes_them_and_refuse_what_is_none(tmp_path):
    from ingot.quarantines import show
    from ingot.queries import preview
    from ingot.tables import drop_table, find_table

    text = BRONZE.replace("bronze.orders AS", "bronze.`two words` AS")
    lake = project(tmp_path, bronze=text)
    name = "`bronze`.`two words`"
    assert len(preview(lake.project, lake.engine, name, 10).fetchall()) == 3
    assert ("numRows", "3") in rows(lake, f"DESCRIBE DETAIL {name}")
    again(tmp_path, refresh=[name])
    with pytest.raises(IngotError, match=r"no rows of bronze\.two words are in quarantine"):
        show(lake.project, lake.engine, name, 10)
    with pytest.raises(IngotError) as raised:
        show(lake.project, lake.engine, "bronze.twowords", 10)
    assert (raised.value.code, raised.value.hint) == ("unknown-dataset", "did you mean 'bronze.two words'?")
    asks = [
        lambda written: drop_table(lake.project, written),
        lambda written: preview(lake.project, lake.engine, written, 10),
        lambda written: show(lake.project, lake.engine, written, 10),
        lambda written: again(tmp_path, refresh=[written]),
        lambda written: rows(lake, f"DESCRIBE DETAIL {written}"),
    ]
    for written in ("a.b.c.d", "a..b", "`a"):
        for ask in asks:
            with pytest.raises(IngotError) as raised:
                ask(written)
            assert raised.value.code == "invalid-name", written
    with pytest.raises(IngotError, match="it has 4 parts"):
        rows(lake, "DESCRIBE a.b.c.d")
    drop_table(lake.project, name)
    with pytest.raises(IngotError, match=r"there is no table bronze\.two words"):
        find_table(lake.project, Lake(lake.project.lake, lake.project.catalog), name)


def test_what_a_drop_leaves_that_died_is_no_table(tmp_path, monkeypatch):
    import shutil

    from ingot.tables import drop_table

    lake = project(tmp_path, bronze=BRONZE)
    remove = shutil.rmtree

    def die(folder, **options):
        if Path(folder).name.startswith(".dropped-"):
            raise KeyboardInterrupt
        remove(folder, **options)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", die)
        with pytest.raises(KeyboardInterrupt):
            drop_table(lake.project, "bronze.orders")
    assert list((tmp_path / "lake/bronze").iterdir()), "the files are still there"
    assert rows(lake, "SHOW TABLES") == []
    assert rows(again(tmp_path), "SHOW TABLES") == [("bronze", "orders")]
