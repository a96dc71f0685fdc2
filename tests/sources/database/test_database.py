"""What a run of a database lands, shown with SQLite: selection, whole tables, what is new, what is refused."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingot.errors import IngotError, Location, SourceError
from ingot.lake.landing import Landing
from ingot.lake.landing_record import LandingRecord
from ingot.lake.landing_release import Releases
from ingot.model import SourceSpec
from ingot.secrets import hide, redact
from ingot.source import NeedsLanded, load_source
from ingot.sources.database.address import Address
from ingot.sources.database.entry import Lookback
from ingot.sources.database.needed import needed
from ingot.sources.database.sqlite import SQLite
from sources.database.conftest import Lander, Sql

INCREMENTAL = {"orders": {"incremental": {"cursor": "changed"}}}


def refused(act: Callable[[], object]) -> IngotError:
    with pytest.raises(IngotError) as caught:
        act()
    return caught.value


def ids(lander: Lander, resource: str = "orders") -> list[int]:
    return [row[0] for row in lander.rows(resource)]


# --- whole tables ---


def test_a_table_lands_as_a_snapshot_in_a_folder_that_names_the_run(lander: Lander, orders: Sql) -> None:
    result = lander.land("orders")
    assert result.landed == ("orders/20260305T050607Z/part-0001.parquet",)
    assert lander.rows("orders") == [
        (1, datetime(2024, 1, 1, 10), Decimal("1.50")),
        (2, datetime(2024, 1, 2, 10), Decimal("2.00")),
    ]
    assert (result.unchanged, result.bytes) == (0, lander.paths("orders")[0].stat().st_size)
    (record,) = lander.landing.records("shop")
    assert record.query == 'SELECT "id" AS "id", "changed" AS "changed", "amount" AS "amount" FROM main."orders"'
    assert (record.resource, record.run, record.page, record.resume) == ("orders", "20260305T050607Z", 1, None)


def test_a_table_that_did_not_change_does_not_land_again(lander: Lander, orders: Sql) -> None:
    lander.land("orders")
    again = lander.land("orders")
    assert (again.landed, again.unchanged) == ((), 1)
    orders("DELETE FROM orders WHERE id = 1")
    assert lander.land("orders").landed == ("orders/20260307T050607Z/part-0001.parquet",)
    assert [pq.ParquetFile(path).metadata.num_rows for path in lander.paths("orders")] == [2, 1]


def test_an_emptied_table_is_a_snapshot_without_rows(lander: Lander, orders: Sql) -> None:
    lander.land("orders")
    orders("DELETE FROM orders")
    lander.land("orders")
    assert [pq.ParquetFile(path).metadata.num_rows for path in lander.paths("orders")] == [2, 0]
    assert lander.land("orders").landed == ()


def test_the_names_of_runs_grow_though_the_clock_goes_back(lander: Lander, orders: Sql) -> None:
    lander.land("orders")
    orders("DELETE FROM orders WHERE id = 1")
    lander.now = lander.now.replace(year=2020)
    assert lander.land("orders").landed == ("orders/20260305T050608Z/part-0001.parquet",)


# --- what is new ---


def test_only_rows_that_are_new_land_in_an_incremental_run(lander: Lander, orders: Sql) -> None:
    assert lander.land(tables=INCREMENTAL).landed == ("orders/20260305T050607Z-0001.parquet",)
    assert lander.land(tables=INCREMENTAL).landed == ()
    orders("INSERT INTO orders VALUES (3, '2024-01-03 10:00:00', 3)")
    orders("UPDATE orders SET amount = 9, changed = '2024-01-04 10:00:00' WHERE id = 1")
    assert lander.land(tables=INCREMENTAL).landed == ("orders/20260307T050607Z-0001.parquet",)
    assert ids(lander) == [1, 2, 1, 3]
    assert lander.landing.records("shop")[-1].cursor == "2024-01-04 10:00:00"


def test_rows_that_come_later_with_the_last_cursor_are_not_lost_and_none_lands_twice(
    lander: Lander, orders: Sql
) -> None:
    lander.land(tables=INCREMENTAL)
    orders("INSERT INTO orders VALUES (3, '2024-01-02 10:00:00', 3)")
    lander.land(tables=INCREMENTAL)
    lander.land(tables=INCREMENTAL)
    assert ids(lander) == [1, 2, 3]


def test_a_lookback_finds_rows_with_older_cursors_and_changed_rows_once(lander: Lander, orders: Sql) -> None:
    tables = {"orders": {"incremental": {"cursor": "changed", "lookback": "2d"}}}
    lander.land(tables=tables)
    orders("INSERT INTO orders VALUES (3, '2024-01-01 11:00:00', 3), (4, '2023-12-31 09:59:59', 4)")
    orders("UPDATE orders SET amount = 7 WHERE id = 1")
    lander.land(tables=tables)
    lander.land(tables=tables)
    assert [(row[0], row[2]) for row in lander.rows("orders")] == [
        (1, Decimal("1.50")), (2, Decimal("2.00")), (1, Decimal("7.00")), (3, Decimal("3.00")),
    ]  # fmt: skip


def test_equal_rows_land_as_often_as_the_table_holds_them(lander: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (at DATE NOT NULL, what TEXT)")
    sql("INSERT INTO t VALUES ('2024-01-01', 'a'), ('2024-01-01', 'a')")
    tables = {"t": {"incremental": {"cursor": "at"}}}
    lander.land(tables=tables)
    sql("INSERT INTO t VALUES ('2024-01-01', 'a')")
    lander.land(tables=tables)
    lander.land(tables=tables)
    assert lander.rows("t") == [(date(2024, 1, 1), "a")] * 3


def test_a_number_can_be_a_cursor_with_a_number_as_its_lookback(lander: Lander, orders: Sql) -> None:
    tables = {"orders": {"incremental": {"cursor": "id", "lookback": 1}}}
    lander.land(tables=tables)
    orders("INSERT INTO orders VALUES (11, '2024-01-03 10:00:00', 3)")
    orders("UPDATE orders SET amount = 7 WHERE id = 1")
    lander.land(tables=tables)
    assert lander.landing.records("shop")[-1].cursor == "11"
    assert ids(lander) == [1, 2, 1, 11]


def test_an_incremental_table_without_rows_lands_its_columns_once(lander: Lander, orders: Sql) -> None:
    orders("DELETE FROM orders")
    assert len(lander.land(tables=INCREMENTAL).landed) == 1
    assert lander.land(tables=INCREMENTAL).landed == ()
    orders("INSERT INTO orders VALUES (3, '2024-01-02 10:00:00', 3)")
    lander.land(tables=INCREMENTAL)
    assert ids(lander) == [3]


def test_rows_that_were_removed_keep_the_cursor_where_it_was(lander: Lander, orders: Sql) -> None:
    lander.land(tables=INCREMENTAL)
    orders("DELETE FROM orders WHERE id = 2")
    lander.land(tables=INCREMENTAL)
    orders("INSERT INTO orders VALUES (3, '2024-01-02 10:00:00', 3)")
    lander.land(tables=INCREMENTAL)
    assert ids(lander) == [1, 2, 3]


def test_a_new_column_of_the_table_is_read_from_then_on(lander: Lander, orders: Sql) -> None:
    lander.land(tables=INCREMENTAL)
    orders("ALTER TABLE orders ADD COLUMN note TEXT")
    orders("INSERT INTO orders VALUES (3, '2024-01-03 10:00:00', 3, 'new')")
    lander.land(tables=INCREMENTAL)
    newest = pq.ParquetFile(lander.paths("orders")[-1]).read().to_pylist()
    assert [(row["id"], row["note"]) for row in newest] == [(3, "new")]
    assert lander.land(tables=INCREMENTAL).landed == ()


@pytest.mark.parametrize(
    ("narrow", "wide", "values"),
    [
        ("DECIMAL(10,2)", "DECIMAL(12,4)", (1.5, 100, -0.25, 0, None)),
        ("INTEGER", "DECIMAL(21,2)", (100, -7, 0, 2**60)),
        ("INTEGER", "DOUBLE", (100, -7, 0)),
        ("DATE", "DATETIME", ("2024-01-01", "1969-12-31")),
    ],
)
def test_a_column_whose_type_was_widened_makes_no_new_rows(
    lander: Lander, sql: Sql, narrow: str, wide: str, values: tuple
) -> None:
    tables = {"t": {"incremental": {"cursor": "id", "lookback": 5}}}
    sql(f"CREATE TABLE t (id INTEGER NOT NULL, v {narrow})")
    for number, value in enumerate(values):
        sql(f"INSERT INTO t VALUES ({number}, {value!r})".replace("None", "NULL"))
    lander.land(tables=tables)
    sql("ALTER TABLE t RENAME TO old")
    sql(f"CREATE TABLE t (id INTEGER NOT NULL, v {wide})")
    sql("INSERT INTO t SELECT * FROM old")
    assert lander.land(tables=tables).landed == ()
    sql("UPDATE t SET v = NULL WHERE id = 1")
    lander.land(tables=tables)
    rows = [row["id"] for path in lander.paths("t") for row in pq.ParquetFile(path).read().to_pylist()]
    assert rows == [*range(len(values)), 1]


def test_a_cursor_whose_type_was_widened_goes_on(lander: Lander, sql: Sql) -> None:
    for table, types, values in (
        ("n", ("INTEGER", "DECIMAL(20,2)"), (7, 8)),
        ("d", ("DATE", "DATETIME"), ("'2024-01-02'", "'2024-01-02 10:00'")),
        ("m", ("DECIMAL(10,2)", "DECIMAL(12,4)"), (7.5, 7.75)),
    ):
        tables = {table: {"incremental": {"cursor": "c"}}}
        sql(f"CREATE TABLE {table} (id INTEGER, c {types[0]} NOT NULL)")
        sql(f"INSERT INTO {table} VALUES (1, {values[0]})")
        lander.land(tables=tables)
        sql(f"ALTER TABLE {table} RENAME TO old_{table}")
        sql(f"CREATE TABLE {table} (id INTEGER, c {types[1]} NOT NULL)")
        sql(f"INSERT INTO {table} SELECT * FROM old_{table}")
        sql(f"INSERT INTO {table} VALUES (2, {values[1]}), (3, {values[0]})")
        lander.land(tables=tables)
        lander.land(tables=tables)
        rows = [row["id"] for path in lander.paths(table) for row in pq.ParquetFile(path).read().to_pylist()]
        assert sorted(rows) == [1, 2, 3]


@pytest.mark.parametrize("change", [{"where": "id > 0"}, {"columns": ["id", "changed"]}])
def test_a_table_that_is_read_in_another_way_is_read_from_the_beginning(
    lander: Lander, orders: Sql, change: dict
) -> None:
    lander.land(tables=INCREMENTAL)
    lander.land(tables={"orders": {**INCREMENTAL["orders"], **change}})
    assert [row["id"] for path in lander.paths("orders") for row in pq.ParquetFile(path).read().to_pylist()] == [
        1,
        2,
        1,
        2,
    ]


def test_times_that_are_written_differently_are_compared_as_times(lander: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id INTEGER, at DATETIME NOT NULL)")
    sql("INSERT INTO t VALUES (1, '2024-01-02T10:00:00.5'), (2, '2024-01-02 09:00')")
    tables = {"t": {"incremental": {"cursor": "at"}}}
    lander.land(tables=tables)
    sql("INSERT INTO t VALUES (3, '2024-01-02 23:00'), (4, '2024-01-02 10:00:00.500'), (5, '2024-01-02T23:00:00')")
    lander.land(tables=tables)
    sql("INSERT INTO t VALUES (6, '2024-01-02 23:00')")
    lander.land(tables=tables)
    lander.land(tables=tables)
    assert ids(lander, "t") == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("last", ["2024-01-02", "2024-01-02 00:00", "2024-01-02 10", "2024-01-02 10:00:00"])
def test_of_a_time_every_way_to_write_it_is_found_again(lander: Lander, sql: Sql, last: str) -> None:
    """The last cursor and others of the same instant, among them plain dates, sort as texts one before the other."""
    day, _, hour = last.partition(" ")
    equal = [f"{day}{mark}{text}" for mark in " T" for text in ("10", "10:00", "10:00:00.0")]
    if not hour.startswith("10"):
        equal = [day, *(text.replace("10", "00") for text in equal)]
    sql("CREATE TABLE t (id INTEGER, at DATETIME NOT NULL)")
    sql(f"INSERT INTO t VALUES (0, '0999-12-31'), (1, '2024-01-01'), (2, '{last}')")
    tables = {"t": {"incremental": {"cursor": "at"}}}
    lander.land(tables=tables)
    for number, text in enumerate(equal, 3):
        sql(f"INSERT INTO t VALUES ({number}, '{text}')")
        lander.land(tables=tables)
        assert lander.land(tables=tables).landed == ()
    assert ids(lander, "t") == list(range(len(equal) + 3))


def test_plain_dates_are_found_as_far_back_as_the_lookback_reaches(lander: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id INTEGER, at TIMESTAMP NOT NULL)")
    sql("INSERT INTO t VALUES (1, '2024-01-03')")
    tables = {"t": {"incremental": {"cursor": "at", "lookback": "1d"}}}
    lander.land(tables=tables)
    sql("INSERT INTO t VALUES (2, '2024-01-02'), (3, '2024-01-01 23:59:59'), (4, '2024-01-02T00'), (5, '2024-01-03')")
    lander.land(tables=tables)
    lander.land(tables=tables)
    assert ids(lander, "t") == [1, 2, 4, 5]


def test_rows_without_a_cursor_are_refused_until_they_are_left_out(lander: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id INTEGER, at DATE)")
    sql("INSERT INTO t VALUES (1, '2024-01-01'), (2, NULL)")
    tables = {"t": {"incremental": {"cursor": "at"}}}
    error = refused(lambda: lander.land(tables=tables))
    assert (error.code, error.message) == (
        "null-cursor",
        't: 1 rows have no value in the cursor "at", and would never be read',
    )
    lander.land(tables={"t": {**tables["t"], "where": "at IS NOT NULL"}})
    assert ids(lander, "t") == [1]


@pytest.mark.parametrize(
    ("cursor", "lookback", "code"),
    [
        ("note", 0, "unfit-cursor"),
        ("at", 5, "unfit-cursor"),
        ("id", "5d", "unfit-cursor"),
        ("nope", 0, "unknown-column"),
    ],
)
def test_a_cursor_that_does_not_fit_is_refused(
    lander: Lander, sql: Sql, cursor: str, lookback: object, code: str
) -> None:
    sql("CREATE TABLE t (id INTEGER NOT NULL, at DATE NOT NULL, note TEXT NOT NULL)")
    tables = {"t": {"incremental": {"cursor": cursor, "lookback": lookback}}}
    assert refused(lambda: lander.land(tables=tables)).code == code
    assert lander.landing.records("shop") == []


def test_a_number_that_becomes_a_time_is_no_cursor_of_the_same_table(lander: Lander, sql: Sql) -> None:
    tables = {"t": {"incremental": {"cursor": "at"}}}
    sql("CREATE TABLE t (at INTEGER NOT NULL)")
    sql("INSERT INTO t VALUES (5)")
    lander.land(tables=tables)
    sql("DROP TABLE t")
    sql("CREATE TABLE t (at DATETIME NOT NULL)")
    error = refused(lambda: lander.land(tables=tables))
    assert (error.code, error.message) == (
        "unfit-cursor",
        "t: the type of the cursor 'at' has changed: it is DATETIME now, and was one with the value '5' when it landed "
        "last; the two cannot be compared",
    )


# --- selection and names ---


def test_patterns_choose_tables_and_exclamation_marks_take_them_away(lander: Lander, sql: Sql) -> None:
    for name in ("sales_a", "sales_b", "sales_log", "other"):
        sql(f"CREATE TABLE {name} (id INTEGER)")
    sql("CREATE VIEW sales_view AS SELECT * FROM other")
    lander.land("sales_*", "!sales_log", "SALES_VIEW")
    assert sorted(p.name for p in (lander.lake / "_landing" / "shop").iterdir()) == ["sales_a", "sales_b", "sales_view"]


def test_a_table_that_does_not_exist_is_an_error_with_the_nearest_name(lander: Lander, orders: Sql) -> None:
    error = refused(lambda: lander.land("order"))
    assert (error.code, error.hint) == ("unknown-table", "did you mean 'orders'?")
    assert str(error.location) == "ingot.yml:7"
    assert refused(lambda: lander.land("x*")).message == "no table is like 'x*'"


@pytest.mark.parametrize(
    "name", ["select", "odd name", 'quo"te', "a.b", "ünï", "../up", "_hidden", "drop table x;--", "x" * 150]
)
def test_odd_names_of_tables_and_columns_are_only_names(lander: Lander, sql: Sql, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    sql(f"CREATE TABLE {quoted} (id INTEGER, {quoted} TEXT)")
    sql(f"INSERT INTO {quoted} VALUES (1, 'x')")
    lander.land(tables={name: {"incremental": {"cursor": "id"}, "where": "id IS NOT NULL"}})
    (folder,) = (lander.lake / "_landing" / "shop").iterdir()
    assert not folder.name.startswith(("_", "."))
    assert len(folder.name) < 130
    table = pq.ParquetFile(next(folder.iterdir())).read()
    assert table.to_pylist() == [{"id": 1, name: "x"}]


def test_tables_whose_names_differ_in_case_or_odd_letters_land_apart(lander: Lander, sql: Sql) -> None:
    for name in ("a b", "a_b", "a-b", "a+b"):
        sql(f'CREATE TABLE "{name}" (id INTEGER)')
    lander.land("*")
    assert len(list((lander.lake / "_landing" / "shop").iterdir())) == 4


def test_queries_land_under_their_names(lander: Lander, orders: Sql) -> None:
    text = "SELECT id, CAST(amount * 2 AS INTEGER) AS twice FROM orders -- all\n;"
    lander.land(queries={"big": {"query": text, "types": {"twice": "bigint"}}})
    assert lander.rows("big") == [(1, 3), (2, 4)]


def test_a_query_can_be_read_incrementally(lander: Lander, orders: Sql) -> None:
    queries = {
        "recent": {
            "query": "SELECT id, changed FROM orders",
            "incremental": {"cursor": "id"},
            "types": {"id": "bigint"},
        }
    }
    lander.land(
        queries={"recent": {**queries["recent"], "query": "SELECT id, changed FROM orders WHERE id IS NOT NULL"}}
    )
    orders("INSERT INTO orders VALUES (3, '2024-01-02 10:00:00', 3)")
    lander.land(
        queries={"recent": {**queries["recent"], "query": "SELECT id, changed FROM orders WHERE id IS NOT NULL"}}
    )
    assert ids(lander, "recent") == [1, 2, 3]


def test_columns_and_rows_can_be_chosen(lander: Lander, orders: Sql) -> None:
    lander.land(tables={"orders": {"columns": ["amount", "id"], "where": "id > 1 -- only these"}})
    assert lander.table("orders").to_pylist() == [{"amount": Decimal("2.00"), "id": 2}]
    error = refused(lambda: lander.land(tables={"orders": {"columns": ["amout"]}}))
    assert (error.code, error.hint) == ("unknown-column", "did you mean 'amount'?")


# --- values ---


@pytest.mark.parametrize(
    ("declared", "value", "found"),
    [
        ("INTEGER", "9223372036854775807", 9223372036854775807),
        ("BOOLEAN", "1", True),
        ("REAL", "0.1", 0.1),
        ("DECIMAL(10,2)", "19.99", Decimal("19.99")),
        ("NUMERIC", "12345.678", Decimal("12345.678")),
        ("TEXT", "'é'", "é"),
        ("VARCHAR(3)", "7", "7"),
        ("BLOB", "x'00ff'", b"\x00\xff"),
        ("DATE", "'2024-02-29'", date(2024, 2, 29)),
        ("DATETIME", "'2024-02-29T01:02:03.5'", datetime(2024, 2, 29, 1, 2, 3, 500000)),
        ("JSON", "'{}'", "{}"),
        ("INTEGER", "NULL", None),
    ],
)
def test_values_land_exactly_with_the_declared_type(
    lander: Lander, sql: Sql, declared: str, value: str, found: object
) -> None:
    sql(f"CREATE TABLE t (a {declared})")
    sql(f"INSERT INTO t VALUES ({value}), (NULL)")
    lander.land("t")
    assert lander.rows("t") == [(found,), (None,)]


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("INTEGER", "'x'"),
        ("INTEGER", "1.5"),
        ("BOOLEAN", "2"),
        ("DECIMAL(4,2)", "1.234"),
        ("DECIMAL(4,2)", "100"),
        ("DECIMAL(4,2)", "9e999"),
        ("DECIMAL(38,18)", "1e30"),  # what 128 bits do not hold comes out of Arrow as another number
        ("DECIMAL(38,18)", "-" + "9" * 40),
        ("DECIMAL(38,20)", "9223372036854775807"),
        ("REAL", "'x'"),
        ("DATE", "'yesterday'"),
        ("DATE", "20240101"),
        ("DATETIME", "1704067200"),
        ("DATETIME", "'2024-01-01 00:00:00.1234567'"),
        ("TEXT", "x'ff'"),
    ],
)
def test_a_value_that_its_type_cannot_hold_is_refused_and_nothing_lands(
    lander: Lander, sql: Sql, declared: str, value: str
) -> None:
    sql(f"CREATE TABLE t (good INTEGER, a {declared})")
    sql(f"INSERT INTO t VALUES (1, NULL), (2, {value})")
    error = refused(lambda: lander.land("t"))
    assert error.code == "unfit-value"
    assert "'a'" in error.message
    assert lander.landing.records("shop") == []
    assert lander.waiting() == []


def test_another_type_can_be_named_for_a_column(lander: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (a, b DATE)")
    sql("INSERT INTO t VALUES (1, 'soon')")
    assert refused(lambda: lander.land("t")).code == "unsupported-type"
    lander.land(tables={"t": {"types": {"a": "decimal(5,1)", "b": "string"}}})
    assert lander.rows("t") == [(Decimal("1.0"), "soon")]


def test_values_beyond_the_calendar_are_refused(lander: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (a DATETIME)")
    sql("INSERT INTO t VALUES ('0000-01-01 00:00:00')")
    assert refused(lambda: lander.land("t")).code == "unfit-value"


# --- several tables ---


def test_a_table_that_fails_does_not_keep_the_others_from_landing(lander: Lander, orders: Sql) -> None:
    orders("CREATE TABLE broken (a INTEGER)")
    orders("INSERT INTO broken VALUES ('x')")
    orders("CREATE TABLE undeclared (a)")
    error = refused(lambda: lander.land("*"))
    assert error.code == "unsupported-type"
    assert [note[:13] for note in error.__notes__] == ["also: broken:"]
    assert ids(lander) == [1, 2]
    assert lander.waiting() == []


@pytest.mark.parametrize("missing", ["gone", "gon*"])
def test_a_table_that_is_gone_does_not_keep_the_others_from_landing(lander: Lander, orders: Sql, missing: str) -> None:
    orders("CREATE TABLE gone (a INTEGER)")
    lander.land("orders", missing)
    orders("DROP TABLE gone")
    orders("DELETE FROM orders WHERE id = 1")
    error = refused(lambda: lander.land("orders", missing, consistent=True))
    assert (error.code, len(lander.paths("orders"))) == ("unknown-table", 1)
    error = refused(lambda: lander.land("orders", missing, queries={"gong": "SELECT id FROM orders"}))
    assert (error.code, error.failed_parts) == ("unknown-table", ("gone/",))
    assert str(error.location) == "ingot.yml:7"
    assert (ids(lander), ids(lander, "gong")) == ([1, 2, 2], [2])


def test_a_table_that_never_was_fails_the_folder_that_it_would_have(lander: Lander, orders: Sql) -> None:
    assert refused(lambda: lander.land("orders", "nope", "no such")).failed_parts == ("nope/", "no_such-5bb301f0/")
    assert ids(lander) == [1, 2]


def test_with_consistent_all_tables_land_together_or_none(lander: Lander, orders: Sql) -> None:
    orders("CREATE TABLE other (a INTEGER)")
    orders("INSERT INTO other VALUES ('x')")
    assert refused(lambda: lander.land("*", consistent=True)).code == "unfit-value"
    assert lander.landing.records("shop") == []
    orders("DELETE FROM other")
    assert len(lander.land("*", consistent=True).landed) == 2
    assert len(list((lander.lake / "_ingot" / "landing" / "shop").iterdir())) == 1
    orders("INSERT INTO other VALUES (1)")
    assert len(lander.land("*", consistent=True).landed) == 1


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("\n  SELECT id,\n lost FROM orders", "no such column: lost"),  # refused when its columns are asked for
        ("SELECT json_extract(id || '{', '$.a') AS\n a FROM orders", "malformed JSON"),  # refused when it runs
    ],
)
def test_a_query_that_the_database_refuses_is_named_with_its_first_line(
    lander: Lander, orders: Sql, query: str, what: str
) -> None:
    error = refused(
        lambda: lander.land(queries={"top": {"query": query, "types": {"a": "string"}} if "json" in query else query})
    )
    first = query.strip().splitlines()[0]
    assert error.code == "query-failed"
    assert error.message == f"source 'shop', query 'top' ({first} …): a query was refused by {lander.url}: {what}"


@pytest.mark.parametrize("query", ["SELECT id, id FROM orders", "SELECT * FROM orders a JOIN orders b USING (changed)"])
def test_two_columns_of_one_name_are_refused_with_the_name(lander: Lander, orders: Sql, query: str) -> None:
    error = refused(lambda: lander.land(queries={"top": query}))
    assert error.code == "equal-names"
    assert error.message.startswith("query 'top' has two columns 'id'")
    assert error.hint == "name one of them with AS, in a query"


def test_a_number_after_a_colon_may_be_part_of_a_name(lander: Lander, orders: Sql) -> None:
    orders('CREATE VIEW odd AS SELECT id AS "id:1" FROM orders')
    lander.land(queries={"both": 'SELECT id, id AS "id:1" FROM orders', "one": "SELECT * FROM odd"})
    assert (list(lander.types("both")), list(lander.types("one"))) == (["id", "id:1"], ["id:1"])


def test_a_condition_that_the_database_refuses_is_named_with_its_table(lander: Lander, orders: Sql) -> None:
    error = refused(lambda: lander.land(tables={"orders": {"where": "lost > 1"}}))
    assert error.code == "query-failed"
    assert error.message.startswith('source \'shop\', table orders (SELECT "id" AS "id", "changed" AS')
    assert error.message.endswith("no such column: lost")


def test_of_a_secret_in_sql_no_part_is_shown_where_the_first_line_is_cut(lander: Lander, orders: Sql) -> None:
    secret = "cut-in-the-middle-of-a-line-" * 8
    hide(secret)
    for entry in (
        {"tables": {"orders": {"where": f"lost = '{secret}'"}}},
        {"queries": {"top": f"SELECT '{secret}' AS a frm orders"}},
    ):
        error = refused(lambda entry=entry: lander.land(**entry))
        assert error.code == "query-failed"
        assert "cut-in" not in redact(error).render()
        assert "its words are left out" in error.message


def test_progress_is_told_by_table(lander: Lander, orders: Sql) -> None:
    lander.land("orders")
    assert [(p.source, p.name) for p in lander.progress] == [("shop", "orders")]
    assert lander.progress[0].bytes > 0


# --- the file ---


def test_a_missing_file_and_a_file_that_is_no_database_are_errors(lander: Lander, tmp_path: Path) -> None:
    assert refused(lambda: lander.land("*")).code == "unknown-database"
    (tmp_path / "shop.db").write_text("no database, but long enough to look like something else" * 20)
    assert refused(lambda: lander.land("*")).code == "unknown-database"


def test_a_file_of_the_landing_zone_that_is_not_there_may_only_not_have_landed_yet(tmp_path: Path) -> None:
    path = tmp_path / "_landing" / "downloads" / "shop.db"
    error = refused(lambda: SQLite(Address("sqlite", "", 0, "", str(path)), 1.0).open())
    assert error.hint == "depends_on: downloads in this entry lets it land first"


def test_a_locked_file_is_tried_again(lander: Lander, orders: Sql) -> None:
    orders("BEGIN EXCLUSIVE")
    error = refused(lambda: lander.land("orders", timeout="1ms", retries=2))
    assert error.code == "connection-failed"
    assert lander.waits == [1, 2]
    orders("COMMIT")
    assert len(lander.land("orders").landed) == 1


def test_the_landed_files_can_be_read_by_the_landing_zone_of_another_process(lander: Lander, orders: Sql) -> None:
    lander.land("orders")
    (record,) = Landing(lander.lake).records("shop")
    assert Landing(lander.lake).path("shop", record.name).stat().st_size == record.bytes


# --- files that went after they had been processed ------------------------------------------------------------------


def let_go(lander: Lander, archive: Path | None = None, *, also: set[str] | None = None, **entry: Any) -> set[str]:
    """Let all files go that the source does not read again; returns those that stay."""
    releases, records = Releases(lander.lake, "shop"), lander.landing.records("shop")
    source = load_source(SourceSpec("shop", "database", {"url": lander.url, **entry}, Location("ingot.yml", 7)))
    assert isinstance(source, NeedsLanded)
    needed = set(source.needed(records)) - (also or set())
    going = [r for r in records if r.name not in needed and (releases.folder / r.name).exists()]
    releases.release([(r, releases.archive(r, archive) if archive else None) for r in going], lander.now)
    return {Path(name).name for name in needed}


def test_of_an_incremental_table_the_files_within_the_look_back_are_needed(lander: Lander, orders: Sql) -> None:
    for name, lookback, dates in (("by_time", "2d", True), ("by_number", 2, False)):
        cursor = "changed" if dates else "id"
        entry = {
            "queries": {
                name: {"query": "SELECT * FROM orders", "incremental": {"cursor": cursor, "lookback": lookback}}
            }
        }
        for day in range(5, 9):
            orders(f"INSERT INTO orders VALUES ({day if dates else day + 10}, '2024-01-{day:02} 10:00:00', 1)")
            lander.land(**entry)
        stay = let_go(lander, **entry)
        landed = [path.name for path in lander.paths(name)]
        assert set(landed) <= stay
        assert len(landed) == 3
        lander.land(**entry)
        assert len(lander.paths(name)) == 3  # nothing that had landed came again


def test_nothing_of_a_snapshot_is_needed_again(lander: Lander, orders: Sql) -> None:
    lander.land("orders")
    assert let_go(lander, tables=["orders"]) == set()
    assert lander.land("orders").landed == ()


def test_a_look_back_that_reaches_over_files_that_are_gone_is_refused(
    lander: Lander, orders: Sql, tmp_path: Path
) -> None:
    def entry(lookback: str) -> dict[str, Any]:
        return {"tables": {"orders": {"incremental": {"cursor": "changed", "lookback": lookback}}}}

    lander.land(**entry("1h"))
    orders("INSERT INTO orders VALUES (9, '2024-03-01 10:00:00', 1)")
    lander.land(**entry("1h"))
    let_go(lander, tmp_path / "archive", **entry("1h"))
    assert len(lander.paths("orders")) == 1
    with pytest.raises(SourceError, match="would land twice") as caught:
        lander.land(**entry("90d"))
    assert caught.value.code == "landed-files-gone"
    subprocess.run(shlex.split(str(caught.value.hint).partition(": ")[2]), check=True)
    assert lander.land(**entry("90d")).landed == ()


def test_rows_that_cannot_be_compared_for_their_files_are_gone_are_refused_where_a_cursor_went_back(
    lander: Lander, orders: Sql
) -> None:
    by_id = {"orders": {"incremental": {"cursor": "id"}}}
    lander.land(tables=by_id)
    orders("INSERT INTO orders VALUES (3, '2024-01-03 10:00:00', 3)")
    lander.land(tables=by_id)
    let_go(lander, tables=by_id)
    orders("DELETE FROM orders WHERE id > 1")
    error = refused(lambda: lander.land(tables=by_id))
    assert error.code == "landed-files-gone"
    assert "(the greatest 'id' is 1, and was 3 in the run before)" in error.message


@pytest.mark.parametrize(
    ("cursors", "lookbacks", "stay"),
    [
        (["1", "5", "9", "10"], [], [3]),
        (["1", "5", "9", "10"], [Lookback(1)], [2, 3]),
        (["9.5", "10.25"], [], [1]),
        (["2024-01-01", "2024-01-02", "2024-01-03"], [Lookback(3600, True)], [1, 2]),
        (["2024-01-03 09:00:00", "2024-01-03T10:00:30"], [], [1]),
        (["2024-01-03 09:59:58", "2024-01-03 10:00:30"], [], [0, 1]),
        (["2024-01-01 10:00:00+02:00", "2024-01-03 10:00:00+00"], [Lookback(86400, True), Lookback(5)], [1]),
        (["a", "b"], [], [0, 1]),
        (["0001-01-01 00:00:00"], [Lookback(86400, True)], [0]),
        ([None, None], [], []),
        (["1", "9", "5"], [], [1, 2]),
        (["1", "9", None], [], [0, 1]),
    ],
)
def test_which_files_are_needed_follows_from_the_texts_of_their_cursors(
    cursors: list[str | None], lookbacks: list[Lookback], stay: list[int]
) -> None:
    records = [LandingRecord(f"{n}", "", resource="t", name=f"{n}", cursor=cursor) for n, cursor in enumerate(cursors)]
    assert needed(records, lookbacks) == {str(number) for number in stay}
