"""Where a value that failed an update comes from: the column that was cast, the rows to look at, a raw file's line.

Adds to an error what the engine cannot know. Finds nothing rather than something wrong, and never fails itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlglot import exp

from ingot.engine import Binding, FilesBinding, SnapshotBinding
from ingot.errors import DataError, IngotError, Location
from ingot.model import Query, TableRead
from ingot.types import parse_type

_CAST = re.compile(r"CAST_INVALID_INPUT: '(.+)' is not an? (.+)", re.DOTALL)
_BYTES_MAX = 256 * 2**20
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
        text = value.replace("\\", "\\\\").replace("'", "\\'")
        shown = f"ingot query \"SELECT * FROM {read.name.short} WHERE {column} = '{text}'\""
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
