"""PostgreSQL through ADBC: binary COPY into Arrow, one exported snapshot for all connections.

Owns PostgreSQL's SQL and the driver's errors. Which type lands as what is `postgresql_types`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode

from ingot.errors import DataError, IngotError
from ingot.sources.database import adapter
from ingot.sources.database.adapter import Adapter, Column, Table
from ingot.sources.database.address import Address
from ingot.sources.database.postgresql_types import REFUSED_ARRAY, column_of

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "xmloption": "content",
    "synchronize_seqscans": "off",  # the same rows come in the same order
    "max_parallel_workers_per_gather": "0",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
_SAVEPOINT = "ingot"
_ARRAY_HINT = "arrays of one dimension that begin at 1 land as arrays; name the type string for this column under types"
_BATCH_BYTES = str(4 << 20)  # a quarter of the driver's own; each connection holds a few batches
_PART_BLOCKS = 32_768  # of 8 kB
_TID_RANGE_SCANS = 140_000  # the server's version that reads a range of blocks without reading all
_SAFE_LITERAL = re.compile(r"[0-9A-Za-z:.+\- ]*")

_TABLES = """
SELECT n.nspname, c.relname, c.relkind::text, c.relispartition::int, c.oid::int8::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2"""
_COLUMNS = """
SELECT a.attname, a.attnotnull::int, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypmod,
       t.typname, t.typtype::text, b.typname, b.typtype::text, t.typtypmod, e.typname, e.typtype::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum"""
_TYPES = """
SELECT t.oid::int8::text, t.typname, t.typtype::text, b.typname, b.typtype::text, t.typtypmod, e.typname,
       e.typtype::text
