"""Raw files before their format matters: still there, unchanged, decompressed, decoded, and what they seem to be.

Owns bytes to text. Every byte that does not decode is an error with its place; never a replacement character.
"""

from __future__ import annotations

import codecs
import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from ingot.engine import SourceFile
from ingot.engines.duckdb.readers.damage import COMPRESSED, broken_file
from ingot.engines.duckdb.readers.spool import Spool
from ingot.engines.duckdb.types import quote_text
from ingot.errors import DataError, SourceError

_URI_SAFE = "/!$&'()*+,;=:@~-._"
_PIECE_BYTES = 1 << 20
_CLOCK_MS = 2  # listings round a time to milliseconds in different ways
_UNREAD = (".snappy", ".lz4", ".lzo", ".br", ".xz")
_SIGNATURES = (
    (b"\x1f\x8b", "gzip", ".gz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard", ".zst"),
    (b"BZh", "bzip2", ".bz2"),
    (b"PAR1", "Parquet", ".parquet"),
    (b"PK\x03\x04", "ZIP (perhaps an Excel workbook)", ".zip"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", ".xls"),
    (b"%PDF", "PDF", ".pdf"),
    (b"Obj\x01", "Avro", ".avro"),
    (b"ORC", "ORC", ".orc"),
)
_HTML = rb"<(?:!doctype\s+html|html|head|body)\b"
_JSON_OBJECT = rb'[\[{]\s*(?:\{\s*)?"(?:[^"\\]|\\.)*"\s*:'


def check_unchanged(file: SourceFile) -> None:
    """Raise SourceError (`file-vanished`, `file-changed`) if the file is not what was planned."""
    try:
        found = Path(file.path).stat()
    except FileNotFoundError:
        raise SourceError(
            f"the file {file.path} has vanished since it was listed", code="file-vanished", hint="run again"
        ) from None
    except OSError as error:
        raise SourceError(f"the file {file.path} cannot be read: {error.strerror}", code="file-unreadable") from error
    if found.st_size != file.size or abs(found.st_mtime * 1000 - file.modified_ms) > _CLOCK_MS:
        raise SourceError(
            f"the file {file.path} has changed since it was listed ({file.size} bytes then, {found.st_size} bytes now)",
            code="file-changed",
            hint="land changed files under a new name, or run again",
        )


def byte_pieces(path: str) -> Iterator[bytes]:
    """The decompressed content in pieces.

    Raises:
        DataError: `broken-file` for a truncated or damaged archive, `unsupported-compression`.
    """
    if path.endswith((*COMPRESSED, *_UNREAD)):
        from ingot.engines.duckdb.readers.archives import unpacked_pieces

        yield from unpacked_pieces(path)
        return
    try:
        with Path(path).open("rb") as stream:
            while piece := stream.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise broken_file(path, error) from error


def refuse_other_content(path: str, head: bytes, format_name: str) -> None:
    """Raise DataError (`wrong-content`) if a text file's first bytes show that it is something else."""
    seems = next((name for magic, name, _ in _SIGNATURES if head.startswith(magic)), None)
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"<") and re.match(_HTML, start, re.IGNORECASE):
        seems = "an HTML page"
    if format_name == "csv" and start.startswith((b"[", b"{")) and re.match(_JSON_OBJECT, start):
        seems = "JSON"
    if seems is not None:
        suffix = next((suffix for _, name, suffix in _SIGNATURES if name == seems), None)
        hint = f"name it *{suffix} or read it with its own format" if suffix else "see what its source sent"
        if suffix in (".gz", ".zst", ".bz2") and path.lower().endswith(suffix):
            hint = "it was compressed twice: unpack it once"
        raise DataError(f"{path} is read as {format_name}, but its content is {seems}", code="wrong-content", hint=hint)


def text_pieces(path: str, encoding: str, format_name: str, keeps_mark: bool = False) -> Iterator[str]:
    """The decoded content in pieces, without a byte order mark unless it is kept.

    Raises:
        DataError: `undecodable-bytes`, `wrong-content`, `broken-file`, `unknown-encoding`.
    """
    decoder = _decoder(encoding)
    place = _Place(path, encoding)
    is_first = True
    for piece in byte_pieces(path):
        if is_first and decoder.is_ascii_based:
            refuse_other_content(path, piece[:512], format_name)
        text = place.decode(decoder.incremental, piece)
        if is_first and text:
            text, is_first = text if keeps_mark else text.removeprefix("\ufeff"), False
        yield text
    if tail := place.decode(decoder.incremental, b"", final=True):
        yield tail


