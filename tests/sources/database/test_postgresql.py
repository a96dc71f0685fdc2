"""PostgreSQL, a real one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingot.errors import IngotError
from ingot.secrets import hide, redact
from sources.database.conftest import Lander, server_lander
from sources.database.servers import PASSWORD, Server, postgresql_connection

Sql = Callable[[str], Any]


@pytest.fixture
def pg(tmp_path: Path, postgresql_server: Server) -> Lander:
    return server_lander(tmp_path, "postgresql", postgresql_server.port)


@pytest.fixture
def sql(postgresql_server: Server) -> Iterator[Sql]:
    """Runs statements in an empty schema `public`."""
    with postgresql_connection(postgresql_server.port) as cursor:
        for schema in ("public", "sales", '"odd schema"'):
            cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        cursor.execute("CREATE SCHEMA public")

        def run(statement: str) -> Any:
            cursor.execute(statement)
            return cursor

        yield run


def refused(act: Callable[[], object]) -> IngotError:
    with pytest.raises(IngotError) as caught:
        act()
    return caught.value


TYPES: list[tuple[str, str, str, Any]] = [
    ("boolean", "true", "bool", True),
    ("smallint", "-32768", "int16", -32768),
    ("integer", "2147483647", "int32", 2147483647),
    ("bigint", "9223372036854775807", "int64", 9223372036854775807),
    ("real", "1.1", "float", pytest.approx(1.1, rel=1e-7)),
    ("double precision", "0.1", "double", 0.1),
    ("numeric(10,2)", "12345678.90", "decimal128(10, 2)", Decimal("12345678.90")),
    ("numeric(38,0)", "9" * 38, "decimal128(38, 0)", Decimal("9" * 38)),
    ("numeric", "1.000000000000000001", "decimal128(38, 18)", Decimal("1.000000000000000001")),
    ("money", "'12.34'", "decimal128(19, 2)", Decimal("12.34")),
    ("text", "'é'", "string", "é"),
    ("varchar(5)", "''", "string", ""),
    ("char(3)", "'a'", "string", "a  "),
    ("name", "'n'", "string", "n"),
    ("bytea", "'\\x00ff'", "binary", b"\x00\xff"),
    ("date", "'2024-02-29'", "date32[day]", date(2024, 2, 29)),
    ("timestamp", "'2024-01-02 03:04:05.678901'", "timestamp[us]", datetime(2024, 1, 2, 3, 4, 5, 678901)),
    ("timestamptz", "'2024-01-02 03:04:05+02'", "timestamp[us, tz=UTC]", datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)),
    ("time", "'10:11:12.123456'", "string", "10:11:12.123456"),
    ("timetz", "'10:11:12+02'", "string", "10:11:12+02"),
    ("interval", "'1 month 2 days 3.5 sec'", "string", "P1M2DT3.5S"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "string", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("json", "'{\"b\":1,  \"a\":2}'", "string", '{"b":1,  "a":2}'),
    ("jsonb", "'{\"b\":1,  \"a\":2}'", "string", '{"a": 2, "b": 1}'),
    ("xml", "'<a/>'", "string", "<a/>"),
    ("inet", "'10.0.0.1/8'", "string", "10.0.0.1/8"),
    ("int4range", "'[1,5)'", "string", "[1,5)"),
    ("point", "'(1,2)'", "string", "(1,2)"),
    ("bit(3)", "'101'", "string", "101"),
    ("oid", "4294967295", "int64", 4294967295),
    ("integer[]", "'{1,NULL,3}'", "list<element: int32>", [1, None, 3]),
    ("text[]", "'{a,\"b,c\"}'", "list<element: string>", ["a", "b,c"]),
    ("numeric(5,2)[]", "'{1.50}'", "list<element: decimal128(5, 2)>", [Decimal("1.50")]),
    ("timestamptz[]", "'{2024-01-02 03:04:05+02}'", "list<element: timestamp[us, tz=UTC]>", [datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)]),
    ("uuid[]", "'{}'", "list<element: string>", []),
    ("mood", "'sad'", "string", "sad"),
    ("price", "'1.25'", "decimal128(8, 3)", Decimal("1.250")),
]  # fmt: skip


def test_every_type_lands_with_its_exact_value(pg: Lander, sql: Sql) -> None:
    sql("CREATE TYPE mood AS ENUM ('sad', 'glad')")
    sql("CREATE DOMAIN price AS numeric(8,3) CHECK (value >= 0)")
    sql(f"CREATE TABLE t ({', '.join(f'c{n} {name}' for n, (name, *_) in enumerate(TYPES))})")
    sql(f"INSERT INTO t VALUES ({', '.join(value for _, value, *_ in TYPES)})")
    sql("INSERT INTO t (c0) VALUES (NULL)")
    pg.land("t", queries={"q": "SELECT * FROM t"})
    expected = {name: (type_, value) for name, _, type_, value in TYPES}
    for resource in ("public.t", "q"):
        values = zip(pg.types(resource).values(), pg.rows(resource)[0], strict=True)
        found = dict(zip(expected, values, strict=True))
        if resource == "q":  # of elements of arrays a query's result does not tell the digits
            assert found.pop("numeric(5,2)[]") == ("list<element: decimal128(38, 18)>", [Decimal("1.50")])
            del expected["numeric(5,2)[]"]
        assert found == expected
        assert pg.rows(resource)[1] == (None,) * len(TYPES)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("timestamp", "'infinity'"),
        ("timestamptz", "'-infinity'"),
        ("date", "'infinity'"),
        ("date", "'10000-01-01'"),
        ("timestamp", "'0044-03-15 BC'"),
        ("numeric(5,2)", "'NaN'"),
        ("numeric", "'Infinity'"),
        ("numeric", "1e20"),
        ("numeric", "1e30"),
        ("numeric", "-1e60"),
        ("numeric[]", "'{1, 1e30}'"),
        ("numeric", "1e-19"),
    ],
)
def test_a_value_that_spark_has_not_is_refused_with_its_column(pg: Lander, sql: Sql, type_: str, value: str) -> None:
    sql(f"CREATE TABLE t (id int, odd {type_})")
    sql(f"INSERT INTO t VALUES (1, NULL), (2, {value})")
    error = refused(lambda: pg.land("t"))
    assert error.code == "unfit-value"
    assert "column 'odd'" in error.message
    pg.land(tables={"t": {"types": {"odd": "string"}}})
    assert pg.rows("public.t")[0] == (1, None)


@pytest.mark.parametrize("value", ["'{{1,2},{3,4}}'", "'[2:3]={1,2}'"])
def test_an_array_that_the_driver_would_flatten_is_refused(pg: Lander, sql: Sql, value: str) -> None:
    sql('CREATE TABLE t (id int, "o{d}d\'s" int[])')
    sql(f"INSERT INTO t VALUES (1, {value})")
    error = refused(lambda: pg.land("t"))
    assert error.code == "unfit-value"
    assert "the array in column 'o{d}d's' has the dimensions [" in error.message
    assert pg.landing.records("shop") == []


@pytest.mark.parametrize("type_", ["numeric(50,2)", "pair", "pair[]", "money[]"])
def test_a_type_without_a_counterpart_is_refused_before_anything_is_read(pg: Lander, sql: Sql, type_: str) -> None:
    sql("CREATE TYPE pair AS (a int, b int)")
    sql(f"CREATE TABLE t (id int, odd {type_})")
    error = refused(lambda: pg.land("t"))
    assert (error.code, "types: {odd: string}" in str(error.hint)) == ("unsupported-type", True)
    pg.land(tables={"t": {"columns": ["id"]}})


def test_tables_of_several_schemas_are_chosen_without_views_and_partitions(pg: Lander, sql: Sql) -> None:
    sql("CREATE SCHEMA sales")
    sql('CREATE SCHEMA "odd schema"')
    sql("CREATE TABLE sales.orders (id int, day date) PARTITION BY RANGE (day)")
    sql("CREATE TABLE sales.orders_2024 PARTITION OF sales.orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
    sql("CREATE VIEW sales.v AS SELECT 1 AS a")
    sql("CREATE MATERIALIZED VIEW sales.m AS SELECT 1 AS a")
    sql('CREATE TABLE "odd schema"."Order.Lines" ("Group" int)')
    sql("INSERT INTO sales.orders VALUES (1, '2024-05-05')")
    pg.land("*.*", "sales.m")
    folders = sorted(p.name for p in (pg.lake / "_landing" / "shop").iterdir())
    assert folders[0].startswith("odd_schema.Order.Lines-")
    assert folders[1:] == ["sales.m", "sales.orders"]
    assert pg.rows("sales.orders") == [(1, date(2024, 5, 5))]


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingot.sources.database.postgresql._PART_BLOCKS", 4)


def test_a_large_table_is_read_in_parts_that_hold_each_row_once(pg: Lander, sql: Sql, in_parts: None) -> None:
    sql("CREATE TABLE t (id int, note text)")
    sql("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i")
    result = pg.land("t", parallel=3)
    assert len(result.landed) > 5
    assert sorted(row[0] for row in pg.rows("public.t")) == list(range(1, 2001))
    assert {record.run for record in pg.landing.records("shop")} == {"20260305T050607Z"}
    assert pg.land("t", parallel=1).landed == ()
    sql("UPDATE t SET note = 'y' WHERE id = 1000")
    again = pg.land("t")
    assert len(again.landed) >= len(result.landed)
    newest = [pq.ParquetFile(path).read() for path in pg.paths("public.t") if "20260307" in str(path)]
    assert sum(table.num_rows for table in newest) == 2000


def test_all_parts_and_tables_see_one_state_of_the_database(
    pg: Lander, sql: Sql, in_parts: None, postgresql_server: Server
) -> None:
    sql("CREATE TABLE a (id int, note text)")
    sql("CREATE TABLE b (id int, note text)")
    sql("INSERT INTO a SELECT i, repeat('x', 500) FROM generate_series(1, 3000) i")
    stop = threading.Event()

    def move() -> None:
        """Rows go from one table to the other, each in one statement."""
        with postgresql_connection(postgresql_server.port) as cursor:
            for number in range(1, 3001):
                if stop.is_set():
                    return
                cursor.execute(
                    f"WITH gone AS (DELETE FROM a WHERE id = {number} RETURNING *) INSERT INTO b SELECT * FROM gone"
                )

    writer = threading.Thread(target=move)
    writer.start()
    try:
        for _ in range(3):
            pg.land("a", "b", consistent=True, parallel=4)
    finally:
        stop.set()
        writer.join()
    runs: dict[str, list[int]] = {}
    for record in pg.landing.records("shop"):
        table = pq.ParquetFile(pg.landing.path("shop", record.name)).read(columns=["id"])
        runs.setdefault(str(record.run), []).extend(table.column("id").to_pylist())
    assert runs
    for run, ids in runs.items():
        tables = {record.resource for record in pg.landing.records("shop") if record.run == run}
        if len(tables) == 2:
            assert sorted(ids) == list(range(1, 3001))
    assert any(len({r.resource for r in pg.landing.records("shop") if r.run == run}) == 2 for run in runs)


def test_rows_committed_while_a_run_reads_land_with_the_next(pg: Lander, sql: Sql, postgresql_server: Server) -> None:
    """A transaction that began before a run and ends after it, with the cursor of the run's last row and an older one."""
    sql("CREATE TABLE t (id int, at timestamptz NOT NULL)")
    sql("INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-05')")
    tables = {"t": {"incremental": {"cursor": "at", "lookback": "3d"}}}
    with postgresql_connection(postgresql_server.port) as late:
        late.execute("BEGIN")
        late.execute("INSERT INTO t VALUES (3, '2024-01-05'), (4, '2024-01-03 00:00:00.000001')")
        pg.land(tables=tables)
        late.execute("COMMIT")
    pg.land(tables=tables)
    pg.land(tables=tables)
    assert [row[0] for row in pg.rows("public.t")] == [1, 2, 3, 4]


