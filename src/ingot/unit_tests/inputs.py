"""What a test gives in place of tables and files: its rows, batch by batch, with the types of what they stand for.

Owns which read of a definition an input stands for, the columns of an input, and the files that a test gives as they
are. Types come from the definition of what is stood for, from `columns`, or from the values. Never evaluates a query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingot.analysis.relations import FILE_METADATA
from ingot.engine import ArrowBinding
from ingot.errors import IngotError, Location, ProjectError, near_hint
from ingot.model import FileRead, Project, TableRead
from ingot.project.paths import absolute, is_remote, map_path
from ingot.project.placeholders import fill_setting
from ingot.types import Field, StructType, as_nullable, parse_type
from ingot.unit_tests.specification import DEFAULT_NOW, Given, Rows
from ingot.unit_tests.values import inferred, typed

METADATA = "_metadata"
_GLOB = "*?[{"
Known = Callable[[TableRead | FileRead], tuple[StructType | None, bool]]
Selected = Callable[[str, Location | None], tuple[StructType, Any]]


@dataclass
class Input:
    """One input of a test. `is_streamed` tells whether anything reads it as a stream: then batches add up."""

    name: str
    location: Location | None
    batches: list[Given | None] = field(default_factory=list)
    is_streamed: bool = False
    is_read: bool = False
    folder: Path | None = None  # where its raw files are
    _schema: tuple[int, StructType] | None = None
    _known: StructType | None = None
    is_open: bool = False  # whether it may have columns that nobody told of

    @property
    def has_files(self) -> bool:
        return self.folder is not None

    def schema(self, read: TableRead | FileRead, known: Known, select: Selected) -> StructType:
        """The columns as of the newest batch."""
        if self._schema is None or self._schema[0] != len(self.batches):
            if self._schema is None:
                self._known, self.is_open = known(read)
            self._schema = len(self.batches), self._columns(select)
        return self._schema[1]

    def _columns(self, select: Selected) -> StructType:
        fields = {f.name.lower(): replace(f, nullable=True) for f in self._known or ()}
        given = [batch for batch in self.batches if batch is not None]
        for batch in given:
            for name, text in batch.columns.items():
                fields[name.lower()] = Field(name, _type(text, batch))
        for batch in given:
            if batch.rows.sql is not None:
                for column in select(batch.rows.sql, batch.rows.location)[0]:
                    fields.setdefault(column.name.lower(), replace(column, nullable=True))
                continue
            for name in batch.rows.names:
                if name.lower() in fields or name == METADATA:
                    continue
                if not self.is_open:
                    raise _unknown_column(self.name, name, fields, batch)
                values = [row.get(name) for other in given for row in other.rows.rows]
                fields[name.lower()] = Field(name, inferred(values, batch.rows.is_text))
        schema = as_nullable(StructType(fields=tuple(fields.values())))
        assert isinstance(schema, StructType)
        return schema

    def binding(self, read: TableRead | FileRead, schema: StructType, select: Selected, start: int, end: int) -> Any:
        """The rows of some batches, as the engine reads them."""
        from ingot.definitions.spark.values import typed_read

        bound = schema
        if isinstance(read, FileRead):
            bound = StructType(fields=(*schema, Field(METADATA, FILE_METADATA)))
        rows: list[tuple[Any, ...]] = []
        for batch in self.batches[start:end]:
            if batch is None:
                continue
            if batch.rows.sql is not None:
                rows.extend(_selected(batch.rows, bound, select, read))
            else:
                rows.extend(_row(row, bound, batch.rows.location, read) for row in batch.rows.rows)
        leaf = typed_read(bound, rows)
        return ArrowBinding(bound, leaf.load)

    def has_rows(self, start: int, end: int) -> bool:
        return any(b is not None and (b.rows.rows or b.rows.sql is not None) for b in self.batches[start:end])

    @property
    def newest(self) -> int:
        """The index of the newest batch that gives anything."""
        return max((index for index, batch in enumerate(self.batches) if batch is not None), default=0)


def _row(row: Mapping[str, Any], schema: StructType, place: Location | None, read: Any) -> tuple[Any, ...]:
    values = {name.lower(): value for name, value in row.items()}
    if isinstance(read, FileRead):
        values[METADATA] = _metadata(values.get(METADATA), read)
    return tuple(typed(values.get(f.name.lower()), f.type, f.name, place) for f in schema)


def _selected(rows: Rows, schema: StructType, select: Selected, read: Any) -> list[tuple[Any, ...]]:
    selected, table = select(rows.sql or "", rows.location)
    indexes = {column.name.lower(): index for index, column in enumerate(selected)}
    found = []
    for values in table:
        row = {name: values[index] for name, index in indexes.items()}
        found.append(_row(row, schema, rows.location, read))
    return found


def _metadata(value: Any, read: FileRead) -> dict[str, Any]:
    """What `_metadata` holds for a given row: what the test says of it, or a made-up file of the read's folder."""
    plain = getattr(value, "value", value) or {}
    fixed = read.path if Path(read.path).suffix else f"{read.path.rstrip('/')}/given.{read.format}"
    name = getattr(plain.get("file_name"), "text", plain.get("file_name")) or Path(fixed).name
    made = {
        "file_path": f"file://{Path(fixed).parent}/{name}", "file_name": name, "file_size": 0, "file_block_start": 0,
        "file_block_length": 0, "file_modification_time": DEFAULT_NOW,
    }  # fmt: skip
    return {**made, **plain}


