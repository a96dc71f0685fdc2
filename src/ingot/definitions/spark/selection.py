"""A SELECT under construction: what a DataFrame is, until its tree is asked for.

Owns what the columns of user code refer to (`df.x`, `a.id` after `alias("a")`, plain names), and when a step may go
on in the same SELECT and when it needs one around it. Values are immutable and shared between DataFrames; a tree is
made anew each time, so that no node is ever in two queries. Never knows which columns a table has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlglot import exp

from ingot.definitions.spark.nodes import clone, identifier, rebuilt
from ingot.definitions.spark.place import here
from ingot.errors import AnalysisError, Location, UnsupportedError
from ingot.model import Query, Read

GENERATORS = frozenset(
    {"explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "inline_outer", "stack", "json_tuple"}
)
_REPEATED_NODES_MAX = 60  # of an expression that is written twice rather than computed below
FRAME = "frame"  # in a column's meta: the number of the DataFrame that it was taken from
READ = "read"  # in a table's meta: what a query inside of an expression reads there
SELECTION = "selection"  # in a node's meta: the Selection that stands in its place when the tree is made
FUNCTION = "user_function"  # in a call's meta: the UserFunction that it calls

Frames = Mapping[int, frozenset[str]]  # DataFrames by number, each with the names (folded) that since changed meaning


@dataclass(frozen=True)
class Leaf:
    """A read, by object identity: the same read twice is two leaves."""

    read: Read


@dataclass(frozen=True)
class Written:
    """A query of the user's own text: `spark.sql`. `views` are the temporary views among its leaves."""

    query: Query
    views: Mapping[str, Selection] = field(default_factory=dict)


@dataclass(frozen=True)
class Computed:
    """A table function, such as range."""

    node: exp.Expr


@dataclass(frozen=True)
class Combined:
    """Two selections by UNION, EXCEPT or INTERSECT."""

    kind: type[exp.SetOperation]
    left: Selection
    right: Selection
    is_distinct: bool = False
    by_name: bool = False
    is_lenient: bool = False


@dataclass(frozen=True)
class Reshaped:
    """A selection turned by PIVOT or UNPIVOT."""

    selection: Selection
    pivot: exp.Pivot


Origin = Leaf | Written | Computed | Combined | Reshaped


@dataclass(frozen=True)
class Relation:
    """One entry of FROM. `frames` and `qualifiers` are the DataFrames and the names whose columns it carries."""

    origin: Origin | Selection
    alias: str = "__t0"
    frames: Frames = field(default_factory=dict)
    qualifiers: frozenset[str] = frozenset()
    side: str = ""
    kind: str = ""
    on: exp.Expr | None = None
    using: tuple[str, ...] = ()
    location: Location | None = None


@dataclass(frozen=True)
class Edits:
    """Changes to a star: columns set, dropped and renamed, by the name that they have in FROM."""

    replaced: tuple[tuple[str, exp.Expr], ...] = ()
    dropped: tuple[exp.Column, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.replaced or self.dropped or self.renamed)

    @cached_property
    def by_name(self) -> dict[str, exp.Expr]:
        """The columns that are set, by folded name."""
        return {name.lower(): node for name, node in self.replaced}

    @cached_property
    def names(self) -> set[str]:
        """Every name whose meaning the edits change, folded."""
        return {
            *(name.lower() for name, _ in self.replaced),
            *(column.name.lower() for column in self.dropped),
            *(name.lower() for pair in self.renamed for name in pair),
        }


