"""MySQL's protocol, spoken with a real MariaDB."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import IngotError
from sources.database.conftest import Lander, server_lander
from sources.database.servers import Server, mariadb_connection

Sql = Callable[[str], Any]


@pytest.fixture
def my(tmp_path: Path, mariadb_server: Server) -> Lander:
    return server_lander(tmp_path, "mariadb", mariadb_server.port)


@pytest.fixture
def sql(mariadb_server: Server) -> Iterator[Sql]:
    """Runs statements in an empty database `shop`."""
    with mariadb_connection(mariadb_server.port) as cursor:
        cursor.execute("DROP DATABASE shop")
        cursor.execute("CREATE DATABASE shop")
        cursor.execute("USE shop")
        cursor.execute("SET time_zone = '+00:00', sql_mode = ''")

        def run(statement: str) -> Any:
            cursor.execute(statement)
            return cursor

        yield run


def refused(act: Callable[[], object]) -> IngotError:
    with pytest.raises(IngotError) as caught:
        act()
    return caught.value


TYPES: list[tuple[str, str, str, Any]] = [
    ("tinyint", "-128", "int8", -128),
    ("tinyint unsigned", "255", "int16", 255),
    ("smallint", "-32768", "int16", -32768),
    ("smallint unsigned", "65535", "int32", 65535),
    ("mediumint", "-8388608", "int32", -8388608),
    ("int", "-2147483648", "int32", -2147483648),
    ("int unsigned", "4294967295", "int64", 4294967295),
    ("bigint", "-9223372036854775808", "int64", -9223372036854775808),
    ("bigint unsigned", "18446744073709551615", "decimal128(20, 0)", Decimal("18446744073709551615")),
    ("float", "16777215", "float", 16777215.0),
    ("double", "0.1", "double", 0.1),
    ("decimal(10,2)", "-12345678.90", "decimal128(10, 2)", Decimal("-12345678.90")),
    ("decimal(38,0) unsigned", "9" * 38, "decimal128(38, 0)", Decimal("9" * 38)),
    ("bit(1)", "b'1'", "bool", True),
    ("bit(8)", "b'101'", "int64", 5),
    ("char(3)", "'a'", "string", "a"),
    ("varchar(5)", "'é'", "string", "é"),
    ("varchar(5) character set latin1", "'é'", "string", "é"),
    ("longtext", "''", "string", ""),
    ("enum('x','y')", "'y'", "string", "y"),
    ("set('x','y')", "'x,y'", "string", "x,y"),
    ("json", "'{\"a\": 1}'", "string", '{"a": 1}'),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "string", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("binary(2)", "x'00ff'", "binary", b"\x00\xff"),
    ("blob", "x'ff'", "binary", b"\xff"),
    ("date", "'2024-02-29'", "date32[day]", date(2024, 2, 29)),
    ("datetime(6)", "'2024-01-02 03:04:05.678901'", "timestamp[us]", datetime(2024, 1, 2, 3, 4, 5, 678901)),
    ("timestamp", "'2024-01-02 03:04:05'", "timestamp[us, tz=UTC]", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("time(3)", "'-100:11:12.123'", "string", "-100:11:12.123"),
    ("year", "2024", "int16", 2024),
    ("point", "ST_GeomFromText('POINT(1 2)')", "binary", bytes.fromhex("0101000000000000000000f03f0000000000000040")),
]  # fmt: skip


def test_every_type_lands_with_its_exact_value(my: Lander, sql: Sql) -> None:
    sql(f"CREATE TABLE t ({', '.join(f'c{n} {name} NULL' for n, (name, *_) in enumerate(TYPES))})")
    sql(f"INSERT INTO t VALUES ({', '.join(value for _, value, *_ in TYPES)})")
    sql("INSERT INTO t (c0) VALUES (NULL)")
    my.land("t", queries={"q": "SELECT * FROM t"})
    expected = {name: (type_, value) for name, _, type_, value in TYPES}
    for resource in ("shop.t", "q"):
        values = zip(my.types(resource).values(), my.rows(resource)[0], strict=True)
        assert dict(zip(expected, values, strict=True)) == expected
        assert my.rows(resource)[1] == (None,) * len(TYPES)


@pytest.mark.parametrize("value", ["'0000-00-00'", "'2024-00-10'"])
def test_a_date_that_is_none_is_refused_with_its_column(my: Lander, sql: Sql, value: str) -> None:
    sql("CREATE TABLE t (id int, odd date)")
    sql(f"INSERT INTO t VALUES (1, NULL), (2, {value})")
    error = refused(lambda: my.land("t"))
    assert error.code == "unfit-value"
    assert "column 'odd' (date)" in error.message
    my.land(tables={"t": {"types": {"odd": "string"}}})
    assert my.rows("shop.t") == [(1, None), (2, value.strip("'"))]


def test_a_decimal_of_more_digits_than_spark_has_is_refused(my: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id int, odd decimal(50,2))")
    error = refused(lambda: my.land("t"))
    assert (error.code, "decimal(50,2)" in error.message) == ("unsupported-type", True)


def test_doubles_and_floats_keep_every_bit(my: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (a double, b float)")
    sql("INSERT INTO t VALUES (1/3e0, 1/3e0), (1.7976931348623157e308, 3.4028235e38), (5e-324, 1e-40)")
    my.land("t")
    import numpy

    assert my.rows("shop.t")[0] == (1 / 3, float(numpy.float32(1 / 3)))
    assert my.rows("shop.t")[1] == (1.7976931348623157e308, float(numpy.float32("3.4028235e38")))


def test_tables_of_the_database_and_of_others_are_chosen(my: Lander, sql: Sql) -> None:
    for name in ("`order lines`", "`a``b`", "plain"):
        sql(f"CREATE TABLE {name} (`group` int, `x``y` int)")
        sql(f"INSERT INTO {name} VALUES (1, 2)")
    sql("CREATE VIEW v AS SELECT 1 AS a")
    my.land("*")
    folders = sorted(p.name for p in (my.lake / "_landing" / "shop").iterdir())
    assert [folder.split("-")[0] for folder in folders] == ["shop.a_b", "shop.order_lines", "shop.plain"]
    assert my.table(folders[0]).to_pylist() == [{"group": 1, "x`y": 2}]


def test_all_tables_show_one_state_though_others_write(my: Lander, sql: Sql, mariadb_server: Server) -> None:
    """The rows of `b` move to `a` after `a` has been read."""
    sql("CREATE TABLE a (id int)")
    sql("CREATE TABLE b (id int)")
    sql("INSERT INTO b VALUES (1), (2)")
    moved = []

    def move(progress: object) -> None:
        if not moved:
            moved.append(progress)
            sql("INSERT INTO a SELECT * FROM b")
            sql("DELETE FROM b")

    sql("INSERT INTO a VALUES (0)")
    my.progress = type("Moving", (list,), {"append": staticmethod(move)})()
    my.land("a", "b", consistent=True)
    assert (my.rows("shop.a"), my.rows("shop.b")) == ([(0,)], [(1,), (2,)])
    assert moved


@pytest.mark.parametrize(
    ("type_", "first", "second"),
    [
        ("bigint unsigned", "18446744073709551614", "18446744073709551615"),
        ("decimal(20,4)", "0.0001", "0.0002"),
        ("date", "'2024-01-01'", "'2024-01-02'"),
        ("datetime(6)", "'2024-01-01 00:00:00.000001'", "'2024-01-01 00:00:00.000002'"),
        ("timestamp(3)", "'2024-03-10 06:59:59.999'", "'2024-03-10 07:00:00'"),
    ],
)
def test_every_kind_of_cursor_finds_what_is_new_and_nothing_twice(
    my: Lander, sql: Sql, type_: str, first: str, second: str
) -> None:
    sql(f"CREATE TABLE t (id int, `Changed At` {type_} NULL)")
    tables = {"t": {"incremental": {"cursor": "Changed At"}}}
    sql(f"INSERT INTO t VALUES (1, {first})")
    my.land(tables=tables)
    sql(f"INSERT INTO t VALUES (2, {first}), (3, {second})")
    my.land(tables=tables)
    my.land(tables=tables)
    assert [row[0] for row in my.rows("shop.t")] == [1, 2, 3]


# --- what goes wrong ---


def test_a_wrong_password_is_an_error_that_does_not_show_it(my: Lander, sql: Sql) -> None:
    my.password = "wrong-and-secret"
    error = refused(lambda: my.land("t"))
    assert (error.code, my.waits) == ("login-failed", [])
    assert "wrong-and-secret" not in error.render()


def test_a_server_that_is_not_there_is_tried_again_and_then_an_error(my: Lander) -> None:
    my.url = "mysql://reader@127.0.0.1:1/shop"
    assert refused(lambda: my.land("t", retries=1)).code == "connection-failed"
    assert my.waits == [1]


def test_a_database_that_does_not_exist_is_an_error(my: Lander, sql: Sql) -> None:
    my.url = my.url.replace("/shop", "/shoppe")
    assert refused(lambda: my.land("t")).code == "unknown-database"


def test_tables_that_may_not_be_read_are_not_listed(my: Lander, sql: Sql) -> None:
    sql("CREATE TABLE a (id int)")
    sql("CREATE TABLE b (id int, hidden int)")
    sql("CREATE OR REPLACE USER guest@'127.0.0.1' IDENTIFIED BY 'guest-password'")
    sql("GRANT SELECT (id) ON shop.b TO guest@'127.0.0.1'")
    my.url, my.password = my.url.replace("reader@", "guest@"), "guest-password"
    assert refused(lambda: my.land("a")).code == "unknown-table"
    assert refused(lambda: my.land("b")).code == "permission-denied"


def test_nothing_in_an_entry_can_write(my: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id int)")
    sql("CREATE FUNCTION f() RETURNS int BEGIN INSERT INTO shop.t VALUES (1); RETURN 1; END")
    error = refused(lambda: my.land(queries={"q": "SELECT f() AS x"}))
    assert (error.code, "READ ONLY" in error.message) == ("query-failed", True)


def test_a_connection_that_breaks_is_opened_again_and_each_table_lands_once(my: Lander, sql: Sql) -> None:
    sql("CREATE TABLE a (id int)")
    sql("CREATE TABLE b (id int)")
    sql("INSERT INTO a VALUES (1)")
    sql("SELECT GET_LOCK('held', 0)").fetchall()

    def break_connection() -> None:
        """End the connection that waits for the lock, and let the next one have it."""
        waits = "SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND state = 'User lock'"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := sql(waits).fetchall():
                sql(f"KILL {found[0][0]}")
                break
        sql("SELECT RELEASE_LOCK('held')").fetchall()

    breaker = threading.Thread(target=break_connection)
    breaker.start()
    my.land("a", "b", queries={"slow": "SELECT a.id, GET_LOCK('held', 60) AS s FROM a"})
    breaker.join()
    assert my.waits == [1]
    assert {record.resource for record in my.landing.records("shop")} == {"shop.a", "shop.b", "slow"}
    assert len(my.landing.records("shop")) == 3


def test_queries_mean_what_the_server_is_set_to(my: Lander, sql: Sql) -> None:
    sql("SET GLOBAL sql_mode = 'PIPES_AS_CONCAT,ANSI_QUOTES'")
    try:
        my.land(queries={"q": "SELECT 'a' || 'b' AS \"x y\""})
    finally:
        sql("SET GLOBAL sql_mode = DEFAULT")
    assert my.table("q").to_pylist() == [{"x y": "ab"}]


def test_columns_that_an_outer_join_leaves_empty_are_refused_as_cursors(my: Lander, sql: Sql) -> None:
    sql("CREATE TABLE a (id int NOT NULL)")
    sql("INSERT INTO a VALUES (1)")
    query = "SELECT a.id, b.id AS other FROM a LEFT JOIN a b ON b.id = a.id + 1"
    error = refused(lambda: my.land(queries={"q": {"query": query, "incremental": {"cursor": "other"}}}))
    assert error.code == "null-cursor"
