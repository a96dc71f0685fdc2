"""The rows of a query, as Arrow.

Owns when a query that is collected runs, and which errors it then raises. Never holds more rows than DuckDB
buffers, unless all are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from ingot.engines.duckdb.faults import faults, stream_faults
from ingot.engines.duckdb.functions import Failures, user_faults
from ingot.errors import Location
from ingot.types import StructType


class Rows:
    """The rows of one query; the query runs anew for each stream that is asked for, one stream at a time.

    Has `__arrow_c_stream__`, so that pyarrow, Polars, pandas and arro3 read it without a copy.
    """

    def __init__(self, cursor: Any, sql: str, schema: StructType, location: Location | None, failures: Failures):
        self.schema = schema
        self._failures = failures
        self._location = location
        self._resources = ExitStack()
        self._cursor = cursor
        self._relation = cursor.sql(sql)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        with user_faults(self._failures), faults(self._location):
            return self._relation.__arrow_c_stream__(requested_schema)

    def read(self) -> Any:
        """All rows as an `arro3.core.Table`; unlike the stream, it raises IngotErrors at every row."""
        from arro3.core import RecordBatchReader, Table

        with user_faults(self._failures), stream_faults(self._location):
            reader = RecordBatchReader.from_arrow(self)
            return Table.from_batches(list(reader), schema=reader.schema)

    def batches(self) -> Iterator[Any]:
        """The rows as one `arro3.core.RecordBatch` after the other; raises IngotErrors at every row."""
        from arro3.core import RecordBatchReader

        with user_faults(self._failures), stream_faults(self._location):
            yield from RecordBatchReader.from_arrow(self)

    def keep(self, resources: ExitStack) -> None:
        """Take over what the query needs while it is read."""
        self._resources = resources

    def interrupt(self) -> None:
        """Stop this query, from another thread; whoever reads it gets a KeyboardInterrupt."""
        self._cursor.interrupt()

    def close(self) -> None:
        """Let go of the query and of what it reads."""
        self._resources.close()
