"""The rows of a result as JSON, CSV or an Arrow stream, up to bounds of rows and bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from ingot.errors import IngotError
from ingot.json_rows import columns_json, json_rows
from ingot.output import csv_line, csv_value, harmless
from ingot.result import Result

MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
}


@dataclass(frozen=True)
class Bounds:
    """How many rows, and bytes of the answer, are given at most."""

    rows: int
    bytes: int = 64 * 2**20


def rendered(
    result: Result, form: str, offset: int, bounds: Bounds, escapes_formulas: bool, output: BinaryIO
) -> dict[str, Any]:
    """Write rows to `output`; tells how many, and whether there are more and which bound left them out.

    Args:
        result: The rows.
        form: json, csv or arrow.
        offset: How many are left out first.
        bounds: How many are given.
        escapes_formulas: Whether texts in CSV that a spreadsheet would take for a formula get a `'` before them.
        output: Where they go.

    Raises:
        IngotError: `answer-too-large`, where not even the first of the rows fits.
    """
    if form == "arrow":
        return _arrow(result, offset, bounds, output)
    rows = _Window(result.rows(), offset, bounds.rows)
    text = io.TextIOWrapper(output, encoding="utf-8", newline="", write_through=True)
    try:
        if form == "csv":
            return _csv(result, rows, bounds, escapes_formulas, text)
        return _json(result, rows, bounds, text)
    finally:
        text.detach()


class _Window:
    """Some of the rows, and whether there were more after them."""

    def __init__(self, rows: Iterator[tuple[Any, ...]], offset: int, count: int):
        self._rows = rows
        self._offset = offset
        self._count = count
        self.given = 0
        self._cut_by: str | None = None

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for _ in range(self._offset):
            if next(self._rows, None) is None:
                return
        for row in self._rows:
            if self.given == self._count:
                self._cut_by = "rows"
                return
            self.given += 1
            yield row

    def cut(self, bounds: Bounds) -> None:
        """Say that the last row that was given has too many bytes.

        Raises:
            IngotError: `answer-too-large`, if it is the first one.
        """
        self.given -= 1
        self._cut_by = "bytes"
        if not self.given:
            raise _too_large(bounds)

    def facts(self) -> dict[str, Any]:
        return _facts(self.given, self._cut_by)


def _facts(count: int, cut_by: str | None) -> dict[str, Any]:
    return {"row_count": count, "is_truncated": cut_by is not None, "truncated_by": cut_by}


def _too_large(bounds: Bounds) -> IngotError:
    return IngotError(
        f"not even one row of the result fits into an answer, which has at most {bounds.bytes // 2**20} MiB",
        hint="select fewer columns, or parts of long values with substring(…)",
        code="answer-too-large",
    )


def _json(result: Result, rows: _Window, bounds: Bounds, text: io.TextIOWrapper) -> dict[str, Any]:
    """`{"columns": …, "rows": …, "row_count", "is_truncated", "truncated_by"}`"""
    written = text.write('{"columns":' + json.dumps(columns_json(result.schema), ensure_ascii=False) + ',"rows":[')
    for row in rows:
        [values] = json_rows([row], result.schema)
        line = ("," if rows.given > 1 else "") + json.dumps(values, ensure_ascii=False, allow_nan=False)
        if written + len(line) > bounds.bytes:
            rows.cut(bounds)
            break
        written += text.write(line)
    facts = rows.facts()
    text.write("]," + json.dumps(facts)[1:])
    return facts


def _csv(
    result: Result, rows: _Window, bounds: Bounds, escapes_formulas: bool, text: io.TextIOWrapper
) -> dict[str, Any]:
    def encoded(values: Sequence[Any]) -> str:
        return csv_line([harmless(value) for value in values] if escapes_formulas else values)

    written = text.write(encoded(result.columns))
    for row in rows:
        shown = encoded([csv_value(value) for value in row])
        if written + len(shown) > bounds.bytes:
            rows.cut(bounds)
            break
        written += text.write(shown)
    return rows.facts()


def _arrow(result: Result, offset: int, bounds: Bounds, output: BinaryIO) -> dict[str, Any]:
    """An Arrow IPC stream."""
    from arro3.core import Table
    from nanoarrow.ipc import StreamWriter

    given, rows, size, cut_by = [], 0, 0, None
    for batch in result.batches():
        skipped = min(offset, batch.num_rows)
        offset -= skipped
        part = _without_first(batch, skipped)
        if rows + part.num_rows > bounds.rows or size + part.nbytes > bounds.bytes:
            fitting = _fitting(part, bounds.bytes - size)
            if not rows + fitting:
                raise _too_large(bounds)
            cut_by = "rows" if bounds.rows - rows <= fitting else "bytes"
            part = part.slice(0, min(bounds.rows - rows, fitting))
        given.append(part)
        rows, size = rows + part.num_rows, size + part.nbytes
        if cut_by is not None:
            break
    with StreamWriter.from_writable(output) as writer:
        writer.write_stream(Table.from_batches(given))
    return _facts(rows, cut_by)


def _without_first(batch: Any, count: int) -> Any:
    """The other rows of a batch, as arrays of their own: nanoarrow 0.9 writes none that begins within another."""
    from arro3.core import Array, DataType

    if not count:
        return batch
    return batch.take(Array(range(count, batch.num_rows), DataType.uint64()))


def _fitting(batch: Any, size: int) -> int:
    """How many rows of a batch have about that size; the first one counts by itself, which others may outweigh."""
    first = int(batch.slice(0, 1).nbytes <= size) if batch.num_rows else 0
    return max(first, max(0, size) * batch.num_rows // max(1, batch.nbytes))