CURSORS = [
    ("bigint", "9007199254740993", "9007199254740994"),
    ("numeric(20,4)", "0.0001", "0.0002"),
    ("date", "'2024-01-01'", "'2024-01-02'"),
    ("timestamp", "'2024-01-01 00:00:00.000001'", "'2024-01-01 00:00:00.000002'"),
    ("timestamptz", "'2024-03-10 01:59:59.999999-05'", "'2024-03-10 03:00:00-04'"),
]


@pytest.mark.parametrize(("type_", "first", "second"), CURSORS)
def test_every_kind_of_cursor_finds_what_is_new_and_nothing_twice(
    pg: Lander, sql: Sql, type_: str, first: str, second: str
) -> None:
    sql(f'CREATE TABLE t (id int, "Changed At" {type_})')
    tables = {"t": {"incremental": {"cursor": "Changed At"}}}
    sql(f"INSERT INTO t VALUES (1, {first})")
    pg.land(tables=tables)
    sql(f"INSERT INTO t VALUES (2, {first}), (3, {second})")
    pg.land(tables=tables)
    pg.land(tables=tables)
    assert [row[0] for row in pg.rows("public.t")] == [1, 2, 3]


@pytest.mark.parametrize(("type_", "first", "second"), CURSORS)
def test_of_every_kind_of_cursor_rows_written_after_a_backup_was_restored_are_found(
    pg: Lander, sql: Sql, type_: str, first: str, second: str
) -> None:
    sql(f"CREATE TABLE t (id int, c {type_})")
    sql(f"INSERT INTO t VALUES (1, {first}), (2, {second})")
    tables = {"t": {"incremental": {"cursor": "c"}}}
    pg.land(tables=tables)
    sql("DELETE FROM t WHERE id = 2")
    sql(f"INSERT INTO t VALUES (3, {first})")
    assert "public.t: the greatest 'c' is" in pg.land(tables=tables).warnings[0]
    sql(f"INSERT INTO t VALUES (2, {second}), (4, {second})")
    assert pg.land(tables=tables).warnings == ()
    assert pg.land(tables=tables).landed == ()
    assert [row[0] for row in pg.rows("public.t")] == [1, 2, 3, 4]