@dataclass(frozen=True)
class Selection:
    """`items` None is a star, to which `edits` apply."""

    relations: tuple[Relation, ...]
    where: tuple[exp.Expr, ...] = ()
    items: tuple[exp.Expr, ...] | None = None
    edits: Edits = Edits()
    group: exp.Group | None = None
    is_grouped: bool = False
    is_distinct: bool = False
    distinct_on: tuple[exp.Expr, ...] = ()
    order: tuple[exp.Ordered, ...] = ()
    limit: int | None = None
    offset: int | None = None
    frames: Frames = field(default_factory=dict)

    # --- what may still be added ---

    @property
    def is_cut(self) -> bool:
        """Whether rows were already grouped, deduplicated, sorted or limited."""
        return (
            self.is_grouped
            or self.is_distinct
            or bool(self.distinct_on or self.order)
            or self.limit is not None
            or self.offset is not None
        )

    @property
    def is_bare(self) -> bool:
        """Whether this is nothing but its one relation."""
        return len(self.relations) == 1 and not (self.where or self.items is not None or self.edits or self.is_cut)

    @property
    def qualifiers(self) -> frozenset[str]:
        return frozenset().union(*(r.qualifiers for r in self.relations))

    def closed(self) -> Selection:
        """The selection as the one relation of a new one; itself if there is nothing to enclose."""
        if self.is_bare:
            return self
        relation = Relation(self, frames=self.frames, qualifiers=self.qualifiers)
        return Selection((relation,), frames=self.frames)

    def opened(self, expressions: Sequence[exp.Expr]) -> Selection:
        """The selection in which these expressions can be added before the projection: self, or one around it."""
        if self.items is not None or self.is_cut:
            return self.closed()
        if self.edits and self._meets_edits(expressions) and not self._can_put_in(expressions):
            return self.closed()
        return self

    def _can_put_in(self, expressions: Iterable[exp.Expr]) -> bool:
        """Whether set columns can be replaced by their expressions, so that columns of both sides of a join can still
        be told apart."""
        if len(self.relations) == 1:
            return False
        columns = [c for e in expressions for c in e.find_all(exp.Column, exp.Star)]
        plain = [c for c in columns if isinstance(c, exp.Star) or self._relation_of(c) is None]
        names = {c.parts[0].name.lower() for c in plain if isinstance(c, exp.Column)} & self.edits.names
        replaced = self.edits.by_name
        is_plain = not any(isinstance(c, exp.Star) for c in plain)
        return is_plain and all(n in replaced and is_repeatable(replaced[n]) for n in names)

    def with_changes(self, names: Iterable[str]) -> Selection:
        """The selection, its older DataFrames told that these columns have another value now."""
        folded = frozenset(name.lower() for name in names)
        return replace(self, frames={frame: known | folded for frame, known in self.frames.items()})

    def _meets_edits(self, expressions: Iterable[exp.Expr]) -> bool:
        edited = self.edits.names
        for expression in expressions:
            for node in expression.walk(bfs=False):
                if not isinstance(node, exp.Column | exp.Star):
                    continue
                if isinstance(node, exp.Star):
                    return True
                if root_name(node).lower() in edited and self._relation_of(node) is None:
                    return True
        return False

    # --- what columns refer to ---

    def bound(self, expression: exp.Expr) -> Any:
        """An expression of user code in which columns name the relations that they come from."""
        replaced = self.edits.by_name
        return rebuilt(expression, lambda node: self._bind(node, replaced) if isinstance(node, exp.Column) else None)

    def bound_item(self, item: exp.Expr) -> Any:
        """The same for an item of a select list, which keeps the name that a plain column gives it."""
        bound = self.bound(item)
        if isinstance(item, exp.Column) and not isinstance(bound, exp.Column | exp.Dot):
            return exp.Alias(this=bound, alias=identifier(item.name))
        return bound

    def _bind(self, node: exp.Column, replaced: Mapping[str, exp.Expr]) -> exp.Expr | None:
        relation = self._relation_of(node)
        if relation is None:
            if len(node.parts) == 1 and node.name.lower() in replaced:
                return exp.Paren(this=clone(replaced[node.name.lower()]))
            return _plain(node) if node.meta.get(FRAME) is not None else None
        parts = [clone(part) for part in node.parts]
        if node.meta.get(FRAME) is None:
            parts = parts[_qualifier_length(parts, relation.qualifiers) :]
        return qualified(relation.alias, parts, node)

    def _relation_of(self, column: exp.Column) -> Relation | None:
        """The relation that a column names: by its DataFrame, or by an alias; None for a plain name."""
        frame = column.meta.get(FRAME)
        if frame is not None:
            return self._relation_of_frame(column, frame)
        if column.args.get("table") is None:
            return None
        names = [part.name for part in column.parts]
        found = [r for r in self.relations if _qualifier_length(names, r.qualifiers)]
        return found[0] if len(found) == 1 else None

    def _relation_of_frame(self, column: exp.Column, frame: int) -> Relation | None:
        found = [r for r in self.relations if frame in r.frames]
        if len(found) > 1:  # one side is derived from the other: the DataFrame itself wins
            found = [r for r in found if max(r.frames) == frame]
            if len(found) != 1:
                raise _ambiguous(column)
        frames = found[0].frames if found else self.frames
        if frame not in frames:
            raise _foreign(column)
        if root_name(column).lower() in frames[frame]:
            raise _changed(column)
        return found[0] if found else None

    # --- the tree ---

    def names(self) -> list[str] | None:
        """The names of the result's columns, if they can be told without looking at a table."""
        if self.items is None:
            origin = self.relations[0].origin
            if len(self.relations) > 1 or self.edits:
                return None
            return origin.names() if isinstance(origin, Selection) else None
        names: list[str] = []
        for item in self.items:
            if isinstance(item, exp.Alias) or (isinstance(item, exp.Column) and not isinstance(item.this, exp.Star)):
                names.append(item.alias_or_name)
            elif isinstance(item, exp.Aliases):
                names.extend(i.name for i in item.expressions)
            else:
                return None
        return names


