"""CSV: which files DuckDB scans as they are, which are read exactly first, and the schema of both.

A file without quotes, or whose quotes all stand where every parser agrees, is scanned by DuckDB. All others, and
reads whose options ask for more (corrupt records, DROPMALFORMED …), go through `csv_exact`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb.readers.casts import cast_sql, inexact_sql
from ingot.engines.duckdb.readers.columns import Columns, columns_of, folder_sql
from ingot.engines.duckdb.readers.csv_format import (
    BLANKS,
    CsvFormat,
    column_names,
    csv_format,
    first_record,
    is_by_name,
    lines_of,
    positions,
    records_of,
)
from ingot.engines.duckdb.readers.csv_tokens import finds_all, split_line
from ingot.engines.duckdb.readers.files import (
    byte_pieces,
    check_unchanged,
    plain_path,
    refuse_other_content,
    text_pieces,
)
from ingot.engines.duckdb.readers.options import encoding_of, infers_types, mode_of
from ingot.engines.duckdb.readers.spool import Spool, spool_of
from ingot.engines.duckdb.readers.spooled import metadata_of, spooled_sql
from ingot.engines.duckdb.types import quote_name, quote_path, quote_text
from ingot.model import FileRead
from ingot.types import STRING, DataType, Field, StructType

_PIECE_BYTES = 4 << 20
_SURVEYED_BYTES_MIN = 2**20
_HEAD_BYTES = 2**20
_HEADER_BYTES = 2**14
_QUOTED_CHARACTERS_MAX = 2**26

# --- schema ---------------------------------------------------------------------------------------------------


def infer_data(connection: Any, read: FileRead, files: Sequence[SourceFile]) -> StructType:
    """The data columns of these files: names of the largest file's header, in Auto Loader's reads of all files."""
    form, encoding = csv_format(read), encoding_of(read)
    ordered = list(files) if read.is_autoloader else sorted(files, key=lambda f: -f.size)
    names: list[str] = []
    for file in ordered:
        first = first_record(file.path, encoding, form)
        if first is not None:
            names += [name for name in column_names(first, form) if name not in names]
            if not read.is_autoloader:
                break
    types: list[DataType | None] = [STRING] * len(names)
    if infers_types(read):
        types = _surveyed(connection, read, files, names) or _inferred_types(read, files, names, form)
    return StructType(fields=tuple(Field(n, t or STRING) for n, t in zip(names, types, strict=True)))


def _surveyed(
    connection: Any, read: FileRead, files: Sequence[SourceFile], names: list[str]
) -> list[DataType | None] | None:
    """Types found by DuckDB's scan, for large inputs that it reads exactly and whose order does not matter."""
    from ingot.engines.duckdb.readers.csv_inference import infer_field
    from ingot.engines.duckdb.readers.csv_survey import examples

    patterned = {"dateformat", "timestampformat", "timestampntzformat", "prefersdate", "preferdate"}
    if sum(file.size for file in files) < _SURVEYED_BYTES_MIN or patterned & set(read.options):
        return None
    text_only = StructType(fields=tuple(Field(name, STRING) for name in names))
    options = {**read.options, "rescueddatacolumn": "", "partitioncolumns": "", "mode": "PERMISSIVE"}
    plain = replace(read, schema=text_only, options=options)
    parts = relation_parts(connection, FilesBinding(plain, files, text_only))
    try:
        found = examples(connection, " UNION ALL ".join(parts), names, read.options)
    except duckdb.Error:
        return None  # a file that the scan does not read exactly; the records tell
    if found is None:
        return None
    types: list[DataType | None] = []
    for values in found:
        type_: DataType | None = None
        for text in values:
            type_ = infer_field(type_, text, read.options)
        types.append(type_)
    return types


