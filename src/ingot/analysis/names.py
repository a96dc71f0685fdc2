"""Scopes and name resolution: which column of which relation a name means, by Spark's rules.

Owns what is visible where: the relations of a FROM clause, columns merged by USING, lateral column aliases, lambda
variables, common table expressions, and the scopes around a subquery. Never types an operator or a function.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from ingot.analysis.typed import Catalog, FunctionCall, Settings, StreamOperator, set_type, type_of
from ingot.errors import AnalysisError, Location, UnknownColumnError, UnsupportedError, near_hint, nearest
from ingot.model import Read, UserFunction
from ingot.types import ArrayType, DataType, Field, MapType, StructType

_call_numbers = itertools.count()
Node = Any  # a sqlglot node: its classes are re-exported in a way that type checkers do not follow


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


def copied(node: Node) -> Node:
    """A copy of a tree; what its nodes know about themselves is shared, not copied (`Expression.copy` is slow)."""
    new = type(node)(**{key: _copied_argument(value) for key, value in node.args.items()})
    new.meta.update(node.meta)
    return new


def _copied_argument(value: Any) -> Any:
    if isinstance(value, exp.Expr):
        return copied(value)
    return [_copied_argument(v) for v in value] if isinstance(value, list) else value


# Functions that answer anew at each evaluation; `current_date` and its kin answer the same within one update.
_ANSWERS_ANEW = ("rand", "randn", "uuid", "shuffle", "uniform", "randstr", "monotonically_increasing_id")


def refuse_second_evaluation(node: Node, name: str, scope: Scope) -> None:
    """Refuse to put an expression in the place of its alias when it would be another value there.

    Raises:
        UnsupportedError: `unsupported`.
    """
    for call in node.find_all(exp.Anonymous):
        if call.meta.get("volatile") and call.this in _ANSWERS_ANEW:
            raise UnsupportedError(
                f"'{name}' calls {call.this}() and is used again in the same SELECT, where it would be another value",
                location=place(node, scope),
                hint="compute it in a subquery, and use it outside",
            )


# --- building nodes -------------------------------------------------------------------------------------------


def identifier(name: str) -> Node:
    """An exact, quoted name."""
    return exp.Identifier(this=name, quoted=True)


def column_node(alias: str, name: str, data_type: DataType, is_nullable: bool = True) -> Node:
    """A typed reference to a relation's column."""
    node = exp.Column(this=identifier(name), table=identifier(alias))
    if not is_nullable:
        node.meta["nullable"] = False
    return set_type(node, data_type)


def is_nullable(node: Node) -> bool:
    """Whether a typed expression may be null, as far as it is known."""
    return node.meta.get("nullable", True)


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


def unique_names(names: Iterable[str]) -> list[str]:
    """The same names, made distinct without regard to case."""
    taken: set[str] = set()
    result: list[str] = []
    for name in names:
        candidate, count = name, 1
        while candidate.lower() in taken:
            count += 1
            candidate = f"{name}__{count}"
        taken.add(candidate.lower())
        result.append(candidate)
    return result


# --- places ---------------------------------------------------------------------------------------------------


def place(node: Node, scope: Scope) -> Location | None:
    """Where an expression stands in the user's file, as far as its names know."""
    for part in node.walk():
        found = part.meta.get("location")
        if found is not None:
            return found
    return scope.run.location


# --- resolution -----------------------------------------------------------------------------------------------


def name_parts(node: Node) -> list[Node] | None:
    """The identifiers of `a.b.c`, however the parser nested them; None for other expressions."""
    if isinstance(node, exp.Column):
        return None if isinstance(node.this, exp.Star) else list(node.parts)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        base = name_parts(node.this)
        return None if base is None else [*base, node.expression]
    return None


