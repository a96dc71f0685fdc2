"""The methods of a DataFrame that need rows: collect, count, toPandas and their kin.

They are answered by whoever runs the flow, from what the lake holds, and refused while definitions are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot.definitions.spark import nodes
from ingot.definitions.spark.column import Column
from ingot.definitions.spark.place import here
from ingot.definitions.spark.udf import need_package
from ingot.definitions.spark.vectorized import pandas_frame

if TYPE_CHECKING:
    from ingot.definitions.spark.row import Row
    from ingot.definitions.spark.selection import Selection
    from ingot.definitions.spark.session import SparkSession
    from ingot.model import Query


class Asking:
    """What a DataFrame asks of the data itself."""

    if TYPE_CHECKING:
        _selection: Selection
        _session: SparkSession

        def to_query(self) -> Query: ...
        def limit(self, num: int) -> Any: ...
        def agg(self, *exprs: Any) -> Any: ...

    def collect(self) -> list[Row]:
        return self._session.rows_of(self.to_query(), "collect")

    def toLocalIterator(self, prefetchPartitions: bool = False) -> Iterator[Row]:
        return iter(self._session.rows_of(self.to_query(), "toLocalIterator"))

    def take(self, num: int) -> list[Row]:
        return self._session.rows_of(self.limit(num).to_query(), "take")

    def first(self) -> Row | None:
        rows = self._session.rows_of(self.limit(1).to_query(), "first")
        return rows[0] if rows else None

    def head(self, n: int | None = None) -> Any:
        return self.first() if n is None else self.take(n)

    def tail(self, num: int) -> list[Row]:
        rows = self._session.rows_of(self.to_query(), "tail")
        return rows[-num:] if num else []

    def isEmpty(self) -> bool:
        return self.first() is None

    def count(self) -> int:
        counted = exp.Alias(this=nodes.call("count", nodes.literal(1)), alias=nodes.identifier("n"))
        return self._session.rows_of(self.agg(Column(counted)).to_query(), "count")[0][0]

    def toPandas(self) -> Any:
        need_package("pandas", here())
        return pandas_frame(self._session.table_of(self.to_query(), "toPandas"))

    def toArrow(self) -> Any:
        need_package("arrow", here())
        import pyarrow as pa

        return pa.table(self._session.table_of(self.to_query(), "toArrow"))

    def isLocal(self) -> bool:
        return True

    def show(self, n: int = 20, truncate: bool | int = True, vertical: bool = False) -> None:
        """Print nothing: a definition's output would be that of a query which is not run while it loads."""

    display = show
