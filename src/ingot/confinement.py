"""Queries that may read tables only: what comes from a browser, and what dashboards show to viewers.

Owns which reads of a query lead out of the lake: files, folders, tables by their path. What ingot.yml maps under a name
is a table. Never opens anything.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.definitions.reads import Names, mark_reads
from ingot.errors import Location, UnsupportedError
from ingot.model import Query, TableName, TableRead

_READ_PATHS = ("read_files", "cloud_files", "table_changes_by_path")


def confined_query(tree: exp.Query, names: Names, location: Location | None = None) -> Query:
    """Mark what a query reads, see `mark_reads`.

    Raises:
        UnsupportedError: `path-refused`, for one that reads a path; before anything looks there.
    """
    for call in tree.find_all(exp.Anonymous):
        if call.name.lower() in _READ_PATHS:
            refuse_path(None, call.meta.get("location") or location)
    query = mark_reads(tree, names, location)
    for read in query.reads.values():
        name = read.name if isinstance(read, TableRead) else None
        refuse_path(name, getattr(read, "location", None) or location)
    return query


def refuse_path(name: TableName | None, location: Location | None) -> None:
    """Let only names of tables pass: no files, no folders, no name that leads out of the lake's folder.

    Raises:
        UnsupportedError: `path-refused`.
    """
    parts = (name.schema, name.table) if name is not None else ("/",)
    if any(not part or part[0] == "." or {"/", "\\", "\0"} & set(part) for part in parts):
        raise UnsupportedError(
            "this query reads a path; here only tables can be read",
            location=location,
            hint="name a table: SHOW TABLES; or map the path in ingot.yml: tables: {schema.name: path}",
            code="path-refused",
        )
