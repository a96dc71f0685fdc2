"""What plans call what a flow reads: the keys of streams, which tell tables and paths across updates and lakes.

A key is `table:` and a table's name, or `files:` and a path, with the filters by which another read of the same path
differs; what a definition reads once more ends in a mark. Owns that form: nobody else takes a key apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ingot.files import relative_path
from ingot.model import FileRead, Read, TableName, TableRead, ValuesRead

VALUES = "values"  # what a query reads that reads neither files nor tables
_TABLE, _FILES = "table:", "files:"
_FILTERED = "\n"  # between a path and its filters
_AGAIN = "'"  # at the end of what the definition has read before, once for each time
_FILTERS = ("filenamepattern", "modifiedafter", "modifiedbefore", "pathglobfilter", "recursivefilelookup")


def stream_keys(reads: Mapping[str, Read], root: Path) -> dict[str, str]:
    """The keys of the streams among the leaves of a query, by leaf.

    Leaves that read a folder by different filters are told apart by these, so that they may change places; leaves that
    read the same by their order.

    Args:
        reads: The leaves.
        root: The project's folder, below which paths are relative.
    """
    keys: dict[str, str] = {}
    streams = {leaf: read for leaf, read in reads.items() if not isinstance(read, ValuesRead) and read.is_streaming}
    folders = [read for read in streams.values() if isinstance(read, FileRead)]
    for leaf, read in streams.items():
        key = table_key(read.name) if isinstance(read, TableRead) else files_key(relative_path(read.path, root))
        if isinstance(read, FileRead) and len({_filters(one) for one in folders if one.path == read.path}) > 1:
            key += _FILTERED + _filters(read)
        while key in keys.values():
            key += _AGAIN
        keys[leaf] = key
    return keys


def table_key(name: TableName) -> str:
    """The key of a table."""
    return _TABLE + ".".join(name.key)


def files_key(path: str) -> str:
    """The key of the files of a path."""
    return _FILES + path


def is_of_files(key: str) -> bool:
    """Whether a key is that of files."""
    return key.startswith(_FILES)


def is_of_table(key: str) -> bool:
    """Whether a key is that of a table."""
    return key.startswith(_TABLE)


def source_of(key: str) -> str:
    """What a stream reads, in whatever place of the definition."""
    return key.rstrip(_AGAIN)


def path_of(key: str) -> str:
    """The path of files.

    >>> path_of("files:in/*.csv'")
    'in/*.csv'
    """
    return source_of(key).removeprefix(_FILES).partition(_FILTERED)[0]


def written_streams(keys: Collection[str]) -> str:
    """What is read, as messages show it.

    >>> written_streams({"table:main.silver.orders", "files:in/*.csv"})
    'in/*.csv, silver.orders'
    """
    return ", ".join(sorted({_written(key) for key in keys}))


def _written(key: str) -> str:
    if is_of_files(key):
        return path_of(key)
    return source_of(key).removeprefix(_TABLE).partition(".")[2] or key


def _filters(read: FileRead) -> str:
    """The options that choose among the files of a folder."""
    return ", ".join(f"{name}={read.options[name]}" for name in _FILTERS if name in read.options)
