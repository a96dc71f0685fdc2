"""Rows that a run reads again, because it begins before the end of the run before it.

Owns how such rows are known: a row of the overlap that has landed already, the same in every column, does not land
again; as often as it has landed, for a table may hold a row twice. Holds 16 bytes for each row of the overlap.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingot.errors import SourceError
from ingot.lake.landing_release import Release, way_back
from ingot.sources.database.adapter import Column
from ingot.sources.database.reading import Reading
from ingot.sources.database.values import cursor_changed, cursor_value, is_one_order, schema_of


class Overlap:
    """The landed rows whose cursor is from the reading's `low` to its `high`; those up to its `last` can come again.

    Rows of files with other columns are compared in those that both have: a new column makes no new row. A column whose
    type was widened makes none either: values are compared, not their types.
    """

    def __init__(self, paths: Iterable[Path], reading: Reading):
        assert reading.cursor is not None
        self._cursor = reading.cursor.name
        self._last = reading.last
        self._landed: dict[tuple[str, ...], Counter[bytes]] = {}
        for path in paths:
            if not path.is_file():
                continue  # somebody has removed it; its rows come again
            columns, rows = _rows_from(path, reading, reading.cursor)
            self._landed.setdefault(columns, Counter()).update(rows)

    def new_rows(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows that have not landed yet."""
        for batch in batches:
            cursors = batch.column(self._cursor).to_pylist()
            is_new = [value > self._last or self._is_new(batch, place) for place, value in enumerate(cursors)]
            yield batch if all(is_new) else batch.filter(pa.array(is_new))

    def _is_new(self, batch: pa.RecordBatch, place: int) -> bool:
        for columns, landed in self._landed.items():
            digest = _digest(tuple(batch.column(name)[place].as_py() for name in columns))
            if landed[digest] > 0:
                landed[digest] -= 1
                return False
        return True


def refuse_gone(reading: Reading, gone: Mapping[str, Release], folder: Path) -> None:
    """Refuse an incremental run that would land rows again, for files that hold them have gone since.

    Args:
        reading: The run.
        gone: The source's files that went, by name.
        folder: Where they were.

    Raises:
        SourceError: `landed-files-gone`: the look-back reaches further than it did when they went, or the cursor is
            less than it was.
    """
    assert reading.cursor is not None and reading.cursor.type is not None
    for record in reading.previous:
        if record.name not in gone or record.cursor is None:
            continue
        if cursor_value(str(record.cursor), reading.cursor.type) >= reading.low:
            why = f" ({reading.went_back.partition(': ')[2].partition(': ')[0]})" if reading.went_back else ""
            other = 'let `lookback` reach less far, or land all rows once more by another `where`, such as "1 = 1"'
            raise SourceError(
                f"{reading.target.shown}: rows from {reading.low} on are read again{why}, and the landed file "
                f"{record.name} that holds some of them is gone: they would land twice",
                hint=way_back(gone[record.name], folder) or other,
                code="landed-files-gone",
            )


def _rows_from(path: Path, reading: Reading, cursor: Column) -> tuple[tuple[str, ...], Iterator[bytes]]:
    """The columns that a file and the reading both have, and the digests of the rows from `low` on in these."""
    schema = schema_of(reading.columns)
    try:
        landed = pq.read_schema(path)
        columns = tuple(name for name in schema.names if name in landed.names)
        before = landed.field(cursor.name).type
        if not is_one_order(before, schema.field(cursor.name).type):
            raise cursor_changed(cursor, reading.target.shown, str(before))
        filters = [(cursor.name, ">=", reading.low), *_at_most(reading)]
        table = pq.read_table(path, columns=list(columns), filters=filters, partitioning="")
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"the landed file {path} cannot be read again: {error}", hint="restore it", code="broken-file"
        ) from None
    rows = (row for b in table.to_batches() for row in zip(*(c.to_pylist() for c in b.columns), strict=True))
    return columns, map(_digest, rows)


def _at_most(reading: Reading) -> list[tuple[str, str, Any]]:
    """The filter of the greatest row that can come; a time's text may have fewer digits than the time."""
    if reading.high is None:
        return []
    assert reading.cursor is not None and reading.cursor.type is not None
    high = cursor_value(reading.high, reading.cursor.type)
    return [(reading.cursor.name, "<=", high + timedelta(seconds=1) if isinstance(high, datetime) else high)]


def _digest(row: tuple[Any, ...]) -> bytes:
    return hashlib.blake2b(repr([_plain(value) for value in row]).encode(), digest_size=16).digest()


def _plain(value: Any) -> Any:
    """A value without what only its type says: a column that was widened since holds the same values.

    >>> _plain(Decimal("1.50")) == _plain(Decimal("1.5000")) == _plain(1.5), _plain(Decimal(100)) == _plain(100)
    (True, True)
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, int | Decimal):
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        return (text.rstrip("0").rstrip(".") if "." in text else text,)  # no text of a column is equal to it
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return [_plain(item) for item in value] if isinstance(value, list) else value