def _type(text: str, given: Given) -> Any:
    try:
        return parse_type(text)
    except IngotError as error:
        raise error.at(given.location) from None


def _unknown_column(name: str, column: str, fields: Mapping[str, Field], given: Given) -> ProjectError:
    row = next((row for row in given.rows.rows if column in row), {})
    return ProjectError(
        f"{name} has no column '{column}'",
        location=getattr(row.get(column), "location", None) or given.location,
        hint=near_hint(
            column, [f.name for f in fields.values()], f"declare it, if it is to be new: columns: {{{column}: string}}"
        ),
        code="unknown-column",
    )


class Inputs:
    """The inputs of one test, found by what a definition reads."""

    def __init__(self, project: Project, folder: Path):
        self._project = project
        self._folder = folder
        self._tables: dict[tuple[str, str, str], Input] = {}
        self._paths: dict[str, Input] = {}
        self.all: list[Input] = []
        self.count = 0

    def add_batch(self, given: Sequence[Given]) -> None:
        """Note what one batch gives; an input that it does not name gets nothing new."""
        self.count += 1
        for one in given:
            found = self._of(one)
            if len(found.batches) == self.count:
                raise ProjectError(
                    f"the input '{one.input}' is given twice", location=one.location,
                    hint="write all its rows in one place", code="duplicate-key",
                )  # fmt: skip
            found.batches += [None] * (self.count - 1 - len(found.batches))
            found.batches.append(one)
            if one.files is not None:
                self._write_files(found, one)
        for known in self.all:
            known.batches += [None] * (self.count - len(known.batches))

    def find(self, read: TableRead | FileRead) -> Input | None:
        """The input that stands for a read."""
        found = self._paths.get(_normal(read.path)) if isinstance(read, FileRead) else self._tables.get(read.name.key)
        if found is not None:
            found.is_read = True
        return found

    def moved(self, read: FileRead, given: Input) -> FileRead:
        """The read of given files: below their folder, with the glob that the path has."""
        parts = Path(read.path).parts
        fixed = next((i for i, part in enumerate(parts) if any(char in part for char in _GLOB)), len(parts))
        return replace(read, path=str(Path(given.folder or self._folder, *parts[fixed:])))

    def _of(self, given: Given) -> Input:
        text = fill_setting(given.input, self._project.configuration, given.location or Location(""), ProjectError)
        parts = tuple(part.strip("` ") for part in text.split("."))
        if parts[0].lower() == "live" and len(parts) == 2:
            parts = parts[1:]
        is_name = "/" not in text and 1 <= len(parts) <= 3 and all(parts)
        key = self._project.table_name(parts).key if is_name else None
        path = _normal(self._path(text))
        found = self._paths.get(path) or (self._tables.get(key) if key else None)
        if found is None:
            found = Input(given.input, given.location)
            self.all.append(found)
            self._paths[path] = found
            if key is not None:
                self._tables[key] = found
        return found

    def _path(self, text: str) -> str:
        try:
            return map_path(self._project, text)
        except ProjectError:
            return text if is_remote(text) else str(absolute(self._project.root, text))

    def _write_files(self, found: Input, given: Given) -> None:
        found.folder = found.folder or self._folder / "files" / str(self.all.index(found))
        for name, content in (given.files or {}).items():
            path = found.folder / name
            if not path.resolve().is_relative_to(found.folder.resolve()):
                raise ProjectError(
                    f"'{name}' is not the name of a file below its folder",
                    location=given.location,
                    hint="use a name within the folder: part-1.csv",
                    code="invalid-name",
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _normal(path: str) -> str:
    return path.removeprefix("file:").rstrip("/")
