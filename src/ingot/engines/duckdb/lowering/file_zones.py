"""Refuses to read timestamps out of text files in a session whose time zone is not UTC, for readers read them in UTC.

Never looks at a file; what a query reads is told by its typed tree.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.typed import AnalyzedQuery, type_of
from ingot.errors import UnsupportedError
from ingot.model import FileRead
from ingot.types import TIMESTAMP, holds

_KEEP_INSTANTS = frozenset({"parquet", "delta", "orc", "avro"})


def check_readers(query: AnalyzedQuery) -> None:
    """Refuse a query that uses a timestamp of a text file, unless the reader is told to read in UTC.

    Raises:
        UnsupportedError: `unsupported-time-zone`, at the place of the read.
    """
    texts = {
        key: read
        for key, read in query.reads.items()
        if isinstance(read, FileRead) and read.format.lower() not in _KEEP_INSTANTS and "timezone" not in read.options
    }
    if not texts:
        return
    leaves = {t.alias_or_name: texts[t.name] for t in query.tree.find_all(exp.Table) if t.name in texts}
    for column in query.tree.find_all(exp.Column):
        read = leaves.get(column.table)
        if read is not None and column.name != "_metadata" and holds(type_of(column), lambda t: t == TIMESTAMP):
            raise UnsupportedError(
                f"timestamps of {read.format} files are read in UTC only, and the session's time zone is "
                f"{query.settings.time_zone!r}",
                location=read.location,
                hint="read them as strings, and cast them in the query; or give the option timeZone => 'UTC'",
                code="unsupported-time-zone",
            )
