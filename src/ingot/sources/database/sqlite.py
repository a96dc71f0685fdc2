"""SQLite through Python's own driver: one connection, one read transaction.

Owns SQLite's SQL and what declared types land as. SQLite keeps any value in any column; a value that does not fit the
declared type is an error, never guessed at.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ingot.errors import IngotError, SourceError
from ingot.sources.database import adapter
from ingot.sources.database.adapter import Adapter, Column, Table
from ingot.sources.database.address import Address
from ingot.types import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGRAL,
    LONG,
    STRING,
    TIMESTAMP_NTZ,
    DataType,
    DecimalType,
)

_BATCH_ROWS = 20_000
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC|NUM|DEC|MONEY)(?:\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")
_SAFE_LITERAL = re.compile(r"[0-9A-Za-z:.+\- ]*")
_NAMED: dict[str, DataType] = {
    "DATE": DATE,
    "DATETIME": TIMESTAMP_NTZ,
    "TIMESTAMP": TIMESTAMP_NTZ,
    "TIME": STRING,
    "JSON": STRING,
    "UUID": STRING,
    "GUID": STRING,
    "XML": STRING,
}
# By parts of the declared type, in the order in which SQLite itself looks for them.
_AFFINITIES: tuple[tuple[str, DataType], ...] = (
    ("BOOL", BOOLEAN),
    ("INT", LONG),
    ("CHAR", STRING),
    ("CLOB", STRING),
    ("TEXT", STRING),
    ("STRING", STRING),
    ("BLOB", BINARY),
    ("BINARY", BINARY),
    ("REAL", DOUBLE),
    ("FLOA", DOUBLE),
    ("DOUB", DOUBLE),
)


class SQLite(Adapter):
    """See `Adapter`."""

    default_schema = ""

    def __init__(self, address: Address, timeout_s: float):
        self.address = address
        self._timeout_s = timeout_s

    def open(self) -> SQLiteSession:
        path = Path(self.address.path)
        if not path.is_file():
            raise SourceError(f"there is no file {path}", hint=_missing_hint(path), code="unknown-database")
        with self.asking():
            connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro",
                uri=True,
                timeout=self._timeout_s,
                isolation_level=None,
                check_same_thread=False,
            )
        session = SQLiteSession(self, connection)
        with self.asking():
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # from here on, one state is seen
        return session

    def beside(self, session: SQLiteSession) -> None:
        return None

    def quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def comparable(self, column: Column) -> str:
        """Times are texts, with a space or a `T` between day and hour. Texts of numbers are compared as numbers; of
        instants, with offsets, and of fractions no texts say the order."""
        name = self.quoted(column.name)
        if column.type == TIMESTAMP_NTZ:
            return f"replace({name}, 'T', ' ')"
        if column.type == DATE or _is_number(landed_type(column.database_type)):
            return name
        if column.type in INTEGRAL:
            return f"CAST({name} AS INTEGER)"
        assert column.type is not None
        raise SourceError(
            f"{self.address.shown}: column {column.name!r} ({column.database_type}) cannot be a cursor of type "
            f"{column.type.ddl}, for SQLite compares it as text",
            hint=f"in a query, make a number of it: CAST(strftime('%s', {name}) AS INTEGER) AS cursor, with "
            "types: {cursor: bigint}",
            code="unfit-cursor",
        )

    def low_literal(self, value: Any, column: Column) -> str:
        """The shortest text of the time: longer texts of the same sort after it, a plain date before its midnight."""
        if column.type != TIMESTAMP_NTZ:
            return self.literal(str(value), column)
        shortest = value.isoformat(" ", "minutes").removesuffix(":00").removesuffix(" 00")
        return self.literal(shortest, column)

    def literal(self, text: str, column: Column) -> str:
        if not _SAFE_LITERAL.fullmatch(text):
            raise ValueError(f"{text!r} is no value of a cursor")
        return text if _is_number(column.type) else f"'{text}'"

    def text_of(self, expression: str, column: Column) -> str:
        return expression

    def relation(self, table: Table) -> str:
        return f"main.{self.quoted(table.name)}"

    def splits(self, session: SQLiteSession, table: Table) -> Sequence[str]:
        return []

    @contextmanager
    def asking(self) -> Iterator[None]:
        """What the driver raises within, in the words of Ingot."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._fault(error) from None

    def _fault(self, error: sqlite3.Error) -> IngotError:
        text = str(error)
        if "locked" in text or "busy" in text:
            return adapter.connection_failed(self.address.shown, text)
        if "not a database" in text or "image is malformed" in text or "unable to open" in text:
            return adapter.unknown_database(self.address.shown, text)
        return adapter.query_failed(self.address.shown, text)


