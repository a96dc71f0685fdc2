"""The theory: a visual is a query over one dataset, and a filter is a condition on the rows before it.

A dashboard has pages, a page has visuals and slicers. A dataset is a table, or a query, with names for expressions over
its rows: dimensions give a value for each row, measures one for each group. Channels of a visual (`category`, `value`)
name members of its dataset. Everything here is an immutable value, complete and checked as far as a file alone tells;
what needs the lake's tables is checked when a visual's query is made.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ingot.errors import IngotError, Location


class Role(enum.StrEnum):
    """What a member of a dataset gives: a value for each row, or one for each group of rows."""

    DIMENSION = "dimension"
    MEASURE = "measure"


@dataclass(frozen=True)
class Sql:
    """Spark SQL as the file has it; `location` is where its first line stands."""

    text: str
    location: Location


@dataclass(frozen=True)
class Format:
    """How a number or a date is shown; None for what the page's locale decides."""

    style: str  # integer, decimal, compact, currency, percent, date, pattern
    digits: int | None = None
    pattern: str | None = None
    currency: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"style": self.style, "digits": self.digits, "pattern": self.pattern, "currency": self.currency}


@dataclass(frozen=True)
class Member:
    """A dimension, a measure, or a column: what a channel shows.

    `sql` is None for a column of that name, of the dataset or of a visual's own query. `fault` is what is wrong with
    its definition: whatever uses it fails, and nothing else.
    """

    name: str
    label: str
    role: Role
    sql: Sql | None
    location: Location
    format: Format | None = None
    description: str | None = None
    fault: IngotError | None = None

    def sound(self) -> Member:
        """This member, to be used.

        Raises:
            IngotError: what is wrong with its definition.
        """
        if self.fault is not None:
            raise self.fault
        return self


@dataclass(frozen=True)
class Dataset:
    """What several visuals share: the rows of a table or of a query, with names for expressions over them.

    All columns are dimensions besides those that are named here.
    """

    name: str
    location: Location
    table: Sql | None = None
    query: Sql | None = None
    dimensions: Mapping[str, Member] = field(default_factory=dict)
    measures: Mapping[str, Member] = field(default_factory=dict)
    hierarchies: Mapping[str, tuple[Member, ...]] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[IngotError, ...]:
        """What is wrong with definitions of its members, which fail alone."""
        levels = (level for hierarchy in self.hierarchies.values() for level in hierarchy)
        members = (*self.dimensions.values(), *self.measures.values(), *levels)
        return tuple(member.fault for member in members if member.fault is not None)

    @cached_property
    def content(self) -> str:
        """All that the file says of it, its place included: what tells it from any other."""
        return repr(self)


@dataclass(frozen=True)
class SortKey:
    """What rows are ordered by: a member of the visual, or one of its dataset."""

    name: str
    is_descending: bool

    def __str__(self) -> str:
        return f"-{self.name}" if self.is_descending else self.name


@dataclass(frozen=True)
class Change:
    """A card's comparison: the newest period of the rows against the one before it."""

    by: Member
    count: int
    unit: str  # day, week, month, quarter, year


@dataclass(frozen=True)
class Layout:
    """Where a visual stands: cells of a grid of 12 columns; None for where the flow puts it."""

    width: int
    height: int
    column: int | None = None
    row: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {"column": self.column, "row": self.row, "width": self.width, "height": self.height}


@dataclass(frozen=True)
class Visual:
    """One visual.

    `id` is its own within its page only. `fault` is what is wrong with its definition: it fails alone, and its page
    shows that.
    """

    id: str
    title: str
    kind: str
    layout: Layout
    location: Location
    description: str | None = None
    dataset: Dataset | None = None
    sql: Sql | None = None
    channels: Mapping[str, tuple[Member, ...]] = field(default_factory=dict)
    hierarchy: tuple[Member, ...] = ()
    sort: tuple[SortKey, ...] = ()
    sorted_by: tuple[Member, ...] = ()  # what `sort` names and the visual does not show
    top: int | None = None
    has_others: bool = False
    change: Change | None = None
    interaction: str = "filter"
    ignored: frozenset[str] = frozenset()
    drill_through: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    fault: IngotError | None = None

    @cached_property
    def content(self) -> str:
        """All that the file says of it, its place included: what tells it from any other."""
        return repr(self)


@dataclass(frozen=True)
class Slicer:
    """A choice of values that the reader of a page makes. `fault` as in Visual."""

    id: str
    field: str
    kind: str
    label: str
    location: Location
    dataset: Dataset | None = None
    is_multiple: bool = True
    default: tuple[Any, ...] = ()
    fault: IngotError | None = None

    @cached_property
    def content(self) -> str:
        """All that the file says of it, its place included: what tells it from any other."""
        return repr(self)


@dataclass(frozen=True)
class Page:
    """One page. Its slicers are its own and those of the whole dashboard."""

    name: str
    title: str
    is_hidden: bool
    slicers: tuple[Slicer, ...]
    visuals: tuple[Visual, ...]
    location: Location


@dataclass(frozen=True)
class Dashboard:
    """One file of `dashboards/`."""

    name: str
    title: str
    location: Location
    pages: tuple[Page, ...]
    description: str | None = None
    locale: str = "en"
    currency: str | None = None
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    faults: tuple[IngotError, ...] = ()  # of datasets and their members, that no visual may be using


@dataclass(frozen=True)
class BrokenDashboard:
    """A file that cannot be read as a dashboard."""

    name: str
    error: IngotError