FROM pg_catalog.pg_type t
LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE pg_catalog.pg_type_is_visible(t.oid)"""


class PostgreSQL(Adapter):
    """See `Adapter`."""

    default_schema = "public"

    def __init__(self, address: Address, password: str, timeout_s: float):
        self.address = address
        self.password = password
        self._timeout_s = timeout_s

    def open(self) -> PostgreSQLSession:
        session = PostgreSQLSession(self, self._connection())
        session.begin()
        return session

    def beside(self, session: PostgreSQLSession) -> PostgreSQLSession | None:
        if session.snapshot is None:
            return None
        other = PostgreSQLSession(self, self._connection())
        other.begin(session.snapshot)
        return other

    def quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def literal(self, text: str, column: Column) -> str:
        if not _SAFE_LITERAL.fullmatch(text):
            raise ValueError(f"{text!r} is no value of a cursor")
        return f"'{text}'"

    def text_of(self, expression: str, column: Column) -> str:
        return f"({expression})::text"

    def splits(self, session: PostgreSQLSession, table: Table) -> Sequence[str]:
        """Ranges of blocks: they need no key, and each reads nothing but its own."""
        if table.facts.get("kind") not in ("r", "m") or session.version < _TID_RANGE_SCANS:
            return []
        size = session.value(f"SELECT pg_catalog.pg_relation_size({table.facts['oid']}::oid)::text")
        blocks = int(size or 0) // 8192
        starts = range(0, blocks, _PART_BLOCKS)
        if len(starts) < 2:
            return []
        bounds = [f"'({start},0)'::tid" for start in starts]
        first = [f"ctid < {bounds[1]}"]
        inner = [f"ctid >= {low} AND ctid < {high}" for low, high in pairwise(bounds[1:])]
        return [*first, *inner, f"ctid >= {bounds[-1]}"]

    def _connection(self) -> Any:
        dbapi = adapter.driver("adbc-driver-postgresql", "adbc_driver_postgresql.dbapi", "postgresql")
        with self.asking():
            return dbapi.connect(self._uri(), autocommit=True)

    def _uri(self) -> str:
        address = self.address
        login = quote(address.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        host = f"[{address.host}]" if ":" in address.host else address.host
        settings = {"connect_timeout": str(max(2, round(self._timeout_s))), "application_name": "ingot"}
        query = urlencode({**settings, **dict(address.settings)}, quote_via=quote)
        at = f"{login}@" if login else ""
        return f"postgresql://{at}{host}:{address.port}/{quote(address.path, safe='')}?{query}"

    @contextmanager
    def asking(self) -> Iterator[None]:
        """What the driver raises within, in the words of Ingot."""
        import adbc_driver_manager as manager
        import pyarrow as pa

        try:
            yield
        except (manager.Error, pa.ArrowException, OSError) as error:
            raise self._fault(error) from None

    def _fault(self, error: Exception) -> IngotError:
        state = str(getattr(error, "sqlstate", None) or "")
        text = re.sub(r"\s*Query was: .*", "", str(error), flags=re.DOTALL)
        text = re.sub(r"^[A-Z_]+: (\[libpq\] )?", "", text)
        shown, password = self.address.shown, self.password
        if refused := re.search(f'{REFUSED_ARRAY} .*?\\](?=")', text):
            return DataError(f"{shown}: {refused[0]}", hint=_ARRAY_HINT, code="unfit-value")
        if state.startswith("28") or re.search("authentication failed|no password supplied|no pg_hba.conf", text):
            return adapter.login_failed(shown, self.address.user, text, password)
        if state == "3D000" or re.search(r'database ".*" does not exist', text):
            return adapter.unknown_database(shown, text)
        if state == "42501":
            return adapter.permission_denied(shown, text)
        if "Failed to connect" in text:
            return adapter.connection_failed(shown, text, password)
        if state.startswith(("08", "57P")) or re.search(
            "server closed the connection|connection to server was lost|terminating connection|no connection to the "
            "server|SSL SYSCALL error|could not receive data",
            text,
        ):
            return adapter.connection_lost(shown, text, password)
        return adapter.query_failed(shown, text, password)


class PostgreSQLSession:
    """See `Session`."""

    def __init__(self, owner: PostgreSQL, connection: Any):
        self._owner = owner
        self._connection = connection
        self.snapshot: str | None = None
        self._types: dict[str, tuple] | None = None
        self.version = 0

    def begin(self, snapshot: str | None = None) -> None:
        """Begin a transaction that sees the state of now, or of a snapshot; a query that fails does not end it."""
        try:
            settings = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items())
            self._fetched(f"SELECT {settings}")
            self._execute(_BEGIN)
            if snapshot is not None:
                self._execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            else:
                self.snapshot = self._exported()
            self.version = int(self._fetched("SELECT current_setting('server_version_num')")[0][0])
            self._execute(f"SAVEPOINT {_SAVEPOINT}")
        except IngotError:
            self.close()
            raise

    def _exported(self) -> str | None:
        """The name of this session's state; None on a standby, which gives none."""
        is_standby = self._fetched("SELECT pg_catalog.pg_is_in_recovery()")[0][0]
        return None if is_standby else self._fetched("SELECT pg_catalog.pg_export_snapshot()")[0][0]

    def tables(self) -> list[Table]:
        return [
            Table(schema, name, kind in "rpf" and not is_part, {"kind": kind, "oid": oid})
            for schema, name, kind, is_part, oid in self._rows(_TABLES)
        ]

    def columns(self, table: Table) -> list[Column]:
        rows = self._rows(_COLUMNS.format(oid=int(table.facts["oid"])))
        return [
            column_of(self._owner.quoted(name), name, shown, modifier, facts, not is_required)
            for name, is_required, shown, modifier, *facts in rows
        ]

    def columns_of_query(self, query: str) -> list[Column]:
        with self._query(f"SELECT * FROM ({query}\n) AS q LIMIT 0") as cursor:
            fields = list(cursor.fetch_record_batch().schema)
        if self._types is None:
            rows = self._rows(_TYPES)
            self._types = {key: tuple(facts) for oid, *facts in rows for key in (facts[0], f"unnamed<oid:{oid}>")}
        columns = []
        for field in fields:
            metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            database_type = metadata.get("POSTGRESQL:type", "unknown")
            modifier = int(metadata.get("POSTGRESQL:typmod", -1))
            facts = self._types.get(database_type, (database_type, "?", None, None, -1, None, None))
            quoted = self._owner.quoted(field.name)
            columns.append(column_of(quoted, field.name, facts[0], modifier, facts, True))
        return columns

    def value(self, sql: str) -> Any:
        rows = self._rows(sql)
        return rows[0][0] if rows else None

    def batches(self, sql: str) -> Iterator[Any]:
        with self._query(sql) as cursor:
            yield from cursor.fetch_record_batch()

    def close(self) -> None:
        with self._owner.asking():
            self._connection.close()

    def _rows(self, sql: str) -> list[tuple]:
        with self._query(sql) as cursor:
            return cursor.fetchall()

    @contextmanager
    def _query(self, sql: str) -> Iterator[Any]:
        """A cursor on a query; if that fails, the transaction goes on as if it had not been asked."""
        try:
            with self._owner.asking(), self._connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": _BATCH_BYTES})
                cursor.execute(sql)
                yield cursor
        except IngotError as error:
            if error.code not in adapter.TRANSIENT:
                self._execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
            raise

    def _fetched(self, sql: str) -> list[tuple]:
        with self._owner.asking(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def _execute(self, sql: str) -> None:
        with self._owner.asking(), self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(sql)
