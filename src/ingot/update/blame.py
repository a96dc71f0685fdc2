"""Where a value that failed an update comes from: the column that was cast, the rows to look at, a raw file's line.

Adds to an error what the engine cannot know. Finds nothing rather than something wrong, and never fails itself.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlglot import exp

from ingot.engine import Binding, FilesBinding, SnapshotBinding
from ingot.errors import DataError, IngotError, Location
from ingot.model import FileRead, Query, Read, TableRead
from ingot.pipeline import Pipeline
from ingot.quoting import quoted_text
from ingot.types import parse_type

_CAST = re.compile(r"CAST_INVALID_INPUT: '(.+)' is not an? (.+)", re.DOTALL)
_BYTES_MAX = 256 * 2**20
_CANDIDATES_MAX = 100
_TEXT_FORMATS = ("csv", "json", "text")


def blame(error: DataError, query: Query, bindings: Mapping[str, Binding]) -> None:
    """Note where the value of a failed cast comes from, as far as that is certain."""
    found = _CAST.fullmatch(error.message)
    if found is None:
        return
    value, kind = found[1], found[2]
    columns = list(_cast_columns(query.tree, kind))
    names = {column.name.lower() for column in columns}
    if len(names) == 1:
        place = columns[0].this.meta.get("location")
        if isinstance(place, Location):
            error.location = place
        _name_rows(error, query, bindings, columns[0].name, value)
    place = _place_in_files([b for b in bindings.values() if isinstance(b, FilesBinding)], value)
    if place is not None:
        error.add_note(f"{value!r} stands in {place}")


def blame_event(error: DataError, row: Mapping[str, Any], column: str, files: Iterable[FilesBinding]) -> None:
    """Note the line of the raw file that an event stands in, whose column is NULL; nothing if that is uncertain.

    Args:
        row: The event's columns; texts and whole numbers are looked for.
        column: The one that is NULL.
        files: What the event may come from.
    """
    values = [str(v) for v in row.values() if isinstance(v, (int, str)) and not isinstance(v, bool) and str(v)]
    patterns = [re.compile(rf"(?<![\w.-]){re.escape(value)}(?![\w.-])".encode()) for value in values]
    if not patterns:
        return
    found = list(itertools.islice(_lines_with(patterns, files), _CANDIDATES_MAX))
    certain = [place for place, line in found if _is_null_in_json(line, column)]
    if certain or len(found) == 1:
        error.add_note(f"such a row stands in {certain[0] if certain else found[0][0]}")


def files_behind(pipeline: Pipeline, reads: Iterable[Read]) -> Iterator[FilesBinding]:
    """The files that the tables of these reads were loaded from."""
    waiting, seen = [r.name for r in reads if isinstance(r, TableRead)], set()
    while waiting:
        dataset = pipeline.dataset(waiting.pop())
        if dataset is None or dataset.name in seen:
            continue
        seen.add(dataset.name)
        for flow in pipeline.flows(dataset.name):
            for read in pipeline.analyzed(flow).reads.values():
                if isinstance(read, FileRead):
                    yield FilesBinding(read, pipeline.catalog.files(read), pipeline.catalog.schema_of(read, flow))
                elif isinstance(read, TableRead):
                    waiting.append(read.name)


def _lines_with(patterns: Sequence[re.Pattern[bytes]], files: Iterable[FilesBinding]) -> Iterator[tuple[str, bytes]]:
    """Places and texts of the lines in which all patterns are found."""
    left = _BYTES_MAX
    for binding in files:
        for file in binding.files if binding.read.format in _TEXT_FORMATS else ():
            left -= file.size
            if left < 0:
                return
            with contextlib.suppress(OSError), Path(file.path).open("rb") as stream:
                for number, line in enumerate(stream, start=1):
                    if all(pattern.search(line) for pattern in patterns):
                        yield f"{file.path}:{number}", line


def _is_null_in_json(line: bytes, column: str) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and all(v is None for name, v in record.items() if name.lower() == column.lower())


def _cast_columns(tree: exp.Query, kind: str) -> Iterable[exp.Column]:
    """The columns that the query casts to a type."""
    for cast in tree.find_all(exp.Cast):
        if isinstance(cast.this, exp.Column) and not isinstance(cast, exp.TryCast):
            try:
                written = parse_type(cast.to.sql("databricks")).ddl
            except IngotError:
                continue
            if written == kind:
                yield cast.this


def _name_rows(error: DataError, query: Query, bindings: Mapping[str, Binding], column: str, value: str) -> None:
    """The command that shows the rows, if they are those of the one table that the query reads."""
    tables = [(leaf, read) for leaf, read in query.reads.items() if isinstance(read, TableRead)]
    if len(tables) != 1 or len(query.reads) != 1:
        return
    [(leaf, read)] = tables
    binding = bindings.get(leaf)
    if isinstance(binding, SnapshotBinding) and binding.schema.find(column) is not None and "\n" not in value:
        shown = f'ingot query "SELECT * FROM {read.name.short} WHERE {column} = {quoted_text(value)}"'
        error.hint = f"see the rows: {shown}; {error.hint}" if error.hint else f"see the rows: {shown}"


def _place_in_files(bindings: Iterable[FilesBinding], value: str) -> str | None:
    """The first line of the raw files that holds the value as a whole."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(value)}(?![\w.-])".encode())
    left = _BYTES_MAX
    for binding in bindings:
        if binding.read.format not in _TEXT_FORMATS:
            continue
        for file in binding.files:
            left -= file.size
            if left < 0:
                return None
            line = _line_of(Path(file.path), pattern)
            if line is not None:
                return f"{file.path}:{line}"
    return None


def _line_of(path: Path, pattern: re.Pattern[bytes]) -> int | None:
    try:
        with path.open("rb") as stream:
            return next((number for number, line in enumerate(stream, start=1) if pattern.search(line)), None)
    except OSError:
        return None