def _inferred_types(
    read: FileRead, files: Sequence[SourceFile], names: list[str], form: CsvFormat
) -> list[DataType | None]:
    from ingot.engines.duckdb.readers.csv_inference import infer_field

    types: list[DataType | None] = [None] * len(names)
    null = form.dialect.null_value
    by_name = read.is_autoloader and form.has_header
    for file in files:
        records = records_of(file.path, encoding_of(read), form)
        header = column_names(next(records, ([], ""))[0], form) if form.has_header else names
        places = [names.index(name) for name in header] if by_name else range(len(names))
        for fields, _ in records:
            for place, text in zip(places, fields, strict=False):
                if types[place] != STRING and text and text != null:
                    types[place] = infer_field(types[place], text, read.options)
    return types


# --- rows -----------------------------------------------------------------------------------------------------


class _Scan(NamedTuple):
    """Files that one call of read_csv reads: how their quotes are, where their columns lie, lines to skip."""

    has_quotes: bool
    has_wrapped_lines: bool
    header: tuple[str, ...]
    skipped: int


def relation_parts(connection: Any, binding: FilesBinding) -> list[str]:
    """SQL of relations that together hold the rows of the binding, with `_metadata`."""
    spool = spool_of(connection)
    form, columns = csv_format(binding.read), columns_of(binding)
    scans: dict[_Scan, list[tuple[SourceFile, Path]]] = {}
    exact: list[SourceFile] = []
    for file in binding.files:
        check_unchanged(file)
        found = None
        if (file.path, file.size, file.modified_ms) not in spool.inexact and _may_scan(binding, form, columns):
            found = _scan_of(spool, binding, file, form, columns)
        if found is None:
            exact.append(file)
        elif found[1] is not None:
            scans.setdefault(found[0], []).append((file, found[1]))
    parts = [_scan_sql(binding, form, columns, scan, group) for scan, group in scans.items()]
    if exact:
        parts.append(_exact_sql(spool, binding, exact))
    return parts


def _may_scan(binding: FilesBinding, form: CsvFormat, columns: Columns) -> bool:
    """Whether the read's options leave to DuckDB what clean files hold."""
    dialect = form.dialect
    return (
        mode_of(binding.read) == "PERMISSIVE"
        and columns.corrupt is None
        and bool(columns.data)
        and form.line_end is None
        and not dialect.empty_value
        and not dialect.escape_of_escape
        and not (dialect.trims_left or dialect.trims_right)
        and not form.comment
        and len(dialect.separator.encode()) <= 4
        and finds_all(dialect.separator)
        and dialect.separator not in "\r\n\0"
        and binding.read.options.get("enforceschema", "true").lower() == "true"
    )


def _scan_of(
    spool: Spool, binding: FilesBinding, file: SourceFile, form: CsvFormat, columns: Columns
) -> tuple[_Scan, Path | None] | None:
    """How DuckDB scans a file, or None if it has to be read exactly. The path is None if there are no rows."""
    path = plain_path(spool, file, encoding_of(binding.read), "csv")
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if str(path) == file.path:
        refuse_other_content(file.path, head[:512], "csv")
    if not _has_newlines_of_one_kind(head):
        return None
    quotes = _quotes_of(path, head, form)
    if quotes is None:
        return None
    header, skipped = _header_of(path, head, form) if form.has_header else ([], 0)
    if not quotes[1] and len(head) < _HEAD_BYTES and _is_surely_read(binding, head, form, columns, header or []):
        spool.proven.add((file.path, file.size, file.modified_ms))
    if not form.has_header:
        return _Scan(*quotes, (), 0), path
    if header is None:
        return _Scan(*quotes, (), 0), None
    if not header:
        return None
    return _Scan(*quotes, tuple(header), skipped), path


def _is_surely_read(
    binding: FilesBinding, content: bytes, form: CsvFormat, columns: Columns, header: list[str]
) -> bool:
    """Whether nothing in a small file can stop its scan, so that it need not be tried."""
    if any(field.type != STRING for field in columns.data):
        return False
    by_name = is_by_name(binding, form)
    if by_name and columns.rescued is not None and None in {binding.schema.find(name) for name in header}:
        return False
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError:
        return False
    if any(line and not line.strip(BLANKS + form.dialect.quote + form.dialect.separator) for line in lines):
        return False
    separators_max = len(header) - 1 if by_name else max(columns.places)
    return columns.rescued is None or all(line.count(form.dialect.separator) <= separators_max for line in lines)


