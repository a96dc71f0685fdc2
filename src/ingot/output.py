"""Rows of a query to a terminal or a file: aligned text, CSV, JSON lines or Parquet."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from ingot.engine import ArrowBinding, Engine
from ingot.errors import ProjectError
from ingot.result import Result
from ingot.terminal import Terminal, table
from ingot.types import is_numeric

_CELL_MAX = 60  # characters of a cell that a table shows; the other formats show everything
_QUOTED = re.compile(r'[",\r\n]')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_rows(
    result: Result, engine: Engine, file_format: str, output: str | None, terminal: Terminal, limit: int | None
) -> None:
    """Write the rows of a result.

    Args:
        result: The rows.
        engine: Writes Parquet.
        file_format: table, csv, json (one object on each line) or parquet.
        output: A file; it appears complete or not at all. The terminal if None.
        terminal: Where tables are shown.
        limit: How many rows a table shows; all if None.
    """
    if file_format == "parquet":
        if output is None:
            raise ProjectError("Parquet cannot be shown on a terminal", hint="add --output FILE", code="usage")
        with _whole_file(Path(output)) as path:
            engine.export(ArrowBinding(result.schema, lambda: result), path)
        return
    if output is None:
        _write_text(result, file_format, terminal.stream, limit)
        return
    with _whole_file(Path(output)) as path, path.open("w", encoding="utf-8", newline="") as file:
        _write_text(result, file_format, file, None)


@contextlib.contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    if path.is_dir() or not path.parent.is_dir():
        raise ProjectError(
            f"{path} is not a file that can be written", hint="name a file in a folder that exists", code="usage"
        )
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_text(result: Result, file_format: str, stream: TextIO, limit: int | None) -> None:
    match file_format:
        case "csv":
            stream.write(csv_line(result.columns))
            for row in result.rows():
                stream.write(csv_line(csv_value(value) for value in row))
        case "json":
            for row in result.rows():
                facts = dict(zip(result.columns, row, strict=True))
                stream.write(json.dumps(facts, default=_json_value, ensure_ascii=False) + "\n")
        case _:
            _write_table(result, stream, limit)


def _write_table(result: Result, stream: TextIO, limit: int | None) -> None:
    rows: list[tuple[Any, ...]] = []
    more = False
    for row in result.rows():
        if limit is not None and len(rows) >= limit:
            more = True
            break
        rows.append(row)
    numeric = [is_numeric(field.type) for field in result.schema]
    for line in table(result.columns, rows, numeric, _CELL_MAX):
        stream.write(line + "\n")
    shown = f"{len(rows):,} row" + ("" if len(rows) == 1 else "s")
    stream.write(f"({shown}" + ("; there are more: --limit 0 shows all)" if more else ")") + "\n")


def csv_line(values: Iterable[Any], end: str = "\n") -> str:
    """A line of CSV (RFC 4180) in which null is an empty cell and the empty text `""`, as PostgreSQL and Spark have it.

    A null that is alone is `""` too: readers pass over empty lines, and the row would be lost.

    >>> csv_line([None, "", 1, "a, b"], "")
    ',"",1,"a, b"'
    """
    return (",".join(["" if value is None else _cell(str(value)) for value in values]) or '""') + end


def _cell(text: str) -> str:
    if text and _QUOTED.search(text) is None:
        return text
    return '"' + text.replace('"', '""') + '"'


def csv_value(value: Any) -> Any:
    """A value as `csv_line` takes it: nested values are JSON, binary is hexadecimal."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=_json_value, ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else value


def harmless(value: Any) -> Any:
    """A value of CSV that no spreadsheet takes for a formula: a text that begins like one gets a `'` before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json_value(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)