CHANGES = [
    ("timestamptz", "timestamp", "'2024-01-01 10:00:00+00'", "one with the value '2024-01-01 10:00:00+00'"),
    ("timestamp", "timestamptz", "'2024-01-01 10:00:00'", "timestamp[us]"),
    ("date", "timestamptz", "'2024-01-01'", "date32[day]"),
    ("int", "timestamp USING to_timestamp(at)", "5", "one with the value '5'"),
]


@pytest.mark.parametrize(
    ("type_", "value"),
    [("numeric", "NaN"), ("numeric(10,2)", "NaN"), ("numeric", "infinity"), ("date", "infinity"), ("money", "2")],
)
def test_a_cursor_whose_greatest_value_has_no_place_in_an_order_is_refused(
    pg: Lander, sql: Sql, type_: str, value: str
) -> None:
    sql(f"CREATE TABLE t (at {type_} NOT NULL)")
    sql(f"INSERT INTO t VALUES ('{value}')")
    assert refused(lambda: pg.land(tables={"t": {"incremental": {"cursor": "at"}}})).code == "unfit-cursor"
    assert pg.landing.records("shop") == []


@pytest.mark.parametrize(("type_", "changed", "value", "before"), CHANGES)
def test_a_cursor_whose_type_has_changed_is_refused_until_the_table_is_read_from_the_beginning(
    pg: Lander, sql: Sql, type_: str, changed: str, value: str, before: str
) -> None:
    sql(f"CREATE TABLE t (id int, at {type_} NOT NULL)")
    sql(f"INSERT INTO t VALUES (1, {value})")
    pg.land(tables={"t": {"incremental": {"cursor": "at"}}})
    sql(f"ALTER TABLE t ALTER at TYPE {changed}")
    error = refused(lambda: pg.land(tables={"t": {"incremental": {"cursor": "at"}}}))
    assert error.code == "unfit-cursor"
    assert "public.t: the type of the cursor 'at' has changed" in error.message
    assert f"was {before} when it landed last" in error.message
    named = "timestamp" if changed == "timestamptz" else "timestamp_ntz"
    assert error.hint == f"read the table from the beginning, by naming the type: types: {{at: {named}}}"
    tables = {"t": {"incremental": {"cursor": "at"}, "types": {"at": named}}}
    assert len(pg.land(tables=tables).landed) == 1
    assert pg.land(tables=tables).landed == ()


