"""Text files: one row for each line, or for each file with `wholetext`.

Owns the column `value`. Lines end as Spark ends them; nothing is trimmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingot.analysis.text_options import flag
from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.columns import columns_of, typed_folder_values
from ingot.engines.duckdb.readers.csv_exact import spool_line
from ingot.engines.duckdb.readers.csv_format import lines_of
from ingot.engines.duckdb.readers.files import check_unchanged, text_pieces
from ingot.engines.duckdb.readers.options import encoding_of
from ingot.engines.duckdb.readers.spool import spool_of
from ingot.engines.duckdb.readers.spooled import spooled_sql
from ingot.errors import AnalysisError
from ingot.model import FileRead
from ingot.types import STRING, Field, StructType


def infer_data(connection: Any, read: FileRead, files: Sequence[SourceFile]) -> StructType:
    """Always one column, `value`."""
    return StructType(fields=(Field("value", STRING),))


def relation_parts(connection: Any, binding: FilesBinding) -> list[str]:
    """SQL of relations that together hold the rows of the binding, with `_metadata`."""
    columns = columns_of(binding)
    if len(columns.data) != 1 or columns.data[0].type != STRING:
        raise AnalysisError(
            f"text files have one STRING column, not {binding.schema.ddl}",
            location=binding.read.location,
            code="invalid-schema",
        )
    spool = spool_of(connection)
    group: list[tuple[SourceFile, Path]] = []
    for file in binding.files:
        check_unchanged(file)
        key = ("text", file, tuple(sorted(binding.read.options.items())), binding.schema.ddl)
        if key not in spool.paths:
            target = spool.path(".csv")
            folders = typed_folder_values(binding, file.path)
            with target.open("w", encoding="utf-8", newline="") as out:
                for value in _values(binding.read, file.path):
                    row = [value if f is columns.data[0] else folders.get(f.name.lower()) for f in binding.schema]
                    out.write(spool_line(row))
            spool.paths[key] = target
        group.append((file, spool.paths[key]))
    return [spooled_sql(binding, group)]


def _values(read: FileRead, path: str) -> Iterator[str]:
    if flag(read.options, "wholetext"):
        if whole := "".join(text_pieces(path, encoding_of(read), "text", keeps_mark=True)):
            yield whole
    else:
        yield from lines_of(text_pieces(path, encoding_of(read), "text"), read.options.get("linesep"))