def resolve(parts: list[str], scope: Scope, node: Node) -> Node | None:
    """The typed expression that a name means in this scope or around it; None when there is no such column.

    Raises:
        AnalysisError: `ambiguous-column`, or `unknown-field` below a column that was found.
    """
    variable = scope.variables.get(parts[0].lower())
    if variable is not None:
        name, data_type = variable
        return extract_fields(set_type(identifier(name), data_type), parts[1:], scope, node)
    frame = node.meta.get("frame")
    if isinstance(frame, str):
        found = scope.from_frame(frame, parts[0])
        if found:
            return extract_fields(copied(_only(found, parts, scope, node).node), parts[1:], scope, node)
    if scope.prefers_aliases or node.meta.get("means_alias"):
        return _alias(parts, scope, node) or _resolve_column(parts, scope, node) or _outer(parts, scope, node)
    return _resolve_column(parts, scope, node) or _alias(parts, scope, node) or _outer(parts, scope, node)


def _resolve_column(parts: list[str], scope: Scope, node: Node) -> Node | None:
    folded = tuple(part.lower() for part in parts)
    for length in range(min(3, len(parts) - 1), 0, -1):
        found = [
            column
            for relation in scope.relations
            if relation.answers_to(folded[:length])
            for column in (*relation.columns, *relation.hidden)
            if column.name.lower() == folded[length]
        ]
        if found:
            column = _only(found, parts, scope, node)
            return extract_fields(copied(column.node), parts[length + 1 :], scope, node)
    found = scope.named(parts[0])
    if not found:
        found = [c for r in scope.relations for c in r.hidden if c.name.lower() == folded[0]]
    if not found:
        return None
    return extract_fields(copied(_only(found, parts, scope, node).node), parts[1:], scope, node)


def _only(found: list[Attribute], parts: list[str], scope: Scope, node: Node) -> Attribute:
    if len(found) > 1:
        raise AnalysisError(
            f"column '{'.'.join(parts)}' is ambiguous: it may be from {_labels(scope, found)}",
            location=place(node, scope),
            hint="write the table's name or alias before it",
            code="ambiguous-column",
        )
    return found[0]


def _labels(scope: Scope, found: list[Attribute]) -> str:
    holding = [r for r in scope.relations if any(c in found for c in (*r.columns, *r.hidden))]
    is_same = len({r.label for r in holding}) < len(holding)  # one table twice: only its aliases tell
    labels = [r.qualifier[-1] if r.qualifier and is_same else r.label for r in holding]
    return " or ".join(dict.fromkeys(labels)) or "several columns of that name"


def _alias(parts: list[str], scope: Scope, node: Node) -> Node | None:
    found = scope.aliases.get(parts[0].lower())
    if not found:
        return None
    if len(found) > 1:
        raise AnalysisError(
            f"column '{parts[0]}' is ambiguous: the select list has {len(found)} columns of that name",
            location=place(node, scope),
            code="ambiguous-column",
        )
    refuse_second_evaluation(found[0], parts[0], scope)
    return extract_fields(embedded(found[0]), parts[1:], scope, node)


def embedded(node: Node) -> Node:
    """A copy of a typed expression, in parentheses where it could otherwise be read differently."""
    copy, data_type = copied(node), type_of(node)
    if isinstance(node, (exp.Binary, exp.Unary, exp.Between, exp.In)) and not isinstance(node, (exp.Paren, exp.Dot)):
        wrapped = set_type(exp.Paren(this=copy), data_type)
        wrapped.meta["nullable"] = is_nullable(node)
        return wrapped
    return copy


def _outer(parts: list[str], scope: Scope, node: Node) -> Node | None:
    outer = scope.parent
    while outer is not None:
        found = _resolve_column(parts, outer, node)
        if found is not None:
            return found
        outer = outer.parent
    return None


def extract_fields(base: Node, names: list[str], scope: Scope, node: Node) -> Node:
    """Walk down a struct, an array of structs, or a map.

    Raises:
        UnknownColumnError: `unknown-field`, of a column; the error says which one, for a test may assume that field.
    """
    column = base
    try:
        for name in names:
            base = extract_field(base, name, scope, node)
    except AnalysisError as error:
        relations = [r for r in scope.relations if any(c.node == column for c in r.columns)]
        if error.code != "unknown-field" or not relations:
            raise
        labels = tuple(r.label or r.alias for r in relations)
        facts = {"location": error.location, "hint": error.hint, "code": error.code}
        raise UnknownColumnError(error.message, (column.name, *names), labels, **facts) from None
    return base


