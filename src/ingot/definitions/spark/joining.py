"""Joins of two selections: by names, by a condition, of every type that Spark names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from ingot.definitions.spark import nodes
from ingot.definitions.spark.column import Column, operand, unnamed
from ingot.definitions.spark.place import here
from ingot.definitions.spark.selection import FRAME, Frames, Relation, Selection
from ingot.errors import DefinitionError, near_hint

_TYPES = {
    "inner": ("", ""), "cross": ("", "CROSS"),
    "left": ("LEFT", ""), "leftouter": ("LEFT", ""),
    "right": ("RIGHT", ""), "rightouter": ("RIGHT", ""),
    "outer": ("FULL", ""), "full": ("FULL", ""), "fullouter": ("FULL", ""),
    "semi": ("LEFT", "SEMI"), "leftsemi": ("LEFT", "SEMI"),
    "anti": ("LEFT", "ANTI"), "leftanti": ("LEFT", "ANTI"),
}  # fmt: skip


def joined(left: Selection, right: Selection, on: Any, how: str | None) -> Selection:
    """The join of two selections; it stays open, so that columns can be named by the side they come from.

    Args:
        left: The first side.
        right: The second side.
        on: None, a name or a list of names (USING), a condition or a list of conditions.
        how: Spark's name of the join's type; inner if None.
    """
    side, kind = _type(how)
    names, condition = _condition(on)
    if condition is None and not names and not kind:
        kind = "CROSS" if not side else kind
    left = _left(left, side, condition)
    relation = _right(right, f"__t{len(left.relations)}")
    both = replace(left, relations=(*left.relations, relation))
    on_node = None
    if condition is not None:
        if kind == "CROSS":
            kind = ""  # a cross join with a condition is an inner join
        on_node = both.bound(_told_apart(condition, left.relations, relation))
    elif not names and (side or kind in ("SEMI", "ANTI")):
        on_node = exp.Boolean(this=True)
    frames: Frames = left.frames
    if kind in ("SEMI", "ANTI"):
        relation = replace(relation, frames={}, qualifiers=frozenset())
    else:
        frames = {**right.frames, **left.frames}
    relation = replace(relation, side=side, kind=kind, on=on_node, using=tuple(names), location=here())
    return replace(left, relations=(*left.relations, relation), frames=frames)


def _type(how: str | None) -> tuple[str, str]:
    if how is None:
        return "", ""
    folded = str(how).lower().replace("_", "").replace(" ", "")
    if folded not in _TYPES:
        raise DefinitionError(
            f"unknown type of join {how!r}",
            location=here(),
            hint=near_hint(str(how), tuple(_TYPES), "inner, left, right, outer, cross, left_semi or left_anti"),
            code="wrong-arguments",
        )
    return _TYPES[folded]


def _condition(on: Any) -> tuple[list[str], exp.Expr | None]:
    """Names to join by, or a condition."""
    values = [] if on is None else list(on) if isinstance(on, list | tuple) else [on]
    if all(isinstance(v, str) for v in values):
        return values, None
    if not all(isinstance(v, Column) for v in values):
        raise DefinitionError(
            f"join takes column names or conditions, not {on!r}",
            location=here(),
            hint='on="id", on=["id", "day"] or on=a.id == b.id',
            code="wrong-arguments",
        )
    condition = unnamed(values[0]._node)
    for value in values[1:]:
        condition = exp.And(this=operand(condition), expression=operand(value._node))
    return [], condition


def _left(left: Selection, side: str, condition: exp.Expr | None) -> Selection:
    """The first side as relations of the join: as they are if nothing but a join was done to them, else enclosed."""
    if left.items is not None or left.edits or left.is_cut or _loses_meaning(left, side, condition):
        left = left.closed()
    first, *others = left.relations
    if others:
        return left
    return replace(left, relations=(replace(first, frames={**first.frames, **left.frames}),))


def _loses_meaning(left: Selection, side: str, condition: exp.Expr | None) -> bool:
    """Whether what was said about the first side would mean something else beside another relation."""
    if left.where:
        return len(left.relations) == 1 or side in ("RIGHT", "FULL") or not _is_qualified(left)
    return len(left.relations) > 1 and condition is not None and _names_the_join(left, condition)


def _is_qualified(selection: Selection) -> bool:
    """Whether the conditions keep their meaning when another relation comes beside."""
    aliases = {relation.alias for relation in selection.relations}
    return all(c.parts[0].name in aliases for condition in selection.where for c in condition.find_all(exp.Column))


def _names_the_join(left: Selection, condition: exp.Expr) -> bool:
    """Whether a column is taken from the joined DataFrame itself rather than from a side of it."""
    for column in condition.find_all(exp.Column):
        frame = column.meta.get(FRAME)
        if frame in left.frames and not any(frame in r.frames for r in left.relations):
            return True
    return False


def _right(right: Selection, alias: str) -> Relation:
    if right.is_bare:
        relation = right.relations[0]
        return replace(relation, alias=alias, frames={**relation.frames, **right.frames})
    return Relation(right, alias, frames=right.frames, qualifiers=right.qualifiers)


def _told_apart(condition: exp.Expr, left: tuple[Relation, ...], right: Relation) -> exp.Expr:
    """`df.id == df.id` in a join of a DataFrame with itself compares the left one with the right one, as in Spark."""

    def visit(node: exp.Expr) -> exp.Expr | None:
        if not isinstance(node, exp.EQ | exp.NullSafeEQ):
            return None
        first, second = node.this, node.expression
        if not (isinstance(first, exp.Column) and isinstance(second, exp.Column)):
            return None
        frame = first.meta.get(FRAME)
        sides = [r for r in left if frame in r.frames and frame is not None]
        if frame != second.meta.get(FRAME) or first.name != second.name or len(sides) != 1 or frame not in right.frames:
            return None
        parts = (_of(first, sides[0]), _of(second, right))
        return node.__class__(this=parts[0], expression=parts[1])

    return nodes.clone(condition, visit)


def _of(column: exp.Column, relation: Relation) -> exp.Column:
    taken = exp.Column(this=nodes.clone(column.this), table=nodes.identifier(relation.alias))
    if "location" in column.meta:
        taken.meta["location"] = column.meta["location"]
    return taken
