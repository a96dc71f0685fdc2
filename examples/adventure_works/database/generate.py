"""Write the shop's database as it is on the evening of a day, 1 or 2.

    python generate.py 1                # shop.db, an SQLite file: it stands in for Azure SQL
    python generate.py 2                # the same file, a day later
    python generate.py 1 --postgresql postgresql://reader@localhost/shop

The second day is one transaction of inserts, updates and deletes. In PostgreSQL the tables are in the schema SalesLT,
which must not be there, or be of an earlier call. The password is taken from INGOT_SECRET_ADVENTURE_WORKS.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from shop_database import COLUMNS, Tables, evenings, key_columns

SQLITE_FILE = Path(__file__).parent / "shop.db"
_MARK = 'SELECT 1 FROM "SalesLT"."BuildVersion" WHERE "Database Version" = \'made up for Ingot\''


def statements(before: Tables, after: Tables, prefix: str) -> Iterator[str]:
    """The SQL that makes of one state of the tables the other. `prefix` stands before each name of a table."""
    for table, rows in after.items():
        name, old = f'{prefix}{table}"', before.get(table, {})
        for key, row in rows.items():
            if key not in old:
                yield f"INSERT INTO {name} VALUES ({', '.join(map(literal, row.values()))})"
            elif row != old[key]:
                changed = (f'"{column}" = {literal(row[column])}' for column in row if row[column] != old[key][column])
                yield f"UPDATE {name} SET {', '.join(changed)} WHERE {_is(table, key)}"
        yield from (f"DELETE FROM {name} WHERE {_is(table, key)}" for key in old if key not in rows)


def definitions(prefix: str) -> Iterator[str]:
    """The SQL that makes the tables."""
    for table, columns in COLUMNS.items():
        listed = [f'"{name}" {kind}' for name, kind in columns.items()]
        key = ", ".join(f'"{name}"' for name in key_columns(table))
        yield f'CREATE TABLE {prefix}{table}" ({", ".join(listed)}, PRIMARY KEY ({key}))'


def literal(value: Any) -> str:
    """A value in SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    return "'" + str(value).replace("'", "''") + "'"


def _is(table: str, key: Sequence[Any]) -> str:
    return " AND ".join(f'"{name}" = {literal(value)}' for name, value in zip(key_columns(table), key, strict=True))


def write(day: int, states: Sequence[Tables], postgresql: str | None = None, file: Path = SQLITE_FILE) -> None:
    """Bring a database from the day before to this one. SQLite has no schema: there it is part of a table's name."""
    prefix = '"SalesLT.' if postgresql is None else '"SalesLT"."'
    made = list(definitions(prefix)) if day == 1 else []
    changes = [*made, *statements({} if day == 1 else states[day - 2], states[day - 1], prefix)]
    if postgresql is None:
        _write_sqlite(file, changes, is_new=day == 1)
    else:
        _write_postgresql(postgresql, changes, is_new=day == 1)


def _write_sqlite(file: Path, changes: Sequence[str], is_new: bool) -> None:
    if is_new:
        file.unlink(missing_ok=True)
    with sqlite3.connect(file) as connection:
        connection.executescript(f"BEGIN; {'; '.join(changes)}; COMMIT")
    connection.close()


def _write_postgresql(url: str, changes: Sequence[str], is_new: bool) -> None:
    from adbc_driver_postgresql import dbapi

    parts = urlsplit(url)
    password = quote(os.environ.get("INGOT_SECRET_ADVENTURE_WORKS", ""), safe="")
    user, _, server = parts.netloc.rpartition("@")
    address = parts._replace(netloc=f"{user}:{password}@{server}" if password else parts.netloc).geturl()
    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
        if is_new:
            _make_room(cursor)
        for change in changes:
            cursor.execute(change)
        connection.commit()


def _make_room(cursor: Any) -> None:
    """An empty schema SalesLT; never in place of one that somebody else made."""
    cursor.execute('SELECT to_regclass(\'"SalesLT"."BuildVersion"\') IS NOT NULL')
    if cursor.fetchone()[0]:
        cursor.execute(_MARK)
        if cursor.fetchone() is None:
            sys.exit("this database has a schema SalesLT that was not made by this example: name another database")
        cursor.execute('DROP SCHEMA "SalesLT" CASCADE')
    cursor.execute('CREATE SCHEMA "SalesLT"')


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the shop's database.")
    parser.add_argument("day", type=int, choices=(1, 2))
    parser.add_argument("--postgresql", metavar="URL", help="a PostgreSQL database in place of shop.db")
    options = parser.parse_args(arguments)
    states = evenings()
    write(options.day, states, options.postgresql)
    count = sum(map(len, states[options.day - 1].values()))
    print(f"day {options.day}: {count} rows in {len(COLUMNS)} tables of {options.postgresql or SQLITE_FILE.name}")


if __name__ == "__main__":
    main()
