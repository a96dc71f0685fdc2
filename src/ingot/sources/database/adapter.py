"""What a database has to offer to be landed: the contract of the adapters, and what they say in common.

Owns the words (table, column, session, adapter) and the errors of databases. Knows no driver and no database's SQL.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ingot.errors import IngotError, SourceError
from ingot.types import DataType

if TYPE_CHECKING:
    import pyarrow

TRANSIENT = ("connection-failed", "connection-lost")  # the same may succeed a moment later


@dataclass(frozen=True)
class Table:
    """A table or view of a database. `is_listed` is false for what only its complete name chooses: views, parts."""

    schema: str
    name: str
    is_listed: bool = True
    facts: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def shown(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Column:
    """A column as it is read.

    Attributes:
        type: What it lands as; None when the database's type has no counterpart.
        database_type: As errors show it.
        sql: The expression that reads it.
        text_sql: The expression that reads it as text, for a type that the user names.
    """

    name: str
    type: DataType | None
    database_type: str
    sql: str
    text_sql: str
    is_nullable: bool = True


class Session(Protocol):
    """One connection, in a read-only transaction that sees one state of the database where there is such a thing."""

    def tables(self) -> list[Table]:
        """All tables and views that the user may see, without those of the system."""
        ...

    def columns(self, table: Table) -> list[Column]: ...

    def columns_of_query(self, query: str) -> list[Column]: ...

    def value(self, sql: str) -> Any:
        """The one value of a query, as text or whole number; None for NULL."""
        ...

    def batches(self, sql: str) -> Iterator[pyarrow.RecordBatch]:
        """The rows of a query, streamed, with the driver's types."""
        ...

    def close(self) -> None: ...


class Adapter(Protocol):
    """One kind of database. Making one does no I/O. Every method raises SourceError with a code of `adapter`.

    Those with a body say what most databases do; adapters inherit them.
    """

    default_schema: str

    def open(self) -> Session: ...

    def beside(self, session: Any) -> Session | None:
        """Another session that sees the same state; None if the database has no such thing."""
        ...

    def quoted(self, name: str) -> str:
        """A name as an identifier."""
        ...

    def comparable(self, column: Column) -> str:
        """The cursor's column as it is compared with literals."""
        return self.quoted(column.name)

    def literal(self, text: str, column: Column) -> str:
        """A value of a cursor, as `text_of` has given it, in SQL."""
        ...

    def low_literal(self, value: Any, column: Column) -> str:
        """The lower bound of a cursor in SQL; of times a whole minute."""
        return self.literal(str(value), column)

    def text_of(self, expression: str, column: Column) -> str:
        """The expression's value as a text that `literal` takes back."""
        ...

    def relation(self, table: Table) -> str:
        """The table in a FROM clause."""
        return f"{self.quoted(table.schema)}.{self.quoted(table.name)}"

    def splits(self, session: Any, table: Table) -> Sequence[str]:
        """Conditions that together hold of each row exactly once, for reading a large table in parts; none if it is
        small. The same for the same content."""
        ...


def driver(package: str, module: str, extra: str) -> Any:
    """Import a driver.

    Raises:
        SourceError: `missing-package`.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SourceError(
            f"reading this database needs the package {package}: {error}",
            hint=f"pip install 'ingot[{extra}]'",
            code="missing-package",
        ) from None


def database_error(
    what: str, shown: str, detail: str, hint: str | None, *, code: str, password: str = ""
) -> IngotError:
    """An error of a database, in one line and without the password, whoever has written it into the detail."""
    line = " ".join(detail.split())
    if password:
        line = line.replace(password, "•••")
    return SourceError(f"{what} {shown}: {line}", hint=hint, code=code)


def connection_failed(shown: str, detail: str, password: str = "") -> IngotError:
    hint = "check host, port and network, and that the server runs"
    return database_error("cannot connect to", shown, detail, hint, code="connection-failed", password=password)


def login_failed(shown: str, user: str, detail: str, password: str = "") -> IngotError:
    hint = "check the user in `url` and `password`"
    return database_error(
        f"the user {user!r} was refused by", shown, detail, hint, code="login-failed", password=password
    )


def unknown_database(shown: str, detail: str) -> IngotError:
    return database_error("no such database:", shown, detail, "check the last part of `url`", code="unknown-database")


def connection_lost(shown: str, detail: str, password: str = "") -> IngotError:
    hint = "run again: what was not read to its end is read anew"
    return database_error("the connection broke to", shown, detail, hint, code="connection-lost", password=password)


def permission_denied(shown: str, detail: str) -> IngotError:
    hint = "grant the right to read it, or leave it out with '!'"
    return database_error("not allowed by", shown, detail, hint, code="permission-denied")


def query_failed(shown: str, detail: str, password: str = "") -> IngotError:
    hint = "check `where`, `columns` and queries of the entry"
    return database_error("a query was refused by", shown, detail, hint, code="query-failed", password=password)