def is_repeatable(node: exp.Expr) -> bool:
    """Whether an expression gives the same where it is written twice, and may stand in any clause."""
    from ingot.analysis.functions import lookup

    if sum(1 for _ in node.walk()) > _REPEATED_NODES_MAX:
        return False
    for part in node.find_all(exp.Window, exp.Anonymous, exp.Subquery):
        if not isinstance(part, exp.Anonymous) or FUNCTION in part.meta:
            return False
        try:
            spec = lookup(str(part.this))
        except UnsupportedError:
            return False
        if spec is None or spec.kind != "scalar" or spec.is_volatile:
            return False
    return True


def root_name(column: exp.Column) -> str:
    """The first part of a column's name: what a plain reference to it begins with."""
    args = column.args
    first = args.get("catalog") or args.get("db") or args.get("table") or args["this"]
    return first.name


def qualified(alias: str, parts: list[exp.Expr], source: exp.Expr) -> exp.Expr:
    """`alias.a.b` as the parser would have made it."""
    names = [identifier(alias), *parts]
    node: exp.Expr = exp.Column(**dict(zip(("this", "table", "db", "catalog"), reversed(names[:4]), strict=False)))
    node.meta.update({k: v for k, v in source.meta.items() if k != FRAME})
    for name in names[4:]:
        node = exp.Dot(this=node, expression=name)
    return node


def _plain(column: exp.Column) -> exp.Column:
    copy = clone(column)
    copy.meta.pop(FRAME, None)
    return copy


def _qualifier_length(parts: Sequence[Any], qualifiers: frozenset[str]) -> int:
    """How many of the first parts are a qualifier, longest first; at least one part is left as the column."""
    names = [part if isinstance(part, str) else part.name for part in parts]
    for length in range(len(names) - 1, 0, -1):
        if ".".join(names[:length]).lower() in qualifiers:
            return length
    return 0


def _ambiguous(column: exp.Column) -> AnalysisError:
    return AnalysisError(
        f"column '{column.name}' may be of either side: the same DataFrame is joined with itself",
        location=column.meta.get("location") or here(),
        hint='give each side a name, .alias("a") and .alias("b"), and write F.col("a.' + column.name + '")',
        code="ambiguous-column",
    )


def _foreign(column: exp.Column) -> AnalysisError:
    return AnalysisError(
        f"column '{column.name}' is of another DataFrame than the one it is used with",
        location=column.meta.get("location") or here(),
        hint=f'write F.col("{column.name}"), or join the DataFrames first',
        code="unknown-column",
    )


def _changed(column: exp.Column) -> AnalysisError:
    return AnalysisError(
        f"column '{column.name}' is of a DataFrame in which it had another value",
        location=column.meta.get("location") or here(),
        hint=f'write F.col("{column.name}") for its value now',
        code="unknown-column",
    )


def substituted(node: exp.Expr, by_name: Callable[[str], exp.Expr | None]) -> Any:
    """A copy in which plain column names are replaced by what they stand for."""

    def visit(found: exp.Expr) -> exp.Expr | None:
        if isinstance(found, exp.Column) and len(found.parts) == 1 and not isinstance(found.this, exp.Star):
            meaning = by_name(found.name)
            return None if meaning is None else exp.Paren(this=clone(meaning))
        return None

    return clone(node, visit)