def extract_field(base: Node, name: str, scope: Scope, node: Node) -> Node:
    """`base.name`: a struct's field, that field of each element of an array, or a map's value."""
    data_type = type_of(base)
    match data_type:
        case StructType():
            found = _field(data_type, name, scope, node)
            return set_type(exp.Dot(this=base, expression=identifier(found.name)), found.type)
        case ArrayType(element=StructType() as element):
            found = _field(element, name, scope, node)
            dot = exp.Dot(this=base, expression=identifier(found.name))
            return set_type(dot, ArrayType(element=found.type))
        case MapType():
            key = set_type(exp.Literal.string(name), DataType("string"))
            return set_type(exp.Bracket(this=base, expressions=[key]), data_type.value)
    raise AnalysisError(
        f"'{name}' cannot be taken from a value of type {data_type.ddl}",
        location=place(node, scope),
        code="type-mismatch",
    )


def _field(struct: StructType, name: str, scope: Scope, node: Node) -> Field:
    found = [f for f in struct if f.name.lower() == name.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        raise AnalysisError(
            f"field '{name}' is ambiguous: the struct has {len(found)} of that name",
            location=place(node, scope),
            code="ambiguous-column",
        )
    raise AnalysisError(
        f"field '{name}' does not exist in {struct.ddl}",
        location=place(node, scope),
        hint=near_hint(name, struct.names, f"fields: {', '.join(struct.names)}"),
        code="unknown-field",
    )


def _listed(names: list[str]) -> str | None:
    named = [name for name in names if not name.startswith("__ingot_")]
    return f"columns: {', '.join(named[:20])}" if named else None


def _hint_at_files(names: list[str]) -> str | None:
    """What columns of files look like that are read with the wrong options."""
    given = [name for name in names if name not in ("_rescued_data", "_metadata")]
    if len(given) > 1 and all(re.fullmatch(r"_c\d+", name) for name in given):
        return "the files are read without their header: header => true"
    if len(given) == 1 and any(char in given[0] for char in ",;|\t"):
        return f"all is in one column, '{given[0]}': is the delimiter right? sep => ','"
    if given == ["_corrupt_record"]:
        return "no record of the files could be read: is the format right?"
    return None


def unknown_column(parts: list[str], scope: Scope, node: Node) -> AnalysisError:
    """The error for a name that nothing answers to."""
    names = [c.name for c in scope.columns] + [h.name for r in scope.relations for h in r.hidden] + list(scope.aliases)
    labels = [label for r in scope.relations if (label := r.label or r.alias)]
    near = nearest(parts[-1], names)
    where = f" in {', '.join(labels)}" if labels else ""
    qualifiers = [r.qualifier[-1] for r in scope.relations if r.qualifier]
    if len(parts) == 2 and near == parts[-1] and parts[0].lower() not in map(str.lower, qualifiers):
        near = f"{qualifiers[0]}.{near}" if len(qualifiers) == 1 else near
    elif len(parts) > 1 and not near:
        near = nearest(parts[0], qualifiers)
    hint = f"did you mean '{near}'?" if near else _hint_at_files(names) or _listed(names)
    if "_metadata" in map(str.lower, parts):
        hint = "only files have it: where they are read, keep what is needed of it as columns"
    table = parts[-2].lower() if len(parts) > 1 else None
    named = [r for r in scope.relations if r.qualifier and r.qualifier[-1].lower() == table]
    return UnknownColumnError(
        f"column '{'.'.join(parts)}' does not exist{where}",
        tuple(parts[-1:] if named else parts),
        tuple(r.label or r.alias for r in named or scope.relations),
        location=place(node, scope),
        hint=hint,
    )
