"""SQL Server, Azure SQL, Synapse and Fabric through Microsoft's driver `mssql-python`, which fetches Arrow.

Owns T-SQL, what its types land as, and the driver's errors. Thin on purpose: every expression is made here as text, and
what the driver returns is taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from ingot.errors import IngotError
from ingot.sources.database import adapter
from ingot.sources.database.adapter import Adapter, Column, Table
from ingot.sources.database.address import Address
from ingot.types import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DecimalType,
)

_BATCH_ROWS = 16_384
_PART_ROWS = 2_000_000
_SAFE_LITERAL = re.compile(r"[0-9A-Za-z:.+\- ]*")
_TABLES = """
SELECT s.name, o.name, o.type, o.object_id FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND s.name NOT IN ('sys', 'INFORMATION_SCHEMA') ORDER BY 1, 2"""
_COLUMNS = """
SELECT c.name, TYPE_NAME(c.system_type_id), TYPE_NAME(c.user_type_id), c.precision, c.scale, CAST(c.is_nullable AS int)
FROM sys.columns c WHERE c.object_id = {object_id} ORDER BY c.column_id"""
_QUERY_COLUMNS = """
SELECT name, TYPE_NAME(system_type_id), COALESCE(user_type_name, system_type_name), precision, scale,
       CAST(is_nullable AS int), error_message
