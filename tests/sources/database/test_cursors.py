"""Cursors that are less than they were, and those whose order a database does not see, shown with SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from ingot.errors import IngotError
from ingot.source import LandResult
from sources.database.conftest import Lander, Sql

BY_ID = {"orders": {"incremental": {"cursor": "id"}}}


def went_back(sql: Sql, ids: Sequence[int], amount: int = 0) -> None:
    """Make the table what a backup had, with rows that were written since it was restored."""
    sql(f"DELETE FROM orders WHERE id > {min(ids, default=0)}")
    for number in ids:
        sql(f"INSERT OR REPLACE INTO orders VALUES ({number}, '2024-02-0{number} 10:00:00', {amount})")


def test_rows_that_were_written_after_a_backup_was_restored_land_though_their_cursors_are_old(
    lander: Lander, orders: Sql
) -> None:
    went_back(orders, range(3, 10), 1)
    lander.land(tables=BY_ID)
    went_back(orders, [4, 5], 2)
    result = lander.land(tables=BY_ID)
    assert "orders: the greatest 'id' is 5, and was 9 in the run before" in result.warnings[0]
    landed = [(row[0], row[2]) for row in lander.rows("orders")][-2:]
    assert landed == [(4, Decimal("2.00")), (5, Decimal("2.00"))]
    went_back(orders, [4, 5, 6, 7], 2)
    again = lander.land(tables=BY_ID)
    assert [row[0] for row in lander.rows("orders")][-4:] == [4, 5, 6, 7]
    assert again.warnings == ()
    assert lander.land(tables=BY_ID).landed == ()


def test_where_the_newest_row_was_removed_no_row_lands_twice_and_none_is_lost(lander: Lander, orders: Sql) -> None:
    lander.land(tables=BY_ID)
    orders("DELETE FROM orders WHERE id = 2")
    assert len(lander.land(tables=BY_ID).warnings) == 1
    assert ids(lander) == [1, 2]
    assert lander.land(tables=BY_ID) == LandResult("shop", unchanged=1)
    orders("INSERT INTO orders VALUES (2, '2024-01-02 10:00:00', 2), (3, '2024-01-02 10:00:00', 3)")
    lander.land(tables=BY_ID)
    assert ids(lander) == [1, 2, 3]


def test_a_table_that_was_emptied_and_counts_from_one_again_is_read_from_its_first_row(
    lander: Lander, orders: Sql
) -> None:
    lander.land(tables=BY_ID)
    orders("DELETE FROM orders")
    assert len(lander.land(tables=BY_ID).warnings) == 1
    assert lander.land(tables=BY_ID) == LandResult("shop", unchanged=1)
    orders("INSERT INTO orders VALUES (1, '2024-03-01 10:00:00', 1), (2, '2024-01-02 10:00:00', 2)")
    orders("INSERT INTO orders VALUES (3, '2024-03-01 10:00:00', 3)")
    lander.land(tables=BY_ID)
    assert ids(lander) == [1, 2, 1, 3]


def ids(lander: Lander, resource: str = "orders") -> list[int]:
    return [row[0] for row in lander.rows(resource)]


@pytest.mark.parametrize(("declared", "type_"), [("TEXT", "bigint"), ("INTEGER", "int"), ("VARCHAR", "smallint")])
def test_numbers_are_compared_as_numbers_whatever_the_column_was_declared_as(
    lander: Lander, sql: Sql, declared: str, type_: str
) -> None:
    tables = {"t": {"incremental": {"cursor": "c"}, "types": {"c": type_}}}
    sql(f"CREATE TABLE t (c {declared} NOT NULL)")
    sql("INSERT INTO t VALUES ('9'), ('10')")
    lander.land(tables=tables)
    sql("INSERT INTO t VALUES ('8'), ('11')")
    lander.land(tables=tables)
    assert [row[0] for row in lander.rows("t")] == [9, 10, 11]
    queries = {"q": {"query": "SELECT substr(c, 1) AS c FROM t", "incremental": {"cursor": "c"}, "types": {"c": type_}}}
    lander.land(queries=queries)
    assert sorted(row[0] for row in lander.rows("q")) == [8, 9, 10, 11]


@pytest.mark.parametrize(
    ("declared", "type_", "value"),
    [
        ("TEXT", "timestamp", "2024-01-01 10:00:00+02:00"),
        ("DATETIME", "timestamp", "2024-01-01T10:00:00.5Z"),
        ("TEXT", "decimal(9,2)", "10.25"),
    ],
)
def test_texts_whose_order_is_not_that_of_their_values_are_no_cursor(
    lander: Lander, sql: Sql, declared: str, type_: str, value: str
) -> None:
    sql(f"CREATE TABLE t (id INTEGER, c {declared} NOT NULL)")
    sql(f"INSERT INTO t VALUES (1, '{value}')")
    with pytest.raises(IngotError, match="compares it as text") as caught:
        lander.land(tables={"t": {"incremental": {"cursor": "c"}, "types": {"c": type_}}})
    assert caught.value.code == "unfit-cursor"


def test_instants_that_a_query_makes_numbers_of_are_a_cursor_as_the_hint_says(lander: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id INTEGER, c TEXT NOT NULL)")
    sql("INSERT INTO t VALUES (1, '2024-01-01 10:00:00+02:00'), (2, '2024-01-01 09:00:00Z')")
    query = {
        "query": "SELECT id, CAST(strftime('%s', c) AS INTEGER) AS at FROM t",
        "incremental": {"cursor": "at"},
        "types": {"at": "bigint"},
    }
    lander.land(queries={"t": query})
    sql("INSERT INTO t VALUES (3, '2024-01-01 09:30:00+00:00'), (4, '2024-01-01 12:30:00+04:00')")
    lander.land(queries={"t": query})
    assert ids(lander, "t") == [1, 2, 3]
