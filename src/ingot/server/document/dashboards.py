"""The shapes of answers about dashboards: what there is, the data of a page, values of slicers, the rows behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from ingot.server.document.tables import Kind
from ingot.server.faults import ErrorFacts


@dataclass
class PageLine:
    """A page in a list; a hidden one is reached by drilling through only."""

    name: str
    title: str
    hidden: bool


@dataclass
class DashboardLine:
    """A dashboard in a list; `error` is why it cannot be read."""

    name: str
    title: str
    description: str | None
    pages: list[PageLine]
    error: ErrorFacts | None


@dataclass
class DashboardLines:
    """All dashboards."""

    dashboards: list[DashboardLine]


@dataclass
class Format:
    """How values are written."""

    style: str
    digits: int | None
    pattern: str | None
    currency: str | None


@dataclass
class ShownMember:
    """A column, a dimension or a measure that a visual shows."""

    name: str
    label: str
    description: str | None
    type: Kind
    format: Format | None


@dataclass
class Layout:
    """The place in the grid; column and row are null where the page finds one."""

    column: int | None
    row: int | None
    width: int
    height: int


@dataclass
class SlicerFacts:
    """A slicer; `error` is what is wrong with it."""

    id: str
    field: str
    dataset: str | None
    kind: str
    label: str
    multiple: bool
    default: list[Any] | None
    type: Kind
    format: Format | None
    error: ErrorFacts | None


@dataclass
class VisualFacts:
    """A visual; `error` is what is wrong with it."""

    id: str
    title: str
    kind: str
    description: str | None
    channels: dict[str, list[ShownMember]]
    hierarchy: list[ShownMember] | None
    sort: list[str]
    top: int | None
    has_own_query: bool
    interaction: str
    drill_through: str | None
    options: dict[str, Any]
    rules: dict[str, Any]
    layout: Layout
    error: ErrorFacts | None


@dataclass
class DashboardPage(PageLine):
    """A page with its slicers and visuals."""

    slicers: list[SlicerFacts]
    visuals: list[VisualFacts]


@dataclass
class DashboardFacts:
    """A dashboard; `errors` are of what could not be read of its file."""

    name: str
    title: str
    description: str | None
    locale: str
    currency: str | None
    time_zone: str
    pages: list[DashboardPage]
    errors: list[ErrorFacts]


# --- data ---------------------------------------------------------------------------------------------------------


@dataclass
class AnswerColumn:
    """A column of the rows of a visual; `is_of_rows` says of a query whether the rows behind have it too."""

    name: str
    label: str
    type: Kind
    format: Format | None
    role: Literal["dimension", "measure"]
    is_of_rows: bool | None = None


@dataclass
class Totals:
    """Rows added up: the values of the members `by`, then those of the measures."""

    by: list[str]
    rows: list[list[Any]]


@dataclass
class Trend:
    """The course of a card's value."""

    columns: list[AnswerColumn]
    rows: list[list[Any]]


@dataclass
class Change:
    """A card's value in two periods, whose days are told."""

    current: Any
    previous: Any
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    previous_from: date
    previous_to: date
    count: int
    unit: str


@dataclass
class VisualRows:
    """The rows of a visual; `others` are those that stand for what is beyond the top, in the column of that place."""

    columns: list[AnswerColumn]
    rows: list[list[Any]]
    row_count: int
    is_truncated: bool
    filtered_by: list[str]
    not_filtered_by: list[str]
    milliseconds: float
    is_cached: bool
    tables: Annotated[list[str], Field(description="those that it depends on")]
    others: list[int] | None = None
    others_column: int | None = None
    totals: list[Totals] | None = None
    trend: Trend | None = None
    change: Change | None = None


@dataclass
class VisualFault:
    """What is wrong with a visual, or with its filters."""

    error: ErrorFacts
    tables: list[str]


@dataclass
class PageData:
    """The rows of visuals, by their ids, of these versions of the tables; the newest is of `as_of`."""

    visuals: dict[str, VisualRows | VisualFault]
    versions: dict[str, int]
    as_of: datetime | None


@dataclass
class SlicerValue:
    """A value, and how many rows have it."""

    value: Any
    count: int


@dataclass
class SlicerValues:
    """The values that a slicer offers; of a range the least and the greatest."""

    values: list[SlicerValue]
    is_truncated: bool
    minimum: Any
    maximum: Any
    type: Kind
    is_cached: bool


@dataclass
class RowsBehind:
    """Rows as they are before they are grouped."""

    columns: list[AnswerColumn]
    rows: list[list[Any]]
    row_count: int
    is_truncated: bool
    filtered_by: list[str]
    not_filtered_by: list[str]
    is_cached: bool
    versions: dict[str, int]
    as_of: datetime | None