class SQLiteSession:
    """See `Session`."""

    def __init__(self, owner: SQLite, connection: sqlite3.Connection):
        self._owner = owner
        self._connection = connection
        self._types: dict[str, list[DataType | None]] = {}

    def tables(self) -> list[Table]:
        rows = self._rows("SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name")
        return [Table("", name, kind == "table") for name, kind in rows if not name.startswith("sqlite_")]

    def columns(self, table: Table) -> list[Column]:
        return self._described(f"PRAGMA main.table_xinfo({self._owner.quoted(table.name)})")

    def columns_of_query(self, query: str) -> list[Column]:
        """A view in the connection's own temporary database tells the declared types of what a query gives."""
        with self._owner.asking():
            self._connection.execute("DROP VIEW IF EXISTS temp.ingot_query")
            self._connection.execute(f"CREATE TEMP VIEW ingot_query AS {query}")
        columns = self._described("PRAGMA temp.table_xinfo(ingot_query)")
        names = {column.name for column in columns}
        return [replace(column, name=_written(column.name, names, query)) for column in columns]

    def value(self, sql: str) -> Any:
        rows = self._rows(sql)
        value = rows[0][0] if rows else None
        return repr(value) if isinstance(value, float) else value

    def batches(self, sql: str) -> Iterator[Any]:
        import pyarrow as pa

        with self._owner.asking():
            cursor = self._connection.execute(sql)
            names = [item[0] for item in cursor.description]
            while rows := cursor.fetchmany(_BATCH_ROWS):
                arrays = [_array(values, name) for name, values in zip(names, zip(*rows, strict=True), strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names)

    def close(self) -> None:
        self._connection.close()

    def _rows(self, sql: str) -> list[tuple]:
        with self._owner.asking():
            return self._connection.execute(sql).fetchall()

    def _described(self, pragma: str) -> list[Column]:
        columns = []
        for _, name, declared, is_required, _, key, hidden in self._rows(pragma):
            if hidden == 1:  # a column of a virtual table that SELECT * does not give
                continue
            quoted = self._owner.quoted(name)
            is_nullable = not is_required and not (key and declared.upper() == "INTEGER")
            columns.append(
                Column(name, landed_type(declared), declared or "no declared type", quoted, quoted, is_nullable)
            )
        return columns


def _missing_hint(path: Path) -> str:
    """What to do about a file that is not there: one of the landing zone may only not have landed yet."""
    folders = path.parts[:-1]
    if "_landing" in folders[:-1]:
        source = folders[folders.index("_landing") + 1]
        return f"depends_on: {source} in this entry lets it land first"
    return "check `url`: sqlite:path/to/file.db"


def _written(name: str, names: set[str], query: str) -> str:
    """The name of a query's column without the number that SQLite gives to the second one of a name."""
    base, _, number = name.rpartition(":")
    return base if base in names and number.isdigit() and name not in query else name


def landed_type(declared: str) -> DataType | None:
    """What a column lands as, by its declared type.

    >>> str(landed_type("varchar(20)")), str(landed_type("Decimal(10, 2)")), landed_type("")
    ('string', 'decimal(10,2)', None)
    """
    text = declared.upper().strip()
    if text in _NAMED:
        return _NAMED[text]
    if found := _DECIMAL.fullmatch(text):
        if found[1] is None:
            return DecimalType(38, 18)
        precision, scale = int(found[1]), int(found[2] or 0)
        return DecimalType(precision, scale) if scale <= precision <= 38 and precision else None
    return next((type_ for part, type_ in _AFFINITIES if part in text), None)


def _is_number(type_: DataType | None) -> bool:
    return type_ in INTEGRAL or isinstance(type_, DecimalType)


def _array(values: Sequence[Any], name: str) -> Any:
    """The values as Arrow keeps them; whole numbers beside fractions and texts beside numbers become texts, which the
    column's type takes or refuses."""
    import pyarrow as pa

    kinds = {type(value) for value in values} - {type(None)}
    if len(kinds) <= 1:
        return pa.array(values)
    if bytes in kinds:
        what = json.dumps(sorted(kind.__name__ for kind in kinds))
        raise SourceError(
            f"column {name!r} holds values of several kinds: {what}",
            hint="convert them in a query with CAST",
            code="unfit-value",
        )
    return pa.array([None if value is None else _text_of(value) for value in values], pa.string())


def _text_of(value: Any) -> str:
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}" if value == value and abs(value) != float("inf") else repr(value)
    return str(value)
