"""The exact CSV reader: every record by Spark's rules, in Python, into a spooled file that DuckDB reads back.

Owns what a bad record becomes under each mode, the corrupt record column, and rescued data. Holds one record in
memory. Slower than DuckDB's scan; used for the files that need it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingot.analysis.text_options import flag
from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.columns import columns_of, typed_folder_values
from ingot.engines.duckdb.readers.csv_format import column_names, csv_format, is_by_name, positions, records_of
from ingot.engines.duckdb.readers.datetimes import BadValue
from ingot.engines.duckdb.readers.files import file_uri
from ingot.engines.duckdb.readers.options import encoding_of, mode_of
from ingot.engines.duckdb.readers.values import parser_for
from ingot.errors import DataError
from ingot.types import Field


@dataclass(frozen=True)
class _Target:
    """One column to fill: where its text comes from and how it is read."""

    field: Field
    position: int | None
    parse: Callable[[str], str]


def write_exact(binding: FilesBinding, file: SourceFile, target: Path) -> None:
    """Write a file's rows, all columns of the schema as canonical text, to `target`.

    Raises:
        DataError: `malformed-record` in FAILFAST mode, `header-mismatch`; what decoding raises.
    """
    with target.open("w", encoding="utf-8", newline="") as out:
        for row in _Reader(binding, file).rows():
            out.write(spool_line(row))


def spool_line(row: list[str | None]) -> str:
    """One row in the form of a spooled file: values in quotes, nulls bare, after a column that is never empty."""
    return '"",' + ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) + "\n"


class _Reader:
    """One file on its way through the exact reader."""

    def __init__(self, binding: FilesBinding, file: SourceFile):
        self.binding = binding
        self.file = file
        self.form = csv_format(binding.read)
        self.columns = columns_of(binding)
        self.mode = mode_of(binding.read)
        self.records = records_of(file.path, encoding_of(binding.read), self.form)
        header = next(self.records, None) if self.form.has_header else None
        self.names = column_names(header[0], self.form) if header else []
        self.by_name = is_by_name(binding, self.form)
        if header and not self.by_name:
            self.check_header(header[0])
        places = positions(self.names, self.columns, self.by_name)
        self.targets = [
            _Target(f, place, parser_for(f.type, binding.read.options))
            for f, place in zip(self.columns.data, places, strict=True)
        ]
        self.width = len(self.names) if self.by_name else max(self.columns.places, default=-1) + 1
        self.folders = typed_folder_values(binding, file.path)

    def check_header(self, header: list[str]) -> None:
        """Compare the header with the schema if the option `enforceSchema` is off."""
        if flag(self.binding.read.options, "enforceschema", default=True):
            return
        expected = [f.name.lower() for f in self.columns.data]
        if [name.lower() for name in header] != expected:
            raise DataError(
                f"the header of {self.file.path} is {', '.join(header)}, not {', '.join(expected)}",
                code="header-mismatch",
                hint="correct the schema, or drop enforceSchema => false",
            )

    def rows(self) -> Iterator[list[str | None]]:
        """The rows of the file in the schema's order."""
        for fields, text in self.records:
            row = self.row(fields, text)
            if row is not None:
                yield row

    def row(self, fields: list[str], text: str) -> list[str | None] | None:
        """One row, or None if the mode drops the record."""
        null = self.form.dialect.null_value
        values: dict[str, str | None] = {}
        rescued: dict[str, str] = {}
        is_bad = len(fields) != self.width
        for target in self.targets:
            name, place = target.field.name, target.position
            raw = fields[place] if place is not None and place < len(fields) else None
            if raw is None or raw == null:
                values[name] = None
                continue
            try:
                values[name] = target.parse(raw)
            except BadValue:
                values[name] = None
                is_bad = True
                rescued[self.names[place] if self.names and place is not None else name] = raw
        if self.columns.rescued is not None:
            rescued |= self.unexpected(fields)
            is_bad = False
        if is_bad and not self.keeps(text):
            return None
        return self.in_order(values, rescued, text if is_bad else None)

    def unexpected(self, fields: list[str]) -> dict[str, str]:
        """The non-null fields that no column of the schema takes."""
        taken = {target.position for target in self.targets}
        null = self.form.dialect.null_value
        named = [self.names[i] if i < len(self.names) else f"_c{i}" for i in range(len(fields))]
        return {
            name: value
            for i, (name, value) in enumerate(zip(named, fields, strict=True))
            if i not in taken and value != null and name.lower() not in self.folders
        }

    def keeps(self, text: str) -> bool:
        """Whether a bad record gives a row."""
        if self.mode == "FAILFAST":
            raise DataError(
                f"a malformed record in {self.file.path}: {text[:80]!r}",
                code="malformed-record",
                hint="correct the file, or use mode => 'PERMISSIVE'",
            )
        return self.mode == "PERMISSIVE"

    def in_order(self, values: dict[str, str | None], rescued: dict[str, str], corrupt: str | None) -> list[str | None]:
        row: list[str | None] = []
        for field in self.binding.schema:
            if field.name == self.columns.rescued:
                row.append(rescued_text(rescued, self.file.path) if rescued else None)
            elif field.name == self.columns.corrupt:
                row.append(corrupt)
            elif field.name in values:
                row.append(values[field.name])
            else:
                row.append(self.folders.get(field.name.lower()))
        return row


def rescued_text(rescued: dict[str, str], path: str) -> str:
    """Rescued values as Auto Loader words them: JSON with the file's path."""
    return json.dumps({**rescued, "_file_path": file_uri(path)}, ensure_ascii=False, separators=(",", ":"))
