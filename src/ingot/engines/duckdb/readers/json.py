"""JSON: which files DuckDB scans as they are, which are read exactly first, and the schema of both.

Lines of flat objects whose values have the types of their columns are scanned by DuckDB; a scan that meets
anything else stops, and the file is read exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingot.analysis.json_schema import Inference, canonical
from ingot.analysis.json_text import BadJson, Grammar, Node, grammar_of, parse, quoted
from ingot.analysis.text_options import flag
from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.columns import Columns, columns_of, typed_folder_values
from ingot.engines.duckdb.readers.csv_exact import spool_line
from ingot.engines.duckdb.readers.csv_format import lines_of
from ingot.engines.duckdb.readers.datetimes import BadValue
from ingot.engines.duckdb.readers.files import check_unchanged, file_uri, plain_path, text_pieces
from ingot.engines.duckdb.readers.json_scan import scan_sql, scannable
from ingot.engines.duckdb.readers.json_survey import survey
from ingot.engines.duckdb.readers.json_values import Converter, Partial, value_text
from ingot.engines.duckdb.readers.options import corrupt_column, encoding_of, infers_types, mode_of
from ingot.engines.duckdb.readers.spool import Spool, spool_of
from ingot.engines.duckdb.readers.spooled import spooled_sql
from ingot.engines.duckdb.readers.values import timestamp_parser
from ingot.errors import DataError
from ingot.model import FileRead
from ingot.types import NULL, STRING, ArrayType, DataType, Field, StructType

_DEPTH_MAX = 100  # of inferred types: what is made of them recurses


def _documents(read: FileRead, path: str) -> Iterator[str]:
    """The texts that each hold one document: lines, or the whole file."""
    pieces = text_pieces(path, encoding_of(read), "json")
    if flag(read.options, "multiline"):
        yield "".join(pieces)
    else:
        yield from lines_of(pieces, read.options.get("linesep"))


_SURVEYED_BYTES_MIN = 4 * 2**20

# --- schema ---------------------------------------------------------------------------------------------------


def infer_data(connection: Any, read: FileRead, files: Sequence[SourceFile]) -> StructType:
    """The data columns of these files, sorted by name; with a column for corrupt records if there are any."""
    grammar, inference = _grammar(read), _inference(read)
    root: DataType = StructType(fields=())
    has_corrupt = False
    surveyed = _surveyed(connection, read, files)
    if surveyed is not None:
        root = surveyed
    for file in files if surveyed is None else ():
        for text in _documents(read, file.path):
            found = _document_type(read, text, grammar, inference, file)
            while isinstance(found, ArrayType):
                found = found.element
            if found is None or (found != NULL and not isinstance(found, StructType)):
                has_corrupt = True
            else:
                root = inference.merge(root, found)
    schema = canonical(root, drops_nulls=flag(read.options, "dropfieldifallnull"))
    fields = list(schema.fields) if isinstance(schema, StructType) else []
    if not infers_types(read):
        fields = [Field(f.name, STRING) for f in fields]
    corrupt = corrupt_column(read)
    if has_corrupt and mode_of(read) == "PERMISSIVE" and corrupt not in [f.name for f in fields]:
        fields = sorted([*fields, Field(corrupt, STRING)], key=lambda f: f.name)
    return StructType(fields=tuple(fields))


def _surveyed(connection: Any, read: FileRead, files: Sequence[SourceFile]) -> DataType | None:
    """The type found by DuckDB, for large files of plain JSON lines."""
    asking = {"multiline", "primitivesasstring", "prefersdecimal", "infertimestamp", "linesep"}
    if sum(file.size for file in files) < _SURVEYED_BYTES_MIN or any(
        flag(read.options, n) for n in asking - {"linesep"}
    ):
        return None
    if "linesep" in read.options or _grammar(read) != Grammar(is_bytes=True):
        return None
    spool = spool_of(connection)
    return survey(connection, [plain_path(spool, file, encoding_of(read), "json") for file in files])


def _grammar(read: FileRead) -> Grammar:
    return grammar_of(read.options, is_bytes=True)


def _inference(read: FileRead) -> Inference:
    options = read.options
    parsers = [timestamp_parser(options, has_zone) for has_zone in (False, True)]

    def is_timestamp(text: str) -> bool:
        for read_text in parsers:
            try:
                read_text(text)
            except BadValue:
                continue
            return True
        return False

    return Inference(
        flag(options, "prefersdecimal"),
        flag(options, "primitivesasstring"),
        is_timestamp if flag(options, "infertimestamp") else None,
        makes_columns=True,
    )


def _document_type(
    read: FileRead, text: str, grammar: Grammar, inference: Inference, file: SourceFile
) -> DataType | None:
    """The type of a document; None if it is no JSON."""
    try:
        node = parse(text, grammar)
        return NULL if node is None else _type_of_document(read, node, text, inference, file)
    except BadJson:
        if mode_of(read) == "FAILFAST":
            raise _malformed(file, text) from None
        return None


def _type_of_document(read: FileRead, node: Node, text: str, inference: Inference, file: SourceFile) -> DataType:
    if text.count("[") + text.count("{") > _DEPTH_MAX and _depth(node) > _DEPTH_MAX:
        raise DataError(
            f"a record of {file.path} is nested more than {_DEPTH_MAX} deep, for which no columns are made",
            location=read.location,
            hint="declare a schema, with STRING for what is nested so deeply",
            code="unsupported-type",
        )
    return inference.type_of(node)


def _depth(node: Node) -> int:
    """How deeply a value is nested."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        found, depth = waiting.pop()
        deepest = max(deepest, depth)
        for inner in found.value if isinstance(found.value, list) else ():
            waiting.append((inner if isinstance(inner, Node) else inner[1], depth + 1))
    return deepest


