"""Tables that the project does not define and `tables` in ingot.yml maps to files or Delta tables, or that are samples.

A mapped table acts like a view over what it is mapped to, so that queries that name it run unchanged.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from sqlglot import exp

from ingot.definitions.samples import sample_note, sample_read
from ingot.errors import ProjectError, UnsupportedError
from ingot.model import FileRead, Project, Query, Read, TableName, TableRead
from ingot.project.paths import map_path

_LEAF = "__mapped"
_FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet",
    ".txt": "text",
}  # fmt: skip


def mapped_table(project: Project, read: TableRead) -> Query | None:
    """The query that stands for a mapped table; None for a table that is not mapped.

    Raises:
        ProjectError: `unknown-format`, when the format cannot be told from the files' names.
        UnsupportedError: `no-change-feed`, when changes are read of what is not a Delta table.
    """
    path = _mapping(project, read) if read.name.catalog else None  # a path is not mapped again
    found = _read(project, path, read) if path is not None else sample_read(read)
    if found is None:
        return None
    if read.reads_changes and not isinstance(found, TableRead):
        raise UnsupportedError(
            f"{'.'.join(read.parts)} is not a Delta table: it has no change data feed",
            location=read.location,
            hint="map it to the folder of a Delta table",
            code="no-change-feed",
        )
    leaf = exp.Table(this=exp.to_identifier(_LEAF, quoted=True))
    tree = exp.Select(expressions=[exp.Star()]).from_(leaf, copy=False)
    return Query(tree, {_LEAF: found}, location=read.location)


def mapping_note(project: Project, read: TableRead) -> str | None:
    """What to tell of a table that is not the project's: that its rows are made up."""
    return None if _mapping(project, read) else sample_note(read)


def _mapping(project: Project, read: TableRead) -> str | None:
    """The path for a name, written as in the query or complete; names are compared without regard to case."""
    wanted = {".".join(read.parts).lower(), str(read.name).lower(), read.name.short.lower()}
    return next((path for name, path in project.tables.items() if name.replace("`", "").lower() in wanted), None)


def _read(project: Project, path: str, read: TableRead) -> Read:
    mapped = map_path(project, path)
    if (Path(mapped) / "_delta_log").is_dir():
        name = TableName("", "delta", mapped)
        return TableRead(name, read.parts, read.is_streaming, read.version, read.options, read.location)
    file_format = format_of(Path(mapped))
    if file_format is None:
        raise ProjectError(
            f"`tables` maps {'.'.join(read.parts)} to {path!r}, whose format cannot be told",
            location=read.location,
            hint="map it to a Delta table's folder, or to files that end in .csv, .json, .parquet or .txt",
            code="unknown-format",
        )
    options = {"header": "true"} if file_format == "csv" else {}
    if _suffix(Path(mapped)) == ".tsv":
        options["sep"] = "\t"
    return FileRead(mapped, file_format, options, None, read.is_streaming, is_autoloader=False, location=read.location)


def format_of(path: Path) -> str | None:
    """The format of a file, or of the files in a folder, by their endings; None when they do not tell."""
    return _FORMATS.get(_suffix(path))


def _suffix(path: Path) -> str:
    """The ending of a file's name, or of the first file below a folder; a compression's ending does not count."""
    if path.is_dir():
        files = itertools.islice((p for p in sorted(path.rglob("*")) if p.is_file() and p.name[0] not in "._"), 1)
        path = next(files, path)
    stem = path.with_suffix("") if path.suffix in (".gz", ".zst", ".bz2") else path
    return stem.suffix.lower()
