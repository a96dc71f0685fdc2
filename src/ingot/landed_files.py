"""The table `landing.files`: a row for each file that a source has landed, from the records of the landing zone.

It exists in every lake that has no table of that name; a project cannot define one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlglot import exp

from ingot.lake.landing import Landing
from ingot.lake.landing_record import LandingRecord
from ingot.lake.landing_release import Release, Releases
from ingot.lake.table import Lake
from ingot.model import Query, TableName, TableRead, ValuesRead
from ingot.result import arrow_table
from ingot.types import parse_schema

SCHEMA = parse_schema(
    "source STRING, resource STRING, path STRING, landed_at TIMESTAMP, bytes BIGINT, sha256 STRING, url STRING, "
    "query STRING, etag STRING, last_modified STRING, run STRING, page BIGINT, cursor STRING, is_complete BOOLEAN, "
    "removed_at TIMESTAMP, archived_to STRING"
)
_NAME = ("landing", "files")
_LEAF = "__landed"


def landed_files(lake: Lake, read: TableRead) -> Query | None:
    """The query that stands for `landing.files`; None for every other name, and if the lake has such a table."""
    if not is_named(read.name) or read.version is not None or lake.table(read.name).exists():
        return None
    leaf = exp.Table(this=exp.to_identifier(_LEAF, quoted=True))
    rows = ValuesRead(SCHEMA, lambda: _rows(lake.root), is_opaque=True, location=read.location)
    return Query(exp.Select(expressions=[exp.Star()]).from_(leaf, copy=False), {_LEAF: rows}, location=read.location)


def is_named(name: TableName) -> bool:
    """Whether this is the name of the table."""
    return (name.schema.lower(), name.table.lower()) == _NAME


def _rows(lake: Path) -> Any:
    landing = Landing(lake)
    rows: list[tuple[Any, ...]] = []
    for source in landing.sources():
        gone = Releases(lake, source).gone()
        rows += [_row(landing, record, gone.get(record.name)) for record in landing.records(source)]
    return arrow_table(SCHEMA, rows)


def _row(landing: Landing, record: LandingRecord, gone: Release | None) -> tuple[Any, ...]:
    cursor = record.cursor if isinstance(record.cursor, str | None) else json.dumps(record.cursor)
    return (
        record.source, record.resource, str(landing.path(record.source, record.name)), record.landed_at, record.bytes,
        record.sha256, record.url, record.query, record.etag, record.last_modified, record.run, record.page, cursor,
        record.resume is None, gone and gone.released_at, gone and gone.archived_to,
    )  # fmt: skip
