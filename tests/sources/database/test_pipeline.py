"""From a database to tables: what is landed is read by streams and as snapshots, and a killed run changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ingot.testing import run_project
from sources.database.conftest import Lander
from sources.test_landing import dies_at

SETTINGS = """
name: shop
sources:
  shop:
    kind: database
    url: sqlite:shop.db
    tables:
      orders: {incremental: {cursor: changed, lookback: 2d}}
      customers: {snapshot: true}
"""
PIPELINE = """
CREATE STREAMING TABLE bronze.orders AS SELECT * FROM STREAM read_files('${landing}/shop/orders', format => 'parquet');
CREATE STREAMING TABLE silver.customers;
CREATE FLOW customers AS AUTO CDC INTO silver.customers
FROM SNAPSHOT (SELECT * FROM STREAM read_files('${landing}/shop/customers', format => 'parquet'))
KEYS (id) STORED AS SCD TYPE 2;
"""


def make_shop(folder: Path) -> Callable[[str], sqlite3.Cursor]:
    run = sqlite3.connect(folder / "shop.db", isolation_level=None).execute
    run("CREATE TABLE orders (id INTEGER, changed DATETIME NOT NULL, amount DECIMAL(10,2))")
    run("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)")
    run("INSERT INTO orders VALUES (1, '2024-01-01 10:00:00', 1.5), (2, '2024-01-02 10:00:00', 2)")
    run("INSERT INTO customers VALUES (1, 'Ada'), (2, 'Grace')")
    return run


def change_shop(run: Callable[[str], sqlite3.Cursor]) -> None:
    run("INSERT INTO orders VALUES (3, '2024-01-02 10:00:00', 3), (4, '2024-01-05 10:00:00', 4)")
    run("DELETE FROM customers WHERE id = 2")
    run("UPDATE customers SET name = 'Ada L' WHERE id = 1")


def test_new_rows_stream_and_removed_rows_end_in_the_history(tmp_path: Path) -> None:
    change = make_shop(tmp_path)
    run_project(tmp_path, {"ingot.yml": SETTINGS, "transformations/shop.sql": PIPELINE}).close()
    change_shop(change)
    run_project(tmp_path).close()
    with run_project(tmp_path) as lake:
        orders = lake.sql("SELECT id, CAST(amount AS STRING) FROM bronze.orders ORDER BY id").fetchall()
        assert orders == [(1, "1.50"), (2, "2.00"), (3, "3.00"), (4, "4.00")]
        history = lake.sql("SELECT id, name, __END_AT IS NULL FROM silver.customers ORDER BY id, __START_AT").fetchall()
        assert history == [(1, "Ada", False), (1, "Ada L", True), (2, "Grace", False)]
        files = lake.sql("SELECT resource, count(*), max(cursor) FROM landing.files GROUP BY 1 ORDER BY 1").fetchall()
        assert files == [("customers", 2, None), ("orders", 2, "2024-01-05 10:00:00")]


@pytest.mark.slow
def test_tables_are_the_same_when_processed_files_are_removed_at_once(tmp_path: Path) -> None:
    answers: list[list[list[tuple]]] = []
    for folder, landed in ((tmp_path / "kept", "{keep: forever}"), (tmp_path / "gone", "{keep: 0s}")):
        folder.mkdir()
        change = make_shop(folder)
        settings = SETTINGS.replace("    tables:", f"    landed: {landed}\n    tables:")
        files = {"ingot.yml": settings, "transformations/shop.sql": PIPELINE}
        run_project(folder, files).close()
        change_shop(change)
        run_project(folder).close()
        change("INSERT INTO orders VALUES (5, '2024-01-04 10:00:00', 5), (6, '2024-01-05 10:00:00', 6)")  # late
        run_project(folder).close()
        change("INSERT INTO customers VALUES (2, 'Grace again')")
        run_project(folder).close()
        with run_project(folder) as lake:
            texts = (
                "SELECT * FROM bronze.orders ORDER BY id",
                "SELECT id, name, __END_AT IS NULL FROM silver.customers ORDER BY ALL",
            )
            answers.append([lake.sql(text).fetchall() for text in texts])
            gone = lake.sql(
                "SELECT resource, count(*), count(removed_at) FROM landing.files GROUP BY 1 ORDER BY 1"
            ).fetchall()
    assert answers[0] == answers[1]
    assert [row[0] for row in answers[0][0]] == [1, 2, 3, 4, 5, 6]
    assert gone == [("customers", 3, 3), ("orders", 3, 1)]  # rows within the look-back are compared with the others


def land_both(folder: Path, is_consistent: bool) -> None:
    Lander(folder / "lake", f"sqlite:{folder / 'shop.db'}").land(
        tables={"orders": {"incremental": {"cursor": "changed", "lookback": "2d"}}, "customers": {"snapshot": True}},
        consistent=is_consistent,
    )


def landed(folder: Path) -> dict[str, list[dict]]:
    lander = Lander(folder / "lake", "")
    return {resource: lander.table(resource).to_pylist() for resource in ("orders", "customers")}


@pytest.mark.slow
@pytest.mark.parametrize("is_consistent", [False, True])
def test_killed_before_any_file_operation_a_run_lands_exactly_once(tmp_path: Path, is_consistent: bool) -> None:
    """Of a first run and of one that finds changes; the next run finishes what was begun, and loses and doubles nothing."""
    whole = tmp_path / "whole"
    whole.mkdir()
    change = make_shop(whole)
    land_both(whole, is_consistent)
    change_shop(change)
    land_both(whole, is_consistent)
    points = 0
    for operation in range(1, 400):
        folder = tmp_path / str(operation)
        folder.mkdir()
        change = make_shop(folder)
        died_first = dies_at(lambda folder=folder: land_both(folder, is_consistent), folder / "lake", operation)
        land_both(folder, is_consistent)
        change_shop(change)
        died_second = dies_at(lambda folder=folder: land_both(folder, is_consistent), folder / "lake", operation)
        land_both(folder, is_consistent)
        assert landed(folder) == landed(whole)
        assert Lander(folder / "lake", "").waiting() == []
        points += died_first + died_second
        if not died_first and not died_second:
            break
    assert points > 40