class _decoder:
    """An incremental decoder by the name that the user gave, Java's names included."""

    def __init__(self, encoding: str):
        name = encoding.strip().lower().replace("_", "-")
        name = {"windows-1252": "cp1252", "unicode": "utf-16", "x-utf-16le-bom": "utf-16"}.get(name, name)
        name = "cp" + name.removeprefix("x-").removeprefix("windows-") if "windows-" in name else name
        try:
            self.codec = codecs.lookup(name)
        except LookupError:
            raise DataError(f"the encoding {encoding!r} is not known", code="unknown-encoding") from None
        self.incremental = self.codec.incrementaldecoder("strict")
        self.is_ascii_based = not self.codec.name.startswith(("utf-16", "utf-32", "cp037", "cp500", "cp1140"))


class _Place:
    """Where in a file decoding is, so that an error can say it."""

    def __init__(self, path: str, encoding: str):
        self.path = path
        self.encoding = encoding
        self.lines = 0

    def decode(self, decoder: codecs.IncrementalDecoder, piece: bytes, final: bool = False) -> str:
        try:
            text = decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            line = self.lines + before.count(b"\n") + 1
            raise undecodable(self.path, line, error.object[error.start :], self.encoding) from None
        self.lines += piece.count(b"\n")
        return text


def undecodable(path: str, line: int, data: bytes, encoding: str) -> DataError:
    """The error for bytes that are not text in the declared encoding, with the likely one as its hint."""
    shown = " ".join(f"{byte:02x}" for byte in data[:4])
    likely = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") and line == 1 else "windows-1252"
    return DataError(
        f"{path}, line {line}: the bytes {shown} are not {encoding}",
        code="undecodable-bytes",
        hint=f"if the file is {likely}, read it with encoding => '{likely}'",
    )


def plain_path(spool: Spool, file: SourceFile, encoding: str, format_name: str) -> Path:
    """A path under which the content is uncompressed UTF-8: the file itself, or a copy that was decoded once.

    The bytes of files in UTF-8 are checked by DuckDB as it scans them.
    """
    codec = _decoder(encoding)
    if codec.codec.name in ("utf-8", "ascii", "utf-8-sig") and not file.path.endswith((*COMPRESSED, *_UNREAD)):
        if format_name != "csv":  # whose reader looks at the first bytes itself
            with Path(file.path).open("rb") as stream:
                refuse_other_content(file.path, stream.read(512), format_name)
        return Path(file.path)
    key = ("plain", file.path, file.size, file.modified_ms, encoding)
    if key not in spool.paths:
        check_unchanged(file)
        target = spool.path(f".{format_name}")
        with target.open("w", encoding="utf-8", newline="") as out:
            for text in text_pieces(file.path, encoding, format_name):
                out.write(text)
        spool.paths[key] = target
    return spool.paths[key]


def file_uri(path: str) -> str:
    """A path as Spark's `_metadata.file_path` shows it."""
    return "file:" + "".join(ch if ch > "\xa0" and ch.isprintable() else quote(ch, safe=_URI_SAFE) for ch in path)


def metadata_sql(file: SourceFile) -> str:
    """The `_metadata` struct of a file, as SQL."""
    uri = file_uri(file.path)
    at = datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(milliseconds=file.modified_ms)
    return (
        f"{{'file_path': {quote_text(uri)}, 'file_name': {quote_text(uri.rpartition('/')[2])},"
        f" 'file_size': {file.size}::BIGINT, 'file_block_start': 0::BIGINT, 'file_block_length': {file.size}::BIGINT,"
        f" 'file_modification_time': TIMESTAMPTZ '{at:%Y-%m-%d %H:%M:%S.%f}+00'}}"
    )


def partition_values(path: str) -> dict[str, str | None]:
    """The `key=value` folders of a path, decoded; Hive's name for null is None."""
    from urllib.parse import unquote

    found: dict[str, str | None] = {}
    for part in Path(path).parts[:-1]:
        key, sep, value = part.partition("=")
        if sep and key:
            decoded = unquote(value)
            found[unquote(key)] = None if decoded == "__HIVE_DEFAULT_PARTITION__" else decoded
    return found