def _malformed(file: SourceFile, text: str) -> DataError:
    return DataError(
        f"a malformed record in {file.path}: {text[:80]!r}",
        code="malformed-record",
        hint="correct the file, or use mode => 'PERMISSIVE'",
    )


# --- rows -----------------------------------------------------------------------------------------------------


def relation_parts(connection: Any, binding: FilesBinding) -> list[str]:
    """SQL of relations that together hold the rows of the binding, with `_metadata`."""
    spool, columns = spool_of(connection), columns_of(binding)
    scanned: list[SourceFile] = []
    exact: list[tuple[SourceFile, Path]] = []
    may_scan = scannable(binding, columns)
    for file in binding.files:
        check_unchanged(file)
        if may_scan and (file.path, file.size, file.modified_ms) not in spool.inexact:
            scanned.append(file)
        else:
            exact.append((file, _spooled(spool, binding, columns, file)))
    parts = [scan_sql(spool, binding, columns, scanned)] if scanned else []
    if exact:
        parts.append(spooled_sql(binding, exact))
    return parts


def _spooled(spool: Spool, binding: FilesBinding, columns: Columns, file: SourceFile) -> Path:
    read = binding.read
    key = ("json", file, tuple(sorted(read.options.items())), read.is_autoloader, binding.schema.ddl)
    if key not in spool.paths:
        target = spool.path(".csv")
        with target.open("w", encoding="utf-8", newline="", errors="surrogatepass") as out:
            for row in _Reader(binding, columns, file).rows():
                out.write(spool_line(row))
        spool.paths[key] = target
    return spool.paths[key]


class _Reader:
    """One file on its way through the exact reader."""

    def __init__(self, binding: FilesBinding, columns: Columns, file: SourceFile):
        self.binding = binding
        self.columns = columns
        self.file = file
        self.mode = mode_of(binding.read)
        self.grammar = _grammar(binding.read)
        self.converter = Converter(binding.read.options)
        self.schema = StructType(fields=columns.data)
        self.names = {f.name for f in columns.data}
        self.folders = typed_folder_values(binding, file.path)

    def rows(self) -> Iterator[list[str | None]]:
        """The rows of the file in the schema's order."""
        for text in _documents(self.binding.read, self.file.path):
            self.converter.text = text
            try:
                node = parse(text, self.grammar)
            except BadJson:
                yield from self.bad({}, None, text)
                continue
            if node is not None:
                yield from self.document(node, text)

    def document(self, node: Node, text: str) -> Iterator[list[str | None]]:
        """The rows of one document: one for an object, one for each object of an array."""
        if node.kind == "object":
            yield from self.object(node, text)
        elif node.kind == "array" and all(item.kind == "object" for item in node.value):
            yield from self.array(node, text)
        else:
            yield from self.bad({}, node, text)

    def array(self, node: Node, text: str) -> Iterator[list[str | None]]:
        """Rows of an array: if one of its objects is bad, the array counts as one bad record with many rows."""
        rows, is_bad = [], False
        for item in node.value:
            values, item_is_bad = self.values(item)
            is_bad = is_bad or item_is_bad
            rows.append((values, item))
        for values, item in rows:
            if is_bad:
                yield from self.bad(values, item, text)
            else:
                yield self.in_order(values, self.rescued(item), None)

    def object(self, node: Node, text: str) -> Iterator[list[str | None]]:
        values, is_bad = self.values(node)
        if is_bad:
            yield from self.bad(values, node, text)
        else:
            yield self.in_order(values, self.rescued(node), None)

    def values(self, node: Node) -> tuple[dict[str, object], bool]:
        try:
            return self.converter.struct(node, self.schema), False
        except Partial as partial:
            return partial.value, True

    def rescued(self, node: Node | None) -> str | None:
        """JSON of the fields that no column takes or whose values do not fit their column."""
        if self.columns.rescued is None or node is None or node.kind != "object":
            return None
        kept = [f"{quoted(n)}:{self.raw(m)}" for n, m in node.value if not self.fits(n, m)]
        if not kept:
            return None
        return "{" + ",".join([*kept, f'"_file_path":{quoted(file_uri(self.file.path))}']) + "}"

    def raw(self, node: Node) -> str:
        return quoted(str(node.value)) if node.kind == "string" else self.converter.text[node.start : node.end]

    def fits(self, name: str, node: Node) -> bool:
        if name in self.folders or node.kind == "null":
            return True
        field = next((f for f in self.columns.data if f.name == name), None)
        if field is None:
            return False
        try:
            self.converter.convert(node, field.type)
        except (BadValue, Partial):
            return False
        return True

    def bad(self, values: dict[str, object], node: Node | None, text: str) -> Iterator[list[str | None]]:
        """The row of a bad record, if the mode keeps it."""
        rescued = self.rescued(node)
        if self.mode == "FAILFAST":
            raise _malformed(self.file, text)
        if self.mode == "PERMISSIVE" or rescued is not None:
            yield self.in_order(values, rescued, text)

    def in_order(self, values: dict[str, object], rescued: str | None, corrupt: str | None) -> list[str | None]:
        row: list[str | None] = []
        for field in self.binding.schema:
            if field.name == self.columns.rescued:
                row.append(rescued)
            elif field.name == self.columns.corrupt:
                row.append(corrupt)
            elif field.name in self.names:
                row.append(value_text(values.get(field.name)))
            else:
                row.append(self.folders.get(field.name.lower()))
        return row
