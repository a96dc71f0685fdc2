"""Rows that a run reads again, because it begins before the end of the run before it.

Owns how such rows are known: a row of the overlap that has landed already, the same in every column, does not land
again; as often as it has landed, for a table may hold a row twice. Holds 16 bytes for each row of the overlap.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingot.errors import SourceError


class Overlap:
    """The landed rows whose cursor is at least `low`; those up to `last` can come again.

    Files with other columns are left out: a row that has gained a column is another row.
    """

    def __init__(self, paths: Iterable[Path], schema: pa.Schema, cursor: str, low: Any, last: Any):
        self._cursor = cursor
        self._last = last
        self._landed: Counter[bytes] = Counter()
        for path in paths:
            for row in _rows_from(path, schema, cursor, low):
                self._landed[row] += 1

    def new_rows(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows that have not landed yet."""
        for batch in batches:
            is_new = [cursor_is_later or self._is_new(batch, place) for place, cursor_is_later in self._later(batch)]
            yield batch if all(is_new) else batch.filter(pa.array(is_new))

    def _later(self, batch: pa.RecordBatch) -> Iterator[tuple[int, bool]]:
        return enumerate(value > self._last for value in batch.column(self._cursor).to_pylist())

    def _is_new(self, batch: pa.RecordBatch, place: int) -> bool:
        digest = _digest(tuple(column[place].as_py() for column in batch.columns))
        if self._landed[digest] > 0:
            self._landed[digest] -= 1
            return False
        return True


def _rows_from(path: Path, schema: pa.Schema, cursor: str, low: Any) -> Iterator[bytes]:
    if not path.is_file():
        return  # somebody has removed it; its rows come again
    try:
        if not pq.read_schema(path).equals(schema):
            return
        table = pq.read_table(path, filters=[(cursor, ">=", low)], partitioning="")
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"the landed file {path} cannot be read again: {error}", hint="restore it", code="broken-file"
        ) from None
    for batch in table.to_batches():
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield _digest(row)


def _digest(row: tuple[Any, ...]) -> bytes:
    return hashlib.blake2b(repr(row).encode(), digest_size=16).digest()