FROM sys.dm_exec_describe_first_result_set({query}, NULL, 0) WHERE is_hidden = 0 ORDER BY column_ordinal"""
_KEY = """
SELECT c.name FROM sys.indexes i
JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = {object_id} AND i.is_primary_key = 1 AND TYPE_NAME(c.system_type_id) IN ('int', 'bigint')
  AND NOT EXISTS (SELECT 1 FROM sys.index_columns o
                  WHERE o.object_id = i.object_id AND o.index_id = i.index_id AND o.key_ordinal > 1)"""
_ROWS = "SELECT SUM(rows) FROM sys.partitions WHERE object_id = {object_id} AND index_id IN (0, 1)"
_DIRECT: dict[str, DataType] = {
    "bit": BOOLEAN,
    "tinyint": SHORT,
    "smallint": SHORT,
    "int": INT,
    "bigint": LONG,
    "real": FLOAT,
    "float": DOUBLE,
    "char": STRING,
    "varchar": STRING,
    "text": STRING,
    "nchar": STRING,
    "nvarchar": STRING,
    "ntext": STRING,
    "sysname": STRING,
    "binary": BINARY,
    "varbinary": BINARY,
    "image": BINARY,
    "timestamp": BINARY,
    "date": DATE,
    "datetime2": TIMESTAMP_NTZ,
}
_TIMES = ("date", "datetime", "datetime2", "datetimeoffset", "smalldatetime")
_THREE_DIGITS = ("datetime", "smalldatetime")
# Types that are read by an expression of their own.
_MADE: dict[str, tuple[DataType, str]] = {
    "money": (DecimalType(19, 4), "CAST({} AS decimal(19, 4))"),
    "smallmoney": (DecimalType(10, 4), "CAST({} AS decimal(10, 4))"),
    # Ticks of a three hundredth of a second, of which the server shows thousandths and compares more.
    "datetime": (TIMESTAMP_NTZ, "CAST({} AS datetime2(3))"),
    "smalldatetime": (TIMESTAMP_NTZ, "CAST({} AS datetime2(3))"),
    "datetimeoffset": (TIMESTAMP, "CAST(SWITCHOFFSET({}, 0) AS datetime2(7))"),
    "time": (STRING, "CONVERT(varchar(16), {}, 121)"),
    "uniqueidentifier": (STRING, "LOWER(CONVERT(char(36), {}))"),
    "xml": (STRING, "CONVERT(nvarchar(max), {})"),
    "json": (STRING, "CONVERT(nvarchar(max), {})"),
    "hierarchyid": (STRING, "{}.ToString()"),
    "geography": (BINARY, "{}.STAsBinary()"),
    "geometry": (BINARY, "{}.STAsBinary()"),
}


class SQLServer(Adapter):
    """See `Adapter`."""

    default_schema = "dbo"

    def __init__(self, address: Address, password: str, timeout_s: float, is_consistent: bool):
        self.address = address
        self.password = password
        self._timeout_s = timeout_s
        self._is_consistent = is_consistent

    def open(self) -> SQLServerSession:
        """A session; with `consistent` all that it reads is one state, which needs ALLOW_SNAPSHOT_ISOLATION."""
        driver = adapter.driver("mssql-python", "mssql_python", "mssql")
        with self.asking():
            connection = driver.connect(self.connection_string(), timeout=max(1, round(self._timeout_s)))
        session = SQLServerSession(self, connection)
        level = "SNAPSHOT" if self._is_consistent else "READ COMMITTED"
        session.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        return session

    def beside(self, session: SQLServerSession) -> SQLServerSession | None:
        """Another session; two have no snapshot in common, so with `consistent` there is one alone."""
        return None if self._is_consistent else self.open()

    def connection_string(self) -> str:
        """For the driver. Settings of the URL go before the defaults: `?Authentication=ActiveDirectoryDefault`."""
        address = self.address
        parts = {"Server": f"{address.host},{address.port}", "Database": address.path, "Encrypt": "yes"}
        if address.user:
            parts["UID"] = address.user
        if self.password:
            parts["PWD"] = self.password
        given = dict(address.settings)
        kept = {key: value for key, value in parts.items() if key.lower() not in {name.lower() for name in given}}
        return "".join(f"{key}={{{value.replace('}', '}}')}}};" for key, value in {**kept, **given}.items())

    def quoted(self, name: str) -> str:
        return "[" + name.replace("]", "]]") + "]"

    def literal(self, text: str, column: Column) -> str:
        if not _SAFE_LITERAL.fullmatch(text):
            raise ValueError(f"{text!r} is no value of a cursor")
        if column.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
            return text
        kind = column.database_type
        if kind in _THREE_DIGITS:
            text = re.sub(r"(\.\d{3})\d*$", r"\1", text)
        elif column.type == TIMESTAMP:
            text = re.sub(r"(?<=\d)([+-]\d\d:\d\d)$", r" \1", text)
        return f"CONVERT({kind}, '{text}', 121)"

    def text_of(self, expression: str, column: Column) -> str:
        if column.type == TIMESTAMP:
            return f"CONVERT(varchar(40), SWITCHOFFSET({expression}, 0), 121)"
        is_time = column.type in (DATE, TIMESTAMP_NTZ)
        return f"CONVERT(varchar(40), {expression}, 121)" if is_time else _plain(expression)

    def splits(self, session: SQLServerSession, table: Table) -> Sequence[str]:
        """Ranges of a primary key that is one whole number."""
        object_id = int(table.facts["object_id"])
        key = session.value(_KEY.format(object_id=object_id))
        rows = int(session.value(_ROWS.format(object_id=object_id)) or 0)
        if key is None or rows <= _PART_ROWS:
            return []
        name, relation = self.quoted(key), self.relation(table)
        low = session.value(f"SELECT {_plain(f'MIN({name})')} FROM {relation}")
        high = session.value(f"SELECT {_plain(f'MAX({name})')} FROM {relation}")
        return key_ranges(name, int(low or 0), int(high or 0), -(-rows // _PART_ROWS))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """What the driver raises within, in the words of Ingot."""
        import mssql_python  # pyright: ignore[reportMissingImports]  # not among what development needs

        try:
            yield
        except (mssql_python.Error, OSError, RuntimeError) as error:
            raise self.fault(str(error)) from None

    def fault(self, text: str) -> IngotError:
        """An error of the driver, told by its words."""
        shown, password = self.address.shown, self.password
        if re.search("Login failed|18456|Invalid authorization", text):
            return adapter.login_failed(shown, self.address.user, text, password)
        if re.search("Cannot open database|4060", text):
            return adapter.unknown_database(shown, text)
        if re.search("permission was denied", text, re.IGNORECASE):
            return adapter.permission_denied(shown, text)
        if re.search("Communication link failure|connection was terminated|TCP Provider: Error code 0x68", text):
            return adapter.connection_lost(shown, text, password)
        if re.search("Login timeout expired|server was not found|Unable to complete login|network-related", text):
            return adapter.connection_failed(shown, text, password)
        return adapter.query_failed(shown, text, password)


class SQLServerSession:
    """See `Session`."""

    def __init__(self, owner: SQLServer, connection: Any):
        self._owner = owner
        self._connection = connection

    def tables(self) -> list[Table]:
        return [
            Table(schema, name, kind.strip() == "U", {"object_id": object_id})
            for schema, name, kind, object_id in self._rows(_TABLES)
        ]

    def columns(self, table: Table) -> list[Column]:
        rows = self._rows(_COLUMNS.format(object_id=int(table.facts["object_id"])))
        return [column_of(self._owner.quoted(row[0]), *row) for row in rows]

    def columns_of_query(self, query: str) -> list[Column]:
        quoted = "N'" + query.replace("'", "''") + "'"
        rows = self._rows(_QUERY_COLUMNS.format(query=quoted))
        refused = next((row[6] for row in rows if row[6]), None)
        if refused:
            raise adapter.query_failed(self._owner.address.shown, refused)
        return [column_of(self._owner.quoted(row[0] or ""), *row[:6]) for row in rows]

    def value(self, sql: str) -> Any:
        rows = self._rows(sql)
        return rows[0][0] if rows else None

    def batches(self, sql: str) -> Iterator[Any]:
        with self._owner.asking():
            cursor = self._connection.cursor()
            try:
                cursor.execute(sql)
                yield from cursor.arrow_reader(_BATCH_ROWS)
            finally:
                cursor.close()

    def close(self) -> None:
        with self._owner.asking():
            self._connection.close()

    def execute(self, sql: str) -> None:
        with self._owner.asking():
            cursor = self._connection.cursor()
            cursor.execute(sql)
            cursor.close()

    def _rows(self, sql: str) -> list[tuple]:
        with self._owner.asking():
            cursor = self._connection.cursor()
            try:
                cursor.execute(sql)
                return [tuple(row) for row in cursor.fetchall()]
            finally:
                cursor.close()


def column_of(
    quoted: str, name: str, system_type: str | None, shown: str, precision: int, scale: int, is_nullable: int
) -> Column:
    """A column from the catalog; a type of the user counts as the one that it stands for."""
    known = system_type or shown  # types of .NET have no system type of their own
    type_, sql = _DIRECT.get(known), quoted
    shown = known if known in _TIMES else shown
    if known in ("decimal", "numeric"):
        type_ = DecimalType(precision, scale)
        shown = f"{known}({precision},{scale})"
    elif known in _MADE:
        type_, form = _MADE[known]
        sql = form.format(quoted)
    elif shown in _MADE:
        type_, form = _MADE[shown]
        sql = form.format(quoted)
    text = f"CONVERT(nvarchar(max), {quoted}" + (", 121)" if "date" in known or known == "time" else ")")
    return Column(name, type_, shown, sql, text, bool(is_nullable))


def key_ranges(name: str, low: int, high: int, parts: int) -> list[str]:
    """Conditions that together hold of each key once, also of those that come meanwhile.

    >>> key_ranges("[id]", 1, 100, 2)
    ['[id] < 51', '[id] >= 51']
    """
    bounds = sorted({low + (high - low + 1) * place // parts for place in range(1, parts)} - {low})
    if not bounds:
        return []
    inner = [f"{name} >= {a} AND {name} < {b}" for a, b in pairwise(bounds)]
    return [f"{name} < {bounds[0]}", *inner, f"{name} >= {bounds[-1]}"]


def _plain(expression: str) -> str:
    return f"CONVERT(varchar(60), {expression})"