# --- what goes wrong ---


def test_a_wrong_password_is_an_error_that_does_not_show_it(pg: Lander, sql: Sql) -> None:
    pg.password = "wrong-and-secret"
    error = refused(lambda: pg.land("t"))
    assert (error.code, pg.waits) == ("login-failed", [])
    assert "wrong-and-secret" not in error.render()


def test_nothing_that_is_written_holds_the_password(pg: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id int)")
    pg.land("t")
    written = [path for path in pg.lake.rglob("*") if path.is_file()]
    assert len(written) == 2
    assert not any(PASSWORD.encode() in path.read_bytes() for path in written)
    assert PASSWORD not in repr(pg.landing.records("shop"))


def test_a_server_that_is_not_there_is_tried_again_and_then_an_error(pg: Lander) -> None:
    pg.url = "postgresql://reader@127.0.0.1:1/shop"
    error = refused(lambda: pg.land("t", retries=2))
    assert (error.code, pg.waits) == ("connection-failed", [1, 2])
    assert PASSWORD not in error.render()


def test_a_database_that_does_not_exist_is_an_error(pg: Lander, sql: Sql) -> None:
    pg.url = pg.url.replace("/shop", "/shoppe")
    assert refused(lambda: pg.land("t")).code == "unknown-database"


def test_tables_that_may_not_be_read_are_an_error_and_the_others_land(pg: Lander, sql: Sql) -> None:
    sql("CREATE TABLE a (id int NOT NULL)")
    sql("CREATE TABLE b (id int NOT NULL)")
    sql("DROP ROLE IF EXISTS guest")
    sql("CREATE ROLE guest LOGIN PASSWORD 'guest-password'")
    sql("GRANT USAGE ON SCHEMA public TO guest")
    sql("GRANT SELECT ON b TO guest")
    pg.url, pg.password = pg.url.replace("reader@", "guest@"), "guest-password"
    tables = {name: {"incremental": {"cursor": "id"}} for name in ("a", "b")}
    for each in ({"tables": tables}, {"tables": ["*"]}):
        error = refused(lambda each=each: pg.land(**each))
        assert (error.code, "permission denied for table a" in error.message) == ("permission-denied", True)
    assert {record.resource for record in pg.landing.records("shop")} == {"public.b"}


