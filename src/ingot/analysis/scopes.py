"""What is visible where: relations and their columns, lambda variables, common tables, the scopes around a subquery.

Owns what one analysis collects across its scopes. Which of the visible things a name means is for `names`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ingot.analysis.nodes import Node, column_node
from ingot.analysis.typed import Catalog, FunctionCall, Settings, StreamOperator, type_of
from ingot.errors import Location
from ingot.model import Read, UserFunction
from ingot.types import DataType, Field, StructType

_call_numbers = itertools.count()


@dataclass(slots=True)
class Run:
    """What one analysis knows and collects, across all scopes."""

    settings: Settings
    catalog: Catalog | None
    subquery: Callable[[Node, Scope], Output]
    location: Location | None = None
    reads: dict[str, Read] = field(default_factory=dict)
    stateful: list[tuple[StreamOperator, Location | None]] = field(default_factory=list)
    volatile: set[str] = field(default_factory=set)
    functions: list[FunctionCall] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def user_call(self, function: UserFunction, types: tuple[DataType, ...]) -> FunctionCall:
        """The call of a user's function with arguments of these types."""
        for known in self.functions:
            if known.function is function and known.argument_types == types:
                return known
        call = FunctionCall(function, types, f"ingot_udf_{next(_call_numbers)}")
        self.functions.append(call)
        return call

    def leaf(self, key: str, read: Read) -> str:
        """The name of a leaf in the typed tree: its key, unless a view's leaf of that name came first."""
        name, count = key, 1
        while self.reads.get(name, read) is not read:
            count += 1
            name = f"{key}_{count}"
        self.reads[name] = read
        self._taken.add(name.lower())
        return name

    def unique(self, name: str) -> str:
        """A relation's name that no other relation of the whole query has."""
        candidate, count = name, 1
        while candidate.lower() in self._taken:
            count += 1
            candidate = f"{name}_{count}"
        self._taken.add(candidate.lower())
        return candidate


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column that an expression can name.

    `node` is its typed expression, copied at each use. `origins` are the (relation, column) pairs in lower case
    through which it came unchanged, so that `df["x"]` finds it after a join or a projection.
    """

    name: str
    node: Node
    nullable: bool = True
    origins: frozenset[tuple[str, str]] = frozenset()

    @property
    def type(self) -> DataType:
        return type_of(self.node)


@dataclass(slots=True)
class Output:
    """The typed tree of a query and what it gives."""

    tree: Node
    columns: list[Attribute]
    is_streaming: bool = False

    @property
    def schema(self) -> StructType:
        return StructType(fields=tuple(Field(c.name, c.type, c.nullable) for c in self.columns))


@dataclass(slots=True)
class Relation:
    """One item of a FROM clause. `qualifier` is its complete name; a reference may give the end of it."""

    alias: str
    qualifier: tuple[str, ...]
    columns: list[Attribute]
    hidden: list[Attribute] = field(default_factory=list)
    is_streaming: bool = False
    label: str = ""

    def answers_to(self, parts: tuple[str, ...]) -> bool:
        """Whether these leading parts of a name mean this relation."""
        if len(parts) > 1 and parts[0] == "live":
            parts = parts[1:]
        return bool(parts) and tuple(p.lower() for p in self.qualifier[-len(parts) :]) == parts


@dataclass(slots=True)
class CommonTable:
    """A common table expression, by the name under which the typed tree defines it."""

    name: str
    columns: list[Attribute]
    is_streaming: bool


@dataclass(slots=True)
class Scope:
    """What names mean at one place of a query."""

    run: Run
    parent: Scope | None = None
    relations: list[Relation] = field(default_factory=list)
    columns: list[Attribute] = field(default_factory=list)
    tables: Mapping[str, CommonTable] = field(default_factory=dict)
    reads: Mapping[str, Read] = field(default_factory=dict)
    functions: Mapping[str, UserFunction] = field(default_factory=dict)
    variables: Mapping[str, tuple[str, DataType]] = field(default_factory=dict)
    aliases: dict[str, list[Node]] = field(default_factory=dict)
    windows: dict[str, Node] = field(default_factory=dict)
    generators: list[Node] | None = None  # laterals added by the select list; None where generators are not allowed
    aggregates: int = 0
    window_calls: int = 0
    prefers_aliases: bool = False
    _index: dict[str, list[Attribute]] | None = None
    _origins: dict[tuple[str, str], list[Attribute]] | None = None

    def child(self) -> Scope:
        """The scope of a subquery: sees the same tables and functions, and this scope's columns as outer ones."""
        return Scope(self.run, parent=self, tables=self.tables, reads=self.reads, functions=self.functions)

    def sibling(self) -> Scope:
        """A scope without relations at the same depth: for a query nested in FROM, which sees only outer scopes."""
        return Scope(self.run, parent=self.parent, tables=self.tables, reads=self.reads, functions=self.functions)

    def with_variables(self, variables: Mapping[str, tuple[str, DataType]]) -> Scope:
        """The same scope inside a lambda."""
        return replace(self, variables={**self.variables, **variables})

    def add(self, relation: Relation) -> None:
        """Bring a relation and its columns into view."""
        self.relations.append(relation)
        self.columns.extend(relation.columns)
        self.forget_index()

    def forget_index(self) -> None:
        """To be called when the columns were changed."""
        self._index = self._origins = None

    @property
    def is_streaming(self) -> bool:
        return any(r.is_streaming for r in self.relations)

    def named(self, name: str) -> list[Attribute]:
        """The visible columns of that name, without regard to case."""
        if self._index is None:
            self._index = _by_name(self.columns)
        return self._index.get(name.lower(), [])

    def from_frame(self, frame: str, name: str) -> list[Attribute]:
        """The visible columns that came unchanged from a column of the relation called `frame`."""
        if self._origins is None:
            self._origins = {}
            for column in [*self.columns, *(c for r in self.relations for c in r.columns)]:
                for origin in column.origins:
                    found = self._origins.setdefault(origin, [])
                    if all(other.node != column.node for other in found):
                        found.append(column)
        return self._origins.get((frame.lower(), name.lower()), [])


def _by_name(columns: Iterable[Attribute]) -> dict[str, list[Attribute]]:
    index: dict[str, list[Attribute]] = {}
    for column in columns:
        index.setdefault(column.name.lower(), []).append(column)
    return index


def relation_columns(alias: str, columns: Iterable[tuple[str, str, Attribute]]) -> list[Attribute]:
    """The attributes of a relation from (shown name, physical name, inner column)."""
    return [
        Attribute(
            shown,
            column_node(alias, physical, inner.type, inner.nullable),
            inner.nullable,
            inner.origins | {(alias.lower(), shown.lower())},
        )
        for shown, physical, inner in columns
    ]


def place(node: Node, scope: Scope) -> Location | None:
    """Where an expression stands in the user's file, as far as its names know."""
    for part in node.walk():
        found = part.meta.get("location")
        if found is not None:
            return found
    return scope.run.location
