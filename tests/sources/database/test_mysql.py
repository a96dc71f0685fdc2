"""MySQL's protocol, spoken with a real MariaDB."""

from __future__ import annotations

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