def test_wrong_sql_in_the_entry_is_an_error_with_the_words_of_the_server(pg: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id int)")
    error = refused(lambda: pg.land(tables={"t": {"where": "nope = 1"}}))
    assert (error.code, 'column "nope" does not exist' in error.message) == ("query-failed", True)
    assert refused(lambda: pg.land(queries={"q": "SELEC 1"})).code == "query-failed"
    assert refused(lambda: pg.land(queries={"q": "DELETE FROM t RETURNING id"})).code == "query-failed"


@pytest.mark.parametrize("query", ["SELECT a, '{}' AS b frm t", "SELECT a FROM t WHERE a = '{}'"])
def test_of_a_secret_in_sql_the_server_repeats_no_part(pg: Lander, sql: Sql, query: str) -> None:
    sql("CREATE TABLE t (a int)")
    secret = "as-the-server-excerpts-a-line-" * 5
    hide(secret)
    error = refused(lambda: pg.land(queries={"q": query.format(secret)}))
    assert error.code == "query-failed"
    assert "the-server" not in redact(error).render()


def test_nothing_in_an_entry_can_write(pg: Lander, sql: Sql) -> None:
    sql("CREATE TABLE t (id int)")
    sql("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO public.t VALUES (1) RETURNING id'")
    error = refused(lambda: pg.land(queries={"q": "SELECT f() AS x"}))
    assert "read-only transaction" in error.message
    assert sql("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_connection_that_breaks_in_the_middle_is_opened_again_and_lands_once(
    pg: Lander, sql: Sql, in_parts: None, postgresql_server: Server
) -> None:
    sql("CREATE TABLE a (id int)")
    sql("CREATE TABLE t (id int, note text)")
    sql("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) i")
    broken = []

    def breaking(progress: object) -> None:
        if not broken:
            broken.append(progress)
            with postgresql_connection(postgresql_server.port) as other:
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ingot'")
                other.fetchall()

    pg.progress = type("Breaking", (list,), {"append": staticmethod(breaking)})()
    pg.land("a", "t", parallel=1)
    assert broken
    assert pg.waits == [1]
    assert sorted(row[0] for row in pg.rows("public.t")) == list(range(1, 3001))
    assert len({record.run for record in pg.landing.records("shop") if record.resource == "public.t"}) == 1


def test_sessions_are_closed_when_a_run_is_over(pg: Lander, sql: Sql, in_parts: None) -> None:
    sql("CREATE TABLE t (id int)")
    sql("INSERT INTO t SELECT i FROM generate_series(1, 5000) i")
    pg.land("t", parallel=4)
    refused(lambda: pg.land(tables={"t": {"where": "1 / (id - 4000) > -9"}}))
    for _ in range(50):
        left = sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ingot'").fetchone()
        if left == (0,):
            break
    assert left == (0,)
    assert pg.waiting() == []