def _header_of(path: Path, head: bytes, form: CsvFormat) -> tuple[list[str] | None, int]:
    """The header's names and the number of lines up to it."""
    start = head[: head.rfind(b"\n", 0, _HEADER_BYTES) + 1]
    is_enough = start.isascii() and start.strip() and not form.is_skipped(start.decode().splitlines()[0])
    pieces = [start.decode()] if is_enough else text_pieces(str(path), "utf-8", "csv")
    for number, line in enumerate(lines_of(pieces), 1):
        if line if form.is_multiline else not form.is_skipped(line):
            if form.is_multiline and form.dialect.quote and line.count(form.dialect.quote) % 2:
                return [], 0  # the header goes on in the next line
            return column_names(split_line(line, form.dialect), form), number
    return None, 0


def _has_newlines_of_one_kind(head: bytes) -> bool:
    """Whether no carriage return stands alone in the first megabyte, where DuckDB looks for the kind of newline."""
    returns = head.count(b"\r")
    return returns == 0 or (returns - head.endswith(b"\r") <= head.count(b"\r\n") == head.count(b"\n"))


def _quotes_of(path: Path, head: bytes, form: CsvFormat) -> tuple[bool, bool] | None:
    """Whether a file has quotes, and quoted newlines; None if some quote is not read alike by all parsers."""
    quote = form.dialect.quote.encode()
    if not quote or not (quote in head or (len(head) == _HEAD_BYTES and _contains(path, quote))):
        return False, False
    if len(form.dialect.separator) > 1:
        return None
    wrapped = False
    for outside, inside in _quoted_parts(path, form):
        if not _are_clean(outside, inside, form):
            return None
        newlines = any("\n" in part for part in inside)
        if (newlines and not form.is_multiline) or any("\r" in part for part in inside):
            return None
        wrapped = wrapped or newlines
    return True, wrapped


def _contains(path: Path, byte: bytes) -> bool:
    """Whether a file holds a byte; read in pieces, for a mapped file counts as memory of the process."""
    with path.open("rb", buffering=0) as stream:
        while piece := stream.read(_PIECE_BYTES):
            if byte in piece:
                return True
    return False


def _quoted_parts(path: Path, form: CsvFormat) -> Iterator[tuple[list[str], list[str]]]:
    """The text outside and inside of quotes, by turns, in batches; a line feed stands for the start and the end.

    What is carried from one batch to the next is the text after the last closed quote: only its ends matter.
    """
    quote, rest = form.dialect.quote, "\n"
    for piece in _decoded(path):
        parts = (rest + piece).split(quote)
        if len(parts) == 1:
            rest = parts[0][0] + parts[0][-1]
            continue
        closed = len(parts) - 1 if len(parts) % 2 else len(parts) - 2  # where the text after the last quote begins
        after = parts[closed]
        if closed == 0 or (not after and closed == len(parts) - 1):  # not known yet what follows
            rest += piece
            if len(rest) > _QUOTED_CHARACTERS_MAX:
                yield ["?", "?"], [""]
                return
            continue
        yield [*parts[0:closed:2], after[:1]], parts[1:closed:2]
        shortened = after[:1] + after[-1:] if after else ""
        rest = quote.join([shortened, *parts[closed + 1 :]])
    parts = (rest + "\n").split(quote)
    yield (parts[0::2], parts[1::2]) if len(parts) % 2 else (["?", "?"], [""])


def _decoded(path: Path) -> Iterator[str]:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")  # DuckDB judges the bytes as it scans
    for piece in byte_pieces(str(path)):
        yield decoder.decode(piece)


def _are_clean(outside: list[str], inside: list[str], form: CsvFormat) -> bool:
    escape, quote = form.dialect.escape, form.dialect.quote
    edges = (form.dialect.separator, "\n", "\r")
    doubles = escape == quote
    for number, part in enumerate(outside):
        if not part:
            if not doubles:
                return False
            continue
        if (number and part[0] not in edges) or (number < len(outside) - 1 and part[-1] not in edges):
            return False
    return doubles or not escape or not any(escape in part for part in inside)


