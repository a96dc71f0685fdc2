"""Compressed files: their content, unpacked in pieces as the name's ending says.

Owns the codecs. Loaded only when a compressed file is read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from ingot.engines.duckdb.readers.damage import COMPRESSED, broken_file
from ingot.engines.duckdb.types import quote_path
from ingot.errors import DataError

_PIECE_BYTES = 1 << 20


def unpacked_pieces(path: str) -> Iterator[bytes]:
    """The content of a compressed file.

    Raises:
        DataError: `broken-file` for a truncated or damaged archive, `unsupported-compression`.
    """
    if not path.endswith(COMPRESSED):
        raise DataError(f"{path} is compressed in a way that is not read", code="unsupported-compression")
    try:
        if path.endswith(".zst"):
            yield from _zstd_pieces(path)
            return
        with _open(path) as stream:
            while piece := stream.read(_PIECE_BYTES):
                yield piece
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError, duckdb.Error) as error:
        raise broken_file(path, error) from error


def _open(path: str) -> Any:
    if path.endswith(".gz"):
        return gzip.open(path, "rb")
    if path.endswith(".bz2"):
        return bz2.open(path, "rb")
    return io.BytesIO(zlib.decompress(Path(path).read_bytes()))


def _zstd_pieces(path: str) -> Iterator[bytes]:
    """Zstandard through DuckDB, which carries the codec: by lines, so every line end becomes a line feed."""
    source = (
        f"read_csv({quote_path(path)}, auto_detect=false, columns={{'line': 'VARCHAR'}}, header=false, delim='\x01',"
        " quote='', escape='', strict_mode=false, null_padding=true, max_line_size=16777216, compression='zstd')"
    )
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT line FROM {source}")
        while rows := found.fetchmany(10_000):
            yield "".join(f"{line or ''}\n" for (line,) in rows).encode()
