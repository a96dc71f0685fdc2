"""The typed tree: what analysis promises to planning and to every engine.

In a typed tree
- every expression node answers `type_of(node)` (a Spark type);
- each relation of a FROM clause has an alias that is unique within its scope, and every column is
  `exp.Column(this=<exact name, quoted>, table=<alias, quoted>)`; access to a struct's field is
  `exp.Dot(this=<struct>, expression=<exact name, quoted>)`;
- stars, USING and NATURAL, GROUP BY ALL, ordinals and lateral aliases are expanded, every item of a select list
  is an `exp.Alias` with the exact output name, and no two output columns of a query that is written share a name;
- every implicit cast is an explicit `exp.Cast` whose `type_of` is the target (`meta["implicit"]` is true); literals
  have Spark's types; `exp.Ordered` says `nulls_first`; `exp.Window` has its full frame;
- functions are `exp.Anonymous(this=<Spark's name, lower case, aliases resolved>, …)`, arguments coerced;
- ORDER BY of a set operation and of SELECT DISTINCT is over the output: there a column is an `exp.Column` without
  table; elsewhere it is over the relations of FROM, aliases and ordinals put in place;
- generators (`explode`, `stack` …, also those of a select list) are `exp.Lateral(this=<call typed as the struct of its
  columns>, view=True, outer=…, alias=<alias and all columns>)` in the select's `laterals`; PIVOT is filtered
  aggregates, UNPIVOT is `stack`; `range` is `exp.Table(this=range(start, end, step), alias=…)`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from ingot.errors import Location
from ingot.model import Query, Read, UserFunction
from ingot.types import DataType, StructType

_TYPE = "spark_type"


def type_of(node: exp.Expr) -> DataType:
    """The Spark type of a typed expression."""
    return node.meta[_TYPE]


def set_type(node: exp.Expr, data_type: DataType) -> exp.Expr:
    """Type an expression; returns it."""
    node.meta[_TYPE] = data_type
    return node


@dataclass(frozen=True)
class Settings:
    """The parts of Spark's configuration that change what a query means."""

    ansi: bool = True
    time_zone: str = "UTC"


@dataclass(frozen=True, eq=False)
class FunctionCall:
    """A user's function as a query calls it, with arguments of these types; `key` is its name in the engine's SQL."""

    function: UserFunction
    argument_types: tuple[DataType, ...]
    key: str


class Catalog(Protocol):
    """What analysis asks about the world."""

    def schema_of(self, read: Read) -> StructType:
        """The columns of a leaf. Raises an IngotError at the read's location for what does not exist."""
        ...

    def view_of(self, read: Read) -> Query | None:
        """The query of a temporary view, to be put in the leaf's place; None for everything else."""
        ...


@dataclass(frozen=True)
class OneTable:
    """A catalog in which every leaf has the same columns and nothing is a view."""

    schema: StructType

    def schema_of(self, read: Read) -> StructType:
        return self.schema

    def view_of(self, read: Read) -> Query | None:
        return None


class StreamOperator(enum.StrEnum):
    """What a streaming query needs to remember between batches."""

    DEDUPLICATE = "deduplicate"
    AGGREGATE = "aggregate"
    JOIN = "join of two streams"
    OUTER_JOIN = "outer, semi or anti join of two streams"
    WINDOW = "window function"
    LIMIT = "limit"
    SORT = "sort"
    SET_OPERATION = "set operation"


@dataclass(frozen=True)
class AnalyzedQuery:
    """A query, typed.

    `reads` are the leaves that are left after temporary views have been put in place. `is_streaming` tells whether
    any leaf is. `stateful` names the operators above a streaming leaf that need state, with their places.
    `volatile` names functions whose answer differs from one update to the next (`current_date`, `rand`).
    `functions` are the user's functions that the tree calls, those of views included; a call node holds its own in
    `meta["user"]`. `is_rewritten` says that the tree, once typed, was changed for a batch: `query` is not its text.
    """

    tree: exp.Query
    schema: StructType
    reads: Mapping[str, Read]
    query: Query
    is_streaming: bool = False
    stateful: Sequence[tuple[StreamOperator, Location | None]] = ()
    volatile: frozenset[str] = field(default_factory=frozenset)
    settings: Settings = field(default_factory=Settings)
    functions: Sequence[FunctionCall] = ()
    is_rewritten: bool = False