def _scan_sql(
    binding: FilesBinding,
    form: CsvFormat,
    columns: Columns,
    scan: _Scan,
    group: list[tuple[SourceFile, Path]],
) -> str:
    """A streaming scan of clean files: no value is touched that is a string."""
    by_name = is_by_name(binding, form)
    places = positions(list(scan.header), columns, by_name)
    width = len(scan.header) if by_name else max(columns.places) + 1
    null = form.dialect.null_value
    keeps_bad = columns.rescued is not None
    folders = {f.name.lower() for f in columns.partitions}
    unexpected = [i for i, name in enumerate(scan.header) if i not in places and name.lower() not in folders]
    unexpected = unexpected if keeps_bad and by_name else []
    by_field = dict(zip([f.name for f in columns.data], places, strict=True))
    files = [file for file, _ in group]
    selected = []
    for field in binding.schema:
        if field.name in by_field:
            text = _field_sql(by_field[field.name], null)
            value = cast_sql(text, field.type, binding.read.options, keeps_bad)
        elif field.name == columns.rescued:
            value = "CAST(NULL AS VARCHAR)"
        else:
            value = folder_sql(binding, files, field)
        selected.append(f"{value} AS {quote_name(field.name)}")
    tests = _row_tests(form, width, keeps_bad, unexpected)
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    source = _read_csv(form, scan, width, keeps_bad, group)
    return f"SELECT {', '.join([*selected, metadata_of(group)])} AS _metadata FROM {source}{where}"


def _field_sql(place: int | None, null: str) -> str:
    if place is None:
        return "CAST(NULL AS VARCHAR)"
    return f"NULLIF(c{place}, {quote_text(null)})" if null else f"c{place}"


def _row_tests(form: CsvFormat, width: int, keeps_bad: bool, unexpected: list[int]) -> list[str]:
    """Conditions on rows: blank lines are no records, and what is to be rescued stops the scan."""
    tests = []
    others = " AND ".join(f"c{i} IS NULL" for i in range(1, max(width, 2)))
    if not form.is_multiline:
        blank = f"c0 < '!' AND {others} AND NOT regexp_matches(c0, '[^\\x01-\\x20]')"
        tests.append(
            f"(c0 IS NULL OR c0 >= '!' OR CASE WHEN {blank} THEN CAST({inexact_sql()} AS BOOLEAN) ELSE true END)"
        )
    stops = [f"c{i} IS NULL" for i in [*unexpected, *([width] if keeps_bad else [])]]
    if stops:
        tests.append(f"CASE WHEN {' AND '.join(stops)} THEN true ELSE CAST({inexact_sql()} AS BOOLEAN) END")
    return tests


def _read_csv(form: CsvFormat, scan: _Scan, width: int, has_spare: bool, group: list[tuple[SourceFile, Path]]) -> str:
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width + (has_spare or width == 1)))
    dialect = form.dialect
    quote = dialect.quote if scan.has_quotes else ""  # as escape too: clean files have no other
    nulls = "true" if not dialect.null_value else "false"
    paths = ", ".join(quote_path(path) for _, path in group)
    return (
        f"read_csv([{paths}], auto_detect=false, columns={{{names}}}, header=false, skip={scan.skipped},"
        f" delim={quote_text(dialect.separator)}, quote={quote_text(quote)}, escape={quote_text(quote)},"
        f" strict_mode=false, null_padding=true, allow_quoted_nulls={nulls}, compression='none'"
        + (", parallel=false" if scan.has_wrapped_lines else "")
        + ")"
    )


def _exact_sql(spool: Spool, binding: FilesBinding, files: list[SourceFile]) -> str:
    from ingot.engines.duckdb.readers.csv_exact import write_exact

    group = []
    read = binding.read
    for file in files:
        key = ("csv", file, tuple(sorted(read.options.items())), read.is_autoloader, binding.schema.ddl)
        if key not in spool.paths:
            target = spool.path(".csv")
            write_exact(binding, file, target)
            spool.paths[key] = target
        group.append((file, spool.paths[key]))
    return spooled_sql(binding, group)
