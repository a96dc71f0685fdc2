"""Rows of a query that stay in memory, for other queries to read.

Owns the table that they are in, from when they are taken until they are let go. Never decides what is worth it.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import Any

import duckdb
from ingot.engine import HeldBinding
from ingot.engines.duckdb.faults import faults
from ingot.engines.duckdb.functions import Failures, user_faults
from ingot.engines.duckdb.types import quote_name
from ingot.errors import Location
from ingot.types import StructType


class HeldRows:
    """The rows of one query. Take them once, and close it when nobody reads them any more."""

    def __init__(
        self, cursor: Any, sql: str, name: str, schema: StructType, location: Location | None, failures: Failures
    ):
        self._cursor = cursor
        self._sql = sql
        self._name = name
        self._schema = schema
        self._location = location
        self._failures = failures
        self._resources = ExitStack()
        self._is_made = False

    def take(self, rows_max: int) -> HeldBinding | None:
        """Evaluate the query; None, and no rows are kept, where it gives more of them."""
        names = ", ".join(quote_name(field.name) for field in self._schema)
        statement = (
            f"CREATE TABLE {quote_name(self._name)} AS SELECT * FROM ({self._sql}) AS q({names}) LIMIT {rows_max + 1}"
        )
        with user_faults(self._failures), faults(self._location):
            [(count,)] = self._cursor.execute(statement).fetchall()
        self._is_made = True
        if count > rows_max:
            self.close()
            return None
        return HeldBinding(self._schema, self._name, count)

    def keep(self, resources: ExitStack) -> None:
        """Take over what the query needs while it runs."""
        self._resources = resources

    def interrupt(self) -> None:
        """Stop the query, from another thread; whoever takes its rows gets a KeyboardInterrupt."""
        self._cursor.interrupt()

    def close(self) -> None:
        """Let go of the rows."""
        with self._resources:
            if self._is_made:
                self._is_made = False
                with suppress(duckdb.ConnectionException):  # the database was closed meanwhile, and the rows with it
                    self._cursor.execute(f"DROP TABLE {quote_name(self._name)}")
