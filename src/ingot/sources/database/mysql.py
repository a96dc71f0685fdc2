"""MySQL and MariaDB through PyMySQL: rows streamed as the server's own texts, one consistent snapshot.

Owns MySQL's SQL, what its types land as, and the driver's errors. One connection reads: two have no snapshot in common
without locking the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ingot.errors import IngotError
from ingot.sources.database import adapter
from ingot.sources.database.adapter import Adapter, Column, Table
from ingot.sources.database.address import Address
from ingot.types import (
    BINARY,
    BOOLEAN,
    BYTE,
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

_BATCH_ROWS = 20_000
_SESSION = (
    "SET SESSION time_zone = '+00:00', net_write_timeout = 600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
_TABLES = """
SELECT table_schema, table_name, table_type FROM information_schema.tables
WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1, 2"""
_SAFE_LITERAL = re.compile(r"[0-9A-Za-z:.+\- ]*")
_NOT_NULL, _UNSIGNED, _BINARY_CHARSET = 1, 32, 63
# Codes of types in the protocol, for signed and unsigned values.
_WHOLE: dict[int, tuple[DataType, DataType]] = {
    1: (BYTE, SHORT),
    2: (SHORT, INT),
    9: (INT, INT),
    3: (INT, LONG),
    8: (LONG, DecimalType(20, 0)),
    13: (SHORT, SHORT),
}
_SIMPLE: dict[int, DataType] = {5: DOUBLE, 10: DATE, 11: STRING, 12: TIMESTAMP_NTZ, 7: TIMESTAMP, 245: STRING}
_FLOAT, _DECIMAL, _BIT, _GEOMETRY = 4, 246, 16, 255
_TEXTS = (15, 249, 250, 251, 252, 253, 254)
_SHOWN = {
    1: "tinyint",
    2: "smallint",
    3: "int",
    4: "float",
    5: "double",
    7: "timestamp",
    8: "bigint",
    9: "mediumint",
    10: "date",
    11: "time",
    12: "datetime",
    13: "year",
    242: "vector",
    245: "json",
    255: "geometry",
}
_LOGIN_FAILED = (1045, 1698, 2054, 2061)
_DENIED = (1044, 1142, 1143, 1227, 1370)
_LOST = (1053, 1152, 1158, 1159, 1160, 1161, 1184, 2006, 2013, 1927)


class MySQL(Adapter):
    """See `Adapter`."""

    def __init__(self, address: Address, password: str, timeout_s: float):
        self.address = address
        self.password = password
        self._timeout_s = timeout_s
        self.default_schema = address.path

    def open(self) -> MySQLSession:
        pymysql = adapter.driver("pymysql", "pymysql", "mysql")
        texts = {key: value for key, value in pymysql.converters.conversions.items() if not isinstance(key, int)}
        with self.asking():
            connection = pymysql.connect(
                host=self.address.host,
                port=self.address.port,
                user=self.address.user,
                password=self.password,
                database=self.address.path,
                charset="utf8mb4",
                conv=texts,
                connect_timeout=max(1, round(self._timeout_s)),
                **self._tls(),
            )
        session = MySQLSession(self, connection)
        try:
            for statement in _SESSION:
                session.execute(statement)
        except IngotError:
            session.close()
            raise
        return session

    def _tls(self) -> dict[str, Any]:
        """The settings of the URL that PyMySQL knows: `ssl_ca`, `ssl_cert`, `ssl_key`, `ssl_verify_cert`, …"""
        return {key: {"true": True, "false": False}.get(value, value) for key, value in self.address.settings}

    def beside(self, session: MySQLSession) -> None:
        return None

    def quoted(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def literal(self, text: str, column: Column) -> str:
        if not _SAFE_LITERAL.fullmatch(text):
            raise ValueError(f"{text!r} is no value of a cursor")
        return (
            text
            if column.type and column.type.name in ("tinyint", "smallint", "int", "bigint", "decimal")
            else f"'{text}'"
        )

    def text_of(self, expression: str, column: Column) -> str:
        return f"CAST({expression} AS CHAR)"

    def splits(self, session: MySQLSession, table: Table) -> Sequence[str]:
        return []

    @contextmanager
    def asking(self) -> Iterator[None]:
        """What the driver raises within, in the words of Ingot."""
        import pymysql

        try:
            yield
        except (pymysql.MySQLError, OSError, TypeError) as error:  # TypeError: a setting that the driver does not know
            raise self._fault(error) from None

    def _fault(self, error: Exception) -> IngotError:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        text = str(error.args[-1]) if error.args else str(error)
        shown, password = self.address.shown, self.password
        if code in _LOGIN_FAILED:
            return adapter.login_failed(shown, self.address.user, text, password)
        if code == 1049:
            return adapter.unknown_database(shown, text)
        if code in _DENIED:
            return adapter.permission_denied(shown, text)
        if code in (2002, 2003, 2005, 1040):
            return adapter.connection_failed(shown, text, password)
        if code in _LOST or isinstance(error, OSError) or type(error).__name__ == "InterfaceError":
            return adapter.connection_lost(shown, text, password)
        return adapter.query_failed(shown, text, password)


class MySQLSession:
    """See `Session`."""

    def __init__(self, owner: MySQL, connection: Any):
        self._owner = owner
        self._connection = connection

    def tables(self) -> list[Table]:
        return [Table(schema, name, "VIEW" not in kind) for schema, name, kind in self._rows(_TABLES)]

    def columns(self, table: Table) -> list[Column]:
        return self._described(f"SELECT * FROM {self._owner.relation(table)} LIMIT 0")

    def columns_of_query(self, query: str) -> list[Column]:
        columns = self._described(f"SELECT * FROM ({query}\n) AS q LIMIT 0")
        return [replace(column, is_nullable=True) for column in columns]  # an outer join makes NULLs of any column

    def value(self, sql: str) -> Any:
        rows = self._rows(sql)
        return rows[0][0] if rows else None

    def batches(self, sql: str) -> Iterator[Any]:
        import pyarrow as pa
        from pymysql.cursors import SSCursor

        with self._owner.asking(), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(sql)
            names = [item[0] for item in cursor.description]
            while rows := cursor.fetchmany(_BATCH_ROWS):
                columns = zip(*rows, strict=True)
                yield pa.RecordBatch.from_arrays([pa.array(values) for values in columns], names)

    def close(self) -> None:
        with self._owner.asking():
            self._connection.close()

    def execute(self, sql: str) -> None:
        with self._owner.asking(), self._connection.cursor() as cursor:
            cursor.execute(sql)

    def _rows(self, sql: str) -> list[tuple]:
        with self._owner.asking(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def _described(self, sql: str) -> list[Column]:
        with self._owner.asking(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            fields = cursor._result.fields  # the description leaves out character sets and flags
            return [_column(self._owner.quoted(f.name), f) for f in fields]


def _column(quoted: str, field: Any) -> Column:
    code, is_unsigned, is_binary = field.type_code, bool(field.flags & _UNSIGNED), field.charsetnr == _BINARY_CHARSET
    shown, type_, sql = _SHOWN.get(code, "binary" if is_binary else "text"), None, quoted
    if code in _WHOLE:
        type_ = _WHOLE[code][is_unsigned]
        shown += " unsigned" * is_unsigned
    elif code in _SIMPLE:
        type_ = _SIMPLE[code]
    elif code == _FLOAT:
        type_, sql = FLOAT, f"({quoted} + 0e0)"  # as it is, the server would write six digits of it
    elif code == _DECIMAL:
        precision = field.length - (0 if is_unsigned else 1) - (1 if field.scale else 0)
        shown = f"decimal({precision},{field.scale})"
        type_ = DecimalType(precision, field.scale) if precision <= 38 else None
    elif code == _BIT:
        shown = f"bit({field.length})"
        type_ = BOOLEAN if field.length == 1 else LONG if field.length < 64 else DecimalType(20, 0)
        sql = f"({quoted} + 0)"
    elif code == _GEOMETRY:
        type_, sql = BINARY, f"ST_AsBinary({quoted})"
    elif code in _TEXTS:
        type_ = BINARY if is_binary else STRING
    return Column(field.name, type_, shown, sql, f"CAST({quoted} AS CHAR)", not field.flags & _NOT_NULL)
