"""PostgreSQL, a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import IngotError
from sources.database.conftest import Lander, server_lander
from sources.database.servers import Server, postgresql_connection

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
