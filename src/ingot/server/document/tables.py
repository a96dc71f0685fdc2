"""The shapes of answers about tables, and of rows of any query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from ingot.server.document.pipeline import RuleCounts
from ingot.server.faults import ErrorFacts

Kind = Literal["number", "text", "date", "timestamp", "boolean", "other"]


@dataclass
class _TableFacts:
    schema: str
    name: str
    kind: str
    comment: str | None
    rows: int | None
    size: int
    files: int
    version: int
    updated: datetime
    quarantined: Annotated[int | None, Field(description="rows set aside; null where that cannot be told")]
    expectations: Annotated[list[RuleCounts], Field(description="what the rules counted last")]


@dataclass
class TableLine(_TableFacts):
    """A table in a list, with the number of its columns."""

    columns: int


@dataclass
class BrokenTable:
    """A table that cannot be read."""

    schema: str
    name: str
    error: ErrorFacts


@dataclass
class TableLines:
    """The tables of the lake."""

    tables: list[TableLine | BrokenTable]


@dataclass
class TableColumn:
    """A column of a table."""

    name: str
    type: Kind
    spark_type: str
    nullable: bool
    comment: str | None
    is_partition: bool


@dataclass
class Protocol:
    """The version of Delta that a reader, and a writer, has to know."""

    reader: int
    writer: int
    features: list[str]


@dataclass
class Definition:
    """Where a table is defined, and what is wrong there."""

    file: str | None
    line: int | None
    error: ErrorFacts | None


@dataclass
class Table(_TableFacts):
    """A table with its columns and properties, now or as of a version."""

    columns: list[TableColumn]
    partition_columns: list[str]
    location: str
    properties: dict[str, str]
    protocol: Protocol
    definition: Definition | None


@dataclass
class Commit:
    """A version of a table, and what made it."""

    version: int
    timestamp: datetime
    operation: str
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    engine: str | None


@dataclass
class History:
    """Commits, newest first."""

    history: list[Commit]


@dataclass
class TableFile:
    """A data file of a table."""

    path: str
    size: int
    rows: int | None
    modified: datetime
    partition: dict[str, str | None]


@dataclass
class TableFiles:
    """Some of the data files of a version of a table, newest first; how many there are, and their size."""

    files: list[TableFile]
    count: int
    size: int
    version: int


@dataclass
class ColumnOf:
    """A column of some table."""

    table: str
    column: str


@dataclass
class Lineage:
    """What a table is made from and what is made from it; the same for each of its columns."""

    up: list[str]
    down: list[str]
    columns: dict[str, list[ColumnOf]]
    uses: dict[str, list[ColumnOf]]
    error: ErrorFacts | None


@dataclass
class Rule:
    """An expectation, and where it is defined."""

    name: str
    condition: str
    action: str
    file: str | None
    line: int | None


@dataclass
class UpdateCounts:
    """What the rules of a table counted in one update."""

    update_id: str
    timestamp: datetime
    dropped_records: int
    expectations: list[RuleCounts]


@dataclass
class Expectations:
    """The rules of a table, and what they counted in each of the last updates, newest first."""

    expectations: list[Rule]
    updates: list[UpdateCounts]


@dataclass
class ResultColumn:
    """A column of rows."""

    name: str
    type: Kind
    spark_type: str


@dataclass
class ResultRows:
    """Rows, and what left others out."""

    columns: list[ResultColumn]
    rows: list[list[Any]]
    row_count: int
    is_truncated: bool
    truncated_by: Literal["rows", "bytes"] | None
