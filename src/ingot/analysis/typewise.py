"""Expressions whose form depends on the type of what they are about: edits of a struct's fields, presence of a value.

Spark has no SQL for these, so a tree holds them as a call with the form in `meta["typewise"]`; here it is written out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from ingot.analysis.nodes import Node, copied, identifier
from ingot.analysis.operators import mismatch
from ingot.analysis.scopes import Scope
from ingot.analysis.typed import type_of
from ingot.errors import AnalysisError
from ingot.types import DOUBLE, FLOAT, DataType, StructType

TYPEWISE = "typewise"  # in a call's meta: the Form that it takes


class Form(Protocol):
    """How a call is written, once the type of its first argument is known."""

    def written(self, node: Node, kind: DataType) -> Node:
        """The untyped expression."""
        ...


def type_form(node: Node, scope: Scope, typed: Callable[[Node, Scope], Node]) -> Node:
    """Type a call whose form follows from the type of its first argument."""
    kind = type_of(typed(node.expressions[0], scope))
    return typed(node.meta[TYPEWISE].written(node, kind), scope)


@dataclass(frozen=True)
class FieldEdit:
    """A struct in which a field gets the value of the second argument, or is dropped when there is none."""

    name: str

    def written(self, node: Node, kind: DataType) -> Node:
        """The struct of its fields; a null struct stays null.

        Raises:
            AnalysisError: when it is no struct, or when no field would be left.
        """
        struct, *values = node.expressions
        if not isinstance(kind, StructType):
            raise mismatch("withField" if values else "dropFields", kind)
        fields = [(f.name, exp.Dot(this=copied(struct), expression=identifier(f.name))) for f in kind]
        fields = self._set(fields, values[0]) if values else [f for f in fields if not self._means(f[0])]
        if not fields:
            raise AnalysisError("dropFields leaves no field of the struct", code="wrong-arguments")
        if not values and len(fields) == len(kind):
            return struct  # nothing of that name was there
        cells = [part for name, value in fields for part in (exp.Literal.string(name), value)]
        is_null = exp.If(this=exp.Is(this=copied(struct), expression=exp.Null()), true=exp.Null())
        return exp.Case(ifs=[is_null], default=exp.Anonymous(this="named_struct", expressions=cells))

    def _means(self, name: str) -> bool:
        return name.lower() == self.name.lower()

    def _set(self, fields: list[tuple[str, Node]], value: Node) -> list[tuple[str, Node]]:
        if not any(self._means(name) for name, _ in fields):
            return [*fields, (self.name, value)]
        return [(self.name, copied(value)) if self._means(name) else (name, old) for name, old in fields]


@dataclass(frozen=True)
class Presence:
    """1 for a value that is neither null nor NaN, else 0."""

    def written(self, node: Node, kind: DataType) -> Node:
        """A CASE over the value."""
        [value] = node.expressions
        absent: Node = exp.Is(this=copied(value), expression=exp.Null())
        if kind in (FLOAT, DOUBLE):
            absent = exp.Or(this=absent, expression=exp.Anonymous(this="isnan", expressions=[copied(value)]))
        return exp.Case(ifs=[exp.If(this=absent, true=exp.Literal.number(0))], default=exp.Literal.number(1))
