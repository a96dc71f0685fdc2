"""The shapes of answers about the project: who asks, the graph, updates, sources, saved queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ingot.server.faults import ErrorFacts

UpdateState = Literal["RUNNING", "COMPLETED", "FAILED", "CANCELED", "INTERRUPTED"]


@dataclass
class ProjectFacts:
    """The project and who asks; what follows `can_sign_out` is told to operators and admins."""

    name: str
    version: str
    user: str
    role: Literal["viewer", "operator", "admin"]
    can_sign_out: bool
    target: str | None = None
    root: str = ""
    lake: str = ""
    catalog: str = ""
    schema: str = ""
    has_definitions: bool = False
    error: ErrorFacts | None = None


# --- updates ------------------------------------------------------------------------------------------------------


@dataclass
class Selected:
    """What an update was asked to do."""

    refresh_selection: list[str]
    full_refresh_selection: list[str]
    full_refresh: bool


@dataclass
class RuleCounts:
    """What a rule counted."""

    name: str
    passed_records: int
    failed_records: int
    dataset: str | None = None
    action: str | None = None


@dataclass
class FlowFacts:
    """A dataset, or a source, within an update."""

    name: str
    status: str
    technique: str | None
    reason: str | None
    started: datetime | None
    ended: datetime | None
    seconds: float | None
    rows_in: int | None
    rows_written: int | None
    rows_dropped: int
    batches: int | None
    bytes: int | None
    files: int | None
    expectations: list[RuleCounts]
    error: ErrorFacts | None


@dataclass
class _UpdateFacts:
    id: str
    message: str
    state: UpdateState
    started: datetime | None
    ended: datetime | None
    seconds: float | None
    selection: Selected
    rows_written: int
    rows_dropped: int


@dataclass
class UpdateLine(_UpdateFacts):
    """An update in a list: how many flows have which status, how many errors and warnings."""

    flows: dict[str, int]
    errors: int
    warnings: int


@dataclass
class Update(_UpdateFacts):
    """An update with all that it did; `errors` are those outside of any flow or source."""

    flows: list[FlowFacts]
    sources: list[FlowFacts]
    errors: list[ErrorFacts]
    warnings: list[str]


@dataclass
class UpdateLines:
    """Updates, newest first."""

    updates: list[UpdateLine]


@dataclass
class UpdateName:
    """The update that was started or stopped; null for one that takes long to begin."""

    update: str | None


# --- the graph ----------------------------------------------------------------------------------------------------


@dataclass
class Node:
    """A source, files, a dataset or a dashboard: its definition, what the newest update did, what the lake holds."""

    id: str
    kind: str
    name: str
    schema: str | None
    comment: str | None
    file: str | None
    line: int | None
    state: str | None
    seconds: float | None
    rows_written: int | None
    rows: int | None
    version: int | None
    updated: datetime | None
    error: ErrorFacts | None
    is_changed: bool


@dataclass
class Edge:
    """What flows where, by the ids of nodes."""

    source: Annotated[str, Field(alias="from")]
    target: Annotated[str, Field(alias="to")]


@dataclass
class Graph:
    """Nodes and edges, the newest update, and what is wrong with definitions."""

    nodes: list[Node]
    edges: list[Edge]
    update: UpdateLine | None
    errors: list[ErrorFacts]


# --- sources ------------------------------------------------------------------------------------------------------


@dataclass
class SourceLine:
    """A source, what of it has landed, and how its last landing went."""

    name: str
    kind: str | None
    is_defined: bool
    depends_on: list[str]
    file: str | None
    line: int | None
    files: int
    size: int
    landed_at: datetime | None
    status: str | None
    error: ErrorFacts | None


@dataclass
class SourceLines:
    """All sources."""

    sources: list[SourceLine]


@dataclass
class LandedFile:
    """A file that has landed, and where it came from."""

    name: str
    resource: str | None
    url: str
    query: str | None
    landed_at: datetime
    bytes: int
    sha256: str
    run: str | None
    page: int | None
    etag: str | None
    last_modified: str | None
    cursor: str | None
    is_complete: bool


@dataclass
class LandedFiles:
    """Some of the files of a source, newest first, and how many there are."""

    files: list[LandedFile]
    count: int


# --- saved queries, and what an editor completes ------------------------------------------------------------------


@dataclass
class SavedQuery:
    """A saved query; `path` is relative to the project."""

    name: str
    sql: str
    path: str
    saved_at: datetime


@dataclass
class SavedQueries:
    """All saved queries, by name."""

    queries: list[SavedQuery]


@dataclass
class KnownColumn:
    """A column, with its type as Spark writes it."""

    name: str
    type: str
    comment: str | None


@dataclass
class KnownTable:
    """A table that a query can name."""

    schema: str
    name: str
    comment: str | None
    columns: list[KnownColumn]


@dataclass
class KnownFunction:
    """A function that a query can call."""

    name: str
    kind: str


@dataclass
class Catalog:
    """What an editor completes."""

    catalog: str
    schema: str
    tables: list[KnownTable]
    functions: list[KnownFunction]


@dataclass
class Replayed:
    """What became of rows that were set aside; of `unsourced` ones the row of the source was not kept."""

    accepted: int
    remaining: int
    dropped: int
    unsourced: int
    reasons: list[str]
