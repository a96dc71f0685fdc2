"""Select lists of a selection: select, withColumn, drop, unpivot, and what may still be said below a projection.

Pure: gives new selections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from ingot.definitions.spark import nodes
from ingot.definitions.spark.column import unnamed
from ingot.definitions.spark.place import here
from ingot.definitions.spark.selection import (
    GENERATORS,
    Edits,
    Relation,
    Reshaped,
    Selection,
    is_repeatable,
    substituted,
)
from ingot.errors import DefinitionError

_GENERATED = "__generated"


def projected(selection: Selection, items: Sequence[exp.Expr]) -> Selection:
    opened = selection.opened(items)
    bound = tuple(opened.bound_item(_unordered(item)) for item in items)
    changed = [i.alias_or_name for i in bound if not _passes_through(i)]
    return replace(opened, items=bound, edits=Edits()).with_changes(changed)


def _passes_through(item: exp.Expr) -> bool:
    return isinstance(item, exp.Column | exp.Star) or (
        isinstance(item, exp.Alias) and isinstance(item.this, exp.Column) and item.this.name == item.alias
    )


def with_columns(selection: Selection, columns: dict[str, exp.Expr]) -> Selection:
    for name, node in columns.items():
        if isinstance(node, exp.Anonymous) and str(node.this).lower() in GENERATORS:
            selection = _with_generated(selection, name, node)
            rest = {n: c for n, c in columns.items() if n != name}
            return with_columns(selection, rest) if rest else selection
    selection = selection.opened(list(columns.values()))
    if {name.lower() for name in columns} & selection.edits.names:
        closed = selection.closed()
        selection = closed
    bound = tuple((name, selection.bound(node)) for name, node in columns.items())
    edits = replace(selection.edits, replaced=(*selection.edits.replaced, *bound))
    return replace(selection, edits=edits).with_changes(columns)


def _with_generated(selection: Selection, name: str, node: exp.Expr) -> Selection:
    """A generator makes rows, so it stands in a select list of its own before it takes a column's place."""
    star = exp.Star()
    inner = projected(selection, [star, aliased(node, _GENERATED)]).closed()
    edits = Edits(
        replaced=((name, exp.Column(this=nodes.identifier(_GENERATED))),),
        dropped=(exp.Column(this=nodes.identifier(_GENERATED)),),
    )
    return replace(inner, edits=edits).with_changes([name])


def renamed(selection: Selection, columns: Mapping[str, str]) -> Selection:
    """The columns under new names, by old names.

    Raises:
        DefinitionError: when a new name is renamed in turn.
    """
    renamed_before: set[str] = set()
    for old, new in columns.items():
        if old.lower() in renamed_before:
            raise DefinitionError(
                f"withColumnsRenamed renames one column after another: '{old}' is a new name by then",
                location=here(),
                hint="select the columns with their new names by alias",
                code="wrong-arguments",
            )
        renamed_before.add(new.lower())
    names = {name.lower() for pair in columns.items() for name in pair}
    if selection.items is not None or selection.is_cut or names & selection.edits.names:
        selection = selection.closed()
    pairs = (*selection.edits.renamed, *((old, new) for old, new in columns.items() if old != new))
    edits = replace(selection.edits, renamed=pairs)
    return replace(selection, edits=edits).with_changes(columns.values())


def dropped(selection: Selection, columns: list[exp.Column]) -> Selection:
    if not columns:
        return selection
    names = {c.name.lower() for c in columns}
    if selection.items is not None or selection.is_cut or names & selection.edits.names:
        selection = selection.closed()
    bound = tuple(selection.bound(c) for c in columns)
    return replace(selection, edits=replace(selection.edits, dropped=(*selection.edits.dropped, *bound)))


def filtered(selection: Selection, condition: exp.Expr) -> Selection:
    """The rows for which a condition holds."""
    below = _below_projection(selection, [condition])
    if below is not None:
        return replace(selection, where=(*selection.where, *below))
    opened = selection.opened([condition])
    return replace(opened, where=(*opened.where, opened.bound(condition)))


def sorted_by(selection: Selection, keys: list[exp.Ordered]) -> Selection:
    """The rows in the order of keys."""
    below = _below_projection(selection, keys)
    if below is not None:
        return replace(selection, order=tuple(below))
    opened = selection.opened(keys)
    return replace(opened, order=tuple(opened.bound(key) for key in keys))


def _below_projection(selection: Selection, expressions: list[Any]) -> list[exp.Expr] | None:
    """The expressions as the rows below the projection see them, if they name columns that it leaves out.

    Spark lets `select("a").filter("b > 1")` see b. This is possible only where rows are not made or merged.
    """
    names = selection.names() if selection.items is not None and not selection.is_cut else None
    if names is None or not all(_is_rowwise(item) for item in selection.items or ()):
        return None
    outputs = {n.lower(): unnamed(item) for n, item in zip(names, selection.items or (), strict=True)}
    used = {c.parts[0].name.lower() for e in expressions for c in e.find_all(exp.Column) if len(c.parts) == 1}
    if used <= set(outputs):
        return None
    return [substituted(selection.bound(e), lambda name: outputs.get(name.lower())) for e in expressions]


def _is_rowwise(item: exp.Expr) -> bool:
    """Whether an item of a select list is computed from one row alone."""
    return is_repeatable(unnamed(item)) and not isinstance(item, exp.Aliases)


def unpivoted(
    selection: Selection, keys: list[exp.Expr], chosen: list[exp.Expr], names_to: str, values_to: str
) -> Selection:
    """A row for each chosen column of a row: its name and its value, beside the keys."""
    inner = projected(selection, [*keys, *chosen])
    melted = [exp.Column(this=nodes.identifier(column.alias_or_name)) for column in chosen]
    pivot = exp.Pivot(
        expressions=[nodes.identifier(values_to)],
        fields=[exp.In(this=nodes.identifier(names_to), expressions=melted)],
        unpivot=True,
        include_nulls=True,
    )
    return Selection((Relation(Reshaped(inner, pivot)),))


def aliased(node: exp.Expr, name: str) -> exp.Alias:
    """The expression under that name."""
    return exp.Alias(this=unnamed(node), alias=nodes.identifier(name, here()))


def _unordered(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Ordered) else node
